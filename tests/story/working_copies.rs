//! What a text means to the model, as numbers, is a working copy: sealed, of use for a second reading, and gone
//! within a day of the assessment.

use serde_json::json;
use sqlx::{Connection, Row};
use urval::guard::access::Job;
use urval::guard::pii::Pii;
use urval::pipeline::encoder::Embeddings;
use urval::pipeline::pseudonymise::split;
use urval::pipeline::received::{Known, Received, Section, SectionKind};
use urval::pipeline::score::{Assessment, Ruler};
use urval::subject::profile::Profile;

use crate::fixture::{Site, on_both};

const LETTER: &str =
    "I led a project group of five with goals and a schedule. I analysed the results in a report.";
const HOUR: i64 = 3600;

on_both! {
    async fn a_second_reading_gives_the_same_result_and_keeps_one_sealed_copy(site) {
        let made = site.apply("Anna Berg", LETTER, &["helsingborg-digitalisering"]).await;
        site.score().await;
        let before = levels(&site, &made).await;
        let vectors = kept(&site).await;
        assert_eq!(vectors.len(), 1);
        // Numbers of the model's own size, ciphertext all through: no run of it repeats or compresses.
        let sealed = &vectors[0];
        assert!(sealed.len() > 2 * 384 * 4, "{} bytes", sealed.len());
        assert!(!sealed.windows(8).any(|part| part == b"urvemb/1"));

        let id = site.db.by_label(&site.recruitment, &made.label).await.expect("the database").expect("an id");
        site.app.screen_one(Job::Scorer, &id).await.expect("an assessment");
        assert_eq!(levels(&site, &made).await, before);
        assert_eq!(kept(&site).await.len(), 1);
    }

    async fn a_working_copy_is_gone_after_a_day_and_the_assessment_stays(site) {
        let made = site.apply("Anna Berg", LETTER, &["helsingborg-digitalisering"]).await;
        site.score().await;
        let before = levels(&site, &made).await;
        site.clock.advance_seconds(23 * HOUR);
        assert_eq!(site.app.purge_working_copies(Job::Scorer).await.expect("a purge"), 0);
        assert_eq!(kept(&site).await.len(), 1);
        site.clock.advance_seconds(HOUR);
        assert_eq!(site.app.purge_working_copies(Job::Scorer).await.expect("a purge"), 1);
        assert_eq!(kept(&site).await.len(), 0);
        assert_eq!(site.app.purge_working_copies(Job::Scorer).await.expect("a purge"), 0, "twice is once");
        assert_eq!(levels(&site, &made).await, before);
        // Read again: the vectors are made anew, bit for bit the same.
        let id = site.db.by_label(&site.recruitment, &made.label).await.expect("the database").expect("an id");
        site.app.screen_one(Job::Scorer, &id).await.expect("an assessment");
        assert_eq!(levels(&site, &made).await, before);
        assert_eq!(kept(&site).await.len(), 1);
    }

    async fn a_purge_that_cannot_be_logged_deletes_nothing_and_the_next_one_does(site) {
        site.apply("Anna Berg", LETTER, &["helsingborg-digitalisering"]).await;
        site.score().await;
        site.clock.advance_seconds(25 * HOUR);
        site.behind_its_back("ALTER TABLE audit_entries RENAME TO audit_gone").await;
        assert!(site.app.purge_working_copies(Job::Scorer).await.is_err());
        assert_eq!(kept(&site).await.len(), 1);
        site.behind_its_back("ALTER TABLE audit_gone RENAME TO audit_entries").await;
        assert_eq!(site.app.purge_working_copies(Job::Scorer).await.expect("a purge"), 1);
        assert_eq!(kept(&site).await.len(), 0);
    }

    async fn a_command_that_ends_keeps_no_working_copy(site) {
        let made = site.apply("Anna Berg", LETTER, &["helsingborg-digitalisering"]).await;
        let id = site.db.by_label(&site.recruitment, &made.label).await.expect("the database").expect("an id");
        site.app.screen_one(Job::Screen, &id).await.expect("an assessment");
        assert_eq!(kept(&site).await.len(), 0);
    }

    async fn withdrawal_and_review_without_ai_take_the_working_copy_at_once(site) {
        for kind in ["withdrawal", "ai_free"] {
            let made = site.apply("Anna Berg", LETTER, &["helsingborg-digitalisering"]).await;
            site.score().await;
            assert_eq!(kept(&site).await.len(), 1);
            let applicant = site.applicant(&made.code).await;
            let asked = applicant.post_json("/api/v1/own/requests", &json!({ "kind": kind })).await;
            assert!(asked.status < 300, "{}", asked.text);
            assert_eq!(kept(&site).await.len(), 0, "{kind}");
        }
    }
}

#[test]
fn kept_vectors_are_used_for_the_same_text_and_model_and_for_nothing_else() {
    let encoder = crate::fixture::encoder();
    let profile = Profile::freeze(urval::demo::PROFILE).expect("the profile");
    let ruler = Ruler::new(&encoder, profile).expect("a ruler");
    let text = |letter: &str| {
        let section =
            Section { kind: SectionKind::Letter, question: None, text: Pii::new(letter.to_owned()) };
        split(Received { known: Known::default(), sections: vec![section] }, &crate::fixture::frame())
            .unwrap_or_else(|held| panic!("{held}"))
            .0
    };
    let (first, vectors) = ruler.assess(&encoder, &text(LETTER), None).expect("an assessment");
    let found = |one: &Assessment| serde_json::to_string(&one.criteria).expect("JSON");
    // The same vectors with every number the other way: if the model read the text again, nothing would change.
    let turned = || {
        let mut bytes = vectors.to_bytes().to_vec();
        // Format, key, length, then for each passage and wording a mark, and the numbers where it is 1; the sign is
        // the last bit.
        let mut at = 44;
        while at < bytes.len() {
            let numbers = at + 1..at + 1 + usize::from(bytes[at]) * 4 * encoder.dimensions();
            at = numbers.end;
            bytes[numbers].chunks_mut(4).for_each(|number| number[3] ^= 0x80);
        }
        Embeddings::from_bytes(&bytes).expect("vectors")
    };
    let (second, _) = ruler.assess(&encoder, &text(LETTER), Some(turned())).expect("an assessment");
    assert_ne!(found(&second), found(&first));
    let other = LETTER.replace("five", "six");
    let (fresh, _) = ruler.assess(&encoder, &text(&other), None).expect("an assessment");
    let (third, _) = ruler.assess(&encoder, &text(&other), Some(turned())).expect("an assessment");
    assert_eq!(found(&third), found(&fresh), "another text's vectors are not used");
}

async fn levels(site: &Site, made: &crate::fixture::Receipt) -> serde_json::Value {
    let applicant = site.applicant(&made.code).await;
    let mut own = applicant.get("/api/v1/own").await.json();
    own["assessment"]["criteria"].take()
}

/// Every kept row as it lies in the database.
async fn kept(site: &Site) -> Vec<Vec<u8>> {
    const ALL: &str = "SELECT sealed FROM embeddings";
    match &site.postgres {
        Some(url) => {
            let mut connection = sqlx::PgConnection::connect(url).await.expect("PostgreSQL");
            let rows = sqlx::query(ALL).fetch_all(&mut connection).await.expect("rows");
            rows.into_iter().map(|row| row.get(0)).collect()
        }
        None => {
            let file = site.folder.path().join("urval.sqlite");
            let url = format!("sqlite://{}", file.display());
            let mut connection = sqlx::SqliteConnection::connect(&url).await.expect("SQLite");
            let rows = sqlx::query(ALL).fetch_all(&mut connection).await.expect("rows");
            rows.into_iter().map(|row| row.get(0)).collect()
        }
    }
}
