//! Municipalities watch each other's logs: one that grows is cosigned, one that contradicts itself is
//! not, and the evidence is kept.

use std::path::Path;

use urval::casework::log_witness::Watch;
use urval::clock::Chance;
use urval::guard::access::{Actor, Job};
use urval::guard::audit::cosign::Cosigner;
use urval::guard::audit::export::export as write_export;
use urval::guard::audit::merkle::{leaf_hash, root_of};
use urval::guard::audit::note::{Checkpoint, SignedNote, Signer, Vkey};
use urval::guard::audit::witness::{Request, Witness};
use urval::guard::keys::KeyRing;

use super::log_for_outsiders::{export, text, urval};
use crate::fixture::on_both;

fn signed(signer: &Signer, leaves: &[Vec<u8>]) -> String {
    let root = root_of(&leaves.iter().map(|leaf| leaf_hash(leaf)).collect::<Vec<_>>());
    let origin = signer.vkey().name().to_owned();
    Checkpoint { origin, size: leaves.len() as u64, root, extensions: vec![] }
        .sign(signer)
        .expect("a checkpoint")
}

fn log(dir: &Path, signer: &Signer, leaves: &[Vec<u8>]) {
    write_export(dir, signer.vkey(), &signed(signer, leaves), &[], leaves.to_vec()).expect("an export");
}

#[test]
fn a_fork_and_a_roll_back_are_reported_with_both_notes_and_never_cosigned() {
    let home = tempfile::tempdir().expect("a folder");
    let at = |name: &str| home.path().join(name);
    let keys = KeyRing::create_or_open(home.path(), &Chance::system(), false).expect("keys");
    let signer = keys.log_signer("viken.example/logg").expect("a signer");
    let leaves: Vec<Vec<u8>> = (0..700).map(|turn| format!("entry {turn}").into_bytes()).collect();
    let mut other = leaves.clone();
    other[120] = b"another story".to_vec();
    let (key, state, vkey) = (at("witness.key"), at("state"), signer.vkey().to_string());
    let (code, witness_key) = urval(&["audit", "witness-key", text(&key), "--name", "lunden.example/vittne"]);
    assert_eq!(code, Some(0), "{witness_key}");
    let look = |dir: &Path| {
        urval(&["audit", "witness", text(dir), "--key", text(&key), "--state", text(&state), "--log", &vkey])
    };
    let dir = at("log");
    for size in [100, 300, 300, 600] {
        log(&dir, &signer, &leaves[..size]);
        let (code, note) = look(&dir);
        assert_eq!(code, Some(0), "{note}");
        let witness = urval::guard::audit::cosign::WitnessKey::parse(witness_key.trim()).expect("a key");
        let note = SignedNote::parse(note.as_bytes()).expect("a note");
        assert!(witness.cosigned_at(&note).is_ok_and(|at| at > 1_700_000_000));
    }
    // The same keeper, another story: of the same size, and larger.
    for (size, word) in [(600, "forked"), (700, "forked")] {
        log(&dir, &signer, &other[..size]);
        let (code, said) = look(&dir);
        assert!(code == Some(1) && said.contains(word) && said.contains("NOT COSIGNED"), "{said}");
        let (_, folder) = said.rsplit_once("kept in `").expect("it names the evidence");
        let folder = Path::new(folder.trim().trim_end_matches('`'));
        let open = |name: &str| {
            Checkpoint::open(&std::fs::read(folder.join(name)).expect("a note"), signer.vkey())
                .expect("signed")
        };
        let (before, now) = (open("seen-before"), open("shown-now"));
        assert!(before.size == 600 && now.size == size as u64 && before.root != now.root);
    }
    log(&dir, &signer, &leaves[..300]);
    let (code, said) = look(&dir);
    assert!(code == Some(1) && said.contains("rolled back"), "{said}");
    // Tiles that do not belong to the signed root prove nothing about the keeper, and get no cosignature.
    log(&dir, &signer, &leaves);
    let tile = dir.join("tile/0/001");
    let mut bent = std::fs::read(&tile).expect("a tile");
    bent[8] ^= 1;
    std::fs::write(&tile, bent).expect("a tile");
    std::fs::write(dir.join("tile/0/002.p/188"), vec![0; 188 * 32]).expect("a tile");
    let (code, said) = look(&dir);
    assert!(code == Some(1) && said.contains("tiles of the log do not give"), "{said}");
    log(&dir, &signer, &leaves);
    assert_eq!(look(&dir).0, Some(0), "the honest log is still watched");
    // A key that others can read is not used.
    let mut open = std::fs::metadata(&key).expect("it").permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut open, 0o644);
    std::fs::set_permissions(&key, open).expect("a mode");
    assert_eq!(look(&dir).0, Some(1));
}

on_both! {
    async fn a_host_that_watches_answers_as_the_protocol_says(site) {
        site.apply("Tuva Påhittad", "I led a project.", &["helsingborg-digitalisering"]).await;
        let vkey = Vkey::parse(&site.app.log_vkey()).expect("the key");
        let ask = |request: &Request| {
            let (visitor, body) = (site.visitor(), request.to_text());
            async move { visitor.post_text("/vittne/add-checkpoint", &body).await }
        };
        let first = site.app.cosignature_request(0).await.expect("a request");
        assert_eq!(ask(&first).await.status, 404, "it watches nothing yet");
        let home = tempfile::tempdir().expect("a folder");
        let cosigner = Cosigner::create(&home.path().join("key"), "lunden.example/vittne", &Chance::system())
            .expect("a key");
        let witness_key = cosigner.key().clone();
        let witness = Witness::at(&home.path().join("state")).expect("a state");
        site.app.watch(Watch { witness, cosigner, logs: vec![vkey.clone()] });

        let answer = ask(&first).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let keys = [witness_key.clone()];
        let cli = Actor::Job(Job::Cli);
        assert_eq!(site.app.keep_cosignatures(&cli, &first.note, &answer.text, &keys).await.expect("kept"), 1);
        assert_eq!(site.app.keep_cosignatures(&cli, &first.note, &answer.text, &keys).await.expect("kept"), 0);
        // The log goes on; the old size no longer fits, and the answer says which does.
        let old = Checkpoint::open(first.note.as_bytes(), &vkey).expect("a checkpoint").size;
        let from_nothing = site.app.cosignature_request(0).await.expect("a request");
        let answer = ask(&from_nothing).await;
        assert_eq!((answer.status, answer.text.as_str()), (409, format!("{old}\n").as_str()));
        assert_eq!(answer.headers["content-type"], "text/x.tlog.size");
        let next = site.app.cosignature_request(old).await.expect("a request");
        let mut bent = next.clone();
        bent.proof[0][3] ^= 1;
        assert_eq!(ask(&bent).await.status, 422);
        let unsigned = Request { note: next.note.replacen("\u{2014} urval", "\u{2014} other", 1), ..next.clone() };
        assert_eq!(ask(&unsigned).await.status, 403);
        let strange = Request { note: next.note.replace("urval.example", "other.example"), ..next.clone() };
        assert_eq!(ask(&strange).await.status, 404);
        let visitor = site.visitor();
        for body in ["", "old x\n\n", "old 1\n\nnot a note\n"] {
            assert_eq!(visitor.post_text("/vittne/add-checkpoint", body).await.status, 400, "{body:?}");
        }
        let answer = ask(&next).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        site.app.keep_cosignatures(&cli, &next.note, &answer.text, &keys).await.expect("kept");
        // Proofs are given against the cosigned head, and can ask for the witness.
        let proof = site.app.entry_proof(&cli, 0).await.expect("a proof");
        let file = home.path().join("x.tlog-proof");
        std::fs::write(&file, &proof).expect("a file");
        let (vkey, witness) = (vkey.to_string(), witness_key.to_string());
        let (code, said) = urval(&["audit", "check-proof", text(&file), "--vkey", &vkey, "--witness", &witness]);
        assert!(code == Some(0) && said.contains("cosigned by 1"), "{said}");
        let (code, said) = crate::story::log_for_outsiders::python(&["proof", text(&file), "--vkey", &vkey, "--witness", &witness]);
        assert!(code == Some(0) && said.contains("1 of the named"), "{said}");
        let two = ["audit", "check-proof", text(&file), "--vkey", vkey.as_str(), "--witness", witness.as_str(), "--require", "2"];
        let (code, _) = urval(&two);
        assert_eq!(code, Some(1));
        let (dir, key) = export(&site, "export").await;
        // The newest head is one entry further than the cosigned one: a reader who asks for the witness is told.
        let (code, said) = urval(&["audit", "verify", text(&dir), "--vkey", text(&key), "--witness", &witness]);
        assert!(code == Some(1) && said.contains("0 of the named witnesses"), "{said}");
    }
}
