//! Guessing is slow, closes no account, and tells nobody which logins exist.

use std::time::Instant;

use serde_json::json;
use urval::casework::CaseError;
use urval::casework::accounts::{Attempt, LogIn, Network};
use urval::casework::setup::NewStaff;
use urval::guard::access::{Door, Job};
use urval::subject::role::Role;

use crate::fixture::{PASSWORD, Page, Site, figures, on_both};

const WRONG: &str = "inte det rätta lösenordet";

async fn account(site: &Site, login: &str) {
    let new = NewStaff {
        login,
        name: "Påhittad Person",
        password: PASSWORD,
        organisation: "helsingborg",
        role: Role::Recruiter,
    };
    site.app.add_staff(Job::Demo, &new).await.expect("an account");
}

/// One attempt through the page, from an address.
async fn from(site: &Site, address: &str, login: &str, password: &str) -> Page {
    let client = site.visitor();
    client.get("/logga-in").await;
    let fields = [("login", login), ("password", password)];
    client.post_form_with("/logga-in", &fields, &[("x-forwarded-for", address)]).await
}

fn wait(page: &Page) -> i64 {
    let seconds = page.headers.get("retry-after").and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    seconds.expect("Retry-After in seconds")
}

/// One attempt without HTTP: `Ok` whether it was right, `Err` the wait.
async fn tried(site: &Site, network: &str, login: &str, password: &str) -> Result<bool, i64> {
    let network = Network::new(network);
    let attempt = Attempt { login, password, network: &network, door: Door::Web };
    match site.app.log_in(&attempt).await {
        Ok(LogIn::In(_)) => Ok(true),
        Ok(LogIn::Wrong) => Ok(false),
        Ok(_) => panic!("no second factor here"),
        Err(CaseError::TooMany { seconds }) => Err(seconds),
        Err(other) => panic!("{other}"),
    }
}

on_both! {
    async fn guessing_closes_the_guessers_way_and_nobody_elses(site) {
        account(&site, "offret").await;
        account(&site, "kollegan").await;
        let mut last = None;
        for turn in 0..8 {
            let page = from(&site, &format!("203.0.113.{}", 10 + turn), "offret", WRONG).await;
            if page.status == 429 {
                last = Some(page);
                break;
            }
            assert_eq!(page.status, 422, "attempt {turn}: {}", page.words());
        }
        let slowed = last.expect("the guesser is slowed down within eight attempts from one /24");
        assert!(wait(&slowed) >= 1 && slowed.words().contains("Kontot är inte låst"), "{}", slowed.words());
        assert!(slowed.text.contains("value=\"offret\""), "the login that was typed is still there");
        // Even the right password waits, from there and only from there.
        assert_eq!(from(&site, "203.0.113.200", "offret", PASSWORD).await.status, 429);
        assert_eq!(from(&site, "198.51.100.7", "offret", PASSWORD).await.status, 303, "the victim elsewhere");
        assert_eq!(from(&site, "203.0.113.200", "kollegan", PASSWORD).await.status, 303, "a colleague there");
        // Waiting as long as told is enough.
        site.clock.advance_seconds(wait(&slowed));
        assert_eq!(from(&site, "203.0.113.200", "offret", PASSWORD).await.status, 303);
        // The interface for programs says the same.
        for _ in 0..8 {
            site.visitor().post_json("/api/v1/session", &json!({ "login": "x", "password": WRONG })).await;
        }
        let api = site.visitor().post_json("/api/v1/session", &json!({ "login": "x", "password": WRONG })).await;
        assert_eq!((api.status, api.json()["type"].as_str()), (429, Some("urn:urval:problem:too-many-attempts")));
        assert!(wait(&api) >= 1);
    }

    async fn who_logged_in_from_a_network_before_gets_in_while_it_is_used_to_guess(site) {
        account(&site, "stamgasten").await;
        account(&site, "nykomlingen").await;
        assert_eq!(tried(&site, "stadshuset", "stamgasten", PASSWORD).await, Ok(true));
        let mut closed = false;
        for turn in 0..60 {
            if tried(&site, "stadshuset", &format!("gissad-{turn}"), WRONG).await.is_err() {
                closed = true;
                break;
            }
        }
        assert!(closed, "sixty logins tried from one network slow it down");
        let (mut let_in, mut worst) = (0, 0);
        for _ in 0..20 {
            // The guesser goes on; the clock stands still, so nothing is forgiven.
            let _ = tried(&site, "stadshuset", "nykomlingen", WRONG).await;
            match tried(&site, "stadshuset", "stamgasten", PASSWORD).await {
                Ok(true) => let_in += 1,
                Ok(false) => panic!("the right password"),
                Err(seconds) => worst = worst.max(seconds),
            }
        }
        assert_eq!((let_in, worst), (20, 0), "let in every time, without a wait");
        assert!(tried(&site, "stadshuset", "nykomlingen", PASSWORD).await.is_err());
        assert_eq!(tried(&site, "hemma", "nykomlingen", PASSWORD).await, Ok(true));
        // Guessed at from the very network, the regular waits half a minute at most.
        let mut longest = 0;
        for _ in 0..40 {
            if let Err(seconds) = tried(&site, "stadshuset", "stamgasten", WRONG).await {
                longest = longest.max(seconds);
                site.clock.advance_seconds(seconds);
            }
        }
        assert!((1..=31).contains(&longest), "{longest} s");
        site.clock.advance_seconds(31);
        assert_eq!(tried(&site, "stadshuset", "stamgasten", PASSWORD).await, Ok(true));
    }

    async fn many_at_once_try_no_more_than_many_in_a_row(site) {
        account(&site, "offret").await;
        let tasks: Vec<_> = (0..24)
            .map(|_| {
                let app = std::sync::Arc::clone(&site.app);
                tokio::spawn(async move {
                    let network = Network::new("en enda");
                    let attempt = Attempt { login: "offret", password: WRONG, network: &network, door: Door::Web };
                    !matches!(app.log_in(&attempt).await, Err(CaseError::TooMany { .. }))
                })
            })
            .collect();
        let mut checked = 0;
        for task in tasks {
            checked += i64::from(task.await.expect("a task"));
        }
        assert_eq!(checked, urval::casework::accounts::throttle::PAIR.free + 1);
    }

    async fn receipt_codes_are_guessed_slowly_too(site) {
        let made = site.apply("Tuva Påhittad", "I led a project.", &["klippan-ekonomi"]).await;
        let wrong = async |turn: u32| {
            let code = format!("{turn:05}-00000-00000-00000-00000-0");
            site.app.log_in_with_receipt(&code, &Network::new("biblioteket"), Door::Web).await
        };
        let mut tries = 0;
        while !matches!(wrong(tries).await, Err(CaseError::TooMany { .. })) {
            tries += 1;
            assert!(tries < 60, "never slowed down");
        }
        let elsewhere = site.app.log_in_with_receipt(&made.code, &Network::new("hemma"), Door::Web).await;
        assert!(elsewhere.expect("an answer").is_some());
        let here = site.app.log_in_with_receipt(&made.code, &Network::new("biblioteket"), Door::Web).await;
        let Err(CaseError::TooMany { seconds }) = here else { panic!("still slow") };
        assert!((1..=60).contains(&seconds));
        site.clock.advance_seconds(seconds);
        let here = site.app.log_in_with_receipt(&made.code, &Network::new("biblioteket"), Door::Web).await;
        assert!(here.expect("an answer").is_some());
    }

    async fn nobody_learns_from_the_answer_whether_a_login_exists(site) {
        account(&site, "finns-har").await;
        let known = from(&site, "192.0.2.1", "finns-har", WRONG).await;
        let unknown = from(&site, "192.0.2.1", "finns-inte", WRONG).await;
        let same = |page: &Page| {
            let (before, rest) = page.text.split_once("name=\"token\" value=\"").expect("a form");
            let (_, after) = rest.split_once('"').expect("a token");
            format!("{before}{after}").replace("finns-har", "L").replace("finns-inte", "L")
        };
        assert_eq!(known.status, unknown.status);
        assert_eq!(same(&known), same(&unknown));
        let names = |page: &Page| page.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(&known), names(&unknown));
        let api = async |login: &str| {
            site.visitor().post_json("/api/v1/session", &json!({ "login": login, "password": WRONG })).await
        };
        let (known, unknown) = (api("finns-har").await, api("finns-inte").await);
        assert_eq!((known.status, known.text), (unknown.status, unknown.text));
        // Nor does the wait tell: it comes after as many attempts.
        let until = async |login: &str, network: &str| {
            let mut tries = 0;
            while tried(&site, network, login, WRONG).await.is_ok() {
                tries += 1;
                assert!(tries < 60);
            }
            tries
        };
        assert_eq!(until("finns-har", "a").await, until("finns-inte", "b").await);
    }
}

/// Pairs that are timed.
const PAIRS: usize = 60;

/// The middle of sorted numbers.
fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) { f64::midpoint(sorted[half - 1], sorted[half]) } else { sorted[half] }
}

fn sorted(mut list: Vec<f64>) -> Vec<f64> {
    list.sort_by(f64::total_cmp);
    list
}

/// Times unknown against known logins with a wrong password, one pair after the other in changing
/// order, so that whatever else the machine does falls on both alike.
///
/// The figures, and whether the time tells: the interval leaves out 0 and the middle is off by a twentieth.
async fn timed(engine: crate::fixture::Engine) -> Option<(serde_json::Value, bool)> {
    let site = crate::fixture::site(engine).await?;
    account(&site, "finns-har").await;
    // The first attempt of a process makes what the later ones share.
    for login in ["finns-har", "finns-inte"] {
        assert_eq!(tried(&site, "uppvärmning", login, WRONG).await, Ok(false));
    }
    let (mut known, mut unknown, mut differences) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..PAIRS {
        let once = async |login: &str| {
            let began = Instant::now();
            // A network each: no attempt waits for another.
            assert_eq!(tried(&site, &format!("{login}-{turn}"), login, WRONG).await, Ok(false));
            began.elapsed().as_secs_f64() * 1000.0
        };
        let other = format!("finns-ej-{turn}");
        let (a, b) = if turn % 2 == 0 {
            let a = once("finns-har").await;
            (a, once(&other).await)
        } else {
            let b = once(&other).await;
            (once("finns-har").await, b)
        };
        known.push(a);
        unknown.push(b);
        differences.push(a - b);
    }
    let (known, differences) = (sorted(known), sorted(differences));
    // The middle of 60 differences lies between the 20th and the 41st with 99 % confidence (the number
    // below the median is binomial with p = 1/2).
    let (low, high) = (differences[19], differences[40]);
    let (usual, off) = (median(&known), median(&differences));
    let told = json!({
        "engine": site.db.engine(), "median_known_ms": usual, "median_unknown_ms": median(&sorted(unknown)),
        "median_difference_ms": off, "confidence_99_ms": [low, high],
    });
    let tells = (low > 0.0 || high < 0.0) && off.abs() >= usual * 0.05;
    Some((told, tells))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_learns_from_the_time_whether_a_login_exists() {
    let mut told = Vec::new();
    for engine in [crate::fixture::Engine::Sqlite, crate::fixture::Engine::Postgres] {
        let Some((first, tells)) = timed(engine).await else { continue };
        told.push(first);
        if tells {
            // One interval in a hundred leaves out 0 where there is nothing; a leak says the same again.
            let Some((second, again)) = timed(engine).await else { continue };
            told.push(second);
            assert!(!again, "the time tells a known login, twice: {told:?}");
        }
    }
    let count = (told.len() * PAIRS) as u64;
    figures(
        "story::guessing::nobody_learns_from_the_time_whether_a_login_exists",
        count,
        &json!({ "engines": told }),
    );
}
