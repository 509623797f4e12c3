//! The word lists of this folder as one tree of words: a single look-up a word tells everything that
//! is known of it. It judges nothing.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use super::Kind;

/// How a word reveals something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Something one has: tells only of the one who has it.
    Noun,
    /// What one is: tells only of the one who is it.
    Label,
    /// Tells of the writer, unless it is said of others or of work.
    State,
    /// What one does or did: tells only of the one who is its subject.
    Verb,
    /// Says by itself of whom it tells: "mitt fackförbund".
    Outright,
    /// The label of a line, which tells with what follows the colon.
    Heading,
}

/// What an organisation stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Realm {
    Politics,
    Union,
    Belief,
    Orientation,
    Ethnicity,
    Health,
    Sport,
    Military,
    Temperance,
}

/// How a word names an organisation or a role in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// The name itself.
    Fixed,
    /// A name that is an ordinary word as well.
    Doubtful,
    /// A noun that says which sort of organisation it is.
    Noun,
    /// A role that tells what the organisation is.
    Role,
    /// Military service.
    Service,
    /// The letter of a party, told in parentheses.
    Letter,
    /// "facklig" before a role.
    Cue,
}

/// Sets of words, as bits of [`Entry::class`].
pub(super) mod class {
    macro_rules! classes {
        ($($(#[$doc:meta])* $name:ident = $label:literal;)*) => {
            classes!(@bits 0u32; $($(#[$doc])* $name,)*);
            /// The heading of each set in the files.
            pub(in super::super) const ALL: &[(&str, u128)] = &[$(($label, $name),)*];
        };
        (@bits $at:expr; $(#[$doc:meta])* $name:ident, $($rest:tt)*) => {
            $(#[$doc])* pub(in super::super) const $name: u128 = 1 << ($at);
            classes!(@bits $at + 1; $($rest)*);
        };
        (@bits $at:expr;) => {};
    }
    classes! {
        SELF = "self";
        /// "jag", and "I" once the language is known.
        NOMINATIVE = "nominative";
        MY = "my";
        LIVED = "lived";
        OTHER = "other";
        FAMILY = "family";
        /// Words that are a subject other than the writer.
        IT = "it";
        HAVE = "have";
        BE = "be";
        DUTY = "duty";
        TOPIC = "topic";
        FILL = "fill";
        CAUSE = "cause";
        PREP = "prep";
        ABOUT = "about";
        CONJ = "conj";
        GLUE = "glue";
        REL = "rel";
        AS = "as";
        ROLE = "role";
        OFFICIAL = "official";
        NEGOTIATION = "negotiation";
        ENGLISH = "en";
        SWEDISH = "sv";
        BORN = "bornverb";
        /// Nouns that tell the origin with a place.
        ROOT = "rootnoun";
        CAME = "cameverb";
        /// "medborgare", with a country behind it.
        CITIZEN = "citizen";
        ORIGINALLY = "originally";
        ORIGIN_PREP = "originprep";
        ORIGIN = "origin";
        TONGUE = "tongue";
        NO_TONGUE = "notongue";
        /// The label of a line. Set by the headings of a kind.
        HEADING = "heading of a line";
        ABBREVIATION = "abbreviation";
        FUNCTION = "function";
        HOME = "home";
        VOTE = "vote";
        MEMBER = "member";
        ELECTED = "elected";
        SUB = "sub";
        AGAINST = "against";
        FROM = "from";
        FOR_WHOM = "forwhom";
        /// A label of a line behind which health is told: "Övrigt", "Uppehåll".
        PERSONAL = "personal";
        WITH = "with";
        NEGATION = "negation";
        ARTICLE = "article";
        SEEK = "seek";
        PLACE = "place";
        /// A place that is written small.
        ANYWHERE = "anywhere";
        PEOPLE = "people";
        HOME_PEOPLE = "homepeople";
        ADJECTIVE = "adjective";
        COMMON = "common";
        AFTER_CUE = "after cue";
        CLUB_LETTERS = "club letters";
        BRANCH = "branch";
        TAIL_PREP = "tail preposition";
        /// Counts only when written in capitals.
        CAPITALS = "capitals";
        /// Counts only with a capital letter.
        CAPITAL = "capital";
        /// Tells something in a Swedish sentence only.
        ONLY_SWEDISH = "swedish";
        /// A revelation that tells also when it stands alone on a line.
        SOLO = "alone";
        /// A noun that an unknown verb does not make a revelation: "jag tejpade rullstolar".
        STRICT = "strict";
        /// Counts only without a capital letter.
        SMALL = "small";
        /// "vi", which speaks of the writer where a team cannot be meant.
        WE = "we";
        /// What two people say of themselves: "vi väntar barn".
        COUPLE = "couple";
        /// Wrongs that have a ground: "kränkningar på grund av".
        HARM = "harm";
        /// When something was, which is no cause: "under".
        WHEN = "when";
        /// "lärde mig": what was before it is said to have made the writer what she is.
        TAUGHT = "taught";
        /// What an illness does to a life: "präglade".
        IMPACT = "impact";
        /// "leva med", "ha", "vara".
        INFINITIVE = "infinitive";
        /// "har", before another verb.
        AUXILIARY = "auxiliary";
        /// A noun that is a label as well: "spelberoende".
        EITHER = "either";
        /// A ground of discrimination, which tells something only of somebody: "etnicitet".
        GROUND = "ground";
        /// Who works for an organisation without being of it: "konsult".
        CONTRACT = "contract";
        /// "och", which joins two things that are said of the same.
        AND = "and";
        /// "medan", which begins a clause that may go without its subject: "while pregnant".
        WHILE = "while";
        /// "själv".
        MYSELF = "myself";
        /// "i bagaget".
        BAGGAGE = "baggage";
        /// "med" and "utan", which say what one does something with.
        CARRY = "carry";
        /// Tells only with a possessive: "min asylprocess".
        POSSESSED = "possessed";
        /// Tells more of what the sentence has revealed: "tabletter".
        TELLING = "telling";
        /// The label of a line of what one likes and belongs to.
        INTERESTS = "interests";
        /// The label of a line that says how to reach the writer.
        CONTACT = "contact";
        /// "hemlig", behind such a label.
        VEILED = "veiled";
        /// Parts of the body, and what one cannot stand or cannot leave: "allergisk mot nötter".
        BODY = "body";
        /// People of one's work, whom "mina" makes no kin: "mina elever".
        CLIENTS = "clients";
        /// "arbetar", which says no more than that one works.
        WORKS = "works";
        /// A house where people are sheltered, told of oneself only by who lives there.
        SHELTER = "shelter";
        /// "under" in English, which says no time.
        UNDER = "under";
        /// To live somewhere.
        DWELL = "dwell";
        /// "kan", before the verb that says what.
        MODAL = "modal";
        /// What is taken against an illness: "medicin mot".
        REMEDY = "remedy";
        /// "vilket": what a sentence adds about what it said.
        WHICH = "which";
        /// Less than full time, for a reason that is one's own.
        LESS = "less";
        /// What one is convicted of.
        CRIME = "crime";
        /// One person without a role: "en man".
        ONE = "one person";
        /// A label that counts only where nothing follows that it could be part of.
        BARE = "bare";
        LANGUAGE = "language";
        /// The unit holds a number. Set when a text is read.
        NUMBER = "number";
        /// The unit stands for something that was taken out already. Set when a text is read.
        MASK = "mask";
    }
}

/// What is known of a word or of a phrase that ends here.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry {
    /// Bits of [`class`].
    pub(super) class: u128,
    /// What it reveals.
    pub(super) trigger: Option<(Kind, Mode)>,
    /// What it names.
    pub(super) naming: Option<(Naming, Realm)>,
    /// Whether a longer phrase goes on from here.
    pub(super) goes_on: bool,
}

/// A quick hash: the keys are the words of fixed lists, and nobody gains by making them collide.
#[derive(Default)]
struct Quick(u64);

impl Hasher for Quick {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let word = chunk.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte));
            self.write_u64(word);
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(u64::from(byte));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

type Table<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;

/// The tree: node 0 stands for every unknown word.
pub(super) struct Lexicon {
    words: Table<Box<str>, u32>,
    next: Table<(u32, u32), u32>,
    nodes: Vec<Entry>,
    /// How many of the nodes come from the files as they are written.
    written: usize,
    /// The node of "jag".
    writer: u32,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::load);

/// The word lists.
pub(super) fn lexicon() -> &'static Lexicon {
    &LEXICON
}

impl Lexicon {
    /// The node of a word in lower case; 0 where it is unknown.
    pub(super) fn word(&self, lower: &str) -> u32 {
        self.words.get(lower).copied().unwrap_or_default()
    }

    /// Every word with what is known of it when it stands alone.
    pub(super) fn single_words(&self) -> impl Iterator<Item = (&str, Entry)> {
        self.words.iter().map(|(word, node)| (&**word, self.entry(*node)))
    }

    /// The node of "jag".
    pub(super) fn writer(&self) -> u32 {
        self.writer
    }

    /// The node of the phrase `node` with one word more.
    pub(super) fn step(&self, node: u32, word: u32) -> Option<u32> {
        self.next.get(&(node, word)).copied()
    }

    /// What is known of the word or phrase.
    pub(super) fn entry(&self, node: u32) -> Entry {
        self.nodes.get(node as usize).copied().unwrap_or_default()
    }

    fn load() -> Self {
        let mut lexicon = Self {
            words: Table::default(),
            next: Table::default(),
            nodes: vec![Entry::default()],
            written: 0,
            writer: 0,
        };
        let files = [
            include_str!("around.txt"),
            include_str!("revealing.txt"),
            include_str!("phrases.txt"),
            include_str!("places.txt"),
            include_str!("bodies.txt"),
        ];
        // Twice: spellings that lost their marks must not take the place of other words.
        for unmarked in [false, true] {
            for file in files {
                lexicon.read(file, unmarked);
            }
            if !unmarked {
                lexicon.written = lexicon.nodes.len();
            }
        }
        lexicon.writer = lexicon.word("jag");
        lexicon
    }

    fn read(&mut self, file: &str, unmarked: bool) {
        let mut entry = Entry::default();
        let mut title = String::new();
        let mut lists: HashMap<String, Vec<String>> = HashMap::new();
        for line in file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(heading) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                heading.clone_into(&mut title);
                entry = heading_entry(heading);
                continue;
            }
            for phrase in line.split(',').map(str::trim).filter(|phrase| !phrase.is_empty()) {
                if entry.naming.is_none() && entry.trigger.is_none() && entry.class == 0 {
                    lists.entry(title.clone()).or_default().extend(spellings(phrase));
                } else {
                    for spelling in spellings(phrase) {
                        self.add(&spelling, entry, unmarked);
                    }
                }
            }
        }
        for (realm, first, last) in
            [(Realm::Sport, "sport", "sport ending"), (Realm::Health, "patient", "patient ending")]
        {
            let (Some(heads), Some(endings)) = (lists.get(first), lists.get(last)) else { continue };
            let entry = Entry { naming: Some((Naming::Noun, realm)), ..Entry::default() };
            for head in heads {
                for ending in endings {
                    self.add(&format!("{head}{ending}"), entry, unmarked);
                }
            }
        }
    }

    fn add(&mut self, phrase: &str, entry: Entry, unmarked: bool) {
        let phrase = if unmarked {
            let plain: String = phrase.chars().map(without_mark).collect();
            if plain == phrase || self.is_known(&plain) {
                return;
            }
            plain
        } else {
            phrase.to_owned()
        };
        let mut node: Option<u32> = None;
        for word in phrase.split(' ').filter(|word| !word.is_empty()) {
            let id = match self.words.get(word) {
                Some(id) => *id,
                None => {
                    let id = self.fresh();
                    self.words.insert(word.into(), id);
                    id
                }
            };
            node = Some(match node {
                None => id,
                Some(before) => {
                    if let Some(known) = self.step(before, id) {
                        known
                    } else {
                        let new = self.fresh();
                        self.next.insert((before, id), new);
                        if let Some(before) = self.nodes.get_mut(before as usize) {
                            before.goes_on = true;
                        }
                        new
                    }
                }
            });
        }
        // "hemma talar vi" and "min tro" say themselves whose they are.
        let owned = entry.trigger.is_some()
            && phrase.contains(' ')
            && phrase.split(' ').any(|word| {
                ["min", "mina", "mitt", "my", "our", "vår", "vårt", "mig", "vi", "we", "jag"].contains(&word)
            });
        if let Some(known) = node.and_then(|node| self.nodes.get_mut(node as usize)) {
            // A Swede writes "turk", an Englishman "Turk".
            let people = class::PEOPLE | class::CAPITAL;
            let small = known.class & people == class::PEOPLE || entry.class == class::PEOPLE;
            known.class |= entry.class | if owned { class::MY } else { 0 };
            if small && entry.class & class::PEOPLE != 0 {
                known.class &= !class::CAPITAL;
            }
            known.trigger = known.trigger.or(entry.trigger);
            known.naming = known.naming.or(entry.naming);
        }
    }

    /// Whether the phrase is in the lists as it stands and means something.
    fn is_known(&self, phrase: &str) -> bool {
        let mut words = phrase.split(' ').map(|word| self.word(word));
        let Some(first) = words.next() else { return true };
        let last = words.try_fold(first, |node, word| self.step(node, word));
        last.filter(|node| (*node as usize) < self.written)
            .map(|node| self.entry(node))
            .is_some_and(|entry| entry.class != 0 || entry.trigger.is_some() || entry.naming.is_some())
    }

    fn fresh(&mut self) -> u32 {
        let id = u32::try_from(self.nodes.len()).unwrap_or_default();
        self.nodes.push(Entry::default());
        id
    }
}

fn without_mark(c: char) -> char {
    match c {
        'å' | 'ä' | 'á' | 'à' | 'ã' => 'a',
        'ö' | 'ó' => 'o',
        'é' => 'e',
        'ü' => 'u',
        'í' => 'i',
        _ => c,
    }
}

/// What a heading of the files says of the entries below it.
fn heading_entry(heading: &str) -> Entry {
    let mut entry = Entry::default();
    if let Some((_, bit)) = class::ALL.iter().find(|(label, _)| *label == heading) {
        entry.class = *bit;
        return entry;
    }
    let Some((first, second)) = heading.split_once(' ') else { return entry };
    let kind = Kind::ALL.iter().find(|kind| kind.rule().strip_prefix("special.") == Some(first));
    let mode = match second {
        "noun" | "solo" | "strict" => Some(Mode::Noun),
        "label" => Some(Mode::Label),
        "state" => Some(Mode::State),
        "verb" => Some(Mode::Verb),
        "outright" => Some(Mode::Outright),
        "heading" => Some(Mode::Heading),
        _ => None,
    };
    if let (Some(kind), Some(mode)) = (kind, mode) {
        entry.trigger = Some((*kind, mode));
        entry.class = match second {
            "solo" => class::SOLO,
            "strict" => class::SOLO | class::STRICT,
            "heading" => class::HEADING,
            _ => 0,
        };
        return entry;
    }
    if heading == "people capital" {
        entry.class = class::PEOPLE | class::CAPITAL;
        return entry;
    }
    let naming = match first {
        "body" => Naming::Fixed,
        "doubtful" => Naming::Doubtful,
        "noun" | "named" => Naming::Noun,
        "reveal" => Naming::Role,
        "service" => Naming::Service,
        "party" => Naming::Letter,
        "cue" => Naming::Cue,
        _ => return entry,
    };
    let realm = match second {
        "politics" | "letter" => Realm::Politics,
        "union" => Realm::Union,
        "belief" | "scouts" => Realm::Belief,
        "orientation" => Realm::Orientation,
        "ethnicity" => Realm::Ethnicity,
        "health" => Realm::Health,
        "sport" => Realm::Sport,
        "military" => Realm::Military,
        "temperance" => Realm::Temperance,
        _ => return entry,
    };
    entry.naming = Some((naming, realm));
    entry
}

/// All spellings of an entry with `(a|b|)` in it.
fn spellings(entry: &str) -> Vec<String> {
    let Some((head, rest)) = entry.split_once('(') else { return vec![entry.to_owned()] };
    let Some((choices, tail)) = rest.split_once(')') else { return vec![entry.to_owned()] };
    let tails = spellings(tail);
    choices
        .split('|')
        .flat_map(|choice| tails.iter().map(move |tail| format!("{head}{choice}{tail}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_heading_of_the_files_says_something() {
        for file in [
            include_str!("around.txt"),
            include_str!("revealing.txt"),
            include_str!("phrases.txt"),
            include_str!("places.txt"),
            include_str!("bodies.txt"),
        ] {
            for heading in file.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']')) {
                let entry = heading_entry(heading);
                let joined = ["sport", "sport ending", "patient", "patient ending"].contains(&heading);
                assert!(
                    joined || entry.class != 0 || entry.trigger.is_some() || entry.naming.is_some(),
                    "{heading}"
                );
            }
            for line in file.lines().filter(|line| !line.starts_with(['#', '['])) {
                assert_eq!(line.matches('(').count(), line.matches(')').count(), "{line}");
                assert_eq!(line, line.to_lowercase());
            }
        }
    }

    #[test]
    fn a_spelling_without_marks_is_known_but_takes_no_other_word() {
        let lexicon = lexicon();
        assert!(lexicon.entry(lexicon.word("fodd")).class & class::BORN != 0);
        assert!(lexicon.entry(lexicon.word("for")).class & class::ENGLISH == 0);
        assert_eq!(spellings("a(b|) c(d|e)"), ["ab cd", "ab ce", "a cd", "a ce"]);
    }
}
