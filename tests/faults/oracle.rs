//! What was acknowledged, and whether it is there: once, whole, and with its entries in the log. What
//! got no answer may be there or not, but never half. Everything is asked from outside: rows by SQL,
//! the log from an export that the program itself has verified, texts through the doors.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use urval::guard::audit::{Leaf, Outcome};

use super::house::{House, Server, Wire, letter};
use crate::fixture::middle_marks;

/// The criteria that are marked.
pub const CRITERIA: [&str; 8] = ["K1", "K2", "K3", "K4", "K5", "K6", "K9", "K10"];

/// One thing that can be done to an application, once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// All blind marks.
    Marked,
    /// A decision: placement and outcome.
    Decided(String, &'static str),
    /// A request: its kind. May be done many times.
    Requested(&'static str),
}

/// One application as the outside knows it.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The receipt code; none when the answer to a stored application was lost.
    pub code: Option<String>,
    word: String,
    opened: u64,
    done: Vec<Deed>,
    /// Sent, and no answer came.
    open: Vec<Deed>,
}

/// Everything that was said to anybody.
#[derive(Clone, Debug, Default)]
pub struct Oracle {
    /// By label.
    pub known: BTreeMap<String, Known>,
    /// Words of applications that were sent and not acknowledged.
    words: BTreeSet<String>,
    /// Signed statements that somebody has seen: size and root.
    seen: BTreeMap<u64, [u8; 32]>,
    /// Applications whose erasure was begun, and whether it was acknowledged: gone, or untouched and then
    /// not acknowledged.
    erasing: BTreeMap<String, bool>,
    /// Applications that are erased.
    gone: usize,
    vkey: String,
    /// Sizes of the log at the checks so far.
    pub entries: u64,
    /// Acknowledged writes.
    pub acknowledged: u64,
    /// Unanswered writes that turned out to be stored.
    pub stored_unanswered: u64,
    /// Unanswered writes that left nothing.
    pub gone_unanswered: u64,
}

impl Oracle {
    /// An application is about to be sent.
    pub fn sends(&mut self, word: &str) {
        self.words.insert(word.into());
    }

    /// It was acknowledged.
    pub fn submitted(&mut self, word: &str, label: &str, code: &str) {
        self.words.remove(word);
        self.acknowledged += 1;
        let known = Known { code: Some(code.into()), word: word.into(), ..Known::default() };
        assert!(self.known.insert(label.into(), known).is_none(), "a label was given twice: {label}");
    }

    /// It was shown to a reader.
    pub fn opened(&mut self, label: &str) {
        self.known.get_mut(label).expect("a known label").opened += 1;
    }

    /// Something is about to be done.
    pub fn tries(&mut self, label: &str, deed: &Deed) {
        self.known.get_mut(label).expect("a known label").open.push(deed.clone());
    }

    /// It was acknowledged.
    pub fn did(&mut self, label: &str, deed: &Deed) {
        self.did_not(label, deed);
        self.acknowledged += 1;
        self.known.get_mut(label).expect("a known label").done.push(deed.clone());
    }

    /// It was refused for good.
    pub fn did_not(&mut self, label: &str, deed: &Deed) {
        let known = self.known.get_mut(label).expect("a known label");
        if let Some(at) = known.open.iter().position(|open| open == deed) {
            known.open.remove(at);
        }
    }

    /// It is about to be erased.
    pub fn erases(&mut self, label: &str) {
        self.erasing.insert(label.into(), false);
    }

    /// The erasure was acknowledged.
    pub fn erased(&mut self, label: &str) {
        self.erasing.insert(label.into(), true);
        self.acknowledged += 1;
    }

    /// A signed statement was seen.
    pub fn saw(&mut self, note: &str) {
        let mut lines = note.lines().skip(1);
        let size = lines.next().and_then(|line| line.parse().ok());
        let root = lines.next().and_then(root_of_line);
        if let (Some(size), Some(root)) = (size, root) {
            self.seen.insert(size, root);
        }
    }

    /// Compares everything with what is there. `all`: every application by its receipt, otherwise
    /// up to five. Gives what is wrong; afterwards nothing is unanswered.
    pub fn check(&mut self, house: &House, server: &Server, staff: &Wire, all: bool) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut reader = staff.moved_to(server);
        self.erasures(house, server, &mut wrong);
        self.rows(house, &mut reader, &mut wrong);
        self.files(server, all, &mut wrong);
        self.log(house, server, &mut wrong);
        wrong
    }

    /// An erasure is finished or was never begun, whatever befell it: the start goes on with it.
    fn erasures(&mut self, house: &House, server: &Server, wrong: &mut Vec<String>) {
        let count = |sql: &str| house.rows(sql)[0][0].parse::<usize>().expect("a count");
        let unfinished = count(
            "SELECT CAST(COUNT(*) AS TEXT) FROM erasures \
             WHERE finished_at IS NULL OR entry IS NULL OR event IS NOT NULL",
        );
        if unfinished > 0 {
            wrong.push(format!("{unfinished} erasures are half"));
        }
        let mut gone = 0;
        for (label, acknowledged) in std::mem::take(&mut self.erasing) {
            if house.id_of(&label).is_some() {
                if acknowledged {
                    wrong.push(format!("{label}: the erasure was acknowledged and the application is there"));
                }
                continue;
            }
            gone += 1;
            let code = self.known.remove(&label).and_then(|known| known.code).unwrap_or_default();
            if server.client().applicant(&code).is_some() {
                wrong.push(format!("{label} is erased and its receipt code opens something"));
            }
        }
        self.gone += gone;
        let shells = count("SELECT CAST(COUNT(*) AS TEXT) FROM shells");
        let people = count("SELECT CAST(COUNT(*) AS TEXT) FROM subjects");
        if shells != self.gone {
            wrong.push(format!("{shells} shells for {} erased applications", self.gone));
        }
        // A shell has a person's row, and nobody's keys. Keys come before the application that they are for, so
        // one that was sent and is not there may have left some, which are swept later.
        let (keys, living) = (house.key_owners(), people - shells);
        let left = self.words.len() + usize::try_from(self.gone_unanswered).expect("few");
        if keys < living || keys > living + left {
            wrong.push(format!("{keys} people have keys, and {living} are there"));
        }
    }

    fn rows(&mut self, house: &House, reader: &mut Wire, wrong: &mut Vec<String>) {
        let stored = house.rows(
            "SELECT label, id, \
             (SELECT CAST(COUNT(*) AS TEXT) FROM envelopes e WHERE e.application_id = a.id AND e.field <> 'assessment'), \
             (SELECT CAST(COUNT(*) AS TEXT) FROM application_placements c WHERE c.application_id = a.id) \
             FROM applications a WHERE NOT EXISTS (SELECT 1 FROM shells s WHERE s.application_id = a.id)",
        );
        let mut labels = BTreeSet::new();
        for row in &stored {
            let (label, id) = (&row[0], &row[1]);
            if !labels.insert(label.clone()) {
                wrong.push(format!("{label} is stored twice"));
            }
            if row[2] != "3" || row[3] != "1" {
                wrong.push(format!("{label} is half: {} sealed texts, {} placements", row[2], row[3]));
            }
            if !self.known.contains_key(label) {
                // Stored, but the applicant never learned it. It must be one that was sent, whole, once.
                let page = reader.get(&format!("/api/v1/applications/{id}"));
                let text = page.filter(|page| page.status == 200).map(|page| page.text).unwrap_or_default();
                match self.words.iter().find(|word| text.contains(word.as_str())).cloned() {
                    Some(word) => {
                        self.words.remove(&word);
                        self.stored_unanswered += 1;
                        self.known.insert(label.clone(), Known { word, opened: 1, ..Known::default() });
                    }
                    None => wrong.push(format!("{label} was sent by nobody, or twice, or cannot be read")),
                }
            }
        }
        for label in self.known.keys().filter(|label| !labels.contains(*label)) {
            wrong.push(format!("{label} was acknowledged and is lost"));
        }
        self.gone_unanswered += self.words.len() as u64;
        self.words.clear();

        let mut found: BTreeMap<String, Vec<Deed>> = BTreeMap::new();
        let marks = house.rows(
            "SELECT a.label, m.criterion_id, m.blind, m.final FROM marks m JOIN applications a ON a.id = m.application_id",
        );
        let mut marked: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for row in marks {
            if row[2] != row[3] {
                wrong.push(format!("{}: a mark was changed by nobody", row[0]));
            }
            marked.entry(row[0].clone()).or_default().insert(row[1].clone(), row[2].clone());
        }
        for (label, marks) in marked {
            if marks != middle_marks(&CRITERIA).into_iter().collect() {
                wrong.push(format!("{label}: the marks are half or not those that were sent: {marks:?}"));
            }
            found.entry(label).or_default().push(Deed::Marked);
        }
        for row in house.rows(
            "SELECT a.label, d.placement_id, d.outcome FROM decisions d JOIN applications a ON a.id = d.application_id",
        ) {
            let outcome = if row[2] == "proceed" { "proceed" } else { "not_proceed" };
            found.entry(row[0].clone()).or_default().push(Deed::Decided(row[1].clone(), outcome));
        }
        for row in house.rows(
            "SELECT a.label, r.kind FROM rights_requests r JOIN applications a ON a.id = r.application_id",
        ) {
            let kind = if row[1] == "access" { "access" } else { "erasure" };
            found.entry(row[0].clone()).or_default().push(Deed::Requested(kind));
        }
        for (label, known) in &mut self.known {
            let mut there = found.remove(label).unwrap_or_default();
            for deed in &known.done {
                match there.iter().position(|other| other == deed) {
                    Some(at) => {
                        there.remove(at);
                    }
                    None => wrong.push(format!("{label}: {deed:?} was acknowledged and is lost")),
                }
            }
            for deed in std::mem::take(&mut known.open) {
                if let Some(at) = there.iter().position(|other| *other == deed) {
                    there.remove(at);
                    self.stored_unanswered += 1;
                    known.done.push(deed);
                } else {
                    self.gone_unanswered += 1;
                }
            }
            for deed in there {
                wrong.push(format!("{label}: {deed:?} is there more often than it was done"));
            }
        }
        for (label, deeds) in found {
            wrong.push(format!("{label} is unknown and has {deeds:?}"));
        }
    }

    /// The applicants' own files: the letter as it was sent, and an entry for each row.
    fn files(&mut self, server: &Server, all: bool, wrong: &mut Vec<String>) {
        let visitor = server.client();
        let with_code = self.known.iter().filter(|(_, known)| known.code.is_some());
        let (from, most) = match (all, with_code.clone().count()) {
            (true, _) | (_, 0) => (0, usize::MAX),
            (false, count) => (usize::try_from(self.acknowledged).expect("few") % count, 5),
        };
        for (label, known) in with_code.skip(from).take(most) {
            let code = known.code.as_deref().unwrap_or_default();
            let Some(page) = visitor.applicant(code).and_then(|mut own| own.get("/api/v1/own")) else {
                wrong.push(format!("{label}: the receipt code opens nothing"));
                continue;
            };
            if page.status != 200 {
                wrong.push(format!("{label}: the own file answers {}", page.status));
                continue;
            }
            let file = page.json();
            let sent = file["sent"][0]["text"].as_str().unwrap_or_default();
            if file["label"] != label.as_str() || sent != letter(&known.word) {
                wrong.push(format!("{label}: the letter is not what was sent"));
            }
            let entries = |action: &str| count(&file, action);
            let deeds = |pick: fn(&Deed) -> bool| known.done.iter().filter(|deed| pick(deed)).count() as u64;
            for (action, wanted) in [
                ("application.sealed", 1),
                ("application.marked", deeds(|d| *d == Deed::Marked)),
                ("decision.recorded", deeds(|d| matches!(d, Deed::Decided(..)))),
                ("right.requested", deeds(|d| matches!(d, Deed::Requested(_)))),
            ] {
                if entries(action) != wanted {
                    wrong.push(format!("{label}: {} entries `{action}` for {wanted}", entries(action)));
                }
            }
            if entries("application.opened") < known.opened {
                wrong.push(format!(
                    "{label}: shown {} times, logged {}",
                    known.opened,
                    entries("application.opened")
                ));
            }
        }
    }

    /// The log, as an outsider gets it.
    fn log(&mut self, house: &House, server: &Server, wrong: &mut Vec<String>) {
        let dir = house.beside("export");
        let exported = run(house, &["audit", "export", &dir.display().to_string()]);
        if let Err(why) = exported {
            wrong.push(format!("the log cannot be exported: {why}"));
            return;
        }
        let vkey = server.client().get("/api/v1/log/vkey").map(|page| page.text).unwrap_or_default();
        if self.vkey.is_empty() {
            self.vkey.clone_from(&vkey);
        }
        if self.vkey != vkey {
            wrong.push("the log goes on under another key".into());
        }
        let key = house.beside("vkey");
        std::fs::write(&key, &self.vkey).expect("a file");
        let verified = run(
            house,
            &["audit", "verify", &dir.display().to_string(), "--vkey", &key.display().to_string()],
        );
        if let Err(why) = verified {
            wrong.push(format!("the log does not verify: {why}"));
        }
        let leaves = leaves_of(&dir);
        let size = leaves.len() as u64;
        if size < self.entries {
            wrong.push(format!("the log is shorter than before: {size} entries after {}", self.entries));
        }
        self.entries = self.entries.max(size);
        self.saw(&std::fs::read_to_string(dir.join("checkpoint")).unwrap_or_default());
        let mut tree = Tree::default();
        let mut roots = BTreeMap::from([(0, <[u8; 32]>::from(Sha256::digest([])))]);
        for (at, leaf) in leaves.iter().enumerate() {
            tree.push(leaf);
            if self.seen.contains_key(&(at as u64 + 1)) {
                roots.insert(at as u64 + 1, tree.root());
            }
        }
        for (size, root) in &self.seen {
            if roots.get(size) != Some(root) {
                wrong.push(format!(
                    "a checkpoint over {size} entries was seen that this log does not continue"
                ));
            }
        }
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let mut before = 0;
        for (at, bytes) in leaves.iter().enumerate() {
            match Leaf::parse(bytes) {
                Ok(leaf) => {
                    if leaf.entry.outcome != Outcome::Refused {
                        *counts.entry(leaf.entry.action).or_default() += 1;
                    }
                    // Clocks of threads and nodes differ a little; more is a fault.
                    if leaf.entry.time.0 < before - 60_000_000 {
                        wrong.push(format!("entry {at} is older than the one before it"));
                    }
                    before = leaf.entry.time.0;
                }
                Err(error) => wrong.push(format!("entry {at}: {error}")),
            }
        }
        let rows = |sql: &str| house.rows(sql)[0][0].parse::<u64>().expect("a count");
        for (action, table) in [
            ("application.sealed", "applications"),
            ("application.marked", "(SELECT DISTINCT application_id, staff_id FROM marks) m"),
            ("decision.recorded", "decisions"),
            ("right.requested", "rights_requests"),
            ("staff.added", "staff"),
            ("recruitment.opened", "recruitments"),
        ] {
            let (entries, stored) = (
                counts.get(action).copied().unwrap_or(0),
                rows(&format!("SELECT CAST(COUNT(*) AS TEXT) FROM {table}")),
            );
            if entries != stored {
                wrong.push(format!("{stored} rows in {table} for {entries} entries `{action}`"));
            }
        }
        let openings = rows("SELECT CAST(COUNT(*) AS TEXT) FROM openings");
        if openings > counts.get("application.opened").copied().unwrap_or(0) {
            wrong.push(format!("{openings} openings are stored and fewer logged"));
        }
    }
}

pub fn count(file: &Value, action: &str) -> u64 {
    let looks = file["who_has_looked"].as_array().map(Vec::as_slice).unwrap_or_default();
    looks.iter().filter(|look| look["action"] == action && look["refused"] == json!(false)).count() as u64
}

/// Runs the program to its end; what it complained of when it failed.
pub fn run(house: &House, arguments: &[&str]) -> Result<String, String> {
    let done = house.program(&[], arguments).output().expect("the program runs");
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    if done.status.success() {
        Ok(text)
    } else {
        Err(format!("{}{text}", String::from_utf8_lossy(&done.stderr)))
    }
}

/// The leaves of an export, read as C2SP tlog-tiles describes it.
pub fn leaves_of(dir: &Path) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    let mut folders = vec![dir.join("tile/entries")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() { folders.push(entry.path()) } else { files.push(entry.path()) }
        }
    }
    // x001/234 is 1234, and 1234.p/17 its beginning: the digits of the path are the number.
    let number = |path: &std::path::PathBuf| -> u64 {
        let inside = path.strip_prefix(dir.join("tile/entries")).expect("inside").display().to_string();
        let whole = inside.split(".p").next().unwrap_or_default();
        whole.chars().filter(char::is_ascii_digit).collect::<String>().parse().expect("a number")
    };
    files.sort_by_key(number);
    let mut leaves = Vec::new();
    for file in files {
        let bytes = std::fs::read(file).expect("a bundle");
        let mut rest = bytes.as_slice();
        while let [high, low, after @ ..] = rest {
            let (leaf, further) = after.split_at(usize::from(*high) * 256 + usize::from(*low));
            leaves.push(leaf.to_vec());
            rest = further;
        }
    }
    leaves
}

/// A Merkle tree (RFC 9162, section 2.1) that grows at its right edge: complete subtrees, each with
/// its height, the largest first.
#[derive(Default)]
struct Tree(Vec<(u32, [u8; 32])>);

impl Tree {
    fn push(&mut self, leaf: &[u8]) {
        let mut node = (0, <[u8; 32]>::from(Sha256::new().chain_update([0]).chain_update(leaf).finalize()));
        while let Some(left) = self.0.pop_if(|left| left.0 == node.0) {
            node = (node.0 + 1, join(&left.1, &node.1));
        }
        self.0.push(node);
    }

    fn root(&self) -> [u8; 32] {
        let mut parts = self.0.iter().rev();
        let Some((_, last)) = parts.next() else { return Sha256::digest([]).into() };
        parts.fold(*last, |right, (_, left)| join(left, &right))
    }
}

fn join(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

fn root_of_line(line: &str) -> Option<[u8; 32]> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(line).ok()?.try_into().ok()
}

/// Waits until something holds, which another process brings about.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = std::time::Instant::now();
    while !holds() {
        assert!(began.elapsed() < super::house::PATIENCE, "waited in vain for: {what}");
        super::house::pass(Duration::from_millis(5));
    }
}
