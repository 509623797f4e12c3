//! Candidates out of another system: a folder or an archive with a table, a manifest, a dump, or one file a
//! candidate, and the documents beside it. Nothing is left out unsaid: a file that no row refers to is named.

use std::collections::{BTreeMap, BTreeSet};

use zeroize::Zeroizing;

use super::{
    Draft, Entry, Options, Unreadable, csv_rows, decode, europass, item, json_resume, manifest, teamtailor,
};
use crate::pipeline::extract::Outcome;
use crate::pipeline::received::Received;
use crate::subject::file_place::FilePlace;
use crate::subject::words::Lang;

/// The files of an import by their names, which are paths with `/` inside the folder or archive.
#[derive(Default)]
pub struct Source(BTreeMap<String, Zeroizing<Vec<u8>>>);

/// What an import turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// `manifest.json` with a list of candidates.
    Manifest,
    /// A table, one candidate a row.
    Table,
    /// A Teamtailor dump (JSON:API).
    Teamtailor,
    /// One JSON Resume or Europass file a candidate.
    OneEach,
}

impl SourceKind {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Manifest => "a manifest of candidates",
            Self::Table => "a table, one candidate a row",
            Self::Teamtailor => "a Teamtailor dump",
            Self::OneEach => "one file a candidate (JSON Resume, Europass)",
        }
    }
}

/// One candidate of an import.
pub struct Row {
    /// What names the candidate in the other system: the id, else the e-mail address, else file and row. The
    /// same candidate has the same key in every run.
    pub key: String,
    /// The application, or why it was not read.
    pub outcome: Result<Received, String>,
    /// Placements as written; empty for all.
    pub placements: Vec<String>,
    /// The documents: what as, and the name in the source.
    pub files: Vec<(FilePlace, String)>,
}

/// An import, read.
pub struct Import {
    /// What it is.
    pub kind: SourceKind,
    /// The candidates in the order of the source.
    pub rows: Vec<Row>,
    /// Of a table: every column and what it is read as.
    pub columns: Vec<(String, String)>,
    /// Files that no candidate refers to.
    pub unused: Vec<String>,
    /// What came of documents that had to be read to know whose they are, by their names in the source.
    pub read: BTreeMap<String, Outcome>,
}

/// Bytes of [`Import::read`] at most: what is beyond is read again when its candidate is taken in.
const READ_BYTES_MAX: usize = 256 << 20;

impl Source {
    /// Adds a file.
    pub fn put(&mut self, name: String, bytes: Vec<u8>) {
        self.0.insert(name, Zeroizing::new(bytes));
    }

    /// The bytes of a file, found as file systems and archives of Windows write names, too.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.found(name).and_then(|name| self.0.get(name)).map(|bytes| bytes.as_slice())
    }

    fn found(&self, name: &str) -> Option<&str> {
        let plain = |text: &str| text.trim().trim_start_matches("./").replace('\\', "/").to_lowercase();
        let wanted = plain(name);
        let exact = self.0.keys().find(|own| plain(own) == wanted);
        let deeper = format!("/{wanted}");
        exact
            .or_else(|| {
                // A table names files from where it lies, or without any folder.
                let mut ends = self.0.keys().filter(|own| plain(own).ends_with(&deeper));
                match (ends.next(), ends.next()) {
                    (Some(one), None) => Some(one),
                    _ => None,
                }
            })
            .map(String::as_str)
    }

    fn named(&self, is: impl Fn(&str) -> bool) -> Vec<&str> {
        self.0.keys().map(String::as_str).filter(|name| is(&name.to_lowercase())).collect()
    }

    /// Reads the candidates.
    ///
    /// # Errors
    /// What is wrong with the source as a whole, and what to do. A fault of one candidate is in its row.
    pub fn read(&self, options: &Options<'_>) -> Result<Import, String> {
        let reason = |error: Unreadable| error.reason(Lang::En);
        let manifests = self.named(|name| name == "manifest.json" || name.ends_with("/manifest.json"));
        let tables = self.named(|name| matches!(ending(name), "csv" | "tsv"));
        let json = self.named(|name| ending(name) == "json");
        let xml = self.named(|name| ending(name) == "xml");
        let (mut columns, mut read) = (Vec::new(), BTreeMap::new());
        let (kind, entries, mut used) = match (manifests.as_slice(), tables.as_slice()) {
            ([one], _) => {
                let text = self.text(one)?;
                (SourceKind::Manifest, manifest::read(&text).map_err(reason)?, BTreeSet::from([*one]))
            }
            ([_, _, ..], _) => return Err("there is more than one manifest.json; keep one".into()),
            ([], [one]) => {
                let text = self.text(one)?;
                columns = csv_rows::columns_in_words(&text, options).map_err(reason)?;
                (
                    SourceKind::Table,
                    csv_rows::read(one, &text, options).map_err(reason)?,
                    BTreeSet::from([*one]),
                )
            }
            ([], [_, _, ..]) => {
                return Err(format!("there is more than one table ({}); keep one", tables.join(", ")));
            }
            ([], []) => match json.as_slice() {
                [one] if teamtailor::is(&self.text(one)?) => {
                    let text = self.text(one)?;
                    (SourceKind::Teamtailor, teamtailor::read(&text).map_err(reason)?, BTreeSet::from([*one]))
                }
                _ => {
                    let (mut entries, used) = self.one_each(json.iter().chain(&xml).copied(), options);
                    entries.extend(self.europass_in_pdf(&entries, options, &mut read));
                    (SourceKind::OneEach, entries, used)
                }
            },
        };
        if entries.is_empty() {
            return Err(
                "there is no table (.csv), manifest.json, Teamtailor dump, JSON Resume or Europass file (XML or \
                        PDF) in it; docs/import.md says what each looks like"
                    .into(),
            );
        }
        let mut rows: Vec<Row> = entries.into_iter().map(|entry| self.row(entry, options)).collect();
        twice(&mut rows);
        let referred: BTreeSet<String> = rows
            .iter()
            .flat_map(|row| &row.files)
            .filter_map(|(_, name)| self.found(name))
            .map(str::to_owned)
            .collect();
        used.extend(referred.iter().map(String::as_str));
        let unused = self.0.keys().filter(|name| !used.contains(name.as_str())).cloned().collect();
        Ok(Import { kind, rows, columns, unused, read })
    }

    fn text(&self, name: &str) -> Result<String, String> {
        let bytes = self.get(name).unwrap_or_default();
        decode::decode(bytes)
            .map(|decoded| decoded.text.to_string())
            .map_err(|e| format!("`{name}`: {}", e.reason(Lang::En)))
    }

    fn one_each<'a>(
        &self,
        names: impl Iterator<Item = &'a str>,
        options: &Options<'_>,
    ) -> (Vec<Entry>, BTreeSet<&'a str>) {
        let mut entries = Vec::new();
        let mut used = BTreeSet::new();
        for name in names {
            let bytes = self.get(name).unwrap_or_default();
            let draft = if ending(&name.to_lowercase()) == "xml" {
                europass::read(bytes)
            } else {
                decode::decode(bytes).and_then(|decoded| json_resume::read(&decoded.text, options))
            };
            let draft = draft.map(|draft| Draft { key: stem(name).to_owned(), ..draft });
            entries.push(Entry { label: name.to_owned(), draft });
            used.insert(name);
        }
        (entries, used)
    }

    /// PDFs that hold a Europass file and are no other candidate's document: the file says who it is, and what can
    /// be seen of the PDF is the CV.
    fn europass_in_pdf(
        &self,
        others: &[Entry],
        options: &Options<'_>,
        read: &mut BTreeMap<String, Outcome>,
    ) -> Vec<Entry> {
        let Some(documents) = options.documents else { return Vec::new() };
        let taken: BTreeSet<String> = others
            .iter()
            .filter_map(|entry| entry.draft.as_ref().ok())
            .flat_map(|draft| self.files_of(&draft.key))
            .map(|(_, name)| name)
            .collect();
        let mut left = READ_BYTES_MAX;
        self.named(|name| ending(name) == "pdf")
            .into_iter()
            .filter(|name| !taken.contains(*name))
            .filter_map(|name| {
                let (outcome, person) = documents.read_with_person(self.get(name).unwrap_or_default());
                let person = person?;
                if let Some(rest) = left.checked_sub(weight(&outcome)) {
                    left = rest;
                    read.insert(name.to_owned(), outcome);
                }
                let draft = Draft {
                    key: stem(name).to_owned(),
                    known: europass::known(person),
                    files: vec![(FilePlace::Cv, name.to_owned())],
                    ..Draft::default()
                };
                Some(Entry { label: name.to_owned(), draft: Ok(draft) })
            })
            .collect()
    }

    fn row(&self, entry: Entry, options: &Options<'_>) -> Row {
        let Entry { label, draft } = entry;
        let mut draft = match draft {
            Ok(draft) => draft,
            Err(why) => {
                return Row {
                    key: label,
                    outcome: Err(why.reason(Lang::En)),
                    placements: Vec::new(),
                    files: Vec::new(),
                };
            }
        };
        let key = [draft.key.trim(), draft.known.email.trim()]
            .into_iter()
            .find(|key| !key.is_empty())
            .map_or_else(|| label.clone(), str::to_owned);
        if draft.files.is_empty() && !draft.key.trim().is_empty() {
            draft.files = self.files_of(draft.key.trim());
        }
        let missing: Vec<String> = draft
            .files
            .iter()
            .filter(|(_, name)| self.found(name).is_none())
            .map(|(_, name)| name.clone())
            .collect();
        let mut both = draft.files.clone();
        both.sort();
        both.dedup_by_key(|(place, _)| *place);
        let doubled = both.len() < draft.files.len();
        let read = item(label, draft, &options.limits);
        let outcome = match read.outcome {
            _ if !missing.is_empty() => {
                Err(format!("it refers to {}, which is not there", missing.join(", ")))
            }
            _ if doubled => {
                Err("it has two files for the same purpose; keep one letter and one CV".to_owned())
            }
            Ok(received) => Ok(received),
            Err(why) => Err(why.reason(Lang::En)),
        };
        Row { key, outcome, placements: read.placements, files: read.files }
    }

    /// Documents that lie in a folder named by the key, or are named by it.
    fn files_of(&self, key: &str) -> Vec<(FilePlace, String)> {
        let key = key.to_lowercase();
        let of = |name: &str| {
            let document = matches!(ending(name), "pdf" | "docx" | "odt" | "rtf" | "md" | "txt");
            let mut steps: Vec<&str> = name.split('/').collect();
            let last = steps.pop().unwrap_or_default();
            let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
            let own = steps.contains(&key.as_str())
                || stem == key
                || stem.strip_prefix(key.as_str()).is_some_and(|rest| rest.starts_with(['-', '_', ' ']));
            document && own
        };
        let mut names: Vec<&str> = self.named(of);
        names.sort_unstable();
        names
            .into_iter()
            .map(|name| {
                let last = name.rsplit('/').next().unwrap_or(name).to_lowercase();
                let letter = ["brev", "letter"].iter().any(|word| last.contains(word));
                (if letter { FilePlace::Letter } else { FilePlace::Cv }, name.to_owned())
            })
            .collect()
    }
}

/// The name of a file without folders and ending.
fn stem(name: &str) -> &str {
    let last = name.rsplit('/').next().unwrap_or(name);
    last.rsplit_once('.').map_or(last, |(stem, _)| stem)
}

fn ending(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// Bytes that an outcome takes, near enough.
fn weight(outcome: &Outcome) -> usize {
    let Outcome::Read(reading) = outcome else { return size_of::<Outcome>() };
    let blocks = reading.blocks.iter().map(|block| size_of_val(block) + block.text.len());
    let hidden = reading.hidden.iter().map(|hidden| size_of_val(hidden) + hidden.text.len());
    blocks.chain(hidden).sum()
}

/// A key that stands twice would make one candidate out of two.
fn twice(rows: &mut [Row]) {
    let mut seen = BTreeSet::new();
    for row in rows {
        if !seen.insert(row.key.clone()) {
            row.outcome =
                Err("another row has the same id or e-mail address; only the first is taken".into());
        }
    }
}

#[cfg(test)]
mod tests;
