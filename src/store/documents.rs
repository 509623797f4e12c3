//! Files that applicants hand in: in a draft until they are sent, then with the application. Nothing here can be
//! read in clear, and a draft not even with every key of the installation.

use crate::clock::Moment;
use crate::guard::access::{Access, ApplicationFacts, Intake, Purpose};
use crate::guard::pii::{Identity, MaySee};
use crate::guard::vault::Sealed;
use crate::subject::file_place::FilePlace;
use crate::subject::id::ApplicationId;

use super::{Db, StoreError, Tx};

statements! {
    PUT_DRAFT = "INSERT INTO drafts (token_hash, recruitment_id, form, changed_at) VALUES ($1, $2, $3, $4) ON CONFLICT (token_hash) DO UPDATE SET form = excluded.form, changed_at = excluded.changed_at";
    PUT_FILE = "INSERT INTO draft_files (token_hash, place, mark, original, reading) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (token_hash, place) DO UPDATE SET mark = excluded.mark, original = excluded.original, reading = excluded.reading";
    SET_READING = "UPDATE draft_files SET reading = $4 WHERE token_hash = $1 AND place = $2 AND mark = $3";
    DRAFT = "SELECT form FROM drafts WHERE token_hash = $1 AND recruitment_id = $2 AND changed_at > $3";
    FILES = "SELECT place, mark, reading FROM draft_files WHERE token_hash = $1 ORDER BY place DESC";
    DRAFT_ORIGINAL = "SELECT original FROM draft_files WHERE token_hash = $1 AND place = $2 AND mark = $3";
    DROP_FILE = "DELETE FROM draft_files WHERE token_hash = $1 AND place = $2";
    DROP_FILES = "DELETE FROM draft_files WHERE token_hash = $1";
    DROP_DRAFT = "DELETE FROM drafts WHERE token_hash = $1";
    SWEEP_FILES = "DELETE FROM draft_files WHERE token_hash IN (SELECT token_hash FROM drafts WHERE changed_at <= $1)";
    SWEEP_DRAFTS = "DELETE FROM drafts WHERE changed_at <= $1";
    PUT_DOCUMENT = "INSERT INTO documents (application_id, place, mark, original, reading, told) VALUES ($1, $2, $3, $4, $5, $6)";
    TOLD = "SELECT place, told FROM documents WHERE application_id = $1 ORDER BY place DESC";
    READINGS = "SELECT place, reading FROM documents WHERE application_id = $1 ORDER BY place DESC";
    IS_THERE = "SELECT CAST(COUNT(*) AS BIGINT) FROM documents WHERE application_id = $1 AND place = $2";
    ORIGINAL = "SELECT original FROM documents WHERE application_id = $1 AND place = $2";
    SAME_FILE = "SELECT CAST(COUNT(*) AS BIGINT) FROM documents d JOIN applications a ON a.id = d.application_id WHERE a.recruitment_id = $1 AND d.mark = $2";
}

/// A keyed digest of a file, by which the same file is recognised.
pub type Mark = [u8; 32];

/// A file of a draft, without its bytes.
pub struct DraftFile {
    /// What it is for.
    pub place: FilePlace,
    /// Which file.
    pub mark: Mark,
    /// What came of reading it, sealed; `None` when nobody has read it yet.
    pub reading: Option<Sealed>,
}

/// A file of a new application, everything sealed.
pub struct NewDocument {
    /// What it is for.
    pub place: FilePlace,
    /// Which file.
    pub mark: Mark,
    /// The bytes as they came (key: identity).
    pub original: Sealed,
    /// What came of reading it (key: identity).
    pub reading: Sealed,
    /// What reviewers are told of it (key: content).
    pub told: Sealed,
}

fn placed(code: &str) -> Result<FilePlace, StoreError> {
    FilePlace::parse(code).ok_or(StoreError::Damaged("place of a file"))
}

fn marked(bytes: &[u8]) -> Result<Mark, StoreError> {
    bytes.try_into().map_err(|_| StoreError::Damaged("mark of a file"))
}

impl Tx {
    /// Stores what was typed of a draft, replacing what was there. `token` is the keyed hash of its secret.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_draft(
        &mut self,
        access: &Access<Intake>,
        token: &[u8; 32],
        form: &Sealed,
    ) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(PUT_DRAFT).bind(token.to_vec()).bind(access.target().id.as_str())
            .bind(form.as_bytes().to_vec()).bind(access.at().0).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Stores a file of a draft, in place of another one that was there, and what came of reading it if somebody has.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_draft_file(
        &mut self,
        _access: &Access<Intake>,
        token: &[u8; 32],
        file: (FilePlace, &Mark),
        original: &Sealed,
        reading: Option<&Sealed>,
    ) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(PUT_FILE).bind(token.to_vec()).bind(file.0.code()).bind(file.1.to_vec())
            .bind(original.as_bytes().to_vec()).bind(reading.map(|sealed| sealed.as_bytes().to_vec())).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Takes a file out of a draft.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn drop_draft_file(
        &mut self,
        _access: &Access<Intake>,
        token: &[u8; 32],
        place: FilePlace,
    ) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(DROP_FILE).bind(token.to_vec()).bind(place.code()).execute(c).await
            .map(|_| ()))?;
        Ok(())
    }

    /// Deletes a draft whose application is stored in the same transaction. Whether it was there: of two
    /// that send the same draft only one finds it.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn drop_draft(
        &mut self,
        _access: &Access<Intake>,
        token: &[u8; 32],
    ) -> Result<bool, StoreError> {
        in_tx!(self, c => sqlx::query(DROP_FILES).bind(token.to_vec()).execute(c).await.map(|_| ()))?;
        let gone = in_tx!(self, c => sqlx::query(DROP_DRAFT).bind(token.to_vec()).execute(c).await
            .map(|done| done.rows_affected()))?;
        Ok(gone == 1)
    }

    /// Stores a file with a new application.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_document(
        &mut self,
        _access: &Access<Intake>,
        application: &ApplicationId,
        new: &NewDocument,
    ) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(PUT_DOCUMENT).bind(application.as_str()).bind(new.place.code())
            .bind(new.mark.to_vec()).bind(new.original.as_bytes().to_vec())
            .bind(new.reading.as_bytes().to_vec()).bind(new.told.as_bytes().to_vec())
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Whether the application has such a file. Asked between the policies' yes and the commit of the entry, so that
    /// nothing is entered as shown that was never there.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn has_document<P: Purpose<Target = ApplicationFacts> + MaySee<Identity>>(
        &mut self,
        access: &Access<P>,
        place: FilePlace,
    ) -> Result<bool, StoreError> {
        let (count,): (i64,) = in_tx!(self, c => sqlx::query_as(IS_THERE)
            .bind(access.target().id.as_str()).bind(place.code()).fetch_one(c).await)?;
        Ok(count > 0)
    }

    /// How many files of one recruitment's applications are the same file.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn same_file(&mut self, access: &Access<Intake>, mark: &Mark) -> Result<i64, StoreError> {
        let (count,): (i64,) = in_tx!(self, c => sqlx::query_as(SAME_FILE)
            .bind(access.target().id.as_str()).bind(mark.to_vec()).fetch_one(c).await)?;
        Ok(count)
    }
}

impl Db {
    /// The sealed form of a draft of this recruitment that was changed after a moment, and its files.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn draft(
        &self,
        access: &Access<Intake>,
        token: &[u8; 32],
        changed_after: Moment,
    ) -> Result<Option<(Sealed, Vec<DraftFile>)>, StoreError> {
        let form: Option<(Vec<u8>,)> = on_pool!(self, c => sqlx::query_as(DRAFT).bind(token.to_vec())
            .bind(access.target().id.as_str()).bind(changed_after.0).fetch_optional(c).await)?;
        let Some((form,)) = form else { return Ok(None) };
        let rows: Vec<(String, Vec<u8>, Option<Vec<u8>>)> =
            on_pool!(self, c => sqlx::query_as(FILES).bind(token.to_vec()).fetch_all(c).await)?;
        let mut files = Vec::new();
        for (place, mark, reading) in rows {
            files.push(DraftFile {
                place: placed(&place)?,
                mark: marked(&mark)?,
                reading: reading.map(Sealed::from_stored).transpose()?,
            });
        }
        Ok(Some((Sealed::from_stored(form)?, files)))
    }

    /// The sealed bytes of one file of a draft.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it is gone or another one lies there now.
    pub async fn draft_original(
        &self,
        _access: &Access<Intake>,
        token: &[u8; 32],
        file: (FilePlace, &Mark),
    ) -> Result<Sealed, StoreError> {
        let row: Option<(Vec<u8>,)> = on_pool!(self, c => sqlx::query_as(DRAFT_ORIGINAL)
            .bind(token.to_vec()).bind(file.0.code()).bind(file.1.to_vec()).fetch_optional(c).await)?;
        let (bytes,) = row.ok_or(StoreError::Missing("file of a draft"))?;
        Ok(Sealed::from_stored(bytes)?)
    }

    /// Stores what came of reading a file. Nothing changes when another file lies there by now.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn set_reading(
        &self,
        _access: &Access<Intake>,
        token: &[u8; 32],
        file: (FilePlace, &Mark),
        reading: &Sealed,
    ) -> Result<(), StoreError> {
        on_pool!(self, c => sqlx::query(SET_READING).bind(token.to_vec()).bind(file.0.code())
            .bind(file.1.to_vec()).bind(reading.as_bytes().to_vec()).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Deletes drafts that were last changed at this moment or before it, and says how many.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn sweep_drafts(&self, changed_until: Moment) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        in_tx!(tx, c => sqlx::query(SWEEP_FILES).bind(changed_until.0).execute(c).await.map(|_| ()))?;
        let gone = in_tx!(tx, c => sqlx::query(SWEEP_DRAFTS).bind(changed_until.0).execute(c).await
            .map(|done| done.rows_affected()))?;
        tx.commit().await?;
        Ok(gone)
    }

    /// What reviewers are told of the files of the application that the token names, sealed.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn told_of_files<P: Purpose<Target = ApplicationFacts>>(
        &self,
        access: &Access<P>,
    ) -> Result<Vec<(FilePlace, Sealed)>, StoreError> {
        self.of_files(TOLD, access.target()).await
    }

    /// What was read of the files of an application, sealed.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn readings<P: Purpose<Target = ApplicationFacts> + MaySee<Identity>>(
        &self,
        access: &Access<P>,
    ) -> Result<Vec<(FilePlace, Sealed)>, StoreError> {
        self.of_files(READINGS, access.target()).await
    }

    async fn of_files(
        &self,
        statement: &'static str,
        target: &ApplicationFacts,
    ) -> Result<Vec<(FilePlace, Sealed)>, StoreError> {
        let rows: Vec<(String, Vec<u8>)> =
            on_pool!(self, c => sqlx::query_as(statement).bind(target.id.as_str()).fetch_all(c).await)?;
        rows.into_iter().map(|(place, bytes)| Ok((placed(&place)?, Sealed::from_stored(bytes)?))).collect()
    }

    /// The sealed bytes of one file of an application.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn original<P: Purpose<Target = ApplicationFacts> + MaySee<Identity>>(
        &self,
        access: &Access<P>,
        place: FilePlace,
    ) -> Result<Option<Sealed>, StoreError> {
        let row: Option<(Vec<u8>,)> = on_pool!(self, c => sqlx::query_as(ORIGINAL)
            .bind(access.target().id.as_str()).bind(place.code()).fetch_optional(c).await)?;
        Ok(row.map(|(bytes,)| Sealed::from_stored(bytes)).transpose()?)
    }
}
