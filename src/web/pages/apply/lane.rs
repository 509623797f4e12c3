//! The question about protected identity (skyddade personuppgifter), before there is any field to fill
//! in, and the way past this service. Neither the answer nor the visit is stored or logged.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;

use super::Round;
use crate::web::Web;
use crate::web::callers::{View, Visitor};
use crate::web::form::Posted;
use crate::web::layout::{page, t};
use crate::web::problem::Problem;

/// Asks about protected identity before there is any field to fill in.
///
/// # Errors
/// When there is no such open round.
pub async fn protected(
    visitor: Visitor,
    State(web): State<Web>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let round = Round::open(&web, &id).await?;
    Ok(protected_page(&web, &visitor.view, &round, false))
}

/// Leads on. Nothing about the answer is kept.
///
/// # Errors
/// When there is no such open round.
pub async fn answer_protected(
    visitor: Visitor,
    State(web): State<Web>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Problem> {
    let round = Round::open(&web, &id).await?;
    Ok(match posted.get("skyddad") {
        "ja" => Redirect::to(&round.path("/skyddad")).into_response(),
        "nej" => Redirect::to(&round.path("/ansokan")).into_response(),
        _ => {
            let again = protected_page(&web, &visitor.view, &round, true);
            (StatusCode::UNPROCESSABLE_ENTITY, again).into_response()
        }
    })
}

fn protected_page(web: &Web, view: &View, round: &Round, unanswered: bool) -> Response {
    let lang = view.lang;
    let question = t(lang, "Har du skyddade personuppgifter?", "Do you have a protected identity?");
    let missing = t(lang, "Välj ja eller nej", "Choose yes or no");
    let body = html! {
        @if unanswered {
            div.error role="alert" {
                h2 { (t(lang, "Något behöver rättas", "Something needs mending")) }
                ul { li { a href="#skyddad-nej" { (missing) } } }
            }
        }
        p.muted { (round.recruitment.title.get(lang)) " · " (t(lang, "Steg 1 av 2", "Step 1 of 2")) }
        h1 { (question) }
        p.lead {
            (t(lang,
                "Vi frågar innan du fyller i något, för att dina uppgifter aldrig ska hamna här om du har \
                 skydd.",
                "We ask before you fill in anything, so that your details never end up here if you are \
                 protected."))
        }
        p {
            (t(lang,
                "Skyddade personuppgifter är sekretessmarkering, skyddad folkbokföring eller fingerade \
                 personuppgifter. Svaret sparas inte och skrivs inte i någon logg.",
                "A protected identity is a confidentiality mark, protected population registration or \
                 fictitious personal data. The answer is not stored and not written in any log."))
        }
        form method="post" action=(round.path("")) novalidate {
            input type="hidden" name="token" value=(view.form_token);
            fieldset aria-describedby=[unanswered.then_some("skyddad-fel")] {
                legend { (question) }
                @if unanswered { p.field-error #skyddad-fel { (missing) } }
                label.choice {
                    input #skyddad-nej type="radio" name="skyddad" value="nej" required;
                    span { (t(lang, "Nej", "No"))
                        span.hint { (t(lang, "Gå vidare till ansökan.", "Go on to the application.")) } }
                }
                label.choice {
                    input type="radio" name="skyddad" value="ja" required;
                    span { (t(lang, "Ja, eller jag är osäker", "Yes, or I am not sure"))
                        span.hint { (t(lang,
                            "Vi visar hur du söker på ett säkrare sätt.",
                            "We show how to apply in a safer way.")) } }
                }
            }
            button type="submit" { (t(lang, "Fortsätt", "Continue")) }
        }
    };
    page(web, view, question, body)
}

/// How somebody with a protected identity applies: by telephone or post, outside this service.
///
/// # Errors
/// When there is no such open round.
pub async fn protected_lane(
    visitor: Visitor,
    State(web): State<Web>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let round = Round::open(&web, &id).await?;
    let lang = visitor.view.lang;
    let title = t(lang, "Sök utan att använda den här tjänsten", "Apply without using this service");
    let body = html! {
        h1 { (title) }
        p.lead {
            (t(lang,
                "Fyll inte i något här. Ring först, så kommer ni överens om hur du lämnar din ansökan. Den \
                 förvaras då utanför Urval och läses inte av något AI-stöd.",
                "Do not fill in anything here. Call first and agree on how you hand in your application. It \
                 is then kept outside Urval and is not read by any AI support."))
        }
        section.card {
            h2 { (t(lang, "Kontakt", "Contact")) }
            @if round.recruitment.invented {
                dl.facts {
                    dt { (t(lang, "Telefon", "Telephone")) }
                    dd { "031-390 06 10 " span.tag.warn { (t(lang, "påhittat nummer", "invented number")) } }
                    dt { (t(lang, "Post", "Post")) }
                    dd {
                        "Registratorn, värdkommunens kommunhus, 000 00 Exempelstad "
                        span.tag.warn { (t(lang, "påhittad adress", "invented address")) }
                    }
                }
            } @else {
                p {
                    (t(lang,
                        "Ring växeln i kommunen vars placering du söker och be att få tala med registratorn. \
                         Säg att det gäller en ansökan med skyddade personuppgifter. Post ställs till \
                         registratorn i samma kommun.",
                        "Call the switchboard of the municipality whose placement you seek and ask for the \
                         registrar. Say that it concerns an application with a protected identity. Post goes \
                         to the same registrar."))
                }
            }
            dl.facts {
                dt { (t(lang, "Ärendenummer att hänvisa till", "Case number to refer to")) }
                dd { (round.recruitment.case_number) }
            }
        }
        h2 { (t(lang, "Tänk på det här", "Keep in mind")) }
        ul {
            li { (t(lang, "Skicka inget med e-post.", "Send nothing by e-mail.")) }
            li { (t(lang,
                "Lämna inte ut adress, telefonnummer eller arbetsplats förrän ni kommit överens om hur.",
                "Do not give your address, telephone number or workplace until you have agreed how.")) }
            li { (t(lang,
                "Delar du dator? Rensa webbläsarens historik. Vi har inte sparat att du var här.",
                "Do you share a computer? Clear the browser's history. We have not stored that you were \
                 here.")) }
        }
        p { (t(lang, "Dina möjligheter påverkas inte: samma krav gäller, och människor läser ansökan.",
            "Your chances are not affected: the same requirements apply, and people read the application.")) }
        p { a href="/" { (t(lang, "Till startsidan", "To the first page")) } }
    };
    Ok(page(&web, &visitor.view, title, body))
}
