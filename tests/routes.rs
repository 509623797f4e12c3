//! Every row of the route table, called by everybody: who may not is turned away at the door, and
//! nothing that a caller can put into a path makes the service fail.

use serde_json::{Value, json};
use ureq::http::Method;
use urval::guard::audit::note::{Checkpoint, Vkey};
use urval::subject::role::Role;
use urval::web::routes::{Guard, Row, table};

use crate::fixture::{Client, Page, Site, on_both};

mod answers;

/// Looks like an id, belongs to nothing.
const UNKNOWN: &str = "01933aaa-0000-7000-8000-00000000dead";

/// What people and scanners put where an id belongs.
const ODD: [&str; 7] = ["%00", "a%00b", "%FF", "..%2F..%2Fetc", "%27%20OR%201=1--", "%F0%9F%A6%86", "-1"];

fn filled(row: &Row, id: &str) -> String {
    row.path
        .split('/')
        .map(|part| match part {
            "{criterion}" if id == UNKNOWN => "K2",
            "{lang}" if id == UNKNOWN => "en",
            _ if part.starts_with('{') => id,
            _ => part,
        })
        .collect::<Vec<_>>()
        .join("/")
}

fn is_api(row: &Row) -> bool {
    row.path.starts_with("/api/")
}

/// A body that the row can read, so that the answer is about the path.
fn body(row: &Row) -> Value {
    match row.path.rsplit('/').next() {
        Some("session") => json!({ "login": "ingen", "password": "inget" }),
        Some("applicant-session") => json!({ "receipt_code": "00000-00000" }),
        Some("applications") => json!({
            "protected_identity": false, "notice_version": urval::casework::intake::NOTICE_VERSION,
            "name": "Tuva Påhittad", "email": "tuva@example.org", "placements": [UNKNOWN], "letter": "Hej.",
        }),
        Some("marks") => json!({ "marks": { "K1": "styrkt" } }),
        Some("{criterion}") => json!({ "mark": "4", "reason": "Läste om hela brevet." }),
        Some("decisions") => {
            json!({ "placement": UNKNOWN, "outcome": "proceed", "reason": "Läste hela ansökan." })
        }
        Some("answer") => json!({ "verdict": "refuse", "reason": "Behövs för rättsliga anspråk." }),
        Some("requests") => json!({ "kind": "access" }),
        Some("openings") => json!({ "category": "audit", "reason": "Planerad egenkontroll." }),
        Some("conflicts") => json!({ "note": "En påhittad anteckning." }),
        Some("ai-stops" | "ai-starts") => json!({ "reason": "Modellen ska prövas igen." }),
        Some("lift") => json!({ "reason": "Det gjordes av misstag." }),
        Some("emergencies") => {
            json!({ "ground": "meeting", "reason": "Brevet om mötet i morgon kom tillbaka." })
        }
        Some("settlement") => json!({ "approve": false }),
        Some("acknowledgement") => json!({}),
        Some("holds") => json!({
            "recruitment": UNKNOWN, "label": "K-000000", "ground": "court", "reason": "Ett påhittat mål.",
        }),
        other => panic!("say in tests/routes.rs what {other:?} ({}) reads", row.path),
    }
}

/// The fields of a page's form, likewise.
fn fields(row: &Row) -> Vec<(&'static str, &'static str)> {
    match row.path.rsplit('/').next() {
        Some("andra") => vec![("criterion", "K2"), ("mark", "4"), ("reason", "Läste om hela brevet.")],
        Some("beslut") => {
            vec![("placement", UNKNOWN), ("outcome", "proceed"), ("reason", "Läste hela ansökan.")]
        }
        Some("{recruitment}") if row.path.starts_with("/kontrollgrupp") => vec![("share", "10")],
        Some("stopp" | "start") => vec![("reason", "Modellen ska prövas igen.")],
        Some("svar") => vec![("svar", "avsla"), ("reason", "Behövs för rättsliga anspråk.")],
        Some("oppna") => vec![("category", "audit"), ("reason", "Planerad egenkontroll.")],
        Some("begaran") => vec![("kind", "access")],
        Some("jav") => vec![("note", "En påhittad anteckning.")],
        Some("nodatkomst") => {
            vec![("ground", "meeting"), ("reason", "Brevet om mötet i morgon kom tillbaka.")]
        }
        Some("{emergency}") => vec![("outcome", "refuse")],
        Some("{shown}") => vec![],
        Some("{conflict}" | "{hold}") => vec![("reason", "Det gjordes av misstag.")],
        Some("sparrar") => vec![
            ("recruitment", UNKNOWN),
            ("label", "K-000000"),
            ("ground", "court"),
            ("reason", "Ett påhittat mål."),
        ],
        _ => vec![
            ("login", "ingen"),
            ("password", "inget"),
            ("code", "00000"),
            ("skyddad", "nej"),
            ("mark-K1", "styrkt"),
        ],
    }
}

async fn call(client: &Client, row: &Row, path: &str) -> Page {
    match (&row.method, is_api(row)) {
        (&Method::POST, true) => client.post_json(path, &body(row)).await,
        (&Method::POST, false) => client.post_form(path, &fields(row)).await,
        _ => client.get(path).await,
    }
}

async fn an_applicant(site: &Site) -> Client {
    let receipt = site.apply("Tuva Påhittad", "I led a project.", &["helsingborg-digitalisering"]).await;
    site.applicant(&receipt.code).await
}

#[test]
fn an_open_row_says_why_and_no_row_is_there_twice() {
    let table = table();
    let rows = table.rows();
    let count = |wanted: fn(&Guard) -> bool| rows.iter().filter(|row| wanted(&row.guard)).count();
    assert!(count(|guard| matches!(guard, Guard::Staff)) >= 10);
    assert!(count(|guard| matches!(guard, Guard::Applicant)) >= 4);
    let mut seen = std::collections::BTreeSet::new();
    for row in rows {
        assert!(seen.insert((row.method.as_str(), row.path)), "{} {} is there twice", row.method, row.path);
        if let Guard::Open(why) = row.guard {
            assert!(why.chars().count() >= 10, "{}: {why:?} is no reason", row.path);
            assert!(!row.path.contains("{application}"), "{} is about one person and open", row.path);
        }
        assert!(matches!(row.method, Method::GET | Method::POST), "{}", row.path);
    }
}

on_both! {
    async fn nobody_passes_a_guarded_row_without_a_session(site) {
        for row in table().rows() {
            let page = call(&site.visitor(), row, &filled(row, UNKNOWN)).await;
            let what = format!("{} {}: {} {}", row.method, row.path, page.status, page.text);
            assert!(page.status < 500, "{what}");
            let door = match row.guard {
                Guard::Open(_) => continue,
                Guard::Staff => "/logga-in",
                Guard::Applicant => "/min-ansokan",
            };
            if is_api(row) || row.method == Method::POST {
                assert_eq!(page.status, 401, "{what}");
            } else {
                assert_eq!((page.status, page.location()), (303, door), "{what}");
            }
        }
    }

    async fn a_session_of_the_wrong_kind_opens_nothing(site) {
        let applicant = an_applicant(&site).await;
        let staff = site.staff(Role::Recruiter, "helsingborg").await;
        for row in table().rows() {
            let wrong = match row.guard {
                Guard::Open(_) => continue,
                Guard::Staff => &applicant,
                Guard::Applicant => &staff,
            };
            let page = call(wrong, row, &filled(row, UNKNOWN)).await;
            assert_eq!(page.status, 403, "{} {}: {}", row.method, row.path, page.text);
            if is_api(row) {
                assert_eq!(page.json()["type"], "urn:urval:problem:wrong-door", "{}", row.path);
            }
        }
    }

    async fn an_unknown_id_is_not_found_and_never_a_fault(site) {
        let rows = table();
        for role in [Role::Assessor, Role::Recruiter, Role::HiringManager] {
            let staff = site.staff(role, "helsingborg").await;
            for row in rows.rows().iter().filter(|row| row.guard == Guard::Staff && row.path.contains('{')) {
                let page = call(&staff, row, &filled(row, UNKNOWN)).await;
                assert_eq!(page.status, 404, "{} {} as {}: {}", row.method, row.path, role.code(), page.text);
            }
        }
        let visitor = site.visitor();
        let open = |row: &&Row| matches!(row.guard, Guard::Open(_)) && row.path.contains('{');
        for row in rows.rows().iter().filter(open).filter(|row| !row.path.contains("{lang}")) {
            // A visitor's form carries the token of a page that was read before.
            visitor.get(&format!("/sok/{}", site.recruitment)).await;
            let page = call(&visitor, row, &filled(row, UNKNOWN)).await;
            assert_eq!(page.status, 404, "{} {}: {}", row.method, row.path, page.text);
        }
    }

    async fn no_role_makes_the_service_fail(site) {
        let rows = table();
        for role in Role::ALL {
            let staff = site.staff(*role, "helsingborg").await;
            for row in rows.rows().iter().filter(|row| row.guard == Guard::Staff) {
                let page = call(&staff, row, &filled(row, UNKNOWN)).await;
                assert!(page.status < 500, "{} {} as {}: {}", row.method, row.path, role.code(), page.text);
            }
        }
    }

    async fn no_path_makes_the_service_fail(site) {
        let staff = site.staff(Role::HiringManager, "helsingborg").await;
        let applicant = an_applicant(&site).await;
        let visitor = site.visitor();
        visitor.get(&format!("/sok/{}", site.recruitment)).await;
        let long = "x".repeat(4000);
        for row in table().rows().iter().filter(|row| row.path.contains('{')) {
            let client = match row.guard {
                Guard::Staff => &staff,
                Guard::Applicant => &applicant,
                Guard::Open(_) => &visitor,
            };
            for odd in ODD.into_iter().chain([long.as_str()]) {
                let page = call(client, row, &filled(row, odd)).await;
                assert!(page.status < 500, "{} {} with {odd:.20}: {}", row.method, row.path, page.text);
                assert!(!page.text.contains("OR 1=1"), "{} {} repeats what was sent", row.method, row.path);
            }
        }
    }

    async fn no_login_makes_the_service_fail(site) {
        let visitor = site.visitor();
        let long = "å".repeat(100_000);
        for odd in ["", "a\0b", "\u{202e}", "' OR 1=1 --", long.as_str()] {
            visitor.get("/logga-in").await;
            let page = visitor.post_form("/logga-in", &[("login", odd), ("password", odd)]).await;
            assert!(page.status == 422, "{odd:.20}: {}", page.status);
            let api = visitor.post_json("/api/v1/session", &json!({ "login": odd, "password": odd })).await;
            assert_eq!(api.status, 401, "{odd:.20}: {}", api.text);
            visitor.get("/min-ansokan").await;
            let page = visitor.post_form("/min-ansokan", &[("code", odd), ("kod", odd)]).await;
            assert!(page.status == 422, "{odd:.20}: {}", page.status);
            let api = visitor.post_json("/api/v1/applicant-session", &json!({ "receipt_code": odd })).await;
            assert_eq!(api.status, 401, "{odd:.20}: {}", api.text);
        }
    }

    async fn a_call_of_a_session_without_its_token_changes_nothing(site) {
        let applicant = an_applicant(&site).await;
        let staff = site.staff(Role::HiringManager, "helsingborg").await;
        let size = || async { site.db.log_head().await.expect("the log").size };
        let before = size().await;
        for row in table().rows().iter().filter(|row| is_api(row) && row.method == Method::POST) {
            let client = match row.guard {
                Guard::Staff => &staff,
                Guard::Applicant => &applicant,
                Guard::Open(_) => continue,
            };
            let page = client.request(Method::POST, &filled(row, UNKNOWN)).await;
            assert_eq!(page.status, 403, "{}", row.path);
            assert_eq!(page.json()["type"], "urn:urval:problem:token-missing", "{}", row.path);
        }
        assert_eq!(size().await, before, "not even an entry");
    }

    async fn a_body_that_cannot_be_read_is_refused_without_being_repeated(site) {
        let applicant = an_applicant(&site).await;
        let path = "/api/v1/own/requests";
        for body in [
            json!({}),
            json!({ "kind": "hemligt önskemål" }),
            json!({ "kind": "access", "personnummer": "hemligt" }),
            json!("hemligt"),
        ] {
            let page = applicant.post_json(path, &body).await;
            assert_eq!(page.status, 400, "{body}: {}", page.text);
            assert_eq!(page.json()["type"], "urn:urval:problem:unusable-body");
            assert!(!page.text.contains("hemligt") && !page.text.contains("personnummer"), "{}", page.text);
        }
        let token = applicant.token();
        let bring = ("x-urval-token", token.as_str());
        let form = applicant.post_form_with(path, &[("kind", "access")], &[bring]).await;
        assert_eq!(form.status, 400, "a form, which any page can send, is not read: {}", form.text);
        let big = applicant.post_json(path, &json!({ "kind": "x".repeat(urval::web::BODY_BYTES_MAX) })).await;
        assert_eq!(big.status, 413, "{}", big.text);
        let foreign = applicant.post_form_with(path, &[], &[bring, ("sec-fetch-site", "cross-site")]).await;
        assert_eq!(foreign.json()["type"], "urn:urval:problem:other-site");
    }

    async fn the_interface_describes_itself_and_its_log_to_anybody(site) {
        let visitor = site.visitor();
        let document = visitor.get("/api/v1/openapi.json").await.json();
        assert_eq!(document["components"]["securitySchemes"]["session"]["name"], "urval");
        let rounds = visitor.get("/api/v1/recruitments").await.json();
        assert_eq!(rounds[0]["id"], site.recruitment.as_str());
        assert_eq!(rounds[0]["placements"].as_array().map(Vec::len), Some(site.placements.len()));
        // Another notice than the one in force stores nothing.
        let path = format!("/api/v1/recruitments/{}/applications", site.recruitment);
        let old = json!({ "protected_identity": false, "notice_version": "2020-01-01" });
        let old = visitor.post_json(&path, &old).await;
        assert_eq!(old.status, 409);
        assert!(old.text.contains(urval::casework::intake::NOTICE_VERSION), "{}", old.text);
        // The published checkpoint is signed by the published key.
        an_applicant(&site).await;
        let key = visitor.get("/api/v1/log/vkey").await.text;
        let note = visitor.get("/api/v1/log/checkpoint").await.text;
        let key = Vkey::parse(&key).expect("a key");
        let signed = Checkpoint::open(note.as_bytes(), &key).expect("a signed checkpoint");
        assert_eq!(signed.size, site.db.log_head().await.expect("the log").size);
    }
}
