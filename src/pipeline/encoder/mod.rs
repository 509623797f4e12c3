//! The local text model: turns passages an applicant wrote and the criteria of a requirement profile
//! into vectors that can be compared.
//!
//! It reads only what may be read: [`Encoder::embed`] takes a [`Readable`], and that is a passage of
//! a pseudonymised text or a criterion's own wording, never an application as it was sent. It never
//! reaches the network, never cuts a text, never logs one, and never answers with a vector that is
//! not finite. On one machine a text has the same vector, bit for bit, alone or among others, in any
//! order and with any number of workers.
//!
//! `manifest` says which models there are, `shipped` holds the one that travels with the program, `fetch`
//! gets another, `language` tells whether a model can read a passage at all. Inside, `weights` reads the
//! files, `packed` computes, `queue` shares the cores, `kept` are vectors for a second reading, `memory` those of
//! passages that many texts share, `reworded` are passages in other words, and `check` holds `packed` against stored
//! vectors and against `reference`.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use tokenizers::{Encoding, Tokenizer};
use zeroize::Zeroize;

mod check;
mod fetch;
mod files;
mod kept;
mod language;
mod manifest;
mod memory;
mod packed;
mod queue;
mod reference;
mod reworded;
mod shipped;
#[cfg(test)]
pub(crate) mod tiny;
mod weights;

pub use check::{CheckReport, check};
pub use fetch::{FetchError, fetch};
pub use files::FileError;
pub use kept::{Damaged as DamagedVectors, Embeddings};
pub use language::written;
pub use manifest::{
    Arithmetic, Evaluation, Manifest, ManifestError, ModelEntry, ModelFile, Pooling, Scale, Source, Unfit,
};
pub use memory::{Reads, Remembering};
pub use reworded::Reworded;

use crate::pipeline::pseudonymise::Pseudonymous;

/// The most tokens any model is given, whatever its files say: the work grows with the square.
const MOST_TOKENS: usize = 512;
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
         the stored vector or with candle's; do not use this model on this machine"
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
    /// Too many callers wait for the model already.
    #[error("the model is busy; try again in a few seconds")]
    Busy,
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

/// A loaded model. Share it: it never changes, and every method takes `&self`.
pub struct Encoder {
    entry: ModelEntry,
    tokenizer: Tokenizer,
    unknown: Option<u32>,
    network: Arc<packed::Network>,
    queue: queue::Queue,
    max_tokens: usize,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Encoder({})", self.entry.fingerprint())
    }
}

impl Encoder {
    /// Loads the model: the one that travels with the program from memory, any other from `dir`, the folder
    /// that holds the files themselves. Every file's SHA-256 is verified before anything in it is used.
    ///
    /// # Errors
    /// When a file is missing or not the one in the manifest, or the files do not fit each other.
    pub fn open(entry: &ModelEntry, dir: &Path) -> Result<Self, ModelError> {
        let files = files::read_all(entry, dir)?;
        let stored = weights::Stored::read(&files.config, &files.weights)?;
        let network = Arc::new(packed::Network::pack(stored, entry.arithmetic)?);
        let tokenizer = tokenizer(&files.tokenizer, network.vocabulary())?;
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            unknown: ["[UNK]", "<unk>"].iter().find_map(|name| tokenizer.token_to_id(name)),
            max_tokens: entry.max_tokens.min(network.max_positions()).min(MOST_TOKENS),
            queue: queue::Queue::start(&network, entry.pooling, entry.normalise, workers),
            entry: entry.clone(),
            tokenizer,
            network,
        })
    }

    /// With this many workers instead of one for each core. The vectors are the same.
    #[must_use]
    pub fn with_workers(mut self, workers: usize) -> Self {
        let Pooled { pooling, normalise } = Pooled::of(&self.entry);
        self.queue = queue::Queue::start(&self.network, pooling, normalise, workers);
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
        self.network.size()
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

    /// The vectors of many texts, in their order, on the model's own workers. `progress` is called on the
    /// caller's thread with the number of texts done so far.
    ///
    /// # Errors
    /// The first text, by its place in `texts`, that cannot be embedded; no vectors then.
    pub fn embed_all<T: Readable>(
        &self,
        texts: &[T],
        progress: &dyn Fn(usize),
    ) -> Result<Vec<Embedding>, BatchError> {
        let at = |index: usize| move |source: EncodeError| BatchError { index, source };
        let mut ids = Vec::with_capacity(texts.len());
        let mut refused = None;
        for (index, text) in texts.iter().enumerate() {
            match self.ids(text.text()) {
                Ok(own) => ids.push(own),
                Err(source) => {
                    refused = Some(BatchError { index, source });
                    break;
                }
            }
        }
        if let Some(error) = refused {
            return Err(error);
        }
        let vectors = self.queue.vectors(ids, progress).map_err(at(0))?;
        vectors.into_iter().enumerate().map(|(index, one)| one.map(Embedding).map_err(at(index))).collect()
    }

    fn embed_text(&self, text: &str) -> Result<Embedding, EncodeError> {
        let mut vectors = self.queue.vectors(vec![self.ids(text)?], &|_| {})?;
        vectors.pop().unwrap_or(Err(EncodeError::NotFinite)).map(Embedding)
    }

    /// The vector of a text of any length: one that is too long is read in windows that share a quarter,
    /// and the windows' vectors are averaged by their length. For evaluation on a person's own files.
    pub(crate) fn embed_windows(&self, texts: &[&str]) -> Result<Vec<Embedding>, BatchError> {
        let mut windows = Vec::new();
        let mut owners = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let own = match self.ids(text) {
                Err(EncodeError::TooLong { .. }) => self.windows(text),
                other => other.map(|ids| vec![ids]),
            };
            for ids in own.map_err(|source| BatchError { index, source })? {
                owners.push((index, ids.len()));
                windows.push(ids);
            }
        }
        let vectors =
            self.queue.vectors(windows, &|_| {}).map_err(|source| BatchError { index: 0, source })?;
        let mut own: Vec<Vec<(usize, Embedding)>> = texts.iter().map(|_| Vec::new()).collect();
        for ((index, tokens), vector) in owners.into_iter().zip(vectors) {
            let vector = vector.map_err(|source| BatchError { index, source })?;
            if let Some(list) = own.get_mut(index) {
                list.push((tokens, Embedding(vector)));
            }
        }
        Ok(own.into_iter().map(|windows| self.averaged(windows)).collect())
    }

    /// One window's vector is the text's own, bit for bit; several are averaged by their tokens.
    fn averaged(&self, mut windows: Vec<(usize, Embedding)>) -> Embedding {
        if windows.len() == 1
            && let Some((_, only)) = windows.pop()
        {
            return only;
        }
        let mut sum = vec![0.0f64; self.dimensions()];
        for (tokens, window) in &windows {
            sum.iter_mut().zip(&window.0).for_each(|(sum, v)| *sum += *tokens as f64 * f64::from(*v));
        }
        let length = sum.iter().map(|v| v * v).sum::<f64>().sqrt();
        let tokens: usize = windows.iter().map(|(tokens, _)| tokens).sum();
        let divisor = if self.entry.normalise { length } else { tokens as f64 };
        Embedding(sum.iter().map(|value| (value / divisor) as f32).collect())
    }

    /// The same for passages: nothing of one is ever left unread. A passage is about a sentence, so this
    /// matters only for one that is all signs, each a token of its own.
    ///
    /// # Errors
    /// The first passage, by its place, that cannot be embedded; no vectors then.
    pub fn embed_passages(&self, passages: &[Passage<'_>]) -> Result<Vec<Embedding>, BatchError> {
        self.embed_windows(&passages.iter().map(|passage| passage.text).collect::<Vec<_>>())
    }

    /// The tokens of an overlong text in windows, each with the marks of beginning and end.
    fn windows(&self, text: &str) -> Result<Vec<Vec<u32>>, EncodeError> {
        let encoding = self.encoded(text)?;
        let mask = encoding.get_special_tokens_mask();
        let of = |special: u32| -> Vec<u32> {
            let pairs = encoding.get_ids().iter().zip(mask);
            pairs.filter(|(_, mark)| **mark == special).map(|(id, _)| *id).collect()
        };
        let (own, marks) = (of(0), of(1));
        let (Some(first), Some(last)) = (marks.first(), marks.last()) else {
            return Err(EncodeError::Tokenizer);
        };
        let wide = self.max_tokens.saturating_sub(2).max(1);
        let step = (wide - wide / 4).max(1);
        let starts = (0..own.len()).step_by(step).take_while(|at| *at == 0 || at + wide / 4 < own.len());
        Ok(starts
            .filter_map(|at| own.get(at..(at + wide).min(own.len())))
            .map(|window| [&[*first], window, &[*last]].concat())
            .collect())
    }

    fn encoded(&self, text: &str) -> Result<Encoding, EncodeError> {
        self.tokenizer.encode_fast(text, true).map_err(|_| EncodeError::Tokenizer)
    }

    /// The token ids of a text, when the model can read all of it.
    fn ids(&self, text: &str) -> Result<Vec<u32>, EncodeError> {
        let encoding = self.encoded(text)?;
        let ids = encoding.get_ids();
        let own = || {
            let pairs = ids.iter().zip(encoding.get_special_tokens_mask());
            pairs.filter(|(_, special)| **special == 0).map(|(id, _)| *id)
        };
        let written = own().count();
        if written == 0 {
            return Err(EncodeError::Empty);
        }
        if ids.len() > self.max_tokens {
            return Err(EncodeError::TooLong { tokens: ids.len(), limit: self.max_tokens });
        }
        if own().all(|id| Some(id) == self.unknown) {
            return Err(EncodeError::Unknown { tokens: written });
        }
        Ok(ids.to_vec())
    }

    /// The sentences of the model's reference file, for benchmarks.
    pub(crate) fn reference_sentences(&self) -> Result<Vec<String>, ModelError> {
        let reference = check::Reference::read(&self.entry)?;
        Ok(reference.sentences.into_iter().map(|sentence| sentence.text).collect())
    }

    /// Reads `count` texts of `tokens` made-up token ids each, for benchmarks.
    pub(crate) fn embed_numbers(&self, count: usize, tokens: usize) -> Result<(), EncodeError> {
        let words = self.network.vocabulary() as u64;
        let mut state = 1u64;
        let mut next = || {
            // Knuth's MMIX generator: any spread over the vocabulary will do.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % words.max(1)) as u32
        };
        let tokens = tokens.min(self.max_tokens);
        let texts = (0..count).map(|_| (0..tokens).map(|_| next()).collect()).collect();
        self.queue.vectors(texts, &|_| {})?.into_iter().try_for_each(|one| one.map(|_| ()))
    }

    /// Multiply-adds of the network for one text of so many tokens, for benchmarks.
    #[must_use]
    pub fn work(&self, tokens: usize) -> u64 {
        self.network.work(tokens)
    }
}

/// How token vectors become one.
struct Pooled {
    pooling: Pooling,
    normalise: bool,
}

impl Pooled {
    fn of(entry: &ModelEntry) -> Self {
        Self { pooling: entry.pooling, normalise: entry.normalise }
    }
}

/// The tokenizer of a model's file, set so that it neither cuts nor fills up nor obeys.
fn tokenizer(bytes: &[u8], vocabulary: usize) -> Result<Tokenizer, ModelError> {
    let refused = |error: tokenizers::Error| ModelError::Tokenizer(error.to_string());
    let mut tokenizer = Tokenizer::from_bytes(bytes).map_err(refused)?;
    // Published files often cut at 128 tokens and fill up to 128: both would change the meaning.
    tokenizer.with_truncation(None).map_err(refused)?;
    tokenizer.with_padding(None);
    // An applicant who writes `[SEP]` wrote five signs, not an instruction to the model.
    tokenizer.set_encode_special_tokens(true);
    let known = tokenizer.get_vocab_size(true);
    if known > vocabulary {
        return Err(ModelError::Tokenizer(format!(
            "it has {known} tokens and the weights {vocabulary}; the files do not belong together"
        )));
    }
    Ok(tokenizer)
}

#[cfg(test)]
mod tests {
    use super::check::{LEAST_COSINE, LEAST_COSINE_INTEGER, cosine};
    use super::*;

    /// A tiny model's folder and the encoder that reads it.
    fn tiny_encoder(kind: tiny::Kind) -> (tempfile::TempDir, Encoder) {
        let folder = tempfile::tempdir().unwrap();
        let entry = tiny::write(folder.path(), kind);
        let encoder = Encoder::open(&entry, folder.path()).unwrap();
        (folder, encoder)
    }

    /// The model that travels with the program.
    fn shipped(arithmetic: Arithmetic) -> (ModelEntry, Encoder) {
        let mut entry = Manifest::embedded().unwrap().default_model().unwrap().clone();
        entry.arithmetic = arithmetic;
        let encoder = Encoder::open(&entry, Path::new("")).unwrap();
        (entry, encoder)
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
        for arithmetic in [Arithmetic::Float, Arithmetic::Integer] {
            assert_independent(shipped(arithmetic).1);
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
        let stored = {
            let file = |name| std::fs::read(folder.path().join(name)).unwrap();
            weights::Stored::read(&file("config.json"), &file("model.safetensors")).unwrap()
        };
        let plain = reference::Network::of(stored).unwrap().first(ids.get_ids()).unwrap();
        assert!(cosine(&first.0, &plain) > 0.999_999);
        assert!(cosine(&mean.0, &plain) < 0.999);
    }

    #[test]
    fn a_model_of_each_family_is_read_whole_with_its_own_tokenizer() {
        for kind in tiny::Kind::ALL {
            let (_folder, encoder) = tiny_encoder(kind);
            assert_independent(encoder);
            let (_folder, encoder) = tiny_encoder(kind);
            let million = "x".repeat(1_000_000);
            let long = "a b ".repeat(100_000);
            for text in ["", " ", "\u{0}\u{7}", "\u{200f}a", "a 😀 b", "[SEP] </s>", "مرحبا", &million, &long]
            {
                match encoder.embed(&CriterionText::of(text)) {
                    Ok(vector) => assert!(vector.0.iter().all(|value| value.is_finite())),
                    Err(EncodeError::Empty | EncodeError::Unknown { .. } | EncodeError::TooLong { .. }) => {}
                    Err(other) => panic!("{kind:?}: {other}"),
                }
            }
        }
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
            for part in [name, &expected, &files::sha256(&bytes), "not the one in the manifest"] {
                assert!(error.contains(part), "{error}");
            }
            std::fs::remove_file(&path).unwrap();
            let error = Encoder::open(&entry, folder.path()).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("is not there"), "{error}");
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
        assert_defined(&shipped(Arithmetic::Float).1);
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
    fn the_shipped_model_gives_the_vectors_of_two_other_implementations() {
        for (arithmetic, least) in
            [(Arithmetic::Float, LEAST_COSINE), (Arithmetic::Integer, LEAST_COSINE_INTEGER)]
        {
            let (entry, _) = shipped(arithmetic);
            let report = check(&entry, Path::new("")).unwrap();
            assert!(report.sentences >= 12 && report.least_cosine > least && report.least_agreement > least);
        }
    }

    #[test]
    fn the_shipped_model_puts_like_next_to_like_in_both_languages_and_across() {
        let (_, encoder) = shipped(Arithmetic::Float);
        let criteria = ["Experience of public procurement", "Erfarenhet av offentlig upphandling"];
        let near = [
            "I bought food and furniture for the schools of a municipality under the procurement act.",
            "Jag köpte in mat och möbler till kommunens skolor enligt upphandlingslagen.",
        ];
        let far =
            ["On Sundays I play the violin in a quartet.", "På söndagar spelar jag fiol i en kvartett."];
        let vector = |text: &str| encoder.embed_reference(text).unwrap();
        for criterion in criteria.map(vector) {
            for near in near.map(vector) {
                for far in far.map(vector) {
                    assert!(criterion.dot(&near) > criterion.dot(&far) + 0.2);
                }
            }
        }
    }

    #[test]
    fn a_text_of_any_length_is_read_whole_for_evaluation() {
        let (_folder, encoder) = tiny_encoder(tiny::Kind::Bert);
        let limit = encoder.max_tokens() - 2;
        for words in [1, limit, limit + 1, 3 * limit, 10 * limit + 7] {
            let text = "a ".repeat(words);
            let windows = encoder.windows(&text).unwrap();
            let read: usize = windows.iter().map(|window| window.len() - 2).sum();
            let shared = (windows.len() - 1) * (limit / 4);
            assert_eq!(read, words + shared, "{words} words: every one is read, and a quarter twice");
            assert!(windows.iter().all(|window| window.len() <= encoder.max_tokens()));
            let vectors = encoder.embed_windows(&[&text]).unwrap();
            assert!((vectors[0].dot(&vectors[0]) - 1.0).abs() < 1e-5);
        }
        let error = encoder.embed_windows(&["fine", ""]).unwrap_err();
        assert_eq!((error.index, error.source), (1, EncodeError::Empty));
    }
}
