//! Files are handed in, read, and checked by the applicant before anything is sent.
//!
//! ```text
//! files ─ sealed in a draft ─ read by a child ─ checked by the applicant ─ sent (intake) ─ draft deleted
//! ```
//!
//! A draft is sealed with a key made of a secret that only the applicant's browser keeps, so nobody at the service
//! can open what was not sent. The original is stored before anything reads it: a crash while it is read leaves a
//! draft whose file is read when the page is asked for again. An upload that is cut off leaves nothing, because
//! nothing is stored before the whole request is there.

use std::sync::Arc;

use crate::pipeline::extract::Kind;
use serde_json::json;
use zeroize::Zeroizing;

use super::aside::aside;
use super::intake::{Column, document_field};
use super::{App, CaseError, place};
use crate::clock::Moment;
use crate::guard::access::{Access, Act, Actor, Intake, MayOpen, OwnData};
use crate::guard::pii::{Identity, MaySee};
use crate::guard::vault::{DataKey, KeyKind, Opened, Place, Sealed};
use crate::pipeline::extract::told::Told;
use crate::pipeline::extract::{Extractor, Outcome};
use crate::store::documents::{DraftFile, Mark};
use crate::subject::file_place::FilePlace;
use crate::subject::id::{ApplicationId, RecruitmentId};

/// Bytes of one file at most.
pub const FILE_BYTES_MAX: usize = 10 << 20;
/// How long a draft lies after it was last changed, in seconds.
pub const DRAFT_SECONDS: i64 = 24 * 3600;

/// A file as it came.
pub struct NewFile {
    /// What it is for.
    pub place: FilePlace,
    /// Its bytes.
    pub bytes: Zeroizing<Vec<u8>>,
    /// What came of reading it, where an import read it before it knew whose it is.
    pub read: Option<Outcome>,
}

/// A new file, sealed.
struct SealedFile {
    place: FilePlace,
    mark: Mark,
    original: Sealed,
    reading: Option<Sealed>,
}

/// What is not sent yet.
pub struct Draft {
    /// What was typed, as the page wrote it down.
    pub form: Zeroizing<Vec<u8>>,
    /// The files, in the order in which a person reads them.
    pub files: Vec<ReadFile>,
}

/// A file of a draft that was read, or could not be.
pub struct ReadFile {
    /// What it is for.
    pub place: FilePlace,
    /// Which file.
    pub mark: Mark,
    /// What came of it.
    pub outcome: Outcome,
}

/// A file as it was handed in.
pub struct Original {
    /// The bytes as they came.
    pub bytes: Zeroizing<Vec<u8>>,
    /// What they are, when they could be read.
    pub kind: Option<Kind>,
}

/// A draft that is being sent.
pub(super) struct InHand {
    pub token: [u8; 32],
    key: DataKey,
    pub files: Vec<ReadFile>,
}

impl App {
    /// Lets the service read documents. Without this no file is taken.
    pub fn read_documents_with(&self, extractor: Extractor) {
        let _ = self.readers.set(Arc::new(extractor));
    }

    /// Whether files are taken.
    #[must_use]
    pub fn reads_documents(&self) -> bool {
        self.readers.get().is_some()
    }

    /// Stores what was typed and the files, in a new draft or in the one that the secret opens. Of a draft that is
    /// gone by now a new one is made. Gives the secret that opens it, for the applicant's browser and nobody else.
    ///
    /// # Errors
    /// When the recruitment is not open or nothing could be stored; it is safe to try again.
    pub async fn keep_draft(
        &self,
        actor: &Actor,
        recruitment: &RecruitmentId,
        secret: Option<&str>,
        form: &[u8],
        files: &[NewFile],
        taken_out: &[FilePlace],
    ) -> Result<Zeroizing<String>, CaseError> {
        let facts = self.db.recruitment_facts(recruitment).await?;
        // What takes long comes first: during the change every other writer would wait for it.
        let fresh = Zeroizing::new(hex::encode(self.chance.bytes::<16>()?));
        let mut sealed_files = self.sealed_files(recruitment, secret.unwrap_or(&fresh), files)?;
        let (access, mut tx) = self.admit_to_change::<Intake>(actor, facts, Act::new("draft.kept")).await?;
        let known = match secret {
            Some(secret) => {
                let since = kept_since(access.at());
                self.db
                    .draft(&access, &self.vault.token_hash(secret), since)
                    .await?
                    .map(|(_, files)| (secret, files))
            }
            None => None,
        };
        let (secret, before) = match known {
            Some((secret, files)) => (Zeroizing::new(secret.to_owned()), files),
            None => {
                if secret.is_some() {
                    sealed_files = self.sealed_files(recruitment, &fresh, files)?;
                }
                (fresh, Vec::new())
            }
        };
        let token = self.vault.token_hash(&secret);
        let key = self.vault.draft_key(&secret);
        let sealed = self.vault.seal(&key, &form_place(recruitment, &hex::encode(token)), form)?;
        tx.put_draft(&access, &token, &sealed).await?;
        for place in taken_out {
            tx.drop_draft_file(&access, &token, *place).await?;
        }
        for file in &sealed_files {
            if before.iter().any(|old| old.place == file.place && old.mark == file.mark)
                && !taken_out.contains(&file.place)
            {
                // The same file: what was read of it stands.
                continue;
            }
            let named = (file.place, &file.mark);
            tx.put_draft_file(&access, &token, named, &file.original, file.reading.as_ref()).await?;
        }
        tx.commit().await?;
        Ok(secret)
    }

    /// The files as the draft of a secret holds them.
    fn sealed_files(
        &self,
        recruitment: &RecruitmentId,
        secret: &str,
        files: &[NewFile],
    ) -> Result<Vec<SealedFile>, CaseError> {
        let key = self.vault.draft_key(secret);
        let record = hex::encode(self.vault.token_hash(secret));
        let sealed = |file: &NewFile| {
            let at = original_place(recruitment, &record, file.place);
            let read = file.read.as_ref().filter(|outcome| outcome.is_settled());
            let place = reading_place(recruitment, &record, file.place);
            Ok(SealedFile {
                place: file.place,
                mark: aside(file.bytes.len(), || self.vault.file_mark(&file.bytes)),
                original: self.seal_long(&key, &at, &file.bytes)?,
                reading: read.map(|outcome| self.sealed_reading(&key, &place, outcome)).transpose()?,
            })
        };
        files.iter().map(sealed).collect()
    }

    /// Deletes a draft that its writer, or whoever sits at the same browser now, does not want.
    ///
    /// # Errors
    /// When the recruitment is not open or the database fails.
    pub async fn drop_draft(
        &self,
        actor: &Actor,
        recruitment: &RecruitmentId,
        secret: &str,
    ) -> Result<(), CaseError> {
        let facts = self.db.recruitment_facts(recruitment).await?;
        let (access, mut tx) =
            self.admit_to_change::<Intake>(actor, facts, Act::new("draft.dropped")).await?;
        tx.drop_draft(&access, &self.vault.token_hash(secret)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Opens a draft, and reads what nobody has read yet. `None` when there is none: it was sent, or is older than
    /// a day.
    ///
    /// # Errors
    /// When the recruitment is not open or the database fails.
    pub async fn draft(
        &self,
        actor: &Actor,
        recruitment: &RecruitmentId,
        secret: &str,
    ) -> Result<Option<Draft>, CaseError> {
        let facts = self.db.recruitment_facts(recruitment).await?;
        let access = self.admit::<Intake>(actor, facts, Act::new("draft.opened")).await?;
        let Some((form, hand)) = self.opened_draft(&access, secret).await? else { return Ok(None) };
        Ok(Some(Draft { form: form.into_bytes(), files: hand.files }))
    }

    /// The files of a draft that is being sent, read.
    pub(super) async fn draft_in_hand(
        &self,
        access: &Access<Intake>,
        secret: &str,
    ) -> Result<InHand, CaseError> {
        let found = self.opened_draft(access, secret).await?;
        found.map(|(_, hand)| hand).ok_or(CaseError::NotFound("draft"))
    }

    async fn opened_draft(
        &self,
        access: &Access<Intake>,
        secret: &str,
    ) -> Result<Option<(Opened, InHand)>, CaseError> {
        let token = self.vault.token_hash(secret);
        let Some((form, stored)) = self.db.draft(access, &token, kept_since(access.at())).await? else {
            return Ok(None);
        };
        let key = self.vault.draft_key(secret);
        let recruitment = &access.target().id;
        let form = self.vault.open(&key, &form_place(recruitment, &hex::encode(token)), &form)?;
        let mut hand = InHand { token, key, files: Vec::new() };
        for file in stored {
            let outcome = self.outcome_of(access, &hand, &file).await?;
            hand.files.push(ReadFile { place: file.place, mark: file.mark, outcome });
        }
        Ok(Some((form, hand)))
    }

    /// What came of a file, now or earlier. That no reader could be started, or had its turn, is not written down: the
    /// next look tries again.
    async fn outcome_of(
        &self,
        access: &Access<Intake>,
        hand: &InHand,
        file: &DraftFile,
    ) -> Result<Outcome, CaseError> {
        let record = hex::encode(hand.token);
        let place = reading_place(&access.target().id, &record, file.place);
        if let Some(sealed) = &file.reading {
            return self.opened_reading(&hand.key, &place, sealed);
        }
        let original = self.draft_original(access, hand, file.place, &file.mark).await?;
        let outcome = self.read_document(original).await?;
        if outcome.is_settled() {
            let sealed = self.sealed_reading(&hand.key, &place, &outcome)?;
            self.db.set_reading(access, &hand.token, (file.place, &file.mark), &sealed).await?;
        }
        Ok(outcome)
    }

    fn sealed_reading(&self, key: &DataKey, at: &Place<'_>, outcome: &Outcome) -> Result<Sealed, CaseError> {
        let written = Zeroizing::new(serde_json::to_vec(outcome).map_err(|_| CaseError::Damaged("reading"))?);
        self.seal_long(key, at, &written)
    }

    fn opened_reading(&self, key: &DataKey, at: &Place<'_>, sealed: &Sealed) -> Result<Outcome, CaseError> {
        aside(sealed.as_bytes().len(), || {
            let opened = self.vault.open(key, at, sealed)?;
            serde_json::from_slice(opened.bytes()).map_err(|_| CaseError::Damaged("reading"))
        })
    }

    /// The bytes of a file of a draft.
    pub(super) async fn draft_original(
        &self,
        access: &Access<Intake>,
        hand: &InHand,
        place: FilePlace,
        mark: &Mark,
    ) -> Result<Opened, CaseError> {
        let sealed = self.db.draft_original(access, &hand.token, (place, mark)).await?;
        let record = hex::encode(hand.token);
        self.open_long(&hand.key, &original_place(&access.target().id, &record, place), &sealed)
    }

    /// Reads a document in a child, away from the threads that answer.
    async fn read_document(&self, bytes: Opened) -> Result<Outcome, CaseError> {
        let readers = Arc::clone(self.readers.get().ok_or(CaseError::NotFound("reader of documents"))?);
        tokio::task::spawn_blocking(move || readers.read(bytes.bytes()))
            .await
            .map_err(|_| CaseError::Interrupted)
    }

    /// What is told of the files of an application.
    pub(super) async fn told_of_files<P: MayOpen>(
        &self,
        access: &Access<P>,
    ) -> Result<Vec<(FilePlace, Told)>, CaseError> {
        let stored = self.db.told_of_files(access).await?;
        if stored.is_empty() {
            return Ok(Vec::new());
        }
        let key = self.key(access, KeyKind::Content).await?;
        let mut out = Vec::new();
        for (file, sealed) in stored {
            let at = place(access.target(), document_field(Column::Told, file));
            let opened = self.vault.open(&key, &at, &sealed)?;
            let told = serde_json::from_slice(opened.bytes()).map_err(|_| CaseError::Damaged("file"))?;
            out.push((file, told));
        }
        Ok(out)
    }

    /// What was read of an application's files, for a purpose that may see who the applicant is.
    pub(super) async fn readings<P: MayOpen + MaySee<Identity>>(
        &self,
        access: &Access<P>,
    ) -> Result<Vec<(FilePlace, Outcome)>, CaseError> {
        let stored = self.db.readings(access).await?;
        if stored.is_empty() {
            return Ok(Vec::new());
        }
        let key = self.key(access, KeyKind::Identity).await?;
        let mut out = Vec::new();
        for (file, sealed) in stored {
            let at = place(access.target(), document_field(Column::Reading, file));
            out.push((file, self.opened_reading(&key, &at, &sealed)?));
        }
        Ok(out)
    }

    /// An applicant's own file, byte for byte as it was handed in, with what it is. Without such a file there is no
    /// entry either: nothing was fetched.
    ///
    /// # Errors
    /// When the gate refuses or there is no such file.
    pub async fn own_document(
        &self,
        actor: &Actor,
        id: &ApplicationId,
        file: FilePlace,
    ) -> Result<Original, CaseError> {
        let facts = self.db.application_facts(id).await?;
        let act = Act::new("own_document.fetched").detail(json!({ "place": file.code() }));
        let (access, mut tx) = self.admit_to_change::<OwnData>(actor, facts, act).await?;
        if !tx.has_document(&access, file).await? {
            return Err(CaseError::NotFound("file"));
        }
        tx.commit().await.map_err(|_| CaseError::Journal)?;
        self.original(&access, file).await
    }

    /// A file as it was handed in, for a purpose that may see who the applicant is.
    pub(super) async fn original<P: MayOpen + MaySee<Identity>>(
        &self,
        access: &Access<P>,
        file: FilePlace,
    ) -> Result<Original, CaseError> {
        let sealed = self.db.original(access, file).await?.ok_or(CaseError::NotFound("file"))?;
        let key = self.key(access, KeyKind::Identity).await?;
        let at = place(access.target(), document_field(Column::Original, file));
        let bytes = self.open_long(&key, &at, &sealed)?.into_bytes();
        let readings = self.readings(access).await?;
        let kind =
            readings.into_iter().find(|(at, _)| *at == file).and_then(|(_, read)| Told::of(&read).kind);
        Ok(Original { bytes, kind })
    }

    /// Deletes drafts that nobody has changed for a day.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep_drafts(&self) -> Result<u64, CaseError> {
        Ok(self.db.sweep_drafts(kept_since(self.clock.now())).await?)
    }
}

fn kept_since(now: Moment) -> Moment {
    now.plus_seconds(-DRAFT_SECONDS)
}

fn form_place<'a>(recruitment: &'a RecruitmentId, record: &'a str) -> Place<'a> {
    Place { tenant: recruitment.as_str(), record, field: "drafts.form" }
}

fn original_place<'a>(recruitment: &'a RecruitmentId, record: &'a str, place: FilePlace) -> Place<'a> {
    let field = match place {
        FilePlace::Letter => "draft_files.original/letter",
        FilePlace::Cv => "draft_files.original/cv",
    };
    Place { tenant: recruitment.as_str(), record, field }
}

fn reading_place<'a>(recruitment: &'a RecruitmentId, record: &'a str, place: FilePlace) -> Place<'a> {
    let field = match place {
        FilePlace::Letter => "draft_files.reading/letter",
        FilePlace::Cv => "draft_files.reading/cv",
    };
    Place { tenant: recruitment.as_str(), record, field }
}
