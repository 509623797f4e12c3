//! What the machine read and what it found, for the applicant: verbatim quotes, levels in words, and
//! what they do not mean. Nothing is summarised.

use maud::{Markup, html};

use super::part_name;
use crate::casework::rights::OwnFile;
use crate::pipeline::explain::Explained;
use crate::pipeline::pseudonymise::SpanCategory;
use crate::subject::level::Level;
use crate::subject::profile::{Ai, Criterion};
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::layout::t;
use crate::web::pages::home::languages;

/// What a placeholder stands for.
fn stands_for(lang: Lang, category: SpanCategory) -> &'static str {
    match category {
        SpanCategory::Name => t(lang, "ditt namn", "your name"),
        SpanCategory::Person => t(lang, "namnet på någon annan", "another person's name"),
        SpanCategory::Email => t(lang, "en e-postadress", "an e-mail address"),
        SpanCategory::Phone => t(lang, "ett telefonnummer", "a telephone number"),
        SpanCategory::PersonalNumber => t(lang, "ett personnummer", "a personal identity number"),
        SpanCategory::OrganisationNumber => t(lang, "ett organisationsnummer", "an organisation number"),
        SpanCategory::Account => t(lang, "ett konto- eller kortnummer", "an account or card number"),
        SpanCategory::Vehicle => t(lang, "ett registreringsnummer", "a car's registration number"),
        SpanCategory::Address => {
            t(lang, "en gatuadress eller ett postnummer", "a street address or postcode")
        }
        SpanCategory::Town => t(lang, "en ort", "a town or other place"),
        SpanCategory::Country => t(lang, "ett land", "a country"),
        SpanCategory::Link => {
            t(lang, "en webbadress eller ett kontonamn", "an address on the web or an account name")
        }
        SpanCategory::Birth => t(lang, "födelsedatum eller födelseår", "date or year of birth"),
        SpanCategory::Sex => t(lang, "ett ord som visar kön", "a word that shows sex"),
        SpanCategory::Other => t(lang, "något annat som pekar ut dig", "something else that points you out"),
        SpanCategory::Employer => t(lang, "en arbetsgivare", "an employer"),
        SpanCategory::University => t(lang, "ett universitet eller en högskola", "a university"),
        SpanCategory::School => t(lang, "en skola", "a school"),
        SpanCategory::Municipality => t(lang, "en kommun", "a municipality"),
        SpanCategory::Region => t(lang, "en region", "a region"),
        SpanCategory::Authority => t(lang, "en myndighet", "an authority"),
        SpanCategory::Voluntary => t(
            lang,
            "en förening, ett förbund eller ett samfund, eller ett uppdrag i det",
            "an association, union or congregation, or a role in it",
        ),
        SpanCategory::Withheld => t(
            lang,
            "känsliga uppgifter om dig: de ligger förseglade i din ansökan och visas varken för granskare eller för \
             AI-stödet",
            "sensitive details about you: they stay sealed in your application and are shown to no reviewer and not \
             to the AI support",
        ),
        SpanCategory::Time => t(
            lang,
            "ett datum eller en tid; längden står kvar, till exempel [2 år]",
            "a date or time; its length stays, for example [2 years]",
        ),
        SpanCategory::Age => t(lang, "en ålder", "an age"),
        SpanCategory::Word => t(
            lang,
            "ett ord om kön, familj, ledighet, modersmål, lön eller bostadsort, utbytt mot ett neutralt, till exempel \
             [hen]",
            "a word about sex, family, leave, first language, pay or home, with a neutral one in its place, for \
             example [they]",
        ),
    }
}

pub(super) fn machine_read(lang: Lang, file: &OwnFile) -> Markup {
    let parts = file.machine_read();
    html! {
        section {
            h2 #last tabindex="-1" { (t(lang, "Det här läste maskinen", "What the machine read")) }
            p {
                (t(lang,
                    "AI-stödet och den som först läser din ansökan ser bara den här texten. Ord inom \
                     hakparentes är platshållare för sådant som togs bort. Ett nummer betyder att det är en \
                     annan uppgift av samma slag.",
                    "The AI support and the first person to read your application see only this text. Words \
                     in square brackets are placeholders for what was taken out. A number means another \
                     detail of the same kind."))
            }
            @if file.details.drawn {
                p { (t(lang, "Ansökan är lottad till granskning utan AI-stöd, så texten visas bara för människor.",
                    "The lot put the application into review without AI support, so the text is shown to people only.")) }
            } @else if file.ai_free() {
                p { (t(lang, "Eftersom du valt granskning utan AI-stöd visas texten bara för människor.",
                    "As you chose a review without AI support, the text is shown to people only.")) }
            }
            details.box {
                summary { (t(lang, "Vad platshållarna betyder", "What the placeholders mean")) }
                dl.facts {
                    @for category in SpanCategory::ALL {
                        dt { code { "[" (category.placeholder(lang == Lang::En)) "]" } }
                        dd { (stands_for(lang, *category)) }
                    }
                }
            }
            @if parts.is_empty() {
                div.notice { p { (t(lang,
                    "Maskinen har inte läst något: texten kunde inte avidentifieras säkert, och en människa \
                     tittar på den.",
                    "The machine has read nothing: the text could not be pseudonymised safely, and a person \
                     looks at it.")) } }
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

pub(super) fn assessment(web: &Web, lang: Lang, file: &OwnFile, explained: &[Explained<'_>]) -> Markup {
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
                p { (t(lang,
                    "Ingenting: ansökan granskas utan AI-stöd.",
                    "Nothing: the application is reviewed without AI support.")) }
            } @else if file.origin.is_none() {
                p { (t(lang,
                    "Ingenting än: AI-stödet har inte läst ansökan.",
                    "Nothing yet: the AI support has not read the application.")) }
            } @else {
                p {
                    (t(lang,
                        "För varje krav visas de ställen i din text som AI-stödet räknar som belägg. Att \
                         inget hittades är inget omdöme om dig: en människa läser hela texten och gör \
                         bedömningen.",
                        "For each requirement you see the places in your text that the AI support counts as \
                         evidence. That nothing was found is no judgement of you: a person reads the whole \
                         text and makes the assessment."))
                }
                @if let Some(entry) = reads {
                    @if !entry.languages.contains(&Lang::Sv) || !entry.languages.contains(&Lang::En) {
                        div.notice.warn { p {
                            (t(lang, "Modellen är gjord för ", "The model is made for "))
                            (languages(lang, &entry.languages))
                            (t(lang,
                                ". Delar på ett annat språk har den inte läst. De läses av människor.",
                                ". Parts in another language it has not read. People read them."))
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
                            dt { (t(lang,
                                "Modellens kontrollsumma",
                                "The model's digest")) } dd { code { (origin.model_digest) } }
                            dt { (t(lang,
                                "Kravprofilens kontrollsumma",
                                "The profile's digest")) } dd { code { (origin.profile_digest) } }
                        }
                        p { a href="/om" { (t(lang,
                            "Hur ett rangband blir till",
                            "How a rank band comes about")) } }
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
                    (_, None) if found => { (t(lang,
                        "ställen som visas för bedömaren, utan nivå",
                        "places shown to the assessor, without a level")) },
                    (_, None) => { (t(lang, "inga ställen hittade", "no places found")) },
                }
            }
            p.hint { (criterion.description.get(lang)) }
            @if let Some(row) = row {
                @for quote in &row.quotes { blockquote { (file.disclose(quote.text)) } }
                @if let Some(level) = level {
                    details {
                        summary { (t(lang, "Nivån i siffror", "The level in numbers")) }
                        p { (decimal(lang, level)) " " (t(lang,
                            "på en skala från 0 till 1.",
                            "on a scale from 0 to 1.")) }
                        @if row.quotes.len() > 1 {
                            ul {
                                @for (index, quote) in row.quotes.iter().enumerate() {
                                    @if let Some(without) = quote.without {
                                        li {
                                            (t(lang, "Utan citat ", "Without quote ")) (index + 1) ": "
                                            (decimal(lang, without))
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
}
