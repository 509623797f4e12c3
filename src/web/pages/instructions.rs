//! The instructions for use (bruksanvisning) of the AI support, AI Act Article 13: what it is for, how to work with
//! it, what it is bad at, how to stop. Every panel that shows the model's work links here.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use super::home::languages;
use crate::pipeline::score::METHOD;
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::callers::Visitor;
use crate::web::layout::{page, t};
use crate::web::problem::Problem;

/// Where they are.
pub const PATH: &str = "/bruksanvisning";

/// A link to them, for a panel that shows the model's work.
#[must_use]
pub fn link(lang: Lang) -> Markup {
    html! {
        p.hint { a href=(PATH) { (t(lang, "Bruksanvisning: så läser du AI-stödet, och vad det är dåligt på",
            "Instructions for use: how to read the AI support, and what it is bad at")) } }
    }
}

/// The page.
///
/// # Errors
/// None of its own.
pub async fn show(visitor: Visitor, State(web): State<Web>) -> Result<Response, Problem> {
    let lang = visitor.view.lang;
    let entry = web.app.model().map(|encoder| encoder.entry());
    let title = t(lang, "Bruksanvisning för AI-stödet", "Instructions for use of the AI support");
    let body = html! {
        h1 { (title) }
        p.lead { (t(lang,
            "För den som läser, bedömer, beslutar eller granskar. Enligt artikel 13 i AI-förordningen.",
            "For whoever reads, marks, decides or audits. Under Article 13 of the AI Act.")) }
        dl.facts {
            @if let Some(entry) = entry {
                dt { (t(lang, "Modell", "Model")) } dd { (entry.name) ", " (t(lang, "utgåva ", "revision ")) (entry.revision) }
                dt { (t(lang, "Läser", "Reads")) } dd { (languages(lang, &entry.languages)) }
            } @else {
                dt { (t(lang, "Modell", "Model")) } dd { (t(lang, "ingen är inläst", "none is loaded")) }
            }
            dt { (t(lang, "Metod", "Method")) } dd { code { (METHOD) } }
        }
        (purpose(lang))
        (reading(lang))
        (limits(lang))
        (stopping(lang))
    };
    Ok(page(&web, &visitor.view, title, body))
}

fn purpose(lang: Lang) -> Markup {
    html! {
        h2 { (t(lang, "Vad det är till för", "What it is for")) }
        p { (t(lang,
            "Att i en avidentifierad ansökan hitta de stycken som talar för varje kriterium i kravprofilen, och att \
             lägga ansökningar som inte kan skiljas åt i samma rangband. Inget annat: inte att sortera bort, inte att \
             besluta, inte att bedöma personlighet, språk eller luckor.",
            "To find in a pseudonymised application the passages that speak for each criterion of the profile, and to \
             put applications that cannot be told apart in one rank band. Nothing else: not to reject, not to decide, \
             not to assess personality, language or gaps.")) }
    }
}

fn reading(lang: Lang) -> Markup {
    html! {
        h2 { (t(lang, "Så läser du det", "How to read it")) }
        ol.steps {
            li { (t(lang,
                "Läs ansökan och bedöm själv först. Banden visas först när dina omdömen är lämnade.",
                "Read the application and mark it yourself first. Bands are shown only when your marks are given.")) }
            li { (t(lang,
                "Läs sedan de citerade styckena, inte nivån. Är det den sökandes egen merit? Står det ”inte” eller \
                 ”vill”? Modellen kan ta fel på båda.",
                "Then read the quoted passages, not the level. Is it the applicant's own merit? Does it say “not” or \
                 “want”? The model can mistake both.")) }
            li { (t(lang,
                "Inga belägg hittade är inte ett lågt omdöme. Läs ansökan en gång till med kriteriet i handen.",
                "No evidence found is not a low mark. Read the application once more with the criterion at hand.")) }
            li { (t(lang,
                "Spannet efter nivån visar hur mycket den rör sig när samma sak sägs lite annorlunda. Ett brett spann \
                 betyder att lite text bär mycket.",
                "The range after a level shows how far it moves when the same is said a little differently. A wide \
                 range means that little text carries much.")) }
            li { (t(lang,
                "Ansökningar i samma band har ingen inbördes ordning. ”Nära bandet ovanför” betyder att den inte kan \
                 skiljas från någon där.",
                "Applications in one band have no order among them. “Near the band above” means that it cannot be told \
                 apart from somebody there.")) }
            li { (t(lang,
                "Stycken som inte räknades (kravprofilens egna ord, rader av nyckelord, upprepningar) visas för sig. Det \
                 behöver inte vara något fel på dem.",
                "Passages that were not counted (the profile's own words, rows of keywords, repeats) are shown apart. \
                 There need be nothing wrong with them.")) }
            li { (t(lang,
                "Ändrar du ett omdöme efter att ha sett bandet: skriv varför. Båda står kvar.",
                "If you change a mark after you saw the band: write why. Both stay.")) }
        }
    }
}

fn limits(lang: Lang) -> Markup {
    html! {
        h2 { (t(lang, "Vad det är dåligt på", "What it is bad at")) }
        ul {
            li { (t(lang,
                "Nekade påståenden, önskemål och andras meriter kan räknas som belägg.",
                "Negations, wishes and other people's merits can count as evidence.")) }
            li { (t(lang,
                "Ovanliga ord, dialekt och fackspråk som modellen inte har läst kan missas.",
                "Unusual words, dialect and terms of a field that the model has not read can be missed.")) }
            li { (t(lang,
                "Korta ansökningar ger få stycken att hitta i. Bandets bredd visar det bara delvis.",
                "Short applications give few passages to find anything in. The width of a band shows that only in part.")) }
            li { (t(lang,
                "Nivåer jämförs inte mellan språk, kravprofiler, omgångar eller utgåvor av modellen.",
                "Levels do not compare between languages, profiles, rounds or revisions of the model.")) }
            li { (t(lang,
                "Det är fel på samma sätt varje gång: samma text ger alltid samma resultat, också när det är fel.",
                "It is wrong in the same way each time: the same text always gives the same result, also when it is \
                 wrong.")) }
        }
    }
}

fn stopping(lang: Lang) -> Markup {
    html! {
        h2 { (t(lang, "Om något är fel", "If something is wrong")) }
        p { (t(lang,
            "Du kan alltid gå emot bandet. Ser du ett mönster, till exempel att en grupp sökande hamnar lägre utan \
             skäl: säg det till dataskyddsombudet och den som leder programmet. Granskningen går att göra helt utan \
             AI-stöd.",
            "You can always go against the band. If you see a pattern, such as that a group of applicants ends lower \
             without a reason: tell the data-protection officer and the programme lead. The review can be made wholly \
             without AI support.")) }
        p { (t(lang,
            "Varje läsning av modellen är en post i loggen med modell, metod och kravprofil.",
            "Each reading by the model is an entry in the log with model, method and profile.")) }
    }
}
