//! Every guarded route, called by everybody with a real application, a real placement and bodies that can be read:
//! who is let in stands in `answers.txt`, a table that a reader can check, and this test compares the two.

use serde_json::{Value, json};
use ureq::http::Method;
use urval::subject::role::Role;
use urval::web::routes::{Guard, Row, table};

use super::{body, fields, is_api};
use crate::fixture::{Client, Page, Site, on_both};

/// What the table's paths are filled with. Things that can be done once are there twice: for the pages and for the
/// interface.
struct Real {
    application: String,
    label: String,
    placement: String,
    recruitment: String,
    emergencies: [String; 2],
    uses: [String; 2],
    conflicts: [String; 2],
    holds: [String; 2],
    /// A request for erasure.
    request: String,
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

async fn posted(client: &Client, path: &str, body: &Value) -> Page {
    let page = client.post_json(path, body).await;
    assert!(page.status < 300, "{path}: {}", page.text);
    page
}

async fn real(site: &Site) -> Real {
    let made = site.apply("Tuva Påhittad", "I led a project.", &["helsingborg-digitalisering"]).await;
    let id = site.id_of(&made.label).await;
    let asker = site.staff(Role::Recruiter, "helsingborg").await;
    let dpo = site.staff(Role::Dpo, "helsingborg").await;
    let registrar = site.staff(Role::Registrar, "helsingborg").await;
    let lead = site.staff(Role::ProgrammeLead, "helsingborg").await;
    let mut emergencies = Vec::new();
    for _ in 0..3 {
        let body = json!({ "ground": "meeting", "reason": "Brevet om mötet i morgon kom tillbaka." });
        let page = posted(&asker, &format!("/api/v1/applications/{id}/emergencies"), &body).await;
        emergencies.push(text(&page.json()["id"]));
    }
    let first = emergencies.remove(0);
    posted(&dpo, &format!("/api/v1/emergencies/{first}/settlement"), &json!({ "approve": true })).await;
    for _ in 0..2 {
        assert_eq!(asker.get(&format!("/arbete/ansokningar/{id}/kontakt")).await.status, 200);
    }
    for _ in 0..2 {
        let partial = site.staff(Role::Assessor, "helsingborg").await;
        posted(&partial, &format!("/api/v1/applications/{id}/conflicts"), &json!({})).await;
        let body = json!({
            "recruitment": site.recruitment.as_str(), "label": made.label, "ground": "court",
            "reason": "Stämning i ett påhittat mål.",
        });
        posted(&registrar, "/api/v1/holds", &body).await;
    }
    let matters = lead.get("/api/v1/matters").await.json();
    let holds = registrar.get("/api/v1/holds").await.json();
    let two = |list: &Value| [text(&list[0]["id"]), text(&list[1]["id"])];
    let used = matters["emergencies"].as_array().expect("a list").iter();
    let used =
        used.map(|item| &item["uses"]).find(|uses| uses.as_array().is_some_and(|list| list.len() == 2));
    let applicant = site.applicant(&made.code).await;
    posted(&applicant, "/api/v1/own/requests", &json!({ "kind": "erasure" })).await;
    let waiting = registrar.get("/api/v1/erasure-requests").await.json();
    Real {
        request: text(&waiting[0]["request"]),
        application: id,
        label: made.label,
        placement: site.placement("helsingborg-digitalisering").id.to_string(),
        recruitment: site.recruitment.to_string(),
        emergencies: [emergencies[0].clone(), emergencies[1].clone()],
        uses: two(used.expect("two showings")),
        conflicts: two(&matters["conflicts"]),
        holds: two(&holds),
    }
}

fn path(row: &Row, real: &Real) -> String {
    let door = usize::from(is_api(row));
    let mut before = "";
    let mut parts = Vec::new();
    for part in row.path.split('/') {
        let filled = match (part, before) {
            ("{application}", _) | ("{id}", "applications") => &real.application,
            ("{placement}", _) | ("{id}", "placements") => &real.placement,
            ("{emergency}", _) | ("{id}", "emergencies") => &real.emergencies[door],
            ("{shown}", _) | ("{id}", "emergency-uses") => &real.uses[door],
            ("{conflict}", _) | ("{id}", "conflicts") => &real.conflicts[door],
            ("{hold}", _) | ("{id}", "holds") => &real.holds[door],
            ("{request}", _) | ("{id}", "erasure-requests") => &real.request,
            ("{recruitment}", _) | ("{id}", "recruitments") => &real.recruitment,
            ("{question}", _) => "F1",
            ("{entry}", _) => "0.tlog-proof",
            ("{place}", _) => "cv",
            ("{*number}", _) => "000.p/1",
            ("{criterion}", _) => "K2",
            (plain, _) => {
                assert!(!plain.starts_with('{'), "say in tests/routes/answers.rs what {} is", row.path);
                plain
            }
        };
        parts.push(filled);
        before = part;
    }
    parts.join("/")
}

async fn call(client: &Client, row: &Row, real: &Real) -> Page {
    let path = path(row, real);
    let known = |name: &str| match name {
        "recruitment" => Some(real.recruitment.as_str()),
        "label" => Some(real.label.as_str()),
        "placement" => Some(real.placement.as_str()),
        // A no, so that the applicant does not go on in the middle of the table.
        "outcome" if row.path.contains("beslut") || row.path.contains("decisions") => Some("not_proceed"),
        _ => None,
    };
    match (&row.method, is_api(row)) {
        (&Method::POST, true) => {
            let mut body = body(row);
            for (name, value) in body.as_object_mut().expect("an object").iter_mut() {
                if let Some(right) = known(name) {
                    *value = json!(right);
                }
            }
            client.post_json(&path, &body).await
        }
        (&Method::POST, false) => {
            let all: Vec<(&str, &str)> =
                fields(row).into_iter().map(|(name, value)| (name, known(name).unwrap_or(value))).collect();
            client.post_form(&path, &all).await
        }
        _ => client.get(&path).await,
    }
}

/// The answer in one word.
fn word(page: &Page, row: &Row, who: &str) -> &'static str {
    match page.status {
        303 if matches!(page.location(), "/logga-in" | "/min-ansokan") => "-",
        401 => "-",
        200..=299 | 303 | 409 | 422 => "in",
        // No receipt for an entry about somebody else.
        404 if row.path.contains("/kvitto/") => "in",
        // The application has no file.
        404 if row.path.contains("/fil/") => "in",
        403 if page.text.contains("wrong-door") || page.words().contains("Sidan är inte för dig") => "door",
        403 if page.text.contains("not-allowed") || page.words().contains("Det är inte tillåtet") => "no",
        status => panic!("{} {} as {who}: {status} {}", row.method, row.path, page.words()),
    }
}

const HEAD: &str = "\
# Who is let in. Compared with the service by tests/routes/answers.rs; change it by hand, and only knowing why.
# Every guarded route is called with a real application that chose Helsingborg, was assessed and has no decision.
#   in    let in (also when what was sent lacks something, or was done before)
#   no    refused by the policies, and the refusal is in the log
#   door  a session of the wrong kind
#   -     no session
# /konto is not here: everybody's own account is their own (tests/story/accounts.rs).
# ANON: nobody. SOK: the applicant. Then staff of Helsingborg: assessor, recruiter, hiring manager, programme lead, HR
# chief, union representative, data-protection officer, registrar, supervisor, operator. *: staff of Klippan.
";

fn short(role: Role) -> &'static str {
    match role {
        Role::Assessor => "BED",
        Role::Recruiter => "REK",
        Role::HiringManager => "CHEF",
        Role::ProgrammeLead => "PROJ",
        Role::HrChief => "HR",
        Role::UnionRepresentative => "FACK",
        Role::Dpo => "DSO",
        Role::Registrar => "REG",
        Role::Supervisor => "TILL",
        Role::Operator => "DRIFT",
    }
}

on_both! {
    async fn everybody_is_let_in_where_the_table_says_and_nowhere_else(site) {
        let real = real(&site).await;
        site.score().await;
        let table = table();
        let mut rows: Vec<&Row> =
            table.rows().iter().filter(|row| !matches!(row.guard, Guard::Open(_)) && !row.path.starts_with("/konto")).collect();
        // Who has declared a conflict is shut out of the rest: that comes last.
        rows.sort_by_key(|row| row.path.ends_with("/jav") || row.path.ends_with("/conflicts"));
        let mut columns: Vec<(String, Vec<&str>)> = Vec::new();
        let receipt = site.apply("Bo Påhittad", "I led a project.", &["helsingborg-digitalisering"]).await;
        let mut callers: Vec<(String, Client)> = vec![
            ("ANON".into(), site.visitor()), ("SOK".into(), site.applicant(&receipt.code).await),
        ];
        for role in Role::ALL {
            callers.push((short(*role).into(), site.staff(*role, "helsingborg").await));
        }
        for role in [Role::Assessor, Role::Recruiter, Role::HiringManager] {
            callers.push((format!("{}*", short(role)), site.staff(role, "klippan").await));
        }
        for (who, client) in &callers {
            let mut column = Vec::new();
            for row in &rows {
                let page = call(client, row, &real).await;
                column.push(word(&page, row, who));
            }
            columns.push((who.clone(), column));
        }
        let width = rows.iter().map(|row| row.path.len()).max().unwrap_or(0) + 5;
        let mut made = format!("{HEAD}{:<width$}", "");
        for (who, _) in &columns {
            made.push_str(&format!(" {who:<5}"));
        }
        for (index, row) in rows.iter().enumerate() {
            made.truncate(made.trim_end().len());
            made.push_str(&format!("\n{:<width$}", format!("{} {}", row.method, row.path)));
            for (_, column) in &columns {
                made.push_str(&format!(" {:<5}", column[index]));
            }
        }
        made.truncate(made.trim_end().len());
        made.push('\n');
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let _ = std::fs::create_dir_all(folder.join("target/tests-run"));
        let _ = std::fs::write(folder.join("target/tests-run/answers.txt"), &made);
        let written = std::fs::read_to_string(folder.join("tests/routes/answers.txt")).expect("answers.txt");
        assert!(made == written, "the service answers otherwise than tests/routes/answers.txt says:\n{made}");
        assert!(rows.len() >= 35 && columns.len() == 15);
        crate::fixture::figures(
            "routes::answers::everybody_is_let_in_where_the_table_says_and_nowhere_else",
            (rows.len() * columns.len()) as u64,
            &json!({ "routes": rows.len(), "callers": columns.len(), "engine": site.db.engine() }),
        );
    }
}
