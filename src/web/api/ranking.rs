//! The applications of one placement in bands with ties. No scores: a list of numbers would be read
//! as an order that the model cannot give.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::Id;
use super::ai_support::Support;
use super::openapi::{Guarded, Missing};
use crate::casework::ranking::{RankingView, Row};
use crate::pipeline::score::LanguageShare;
use crate::subject::id::PlacementId;
use crate::subject::words::Written;
use crate::web::Web;
use crate::web::callers::Staff;
use crate::web::problem::Problem;

/// A placement's applications.
#[derive(Serialize, ToSchema)]
pub struct Ranking {
    /// The placement.
    placement: String,
    /// SHA-256 of the frozen profile (kravprofil) that the bands were made with.
    profile_digest: String,
    /// Bands, best first. Within a band there is no order: it is shuffled for this reader.
    bands: Vec<Vec<Listed>>,
    /// Pairs in neighbouring bands that cannot be told apart either, over all applications.
    overlaps: usize,
    /// Not yet read by this reader, shuffled: blind marks come before the band.
    unread: Vec<Listed>,
    /// Read, but without a band: review without AI, or not assessed yet.
    unbanded: Vec<Listed>,
    /// Held back from the model: a person reads the original.
    held: Vec<Listed>,
    /// The labels of those in which the caller is partial (jävig): nothing else of them is told.
    conflicted: Vec<String>,
    /// Whether AI support is on; while it is off there are no bands.
    ai_support: Support,
    /// What every reader of this list must know.
    notices: Vec<Notice>,
}

/// One application in a list.
#[derive(Serialize, ToSchema)]
pub struct Listed {
    /// Its id.
    application: String,
    /// Its label.
    #[schema(example = "K-7QF3M2")]
    label: String,
    /// How many people have given their blind marks.
    readers: i64,
    /// What was decided for this placement: `proceed` or `not_proceed`.
    decided: Option<String>,
    /// Languages in it that the model cannot read.
    unread_languages: Vec<UnreadLanguage>,
    /// It cannot be told apart from somebody in the band above; false while no band is shown.
    near_above: bool,
    /// It cannot be told apart from somebody in the band below; false while no band is shown.
    near_below: bool,
}

/// Text that the model cannot read.
#[derive(Serialize, ToSchema)]
pub struct UnreadLanguage {
    /// `sv`, `en` or `other`.
    written: &'static str,
    /// How many passages are in it.
    passages: u32,
}

/// A sentence that belongs to the list.
#[derive(Serialize, ToSchema)]
pub struct Notice {
    /// A stable code.
    code: &'static str,
    /// In Swedish.
    sv: &'static str,
    /// In English.
    en: &'static str,
}

const SUPPORT: Notice = Notice {
    code: "decision-support",
    sv: "Rangbanden är ett beslutsstöd. En människa läser varje ansökan, bedömer och beslutar.",
    en: "The bands are decision support. A person reads every application, assesses it and decides.",
};
const NO_ORDER: Notice = Notice {
    code: "no-order-within-a-band",
    sv: "Ansökningar i samma rangband kan inte skiljas åt. Ordningen i bandet är slumpad.",
    en: "Applications in one band cannot be told apart. The order within the band is random.",
};
const MARK_FIRST: Notice = Notice {
    code: "mark-first",
    sv: "Några ansökningar visas utan rangband tills du har lämnat dina egna omdömen.",
    en: "Some applications are shown without a band until you have given your own marks.",
};
const UNREAD_LANGUAGE: Notice = Notice {
    code: "unread-language",
    sv: "Någon ansökan har text på ett språk som modellen inte läser. Läs den texten själv.",
    en: "Some application has text in a language that the model does not read. Read that text yourself.",
};
const AI_OFF: Notice = Notice {
    code: "ai-off",
    sv: "AI-stödet är avstängt. Inga rangband visas; ansökningarna är desamma, i slumpad ordning.",
    en: "AI support is off. No bands are shown; the applications are the same, in shuffled order.",
};
const HELD: Notice = Notice {
    code: "held",
    sv: "Någon ansökan är inte bedömd av modellen och måste läsas av en människa.",
    en: "Some application was not assessed by the model and must be read by a person.",
};

/// A placement's applications in bands.
#[utoipa::path(
    get,
    path = "/api/v1/placements/{id}/ranking",
    tag = "reading",
    security(("session" = [])),
    params(("id" = String, Path, description = "The placement's id")),
    responses((status = 200, description = "Bands, without scores", body = Ranking), Guarded, Missing),
)]
pub async fn show(staff: Staff, State(web): State<Web>, Id(id): Id) -> Result<Response, Problem> {
    let view = web.app.ranking(&staff.actor, &PlacementId::new(id)).await?;
    Ok(Json(ranking(&view)).into_response())
}

fn ranking(view: &RankingView) -> Ranking {
    let every = || view.bands.iter().flatten().chain(&view.unread).chain(&view.unbanded).chain(&view.held);
    let mut notices = vec![SUPPORT, NO_ORDER];
    if !view.unread.is_empty() {
        notices.push(MARK_FIRST);
    }
    if every().any(|row| !row.unread_languages.is_empty()) {
        notices.push(UNREAD_LANGUAGE);
    }
    if !view.support.is_on() {
        notices.push(AI_OFF);
    }
    if !view.held.is_empty() {
        notices.push(HELD);
    }
    let list = |rows: &[Row]| rows.iter().map(listed).collect();
    Ranking {
        placement: view.placement.id.to_string(),
        profile_digest: view.profile.digest().to_owned(),
        bands: view.bands.iter().map(|band| list(band)).collect(),
        overlaps: view.overlaps,
        unread: list(&view.unread),
        unbanded: list(&view.unbanded),
        held: list(&view.held),
        conflicted: view.conflicted.clone(),
        ai_support: (&view.support).into(),
        notices,
    }
}

fn listed(row: &Row) -> Listed {
    Listed {
        application: row.id.to_string(),
        label: row.label.clone(),
        readers: row.readers,
        decided: row.decided.clone(),
        unread_languages: unread(&row.unread_languages),
        near_above: row.near_above,
        near_below: row.near_below,
    }
}

/// Languages as the interface writes them.
pub fn unread(shares: &[LanguageShare]) -> Vec<UnreadLanguage> {
    let code = |written| match written {
        Written::Sv => "sv",
        Written::En => "en",
        Written::Other | Written::Unknown => "other",
    };
    shares
        .iter()
        .map(|share| UnreadLanguage { written: code(share.written), passages: share.passages })
        .collect()
}
