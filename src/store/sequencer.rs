//! The one place that numbers and signs entries of the log.
//!
//! Every node runs one sequencer; the head's row is the lease. Whoever holds it in an open transaction
//! is the only one that can number, and the lease ends with that transaction, also when its holder dies.
//! A batch is one transaction: what committed changes have left in `audit_pending` (this node's and the
//! others'), then what readers wait for. So a hundred waiting readers cost one wait for the disk.
//!
//! Nothing is acknowledged or shown before the batch is committed. A batch that fails is answered with an
//! error to everybody in it: readers get nothing, and a change that was committed before stays committed,
//! with its entry waiting for the next batch. While the log cannot be written, no change begins.
//!
//! A crash leaves whole batches, and entries that wait; the next batch, at the latest at the next start,
//! numbers them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::journal::{Next, failed, prepared};
use super::{Db, LogKit, StoreError};
use crate::guard::audit::{Entry, EventId, Hash, Journal, JournalError, Kept, Prepared, Receipt, Sealing};

/// The most entries of readers, and the most of changes, in one batch.
const BATCH_MAX: usize = 256;
/// How many requests may wait for a batch; more are told to come back.
const QUEUE_MAX: usize = 4096;
/// How often a sequencer looks for entries that a node left before it died.
const LOOK_EVERY: Duration = Duration::from_secs(1);

type Answer = Result<Option<Receipt>, JournalError>;

struct Wanted {
    what: What,
    answer: oneshot::Sender<Answer>,
}

enum What {
    /// Write and number this.
    Direct(Box<Prepared>),
    /// Tell the number of what a change has committed.
    Committed(EventId),
    /// Say whether the log can be written.
    Probe,
}

/// The way to the sequencer of this node.
#[derive(Clone)]
pub struct Sequencer {
    queue: mpsc::Sender<Wanted>,
    failing: Arc<AtomicBool>,
    kit: Arc<LogKit>,
}

impl Sequencer {
    /// Numbers what an earlier run left, and starts to serve. It ends when the last handle is dropped.
    pub(super) async fn start(db: Unsequenced) -> Result<Self, StoreError> {
        let failing = Arc::new(AtomicBool::new(false));
        let (queue, wanted) = mpsc::channel(QUEUE_MAX);
        let kit = Arc::clone(&db.0.kit);
        if db.0.anything_waits().await?
            && let Err(error) = batch(&db.0, Vec::new()).await
        {
            // The service starts and admits nobody: whoever asks is told that the log cannot be written.
            tracing::error!(%error, "entries of an earlier run could not be numbered");
            failing.store(true, Ordering::Release);
        }
        tokio::spawn(serve(db, wanted, Arc::clone(&failing)));
        Ok(Self { queue, failing, kit })
    }

    async fn ask(&self, what: What) -> Answer {
        let (answer, answered) = oneshot::channel();
        self.queue.send(Wanted { what, answer }).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }

    /// Waits until a committed change's entry has its number.
    pub(super) async fn committed(&self, event: EventId) -> Result<Receipt, JournalError> {
        self.ask(What::Committed(event)).await?.ok_or(JournalError::Head("a committed entry is gone"))
    }

    /// Fails while the log cannot be written, so that no change begins whose entry would get no number.
    pub(super) async fn ready(&self) -> Result<(), JournalError> {
        if self.failing.load(Ordering::Acquire) {
            self.ask(What::Probe).await?;
        }
        Ok(())
    }
}

/// Entries of reads: numbered, signed and durable when this returns.
impl Journal for Sequencer {
    async fn append(&mut self, entry: Entry, sealing: Sealing<'_>) -> Result<Kept, JournalError> {
        let made = prepared(&self.kit, entry, sealing)?;
        let receipt = self
            .ask(What::Direct(Box::new(made)))
            .await?
            .ok_or(JournalError::Head("an entry got no number"))?;
        Ok(Kept { event: receipt.event(), seq: Some(receipt.seq()) })
    }
}

fn stopped() -> JournalError {
    JournalError::Head("the service is stopping")
}

/// A database without its sequencer: the sequencer's own.
pub(super) struct Unsequenced(pub(super) Db);

async fn serve(db: Unsequenced, mut wanted: mpsc::Receiver<Wanted>, failing: Arc<AtomicBool>) {
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let mut all = Vec::new();
        tokio::select! {
            biased;
            got = wanted.recv_many(&mut all, BATCH_MAX) => if got == 0 { return },
            _ = look.tick() => {
                // A log that fails is tried again by whoever wants something of it.
                if !matches!(db.0.anything_waits().await, Ok(true)) {
                    continue;
                }
            }
        }
        let outcome = batch(&db.0, all).await;
        failing.store(outcome.is_err(), Ordering::Release);
        if let Err(error) = outcome {
            tracing::error!(%error, "a batch of the log failed; nothing of it was acknowledged");
        }
    }
}

/// One batch. Everybody in it is answered, whatever happens.
async fn batch(db: &Db, all: Vec<Wanted>) -> Result<(), JournalError> {
    let mut direct = Vec::new();
    let mut waiting = Vec::new();
    for Wanted { what, answer } in all {
        let event = match what {
            What::Direct(made) => {
                let event = made.entry.event();
                direct.push(Next::Direct(*made));
                Some(event)
            }
            What::Committed(event) => Some(event),
            What::Probe => None,
        };
        waiting.push((event, answer));
    }
    let wanted: Vec<EventId> = waiting.iter().filter_map(|(event, _)| *event).collect();
    match write(db, direct, &wanted).await {
        Ok(numbers) => {
            for (event, answer) in waiting {
                let receipt = event.map(|event| {
                    numbers
                        .get(&event)
                        .map(|(seq, hash)| Receipt::durable(event, *seq, *hash))
                        .ok_or(JournalError::Head("a committed entry is gone"))
                });
                // Who no longer waits has gone away without seeing anything.
                let _ = answer.send(receipt.transpose());
            }
            Ok(())
        }
        Err(error) => {
            let said = error.to_string();
            for (_, answer) in waiting {
                let _ = answer.send(Err(failed(StoreError::Log(said.clone()))));
            }
            Err(error)
        }
    }
}

async fn write(
    db: &Db,
    direct: Vec<Next>,
    wanted: &[EventId],
) -> Result<HashMap<EventId, (u64, Hash)>, JournalError> {
    let mut tx = db.begin_alone().await.map_err(failed)?;
    let mut head = tx.take_head().await?;
    let mut numbers = HashMap::new();
    // Changes first: they happened before anybody could read what they changed. More than a batch of them
    // can wait only after a stop; then this transaction takes them all, or a waiting change would find
    // no number.
    loop {
        let waiting = tx.waiting(BATCH_MAX).await?;
        let more = waiting.len() == BATCH_MAX;
        if !waiting.is_empty() {
            numbers.extend(
                tx.number_all(&mut head, waiting).await?.into_iter().map(|(e, seq, hash)| (e, (seq, hash))),
            );
        }
        if !more {
            break;
        }
    }
    numbers
        .extend(tx.number_all(&mut head, direct).await?.into_iter().map(|(e, seq, hash)| (e, (seq, hash))));
    for event in wanted {
        // Another node's sequencer was first.
        if !numbers.contains_key(event)
            && let Some(found) = tx.number_of(*event).await?
        {
            numbers.insert(*event, found);
        }
    }
    tx.commit_alone().await.map_err(failed)?;
    Ok(numbers)
}
