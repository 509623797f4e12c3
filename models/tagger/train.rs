//! Trains the tagger and measures it: `models/tagger/run`.
//!
//! Reads open corpora with names marked, public name statistics and this folder's templates; writes
//! `weights.bin`. Chance comes from a fixed seed, so the same input gives the same file. The test
//! parts (the last 15 % of the news corpus, the last quarter of the English web text, the development
//! part of Talbanken, the templates `test-*.txt` and every second name of each origin) are never
//! trained on; nothing of any corpus is printed.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use urval_tagger::chain::{LABELS, Steps, expectations, may_follow};
use urval_tagger::features::{COUNT, features};
use urval_tagger::lists::{Lists, Sort, is_foreign, short_hash, without_accents};
use urval_tagger::weights::key;
use urval_tagger::words::words;
use urval_tagger::{Kind, Weights, names};

mod corpora;
mod measure;
mod templates;

use corpora::{Example, Piece};
use templates::Filler;

/// Rows of weights during training; features share one when their keys end alike.
const ROWS: usize = 1 << 23;
/// Rows that are kept.
const KEPT: usize = 180_000;

/// A small generator of chance (xorshift64*), seeded.
pub struct Chance(u64);

impl Chance {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }
    /// 64 bits.
    pub fn draw(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.draw() >> 33) as usize % n.max(1)
    }
    /// True in the share `p` of all cases.
    pub fn share(&mut self, p: f64) -> bool {
        ((self.draw() >> 11) as f64 / (1_u64 << 53) as f64) < p
    }
    /// One of several.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

struct Learner {
    weights: Vec<[f32; LABELS]>,
    squares: Vec<[f32; LABELS]>,
    /// The key of the feature that a row is kept under, and how often it was seen.
    keys: Vec<u32>,
    seen: Vec<u16>,
    steps: Steps,
    step_squares: Steps,
}

fn row(key: u32) -> usize {
    (key.wrapping_mul(0x85EB_CA6B) >> 9) as usize & (ROWS - 1)
}

impl Learner {
    fn new() -> Self {
        Self {
            weights: vec![[0.0; LABELS]; ROWS],
            squares: vec![[0.0; LABELS]; ROWS],
            keys: vec![0; ROWS],
            seen: vec![0; ROWS],
            steps: [[0.0; LABELS]; LABELS + 1],
            step_squares: [[0.0; LABELS]; LABELS + 1],
        }
    }

    /// One step of AdaGrad (Duchi, Hazan and Singer 2011) on one line; the line's loss.
    fn learn(&mut self, given: &[[u64; COUNT]], labels: &[usize], rate: f32) -> f64 {
        let mut scores = Vec::with_capacity(given.len());
        for own in given {
            let mut sum = [0.0; LABELS];
            for feature in own {
                let row = row(key(*feature));
                for (sum, weight) in sum.iter_mut().zip(self.weights[row]) {
                    *sum += weight;
                }
            }
            scores.push(sum);
        }
        let (expected, steps, log) = expectations(&scores, &self.steps);
        let mut right = 0.0_f64;
        let mut before = LABELS;
        for (index, label) in labels.iter().enumerate() {
            right += f64::from(scores[index][*label] + self.steps[before][*label]);
            before = *label;
        }
        for ((own, label), expected) in given.iter().zip(labels).zip(&expected) {
            let mut gradient = expected.map(|value| -value);
            gradient[*label] += 1.0;
            for feature in own {
                let (row, key) = (row(key(*feature)), key(*feature));
                if self.keys[row] == 0 {
                    self.keys[row] = key;
                }
                self.seen[row] = self.seen[row].saturating_add(1);
            }
            if gradient.iter().all(|g| g.abs() < 2e-3) {
                continue;
            }
            for feature in own {
                let row = row(key(*feature));
                let (squares, weights) = (&mut self.squares[row], &mut self.weights[row]);
                for ((g, square), weight) in gradient.iter().zip(squares).zip(weights) {
                    *square += g * g;
                    *weight += rate * g / (square.sqrt() + 0.1);
                }
            }
        }
        let mut before = LABELS;
        let mut wanted: Steps = [[0.0; LABELS]; LABELS + 1];
        for label in labels {
            wanted[before][*label] += 1.0;
            before = *label;
        }
        for from in 0..=LABELS {
            for to in 0..LABELS {
                let g = wanted[from][to] - steps[from][to];
                if from < LABELS && !may_follow(from, to) || g == 0.0 {
                    continue;
                }
                let square = &mut self.step_squares[from][to];
                *square += g * g;
                self.steps[from][to] += rate * g / (square.sqrt() + 0.1);
            }
        }
        log - right
    }

    fn shrink(&mut self, by: f32) {
        for (row, weights) in self.weights.iter_mut().enumerate() {
            if self.keys[row] != 0 {
                weights.iter_mut().for_each(|w| *w *= 1.0 - by);
            }
        }
    }

    /// The greatest rows; of two features that share a row the first seen keeps it.
    fn kept(&self) -> Vec<(u32, [f32; LABELS])> {
        let strength = |row: usize| self.weights[row].iter().fold(0.0_f32, |most, w| most.max(w.abs()));
        let mut rows: Vec<usize> = (0..ROWS)
            .filter(|row| self.keys[*row] != 0 && self.seen[*row] >= 2 && strength(*row) > 0.02)
            .collect();
        rows.sort_by(|a, b| strength(*b).total_cmp(&strength(*a)));
        rows.truncate(KEPT);
        rows.into_iter().map(|row| (self.keys[row], self.weights[row].map(|w| w.clamp(-6.0, 6.0)))).collect()
    }
}

/// What name statistics and counts of words in running text say of every word.
fn lists(data: &Path, corpora: &corpora::Corpora, origins: &templates::Origins) -> Lists {
    let mut sorts: HashMap<String, u16> = HashMap::new();
    let mut set = |word: &str, bits: u16, mask: u16| {
        let lower = word.to_lowercase();
        let bare = without_accents(&lower);
        for form in [Some(&lower), (lower.chars().any(is_foreign)).then_some(&bare)].into_iter().flatten() {
            let sort = sorts.entry(form.clone()).or_default();
            let kept = (*sort & mask).max(bits);
            *sort = *sort & !mask | kept;
        }
    };
    let named = |path: &str| -> Vec<String> {
        let text = std::fs::read_to_string(data.join("lists/scb-names").join(path)).unwrap_or_default();
        text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    };
    for file in ["men-first-names.json", "women-first-names.json"] {
        named(file).iter().filter(|n| n.chars().count() > 1).for_each(|n| set(n, 1, Sort::GIVEN));
    }
    for name in named("last-names.json").iter().filter(|n| n.chars().count() > 1 && !n.contains(' ')) {
        set(name, 1 << 2, Sort::FAMILY);
    }
    for file in ["tilltalsnamn-kvinnor.csv", "tilltalsnamn-man.csv"] {
        for (name, count) in corpora::csv_counts(&data.join("lists/svensktext").join(file)) {
            set(&name, if count > 500 { 3 } else { 1 + u16::from(count > 20) }, Sort::GIVEN);
        }
    }
    for (name, _) in corpora::csv_counts(&data.join("lists/svensktext/efternamn-topp1000-1994-97.csv")) {
        set(&name, 2 << 2, Sort::FAMILY);
    }
    for (role, name) in origins.train() {
        for part in name.split(' ') {
            if role == "family" { set(part, 2 << 2, Sort::FAMILY) } else { set(part, 2, Sort::GIVEN) }
        }
    }
    for town in corpora::column(&data.join("lists/svensktext/ortsnamn.csv"), 0) {
        set(&town, Sort::TOWN, Sort::TOWN);
    }
    for municipality in corpora::column(&data.join("lists/svensktext/kommuner.csv"), 1) {
        let bare = municipality.trim_end_matches(" kommun").trim_end_matches(" stad");
        set(bare.strip_suffix('s').filter(|_| !bare.ends_with("ås")).unwrap_or(bare), Sort::TOWN, Sort::TOWN);
        set(bare, Sort::TOWN, Sort::TOWN);
    }
    for index in [0, 4] {
        for country in corpora::column(&data.join("lists/svensktext/lander.csv"), index) {
            set(&country, Sort::COUNTRY, Sort::COUNTRY);
        }
    }
    for capital in corpora::column(&data.join("lists/svensktext/lander.csv"), 1) {
        set(&capital, Sort::TOWN, Sort::TOWN);
    }
    for index in [3, 4, 5] {
        for word in corpora::column(&data.join("lists/svensktext/nationaliteter.csv"), index) {
            let bare = word.trim_matches(|c: char| !c.is_alphabetic());
            set(bare, Sort::NATION, Sort::NATION);
            if index == 5 {
                set(&format!("{bare}a"), Sort::NATION, Sort::NATION);
            }
        }
    }
    for title in corpora::column(&data.join("lists/svensktext/vocations.csv"), 0) {
        set(&title, Sort::TITLE, Sort::TITLE);
    }
    for title in templates::TITLES {
        set(title, Sort::TITLE, Sort::TITLE);
    }
    for (word, count) in &corpora.plain {
        let level = match count {
            0 => 0,
            1..=2 => 1,
            3..=25 => 2,
            _ => 3,
        };
        if *count > 1 {
            set(word, level << 4, Sort::PLAIN);
        }
    }
    Lists::new(sorts.into_iter().map(|(word, sort)| (short_hash(&word), sort)).collect())
}

/// The text of an example with its slots filled, and the labels of its words.
fn laid_out(
    examples: &[&Example],
    filler: &Filler,
    chance: &mut Chance,
) -> (String, Vec<(usize, usize, usize)>) {
    let mut text = String::new();
    let mut spans = Vec::new();
    for example in examples {
        if !text.is_empty() {
            text.push(if chance.share(0.8) { ' ' } else { '\n' });
        }
        for piece in &example.pieces {
            match piece {
                Piece::Plain(plain) => text.push_str(plain),
                Piece::Marked(kind, original) => {
                    let start = text.len();
                    text.push_str(&filler.instead_of(*kind, original, example.augment, chance));
                    spans.push((start, text.len(), *kind));
                }
                Piece::Slot(kind, form) => {
                    let start = text.len();
                    let hidden = *kind == 0 && chance.share(0.04);
                    if hidden {
                        text.push_str("\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}");
                    } else {
                        text.push_str(&filler.fill(*kind, form, chance));
                        spans.push((start, text.len(), *kind));
                    }
                }
            }
        }
    }
    (text, spans)
}

fn labels(found: &[urval_tagger::words::Word], spans: &[(usize, usize, usize)]) -> Vec<usize> {
    let mut out = Vec::with_capacity(found.len());
    let mut at = 0;
    let mut before: Option<usize> = None;
    for word in found {
        while spans.get(at).is_some_and(|span| span.1 <= word.start) {
            at += 1;
        }
        match spans.get(at) {
            Some(span) if span.0 < word.end => {
                let begins = before != Some(at);
                out.push(1 + 2 * span.2 + usize::from(!begins));
                before = Some(at);
            }
            _ => {
                out.push(0);
                before = None;
            }
        }
    }
    out
}

fn main() {
    let mut data = PathBuf::from("../shared/data");
    let mut text = PathBuf::from("models/tagger/text");
    let mut out = PathBuf::from("models/tagger/weights.bin");
    let (mut epochs, mut only, mut test) = (14_usize, false, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--data" => data = value().into(),
            "--text" => text = value().into(),
            "--out" => out = value().into(),
            "--epochs" => epochs = value().parse().unwrap_or(epochs),
            "--measure" => only = true,
            "--test" => test = true,
            other => {
                eprintln!("`{other}` is no option; see models/tagger/README.md");
                std::process::exit(2);
            }
        }
    }
    if !data.join("pii/ner").is_dir() {
        eprintln!("no corpora below {}; name their folder with --data", data.display());
        std::process::exit(1);
    }
    let corpora = corpora::read(&data);
    let origins = templates::Origins::read(&text.join("names-by-origin.tsv"));
    let filler = Filler::new(&data, &text, &origins);
    if !only {
        let weights = train(&data, &text, &corpora, &origins, &filler, epochs);
        let bytes = weights.write();
        std::fs::write(&out, &bytes).unwrap_or_else(|error| panic!("{}: {error}", out.display()));
        println!("{} features, {} bytes", weights.features(), bytes.len());
    }
    let bytes = std::fs::read(&out).unwrap_or_default();
    let weights = Weights::read(&bytes).unwrap_or_else(|error| panic!("{error}"));
    measure::all(&weights, &corpora, &text, &origins, &filler, test);
}

fn train(
    data: &Path,
    text: &Path,
    corpora: &corpora::Corpora,
    origins: &templates::Origins,
    filler: &Filler,
    epochs: usize,
) -> Weights {
    let lists = lists(data, corpora, origins);
    let everyday = corpora::everyday(data, &lists);
    let generated: Vec<Example> = templates::examples(text, false);
    println!(
        "training on {} marked sentences, {} templates and {} everyday sentences marked by the lists",
        corpora.train.len(),
        generated.len(),
        everyday.len()
    );
    let mut learner = Learner::new();
    let mut chance = Chance::new(20_261_126);
    for epoch in 0..epochs {
        let mut lines: Vec<Vec<&Example>> = Vec::new();
        let mut at = 0;
        while at < corpora.train.len() {
            let take = 1 + chance.below(3).min(chance.below(3));
            lines.push(corpora.train[at..(at + take).min(corpora.train.len())].iter().collect());
            at += take;
        }
        for _ in 0..4 {
            lines.extend(generated.iter().map(|example| vec![example]));
        }
        lines.extend(everyday.iter().filter(|_| chance.share(0.12)).map(|example| vec![example]));
        for i in (1..lines.len()).rev() {
            lines.swap(i, chance.below(i + 1));
        }
        let rate = 0.25 * (1.0 - 0.9 * epoch as f32 / epochs as f32);
        let (mut loss, mut count) = (0.0, 0_usize);
        for line in &lines {
            let (mut text, spans) = laid_out(line, filler, &mut chance);
            // Text without capitals, or all in capitals, is read too.
            let case = chance.below(100);
            if case < 3 {
                let lower = text.to_lowercase();
                if lower.len() == text.len() {
                    text = lower;
                }
            } else if case < 5 {
                let upper = text.to_uppercase();
                if upper.len() == text.len() {
                    text = upper;
                }
            }
            let found = words(&text);
            let labels = labels(&found, &spans);
            let given = features(&text, &found, &lists, |_| chance.share(0.2));
            loss += learner.learn(&given, &labels, rate);
            count += found.len();
        }
        learner.shrink(0.01);
        println!("epoch {:2}: {count} words, loss {:.4} a word", epoch + 1, loss / count as f64);
    }
    Weights::new(lists, learner.steps, &learner.kept())
}

/// Per kind of name, used by `measure`.
pub type ByKind<T> = BTreeMap<usize, T>;

/// The label's kind as the library names it.
pub fn kind_of(index: usize) -> Kind {
    Kind::ALL[index]
}

/// What the tagger finds with the thresholds of the service.
pub fn found(text: &str, weights: &Weights) -> Vec<urval_tagger::Name> {
    names(text, weights, urval_tagger::THRESHOLDS, &mut urval_tagger::Memory::default())
}
