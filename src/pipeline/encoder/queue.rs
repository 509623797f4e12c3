//! One worker thread a core and what waits for them. Callers hand over token ids in small batches and get
//! vectors back; nobody starts threads of their own. When too many callers wait, the next is told "busy" at
//! once instead of waiting in a line that only grows.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;

use super::EncodeError;
use super::manifest::Pooling;
use super::packed::{Network, Room};

/// Tokens of a batch at most (a longer text is a batch of its own): enough to keep the products of matrices
/// busy, few enough that the buffers stay near the core.
const BATCH_TOKENS_MAX: usize = 384;
/// Callers that may wait or be served at a time.
pub(super) const CALLERS_MAX: usize = 32;
/// Batches that one caller may have in the queue, for each worker: others get their turn in between.
const AHEAD: usize = 2;

type Vectors = Vec<Result<Vec<f32>, EncodeError>>;

struct Job {
    /// The first text's place in the caller's list.
    first: usize,
    texts: Vec<Vec<u32>>,
    reply: mpsc::Sender<(usize, Vectors)>,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    callers: usize,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    came: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock; and if it did, a queue is never half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The workers.
pub(super) struct Queue {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

/// A caller's place; given back on drop.
struct Place<'a>(&'a Shared);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.state().callers -= 1;
    }
}

impl Queue {
    /// Starts the workers. They end when the queue is dropped.
    pub(super) fn start(network: &Arc<Network>, pooling: Pooling, normalise: bool, workers: usize) -> Self {
        let shared = Arc::new(Shared::default());
        let workers = (0..workers.max(1))
            .map(|_| {
                let (shared, network) = (Arc::clone(&shared), Arc::clone(network));
                std::thread::spawn(move || work(&shared, &network, pooling, normalise))
            })
            .collect();
        Self { shared, workers }
    }

    /// The vectors of all texts, in their order. `done` is called on the caller's thread with how many are
    /// finished.
    ///
    /// # Errors
    /// [`EncodeError::Busy`] when too many callers wait already; nothing has been done then.
    pub(super) fn vectors(&self, texts: Vec<Vec<u32>>, done: &dyn Fn(usize)) -> Result<Vectors, EncodeError> {
        let _place = self.place()?;
        let count = texts.len();
        let mut batches = self.batches(texts).into_iter();
        let (reply, finished) = mpsc::channel();
        let mut waiting = 0;
        let mut out: Vec<Option<Result<Vec<f32>, EncodeError>>> = (0..count).map(|_| None).collect();
        let mut ready = 0;
        loop {
            for (first, texts) in batches.by_ref().take(self.workers.len() * AHEAD - waiting) {
                self.shared.state().jobs.push_back(Job { first, texts, reply: reply.clone() });
                self.shared.came.notify_one();
                waiting += 1;
            }
            if waiting == 0 {
                break;
            }
            // A worker answers every job, whatever happens in it, so this ends.
            let Ok((first, vectors)) = finished.recv() else { break };
            waiting -= 1;
            for (place, vector) in out.iter_mut().skip(first).zip(vectors) {
                *place = Some(vector);
                ready += 1;
                done(ready);
            }
        }
        let stopped = || Err(EncodeError::Compute("a worker stopped".to_owned()));
        Ok(out.into_iter().map(|one| one.unwrap_or_else(stopped)).collect())
    }

    fn place(&self) -> Result<Place<'_>, EncodeError> {
        let mut state = self.shared.state();
        if state.callers >= CALLERS_MAX {
            return Err(EncodeError::Busy);
        }
        state.callers += 1;
        Ok(Place(&self.shared))
    }

    /// Neighbouring texts together, so that every worker has something and no batch is too large. How
    /// texts fall into batches changes no vector.
    fn batches(&self, texts: Vec<Vec<u32>>) -> Vec<(usize, Vec<Vec<u32>>)> {
        let tokens: usize = texts.iter().map(Vec::len).sum();
        let most = (tokens.div_ceil(self.workers.len())).clamp(1, BATCH_TOKENS_MAX);
        let mut batches: Vec<(usize, Vec<Vec<u32>>)> = Vec::new();
        let mut filled = usize::MAX;
        for (at, text) in texts.into_iter().enumerate() {
            filled = filled.saturating_add(text.len());
            match batches.last_mut() {
                Some((_, batch)) if filled <= most => batch.push(text),
                _ => {
                    filled = text.len();
                    batches.push((at, vec![text]));
                }
            }
        }
        batches
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.shared.state().closed = true;
        self.shared.came.notify_all();
        for worker in self.workers.drain(..) {
            // A worker catches what its work throws; there is nothing to do about one that died.
            let _ = worker.join();
        }
    }
}

fn work(shared: &Shared, network: &Network, pooling: Pooling, normalise: bool) {
    let mut room = Room::default();
    loop {
        let mut state = shared.state();
        let job = loop {
            if let Some(job) = state.jobs.pop_front() {
                break job;
            }
            if state.closed {
                return;
            }
            state = shared.came.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        drop(state);
        // A panic in a library must not take the worker with it. The network never changes, and the buffers
        // are filled anew for every batch.
        let vectors =
            catch_unwind(AssertUnwindSafe(|| network.vectors(&job.texts, pooling, normalise, &mut room)))
                .unwrap_or_else(|_| {
                    let stopped = || Err(EncodeError::Compute("a worker stopped".to_owned()));
                    job.texts.iter().map(|_| stopped()).collect()
                });
        // A caller that went away wants no answer.
        let _ = job.reply.send((job.first, vectors));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::encoder::manifest::Arithmetic;
    use crate::pipeline::encoder::tiny;
    use crate::pipeline::encoder::weights::{Stored, WEIGHTS};

    fn queue(workers: usize) -> Queue {
        let folder = tempfile::tempdir().unwrap();
        tiny::write(folder.path(), tiny::Kind::Bert);
        let file = |name| std::fs::read(folder.path().join(name)).unwrap();
        let stored = Stored::read(&file("config.json"), &file(WEIGHTS)).unwrap();
        let network = Arc::new(Network::pack(stored, Arithmetic::Float).unwrap());
        Queue::start(&network, Pooling::Mean, true, workers)
    }

    #[test]
    fn one_caller_too_many_is_told_busy_and_the_others_are_served() {
        let queue = queue(2);
        let places: Vec<_> = (0..CALLERS_MAX).map(|_| queue.place().unwrap()).collect();
        assert_eq!(queue.vectors(vec![vec![2, 3]], &|_| {}).err(), Some(EncodeError::Busy));
        drop(places);
        assert!(queue.vectors(vec![vec![2, 3]], &|_| {}).unwrap()[0].is_ok());
    }

    #[test]
    fn many_callers_at_once_get_their_own_vectors() {
        let queue = queue(2);
        let alone: Vec<_> =
            (5..15).map(|id| queue.vectors(vec![vec![2, id, 3]], &|_| {}).unwrap().remove(0)).collect();
        std::thread::scope(|scope| {
            for at in 0..10usize {
                let (queue, alone) = (&queue, &alone);
                scope.spawn(move || {
                    let texts = vec![vec![2, at as u32 + 5, 3]; 300];
                    let found = queue.vectors(texts, &|_| {}).unwrap();
                    assert!(found.iter().all(|one| *one == alone[at]));
                });
            }
        });
    }

    #[test]
    fn batches_hold_every_text_once_in_order_and_stay_small() {
        let queue = queue(3);
        for lengths in [vec![], vec![1], vec![500, 1, 1, 400, 2], vec![20; 1000]] {
            let texts: Vec<Vec<u32>> = lengths.iter().map(|n| vec![2; *n]).collect();
            let batches = queue.batches(texts.clone());
            let back: Vec<_> = batches.iter().flat_map(|(_, batch)| batch.clone()).collect();
            assert_eq!(back, texts);
            let mut at = 0;
            for (first, batch) in batches {
                assert_eq!(first, at);
                at += batch.len();
                let tokens: usize = batch.iter().map(Vec::len).sum();
                assert!(batch.len() == 1 || tokens <= BATCH_TOKENS_MAX);
            }
        }
    }
}
