//! How quick reading is, beside a peer; and that others do not wait for it.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::{extractor, made, output, poppler};
use crate::fixture::{Client, Engine, figures, site};

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

/// Asks for the first page again and again, with a pause as between people, for as long as `go_on` says. How long each
/// answer took, in milliseconds.
async fn asked(client: &Client, go_on: impl Fn(Duration) -> bool) -> Vec<f64> {
    let (begun, mut took) = (Instant::now(), Vec::new());
    while go_on(begun.elapsed()) {
        let began = Instant::now();
        assert_eq!(client.get("/").await.status, 200);
        took.push(began.elapsed().as_secs_f64() * 1000.0);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_answered_while_documents_are_read() {
    const TURNS: usize = 4;
    let site = Arc::new(site(Engine::Sqlite).await.expect("a site"));
    let client = site.visitor();
    let (mut quiet, mut beside) = (Vec::new(), Vec::new());
    let read = Arc::new(AtomicU64::new(0));
    let mut file = super::hostile::slow();
    // By turns and for as long, since what else this machine does comes and goes.
    for turn in 0..TURNS {
        // Two applicants hand in what takes the reader long, one file after the other, and look at what was read.
        let stop = Arc::new(AtomicBool::new(false));
        let mut busy = Vec::new();
        for sign in *b" \n" {
            // Another file each time: the same one would not be read again.
            file.push(sign);
            let (site, stop, read, mut file) =
                (Arc::clone(&site), Arc::clone(&stop), Arc::clone(&read), file.clone());
            busy.push(tokio::spawn(async move {
                let form = format!("/sok/{}/ansokan", site.recruitment);
                let placement = site.placement("helsingborg-digitalisering").id.to_string();
                let client = site.visitor();
                client.get(&form).await;
                while !stop.load(Ordering::Relaxed) {
                    file.push(sign);
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
        let enough = 2 * (turn as u64 + 1);
        let began = Instant::now();
        let busy_long = |time: Duration| {
            time < Duration::from_secs(2)
                || read.load(Ordering::Relaxed) < enough && time < Duration::from_secs(20)
        };
        beside.extend(asked(&client, busy_long).await);
        let long = began.elapsed();
        stop.store(true, Ordering::Relaxed);
        for one in busy {
            one.await.expect("an applicant");
        }
        quiet.extend(asked(&client, |time| time < long).await);
    }
    let read = read.load(Ordering::Relaxed);
    assert!(read >= 2, "nothing was read meanwhile");
    quiet.sort_by(f64::total_cmp);
    beside.sort_by(f64::total_cmp);
    figures(
        "documents::speed::others_are_answered_while_documents_are_read",
        (quiet.len() + beside.len()) as u64,
        &json!({
            "milliseconds_p50_quiet": percentile(&quiet, 0.5), "milliseconds_p99_quiet": percentile(&quiet, 0.99),
            "milliseconds_p50_beside": percentile(&beside, 0.5), "milliseconds_p99_beside": percentile(&beside, 0.99),
            "milliseconds_worst_quiet": percentile(&quiet, 1.0), "milliseconds_worst_beside": percentile(&beside, 1.0),
            "files_read_meanwhile": read,
        }),
    );
}
