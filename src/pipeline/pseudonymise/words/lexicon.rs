//! The words that open a rule, read from `forms.txt` and `words.txt`. It knows no text and no context.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

/// Gives each class its bit and its name in the word lists.
macro_rules! classes {
    ($($constant:ident = $bit:literal, $name:literal;)*) => {
        $(pub(super) const $constant: u32 = 1 << $bit;)*
        const CLASSES: &[(&str, u32)] = &[$(($name, $constant)),*];
    };
}

classes! {
    PRONOUN = 0, "pronoun";
    PARENT = 1, "parent";
    PARTNER = 2, "partner";
    SIBLING = 3, "sibling";
    RELATIVE = 4, "relative";
    CHILD = 5, "child";
    FAMILY = 6, "family";
    STATUS = 7, "status";
    PERSON = 8, "person";
    GENDER = 9, "gender";
    TITLE = 10, "title";
    ROLE = 11, "role";
    TEAM = 12, "team";
    TEAM_NOUN = 13, "team noun";
    OWNER = 14, "owner";
    TRAINER = 15, "trainer";
    LEAVE = 16, "leave";
    GAP = 17, "gap";
    AWAY = 18, "away";
    NATIVE = 19, "native";
    LANGUAGE = 20, "language";
    HOME = 21, "home";
    LABEL = 22, "label";
    PAY = 23, "pay";
    CLASS = 24, "class";
}

/// What must stand beside a word before it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing: the word says it alone.
    Nothing,
    /// A possessive or an article, because the word means something else too or is said of clients.
    Company,
    /// The applicant as the one of whom it is said.
    Oneself,
}

/// What is known of a word.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its classes, one bit each.
    pub(super) classes: u32,
    /// What must stand beside it.
    pub(super) needs: Needs,
    /// Which of its forms it is: 0 indefinite, 1 definite, 2 plural, 3 definite plural.
    pub(super) form: usize,
    /// Whether the word is an English one.
    pub(super) english: bool,
    /// What stands in its place in a Swedish text, without brackets.
    pub(super) swedish_text: String,
    /// The same in an English text.
    pub(super) english_text: String,
}

/// A pair of words for both languages.
pub(super) type Pair = (&'static str, &'static str);

// What stands in the place of words that have no text of their own in `forms.txt`.

/// Children, civil status and the class of the home.
pub(super) const FAMILY_TEXT: Pair = ("familj", "family");
/// The same in the genitive.
pub(super) const FAMILY_GENITIVE: Pair = ("familjs", "family");
/// `min kille`.
pub(super) const PARTNER_TEXT: Pair = ("partner", "partner");
/// `mother-in-law`.
pub(super) const RELATIVE_TEXT: Pair = ("släkting", "relative");
/// `som kvinna`.
pub(super) const PERSON_TEXT: Pair = ("person", "person");
/// `enda killen`.
pub(super) const PERSON_DEFINITE: Pair = ("personen", "person");
/// `kvinnlig`.
pub(super) const GENDER_TEXT: Pair = ("kön", "gender");
/// `Herr`.
pub(super) const TITLE_TEXT: Pair = ("titel", "title");
/// `F12`.
pub(super) const TEAM_TEXT: Pair = ("lag", "team");
/// Leave and times without work.
pub(super) const LEAVE_TEXT: Pair = ("uppehåll", "break");
/// The level that a mother tongue becomes.
pub(super) const FLUENT_TEXT: Pair = ("flytande", "fluent");
/// Of a language that somebody says not to have grown up with: it is neither raised nor lowered.
pub(super) const LANGUAGE_TEXT: Pair = ("språk", "language");
/// Homes.
pub(super) const PLACE_TEXT: Pair = ("ort", "place");
/// Pay.
pub(super) const PAY_TEXT: Pair = ("lön", "pay");

const FIXED: [Pair; 14] = [
    FAMILY_TEXT,
    FAMILY_GENITIVE,
    PARTNER_TEXT,
    RELATIVE_TEXT,
    PERSON_TEXT,
    PERSON_DEFINITE,
    GENDER_TEXT,
    TITLE_TEXT,
    TEAM_TEXT,
    LEAVE_TEXT,
    FLUENT_TEXT,
    LANGUAGE_TEXT,
    PLACE_TEXT,
    PAY_TEXT,
];

/// First parts of the words for a parent of a number of children.
const HOW_MANY: [&str; 10] = [
    "ettbarns",
    "enbarns",
    "tvåbarns",
    "trebarns",
    "fyrabarns",
    "fembarns",
    "sexbarns",
    "flerbarns",
    "småbarns",
    "tonårs",
];
/// Their last parts.
const PARENTS: [&str; 16] = [
    "mor",
    "mamma",
    "mamman",
    "morsa",
    "morsan",
    "moder",
    "modern",
    "far",
    "pappa",
    "pappan",
    "farsa",
    "farsan",
    "fader",
    "fadern",
    "förälder",
    "föräldern",
];

/// Ends of compounds that tell the sex of whoever calls himself or herself so: `skånetjej`.
const PERSON_ENDS: [&str; 5] = ["tjej", "kille", "kvinna", "flicka", "pojke"];
const TRAINER_ENDS: [&str; 2] = ["tränare", "tränaren"];

/// The longest word in the lists, in bytes; longer ones need no look-up.
const WORD_BYTES_MAX: usize = 32;

struct Lexicon {
    words: HashMap<String, Entry>,
    person: Entry,
    trainer: Entry,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(read);

static PLACEHOLDERS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| placeholders().into_iter().collect());

/// What is known of a word in lower case.
pub(super) fn entry(word: &str) -> Option<&'static Entry> {
    if word.len() <= WORD_BYTES_MAX
        && let Some(entry) = LEXICON.words.get(word)
    {
        return Some(entry);
    }
    // Few words end in these letters, so that the ends need not be compared for most.
    match word.as_bytes().last() {
        Some(b'j' | b'e' | b'a')
            if PERSON_ENDS.iter().any(|end| word.len() > end.len() && word.ends_with(end)) =>
        {
            Some(&LEXICON.person)
        }
        Some(b'e' | b'n') if TRAINER_ENDS.iter().any(|end| word.ends_with(end)) => Some(&LEXICON.trainer),
        _ => None,
    }
}

/// Everything that can stand in the place of a word, both languages, without brackets.
pub(super) fn placeholders() -> Vec<&'static str> {
    let written = LEXICON.words.values().flat_map(|e| [e.swedish_text.as_str(), e.english_text.as_str()]);
    let fixed = FIXED.iter().flat_map(|(swedish, english)| [*swedish, *english]);
    let all: BTreeSet<&'static str> = written.chain(fixed).filter(|text| !text.is_empty()).collect();
    all.into_iter().collect()
}

/// Whether `text` can stand between the brackets of a placeholder of this module.
pub(super) fn is_placeholder(text: &str) -> bool {
    PLACEHOLDERS.contains(text)
}

/// Whether words of the class have forms, and their own words in their place.
fn inflects(class: u32) -> bool {
    class & (PRONOUN | PARENT | PARTNER | SIBLING | RELATIVE | ROLE | TEAM) != 0
}

fn class_named(name: &str) -> u32 {
    CLASSES.iter().find(|(known, _)| *known == name).map_or(0, |(_, bit)| *bit)
}

fn plain(class: u32) -> Entry {
    Entry {
        classes: class,
        needs: Needs::Nothing,
        form: 0,
        english: false,
        swedish_text: String::new(),
        english_text: String::new(),
    }
}

fn read() -> Lexicon {
    let mut words = HashMap::new();
    let mut head = Head::default();
    for line in lines(include_str!("forms.txt")) {
        if let Some(text) = line.strip_prefix("== ") {
            head = Head::read(text);
        } else {
            head.row(line, &mut words);
        }
    }
    for line in lines(include_str!("words.txt")) {
        if let Some((name, list)) = line.split_once(':') {
            for word in list.split_whitespace() {
                add(&mut words, word, plain(class_named(name)));
            }
        }
    }
    for first in HOW_MANY {
        for last in PARENTS {
            add(&mut words, &format!("{first}{last}"), plain(FAMILY));
            add(&mut words, &format!("{first}{last}s"), plain(FAMILY));
        }
    }
    Lexicon { words, person: plain(PERSON), trainer: plain(TRAINER) }
}

fn lines(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("# ") && *line != "#")
}

/// A word may belong to several classes; its own text comes from the first that has one.
fn add(words: &mut HashMap<String, Entry>, word: &str, entry: Entry) {
    match words.get_mut(word) {
        None => {
            words.insert(word.to_owned(), entry);
        }
        Some(known) => {
            if known.swedish_text.is_empty() && !entry.swedish_text.is_empty() {
                known.swedish_text = entry.swedish_text;
                known.english_text = entry.english_text;
                known.needs = entry.needs;
                known.form = entry.form;
            }
            known.classes |= entry.classes;
        }
    }
}

/// The head of a block of `forms.txt`.
#[derive(Default)]
struct Head {
    class: u32,
    swedish: Vec<String>,
    english: Vec<String>,
}

impl Head {
    fn read(text: &str) -> Self {
        let (first, english) = text.split_once('|').unwrap_or((text, ""));
        let mut first = first.split_whitespace();
        let class = class_named(first.next().unwrap_or_default());
        let spaced = |word: &str| word.replace('_', " ");
        Self {
            class,
            swedish: first.map(spaced).collect(),
            english: english.split_whitespace().map(spaced).collect(),
        }
    }

    /// The text for a form, in Swedish and English. English has one form for definite and indefinite.
    fn text(&self, form: usize) -> (String, String) {
        let pick = |forms: &[String], at: usize| forms.get(at).or(forms.last()).cloned().unwrap_or_default();
        (pick(&self.swedish, form), pick(&self.english, form / 2))
    }

    fn row(&self, line: &str, words: &mut HashMap<String, Entry>) {
        if let Some(list) = line.strip_prefix("en:") {
            for (index, word) in list.split_whitespace().enumerate() {
                let class = if self.class == TEAM { TEAM_NOUN } else { self.class };
                self.put(word, index * 2, class, true, words);
            }
        } else if let Some(list) = line.strip_prefix("x:") {
            for first in list.split_whitespace() {
                for (form, last) in self.swedish.iter().enumerate() {
                    self.put(&format!("{first}{last}"), form, self.class, false, words);
                }
            }
        } else {
            for (form, word) in line.split_whitespace().enumerate() {
                self.put(word, form, self.class, false, words);
            }
        }
    }

    fn put(&self, signed: &str, form: usize, class: u32, english: bool, words: &mut HashMap<String, Entry>) {
        let word = signed.trim_end_matches(['?', '%']);
        if word == "-" {
            return;
        }
        let needs = match signed.chars().next_back() {
            Some('?') => Needs::Company,
            Some('%') => Needs::Oneself,
            _ => Needs::Nothing,
        };
        let (swedish_text, english_text) =
            if inflects(self.class) { self.text(form) } else { (String::new(), String::new()) };
        let entry = |swedish_text, english_text: String| Entry {
            classes: class,
            needs,
            form,
            english,
            swedish_text,
            english_text,
        };
        // A genitive has its own ending. Of persons in a role of their own there is none that tells more.
        let has_genitive = !english
            && (inflects(class) && class != PRONOUN || class & (CHILD | FAMILY) != 0)
            && !word.ends_with('s');
        if has_genitive {
            let text = if swedish_text.is_empty() || swedish_text.ends_with('s') {
                swedish_text.clone()
            } else {
                format!("{swedish_text}s")
            };
            add(words, &format!("{word}s"), entry(text, english_text.clone()));
        }
        add(words, word, entry(swedish_text, english_text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_word_lists_names_a_class_that_a_rule_knows() {
        for line in lines(include_str!("words.txt")) {
            let name = line.split_once(':').map(|(name, _)| name).unwrap_or_default();
            assert_ne!(class_named(name), 0, "{line}");
        }
        for line in lines(include_str!("forms.txt")).filter_map(|line| line.strip_prefix("== ")) {
            assert_ne!(Head::read(line).class, 0, "{line}");
        }
    }

    #[test]
    fn every_word_is_in_lower_case_and_short_enough_to_be_looked_up() {
        for word in LEXICON.words.keys() {
            assert_eq!(*word, word.to_lowercase());
            assert!(word.len() <= WORD_BYTES_MAX, "{word}");
        }
    }

    #[test]
    fn a_word_with_forms_has_a_text_in_both_languages() {
        for (word, entry) in &LEXICON.words {
            assert_eq!(entry.swedish_text.is_empty(), entry.english_text.is_empty(), "{word}");
            assert!(
                entry.classes & (PRONOUN | PARENT | SIBLING | RELATIVE | ROLE | TEAM) == 0
                    || !entry.swedish_text.is_empty(),
                "{word}"
            );
        }
    }
}
