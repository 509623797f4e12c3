//! The review desk: the text to read beside the marks to give, then the band and the evidence, then
//! a person's decision.
//!
//! Before the blind marks are given the page says nothing of what the model found, what others
//! marked or what was decided. It never proposes an outcome, and no choice is made in advance.

use std::collections::HashMap;
use std::ops::Range;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::work::{invented_tag, is_id, known_id, languages_named, outcome_words};
use crate::casework::decision::Outcome;
use crate::casework::review::{Mark, MarkView, ReviewFile, SectionView, marked_now, settled_by_words};
use crate::casework::{CaseError, Conflict, Invalid, Placement};
use crate::guard::pii::Pii;
use crate::pipeline::explain::{Explained, Quote};
use crate::pipeline::received::SectionKind;
use crate::pipeline::score::greatest;
use crate::subject::id::{ApplicationId, CriterionId, PlacementId, StaffId};
use crate::subject::level::{Level, Total};
use crate::subject::profile::{Ai, Criterion};
use crate::subject::role::Role;
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::callers::{Staff, View};
use crate::web::form::Posted;
use crate::web::layout::{self, t};
use crate::web::problem::Problem;

type IdPath = Result<Path<String>, PathRejection>;

/// The fewest characters of a reason, as casework judges it: only for the message beside the field.
const REASON_CHARS_MIN: usize = 10;

/// What was typed into a form that could not be accepted, so that nothing has to be typed twice.
enum Kept {
    /// No form was sent.
    Nothing,
    /// Blind marks: criterion and value as sent.
    Marks(Vec<(String, String)>),
    /// A changed mark.
    Change { criterion: CriterionId, mark: String, reason: String },
    /// A decision.
    Decision { placement: PlacementId, outcome: String, reason: String },
}

/// One application on the desk.
///
/// # Errors
/// "No such page" for an unknown application; otherwise when the gate or the database refuses.
pub async fn open(
    staff: Staff,
    State(web): State<Web>,
    application: IdPath,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Problem> {
    let id = ApplicationId::new(known_id(application)?);
    let file = web.app.open_application(&staff.actor, &id).await?;
    let done = query.get("klart").map_or("", String::as_str);
    Ok(page(&web, &staff, &file, &Kept::Nothing, done)?)
}

/// Stores the blind marks.
///
/// # Errors
/// A conflict when they are given already; otherwise when the gate or the database refuses. Missing
/// marks show the page again.
pub async fn mark(
    staff: Staff,
    State(web): State<Web>,
    application: IdPath,
    form: Posted,
) -> Result<Response, Problem> {
    let id = ApplicationId::new(known_id(application)?);
    let typed: Vec<(String, String)> =
        form.with_prefix("mark.").map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let given: Option<Vec<(CriterionId, Mark)>> =
        typed.iter().map(|(name, value)| Some((CriterionId::new(name), Mark::parse(value)?))).collect();
    let outcome = match &given {
        Some(given) => web.app.mark_blind(&staff.actor, &id, given).await,
        None => Err(CaseError::Invalid(Invalid::BadMark)),
    };
    match outcome {
        Ok(()) => Ok(back(&id, "omdomen")),
        Err(CaseError::Invalid(Invalid::MarksMissing | Invalid::BadMark)) => {
            again(&web, &staff, &id, Kept::Marks(typed)).await
        }
        Err(other) => Err(other.into()),
    }
}

/// Changes one mark, with a reason.
///
/// # Errors
/// A conflict before the blind marks; otherwise when the gate or the database refuses. A missing
/// reason shows the page again.
pub async fn change(
    staff: Staff,
    State(web): State<Web>,
    application: IdPath,
    form: Posted,
) -> Result<Response, Problem> {
    let id = ApplicationId::new(known_id(application)?);
    let criterion = CriterionId::new(form.get("criterion"));
    let outcome = match Mark::parse(form.get("mark")) {
        Some(mark) => {
            let reason = Pii::new(form.get("reason").to_owned());
            web.app.change_mark(&staff.actor, &id, &criterion, mark, reason).await
        }
        None => Err(CaseError::Invalid(Invalid::BadMark)),
    };
    match outcome {
        Ok(()) => Ok(back(&id, "andrat")),
        Err(CaseError::Invalid(Invalid::NoReason | Invalid::BadMark)) => {
            let kept = Kept::Change {
                criterion,
                mark: form.get("mark").to_owned(),
                reason: form.get("reason").to_owned(),
            };
            again(&web, &staff, &id, kept).await
        }
        Err(other) => Err(other.into()),
    }
}

/// Records the decision of the person who is logged in.
///
/// # Errors
/// A conflict when it is decided already; otherwise when the gate or the database refuses. A missing
/// outcome or reason shows the page again.
pub async fn decide(
    staff: Staff,
    State(web): State<Web>,
    application: IdPath,
    form: Posted,
) -> Result<Response, Problem> {
    let id = ApplicationId::new(known_id(application)?);
    let placement = Some(form.get("placement")).filter(|text| is_id(text)).map(PlacementId::new);
    let placement = placement.ok_or_else(Problem::not_found)?;
    let outcome = match Outcome::parse(form.get("outcome")) {
        Some(outcome) => {
            let reason = Pii::new(form.get("reason").to_owned());
            web.app.decide(&staff.actor, &id, &placement, outcome, reason).await
        }
        None if staff.member.role != Role::HiringManager => return Err(Problem::wrong_door()),
        None => Err(CaseError::Invalid(Invalid::NoReason)),
    };
    match outcome {
        Ok(()) => Ok(back(&id, "beslut")),
        Err(CaseError::Invalid(Invalid::NoReason)) => {
            let kept = Kept::Decision {
                placement,
                outcome: form.get("outcome").to_owned(),
                reason: form.get("reason").to_owned(),
            };
            again(&web, &staff, &id, kept).await
        }
        Err(other) => Err(other.into()),
    }
}

/// Name and contact details of an applicant who goes on.
///
/// # Errors
/// When the gate refuses, such as before a decision that the applicant goes on.
pub async fn contact(staff: Staff, State(web): State<Web>, application: IdPath) -> Result<Response, Problem> {
    let id = ApplicationId::new(known_id(application)?);
    let card = web.app.contact(&staff.actor, &id).await?;
    let lang = staff.view.lang;
    let title = format!("{} {}", t(lang, "Kontakta", "Contact"), card.label);
    let rows = [
        (t(lang, "Namn", "Name"), &card.name),
        (t(lang, "E-post", "E-mail"), &card.email),
        (t(lang, "Telefon", "Telephone"), &card.phone),
    ];
    let body = html! {
        p.crumbs {
            a href={ "/arbete/ansokningar/" (id) } { (t(lang, "Ansökan ", "Application ")) (card.label) }
        }
        h1 { (title) }
        p.lead { (t(lang,
            "Uppgifterna visas för att din organisation har beslutat att den sökande går vidare.",
            "The details are shown because your organisation has decided that the applicant proceeds.")) }
        section.card {
            dl.facts {
                @for (name, value) in rows {
                    dt { (name) }
                    dd {
                        @if value.is_empty() { span.muted { (t(lang, "ej angivet", "not stated")) } }
                        @else { (value.disclose(&card.access)) }
                    }
                }
            }
        }
        p.notice {
            (t(lang,
                "Visningen är loggad med din roll, tidpunkt och ändamål (post ",
                "This showing is in the log with your role, the time and the purpose (entry "))
            (card.access.receipt().seq())
            (t(lang,
                "). Den sökande kan se det på sin egen sida. Använd uppgifterna bara för att nå den sökande \
                 i den här rekryteringen.",
                "). The applicant can see it on the page about the application. Use the details only to \
                 reach the applicant in this recruitment."))
        }
    };
    Ok(layout::page(&web, &staff.view, &title, body))
}

fn back(id: &ApplicationId, done: &str) -> Response {
    Redirect::to(&format!("/arbete/ansokningar/{id}?klart={done}")).into_response()
}

/// The page again with what was typed, as an error answer.
async fn again(web: &Web, staff: &Staff, id: &ApplicationId, kept: Kept) -> Result<Response, Problem> {
    let file = web.app.open_application(&staff.actor, id).await?;
    match &kept {
        Kept::Marks(_) if file.revealed => return Err(CaseError::Conflict(Conflict::AlreadyMarked).into()),
        Kept::Change { .. } if !file.revealed => {
            return Err(CaseError::Conflict(Conflict::NotRevealed).into());
        }
        Kept::Change { criterion, .. } if own_mark(&file, criterion).is_none() => {
            return Err(Problem::not_found());
        }
        Kept::Decision { placement, .. } if undecided(&file).iter().all(|p| p.id != *placement) => {
            return Err(Problem::not_found());
        }
        _ => {}
    }
    let mut response = page(web, staff, &file, &kept, "")?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

// ---- the page ------------------------------------------------------------------------------------

/// What the model found, gathered over the reader's placements.
struct Evidence<'a> {
    /// Each criterion once, whichever placements it applies to.
    found: Vec<Explained<'a>>,
    /// Placement, total, greatest possible total.
    totals: Vec<(&'a Placement, Total, Total)>,
}

fn evidence(file: &ReviewFile) -> Result<Option<Evidence<'_>>, CaseError> {
    let mut out: Option<Evidence<'_>> = None;
    for placement in &file.placements {
        let Some((found, total)) = file.explained(placement)? else { return Ok(None) };
        let slug = PlacementId::new(&placement.slug);
        let most = greatest(file.profile.profile(), Some(&slug));
        let out = out.get_or_insert_with(|| Evidence { found: Vec::new(), totals: Vec::new() });
        out.totals.push((placement, total, most));
        for one in found {
            if !out.found.iter().any(|known| known.id == one.id) {
                out.found.push(one);
            }
        }
    }
    Ok(out)
}

fn own_mark<'a>(file: &'a ReviewFile, criterion: &CriterionId) -> Option<&'a MarkView> {
    file.marks.iter().find(|mark| mark.own && mark.criterion == *criterion)
}

fn undecided(file: &ReviewFile) -> Vec<&Placement> {
    file.placements.iter().filter(|p| file.decisions.iter().all(|done| done.placement.id != p.id)).collect()
}

fn page(web: &Web, staff: &Staff, file: &ReviewFile, kept: &Kept, done: &str) -> Result<Response, CaseError> {
    let view = &staff.view;
    let lang = view.lang;
    let evidence = evidence(file)?;
    let sections = file.sections();
    let faults = faults(lang, file, kept);
    let name = format!("{} {}", t(lang, "Ansökan", "Application"), file.facts().label);
    let title = if faults.is_empty() { name.clone() } else { format!("{}: {name}", t(lang, "Fel", "Error")) };
    let body = html! {
        p.crumbs {
            a href="/arbete" { (t(lang, "Placeringar", "Placements")) }
            @for placement in &file.placements {
                " / " a href={ "/arbete/placeringar/" (placement.id) } { (placement.title.get(lang)) }
            }
        }
        (fault_summary(lang, &faults))
        (done_note(lang, done, file))
        h1 { (name) }
        p.muted {
            (file.recruitment.title.get(lang)) ", "
            (t(lang, "ärende ", "case ")) (file.recruitment.case_number)
            @if file.recruitment.invented { " " (invented_tag(lang)) }
        }
        @if sections.is_empty() {
            (no_text(lang, file))
            (decided_part(lang, file, staff.member.role))
        } @else {
            @if file.held.is_some() { (held_note(lang, file)) }
            div.desk {
                section.reading tabindex="0" aria-labelledby="texten" {
                    h2 id="texten" { (t(lang, "Texten", "The text")) }
                    p.hint { (t(lang,
                        "Namn och kontaktuppgifter är bortagna. En markör står där något togs bort.",
                        "Name and contact details are taken out. A placeholder stands where something was \
                         removed.")) }
                    (text(lang, file, &sections, evidence.as_ref()))
                }
                div.marking {
                    @if file.revealed {
                        (bands(lang, file, evidence.as_ref()))
                        (findings(view, file, evidence.as_ref(), &sections, kept))
                        (all_marks(lang, file))
                        (decided_part(lang, file, staff.member.role))
                        @if file.decides_here { (decision_forms(view, file, kept)) }
                        (onward(lang, file))
                    } @else if file.marks_here {
                        (blind_form(view, file, kept))
                    }
                }
            }
        }
    };
    Ok(layout::page(web, view, &title, body))
}

fn onward(lang: Lang, file: &ReviewFile) -> Markup {
    html! {
        div.actions {
            @for placement in &file.placements {
                a.button.secondary href={ "/arbete/placeringar/" (placement.id) } {
                    (t(lang, "Tillbaka till ", "Back to ")) (placement.title.get(lang))
                }
            }
        }
    }
}

fn done_note(lang: Lang, done: &str, file: &ReviewFile) -> Markup {
    // The address can be typed by hand: the note only says what the file bears out.
    let text = match done {
        "omdomen" if file.revealed && file.marks_here => t(
            lang,
            "Dina omdömen är sparade. Nu visas rangband och belägg.",
            "Your marks are stored. Rank band and evidence are now shown.",
        ),
        "andrat" if file.marks.iter().any(|mark| mark.own && mark.reason.is_some()) => t(
            lang,
            "Det ändrade omdömet är sparat. Det första står kvar bredvid.",
            "The changed mark is stored. The first one stays beside it.",
        ),
        "beslut" if file.decides_here && !file.decisions.is_empty() => {
            t(lang, "Beslutet är sparat och loggat.", "The decision is stored and in the log.")
        }
        _ => return html! {},
    };
    html! { div.notice.ok role="status" { p { (text) } } }
}

fn no_text(lang: Lang, file: &ReviewFile) -> Markup {
    html! {
        div.notice {
            h2 { (t(lang, "Texten kan inte visas här", "The text cannot be shown here")) }
            p { (t(lang,
                "Kontrollen av borttagna personuppgifter stoppade den här ansökan, eller så gick den inte \
                 att läsa maskinellt. Språkmodellen har inte läst den. Det är inget fel av den sökande.",
                "The check of removed personal data stopped this application, or it could not be read by \
                 machine. The language model has not read it. It is no fault of the applicant.")) }
            p { (t(lang,
                "Ansökan läses i original av registrator. Omdömen och beslut väntar tills texten finns här.",
                "The registrar reads the original. Marks and decisions wait until the text is here.")) }
            (held_reason(lang, file))
        }
    }
}

fn held_note(lang: Lang, file: &ReviewFile) -> Markup {
    html! {
        div.notice {
            p { (t(lang,
                "Den här ansökan läses av människor, utan språkmodellen: modellen kunde inte läsa den. Det \
                 är inget fel av den sökande och säger ingenting om ansökan.",
                "People read this application without the language model: the model could not read it. It is \
                 no fault of the applicant and says nothing about the application.")) }
            (held_reason(lang, file))
        }
    }
}

fn held_reason(lang: Lang, file: &ReviewFile) -> Markup {
    html! {
        @if let Some(reason) = &file.held {
            details {
                summary { (t(lang, "Systemets anteckning", "The system's note")) }
                p lang="en" { code { (reason) } }
            }
        }
    }
}

// ---- faults --------------------------------------------------------------------------------------

fn typed_mark<'a>(kept: &'a Kept, criterion: &CriterionId) -> Option<&'a str> {
    let Kept::Marks(typed) = kept else { return None };
    typed.iter().find(|(name, _)| name == criterion.as_str()).map(|(_, value)| value.as_str())
}

fn lacks_mark(kept: &Kept, criterion: &Criterion) -> bool {
    let fits =
        || typed_mark(kept, &criterion.id).and_then(Mark::parse).is_some_and(|mark| mark.fits(criterion));
    matches!(kept, Kept::Marks(_)) && !fits()
}

fn says_too_little(reason: &str) -> bool {
    reason.trim().chars().count() < REASON_CHARS_MIN
}

fn reason_fault(lang: Lang) -> &'static str {
    t(lang, "Skriv ett skäl, minst 10 tecken.", "Write a reason, at least 10 characters.")
}

fn outcome_fault(lang: Lang) -> &'static str {
    t(lang, "Välj om den sökande går vidare eller inte.", "Choose whether the applicant proceeds or not.")
}

/// The id of the field and what is wrong with it.
fn faults(lang: Lang, file: &ReviewFile, kept: &Kept) -> Vec<(String, String)> {
    match kept {
        Kept::Nothing => Vec::new(),
        Kept::Marks(_) => file
            .criteria()
            .into_iter()
            .filter(|criterion| marked_now(criterion) && lacks_mark(kept, criterion))
            .map(|criterion| {
                let first = scale(criterion).first().map_or("", |mark| mark.code());
                let text = format!("{} {}: {}", criterion.id, criterion.label.get(lang), mark_fault(lang));
                (mark_field(&criterion.id, first), text)
            })
            .collect(),
        Kept::Change { criterion, reason, .. } => {
            if says_too_little(reason) {
                vec![(format!("skal-{criterion}"), format!("{criterion}: {}", reason_fault(lang)))]
            } else {
                vec![(format!("ny-{criterion}"), format!("{criterion}: {}", mark_fault(lang)))]
            }
        }
        Kept::Decision { placement, outcome, reason } => {
            let mut out = Vec::new();
            if Outcome::parse(outcome).is_none() {
                out.push((format!("utfall-{placement}-proceed"), outcome_fault(lang).to_owned()));
            }
            if says_too_little(reason) {
                out.push((format!("skal-{placement}"), reason_fault(lang).to_owned()));
            }
            out
        }
    }
}

fn mark_fault(lang: Lang) -> &'static str {
    t(lang, "välj ett omdöme.", "choose a mark.")
}

fn fault_summary(lang: Lang, faults: &[(String, String)]) -> Markup {
    html! {
        @if !faults.is_empty() {
            div.error role="alert" {
                h2 {
                    (t(lang, "Något behöver rättas. Inget har sparats ännu.",
                        "Something needs mending. Nothing is stored yet."))
                }
                ul { @for (field, text) in faults { li { a href={ "#" (field) } { (text) } } } }
            }
        }
    }
}

// ---- the text ------------------------------------------------------------------------------------

/// A quoted stretch of the whole text.
struct Span<'a> {
    start: usize,
    end: usize,
    criterion: &'a CriterionId,
    /// Counted from 1 within the criterion.
    number: usize,
}

fn spans<'a>(evidence: Option<&'a Evidence<'a>>) -> Vec<Span<'a>> {
    let found = evidence.map(|all| all.found.as_slice()).unwrap_or_default();
    found
        .iter()
        .flat_map(|one| {
            let quotes = one.quotes.iter().enumerate();
            quotes.map(|(index, q)| Span { start: q.start, end: q.end, criterion: one.id, number: index + 1 })
        })
        .collect()
}

/// Cuts a stretch of text where a quote begins or ends, so that each piece lies wholly inside or
/// wholly outside every quote. Each piece comes with the quotes that it belongs to.
fn pieces(whole: Range<usize>, spans: &[Range<usize>]) -> Vec<(Range<usize>, Vec<usize>)> {
    let mut cuts = vec![whole.start, whole.end];
    for span in spans {
        cuts.extend([span.start, span.end].into_iter().filter(|at| whole.contains(at)));
    }
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2)
        .filter_map(|pair| match pair {
            [start, end] => {
                let inside = |span: &Range<usize>| span.start <= *start && *end <= span.end;
                let covering =
                    spans.iter().enumerate().filter(|(_, span)| inside(span)).map(|(index, _)| index);
                Some((*start..*end, covering.collect()))
            }
            _ => None,
        })
        .collect()
}

fn section_name(lang: Lang, section: &SectionView<'_>) -> String {
    match (section.kind, section.question) {
        (SectionKind::Letter, _) => t(lang, "Personligt brev", "Personal letter").to_owned(),
        (SectionKind::Cv, _) => t(lang, "Meritförteckning", "Curriculum vitae").to_owned(),
        (SectionKind::Answer, Some(id)) => format!("{} {id}", t(lang, "Svar på fråga", "Answer to question")),
        (SectionKind::Answer, None) => t(lang, "Svar", "Answer").to_owned(),
    }
}

fn text(
    lang: Lang,
    file: &ReviewFile,
    sections: &[SectionView<'_>],
    evidence: Option<&Evidence<'_>>,
) -> Markup {
    let spans = spans(evidence);
    html! {
        @for section in sections {
            section {
                h3 { (section_name(lang, section)) }
                @if let Some(question) = question_text(file, section) {
                    p.question { (question.get(lang)) }
                }
                div.written { (marked(lang, file, section, &spans)) }
            }
        }
    }
}

fn question_text<'a>(
    file: &'a ReviewFile,
    section: &SectionView<'_>,
) -> Option<&'a crate::subject::words::Text> {
    let id = section.question?;
    file.profile.profile().questions.iter().find(|question| question.id == id).map(|question| &question.text)
}

fn marked(lang: Lang, file: &ReviewFile, section: &SectionView<'_>, spans: &[Span<'_>]) -> Markup {
    let ranges: Vec<Range<usize>> = spans.iter().map(|span| span.start..span.end).collect();
    let cut: Option<Vec<(&str, Range<usize>, Vec<usize>)>> = pieces(section.start..section.end, &ranges)
        .into_iter()
        .map(|(range, covering)| {
            let (from, to) = (range.start.checked_sub(section.start)?, range.end.checked_sub(section.start)?);
            Some((section.text.get(from..to)?, range, covering))
        })
        .collect();
    // A piece that does not fit its text must cost no word of it: then it is shown without marks.
    let Some(cut) = cut else { return html! { (file.disclose(section.text)) } };
    html! {
        @for (words, range, covering) in &cut {
            @if covering.is_empty() {
                (file.disclose(words))
            } @else {
                @let inside: Vec<&Span<'_>> = covering.iter().filter_map(|index| spans.get(*index)).collect();
                (highlighted(lang, file, words, range, &inside))
            }
        }
    }
}

/// One piece inside quotes. It carries the ids of the quotes that begin here, one element each, and
/// after the quotes that end here the way back to what was concluded.
fn highlighted(
    lang: Lang,
    file: &ReviewFile,
    words: &str,
    range: &Range<usize>,
    covering: &[&Span<'_>],
) -> Markup {
    let begin: Vec<String> =
        covering.iter().filter(|span| span.start == range.start).map(|span| place_id(span)).collect();
    let mut inner = html! { (file.disclose(words)) };
    for id in begin.iter().skip(1) {
        inner = html! { span id=(id) { (inner) } };
    }
    html! {
        mark id=[begin.first()] {
            (inner)
            @for span in covering.iter().filter(|span| span.end == range.end) {
                sup {
                    a href={ "#b-" (span.criterion) "-" (span.number) }
                        aria-label={ (t(lang, "Belägg ",
                            "Evidence ")) (span.number) (t(lang, " för ", " for ")) (span.criterion) } {
                        (span.criterion)
                    }
                }
            }
        }
    }
}

fn place_id(span: &Span<'_>) -> String {
    format!("c-{}-{}", span.criterion, span.number)
}

// ---- blind marks ---------------------------------------------------------------------------------

fn scale(criterion: &Criterion) -> &'static [Mark] {
    if settled_by_words(criterion) {
        &[Mark::Evidenced, Mark::NotEvidenced, Mark::Unclear]
    } else {
        &[Mark::Grade(1), Mark::Grade(2), Mark::Grade(3), Mark::Grade(4), Mark::Grade(5)]
    }
}

fn mark_words(lang: Lang, mark: Mark) -> &'static str {
    match mark {
        Mark::Evidenced => t(lang, "styrkt", "evidenced"),
        Mark::NotEvidenced => t(lang, "ej styrkt", "not evidenced"),
        Mark::Unclear => t(lang, "oklart", "unclear"),
        grade => grade.code(),
    }
}

fn mark_field(criterion: &CriterionId, code: &str) -> String {
    format!("omdome-{criterion}-{code}")
}

fn blind_form(view: &View, file: &ReviewFile, kept: &Kept) -> Markup {
    let lang = view.lang;
    let criteria = file.criteria();
    html! {
        h2 { (t(lang, "Dina omdömen", "Your marks")) }
        p.measure { (t(lang,
            "Läs texten och sätt ditt omdöme på varje kriterium. Rangband och belägg visas när du har lämnat \
             alla omdömen, så att de inte påverkar din läsning.",
            "Read the text and give every criterion your mark. Rank band and evidence are shown when you \
             have given all marks, so that they do not colour your reading.")) }
        p.hint { (t(lang,
            "Du kan ändra ett omdöme efteråt om du skriver varför. Det första står alltid kvar.",
            "You can change a mark afterwards if you write why. The first one always stays.")) }
        form.marks method="post" action={ "/arbete/ansokningar/" (file.facts().id) "/omdomen" } {
            input type="hidden" name="token" value=(view.form_token);
            @for criterion in &criteria {
                @if marked_now(criterion) { (mark_fieldset(lang, criterion, kept)) }
            }
            (for_the_interview(lang, &criteria))
            button type="submit" {
                (t(lang, "Lämna omdömen och visa rangband", "Give marks and show the rank band"))
            }
        }
    }
}

fn for_the_interview(lang: Lang, criteria: &[&Criterion]) -> Markup {
    html! {
        @if criteria.iter().any(|criterion| !marked_now(criterion)) {
            div.notice {
                h3 { (t(lang, "Bedöms vid intervjun", "Assessed at the interview")) }
                ul {
                    @for criterion in criteria.iter().filter(|criterion| !marked_now(criterion)) {
                        li { (criterion.id) " " (criterion.label.get(lang)) }
                    }
                }
                p { (t(lang,
                    "Personliga egenskaper bedöms inte ur texten, varken av dig eller av AI-stödet.",
                    "Personal qualities are not assessed from the text, neither by you nor by the AI \
                     support.")) }
            }
        }
    }
}

fn mark_fieldset(lang: Lang, criterion: &Criterion, kept: &Kept) -> Markup {
    let id = &criterion.id;
    let lacks = lacks_mark(kept, criterion);
    let about = if lacks { format!("om-{id} fel-{id}") } else { format!("om-{id}") };
    html! {
        fieldset.card.criterion role="radiogroup" aria-describedby=(about)
            aria-invalid=[lacks.then_some("true")] {
            legend { (id) " " (criterion.label.get(lang)) }
            p.hint id={ "om-" (id) } { (kind_sentence(lang, criterion)) (criterion.description.get(lang)) }
            (guide(lang, criterion))
            @if lacks {
                p.field-error id={ "fel-" (id) } { (t(lang, "Välj ett omdöme.", "Choose a mark.")) }
            }
            @let grades = !settled_by_words(criterion);
            div.scale.grades[grades] {
                @for mark in scale(criterion) {
                    label.choice {
                        input type="radio" id=(mark_field(id, mark.code())) name={ "mark." (id) }
                            value=(mark.code())
                            checked[typed_mark(kept, id) == Some(mark.code())];
                        span { (mark_words(lang, *mark)) }
                    }
                }
            }
            @if grades {
                p.hint { (t(lang, "1 svagt, 3 tillräckligt, 5 starkt", "1 weak, 3 adequate, 5 strong")) }
            }
        }
    }
}

/// The kind of requirement as a sentence of its own, before the description.
fn kind_sentence(lang: Lang, criterion: &Criterion) -> String {
    let mut letters = criterion.kind.label(lang).chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}. ", letters.as_str())
}

fn guide(lang: Lang, criterion: &Criterion) -> Markup {
    html! {
        @if settled_by_words(criterion) {
            details {
                summary { (t(lang, "Vägledning", "Guide")) }
                p { (t(lang,
                    "Styrkt: det står i texten. Ej styrkt: det står inte, eller något annat står; det är \
                     aldrig i sig ett avslag. Oklart: någon behöver fråga.",
                    "Evidenced: the text says so. Not evidenced: it does not, or it says something else; \
                     that is never a rejection in itself. Unclear: somebody needs to ask.")) }
            }
        } @else if let Some(anchors) = &criterion.anchors {
            details {
                summary { (t(lang, "Vägledning", "Guide")) }
                dl.guide {
                    dt { (t(lang, "1, ungefär så här", "1, about like this")) }
                    dd { (anchors.weak.get(lang)) }
                    dt { (t(lang, "3, ungefär så här", "3, about like this")) }
                    dd { (anchors.adequate.get(lang)) }
                    dt { (t(lang, "5, ungefär så här", "5, about like this")) }
                    dd { (anchors.strong.get(lang)) }
                }
            }
        } @else {
            p.hint { (t(lang,
                "Kravprofilen har inga exempel för det här kriteriet.",
                "The requirement profile has no examples for this criterion.")) }
        }
    }
}

// ---- after the reveal ----------------------------------------------------------------------------

/// A number with so many decimals, with the comma that Swedish writes.
fn decimal(lang: Lang, value: f64, digits: usize) -> String {
    let written = format!("{value:.digits$}");
    match lang {
        Lang::Sv => written.replace('.', ","),
        Lang::En => written,
    }
}

/// A number as short as it can be written with at most two decimals.
fn short(lang: Lang, value: f64) -> String {
    let written = format!("{value:.2}");
    let trimmed = written.trim_end_matches('0').trim_end_matches('.');
    match lang {
        Lang::Sv => trimmed.replace('.', ","),
        Lang::En => trimmed.to_owned(),
    }
}

fn bands(lang: Lang, file: &ReviewFile, evidence: Option<&Evidence<'_>>) -> Markup {
    html! {
        h2 { (t(lang, "Rangband", "Rank band")) }
        @for placement in &file.placements {
            div.band {
                h3 { (placement.title.get(lang)) }
                @match file.bands.iter().find(|(id, ..)| *id == placement.id) {
                    Some((_, band, of)) => {
                        p.bandwords {
                            (t(lang, "Rangband ", "Rank band ")) (band) (t(lang, " av ", " of ")) (of)
                        }
                        ol.bandscale aria-hidden="true" {
                            @for number in 1..=*of { li.here[number == *band] { (number) } }
                        }
                        p.hint { (t(lang,
                            "Band 1 ligger närmast kravprofilens exempel. Inom ett band går det inte att \
                             skilja ansökningarna åt.",
                            "Band 1 lies nearest the requirement profile's examples. Within a band the \
                             applications cannot be told apart.")) }
                        @if let Some((_, total, most)) =
                            evidence.and_then(|all| all.totals.iter().find(|(p, ..)| p.id == placement.id)) {
                            details {
                                summary { (t(lang, "Summan bakom bandet", "The sum behind the band")) }
                                p {
                                    (short(lang, total.as_f64()))
                                    (t(lang, " av ", " of ")) (short(lang, most.as_f64())) ". "
                                    (t(lang,
                                        "Summan är bidragen nedan. Små skillnader säger ingenting: därför \
                                         band.",
                                        "The sum is the contributions below. Small differences say nothing: \
                                         hence bands."))
                                }
                            }
                        }
                    }
                    None => p {
                        (t(lang,
                            "Inget rangband. Läs och bedöm ansökan som alla andra.",
                            "No rank band. Read and mark the application like all others."))
                    }
                }
            }
        }
        @if evidence.is_some() {
            @if let Some(names) = languages_named(lang, &file.unread_languages()) {
                p.notice.warn {
                    (t(lang, "Språkmodellen kan inte läsa ", "The language model cannot read ")) (names)
                    (t(lang,
                        ", och delar av texten är på det språket. Band och nivåer är inte tillförlitliga för \
                         den här ansökan: lita på din egen läsning.",
                        ", and parts of the text are in that language. Band and levels are not reliable for \
                         this application: trust your own reading."))
                }
            }
        }
    }
}

/// How a level is said in words. The steps are for reading only: nothing is sorted by them.
fn level_words(lang: Lang, level: Level) -> &'static str {
    let value = level.as_f64();
    if value < 0.15 {
        t(lang, "mycket svaga belägg", "very weak evidence")
    } else if value < 0.4 {
        t(lang, "svaga belägg", "weak evidence")
    } else if value < 0.7 {
        t(lang, "tydliga belägg", "clear evidence")
    } else {
        t(lang, "starka belägg", "strong evidence")
    }
}

fn findings(
    view: &View,
    file: &ReviewFile,
    evidence: Option<&Evidence<'_>>,
    sections: &[SectionView<'_>],
    kept: &Kept,
) -> Markup {
    let lang = view.lang;
    let criteria = file.criteria();
    html! {
        h2 {
            (t(lang, "Kriterier", "Criteria")) @if evidence.is_some() {
                (t(lang, " och belägg", " and evidence"))
            }
        }
        @if let Some((model, method)) = file.made_by() {
            p.hint {
                (t(lang, "Beläggen är ordagranna citat ur texten, framtagna av språkmodellen ",
                         "The evidence is verbatim quotes from the text, found by the language model "))
                (model) (t(lang, " med metoden ", " with the method ")) (method) ". "
                (t(lang,
                    "Nivån (0 till 1) är hur nära de citerade styckena ligger kravprofilens exempel. Ingen \
                     text är skriven av modellen.",
                    "The level (0 to 1) is how near the quoted passages lie to the requirement profile's \
                     examples. No text is written by the model."))
            }
        }
        @for criterion in criteria.iter().filter(|criterion| marked_now(criterion)) {
            article.card.criterion id={ "k-" (criterion.id) } {
                h3 { (criterion.id) " " (criterion.label.get(lang)) }
                p.hint { (kind_sentence(lang, criterion)) (criterion.description.get(lang)) }
                @if let Some(mark) = own_mark(file, &criterion.id) { (own_marks(lang, file, mark)) }
                (finding(lang, file, criterion, evidence, sections))
                @if let Some(mark) = own_mark(file, &criterion.id) {
                    (change_form(view, file, criterion, mark, kept))
                }
            }
        }
        (for_the_interview(lang, &criteria))
    }
}

fn own_marks(lang: Lang, file: &ReviewFile, mark: &MarkView) -> Markup {
    html! {
        dl.facts {
            dt { (t(lang, "Ditt första omdöme", "Your first mark")) }
            dd { (mark_words(lang, mark.blind)) }
            dt { (t(lang, "Ditt omdöme nu", "Your mark now")) }
            dd {
                strong { (mark_words(lang, mark.last)) }
                @if let Some(reason) = &mark.reason {
                    p.reason { (t(lang, "Skäl: ", "Reason: ")) (reason.disclose(file.access())) }
                }
            }
        }
    }
}

fn finding(
    lang: Lang,
    file: &ReviewFile,
    criterion: &Criterion,
    evidence: Option<&Evidence<'_>>,
    sections: &[SectionView<'_>],
) -> Markup {
    let Some(evidence) = evidence else { return html! {} };
    if criterion.ai == Ai::None {
        return html! { p { (t(lang, "AI-stödet rör inte det här kriteriet.",
        "The AI support does not touch this criterion.")) } };
    }
    let Some(found) = evidence.found.iter().find(|found| *found.id == criterion.id) else { return html! {} };
    // A requirement is never given a level on the page, whatever is stored.
    let level = found.level.filter(|_| !settled_by_words(criterion));
    html! {
        h4 { (t(lang, "AI-stödet", "The AI support")) }
        @if settled_by_words(criterion) {
            p { @if file.marks_here {
                (t(lang, "Styrkt, ej styrkt eller oklart avgörs av dig. AI-stödet visar bara citat.",
                         "Evidenced, not evidenced or unclear is for you to say. The AI support only shows \
                          quotes."))
            } @else {
                (t(lang, "Styrkt, ej styrkt eller oklart avgörs av en människa. AI-stödet visar bara citat.",
                         "Evidenced, not evidenced or unclear is for a person to say. The AI support only \
                          shows quotes."))
            } }
        } @else if level.is_none() {
            p {
                (t(lang, "AI-stödet visar bara citat, ingen nivå.",
                    "The AI support only shows quotes, no level."))
            }
        }
        @if found.quotes.is_empty() {
            p { strong { (t(lang, "Inga belägg hittade", "No evidence found")) }
                (t(lang, " – det är inte ett lågt omdöme. Läs texten själv.",
                         " – that is not a low mark. Read the text yourself.")) }
        } @else if let Some(level) = level {
            p.level {
                strong { (level_words(lang, level)) }
                meter min="0" max="1" value=(decimal(Lang::En, level.as_f64(), 3))
                    aria-label=(t(lang, "Nivå", "Level")) {
                    (decimal(lang, level.as_f64(), 2))
                }
                span { (t(lang, "nivå ", "level ")) (decimal(lang, level.as_f64(), 2)) }
            }
        }
        @if let (Some(part), Some(weight)) = (found.contribution, criterion.weight) {
            @if level.is_some() {
                p.muted {
                    (t(lang, "bidrar med ", "contributes ")) (short(lang, part.as_f64()))
                    (t(lang, " av ", " of ")) (short(lang, f64::from(weight.milli()) / 1000.0))
                }
            }
        }
        @if !found.quotes.is_empty() {
            ol.quotes {
                @for (index, quote) in found.quotes.iter().enumerate() {
                    (quoted(lang, file, criterion, index + 1, quote, sections))
                }
            }
        }
    }
}

fn quoted(
    lang: Lang,
    file: &ReviewFile,
    criterion: &Criterion,
    number: usize,
    quote: &Quote<'_>,
    sections: &[SectionView<'_>],
) -> Markup {
    let without = quote.without.filter(|_| !settled_by_words(criterion));
    html! {
        li id={ "b-" (criterion.id) "-" (number) } {
            blockquote { (file.disclose(quote.text)) }
            p.hint {
                a href={ "#c-" (criterion.id) "-" (number) } { (position(lang, quote, sections)) }
                @if let Some(level) = without {
                    ". "
                    (t(lang, "Utan detta stycke: nivå ",
                        "Without this passage: level ")) (decimal(lang, level.as_f64(), 2))
                }
            }
        }
    }
}

/// Where a quote stands, as a person counts: the part, and its characters from 1.
fn position(lang: Lang, quote: &Quote<'_>, sections: &[SectionView<'_>]) -> String {
    let Some(section) = sections.iter().find(|s| s.start <= quote.start && quote.end <= s.end) else {
        return t(lang, "i texten", "in the text").to_owned();
    };
    let before = section.text.get(..quote.start - section.start).map_or(0, |words| words.chars().count());
    let last = before + quote.text.chars().count();
    format!("{}, {} {}–{last}", section_name(lang, section), t(lang, "tecken", "characters"), before + 1)
}

fn change_form(
    view: &View,
    file: &ReviewFile,
    criterion: &Criterion,
    mark: &MarkView,
    kept: &Kept,
) -> Markup {
    let lang = view.lang;
    let id = &criterion.id;
    let typed = match kept {
        Kept::Change { criterion, mark, reason } if criterion == id => Some((mark.as_str(), reason.as_str())),
        _ => None,
    };
    let chosen = typed.map_or(mark.last.code(), |(mark, _)| mark);
    let bad_mark = typed.is_some() && !Mark::parse(chosen).is_some_and(|mark| mark.fits(criterion));
    let bad_reason = typed.is_some_and(|(_, reason)| says_too_little(reason));
    html! {
        details open[typed.is_some()] {
            summary { (t(lang, "Ändra ditt omdöme", "Change your mark")) }
            form method="post" action={ "/arbete/ansokningar/" (file.facts().id) "/andra" } {
                input type="hidden" name="token" value=(view.form_token);
                input type="hidden" name="criterion" value=(id);
                div.field {
                    label for={ "ny-" (id) } { (t(lang, "Nytt omdöme på ", "New mark for ")) (id) }
                    @if bad_mark {
                        p.field-error id={ "fel-ny-" (id) } {
                            (t(lang, "Välj ett omdöme.", "Choose a mark."))
                        }
                    }
                    select.short-input id={ "ny-" (id) } name="mark" aria-invalid=[bad_mark.then_some("true")]
                        aria-describedby=[bad_mark.then(|| format!("fel-ny-{id}"))] {
                        @for mark in scale(criterion) {
                            option value=(mark.code()) selected[mark.code() == chosen] {
                                (mark_words(lang, *mark))
                            }
                        }
                    }
                }
                (reason_field(lang, id.as_str(), t(lang, "Varför ändrar du?", "Why do you change it?"),
                    typed.map_or("", |(_, reason)| reason), bad_reason))
                button.secondary type="submit" { (t(lang, "Spara ändringen", "Store the change")) }
            }
        }
    }
}

fn reason_field(lang: Lang, id: &str, label: &str, typed: &str, bad: bool) -> Markup {
    let about = if bad { format!("rad-{id} fel-skal-{id}") } else { format!("rad-{id}") };
    html! {
        div.field {
            label for={ "skal-" (id) } { (label) }
            p.hint id={ "rad-" (id) } { (t(lang,
                "Minst 10 tecken. Skriv sakligt: den sökande kan begära ut texten.",
                "At least 10 characters. Keep to facts: the applicant can ask for the text.")) }
            @if bad { p.field-error id={ "fel-skal-" (id) } { (reason_fault(lang)) } }
            // A line break right after the tag would be swallowed when the form is sent again.
            textarea.short id={ "skal-" (id) } name="reason" rows="3" aria-describedby=(about)
                aria-invalid=[bad.then_some("true")] { "\n" (typed) }
        }
    }
}

fn all_marks(lang: Lang, file: &ReviewFile) -> Markup {
    let mut people: Vec<(&StaffId, bool)> = Vec::new();
    for mark in &file.marks {
        if !people.iter().any(|(staff, _)| **staff == mark.staff) {
            people.push((&mark.staff, mark.own));
        }
    }
    // The reader first, then by id: an order that says nothing of who was first or is senior.
    people.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let others = people.iter().filter(|(_, own)| !own).count();
    let first_other = people.len() - others;
    html! {
        h2 { (t(lang, "Allas omdömen", "Everybody's marks")) }
        @if others == 0 {
            p.notice {
                @if people.is_empty() {
                    (t(lang, "Ingen bedömare har lämnat sina omdömen ännu.",
                        "No assessor has given marks yet."))
                } @else {
                    (t(lang, "Ingen annan har lämnat sina omdömen ännu.", "Nobody else has given marks yet."))
                }
            }
        } @else {
            div.table-wrap tabindex="0" role="region"
                aria-label=(t(lang, "Allas omdömen", "Everybody's marks")) {
                table {
                    caption { (t(lang,
                        "Det första omdömet gavs blint. Efter pilen står det som gäller nu.",
                        "The first mark was given blind. After the arrow stands what holds now.")) }
                    thead {
                        tr {
                            th scope="col" { (t(lang, "Kriterium", "Criterion")) }
                            @for (index, (_, own)) in people.iter().enumerate() {
                                th scope="col" {
                                    @if *own { (t(lang, "du", "you")) }
                                    @else { (t(lang, "Bedömare ", "Assessor ")) (index + 1 - first_other) }
                                }
                            }
                        }
                    }
                    tbody {
                        @for criterion in file.criteria().into_iter().filter(|one| marked_now(one)) {
                            tr {
                                th scope="row" { (criterion.id) " " (criterion.label.get(lang)) }
                                @for (staff, _) in &people {
                                    td {
                                        @let here = |mark: &&MarkView| {
                                            mark.staff == **staff && mark.criterion == criterion.id
                                        };
                                        @match file.marks.iter().find(here) {
                                            Some(mark) => (mark_cell(lang, file, mark)),
                                            None => span.muted { "–" },
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

fn mark_cell(lang: Lang, file: &ReviewFile, mark: &MarkView) -> Markup {
    html! {
        (mark_words(lang, mark.blind))
        @if let Some(reason) = &mark.reason {
            " → " strong { (mark_words(lang, mark.last)) }
            @if !mark.own { p.reason { (reason.disclose(file.access())) } }
        }
    }
}

// ---- decisions -----------------------------------------------------------------------------------

fn decided_part(lang: Lang, file: &ReviewFile, role: Role) -> Markup {
    // Somebody's decision would colour a blind reading as much as the band would.
    if !file.revealed || file.decisions.is_empty() {
        return html! {};
    }
    let proceeds = file.decisions.iter().any(|done| Outcome::parse(&done.outcome) == Some(Outcome::Proceed));
    html! {
        h2 { (t(lang, "Beslut", "Decisions")) }
        @for done in &file.decisions {
            div.card {
                h3 { (done.placement.title.get(lang)) }
                p { strong { (outcome_words(lang, &done.outcome)) } }
                dl.facts {
                    dt { (t(lang, "Beslutat av", "Decided by")) } dd { (done.by) }
                    dt { (t(lang, "När", "When")) } dd { (done.at.swedish()) }
                    dt { (t(lang, "Skäl", "Reason")) } dd.reason { (done.reason.disclose(file.access())) }
                }
            }
        }
        @if proceeds && matches!(role, Role::HiringManager | Role::Recruiter) {
            p {
                a.button.secondary href={ "/arbete/ansokningar/" (file.facts().id) "/kontakt" } {
                    (t(lang, "Visa namn och kontaktuppgifter", "Show name and contact details"))
                }
            }
            p.hint { (t(lang,
                "Visningen loggas, och den sökande kan se det.",
                "The showing is logged, and the applicant can see it.")) }
        }
    }
}

fn decision_forms(view: &View, file: &ReviewFile, kept: &Kept) -> Markup {
    let lang = view.lang;
    let open = undecided(file);
    html! {
        @if !open.is_empty() {
            h2 { (t(lang, "Fatta beslut", "Decide")) }
            p.measure { (t(lang,
                "Beslutet är ditt. Rangbandet är ett beslutsstöd och föreslår inget utfall.",
                "The decision is yours. The rank band is decision support and proposes no outcome.")) }
            @if file.marks.is_empty() {
                p.notice.warn { (t(lang,
                    "Ingen bedömare har lämnat sina omdömen om den här ansökan ännu.",
                    "No assessor has given marks for this application yet.")) }
            }
            @for placement in open { (decision_form(view, file, placement, kept)) }
        }
    }
}

fn decision_form(view: &View, file: &ReviewFile, placement: &Placement, kept: &Kept) -> Markup {
    let lang = view.lang;
    let id = &placement.id;
    let typed = match kept {
        Kept::Decision { placement, outcome, reason } if placement == id => {
            Some((outcome.as_str(), reason.as_str()))
        }
        _ => None,
    };
    let bad_outcome = typed.is_some_and(|(outcome, _)| Outcome::parse(outcome).is_none());
    let bad_reason = typed.is_some_and(|(_, reason)| says_too_little(reason));
    let name = view
        .caller
        .as_ref()
        .and_then(|caller| caller.name.as_deref())
        .unwrap_or_else(|| Role::HiringManager.label(lang));
    html! {
        form.card method="post" action={ "/arbete/ansokningar/" (file.facts().id) "/beslut" } {
            h3 { (placement.title.get(lang)) }
            input type="hidden" name="token" value=(view.form_token);
            input type="hidden" name="placement" value=(id);
            fieldset role="radiogroup" aria-invalid=[bad_outcome.then_some("true")]
                aria-describedby=[bad_outcome.then(|| format!("fel-utfall-{id}"))] {
                legend { (t(lang, "Ditt beslut", "Your decision")) }
                @if bad_outcome { p.field-error id={ "fel-utfall-" (id) } { (outcome_fault(lang)) } }
                @for outcome in [Outcome::Proceed, Outcome::NotProceed] {
                    label.choice {
                        input type="radio" name="outcome" value=(outcome.code()) id={
                            "utfall-" (id) "-" (outcome.code())
                        }
                            checked[typed.is_some_and(|(sent, _)| sent == outcome.code())];
                        span { (outcome_words(lang, outcome.code())) }
                    }
                }
            }
            (reason_field(lang, id.as_str(), t(lang, "Skäl för beslutet", "Reason for the decision"),
                typed.map_or("", |(_, reason)| reason), bad_reason))
            button type="submit" { (t(lang, "Fatta beslut som ", "Decide as ")) (name) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn overlapping_quotes_are_cut_into_pieces_that_know_all_their_quotes() {
        let cut = pieces(0..10, &[2..6, 4..8]);
        let expected: Vec<(Range<usize>, Vec<usize>)> =
            vec![(0..2, vec![]), (2..4, vec![0]), (4..6, vec![0, 1]), (6..8, vec![1]), (8..10, vec![])];
        assert_eq!(cut, expected);
    }

    #[test]
    fn a_quote_elsewhere_marks_nothing_here() {
        assert_eq!(pieces(10..20, &[0..5, 25..30]), vec![(10..20, vec![])]);
        assert_eq!(pieces(5..5, &[]), vec![]);
    }

    proptest! {
        #[test]
        fn no_byte_is_lost_and_every_quote_is_covered_exactly(
            end in 1usize..200,
            raw in prop::collection::vec((0usize..220, 0usize..40), 0..12),
        ) {
            let spans: Vec<Range<usize>> = raw.iter().map(|(start, length)| *start..start + length).collect();
            let cut = pieces(0..end, &spans);
            let mut at = 0;
            for (range, covering) in &cut {
                prop_assert_eq!(range.start, at);
                at = range.end;
                for byte in range.clone() {
                    let inside: Vec<usize> = (0..spans.len()).filter(|i| spans[*i].contains(&byte)).collect();
                    prop_assert_eq!(&inside, covering);
                }
            }
            prop_assert_eq!(at, end);
        }
    }

    #[test]
    fn swedish_numbers_have_a_comma_and_no_idle_zeros() {
        assert_eq!(short(Lang::Sv, 1.25), "1,25");
        assert_eq!(short(Lang::Sv, 3.0), "3");
        assert_eq!(short(Lang::Sv, 0.0), "0");
        assert_eq!(short(Lang::Sv, 10.0), "10");
        assert_eq!(decimal(Lang::Sv, 0.4, 2), "0,40");
        assert_eq!(decimal(Lang::En, 0.4, 2), "0.40");
    }

    #[test]
    fn each_mark_of_a_scale_reads_back_from_its_field() {
        for mark in [Mark::Evidenced, Mark::NotEvidenced, Mark::Unclear, Mark::Grade(1), Mark::Grade(5)] {
            assert_eq!(Mark::parse(mark.code()), Some(mark));
        }
        assert_eq!(mark_words(Lang::Sv, Mark::NotEvidenced), "ej styrkt");
        assert_eq!(mark_words(Lang::En, Mark::Grade(4)), "4");
    }

    #[test]
    fn a_level_is_said_in_words_that_rise_with_it() {
        let said: Vec<&str> =
            [0.0, 0.2, 0.5, 0.9].into_iter().map(|x| level_words(Lang::Sv, Level::from_unit(x))).collect();
        assert_eq!(said, ["mycket svaga belägg", "svaga belägg", "tydliga belägg", "starka belägg"]);
    }

    #[test]
    fn white_space_is_no_reason() {
        assert!(says_too_little("          \n   kort "));
        assert!(!says_too_little("tio tecken"));
    }
}
