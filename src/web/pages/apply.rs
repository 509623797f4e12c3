//! Applying: first the question about protected identity, then the notice and the form, then, when files were
//! chosen, what was read of them, then a receipt. Until the application is sent nothing is stored about the
//! person but a draft with the files, which only the person's own browser can open.

use std::mem::take;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::casework::drafts::ReadFile;
use crate::casework::intake::{Acknowledgement, NOTICE_VERSION, SentDraft, Submission};
use crate::casework::{CaseError, Invalid, Placement, RecruitmentRow};
use crate::guard::pii::Pii;
use crate::pipeline::received::{Known, Received, Section, SectionKind};
use crate::subject::file_place::FilePlace;
use crate::subject::id::{PlacementId, RecruitmentId};
use crate::subject::profile::{FrozenProfile, Question};
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::callers::{View, Visitor, draft_cookie, set_cookie};
use crate::web::form::{Posted, PostedFiles};
use crate::web::layout::{page, t};
use crate::web::pages::login::with_cookie;
use crate::web::problem::Problem;

mod files;
mod lane;
mod notice;

pub use files::{check, send_checked};
pub use lane::{answer_protected, protected, protected_lane};
use notice::notice;

/// Characters of one text at most, as intake allows.
const TEXT_CHARS_MAX: usize = 100_000;
/// Characters of one line at most: longer is a text in the wrong field.
const LINE_CHARS_MAX: usize = 200;
/// Links at most.
const LINKS_MAX: usize = 10;

/// A round that can be applied to.
struct Round {
    recruitment: RecruitmentRow,
    placements: Vec<Placement>,
    profile: FrozenProfile,
}

impl Round {
    /// Only rounds: a run of `screen` is a recruitment too, and nobody applies to one.
    async fn open(web: &Web, id: &str) -> Result<Self, Problem> {
        let id = RecruitmentId::new(id);
        if web.app.rounds().await?.iter().all(|round| round.id != id) {
            return Err(Problem::not_found());
        }
        let (recruitment, placements, profile) = web.app.round(&id).await?;
        if recruitment.state != "open" {
            return Err(Problem::new(
                StatusCode::GONE,
                "round-closed",
                (
                    "Ansökningstiden är slut",
                    "Omgången tar inte emot fler ansökningar. Har du sökt? Använd din kvittokod.",
                ),
                (
                    "The round is closed",
                    "It takes no more applications. If you have applied, use your receipt code.",
                ),
            ));
        }
        Ok(Self { recruitment, placements, profile })
    }

    fn path(&self, rest: &str) -> String {
        format!("/sok/{}{rest}", self.recruitment.id)
    }
}

// ---- the form -----------------------------------------------------------------------------------

/// What is in the form's fields.
#[derive(Clone, Default, Zeroize, Serialize, Deserialize)]
#[serde(default)]
struct Typed {
    name: String,
    email: String,
    phone: String,
    street: String,
    postcode: String,
    town: String,
    links: String,
    placements: Vec<String>,
    letter: String,
    cv: String,
    /// By question id, in the profile's order.
    answers: Vec<(String, String)>,
    ai_free: bool,
    /// The version of the notice that was on the page.
    notice: String,
    /// What the applicant has made of the text of files: the file's mark and the parts.
    checked: Vec<(String, Vec<String>)>,
}

impl Typed {
    fn read(posted: &Posted, questions: &[Question]) -> Self {
        let get = |name: &str| posted.get(name).to_owned();
        Self {
            name: get("name"),
            email: get("email"),
            phone: get("phone"),
            street: get("street"),
            postcode: get("postcode"),
            town: get("town"),
            links: get("links"),
            placements: posted.all("placement").into_iter().map(str::to_owned).collect(),
            letter: get("letter"),
            cv: get("cv"),
            answers: questions.iter().map(|q| (q.id.clone(), get(&answer_field(&q.id)))).collect(),
            ai_free: posted.get("ai_free") == "ja",
            notice: get("notice"),
            checked: Vec::new(),
        }
    }

    fn links(&self) -> impl Iterator<Item = &str> {
        self.links.lines().map(str::trim).filter(|line| !line.is_empty())
    }

    fn answer(&self, question: &str) -> &str {
        self.answers.iter().find(|(id, _)| id == question).map_or("", |(_, text)| text.as_str())
    }

    fn submission(&mut self, lang: Lang, draft: Option<SentDraft>) -> Submission {
        let mut known = Known::default();
        known.links = self.links().map(str::to_owned).collect();
        known.name = self.name.trim().to_owned();
        known.email = self.email.trim().to_owned();
        known.phone = self.phone.trim().to_owned();
        known.street = self.street.trim().to_owned();
        known.postcode = self.postcode.trim().to_owned();
        known.town = self.town.trim().to_owned();
        let letter_and_cv = [
            (SectionKind::Letter, None, take(&mut self.letter)),
            (SectionKind::Cv, None, take(&mut self.cv)),
        ];
        let answers =
            take(&mut self.answers).into_iter().map(|(id, text)| (SectionKind::Answer, Some(id), text));
        let sections = letter_and_cv
            .into_iter()
            .chain(answers)
            .filter(|(_, _, text)| !text.trim().is_empty())
            .map(|(kind, question, text)| Section { kind, question, text: Pii::new(text) })
            .collect();
        Submission {
            received: Received { known, sections },
            placements: take(&mut self.placements).into_iter().map(PlacementId::new).collect(),
            language: lang,
            ai_free: self.ai_free,
            label_seed: None,
            draft,
        }
    }
}

fn answer_field(question: &str) -> String {
    format!("svar-{question}")
}

/// Something to mend, at one field.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    field: String,
    message: String,
}

/// Everything that is wrong, in the order of the fields. No message repeats what was typed.
fn faults(
    typed: &Typed,
    has_files: bool,
    offered: &[&str],
    questions: &[Question],
    lang: Lang,
) -> Vec<Fault> {
    let mut out = Vec::new();
    let mut say = |field: &str, message: String| out.push(Fault { field: field.to_owned(), message });
    if typed.notice != NOTICE_VERSION {
        say(
            "informationen",
            t(
                lang,
                "Informationen har ändrats. Läs den och skicka sedan igen.",
                "The information has changed. Read it, then send again.",
            )
            .to_owned(),
        );
    }
    if typed.placements.is_empty() {
        say("placement", t(lang, "Välj minst en placering", "Choose at least one placement").to_owned());
    } else if typed.placements.iter().any(|id| !offered.contains(&id.as_str())) {
        say(
            "placement",
            t(
                lang,
                "En vald placering hör inte till den här omgången",
                "A chosen placement does not belong to this round",
            )
            .to_owned(),
        );
    }
    let lines = [
        ("name", &typed.name),
        ("email", &typed.email),
        ("phone", &typed.phone),
        ("street", &typed.street),
        ("postcode", &typed.postcode),
        ("town", &typed.town),
    ];
    for (field, value) in lines {
        if value.chars().count() > LINE_CHARS_MAX {
            say(
                field,
                match lang {
                    Lang::Sv => format!("Högst {LINE_CHARS_MAX} tecken"),
                    Lang::En => format!("At most {LINE_CHARS_MAX} characters"),
                },
            );
        } else if value.chars().any(char::is_control) {
            say(field, bad_character(lang));
        } else if field == "name" && value.trim().is_empty() {
            say(field, t(lang, "Skriv ditt namn", "Write your name").to_owned());
        } else if field == "email" && value.trim().is_empty() {
            say(field, t(lang, "Skriv din e-postadress", "Write your e-mail address").to_owned());
        } else if field == "email" && !plausible_email(value.trim()) {
            say(
                field,
                t(
                    lang,
                    "Skriv en fullständig e-postadress, som namn@example.org",
                    "Write a complete e-mail address, such as name@example.org",
                )
                .to_owned(),
            );
        }
    }
    if typed.links().count() > LINKS_MAX {
        say(
            "links",
            match lang {
                Lang::Sv => format!("Högst {LINKS_MAX} länkar"),
                Lang::En => format!("At most {LINKS_MAX} links"),
            },
        );
    } else if typed.links().any(|link| link.chars().count() > LINE_CHARS_MAX) {
        say(
            "links",
            match lang {
                Lang::Sv => format!("En länk får ha högst {LINE_CHARS_MAX} tecken. Skriv en länk per rad."),
                Lang::En => {
                    format!("A link has at most {LINE_CHARS_MAX} characters. Write one link per line.")
                }
            },
        );
    } else if typed.links().any(|link| link.chars().any(char::is_control)) {
        say("links", bad_character(lang));
    }
    let answers = questions.iter().map(|q| (answer_field(&q.id), typed.answer(&q.id)));
    let texts = [("letter".to_owned(), typed.letter.as_str()), ("cv".to_owned(), typed.cv.as_str())];
    let mut any = has_files;
    for (field, text) in texts.into_iter().chain(answers) {
        any |= !text.trim().is_empty();
        if text.chars().count() > TEXT_CHARS_MAX {
            say(&field, too_long(lang));
        } else if text.contains('\0') {
            say(&field, bad_character(lang));
        }
    }
    if !any {
        say("letter", no_text(lang));
    }
    out
}

fn too_long(lang: Lang) -> String {
    t(
        lang,
        "Texten är längre än 100 000 tecken. Korta den.",
        "The text is longer than 100,000 characters. Shorten it.",
    )
    .to_owned()
}

fn bad_character(lang: Lang) -> String {
    t(
        lang,
        "Här finns ett tecken som inte kan sparas. Skriv om eller klistra in utan formatering.",
        "There is a character here that cannot be stored. Retype it, or paste without formatting.",
    )
    .to_owned()
}

fn no_text(lang: Lang) -> String {
    t(
        lang,
        "Skriv minst ett personligt brev, en meritförteckning eller ett svar på en fråga",
        "Write at least a personal letter, a CV or an answer to a question",
    )
    .to_owned()
}

/// One `@` with something before it and a dotted name after it. Whether it exists, only a letter
/// to it can tell.
fn plausible_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let labels_stand = domain.contains('.') && domain.split('.').all(|label| !label.is_empty());
    !local.is_empty() && !domain.contains('@') && labels_stand && !text.chars().any(char::is_whitespace)
}

/// The notice and the form, with what a draft of this browser holds.
///
/// # Errors
/// When there is no such open round.
pub async fn form(
    visitor: Visitor,
    State(web): State<Web>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let round = Round::open(&web, &id).await?;
    let (typed, files) = files::draft(&web, &visitor, &round).await?.unwrap_or_default();
    form_page(&web, &visitor.view, &round, &Shown { typed: &typed, files: &files, found: &[] }).await
}

/// Takes in an application, or its files to be checked first. The answer to an application is the receipt itself,
/// not a redirect: the code is shown once and stored nowhere in clear.
///
/// # Errors
/// When there is no such open round, or nothing could be stored; it is safe to send again then.
pub async fn submit(
    visitor: Visitor,
    State(web): State<Web>,
    Path(id): Path<String>,
    posted: PostedFiles,
) -> Result<Response, Problem> {
    let round = Round::open(&web, &id).await?;
    let lang = visitor.view.lang;
    let questions = &round.profile.profile().questions;
    let PostedFiles { fields: posted, files: sent, room: _room } = posted;
    if posted.get("rensa") == "ja" {
        return files::begin_anew(&web, &visitor, &round).await;
    }
    // Overwritten whichever way this ends.
    let mut typed = Zeroizing::new(Typed::read(&posted, questions));
    let (kept, mut found) = files::keep(&web, &visitor, &round, &mut typed, &posted, sent).await?;
    let offered: Vec<&str> = round.placements.iter().map(|p| p.id.as_str()).collect();
    let has_files = kept.as_ref().is_some_and(|kept| !kept.files.is_empty());
    found.extend(faults(&typed, has_files, &offered, questions, lang));
    let listed = kept.as_ref().map_or(&[][..], |kept| &kept.files);
    if !found.is_empty() {
        let shown = Shown { typed: &typed, files: listed, found: &found };
        let again = form_page(&web, &visitor.view, &round, &shown).await?;
        let again = (StatusCode::UNPROCESSABLE_ENTITY, again).into_response();
        return Ok(files::remember(&web, again, kept.as_ref()));
    }
    if has_files {
        let on = Redirect::to(&round.path("/kontroll")).into_response();
        return Ok(files::remember(&web, on, kept.as_ref()));
    }
    let typed_again = Zeroizing::new(Typed::read(&posted, questions));
    let submission = typed.submission(lang, None);
    hand_in(&web, &visitor, &round, submission, &typed_again).await
}

/// Sends an application and shows the receipt, or the form again with what is to be mended.
async fn hand_in(
    web: &Web,
    visitor: &Visitor,
    round: &Round,
    submission: Submission,
    typed: &Typed,
) -> Result<Response, Problem> {
    let lang = visitor.view.lang;
    match web.app.submit(&visitor.actor, &round.recruitment.id, submission).await {
        Ok(acknowledgement) => {
            let receipt = receipt_page(web, &visitor.view, round, &acknowledgement);
            let receipt = (StatusCode::CREATED, receipt).into_response();
            // Sent: what the secret opened is gone.
            Ok(match visitor.view.draft {
                Some(_) => with_cookie(receipt, &set_cookie(web, draft_cookie(web), "")),
                None => receipt,
            })
        }
        Err(CaseError::Invalid(invalid)) => {
            let (field, message) = match invalid {
                Invalid::NoPlacement | Invalid::StrangePlacement => {
                    ("placement", t(lang, "Välj placering igen", "Choose the placement again").to_owned())
                }
                Invalid::TooLong => ("letter", too_long(lang)),
                Invalid::BadCharacter => ("letter", bad_character(lang)),
                Invalid::NoText => ("letter", no_text(lang)),
                _ => return Err(CaseError::Invalid(invalid).into()),
            };
            let found = [Fault { field: field.to_owned(), message }];
            let again =
                form_page(web, &visitor.view, round, &Shown { typed, files: &[], found: &found }).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// What a form shows.
struct Shown<'a> {
    typed: &'a Typed,
    files: &'a [ReadFile],
    found: &'a [Fault],
}

/// How a field is drawn.
struct Drawn<'a> {
    id: &'a str,
    label: &'a str,
    hint: Option<&'a str>,
    value: &'a str,
    faults: &'a [Fault],
}

impl<'a> Drawn<'a> {
    fn of(faults: &'a [Fault], id: &'a str, label: &'a str, hint: Option<&'a str>, value: &'a str) -> Self {
        Self { id, label, hint, value, faults }
    }

    fn message(&self) -> Option<&str> {
        self.faults.iter().find(|fault| fault.field == self.id).map(|fault| fault.message.as_str())
    }

    fn described(&self) -> Option<String> {
        let mut ids = Vec::new();
        if self.message().is_some() {
            ids.push(format!("{}-fel", self.id));
        }
        if self.hint.is_some() {
            ids.push(format!("{}-tips", self.id));
        }
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    fn around(&self, control: Markup) -> Markup {
        html! {
            div.field {
                label for=(self.id) { (self.label) }
                @if let Some(hint) = self.hint { p.hint id={ (self.id) "-tips" } { (hint) } }
                @if let Some(message) = self.message() { p.field-error id={ (self.id) "-fel" } { (message) } }
                (control)
            }
        }
    }

    fn line(&self, kind: &str, autocomplete: &str, required: bool) -> Markup {
        let invalid = self.message().map(|_| "true");
        self.around(html! {
            input id=(self.id) name=(self.id) type=(kind) value=(self.value) autocomplete=(autocomplete)
                required[required] aria-invalid=[invalid] aria-describedby=[self.described()];
        })
    }

    fn area(&self, class: &str) -> Markup {
        let invalid = self.message().map(|_| "true");
        self.around(html! {
            // A browser drops the first line end of a text area; this one is it.
            textarea class=(class) id=(self.id) name=(self.id) aria-invalid=[invalid]
                aria-describedby=[self.described()] { "\n" (self.value) }
        })
    }
}

async fn form_page(web: &Web, view: &View, round: &Round, shown: &Shown<'_>) -> Result<Response, Problem> {
    let Shown { typed, files, found } = *shown;
    let lang = view.lang;
    let kinds = web.app.organisations().await?;
    let title = t(lang, "Ansökan", "Application");
    let placement_fault = found.iter().find(|fault| fault.field == "placement");
    let private = t(
        lang,
        "Skriv inte om hälsa, tro, politik eller fackligt medlemskap, och inga personnummer.",
        "Do not write about health, belief, politics or union membership, and no personal identity numbers.",
    );
    let optional = |sv, en| format!("{} {}", t(lang, sv, en), t(lang, "(valfritt)", "(optional)"));
    let (phone, street) = (optional("Telefon", "Telephone"), optional("Gatuadress", "Street address"));
    let (postcode, town) = (optional("Postnummer", "Postcode"), optional("Ort", "Town"));
    let links = optional("Länkar", "Links");
    let body = html! {
        @if !found.is_empty() {
            div.error role="alert" {
                h2 { (t(lang, "Något behöver rättas", "Something needs mending")) }
                p { (t(lang,
                    "Inget har skickats än. Allt du skrev finns kvar.",
                    "Nothing has been sent yet. Everything you wrote is still here.")) }
                ul { @for fault in found { li { a href={ "#" (fault.field) } { (fault.message) } } } }
            }
        }
        p.muted { (round.recruitment.title.get(lang)) " · " (t(lang, "Steg 2 av 2", "Step 2 of 2")) }
        h1 { (title) }
        (notice(web, view, round, &kinds))
        form method="post" action=(round.path("/ansokan")) enctype="multipart/form-data" novalidate {
            input type="hidden" name="token" value=(view.form_token);
            input type="hidden" name="notice" value=(NOTICE_VERSION);
            // Enter in a field sends the form: by this button, not by the one that deletes.
            button.visually-hidden type="submit" tabindex="-1" aria-hidden="true" {}
            @if view.draft.is_some() || !files.is_empty() { (files::whose(lang)) }
            fieldset.part #placement tabindex="-1"
                aria-describedby=[placement_fault.map(|_| "placement-fel")] {
                legend { (t(lang, "Placeringar du söker", "Placements you seek")) }
                p.hint { (t(lang,
                    "Välj en eller flera. Bara de organisationer du väljer får läsa din ansökan.",
                    "Choose one or more. Only the organisations you choose may read your application.")) }
                @if let Some(fault) = placement_fault { p.field-error #placement-fel { (fault.message) } }
                @for offer in &round.placements {
                    label.choice {
                        input type="checkbox" name="placement" value=(offer.id)
                            checked[typed.placements.iter().any(|id| id == offer.id.as_str())];
                        span { (offer.title.get(lang)) span.hint { (offer.organisation_name) } }
                    }
                }
            }
            fieldset.part {
                legend { (t(lang, "Dina kontaktuppgifter", "Your contact details")) }
                p.hint { (t(lang,
                    "De krypteras för sig och visas först när du går vidare. Ange dem som i ansökan i \
                     övrigt, så kan de tas bort ur texten.",
                    "They are encrypted separately and shown only when you proceed. Give them as in the rest \
                     of the application, so that they can be taken out of the text.")) }
                (Drawn::of(found, "name", t(lang,
                    "Namn",
                    "Name"), None, &typed.name).line("text", "name", true))
                (Drawn::of(found, "email", t(lang,
                    "E-post",
                    "E-mail"), None, &typed.email).line("email", "email", true))
                (Drawn::of(found, "phone", &phone, None, &typed.phone).line("tel", "tel", false))
                (Drawn::of(found, "street", &street, None, &typed.street)
                    .line("text", "street-address", false))
                (Drawn::of(found, "postcode", &postcode, None, &typed.postcode)
                    .line("text", "postal-code", false))
                (Drawn::of(found, "town", &town, None, &typed.town).line("text", "address-level2", false))
                (Drawn::of(found, "links", &links, Some(t(lang,
                    "En per rad, till exempel en webbplats eller profil som nämns i dina texter. De tas bort \
                     ur det som AI-stödet läser.",
                    "One per line, such as a website or profile that your texts mention. They are taken out \
                     of what the AI support reads.")),
                    &typed.links).area("short"))
            }
            fieldset.part {
                legend { (t(lang, "Din ansökan", "Your application")) }
                p.hint { (private) " " (t(lang,
                    "Sådant tas inte bort automatiskt.",
                    "Such things are not taken out automatically.")) }
                (Drawn::of(found, "letter", t(lang,
                    "Personligt brev",
                    "Personal letter"), None, &typed.letter).area("tall"))
                @if web.app.reads_documents() { (files::field(lang, FilePlace::Letter, files, found)) }
                (Drawn::of(found, "cv", t(lang, "Meritförteckning (CV)", "Curriculum vitae (CV)"),
                    Some(t(lang,
                        "Klistra in som text: utbildning, arbete, uppdrag.",
                        "Paste as text: education, work, roles.")),
                    &typed.cv).area("tall"))
                @if web.app.reads_documents() { (files::field(lang, FilePlace::Cv, files, found)) }
                @for question in &round.profile.profile().questions {
                    @let id = answer_field(&question.id);
                    @let answer = typed.answer(&question.id);
                    (Drawn::of(found, &id, question.text.get(lang), None, answer).area(""))
                }
            }
            fieldset.part {
                legend { (t(lang, "Hur ansökan granskas", "How the application is reviewed")) }
                label.choice {
                    input type="checkbox" name="ai_free" value="ja" checked[typed.ai_free];
                    span { (t(lang,
                        "Jag vill att min ansökan granskas utan AI-stöd",
                        "I want my application to be reviewed without AI support"))
                        span.hint { (t(lang,
                            "Det påverkar inte dina möjligheter. Du kan också välja det senare på Min \
                             ansökan.",
                            "It does not affect your chances. You can also choose it later on My \
                             application.")) } }
                }
            }
            @if web.app.reads_documents() {
                p { (t(lang,
                    "Har du valt en fil visas först vad vi läste i den. Inget skickas förrän du har \
                     kontrollerat det.",
                    "If you have chosen a file, you are first shown what we read in it. Nothing is sent until \
                     you have checked it.")) }
            }
            p { (t(lang,
                "När du skickar får du en kvittokod. Den visas en enda gång.",
                "When you send you get a receipt code. It is shown only once.")) }
            button type="submit" { (t(lang, "Skicka ansökan", "Send the application")) }
        }
    };
    Ok(page(web, view, title, body))
}

fn receipt_page(web: &Web, view: &View, round: &Round, given: &Acknowledgement) -> Response {
    let lang = view.lang;
    let title = t(lang, "Din ansökan är inlämnad", "Your application has been handed in");
    let body = html! {
        h1 { (title) }
        section.card aria-labelledby="kod" {
            h2 #kod { (t(lang, "Din kvittokod", "Your receipt code")) }
            output.code aria-labelledby="kod" { (given.receipt_code.as_str()) }
            div.notice.warn {
                p {
                    strong { (t(lang, "Spara koden nu.", "Save the code now.")) } " "
                    (t(lang,
                        "Den visas bara här och kan inte skickas igen. Den som har koden kan läsa din \
                         ansökan, så visa den inte för någon. Skriv av den, spara den i en \
                         lösenordshanterare eller skriv ut sidan.",
                        "It is shown only here and cannot be sent again. Whoever has the code can read your \
                         application, so show it to nobody. Write it down, keep it in a password manager, or \
                         print the page."))
                }
            }
            dl.facts {
                dt { (t(lang, "Beteckning", "Label")) } dd { (given.label) }
                dt { (t(lang, "Omgång", "Round")) } dd { (round.recruitment.title.get(lang)) }
                dt { (t(lang, "Ärendenummer", "Case number")) } dd { (round.recruitment.case_number) }
                dt { (t(lang, "Inlämnad", "Handed in")) } dd { (web.app.now().swedish()) }
                dt { (t(lang, "Post i loggen", "Entry in the log")) } dd { (given.entry) }
                dt { (t(lang,
                    "Informationens version",
                    "Version of the information")) } dd { (NOTICE_VERSION) }
            }
        }
        @if given.held {
            div.notice {
                p { (t(lang,
                    "En automatisk kontroll hittade något i texten som kan visa vem du är. En människa \
                     tittar på det innan AI-stödet får läsa. Du behöver inte göra något.",
                    "An automatic check found something in the text that may show who you are. A person \
                     looks at it before the AI support may read. You need not do anything."))
                }
            }
        }
        h2 { (t(lang, "Vad händer nu?", "What happens next?")) }
        ol.steps {
            li { (t(lang,
                "Ansökan är avidentifierad, krypterad och registrerad i loggen.",
                "The application is pseudonymised, encrypted and recorded in the log.")) }
            li.todo { (t(lang,
                "Om du inte valde bort det letar AI-stödet belägg i den avidentifierade texten.",
                "Unless you opted out, the AI support looks for evidence in the pseudonymised text.")) }
            li.todo { (t(lang,
                "Bedömare läser och sätter sina omdömen.",
                "Assessors read and set their marks.")) }
            li.todo { (t(lang,
                "En chef i varje organisation du sökt hos beslutar och du får besked.",
                "A manager in each organisation you applied to decides, and you are told.")) }
        }
        p.no-print { a.button href="/min-ansokan" { (t(lang, "Till Min ansökan", "To My application")) } }
    };
    page(web, view, title, body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::words::Text;

    fn questions() -> Vec<Question> {
        vec![Question { id: "F1".into(), text: Text { sv: "Varför?".into(), en: "Why?".into() } }]
    }

    fn good() -> Typed {
        Typed {
            name: "Ada Exempel".into(),
            email: "ada@example.org".into(),
            placements: vec!["p1".into()],
            letter: "\nHej\n".into(),
            notice: NOTICE_VERSION.into(),
            answers: vec![("F1".into(), "  \n ".into())],
            links: " https://example.org/ada \n\n".into(),
            ..Typed::default()
        }
    }

    fn fields(typed: &Typed) -> Vec<String> {
        faults(typed, false, &["p1", "p2"], &questions(), Lang::Sv)
            .into_iter()
            .map(|fault| fault.field)
            .collect()
    }

    #[test]
    fn every_fault_is_told_at_its_field_in_one_go() {
        assert_eq!(fields(&good()), Vec::<String>::new());
        let empty = Typed { notice: NOTICE_VERSION.into(), ..Typed::default() };
        assert_eq!(fields(&empty), ["placement", "name", "email", "letter"]);
        let strange = Typed { placements: vec!["p1".into(), "p9".into()], ..good() };
        assert_eq!(fields(&strange), ["placement"]);
        let old = Typed { notice: "2020-01-01".into(), ..good() };
        assert_eq!(fields(&old), ["informationen"]);
        let long = Typed {
            phone: "1".repeat(LINE_CHARS_MAX + 1),
            cv: "å".repeat(TEXT_CHARS_MAX + 1),
            links: "a\n".repeat(LINKS_MAX + 1),
            answers: vec![("F1".into(), "a\0b".into())],
            ..good()
        };
        assert_eq!(fields(&long), ["phone", "links", "cv", "svar-F1"]);
        let at_the_limit = Typed { cv: "å".repeat(TEXT_CHARS_MAX), ..good() };
        assert_eq!(fields(&at_the_limit), Vec::<String>::new());
        let broken = Typed { name: "Ada\u{0}".into(), ..good() };
        assert_eq!(fields(&broken), ["name"]);
    }

    #[test]
    fn an_email_address_is_plausible_or_not() {
        for yes in ["a@example.org", "a.b+c@sub.example.org", "åsa@example.org"] {
            assert!(plausible_email(yes), "{yes}");
        }
        let wrong = ["", "a", "a@", "@example.org", "a@b", "a@b@example.org", "a b@example.org", "a@.org"];
        for no in wrong.into_iter().chain(["a@example.", "a@ex..org"]) {
            assert!(!plausible_email(no), "{no}");
        }
    }

    #[test]
    fn empty_parts_are_left_out_and_the_rest_is_kept_as_written() {
        let submission = good().submission(Lang::Sv, None);
        assert_eq!(submission.received.sections.len(), 1);
        let letter = submission.received.sections.first().expect("the letter");
        assert_eq!((letter.kind, letter.text.len()), (SectionKind::Letter, "\nHej\n".len()));
        assert_eq!(submission.received.known.links, ["https://example.org/ada"]);
        assert_eq!(submission.received.known.name, "Ada Exempel");
        assert_eq!(submission.placements, [PlacementId::new("p1")]);
        assert!(!submission.ai_free);
    }

    #[test]
    fn every_question_becomes_a_part_of_its_own() {
        let answers = vec![("F1".into(), "ett".into()), ("F2".into(), "två".into())];
        let mut typed = Typed { answers, ..good() };
        let submission = typed.submission(Lang::En, None);
        let sections = &submission.received.sections;
        let asked: Vec<Option<&str>> = sections.iter().map(|section| section.question.as_deref()).collect();
        assert_eq!(asked, [None, Some("F1"), Some("F2")]);
    }
}
