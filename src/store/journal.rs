//! The log in the database: what waits for a number, entries, their sealed details, complete tiles, the
//! head and the signed checkpoints.
//!
//! A change writes its entry unnumbered, in its own transaction: a crash before the commit leaves
//! neither. [`super::sequencer`] numbers and signs.

use crate::clock::Moment;
use crate::guard::access::{Access, Actor, Operations, Oversight, OwnData};
use crate::guard::audit::{
    Entry, EventId, Hash, Head, Journal, JournalError, Kept, Prepared, Sealing, Unnumbered, merkle,
    note::Checkpoint, prepare,
};
use crate::guard::vault::Sealed;

use super::{Db, LogKit, StoreError, Tx};

statements! {
    BEGIN_LOG = "INSERT INTO audit_head (id, size, head, checkpoint) VALUES (1, 0, $1, $2) ON CONFLICT (id) DO NOTHING";
    TAKE_HEAD = "UPDATE audit_head SET size = size WHERE id = 1 RETURNING size, head, checkpoint";
    PUT_HEAD = "UPDATE audit_head SET size = $1, head = $2, checkpoint = $3 WHERE id = 1";
    HEAD = "SELECT size, head, checkpoint FROM audit_head WHERE id = 1";
    LAST_HASH = "SELECT hash FROM audit_entries WHERE seq = (SELECT size - 1 FROM audit_head WHERE id = 1)";
    KEEP = "INSERT INTO audit_pending (event, happened_at, leaf, sealed) VALUES ($1, $2, $3, $4)";
    WAITING = "SELECT event, leaf FROM audit_pending ORDER BY happened_at, event LIMIT $1";
    COUNT_WAITING = "SELECT count(*) FROM audit_pending";
    TAKE_PAYLOAD = "INSERT INTO audit_payloads (seq, sealed) SELECT CAST($1 AS BIGINT), sealed FROM audit_pending WHERE event = $2";
    TAKEN = "DELETE FROM audit_pending WHERE event = $1";
    NUMBER_OF = "SELECT seq, hash FROM audit_entries WHERE event = $1";
    PUT_ENTRY = "INSERT INTO audit_entries (seq, event, leaf, hash) VALUES ($1, $2, $3, $4)";
    PUT_ENTRIES_4 = "INSERT INTO audit_entries (seq, event, leaf, hash) VALUES ($1, $2, $3, $4), ($5, $6, $7, $8), ($9, $10, $11, $12), ($13, $14, $15, $16)";
    PUT_ENTRIES_16 = "INSERT INTO audit_entries (seq, event, leaf, hash) VALUES ($1, $2, $3, $4), ($5, $6, $7, $8), ($9, $10, $11, $12), ($13, $14, $15, $16), ($17, $18, $19, $20), ($21, $22, $23, $24), ($25, $26, $27, $28), ($29, $30, $31, $32), ($33, $34, $35, $36), ($37, $38, $39, $40), ($41, $42, $43, $44), ($45, $46, $47, $48), ($49, $50, $51, $52), ($53, $54, $55, $56), ($57, $58, $59, $60), ($61, $62, $63, $64)";
    PUT_PAYLOAD = "INSERT INTO audit_payloads (seq, sealed) VALUES ($1, $2)";
    PUT_PAYLOADS_4 = "INSERT INTO audit_payloads (seq, sealed) VALUES ($1, $2), ($3, $4), ($5, $6), ($7, $8)";
    PUT_PAYLOADS_16 = "INSERT INTO audit_payloads (seq, sealed) VALUES ($1, $2), ($3, $4), ($5, $6), ($7, $8), ($9, $10), ($11, $12), ($13, $14), ($15, $16), ($17, $18), ($19, $20), ($21, $22), ($23, $24), ($25, $26), ($27, $28), ($29, $30), ($31, $32)";
    PUT_TILE = "INSERT INTO audit_tiles (level, n, hashes, root) VALUES ($1, $2, $3, $4)";
    ENTRY_HASHES = "SELECT hash FROM audit_entries WHERE seq >= $1 AND seq < $2 ORDER BY seq";
    TILE_ROOTS = "SELECT root FROM audit_tiles WHERE level = $1 AND n >= $2 AND n < $3 ORDER BY n";
    PUT_CHECKPOINT = "INSERT INTO audit_checkpoints (size, note, signed_at) VALUES ($1, $2, $3) ON CONFLICT (size) DO NOTHING";
    LEAVES_FROM = "SELECT seq, leaf FROM audit_entries WHERE seq >= $1 ORDER BY seq LIMIT $2";
    NEWEST_LEAVES = "SELECT seq, leaf FROM audit_entries WHERE seq < $1 ORDER BY seq DESC LIMIT $2";
    HASHES_FROM = "SELECT seq, leaf, hash FROM audit_entries WHERE seq >= $1 ORDER BY seq LIMIT $2";
    PAYLOAD = "SELECT sealed FROM audit_payloads WHERE seq = $1";
    CHECKPOINTS = "SELECT note FROM audit_checkpoints ORDER BY size";
    OPEN_LOG = "INSERT INTO log_openings (membership_id, category, opened_at) VALUES ($1, $2, $3) ON CONFLICT (membership_id) DO UPDATE SET category = $2, opened_at = $3";
    LOG_OPENED = "SELECT category, opened_at FROM log_openings WHERE membership_id = $1";
}

/// After how many entries a checkpoint is kept for good; the newest one is always kept.
const CHECKPOINT_EVERY: u64 = 64;
/// Hashes in a complete tile (C2SP tlog-tiles).
const TILE_WIDTH: u64 = 256;

pub(super) fn failed(error: impl std::error::Error + Send + Sync + 'static) -> JournalError {
    JournalError::Store(Box::new(error))
}

pub(super) fn number(seq: u64) -> Result<i64, StoreError> {
    i64::try_from(seq).map_err(|_| StoreError::Damaged("entry number"))
}

/// Makes an entry ready with this installation's keys.
pub(super) fn prepared(kit: &LogKit, entry: Entry, sealing: Sealing<'_>) -> Result<Prepared, JournalError> {
    prepare(&kit.vault, &kit.chance, &kit.origin, entry, sealing)
}

impl Journal for Tx {
    async fn append(&mut self, entry: Entry, sealing: Sealing<'_>) -> Result<Kept, JournalError> {
        let made = prepared(&self.kit, entry, sealing)?;
        // A log whose newest entry is gone would refuse the number later, when the change is done.
        self.last_hash().await?;
        let event = made.entry.event();
        let leaf = made.entry.to_bytes()?;
        in_tx!(self, c => sqlx::query(KEEP).bind(event.as_bytes().to_vec()).bind(made.entry.time().0)
            .bind(leaf).bind(made.payload.into_bytes()).execute(c).await.map(|_| ()))
        .map_err(failed)?;
        self.events.push(event);
        Ok(Kept { event, seq: None })
    }
}

/// An entry that goes into a batch, and from where.
pub(super) enum Next {
    /// Kept by a committed change.
    Waiting(Unnumbered),
    /// Handed over for a read: it is written for the first time with its number.
    Direct(Prepared),
}

impl Next {
    fn entry(&self) -> &Unnumbered {
        match self {
            Self::Waiting(entry) => entry,
            Self::Direct(made) => &made.entry,
        }
    }
}

/// A row of `audit_entries`.
struct EntryRow {
    seq: i64,
    event: EventId,
    leaf: Vec<u8>,
    hash: Hash,
}

/// Rows in parts of 16, 4 and 1, each with the statement that takes so many.
fn parts<'a, T>(
    rows: &'a [T],
    [sixteen, four, one]: [&'static str; 3],
) -> impl Iterator<Item = (&'static str, &'a [T])> {
    let (large, rest) = rows.split_at(rows.len() / 16 * 16);
    let (middle, small) = rest.split_at(rest.len() / 4 * 4);
    let large = large.chunks(16).map(move |part| (sixteen, part));
    let middle = middle.chunks(4).map(move |part| (four, part));
    large.chain(middle).chain(small.chunks(1).map(move |part| (one, part)))
}

impl Tx {
    /// The newest entry's hash; nothing while the log is empty. An error when the head tells of an entry
    /// that is not there.
    async fn last_hash(&mut self) -> Result<Option<Hash>, JournalError> {
        let last: Option<(Vec<u8>,)> =
            in_tx!(self, c => sqlx::query_as(LAST_HASH).fetch_optional(c).await).map_err(failed)?;
        match last {
            Some((hash,)) => {
                Ok(Some(stored_hash(&hash).ok_or(JournalError::Head("its newest entry is damaged"))?))
            }
            None => Ok(None),
        }
    }

    /// Takes the head's row, which holds every other sequencer off until this transaction ends.
    pub(super) async fn take_head(&mut self) -> Result<Head, JournalError> {
        let (size, head, note): (i64, Vec<u8>, String) =
            in_tx!(self, c => sqlx::query_as(TAKE_HEAD).fetch_one(c).await).map_err(failed)?;
        let head = Head::from_bytes(&head).map_err(|_| JournalError::Head("it cannot be read"))?;
        if i64::try_from(head.size()).ok() != Some(size) {
            return Err(JournalError::Head("its size is not the log's"));
        }
        // What is not ours is not continued: keys of another installation, or a head put in from elsewhere,
        // would fork the log.
        let ours = Checkpoint::open(note.as_bytes(), self.kit.signer.vkey()).map_err(failed)?;
        if ours.size != head.size() || ours.root != head.root() {
            return Err(JournalError::Head("its signed checkpoint is about another log"));
        }
        let last = self.last_hash().await?;
        if last.unwrap_or([0; 32]) != *head.last_leaf() {
            return Err(JournalError::Head("its newest entry is not the log's"));
        }
        Ok(head)
    }

    /// What committed changes have left to be numbered, oldest first.
    pub(super) async fn waiting(&mut self, limit: usize) -> Result<Vec<Next>, JournalError> {
        let rows: Vec<(Vec<u8>, Vec<u8>)> = in_tx!(self, c => sqlx::query_as(WAITING)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX)).fetch_all(c).await)
        .map_err(failed)?;
        let mut all = Vec::with_capacity(rows.len());
        for (event, leaf) in rows {
            let entry = Unnumbered::parse(&leaf)?;
            if EventId::from_bytes(&event) != Some(entry.event()) {
                return Err(JournalError::Head("a waiting entry has another id than its row"));
            }
            all.push(Next::Waiting(entry));
        }
        Ok(all)
    }

    /// Numbers and writes a batch and the signed head after it. Gives each entry's id, number and hash.
    /// Nothing of it exists before the caller's commit.
    pub(super) async fn number_all(
        &mut self,
        head: &mut Head,
        batch: Vec<Next>,
    ) -> Result<Vec<(EventId, u64, Hash)>, JournalError> {
        let before = head.size();
        let mut done = Vec::with_capacity(batch.len());
        let mut newest = None;
        let mut entries = Vec::with_capacity(batch.len());
        let mut payloads = Vec::new();
        for next in batch {
            newest = Some(next.entry().time());
            let event = next.entry().event();
            let record = head.number(next.entry())?;
            let seq = number(record.seq).map_err(failed)?;
            done.push((event, record.seq, record.hash));
            entries.push(EntryRow { seq, event, leaf: record.leaf, hash: record.hash });
            match next {
                Next::Waiting(_) => self.take_payload(seq, event).await?,
                Next::Direct(made) => payloads.push((seq, made.payload.into_bytes())),
            }
        }
        self.put_entries(&entries).await.map_err(failed)?;
        self.put_payloads(&payloads).await.map_err(failed)?;
        for tile in before / TILE_WIDTH + 1..=head.size() / TILE_WIDTH {
            self.put_tiles(tile * TILE_WIDTH).await?;
        }
        let Some(at) = newest else { return Ok(done) };
        let note = signed(&self.kit, head)?;
        let size = number(head.size()).map_err(failed)?;
        in_tx!(self, c => sqlx::query(PUT_HEAD).bind(size).bind(head.to_bytes()).bind(&note)
            .execute(c).await.map(|_| ()))
        .map_err(failed)?;
        if head.size() / CHECKPOINT_EVERY > before / CHECKPOINT_EVERY {
            in_tx!(self, c => sqlx::query(PUT_CHECKPOINT).bind(size).bind(&note).bind(at.0)
                .execute(c).await.map(|_| ()))
            .map_err(failed)?;
        }
        Ok(done)
    }

    /// Moves the sealed details of a waiting entry to its number.
    async fn take_payload(&mut self, seq: i64, event: EventId) -> Result<(), JournalError> {
        let moved = in_tx!(self, c => sqlx::query(TAKE_PAYLOAD).bind(seq).bind(event.as_bytes().to_vec())
            .execute(c).await.map(|done| done.rows_affected()))
        .map_err(failed)?;
        if moved != 1 {
            return Err(JournalError::Head("a waiting entry's details are gone"));
        }
        in_tx!(self, c => sqlx::query(TAKEN).bind(event.as_bytes().to_vec()).execute(c).await.map(|_| ()))
            .map_err(failed)
    }

    /// Many rows a statement: each statement is a way to the engine and back, which is what a batch costs.
    async fn put_entries(&mut self, rows: &[EntryRow]) -> Result<(), StoreError> {
        for (sql, part) in parts(rows, [PUT_ENTRIES_16, PUT_ENTRIES_4, PUT_ENTRY]) {
            in_tx!(self, c => {
                let mut query = sqlx::query(sql);
                for row in part {
                    query = query.bind(row.seq).bind(row.event.as_bytes().to_vec()).bind(row.leaf.clone())
                        .bind(row.hash.to_vec());
                }
                query.execute(c).await.map(|_| ())
            })?;
        }
        Ok(())
    }

    async fn put_payloads(&mut self, rows: &[(i64, Vec<u8>)]) -> Result<(), StoreError> {
        for (sql, part) in parts(rows, [PUT_PAYLOADS_16, PUT_PAYLOADS_4, PUT_PAYLOAD]) {
            in_tx!(self, c => {
                let mut query = sqlx::query(sql);
                for (seq, sealed) in part {
                    query = query.bind(*seq).bind(sealed.clone());
                }
                query.execute(c).await.map(|_| ())
            })?;
        }
        Ok(())
    }

    /// Writes the tiles that end at `size`: one of the lowest level, and one of each level above that it
    /// completes.
    async fn put_tiles(&mut self, size: u64) -> Result<(), JournalError> {
        let mut end = size / TILE_WIDTH;
        let mut level = 0_u64;
        loop {
            let n = end - 1;
            let (from, to) =
                (number(n * TILE_WIDTH).map_err(failed)?, number(end * TILE_WIDTH).map_err(failed)?);
            let rows: Vec<(Vec<u8>,)> = if level == 0 {
                in_tx!(self, c => sqlx::query_as(ENTRY_HASHES).bind(from).bind(to).fetch_all(c).await)
            } else {
                let below = number(level - 1).map_err(failed)?;
                in_tx!(self, c => sqlx::query_as(TILE_ROOTS).bind(below).bind(from).bind(to).fetch_all(c).await)
            }
            .map_err(failed)?;
            let hashes: Option<Vec<Hash>> = rows.iter().map(|(hash,)| stored_hash(hash)).collect();
            let hashes = hashes
                .filter(|hashes| hashes.len() as u64 == TILE_WIDTH)
                .ok_or(JournalError::Head("entries of a tile are missing"))?;
            let root = merkle::root_of(&hashes);
            in_tx!(self, c => sqlx::query(PUT_TILE).bind(number(level).map_err(failed)?).bind(number(n).map_err(failed)?)
                .bind(hashes.as_flattened().to_vec()).bind(root.to_vec()).execute(c).await.map(|_| ()))
            .map_err(failed)?;
            if !end.is_multiple_of(TILE_WIDTH) {
                return Ok(());
            }
            end /= TILE_WIDTH;
            level += 1;
        }
    }

    /// The number and hash of an entry, by its id.
    pub(super) async fn number_of(&mut self, event: EventId) -> Result<Option<(u64, Hash)>, JournalError> {
        let row: Option<(i64, Vec<u8>)> = in_tx!(self, c => sqlx::query_as(NUMBER_OF)
            .bind(event.as_bytes().to_vec()).fetch_optional(c).await)
        .map_err(failed)?;
        let Some((seq, hash)) = row else { return Ok(None) };
        let seq = u64::try_from(seq).map_err(|_| JournalError::Head("an entry's number is negative"))?;
        let hash = stored_hash(&hash).ok_or(JournalError::Head("an entry's hash is damaged"))?;
        Ok(Some((seq, hash)))
    }
}

fn signed(kit: &LogKit, head: &Head) -> Result<String, JournalError> {
    head.checkpoint(&kit.origin).sign(&kit.signer).map_err(failed)
}

/// Proof that a person has said why the log is read, less than an hour ago. Made by
/// [`Db::live_opening`] alone; entries cannot be read without.
#[derive(Debug)]
pub struct LiveOpening {
    /// The category that was given.
    pub category: String,
    /// When the hour began.
    pub opened_at: Moment,
}

impl LiveOpening {
    /// When the hour ends.
    #[must_use]
    pub fn until(&self) -> Moment {
        self.opened_at.plus_seconds(LOG_OPEN_SECONDS)
    }
}

/// How long a stated reason opens the log.
const LOG_OPEN_SECONDS: i64 = 3600;

impl Tx {
    /// Stores that the person in the token has said why the log is read.
    ///
    /// # Errors
    /// When the engine cannot, or the token is not a member of staff's.
    pub async fn open_log(&mut self, access: &Access<Oversight>, category: &str) -> Result<(), StoreError> {
        let member = access.staff().ok_or(StoreError::Missing("membership"))?;
        in_tx!(self, c => sqlx::query(OPEN_LOG).bind(member.id.as_str()).bind(category).bind(access.at().0)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }
}

/// The log's head: how many entries, and the newest signed checkpoint.
#[derive(Clone, Debug)]
pub struct LogHead {
    /// Entries.
    pub size: u64,
    /// The head's bytes.
    pub head: Vec<u8>,
    /// The signed note.
    pub checkpoint: String,
}

impl Db {
    /// Writes the head of an empty log, once.
    pub(super) async fn begin_log(&self) -> Result<(), StoreError> {
        let head = Head::empty();
        let note = signed(&self.kit, &head).map_err(|e| StoreError::Sql(e.to_string()))?;
        on_pool!(self, c => sqlx::query(BEGIN_LOG).bind(head.to_bytes()).bind(&note).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Whether entries of committed changes wait for a number.
    pub(super) async fn anything_waits(&self) -> Result<bool, StoreError> {
        let (count,): (i64,) = on_pool!(self, c => sqlx::query_as(COUNT_WAITING).fetch_one(c).await)?;
        Ok(count > 0)
    }

    /// The log's head. It holds sizes and hashes only.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn log_head(&self) -> Result<LogHead, StoreError> {
        let (size, head, checkpoint): (i64, Vec<u8>, String) =
            on_pool!(self, c => sqlx::query_as(HEAD).fetch_one(c).await)?;
        Ok(LogHead { size: u64::try_from(size).unwrap_or(0), head, checkpoint })
    }

    /// The log's name, and the key that verifies its checkpoints.
    #[must_use]
    pub fn log_key(&self) -> (&str, String) {
        (&self.kit.origin, self.kit.signer.vkey().to_string())
    }

    async fn leaves(&self, from: u64, limit: u32) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let rows: Vec<(i64, Vec<u8>)> = on_pool!(self, c => sqlx::query_as(LEAVES_FROM)
            .bind(number(from)?).bind(i64::from(limit)).fetch_all(c).await)?;
        Ok(numbered(rows))
    }

    /// Leaves from a number on, oldest first, for an export.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn leaves_from(
        &self,
        _access: &Access<Operations>,
        from: u64,
        limit: u32,
    ) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.leaves(from, limit).await
    }

    /// The reason for reading the log that a person has given, while it holds. It opens nothing by itself:
    /// the policies still decide.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn live_opening(&self, actor: &Actor, now: Moment) -> Result<Option<LiveOpening>, StoreError> {
        let Actor::Staff(member) = actor else { return Ok(None) };
        let row: Option<(String, i64)> = on_pool!(self, c => sqlx::query_as(LOG_OPENED)
            .bind(member.id.as_str()).fetch_optional(c).await)?;
        let opening = row.map(|(category, at)| LiveOpening { category, opened_at: Moment(at) });
        Ok(opening.filter(|open| open.opened_at <= now && now < open.until()))
    }

    /// Leaves before a number, newest first, for the data-protection officer.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn newest_leaves(
        &self,
        _access: &Access<Oversight>,
        _opening: &LiveOpening,
        before: u64,
        limit: u32,
    ) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let rows: Vec<(i64, Vec<u8>)> = on_pool!(self, c => sqlx::query_as(NEWEST_LEAVES)
            .bind(number(before)?).bind(i64::from(limit)).fetch_all(c).await)?;
        Ok(numbered(rows))
    }

    /// Leaves with their stored hashes, for checking the log where it lies.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn leaves_with_hashes(
        &self,
        _access: &Access<Oversight>,
        from: u64,
        limit: u32,
    ) -> Result<Vec<(u64, Vec<u8>, Vec<u8>)>, StoreError> {
        let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = on_pool!(self, c => sqlx::query_as(HASHES_FROM)
            .bind(number(from)?).bind(i64::from(limit)).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(seq, leaf, hash)| (u64::try_from(seq).unwrap_or(0), leaf, hash)).collect())
    }

    /// Leaves for an applicant who asks who has looked: the caller keeps those whose tag is the
    /// applicant's own.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn leaves_for_own(
        &self,
        _access: &Access<OwnData>,
        from: u64,
        limit: u32,
    ) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.leaves(from, limit).await
    }

    /// The sealed details of one entry; `None` once they are destroyed.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn payload(&self, _opening: &LiveOpening, seq: u64) -> Result<Option<Sealed>, StoreError> {
        let row: Option<(Vec<u8>,)> = on_pool!(self, c => sqlx::query_as(PAYLOAD)
            .bind(number(seq)?).fetch_optional(c).await)?;
        row.map(|(bytes,)| Sealed::from_stored(bytes)).transpose().map_err(StoreError::from)
    }

    /// The checkpoints kept for good, oldest first.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn checkpoints(&self, _access: &Access<Operations>) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = on_pool!(self, c => sqlx::query_as(CHECKPOINTS).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(note,)| note).collect())
    }
}

fn numbered(rows: Vec<(i64, Vec<u8>)>) -> Vec<(u64, Vec<u8>)> {
    rows.into_iter().map(|(seq, leaf)| (u64::try_from(seq).unwrap_or(0), leaf)).collect()
}

/// A hash as stored.
#[must_use]
pub fn stored_hash(bytes: &[u8]) -> Option<Hash> {
    bytes.try_into().ok()
}
