//! Staff sign in through a real OpenID Connect provider, npm's oidc-provider, from the button to their
//! work and out again. What a lying provider may try is in `hostile_provider`.

use serde_json::json;
use urval::clock::Clock;
use urval::subject::role::Role;

use crate::fixture::{Client, Site, on_both, program};
use crate::providers::{Door, How, Real, Wanderer, account, entry, is_in, led_to, parameters, place, press};

const LOGIN: &str = "anna.federerad";

/// The provider's clock is the machine's.
fn to_now(site: &Site) {
    let ahead = Clock::system().now().0 - site.clock.now().0;
    // To the second after: what the program has just made begins within this one.
    site.clock.advance_seconds(ahead / 1_000_000 + 1);
}

/// Runs `urval staff …` over the site's own database.
fn staff(site: &Site, arguments: &[&str]) -> (Option<i32>, String) {
    let mut all = vec!["staff"];
    all.extend_from_slice(arguments);
    if let Some(url) = &site.postgres {
        all.extend_from_slice(&["--database", url]);
    }
    let done = program(&all, site.folder.path());
    let text = [done.stdout, done.stderr].concat();
    (done.status.code(), String::from_utf8_lossy(&text).into_owned())
}

/// From the button through the provider. Gives the path that the browser comes back to, and all of its address.
async fn walk(site: &Site, real: &Real, browser: &Client) -> (String, String) {
    to_now(site);
    let back = Wanderer::default().follow(real, &press(browser, "kommun").await).await;
    to_now(site);
    (path_of(&back), back)
}

fn path_of(text: &str) -> String {
    text.strip_prefix("http://127.0.0.1:")
        .map_or_else(String::new, |rest| format!("/{}", rest.split_once('/').map_or("", |(_, path)| path)))
}

on_both! {
    async fn a_real_provider_signs_staff_in_once_an_administrator_has_linked_them(site) {
        to_now(&site);
        let at = place().await;
        let redirect = format!("{}/logga-in/via/kommun/svar", at.1);
        let how = How { port: 0, redirect: &redirect, algorithm: "ES256", method: "client_secret_basic" };
        let Some(real) = Real::start(&how) else { return };
        let asked = "acr = [\"loa2\", \"loa3\"]\nacr_two_factors = [\"loa3\"]\nmax_age_minutes = 30";
        let door = Door::open(&site, at, &entry("kommun", &real.issuer, "helsingborg", asked));
        account(&site, LOGIN, "helsingborg", Role::Recruiter).await;

        // Known to the provider, but to nobody here: a code and no session.
        real.next(json!({ "sub": "anna-1", "acr": "loa3" })).await;
        let browser = door.visitor();
        let (path, back) = walk(&site, &real, &browser).await;
        assert!(parameters(&back).contains_key("iss"), "the provider names itself: {back}");
        let page = browser.get(&path).await;
        assert_eq!(page.status, 403, "{}", page.words());
        assert!(!is_in(&browser).await);
        let code = page.text.split_once("id=\"kod\">").and_then(|(_, rest)| rest.split_once('<')).expect("a code").0;

        // The administrator links it; the list shows it; a wrong code or login links nothing.
        assert_eq!(staff(&site, &["link", "--login", LOGIN, "--pending", "0000-0000"]).0, Some(1));
        assert_eq!(staff(&site, &["link", "--login", "ingen", "--pending", code]).0, Some(1));
        let (ended, said) = staff(&site, &["link", "--login", LOGIN, "--pending", code]);
        assert_eq!(ended, Some(0), "{said}");
        let (_, listed) = staff(&site, &["list"]);
        assert!(listed.contains(LOGIN) && listed.contains(&format!("linked with {}", real.issuer)), "{listed}");
        assert!(!listed.contains("anna-1"), "the subject cannot be read back: {listed}");

        let (path, back) = walk(&site, &real, &browser).await;
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.words());
        assert_eq!(led_to(&page), "/arbete");
        assert!(is_in(&browser).await);

        // The same address again; and its code under a new state: the provider itself refuses it.
        let again = browser.get(&path).await;
        assert!(again.text.contains("/state<"), "{}", again.words());
        let other = door.visitor();
        let fresh = parameters(&press(&other, "kommun").await);
        let old = parameters(&back);
        let replayed = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("code", &old["code"]), ("state", &fresh["state"]), ("iss", &old["iss"])])
            .finish();
        let page = other.get(&format!("/logga-in/via/kommun/svar?{replayed}")).await;
        assert!(page.text.contains("/code_refused<"), "{}", page.words());
        assert!(!is_in(&other).await);

        // Too weak, and refused by the person.
        for (who, reason) in [
            (json!({ "sub": "anna-1", "acr": "loa1" }), "acr"),
            (json!({ "sub": "anna-1" }), "acr"),
            (json!({ "sub": "anna-1", "acr": "loa3", "deny": true }), "provider_said_no"),
        ] {
            real.next(who).await;
            let browser = door.visitor();
            let page = browser.get(&walk(&site, &real, &browser).await.0).await;
            assert!(page.text.contains(&format!("/{reason}<")), "{reason}: {}", page.words());
            assert!(!is_in(&browser).await);
        }

        // Out, here and there.
        browser.get("/arbete").await;
        let page = browser.post_form("/logga-ut", &[]).await;
        assert!(page.text.contains(&format!("{}/session/end?client_id=urval", real.issuer)), "{}", page.text);
        assert!(!is_in(&browser).await);

        // The log tells of each.
        let officer = site.dpo_with_log().await;
        for (action, least) in
            [("staff.signed_in", 1), ("staff.identity_unknown", 1), ("staff.identity_linked", 1), ("staff.sign_in_refused", 5)]
        {
            let log = officer.get(&format!("/api/v1/log?action={action}")).await.json();
            let lines = log["lines"].as_array().expect("lines");
            assert_eq!(lines.len(), least, "{action}: {log}");
            assert!(!log.to_string().contains("anna-1"), "{action}");
        }
        let (ended, said) = staff(&site, &["unlink", "--login", LOGIN, "--issuer", &real.issuer]);
        assert_eq!(ended, Some(0), "{said}");
        let (ended, said) = staff(&site, &["close", "--login", LOGIN]);
        assert_eq!(ended, Some(0), "{said}");
        crate::fixture::figures(
            "story::federated_sign_in::a_real_provider_signs_staff_in_once_an_administrator_has_linked_them",
            1,
            &json!({ "provider": "oidc-provider 9", "signed_in": 1, "refused": 5 }),
        );
    }

    async fn a_real_provider_may_change_its_keys_and_its_algorithm(site) {
        to_now(&site);
        let at = place().await;
        let redirect = format!("{}/logga-in/via/kommun/svar", at.1);
        let mut how = How { port: 0, redirect: &redirect, algorithm: "ES256", method: "client_secret_post" };
        let Some(mut real) = Real::start(&how) else { return };
        let more = "algorithms = [\"ES256\", \"RS256\"]\nclient_authentication = \"post\"";
        let door = Door::open(&site, at, &entry("kommun", &real.issuer, "helsingborg", more));
        account(&site, LOGIN, "helsingborg", Role::Recruiter).await;
        let (ended, said) = staff(
            &site,
            &["link", "--login", LOGIN, "--issuer", &real.issuer, "--subject", "anna-1"],
        );
        assert_eq!(ended, Some(0), "{said}");
        for after in ["RS256", "RS256"] {
            real.next(json!({ "sub": "anna-1" })).await;
            let browser = door.visitor();
            let page = browser.get(&walk(&site, &real, &browser).await.0).await;
            assert_eq!(page.status, 200, "{}: {}", how.algorithm, page.words());
            assert!(is_in(&browser).await);
            if how.algorithm == after {
                break;
            }
            // The same address with another kind of key, as when a provider moves to new software.
            how.port = real.port();
            how.algorithm = after;
            drop(real);
            real = Real::start(&how).expect("the provider again");
        }
    }
}

#[test]
fn accounts_are_made_listed_and_closed_from_the_command_line() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let site = crate::fixture::site(crate::fixture::Engine::Sqlite).await.expect("a site");
        let (ended, said) = staff(
            &site,
            &[
                "add",
                "--login",
                "ny.person",
                "--name",
                "Påhittad Ny",
                "--organisation",
                "klippan",
                "--role",
                "dpo",
            ],
        );
        assert_eq!(ended, Some(0), "{said}");
        let password = said.trim().rsplit_once(' ').expect("a password").1.to_owned();
        let browser = site.visitor();
        // The accounts were made by the machine's clock.
        to_now(&site);
        browser.get("/logga-in").await;
        let page = browser.post_form("/logga-in", &[("login", "ny.person"), ("password", &password)]).await;
        assert_eq!((page.status, page.location()), (303, "/dso/logg"), "{}", page.words());
        for (arguments, word) in [
            (
                vec!["add", "--login", "x", "--name", "X", "--organisation", "lund", "--role", "dpo"],
                "klippan",
            ),
            (
                vec!["add", "--login", "x", "--name", "X", "--organisation", "klippan", "--role", "king"],
                "recruiter",
            ),
            (
                vec![
                    "add",
                    "--login",
                    "ny.person",
                    "--name",
                    "X",
                    "--organisation",
                    "klippan",
                    "--role",
                    "dpo",
                ],
                "already",
            ),
            (vec!["link", "--login", "ny.person"], "--pending"),
            (vec!["link", "--login", "ny.person", "--issuer", "https://op.example"], "--subject"),
            (vec!["link", "--login", "ny.person", "--issuer", "op", "--subject", "x"], "issuer"),
            (vec!["unlink", "--login", "ny.person", "--issuer", "https://op.example"], "no link"),
            (vec!["close", "--login", "ingen"], "no open account"),
        ] {
            let (ended, said) = staff(&site, &arguments);
            assert_eq!(ended, Some(1), "{arguments:?}: {said}");
            assert!(said.contains(word), "{arguments:?}: {said}");
        }
        assert_eq!(staff(&site, &["close", "--login", "ny.person"]).0, Some(0));
        assert_eq!(browser.get("/dso/logg").await.status, 303, "closed at the next request");
        assert!(staff(&site, &["list"]).1.contains("ny.person\tPåhittad Ny\tclosed"));
        let empty = tempfile::tempdir().expect("a folder");
        let none = program(&["staff", "list"], empty.path());
        assert_eq!(none.status.code(), Some(1));
        assert!(!empty.path().join("keys").exists(), "a wrong folder gets no keys");
    });
}
