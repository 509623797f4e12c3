//! Every error answer: RFC 9457 `application/problem+json` for programs, a page for people. This is
//! the single place that chooses a status. No answer repeats what was sent.

use std::num::NonZeroU32;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use maud::html;
use serde_json::json;

use super::Web;
use super::callers::{View, language};
use super::layout;
use crate::casework::accounts::PasswordFault;
use crate::casework::{CaseError, Conflict, Invalid};
use crate::pipeline::search::Ground;
use crate::subject::words::Lang;

/// Something that could not be done.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    sv: (&'static str, String),
    en: (&'static str, String),
    to: Option<&'static str>,
    // Small, because every refusal of a handler carries one of these.
    retry_after_seconds: Option<NonZeroU32>,
}

impl Problem {
    /// A problem with a stable code, and title and advice in both languages.
    #[must_use]
    pub fn new(
        status: StatusCode,
        code: &'static str,
        sv: (&'static str, &str),
        en: (&'static str, &str),
    ) -> Self {
        Self {
            status,
            code,
            sv: (sv.0, sv.1.to_owned()),
            en: (en.0, en.1.to_owned()),
            to: None,
            retry_after_seconds: None,
        }
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Title and advice in one language.
    #[must_use]
    pub fn text(&self, lang: Lang) -> (&str, &str) {
        match lang {
            Lang::Sv => (self.sv.0, &self.sv.1),
            Lang::En => (self.en.0, &self.en.1),
        }
    }

    /// Nobody is logged in. A person is led to the page where that can be mended.
    #[must_use]
    pub fn log_in(page: &'static str) -> Self {
        let mut problem = Self::new(
            StatusCode::UNAUTHORIZED,
            "log-in",
            ("Logga in först", "Sessionen finns inte eller har gått ut. Logga in och försök igen."),
            ("Log in first", "There is no session, or it has run out. Log in and try again."),
        );
        problem.to = Some(page);
        problem
    }

    /// Logged in, but not as somebody this page is for.
    #[must_use]
    pub fn wrong_door() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "wrong-door",
            ("Sidan är inte för dig", "Du är inloggad i en annan roll. Logga ut och logga in i rätt roll."),
            (
                "This page is not for you",
                "You are logged in with another role. Log out and log in with the right one.",
            ),
        )
    }

    /// A form from another site.
    #[must_use]
    pub fn other_site() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "other-site",
            ("Formuläret kom från en annan webbplats", "Öppna sidan här och försök igen."),
            ("The form came from another site", "Open the page here and try again."),
        )
    }

    /// A form whose token does not fit the session.
    #[must_use]
    pub fn stale_form() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "stale-form",
            ("Formuläret är för gammalt", "Gå tillbaka, ladda om sidan och skicka igen. Inget har ändrats."),
            ("The form is too old", "Go back, reload the page and send again. Nothing was changed."),
        )
    }

    /// A body that is not what it should be.
    #[must_use]
    pub fn unusable_body() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "unusable-body",
            ("Det som skickades kunde inte läsas", "Kontrollera formatet. Inget har ändrats."),
            ("What was sent could not be read", "Check the format. Nothing was changed."),
        )
    }

    /// A body over the limit.
    #[must_use]
    pub fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            ("För stort", "Högst 2 MiB i ett formulär. Korta texterna och skicka igen."),
            ("Too large", "At most 2 MiB in one form. Shorten the texts and send again."),
        )
    }

    /// Files for which there is no room in memory now.
    #[must_use]
    pub fn no_room() -> Self {
        let mut problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "no-room",
            (
                "Många lämnar in filer just nu",
                "Inget har sparats. Gå tillbaka, vänta en minut och skicka igen, eller klistra in texten i stället för \
                 filen.",
            ),
            (
                "Many are handing in files now",
                "Nothing was stored. Go back, wait a minute and send again, or paste the text in place of the file.",
            ),
        );
        problem.retry_after_seconds = NonZeroU32::new(60);
        problem
    }

    /// A body that comes too slowly.
    #[must_use]
    pub fn too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "too-slow",
            (
                "Det tog för lång tid att ta emot filerna",
                "Inget har sparats. Skicka en mindre fil, eller klistra in texten i stället.",
            ),
            (
                "Receiving the files took too long",
                "Nothing was stored. Send a smaller file, or paste the text instead.",
            ),
        )
    }

    /// Too many failed attempts.
    #[must_use]
    pub fn too_many(seconds: i64) -> Self {
        let mut problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-attempts",
            (
                "För många misslyckade försök",
                &format!("Vänta {seconds} sekunder och försök igen. Kontot är inte låst."),
            ),
            (
                "Too many failed attempts",
                &format!("Wait {seconds} seconds and try again. The account is not locked."),
            ),
        );
        problem.retry_after_seconds = u32::try_from(seconds).ok().and_then(NonZeroU32::new);
        problem
    }

    /// No such page.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            ("Sidan finns inte", "Kontrollera adressen, eller börja om från startsidan."),
            ("There is no such page", "Check the address, or begin again from the first page."),
        )
    }

    /// A search that would select people on what they may not be selected on, with the paragraph.
    fn search_refused(ground: Ground) -> Self {
        let (sv, en) = (ground.name(Lang::Sv), ground.name(Lang::En));
        Self::new(
            StatusCode::FORBIDDEN,
            "search-refused",
            (
                "Sökningen är inte tillåten",
                &format!(
                    "Orden skulle ge ett urval av personer efter {sv}. {} Inget är sökt. Försöket är loggat med skälet, \
                     inte med orden. Sök i stället efter vad arbetet kräver.",
                    ground.law(Lang::Sv)
                ),
            ),
            (
                "This search is not allowed",
                &format!(
                    "The words would select people on {en}. {} Nothing was searched. The attempt is in the log with \
                     the reason, not with the words. Search for what the work demands instead.",
                    ground.law(Lang::En)
                ),
            ),
        )
    }

    fn invalid(invalid: Invalid) -> Self {
        let (sv, en) = match invalid {
            Invalid::NoPlacement => ("Välj minst en placering.", "Choose at least one placement."),
            Invalid::StrangePlacement => (
                "En vald placering hör inte till den här rekryteringen.",
                "A chosen placement does not belong to this recruitment.",
            ),
            Invalid::NoText => ("Ansökan innehåller ingen text.", "The application holds no text."),
            Invalid::TooLong => {
                ("En text är längre än 100 000 tecken.", "A text is longer than 100,000 characters.")
            }
            Invalid::BadCharacter => (
                "En text innehåller ett tecken som inte kan sparas.",
                "A text holds a character that cannot be stored.",
            ),
            Invalid::MarksMissing => ("Sätt ett omdöme på varje kriterium.", "Give every criterion a mark."),
            Invalid::BadMark => (
                "Ett omdöme är 1–5, eller styrkt, ej styrkt eller oklart för ett krav.",
                "A mark is 1–5, or styrkt, ej_styrkt or oklart for a requirement.",
            ),
            Invalid::NoReason => {
                ("Skriv ett skäl, minst 10 tecken.", "Write a reason, at least 10 characters.")
            }
            Invalid::ReasonTooShort => {
                ("Skriv ett skäl, minst 20 tecken.", "Write a reason, at least 20 characters.")
            }
            Invalid::BadShare => {
                ("Ange en andel från 1 till 50 procent.", "Give a share from 1 to 50 per cent.")
            }
            Invalid::NoGround => ("Välj en grund ur listan.", "Choose a ground from the list."),
            Invalid::NotTheirPlacement => (
                "Beslutet måste gälla en av din organisations placeringar som den sökande valt.",
                "The decision must be for one of your organisation's placements that the applicant chose.",
            ),
            Invalid::QueryTooLong => ("Sök på högst 100 tecken.", "Search for at most 100 characters."),
            Invalid::Password(fault) => password_words(fault),
        };
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            ("Något behöver rättas", sv),
            ("Something needs mending", en),
        )
    }

    fn conflict(conflict: Conflict) -> Self {
        let (sv, en) = match conflict {
            Conflict::AlreadyMarked => (
                "Du har redan lämnat dina omdömen. Ändra ett omdöme med ett skäl i stället.",
                "You have already given your marks. Change a mark with a reason instead.",
            ),
            Conflict::NotRevealed => ("Lämna dina omdömen först.", "Give your blind marks first."),
            Conflict::AlreadyDecided => ("Detta är redan beslutat.", "This is already decided."),
            Conflict::NotOpened => ("Öppna ansökan först.", "Open the application first."),
            Conflict::LogNotOpened => (
                "Ange först varför du läser loggen. Ett skäl gäller i en timme.",
                "Say first why you read the log. A reason holds for an hour.",
            ),
            Conflict::AiStopped => ("AI-stödet är redan avstängt.", "AI support is off already."),
            Conflict::AiOn => ("AI-stödet är redan på.", "AI support is on already."),
            Conflict::ControlSet => {
                ("Kontrollgruppens andel är redan angiven.", "The control arm's share is set already.")
            }
            Conflict::Scored => (
                "AI-stödet har redan läst ansökningar i rekryteringen.",
                "The AI support has read applications of the recruitment already.",
            ),
            Conflict::AlreadyLifted => ("Detta är redan hävt.", "This is already lifted."),
            Conflict::AlreadySettled => ("Någon har redan svarat.", "Somebody has answered already."),
            Conflict::NoticeFirst => (
                "Kvittera först de tidigare visningarna för samma person.",
                "Acknowledge the earlier showings to the same person first.",
            ),
            Conflict::PasswordChanged => (
                "Lösenordet har redan bytts. Logga in med det nya.",
                "The password has been changed already. Log in with the new one.",
            ),
            Conflict::FactorInUse => (
                "Du har redan engångskoder. Ta bort dem först om du vill byta telefon.",
                "You have one-time codes already. Remove them first to change telephones.",
            ),
            Conflict::NothingToConfirm => (
                "Inga engångskoder håller på att läggas till. Börja om.",
                "No one-time codes are being added. Begin again.",
            ),
        };
        Self::new(StatusCode::CONFLICT, "conflict", ("Läget har ändrats", sv), ("Things have changed", en))
    }
}

/// What is wrong with a new password, in both languages.
#[must_use]
pub fn password_words(fault: PasswordFault) -> (&'static str, &'static str) {
    match fault {
        PasswordFault::Short => {
            ("Lösenordet behöver minst 12 tecken.", "The password needs at least 12 characters.")
        }
        PasswordFault::Long => {
            ("Lösenordet får ha högst 128 tecken.", "The password may have at most 128 characters.")
        }
        PasswordFault::Common => (
            "Lösenordet är ett av dem som gissas först. Ta till exempel fyra ord som inte hör ihop.",
            "The password is one of those that are guessed first. Take four unrelated words, for example.",
        ),
        PasswordFault::HoldsLogin => {
            ("Lösenordet får inte innehålla inloggningsnamnet.", "The password must not hold the login.")
        }
    }
}

impl From<CaseError> for Problem {
    fn from(error: CaseError) -> Self {
        match error {
            CaseError::Refused(_) => Self::new(
                StatusCode::FORBIDDEN,
                "not-allowed",
                ("Det är inte tillåtet", "Reglerna i policies/ säger nej för din roll. Försöket är loggat."),
                (
                    "This is not allowed",
                    "The rules in policies/ say no for your role. The attempt is in the log.",
                ),
            ),
            CaseError::SearchRefused(refused) => Self::search_refused(refused.ground),
            CaseError::NotFound(_) => Self::not_found(),
            CaseError::TooMany { seconds } => Self::too_many(seconds),
            CaseError::Invalid(invalid) => Self::invalid(invalid),
            CaseError::Conflict(conflict) => Self::conflict(conflict),
            CaseError::Journal => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "log-unavailable",
                (
                    "Loggen kan inte skrivas",
                    "Inget visas eller ändras förrän den kan det. Försök igen om en stund.",
                ),
                (
                    "The log cannot be written",
                    "Nothing is shown or changed until it can. Try again in a while.",
                ),
            ),
            CaseError::Clock(_) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "clock-in-doubt",
                (
                    "Klockan går inte att lita på",
                    "Serverns klocka stämmer inte med loggen. Inget visas eller ändras förrän driften har rättat \
                     den. Säg till den som sköter tjänsten.",
                ),
                (
                    "The clock cannot be trusted",
                    "The server's clock does not agree with the log. Nothing is shown or changed until it is put \
                     right. Tell whoever runs the service.",
                ),
            ),
            CaseError::Unavailable(error) => {
                tracing::error!(%error, "a request could not be kept");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "storage-unavailable",
                    (
                        "Databasen svarar inte just nu",
                        "Inget visas som inte kan loggas. Försök igen om en stund, och titta först efter om det du \
                         gjorde redan finns där.",
                    ),
                    (
                        "The database does not answer now",
                        "Nothing is shown that cannot be logged. Try again in a while, and look first whether what \
                         you did is there already.",
                    ),
                )
            }
            CaseError::Busy => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "model-busy",
                ("AI-stödet är upptaget", "Försök igen om några sekunder. Inget har ändrats."),
                ("The AI support is busy", "Try again in a few seconds. Nothing was changed."),
            ),
            CaseError::NoModel | CaseError::Model(_) | CaseError::Unfit(_) => {
                tracing::error!(%error, "the model cannot be used");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "model-unavailable",
                    ("AI-stödet är inte tillgängligt", "Granska utan det, eller försök igen senare."),
                    ("The AI support is not available", "Review without it, or try again later."),
                )
            }
            CaseError::Interrupted => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "interrupted",
                ("Arbetet avbröts", "Försök igen. Inget har ändrats."),
                ("The work was interrupted", "Try again. Nothing was changed."),
            ),
            CaseError::Store(_)
            | CaseError::Vault(_)
            | CaseError::Damaged(_)
            | CaseError::OtherKeys
            | CaseError::Profile(_)
            | CaseError::Erasures(_)
            | CaseError::Chance(_) => {
                tracing::error!(%error, "a request failed");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal",
                    (
                        "Något gick fel hos oss",
                        "Inget har ändrats. Felet är noterat. Försök igen om en stund.",
                    ),
                    (
                        "Something went wrong on our side",
                        "Nothing was changed. The fault is noted. Try again in a while.",
                    ),
                )
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Turns a [`Problem`] into the form its reader understands.
pub async fn render(State(web): State<Web>, request: Request, next: Next) -> Response {
    let wants_json = request.uri().path().starts_with("/api/")
        || request
            .headers()
            .get(header::ACCEPT)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|v| v.contains("json"));
    let lang = language(request.uri(), request.headers());
    let path = request.uri().path().to_owned();
    let is_get = request.method() == axum::http::Method::GET;
    let mut response = next.run(request).await;
    // axum's own refusals (method, malformed path) become problems too, so that there is one form.
    if response.extensions().get::<Problem>().is_none()
        && response.status().is_client_error()
        && !response.headers().contains_key(header::CONTENT_TYPE)
        || response.status() == StatusCode::METHOD_NOT_ALLOWED
    {
        let status = response.status();
        let allow = response.headers().get(header::ALLOW).cloned();
        response = Problem::new(
            status,
            "not-understood",
            ("Anropet kunde inte förstås", "Kontrollera adress och metod."),
            ("The call could not be understood", "Check address and method."),
        )
        .into_response();
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let (title, detail) = problem.text(lang);
    let allow = response.headers().get(header::ALLOW).cloned();
    let mut answer = if wants_json {
        let body = json!({
            "type": format!("urn:urval:problem:{}", problem.code),
            "title": title, "status": problem.status.as_u16(), "detail": detail,
        });
        let mut answer = (problem.status, body.to_string()).into_response();
        answer
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        answer
    } else if let Some(page) = problem.to.filter(|_| is_get) {
        axum::response::Redirect::to(page).into_response()
    } else {
        let view = View {
            lang,
            path,
            form_token: String::new(),
            set_cookie: None,
            caller: None,
            session: None,
            draft: None,
            api: false,
        };
        let body = html! {
            h1 { (title) }
            p.lead { (detail) }
            p { a href="/" { @if lang == Lang::Sv { "Till startsidan" } @else { "To the first page" } } }
        };
        (problem.status, layout::page(&web, &view, title, body)).into_response()
    };
    if let Some(allow) = allow {
        answer.headers_mut().insert(header::ALLOW, allow);
    }
    if let Some(seconds) = problem.retry_after_seconds {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.get()));
    }
    answer
}
