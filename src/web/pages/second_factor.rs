//! The second step of logging in, and setting it up. Somebody halfway in reaches these pages and
//! nothing else; whoever is all the way in reaches the set-up from the own account. Recovery codes are
//! shown once, in the answer that made them, and never again.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::login::{Trouble, first_page, first_page_of, too_many, wait_words, with_cookie};
use crate::casework::CaseError;
use crate::casework::accounts::second_factor::{Enrolment, RecoveryCodes, SecondStep};
use crate::casework::accounts::{Network, Stage, totp};
use crate::guard::access::{Door, Membership};
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::address::CalledFrom;
use crate::web::callers::{Staff, View, Visitor, Waiting, session_cookie, set_cookie};
use crate::web::form::Posted;
use crate::web::layout::{page, t};
use crate::web::problem::Problem;

const CODE_PAGE: &str = "/logga-in/kod";
/// The set-up for somebody halfway in.
const HALFWAY: &str = "/logga-in/engangskod";
/// The set-up for somebody logged in.
const ACCOUNT: &str = "/konto/engangskod";

// ---- the second step ------------------------------------------------------------------------------

/// The form for the code.
///
/// # Errors
/// When nobody waits for a code.
pub async fn code_form(
    visitor: Visitor,
    waiting: Waiting,
    State(web): State<Web>,
) -> Result<Response, Problem> {
    if waiting.halfway.stage == Stage::AwaitsEnrolment {
        return Ok(Redirect::to(HALFWAY).into_response());
    }
    Ok(code_page(&web, &visitor.view, None))
}

/// Checks the code and begins the session.
///
/// # Errors
/// When nobody waits for a code, or the database, the log or chance fails.
pub async fn code_submit(
    visitor: Visitor,
    waiting: Waiting,
    State(web): State<Web>,
    CalledFrom(network): CalledFrom,
    posted: Posted,
) -> Result<Response, Problem> {
    let view = &visitor.view;
    let typed = posted.get("kod");
    match web.app.second_step(&waiting.halfway, &waiting.token, typed, &network, Door::Web).await {
        Ok(SecondStep::In(token)) => {
            let to = first_page_of(&web, &token).await?;
            Ok(with_cookie(Redirect::to(to).into_response(), &set_cookie(&web, session_cookie(&web), &token)))
        }
        Ok(SecondStep::Wrong) => {
            Ok((StatusCode::UNPROCESSABLE_ENTITY, code_page(&web, view, Some(Trouble::Wrong)))
                .into_response())
        }
        Err(CaseError::TooMany { seconds }) => {
            Ok(too_many(seconds, code_page(&web, view, Some(Trouble::Wait(seconds)))))
        }
        Err(other) => Err(other.into()),
    }
}

fn code_page(web: &Web, view: &View, trouble: Option<Trouble>) -> Response {
    let lang = view.lang;
    let title = t(lang, "Skriv engångskoden", "Type the one-time code");
    let body = html! {
        (said(lang, trouble))
        h1 { (title) }
        p.lead { (t(lang,
            "Lösenordet stämde. Öppna appen för engångskoder på din telefon och skriv de sex siffrorna för Urval.",
            "The password was right. Open the app for one-time codes on your telephone and type the six digits \
             for Urval.")) }
        form.narrow method="post" action=(CODE_PAGE) {
            input type="hidden" name="token" value=(view.form_token);
            (code_field(lang, trouble, t(lang,
                "En kod fungerar en gång. Har du inte telefonen kan du skriva en av dina reservkoder.",
                "A code works once. Without the telephone you can type one of your recovery codes.")))
            button type="submit" { (t(lang, "Logga in", "Log in")) }
        }
        p.muted { (t(lang,
            "Sidan gäller i fem minuter. Har du varken telefon eller reservkoder: kontakta systemförvaltaren.",
            "The page is good for five minutes. With neither telephone nor recovery codes: contact the operator.")) }
        p { a href="/logga-in" { (t(lang, "Börja om", "Begin again")) } }
    };
    page(web, view, title, body)
}

/// A code is a secret that is soon useless: a wrong one is not shown again.
fn code_field(lang: Lang, trouble: Option<Trouble>, hint: &str) -> Markup {
    let wrong = matches!(trouble, Some(Trouble::Wrong));
    html! {
        div.field {
            label for="kod" { (t(lang, "Engångskod", "One-time code")) }
            p.hint #kod-tips { (hint) }
            input.code-input #kod name="kod" type="text" inputmode="text" autocomplete="one-time-code"
                autocapitalize="characters" spellcheck="false" required aria-invalid=[wrong.then_some("true")]
                aria-describedby=(if wrong { "fel kod-tips" } else { "kod-tips" });
        }
    }
}

fn said(lang: Lang, trouble: Option<Trouble>) -> Markup {
    html! {
        @match trouble {
            Some(Trouble::Wrong) => div.error role="alert" {
                h2 #fel { (t(lang, "Koden stämmer inte", "The code does not fit")) }
                p { a href="#kod" { (t(lang, "Vänta på nästa kod", "Wait for the next code")) } " "
                    (t(lang,
                        "i appen och skriv den. Kontrollera också att telefonens klocka går rätt.",
                        "in the app and type it. Also check that the telephone's clock is right.")) }
            },
            Some(Trouble::Wait(seconds)) => div.error role="alert" {
                h2 { (t(lang, "För många misslyckade försök", "Too many failed attempts")) }
                p { (wait_words(lang, seconds)) }
            },
            None => {},
        }
    }
}

// ---- set-up, halfway in ---------------------------------------------------------------------------

/// The set-up that somebody must go through first.
///
/// # Errors
/// When nobody waits for it, or the gate or the log refuses.
pub async fn halfway_form(
    visitor: Visitor,
    waiting: Waiting,
    State(web): State<Web>,
) -> Result<Response, Problem> {
    if waiting.halfway.stage == Stage::AwaitsCode {
        return Ok(Redirect::to(CODE_PAGE).into_response());
    }
    let enrolment = web.app.enrolment(&waiting.halfway.member).await?;
    Ok(setup_page(&web, &visitor.view, HALFWAY, enrolment.as_ref(), None))
}

/// Makes a secret.
///
/// # Errors
/// When nobody waits for it, or the gate or the log refuses.
pub async fn halfway_begin(
    _visitor: Visitor,
    waiting: Waiting,
    State(web): State<Web>,
    _posted: Posted,
) -> Result<Response, Problem> {
    enrolling(&waiting)?;
    web.app.begin_enrolment(&waiting.halfway.member).await?;
    Ok(Redirect::to(HALFWAY).into_response())
}

/// Takes the secret into use, and logs in.
///
/// # Errors
/// When nobody waits for it, or the gate or the log refuses.
pub async fn halfway_confirm(
    visitor: Visitor,
    waiting: Waiting,
    State(web): State<Web>,
    CalledFrom(network): CalledFrom,
    posted: Posted,
) -> Result<Response, Problem> {
    enrolling(&waiting)?;
    confirm(&web, &visitor.view, &waiting.halfway.member, HALFWAY, &network, &posted).await
}

/// Whoever owes a code has a second factor: it is not replaced by knowing the password.
fn enrolling(waiting: &Waiting) -> Result<(), Problem> {
    if waiting.halfway.stage == Stage::AwaitsEnrolment { Ok(()) } else { Err(Problem::log_in(CODE_PAGE)) }
}

// ---- set-up, from the own account -----------------------------------------------------------------

/// The second factor of the own account.
///
/// # Errors
/// When the gate or the log refuses.
pub async fn form(staff: Staff, State(web): State<Web>) -> Result<Response, Problem> {
    show(&web, &staff, None).await
}

async fn show(web: &Web, staff: &Staff, trouble: Option<Trouble>) -> Result<Response, Problem> {
    let token = staff.view.session.as_deref().unwrap_or_default();
    let own = web.app.own_page(&staff.member, token).await?;
    if own.second_factor {
        return Ok(in_use_page(web, &staff.view, own.recovery_codes, own.needed, trouble));
    }
    let enrolment = web.app.enrolment(&staff.member).await?;
    Ok(setup_page(web, &staff.view, ACCOUNT, enrolment.as_ref(), trouble))
}

/// Makes a secret, after the password was typed once more.
///
/// # Errors
/// When a second factor is in use, or the gate or the log refuses.
pub async fn begin(
    staff: Staff,
    State(web): State<Web>,
    CalledFrom(network): CalledFrom,
    posted: Posted,
) -> Result<Response, Problem> {
    match web.app.begin_enrolment_with_password(&staff.member, posted.get("losenord"), &network).await {
        Ok(true) => Ok(Redirect::to(ACCOUNT).into_response()),
        outcome => refused(&web, &staff, outcome.map(|_| ())).await,
    }
}

/// Takes the secret into use.
///
/// # Errors
/// When nothing is being set up, or the gate or the log refuses.
pub async fn take_into_use(
    staff: Staff,
    State(web): State<Web>,
    CalledFrom(network): CalledFrom,
    posted: Posted,
) -> Result<Response, Problem> {
    confirm(&web, &staff.view, &staff.member, ACCOUNT, &network, &posted).await
}

/// Removes the second factor after a code of it.
///
/// # Errors
/// When there is none, or the gate or the log refuses.
pub async fn remove(
    staff: Staff,
    State(web): State<Web>,
    CalledFrom(network): CalledFrom,
    posted: Posted,
) -> Result<Response, Problem> {
    match web.app.remove_second_factor(&staff.member, posted.get("kod"), &network).await {
        Ok(Some(token)) => {
            let needed = web.app.needs_second_factor(staff.member.role);
            let to = if needed { HALFWAY } else { "/konto?klart=borttagen" };
            let cookie = set_cookie(&web, session_cookie(&web), &token);
            Ok(with_cookie(Redirect::to(to).into_response(), &cookie))
        }
        outcome => refused(&web, &staff, outcome.map(|_| ())).await,
    }
}

/// Makes new recovery codes after a code.
///
/// # Errors
/// When there is no second factor, or the gate or the log refuses.
pub async fn new_codes(
    staff: Staff,
    State(web): State<Web>,
    CalledFrom(network): CalledFrom,
    posted: Posted,
) -> Result<Response, Problem> {
    match web.app.new_recovery_codes(&staff.member, posted.get("kod"), &network).await {
        Ok(Some(codes)) => Ok(codes_page(&web, &staff.view, &codes, "/konto")),
        outcome => refused(&web, &staff, outcome.map(|_| ())).await,
    }
}

/// The page again, with what was wrong.
async fn refused(web: &Web, staff: &Staff, outcome: Result<(), CaseError>) -> Result<Response, Problem> {
    match outcome {
        Ok(()) => {
            let answer = show(web, staff, Some(Trouble::Wrong)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, answer).into_response())
        }
        Err(CaseError::TooMany { seconds }) => {
            Ok(too_many(seconds, show(web, staff, Some(Trouble::Wait(seconds))).await?))
        }
        Err(other) => Err(other.into()),
    }
}

// ---- both -----------------------------------------------------------------------------------------

async fn confirm(
    web: &Web,
    view: &View,
    member: &Membership,
    base: &'static str,
    network: &Network,
    posted: &Posted,
) -> Result<Response, Problem> {
    let trouble = match web.app.confirm_enrolment(member, posted.get("kod"), network).await {
        Ok(Some((token, codes))) => {
            let fresh = view.renewed(web, &token).await?;
            let on = if base == HALFWAY { first_page(member.role) } else { "/konto" };
            let answer = codes_page(web, &fresh, &codes, on);
            return Ok(with_cookie(answer, &set_cookie(web, session_cookie(web), &token)));
        }
        Ok(None) => Trouble::Wrong,
        Err(CaseError::TooMany { seconds }) => Trouble::Wait(seconds),
        Err(other) => return Err(other.into()),
    };
    let enrolment = web.app.enrolment(member).await?;
    let answer = setup_page(web, view, base, enrolment.as_ref(), Some(trouble));
    Ok(match trouble {
        Trouble::Wait(seconds) => too_many(seconds, answer),
        Trouble::Wrong => (StatusCode::UNPROCESSABLE_ENTITY, answer).into_response(),
    })
}

fn setup_page(
    web: &Web,
    view: &View,
    base: &'static str,
    enrolment: Option<&Enrolment>,
    trouble: Option<Trouble>,
) -> Response {
    let lang = view.lang;
    let title = t(lang, "Lägg till engångskoder", "Add one-time codes");
    let body = html! {
        @if enrolment.is_some() || matches!(trouble, Some(Trouble::Wait(_))) { (said(lang, trouble)) }
        @else if trouble.is_some() {
            div.error role="alert" {
                h2 #fel { (t(lang, "Fel lösenord", "Wrong password")) }
                p { a href="#losenord" { (t(lang, "Skriv ditt nuvarande lösenord igen.", "Type your current password again.")) } }
            }
        }
        h1 { (title) }
        @if base == HALFWAY {
            p.lead { (t(lang,
                "Din roll kräver engångskoder. När du har lagt till dem kommer du vidare.",
                "Your role needs one-time codes. When you have added them you get on.")) }
        } @else {
            p.lead { (t(lang,
                "Med engångskoder räcker det inte att någon har kommit över ditt lösenord.",
                "With one-time codes it is not enough that somebody has got hold of your password.")) }
        }
        @match enrolment {
            None => {
                p { (t(lang,
                    "Du behöver en app för engångskoder (TOTP) på telefonen. Vilken som helst går bra.",
                    "You need an app for one-time codes (TOTP) on your telephone. Any will do.")) }
                form.narrow method="post" action={ (base) "/borja" } {
                    input type="hidden" name="token" value=(view.form_token);
                    @if base == ACCOUNT {
                        div.field {
                            label for="losenord" { (t(lang, "Ditt nuvarande lösenord", "Your current password")) }
                            input #losenord name="losenord" type="password" autocomplete="current-password" required;
                        }
                    }
                    button type="submit" { (t(lang, "Börja", "Begin")) }
                }
            },
            Some(enrolment) => {
                ol.steps {
                    li {
                        p { (t(lang,
                            "Läs av rutmönstret med appen, eller skriv in nyckeln för hand.",
                            "Read the pattern with the app, or type in the key by hand.")) }
                        (pattern(lang, &enrolment.address))
                        dl.facts {
                            dt { (t(lang, "Nyckel", "Key")) }
                            dd { code { (in_fours(&enrolment.secret)) } }
                            dt { (t(lang, "Adress", "Address")) }
                            dd { code { (enrolment.address.as_str()) } }
                        }
                    }
                    li {
                        p { (t(lang,
                            "Skriv koden som appen visar. Då ser vi att den är rätt inställd.",
                            "Type the code that the app shows. Then we see that it is set up right.")) }
                        form.narrow method="post" action={ (base) "/bekrafta" } {
                            input type="hidden" name="token" value=(view.form_token);
                            (code_field(lang, trouble, t(lang, "Sex siffror.", "Six digits.")))
                            button type="submit" { (t(lang, "Ta i bruk", "Take into use")) }
                        }
                    }
                }
                @if base == HALFWAY {
                    form method="post" action={ (base) "/borja" } {
                        input type="hidden" name="token" value=(view.form_token);
                        button.quiet type="submit" { (t(lang, "Gör en ny nyckel", "Make a new key")) }
                    }
                }
            },
        }
    };
    page(web, view, title, body)
}

fn in_use_page(web: &Web, view: &View, left: i64, needed: bool, trouble: Option<Trouble>) -> Response {
    let lang = view.lang;
    let title = t(lang, "Engångskoder", "One-time codes");
    let form = |action: &str, id: &str, label: &str, button: &str| {
        html! {
            form.narrow method="post" action={ (ACCOUNT) "/" (action) } {
                input type="hidden" name="token" value=(view.form_token);
                div.field {
                    label for=(id) { (label) }
                    input.code-input id=(id) name="kod" type="text" autocomplete="one-time-code"
                        autocapitalize="characters" spellcheck="false" required;
                }
                button type="submit" { (button) }
            }
        }
    };
    let label = t(lang, "Engångskod eller reservkod", "One-time code or recovery code");
    let body = html! {
        @if let Some(Trouble::Wrong) = trouble {
            div.error role="alert" {
                h2 { (t(lang, "Koden stämmer inte", "The code does not fit")) }
                p { (t(lang,
                    "Vänta på nästa kod i appen och skriv den. Inget har ändrats.",
                    "Wait for the next code in the app and type it. Nothing was changed.")) }
            }
        } @else { (said(lang, trouble)) }
        h1 { (title) }
        p { (t(lang, "Du loggar in med lösenord och engångskod.", "You log in with password and one-time code.")) " "
            (t(lang, "Reservkoder kvar: ", "Recovery codes left: ")) strong { (left) } "." }
        section {
            h2 { (t(lang, "Nya reservkoder", "New recovery codes")) }
            p { (t(lang, "De gamla slutar gälla.", "The old ones stop working.")) }
            (form("reservkoder", "kod-nya", label, t(lang, "Gör nya reservkoder", "Make new recovery codes")))
        }
        section {
            h2 { (t(lang, "Ta bort engångskoderna", "Remove the one-time codes")) }
            p {
                @if needed { (t(lang,
                    "Din roll kräver engångskoder: du kommer genast till sidan där du lägger till dem på nytt, \
                     till exempel på en annan telefon.",
                    "Your role needs one-time codes: you get at once to the page where you add them again, on \
                     another telephone for example.")) }
                @else { (t(lang,
                    "Sedan räcker lösenordet. Alla dina andra inloggningar avslutas.",
                    "After that the password is enough. All your other sessions end.")) }
            }
            (form("ta-bort", "kod-bort", label, t(lang, "Ta bort", "Remove")))
        }
        p { a href="/konto" { (t(lang, "Till mitt konto", "To my account")) } }
    };
    page(web, view, title, body)
}

fn codes_page(web: &Web, view: &View, codes: &RecoveryCodes, on: &str) -> Response {
    let lang = view.lang;
    let title = t(lang, "Dina reservkoder", "Your recovery codes");
    let body = html! {
        h1 { (title) }
        p.lead { (t(lang,
            "Skriv ut dem eller spara dem där bara du kommer åt dem. De visas aldrig igen.",
            "Print them, or keep them where only you can reach them. They are never shown again.")) }
        p { (t(lang,
            "Var och en fungerar en gång i stället för en engångskod, till exempel om du tappar telefonen.",
            "Each works once in place of a one-time code, for example when you lose the telephone.")) }
        ol { @for code in codes { li { code { (code.as_str()) } } } }
        p { a.button href=(on) { (t(lang, "Jag har sparat dem, gå vidare", "I have kept them, go on")) } }
    };
    page(web, view, title, body)
}

/// The address as a QR code, drawn here.
fn pattern(lang: Lang, address: &str) -> Markup {
    let Some((side, path)) = totp::drawing(address) else { return html! {} };
    html! {
        svg viewBox={ "0 0 " (side) " " (side) } width="240" height="240"
            role="img" aria-label=(t(lang, "QR-kod med nyckeln som står nedanför", "QR code with the key that stands below")) {
            rect width=(side) height=(side) fill="#ffffff" {}
            path d=(path.as_str()) fill="#000000" {}
        }
    }
}

/// In groups of four, for typing.
fn in_fours(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_in_fours() {
        assert_eq!(in_fours("ABCDEFGHIJ"), "ABCD EFGH IJ");
        assert_eq!(in_fours(""), "");
    }

    #[test]
    fn the_pattern_is_a_drawing_without_style_or_script() {
        let drawn = pattern(Lang::Sv, "otpauth://totp/Urval:x?secret=AAAA").into_string();
        assert!(drawn.starts_with("<svg ") && drawn.contains("<path d=\"M4 4h1"));
        assert!(!drawn.contains("style") && !drawn.contains("script"));
    }
}
