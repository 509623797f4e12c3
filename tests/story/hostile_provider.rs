//! A provider that lies, and a browser that brings what was never asked for: nobody is signed in, every
//! refusal says what to do and is in the log, and the honest sign-in beside each lie works.

use serde_json::{Value, json};
use urval::casework::federation::linking::Which;
use urval::guard::access::Job;
use urval::guard::oidc::token::Identity;
use urval::subject::role::Role;

use crate::fixture::{Client, Page, Site, on_both};
use crate::providers::{
    Door, Puppet, SECRET, Signer, account, b64, entry, is_in, led_to, parameters, place, press,
};

const LOGIN: &str = "anna.federerad";
const SUBJECT: &str = "19800101-2386";

/// The service with one obedient provider, `kommun`, whose `SUBJECT` opens an account.
struct Stage {
    site: Site,
    door: Door,
    puppet: Puppet,
    signer: Signer,
}

/// A sign-in whose browser is at the provider.
struct Under {
    browser: Client,
    state: String,
    nonce: String,
}

impl Stage {
    async fn set(site: Site, more: &str) -> Self {
        let signer = Signer::default();
        let puppet = Puppet::new(&signer).await;
        let at = place().await;
        let door = Door::open(&site, at, &entry("kommun", &puppet.issuer, "helsingborg", more));
        account(&site, LOGIN, "helsingborg", Role::Recruiter).await;
        let identity = Identity::typed(&puppet.issuer, SUBJECT).expect("an identity");
        site.app.link_identity(Job::Cli, LOGIN, Which::Named(&identity)).await.expect("a link");
        Self { site, door, puppet, signer }
    }

    async fn begin(&self) -> Under {
        let browser = self.door.visitor();
        let to = press(&browser, "kommun").await;
        assert!(to.starts_with(&format!("{}/auth?", self.puppet.issuer)), "{to}");
        let asked = parameters(&to);
        for (name, value) in [
            ("response_type", "code"),
            ("scope", "openid"),
            ("client_id", "urval"),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(asked[name], value, "{name}");
        }
        assert_eq!(asked["redirect_uri"], format!("{}/logga-in/via/kommun/svar", self.door.base));
        assert_eq!(asked["code_challenge"].len(), 43);
        Under { browser, state: asked["state"].clone(), nonce: asked["nonce"].clone() }
    }

    fn claims(&self, nonce: &str) -> Value {
        let now = self.site.clock.now().0 / 1_000_000;
        json!({
            "iss": self.puppet.issuer, "sub": SUBJECT, "aud": "urval", "exp": now + 300, "iat": now,
            "nonce": nonce, "auth_time": now - 5, "acr": "loa3",
        })
    }

    fn honest(&self, under: &Under) -> String {
        self.signer.sign(&json!({ "alg": "ES256", "kid": "k1" }), &self.claims(&under.nonce))
    }

    fn gives(&self, token: &str) {
        let body = json!({ "access_token": "x", "token_type": "Bearer", "id_token": token });
        self.puppet.says("/token", 200, &body.to_string());
    }

    async fn come_back(&self, under: &Under, query: &str) -> Page {
        under.browser.get(&format!("/logga-in/via/kommun/svar?{query}")).await
    }

    /// The whole way with one token. Gives the page and whether there is a session now.
    async fn with_token(&self, make: impl FnOnce(&Self, &Under) -> String) -> (Page, bool) {
        let under = self.begin().await;
        self.gives(&make(self, &under));
        let page = self.come_back(&under, &format!("code=c1&state={}", under.state)).await;
        let inside = is_in(&under.browser).await;
        (page, inside)
    }

    /// An honest sign-in works, so that a refusal before it was one of the lie.
    async fn honest_sign_in_works(&self) -> Client {
        let under = self.begin().await;
        self.gives(&self.honest(&under));
        let page = self.come_back(&under, &format!("code=c1&state={}", under.state)).await;
        assert_eq!(page.status, 200, "{}", page.words());
        assert_eq!(led_to(&page), "/arbete");
        assert!(is_in(&under.browser).await);
        under.browser
    }

    /// The details of the log's entries about refused sign-ins, newest first.
    async fn refusals(&self) -> Vec<String> {
        let officer = self.site.dpo_with_log().await;
        let log = officer.get("/api/v1/log?action=staff.sign_in_refused").await.json();
        assert!(log["status"]["fault"].is_null(), "{log}");
        let lines = log["lines"].as_array().expect("lines");
        lines
            .iter()
            .map(|line| line["detail"]["detail"]["reason"].as_str().expect("a reason").to_owned())
            .collect()
    }
}

fn refused(page: &Page, reason: &str) {
    assert!(page.status >= 400, "{reason}: {} {}", page.status, page.words());
    assert!(page.text.contains(&format!("/{reason}<")), "{reason}: {}", page.words());
    assert!(!page.text.contains(SUBJECT) && !page.text.contains("k1"), "the page repeats what was said");
    let mut set = page.headers.get_all("set-cookie").iter().filter_map(|v| v.to_str().ok());
    assert!(set.all(|cookie| !cookie.starts_with("urval=")), "{reason}: a session was set");
}

on_both! {
    async fn no_token_that_does_not_hold_signs_anybody_in(site) {
        let stage = Stage::set(site, "acr = [\"loa3\"]\nmax_age_minutes = 10").await;
        let header = json!({ "alg": "ES256", "kid": "k1" });
        let with = |member: &'static str, value: Value| {
            let header = header.clone();
            move |stage: &Stage, under: &Under| {
                let mut claims = stage.claims(&under.nonce);
                claims[member] = value;
                stage.signer.sign(&header, &claims)
            }
        };
        let now = stage.site.clock.now().0 / 1_000_000;
        let mut tried = 0;
        for (member, value, reason) in [
            ("iss", json!("https://other.example"), "issuer"),
            ("iss", json!(format!("{}/", stage.puppet.issuer)), "issuer"),
            ("aud", json!("other"), "audience"),
            ("aud", json!(["urval", "other"]), "audience"),
            ("azp", json!("other"), "audience"),
            ("exp", json!(now - 61), "expired"),
            ("iat", json!(now + 61), "future"),
            ("nbf", json!(now + 61), "future"),
            ("iat", json!(now - 3600), "stale"),
            ("nonce", json!("another"), "nonce"),
            ("nonce", Value::Null, "nonce"),
            ("sub", json!(""), "claims"),
            ("acr", json!("loa1"), "acr"),
            ("acr", Value::Null, "acr"),
            ("auth_time", json!(now - 3600), "auth_time"),
            ("auth_time", Value::Null, "auth_time"),
        ] {
            let (page, inside) = stage.with_token(with(member, value)).await;
            refused(&page, reason);
            assert!(!inside, "{member} opened a session");
            tried += 1;
        }
        type Make = fn(&Stage, &Under) -> String;
        let forged: [(&str, Make); 8] = [
            ("algorithm", |stage, under| {
                format!("{}.{}.", b64("{\"alg\":\"none\"}"), b64(stage.claims(&under.nonce).to_string()))
            }),
            ("algorithm", |stage, under| {
                // The public key as a shared secret.
                let header = b64("{\"alg\":\"HS256\",\"kid\":\"k1\"}");
                let signed = format!("{header}.{}", b64(stage.claims(&under.nonce).to_string()));
                let key = stage.signer.jwk("k1").to_string();
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.as_bytes());
                format!("{signed}.{}", b64(ring::hmac::sign(&key, signed.as_bytes())))
            }),
            ("signature", |stage, under| {
                Signer::default().sign(&json!({ "alg": "ES256", "kid": "k1" }), &stage.claims(&under.nonce))
            }),
            ("signature", |stage, under| {
                // Somebody else's claims under an honest signature.
                let honest = stage.honest(under);
                let (signed, signature) = honest.rsplit_once('.').expect("a signature");
                let header = signed.split_once('.').expect("a header").0;
                let mut claims = stage.claims(&under.nonce);
                claims["sub"] = json!("somebody else");
                format!("{header}.{}.{signature}", b64(claims.to_string()))
            }),
            ("unknown_key", |stage, under| {
                stage.signer.sign(&json!({ "alg": "ES256", "kid": "k9" }), &stage.claims(&under.nonce))
            }),
            ("signature", |stage, under| {
                // A key that the token brings along is never looked at.
                let own = Signer::default();
                own.sign(&json!({ "alg": "ES256", "kid": "k1", "jwk": own.jwk("k1") }), &stage.claims(&under.nonce))
            }),
            ("critical", |stage, under| {
                stage.signer.sign(&json!({ "alg": "ES256", "kid": "k1", "crit": ["x"] }), &stage.claims(&under.nonce))
            }),
            ("malformed", |_, _| "not.a-token".into()),
        ];
        for (reason, make) in forged {
            let (page, inside) = stage.with_token(make).await;
            refused(&page, reason);
            assert!(!inside, "{reason} opened a session");
            tried += 1;
        }
        let logged = stage.refusals().await;
        assert_eq!(logged.len(), tried, "each refusal is one entry: {logged:?}");
        stage.honest_sign_in_works().await;
        crate::fixture::figures(
            "story::hostile_provider::no_token_that_does_not_hold_signs_anybody_in",
            tried as u64,
            &json!({ "refused": tried, "signed_in": 1 }),
        );
    }

    async fn an_answer_counts_once_in_the_browser_that_asked_within_ten_minutes(site) {
        let stage = Stage::set(site, "").await;
        let under = stage.begin().await;
        stage.gives(&stage.honest(&under));
        let query = format!("code=c1&state={}", under.state);
        // Another browser that learned the whole address cannot use it, and does not use it up.
        let thief = stage.door.visitor();
        refused(&thief.get(&format!("/logga-in/via/kommun/svar?{query}")).await, "state");
        let own = stage.begin().await;
        let mixed = own.browser.get(&format!("/logga-in/via/kommun/svar?{query}")).await;
        refused(&mixed, "state");
        assert_eq!(stage.puppet.asked("/token"), 0, "no code is exchanged for a stranger");
        assert_eq!(stage.come_back(&under, &query).await.status, 200);
        assert!(is_in(&under.browser).await);
        refused(&stage.come_back(&under, &query).await, "state");
        assert_eq!(stage.puppet.asked("/token"), 1, "the code is exchanged once");
        // Too late.
        let late = stage.begin().await;
        stage.site.clock.advance_seconds(601);
        stage.gives(&stage.honest(&late));
        refused(&stage.come_back(&late, &format!("code=c1&state={}", late.state)).await, "state");
        assert!(!is_in(&late.browser).await);
        // What cannot be read is refused, and the sign-in under way is left as it was.
        let odd = stage.begin().await;
        let state = odd.state.clone();
        for bad in [
            format!("state={state}"),
            "code=c1".to_owned(),
            format!("code=c1&code=c2&state={state}"),
            format!("code=c1&state={state}&state={state}"),
            format!("code=c1&error=access_denied&state={state}"),
            format!("code=&state={state}"),
            format!("code={}&state={state}", "c".repeat(5000)),
        ] {
            refused(&stage.come_back(&odd, &bad).await, "parameters");
        }
        stage.gives(&stage.honest(&odd));
        assert_eq!(stage.come_back(&odd, &format!("code=c1&state={state}")).await.status, 200);
        // The provider's own no, with words that must not reach the page.
        let no = stage.begin().await;
        let page = stage
            .come_back(&no, &format!("error=access_denied&error_description=%3Cb%3Ehemligt&state={}", no.state))
            .await;
        refused(&page, "provider_said_no");
        assert!(!page.text.contains("hemligt"));
        refused(&stage.come_back(&no, &format!("code=c1&state={}", no.state)).await, "state");
    }

    async fn an_answer_of_another_provider_is_not_taken_for_the_one_that_was_asked(site) {
        let signer = Signer::default();
        let (honest, evil) = (Puppet::new(&signer).await, Puppet::new(&signer).await);
        honest.describe(json!({ "authorization_response_iss_parameter_supported": true }));
        let at = place().await;
        let entries = entry("kommun", &honest.issuer, "helsingborg", "") + &entry("annan", &evil.issuer, "klippan", "");
        let door = Door::open(&site, at, &entries);
        for (iss, path, reason) in [
            (String::new(), "kommun", "answer_issuer"),
            (format!("&iss={}", evil.issuer), "kommun", "answer_issuer"),
            (format!("&iss={}/", honest.issuer), "kommun", "answer_issuer"),
            // The evil provider sends the honest one's browser to its own address here.
            (format!("&iss={}", honest.issuer), "annan", "state"),
        ] {
            let browser = door.visitor();
            let asked = parameters(&press(&browser, "kommun").await);
            let back = format!("/logga-in/via/{path}/svar?code=c1&state={}{iss}", asked["state"]);
            refused(&browser.get(&back).await, reason);
        }
        assert_eq!((honest.asked("/token"), evil.asked("/token")), (0, 0), "no code went to anybody");
    }

    async fn keys_may_change_and_an_unknown_one_makes_us_ask_once_a_minute(site) {
        let stage = Stage::set(site, "").await;
        stage.honest_sign_in_works().await;
        assert_eq!(stage.puppet.asked("/jwks"), 1);
        // The provider changes its key: the next sign-in works at once.
        let second = Signer::default();
        stage.puppet.says("/jwks", 200, &json!({ "keys": [second.jwk("k2")] }).to_string());
        let (page, inside) = stage
            .with_token(|stage, under| {
                second.sign(&json!({ "alg": "ES256", "kid": "k2" }), &stage.claims(&under.nonce))
            })
            .await;
        assert!(inside, "{}", page.words());
        assert_eq!(stage.puppet.asked("/jwks"), 2);
        // Unknown keys do not make us ask again and again.
        let unknown = |stage: &Stage, under: &Under| {
            Signer::default().sign(&json!({ "alg": "ES256", "kid": "k7" }), &stage.claims(&under.nonce))
        };
        for _ in 0..5 {
            let (page, inside) = stage.with_token(unknown).await;
            refused(&page, "unknown_key");
            assert!(!inside);
        }
        assert_eq!(stage.puppet.asked("/jwks"), 2);
        stage.site.clock.advance_seconds(61);
        refused(&stage.with_token(unknown).await.0, "unknown_key");
        assert_eq!(stage.puppet.asked("/jwks"), 3);
        // The old key is forgotten, and everything is asked for anew after an hour.
        let described = stage.puppet.asked("/.well-known/openid-configuration");
        let (page, inside) = stage.with_token(Stage::honest).await;
        refused(&page, "unknown_key");
        assert!(!inside && described == 1);
        stage.site.clock.advance_seconds(3601);
        stage.begin().await;
        assert_eq!(stage.puppet.asked("/.well-known/openid-configuration"), 2);
    }

    async fn a_provider_that_fails_or_leads_elsewhere_is_not_followed_and_nobody_is_let_in(site) {
        let stage = Stage::set(site, "").await;
        let elsewhere = Puppet::new(&stage.signer).await;
        let under = stage.begin().await;
        let code = format!("code=c1&state={}", under.state);
        elsewhere.says("/token", 200, &json!({ "id_token": stage.honest(&under) }).to_string());
        stage.puppet.leads_on("/token", &format!("{}/token", elsewhere.issuer));
        refused(&stage.come_back(&under, &code).await, "code_refused");
        assert_eq!(elsewhere.asked("/token"), 0, "code and secret stay where they were sent");
        let (headers, body) = stage.puppet.heard("/token");
        assert!(headers.get("authorization").is_some_and(|v| v.to_str().is_ok_and(|v| v.starts_with("Basic "))));
        assert!(body.contains("code_verifier=") && body.contains("code=c1"));
        assert!(!body.contains("secret") && !body.contains(SECRET));
        for (status, body, reason) in [
            (400, "{\"error\":\"invalid_grant\"}".to_owned(), "code_refused"),
            (500, String::new(), "code_refused"),
            (200, String::new(), "token_answer"),
            (200, "{}".to_owned(), "token_answer"),
            (200, "<html>".to_owned(), "token_answer"),
            (200, "x".repeat(300 * 1024), "unreachable"),
        ] {
            let under = stage.begin().await;
            stage.puppet.says("/token", status, &body);
            refused(&stage.come_back(&under, &format!("code=c1&state={}", under.state)).await, reason);
            assert!(!is_in(&under.browser).await);
        }
        // Keys that cannot be had: the token cannot be checked, so it is not believed.
        for (status, body, reason) in
            [(500, String::new(), "unreachable"), (200, "[]".to_owned(), "keys"), (200, "{\"keys\":[]}".to_owned(), "unknown_key")]
        {
            stage.site.clock.advance_seconds(3700);
            stage.puppet.says("/jwks", status, &body);
            let (page, inside) = stage.with_token(Stage::honest).await;
            refused(&page, reason);
            assert!(!inside);
        }
        // A description that leads elsewhere or is another's: no button leads anywhere.
        elsewhere.says("/.well-known/openid-configuration", 200, "{}");
        for (bad, reason) in [
            (json!({ "issuer": elsewhere.issuer }), "metadata"),
            (json!({ "token_endpoint": "http://192.0.2.1/token" }), "metadata"),
            (json!({ "authorization_endpoint": "javascript:alert(1)" }), "metadata"),
            (json!({ "code_challenge_methods_supported": ["plain"] }), "metadata"),
        ] {
            stage.site.clock.advance_seconds(3700);
            stage.puppet.describe(bad);
            let browser = stage.door.visitor();
            browser.get("/logga-in").await;
            let page = browser.post_form("/logga-in/via/kommun", &[]).await;
            refused(&page, reason);
            assert_eq!(page.status, 503);
            assert!(page.headers.get("refresh").is_none());
        }
        stage.site.clock.advance_seconds(3700);
        stage.puppet.leads_on("/.well-known/openid-configuration", &format!("{}/x", elsewhere.issuer));
        let browser = stage.door.visitor();
        browser.get("/logga-in").await;
        refused(&browser.post_form("/logga-in/via/kommun", &[]).await, "unreachable");
        assert_eq!(elsewhere.asked("/x"), 0);
        // It comes back, and so do its staff.
        stage.site.clock.advance_seconds(10);
        stage.puppet.describe(json!({}));
        stage.puppet.says("/jwks", 200, &json!({ "keys": [stage.signer.jwk("k1")] }).to_string());
        stage.honest_sign_in_works().await;
    }

    async fn no_name_or_address_that_a_provider_states_opens_an_account(site) {
        let stage = Stage::set(site, "").await;
        let claims = |nonce: &str| {
            let mut claims = stage.claims(nonce);
            claims["sub"] = json!("someone-new");
            for member in ["email", "preferred_username", "name", "upn"] {
                claims[member] = json!(LOGIN);
            }
            claims["email_verified"] = json!(true);
            claims
        };
        let (page, inside) = stage
            .with_token(|stage, under| {
                stage.signer.sign(&json!({ "alg": "ES256", "kid": "k1" }), &claims(&under.nonce))
            })
            .await;
        assert_eq!(page.status, 403);
        assert!(page.words().contains("inte kopplat än") && page.words().contains("Helsingborgs stad"), "{}", page.words());
        assert!(!inside && !page.text.contains("someone-new"));
        // No account was made.
        let (staff, links) = stage.site.app.staff_list(Job::Cli).await.expect("the accounts");
        assert!(staff.iter().all(|row| row.login != "someone-new"));
        assert_eq!(links.len(), 1);
        stage.honest_sign_in_works().await;
    }

    async fn a_provider_opens_only_memberships_of_its_own_organisations(site) {
        let stage = Stage::set(site, "").await;
        account(&stage.site, "elsewhere", "klippan", Role::HiringManager).await;
        let identity = Identity::typed(&stage.puppet.issuer, "from-klippan").expect("an identity");
        stage.site.app.link_identity(Job::Cli, "elsewhere", Which::Named(&identity)).await.expect("a link");
        let (page, inside) = stage
            .with_token(|stage, under| {
                let mut claims = stage.claims(&under.nonce);
                claims["sub"] = json!("from-klippan");
                stage.signer.sign(&json!({ "alg": "ES256", "kid": "k1" }), &claims)
            })
            .await;
        refused(&page, "no_membership");
        assert!(!inside);
        // Nor one that is over.
        stage.site.clock.advance_seconds(3 * 365 * 24 * 3600);
        let (page, inside) = stage.with_token(Stage::honest).await;
        refused(&page, "no_membership");
        assert!(!inside);
    }

    async fn an_unlinked_or_closed_account_is_out_at_the_next_request(site) {
        let stage = Stage::set(site, "").await;
        let browser = stage.honest_sign_in_works().await;
        let other = stage.site.staff(Role::Recruiter, "helsingborg").await;
        stage.site.app.unlink_identity(Job::Cli, LOGIN, &stage.puppet.issuer).await.expect("unlinked");
        assert!(!is_in(&browser).await, "the session ended with the link");
        assert!(is_in(&other).await, "nobody else's did");
        let (page, inside) = stage.with_token(Stage::honest).await;
        assert!(page.status == 403 && !inside, "{}", page.words());
        let code = page.text.split_once("id=\"kod\">").and_then(|(_, rest)| rest.split_once('<')).expect("a code").0;
        // The code links it again, typed as people type.
        let typed = code.replace('-', " ").to_lowercase();
        stage.site.app.link_identity(Job::Cli, LOGIN, Which::Code(&typed)).await.expect("linked");
        assert!(stage.site.app.link_identity(Job::Cli, LOGIN, Which::Code(&typed)).await.is_err(), "once");
        let browser = stage.honest_sign_in_works().await;
        stage.site.app.close_staff(Job::Cli, LOGIN).await.expect("closed");
        assert!(!is_in(&browser).await, "closed at the next request");
        let (page, inside) = stage.with_token(Stage::honest).await;
        refused(&page, "no_membership");
        assert!(!inside);
        assert!(stage.site.app.close_staff(Job::Cli, LOGIN).await.is_err(), "there is nothing left to close");
    }

    async fn a_code_is_of_no_use_after_seven_days(site) {
        let stage = Stage::set(site, "").await;
        stage.site.app.unlink_identity(Job::Cli, LOGIN, &stage.puppet.issuer).await.expect("unlinked");
        let (page, _) = stage.with_token(Stage::honest).await;
        let code = page.text.split_once("id=\"kod\">").and_then(|(_, rest)| rest.split_once('<')).expect("a code").0;
        stage.site.clock.advance_seconds(7 * 24 * 3600 + 1);
        let error = stage.site.app.link_identity(Job::Cli, LOGIN, Which::Code(code)).await.expect_err("too old");
        assert!(error.to_string().contains("seven days"), "{error}");
        assert!(stage.site.app.link_identity(Job::Cli, "finns-inte", Which::Code(code)).await.is_err());
    }

    async fn a_subject_lies_nowhere_in_clear(site) {
        let stage = Stage::set(site, "").await;
        stage.honest_sign_in_works().await;
        stage.site.app.unlink_identity(Job::Cli, LOGIN, &stage.puppet.issuer).await.expect("unlinked");
        stage.with_token(Stage::honest).await;
        if stage.site.postgres.is_none() {
            let mut looked_at = 0;
            for entry in std::fs::read_dir(stage.site.folder.path()).expect("the folder") {
                let path = entry.expect("an entry").path();
                if path.is_file() {
                    let bytes = std::fs::read(&path).expect("a file");
                    looked_at += bytes.len();
                    for needle in [SUBJECT.as_bytes(), b"800101"] {
                        assert!(!bytes.windows(needle.len()).any(|w| w == needle), "{}", path.display());
                    }
                    if path.extension().is_some_and(|e| e == "sqlite") {
                        // The search itself finds what is there.
                        let known = LOGIN.as_bytes();
                        let wal = std::fs::read(path.with_extension("sqlite-wal")).unwrap_or_default();
                        assert!(bytes.windows(known.len()).chain(wal.windows(known.len())).any(|w| w == known));
                    }
                }
            }
            assert!(looked_at > 10_000);
        }
    }

    async fn logging_out_ends_the_session_here_and_says_where_another_may_live_on(site) {
        let stage = Stage::set(site, "").await;
        let browser = stage.honest_sign_in_works().await;
        browser.get("/arbete").await;
        let page = browser.post_form("/logga-ut", &[]).await;
        assert_eq!(page.status, 200, "{}", page.words());
        let end = format!("href=\"{}/end?client_id=urval\"", stage.puppet.issuer);
        assert!(page.text.contains(&end), "{}", page.text);
        assert!(!page.text.contains("Påhittad Person"), "the page is nobody's");
        assert!(!is_in(&browser).await);
        // A session from a password leads to the first page as ever.
        let other = stage.site.staff(Role::Recruiter, "helsingborg").await;
        other.get("/arbete").await;
        let page = other.post_form("/logga-ut", &[]).await;
        assert_eq!((page.status, page.location()), (303, "/"));
    }

    async fn whoever_begins_to_sign_in_leaves_the_session_that_the_browser_had(site) {
        let stage = Stage::set(site, "").await;
        let made = stage.site.apply("Anna Berg", "I led a project.", &["helsingborg-digitalisering"]).await;
        let browser = stage.door.visitor();
        let page = browser.post_json("/api/v1/applicant-session", &json!({ "receipt_code": made.code })).await;
        assert_eq!(page.status, 200);
        assert_eq!(browser.get("/min-ansokan/sida").await.status, 200);
        press(&browser, "kommun").await;
        assert_eq!(browser.get("/min-ansokan/sida").await.location(), "/min-ansokan");
    }

    async fn the_pages_speak_both_languages_and_run_no_script(site) {
        let stage = Stage::set(site, "").await;
        for (lang, button, on, refused) in [
            ("sv", "Logga in med kommun", "Vidare till din organisation", "Inloggningen gick inte igenom"),
            ("en", "Sign in with kommun", "On to your organisation", "The sign-in did not go through"),
        ] {
            let browser = stage.door.visitor();
            browser.get(&format!("/sprak/{lang}")).await;
            assert!(browser.get("/logga-in").await.words().contains(button));
            let page = browser.post_form("/logga-in/via/kommun", &[]).await;
            assert!(page.words().contains(on), "{}", page.words());
            let mut set = page.headers.get_all("set-cookie").iter().filter_map(|v| v.to_str().ok());
            let cookie = set.find(|cookie| cookie.starts_with("urval-sign-in=")).expect("a cookie");
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Max-Age=600"));
            let back = browser.get("/logga-in/via/kommun/svar?error=x&state=y").await;
            assert!(back.words().contains(refused), "{}", back.words());
            for page in [page, back] {
                assert!(!page.text.contains("<script") && !page.text.contains(" style="));
                let csp = page.headers.get("content-security-policy").and_then(|v| v.to_str().ok());
                assert!(csp.is_some_and(|csp| csp.contains("default-src 'none'")));
            }
        }
        // A form from elsewhere begins nothing.
        let browser = stage.door.visitor();
        browser.get("/logga-in").await;
        let page = browser.post_form_with("/logga-in/via/kommun", &[], &[("sec-fetch-site", "cross-site")]).await;
        assert_eq!(page.status, 403);
        assert_eq!(browser.get("/logga-in/via/kommun").await.status, 405);
        assert_eq!(browser.get("/logga-in/via/kommun/svar").await.location(), "/logga-in");
        assert_eq!(browser.get("/logga-in/via/annan/svar?code=a&state=b").await.status, 404);
    }
}
