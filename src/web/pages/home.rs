//! The first page, the page about the service and its limits, the style sheet, the language switch,
//! and the two addresses that machines ask for health. Nothing here shows personal data.

use std::fmt::Write as _;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::operator::{language, measured};
use crate::casework::RecruitmentRow;
use crate::pipeline::score::METHOD;
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::callers::{Visitor, set_cookie};
use crate::web::layout::{page, t};
use crate::web::problem::Problem;

const STYLE: &str = concat!(include_str!("../static/base.css"), "\n", include_str!("../static/staff.css"));

/// Seconds for which a browser remembers the chosen language: a year.
const LANGUAGE_SECONDS: u32 = 365 * 24 * 3600;

/// The first page.
///
/// # Errors
/// When the rounds cannot be read.
pub async fn first(visitor: Visitor, State(web): State<Web>) -> Result<Response, Problem> {
    let lang = visitor.view.lang;
    let rounds = web.app.rounds().await?;
    let body = html! {
        h1 { (t(lang,
            "Beslutsstöd för en gemensam traineerekrytering",
            "Decision support for a joint trainee recruitment")) }
        p.lead {
            (t(lang,
                "Urval tar emot ansökningar till kommunernas gemensamma traineeprogram, tar bort det som \
                 visar vem du är och låser in resten krypterat. En språkmodell som körs här hos oss visar \
                 vilka belägg som finns för varje krav, med citat ur texten. Människor läser, bedömer och \
                 beslutar – Urval beslutar aldrig.",
                "Urval takes in applications to the municipalities' joint trainee programme, takes out what \
                 shows who you are and locks the rest away encrypted. A language model that runs here shows \
                 what evidence there is for each requirement, with quotes from the text. People read, assess \
                 and decide – Urval never decides."))
        }
        @if !web.demo_logins.is_empty() { (demonstration(lang)) }
        h2 { (t(lang, "Sök", "Apply")) }
        @if rounds.is_empty() {
            p { (t(lang,
                "Det finns ingen öppen ansökningsomgång just nu.",
                "There is no open round at the moment.")) }
        }
        @for round in &rounds { (round_card(lang, round)) }
        div.grid2 {
            section.card {
                h2 { (t(lang, "Har du redan sökt?", "Have you already applied?")) }
                p {
                    (t(lang,
                        "Med din kvittokod ser du allt som finns sparat om dig, vad maskinen läste och vem \
                         som har tittat. Där kan du också begära granskning utan AI-stöd eller dra tillbaka \
                         ansökan.",
                        "With your receipt code you see everything that is stored about you, what the \
                         machine read and who has looked. There you can also ask for a review without AI \
                         support or withdraw."))
                }
                p { a.button.secondary href="/min-ansokan" { (t(lang, "Min ansökan", "My application")) } }
            }
            section.card {
                h2 { (t(lang, "Arbetar du med rekryteringen?", "Do you work with the recruitment?")) }
                p {
                    (t(lang,
                        "Bedömare, rekryterare, chefer och dataskyddsombud loggar in med eget konto. Allt du \
                         öppnar skrivs i loggen.",
                        "Assessors, recruiters, managers and data-protection officers log in with their own \
                         account. Everything you open is written in the log."))
                }
                p { a.button.secondary href="/logga-in" { (t(lang,
                    "Logga in som personal",
                    "Staff login")) } }
            }
        }
        h2 { (t(lang, "Så går det till", "How it works")) }
        ol.steps {
            li { strong { (t(lang, "Du söker.", "You apply.")) } " "
                (t(lang, "Ansökan avidentifieras och krypteras innan något sparas.",
                    "The application is pseudonymised and encrypted before anything is stored.")) }
            li { strong { (t(lang, "AI-stödet letar belägg.", "The AI support looks for evidence.")) } " "
                (t(lang,
                    "Det läser bara den avidentifierade texten och visar citat för varje krav i \
                     kravprofilen.",
                    "It reads only the pseudonymised text and shows quotes for each requirement of the \
                     profile.")) }
            li { strong { (t(lang,
                "En människa läser först utan AI-stöd.",
                "A person first reads without the AI support.")) } " "
                (t(lang, "Bedömaren sätter sina egna omdömen innan AI-stödets bild visas.",
                    "The assessor sets marks of their own before the AI support's view is shown.")) }
            li { strong { (t(lang, "En namngiven chef beslutar.", "A named manager decides.")) } " "
                (t(lang, "Varje beslut har ett skrivet skäl. Vem du är visas först när du går vidare.",
                    "Every decision has a written reason. Who you are is shown only when you proceed.")) }
        }
    };
    Ok(page(&web, &visitor.view, t(lang, "Start", "Start"), body))
}

fn demonstration(lang: Lang) -> Markup {
    html! {
        section.notice.warn aria-labelledby="demo" {
            h2 #demo { (t(lang, "Det här är en demonstration", "This is a demonstration")) }
            p {
                (t(lang,
                    "Kommunerna finns på riktigt, men omgången, ärendenumren, de sökande och besluten är \
                     påhittade. Skriv inga riktiga personuppgifter här.",
                    "The municipalities are real, but the round, the case numbers, the applicants and the \
                     decisions are invented. Do not type real personal data here."))
            }
            ul {
                li { a href="/logga-in" { (t(lang, "Logga in i en roll", "Log in with a role")) } " "
                    (t(lang,
                        "– inloggningsnamnen finns på sidan och lösenordet i terminalen där Urval startades.",
                        "– the login names are on that page and the password is in the terminal where Urval \
                         was started.")) }
                li { (t(lang,
                    "Eller sök själv nedan med påhittade uppgifter och följ ansökan med kvittokoden.",
                    "Or apply yourself below with invented details and follow the application with the \
                     receipt code.")) }
            }
        }
    }
}

fn round_card(lang: Lang, round: &RecruitmentRow) -> Markup {
    let open = round.state == "open";
    html! {
        article.card {
            h3 { (round.title.get(lang)) }
            p {
                @if open { span.tag.ok { (t(lang, "Öppen för ansökan", "Open for applications")) } }
                @else { span.tag { (t(lang, "Stängd", "Closed")) } }
                @if round.invented { " " span.tag.warn { (t(lang, "Påhittad", "Invented")) } }
                " " span.muted { (t(lang, "Ärende", "Case")) " " (round.case_number) }
            }
            @if open {
                p { a.button href={ "/sok/" (round.id) } { (t(lang,
                    "Till ansökan",
                    "Go to the application")) } }
            }
        }
    }
}

/// The style sheet: both files as one.
pub async fn style(_visitor: Visitor) -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

/// Where to go after the language switch.
#[derive(Debug, Default, Deserialize)]
pub struct BackTo {
    till: Option<String>,
}

/// Remembers the language and leads back to the page.
///
/// # Errors
/// For a language that there is not.
pub async fn choose_language(
    _visitor: Visitor,
    State(web): State<Web>,
    Path(code): Path<String>,
    Query(back): Query<BackTo>,
) -> Result<Response, Problem> {
    let lang = match code.as_str() {
        "sv" => Lang::Sv,
        "en" => Lang::En,
        _ => return Err(Problem::not_found()),
    };
    let mut cookie = set_cookie(&web, "lang", lang.code());
    // Writing to a String cannot fail.
    let _ = write!(cookie, "; Max-Age={LANGUAGE_SECONDS}");
    let mut response = Redirect::to(local_path(back.till.as_deref().unwrap_or("/"))).into_response();
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// The path itself when it surely stays on this site, otherwise `/`. Browsers read `//host` and
/// `/\host` as another site and drop tabs and line ends, so only plain visible ASCII is let through.
fn local_path(path: &str) -> &str {
    let mut bytes = path.bytes();
    let rooted = bytes.next() == Some(b'/') && !matches!(bytes.next(), Some(b'/' | b'\\'));
    let plain = path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if rooted && plain && path.len() <= 1024 { path } else { "/" }
}

/// Says that the process answers; it touches nothing else.
pub async fn healthz(_visitor: Visitor) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], "ok").into_response()
}

/// Says whether the database answers, the clock can be believed and the model is loaded: 200 when all,
/// otherwise 503.
pub async fn readyz(_visitor: Visitor, State(web): State<Web>) -> Response {
    let (status, database) = match web.app.ready().await {
        Ok(true) => (StatusCode::OK, "ok"),
        Ok(false) => (StatusCode::SERVICE_UNAVAILABLE, "ok"),
        Err(error) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
        }
    };
    let model = if web.app.model().is_some() { "loaded" } else { "absent" };
    let (status, clock) = match web.app.time() {
        Ok(_) => (status, "ok"),
        Err(error) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "in doubt")
        }
    };
    let body = json!({ "database": database, "model": model, "clock": clock }).to_string();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// What the service does, does not do and cannot do.
///
/// # Errors
/// None of its own.
pub async fn about(visitor: Visitor, State(web): State<Web>) -> Result<Response, Problem> {
    let lang = visitor.view.lang;
    let entry = web.app.model().map(|encoder| encoder.entry());
    let reads_swedish = entry.is_some_and(|entry| entry.languages.contains(&Lang::Sv));
    let body = html! {
        h1 { (t(lang,
            "Om tjänsten och AI-stödets begränsningar",
            "About the service and the limits of its AI support")) }
        p.lead {
            (t(lang,
                "Urval är ett beslutsstöd. Det fattar inga beslut, sorterar inte bort någon och har ingen \
                 gräns som måste passeras.",
                "Urval is decision support. It makes no decisions, rejects nobody and has no threshold to \
                 pass."))
        }
        div.grid2 {
            section.card {
                h2 { (t(lang, "Det här gör Urval", "What Urval does")) }
                ul {
                    li { (t(lang,
                        "Ersätter namn, kontaktuppgifter, personnummer, födelsedatum, länkar och ord som \
                         visar kön med platshållare.",
                        "Replaces names, contact details, personal identity numbers, dates of birth, links \
                         and words that show sex with placeholders.")) }
                    li { (t(lang,
                        "Krypterar varje sökandes uppgifter med egna nycklar.",
                        "Encrypts each applicant's data with keys of their own.")) }
                    li { (t(lang,
                        "Visar belägg: ordagranna citat för varje krav i en kravprofil som är låst innan \
                         någon läser.",
                        "Shows evidence: verbatim quotes for each requirement of a profile that is frozen \
                         before anyone reads.")) }
                    li { (t(lang,
                        "Lägger ansökningar i rangband för varje placering. I ett band finns ingen inbördes \
                         ordning.",
                        "Places applications in rank bands for each placement. Within a band there is no \
                         order.")) }
                    li { (t(lang,
                        "Skriver in varje läsning i en logg som inte kan ändras i efterhand utan att det \
                         syns.",
                        "Records every reading in a log that cannot be changed afterwards without it \
                         showing.")) }
                }
            }
            section.card {
                h2 { (t(lang, "Det här gör Urval inte", "What Urval does not do")) }
                ul {
                    li { (t(lang,
                        "Beslutar aldrig. En kommunal anställning får inte beslutas automatiskt (6 kap. 38 § \
                         kommunallagen).",
                        "It never decides. A municipal appointment may not be decided automatically (Chapter \
                         6, Section 38 of the Local Government Act).")) }
                    li { (t(lang,
                        "Skriver eller sammanfattar ingenting. Det som visas som belägg är ordagranna citat.",
                        "It writes and summarises nothing. What is shown as evidence is quoted word for \
                         word.")) }
                    li { (t(lang,
                        "Bedömer inte personliga egenskaper, skrivsätt, luckor i meritförteckningen eller \
                         känslor.",
                        "It does not assess personal qualities, style of writing, gaps in a CV or emotions."))
                    }
                    li { (t(lang,
                        "Lär sig inte av ansökningar. Ingen modell tränas på dem.",
                        "It does not learn from applications. No model is trained on them.")) }
                    li { (t(lang, "Skickar inte din text till någon AI-leverantör. Modellen körs i tjänsten.",
                        "It sends your text to no AI supplier. The model runs inside the service.")) }
                }
            }
        }

        h2 { (t(lang, "Modellen", "The model")) }
        @if let Some(entry) = entry {
            dl.facts {
                dt { (t(lang, "Namn", "Name")) } dd { (entry.name) }
                dt { (t(lang, "Utgåva", "Revision")) } dd { (entry.revision) }
                dt { (t(lang, "Licens", "Licence")) } dd { (entry.licence) }
                dt { (t(lang, "Läser", "Reads")) } dd { (languages(lang, &entry.languages)) }
                dt { (t(lang, "Metod", "Method")) } dd { code { (METHOD) } }
            }
        } @else {
            div.notice.warn {
                p { (t(lang,
                    "Ingen modell är inläst just nu. Ansökningar tas emot och granskas helt av människor.",
                    "No model is loaded at the moment. Applications are taken in and reviewed by people \
                     alone.")) }
            }
        }
        h2 { (t(lang, "Hur ett rangband blir till", "How a rank band comes about")) }
        ol {
            li { (t(lang,
                "Den avidentifierade texten delas i meningar.",
                "The pseudonymised text is split into sentences.")) }
            li { (t(lang,
                "Varje mening jämförs med kravets beskrivning och med exempel på svaga, tillräckliga och \
                 starka belägg.",
                "Each sentence is compared with the requirement's description and with examples of weak, \
                 adequate and strong evidence.")) }
            li { (t(lang,
                "De upp till tre bästa meningarna ger kravets nivå. Nivån gånger kravets vikt summeras.",
                "The up to three best sentences give the requirement's level. Level times weight is added \
                 up.")) }
            li { (t(lang,
                "Ord som är hämtade ur annonsen eller kravprofilen, rader av nyckelord och upprepade stycken ger \
                 ingenting. En människa får se dem.",
                "Words taken from the advertisement or the profile, rows of keywords and repeated passages give \
                 nothing. A person is shown them.")) }
            li { (t(lang,
                "Varje ansökan läses också i tolv varianter som säger samma sak: med stavfel, andra ord eller \
                 några meningar borttagna. Så långt som summan rör sig då, så osäker är den. Ett nytt band \
                 börjar först där osäkerheten inte längre når upp till bandets första. Samma text ger alltid \
                 samma resultat.",
                "Each application is also read in twelve variants that say the same: with typing errors, other \
                 words or some sentences left out. As far as the sum moves then, so uncertain is it. A new band \
                 begins only where the uncertainty no longer reaches the first of the band. The same text always \
                 gives the same result.")) }
        }
        h2 { (t(lang, "Kända begränsningar", "Known limits")) }
        ul {
            @if entry.is_some() && !reads_swedish {
                li { strong { (t(lang,
                    "Modellen kan inte läsa svenska.",
                    "The model cannot read Swedish.")) } " "
                    (t(lang,
                        "Ansökningar på svenska rangordnas därför inte. Människor läser dem.",
                        "Applications in Swedish are therefore not ranked. People read them.")) }
            }
            @for one in entry.iter().flat_map(|entry| &entry.evaluation) {
                li { (t(lang, "På ", "In ")) (language(lang, one.language)) ": " (measured(lang, one)) "." }
            }
            li { (t(lang,
                "Bandens bredd visar hur mycket modellen rör sig när samma sak sägs annorlunda. Den visar inte \
                 hur ofta modellen har fel på samma sätt i alla varianter.",
                "The width of the bands shows how much the model moves when the same is said differently. It does \
                 not show how often the model is wrong in the same way in all variants.")) }
            li { (t(lang,
                "Modellen kan missa belägg som är ovanligt formulerade. Att inget hittades betyder inte att \
                 det saknas.",
                "The model can miss evidence that is put in unusual words. That nothing was found does not \
                 mean that it is missing.")) }
            li { (t(lang,
                "Avidentifieringen kan missa något. Namn på andra personer, föreningar och arbetsplatser tas \
                 inte bort, och inte heller sådant du själv berättar om till exempel hälsa eller tro.",
                "The pseudonymisation can miss something. Names of other people, associations and workplaces \
                 are not taken out, nor what you yourself tell of, for example, health or belief.")) }
            li { (t(lang,
                "Hur rättvis modellen är mellan grupper är inte uppmätt än. Därför läser en människa varje \
                 ansökan utan AI-stöd först.",
                "How fair the model is between groups has not been measured yet. That is why a person reads \
                 every application without the AI support first.")) }
        }

        h2 { (t(lang, "Dina rättigheter", "Your rights")) }
        ul {
            li { (t(lang,
                "Se allt som finns om dig, och ladda ner det, på ",
                "See everything there is about you, and download it, at "))
                a href="/min-ansokan" { (t(lang, "Min ansökan", "My application")) } "." }
            li { (t(lang,
                "Få granskningen gjord utan AI-stöd (invändning, artikel 21). Det påverkar inte dina \
                 möjligheter.",
                "Have the review made without AI support (objection, Article 21). It does not affect your \
                 chances.")) }
            li { (t(lang,
                "Begära rättelse, begränsning eller radering. Ansökan är en allmän handling, så radering \
                 prövas av en människa och beslutet kan överklagas.",
                "Ask for rectification, restriction or erasure. The application is a public record, so \
                 erasure is considered by a person, and the decision can be appealed.")) }
            li { (t(lang,
                "Få veta vilken roll AI-stödet hade i ett beslut om dig (artikel 86 i AI-förordningen).",
                "Be told what part the AI support had in a decision about you (Article 86 of the AI Act).")) }
        }
        h2 { (t(lang, "Klaga", "Complain")) }
        p {
            (t(lang,
                "Prata gärna först med dataskyddsombudet i kommunen vars placering du söker. Du kan alltid \
                 klaga hos Integritetsskyddsmyndigheten (IMY):",
                "Feel free to speak first with the data-protection officer of the municipality whose \
                 placement you seek. You can always complain to the Swedish Authority for Privacy Protection \
                 (IMY):"))
        }
        (complain_to(lang))
    };
    Ok(page(&web, &visitor.view, t(lang, "Om tjänsten", "About the service"), body))
}

/// Where a complaint about the handling of personal data goes.
pub(super) fn complain_to(lang: Lang) -> Markup {
    html! {
        dl.facts {
            dt { (t(lang, "Webb", "Web")) } dd { a href="https://www.imy.se" rel="noreferrer" { "imy.se" } }
            dt { (t(lang, "E-post", "E-mail")) } dd { "imy@imy.se" }
            dt { (t(lang, "Post", "Post")) } dd { "Integritetsskyddsmyndigheten, Box 8114, 104 20 Stockholm" }
        }
    }
}

/// Names of languages in a row.
pub(super) fn languages(lang: Lang, list: &[Lang]) -> String {
    let names: Vec<&str> = list
        .iter()
        .map(|one| match one {
            Lang::Sv => t(lang, "svenska", "Swedish"),
            Lang::En => t(lang, "engelska", "English"),
        })
        .collect();
    names.join(t(lang, " och ", " and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_switch_leads_to_no_other_site() {
        for kept in ["/", "/om", "/sok/7d1f/ansokan", "/min-ansokan/sida?klart=access"] {
            assert_eq!(local_path(kept), kept);
        }
        for refused in [
            "",
            "om",
            "//example.org",
            "///example.org",
            "/\\example.org",
            "\\/example.org",
            "https://example.org",
            "/\t/example.org",
            "/\n/example.org",
            "/a b",
            "/å",
            "/om\r\nSet-Cookie: a=b",
            "/a\\b",
        ] {
            assert_eq!(local_path(refused), "/", "{refused:?}");
        }
        assert_eq!(local_path(&format!("/{}", "a".repeat(2000))), "/");
    }

    #[test]
    fn the_style_sheet_fetches_nothing_and_closes_what_it_opens() {
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
        assert_eq!(STYLE.matches('{').count(), STYLE.matches('}').count());
        let agreed = "lead card grid2 notice error field hint button tag table-wrap band muted facts steps";
        for class in agreed.split(' ') {
            assert!(STYLE.contains(&format!(".{class}")), "{class}");
        }
    }
}
