//! What erasing one application does to the tables, step by step, and which requests for erasure wait.
//!
//! Every step is a statement that may run again: a crash between two leaves a tombstone that is not finished,
//! and the next start goes on from there. [`Erasing`] is the token: only the tombstone itself makes one.

use std::time::Duration;

use crate::clock::Moment;
use crate::guard::access::{Access, Answering, Disposal, Erase, OwnData};
use crate::guard::audit::EventId;
use crate::guard::erasures::Tombstone;
use crate::guard::vault::{KeyKind, Sealed, WrappedKey};
use crate::subject::id::{ApplicationId, StaffId, SubjectId};

use super::{Db, Pool, StoreError, Tx};

statements! {
    BEGIN_ERASURE = "INSERT INTO erasures (mark, application_id, subject_id, ground, begun_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (mark) DO UPDATE SET application_id = excluded.application_id, subject_id = excluded.subject_id, finished_at = NULL, entry = NULL, event = NULL";
    TAKE_OUT = "UPDATE applications SET state = 'withdrawn' WHERE id = $1";
    UNFINISHED = "SELECT mark, application_id, subject_id, ground, begun_at FROM erasures WHERE finished_at IS NULL ORDER BY begun_at, mark";
    TOMBSTONES = "SELECT mark, begun_at FROM erasures ORDER BY begun_at, mark";
    SUBJECTS = "SELECT a.id, a.subject_id FROM applications a LEFT JOIN shells s ON s.application_id = a.id WHERE s.application_id IS NULL ORDER BY a.id";
    DESTROY_KEY = "DELETE FROM keystore.subject_keys WHERE subject_id = $1 AND kind = $2";
    TAG_KEY = "SELECT wrapped FROM keystore.subject_keys WHERE subject_id = $1 AND kind = 'tag'";
    LEAVES = "SELECT seq, leaf FROM audit_entries WHERE seq >= $1 ORDER BY seq LIMIT $2";
    DROP_DETAILS = "DELETE FROM audit_payloads WHERE seq = $1";
    DROP_WORK = "DELETE FROM work WHERE application_id = $1";
    DROP_EMBEDDINGS = "DELETE FROM embeddings WHERE application_id = $1";
    DROP_DOCUMENTS = "DELETE FROM documents WHERE application_id = $1";
    DROP_ENVELOPES = "DELETE FROM envelopes WHERE application_id = $1";
    DROP_ASSESSMENTS = "DELETE FROM assessments WHERE application_id = $1";
    DROP_OPENINGS = "DELETE FROM openings WHERE application_id = $1";
    DROP_MARKS = "DELETE FROM marks WHERE application_id = $1";
    DROP_DECISIONS = "DELETE FROM decisions WHERE application_id = $1";
    DROP_CHOICES = "DELETE FROM application_placements WHERE application_id = $1";
    DROP_SESSIONS = "DELETE FROM sessions WHERE application_id = $1";
    DROP_CONFLICTS = "DELETE FROM conflicts WHERE application_id = $1";
    DROP_HOLDS = "DELETE FROM legal_holds WHERE application_id = $1";
    DROP_EMERGENCY_USES = "DELETE FROM emergency_uses WHERE emergency_id IN (SELECT id FROM emergencies WHERE application_id = $1)";
    DROP_EMERGENCIES = "DELETE FROM emergencies WHERE application_id = $1";
    DROP_ANSWERS = "DELETE FROM rights_answers WHERE request_id IN (SELECT id FROM rights_requests WHERE application_id = $1 AND kind <> 'erasure')";
    DROP_REQUESTS = "DELETE FROM rights_requests WHERE application_id = $1 AND kind <> 'erasure'";
    EMPTY_ANSWERS = "UPDATE rights_answers SET reason = NULL, answered_at = answered_at - answered_at % 86400000000 WHERE request_id IN (SELECT id FROM rights_requests WHERE application_id = $1)";
    MOVE_REQUESTS = "UPDATE rights_requests SET application_id = $2, state = 'done', received_at = received_at - received_at % 86400000000 WHERE application_id = $1";
    TO_SHELL = "SELECT recruitment_id, language, ai_free, notice_version, submitted_at FROM applications WHERE id = $1";
    PUT_SHELL_SUBJECT = "INSERT INTO subjects (id, created_at) VALUES ($1, $2)";
    PUT_SHELL = "INSERT INTO applications (id, subject_id, recruitment_id, label, language, state, held_reason, ai_free, notice_version, submitted_at, receipt_hash, email_index) VALUES ($1, $2, $3, $4, $5, 'withdrawn', NULL, $6, $7, $8, $9, $10)";
    MARK_SHELL = "INSERT INTO shells (application_id) VALUES ($1)";
    DROP_APPLICATION = "DELETE FROM applications WHERE id = $1";
    DROP_SUBJECT = "DELETE FROM subjects WHERE id = $1";
    FINISH = "UPDATE erasures SET finished_at = $2, application_id = NULL, subject_id = NULL WHERE mark = $1 AND finished_at IS NULL";
    NOTE_EVENT = "UPDATE erasures SET event = $2 WHERE mark = $1";
    SET_ENTRY = "UPDATE erasures SET entry = $2, event = NULL WHERE mark = $1";
    SET_ENTRIES = "UPDATE erasures SET entry = (SELECT e.seq FROM audit_entries e WHERE e.event = erasures.event), event = NULL WHERE event IS NOT NULL AND EXISTS (SELECT 1 FROM audit_entries e WHERE e.event = erasures.event)";
    ENTRY_OF = "SELECT COALESCE(r.entry, e.seq) FROM erasures r LEFT JOIN audit_entries e ON e.event = r.event WHERE r.mark = $1";
    WAITING = "SELECT r.id, r.application_id, a.label, r.received_at, r.due_on, a.state, (SELECT CAST(COUNT(*) AS BIGINT) FROM legal_holds h WHERE h.application_id = a.id AND h.lifted_at IS NULL) FROM rights_requests r JOIN applications a ON a.id = r.application_id WHERE r.kind = 'erasure' AND r.state = 'received' ORDER BY r.due_on, r.received_at, r.id";
    REQUEST = "SELECT application_id, state FROM rights_requests WHERE id = $1 AND kind = 'erasure'";
    CLOSE_REQUEST = "UPDATE rights_requests SET state = 'done' WHERE id = $1 AND state = 'received'";
    PUT_ANSWER = "INSERT INTO rights_answers (request_id, outcome, reason, staff_id, answered_at) VALUES ($1, $2, $3, $4, $5)";
    ANSWERS = "SELECT w.request_id, w.outcome, w.reason, w.answered_at FROM rights_answers w JOIN rights_requests r ON r.id = w.request_id WHERE r.application_id = $1 ORDER BY w.answered_at, w.request_id";
    BY_LABEL_ANYWHERE = "SELECT id FROM applications WHERE label = $1 ORDER BY id";
}

/// Microseconds of a day: times that stay are cut to the day, so that they fit no entry of the log.
const DAY: i64 = 86_400_000_000;

/// The order in which rows about one application go: what points at another row before that row.
const ABOUT_ONE: [&str; 17] = [
    DROP_WORK,
    DROP_DOCUMENTS,
    DROP_EMBEDDINGS,
    DROP_ENVELOPES,
    DROP_ASSESSMENTS,
    DROP_OPENINGS,
    DROP_MARKS,
    DROP_DECISIONS,
    DROP_CHOICES,
    DROP_SESSIONS,
    DROP_CONFLICTS,
    DROP_HOLDS,
    DROP_EMERGENCY_USES,
    DROP_EMERGENCIES,
    DROP_ANSWERS,
    DROP_REQUESTS,
    EMPTY_ANSWERS,
];

/// The tables that hold something of an application until it is erased, for the test that compares them with
/// the database, and for making room afterwards.
pub const TABLES: [&str; 18] = [
    "work",
    "documents",
    "embeddings",
    "envelopes",
    "assessments",
    "openings",
    "marks",
    "decisions",
    "application_placements",
    "sessions",
    // Rows of staff only; they fall with their session.
    "federated_sessions",
    "conflicts",
    "legal_holds",
    "emergency_uses",
    "emergencies",
    "rights_answers",
    "rights_requests",
    "keystore.subject_keys",
];

/// An erasure that was begun and is not finished. The tombstone made it, after the gate had said yes or from the
/// list of erasures.
#[derive(Clone, Debug)]
pub struct Erasing {
    mark: [u8; 32],
    application: ApplicationId,
    subject: SubjectId,
    ground: String,
    begun_at: Moment,
}

impl Erasing {
    /// As it is listed outside the database.
    #[must_use]
    pub fn tombstone(&self) -> Tombstone {
        Tombstone { mark: self.mark, at: self.begun_at }
    }

    /// Whose keys are destroyed.
    #[must_use]
    pub fn subject(&self) -> &SubjectId {
        &self.subject
    }

    /// On which ground, as a code.
    #[must_use]
    pub fn ground(&self) -> &str {
        &self.ground
    }
}

/// What takes an erased application's place: ids and a label that lead nowhere.
pub struct Shell {
    /// A fresh id.
    pub application: ApplicationId,
    /// A fresh id.
    pub subject: SubjectId,
    /// A label that nobody was told.
    pub label: String,
    /// Random bytes where the keyed hash of the receipt code was.
    pub no_receipt: [u8; 32],
}

/// A request for erasure that waits for an answer.
#[derive(Clone, Debug)]
pub struct WaitingRequest {
    /// Case id.
    pub id: String,
    /// Which application.
    pub application: ApplicationId,
    /// Its label.
    pub label: String,
    /// When it came in.
    pub received_at: Moment,
    /// Last day to answer, `YYYY-MM-DD`.
    pub due_on: String,
    /// The application's state.
    pub state: String,
    /// Whether a legal hold forbids erasing.
    pub held: bool,
}

/// The answer to a request for erasure.
pub struct AnswerRow {
    /// Which request.
    pub request: String,
    /// `erased` or `refused`.
    pub outcome: String,
    /// The sealed reason.
    pub reason: Option<Sealed>,
    /// When.
    pub answered_at: Moment,
}

fn bytes32(bytes: Vec<u8>) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Damaged("erasures.mark"))
}

impl Tx {
    /// Writes the tombstone, takes the application out of every view and ends its holder's sessions. Committed
    /// before anything is destroyed: from then on the erasure is finished whatever happens.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn begin_erasure(
        &mut self,
        access: &Access<Erase>,
        mark: [u8; 32],
        ground: &str,
    ) -> Result<Erasing, StoreError> {
        let target = access.target();
        let erasing = Erasing {
            mark,
            application: target.id.clone(),
            subject: target.subject.clone(),
            ground: ground.to_owned(),
            begun_at: access.at(),
        };
        self.put_tombstone(&erasing).await?;
        Ok(erasing)
    }

    /// As [`Tx::begin_erasure`], for an erasure that is listed and whose person is in the database again: after a
    /// restore.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn erase_again(
        &mut self,
        _access: &Access<Disposal>,
        listed: &Tombstone,
        application: &ApplicationId,
        subject: &SubjectId,
    ) -> Result<Erasing, StoreError> {
        let erasing = Erasing {
            mark: listed.mark,
            application: application.clone(),
            subject: subject.clone(),
            ground: "request".into(),
            begun_at: listed.at,
        };
        self.put_tombstone(&erasing).await?;
        Ok(erasing)
    }

    async fn put_tombstone(&mut self, erasing: &Erasing) -> Result<(), StoreError> {
        let id = erasing.application.as_str();
        in_tx!(self, c => sqlx::query(BEGIN_ERASURE).bind(erasing.mark.to_vec()).bind(id)
            .bind(erasing.subject.as_str()).bind(&erasing.ground).bind(erasing.begun_at.0)
            .execute(c).await.map(|_| ()))?;
        in_tx!(self, c => sqlx::query(TAKE_OUT).bind(id).execute(c).await.map(|_| ()))?;
        in_tx!(self, c => sqlx::query(DROP_SESSIONS).bind(id).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Destroys some of a person's keys. Once this is committed nothing that they sealed can be read again.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn destroy_keys(&mut self, erasing: &Erasing, kinds: &[KeyKind]) -> Result<(), StoreError> {
        for kind in kinds {
            in_tx!(self, c => sqlx::query(DESTROY_KEY).bind(erasing.subject.as_str()).bind(kind.code())
                .execute(c).await.map(|_| ()))?;
        }
        Ok(())
    }

    /// Deletes the sealed details of log entries about the person. The entries themselves stay.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn drop_details(&mut self, _erasing: &Erasing, entries: &[u64]) -> Result<(), StoreError> {
        for entry in entries {
            let seq = i64::try_from(*entry).map_err(|_| StoreError::Damaged("entry number"))?;
            in_tx!(self, c => sqlx::query(DROP_DETAILS).bind(seq).execute(c).await.map(|_| ()))?;
        }
        Ok(())
    }

    /// Deletes every row about the application, puts a shell in its place and closes the tombstone. `false` when
    /// somebody else has finished it: then nothing may be committed.
    ///
    /// A transaction of another process that still writes about the application fails, because the id that it
    /// refers to is gone.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn leave_shell(
        &mut self,
        erasing: &Erasing,
        shell: &Shell,
        at: Moment,
    ) -> Result<bool, StoreError> {
        let old = erasing.application.as_str();
        let closed = in_tx!(self, c => sqlx::query(FINISH).bind(erasing.mark.to_vec()).bind(at.0)
            .execute(c).await.map(|done| done.rows_affected()))?;
        if closed == 0 {
            return Ok(false);
        }
        for statement in ABOUT_ONE {
            in_tx!(self, c => sqlx::query(statement).bind(old).execute(c).await.map(|_| ()))?;
        }
        let row: Option<(String, String, i64, String, i64)> =
            in_tx!(self, c => sqlx::query_as(TO_SHELL).bind(old).fetch_optional(c).await)?;
        if let Some((recruitment, language, ai_free, notice, submitted)) = row {
            let (new, day) = (shell.application.as_str(), submitted - submitted.rem_euclid(DAY));
            in_tx!(self, c => sqlx::query(PUT_SHELL_SUBJECT).bind(shell.subject.as_str()).bind(day)
                .execute(c).await.map(|_| ()))?;
            in_tx!(self, c => sqlx::query(PUT_SHELL).bind(new).bind(shell.subject.as_str()).bind(&recruitment)
                .bind(&shell.label).bind(&language).bind(ai_free).bind(&notice).bind(day)
                .bind(shell.no_receipt.to_vec()).bind(Vec::<u8>::new()).execute(c).await.map(|_| ()))?;
            in_tx!(self, c => sqlx::query(MARK_SHELL).bind(new).execute(c).await.map(|_| ()))?;
            in_tx!(self, c => sqlx::query(MOVE_REQUESTS).bind(old).bind(new).execute(c).await.map(|_| ()))?;
            in_tx!(self, c => sqlx::query(DROP_APPLICATION).bind(old).execute(c).await.map(|_| ()))?;
        }
        in_tx!(self, c => sqlx::query(DROP_SUBJECT).bind(erasing.subject.as_str()).execute(c).await.map(|_| ()))?;
        Ok(true)
    }

    /// Notes which entry stands for a finished erasure. It has no number before this is committed.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn note_erasure_event(&mut self, erasing: &Erasing, event: EventId) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(NOTE_EVENT).bind(erasing.mark.to_vec()).bind(event.as_bytes().to_vec())
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Closes a request with an answer. `false` when it was answered already.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn answer_request(
        &mut self,
        access: &Access<Answering>,
        request: &str,
        staff: Option<&StaffId>,
        reason: &Sealed,
    ) -> Result<bool, StoreError> {
        if !self.close_request(request).await? {
            return Ok(false);
        }
        self.put_answer(request, "refused", Some(reason), staff, access.at()).await?;
        Ok(true)
    }

    /// Closes a request because the application is being erased. `false` when it was answered already.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn grant_request(
        &mut self,
        access: &Access<Erase>,
        request: &str,
        staff: Option<&StaffId>,
    ) -> Result<bool, StoreError> {
        if !self.close_request(request).await? {
            return Ok(false);
        }
        self.put_answer(request, "erased", None, staff, access.at()).await?;
        Ok(true)
    }

    async fn close_request(&mut self, request: &str) -> Result<bool, StoreError> {
        let closed = in_tx!(self, c => sqlx::query(CLOSE_REQUEST).bind(request).execute(c).await
            .map(|done| done.rows_affected()))?;
        Ok(closed > 0)
    }

    async fn put_answer(
        &mut self,
        request: &str,
        outcome: &str,
        reason: Option<&Sealed>,
        staff: Option<&StaffId>,
        at: Moment,
    ) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(PUT_ANSWER).bind(request).bind(outcome)
            .bind(reason.map(|sealed| sealed.as_bytes().to_vec())).bind(staff.map(StaffId::as_str)).bind(at.0)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }
}

type UnfinishedRow = (Vec<u8>, Option<String>, Option<String>, String, i64);

impl Db {
    /// The erasures that were begun and not finished, oldest first.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn unfinished_erasures(&self) -> Result<Vec<Erasing>, StoreError> {
        let rows: Vec<UnfinishedRow> = on_pool!(self, c => sqlx::query_as(UNFINISHED).fetch_all(c).await)?;
        rows.into_iter()
            .map(|(mark, application, subject, ground, at)| {
                let missing = StoreError::Damaged("erasures");
                let (Some(application), Some(subject)) = (application, subject) else { return Err(missing) };
                Ok(Erasing {
                    mark: bytes32(mark)?,
                    application: ApplicationId::new(application),
                    subject: SubjectId::new(subject),
                    ground,
                    begun_at: Moment(at),
                })
            })
            .collect()
    }

    /// Every erasure that this database knows of. Keyed hashes and times.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn tombstones(&self) -> Result<Vec<Tombstone>, StoreError> {
        let rows: Vec<(Vec<u8>, i64)> = on_pool!(self, c => sqlx::query_as(TOMBSTONES).fetch_all(c).await)?;
        rows.into_iter().map(|(mark, at)| Ok(Tombstone { mark: bytes32(mark)?, at: Moment(at) })).collect()
    }

    /// The applications that are not shells, with their subjects: ids only, to find those that are listed as
    /// erased.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn living_subjects(&self) -> Result<Vec<(ApplicationId, SubjectId)>, StoreError> {
        let rows: Vec<(String, String)> = on_pool!(self, c => sqlx::query_as(SUBJECTS).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(a, s)| (ApplicationId::new(a), SubjectId::new(s))).collect())
    }

    /// The key that finds the entries about the person; `None` once it is destroyed.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn tag_key_for_erasure(&self, erasing: &Erasing) -> Result<Option<WrappedKey>, StoreError> {
        let row: Option<(Vec<u8>,)> = on_pool!(self, c => sqlx::query_as(TAG_KEY)
            .bind(erasing.subject.as_str()).fetch_optional(c).await)?;
        let Some((bytes,)) = row else { return Ok(None) };
        let key = WrappedKey::from_stored(bytes)?;
        self.openable(&key).await?;
        Ok(Some(key))
    }

    /// Leaves from a number on, oldest first: the caller keeps those that are about the person.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn leaves_for_erasure(
        &self,
        _erasing: &Erasing,
        from: u64,
        limit: u32,
    ) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let from = i64::try_from(from).map_err(|_| StoreError::Damaged("entry number"))?;
        let rows: Vec<(i64, Vec<u8>)> = on_pool!(self, c => sqlx::query_as(LEAVES)
            .bind(from).bind(i64::from(limit)).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(seq, leaf)| (u64::try_from(seq).unwrap_or(0), leaf)).collect())
    }

    /// Notes the number of the entry that stands for a finished erasure.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn set_erasure_entry(&self, mark: &[u8; 32], entry: u64) -> Result<(), StoreError> {
        let entry = i64::try_from(entry).map_err(|_| StoreError::Damaged("entry number"))?;
        on_pool!(self, c => sqlx::query(SET_ENTRY).bind(mark.to_vec()).bind(entry).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Notes the numbers of entries that a crash kept from being noted. Gives how many.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn set_erasure_entries(&self) -> Result<u64, StoreError> {
        Ok(on_pool!(self, c => sqlx::query(SET_ENTRIES).execute(c).await.map(|done| done.rows_affected()))?)
    }

    /// The number of the entry that stands for an erasure, when it is finished.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn erasure_entry(&self, mark: &[u8; 32]) -> Result<Option<u64>, StoreError> {
        let row: Option<(Option<i64>,)> = on_pool!(self, c => sqlx::query_as(ENTRY_OF)
            .bind(mark.to_vec()).fetch_optional(c).await)?;
        Ok(row.and_then(|(entry,)| entry).and_then(|entry| u64::try_from(entry).ok()))
    }

    /// The requests for erasure that wait, the one to be answered first at the top.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn waiting_erasures(
        &self,
        _access: &Access<Disposal>,
    ) -> Result<Vec<WaitingRequest>, StoreError> {
        let rows: Vec<(String, String, String, i64, String, String, i64)> =
            on_pool!(self, c => sqlx::query_as(WAITING).fetch_all(c).await)?;
        Ok(rows
            .into_iter()
            .map(|(id, application, label, at, due_on, state, holds)| WaitingRequest {
                id,
                application: ApplicationId::new(application),
                label,
                received_at: Moment(at),
                due_on,
                state,
                held: holds > 0,
            })
            .collect())
    }

    /// Which application a request for erasure is about, and whether it still waits.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such request.
    pub async fn erasure_request(&self, id: &str) -> Result<(ApplicationId, bool), StoreError> {
        let row: Option<(String, String)> =
            on_pool!(self, c => sqlx::query_as(REQUEST).bind(id).fetch_optional(c).await)?;
        let (application, state) = row.ok_or(StoreError::Missing("request"))?;
        Ok((ApplicationId::new(application), state == "received"))
    }

    /// The answers to the requests of the applicant that the token names.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn own_answers(&self, access: &Access<OwnData>) -> Result<Vec<AnswerRow>, StoreError> {
        let rows: Vec<(String, String, Option<Vec<u8>>, i64)> = on_pool!(self, c => sqlx::query_as(ANSWERS)
            .bind(access.target().id.as_str()).fetch_all(c).await)?;
        rows.into_iter()
            .map(|(request, outcome, reason, at)| {
                let reason = reason.map(Sealed::from_stored).transpose()?;
                Ok(AnswerRow { request, outcome, reason, answered_at: Moment(at) })
            })
            .collect()
    }

    /// The applications with a label, in whichever recruitment.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn by_label_anywhere(&self, label: &str) -> Result<Vec<ApplicationId>, StoreError> {
        let rows: Vec<(String,)> =
            on_pool!(self, c => sqlx::query_as(BY_LABEL_ANYWHERE).bind(label).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(id,)| ApplicationId::new(id)).collect())
    }

    /// Takes what was deleted out of the files, too. On SQLite the write-ahead log is copied into the database,
    /// whose freed pages `secure_delete` has overwritten, and emptied; on PostgreSQL the tables are vacuumed.
    /// `false` when somebody who reads held it up: what is left is ciphertext without a key, and the next erasure
    /// or start tries again.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn forget_deleted(&self) -> Result<bool, StoreError> {
        match &*self.pool {
            Pool::Sqlite(pool) => {
                const TRIES: u32 = 40;
                for _ in 0..TRIES {
                    let (busy, _, _): (i64, i64, i64) =
                        sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(pool).await?;
                    if busy == 0 {
                        return Ok(true);
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Ok(false)
            }
            Pool::Postgres(pool) => {
                let more = ["applications", "subjects", "audit_payloads", "audit_pending", "erasures"];
                for table in TABLES.iter().chain(&more) {
                    let sql = sqlx::AssertSqlSafe(format!("VACUUM {table}"));
                    sqlx::query(sql).execute(pool).await?;
                }
                Ok(true)
            }
        }
    }

    /// The tables that point at an application or a subject, directly or through another table, for the test
    /// that each of them is emptied.
    ///
    /// # Errors
    /// When the engine's catalogue cannot be read.
    pub async fn tables_about_applicants(&self) -> Result<Vec<String>, StoreError> {
        let links = self.references().await?;
        let mut about = vec!["applications".to_owned(), "subjects".to_owned()];
        loop {
            let next = links.iter().find(|(from, to)| about.contains(to) && !about.contains(from));
            match next {
                Some((from, _)) => about.push(from.clone()),
                None => return Ok(about),
            }
        }
    }
}
