//! The desk of those who read and decide: which placements, and which applications of one.
//!
//! A list never shows a number for an applicant, and keeps the order that it was given: within a
//! band, and among the unread, that is this reader's own shuffle.

use std::collections::BTreeSet;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};

use super::ai_support::{banner, stop_button};
use super::answers::others;
use crate::casework::Placement;
use crate::casework::RecruitmentRow;
use crate::casework::ranking::{RankingView, Row};
use crate::pipeline::score::LanguageShare;
use crate::subject::id::PlacementId;
use crate::subject::role::Role;
use crate::subject::words::{Lang, Written};
use crate::web::Web;
use crate::web::callers::Staff;
use crate::web::layout::{self, t};
use crate::web::problem::Problem;

/// An id from a path or a form. Everything that is stored under an id has a UUID: anything else is
/// a page that does not exist, and never reaches the database.
///
/// # Errors
/// "No such page" for anything else.
pub(super) fn known_id(found: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    match found {
        Ok(Path(text)) if is_id(&text) => Ok(text),
        _ => Err(Problem::not_found()),
    }
}

/// Whether a text has the form of a stored id.
pub(super) fn is_id(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok()
}

/// Whether a role marks applications, or decides about them.
fn works_here(role: Role) -> bool {
    matches!(role, Role::Assessor | Role::Recruiter | Role::HiringManager)
}

/// Whether the reader gives blind marks, and so sees no band before.
fn marks(role: Role) -> bool {
    role != Role::HiringManager
}

/// What was decided, in words. A code that is not known is shown as it is.
pub(super) fn outcome_words(lang: Lang, code: &str) -> &str {
    match code {
        "proceed" => t(lang, "går vidare", "proceeds"),
        "not_proceed" => t(lang, "går inte vidare", "does not proceed"),
        other => other,
    }
}

fn language_name(lang: Lang, written: Written) -> &'static str {
    match written {
        Written::Sv => t(lang, "svenska", "Swedish"),
        Written::En => t(lang, "engelska", "English"),
        Written::Other => {
            t(lang, "ett annat språk än svenska och engelska", "a language other than Swedish and English")
        }
        Written::Unknown => {
            t(lang, "ett språk som inte gick att avgöra", "a language that could not be told")
        }
    }
}

/// The languages named once each, joined with "och"; `None` when there are none.
pub(super) fn languages_named<'a>(
    lang: Lang,
    shares: impl IntoIterator<Item = &'a LanguageShare>,
) -> Option<String> {
    let known: BTreeSet<Written> = shares.into_iter().map(|share| share.written).collect();
    let names: Vec<&str> = known.into_iter().map(|written| language_name(lang, written)).collect();
    match names.split_last() {
        None => None,
        Some((only, [])) => Some((*only).to_owned()),
        Some((last, before)) => Some(format!("{} {} {last}", before.join(", "), t(lang, "och", "and"))),
    }
}

/// The rounds, and the placements of the member's own organisation.
///
/// # Errors
/// When the database fails.
pub async fn overview(staff: Staff, State(web): State<Web>) -> Result<Response, Problem> {
    let lang = staff.view.lang;
    let mut rounds: Vec<(RecruitmentRow, Vec<Placement>)> = Vec::new();
    if works_here(staff.member.role) {
        for round in web.app.rounds().await? {
            let (recruitment, placements, _) = web.app.round(&round.id).await?;
            let own =
                placements.into_iter().filter(|p| p.organisation == staff.member.organisation).collect();
            rounds.push((recruitment, own));
        }
    }
    let title = t(lang, "Placeringar", "Placements");
    let body = html! {
        h1 { (title) }
        @if works_here(staff.member.role) {
            (how_it_works(lang, staff.member.role))
            @if rounds.is_empty() {
                p.notice {
                    (t(lang, "Det finns ingen rekryteringsomgång ännu.",
                        "There is no recruitment round yet."))
                }
            }
            @for (recruitment, own) in &rounds {
                section.round {
                    h2 { (recruitment.title.get(lang)) }
                    (round_facts(lang, recruitment))
                    @if own.is_empty() {
                        p.notice { (t(lang,
                            "Din organisation har ingen placering i den här omgången.",
                            "Your organisation has no placement in this round.")) }
                    } @else {
                        ul.cards {
                            @for placement in own {
                                li.card {
                                    h3 {
                                        a href={ "/arbete/placeringar/" (placement.id) } {
                                            (placement.title.get(lang))
                                        }
                                    }
                                    p.muted { (placement.organisation_name) }
                                }
                            }
                        }
                    }
                }
            }
        } @else {
            p.lead { (t(lang,
                "Din roll har inga placeringar att läsa eller besluta om.",
                "Your role has no placements to read or decide about.")) }
            @match staff.member.role {
                Role::Dpo => {
                    p {
                        a href="/dso/logg" {
                            (t(lang, "Till loggen och begäranden", "To the log and requests"))
                        }
                    }
                }
                Role::Operator | Role::ProgrammeLead => {
                    p { a href="/drift" { (t(lang, "Till driften", "To operations")) } }
                }
                Role::Registrar => {
                    p {
                        a href="/gallring/sparrar" {
                            (t(lang, "Till gallringsspärrarna", "To the legal holds"))
                        }
                    }
                }
                _ => {
                    p { (t(lang,
                        "Det finns ännu ingen sida för din roll. Hör med rekryteraren i din organisation.",
                        "There is no page for your role yet. Ask the recruiter of your organisation.")) }
                }
            }
        }
    };
    Ok(layout::page(&web, &staff.view, title, body))
}

fn how_it_works(lang: Lang, role: Role) -> Markup {
    html! {
        h2 { (t(lang, "Så går det till", "How it works")) }
        @if marks(role) {
            ol.steps {
                li { (t(lang,
                    "Läs ansökan blint: du ser texten utan namn, och utan rangband.",
                    "Read blind: you see the text without a name, and without a rank band.")) }
                li { (t(lang,
                    "Sätt ditt omdöme på varje kriterium.",
                    "Give every criterion your mark.")) }
                li { (t(lang,
                    "Se sedan rangband och belägg. Du kan ändra ett omdöme om du skriver varför.",
                    "Then see rank band and evidence. You can change a mark if you write why.")) }
            }
        } @else {
            ol.steps {
                li { (t(lang,
                    "Läs ansökan, bedömarnas omdömen och beläggen.",
                    "Read the application, the assessors' marks and the evidence.")) }
                li { (t(lang,
                    "Besluta om den sökande går vidare, och skriv varför. Rangbandet beslutar ingenting.",
                    "Decide whether the applicant proceeds, and write why. The rank band decides nothing.")) }
                li { (t(lang,
                    "Namn och kontaktuppgifter visas först när någon har beslutat att den sökande går \
                     vidare.",
                    "Name and contact details are shown only when somebody has decided that the applicant \
                     proceeds.")) }
            }
        }
    }
}

fn round_facts(lang: Lang, recruitment: &RecruitmentRow) -> Markup {
    html! {
        p.muted {
            (t(lang, "Ärende ", "Case ")) (recruitment.case_number)
            @if recruitment.invented { " " (invented_tag(lang)) }
            @if recruitment.state == "closed" { " " span.tag { (t(lang, "stängd", "closed")) } }
        }
    }
}

/// The tag of a round in which everything is made up.
pub(super) fn invented_tag(lang: Lang) -> Markup {
    html! { span.tag { (t(lang, "påhittad", "invented")) } }
}

/// One placement: what is left to read, and the bands of what has been read.
///
/// # Errors
/// "No such page" for an unknown placement; otherwise when the gate or the database refuses.
pub async fn placement(
    staff: Staff,
    State(web): State<Web>,
    placement: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let id = PlacementId::new(known_id(placement)?);
    let ranking = web.app.ranking(&staff.actor, &id).await?;
    let lang = staff.view.lang;
    let title = ranking.placement.title.get(lang).to_owned();
    let body = html! {
        p.crumbs { a href="/arbete" { (t(lang, "Placeringar", "Placements")) } }
        h1 { (title) }
        p.lead { (ranking.placement.organisation_name) }
        (round_facts(lang, &ranking.recruitment))
        (banner(lang, &ranking.support))
        @if !ranking.support.is_on() { (others(lang, &ranking.placement, &ranking.profile)) }
        (progress(lang, &ranking, staff.member.role))
        p { a href={ "/arbete/placeringar/" (ranking.placement.id) "/sok" } {
            (t(lang, "Sök i det du har läst", "Search in what you have read"))
        } }
        (bands(lang, &ranking, staff.member.role))
        (unbanded(lang, &ranking))
        (held(lang, &ranking, staff.member.role))
        (conflicted(lang, &ranking))
        (stop_button(&staff.view, staff.member.role, &ranking.recruitment.id, &ranking.support))
    };
    Ok(layout::page(&web, &staff.view, &title, body))
}

fn link(row: &Row) -> String {
    format!("/arbete/ansokningar/{}", row.id)
}

fn progress(lang: Lang, ranking: &RankingView, role: Role) -> Markup {
    let seen: Vec<&Row> = ranking.bands.iter().flatten().chain(&ranking.unbanded).collect();
    let all = seen.len() + ranking.unread.len();
    if all == 0 && ranking.held.is_empty() && ranking.conflicted.is_empty() {
        return html! {
            p.notice { (t(lang,
                "Ingen har sökt den här placeringen ännu.",
                "Nobody has applied for this placement yet.")) }
        };
    }
    if !marks(role) {
        let everything = || seen.iter().copied().chain(&ranking.held);
        let decided = everything().filter(|row| row.decided.is_some()).count();
        return html! {
            p { strong {
                (t(lang, "Beslutade: ", "Decided: ")) (decided)
                (t(lang, " av ", " of ")) (everything().count())
            } }
        };
    }
    html! {
        section.card.progress {
            h2 { (t(lang, "Att läsa", "To read")) }
            p {
                strong {
                    (t(lang, "Du har läst ", "You have read ")) (seen.len())
                    (t(lang, " av ", " of ")) (all) "."
                }
                " "
                (t(lang,
                    "En ansökan räknas som läst när du har lämnat alla dina omdömen.",
                    "An application counts as read when you have given all your marks."))
            }
            @if let Some(next) = ranking.unread.first() {
                p { a.button href=(link(next)) { (t(lang, "Läs nästa: ", "Read the next: ")) (next.label) } }
                details {
                    summary { (t(lang, "Alla olästa", "All unread")) " (" (ranking.unread.len()) ")" }
                    p.hint { (t(lang,
                        "Ordningen är slumpad för dig och säger ingenting om ansökningarna.",
                        "The order is shuffled for you and says nothing about the applications.")) }
                    ul.labels {
                        @for row in &ranking.unread { li { a href=(link(row)) { (row.label) } } }
                    }
                }
            } @else if all > 0 {
                p { (t(lang, "Du har läst alla.", "You have read them all.")) }
            }
        }
    }
}

fn card(lang: Lang, row: &Row) -> Markup {
    html! {
        li {
            a href=(link(row)) { (row.label) }
            span.muted { (readers(lang, row.readers)) }
            @if let Some(code) = &row.decided { span.tag { (outcome_words(lang, code)) } }
            @if row.near_above {
                span.tag { (t(lang, "nära bandet ovanför", "near the band above")) }
            }
            @if row.near_below {
                span.tag { (t(lang, "nära bandet nedanför", "near the band below")) }
            }
            @if let Some(names) = languages_named(lang, &row.unread_languages) {
                span.tag.warn {
                    (t(lang, "modellen kan inte läsa ", "the model cannot read ")) (names)
                }
            }
        }
    }
}

fn readers(lang: Lang, count: i64) -> String {
    match count {
        0 => t(lang, "ingen har bedömt ännu", "nobody has marked it yet").to_owned(),
        1 => t(lang, "1 har bedömt", "1 has marked it").to_owned(),
        more => format!("{more} {}", t(lang, "har bedömt", "have marked it")),
    }
}

fn bands(lang: Lang, ranking: &RankingView, role: Role) -> Markup {
    let total = ranking.bands.len();
    let shown = ranking.bands.iter().any(|band| !band.is_empty());
    html! {
        @if shown {
            section {
                h2 { (t(lang, "Rangband", "Rank bands")) }
                p.measure {
                    (t(lang,
                        "Inom ett band går det inte att skilja ansökningarna åt; ordningen är slumpad för \
                         dig.",
                        "Within a band the applications cannot be told apart; the order is shuffled for \
                         you."))
                    " "
                    (t(lang,
                        "Banden är ett beslutsstöd: de sorterar inte bort någon.",
                        "The bands are decision support: they reject nobody."))
                    @if marks(role) {
                        " "
                        (t(lang,
                            "Här finns bara ansökningar som du har läst och bedömt.",
                            "Only applications that you have read and marked are here."))
                    }
                }
                (super::instructions::link(lang))
                @if ranking.overlaps > 0 { (overlapping(lang, ranking.overlaps)) }
                @for (index, band) in ranking.bands.iter().enumerate() {
                    @if !band.is_empty() {
                        section.band {
                            h3 {
                                (t(lang, "Rangband ", "Rank band ")) (index + 1)
                                span.muted { (t(lang, " av ", " of ")) (total) }
                            }
                            @let unread = band.iter().flat_map(|row| &row.unread_languages);
                            @if let Some(names) = languages_named(lang, unread) {
                                p.notice.warn {
                                    (t(lang, "Språkmodellen kan inte läsa ",
                                        "The language model cannot read ")) (names)
                                    (t(lang,
                                        ". De delarna räknas inte för de markerade ansökningarna: läs dem själv.",
                                        ". Those parts do not count for the applications so marked: read them \
                                         yourself."))
                                }
                            }
                            ul.rows { @for row in band { (card(lang, row)) } }
                        }
                    }
                }
            }
        }
    }
}

/// That a border between bands is no border between two applications.
fn overlapping(lang: Lang, pairs: usize) -> Markup {
    html! {
        p.measure.hint {
            (pairs)
            @if pairs == 1 { (t(lang, " par i grannband kan inte heller skiljas åt", " pair in neighbouring bands cannot be told apart either")) }
            @else { (t(lang, " par i grannband kan inte heller skiljas åt", " pairs in neighbouring bands cannot be told apart either")) }
            (t(lang,
                "; de är märkta ”nära bandet”. Läs dem som om de låg i samma band.",
                "; they are marked “near the band”. Read them as if they were in one band."))
        }
    }
}

fn unbanded(lang: Lang, ranking: &RankingView) -> Markup {
    html! {
        @if !ranking.unbanded.is_empty() {
            section.band {
                h2 { (t(lang, "Granskas utan rangband", "Reviewed without a rank band")) }
                p.measure { (t(lang,
                    "De här ansökningarna har inget rangband. De läses och bedöms som alla andra.",
                    "These applications have no rank band. They are read and marked like all others.")) }
                ul.rows { @for row in &ranking.unbanded { (card(lang, row)) } }
            }
        }
    }
}

fn held(lang: Lang, ranking: &RankingView, role: Role) -> Markup {
    html! {
        @if !ranking.held.is_empty() {
            section.band {
                h2 { (t(lang, "Behöver läsas av en människa först", "Needs to be read by a person first")) }
                p.measure { (t(lang,
                    "Språkmodellen har inte läst de här ansökningarna: kontrollen stoppade texten, den gick inte \
                     att läsa maskinellt, eller så är modellen inte tillräckligt bra på dess språk för att få \
                     rangordna. Det är inget fel av den sökande och säger ingenting om ansökan.",
                    "The language model has not read these applications: the check stopped the text, it could \
                     not be read by machine, or the model is not good enough in its language to be allowed to \
                     rank. It is no fault of the applicant and says nothing about the application.")) }
                ul.rows {
                    @for row in &ranking.held {
                        // Others' readings and decisions would colour a blind reading.
                        @if marks(role) { li { a href=(link(row)) { (row.label) } } } @else {
                            (card(lang, row))
                        }
                    }
                }
            }
        }
    }
}

fn conflicted(lang: Lang, ranking: &RankingView) -> Markup {
    html! {
        @if !ranking.conflicted.is_empty() {
            section.band {
                h2 { (t(lang, "Du har anmält jäv", "You have declared a conflict")) }
                p.measure { (t(lang,
                    "De här ansökningarna handläggs av andra. Du ser dem inte i någon roll.",
                    "Others handle these applications. You do not see them in any role.")) }
                ul.labels { @for label in &ranking.conflicted { li { (label) } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(written: Written) -> LanguageShare {
        LanguageShare { written, passages: 3, readable: false }
    }

    #[test]
    fn unread_languages_are_named_once_and_in_words() {
        assert_eq!(languages_named(Lang::Sv, &[]), None);
        let twice = [share(Written::Sv), share(Written::Sv)];
        assert_eq!(languages_named(Lang::Sv, &twice).as_deref(), Some("svenska"));
        let two = [share(Written::En), share(Written::Sv)];
        assert_eq!(languages_named(Lang::En, &two).as_deref(), Some("Swedish and English"));
    }

    #[test]
    fn only_an_id_reaches_the_database() {
        assert!(is_id("8b1f1d6e-5d0c-4a6e-9a43-1d2c3b4a5f60"));
        for bad in ["", "1", "..", "a\0b", "8b1f1d6e-5d0c-4a6e-9a43", "' OR 1=1 --"] {
            assert!(!is_id(bad), "{bad:?}");
        }
        assert!(known_id(Ok(Path("not-an-id".into()))).is_err());
    }

    #[test]
    fn an_outcome_is_shown_in_the_official_words() {
        assert_eq!(outcome_words(Lang::Sv, "proceed"), "går vidare");
        assert_eq!(outcome_words(Lang::Sv, "not_proceed"), "går inte vidare");
        assert_eq!(outcome_words(Lang::En, "not_proceed"), "does not proceed");
    }
}
