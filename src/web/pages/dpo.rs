//! The data-protection officer's page: does the log hold, what does it say, and which requests wait.
//!
//! It shows what the entries hold and no application. Reading it is itself an entry.

use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde_json::Value;

use super::matters::waiting;
use crate::casework::oversight::{
    LogCategory, LogFilter, LogLine, LogPage, LogStatus, LogView, Overview, reason_fits,
};
use crate::casework::safeguards::emergency::MattersView;
use crate::casework::{Request, RightKind};
use crate::guard::audit::Outcome;
use crate::subject::role::Role;
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::callers::{Staff, View};
use crate::web::form::Posted;
use crate::web::layout::{self, t};
use crate::web::problem::Problem;

/// The log's verification and the applicants' requests; with a stated reason also the entries, filtered.
///
/// # Errors
/// When the gate refuses, or an entry number in the address is none.
pub async fn log(
    staff: Staff,
    State(web): State<Web>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Problem> {
    let filter = filter_from(&query)?;
    let view = &staff.view;
    let matters = web.app.matters(&staff.actor).await?;
    Ok(match web.app.read_log(&staff.actor, &filter).await? {
        LogView::Open(log) => {
            let below = opened(view, &log, &filter);
            let body = body(&web, view, &matters, &log.status, &log.requests, &below);
            layout::page(&web, view, title(view.lang), body)
        }
        LogView::Closed(overview) => {
            let typed = Typed { query: query_of(&filter, filter.before), ..Typed::default() };
            closed(&web, view, &matters, &overview, &typed)
        }
    })
}

/// Opens the log for an hour to the person who says why.
///
/// # Errors
/// When the gate refuses. A missing category or a short reason gives the form back with what was typed.
pub async fn open(staff: Staff, State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
    let typed = Typed {
        category: posted.get("category").to_owned(),
        reason: posted.get("reason").to_owned(),
        query: posted.get("query").to_owned(),
        sent: true,
    };
    let Some(category) = LogCategory::parse(&typed.category).filter(|_| reason_fits(&typed.reason)) else {
        let overview = web.app.log_overview(&staff.actor).await?;
        let matters = web.app.matters(&staff.actor).await?;
        let mut page = closed(&web, &staff.view, &matters, &overview, &typed);
        *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(page);
    };
    web.app.open_log(&staff.actor, category, &typed.reason).await?;
    // The filter comes back as fields of our own address: nothing else can be reached with it.
    let fields: HashMap<String, String> =
        form_urlencoded::parse(typed.query.as_bytes()).into_owned().collect();
    let filter = filter_from(&fields)?;
    let target = format!("/dso/logg?{}#poster", query_of(&filter, filter.before));
    Ok(Redirect::to(&target).into_response())
}

fn title(lang: Lang) -> &'static str {
    t(lang, "Logg och begäranden", "Log and requests")
}

fn body(
    web: &Web,
    view: &View,
    matters: &MattersView,
    status: &LogStatus,
    asked: &[Request],
    below: &Markup,
) -> Markup {
    let lang = view.lang;
    html! {
        h1 { (title(lang)) }
        p.lead { (t(lang,
            "Varje läsning, ändring och avslag i tjänsten är en post i loggen. Att du läser den är också en \
             post.",
            "Every reading, change and refusal in the service is an entry in the log. Your reading it is one \
             too.")) }
        (waiting(lang, matters, true))
        (verification(lang, status, &web.app.log_vkey()))
        (requests(lang, asked))
        h2 id="poster" { (t(lang, "Poster", "Entries")) }
        (below)
    }
}

fn opened(view: &View, log: &LogPage, filter: &LogFilter) -> Markup {
    let lang = view.lang;
    let (category, until) = &log.open;
    html! {
        p.hint {
            (t(lang, "Öppen för dig till ", "Open to you until ")) (until.swedish())
            @if let Some(category) = category { ": " (category_words(lang, *category)) }
            "."
        }
        (filter_form(view, filter))
        (entries(lang, log, filter))
    }
}

/// What was typed into the form that opens the log.
#[derive(Default)]
struct Typed {
    category: String,
    reason: String,
    query: String,
    sent: bool,
}

fn category_words(lang: Lang, category: LogCategory) -> &'static str {
    match category {
        LogCategory::Audit => t(lang, "planerad egenkontroll", "planned audit"),
        LogCategory::Applicant => t(lang, "en sökande har frågat", "an applicant has asked"),
        LogCategory::Incident => {
            t(lang, "misstänkt personuppgiftsincident", "suspected personal-data breach")
        }
        LogCategory::Supervision => t(lang, "tillsyn eller revision", "supervision or audit by others"),
        LogCategory::Fault => t(lang, "tekniskt fel", "technical fault"),
    }
}

fn closed(web: &Web, view: &View, matters: &MattersView, overview: &Overview, typed: &Typed) -> Response {
    let lang = view.lang;
    let bad_category = typed.sent && LogCategory::parse(&typed.category).is_none();
    let bad_reason = typed.sent && !reason_fits(&typed.reason);
    let form = html! {
        form.card method="post" action="/dso/logg/oppna" {
            h3 { (t(lang, "Varför läser du loggen?", "Why do you read the log?")) }
            p.measure { (t(lang,
                "Posterna visar vad namngivna kollegor och sökande har gjort. Ange ett skäl; det loggas med \
                 din roll och öppnar posterna i en timme.",
                "Entries show what colleagues and applicants have done. Give a reason; it is logged with your \
                 role and opens the entries for an hour.")) }
            input type="hidden" name="token" value=(view.form_token);
            input type="hidden" name="query" value=(typed.query);
            fieldset role="radiogroup" aria-invalid=[bad_category.then_some("true")]
                aria-describedby=[bad_category.then_some("fel-kategori")] {
                legend { (t(lang, "Kategori", "Category")) }
                @if bad_category {
                    p.field-error id="fel-kategori" { (t(lang, "Välj en kategori.", "Choose a category.")) }
                }
                @for category in LogCategory::ALL {
                    label.choice {
                        input type="radio" name="category" value=(category.code())
                            checked[typed.category == category.code()];
                        span { (category_words(lang, category)) }
                    }
                }
            }
            div.field {
                label for="reason" { (t(lang, "Skäl", "Reason")) }
                p.hint id="hjalp-skal" { (t(lang, "10 till 2 000 tecken. Skriv inga personuppgifter.",
                    "10 to 2,000 characters. Write no personal data.")) }
                @if bad_reason {
                    p.field-error id="fel-skal" { (t(lang, "Skriv minst tio och högst 2 000 tecken.",
                        "Write at least ten and at most 2,000 characters.")) }
                }
                textarea id="reason" name="reason" rows="3" aria-invalid=[bad_reason.then_some("true")]
                    aria-describedby={ "hjalp-skal" @if bad_reason { " fel-skal" } } { (typed.reason) }
            }
            button type="submit" { (t(lang, "Öppna posterna", "Open the entries")) }
        }
    };
    let body = body(web, view, matters, &overview.status, &overview.requests, &form);
    layout::page(web, view, title(lang), body)
}

/// Reads the filter from the address.
///
/// # Errors
/// When `before` is no entry number.
fn filter_from(query: &HashMap<String, String>) -> Result<LogFilter, Problem> {
    let field = |name: &str| query.get(name).map_or("", String::as_str).trim().to_owned();
    let before = match field("before").as_str() {
        "" => None,
        // The database counts in signed numbers: an entry above them cannot exist.
        digits => {
            Some(digits.parse::<u64>().ok().filter(|n| i64::try_from(*n).is_ok()).ok_or_else(bad_number)?)
        }
    };
    Ok(LogFilter {
        action: field("action"),
        role: field("role"),
        outcome: field("outcome"),
        actor: field("actor"),
        label: field("label"),
        before,
    })
}

fn bad_number() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "invalid",
        ("Något behöver rättas", "Postnumret i adressen (before) ska vara ett heltal, 0 eller större."),
        (
            "Something needs mending",
            "The entry number in the address (before) must be a whole number, 0 or more.",
        ),
    )
}

/// The filter as a query, without empty fields.
fn query_of(filter: &LogFilter, before: Option<u64>) -> String {
    let mut out = form_urlencoded::Serializer::new(String::new());
    let fields = [
        ("action", &filter.action),
        ("role", &filter.role),
        ("outcome", &filter.outcome),
        ("actor", &filter.actor),
        ("label", &filter.label),
    ];
    for (name, value) in fields {
        if !value.is_empty() {
            out.append_pair(name, value);
        }
    }
    if let Some(before) = before {
        out.append_pair("before", &before.to_string());
    }
    out.finish()
}

fn is_filtered(filter: &LogFilter) -> bool {
    !query_of(filter, filter.before).is_empty()
}

// ---- verification --------------------------------------------------------------------------------

fn fault_words(lang: Lang, code: &str) -> &str {
    match code {
        "entry_missing" => t(
            lang,
            "Posten saknas: någon har tagit bort den, eller så är databasen skadad.",
            "The entry is missing: somebody removed it, or the database is damaged.",
        ),
        "entry_altered" => t(
            lang,
            "Postens innehåll stämmer inte med dess kontrollsumma: den har ändrats i efterhand.",
            "The entry's content does not agree with its digest: it was altered afterwards.",
        ),
        "entry_out_of_place" => t(
            lang,
            "Posten följer inte på den förra: poster har bytt plats, lagts till eller tagits bort.",
            "The entry does not follow on the one before: entries were moved, added or removed.",
        ),
        "entry_unreadable" => t(
            lang,
            "Posten går inte att läsa: databasen är skadad eller har ändrats.",
            "The entry cannot be read: the database is damaged or was altered.",
        ),
        "checkpoint_differs" => t(
            lang,
            "Posterna hänger ihop men stämmer inte med det signerade kontrollvärdet: loggen har skrivits om, \
             eller så är kontrollvärdet utbytt.",
            "The entries fit together but do not agree with the signed checkpoint: the log was rewritten, or \
             the checkpoint was replaced.",
        ),
        other => other,
    }
}

fn verification(lang: Lang, status: &LogStatus, vkey: &str) -> Markup {
    html! {
        section {
            h2 { (t(lang, "Är loggen hel?", "Is the log whole?")) }
            @match status.fault {
                None => div.notice.ok role="status" {
                    p { strong {
                        (t(lang, "Loggen är hel: ", "The log is whole: "))
                        (status.size)
                        (t(lang,
                            " poster stämmer med det signerade kontrollvärdet.",
                            " entries agree with the signed checkpoint."))
                    } }
                    p { (t(lang,
                        "Kontrollen gjordes nu, från första till sista posten.",
                        "The check was made now, from the first entry to the last.")) }
                },
                Some((entry, code)) => div.error role="alert" {
                    h3 { (t(lang, "Loggen är inte hel", "The log is not whole")) }
                    p {
                        strong { (t(lang, "Första felet: post ",
                            "First fault: entry ")) (entry) "." } " " (fault_words(lang, code))
                    }
                    p { (t(lang,
                        "Lita inte på posterna från den och framåt. Kontakta systemförvaltaren, spara \
                         databasen som den är och jämför med en kopia som tagits ut tidigare.",
                        "Do not rely on the entries from there on. Contact the operator, keep the database \
                         as it is and compare it with a copy exported before.")) }
                },
            }
            details.box {
                summary {
                    (t(lang, "Kontrollera själv, utanför tjänsten",
                        "Verify it yourself, outside the service"))
                }
                p { (t(lang,
                    "Systemförvaltaren kan lämna ut loggen utan personuppgifter. Vem som helst kan sedan \
                     kontrollera kopian utan databas och nät:",
                    "The operator can hand out the log without personal data. Anybody can then verify the \
                     copy without a database or network:")) }
                pre.log { "urval audit export DIR\nurval audit verify DIR --vkey FILE" }
                p {
                    (t(lang, "Nyckeln som kontrollerar signaturen:", "The key that verifies the signature:"))
                }
                pre.log { (vkey) }
                p { (t(lang, "Det signerade kontrollvärdet:", "The signed checkpoint:")) }
                pre.log { (status.checkpoint) }
            }
        }
    }
}

// ---- requests ------------------------------------------------------------------------------------

fn kind_words(lang: Lang, kind: RightKind) -> &'static str {
    match kind {
        RightKind::Access => t(lang, "registerutdrag (art. 15)", "access (Art. 15)"),
        RightKind::Erasure => t(lang, "radering (art. 17)", "erasure (Art. 17)"),
        RightKind::AiFree => t(lang, "granskning utan AI (art. 21)", "review without AI (Art. 21)"),
        RightKind::Withdrawal => t(lang, "återtagen ansökan", "withdrawal"),
    }
}

fn state_words(lang: Lang, state: &str) -> &str {
    match state {
        "received" => t(lang, "väntar på svar", "waits for an answer"),
        "done" => t(lang, "klar", "done"),
        other => other,
    }
}

fn requests(lang: Lang, requests: &[Request]) -> Markup {
    let waiting = requests.iter().filter(|request| request.state != "done").count();
    html! {
        section {
            h2 { (t(lang, "Begäranden från sökande", "Requests by applicants")) }
            @if requests.is_empty() {
                p.notice {
                    (t(lang, "Ingen sökande har begärt något ännu.",
                        "No applicant has asked for anything yet."))
                }
            } @else {
                p { (waiting) " " (t(lang, "väntar på svar.", "wait for an answer.")) }
                div.table-wrap tabindex="0" role="region" aria-label=(t(lang, "Begäranden", "Requests")) {
                    table {
                        thead { tr {
                            th scope="col" { (t(lang, "Sista dag att svara", "Last day to answer")) }
                            th scope="col" { (t(lang, "Begäran", "Request")) }
                            th scope="col" { (t(lang, "Läge", "State")) }
                            th scope="col" { (t(lang, "Ansökan", "Application")) }
                            th scope="col" { (t(lang, "Inkom", "Received")) }
                        } }
                        tbody {
                            @for request in requests {
                                tr {
                                    th.nowrap scope="row" { (request.due_on) }
                                    td { (kind_words(lang, request.kind)) }
                                    td { (state_words(lang, &request.state)) }
                                    td.nowrap {
                                        @let about = query_of(&only_label(&request.label), None);
                                        a href={ "/dso/logg?" (about) "#poster" } {
                                            (request.label)
                                        }
                                    }
                                    td.nowrap { (request.received_at.swedish()) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn only_actor(actor: &str) -> LogFilter {
    LogFilter { actor: actor.to_owned(), ..LogFilter::default() }
}

fn only_label(label: &str) -> LogFilter {
    LogFilter { label: label.to_owned(), ..LogFilter::default() }
}

// ---- entries -------------------------------------------------------------------------------------

const ACTIONS: &[(&str, &str, &str)] = &[
    ("application.handed_in", "ansökan lämnas in", "application handed in"),
    ("application.sealed", "ansökan förseglad", "application sealed"),
    ("application.read_by_model", "språkmodellen läser", "read by the model"),
    ("application.held", "stoppad, en människa läser först", "held for a person"),
    ("assessment.sealed", "maskinell värdering förseglad", "assessment sealed"),
    ("ranking.shown", "rangband visade", "bands shown"),
    ("ranking.band_shown", "en ansökans band visat", "one application's band shown"),
    ("search.form_shown", "sökruta visad", "search form shown"),
    ("search.asked", "sökning i det lästa", "search in what was read"),
    ("search.answered", "sökning besvarad", "search answered"),
    ("application.searched", "ansökans text genomsökt", "application's text searched"),
    ("application.opened", "ansökan öppnad", "application opened"),
    ("application.marked", "omdömen lämnade", "marks given"),
    ("mark.changed", "omdöme ändrat", "mark changed"),
    ("decision.recorded", "beslut", "decision"),
    ("identity.shown", "kontaktuppgifter visade", "contact details shown"),
    (
        "identity.shown_in_emergency",
        "kontaktuppgifter visade i nödläge",
        "contact details shown in emergency",
    ),
    ("original.fetched", "fil i original hämtad", "original file fetched"),
    (
        "original.fetched_in_emergency",
        "fil i original hämtad i nödläge",
        "original file fetched in emergency",
    ),
    ("emergency.form_shown", "sida för nödåtkomst visad", "page for emergency access shown"),
    ("emergency.asked", "nödåtkomst begärd", "emergency access asked for"),
    ("emergency.approved", "nödåtkomst godkänns", "emergency access approved"),
    ("emergency.refused", "nödåtkomst avslås", "emergency access refused"),
    ("emergency.acknowledged", "nödåtkomst kvitteras", "emergency access acknowledged"),
    ("conflict.form_shown", "sida för jäv visad", "page for conflicts shown"),
    ("conflict.declared", "jäv anmält", "conflict of interest declared"),
    ("conflict.lifted", "anmält jäv hävt", "conflict of interest lifted"),
    ("ai.stopped", "AI-stödet stängs av", "AI support stopped"),
    ("ai.started", "AI-stödet slås på", "AI support started again"),
    ("control.set", "kontrollgrupp lottas", "control arm drawn"),
    ("control.shown", "kontrollgruppens antal visade", "numbers of the control arm shown"),
    ("control.revealed", "kontrollgruppen röjd för utvärdering", "control arm revealed for an evaluation"),
    ("answers.listed", "svaren på en fråga listade", "answers to a question listed"),
    ("answer.shown", "svar på en fråga visat", "answer to a question shown"),
    ("matters.shown", "nödåtkomst och jäv visade", "emergency access and conflicts shown"),
    ("hold.looked_up", "ansökan söks för gallringsspärr", "application looked up for a legal hold"),
    ("hold.set", "gallringsspärr satt", "legal hold set"),
    ("hold.lifted", "gallringsspärr hävd", "legal hold lifted"),
    ("holds.shown", "gallringsspärrar visade", "legal holds shown"),
    ("receipt.used", "kvittokod använd", "receipt code used"),
    ("own_file.shown", "sökande såg sina uppgifter", "applicant saw the own file"),
    ("right.requested", "begäran från sökande", "request by applicant"),
    ("log.opened", "loggen öppnad med ett skäl", "log opened with a reason"),
    ("log.overview", "loggens läge visat", "state of the log shown"),
    ("log.read", "loggen läst", "log read"),
    ("log.exported", "loggen uttagen", "log exported"),
    ("clock.accepted", "klockan godtagen", "clock accepted"),
    ("counts.shown", "antal visade", "counts shown"),
    ("recruitment.opened", "rekrytering öppnad", "recruitment opened"),
    ("staff.added", "konto skapat", "account made"),
    ("log_in.failed", "misslyckad inloggning", "failed log-in"),
    ("log_in.first_step", "lösenordet rätt, nästa steg väntar", "password right, next step waits"),
    ("session.begun", "inloggad", "logged in"),
    ("session.ended", "utloggad", "logged out"),
    ("session.ended_from_list", "egen inloggning avslutad", "own session ended"),
    ("sessions.ended", "egna andra inloggningar avslutade", "own other sessions ended"),
    ("receipt.failed", "fel kvittokod", "wrong receipt code"),
    ("account.shown", "eget konto visat", "own account shown"),
    ("password.changed", "eget lösenord bytt", "own password changed"),
    ("password.wrong", "fel nuvarande lösenord", "wrong current password"),
    ("code.failed", "fel engångskod", "wrong one-time code"),
    ("second_factor.begun", "engångskoder påbörjade", "one-time codes begun"),
    ("second_factor.shown", "nyckel till engångskoder visad", "key of one-time codes shown"),
    ("second_factor.added", "engångskoder tillagda", "one-time codes added"),
    ("second_factor.removed", "engångskoder borttagna", "one-time codes removed"),
    ("recovery_codes.made", "nya reservkoder", "new recovery codes"),
    ("staff.second_factor_reset", "engångskoder återställda", "one-time codes reset"),
    ("staff.password_reset", "lösenord bytt", "password reset"),
    ("staff.listed", "konton listade", "accounts listed"),
    ("staff.closed", "konto stängt", "account closed"),
    ("staff.identity_linked", "identitet kopplad till konto", "identity linked to an account"),
    ("staff.identity_unlinked", "koppling av identitet borttagen", "identity unlinked from an account"),
    ("staff.signed_in", "inloggad via organisationen", "signed in through the organisation"),
    (
        "staff.sign_in_refused",
        "inloggning via organisationen nekad",
        "sign-in through the organisation refused",
    ),
    ("staff.identity_unknown", "okänd identitet vid inloggning", "sign-in by an identity without account"),
];

const OUTCOMES: &[(&str, &str, &str)] =
    &[("allowed", "tillåtet", "allowed"), ("refused", "nekat", "refused"), ("done", "utfört", "done")];

/// Roles in the log that are no role of staff.
const OTHER_ROLES: &[(&str, &str, &str)] = &[
    ("applicant", "sökande", "applicant"),
    ("visitor", "besökare", "visitor"),
    ("system", "systemet", "the system"),
];

/// The words for a code; the code itself when there are none, so that nothing is hidden.
fn words<'a>(lang: Lang, table: &[(&str, &'static str, &'static str)], code: &'a str) -> &'a str {
    table.iter().find(|(known, ..)| *known == code).map_or(code, |(_, sv, en)| t(lang, sv, en))
}

fn role_words(lang: Lang, code: &str) -> &str {
    Role::parse(code).map_or_else(|| words(lang, OTHER_ROLES, code), |role| role.label(lang))
}

fn outcome_code(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "allowed",
        Outcome::Refused => "refused",
        Outcome::Done => "done",
    }
}

fn filter_form(view: &View, filter: &LogFilter) -> Markup {
    let lang = view.lang;
    let choices =
        |table: &[(&'static str, &'static str, &'static str)]| -> Vec<(&'static str, &'static str)> {
            table.iter().map(|(code, sv, en)| (*code, t(lang, sv, en))).collect()
        };
    let roles: Vec<(&str, &str)> =
        Role::ALL.iter().map(|role| (role.code(), role.label(lang))).chain(choices(OTHER_ROLES)).collect();
    html! {
        form.filter method="get" action="/dso/logg" {
            (select(lang, "action", t(lang, "Händelse", "Action"), &choices(ACTIONS), &filter.action))
            (select(lang, "role", t(lang, "Roll", "Role"), &roles, &filter.role))
            (select(lang, "outcome", t(lang, "Utfall", "Outcome"), &choices(OUTCOMES), &filter.outcome))
            div.field {
                label for="actor" { (t(lang, "Aktör (pseudonym)", "Actor (pseudonym)")) }
                input type="text" id="actor" name="actor"
                    value=(filter.actor) autocomplete="off" spellcheck="false";
            }
            div.field {
                label for="label" { (t(lang, "Ansökan", "Application")) }
                input type="text" id="label" name="label"
                    value=(filter.label) autocomplete="off" spellcheck="false";
            }
            div.actions {
                button type="submit" { (t(lang, "Filtrera", "Filter")) }
                @if is_filtered(filter) {
                    a href="/dso/logg#poster" { (t(lang, "Rensa filter", "Clear the filter")) }
                }
            }
        }
    }
}

fn select(lang: Lang, name: &str, label: &str, choices: &[(&str, &str)], chosen: &str) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            select id=(name) name=(name) {
                option value="" { (t(lang, "alla", "all")) }
                @for (code, text) in choices {
                    option value=(code) selected[*code == chosen] { (text) }
                }
                @if !chosen.is_empty() && choices.iter().all(|(code, _)| *code != chosen) {
                    option value=(chosen) selected { (chosen) }
                }
            }
        }
    }
}

fn entries(lang: Lang, log: &LogPage, filter: &LogFilter) -> Markup {
    if log.lines.is_empty() {
        return html! {
            p.notice {
                @if is_filtered(filter) {
                    (t(lang, "Ingen post passar filtret.", "No entry fits the filter."))
                } @else {
                    (t(lang, "Loggen har inga poster ännu.", "The log has no entries yet."))
                }
            }
        };
    }
    html! {
        @if let Some(before) = filter.before {
            p {
                (t(lang, "Visar poster före ", "Showing entries before ")) (before) ". "
                a href={ "/dso/logg?" (query_of(filter, None)) "#poster" } {
                    (t(lang, "Till de nyaste", "To the newest"))
                }
            }
        }
        div.table-wrap tabindex="0" role="region"
            aria-label=(t(lang, "Loggens poster", "Entries of the log")) {
            table.log {
                caption {
                    (t(lang, "Nyast först. Tiderna är svensk tid.", "Newest first. Times are Swedish time."))
                }
                thead { tr {
                    th scope="col" { (t(lang, "Post", "Entry")) }
                    th scope="col" { (t(lang, "Tid", "Time")) }
                    th scope="col" { (t(lang, "Händelse", "Action")) }
                    th scope="col" { (t(lang, "Ändamål", "Purpose")) }
                    th scope="col" { (t(lang, "Utfall", "Outcome")) }
                    th scope="col" { (t(lang, "Roll", "Role")) }
                    th scope="col" { (t(lang, "Organisation", "Organisation")) }
                    th scope="col" { (t(lang, "Aktör", "Actor")) }
                    th scope="col" { (t(lang, "Ansökan", "Application")) }
                    th scope="col" { (t(lang, "Regler", "Policies")) }
                    th scope="col" { (t(lang, "Detaljer", "Details")) }
                } }
                tbody { @for line in &log.lines { (entry(lang, line)) } }
            }
        }
        @if let Some(before) = log.next {
            nav.actions aria-label=(t(lang, "Fler poster", "More entries")) {
                a.button.secondary href={ "/dso/logg?" (query_of(filter, Some(before))) "#poster" }
                    rel="next" {
                    (t(lang, "Äldre poster", "Older entries"))
                }
            }
        }
    }
}

fn entry(lang: Lang, line: &LogLine) -> Markup {
    let entry = &line.leaf.entry;
    let outcome = outcome_code(entry.outcome);
    html! {
        tr {
            th scope="row" { (line.seq) }
            td.nowrap { (entry.time.swedish()) }
            td {
                (words(lang, ACTIONS, &entry.action))
                br; code.muted { (entry.action) }
            }
            td { code { (entry.purpose) } }
            td.nowrap {
                @if entry.outcome == Outcome::Refused { span.tag.error { (words(lang, OUTCOMES, outcome)) } }
                @else { (words(lang, OUTCOMES, outcome)) }
            }
            td { (role_words(lang, &entry.role)) }
            td { (entry.organisation.as_deref().unwrap_or("–")) }
            td.nowrap {
                a href={ "/dso/logg?" (query_of(&only_actor(&entry.actor), None)) "#poster" } {
                    code { (entry.actor) }
                }
            }
            td.nowrap {
                @match (&line.label, entry.subject_tag) {
                    (Some(label), _) => (label),
                    (None, Some(_)) => span.muted { (t(lang, "nyckeln är förstörd",
                        "its key is destroyed")) },
                    (None, None) => "–",
                }
            }
            td { @for policy in &entry.policies { code { (policy) } " " } }
            td.details {
                @match &line.detail {
                    Some(value) => {
                        @for (name, text) in flat(value) {
                            @if name.is_empty() { (text) } @else { span.pair { (name) ": " (text) } " " }
                        }
                    }
                    None => span.muted { (t(lang, "går inte att öppna", "cannot be opened")) },
                }
            }
        }
    }
}

/// Details as pairs on one level, `outer.inner: value`, without empty ones.
fn flat(value: &Value) -> Vec<(String, String)> {
    fn walk(name: &str, value: &Value, out: &mut Vec<(String, String)>) {
        match value {
            Value::Null => {}
            Value::String(text) if text.is_empty() => {}
            Value::Object(map) => {
                for (key, inner) in map {
                    let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                    walk(&name, inner, out);
                }
            }
            Value::String(text) => out.push((name.to_owned(), text.clone())),
            other => out.push((name.to_owned(), other.to_string())),
        }
    }
    let mut out = Vec::new();
    walk("", value, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn query(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_next_page_keeps_every_filter() {
        let asked = query(&[("action", "log.read"), ("role", "dpo"), ("label", "A 1&2=å"), ("before", "7")]);
        let filter = filter_from(&asked).expect("a filter");
        let next = query_of(&filter, Some(3));
        let again: HashMap<String, String> = form_urlencoded::parse(next.as_bytes()).into_owned().collect();
        let back = filter_from(&again).expect("a filter");
        assert_eq!(
            (back.action, back.role, back.label, back.before),
            (filter.action, filter.role, filter.label, Some(3))
        );
    }

    #[test]
    fn an_entry_number_that_is_none_is_refused_with_advice() {
        for bad in ["-1", "abc", "1.5", "18446744073709551615"] {
            let refused = filter_from(&query(&[("before", bad)])).expect_err("refused");
            assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        }
        assert_eq!(filter_from(&query(&[("before", " 12 ")])).expect("a filter").before, Some(12));
        assert!(!is_filtered(&filter_from(&query(&[("role", ""), ("before", "")])).expect("a filter")));
    }

    #[test]
    fn details_are_shown_on_one_level_and_none_is_dropped() {
        let value = json!({ "label": "A1", "detail": { "marks": [["K1", "styrkt"]], "n": 2, "none": null } });
        let pairs = flat(&value);
        assert!(pairs.contains(&("label".into(), "A1".into())));
        assert!(pairs.contains(&("detail.n".into(), "2".into())));
        assert!(pairs.contains(&("detail.marks".into(), r#"[["K1","styrkt"]]"#.into())));
        assert_eq!(pairs.len(), 3);
        assert!(flat(&Value::Null).is_empty());
    }

    #[test]
    fn an_unknown_code_is_shown_as_it_is() {
        assert_eq!(words(Lang::Sv, ACTIONS, "application.opened"), "ansökan öppnad");
        assert_eq!(words(Lang::Sv, ACTIONS, "something.new"), "something.new");
        assert_eq!(role_words(Lang::Sv, "dpo"), "dataskyddsombud");
        assert_eq!(role_words(Lang::En, "applicant"), "applicant");
        assert_eq!(fault_words(Lang::Sv, "new_fault"), "new_fault");
    }
}
