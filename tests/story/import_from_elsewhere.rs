//! Candidates of another system are taken in once, however often the import is run and wherever it was cut off;
//! what cannot be taken in is said, row by row.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use urval::casework::drafts::NewFile;
use urval::casework::import::{Candidate, TakenIn};
use urval::pipeline::extract::{Block, End, Kind, Outcome, Part, Reading, Section, Shape};
use urval::pipeline::ingest::Options;
use urval::pipeline::ingest::package::Source;
use urval::pipeline::received::{Known, Received};
use urval::subject::file_place::FilePlace;
use urval::subject::words::Lang;

use crate::fixture::{Engine, Site, on_both, site};

const LETTER: &str = "Jag ledde ett påhittat projekt med tre skolor under två år.";
const ROUND: &str = "TEST 2026/1";

fn made(name: &str) -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/documents").join(name);
    std::fs::read(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

fn package(site: &Site, rows: usize) -> PathBuf {
    use std::io::Write as _;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut put = |name: &str, bytes: &[u8]| {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("a file");
        zip.write_all(bytes).expect("bytes");
    };
    let mut table = "Nr;Namn;E-post;Personligt brev;CV-fil\n".to_owned();
    for row in 0..rows {
        let file = if row % 3 == 0 { "cv/delad.pdf" } else { "" };
        table.push_str(&format!(
            "K{row};Person{row} Påhittad;p{row}@example.org;{LETTER} Nummer {row}.;{file}\n"
        ));
    }
    table.push_str("Kx;Utan Fil;utan@example.org;Hej.;finns-inte.pdf\n");
    put("lista.csv", table.as_bytes());
    put("cv/delad.pdf", &made("typst-one-amira.pdf"));
    let file = site.folder.path().join("paket.zip");
    std::fs::write(&file, zip.finish().expect("an archive").into_inner()).expect("the package");
    file
}

fn command(site: &Site, package: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_urval"));
    command.arg("--data").arg(site.folder.path()).arg("import").arg(package);
    command.arg("--report").arg(site.folder.path().join("rapport.csv")).args(more);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

async fn import(site: &Site, package: &Path, more: &[&str]) -> Output {
    let mut command = command(site, package, more);
    tokio::task::spawn_blocking(move || command.output().expect("the program")).await.expect("an end")
}

/// The report: candidate, state and label of every line.
fn report(site: &Site) -> Vec<(String, String, String)> {
    let mut reader = csv::Reader::from_path(site.folder.path().join("rapport.csv")).expect("a report");
    let text = |record: &csv::StringRecord, at: usize| record.get(at).expect("a field").to_owned();
    reader.records().map(|r| r.expect("a line")).map(|r| (text(&r, 0), text(&r, 1), text(&r, 2))).collect()
}

async fn count(site: &Site) -> i64 {
    super::erasure::count(site, "SELECT COUNT(*) FROM applications").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_is_killed_goes_on_and_takes_nobody_in_twice() {
    let site = site(Engine::Sqlite).await.expect("a site");
    let package = package(&site, 12);

    let preview = import(&site, &package, &[]).await;
    let said = String::from_utf8_lossy(&preview.stdout).into_owned();
    assert!(preview.status.success(), "{}", String::from_utf8_lossy(&preview.stderr));
    assert!(said.contains("13 candidates") && said.contains("Nothing was stored"), "{said}");
    assert!(!said.contains("påhittat projekt"), "the preview shows no text: {said}");
    assert_eq!(count(&site).await, 0);

    let wrong = import(&site, &package, &["--round", "ingen"]).await;
    assert!(!wrong.status.success());
    assert!(String::from_utf8_lossy(&wrong.stderr).contains(ROUND), "the rounds that there are");

    // Killed in the middle, some times.
    for turn in 0..4 {
        let mut child = command(&site, &package, &["--round", ROUND]).spawn().expect("the program");
        tokio::time::sleep(std::time::Duration::from_millis(300 + 150 * turn)).await;
        let _ = child.kill();
        let _ = child.wait();
    }
    let done = import(&site, &package, &["--round", ROUND]).await;
    assert_eq!(done.status.code(), Some(2), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(count(&site).await, 12);
    let lines = report(&site);
    assert_eq!(lines.len(), 13);
    let labels: std::collections::BTreeSet<&str> =
        lines.iter().filter(|(_, state, _)| state != "refused").map(|(_, _, label)| label.as_str()).collect();
    assert_eq!(labels.len(), 12, "{lines:?}");
    assert!(lines.iter().any(|(key, state, _)| key == "Kx" && state == "refused"), "{lines:?}");
    assert_eq!(super::erasure::count(&site, "SELECT COUNT(*) FROM documents").await, 4);

    let again = import(&site, &package, &["--round", ROUND]).await;
    assert_eq!(again.status.code(), Some(2));
    assert_eq!(count(&site).await, 12, "nobody twice");
    assert!(report(&site).iter().all(|(key, state, _)| state == "there before" || key == "Kx"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_europass_file_in_a_pdf_says_who_it_is_and_the_page_is_the_cv() {
    const EUROPASS: &str = r#"<Candidate xmlns="http://www.europass.eu/1.0"><CandidatePerson>
        <PersonName><GivenName>Ada</GivenName><FamilyName>Exempel</FamilyName></PersonName>
        <Communication><URI>ada@example.org</URI></Communication></CandidatePerson>
        <CandidateProfile><EmploymentHistory><EmployerHistory><Description>Led two invented projects.</Description>
        </EmployerHistory></EmploymentHistory><Note>Nobody can see this praise.</Note></CandidateProfile></Candidate>"#;
    let site = site(Engine::Sqlite).await.expect("a site");
    let folder = site.folder.path().join("europass");
    std::fs::create_dir(&folder).expect("a folder");
    let with = |lines: &[&str], name: &str, file: &str| {
        crate::documents::hostile::with_attachment(lines, name, file.as_bytes())
    };
    let lines =
        ["Ada Exempel", "ada@example.org", "Led two invented projects.", "Ada plays chess with others."];
    std::fs::write(folder.join("k1.pdf"), with(&lines, "attachment.xml", EUROPASS)).expect("a file");
    std::fs::write(folder.join("k2.pdf"), with(&lines, "other.xml", "<rss>Hej</rss>")).expect("a file");

    // Who it is, only the reading tells: what came of it is kept for when the candidate is taken in.
    let mut source = Source::default();
    for name in ["k1.pdf", "k2.pdf"] {
        source.put(name.to_owned(), std::fs::read(folder.join(name)).expect("the file"));
    }
    let readers = crate::documents::extractor();
    let found = source.read(&Options { documents: Some(&readers), ..Options::default() }).expect("an import");
    assert_eq!(found.read.keys().collect::<Vec<_>>(), ["k1.pdf"]);

    let preview = import(&site, &folder, &[]).await;
    let said = String::from_utf8_lossy(&preview.stdout).into_owned();
    assert!(said.contains("1 candidates") && said.contains("cv in k1.pdf"), "{said}");
    assert!(said.contains("belong to no candidate: k2.pdf"), "{said}");

    let done = import(&site, &folder, &["--round", ROUND]).await;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut table = csv::Reader::from_path(site.folder.path().join("rapport.csv")).expect("a report");
    let line = table.records().next().expect("a line").expect("a line");
    assert_eq!((&line[0], &line[1]), ("k1", "taken in"));
    let own = site.applicant(&line[3]).await.get("/min-ansokan/sida").await.words();
    assert!(own.contains("ada@example.org") && own.contains("Led two invented projects."), "{own}");
    // The name is known, so it is taken out of the sentence too, and what only the embedded file says is not read.
    let id = site.id_of(&line[2]).await;
    let recruiter = site.staff(urval::subject::role::Role::Recruiter, "helsingborg").await;
    let page = recruiter.get(&format!("/arbete/ansokningar/{id}")).await.words();
    assert!(page.contains("plays chess") && !page.contains("Ada") && !page.contains("praise"), "{page}");
}

on_both! {
    async fn what_an_import_has_read_is_not_read_again(site) {
        let said = |text: &str| Outcome::Read(Box::new(Reading {
            kind: Kind::Pdf,
            pages: 1,
            blocks: vec![Block {
                part: Part::Body,
                shape: Shape::Paragraph,
                section: Section::Experience,
                page: 1,
                text: text.to_owned(),
            }],
            hidden: Vec::new(),
            tricks: Vec::new(),
            pages_without_text: 0,
        }));
        for (key, read, shown) in [
            ("read", Some(said("Words that are in no file.")), "Words that are in no file."),
            ("not started", Some(Outcome::Ended(End::NotStarted)), "Amira"),
            ("unread", None, "Amira"),
        ] {
            let candidate = Candidate {
                key: key.to_owned(),
                received: Received { known: Known::default(), sections: Vec::new() },
                files: vec![NewFile { place: FilePlace::Cv, bytes: made("typst-one-amira.pdf").into(), read }],
                placements: vec![site.placement("helsingborg-digitalisering").id.clone()],
                language: Lang::Sv,
            };
            let done = site.app.import(&site.recruitment, candidate).await.expect("an application");
            let TakenIn::New { code, .. } = done else { panic!("{key}: there before") };
            let own = site.applicant(&code).await.get("/min-ansokan/sida").await.words();
            assert!(own.contains(shown), "{key}: {own}");
            assert_eq!(own.contains("in no file"), key == "read", "{own}");
        }
    }
}
