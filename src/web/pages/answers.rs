//! One question at a time: every application's answer to it, shuffled for the reader.

use std::collections::HashMap;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use maud::{Markup, html};

use super::ai_support::banner;
use super::work::known_id;
use crate::casework::Placement;
use crate::casework::answers::{AnswerView, AnswersView};
use crate::subject::id::PlacementId;
use crate::subject::profile::FrozenProfile;
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::callers::Staff;
use crate::web::layout::{self, t};
use crate::web::problem::Problem;

/// The longest id of a question that is looked up.
const QUESTION_BYTES_MAX: usize = 64;

/// One question of one placement.
///
/// # Errors
/// "No such page" for an unknown placement or question; otherwise when the gate or the database refuses.
pub async fn list(
    staff: Staff,
    State(web): State<Web>,
    path: Result<Path<(String, String)>, PathRejection>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Problem> {
    let Path((placement, question)) = path.map_err(|_| Problem::not_found())?;
    let id = PlacementId::new(known_id(Ok(Path(placement)))?);
    if question.is_empty() || question.len() > QUESTION_BYTES_MAX || question.contains('\0') {
        return Err(Problem::not_found());
    }
    let page = query.get("sida").and_then(|text| text.parse().ok()).unwrap_or(0);
    let view = web.app.answers(&staff.actor, &id, &question, page).await?;
    let lang = staff.view.lang;
    let title = format!("{} {}", t(lang, "Fråga", "Question"), view.question);
    let body = html! {
        p.crumbs {
            a href="/arbete" { (t(lang, "Placeringar", "Placements")) }
            " / " a href={ "/arbete/placeringar/" (view.placement.id) } { (view.placement.title.get(lang)) }
        }
        h1 { (title) }
        (banner(lang, &view.support))
        @for known in view.profile.profile().questions.iter().filter(|known| known.id == view.question) {
            p.lead { (known.text.get(lang)) }
        }
        (others(lang, &view.placement, &view.profile))
        p.hint { (t(lang,
            "Ordningen är slumpad för dig och säger ingenting om ansökningarna. Varje svar som visas är en post i \
             loggen.",
            "The order is shuffled for you and says nothing about the applications. Every answer shown is an entry in \
             the log.")) }
        @if view.answers.is_empty() {
            p.notice { (t(lang, "Ingen har sökt den här placeringen ännu.",
                "Nobody has applied for this placement yet.")) }
        }
        @for answer in &view.answers { (card(lang, answer)) }
        (pages(lang, &view))
    };
    Ok(layout::page(&web, &staff.view, &title, body))
}

/// The way to every question of a placement.
pub(super) fn others(lang: Lang, placement: &Placement, profile: &FrozenProfile) -> Markup {
    html! {
        @if !profile.profile().questions.is_empty() {
            p {
                (t(lang, "Läs fråga för fråga: ", "Read question by question: "))
                @for (index, question) in profile.profile().questions.iter().enumerate() {
                    @if index > 0 { ", " }
                    a href={ "/arbete/placeringar/" (placement.id) "/fragor/" (question.id) } { (question.id) }
                }
            }
        }
    }
}

fn card(lang: Lang, answer: &AnswerView) -> Markup {
    let words = answer.words();
    html! {
        article.card {
            h2 { a href={ "/arbete/ansokningar/" (answer.id()) } { (answer.label()) } }
            @if words.is_empty() {
                p.muted { (t(lang, "Inget svar att visa.", "No answer to show.")) }
            }
            @for part in &words { p.measure { (part) } }
        }
    }
}

fn pages(lang: Lang, view: &AnswersView) -> Markup {
    let (page, all) = view.page;
    let here = format!("/arbete/placeringar/{}/fragor/{}?sida=", view.placement.id, view.question);
    html! {
        @if all > 1 {
            p {
                @if page > 0 { a href={ (here) (page - 1) } { (t(lang, "Föregående", "Previous")) } " " }
                (t(lang, "Sida ", "Page ")) (page + 1) (t(lang, " av ", " of ")) (all)
                @if page + 1 < all { " " a href={ (here) (page + 1) } { (t(lang, "Nästa", "Next")) } }
            }
        }
    }
}
