//! Accounts: the second factor, the own sessions, the own password. What is only half done opens
//! nothing, what was used does not work again, and each step is in the log without what was typed.

use serde_json::json;
use ureq::http::Method;
use urval::casework::accounts::second_factor::SecondStep;
use urval::casework::accounts::{Attempt, LogIn, Network, totp};
use urval::casework::setup::NewStaff;
use urval::clock::Chance;
use urval::guard::access::{Door, Job};
use urval::subject::role::Role;
use urval::web::routes::{Guard, table};

use crate::fixture::{Client, Engine, PASSWORD, Page, Site, figures, on_both, site_where};

/// An account, and what to type to get into it.
async fn account(site: &Site, role: Role) -> String {
    let login = format!("konto-{}", hex::encode(Chance::system().bytes::<4>().expect("chance")));
    let new = NewStaff {
        login: &login,
        name: "Påhittad Person",
        password: PASSWORD,
        organisation: "helsingborg",
        role,
    };
    site.app.add_staff(Job::Demo, &new).await.expect("an account");
    login
}

/// Types login and password into the page of a new browser.
async fn typed(site: &Site, login: &str, password: &str) -> (Client, Page) {
    let client = site.visitor();
    client.get("/logga-in").await;
    let page = client.post_form("/logga-in", &[("login", login), ("password", password)]).await;
    (client, page)
}

/// The secret that a set-up page shows, as bytes.
fn secret(page: &Page) -> Vec<u8> {
    let (_, rest) = page.text.split_once("?secret=").expect("an address with a secret");
    let written: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
    decoded(&written)
}

/// A secret that was written in base 32.
pub fn decoded(written: &str) -> Vec<u8> {
    let (mut held, mut bits, mut out) = (0u32, 0, Vec::new());
    for letter in written.bytes() {
        let five = match letter {
            b'A'..=b'Z' => letter - b'A',
            other => other - b'2' + 26,
        };
        held = (held << 5) | u32::from(five);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from((held >> bits) & 255).expect("a byte"));
        }
    }
    assert_eq!(out.len(), totp::SECRET_BYTES);
    out
}

fn code_now(site: &Site, secret: &[u8]) -> String {
    totp::code(secret, totp::step_at(site.clock.now())).to_string()
}

fn wrong_code(site: &Site, secret: &[u8]) -> &'static str {
    let here = totp::step_at(site.clock.now());
    ["000000", "111111", "222222", "333333"]
        .into_iter()
        .find(|typed| (here - 1..=here + 1).all(|step| *totp::code(secret, step) != **typed))
        .expect("a wrong code")
}

/// The recovery codes of the page that shows them.
fn recovery_codes(page: &Page) -> Vec<String> {
    let parts = page.text.split("<li><code>").skip(1);
    parts.filter_map(|part| part.split_once("</code>")).map(|(code, _)| code.to_owned()).collect()
}

/// Sets up a second factor for somebody logged in.
async fn set_up(site: &Site, client: &Client) -> (Vec<u8>, Vec<String>) {
    client.get("/konto/engangskod").await;
    let begun = client.post_form("/konto/engangskod/borja", &[("losenord", PASSWORD)]).await;
    assert_eq!((begun.status, begun.location()), (303, "/konto/engangskod"), "{}", begun.words());
    let page = client.get("/konto/engangskod").await;
    let secret = secret(&page);
    assert!(page.text.contains("<svg ") && page.text.contains("otpauth://totp/Urval:"));
    let done = client.post_form("/konto/engangskod/bekrafta", &[("kod", &code_now(site, &secret))]).await;
    assert_eq!(done.status, 200, "{}", done.words());
    let codes = recovery_codes(&done);
    assert_eq!(codes.len(), 10, "{}", done.words());
    (secret, codes)
}

/// What a browser that is in sees of itself; what one that is not sees is the door.
async fn is_in(client: &Client) -> bool {
    client.get("/konto").await.status == 200
}

on_both! {
    async fn a_second_factor_is_set_up_asked_for_and_works_once(site) {
        let login = account(&site, Role::Recruiter).await;
        let (first, page) = typed(&site, &login, PASSWORD).await;
        assert_eq!((page.status, page.location()), (303, "/arbete"));
        first.get("/konto").await;
        // A wrong password sets up nothing.
        let refused = first.post_form("/konto/engangskod/borja", &[("losenord", "fel lösenord helt")]).await;
        assert_eq!(refused.status, 422, "{}", refused.words());
        let (secret, codes) = set_up(&site, &first).await;
        assert!(is_in(&first).await, "set-up gives the session a new token");
        let again = first.get("/konto/engangskod").await;
        assert!(!again.text.contains("secret=") && codes.iter().all(|c| !again.text.contains(c)), "shown once");

        // The code that confirmed is used up, though its time is not over.
        let (second, page) = typed(&site, &login, PASSWORD).await;
        assert_eq!((page.status, page.location()), (303, "/logga-in/kod"));
        second.get("/logga-in/kod").await;
        let used = second.post_form("/logga-in/kod", &[("kod", &code_now(&site, &secret))]).await;
        assert_eq!(used.status, 422, "{}", used.words());
        assert!(!is_in(&second).await);
        site.clock.advance_seconds(30);
        let code = code_now(&site, &secret);
        let wrong = second.post_form("/logga-in/kod", &[("kod", wrong_code(&site, &secret))]).await;
        assert_eq!(wrong.status, 422);
        let right = second.post_form("/logga-in/kod", &[("kod", &code)]).await;
        assert_eq!((right.status, right.location()), (303, "/arbete"), "{}", right.words());
        assert!(is_in(&second).await);

        // Replayed at once, and as long as it would be in time.
        for seconds in [0, 15, 29] {
            let (third, _) = typed(&site, &login, PASSWORD).await;
            third.get("/logga-in/kod").await;
            site.clock.advance_seconds(seconds);
            let replayed = third.post_form("/logga-in/kod", &[("kod", &code)]).await;
            assert_eq!(replayed.status, 422, "after {seconds} s");
            assert!(!is_in(&third).await);
        }

        // Each recovery code works once.
        for (turn, expected) in [(0, 303), (0, 422), (1, 303)] {
            let (fourth, _) = typed(&site, &login, PASSWORD).await;
            fourth.get("/logga-in/kod").await;
            let typed = codes[turn].to_lowercase().replace('-', " ");
            let page = fourth.post_form("/logga-in/kod", &[("kod", &typed)]).await;
            assert_eq!(page.status, expected, "code {turn}: {}", page.words());
        }
        assert!(second.get("/konto").await.words().contains("Reservkoder kvar: 8"));

        // Removed with a code, it is no longer asked for.
        site.clock.advance_seconds(60);
        second.get("/konto/engangskod").await;
        let kept = second.post_form("/konto/engangskod/ta-bort", &[("kod", wrong_code(&site, &secret))]).await;
        assert_eq!(kept.status, 422);
        let gone = second.post_form("/konto/engangskod/ta-bort", &[("kod", &code_now(&site, &secret))]).await;
        assert_eq!(gone.status, 303, "{}", gone.words());
        assert!(is_in(&second).await);
        assert_eq!(typed_in(&site, &login).await, "/arbete");
    }

    async fn of_two_who_race_with_one_code_one_gets_in(site) {
        let login = account(&site, Role::Assessor).await;
        let (client, _) = typed(&site, &login, PASSWORD).await;
        let (secret, codes) = set_up(&site, &client).await;
        let mut rounds = 0;
        for typed in [None, Some(codes[0].clone()), None] {
            site.clock.advance_seconds(60);
            let typed = typed.unwrap_or_else(|| code_now(&site, &secret));
            let mut racing = Vec::new();
            for turn in 0..6 {
                // A network each, so that nobody is slowed down.
                let network = Network::new(format!("race-{turn}"));
                let attempt = Attempt { login: &login, password: PASSWORD, network: &network, door: Door::Web };
                let LogIn::AwaitsCode(token) = site.app.log_in(&attempt).await.expect("an answer") else {
                    panic!("a code is asked for");
                };
                let halfway = site.app.halfway(&token).await.expect("the database").expect("a session that waits");
                racing.push((network, token, halfway));
            }
            let tasks: Vec<_> = racing
                .into_iter()
                .map(|(network, token, halfway)| {
                    let (app, typed) = (std::sync::Arc::clone(&site.app), typed.clone());
                    tokio::spawn(async move {
                        let step = app.second_step(&halfway, &token, &typed, &network, Door::Web).await;
                        matches!(step.expect("an answer"), SecondStep::In(_))
                    })
                })
                .collect();
            let mut won = 0;
            for task in tasks {
                won += u32::from(task.await.expect("a task"));
            }
            assert_eq!(won, 1, "of six with the same code");
            rounds += 1;
            // Failures that count against the code are forgiven with time.
            site.clock.advance_seconds(3600);
        }
        let engine = site.db.engine();
        println!("{engine}: {rounds} races of six, one winner each");
    }

    async fn a_session_that_waits_for_its_code_opens_nothing_else(site) {
        let login = account(&site, Role::Recruiter).await;
        let (client, _) = typed(&site, &login, PASSWORD).await;
        set_up(&site, &client).await;
        let mut tried = 0;
        for row in table().rows() {
            let (half, page) = typed(&site, &login, PASSWORD).await;
            assert_eq!(page.location(), "/logga-in/kod");
            half.get("/logga-in/kod").await;
            let path: Vec<&str> =
                row.path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
            let door = match row.guard {
                Guard::Open(_) => continue,
                Guard::Staff => "/logga-in",
                Guard::Applicant => "/min-ansokan",
            };
            let page = match (&row.method, row.path.starts_with("/api/")) {
                (&Method::POST, true) => half.post_json(&path.join("/"), &json!({})).await,
                (&Method::POST, false) => half.post_form(&path.join("/"), &[]).await,
                _ => half.get(&path.join("/")).await,
            };
            let turned_away = page.status == 401 || page.status == 303 && page.location() == door;
            assert!(turned_away, "{} {}: {} {}", row.method, row.path, page.status, page.location());
            tried += 1;
        }
        assert!(tried >= 15, "{tried} rows");
        // Nor does it set up another second factor in place of the one that it owes a code of.
        let (half, _) = typed(&site, &login, PASSWORD).await;
        half.get("/logga-in/kod").await;
        assert_eq!(half.post_form("/logga-in/engangskod/borja", &[]).await.status, 401);
        assert_eq!(half.get("/logga-in/engangskod").await.location(), "/logga-in/kod");
        // And it does not wait for long.
        site.clock.advance_seconds(5 * 60);
        assert_eq!(half.get("/logga-in/kod").await.location(), "/logga-in");
    }

    async fn a_program_sends_the_code_in_the_same_call(site) {
        let login = account(&site, Role::Recruiter).await;
        let (client, _) = typed(&site, &login, PASSWORD).await;
        let (secret, _) = set_up(&site, &client).await;
        site.clock.advance_seconds(30);
        let program = site.visitor();
        let body = |code: Option<&str>| json!({ "login": login, "password": PASSWORD, "code": code });
        let without = program.post_json("/api/v1/session", &body(None)).await;
        assert_eq!(without.json()["type"], "urn:urval:problem:code-needed");
        assert!(without.headers.get("set-cookie").is_none());
        let wrong = program.post_json("/api/v1/session", &body(Some(wrong_code(&site, &secret)))).await;
        assert_eq!((wrong.status, wrong.json()["type"].as_str()), (401, Some("urn:urval:problem:wrong-login")));
        let right = program.post_json("/api/v1/session", &body(Some(&code_now(&site, &secret)))).await;
        assert_eq!(right.status, 200, "{}", right.text);
        let again = site.visitor().post_json("/api/v1/session", &body(Some(&code_now(&site, &secret)))).await;
        assert_eq!(again.status, 401, "a code works once");
    }

    async fn own_sessions_are_listed_and_ended(site) {
        let login = account(&site, Role::Recruiter).await;
        let (desk, _) = typed(&site, &login, PASSWORD).await;
        site.clock.advance_seconds(60);
        let (phone, _) = typed(&site, &login, PASSWORD).await;
        let (tablet, _) = typed(&site, &login, PASSWORD).await;
        let stranger = site.staff(Role::Recruiter, "helsingborg").await;
        let page = desk.get("/konto").await;
        assert_eq!(page.text.matches("name=\"session\" value=\"").count(), 3, "two others, and all: {}", page.words());
        assert_eq!(page.words().matches("den här").count(), 1);
        let id = page.text.split("name=\"session\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let id = id.expect("an id").to_owned();
        // Nobody ends somebody else's.
        stranger.get("/konto").await;
        assert_eq!(stranger.post_form("/konto/inloggningar", &[("session", &id)]).await.status, 303);
        assert!(is_in(&phone).await && is_in(&tablet).await);
        desk.get("/konto").await;
        assert_eq!(desk.post_form("/konto/inloggningar", &[("session", &id)]).await.status, 303);
        assert!(is_in(&phone).await != is_in(&tablet).await, "one of the two");
        desk.get("/konto").await;
        desk.post_form("/konto/inloggningar", &[("session", "alla")]).await;
        assert!(!is_in(&phone).await && !is_in(&tablet).await);
        assert!(is_in(&desk).await && is_in(&stranger).await);
        // A log-out ends the session itself, not only the cookie.
        let kept = desk.cookie("urval").expect("a session");
        desk.get("/konto").await;
        assert_eq!(desk.post_form("/logga-ut", &[]).await.status, 303);
        let replay = site.visitor();
        replay.set_cookie("urval", &kept);
        assert!(!is_in(&replay).await);
    }

    async fn a_session_ends_when_unused_and_at_the_latest_after_ten_hours(site) {
        let login = account(&site, Role::Recruiter).await;
        let (idle, _) = typed(&site, &login, PASSWORD).await;
        site.clock.advance_seconds(45 * 60 - 1);
        assert!(is_in(&idle).await);
        site.clock.advance_seconds(45 * 60 + 1);
        assert!(!is_in(&idle).await);
        let (busy, _) = typed(&site, &login, PASSWORD).await;
        for _ in 0..20 {
            site.clock.advance_seconds(29 * 60);
            assert!(is_in(&busy).await);
        }
        site.clock.advance_seconds(21 * 60);
        assert!(!is_in(&busy).await, "ten hours");
    }

    async fn a_new_password_ends_the_other_sessions_and_renews_this_one(site) {
        const NEW: &str = "fyra helt olika ord";
        let login = account(&site, Role::Recruiter).await;
        let (desk, _) = typed(&site, &login, PASSWORD).await;
        let (other, _) = typed(&site, &login, PASSWORD).await;
        desk.get("/konto").await;
        let before = desk.cookie("urval").expect("a session");
        let change = |now: &str, new: &str, again: &str| {
            vec![("nuvarande", now.to_owned()), ("nytt", new.to_owned()), ("igen", again.to_owned())]
        };
        for (fields, says) in [
            (change("fel lösenord helt", NEW, NEW), "nuvarande lösenordet är fel"),
            (change(PASSWORD, "kort", "kort"), "minst 12 tecken"),
            (change(PASSWORD, "Sommar2026!!", "Sommar2026!!"), "gissas först"),
            (change(PASSWORD, &format!("x{login}x"), &format!("x{login}x")), "inloggningsnamnet"),
            (change(PASSWORD, &"å".repeat(129), &"å".repeat(129)), "högst 128"),
            (change(PASSWORD, NEW, "något annat än det"), "olika"),
        ] {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let page = desk.post_form("/konto/losenord", &fields).await;
            assert_eq!(page.status, 422, "{says}");
            assert!(page.words().contains(says), "{says}: {}", page.words());
            assert!(!page.text.contains(NEW) && !page.text.contains(PASSWORD), "never shown again");
        }
        let fields = [("nuvarande", PASSWORD), ("nytt", NEW), ("igen", NEW)];
        let page = desk.post_form("/konto/losenord", &fields).await;
        assert_eq!((page.status, page.location()), (303, "/konto?klart=losenord"), "{}", page.words());
        assert!(is_in(&desk).await && !is_in(&other).await);
        assert_ne!(desk.cookie("urval").expect("a session"), before, "a new token");
        let thief = site.visitor();
        thief.set_cookie("urval", &before);
        assert!(!is_in(&thief).await, "the old token is dead");
        assert_eq!(typed(&site, &login, PASSWORD).await.1.status, 422);
        assert_eq!(typed(&site, &login, NEW).await.1.status, 303);
    }

    async fn a_reset_by_the_operator_ends_the_sessions(site) {
        const NEW: &str = "fyra helt andra ord";
        let login = account(&site, Role::Recruiter).await;
        let (client, _) = typed(&site, &login, PASSWORD).await;
        let (secret, _) = set_up(&site, &client).await;
        assert!(site.app.reset_second_factor(Job::Cli, &login).await.expect("a reset"));
        assert!(!is_in(&client).await);
        assert_eq!(typed_in(&site, &login).await, "/arbete", "no code is asked for any more");
        let (client, _) = typed(&site, &login, PASSWORD).await;
        assert!(is_in(&client).await && !secret.is_empty());
        site.app.reset_password(Job::Cli, &login, NEW).await.expect("a reset");
        assert!(!is_in(&client).await);
        assert!(site.app.reset_password(Job::Cli, &login, "kort").await.is_err());
        assert_eq!(typed(&site, &login, NEW).await.1.status, 303);
    }

    async fn every_step_is_in_the_log_without_what_was_typed(site) {
        let login = account(&site, Role::Recruiter).await;
        let (client, _) = typed(&site, &login, PASSWORD).await;
        let (secret, codes) = set_up(&site, &client).await;
        typed(&site, "hemlig-okand", "hemligt okänt lösenord").await;
        typed(&site, &login, "hemligt fel lösenord").await;
        site.clock.advance_seconds(30);
        let (second, _) = typed(&site, &login, PASSWORD).await;
        second.get("/logga-in/kod").await;
        second.post_form("/logga-in/kod", &[("kod", wrong_code(&site, &secret))]).await;
        second.post_form("/logga-in/kod", &[("kod", &codes[3])]).await;
        second.get("/konto").await;
        second.post_form("/konto/inloggningar", &[("session", "alla")]).await;
        second.post_form("/logga-ut", &[]).await;
        let visitor = site.visitor();
        visitor.get("/min-ansokan").await;
        visitor.post_form("/min-ansokan", &[("kod", "HEM11-GKOD2")]).await;
        let dpo = site.dpo_with_log().await;
        let log = dpo.get("/api/v1/log").await;
        let lines = log.json()["lines"].as_array().expect("lines").clone();
        for (action, times) in [
            ("log_in.failed", 2), ("log_in.first_step", 1), ("session.begun", 3), ("session.ended", 1),
            ("sessions.ended", 1), ("second_factor.begun", 1), ("second_factor.added", 1), ("code.failed", 1),
            ("receipt.failed", 1),
        ] {
            let found = lines.iter().filter(|line| line["action"] == action).count();
            assert_eq!(found, times, "{action}");
        }
        for line in lines.iter().filter(|line| line["action"].as_str().is_some_and(|a| a.ends_with(".failed"))) {
            assert_eq!((line["actor"].as_str(), line["role"].as_str()), (Some("visitor-web"), Some("visitor")));
        }
        let known = lines.iter().filter(|l| l["action"] == "log_in.failed" && l["detail"].to_string().contains("K-"));
        assert_eq!(known.count(), 1, "the sealed part names the account by its pseudonym, when there is one");
        let base32 = totp::base32(&secret);
        for typed in ["hemlig", "HEM11", PASSWORD, &login, &codes[3], base32.as_str()] {
            assert!(!log.text.contains(typed), "{typed} is in the log");
        }
    }
}

/// Where login and password alone lead.
async fn typed_in(site: &Site, login: &str) -> String {
    typed(site, login, PASSWORD).await.1.location().to_owned()
}

/// A role that needs a second factor and has none gets to its set-up and nowhere else.
async fn set_up_comes_first(engine: Engine) {
    let Some(site) = site_where(engine, urval::casework::accounts::SECOND_FACTOR_ROLES).await else { return };
    assert_eq!(
        typed_in(&site, &account(&site, Role::Assessor).await).await,
        "/arbete",
        "others may go without"
    );
    let mut roles = 0;
    for role in urval::casework::accounts::SECOND_FACTOR_ROLES {
        let login = account(&site, *role).await;
        let (client, page) = typed(&site, &login, PASSWORD).await;
        assert_eq!((page.status, page.location()), (303, "/logga-in/engangskod"), "{}", role.code());
        for path in ["/arbete", "/dso/logg", "/drift", "/konto", "/konto/engangskod", "/logga-in/kod"] {
            let page = client.get(path).await;
            assert!(
                page.status == 303 && page.location().starts_with("/logga-in"),
                "{path}: {}",
                page.status
            );
        }
        let api = site.visitor();
        let page = api.post_json("/api/v1/session", &json!({ "login": login, "password": PASSWORD })).await;
        assert_eq!(
            (page.status, page.json()["type"].as_str()),
            (403, Some("urn:urval:problem:second-factor-needed"))
        );
        assert!(page.headers.get("set-cookie").is_none());
        client.get("/logga-in/engangskod").await;
        assert_eq!(client.post_form("/logga-in/engangskod/borja", &[]).await.status, 303);
        let shown = client.get("/logga-in/engangskod").await;
        let secret = secret(&shown);
        let wrong =
            client.post_form("/logga-in/engangskod/bekrafta", &[("kod", wrong_code(&site, &secret))]).await;
        assert_eq!(wrong.status, 422);
        assert!(!is_in(&client).await);
        let done =
            client.post_form("/logga-in/engangskod/bekrafta", &[("kod", &code_now(&site, &secret))]).await;
        assert_eq!((done.status, recovery_codes(&done).len()), (200, 10), "{}", done.words());
        assert!(is_in(&client).await, "{}", role.code());
        // Taken away, the set-up comes first again, in the same browser.
        site.clock.advance_seconds(60);
        client.get("/konto/engangskod").await;
        let gone = client.post_form("/konto/engangskod/ta-bort", &[("kod", &code_now(&site, &secret))]).await;
        assert_eq!((gone.status, gone.location()), (303, "/logga-in/engangskod"));
        assert!(!is_in(&client).await);
        roles += 1;
    }
    assert_eq!(roles, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_needs_a_second_factor_gets_only_to_its_set_up() {
    set_up_comes_first(Engine::Sqlite).await;
    set_up_comes_first(Engine::Postgres).await;
    let path = "story::accounts::a_role_that_needs_a_second_factor_gets_only_to_its_set_up";
    figures(path, 5, &json!({ "roles": 5 }));
}
