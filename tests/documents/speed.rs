//! How quick reading is, beside a peer; and that others do not wait for it.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::{extractor, made, output, poppler};
use crate::fixture::{Engine, figures, site};

#[test]
fn documents_a_second_beside_a_peer() {
    if !poppler("pdftotext") {
        return;
    }
    let extractor = extractor();
    let files: Vec<_> = made().into_iter().filter(super::Made::is_pdf).collect();
    let bytes: Vec<Vec<u8>> = files.iter().map(|made| std::fs::read(&made.file).expect("the file")).collect();
    let (mut ours, mut theirs) = (Duration::ZERO, Duration::ZERO);
    const ROUNDS: usize = 3;
    for _ in 0..ROUNDS {
        for (made, bytes) in files.iter().zip(&bytes) {
            let began = Instant::now();
            let outcome = extractor.read(bytes);
            ours += began.elapsed();
            assert!(matches!(outcome, urval::pipeline::extract::Outcome::Read(_)), "{}", made.name);
            let began = Instant::now();
            output(Command::new("pdftotext").arg("-q").arg(&made.file).arg("-"));
            theirs += began.elapsed();
        }
    }
    let count = (files.len() * ROUNDS) as f64;
    let (ours, theirs) = (count / ours.as_secs_f64(), count / theirs.as_secs_f64());
    figures(
        "documents::speed::documents_a_second_beside_a_peer",
        count as u64,
        &json!({
            "documents_a_second": ours, "documents_a_second_pdftotext": theirs, "ratio": ours / theirs,
            "with": "a process a document on both sides",
        }),
    );
}

fn percentile(sorted: &[f64], of: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * of).round() as usize]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_answered_while_documents_are_read() {
    let site = Arc::new(site(Engine::Sqlite).await.expect("a site"));
    let asked = async |times: usize| {
        let client = site.visitor();
        let mut took = Vec::new();
        for _ in 0..times {
            let began = Instant::now();
            assert_eq!(client.get("/").await.status, 200);
            took.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        took.sort_by(f64::total_cmp);
        took
    };
    asked(20).await;
    let quiet = asked(300).await;

    // Two applicants hand in what takes the reader long, one file after the other, and look at what was read.
    let (stop, read) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut busy = Vec::new();
    for turn in 0..2u8 {
        let (site, stop, read) = (Arc::clone(&site), Arc::clone(&stop), Arc::clone(&read));
        busy.push(tokio::spawn(async move {
            let form = format!("/sok/{}/ansokan", site.recruitment);
            let placement = site.placement("helsingborg-digitalisering").id.to_string();
            let client = site.visitor();
            client.get(&form).await;
            let mut file = super::hostile::slow();
            while !stop.load(Ordering::Relaxed) {
                // Another file each time: the same one would not be read again.
                file.push(b' ' + turn);
                let fields = [
                    ("name", "Bo Exempel"),
                    ("email", "bo@example.org"),
                    ("placement", placement.as_str()),
                    ("letter", "Hej."),
                    ("notice", urval::casework::intake::NOTICE_VERSION),
                ];
                let page = client.post_files(&form, &fields, &[("fil_cv", "cv.pdf", &file)]).await;
                assert_eq!(page.status, 303, "{}", page.words());
                read.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut beside = Vec::new();
    let began = Instant::now();
    while read.load(Ordering::Relaxed) < 8 && began.elapsed() < Duration::from_secs(40) {
        beside.extend(asked(50).await);
    }
    beside.sort_by(f64::total_cmp);
    stop.store(true, Ordering::Relaxed);
    for one in busy {
        one.await.expect("an applicant");
    }
    assert!(read.load(Ordering::Relaxed) >= 2, "nothing was read meanwhile");
    figures(
        "documents::speed::others_are_answered_while_documents_are_read",
        (quiet.len() + beside.len()) as u64,
        &json!({
            "milliseconds_p50_quiet": percentile(&quiet, 0.5), "milliseconds_p99_quiet": percentile(&quiet, 0.99),
            "milliseconds_p50_beside": percentile(&beside, 0.5), "milliseconds_p99_beside": percentile(&beside, 0.99),
            "files_read_meanwhile": read.load(Ordering::Relaxed),
        }),
    );
}
