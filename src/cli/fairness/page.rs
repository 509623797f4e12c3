//! The report as a page that needs nothing else: no script, no font, no picture from elsewhere. Swedish first, English
//! below; readable on a phone and on paper.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{group_name, percent, planted_level, ratios, strength_name, summary, variant_name};
use crate::pipeline::fairness::{GroundReport, Group, Report, VariantReport};
use crate::subject::profile::FrozenProfile;
use crate::subject::words::Lang;

const CSS: &str = "
:root { color-scheme: light; --ink: #1b1b1b; --quiet: #5a5a5a; --line: #c9c9c9; --mark: #0b5cad; --bad: #a3161a; --good: #14682f; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 46rem; padding: 1rem; color: var(--ink); background: #fff; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.2; } h2 { font-size: 1.2rem; margin-top: 2rem; border-top: 1px solid var(--line); padding-top: 1rem; } h3 { font-size: 1rem; margin-bottom: 0; }
.verdict { border: 2px solid; border-radius: .4rem; padding: .6rem .9rem; } .verdict strong { font-size: 1.15rem; }
.passed { border-color: var(--good); } .failed { border-color: var(--bad); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .8rem; font-size: .9rem; } dt { color: var(--quiet); } dd { margin: 0; }
svg { display: block; width: 100%; max-width: 34rem; height: auto; } svg text { font: 10px system-ui, sans-serif; fill: var(--ink); }
table { border-collapse: collapse; font-size: .9rem; width: 100%; } th, td { text-align: left; padding: .15rem .5rem .15rem 0; border-bottom: 1px solid var(--line); } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } .quiet { color: var(--quiet); font-size: .9rem; }
.above { color: var(--bad); font-weight: 600; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; } }
@media print { body { max-width: none; font-size: 10pt; } section, svg, table, .verdict { break-inside: avoid; } a { color: inherit; } }
";

fn t<'a>(lang: Lang, sv: &'a str, en: &'a str) -> &'a str {
    match lang {
        Lang::Sv => sv,
        Lang::En => en,
    }
}

/// The page.
pub(super) fn page(report: &Report, profile: &FrozenProfile) -> String {
    html! {
        (DOCTYPE)
        html lang="sv" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Likabehandling – Urval" }
                style { (PreEscaped(CSS)) }
            }
            body {
                p { a href="#english" lang="en" hreflang="en" { "English" } }
                main {
                    article { (body(report, profile, Lang::Sv)) }
                    article #english lang="en" { (body(report, profile, Lang::En)) }
                }
            }
        }
    }
    .into_string()
}

fn body(report: &Report, profile: &FrozenProfile, lang: Lang) -> Markup {
    let key = &report.key;
    html! {
        h1 { (t(lang, "Läses ansökningar lika, vem som än har skrivit dem?", "Are applications read alike, whoever wrote them?")) }
        (verdict(report, lang))
        p { (t(lang,
            "Påhittade ansökningar och tvillingar som skiljer sig i en enda sak har lästs på samma väg som riktiga. Sidan visar vad som ändrades. En skillnad är tvillingens nivå minus grundansökans, på skalan 0 till 1. Ingen verklig person förekommer.",
            "Invented applications and twins that differ in one single thing were read the same way as real ones. The page shows what changed. A difference is the twin's level less the base's, on the scale from 0 to 1. No real person occurs.")) }
        dl {
            dt { (t(lang, "Kravprofil", "Profile")) } dd { (profile.profile().title.get(lang)) ", version " (profile.profile().version) ", sha256 " (key.profile) }
            dt { (t(lang, "Modell", "Model")) } dd { (key.model) }
            dt { (t(lang, "Metod", "Method")) } dd { (key.method) }
            dt { (t(lang, "Regler", "Policies")) } dd { "sha256 " (key.policy) }
            dt { (t(lang, "Nyckel", "Key")) } dd { (key.digest) }
            dt { (t(lang, "Grundansökningar", "Base applications")) }
            dd { (report.bases.read) " (" (report.bases.swedish) " " (t(lang, "på svenska", "in Swedish")) ", "
                (report.bases.read - report.bases.swedish) " " (t(lang, "på engelska", "in English")) "), "
                (t(lang, "frö", "seed")) " " (report.seed) ", " (report.on.to_string()) }
        }
        (planted(report, lang))
        @for ground in &report.grounds { (ground_section(ground, report, lang)) }
    }
}

fn verdict(report: &Report, lang: Lang) -> Markup {
    let limits = &report.thresholds;
    let (bases, bands, difference) = (limits.bases_min, limits.band_changes_max, limits.difference_max);
    let rule = match lang {
        Lang::Sv => format!(
            "Krav: minst {bases} grundansökningar, högst {bands} byten av band och högst {difference} i skillnad per kriterium."
        ),
        Lang::En => format!(
            "Required: at least {bases} base applications, at most {bands} changes of band and a difference of at most {difference} per criterion."
        ),
    };
    let reasons = &report.verdict.reasons;
    html! {
        div.verdict.passed[report.verdict.passed].failed[!report.verdict.passed] {
            @if report.verdict.passed {
                strong { (t(lang, "Godkänt: alla krav är uppfyllda.", "Passed: every requirement is met.")) }
            } @else {
                strong { (t(lang, "Inte godkänt.", "Not passed.")) }
                @let many = reasons.len().to_string();
                details { summary { (many) " " (t(lang, "skäl", "reason(s)")) }
                    ul { @for reason in reasons { li { (reason.line(lang)) } } }
                }
            }
            p.quiet { (rule) }
        }
    }
}

fn planted(report: &Report, lang: Lang) -> Markup {
    html! {
        section {
            h2 { (t(lang, "Ser testet någonting?", "Does the test see anything?")) }
            p { (t(lang,
                "Grundansökningarnas medelnivå efter hur starkt belägg som lades in. Skiljer sig kolumnerna inte, säger resten av sidan lite.",
                "The bases' mean level by how strong the evidence was that was put in. If the columns do not differ, the rest of the page says little.")) }
            div.scroll { table {
                thead { tr {
                    th { (t(lang, "kriterium", "criterion")) }
                    @if let Some(first) = report.planted.first() {
                        @for one in &first.levels { th.n { (strength_name(one.strength, lang)) } }
                    }
                } }
                tbody { @for row in &report.planted {
                    tr { td { (row.criterion.as_str()) " " (label(report, row.criterion.as_str(), lang)) }
                        @for one in &row.levels { td.n { (planted_level(one)) " (" (one.bases) ")" } } }
                } }
            } }
        }
    }
}

fn label<'a>(report: &'a Report, id: &str, lang: Lang) -> &'a str {
    let variants = report.grounds.iter().flat_map(|ground| &ground.variants);
    let mut criteria = variants.flat_map(|variant| &variant.criteria);
    criteria.find(|criterion| criterion.id.as_str() == id).map_or("", |criterion| criterion.label.get(lang))
}

fn ground_section(ground: &GroundReport, report: &Report, lang: Lang) -> Markup {
    html! {
        section {
            h2 { (ground.ground.label(lang)) }
            @for variant in &ground.variants {
                h3 { (variant_name(ground.ground, variant.code, lang)) }
                p { (summary(variant, lang)) "." }
                @if variant.changed.count > 0 {
                    (differences(variant, report.thresholds.difference_max, lang))
                    (table(variant, report.thresholds.difference_max, lang))
                }
            }
            @if ground.groups.len() > 1 { (impacts(ground, lang)) }
        }
    }
}

fn table(variant: &VariantReport, difference_max: f64, lang: Lang) -> Markup {
    html! {
        details { summary { (t(lang, "Siffrorna", "The figures")) }
            div.scroll { table {
                thead { tr {
                    th { (t(lang, "kriterium", "criterion")) }
                    th.n { (t(lang, "medelskillnad", "mean difference")) }
                    th.n { (t(lang, "95 % intervall", "95 % interval")) }
                    th.n { (t(lang, "medel utan tecken", "mean without sign")) }
                    th.n { (t(lang, "störst", "greatest")) }
                    th.n { (t(lang, "i nr", "in no.")) }
                } }
                tbody { @for one in &variant.criteria {
                    tr { td { (one.id.as_str()) " " (one.label.get(lang)) }
                        td.n { (format!("{:+.4}", one.mean.value)) }
                        td.n { (format!("{:+.4} … {:+.4}", one.mean.interval.low, one.mean.interval.high)) }
                        td.n { (format!("{:.4}", one.mean_absolute)) }
                        td.n.above[one.greatest.abs() > difference_max] { (format!("{:+.4}", one.greatest)) }
                        td.n { @if let Some(base) = one.greatest_in { (base) } @else { "–" } } }
                } }
            } }
        }
    }
}

const WIDTH: f64 = 360.0;
const ROW: f64 = 30.0;

/// A number for an attribute of SVG.
fn at(value: f64) -> String {
    format!("{value:.1}")
}

/// For each criterion the mean with its interval, and the greatest difference, against the threshold.
fn differences(variant: &VariantReport, difference_max: f64, lang: Lang) -> Markup {
    let reach = variant
        .criteria
        .iter()
        .flat_map(|one| [one.greatest.abs(), one.mean.interval.low.abs(), one.mean.interval.high.abs()])
        .fold(2.0 * difference_max, f64::max)
        .min(1.0);
    let x = |value: f64| at(10.0 + (value.clamp(-reach, reach) + reach) / (2.0 * reach) * (WIDTH - 20.0));
    let height = ROW * variant.criteria.len() as f64 + 16.0;
    let bottom = at(height - 14.0);
    let told: Vec<String> = variant
        .criteria
        .iter()
        .map(|one| format!("{}: {:+.3}, {:+.3}", one.id.as_str(), one.mean.value, one.greatest))
        .collect();
    let what = t(lang, "Medelskillnad och största skillnad", "Mean and greatest difference");
    html! {
        svg viewBox={ "0 0 360 " (at(height)) } role="img" aria-label={ (what) ". " (told.join("; ")) } {
            line x1=(x(0.0)) y1="0" x2=(x(0.0)) y2=(bottom) stroke="#8a8a8a" {}
            @for limit in [-difference_max, difference_max] {
                line x1=(x(limit)) y1="0" x2=(x(limit)) y2=(bottom) stroke="#a3161a" stroke-dasharray="3 3" {}
                text x=(x(limit)) y=(at(height - 3.0)) text-anchor="middle" { (format!("{limit:+}")) }
            }
            text x="10" y=(at(height - 3.0)) { (format!("{:+.2}", -reach)) }
            text x="350" y=(at(height - 3.0)) text-anchor="end" { (format!("{reach:+.2}")) }
            @for (row, one) in variant.criteria.iter().enumerate() {
                @let y = ROW * row as f64;
                @let middle = at(y + 20.0);
                text x="10" y=(at(y + 11.0)) { (one.id.as_str()) " " (one.label.get(lang)) }
                line x1=(x(one.mean.interval.low)) y1=(middle) x2=(x(one.mean.interval.high)) y2=(middle) stroke="#0b5cad" stroke-width="3" {}
                circle cx=(x(one.mean.value)) cy=(middle) r="3.5" fill="#0b5cad" {}
                @if one.greatest_in.is_some() {
                    line x1=(x(one.greatest)) y1=(at(y + 15.0)) x2=(x(one.greatest)) y2=(at(y + 25.0)) stroke="#1b1b1b" stroke-width="2" {}
                }
            }
        }
        p.quiet { (t(lang,
            "Punkt och stapel: medelskillnad med 95 % intervall. Streck: största skillnaden. Streckade linjer: kravet.",
            "Dot and bar: mean difference with its 95 % interval. Stroke: the greatest difference. Dashed lines: the requirement.")) }
    }
}

/// The impact ratio of each group with its interval and the customary line at 0.8.
fn impacts(ground: &GroundReport, lang: Lang) -> Markup {
    const REACH: f64 = 1.6;
    let x = |value: f64| at(10.0 + value.clamp(0.0, REACH) / REACH * (WIDTH - 20.0));
    let height = ROW * ground.groups.len() as f64 + 16.0;
    let bottom = at(height - 14.0);
    let named = |group: &Group| {
        let ratio = group.impact.ratio.map_or_else(|| "–".into(), |ratio| format!("{ratio:.2}"));
        format!(
            "{}: {ratio} ({})",
            group_name(ground.ground, group.code, lang),
            ratios(group.impact.interval)
        )
    };
    let told: Vec<String> = ground.groups.iter().map(named).collect();
    html! {
        h3 { (t(lang, "Andel över medianen, mot den högsta gruppens", "Share above the median, against the highest group's")) }
        svg viewBox={ "0 0 360 " (at(height)) } role="img" aria-label=(told.join("; ")) {
            @for (value, dash) in [(0.8, "3 3"), (1.0, "1 0")] {
                line x1=(x(value)) y1="0" x2=(x(value)) y2=(bottom) stroke=(if value < 1.0 { "#a3161a" } else { "#8a8a8a" }) stroke-dasharray=(dash) {}
                text x=(x(value)) y=(at(height - 3.0)) text-anchor="middle" { (value) }
            }
            @for (row, group) in ground.groups.iter().enumerate() {
                @let y = ROW * row as f64;
                @let middle = at(y + 21.0);
                text x="10" y=(at(y + 11.0)) { (named(group)) }
                @if let Some(ratio) = group.impact.ratio {
                    rect x="10" y=(at(y + 16.0)) width=(at(ratio.clamp(0.0, REACH) / REACH * (WIDTH - 20.0))) height="10" fill="#b9d3ee" {}
                }
                line x1=(x(group.impact.interval.low)) y1=(middle) x2=(x(group.impact.interval.high)) y2=(middle) stroke="#0b5cad" stroke-width="2" {}
            }
        }
        p.quiet {
            @for (index, group) in ground.groups.iter().enumerate() {
                @if index > 0 { "; " }
                (group_name(ground.ground, group.code, lang)) " " (percent(&group.impact.rate))
            }
            ". " (t(lang, "Linjen 0,8 är den brukliga gränsen i New Yorks lag 144.", "The line at 0.8 is the customary one under New York's Local Law 144."))
        }
    }
}
