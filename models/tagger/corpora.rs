//! Reads the corpora with marked names and cuts them into what is trained on and what is not.

use std::collections::HashMap;
use std::path::Path;

use urval_tagger::lists::{Lists, Sort};
use urval_tagger::words::words;

/// A piece of a sentence. Kinds: 0 person, 1 organisation, 2 place.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Words without a name.
    Plain(String),
    /// A name that stands in the corpus.
    Marked(usize, String),
    /// A place for a generated name of this form.
    Slot(usize, String),
}

/// A sentence.
#[derive(Clone, Debug, Default)]
pub struct Example {
    pub pieces: Vec<Piece>,
    /// Names may be exchanged for others of the same kind.
    pub augment: bool,
}

/// Sentences of one test or development part, by its name.
pub struct Part {
    pub name: &'static str,
    /// Looked at while the tagger was built, for thresholds; not the test.
    pub development: bool,
    pub sentences: Vec<Example>,
}

#[derive(Default)]
pub struct Corpora {
    pub train: Vec<Example>,
    pub parts: Vec<Part>,
    /// How often each word stands in lower case in running text.
    pub plain: HashMap<String, u32>,
}

pub fn column(path: &Path, index: usize) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .skip(1)
        .filter_map(|line| line.split(',').nth(index))
        .map(|cell| cell.trim_matches('"').trim().to_owned())
        .filter(|cell| cell.chars().count() > 1)
        .collect()
}

pub fn csv_counts(path: &Path) -> Vec<(String, u32)> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .skip(1)
        .filter_map(|line| line.rsplit_once(','))
        .filter_map(|(name, count)| Some((name.trim_matches('"').to_owned(), count.parse().ok()?)))
        .collect()
}

/// Words with the kind of name they belong to and whether they begin it.
type Sentence = Vec<(String, Option<usize>, bool)>;

/// Sentences of (word, kind, begins) from columns parted by tabs: `word TAG`, or numbered as in
/// Universal NER. A tag without `B-` goes on with the name before it.
fn sentences(path: &Path) -> Vec<(bool, Sentence)> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut out = Vec::new();
    let mut now: Sentence = Vec::new();
    let (mut document, mut starts) = (false, false);
    for line in text.lines().chain([""]) {
        if line.starts_with('#') && line.contains(" = ") {
            document |= line.starts_with("# newdoc");
            continue;
        }
        let cells: Vec<&str> = line.split('\t').collect();
        let (word, tag) = match cells.as_slice() {
            [word, tag] => (*word, *tag),
            [_, word, tag, ..] => (*word, *tag),
            _ => {
                if !now.is_empty() {
                    out.push((std::mem::replace(&mut starts, false), std::mem::take(&mut now)));
                }
                continue;
            }
        };
        starts |= std::mem::take(&mut document);
        let bare = tag.trim_start_matches("B-").trim_start_matches("I-");
        let kind = ["PER", "ORG", "LOC"].iter().position(|name| *name == bare);
        let before = now.last().and_then(|last| last.1);
        let begins = tag.starts_with("B-") || before != kind;
        let word: String = word.chars().filter(|c| *c != '\u{AD}').collect();
        now.push((word, kind, begins));
    }
    out
}

fn example(words: &[(String, Option<usize>, bool)]) -> Example {
    let mut pieces: Vec<Piece> = Vec::new();
    for (index, (word, kind, begins)) in words.iter().enumerate() {
        match (kind, pieces.last_mut()) {
            (Some(_), Some(Piece::Marked(_, name))) if !begins => {
                name.push(' ');
                name.push_str(word);
            }
            (Some(kind), _) => {
                if index > 0 {
                    pieces.push(Piece::Plain(" ".into()));
                }
                pieces.push(Piece::Marked(*kind, word.clone()));
            }
            (None, Some(Piece::Plain(plain))) => {
                plain.push(' ');
                plain.push_str(word);
            }
            (None, Some(_)) => pieces.push(Piece::Plain(format!(" {word}"))),
            (None, None) => pieces.push(Piece::Plain(word.clone())),
        }
    }
    // "a " + name: one space only.
    Example { pieces, augment: true }
}

pub fn read(data: &Path) -> Corpora {
    let mut out = Corpora::default();
    let ner = data.join("pii/ner");
    let mut plain = |text: &str| {
        for word in text.split(|c: char| !c.is_alphabetic()) {
            if word.starts_with(char::is_lowercase) {
                *out.plain.entry(word.to_owned()).or_default() += 1;
            }
        }
    };
    let news = sentences(&ner.join("klintan/train_corpus.txt"));
    let (train_to, develop_to) = (news.len() * 72 / 100, news.len() * 85 / 100);
    let prose = sentences(&ner.join("uner-swedish-talbanken/sv_talbanken-ud-train.iob2"));
    let prose_dev = sentences(&ner.join("uner-swedish-talbanken/sv_talbanken-ud-dev.iob2"));
    let web = sentences(&ner.join("uner-english-ewt/en_ewt-ud-dev.iob2"));
    // Whole documents, because names go on within one: of every ten, six to train on, two for development,
    // two for the test.
    let mut web_parts: [Vec<(bool, Sentence)>; 3] = Default::default();
    let mut document = 0;
    for sentence in web {
        document += usize::from(sentence.0);
        let part = match document % 10 {
            0 | 2 | 3 | 5 | 7 | 8 => 0,
            4 | 9 => 1,
            _ => 2,
        };
        web_parts[part].push(sentence);
    }
    let [web_train, web_develop, web_test] = web_parts;
    for (_, words) in news[..train_to].iter().chain(&prose).chain(&web_train) {
        for (word, kind, _) in words {
            if kind.is_none() {
                plain(word);
            }
        }
    }
    plain(&std::fs::read_to_string(data.join("parallel/tatoeba_sv_en.tsv")).unwrap_or_default());
    plain(&unpacked(&data.join("parallel/sv_en.tsv.gz")));
    let examples = |from: &[(bool, Sentence)]| -> Vec<Example> {
        from.iter().map(|(_, words)| example(words)).collect()
    };
    // The English part is small: it is seen eight times an epoch, with other names each time.
    out.train = examples(&news[..train_to]);
    out.train.extend(examples(&prose));
    for _ in 0..8 {
        out.train.extend(examples(&web_train));
    }
    out.parts = vec![
        Part {
            name: "Swedish news, development",
            development: true,
            sentences: examples(&news[train_to..develop_to]),
        },
        Part { name: "English web, development", development: true, sentences: examples(&web_develop) },
        Part { name: "Swedish news, test", development: false, sentences: examples(&news[develop_to..]) },
        Part { name: "Swedish prose (Talbanken), test", development: false, sentences: examples(&prose_dev) },
        Part { name: "English web, test", development: false, sentences: examples(&web_test) },
    ];
    out
}

/// The text of a file packed with gzip, by Debian's own program.
fn unpacked(path: &Path) -> String {
    let output = std::process::Command::new("gzip").arg("-dc").arg(path).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}

/// Everyday sentences and product texts in both languages whose names the lists alone can mark: a
/// sentence with a capitalised word that they do not know for certain is left out.
pub fn everyday(data: &Path, lists: &Lists) -> Vec<Example> {
    let mut out = Vec::new();
    let pairs = std::fs::read_to_string(data.join("parallel/tatoeba_sv_en.tsv")).unwrap_or_default();
    let product = unpacked(&data.join("parallel/sv_en.tsv.gz"));
    let product = product.lines().step_by(9);
    for (line, names) in pairs.lines().map(|line| (line, true)).chain(product.map(|line| (line, false))) {
        for cell in line.split('\t').filter(|cell| cell.len() > 8 && cell.len() < 400) {
            if let Some(example) = marked_by_lists(cell, lists, names) {
                out.push(example);
            }
        }
    }
    out
}

fn marked_by_lists(text: &str, lists: &Lists, names: bool) -> Option<Example> {
    let all = words(text);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut from = 0;
    for (index, word) in all.iter().enumerate() {
        let cut = text.get(word.start..word.end)?;
        if !cut.starts_with(char::is_uppercase) {
            continue;
        }
        let lower = cut.to_lowercase();
        let sort = lists.sort(&lower).0;
        let plain = (sort & Sort::PLAIN) >> 4;
        let opens = index == 0
            || all
                .get(index - 1)
                .is_some_and(|w| text[w.start..w.end].contains(['.', '!', '?', '"', '”', ':']));
        let is = |bits: u16| sort & bits != 0;
        let pronoun = lower == "i" || lower.starts_with("i'") || lower.starts_with("i’");
        let nation = is(Sort::NATION) && !is(Sort::GIVEN | Sort::TOWN | Sort::COUNTRY);
        let kind = if pronoun || opens && plain >= 2 || nation {
            None
        } else if sort & Sort::GIVEN >= 2 && plain == 0 && !is(Sort::TOWN | Sort::COUNTRY) {
            Some(0)
        } else if is(Sort::TOWN | Sort::COUNTRY) && !is(Sort::GIVEN) && plain == 0 {
            Some(2)
        } else if plain < 2 || is(Sort::GIVEN | Sort::TOWN | Sort::COUNTRY) {
            return None;
        } else {
            None
        };
        let Some(kind) = kind else { continue };
        if !names && kind == 0 {
            return None;
        }
        pieces.push(Piece::Plain(text.get(from..word.start)?.to_owned()));
        pieces.push(Piece::Marked(kind, cut.to_owned()));
        from = word.end;
    }
    pieces.push(Piece::Plain(text.get(from..)?.to_owned()));
    Some(Example { pieces, augment: true })
}
