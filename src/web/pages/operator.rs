//! The operator's page: how much waits, with what, and how far the log has come. Counts and digests:
//! no person, no label, no text of an application is ever on it.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use super::matters::waiting;
use crate::casework::RecruitmentRow;
use crate::pipeline::encoder::Evaluation;
use crate::subject::id::RecruitmentId;
use crate::subject::role::Role;
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::callers::Staff;
use crate::web::layout::{self, t};
use crate::web::problem::Problem;

/// How many applications of a round are in which state.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    /// Waiting for the model.
    waiting: i64,
    /// Assessed by the model.
    assessed: i64,
    /// Reviewed without AI at the applicant's request; the model never reads them.
    without_ai: i64,
    /// Waiting for a person.
    held: i64,
    /// Withdrawn.
    withdrawn: i64,
    /// Erased: only a shell is left.
    erased: i64,
    /// In a state that this page does not know.
    other: i64,
}

impl Counts {
    fn of(rows: &[(String, bool, i64)]) -> Self {
        let mut out = Self::default();
        for (state, ai_free, count) in rows {
            let place = match (state.as_str(), *ai_free) {
                ("withdrawn", _) => &mut out.withdrawn,
                ("erased", _) => &mut out.erased,
                ("held", _) => &mut out.held,
                ("submitted" | "assessed", true) => &mut out.without_ai,
                ("submitted", false) => &mut out.waiting,
                ("assessed", false) => &mut out.assessed,
                _ => &mut out.other,
            };
            *place = place.saturating_add(*count);
        }
        out
    }

    fn all(&self) -> i64 {
        [self.waiting, self.assessed, self.without_ai, self.held, self.withdrawn, self.erased, self.other]
            .into_iter()
            .fold(0, i64::saturating_add)
    }
}

/// The state of the installation.
///
/// # Errors
/// When the gate refuses or the database fails.
pub async fn overview(staff: Staff, State(web): State<Web>) -> Result<Response, Problem> {
    let lang = staff.view.lang;
    let mut rounds: Vec<(RecruitmentRow, Counts)> = Vec::new();
    for round in web.app.rounds().await? {
        let rows = web.app.counts(&staff.actor, &round.id).await?;
        rounds.push((round, Counts::of(&rows)));
    }
    if rounds.is_empty() {
        // The gate is asked for each round; with none it is asked here, for everything below.
        web.app.counts(&staff.actor, &RecruitmentId::new("")).await?;
    }
    // The programme lead watches over emergency access of the data-protection officer.
    let matters = match staff.member.role {
        Role::ProgrammeLead => Some(web.app.matters(&staff.actor).await?),
        _ => None,
    };
    let model_loaded = web.app.ready().await?;
    let checkpoint = web.app.checkpoint().await?;
    let title = t(lang, "Drift", "Operations");
    let body = html! {
        h1 { (title) }
        p.lead { (t(lang,
            "Antal, versioner och kontrollsummor. Här finns inga personer och inga ansökningar.",
            "Counts, versions and digests. There are no persons and no applications here.")) }
        @if let Some(matters) = &matters { (waiting(lang, matters, true)) }
        h2 { (t(lang, "Omgångar", "Rounds")) }
        (counts(lang, &rounds))
        div.grid2 {
            section.card {
                h2 { (t(lang, "Språkmodell", "Language model")) }
                (model(lang, &web, model_loaded))
            }
            section.card {
                h2 { (t(lang, "Tjänsten", "The service")) }
                dl.facts {
                    dt { (t(lang, "Version", "Version")) } dd { (env!("CARGO_PKG_VERSION")) }
                    dt { (t(lang, "Databas", "Database")) } dd { (t(lang, "svarar", "answers")) }
                    dt { (t(lang, "Regler (SHA-256)", "Policies (SHA-256)")) } dd {
                        code.digest { (web.app.policy_digest()) }
                    }
                    dt { (t(lang, "Loggens signerade storlek", "Signed size of the log")) }
                    dd {
                        @match signed_size(&checkpoint) {
                            Some(size) => { (size) " " (t(lang, "poster", "entries")) }
                            None => { strong { (t(lang,
                                "Kontrollvärdet går inte att läsa. Kontakta dataskyddsombudet.",
                                "The checkpoint cannot be read. Contact the data-protection officer.")) } }
                        }
                    }
                    dt { (t(lang, "Avläst", "Read at")) } dd { (web.app.now().swedish()) }
                }
            }
        }
    };
    Ok(layout::page(&web, &staff.view, title, body))
}

/// The number of entries that a checkpoint names, which is its second line.
fn signed_size(checkpoint: &str) -> Option<u64> {
    checkpoint.lines().nth(1)?.parse().ok()
}

fn counts(lang: Lang, rounds: &[(RecruitmentRow, Counts)]) -> Markup {
    html! {
        @if rounds.is_empty() {
            p.notice {
                (t(lang, "Det finns ingen rekryteringsomgång ännu.", "There is no recruitment round yet."))
            }
        } @else {
            div.table-wrap tabindex="0" role="region"
                aria-label=(t(lang, "Antal ansökningar", "Counts of applications")) {
                table.counts {
                    thead { tr {
                        th scope="col" { (t(lang, "Omgång", "Round")) }
                        th scope="col" { (t(lang, "Väntar på modellen", "Waiting for the model")) }
                        th scope="col" { (t(lang, "Lästa av modellen", "Read by the model")) }
                        th scope="col" { (t(lang, "Granskas utan AI", "Reviewed without AI")) }
                        th scope="col" { (t(lang, "Stoppade, en människa läser", "Held for a person")) }
                        th scope="col" { (t(lang, "Återtagna", "Withdrawn")) }
                        th scope="col" { (t(lang, "Raderade", "Erased")) }
                        @if rounds.iter().any(|(_, counts)| counts.other > 0) {
                            th scope="col" { (t(lang, "Okänt läge", "Unknown state")) }
                        }
                        th scope="col" { (t(lang, "Alla", "All")) }
                    } }
                    tbody {
                        @for (round, counts) in rounds {
                            tr {
                                th scope="row" {
                                    (round.title.get(lang))
                                    br; span.muted { (round.case_number) ", " (state(lang, &round.state)) }
                                }
                                td { (counts.waiting) }
                                td { (counts.assessed) }
                                td { (counts.without_ai) }
                                td { (counts.held) }
                                td { (counts.withdrawn) }
                                td { (counts.erased) }
                                @if rounds.iter().any(|(_, counts)| counts.other > 0) {
                                    td { (counts.other) }
                                }
                                td { strong { (counts.all()) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn state(lang: Lang, code: &str) -> &str {
    match code {
        "open" => t(lang, "öppen", "open"),
        "closed" => t(lang, "stängd", "closed"),
        other => other,
    }
}

fn model(lang: Lang, web: &Web, loaded: bool) -> Markup {
    html! {
        @match web.app.model().filter(|_| loaded) {
            Some(encoder) => {
                @let entry = encoder.entry();
                dl.facts {
                    dt { (t(lang, "Namn", "Name")) } dd { (entry.name) }
                    dt { (t(lang, "Revision", "Revision")) } dd { code.digest { (entry.revision) } }
                    dt { (t(lang, "Licens", "Licence")) } dd { (entry.licence) }
                    dt { (t(lang, "Språk den kan läsa", "Languages it can read")) }
                    dd {
                        @for (index, known) in entry.languages.iter().enumerate() {
                            @if index > 0 { ", " }
                            (language(lang, *known))
                        }
                    }
                    dt { (t(lang, "Kontrollsumma", "Digest")) } dd { code.digest { (entry.fingerprint()) } }
                    @for one in &entry.evaluation {
                        dt { (t(lang, "Uppmätt på ", "Measured in ")) (language(lang, one.language)) }
                        dd { (measured(lang, one)) }
                    }
                }
                @for missing in [Lang::Sv, Lang::En] {
                    @if !entry.evaluation.iter().any(|one| one.language == missing) {
                        p.notice.warn {
                            (t(lang, "Modellen har ingen lagrad utvärdering på ", "The model has no stored \
                                evaluation in "))
                            (language(lang, missing))
                            (t(lang,
                                ". Ansökningar på det språket rangordnas inte utan läses av människor.",
                                ". Applications in that language are not ranked; people read them."))
                        }
                    }
                }
            }
            None => p { (t(lang,
                "Ingen modell är laddad. Ansökningar tas emot och granskas utan rangband.",
                "No model is loaded. Applications are received and reviewed without rank bands.")) }
        }
    }
}

/// What `urval model eval` printed when the model was taken into use.
pub(super) fn measured(lang: Lang, one: &Evaluation) -> Markup {
    html! {
        (t(lang, "rätt belägg ligger närmare kravet än fel belägg i ",
            "right evidence is nearer to the requirement than wrong evidence in "))
        (per_cent(lang, one.auc))
        (t(lang, " av paren, och allra närmast för ", " of the pairs, and nearest of all for "))
        (per_cent(lang, one.top1)) (t(lang, " av ", " of ")) (one.criteria)
        (t(lang, " prövade krav", " requirements tried"))
    }
}

fn per_cent(lang: Lang, share: f64) -> String {
    let digits = format!("{:.1}", share * 100.0);
    match lang {
        Lang::Sv => format!("{} %", digits.replace('.', ",")),
        Lang::En => format!("{digits}%"),
    }
}

pub(super) fn language(lang: Lang, known: Lang) -> &'static str {
    match known {
        Lang::Sv => t(lang, "svenska", "Swedish"),
        Lang::En => t(lang, "engelska", "English"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_application_is_counted_once() {
        let rows = [
            ("submitted".to_owned(), false, 4),
            ("submitted".to_owned(), true, 2),
            ("assessed".to_owned(), false, 10),
            ("held".to_owned(), false, 1),
            ("held".to_owned(), true, 1),
            ("withdrawn".to_owned(), true, 3),
            ("erased".to_owned(), false, 2),
            ("new_state".to_owned(), false, 5),
        ];
        let counts = Counts::of(&rows);
        let expected =
            Counts { waiting: 4, assessed: 10, without_ai: 2, held: 2, withdrawn: 3, erased: 2, other: 5 };
        assert_eq!(counts, expected);
        assert_eq!(counts.all(), 28);
    }

    #[test]
    fn the_size_is_the_second_line_of_the_checkpoint() {
        assert_eq!(signed_size("log.example.org\n123\nroot\n\n\u{2014} key\n"), Some(123));
        assert_eq!(signed_size("nothing"), None);
        assert_eq!(signed_size("a\nb\n"), None);
    }
}
