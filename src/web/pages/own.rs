//! "Min ansökan": what is stored about the holder of a receipt code, what the machine read in it,
//! who has looked, and what can be asked for. It shows one application and never another.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::home::languages;
use super::login::with_cookie;
use crate::casework::RightKind;
use crate::casework::rights::{Look, OwnFile, one_month_after};
use crate::guard::access::Actor;
use crate::pipeline::explain::Explained;
use crate::pipeline::pseudonymise::SpanCategory;
use crate::pipeline::received::SectionKind;
use crate::subject::level::Level;
use crate::subject::profile::{Ai, Criterion, Profile};
use crate::subject::role::Role;
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::callers::{Applicant, View, Visitor, session_cookie, set_cookie};
use crate::web::form::Posted;
use crate::web::layout::{page, t};
use crate::web::problem::Problem;

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
    Ok(door_page(&web, &visitor.view, false))
}

/// Lets the holder of a receipt code in.
///
/// # Errors
/// When the database, the log or chance fails.
pub async fn enter(visitor: Visitor, State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
    let Some(token) = web.app.log_in_with_receipt(posted.get("kod")).await? else {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, door_page(&web, &visitor.view, true)).into_response());
    };
    // One browser, one session: an earlier one must not live on behind a cookie nobody holds.
    if let Some(earlier) = &visitor.view.session {
        web.app.log_out(earlier).await?;
    }
    Ok(with_cookie(Redirect::to(FILE).into_response(), &set_cookie(&web, session_cookie(&web), &token)))
}

/// The code is a secret, so a wrong one is not shown again.
fn door_page(web: &Web, view: &View, wrong: bool) -> Response {
    let lang = view.lang;
    let title = t(lang, "Min ansökan", "My application");
    let message = t(lang, "Koden stämmer inte", "The code does not fit");
    let body = html! {
        @if wrong {
            div.error role="alert" {
                h2 { (message) }
                p { a href="#kod" { (t(lang, "Kontrollera koden och skriv den igen.", "Check the code and type it again.")) } " "
                    (t(lang, "Den har 26 bokstäver och siffror.", "It has 26 letters and digits.")) }
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
                p.hint #kod-tips { (t(lang, "Stora och små bokstäver, mellanslag och bindestreck spelar ingen roll.",
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
                    "Vi sparar den inte i läsbar form och kan inte skicka den igen. Dina rättigheter gäller ändå: kontakta \
                     kommunen vars placering du sökt, så hjälper en människa dig.",
                    "We do not store it in readable form and cannot send it again. Your rights still apply: contact the \
                     municipality whose placement you sought, and a person will help you."))
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

/// Registers a request. A withdrawal needs the tick that it is meant.
///
/// # Errors
/// When the gate refuses or the database fails; nothing is registered then.
pub async fn request(applicant: Applicant, State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
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
                p { a href="#bekrafta" { (t(lang, "Kryssa i att du vill dra tillbaka den, och skicka igen.", "Tick that you want to withdraw it, and send again.")) } }
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
        ("withdrawn", _) => t(lang,
            "Ansökan är återkallad. Den deltar inte längre i urvalet.",
            "The application is withdrawn. It no longer takes part in the selection."),
        (_, true) => t(lang,
            "Ansökan är inkommen och granskas av människor, helt utan AI-stöd.",
            "The application has come in and is reviewed by people, entirely without AI support."),
        ("held", _) => t(lang,
            "Ansökan är inkommen. En människa behöver titta på den innan AI-stödet får läsa.",
            "The application has come in. A person needs to look at it before the AI support may read."),
        ("assessed", _) => t(lang,
            "AI-stödet har letat belägg i ansökan. Människor läser, bedömer och beslutar.",
            "The AI support has looked for evidence in the application. People read, assess and decide."),
        _ => t(lang,
            "Ansökan är inkommen. AI-stödet har inte läst den än.",
            "The application has come in. The AI support has not read it yet."),
    }
}

fn confirmation(lang: Lang, kind: RightKind, due: &str) -> String {
    match (kind, lang) {
        (RightKind::Access, Lang::Sv) => {
            "Din begäran om registerutdrag är registrerad. Allt som finns om dig står på den här sidan och i filen du kan ladda ner.".into()
        }
        (RightKind::Access, Lang::En) => {
            "Your request for a copy is registered. Everything about you is on this page and in the file you can download.".into()
        }
        (RightKind::Erasure, Lang::Sv) => {
            format!("Din begäran om radering är registrerad. En människa prövar den och du får ett beslut senast {due}.")
        }
        (RightKind::Erasure, Lang::En) => {
            format!("Your request for erasure is registered. A person considers it and you get a decision by {due}.")
        }
        (RightKind::AiFree, Lang::Sv) => {
            "Din begäran är registrerad. AI-stödet läser inte ansökan, och det som det hade kommit fram till är borttaget.".into()
        }
        (RightKind::AiFree, Lang::En) => {
            "Your request is registered. The AI support does not read the application, and what it had found is removed.".into()
        }
        (RightKind::Withdrawal, Lang::Sv) => "Ansökan är återkallad och deltar inte längre i urvalet.".into(),
        (RightKind::Withdrawal, Lang::En) => "The application is withdrawn and no longer takes part in the selection.".into(),
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
            dd { ul { @for one in &file.placements { li { (one.title.get(lang)) br; span.muted { (one.organisation_name) } } } } }
            dt { (t(lang, "Granskning", "Review")) }
            dd { @if file.ai_free() { (t(lang, "Utan AI-stöd", "Without AI support")) } @else { (t(lang, "Människor, med AI-stöd", "People, with AI support")) } }
            dt { (t(lang, "Informationens version", "Version of the information")) } dd { (file.details.notice_version) }
            @if let Some(origin) = &file.origin {
                dt { (t(lang, "Modell", "Model")) } dd { (origin.model) }
            }
        }
        @if let Some(reason) = &file.details.held_reason {
            details { summary { (t(lang, "Varför den hålls tillbaka", "Why it is held")) }
                p { (t(lang,
                    "En automatisk kontroll hittade något som kan visa vem du är, eller ingenting att läsa. Kontrollens egna ord:",
                    "An automatic check found something that may show who you are, or nothing to read. The check's own words:")) }
                p lang="en" { code { (reason) } } }
        }
    }
}

/// What happened, in order, told by the first log entry of each kind.
fn timeline(lang: Lang, file: &OwnFile) -> Markup {
    let first = |action: &str| file.seen.iter().find(|look| look.action == action && !look.refused).map(|look| look.at);
    let (_, state) = file.label_and_state();
    let model = (!file.ai_free()).then(|| {
        (t(lang, "AI-stödet letade belägg", "The AI support looked for evidence"), file.origin.as_ref().map(|o| o.assessed_at))
    });
    let withdrawn = file.requests.iter().find(|r| r.kind == RightKind::Withdrawal).map(|r| r.received_at);
    let mut rows = vec![(t(lang, "Inlämnad och krypterad", "Handed in and encrypted"), Some(file.details.submitted_at))];
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

/// What a placeholder stands for.
fn stands_for(lang: Lang, category: SpanCategory) -> &'static str {
    match category {
        SpanCategory::Name => t(lang, "ditt namn", "your name"),
        SpanCategory::Email => t(lang, "en e-postadress", "an e-mail address"),
        SpanCategory::Phone => t(lang, "ett telefonnummer", "a telephone number"),
        SpanCategory::PersonalNumber => t(lang, "ett personnummer", "a personal identity number"),
        SpanCategory::Address => t(lang, "en gatuadress eller ett postnummer", "a street address or postcode"),
        SpanCategory::Town => t(lang, "orten där du bor", "the town where you live"),
        SpanCategory::Link => t(lang, "en webbadress eller ett kontonamn", "an address on the web or an account name"),
        SpanCategory::Birth => t(lang, "födelsedatum eller födelseår", "date or year of birth"),
        SpanCategory::Sex => t(lang, "ett ord som visar kön", "a word that shows sex"),
        SpanCategory::Other => t(lang, "något annat som pekar ut dig", "something else that points you out"),
    }
}

fn machine_read(lang: Lang, file: &OwnFile) -> Markup {
    let parts = file.machine_read();
    html! {
        section {
            h2 #last tabindex="-1" { (t(lang, "Det här läste maskinen", "What the machine read")) }
            p {
                (t(lang,
                    "AI-stödet och den som först läser din ansökan ser bara den här texten. Ord inom hakparentes är \
                     platshållare för sådant som togs bort. Ett nummer betyder att det är en annan uppgift av samma slag.",
                    "The AI support and the first person to read your application see only this text. Words in square \
                     brackets are placeholders for what was taken out. A number means another detail of the same kind."))
            }
            @if file.ai_free() {
                p { (t(lang, "Eftersom du valt granskning utan AI-stöd visas texten bara för människor.",
                    "As you chose a review without AI support, the text is shown to people only.")) }
            }
            details.box {
                summary { (t(lang, "Vad platshållarna betyder", "What the placeholders mean")) }
                dl.facts {
                    @for category in SpanCategory::ALL {
                        dt { code { "[" (category.placeholder()) "]" } }
                        dd { (stands_for(lang, category)) }
                    }
                }
            }
            @if parts.is_empty() {
                div.notice { p { (t(lang,
                    "Maskinen har inte läst något: texten kunde inte avidentifieras säkert, och en människa tittar på den.",
                    "The machine has read nothing: the text could not be pseudonymised safely, and a person looks at it.")) } }
            }
            @for (kind, question, words) in parts {
                details.box {
                    summary { (part_name(lang, file.profile.profile(), kind, question)) }
                    p.written { (words) }
                }
            }
        }
    }
}

/// The level as a word, on the same steps as the assessor's page. Without a passage nothing was
/// found, whatever the number.
fn level_word(lang: Lang, level: Level, found: bool) -> &'static str {
    if level == Level::ZERO || !found {
        return t(lang, "inga belägg hittade", "no evidence found");
    }
    match level.as_f64() {
        value if value < 0.15 => t(lang, "mycket svaga belägg", "very weak evidence"),
        value if value < 0.4 => t(lang, "svaga belägg", "weak evidence"),
        value if value < 0.7 => t(lang, "tydliga belägg", "clear evidence"),
        _ => t(lang, "starka belägg", "strong evidence"),
    }
}

/// Two decimals, with the language's own sign.
fn decimal(lang: Lang, level: Level) -> String {
    let text = format!("{:.2}", level.as_f64());
    match lang {
        Lang::Sv => text.replace('.', ","),
        Lang::En => text,
    }
}

fn assessment(web: &Web, lang: Lang, file: &OwnFile, explained: &[Explained<'_>]) -> Markup {
    let profile = file.profile.profile();
    let chosen: Vec<&str> = file.placements.iter().map(|p| p.slug.as_str()).collect();
    let concerns = |criterion: &&Criterion| {
        criterion.placements.is_empty() || criterion.placements.iter().any(|id| chosen.contains(&id.as_str()))
    };
    let criteria: Vec<&Criterion> = profile.criteria.iter().filter(concerns).collect();
    let reads = file.origin.as_ref().and_then(|origin| {
        web.app.model().map(|encoder| encoder.entry()).filter(|entry| entry.name == origin.model)
    });
    html! {
        section {
            h2 #belagg tabindex="-1" { (t(lang, "Vad AI-stödet hittade", "What the AI support found")) }
            @if file.ai_free() {
                p { (t(lang, "Ingenting: ansökan granskas utan AI-stöd.", "Nothing: the application is reviewed without AI support.")) }
            } @else if file.origin.is_none() {
                p { (t(lang, "Ingenting än: AI-stödet har inte läst ansökan.", "Nothing yet: the AI support has not read the application.")) }
            } @else {
                p {
                    (t(lang,
                        "För varje krav visas de ställen i din text som AI-stödet räknar som belägg. Att inget hittades är inget \
                         omdöme om dig: en människa läser hela texten och gör bedömningen.",
                        "For each requirement you see the places in your text that the AI support counts as evidence. That \
                         nothing was found is no judgement of you: a person reads the whole text and makes the assessment."))
                }
                @if let Some(entry) = reads {
                    @if !entry.languages.contains(&Lang::Sv) || !entry.languages.contains(&Lang::En) {
                        div.notice.warn { p {
                            @match lang {
                                Lang::Sv => { "Modellen är gjord för " (languages(lang, &entry.languages)) ". Om du skrev på ett annat språk \
                                    är nivåerna nedan osäkra och säger inget om din ansökan. Den som granskar får veta det." },
                                Lang::En => { "The model is made for " (languages(lang, &entry.languages)) ". If you wrote in another language \
                                    the levels below are uncertain and say nothing about your application. The reviewer is told so." },
                            }
                        } }
                    }
                }
                @for criterion in criteria {
                    @let row = explained.iter().find(|row| *row.id == criterion.id);
                    (criterion_card(lang, file, criterion, row))
                }
                @if let Some(origin) = &file.origin {
                    details.box {
                        summary { (t(lang, "Så gjordes bedömningen", "How the assessment was made")) }
                        dl.facts {
                            dt { (t(lang, "När", "When")) } dd { (origin.assessed_at.swedish()) }
                            dt { (t(lang, "Modell", "Model")) } dd { (origin.model) }
                            dt { (t(lang, "Modellens kontrollsumma", "The model's digest")) } dd { code { (origin.model_digest) } }
                            dt { (t(lang, "Kravprofilens kontrollsumma", "The profile's digest")) } dd { code { (origin.profile_digest) } }
                        }
                        p { a href="/om" { (t(lang, "Hur ett rangband blir till", "How a rank band comes about")) } }
                    }
                }
            }
        }
    }
}

fn criterion_card(lang: Lang, file: &OwnFile, criterion: &Criterion, row: Option<&Explained<'_>>) -> Markup {
    let found = row.is_some_and(|row| !row.quotes.is_empty());
    let level = row.and_then(|row| row.level);
    html! {
        article.card {
            h3 { (criterion.label.get(lang)) }
            p {
                span.muted { (criterion.kind.label(lang)) " · " }
                @match (criterion.ai, level) {
                    (Ai::None, _) => { (t(lang, "bedöms bara av människor", "assessed by people only")) },
                    (_, Some(level)) => { strong { (level_word(lang, level, found)) } },
                    (_, None) if found => { (t(lang, "ställen som visas för bedömaren, utan nivå", "places shown to the assessor, without a level")) },
                    (_, None) => { (t(lang, "inga ställen hittade", "no places found")) },
                }
            }
            p.hint { (criterion.description.get(lang)) }
            @if let Some(row) = row {
                @for quote in &row.quotes { blockquote { (file.disclose(quote.text)) } }
                @if let Some(level) = level {
                    details {
                        summary { (t(lang, "Nivån i siffror", "The level in numbers")) }
                        p { (decimal(lang, level)) " " (t(lang, "på en skala från 0 till 1.", "on a scale from 0 to 1.")) }
                        @if row.quotes.len() > 1 {
                            ul {
                                @for (index, quote) in row.quotes.iter().enumerate() {
                                    @if let Some(without) = quote.without {
                                        li {
                                            @match lang {
                                                Lang::Sv => { "Utan citat " (index + 1) ": " (decimal(lang, without)) },
                                                Lang::En => { "Without quote " (index + 1) ": " (decimal(lang, without)) },
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
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
            p { (t(lang, "Så kom ansökan in, ord för ord. Den ligger krypterad.", "This is how the application came in, word for word. It is kept encrypted.")) }
            section.card {
                h3 { (t(lang, "Dina kontaktuppgifter", "Your contact details")) }
                p.hint { (t(lang, "De visas för en rekryterare eller chef först när du går vidare.", "They are shown to a recruiter or manager only when you proceed.")) }
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
        }
    }
}

/// What an entry of the log says, in words; an unknown one stays as it is rather than hidden.
fn action_in_words(lang: Lang, action: &str) -> &str {
    match action {
        "receipt.used" => t(lang, "öppnade Min ansökan med kvittokoden", "opened My application with the receipt code"),
        "own_file.shown" => t(lang, "såg Min ansökan", "saw My application"),
        "right.requested" => t(lang, "lämnade en begäran", "made a request"),
        "application.sealed" => t(lang, "lämnade in ansökan, som krypterades", "handed in the application, which was encrypted"),
        "application.read_by_model" => t(lang, "AI-stödet läste den avidentifierade texten", "the AI support read the pseudonymised text"),
        "assessment.sealed" => t(lang, "AI-stödets bedömning sparades krypterad", "the AI support's assessment was stored encrypted"),
        "application.held" => t(lang, "höll tillbaka ansökan från AI-stödet", "held the application back from the AI support"),
        "application.opened" => t(lang, "läste den avidentifierade ansökan", "read the pseudonymised application"),
        "application.marked" => t(lang, "satte omdömen", "set marks"),
        "mark.changed" => t(lang, "ändrade ett omdöme", "changed a mark"),
        "decision.recorded" => t(lang, "skrev ett beslut", "wrote a decision"),
        "identity.shown" => t(lang, "såg dina kontaktuppgifter", "saw your contact details"),
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
                    "Varje gång någon öppnar din ansökan skrivs det i loggen innan något visas. Du ser roll och organisation; \
                     vem personen är kan dataskyddsombudet ta reda på.",
                    "Every time somebody opens your application it is written in the log before anything is shown. You see \
                     role and organisation; the data-protection officer can find out who the person is."))
            }
            @if others.is_empty() {
                p { (t(lang, "Ingen annan än du har öppnat ansökan än.", "Nobody but you has opened the application yet.")) }
            } @else {
                (looks(lang, t(lang, "Andra än du, äldst först", "Others than you, oldest first"), &others, names))
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
                            td { (look.entry) }
                        }
                    }
                }
            }
        }
    }
}

// ---- what can be asked for ----------------------------------------------------------------------

fn kind_name(lang: Lang, kind: RightKind) -> &'static str {
    match kind {
        RightKind::Access => t(lang, "Registerutdrag", "Copy of the data"),
        RightKind::Erasure => t(lang, "Radering", "Erasure"),
        RightKind::AiFree => t(lang, "Granskning utan AI-stöd", "Review without AI support"),
        RightKind::Withdrawal => t(lang, "Återkallelse", "Withdrawal"),
    }
}

fn ask(view: &View, kind: RightKind, inside: Markup) -> Markup {
    html! {
        form method="post" action="/min-ansokan/begaran" novalidate {
            input type="hidden" name="token" value=(view.form_token);
            input type="hidden" name="kind" value=(kind.code());
            (inside)
        }
    }
}

fn rights(web: &Web, view: &View, file: &OwnFile, unconfirmed: bool) -> Markup {
    let lang = view.lang;
    let (_, state) = file.label_and_state();
    let withdrawn = state == "withdrawn";
    let erasing = file.requests.iter().find(|r| r.kind == RightKind::Erasure && r.state != "done");
    html! {
        section {
            h2 #rattigheter tabindex="-1" { (t(lang, "Det du kan begära", "What you can ask for")) }
            (requests(lang, file))
            div.grid2 {
                section.card {
                    h3 { (t(lang, "Hämta dina uppgifter", "Get your data")) }
                    p { (t(lang, "Allt på den här sidan i en fil (JSON): det du skickade, det maskinen läste, bedömningen och loggen.",
                        "Everything on this page in one file (JSON): what you sent, what the machine read, the assessment and the log.")) }
                    p { a.button.secondary href="/min-ansokan/utdrag.json" download { (t(lang, "Ladda ner registerutdrag", "Download a copy of my data")) } }
                    (ask(view, RightKind::Access, html! {
                        button.quiet type="submit" { (t(lang, "Registrera en begäran om registerutdrag", "Register a request for a copy")) }
                    }))
                }
                section.card {
                    h3 { (t(lang, "Granskning utan AI-stöd", "Review without AI support")) }
                    @if file.ai_free() {
                        p { (t(lang, "Din ansökan granskas redan utan AI-stöd.", "Your application is already reviewed without AI support.")) }
                    } @else if withdrawn {
                        p { (t(lang, "Ansökan är återkallad och granskas inte.", "The application is withdrawn and is not reviewed.")) }
                    } @else {
                        p { (t(lang, "AI-stödets bedömning tas bort på en gång och görs inte om. Människor läser ansökan. Det påverkar inte dina möjligheter, och det går inte att ångra.",
                            "The AI support's assessment is removed at once and not made again. People read the application. It does not affect your chances, and it cannot be undone.")) }
                        (ask(view, RightKind::AiFree, html! {
                            button.secondary type="submit" { (t(lang, "Granska min ansökan utan AI-stöd", "Review my application without AI support")) }
                        }))
                    }
                }
                section.card {
                    h3 { (t(lang, "Radering", "Erasure")) }
                    p { (t(lang, "Din ansökan är en allmän handling. Den får oftast inte förstöras förrän två år efter att anställningsbeslutet fått laga kraft, så räkna inte med att allt raderas nu. En människa prövar din begäran och du får ett skriftligt beslut som du kan överklaga.",
                        "Your application is a public record. As a rule it may not be destroyed until two years after the hiring decision gained legal force, so do not expect everything to be erased now. A person considers your request, and you get a written decision that you can appeal.")) }
                    @match erasing {
                        Some(open) => {
                            p { (t(lang, "Din begäran är registrerad. Beslut senast ", "Your request is registered. Decision by ")) strong { (open.due_on) } "." }
                        },
                        None => {
                            p { (t(lang, "Begär du i dag får du beslut senast ", "If you ask today you get a decision by ")) strong { (one_month_after(web.app.now())) } "." }
                            (ask(view, RightKind::Erasure, html! {
                                button.secondary type="submit" { (t(lang, "Begär radering", "Ask for erasure")) }
                            }))
                        },
                    }
                }
                section.card {
                    h3 { (t(lang, "Dra tillbaka ansökan", "Withdraw the application")) }
                    @if withdrawn {
                        p { (t(lang, "Ansökan är återkallad. Den visas inte för dem som granskar, men sparas krypterad så länge lagen kräver.",
                            "The application is withdrawn. It is not shown to those who review, but is kept encrypted as long as the law requires.")) }
                    } @else {
                        p { (t(lang, "Du lämnar urvalet på en gång för alla placeringar. Ansökan sparas men visas inte längre för dem som granskar. Det går inte att ångra.",
                            "You leave the selection at once for all placements. The application is kept but no longer shown to those who review. It cannot be undone.")) }
                        (ask(view, RightKind::Withdrawal, html! {
                            @if unconfirmed { p.field-error #bekrafta-fel { (t(lang, "Kryssa i rutan först", "Tick the box first")) } }
                            label.choice {
                                input #bekrafta type="checkbox" name="bekrafta" value="ja" required
                                    aria-invalid=[unconfirmed.then_some("true")]
                                    aria-describedby=[unconfirmed.then_some("bekrafta-fel")];
                                span { (t(lang, "Ja, jag vill dra tillbaka min ansökan", "Yes, I want to withdraw my application")) }
                            }
                            button.secondary type="submit" { (t(lang, "Dra tillbaka", "Withdraw")) }
                        }))
                    }
                }
            }
            p {
                (t(lang, "Vill du rätta något eller begränsa behandlingen? Kontakta dataskyddsombudet i kommunen vars placering du sökt. ",
                    "Do you want something rectified or restricted? Contact the data-protection officer of the municipality whose placement you sought. "))
                a href="/om" { (t(lang, "Så klagar du", "How to complain")) }
            }
        }
    }
}

fn requests(lang: Lang, file: &OwnFile) -> Markup {
    if file.requests.is_empty() {
        return html! { p { (t(lang, "Du har inte begärt något än.", "You have not asked for anything yet.")) } };
    }
    let caption = t(lang, "Det du har begärt", "What you have asked for");
    html! {
        div.table-wrap tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr {
                    th scope="col" { (t(lang, "Begäran", "Request")) }
                    th scope="col" { (t(lang, "Inkom", "Received")) }
                    th scope="col" { (t(lang, "Sista dag att svara", "Last day to answer")) }
                    th scope="col" { (t(lang, "Läge", "Status")) }
                } }
                tbody {
                    @for request in &file.requests {
                        tr {
                            th scope="row" { (kind_name(lang, request.kind)) }
                            td.nowrap { (request.received_at.swedish()) }
                            td.nowrap { (request.due_on) }
                            td {
                                @match request.state.as_str() {
                                    "done" => span.tag.ok { (t(lang, "klar", "done")) },
                                    "received" => span.tag { (t(lang, "handläggs av en människa", "handled by a person")) },
                                    other => (other),
                                }
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
    fn a_level_is_told_in_words_and_nothing_found_is_never_a_low_level() {
        let level = |units| Level::from_units(units).expect("in range");
        let word = |units, found| level_word(Lang::Sv, level(units), found);
        assert_eq!(word(0, true), "inga belägg hittade");
        assert_eq!(word(900, false), "inga belägg hittade");
        assert_eq!(word(1, true), "mycket svaga belägg");
        assert_eq!(word(1000, true), "svaga belägg");
        assert_eq!(word(2000, true), "tydliga belägg");
        assert_eq!(word(4096, true), "starka belägg");
        assert_eq!(decimal(Lang::Sv, level(2048)), "0,50");
        assert_eq!(decimal(Lang::En, level(2048)), "0.50");
    }

    #[test]
    fn every_role_and_kind_of_request_has_words_in_both_languages() {
        for role in Role::ALL {
            assert_ne!(role_in_words(Lang::Sv, role.code()), role.code());
        }
        for kind in [RightKind::Access, RightKind::Erasure, RightKind::AiFree, RightKind::Withdrawal] {
            assert_ne!(kind_name(Lang::Sv, kind), kind_name(Lang::En, kind));
            assert_ne!(confirmation(Lang::Sv, kind, "2027-04-05"), confirmation(Lang::En, kind, "2027-04-05"));
        }
        assert!(confirmation(Lang::Sv, RightKind::Erasure, "2027-04-05").contains("2027-04-05"));
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
