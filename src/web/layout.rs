//! The frame of every page: skip link, header with role and language, main, footer.

use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::Web;
use super::callers::View;
use crate::guard::access::Actor;
use crate::subject::words::Lang;

/// Picks the text in the reader's language.
#[must_use]
pub fn t<'a>(lang: Lang, sv: &'a str, en: &'a str) -> &'a str {
    match lang {
        Lang::Sv => sv,
        Lang::En => en,
    }
}

/// A whole page.
#[must_use]
pub fn page(web: &Web, view: &View, title: &str, body: Markup) -> Response {
    let lang = view.lang;
    let other = match lang {
        Lang::Sv => ("en", "English"),
        Lang::En => ("sv", "Svenska"),
    };
    let markup = html! {
        (DOCTYPE)
        html lang=(lang.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) " – Urval" }
                link rel="stylesheet" href="/static/urval.css";
            }
            body {
                a.skip href="#innehall" { (t(lang, "Hoppa till innehållet", "Skip to the content")) }
                header.top {
                    div.inner {
                        a.brand href="/" { "Urval" }
                        (navigation(view))
                        div.tools {
                            a href={ "/sprak/" (other.0) "?till=" (view.path) } lang=(other.0) hreflang=(other.0) { (other.1) }
                            @if let Some(caller) = &view.caller {
                                span.who {
                                    @if let Some(name) = &caller.name { (name) ", " }
                                    @match &caller.actor {
                                        Actor::Staff(member) => { (member.role.label(lang)) },
                                        _ => { (t(lang, "sökande", "applicant")) },
                                    }
                                }
                                @if caller.membership().is_some() {
                                    a href="/konto" { (t(lang, "Mitt konto", "My account")) }
                                }
                                form method="post" action="/logga-ut" {
                                    input type="hidden" name="token" value=(view.form_token);
                                    button.quiet type="submit" { (t(lang, "Logga ut", "Log out")) }
                                }
                            } @else {
                                a href="/logga-in" { (t(lang, "Personal", "Staff")) }
                            }
                        }
                    }
                }
                @if !web.demo_logins.is_empty() {
                    p.demo role="note" {
                        (t(lang,
                            "Demonstration: alla personer, ärendenummer och beslut är påhittade.",
                            "Demonstration: all people, case numbers and decisions are invented."))
                    }
                }
                main #innehall tabindex="-1" { (body) }
                footer.bottom {
                    div.inner {
                        p { (t(lang,
                            "Urval är ett beslutsstöd. Det fattar inga beslut: en människa läser, bedömer och beslutar.",
                            "Urval is decision support. It makes no decisions: a person reads, assesses and decides.")) }
                        p { a href="/om" { (t(lang, "Om tjänsten och AI-stödets begränsningar", "About the service and the limits of its AI support")) } }
                    }
                }
            }
        }
    };
    let mut response = Html(markup.into_string()).into_response();
    response.headers_mut().insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.code()));
    if let Some(cookie) = view.set_cookie.as_deref().and_then(|c| HeaderValue::from_str(c).ok()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn navigation(view: &View) -> Markup {
    use crate::subject::role::Role;
    let lang = view.lang;
    let links: &[(&str, &str)] = match view.caller.as_ref().map(|caller| &caller.actor) {
        Some(Actor::Staff(member)) => match member.role {
            Role::Assessor | Role::Recruiter | Role::HiringManager => {
                &[("/arbete", t(lang, "Placeringar", "Placements"))]
            }
            Role::Dpo => &[
                ("/dso/logg", t(lang, "Logg och begäranden", "Log and requests")),
                ("/ai-stod", t(lang, "AI-stödet", "AI support")),
                ("/tillsyn", t(lang, "Nödåtkomst och jäv", "Emergency access and conflicts")),
            ],
            Role::Operator => &[("/drift", t(lang, "Drift", "Operations"))],
            Role::ProgrammeLead => &[
                ("/drift", t(lang, "Drift", "Operations")),
                ("/ai-stod", t(lang, "AI-stödet", "AI support")),
                ("/tillsyn", t(lang, "Nödåtkomst och jäv", "Emergency access and conflicts")),
            ],
            Role::Registrar => &[
                ("/registrator/radering", t(lang, "Begäran om radering", "Requests for erasure")),
                ("/gallring/sparrar", t(lang, "Gallringsspärrar", "Legal holds")),
            ],
            _ => &[],
        },
        Some(Actor::Applicant(_)) => &[("/min-ansokan/sida", t(lang, "Min ansökan", "My application"))],
        _ => &[("/min-ansokan", t(lang, "Min ansökan", "My application"))],
    };
    html! {
        nav aria-label=(t(lang, "Huvudmeny", "Main menu")) {
            @for (href, label) in links {
                @if view.path == *href { a href=(href) aria-current="page" { (label) } }
                @else { a href=(href) { (label) } }
            }
        }
    }
}
