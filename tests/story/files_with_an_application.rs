//! Files are read as a person sees them, checked by the applicant before anything is sent, and kept sealed; until
//! then only the applicant's own browser opens them, and a failure leaves a case for a person.

use std::io::Write as _;
use std::path::Path;

use serde_json::json;
use urval::casework::drafts::DRAFT_SECONDS;
use urval::casework::erasure::Ground;
use urval::casework::intake::NOTICE_VERSION;
use urval::guard::access::{Actor, Job};
use urval::subject::role::Role;

use crate::fixture::{Client, MULTIPART, Page, Site, on_both};

const LETTER: &str = "I took the initiative to a joint project with three schools and led it for two years.";

fn made(name: &str) -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/documents").join(name);
    std::fs::read(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

fn paths(site: &Site) -> (String, String) {
    let gate = format!("/sok/{}", site.recruitment);
    (format!("{gate}/ansokan"), format!("{gate}/kontroll"))
}

fn fields<'a>(placement: &'a str, letter: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![
        ("name", "Amira Testberg"),
        ("email", "amira.testberg@example.com"),
        ("placement", placement),
        ("letter", letter),
        ("cv", ""),
        ("notice", NOTICE_VERSION),
    ]
}

/// The text areas of a page: name and value.
pub(super) fn areas(page: &Page) -> Vec<(String, String)> {
    page.text
        .split("<textarea")
        .skip(1)
        .map(|rest| {
            let (head, body) = rest.split_once('>').expect("the end of a tag");
            let (_, name) = head.split_once("name=\"").expect("a name");
            let (value, _) = body.split_once("</textarea>").expect("the end of the area");
            let value =
                value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
            (name.split('"').next().expect("a name").to_owned(), value.trim_start_matches('\n').to_owned())
        })
        .collect()
}

pub(super) fn pairs(areas: &[(String, String)]) -> Vec<(&str, &str)> {
    areas.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn word(page: &Page, is: impl Fn(&str) -> bool) -> String {
    let words = page.words();
    words
        .split_whitespace()
        .find(|word| is(word))
        .unwrap_or_else(|| panic!("{words}"))
        .trim_matches('.')
        .to_owned()
}

/// Label and code of a receipt page.
pub(super) fn receipt(page: &Page) -> (String, String) {
    assert_eq!(page.status, 201, "{}", page.words());
    (word(page, |w| w.starts_with("K-")), word(page, |w| w.len() == 31 && w.matches('-').count() == 5))
}

async fn count(site: &Site, table: &str) -> i64 {
    super::erasure::count(site, &format!("SELECT COUNT(*) FROM {table}")).await
}

/// The bytes of everything that lies in the data folder.
fn at_rest(site: &Site) -> Vec<u8> {
    fn walk(folder: &Path, out: &mut Vec<u8>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, out)
            } else {
                out.extend(std::fs::read(&path).unwrap_or_default())
            }
        }
    }
    let mut out = Vec::new();
    walk(site.folder.path(), &mut out);
    out
}

fn holds(bytes: &[u8], what: &str) -> bool {
    bytes.windows(what.len()).any(|window| window == what.as_bytes())
}

async fn chosen(site: &Site, client: &Client, files: &[(&str, &str, &[u8])]) -> Page {
    let (form, _) = paths(site);
    let placement = site.placement("helsingborg-digitalisering").id.to_string();
    client.get(&form).await;
    client.post_files(&form, &fields(&placement, LETTER), files).await
}

on_both! {
    async fn a_file_is_read_checked_and_sent_and_what_nobody_sees_is_told(site) {
        let (form, control) = paths(&site);
        let amira = site.visitor();
        let bytes = made("weasyprint-white-amira.pdf");
        let on = chosen(&site, &amira, &[("fil_cv", "Amira Testberg CV.pdf", &bytes)]).await;
        assert_eq!((on.status, on.location()), (303, control.as_str()), "{}", on.words());

        // -- nothing is sent, and nothing lies there that anybody else opens
        assert_eq!(count(&site, "applications").await, 0);
        assert_eq!(count(&site, "draft_files").await, 1);
        let stranger = site.visitor();
        assert_eq!(stranger.get(&control).await.location(), form, "another browser has no draft");
        if site.engine == crate::fixture::Engine::Sqlite {
            let lies = at_rest(&site);
            for clear in ["%PDF-1", "personalomsättningen bland nyanställda", "Amira", "Ignorera kravprofilen"] {
                assert!(!holds(&lies, clear), "{clear} lies in clear");
            }
        }

        // -- what was read
        let check = amira.get(&control).await;
        assert_eq!(check.status, 200);
        let words = check.words();
        assert!(words.contains("PDF, "), "{words}");
        assert!(words.contains("25 ord i filen kan inte ses av en läsare"), "{words}");
        assert!(words.contains("Utbildning") && words.contains("Arbete och uppdrag"), "{words}");
        let mut read = areas(&check);
        let all: String = read.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n");
        assert!(all.contains("kompetensförsörjning i vården"), "{all}");
        assert!(!all.contains("Ignorera"), "what cannot be seen is not sent: {all}");

        // -- "this is wrong", and back to the form and here again without losing it
        let (_, text) = read.iter_mut().find(|(_, text)| text.contains("sju chefer")).expect("the part");
        *text = text.replace("sju chefer", "åtta chefer");
        let mut sent = pairs(&read);
        sent.push(("gor", "tillbaka"));
        let back = amira.post_form(&control, &sent).await;
        assert_eq!((back.status, back.location()), (303, form.as_str()));
        let shown = amira.get(&form).await;
        assert!(shown.words().contains("Mottagen fil: PDF"), "{}", shown.words());
        assert!(shown.text.contains("value=\"Amira Testberg\""), "what was typed is still there");
        let again = amira.get(&control).await;
        assert!(areas(&again).iter().any(|(_, text)| text.contains("åtta chefer")));

        // -- the same file once more is recognised: the correction stands
        let placement = site.placement("helsingborg-digitalisering").id.to_string();
        let same = amira.post_files(&form, &fields(&placement, LETTER), &[("fil_cv", "kopia.pdf", &bytes)]).await;
        assert_eq!(same.status, 303);
        let again = amira.get(&control).await;
        let read = areas(&again);
        assert!(read.iter().any(|(_, text)| text.contains("åtta chefer")), "read anew");

        // -- sent
        let mut sent = pairs(&read);
        sent.push(("gor", "skicka"));
        let (label, code) = receipt(&amira.post_form(&control, &sent).await);
        assert_eq!((count(&site, "drafts").await, count(&site, "draft_files").await), (0, 0));
        assert_eq!(count(&site, "documents").await, 1);
        let twice = amira.post_form(&control, &sent).await;
        assert_eq!(twice.status, 410, "a double click sends once: {}", twice.words());
        assert_eq!(count(&site, "applications").await, 1);

        // -- the reviewer: the text, how much cannot be seen, and that it was corrected
        site.score().await;
        let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
        let desk = recruiter.get(&format!("/arbete/ansokningar/{}", site.id_of(&label).await)).await;
        let words = desk.words();
        assert!(words.contains("åtta chefer"), "{words}");
        assert!(words.contains("25 ord i filen kan inte ses av en läsare"), "{words}");
        assert!(words.contains("1 ord ut, 1 ord in"), "{words}");
        assert!(!words.contains("Amira") && !words.contains("Ignorera"), "{words}");

        // -- the applicant: the file as it came, and everything that was read of it
        let own = site.applicant(&code).await;
        let page = own.get("/min-ansokan/sida").await;
        assert!(page.text.contains("/min-ansokan/fil/cv"), "{}", page.words());
        let saved = own.get("/min-ansokan/fil/cv").await;
        assert_eq!((saved.status, saved.bytes == bytes), (200, true));
        assert!(saved.headers["content-disposition"].to_str().expect("text").contains("cv.pdf"));
        assert_eq!(own.get("/min-ansokan/fil/letter").await.status, 404);
        let export = own.get("/min-ansokan/utdrag.json").await.json();
        let file = &export["files"][0];
        assert_eq!((file["as"].as_str(), file["about"]["hidden_words"].as_i64()), (Some("cv"), Some(25)));
        assert!(file["cannot_be_seen"].to_string().contains("Ignorera kravprofilen"), "{file}");

        // -- a copy that somebody else hands in is told of in the log, and to nobody who applies
        let other = site.visitor();
        let on = chosen(&site, &other, &[("fil_cv", "x.pdf", &bytes)]).await;
        assert_eq!(on.status, 303);
        let check = other.get(&control).await;
        let read = areas(&check);
        let mut sent = pairs(&read);
        sent.push(("gor", "skicka"));
        receipt(&other.post_form(&control, &sent).await);
    }

    async fn a_file_that_cannot_be_read_is_a_case_for_a_person(site) {
        let (form, control) = paths(&site);
        let ada = site.visitor();
        let placement = site.placement("helsingborg-digitalisering").id.to_string();
        ada.get(&form).await;
        let broken = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 9 0 R >>";
        let on = ada.post_files(&form, &fields(&placement, ""), &[("fil_cv", "cv.pdf", broken)]).await;
        assert_eq!(on.status, 303, "{}", on.words());
        let check = ada.get(&control).await;
        assert!(check.words().contains("Vi kunde inte läsa filen."), "{}", check.words());
        let read = areas(&check);
        let mut sent = pairs(&read);
        sent.push(("gor", "skicka"));
        let sent = ada.post_form(&control, &sent).await;
        let (label, code) = receipt(&sent);

        // Held: the model reads nothing, a person sees why, the applicant keeps the file.
        site.score().await;
        let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
        let desk = recruiter.get(&format!("/arbete/ansokningar/{}", site.id_of(&label).await)).await;
        assert!(desk.words().contains("filen kunde inte läsas"), "{}", desk.words());
        assert!(desk.words().contains("the cv was handed in as a file that could not be read"), "{}", desk.words());
        let own = site.applicant(&code).await;
        assert_eq!(own.get("/min-ansokan/fil/cv").await.bytes, broken);
        assert_eq!(own.get("/min-ansokan/utdrag.json").await.json()["state"], "held");

        // A person reads the file, once somebody else has said yes; the applicant sees that it was read.
        let id = site.id_of(&label).await;
        let original = format!("/arbete/ansokningar/{id}/fil/cv");
        assert_eq!(recruiter.get(&original).await.status, 403);
        let ask = format!("/arbete/ansokningar/{id}/nodatkomst");
        assert!(desk.text.contains(&ask), "{}", desk.text);
        let sent = [("ground", "unread_file"), ("reason", "Filen gick inte att läsa maskinellt.")];
        assert_eq!(recruiter.post_form(&ask, &sent).await.status, 303);
        let dpo = site.staff(Role::Dpo, "helsingborg").await;
        let emergency = dpo.get("/api/v1/matters").await.json()["emergencies"][0]["id"].clone();
        let settlement = format!("/api/v1/emergencies/{}/settlement", emergency.as_str().expect("an id"));
        assert_eq!(dpo.post_json(&settlement, &json!({ "approve": true })).await.status, 204);
        let contact = recruiter.get(&format!("/arbete/ansokningar/{id}/kontakt")).await;
        assert!(contact.text.contains(&original), "{}", contact.text);
        let saved = recruiter.get(&original).await;
        assert_eq!((saved.status, saved.bytes.as_slice()), (200, broken.as_slice()));
        // There is no letter to show: no showing and no entry, whoever asks.
        let told = async || (count(&site, "emergency_uses").await, count(&site, "audit_entries").await);
        let before = told().await;
        assert_eq!(before.0, 2, "the contact details, and the file");
        assert_eq!(recruiter.get(&original.replace("cv", "letter")).await.status, 404);
        assert_eq!(own.get("/min-ansokan/fil/letter").await.status, 404);
        assert_eq!(told().await, before);
        assert_eq!(recruiter.get(&original).await.status, 200);
        assert_eq!(told().await, (before.0 + 1, before.1 + 1), "what is shown is entered");
        let colleague = site.staff(Role::Recruiter, "helsingborg").await;
        assert_eq!(colleague.get(&original).await.status, 403, "for the one who asked only");
        assert_eq!(dpo.get(&original).await.status, 403, "who says yes reads nothing");
        let own = own.get("/min-ansokan/sida").await;
        assert!(own.words().contains("läste en fil som du lämnade in"), "{}", own.words());
    }

    async fn text_written_in_place_of_an_unreadable_file_is_read_like_any_other(site) {
        let (_, control) = paths(&site);
        let ada = site.visitor();
        let on = chosen(&site, &ada, &[("fil_cv", "cv.pdf", b"%PDF-1.7 nothing")]).await;
        assert_eq!(on.status, 303);
        ada.get(&control).await;
        let sent = [("del-cv-0", "I analysed results for a municipality."), ("gor", "skicka")];
        let (label, code) = receipt(&ada.post_form(&control, &sent).await);
        site.score().await;
        let own = site.applicant(&code).await.get("/min-ansokan/utdrag.json").await.json();
        assert_eq!(own["held_for_a_person"], json!(null), "{label}");
        assert!(own["machine_read"].to_string().contains("analysed results"), "{own}");
    }

    async fn what_is_wrong_is_told_and_the_file_is_kept(site) {
        let (form, control) = paths(&site);
        let jonas = site.visitor();
        let placement = site.placement("helsingborg-digitalisering").id.to_string();
        jonas.get(&form).await;
        // No name: the form again, with the file.
        let mut without: Vec<_> = fields(&placement, LETTER);
        without.retain(|(name, _)| *name != "name");
        let docx = made("docx-hidden-jonas.docx");
        let again = jonas.post_files(&form, &without, &[("fil_cv", "cv.docx", &docx)]).await;
        assert_eq!(again.status, 422);
        assert!(again.words().contains("Mottagen fil: DOCX"), "{}", again.words());
        // Now with a name and without the file: it is there.
        let on = jonas.post_files(&form, &fields(&placement, LETTER), &[]).await;
        assert_eq!((on.status, on.location()), (303, control.as_str()));
        // Taken out: an ordinary application.
        let mut out = fields(&placement, LETTER);
        out.push(("ta_bort", "cv"));
        let (label, _) = receipt(&jonas.post_files(&form, &out, &[]).await);
        assert!(label.starts_with("K-"));
        assert_eq!(count(&site, "documents").await, 0);

        let large = vec![b' '; urval::casework::drafts::FILE_BYTES_MAX + 1];
        let told = chosen(&site, &site.visitor(), &[("fil_cv", "cv.txt", &large)]).await;
        assert_eq!(told.status, 422);
        assert!(told.words().contains("större än 10 MB"), "{}", told.words());
        let both = vec![b' '; urval::web::UPLOAD_BYTES_MAX];
        let told = chosen(&site, &site.visitor(), &[("fil_cv", "cv.txt", &both)]).await;
        assert_eq!(told.status, 413, "{}", told.words());
        assert!(told.words().contains("större") || told.words().contains("stor"), "{}", told.words());
    }

    async fn what_has_no_room_in_memory_is_told_to_come_back_and_pasted_text_needs_none(site) {
        let (form, control) = paths(&site);
        let large = [b"Jag ledde ett projekt. ".repeat(2000), vec![b' '; 3 << 20]].concat();
        let host = site.base.trim_start_matches("http://").to_owned();
        // Connections on which nothing follows hold room for all that they announce.
        let head = format!(
            "POST {form} HTTP/1.1\r\nhost: {host}\r\ncontent-type: {MULTIPART}\r\ncontent-length: {}\r\n\r\n",
            urval::web::UPLOAD_BYTES_MAX
        );
        let stalled: Vec<_> = (0..urval::web::uploads::ROOM_BYTES / urval::web::UPLOAD_BYTES_MAX)
            .map(|_| {
                let mut connection = std::net::TcpStream::connect(&host).expect("a connection");
                connection.write_all(head.as_bytes()).expect("a head");
                connection
            })
            .collect();
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let full = chosen(&site, &site.visitor(), &[("fil_cv", "cv.txt", &large)]).await;
        assert_eq!(full.status, 503, "{}", full.words());
        assert_eq!(full.headers.get("retry-after").and_then(|value| value.to_str().ok()), Some("60"));
        assert!(full.words().contains("klistra in texten"), "{}", full.words());
        assert_eq!(count(&site, "drafts").await, 0);

        let placement = site.placement("helsingborg-digitalisering").id.to_string();
        let ada = site.visitor();
        ada.get(&form).await;
        let sent = ada.post_files(&form, &fields(&placement, LETTER), &[]).await;
        assert_eq!(sent.status, 201, "{}", sent.words());

        drop(stalled);
        let taken = chosen(&site, &site.visitor(), &[("fil_cv", "cv.txt", &large)]).await;
        assert_eq!((taken.status, taken.location()), (303, control.as_str()), "{}", taken.words());
    }

    async fn whoever_sits_at_the_browser_next_can_delete_the_draft(site) {
        let (form, control) = paths(&site);
        let amira = site.visitor();
        let on = chosen(&site, &amira, &[("fil_cv", "cv.pdf", &made("typst-one-amira.pdf"))]).await;
        assert_eq!(on.status, 303);
        let shown = amira.get(&form).await;
        assert!(shown.words().contains("ett utkast som inte är skickat"), "{}", shown.words());
        let gone = amira.post_files(&form, &[("rensa", "ja")], &[]).await;
        assert_eq!((gone.status, gone.location()), (303, form.as_str()));
        assert_eq!((count(&site, "drafts").await, count(&site, "draft_files").await), (0, 0));
        let empty = amira.get(&form).await;
        assert!(!empty.text.contains("Amira") && !empty.words().contains("utkast som inte"), "{}", empty.words());
        assert_eq!(amira.get(&control).await.location(), form);
        assert!(amira.cookie("urval-draft").is_none());
    }

    async fn a_draft_is_gone_after_a_day_and_cannot_be_opened_without_its_secret(site) {
        let (form, control) = paths(&site);
        let linnea = site.visitor();
        let on = chosen(&site, &linnea, &[("fil_letter", "b.odt", &made("libreoffice-flow-odt-linnea.odt"))]).await;
        assert_eq!(on.status, 303, "{}", on.words());
        assert_eq!(site.app.sweep_drafts().await.expect("a sweep"), 0);
        let thief = site.visitor();
        thief.set_cookie("urval-draft", "00000000000000000000000000000000");
        assert_eq!(thief.get(&control).await.location(), form);
        site.clock.advance_seconds(DRAFT_SECONDS);
        assert_eq!(linnea.get(&control).await.location(), form, "over, also before it is swept");
        assert_eq!(site.app.sweep_drafts().await.expect("a sweep"), 1);
        assert_eq!((count(&site, "drafts").await, count(&site, "draft_files").await), (0, 0));
    }

    async fn an_upload_cut_off_at_any_byte_leaves_nothing(site) {
        let (form, _) = paths(&site);
        let client = site.visitor();
        client.get(&form).await;
        let placement = site.placement("helsingborg-digitalisering").id.to_string();
        let body = client.multipart(&fields(&placement, LETTER), &[("fil_cv", "cv.txt", &made("text-amira.txt"))]);
        let cookie = client.cookie("urval-form").expect("a cookie");
        let address = site.base.trim_start_matches("http://").to_owned();
        let head = format!(
            "POST {form} HTTP/1.1\r\nhost: {address}\r\ncookie: urval-form={cookie}\r\ncontent-type: {MULTIPART}\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        let cuts: Vec<usize> = (0..body.len()).step_by(body.len() / 60 + 1).chain([body.len() - 1]).collect();
        let total = cuts.len();
        for cut in cuts {
            let (head, part, address) = (head.clone(), body[..cut].to_vec(), address.clone());
            tokio::task::spawn_blocking(move || {
                let mut stream = std::net::TcpStream::connect(address).expect("the service");
                stream.write_all(head.as_bytes()).expect("the head");
                stream.write_all(&part).expect("a part of the body");
            })
            .await
            .expect("the part is sent");
        }
        // Bodies that end before their length, and whole ones whose last boundary is missing.
        let cut = client.send_raw(&form, MULTIPART, body[..body.len() - 16].to_vec()).await;
        assert_eq!(cut.status, 400, "{}", cut.words());
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        assert_eq!((count(&site, "drafts").await, count(&site, "applications").await), (0, 0), "{total} cuts");
        let whole = client.send_raw(&form, MULTIPART, body).await;
        assert_eq!(whole.status, 303);
        assert_eq!(count(&site, "drafts").await, 1);
    }

    async fn an_erased_applicants_files_are_gone(site) {
        let (_, control) = paths(&site);
        let amira = site.visitor();
        let on = chosen(&site, &amira, &[("fil_cv", "cv.pdf", &made("typst-one-amira.pdf"))]).await;
        assert_eq!(on.status, 303);
        let check = amira.get(&control).await;
        let read = areas(&check);
        let mut sent = pairs(&read);
        sent.push(("gor", "skicka"));
        let (label, _) = receipt(&amira.post_form(&control, &sent).await);
        let id = urval::subject::id::ApplicationId::new(site.id_of(&label).await);
        let list = site.folder.path().join("erasures");
        site.app.keep_erasures_in(list);
        let reason = urval::guard::pii::Pii::new("Begärd av den sökande, prövad och beviljad.".to_owned());
        site.app.erase(&Actor::Job(Job::Retention), &id, Ground::Expired, &reason).await.expect("an erasure");
        assert_eq!(count(&site, "documents").await, 0);
    }
}

#[test]
fn the_program_says_what_it_reads() {
    let run = |arguments: &[&str]| {
        std::process::Command::new(env!("CARGO_BIN_EXE_urval")).args(arguments).output().expect("the program")
    };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/documents/docx-table-amira.docx");
    let file = file.to_str().expect("a path");
    let said = run(&["extract", file]);
    assert!(said.status.success());
    let text = String::from_utf8(said.stdout).expect("text");
    assert!(text.contains("kompetensförsörjning"), "{text}");
    let said = run(&["extract", "--json", file]);
    let line: serde_json::Value = serde_json::from_slice(&said.stdout).expect("JSON");
    assert_eq!(line["read"]["kind"], json!("docx"));
    let walls = run(&["extract", "--walls"]);
    let text = String::from_utf8(walls.stdout).expect("text");
    assert!(walls.status.success() && text.contains("none succeeded"), "{text}");
}
