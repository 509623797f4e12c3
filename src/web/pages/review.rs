//! The review desk: the text to read beside the marks to give, then the band and the evidence, then
//! a person's decision.
//!
//! Before the blind marks are given the page says nothing of what the model found, what others
//! marked or what was decided. It never proposes an outcome, and no choice is made in advance.

use std::collections::HashMap;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::ai_support::banner;
use super::files::{originals, to_save, told_of_files};
use super::work::{invented_tag, is_id, known_id};
use crate::casework::decision::Outcome;
use crate::casework::review::{Mark, MarkView, ReviewFile};
use crate::casework::{CaseError, Conflict, Invalid, Placement};
use crate::guard::pii::Pii;
use crate::pipeline::explain::Explained;
use crate::pipeline::score::greatest;
use crate::subject::file_place::FilePlace;
use crate::subject::id::{ApplicationId, CriterionId, PlacementId};
use crate::subject::level::Total;
use crate::subject::role::Role;
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::callers::Staff;
use crate::web::form::Posted;
use crate::web::layout::{self, t};
use crate::web::problem::Problem;

mod kept;
mod reading;
mod marks;
mod findings;
mod decision;

use self::decision::{decided_part, decision_forms};
use self::findings::{bands, findings, not_counted};
use self::kept::{Kept, fault_summary, faults};
use self::marks::{all_marks, blind_form};
use self::reading::text;

type IdPath = Result<Path<String>, PathRejection>;

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
        p.lead {
            @if card.emergency { (t(lang,
                "Uppgifterna visas i ett nödläge som någon annan har godkänt. Visningen måste kvitteras.",
                "The details are shown in an emergency that somebody else approved. The showing has to be \
                 acknowledged.")) }
            @else { (t(lang,
                "Uppgifterna visas för att din organisation har beslutat att den sökande går vidare.",
                "The details are shown because your organisation has decided that the applicant proceeds.")) }
        }
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
        (originals(lang, &id, &card.files))
        p.notice {
            (t(lang,
                "Visningen är loggad med din roll, tidpunkt och ändamål",
                "This showing is in the log with your role, the time and the purpose"))
            // A showing in an emergency is numbered after the page was made.
            @if let Some(entry) = card.access.entry() { (t(lang, " (post ", " (entry ")) (entry) ")" }
            (t(lang,
                ". Den sökande kan se det på sin egen sida. Använd uppgifterna bara för att nå den sökande \
                 i den här rekryteringen.",
                ". The applicant can see it on the page about the application. Use the details only to \
                 reach the applicant in this recruitment."))
        }
    };
    Ok(layout::page(&web, &staff.view, &title, body))
}

/// A file as it was handed in.
///
/// # Errors
/// As [`contact`], and when there is no such file.
pub async fn original(
    staff: Staff,
    State(web): State<Web>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let Path((application, place)) = path.map_err(|_| Problem::not_found())?;
    let id = ApplicationId::new(known_id(Ok(Path(application)))?);
    let place = FilePlace::parse(&place).ok_or_else(Problem::not_found)?;
    let file = web.app.contact_document(&staff.actor, &id, place).await?;
    Ok(to_save(place.code(), file))
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
    let asks = asks_for_identity(staff.member.role).then_some(&file.facts().id);
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
        (banner(lang, &file.support))
        @if sections.is_empty() {
            (no_text(lang, file))
            (told_of_files(lang, &file.files, asks))
            (decided_part(lang, file, staff.member.role))
        } @else {
            @if file.held.is_some() { (held_note(lang, file)) }
            div.desk {
                section.reading tabindex="0" aria-labelledby="texten" {
                    h2 id="texten" { (t(lang, "Texten", "The text")) }
                    p.hint { (t(lang,
                        "Namn, kontaktuppgifter, arbetsgivare, tider och känsliga uppgifter är borttagna. En markör \
                         står där något togs bort.",
                        "Names, contact details, employers, times and sensitive details are taken out. A \
                         placeholder stands where something was removed.")) }
                    (told_of_files(lang, &file.files, asks))
                    (text(lang, file, &sections, evidence.as_ref()))
                }
                div.marking {
                    @if file.revealed {
                        (bands(lang, file, evidence.as_ref()))
                        (findings(view, file, evidence.as_ref(), &sections, kept))
                        (not_counted(lang, file, &file.not_counted()?))
                        (all_marks(lang, file))
                        (decided_part(lang, file, staff.member.role))
                        @if file.decides_here { (decision_forms(view, file, kept)) }
                        (onward(lang, file))
                    } @else if file.marks_here {
                        (blind_form(view, file, kept))
                    }
                    (safeguards(lang, file, staff.member.role))
                }
            }
        }
    };
    Ok(layout::page(web, view, &title, body))
}

/// Whether somebody of this role may ask for emergency access. The policies decide; this only shows the way.
fn asks_for_identity(role: Role) -> bool {
    matches!(role, Role::Recruiter | Role::HiringManager)
}

/// What a reader does who should not read on, or cannot wait.
fn safeguards(lang: Lang, file: &ReviewFile, role: Role) -> Markup {
    let id = &file.facts().id;
    let proceeds = file.decisions.iter().any(|done| Outcome::parse(&done.outcome) == Some(Outcome::Proceed));
    html! {
        p.hint {
            (t(lang, "Känner du igen den sökande, eller är du berörd? ", "Do you know the applicant, or are you concerned? "))
            a href={ "/arbete/ansokningar/" (id) "/jav" } { (t(lang, "Anmäl jäv", "Declare a conflict of interest")) }
        }
        @if asks_for_identity(role) && !proceeds {
            p.hint {
                (t(lang, "Måste den sökande nås före beslutet? ", "Must the applicant be reached before the decision? "))
                a href={ "/arbete/ansokningar/" (id) "/nodatkomst" } {
                    (t(lang, "Begär nödåtkomst", "Ask for emergency access"))
                }
            }
        }
    }
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
        "omdomen" if file.revealed && file.marks_here && !file.support.is_on() => {
            t(lang, "Dina omdömen är sparade.", "Your marks are stored.")
        }
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
                "Omdömen och beslut väntar tills texten finns här. Rekryterare och rekryterande chef kan begära \
                 nödåtkomst för att be den sökande om en ny text eller läsa en fil i original.",
                "Marks and decisions wait until the text is here. A recruiter or hiring manager can ask for \
                 emergency access, to ask the applicant for a new text or to read a file as it was handed in.")) }
            p { a href={ "/arbete/ansokningar/" (file.facts().id) "/nodatkomst" } {
                (t(lang, "Begär nödåtkomst", "Ask for emergency access")) } }
            (held_reason(lang, file))
        }
    }
}

fn held_note(lang: Lang, file: &ReviewFile) -> Markup {
    html! {
        div.notice {
            p { (t(lang,
                "Den här ansökan läses av människor, utan språkmodellen: modellen kunde inte läsa den, eller är \
                 inte tillräckligt bra på dess språk för att få rangordna. Det är inget fel av den sökande och \
                 säger ingenting om ansökan.",
                "People read this application without the language model: the model could not read it, or is \
                 not good enough in its language to be allowed to rank. It is no fault of the applicant and \
                 says nothing about the application.")) }
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
