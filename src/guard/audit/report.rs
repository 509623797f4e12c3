//! What a check of an exported log found: for programs as JSON with stable kinds, for people as
//! sentences in both languages. It names entries by number and files by name, and quotes nothing.

use serde::Serialize;

use crate::subject::words::{Lang, Text};

/// The most findings of one kind that are listed; more are counted.
pub const FINDINGS_PER_KIND_MAX: u64 = 500;

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether nothing at all was found.
    pub ok: bool,
    /// The log's name.
    pub origin: String,
    /// How many entries the newest valid checkpoint tells of; without one, how many the files hold.
    pub size: u64,
    /// The signed root in hexadecimal; absent without a valid checkpoint.
    pub root: Option<String>,
    /// The number of the first entry that must be there; above 0 when the log was pruned (gallrad), and
    /// left out of the JSON otherwise.
    #[serde(skip_serializing_if = "is_zero")]
    pub minimum: u64,
    /// Whether the hash of every entry could be established from the signed root, so that the entries
    /// named are certainly those that differ.
    pub established: bool,
    /// What was found, at most [`FINDINGS_PER_KIND_MAX`] of a kind.
    pub findings: Vec<Finding>,
    /// How many more were found.
    pub findings_omitted: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What, as a stable name.
    pub kind: Kind,
    /// The entry's number, from 0; of several, the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
    /// The last entry, where several in a row are concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<u64>,
    /// The other entry of a swap, or the place where an entry was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<u64>,
    /// The file, relative to the folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The same in a sentence.
    pub sentence: Text,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $sv:literal / $en:literal),* $(,)?) => {
        /// What is wrong. The names are stable; `{entries}`, `{other}` and `{file}` in the sentences
        /// are filled in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind { $($(#[$doc])* $name),* }

        impl Kind {
            fn template(self) -> (&'static str, &'static str) {
                match self { $(Kind::$name => ($sv, $en)),* }
            }
        }
    };
}

kinds! {
    /// An entry's bytes differ from what was signed.
    EntryAltered = "{entries} är ändrad efteråt (filen {file})."
        / "{entries} was altered afterwards (file {file}).",
    /// In an entry's place stands a copy of another entry.
    EntryReplaced = "{entries} är borttagen; på dess plats står en kopia av post {other} (filen {file})."
        / "{entries} was removed; in its place stands a copy of entry {other} (file {file}).",
    /// Entries are gone, later ones are there.
    EntryMissing = "{entries} saknas." / "{entries}: missing.",
    /// The end of the log is gone.
    Truncated = "Loggens slut saknas: {entries}." / "The end of the log is missing: {entries}.",
    /// There is something that was never an entry.
    EntryInserted = "Efter {entries} står något som aldrig varit en post i loggen (filen {file})."
        / "After {entries} stands something that never was an entry of the log (file {file}).",
    /// Two entries, or two rows of entries, changed places.
    EntriesSwapped = "{entries} har bytt plats med post {other} och följande lika många."
        / "{entries} changed places with entry {other} and as many after it.",
    /// An entry stands elsewhere.
    EntryMoved = "{entries} står på fel plats: på platsen för post {other}."
        / "{entries} stands in the wrong place: that of entry {other}.",
    /// The length written before an entry was altered, the entry was not.
    LengthAltered = "Längden som står före {entries} är ändrad; posten själv är det inte (filen {file})."
        / "The length written before {entries} was altered; the entry itself was not (file {file}).",
    /// An entry is as it was signed, but is not of the form this program reads.
    EntryUnreadable = "{entries} är som den skrevs men kan inte läsas (filen {file})."
        / "{entries} is as it was written but cannot be read (file {file}).",
    /// An entry carries another number than its place.
    NumberWrong = "{entries} bär ett annat nummer än sin plats: loggen är omskriven."
        / "{entries} carries a number that is not its place: the log was rewritten.",
    /// An entry does not point to the one before it.
    ChainBroken = "{entries} pekar inte på posten före: loggen är omskriven."
        / "{entries} does not point to the entry before it: the log was rewritten.",
    /// A hash in a tile differs from what was signed.
    HashAltered = "En hash som gäller {entries} är ändrad i filen {file}."
        / "A hash that covers {entries} was altered in the file {file}.",
    /// A tile of hashes has the wrong length.
    HashFileDamaged = "Filen {file} med hashar har fel längd."
        / "The file {file} of hashes has the wrong length.",
    /// What is in the folder does not give the signed root.
    RootMismatch = "Poster och hashar ger inte den undertecknade roten; mer än ett ställe är ändrat, så de \
        poster som nämns är de som säger emot varandra."
        / "Entries and hashes do not give the signed root; more than one place was altered, so the \
        entries named are those that contradict each other.",
    /// No checkpoint could be verified.
    NothingSigned = "Ingen giltig underskrift finns, så inget i mappen kan styrkas."
        / "There is no valid signature, so nothing in the folder can be vouched for.",
    /// A checkpoint is no signed checkpoint.
    CheckpointUnreadable = "En kontrollpunkt kan inte läsas (filen {file})."
        / "A checkpoint cannot be read (file {file}).",
    /// A checkpoint is not signed by the log, or falsely.
    CheckpointBadSignature = "En kontrollpunkt är inte undertecknad av loggen eller är ändrad (filen {file})."
        / "A checkpoint is not signed by the log or was altered (file {file}).",
    /// A checkpoint of another log.
    CheckpointOtherLog = "En kontrollpunkt gäller en annan logg (filen {file})."
        / "A checkpoint is of another log (file {file}).",
    /// The list of checkpoints does not end in the current one.
    CheckpointsDiffer = "Listan över kontrollpunkter slutar inte med den gällande (filen {file})."
        / "The list of checkpoints does not end in the current one (file {file}).",
    /// An older state is shown than one that was signed, or than the entries that are there.
    RolledBack = "Loggen är återställd till ett äldre läge: {entries} kom till efter den kontrollpunkt som \
        visas."
        / "The log was rolled back: {entries} came after the checkpoint that is shown.",
    /// Two signed checkpoints contradict each other.
    Forked = "Två undertecknade kontrollpunkter om de första {other} posterna säger emot varandra: det \
        finns två loggar."
        / "Two signed checkpoints about the first {other} entries contradict each other: there are two \
        logs.",
    /// Entries are not those that a signed checkpoint was about.
    HistoryRewritten = "Det som står i {entries} är inte vad en undertecknad kontrollpunkt gällde: loggen är \
        omskriven."
        / "What stands in {entries} is not what a signed checkpoint was about: the log was rewritten.",
    /// The key in the folder is not the one asked for.
    VkeyAltered = "Nyckeln i filen {file} är inte den som loggen granskas med."
        / "The key in the file {file} is not the one that the log is checked with.",
    /// A file of the layout is not there.
    FileMissing = "Filen {file} saknas." / "The file {file} is missing.",
    /// A file that is not of the layout.
    FileUnexpected = "Filen {file} hör inte till loggen." / "The file {file} does not belong to the log.",
    /// A file or folder that cannot be read.
    FileUnreadable = "Det går inte att läsa {file}." / "It is not possible to read {file}.",
    /// Where a pruned log begins is not said in a way that can be.
    MinimumWrong = "Filen {file} säger inte var den gallrade loggen börjar på ett sätt som kan stämma."
        / "The file {file} does not say in a way that can be true where the pruned log begins.",
    /// Entries are gone as if pruned, and no entry tells of it.
    PruningUntold = "Loggens början är borta som om den vore gallrad (filen {file}), men ingen post berättar om \
        gallringen."
        / "The beginning of the log is gone as if it were pruned (file {file}), but no entry tells of the \
        pruning.",
    /// More files than a log has.
    TooManyFiles = "Mappen har fler filer än en logg kan ha."
        / "The folder has more files than a log can have.",
}

/// What a finding is about; the parts of its sentence.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct About<'a> {
    pub entry: Option<u64>,
    pub last: Option<u64>,
    pub other: Option<u64>,
    pub file: Option<&'a str>,
}

impl Finding {
    pub(crate) fn new(kind: Kind, about: About<'_>) -> Self {
        let About { entry, last, other, file } = about;
        let last = last.filter(|last| Some(*last) != entry);
        let file = file.map(plain);
        let (sv, en) = kind.template();
        let fill = |template: &str, one: &str, many: &str, start: &str| {
            let entries = match (entry, last) {
                (Some(entry), Some(last)) => format!("{many} {entry}\u{2013}{last}"),
                (Some(entry), None) => format!("{one} {entry}"),
                _ => start.to_owned(),
            };
            // Sentences that end in "and as many after it" speak of rows; one pair needs no such end.
            let template = match last {
                None => template.replace(" och följande lika många", "").replace(" and as many after it", ""),
                Some(_) => template.to_owned(),
            };
            let text = template
                .replace("{entries}", &entries)
                .replace("{other}", &other.map_or_else(|| "?".to_owned(), |other| other.to_string()))
                .replace("{file}", file.as_deref().unwrap_or("?"));
            let mut letters = text.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        };
        let sentence = Text {
            sv: fill(sv, "post", "posterna", "loggens början"),
            en: fill(en, "entry", "entries", "the beginning of the log"),
        };
        Self { kind, entry, last, other, file, sentence }
    }
}

/// A file name from a folder that may be hostile, made harmless for a terminal or page.
fn plain(name: &str) -> String {
    name.chars().take(120).map(|c| if c.is_ascii_graphic() { c } else { '?' }).collect()
}

/// The report as lines for a person.
#[must_use]
pub fn render_report(report: &Report, lang: Lang) -> String {
    let Report { origin, size, .. } = report;
    let mut out = match lang {
        Lang::Sv => format!("Loggen {origin}, {size} poster (numrerade från 0)\n"),
        Lang::En => format!("Log {origin}, {size} entries (numbered from 0)\n"),
    };
    if let Some(root) = &report.root {
        out.push_str(&match lang {
            Lang::Sv => format!("Undertecknad rot: {root}\n"),
            Lang::En => format!("Signed root: {root}\n"),
        });
    }
    if report.minimum > 0 {
        out.push_str(&match lang {
            Lang::Sv => format!("Gallrad: posterna före {} är förstörda.\n", report.minimum),
            Lang::En => format!("Pruned: the entries before {} were destroyed.\n", report.minimum),
        });
    }
    if report.ok {
        out.push_str(match lang {
            Lang::Sv => "Inget är ändrat, borttaget eller tillagt.\n",
            Lang::En => "Nothing was altered, removed or added.\n",
        });
        return out;
    }
    let total = report.findings.len() as u64 + report.findings_omitted;
    out.push_str(&match lang {
        Lang::Sv => format!("Loggen håller inte. Antal fel: {total}\n"),
        Lang::En => format!("The log does not hold. Faults found: {total}\n"),
    });
    for finding in &report.findings {
        out.push_str("- ");
        out.push_str(finding.sentence.get(lang));
        out.push('\n');
    }
    if report.findings_omitted > 0 {
        out.push_str(&match lang {
            Lang::Sv => format!("- och {} till.\n", report.findings_omitted),
            Lang::En => format!("- and {} more.\n", report.findings_omitted),
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_told_in_plain_words_in_both_languages() {
        let about = About { entry: Some(17), file: Some("tile/entries/000"), ..About::default() };
        let one = Finding::new(Kind::EntryAltered, about);
        assert_eq!(one.sentence.sv, "Post 17 är ändrad efteråt (filen tile/entries/000).");
        assert_eq!(one.sentence.en, "Entry 17 was altered afterwards (file tile/entries/000).");
        let rows = About { entry: Some(0), last: Some(255), other: Some(256), file: None };
        assert_eq!(
            Finding::new(Kind::EntriesSwapped, rows).sentence.en,
            "Entries 0\u{2013}255 changed places with entry 256 and as many after it."
        );
        let pair = About { entry: Some(3), last: None, other: Some(9), file: None };
        assert_eq!(Finding::new(Kind::EntriesSwapped, pair).sentence.sv, "Post 3 har bytt plats med post 9.");
        let report = Report {
            ok: false,
            origin: "urval.example/log".into(),
            size: 20,
            root: Some("00".into()),
            minimum: 0,
            established: true,
            findings: vec![one],
            findings_omitted: 2,
        };
        let text = render_report(&report, Lang::Sv);
        assert!(
            text.contains("Antal fel: 3")
                && text.contains("- Post 17 är ändrad")
                && text.contains("- och 2 till.")
        );
        let good = Report { ok: true, findings: vec![], findings_omitted: 0, ..report.clone() };
        assert!(render_report(&good, Lang::En).ends_with("Nothing was altered, removed or added.\n"));
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["findings"][0]["kind"], "entry_altered");
        assert_eq!(json["findings"][0]["entry"], 17);
        assert!(json["findings"][0].get("last").is_none());
    }

    #[test]
    fn hostile_file_names_are_made_harmless() {
        let name = format!("a\u{1b}[2J\n{}", "x".repeat(500));
        let finding = Finding::new(Kind::FileUnexpected, About { file: Some(&name), ..About::default() });
        assert!(finding.sentence.en.len() < 200 && !finding.sentence.en.contains('\u{1b}'));
        assert!(!finding.sentence.en.contains('\n'));
    }
}
