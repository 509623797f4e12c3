//! Measures the tagger as the service uses it: recall and precision a kind, entities that are wholly
//! covered, words outside any name that were covered, and recall by the origin of the name.

use std::path::Path;

use urval_tagger::words::words;
use urval_tagger::{Weights, words::Word};

use crate::corpora::{Corpora, Example, Piece};
use crate::templates::{Filler, Origins, examples};
use crate::{Chance, found};

#[derive(Default, Clone, Copy)]
struct Count {
    entities: usize,
    /// Every word of it lies in a found name of any kind.
    covered: usize,
    /// … of the same kind.
    same: usize,
}

#[derive(Default)]
struct Result {
    kinds: [Count; 3],
    /// Found words of each kind, and those that lie in an entity of the same, of any kind.
    found: [usize; 3],
    right: [usize; 3],
    named: [usize; 3],
    outside: usize,
    outside_covered: usize,
}

fn share(part: usize, of: usize) -> f64 {
    if of == 0 { 1.0 } else { part as f64 / of as f64 }
}

fn look(text: &str, spans: &[(usize, usize, usize)], weights: &Weights, into: &mut Result) {
    let names = found(text, weights);
    let all = words(text);
    let kind_at = |word: &Word| {
        names.iter().find(|n| n.start <= word.start && word.end <= n.end).map(|n| n.kind as usize)
    };
    let letters = |word: &&Word| text[word.start..word.end].contains(char::is_alphanumeric);
    for (start, end, kind) in spans {
        let inside: Vec<Option<usize>> =
            all.iter().filter(|w| w.start < *end && w.end > *start).filter(letters).map(kind_at).collect();
        if inside.is_empty() {
            continue;
        }
        let count = &mut into.kinds[*kind];
        count.entities += 1;
        count.covered += usize::from(inside.iter().all(Option::is_some));
        count.same += usize::from(inside.iter().all(|found| *found == Some(*kind)));
    }
    for word in all.iter().filter(letters) {
        let gold = spans.iter().find(|s| s.0 < word.end && s.1 > word.start).map(|s| s.2);
        let got = kind_at(word);
        if let Some(got) = got {
            into.found[got] += 1;
            into.right[got] += usize::from(gold == Some(got));
            into.named[got] += usize::from(gold.is_some());
        }
        if gold.is_none() {
            into.outside += 1;
            into.outside_covered += usize::from(got.is_some());
        }
    }
}

fn print(name: &str, result: &Result) {
    println!("{name}");
    for (index, kind) in ["person", "organisation", "place"].iter().enumerate() {
        let count = result.kinds[index];
        println!(
            "  {kind:<13} {:5} names: covered {:.4}, as {kind} {:.4}; of found words right kind {:.4}, any name {:.4}",
            count.entities,
            share(count.covered, count.entities),
            share(count.same, count.entities),
            share(result.right[index], result.found[index]),
            share(result.named[index], result.found[index]),
        );
    }
    let found: usize = result.found.iter().sum();
    println!(
        "  words outside names that were covered: {:.4}; precision of covering {:.4}",
        share(result.outside_covered, result.outside),
        share(result.named.iter().sum(), found)
    );
}

fn flat(example: &Example) -> (String, Vec<(usize, usize, usize)>) {
    let mut text = String::new();
    let mut spans = Vec::new();
    for piece in &example.pieces {
        match piece {
            Piece::Plain(plain) => text.push_str(plain),
            Piece::Marked(kind, name) => {
                spans.push((text.len(), text.len() + name.len(), *kind));
                text.push_str(name);
            }
            Piece::Slot(..) => {}
        }
    }
    (text, spans)
}

fn filled(
    example: &Example,
    names: &(Vec<&str>, Vec<&str>),
    filler: &Filler,
    chance: &mut Chance,
) -> (String, Vec<(usize, usize, usize)>) {
    let mut text = String::new();
    let mut spans = Vec::new();
    for piece in &example.pieces {
        match piece {
            Piece::Plain(plain) => text.push_str(plain),
            Piece::Marked(..) => {}
            Piece::Slot(kind, form) => {
                let value = filler.fill_for_test(*kind, form, names, chance);
                spans.push((text.len(), text.len() + value.len(), *kind));
                text.push_str(&value);
            }
        }
    }
    (text, spans)
}

pub fn all(
    weights: &Weights,
    corpora: &Corpora,
    text: &Path,
    origins: &Origins,
    filler: &Filler,
    test: bool,
) {
    for part in corpora.parts.iter().filter(|part| part.development || test) {
        let mut result = Result::default();
        for sentence in &part.sentences {
            let (text, spans) = flat(sentence);
            look(&text, &spans, weights, &mut result);
        }
        print(part.name, &result);
    }
    if !test {
        return;
    }
    let templates = examples(text, true);
    let mut whole = Result::default();
    let mut lines = Vec::new();
    for origin in origins.origins() {
        let names = origins.of(&origin, true);
        // The same chance for every origin: the same text around other names.
        let mut chance = Chance::new(7);
        let mut result = Result::default();
        for template in &templates {
            let (text, spans) = filled(template, &names, filler, &mut chance);
            look(&text, &spans, weights, &mut result);
            look(&text, &spans, weights, &mut whole);
        }
        let count = result.kinds[0];
        lines.push((share(count.covered, count.entities), origin, count.entities));
    }
    print("Applications from templates never trained on, names never trained on, all origins", &whole);
    lines.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (recall, origin, entities) in &lines {
        println!("  {origin:<26} {entities:5} person names: covered {recall:.4}");
    }
    if let (Some(least), Some(swedish)) = (lines.first(), lines.iter().find(|line| line.1 == "swedish")) {
        println!(
            "  gap between Swedish names and the worst origin: {:.2} percentage points",
            100.0 * (swedish.0 - least.0)
        );
    }
}
