//! "Min ansökan": what is stored about the holder of a receipt code, what the machine read in it,
//! who has looked, and what can be asked for. It shows one application and never another.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::files::{kind_name, to_save};
use super::login::{Trouble, too_many, with_cookie};
use crate::casework::rights::{Look, OwnFile};
use crate::casework::{CaseError, RightKind};
use crate::guard::access::{Actor, Door};
use crate::pipeline::received::SectionKind;
use crate::subject::file_place::FilePlace;
use crate::subject::profile::Profile;
use crate::subject::role::Role;
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::address::CalledFrom;
use crate::web::callers::{Applicant, View, Visitor, session_cookie, set_cookie};
use crate::web::form::Posted;
use crate::web::layout::{page, t};
use crate::web::problem::Problem;

mod evidence;
mod rights;

use evidence::{assessment, machine_read};
use rights::{confirmation, rights};

/// The page of one's own file.
const FILE: &str = "/min-ansokan/sida";

// ---- the door -----------------------------------------------------------------------------------

/// The form for a receipt code; whoever has been let in is led on.
///
/// # Errors
/// None of its own.
pub async fn door(visitor: Visitor, State(web): State<Web>) -> Result<Response, Problem> {
    if matches!(visitor.view.caller.as_ref().map(|caller| &caller.actor), Some(Actor::Applicant(_))) {
        return Ok(Redirect::to(FILE).into_response());
    }
    Ok(door_page(&web, &visitor.view, None))
}

/// Lets the holder of a receipt code in.
///
/// # Errors
/// When the database, the log or chance fails.
pub async fn enter(
    visitor: Visitor,
    State(web): State<Web>,
    CalledFrom(network): CalledFrom,
    posted: Posted,
) -> Result<Response, Problem> {
    let token = match web.app.log_in_with_receipt(posted.get("kod"), &network, Door::Web).await {
        Ok(Some(token)) => token,
        Ok(None) => {
            let answer = door_page(&web, &visitor.view, Some(Trouble::Wrong));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, answer).into_response());
        }
        Err(CaseError::TooMany { seconds }) => {
            return Ok(too_many(seconds, door_page(&web, &visitor.view, Some(Trouble::Wait(seconds)))));
        }
        Err(other) => return Err(other.into()),
    };
    // One browser, one session: an earlier one must not live on behind a cookie nobody holds.
    if let Some(earlier) = &visitor.view.session {
        web.app.log_out(earlier).await?;
    }
    Ok(with_cookie(Redirect::to(FILE).into_response(), &set_cookie(&web, session_cookie(&web), &token)))
}

/// The code is a secret, so a wrong one is not shown again.
fn door_page(web: &Web, view: &View, trouble: Option<Trouble>) -> Response {
    let lang = view.lang;
    let wrong = matches!(trouble, Some(Trouble::Wrong));
    let title = t(lang, "Min ansökan", "My application");
    let message = t(lang, "Koden stämmer inte", "The code does not fit");
    let body = html! {
        @if wrong {
            div.error role="alert" {
                h2 { (message) }
                p { a href="#kod" { (t(lang,
                    "Kontrollera koden och skriv den igen.",
                    "Check the code and type it again.")) } " "
                    (t(lang, "Den har 26 bokstäver och siffror.", "It has 26 letters and digits.")) " "
                    (t(lang,
                        "Är ansökan raderad leder koden inte längre någonstans.",
                        "Once an application is erased its code leads nowhere.")) }
            }
        }
        @if let Some(Trouble::Wait(seconds)) = trouble {
            div.error role="alert" {
                h2 { (t(lang, "För många misslyckade försök", "Too many failed attempts")) }
                p { (match lang {
                    Lang::Sv => format!("Vänta {seconds} sekunder och försök sedan igen."),
                    Lang::En => format!("Wait {seconds} seconds, then try again."),
                }) }
            }
        }
        h1 { (title) }
        p.lead {
            (t(lang,
                "Skriv kvittokoden som du fick när du lämnade in ansökan.",
                "Type the receipt code that you were given when you handed in the application."))
        }
        form.narrow method="post" action="/min-ansokan" {
            input type="hidden" name="token" value=(view.form_token);
            div.field {
                label for="kod" { (t(lang, "Kvittokod", "Receipt code")) }
                p.hint #kod-tips { (t(lang,
                    "Stora och små bokstäver, mellanslag och bindestreck spelar ingen roll.",
                    "Upper and lower case, spaces and hyphens do not matter.")) }
                @if wrong { p.field-error #kod-fel { (message) } }
                input.code-input #kod name="kod" type="text" autocomplete="off" autocapitalize="characters"
                    spellcheck="false" required aria-invalid=[wrong.then_some("true")]
                    aria-describedby=(if wrong { "kod-fel kod-tips" } else { "kod-tips" });
            }
            button type="submit" { (t(lang, "Visa min ansökan", "Show my application")) }
        }
        details.narrow {
            summary { (t(lang, "Har du tappat bort koden?", "Have you lost the code?")) }
            p {
                (t(lang,
                    "Vi sparar den inte i läsbar form och kan inte skicka den igen. Dina rättigheter gäller \
                     ändå: kontakta kommunen vars placering du sökt, så hjälper en människa dig.",
                    "We do not store it in readable form and cannot send it again. Your rights still apply: \
                     contact the municipality whose placement you sought, and a person will help you."))
            }
        }
    };
    page(web, view, title, body)
}

// ---- the file -----------------------------------------------------------------------------------

/// What was just done.
#[derive(Debug, Default, Deserialize)]
pub struct Done {
    klart: Option<String>,
}

/// Everything about one's own application.
///
/// # Errors
/// When the gate refuses or something cannot be opened.
pub async fn file(
    applicant: Applicant,
    State(web): State<Web>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let done = done.klart.as_deref().and_then(RightKind::parse);
    file_page(&web, &applicant, done, false).await
}

/// The whole file as JSON (registerutdrag), to keep.
///
/// # Errors
/// As [`file`].
pub async fn export(applicant: Applicant, State(web): State<Web>) -> Result<Response, Problem> {
    let file = web.app.own_file(&applicant.actor, &applicant.id).await?;
    let (label, _) = file.label_and_state();
    let name: String = label.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let text = format!("{:#}\n", file.export()?);
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"urval-{name}.json\"")),
    ];
    Ok((headers, text).into_response())
}

/// A file as it was handed in, to be saved: it is never opened by the browser in our name.
///
/// # Errors
/// When there is no such file or the gate refuses.
pub async fn document(
    applicant: Applicant,
    State(web): State<Web>,
    Path(place): Path<String>,
) -> Result<Response, Problem> {
    let place = FilePlace::parse(&place).ok_or_else(Problem::not_found)?;
    let found = web.app.own_document(&applicant.actor, &applicant.id, place).await?;
    Ok(to_save(place.code(), found))
}

/// Registers a request. A withdrawal needs the tick that it is meant.
///
/// # Errors
/// When the gate refuses or the database fails; nothing is registered then.
pub async fn request(
    applicant: Applicant,
    State(web): State<Web>,
    posted: Posted,
) -> Result<Response, Problem> {
    let Some(kind) = RightKind::parse(posted.get("kind")) else { return Err(Problem::unusable_body()) };
    if kind == RightKind::Withdrawal && posted.get("bekrafta") != "ja" {
        let again = file_page(&web, &applicant, None, true).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response());
    }
    web.app.request_right(&applicant.actor, &applicant.id, kind).await?;
    Ok(Redirect::to(&format!("{FILE}?klart={}", kind.code())).into_response())
}

async fn file_page(
    web: &Web,
    applicant: &Applicant,
    done: Option<RightKind>,
    unconfirmed: bool,
) -> Result<Response, Problem> {
    let view = &applicant.view;
    let lang = view.lang;
    let file = web.app.own_file(&applicant.actor, &applicant.id).await?;
    let explained = file.explained()?;
    let names: BTreeMap<String, String> =
        web.app.organisations().await?.into_iter().map(|(id, name, _)| (id.to_string(), name)).collect();
    let (label, state) = file.label_and_state();
    let title = t(lang, "Min ansökan", "My application");
    let body = html! {
        @if unconfirmed {
            div.error role="alert" {
                h2 { (t(lang, "Ansökan är inte återkallad", "The application is not withdrawn")) }
                p { a href="#bekrafta" { (t(lang,
                    "Kryssa i att du vill dra tillbaka den, och skicka igen.",
                    "Tick that you want to withdraw it, and send again.")) } }
            }
        }
        @if let Some(request) = done.and_then(|kind| file.requests.iter().rev().find(|r| r.kind == kind)) {
            div.notice.ok role="status" { p { (confirmation(lang, request.kind, &request.due_on)) } }
        }
        h1 { (title) " " span.tag { (label) } }
        p.lead { (state_in_words(lang, state, file.ai_free())) }
        nav.toc aria-label=(t(lang, "På sidan", "On this page")) {
            ul {
                li { a href="#last" { (t(lang, "Det här läste maskinen", "What the machine read")) } }
                li { a href="#belagg" { (t(lang, "Vad AI-stödet hittade", "What the AI support found")) } }
                li { a href="#skickat" { (t(lang, "Det du skickade", "What you sent")) } }
                li { a href="#tittat" { (t(lang, "Vem som har tittat", "Who has looked")) } }
                li { a href="#rattigheter" { (t(lang, "Det du kan begära", "What you can ask for")) } }
            }
        }
        div.grid2 {
            section.card { (summary(lang, &file)) }
            section.card {
                h2 { (t(lang, "Vad som har hänt", "What has happened")) }
                (timeline(lang, &file))
            }
        }
        (machine_read(lang, &file))
        (assessment(web, lang, &file, &explained))
        (sent(lang, &file))
        (who_has_looked(lang, &file.seen, &names))
        (rights(web, view, &file, unconfirmed))
    };
    Ok(page(web, view, title, body))
}

fn state_in_words(lang: Lang, state: &str, ai_free: bool) -> &'static str {
    match (state, ai_free) {
        ("withdrawn", _) => t(
            lang,
            "Ansökan är återkallad. Den deltar inte längre i urvalet.",
            "The application is withdrawn. It no longer takes part in the selection.",
        ),
        (_, true) => t(
            lang,
            "Ansökan är inkommen och granskas av människor, helt utan AI-stöd.",
            "The application has come in and is reviewed by people, entirely without AI support.",
        ),
        ("held", _) => t(
            lang,
            "Ansökan är inkommen. En människa behöver titta på den innan AI-stödet får läsa.",
            "The application has come in. A person needs to look at it before the AI support may read.",
        ),
        ("assessed", _) => t(
            lang,
            "AI-stödet har letat belägg i ansökan. Människor läser, bedömer och beslutar.",
            "The AI support has looked for evidence in the application. People read, assess and decide.",
        ),
        _ => t(
            lang,
            "Ansökan är inkommen. AI-stödet har inte läst den än.",
            "The application has come in. The AI support has not read it yet.",
        ),
    }
}

fn summary(lang: Lang, file: &OwnFile) -> Markup {
    html! {
        h2 { (t(lang, "I korthet", "In short")) }
        dl.facts {
            dt { (t(lang, "Omgång", "Round")) } dd { (file.recruitment.title.get(lang)) }
            dt { (t(lang, "Ärendenummer", "Case number")) } dd { (file.recruitment.case_number) }
            dt { (t(lang, "Inlämnad", "Handed in")) } dd { (file.details.submitted_at.swedish()) }
            dt { (t(lang, "Placeringar", "Placements")) }
            dd {
                ul {
                    @for one in &file.placements {
                        li { (one.title.get(lang)) br; span.muted { (one.organisation_name) } }
                    }
                }
            }
            dt { (t(lang, "Granskning", "Review")) }
            dd { @if file.ai_free() { (t(lang,
                "Utan AI-stöd",
                "Without AI support")) } @else { (t(lang,
                    "Människor, med AI-stöd",
                    "People, with AI support")) }
                @if file.details.drawn { br; span.muted { (t(lang,
                    "En del av ansökningarna lottas till granskning utan AI-stöd, så att AI-stödet kan utvärderas. Din \
                     är en av dem: människor läser, bedömer och beslutar. De som läser vet inte om att du lottades.",
                    "Some of the applications are drawn by lot for review without AI support, so that the AI support \
                     can be evaluated. Yours is one of them: people read, assess and decide. Those who read do not \
                     know that you were drawn.")) } }
            }
            dt { (t(lang,
                "Informationens version",
                "Version of the information")) } dd { (file.details.notice_version) }
            @if let Some(origin) = &file.origin {
                dt { (t(lang, "Modell", "Model")) } dd { (origin.model) }
            }
        }
        @if let Some(reason) = &file.details.held_reason {
            details { summary { (t(lang, "Varför den hålls tillbaka", "Why it is held")) }
                p { (t(lang,
                    "En automatisk kontroll hittade något som kan visa vem du är, eller ingenting att läsa, eller \
                     ett språk som modellen inte får rangordna. Människor läser ansökan. Kontrollens egna ord:",
                    "An automatic check found something that may show who you are, or nothing to read, or a \
                     language that the model may not rank. People read the application. The check's own words:")) }
                p lang="en" { code { (reason) } } }
        }
    }
}

/// What happened, in order, told by the first log entry of each kind.
fn timeline(lang: Lang, file: &OwnFile) -> Markup {
    let done = |look: &&Look, action: &str| look.action == action && !look.refused;
    let first = |action: &str| file.seen.iter().find(|look| done(look, action)).map(|look| look.at);
    let (_, state) = file.label_and_state();
    let model = (!file.ai_free()).then(|| {
        (
            t(lang, "AI-stödet letade belägg", "The AI support looked for evidence"),
            file.origin.as_ref().map(|o| o.assessed_at),
        )
    });
    let withdrawn = file.requests.iter().find(|r| r.kind == RightKind::Withdrawal).map(|r| r.received_at);
    let mut rows =
        vec![(t(lang, "Inlämnad och krypterad", "Handed in and encrypted"), Some(file.details.submitted_at))];
    rows.extend(model);
    rows.extend([
        (t(lang, "Läst av en människa", "Read by a person"), first("application.opened")),
        (t(lang, "Omdömen satta", "Marks set"), first("application.marked")),
        (t(lang, "Ett beslut är skrivet", "A decision is written"), first("decision.recorded")),
    ]);
    if state == "withdrawn" {
        // What has not happened will not: only what did is told.
        rows.retain(|(_, at)| at.is_some());
        rows.push((t(lang, "Återkallad av dig", "Withdrawn by you"), withdrawn));
    }
    html! {
        ol.steps {
            @for (what, at) in rows {
                @match at {
                    Some(at) => li { (what) br; span.muted { (at.swedish()) } },
                    None if state == "withdrawn" => li { (what) },
                    None => li.todo { (what) br; span { (t(lang, "inte än", "not yet")) } },
                }
            }
        }
    }
}

fn part_name<'a>(lang: Lang, profile: &'a Profile, kind: SectionKind, question: Option<&'a str>) -> &'a str {
    match kind {
        SectionKind::Letter => t(lang, "Personligt brev", "Personal letter"),
        SectionKind::Cv => t(lang, "Meritförteckning (CV)", "Curriculum vitae (CV)"),
        SectionKind::Answer => {
            let id = question.unwrap_or_default();
            profile.questions.iter().find(|q| q.id == id).map_or(id, |q| q.text.get(lang))
        }
    }
}

fn field_name(lang: Lang, code: &'static str) -> &'static str {
    match code {
        "name" => t(lang, "Namn", "Name"),
        "email" => t(lang, "E-post", "E-mail"),
        "phone" => t(lang, "Telefon", "Telephone"),
        "street" => t(lang, "Gatuadress", "Street address"),
        "postcode" => t(lang, "Postnummer", "Postcode"),
        "town" => t(lang, "Ort", "Town"),
        "link" => t(lang, "Länk", "Link"),
        "other" => t(lang, "Övrigt", "Other"),
        unnamed => unnamed,
    }
}

fn sent(lang: Lang, file: &OwnFile) -> Markup {
    html! {
        section {
            h2 #skickat tabindex="-1" { (t(lang, "Det du skickade", "What you sent")) }
            p { (t(lang,
                "Så kom ansökan in, ord för ord. Den ligger krypterad.",
                "This is how the application came in, word for word. It is kept encrypted.")) }
            section.card {
                h3 { (t(lang, "Dina kontaktuppgifter", "Your contact details")) }
                p.hint { (t(lang,
                    "De visas för en rekryterare eller chef först när du går vidare.",
                    "They are shown to a recruiter or manager only when you proceed.")) }
                dl.facts {
                    @for (code, value) in file.identity() {
                        @let shown = html! { (value) };
                        @if !shown.0.trim().is_empty() { dt { (field_name(lang, code)) } dd { (shown) } }
                    }
                }
            }
            @for (kind, question, words) in file.original() {
                details.box {
                    summary { (part_name(lang, file.profile.profile(), kind, question)) }
                    p.written { (words) }
                }
            }
            (own_files(lang, file))
        }
    }
}

/// The files that were handed in, each to be saved as it came.
fn own_files(lang: Lang, file: &OwnFile) -> Markup {
    html! {
        @for (place, told) in file.files() {
            p {
                a href={ "/min-ansokan/fil/" (place.code()) } { (match place {
                    FilePlace::Letter => t(lang, "Spara filen med personligt brev", "Save the file with the personal letter"),
                    FilePlace::Cv => t(lang, "Spara filen med meritförteckning", "Save the file with the curriculum vitae"),
                }) }
                @if let Some(kind) = told.kind { " (" (kind_name(lang, kind)) ")" }
                @if told.hidden_words > 0 {
                    ". " (told.hidden_words) " " (t(lang,
                        "ord i den kan inte ses av en läsare; de står i utdraget.",
                        "words in it cannot be seen by a reader; the extract lists them."))
                }
            }
        }
    }
}

/// What an entry of the log says, in words; an unknown one stays as it is rather than hidden.
fn action_in_words(lang: Lang, action: &str) -> &str {
    match action {
        "receipt.used" => {
            t(lang, "öppnade Min ansökan med kvittokoden", "opened My application with the receipt code")
        }
        "own_document.fetched" => {
            t(lang, "sparade en fil ur Min ansökan", "saved a file from My application")
        }
        "own_file.shown" => t(lang, "såg Min ansökan", "saw My application"),
        "log_receipt.given" => {
            t(lang, "laddade ner ett kvitto på en loggpost", "downloaded a receipt for a log entry")
        }
        "right.requested" => t(lang, "lämnade en begäran", "made a request"),
        "application.sealed" => {
            t(lang, "lämnade in ansökan, som krypterades", "handed in the application, which was encrypted")
        }
        "application.read_by_model" => t(
            lang,
            "AI-stödet läste den avidentifierade texten",
            "the AI support read the pseudonymised text",
        ),
        "assessment.sealed" => t(
            lang,
            "AI-stödets bedömning sparades krypterad",
            "the AI support's assessment was stored encrypted",
        ),
        "application.held" => {
            t(lang, "höll tillbaka ansökan från AI-stödet", "held the application back from the AI support")
        }
        "application.opened" => {
            t(lang, "läste den avidentifierade ansökan", "read the pseudonymised application")
        }
        "answer.shown" => t(
            lang,
            "läste ditt avidentifierade svar på en fråga",
            "read your pseudonymised answer to a question",
        ),
        "application.searched" => t(
            lang,
            "sökte efter ord i avidentifierade ansökningar som hen hade läst",
            "searched for words in pseudonymised applications that they had read",
        ),
        "application.marked" => t(lang, "satte omdömen", "set marks"),
        "mark.changed" => t(lang, "ändrade ett omdöme", "changed a mark"),
        "decision.recorded" => t(lang, "skrev ett beslut", "wrote a decision"),
        "identity.shown" => t(lang, "såg dina kontaktuppgifter", "saw your contact details"),
        "identity.shown_in_emergency" => {
            t(lang, "såg dina kontaktuppgifter i ett nödläge", "saw your contact details in an emergency")
        }
        "original.fetched" | "original.fetched_in_emergency" => {
            t(lang, "läste en fil som du lämnade in", "read a file that you handed in")
        }
        "emergency.form_shown" | "emergency.asked" => t(
            lang,
            "begärde att se dina kontaktuppgifter i ett nödläge",
            "asked to see your contact details in an emergency",
        ),
        "emergency.approved" | "emergency.refused" | "emergency.acknowledged" => t(
            lang,
            "prövade en begäran att se dina kontaktuppgifter",
            "answered a request to see your contact details",
        ),
        "conflict.form_shown" | "conflict.declared" => {
            t(lang, "anmälde eget jäv", "declared an own conflict of interest")
        }
        "conflict.lifted" => t(lang, "hävde en anmälan om jäv", "lifted a declared conflict of interest"),
        "hold.set" => t(lang, "satte en gallringsspärr", "set a legal hold"),
        "hold.lifted" => t(lang, "hävde en gallringsspärr", "lifted a legal hold"),
        unnamed => unnamed,
    }
}

fn role_in_words(lang: Lang, role: &str) -> &str {
    match role {
        "applicant" | "visitor" => t(lang, "du själv", "you yourself"),
        "system" => t(lang, "systemet", "the system"),
        code => Role::parse(code).map_or(code, |role| role.label(lang)),
    }
}

fn who_has_looked(lang: Lang, seen: &[Look], names: &BTreeMap<String, String>) -> Markup {
    let (own, others): (Vec<&Look>, Vec<&Look>) =
        seen.iter().partition(|look| matches!(look.role.as_str(), "applicant" | "visitor"));
    html! {
        section {
            h2 #tittat tabindex="-1" { (t(lang, "Vem som har tittat", "Who has looked")) }
            p {
                (t(lang,
                    "Varje gång någon öppnar din ansökan skrivs det i loggen innan något visas. Du ser roll \
                     och organisation; vem personen är kan dataskyddsombudet ta reda på.",
                    "Every time somebody opens your application it is written in the log before anything is \
                     shown. You see role and organisation; the data-protection officer can find out who the \
                     person is."))
            }
            p {
                (t(lang,
                    "Numret i sista kolumnen är ett kvitto som du kan ladda ner: ett bevis (.tlog-proof) på att \
                     posten står i loggen. Vem som helst kan kontrollera det utan oss, och ändrar vi posten i \
                     efterhand stämmer det inte längre.",
                    "The number in the last column is a receipt that you can download: a proof (.tlog-proof) that \
                     the entry is in the log. Anybody can check it without us, and if we alter the entry later it \
                     no longer fits."))
            }
            @if others.is_empty() {
                p { (t(lang,
                    "Ingen annan än du har öppnat ansökan än.",
                    "Nobody but you has opened the application yet.")) }
            } @else {
                (looks(lang, t(lang,
                    "Andra än du, äldst först",
                    "Others than you, oldest first"), &others, names))
            }
            @if !own.is_empty() {
                details {
                    summary { (t(lang, "Dina egna besök", "Your own visits")) " (" (own.len()) ")" }
                    (looks(lang, t(lang, "Du själv, äldst först", "You yourself, oldest first"), &own, names))
                }
            }
        }
    }
}

fn looks(lang: Lang, caption: &str, list: &[&Look], names: &BTreeMap<String, String>) -> Markup {
    html! {
        div.table-wrap tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr {
                    th scope="col" { (t(lang, "När", "When")) }
                    th scope="col" { (t(lang, "Vem", "Who")) }
                    th scope="col" { (t(lang, "Organisation", "Organisation")) }
                    th scope="col" { (t(lang, "Vad", "What")) }
                    th scope="col" { (t(lang, "Loggpost", "Log entry")) }
                } }
                tbody {
                    @for look in list {
                        tr {
                            td.nowrap { (look.at.swedish()) }
                            td { (role_in_words(lang, &look.role)) }
                            td {
                                @match &look.organisation {
                                    Some(id) => (names.get(id).unwrap_or(id)),
                                    None => "–",
                                }
                            }
                            td {
                                (action_in_words(lang, &look.action))
                                @if look.refused { " " span.tag.warn { (t(lang, "nekades", "refused")) } }
                            }
                            td {
                                a href={ "/min-ansokan/kvitto/" (look.entry) ".tlog-proof" }
                                    aria-label={ (look.entry) (t(lang, ", ladda ner kvittot", ", download the receipt")) }
                                    { (look.entry) }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_words() {
        for role in Role::ALL {
            assert_ne!(role_in_words(Lang::Sv, role.code()), role.code());
        }
    }

    #[test]
    fn an_unknown_entry_of_the_log_is_shown_as_it_is() {
        assert_eq!(action_in_words(Lang::Sv, "something.new"), "something.new");
        assert_eq!(role_in_words(Lang::En, "something_new"), "something_new");
        assert_ne!(action_in_words(Lang::Sv, "identity.shown"), "identity.shown");
    }

    #[test]
    fn a_withdrawn_application_never_reads_as_under_review() {
        for ai_free in [false, true] {
            assert!(state_in_words(Lang::Sv, "withdrawn", ai_free).contains("återkallad"));
        }
        assert!(state_in_words(Lang::Sv, "submitted", true).contains("utan AI-stöd"));
        assert_ne!(state_in_words(Lang::Sv, "held", false), state_in_words(Lang::Sv, "assessed", false));
    }
}
