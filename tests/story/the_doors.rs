//! Headers, sessions, forms from elsewhere, problems: what every door of the service keeps.

use serde_json::json;
use urval::subject::role::Role;

use crate::fixture::on_both;

on_both! {
    async fn every_answer_forbids_script_framing_and_storing(site) {
        for path in ["/", "/logga-in", "/min-ansokan", "/om", "/finns-inte", "/api/v1/recruitments", "/healthz"] {
            let page = site.visitor().get(path).await;
            let header = |name: &str| page.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
            let csp = header("content-security-policy");
            assert!(csp.contains("default-src 'none'") && csp.contains("frame-ancestors 'none'") && !csp.contains("unsafe"), "{path}: {csp}");
            assert_eq!(header("cache-control"), "no-store", "{path}");
            assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
            assert!(!page.text.contains("<script") && !page.text.contains(" style="), "{path}");
            assert!(!page.text.contains("http://") && !page.text.contains("//cdn"), "{path}: nothing from elsewhere");
        }
    }

    async fn a_form_from_elsewhere_or_without_its_token_changes_nothing(site) {
        let made = site.apply("Anna Berg", "I led a project.", &["helsingborg-digitalisering"]).await;
        let anna = site.applicant(&made.code).await;
        anna.get("/min-ansokan/sida").await;
        for (fields, headers) in [
            (vec![("kind", "ai_free"), ("token", "")], vec![]),
            (vec![("kind", "ai_free"), ("token", "0000")], vec![]),
            (vec![("kind", "ai_free")], vec![("sec-fetch-site", "cross-site")]),
            (vec![("kind", "ai_free")], vec![("origin", "https://example.org")]),
        ] {
            let page = anna.post_form_with("/min-ansokan/begaran", &fields, &headers).await;
            assert_eq!(page.status, 403, "{fields:?} {headers:?}");
        }
        assert_eq!(anna.get("/api/v1/own").await.json()["review_without_ai"], json!(false));
    }

    async fn problems_speak_the_readers_language_and_never_repeat_the_input(site) {
        let page = site.visitor().get("/api/v1/nothing/%3Cscript%3E").await;
        assert_eq!(page.status, 404);
        assert_eq!(page.headers.get("content-type").and_then(|v| v.to_str().ok()), Some("application/problem+json"));
        assert!(page.text.contains("Sidan finns inte") && !page.text.contains("script"));
        let english = site.visitor().get("/finns-inte?lang=en").await;
        assert!(english.words().contains("There is no such page"));
        let method = site.visitor().request(ureq::http::Method::DELETE, "/logga-in").await;
        assert_eq!(method.status, 405);
    }

    async fn a_wrong_password_and_an_unknown_login_look_the_same(site) {
        let visitor = site.visitor();
        let staff = site.staff(Role::Recruiter, "helsingborg").await;
        drop(staff);
        visitor.get("/logga-in").await;
        let mut answers = Vec::new();
        for login in ["rekryterare-finns-inte", "recruiter"] {
            let page = visitor.post_form("/logga-in", &[("login", login), ("password", "fel lösenord här")]).await;
            answers.push((page.status, page.words().replace(login, "")));
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0].0, 422);
    }

    async fn logging_out_ends_the_session_on_the_server_too(site) {
        let staff = site.staff(Role::Dpo, "helsingborg").await;
        assert_eq!(staff.get("/dso/logg").await.status, 200);
        assert_eq!(staff.post_form("/logga-ut", &[]).await.status, 303);
        assert_eq!(staff.get("/api/v1/log").await.status, 401);
    }

    async fn the_language_switch_leads_nowhere_else(site) {
        for to in ["//example.org", "https://example.org", "/\\example.org", "javascript:alert(1)"] {
            let page = site.visitor().get(&format!("/sprak/en?till={to}")).await;
            assert_eq!((page.status, page.location()), (303, "/"), "{to}");
        }
        let page = site.visitor().get("/sprak/en?till=/om").await;
        assert_eq!((page.status, page.location()), (303, "/om"));
    }

    async fn health_and_readiness_are_told_apart(site) {
        assert_eq!(site.visitor().get("/healthz").await.status, 200);
        let ready = site.visitor().get("/readyz").await;
        assert_eq!(ready.status, 200);
        assert!(ready.text.contains("loaded"), "{}", ready.text);
    }
}
