//! What is shown once the blind marks are given: the rank band, and for each criterion the model's
//! level and the quotes that it rests on. No text here is written by the model.

use maud::{Markup, html};

use super::kept::Kept;
use super::marks::{change_form, for_the_interview, kind_sentence, own_marks};
use super::reading::section_name;
use super::{Evidence, own_mark};
use crate::casework::review::{ReviewFile, SectionView, marked_now, settled_by_words};
use crate::pipeline::credit::NoCredit;
use crate::pipeline::explain::{NotCounted, Quote};
use crate::subject::level::Level;
use crate::subject::profile::{Ai, Criterion};
use crate::subject::words::Lang;
use crate::web::callers::View;
use crate::web::layout::t;
use crate::web::pages::work::languages_named;

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

pub(super) fn bands(lang: Lang, file: &ReviewFile, evidence: Option<&Evidence<'_>>) -> Markup {
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
                        ", och delar av texten är på det språket. De delarna räknas inte i band och nivåer: läs \
                         dem själv.",
                        ", and parts of the text are in that language. Those parts do not count in band and \
                         levels: read them yourself."))
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

pub(super) fn findings(
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
        @if evidence.is_some() { (crate::web::pages::instructions::link(lang)) }
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

/// Why a passage earned nothing, in words.
fn no_credit_words(lang: Lang, why: NoCredit) -> &'static str {
    match why {
        NoCredit::Copied => {
            t(lang, "samma ord som i kravprofilen eller frågan", "the words of the profile or the question")
        }
        NoCredit::Keywords => t(lang, "en rad ord utan mening", "words in a row without a sentence"),
        NoCredit::Repeated => t(lang, "står redan tidigare i ansökan", "stands earlier in the application"),
    }
}

/// Passages that the AI support did not count, for the person to judge.
pub(super) fn not_counted(lang: Lang, file: &ReviewFile, passages: &[NotCounted<'_>]) -> Markup {
    html! {
        @if !passages.is_empty() {
            details.card {
                summary {
                    (t(lang, "Stycken som AI-stödet inte räknade", "Passages that the AI support did not count"))
                    " (" (passages.len()) ")"
                }
                p.hint { (t(lang,
                    "De gav inget i nivå eller band. Det behöver inte vara något fel på dem: läs och bedöm själv.",
                    "They gave nothing in level or band. There need be nothing wrong with them: read them and judge for \
                     yourself.")) }
                ul.quotes {
                    @for passage in passages {
                        li {
                            blockquote { (file.disclose(passage.text)) }
                            p.hint { (no_credit_words(lang, passage.why)) }
                        }
                    }
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
            @if let Some((low, high)) = found.spread {
                p.hint {
                    (decimal(lang, low.as_f64(), 2)) (t(lang, " till ", " to ")) (decimal(lang, high.as_f64(), 2))
                    (t(lang,
                        " när samma sak sägs lite annorlunda",
                        " when the same is said a little differently"))
                }
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_level_is_said_in_words_that_rise_with_it() {
        let said: Vec<&str> =
            [0.0, 0.2, 0.5, 0.9].into_iter().map(|x| level_words(Lang::Sv, Level::from_unit(x))).collect();
        assert_eq!(said, ["mycket svaga belägg", "svaga belägg", "tydliga belägg", "starka belägg"]);
    }
}
