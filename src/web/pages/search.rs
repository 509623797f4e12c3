//! Searching for words in what one has read. The form says before the first word what may not be searched for.

use std::collections::HashMap;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use maud::{Markup, html};

use super::work::known_id;
use crate::casework::search::{SearchHit, SearchView};
use crate::pipeline::search::QUERY_CHARS_MAX;
use crate::subject::id::PlacementId;
use crate::subject::role::Role;
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::callers::Staff;
use crate::web::layout::{self, t};
use crate::web::problem::Problem;

/// The form, and what was found for `q`.
///
/// # Errors
/// The refusal with its paragraph when the words would select people on sensitive data; otherwise when the gate or
/// the database refuses.
pub async fn show(
    staff: Staff,
    State(web): State<Web>,
    placement: Result<Path<String>, PathRejection>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Problem> {
    let id = PlacementId::new(known_id(placement)?);
    let words = query.get("q").map(String::as_str).unwrap_or_default();
    let view = web.app.search(&staff.actor, &id, words).await?;
    let lang = staff.view.lang;
    let title = t(lang, "Sök i det du har läst", "Search in what you have read");
    let place = format!("/arbete/placeringar/{}", view.placement.id);
    let body = html! {
        p.crumbs {
            a href="/arbete" { (t(lang, "Placeringar", "Placements")) }
            " / "
            a href=(place) { (view.placement.title.get(lang)) }
        }
        h1 { (title) }
        (form(lang, &place, words, staff.member.role))
        @if view.asked { (answer(lang, &view)) }
    };
    Ok(layout::page(&web, &staff.view, title, body))
}

fn form(lang: Lang, place: &str, words: &str, role: Role) -> Markup {
    let limits = if role == Role::HiringManager {
        t(
            lang,
            "Sökningen gäller bara ansökningar som du har öppnat.",
            "The search covers only applications that you have opened.",
        )
    } else {
        t(
            lang,
            "Sökningen gäller bara ansökningar som du har läst och lämnat alla dina omdömen på.",
            "The search covers only applications that you have read and given all your marks.",
        )
    };
    html! {
        form.filter method="get" action={ (place) "/sok" } role="search" {
            label for="q" { (t(lang, "Ord i ansökan", "Words in the application")) }
            input id="q" name="q" type="search" maxlength=(QUERY_CHARS_MAX) value=(words) autocomplete="off"
                aria-describedby="om-sok";
            button type="submit" { (t(lang, "Sök", "Search")) }
        }
        p.hint id="om-sok" {
            (limits) " "
            (t(lang,
                "Alla ord ska finnas i texten; ett ord hittas också när det är början på ett längre. Sökningar som \
                 skulle välja ut personer efter känsliga uppgifter, till exempel hälsa, religion, facklig \
                 tillhörighet eller ursprung, är förbjudna (3 kap. 3 § dataskyddslagen) och görs inte. Varje sökning \
                 loggas, men inte orden.",
                "Every word must be in the text; a word is also found as the beginning of a longer one. Searches that \
                 would select people on sensitive data, such as health, religion, union membership or origin, are \
                 forbidden (chapter 3, section 3 of the Data Protection Act) and are not carried out. Every search \
                 is logged, but not its words."))
        }
    }
}

fn answer(lang: Lang, view: &SearchView) -> Markup {
    html! {
        section {
            h2 { (t(lang, "Träffar", "Found")) }
            p role="status" {
                strong { (view.found.len()) (t(lang, " av ", " of ")) (view.searched) }
                (t(lang, " lästa ansökningar har alla orden.", " applications read have every word."))
            }
            @if !view.found.is_empty() {
                p.hint { (t(lang,
                    "Ordningen är slumpad för dig. Att ett ord saknas säger inget om den sökande: samma sak kan \
                     skrivas på många sätt.",
                    "The order is shuffled for you. A missing word says nothing of an applicant: the same thing can \
                     be written in many ways.")) }
                ul.rows { @for found in &view.found { (hit(found)) } }
            }
        }
    }
}

fn hit(found: &SearchHit) -> Markup {
    html! {
        li {
            a href={ "/arbete/ansokningar/" (found.id()) } { (found.label()) }
            @for (_, passage) in found.passages() { blockquote { (passage) } }
        }
    }
}
