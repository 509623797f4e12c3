//! An application comes in: pseudonymised, sealed, stored and logged in one transaction, before the
//! applicant sees a receipt. A crash before that leaves nothing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::custody::NewKeys;
use super::drafts::InHand;
use super::{App, CaseError, Invalid, place};
use crate::guard::access::{Access, Act, Actor, ApplicationFacts, Intake};
use crate::guard::pii::{FreeText, Pii};
use crate::guard::vault::{DataKey, Opened};
use crate::pipeline::extract::Outcome;
use crate::pipeline::extract::told::{Came, Told, corrected, whole};
use crate::pipeline::pseudonymise::{Frame, split};
use crate::pipeline::received::{Received, Section, SectionKind};
use crate::store::applications::{Field, NewApplication};
use crate::store::documents::{Mark, NewDocument};
use crate::subject::file_place::FilePlace;
use crate::subject::id::{ApplicationId, PlacementId, RecruitmentId, SubjectId};
use crate::subject::words::Lang;

/// The version of the notice that applicants are shown before they fill in anything. A changed text
/// gets a new version; the receipt keeps the one that was shown.
pub const NOTICE_VERSION: &str = "2026-11-27";

const TEXT_CHARS_MAX: usize = 100_000;

/// What is handed in.
pub struct Submission {
    /// The parts.
    pub received: Received,
    /// The chosen placements.
    pub placements: Vec<PlacementId>,
    /// The language of the form.
    pub language: Lang,
    /// The applicant asks for a review without AI.
    pub ai_free: bool,
    /// From what the label is derived, for `screen`; otherwise it is drawn.
    pub label_seed: Option<String>,
    /// The draft with the files that are sent along.
    pub draft: Option<SentDraft>,
}

/// A draft as the applicant has checked it.
pub struct SentDraft {
    /// The secret that opens it.
    pub secret: Zeroizing<String>,
    /// The text of each file that could be read, as the applicant left it.
    pub checked: Vec<(FilePlace, Pii<FreeText>)>,
}

/// What the applicant gets.
pub struct Acknowledgement {
    /// The secret code, shown once. Only its keyed hash is stored.
    pub receipt_code: Zeroizing<String>,
    /// The label that people and log use.
    pub label: String,
    /// Which application.
    pub id: ApplicationId,
    /// The log entry that stands for it.
    pub entry: u64,
    /// The leak check held it: a person looks before the model may.
    pub held: bool,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(super) struct StoredSection {
    #[zeroize(skip)]
    pub kind: SectionKind,
    #[zeroize(skip)]
    pub question: Option<String>,
    pub text: String,
}

impl App {
    /// Takes in one application.
    ///
    /// # Errors
    /// [`CaseError::Invalid`] with what to mend; [`CaseError::Refused`] when the recruitment is not
    /// open; otherwise nothing is stored and it is safe to try again.
    pub async fn submit(
        &self,
        actor: &Actor,
        recruitment: &RecruitmentId,
        submission: Submission,
    ) -> Result<Acknowledgement, CaseError> {
        let Submission { mut received, mut placements, language, ai_free, label_seed, draft } = submission;
        placements.sort();
        placements.dedup();
        let (secret, checked) = draft.map(|draft| (draft.secret, draft.checked)).unzip();
        let sent_files = take_in(&mut received, checked.unwrap_or_default());
        // A file without text may stand alone: then a person reads it.
        check_texts(&received, secret.is_some())?;
        let offered = self.db.placements(recruitment).await?;
        if placements.is_empty() {
            return Err(CaseError::Invalid(Invalid::NoPlacement));
        }
        if placements.iter().any(|id| offered.iter().all(|offer| offer.id != *id)) {
            return Err(CaseError::Invalid(Invalid::StrangePlacement));
        }
        let facts = self.db.recruitment_facts(recruitment).await?;
        let id = ApplicationId::new(self.chance.uuid()?);
        let subject = SubjectId::new(self.chance.uuid()?);
        let chosen: BTreeSet<_> = offered
            .iter()
            .filter(|offer| placements.contains(&offer.id))
            .map(|offer| offer.organisation.clone())
            .collect();
        // The keys come first and by themselves (store/keystore.rs says why). A refusal or a crash from here on
        // leaves keys that seal nothing, which are swept.
        let NewKeys { identity, content, tag } = self.new_keys(&subject, &chosen).await?;
        // Files are opened before the change begins, under the same question to the policies.
        let files = match &secret {
            Some(secret) => {
                let access = self.admit::<Intake>(actor, facts.clone(), Act::new("draft.opened")).await?;
                let hand = self.draft_in_hand(&access, secret).await?;
                if hand.files.is_empty() && !any_text(&received) {
                    return Err(CaseError::Invalid(Invalid::NoText));
                }
                Some((self.with_originals(&access, &hand).await?, hand.token))
            }
            None => None,
        };
        let lot = self.lot(recruitment, &id).await?;
        let label = match &label_seed {
            Some(seed) => self.seeded_label(seed),
            None => self.vault.pseudonym("label", id.as_str()),
        };
        let target = ApplicationFacts {
            id: id.clone(),
            subject: subject.clone(),
            recruitment: recruitment.clone(),
            label: label.clone(),
            organisations: Vec::new(),
            state: "submitted".into(),
            ai_free,
            legal_hold: false,
            conflicts: Vec::new(),
            tag_key: tag,
        };

        // Files are sealed before the change begins, too: during it every other writer would wait.
        let handed = files.as_ref().map_or(&[][..], |(files, _)| files);
        let documents = handed
            .iter()
            .map(|file| {
                self.sealed_document(&target, file, &told_of(file, &sent_files), (&identity, &content))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let (access, mut tx) =
            self.admit_to_change::<Intake>(actor, facts, Act::new("application.handed_in")).await?;

        // The original is sealed as it came, before anything is taken out of it.
        let original: Vec<StoredSection> = received
            .sections
            .iter()
            .map(|section| StoredSection {
                kind: section.kind,
                question: section.question.clone(),
                text: section.text.clear_text().to_owned(),
            })
            .collect();
        let original = to_json(&original)?;
        let email_index = self.vault.blind_index("email", &received.known.email);
        // What goes on, went on until the application came in.
        let frame = Frame { today: access.at().swedish_day(), starts: None };
        let empty = received.sections.is_empty();
        let (pseudonymous, known, held_reason) = match split(received, &frame) {
            Ok((_, known)) if empty => (None, known, None),
            Ok((text, known)) => (Some(text), known, None),
            Err(held) => {
                let reason = held.to_string();
                (None, held.into_known(), Some(reason))
            }
        };
        // What no machine could read, a person must.
        let held_reason = held_reason.or_else(|| unread(handed, &sent_files));
        let mut envelopes = vec![
            (
                Field::Known,
                self.vault.seal(&identity, &place(&target, Field::Known.code()), &to_json(&known)?)?,
            ),
            (
                Field::Original,
                self.vault.seal(&identity, &place(&target, Field::Original.code()), &original)?,
            ),
        ];
        if let Some(text) = &pseudonymous {
            let sealed = self.vault.seal(
                &content,
                &place(&target, Field::Pseudonymous.code()),
                &text.to_sealable(),
            )?;
            envelopes.push((Field::Pseudonymous, sealed));
        }
        let receipt_code = receipt_code(&self.chance.bytes::<16>()?);
        let held = held_reason.is_some();
        let new = NewApplication {
            id: id.clone(),
            subject,
            label: label.clone(),
            language,
            held_reason,
            ai_free,
            control_arm: lot,
            notice_version: NOTICE_VERSION.into(),
            submitted_at: access.at(),
            receipt_hash: self.vault.token_hash(&receipt_code).to_vec(),
            email_index: email_index.to_vec(),
            placements,
            envelopes,
        };
        tx.put_application(&access, new).await?;
        let mut same = 0;
        for new in &documents {
            same += tx.same_file(&access, &new.mark).await?;
            tx.put_document(&access, &target.id, new).await?;
        }
        if let Some((_, token)) = &files
            && !tx.drop_draft(&access, token).await?
        {
            // Somebody pressed twice: the other one has sent it.
            return Err(CaseError::NotFound("draft"));
        }
        let detail = json!({
            "notice": NOTICE_VERSION, "held": held, "ai_free": ai_free, "files": handed.len(),
            "same_files_in_round": same,
        });
        self.note(&mut tx, actor, "intake", "application.sealed", &target, detail).await?;
        let entry = tx.commit().await?.entry().ok_or(CaseError::Journal)?;
        Ok(Acknowledgement { receipt_code, label, id, entry, held })
    }
}

impl App {
    /// Whether an application with the label of this seed was taken in before. No personal data.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn known_label(&self, recruitment: &RecruitmentId, seed: &str) -> Result<bool, CaseError> {
        Ok(self.db.by_label(recruitment, &self.seeded_label(seed)).await?.is_some())
    }

    /// The label of a seed.
    pub(super) fn seeded_label(&self, seed: &str) -> String {
        self.vault.pseudonym("screen-label", seed)
    }
}

fn to_json<T: Serialize>(value: &T) -> Result<Zeroizing<Vec<u8>>, CaseError> {
    // Measured first: a buffer that grows leaves its earlier selves behind, with clear text in them.
    let damaged = |_| CaseError::Damaged("record");
    let mut length = Length(0);
    serde_json::to_writer(&mut length, value).map_err(damaged)?;
    let mut out = Zeroizing::new(Vec::with_capacity(length.0));
    serde_json::to_writer(&mut *out, value).map_err(damaged)?;
    Ok(out)
}

/// Counts what is written to it.
struct Length(usize);

impl std::io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A file that is being sent: what was read of it, and its bytes.
struct HandedFile {
    place: FilePlace,
    mark: Mark,
    outcome: Outcome,
    original: Opened,
}

impl App {
    async fn with_originals(
        &self,
        access: &Access<Intake>,
        hand: &InHand,
    ) -> Result<Vec<HandedFile>, CaseError> {
        let mut out = Vec::new();
        for file in &hand.files {
            let original = self.draft_original(access, hand, file.place, &file.mark).await?;
            let outcome = file.outcome.clone();
            out.push(HandedFile { place: file.place, mark: file.mark, outcome, original });
        }
        Ok(out)
    }

    fn sealed_document(
        &self,
        target: &ApplicationFacts,
        file: &HandedFile,
        told: &Told,
        (identity, content): (&DataKey, &DataKey),
    ) -> Result<NewDocument, CaseError> {
        let at = |column| place(target, document_field(column, file.place));
        Ok(NewDocument {
            place: file.place,
            mark: file.mark,
            original: self.seal_long(identity, &at(Column::Original), file.original.bytes())?,
            reading: self.seal_long(identity, &at(Column::Reading), &to_json(&file.outcome)?)?,
            told: self.vault.seal(content, &at(Column::Told), &to_json(told)?)?,
        })
    }
}

/// The sealed columns of a file.
#[derive(Clone, Copy)]
pub(super) enum Column {
    Original,
    Reading,
    Told,
}

/// The place that a file's column is bound to.
pub(super) fn document_field(column: Column, file: FilePlace) -> &'static str {
    match (column, file) {
        (Column::Original, FilePlace::Letter) => "documents.original/letter",
        (Column::Original, FilePlace::Cv) => "documents.original/cv",
        (Column::Reading, FilePlace::Letter) => "documents.reading/letter",
        (Column::Reading, FilePlace::Cv) => "documents.reading/cv",
        (Column::Told, FilePlace::Letter) => "documents.told/letter",
        (Column::Told, FilePlace::Cv) => "documents.told/cv",
    }
}

/// Puts the checked text of files where it belongs: behind what was typed in the same place, or as a part of its
/// own. Gives each file's text as it was sent.
fn take_in(
    received: &mut Received,
    checked: Vec<(FilePlace, Pii<FreeText>)>,
) -> Vec<(FilePlace, Pii<FreeText>)> {
    for (file, text) in &checked {
        if text.clear_text().trim().is_empty() {
            continue;
        }
        let kind = SectionKind::from(*file);
        match received.sections.iter_mut().find(|section| section.kind == kind) {
            Some(section) => {
                let joined = format!("{}\n\n{}", section.text.clear_text().trim_end(), text.clear_text());
                section.text = Pii::new(joined);
            }
            None => received.sections.push(Section {
                kind,
                question: None,
                text: Pii::new(text.clear_text().to_owned()),
            }),
        }
    }
    received.sections.sort_by_key(|section| section.kind);
    checked
}

/// What reviewers are told of a file, with what the applicant corrected.
fn told_of(file: &HandedFile, sent: &[(FilePlace, Pii<FreeText>)]) -> Told {
    let mut told = Told::of(&file.outcome);
    if let Outcome::Read(reading) = &file.outcome {
        let read = Zeroizing::new(whole(reading));
        told.corrected = corrected(&read, text_of(file, sent));
    }
    told
}

/// What was sent as the text of a file; empty when nothing was.
fn text_of<'a>(file: &HandedFile, sent: &'a [(FilePlace, Pii<FreeText>)]) -> &'a str {
    sent.iter().find(|(place, _)| *place == file.place).map_or("", |(_, text)| text.clear_text())
}

/// Why a person must look at the files: one could not be read, and the applicant wrote nothing in its place.
fn unread(files: &[HandedFile], sent: &[(FilePlace, Pii<FreeText>)]) -> Option<String> {
    let mut reasons = files.iter().filter_map(|file| match Told::of(&file.outcome).outcome {
        Came::Read => None,
        Came::NotRead(_) if !text_of(file, sent).trim().is_empty() => None,
        Came::NotRead(why) => {
            Some(format!("the {} was handed in as a file that could not be read: {why}", file.place.code()))
        }
    });
    let first = reasons.next()?;
    Some(reasons.fold(first, |all, next| format!("{all}; {next}")))
}

fn any_text(received: &Received) -> bool {
    received.sections.iter().any(|section| !section.text.clear_text().trim().is_empty())
}

fn check_texts(received: &Received, files: bool) -> Result<(), CaseError> {
    let mut any = files;
    for section in &received.sections {
        let text = section.text.clear_text();
        any |= !text.trim().is_empty();
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err(CaseError::Invalid(Invalid::TooLong));
        }
        if text.contains('\0') {
            return Err(CaseError::Invalid(Invalid::BadCharacter));
        }
    }
    if any { Ok(()) } else { Err(CaseError::Invalid(Invalid::NoText)) }
}

/// 128 bits in Crockford's alphabet, in groups that can be read aloud: `7QF3M-2…`.
pub(super) fn receipt_code(bytes: &[u8; 16]) -> Zeroizing<String> {
    const ALPHABET: [char; 32] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K',
        'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X', 'Y', 'Z',
    ];
    let mut bits = u128::from_be_bytes(*bytes);
    let mut out = String::with_capacity(32);
    for index in 0..26 {
        if index > 0 && index % 5 == 0 {
            out.push('-');
        }
        let digit = (bits & 31) as usize;
        out.push(ALPHABET.get(digit).copied().unwrap_or('0'));
        bits >>= 5;
    }
    Zeroizing::new(out)
}

/// What people type instead of the code: lower case, spaces, O for 0, I and L for 1.
#[must_use]
pub fn normal_receipt_code(typed: &str) -> Zeroizing<String> {
    let mut letters = Zeroizing::new(String::with_capacity(typed.len()));
    let read = typed.chars().filter(char::is_ascii_alphanumeric).map(|c| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        'U' => 'V',
        other => other,
    });
    letters.extend(read);
    let mut out = String::with_capacity(32);
    for (index, letter) in letters.chars().enumerate() {
        if index > 0 && index % 5 == 0 {
            out.push('-');
        }
        out.push(letter);
    }
    Zeroizing::new(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_written_in_one_piece() {
        let sections =
            [StoredSection {
                kind: SectionKind::Letter, question: None, text: "Å \"ä\" ö\n".repeat(5000)
            }];
        let written = to_json(&sections).unwrap();
        assert_eq!(*written, serde_json::to_vec(&sections).unwrap());
        assert_eq!(written.capacity(), written.len(), "the buffer never grew");
    }

    #[test]
    fn a_receipt_code_survives_how_people_type_it() {
        let code = receipt_code(&[0xA7; 16]);
        assert_eq!(code.len(), 26 + 5);
        assert_eq!(*normal_receipt_code(&code), *code);
        assert_eq!(*normal_receipt_code(&code.to_lowercase().replace('-', " ")), *code);
    }
}
