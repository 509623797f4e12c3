//! The local text model: turns passages an applicant wrote and the criteria of a requirement profile
//! into vectors that can be compared.
//!
//! It reads only what may be read: [`Encoder::embed`] takes a [`Readable`], and that is a passage of
//! a pseudonymised text or a criterion's own wording, never an application as it was sent. It never
//! reaches the network, never cuts a text, never logs one, and never answers with a vector that is
//! not finite. On one machine a text has the same vector, bit for bit, alone or among others, in any
//! order and with any number of workers.
//!
//! `manifest` says which models there are, `fetch` gets one, `language` tells whether a model can
//! read a passage at all.

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

use serde::Deserialize;
use tokenizers::Tokenizer;
use zeroize::{Zeroize, Zeroizing};

mod bert;
mod fetch;
mod files;
mod language;
mod manifest;
#[cfg(test)]
pub(crate) mod tiny;

pub use fetch::{FetchError, fetch};
pub use files::FileError;
pub use language::written;
pub use manifest::{Manifest, ManifestError, ModelEntry, ModelFile, Pooling, Source};

use crate::pipeline::pseudonymise::Pseudonymous;

/// The most tokens any model is given, whatever its files say: the work grows with the square.
const MOST_TOKENS: usize = 512;
/// What every reference sentence's cosine must be above.
const LEAST_COSINE: f64 = 0.9999;

mod sealed {
    pub trait Sealed {}
}

/// A text the model may read. Only this module says which types are.
pub trait Readable: sealed::Sealed {
    /// The text itself.
    fn text(&self) -> &str;
}

/// A passage of a pseudonymised text.
#[derive(Clone)]
pub struct Passage<'a> {
    text: &'a str,
    range: Range<usize>,
}

impl<'a> Passage<'a> {
    /// The part of the text between two byte offsets; `None` when they lie outside it or within a
    /// letter.
    #[must_use]
    pub fn of(whole: &'a Pseudonymous, range: Range<usize>) -> Option<Self> {
        Some(Self { text: whole.text().get(range.clone())?, range })
    }

    /// Where in the text the passage lies, in bytes.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }
}

impl std::fmt::Debug for Passage<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Passage({:?}, redacted)", self.range)
    }
}

impl sealed::Sealed for Passage<'_> {}
impl Readable for Passage<'_> {
    fn text(&self) -> &str {
        self.text
    }
}

/// The wording of a requirement profile or advertisement: written by the employer about the job,
/// never about a person.
#[derive(Clone, Copy, Debug)]
pub struct CriterionText<'a>(&'a str);

impl<'a> CriterionText<'a> {
    /// Wraps a text of the profile or the advertisement. Nothing an applicant or a member of staff
    /// wrote about a person may come here; that is why only this crate can call it.
    #[must_use]
    pub(crate) fn of(text: &'a str) -> Self {
        Self(text)
    }
}

impl sealed::Sealed for CriterionText<'_> {}
impl Readable for CriterionText<'_> {
    fn text(&self) -> &str {
        self.0
    }
}

/// What a text means to the model: personal data when the text was. Overwritten on drop; it cannot
/// be printed or serialised.
pub struct Embedding(Vec<f32>);

impl Embedding {
    /// The dot product: the cosine, from -1 to 1, when the model's entry says `normalise`. Not a
    /// number when the two are of different length, that is, of different models.
    #[must_use]
    pub fn dot(&self, other: &Self) -> f32 {
        if self.0.len() != other.0.len() {
            return f32::NAN;
        }
        // From first to last and in 64 bits, so that the result does not depend on how a compiler
        // groups the additions.
        let sum = self.0.iter().zip(&other.0).fold(0.0f64, |sum, (a, b)| sum + f64::from(*a) * f64::from(*b));
        sum as f32
    }

    /// How many numbers it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none, which no encoder makes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Drop for Embedding {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl std::fmt::Debug for Embedding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Embedding({} numbers, redacted)", self.0.len())
    }
}

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file is missing, unreadable or not the one in the manifest.
    #[error(transparent)]
    File(#[from] FileError),
    /// `config.json` asks for something this encoder does not compute.
    #[error("config.json: {0}")]
    Config(String),
    /// `tokenizer.json` cannot be used.
    #[error("tokenizer.json: {0}")]
    Tokenizer(String),
    /// The weights lack a tensor.
    #[error("{file} has no tensor `{tensor}`; the file and config.json do not belong together")]
    MissingTensor {
        /// The tensor's full name.
        tensor: String,
        /// The file's name.
        file: &'static str,
    },
    /// The weights cannot be read or do not fit the configuration.
    #[error("{file}: {problem}")]
    Weights {
        /// The file's name.
        file: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// The tensor library failed while loading.
    #[error("the model could not be loaded: {0}")]
    Tensors(#[from] candle_core::Error),
    /// The reference vectors cannot be read.
    #[error("the reference vectors `{file}` cannot be used: {problem}")]
    ReferenceFile {
        /// The file as the manifest names it.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// A reference sentence could not be embedded.
    #[error("the reference sentence `{id}` could not be embedded: {source}")]
    ReferenceText {
        /// The sentence's id.
        id: String,
        /// Why not.
        source: EncodeError,
    },
    /// The encoder computes something else than the reference did.
    #[error(
        "the reference sentence `{id}` has {tokens} tokens ({expected} expected) and cosine {cosine} with \
         the stored vector (must be above {LEAST_COSINE}); do not use this model on this machine"
    )]
    Differs {
        /// The sentence's id.
        id: String,
        /// Tokens found.
        tokens: usize,
        /// Tokens the reference had.
        expected: usize,
        /// The cosine with the stored vector.
        cosine: f64,
    },
}

/// Why one text has no vector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The text holds nothing but blanks and control letters.
    #[error("the text is empty; leave it out")]
    Empty,
    /// The text has more tokens than the model reads. Nothing is ever cut.
    #[error("the text has {tokens} tokens and the model reads {limit}; split it into passages")]
    TooLong {
        /// Tokens of the text, special tokens included.
        tokens: usize,
        /// The most the model reads, special tokens included.
        limit: usize,
    },
    /// The model's vocabulary covers no part of the text, so that its vector would say nothing.
    #[error("the model knows none of the {tokens} words or signs of the text; show it to a person")]
    Unknown {
        /// Tokens of the text, special tokens not included.
        tokens: usize,
    },
    /// The tokenizer failed. Its message is left out, as it may quote the text.
    #[error("the tokenizer failed; run `urval model check`")]
    Tokenizer,
    /// The forward pass failed.
    #[error("the forward pass failed: {0}; run `urval model check`")]
    Compute(String),
    /// The forward pass gave numbers that are not finite, or only zeros.
    #[error("the forward pass gave numbers that are not finite; run `urval model check`")]
    NotFinite,
}

/// Why a whole batch has no vectors: its first text that could not be embedded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("text {index} of the batch (counted from 0): {source}")]
pub struct BatchError {
    /// Which text, counted from 0.
    pub index: usize,
    /// Why.
    pub source: EncodeError,
}

/// What [`check`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckReport {
    /// [`ModelEntry::fingerprint`] of what was checked.
    pub model: String,
    /// The implementation that made the stored vectors.
    pub made_with: String,
    /// How many sentences were compared.
    pub sentences: usize,
    /// The least cosine between a stored vector and ours.
    pub least_cosine: f64,
    /// The sentence that has it.
    pub least_at: String,
}

/// A loaded model. Share it: it never changes, and every method takes `&self`.
pub struct Encoder {
    entry: ModelEntry,
    tokenizer: Tokenizer,
    unknown: Option<u32>,
    bert: bert::Bert,
    max_tokens: usize,
    workers: usize,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Encoder({})", self.entry.fingerprint())
    }
}

impl Encoder {
    /// Loads the model in `dir`, the folder that holds the files themselves. Every file's SHA-256 is
    /// verified before anything in it is used. Takes seconds and, for the moment of loading, twice
    /// the size of the weights in memory.
    ///
    /// # Errors
    /// When a file is missing or not the one in the manifest, or the files do not fit each other.
    pub fn open(entry: &ModelEntry, dir: &Path) -> Result<Self, ModelError> {
        let files = files::read_all(entry, dir)?;
        let bert = bert::Bert::load(&files.config, &files.weights)?;

        let refused = |error: tokenizers::Error| ModelError::Tokenizer(error.to_string());
        let mut tokenizer = Tokenizer::from_bytes(&files.tokenizer).map_err(refused)?;
        // The published file cuts at 128 tokens and fills up to 128: both would change the meaning.
        tokenizer.with_truncation(None).map_err(refused)?;
        tokenizer.with_padding(None);
        // An applicant who writes `[SEP]` wrote five signs, not an instruction to the model.
        tokenizer.set_encode_special_tokens(true);
        let known = tokenizer.get_vocab_size(true);
        if known > bert.vocabulary() {
            return Err(ModelError::Tokenizer(format!(
                "it has {known} tokens and the weights {}; the files do not belong together",
                bert.vocabulary()
            )));
        }
        Ok(Self {
            unknown: ["[UNK]", "<unk>"].iter().find_map(|name| tokenizer.token_to_id(name)),
            max_tokens: entry.max_tokens.min(bert.max_positions()).min(MOST_TOKENS),
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            entry: entry.clone(),
            tokenizer,
            bert,
        })
    }

    /// Uses this many threads for [`embed_all`](Self::embed_all) instead of one for each core. The
    /// vectors are the same.
    #[must_use]
    pub fn with_workers(mut self, workers: usize) -> Self {
        self.workers = workers.max(1);
        self
    }

    /// Which model this is.
    #[must_use]
    pub fn entry(&self) -> &ModelEntry {
        &self.entry
    }

    /// The most tokens of one text, special tokens included.
    #[must_use]
    pub fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// How many numbers a vector has.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.bert.size()
    }

    /// How many tokens a text has, special tokens included, to compare with
    /// [`max_tokens`](Self::max_tokens). `usize::MAX` when the tokenizer fails, so that no caller
    /// takes such a text for one that fits.
    #[must_use]
    pub fn token_count(&self, text: &str) -> usize {
        self.tokenizer.encode_fast(text, true).map_or(usize::MAX, |encoding| encoding.get_ids().len())
    }

    /// The vector of one text.
    ///
    /// # Errors
    /// When the text is empty, too long or unknown to the model, or the model fails.
    pub fn embed<T: Readable>(&self, text: &T) -> Result<Embedding, EncodeError> {
        self.embed_text(text.text())
    }

    /// The vector of a sentence of the reference file, for `urval model check`.
    ///
    /// # Errors
    /// As [`embed`](Self::embed).
    pub(crate) fn embed_reference(&self, sentence: &str) -> Result<Embedding, EncodeError> {
        self.embed_text(sentence)
    }

    /// The vectors of many texts, in their order, on several threads. `progress` is called on the
    /// caller's thread with the number of texts done so far.
    ///
    /// # Errors
    /// The first text, by its place in `texts`, that cannot be embedded; no vectors then.
    pub fn embed_all<T: Readable + Sync>(
        &self,
        texts: &[T],
        progress: &dyn Fn(usize),
    ) -> Result<Vec<Embedding>, BatchError> {
        let next = AtomicUsize::new(0);
        let failed = AtomicBool::new(false);
        let mut results: Vec<Option<Result<Embedding, EncodeError>>> = texts.iter().map(|_| None).collect();
        std::thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            for _ in 0..self.workers.min(texts.len()) {
                let (sender, next, failed) = (sender.clone(), &next, &failed);
                scope.spawn(move || {
                    // Texts are handed out in order, so every text before a failing one has been
                    // handed out by then and is finished: the first failure is always found.
                    while !failed.load(Ordering::Relaxed) {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(text) = texts.get(index) else { break };
                        // A panic in a library must not take the service down with it; the borrowed
                        // model never changes, so nothing half-done is seen afterwards.
                        let caught =
                            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.embed(text)));
                        let result = caught
                            .unwrap_or_else(|_| Err(EncodeError::Compute("a worker stopped".to_owned())));
                        failed.fetch_or(result.is_err(), Ordering::Relaxed);
                        if sender.send((index, result)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            for (done, (index, result)) in receiver.iter().enumerate() {
                if let Some(place) = results.get_mut(index) {
                    *place = Some(result);
                }
                progress(done + 1);
            }
        });
        let unfinished = || Err(EncodeError::Compute("a worker stopped".to_owned()));
        // The first failure comes before every text that was left out because of it.
        let in_order = results.into_iter().map(|result| result.unwrap_or_else(unfinished)).enumerate();
        in_order.map(|(index, result)| result.map_err(|source| BatchError { index, source })).collect()
    }

    fn embed_text(&self, text: &str) -> Result<Embedding, EncodeError> {
        let encoding = self.tokenizer.encode_fast(text, true).map_err(|_| EncodeError::Tokenizer)?;
        let ids = encoding.get_ids();
        let written: Vec<u32> = ids
            .iter()
            .zip(encoding.get_special_tokens_mask())
            .filter(|(_, special)| **special == 0)
            .map(|(id, _)| *id)
            .collect();
        if written.is_empty() {
            return Err(EncodeError::Empty);
        }
        if ids.len() > self.max_tokens {
            return Err(EncodeError::TooLong { tokens: ids.len(), limit: self.max_tokens });
        }
        if written.iter().all(|id| Some(*id) == self.unknown) {
            return Err(EncodeError::Unknown { tokens: written.len() });
        }

        let hidden = self.bert.forward(ids).map_err(|error| {
            EncodeError::Compute(error.to_string().lines().next().unwrap_or_default().to_owned())
        })?;
        let hidden = Zeroizing::new(hidden);
        let mut pooled = Zeroizing::new(vec![0.0f64; self.bert.size()]);
        let rows = match self.entry.pooling {
            Pooling::Mean => ids.len(),
            Pooling::Cls => 1,
        };
        for row in hidden.chunks_exact(self.bert.size()).take(rows) {
            for (sum, value) in pooled.iter_mut().zip(row) {
                *sum += f64::from(*value);
            }
        }
        let squares: f64 = pooled.iter().fold(0.0, |sum, value| sum + value * value);
        let divisor = if self.entry.normalise { squares.sqrt() } else { rows as f64 };
        let embedding = Embedding(pooled.iter().map(|value| (value / divisor) as f32).collect());
        if squares > 0.0 && embedding.0.iter().all(|value| value.is_finite()) {
            Ok(embedding)
        } else {
            Err(EncodeError::NotFinite)
        }
    }
}

/// The stored vectors of another implementation.
#[derive(Deserialize)]
struct Reference {
    model: String,
    made_with: String,
    sentences: Vec<ReferenceSentence>,
}

#[derive(Deserialize)]
struct ReferenceSentence {
    id: String,
    text: String,
    tokens: usize,
    vector: Vec<f64>,
}

/// Verifies the model in `dir`: every digest, and that each reference sentence gets the vector
/// another implementation gave it. This is `urval model check`.
///
/// # Errors
/// When the model cannot be loaded, or a sentence has other tokens or a cosine of 0.9999 or less.
pub fn check(entry: &ModelEntry, dir: &Path) -> Result<CheckReport, ModelError> {
    let bad = |problem: String| ModelError::ReferenceFile { file: entry.reference.clone(), problem };
    let text = entry.reference_text().map_err(|error| bad(error.to_string()))?;
    let reference: Reference = serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
    if reference.model != entry.name {
        return Err(bad(format!("it is for `{}`, not for `{}`", reference.model, entry.name)));
    }
    let encoder = Encoder::open(entry, dir)?;
    let mut least: Option<(f64, String)> = None;
    for sentence in &reference.sentences {
        let ours = encoder
            .embed_reference(&sentence.text)
            .map_err(|source| ModelError::ReferenceText { id: sentence.id.clone(), source })?;
        let tokens = encoder.token_count(&sentence.text);
        let cosine = cosine(&ours.0, &sentence.vector);
        // Written so that a cosine that is not a number fails.
        let same = tokens == sentence.tokens && cosine > LEAST_COSINE;
        if !same {
            return Err(ModelError::Differs {
                id: sentence.id.clone(),
                tokens,
                expected: sentence.tokens,
                cosine,
            });
        }
        if least.as_ref().is_none_or(|(smallest, _)| cosine < *smallest) {
            least = Some((cosine, sentence.id.clone()));
        }
    }
    let Some((least_cosine, least_at)) = least else {
        return Err(bad("it has no sentences".to_owned()));
    };
    Ok(CheckReport {
        model: entry.fingerprint(),
        made_with: reference.made_with,
        sentences: reference.sentences.len(),
        least_cosine,
        least_at,
    })
}

/// Not a number when the lengths differ.
fn cosine(ours: &[f32], stored: &[f64]) -> f64 {
    if ours.len() != stored.len() {
        return f64::NAN;
    }
    let pairs = || ours.iter().map(|a| f64::from(*a)).zip(stored.iter().copied());
    let dot: f64 = pairs().map(|(a, b)| a * b).sum();
    let [ours, stored] = [pairs().map(|(a, _)| a * a).sum::<f64>(), pairs().map(|(_, b)| b * b).sum::<f64>()];
    dot / (ours * stored).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// A tiny model's folder and the encoder that reads it.
    fn tiny_encoder(kind: tiny::Kind) -> (tempfile::TempDir, Encoder) {
        let folder = tempfile::tempdir().unwrap();
        let entry = tiny::write(folder.path(), kind);
        let encoder = Encoder::open(&entry, folder.path()).unwrap();
        (folder, encoder)
    }

    /// The real model, where the environment says where it lies.
    fn real_model(test: &str) -> Option<(ModelEntry, PathBuf)> {
        let entry = Manifest::embedded().unwrap().default_model().unwrap().clone();
        let dir = std::env::var_os("URVAL_MODELS").map(|models| PathBuf::from(models).join(&entry.name));
        match dir {
            Some(dir) if dir.is_dir() => Some((entry, dir)),
            _ => {
                // Written past the harness, which would hide the line of a test that passes.
                use std::io::Write;
                let name = &entry.name;
                writeln!(
                    std::io::stderr(),
                    "SKIPPED: {test}: set URVAL_MODELS to a folder that holds {name}/"
                )
                .unwrap();
                None
            }
        }
    }

    fn bits(embedding: &Embedding) -> Vec<u32> {
        embedding.0.iter().map(|value| value.to_bits()).collect()
    }

    const TEXTS: [&str; 7] = [
        "one",
        "i led a team of five",
        "upphandling är kul",
        "a: b; c.",
        "(2019 - 2021)",
        "the same words in another order",
        "order another in words same the",
    ];

    fn assert_independent(encoder: Encoder) {
        let texts = TEXTS.map(CriterionText::of);
        let alone: Vec<_> = texts.iter().map(|text| bits(&encoder.embed(text).unwrap())).collect();
        assert_ne!(alone[5], alone[6]);
        let backwards: Vec<_> = texts.iter().rev().copied().collect();
        let mut encoder = encoder;
        for workers in [1, 2, 3, 16] {
            encoder = encoder.with_workers(workers);
            for _ in 0..3 {
                let together = encoder.embed_all(&texts, &|_| {}).unwrap();
                assert_eq!(together.iter().map(bits).collect::<Vec<_>>(), alone, "{workers} workers");
                let mut other = encoder.embed_all(&backwards, &|_| {}).unwrap();
                other.reverse();
                assert_eq!(other.iter().map(bits).collect::<Vec<_>>(), alone, "{workers} workers");
            }
        }
    }

    #[test]
    fn a_vector_is_the_same_bits_alone_in_a_batch_in_any_order_and_with_any_workers() {
        assert_independent(tiny_encoder(tiny::Kind::Wide).1);
        if let Some((entry, dir)) = real_model("bits of the real model") {
            assert_independent(Encoder::open(&entry, &dir).unwrap());
        }
    }

    /// Prints the bits of the wide network's vectors and how many threads the process had before
    /// and after; run by the test below in processes of its own.
    #[test]
    #[ignore = "run by the_libraries_thread_settings_change_nothing"]
    fn child_prints_bits_and_threads() {
        let (_folder, encoder) = tiny_encoder(tiny::Kind::Wide);
        let threads = || std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
        let before = threads();
        // Long enough that its matrices are above every size at which the libraries start threads.
        let long = "abcdefghijklmnopqrstuvwxyz0123456789 abcdefghijklmnopqrstuvwxyz";
        assert_eq!(encoder.token_count(long), encoder.max_tokens());
        let texts = [long, "two short words"];
        let vectors: Vec<_> =
            texts.iter().map(|text| bits(&encoder.embed(&CriterionText::of(text)).unwrap())).collect();
        println!("BITS {vectors:?}");
        println!("THREADS {before} {}", threads());
    }

    #[test]
    fn the_libraries_thread_settings_change_nothing() {
        let module = module_path!().split_once("::").unwrap().1;
        let outputs: Vec<(String, String)> = ["1", "2", "7"]
            .iter()
            .map(|threads| {
                let output = std::process::Command::new(std::env::current_exe().unwrap())
                    .args(["--exact", "--ignored", "--nocapture", "--test-threads=1"])
                    .arg(format!("{module}::child_prints_bits_and_threads"))
                    .env("RAYON_NUM_THREADS", threads)
                    .output()
                    .unwrap();
                let text = String::from_utf8(output.stdout).unwrap();
                let after = |word: &str| {
                    let at = text.find(word).unwrap_or_else(|| panic!("no {word} in {text}"));
                    text[at + word.len()..].lines().next().unwrap().to_owned()
                };
                (after("BITS "), after("THREADS "))
            })
            .collect();
        for (bits, threads) in &outputs {
            assert_eq!(bits, &outputs[0].0);
            let (before, after) = threads.split_once(' ').unwrap();
            assert_eq!(before, after, "the forward pass started threads");
        }
    }

    #[test]
    fn there_is_one_matrix_library_so_the_thread_setting_reaches_it() {
        let lock = include_str!("../../../Cargo.lock");
        assert_eq!(lock.matches("\nname = \"gemm\"\n").count(), 1);
    }

    #[test]
    fn vectors_have_length_one_and_the_dot_product_is_the_cosine() {
        let (_folder, encoder) = tiny_encoder(tiny::Kind::Bert);
        let [a, b] = ["one text", "something else"].map(|text| encoder.embed_reference(text).unwrap());
        assert_eq!((a.len(), a.is_empty()), (encoder.dimensions(), false));
        assert!((a.dot(&a) - 1.0).abs() < 1e-6);
        assert_eq!(a.dot(&b).to_bits(), b.dot(&a).to_bits());
        assert!(a.dot(&b) < 0.9999);
        assert!(a.dot(&Embedding(vec![1.0])).is_nan());
    }

    #[test]
    fn the_first_token_s_vector_is_used_when_the_entry_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let mut entry = tiny::write(folder.path(), tiny::Kind::Bert);
        let mean = Encoder::open(&entry, folder.path()).unwrap().embed_reference("a b c").unwrap();
        entry.pooling = Pooling::Cls;
        entry.normalise = false;
        let encoder = Encoder::open(&entry, folder.path()).unwrap();
        let first = encoder.embed_reference("a b c").unwrap();
        let ids = encoder.tokenizer.encode_fast("a b c", true).unwrap();
        let hidden = encoder.bert.forward(ids.get_ids()).unwrap();
        assert_eq!(first.0, hidden[..tiny::SIZE]);
        assert_ne!(first.0, mean.0);
    }

    #[test]
    fn a_wrong_digest_is_refused_with_what_to_do() {
        for name in ["config.json", "tokenizer.json", "model.safetensors"] {
            let folder = tempfile::tempdir().unwrap();
            let entry = tiny::write(folder.path(), tiny::Kind::Bert);
            let path = folder.path().join(name);
            let mut bytes = std::fs::read(&path).unwrap();
            let expected = files::sha256(&bytes);
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            let error = Encoder::open(&entry, folder.path()).unwrap_err().to_string();
            for part in [name, &expected, &files::sha256(&bytes), "urval model fetch"] {
                assert!(error.contains(part), "{error}");
            }
            std::fs::remove_file(&path).unwrap();
            let error = Encoder::open(&entry, folder.path()).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("urval model fetch"), "{error}");
        }
    }

    #[test]
    fn a_missing_tensor_is_named_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        tiny::write(folder.path(), tiny::Kind::Prefixed);
        let path = folder.path().join("model.safetensors");
        let all = candle_core::safetensors::load(&path, &candle_core::Device::Cpu).unwrap();
        for name in all.keys() {
            let mut rest = all.clone();
            rest.remove(name);
            candle_core::safetensors::save(&rest, &path).unwrap();
            let error = Encoder::open(&tiny::entry(folder.path()), folder.path()).unwrap_err();
            let ModelError::MissingTensor { tensor, file } = &error else { panic!("{name}: {error}") };
            assert!(name.ends_with(tensor.as_str()), "{name}: {error}");
            assert_eq!(*file, "model.safetensors");
        }
    }

    #[test]
    fn a_tokenizer_with_more_tokens_than_the_weights_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        tiny::write(folder.path(), tiny::Kind::Bert);
        let path = folder.path().join("tokenizer.json");
        let mut tokenizer: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        tokenizer["model"]["vocab"]["extra"] = 4711.into();
        std::fs::write(&path, tokenizer.to_string()).unwrap();
        let error = Encoder::open(&tiny::entry(folder.path()), folder.path()).unwrap_err().to_string();
        assert!(error.contains("tokenizer.json") && error.contains("do not belong together"), "{error}");
        std::fs::write(&path, "{}").unwrap();
        let error = Encoder::open(&tiny::entry(folder.path()), folder.path()).unwrap_err().to_string();
        assert!(error.contains("tokenizer.json"), "{error}");
    }

    fn assert_defined(encoder: &Encoder) {
        let embed = |text: &str| encoder.embed(&CriterionText::of(text));
        for nothing in ["", " ", "\n\t ", "\u{0}\u{7}\u{1b}", "\u{200f}", "\u{feff}", "\u{200b}\u{200d}"] {
            assert_eq!(embed(nothing).err(), Some(EncodeError::Empty), "{nothing:?}");
        }
        // One word of a million letters is one unknown token to the model.
        assert!(matches!(embed(&"x".repeat(1_000_000)), Err(EncodeError::Unknown { tokens: 1 })));
        let long = "word ".repeat(200_000);
        let Err(EncodeError::TooLong { tokens, limit }) = embed(&long) else { panic!("a long text") };
        assert_eq!((tokens, limit), (encoder.token_count(&long), encoder.max_tokens()));

        for fine in
            ["a\u{0}b\u{7}", "\u{200f}a\u{200f} b", "a 😀 b", "e\u{301}", "[CLS] [SEP] [MASK]", "<s>a</s>"]
        {
            let vector = embed(fine).unwrap_or_else(|error| panic!("{fine:?}: {error}"));
            assert_eq!(vector.len(), encoder.dimensions());
            assert!(vector.0.iter().all(|value| value.is_finite()));
        }
        // Signs the vocabulary may or may not hold: a vector or the typed refusal, nothing else.
        for either in ["😀", "مرحبا", "你好", "\u{10ffff}", "🏳️‍🌈"] {
            assert!(matches!(embed(either), Ok(_) | Err(EncodeError::Unknown { .. })), "{either:?}");
        }
        // A token's worth below the limit is read whole; one above is refused.
        let fits = "a ".repeat(encoder.max_tokens() - 2);
        assert_eq!(encoder.token_count(&fits), encoder.max_tokens());
        embed(&fits).unwrap();
        let over = "a ".repeat(encoder.max_tokens() - 1);
        let (tokens, limit) = (encoder.max_tokens() + 1, encoder.max_tokens());
        assert_eq!(embed(&over).err(), Some(EncodeError::TooLong { tokens, limit }));
    }

    #[test]
    fn strange_text_gives_a_finite_vector_or_a_typed_refusal() {
        let (_folder, encoder) = tiny_encoder(tiny::Kind::Bert);
        assert_eq!(encoder.max_tokens(), tiny::TOKENS);
        assert_defined(&encoder);
        if let Some((entry, dir)) = real_model("strange text in the real model") {
            assert_defined(&Encoder::open(&entry, &dir).unwrap());
        }
    }

    #[test]
    fn the_marks_of_the_tokenizer_written_by_an_applicant_are_ordinary_signs() {
        let (_folder, encoder) = tiny_encoder(tiny::Kind::Bert);
        let encoding = encoder.tokenizer.encode_fast("a [MASK] [SEP] b", true).unwrap();
        let ids = encoding.get_ids();
        let count = |name: &str| {
            let id = encoder.tokenizer.token_to_id(name).unwrap();
            ids.iter().filter(|found| **found == id).count()
        };
        assert_eq!((count("[MASK]"), count("[SEP]"), count("[CLS]")), (0, 1, 1));
    }

    #[test]
    fn a_batch_fails_with_its_first_bad_text_and_reports_progress_otherwise() {
        let (_folder, encoder) = tiny_encoder(tiny::Kind::Bert);
        let encoder = encoder.with_workers(4);
        let mut texts: Vec<_> = std::iter::repeat_n("fine", 50).map(CriterionText::of).collect();
        let seen = std::cell::RefCell::new(Vec::new());
        encoder.embed_all(&texts, &|done| seen.borrow_mut().push(done)).unwrap();
        assert_eq!(*seen.borrow(), (1..=50).collect::<Vec<_>>());
        assert!(encoder.embed_all::<CriterionText<'_>>(&[], &|_| {}).unwrap().is_empty());

        texts[17] = CriterionText::of("");
        texts[31] = CriterionText::of("\u{7}");
        for _ in 0..20 {
            let error = encoder.embed_all(&texts, &|_| {}).unwrap_err();
            assert_eq!(error, BatchError { index: 17, source: EncodeError::Empty });
        }
    }

    #[test]
    fn weights_that_give_no_number_give_an_error_and_no_vector() {
        let folder = tempfile::tempdir().unwrap();
        tiny::write(folder.path(), tiny::Kind::Bert);
        let path = folder.path().join("model.safetensors");
        let mut all = candle_core::safetensors::load(&path, &candle_core::Device::Cpu).unwrap();
        for poison in [f32::NAN, f32::INFINITY] {
            let tensor = candle_core::Tensor::full(poison, tiny::SIZE, &candle_core::Device::Cpu).unwrap();
            all.insert("encoder.layer.1.output.LayerNorm.bias".to_owned(), tensor);
            candle_core::safetensors::save(&all, &path).unwrap();
            let encoder = Encoder::open(&tiny::entry(folder.path()), folder.path()).unwrap();
            assert_eq!(encoder.embed_reference("a").err(), Some(EncodeError::NotFinite));
        }
    }

    #[test]
    fn nothing_prints_a_text_or_a_vector() {
        let (_folder, encoder) = tiny_encoder(tiny::Kind::Bert);
        let vector = encoder.embed_reference("hemligt").unwrap();
        assert_eq!(format!("{vector:?}"), format!("Embedding({} numbers, redacted)", tiny::SIZE));
        let passage = Passage { text: "hemligt", range: 0..7 };
        assert!(!format!("{passage:?} {encoder:?}").contains("hemligt"));
        let error = encoder.embed(&CriterionText::of(&"hemligt ".repeat(100))).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hemligt"));
    }

    fn write_reference(folder: &Path, encoder: &Encoder, change: impl Fn(&mut Vec<f32>, &mut usize)) {
        let mut vector = encoder.embed_reference("a b").unwrap().0.clone();
        let mut tokens = encoder.token_count("a b");
        change(&mut vector, &mut tokens);
        let reference = serde_json::json!({"model": "tiny", "made_with": "this test", "sentences":
            [{"id": "one", "text": "a b", "tokens": tokens, "vector": vector}]});
        std::fs::write(folder.join("tiny.json"), reference.to_string()).unwrap();
    }

    #[test]
    fn check_refuses_other_vectors_other_tokens_and_useless_references() {
        let (folder, encoder) = tiny_encoder(tiny::Kind::Bert);
        let dir = folder.path();
        let entry = encoder.entry().clone();
        write_reference(dir, &encoder, |_, _| {});
        let report = check(&entry, dir).unwrap();
        assert_eq!((report.sentences, report.least_at.as_str()), (1, "one"));
        assert!(report.least_cosine > 0.999_999);

        write_reference(dir, &encoder, |vector, _| vector[0] += 0.1);
        assert!(matches!(check(&entry, dir), Err(ModelError::Differs { .. })));
        write_reference(dir, &encoder, |_, tokens| *tokens += 1);
        assert!(matches!(check(&entry, dir), Err(ModelError::Differs { .. })));
        write_reference(dir, &encoder, |vector, _| vector.truncate(5));
        assert!(matches!(check(&entry, dir), Err(ModelError::Differs { .. })));
        for useless in ["{}", "{\"model\":\"tiny\",\"made_with\":\"\",\"sentences\":[]}"] {
            std::fs::write(dir.join("tiny.json"), useless).unwrap();
            assert!(matches!(check(&entry, dir), Err(ModelError::ReferenceFile { .. })));
        }
        std::fs::remove_file(dir.join("tiny.json")).unwrap();
        assert!(matches!(check(&entry, dir), Err(ModelError::ReferenceFile { .. })));
    }

    #[test]
    fn the_real_model_gives_the_vectors_of_the_reference_implementation() {
        let Some((entry, dir)) = real_model("reference vectors of the real model") else { return };
        let report = check(&entry, &dir).unwrap();
        eprintln!(
            "least cosine {:.9} at {} over {} sentences",
            report.least_cosine, report.least_at, report.sentences
        );
        assert!(report.sentences >= 12 && report.least_cosine > LEAST_COSINE);
    }

    #[test]
    fn the_real_model_puts_like_next_to_like() {
        let Some((entry, dir)) = real_model("likeness in the real model") else { return };
        let encoder = Encoder::open(&entry, &dir).unwrap();
        let [criterion, near, far] = [
            "Experience of public procurement",
            "I bought food and furniture for the schools of a municipality under the procurement act.",
            "On Sundays I play the violin in a quartet.",
        ]
        .map(|text| encoder.embed_reference(text).unwrap());
        assert!(criterion.dot(&near) > criterion.dot(&far) + 0.2);
    }
}
