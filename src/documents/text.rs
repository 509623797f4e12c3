//! Letters and lines: what the readers give is made into one line of plain letters.
//!
//! Letters are composed (Unicode Standard Annex 15, NFC), and folded only where a reader sees the same letter
//! in another dress: ligatures, wide letters, mathematical letters. `½`, `²` and `™` stay, since NFKC would
//! change what they say. What has no width, steers the direction of writing or tags is dropped, and letters of
//! other scripts that pass for Latin become Latin (a small part of Unicode Technical Standard 39, kept here).
//! Lines are joined at the hyphens that a typesetter put in, and not at those that the writer did; the
//! document's own words decide before any rule does.
//!
//! All of it takes time linear in the text.

use crate::Trick;
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Longer words than this are neither learned nor looked up, in characters.
const WORD: usize = 64;

/// Joins the lines of one document, and counts the tricks that were played with its letters.
#[derive(Debug, Default)]
pub(crate) struct Mender {
    /// Words in small letters, and how often they stand inside a line.
    words: HashMap<String, u32>,
    /// The same of two parts of a word with a hyphen between them.
    hyphened: HashMap<String, u32>,
    swedish: u32,
    english: u32,
    tally: Tally,
}

/// How many characters each trick took.
#[derive(Debug, Default)]
struct Tally {
    zero_width: u32,
    homoglyph: u32,
    direction: u32,
    tags: u32,
    styled: u32,
}

/// What becomes of a hyphen at the end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hyphen {
    /// It was put there to divide a word.
    Dropped,
    /// It belongs to the word, which goes on.
    Kept,
    /// It stands for a part that comes later ("för- och nackdelar"), or is a dash.
    Spaced,
}

impl Mender {
    /// Knows no words yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Takes in the words of a piece, so that a later [`mend`](Self::mend) knows how this writer spells.
    /// Words that stand at a hyphen at the end of a line tell nothing and are left out.
    pub(crate) fn learn(&mut self, text: &str) {
        let text = scrub(text, &mut Tally::default());
        let mut divided = false;
        for line in text.split('\n') {
            let dividing = line.ends_with('-');
            let mut tokens = line.split(|c: char| !in_word(c) && c != '-').peekable();
            let mut first = true;
            while let Some(token) = tokens.next() {
                let skip_first = first && divided;
                let skip_last = dividing && tokens.peek().is_none();
                first = false;
                self.learn_token(token, skip_first, skip_last);
            }
            divided = dividing;
        }
    }

    fn learn_token(&mut self, token: &str, skip_first: bool, skip_last: bool) {
        let parts = token.split('-').filter(|part| !part.is_empty());
        let count = parts.clone().count();
        let mut before: Option<String> = None;
        for (at, part) in parts.enumerate() {
            if (skip_first && at == 0) || (skip_last && at + 1 == count) || part.chars().count() > WORD {
                before = None;
                continue;
            }
            let part = part.to_lowercase();
            match part.as_str() {
                "och" | "att" | "som" | "jag" | "är" | "för" | "på" => {
                    self.swedish = self.swedish.saturating_add(1);
                }
                "and" | "the" | "of" | "my" | "with" | "is" | "to" => {
                    self.english = self.english.saturating_add(1);
                }
                _ => {}
            }
            if let Some(before) = before {
                add_one(&mut self.hyphened, format!("{before}-{part}"));
            }
            add_one(&mut self.words, part.clone());
            before = Some(part);
        }
    }

    /// The lines of one piece as one line: NFC, single spaces, no control characters, at most three times the
    /// bytes that went in. Mending it again changes nothing.
    pub(crate) fn mend(&mut self, lines: &str) -> String {
        let text = scrub(lines, &mut self.tally);
        let mut joined = String::with_capacity(text.len());
        let mut before = "";
        for line in text.split('\n').filter(|line| !line.is_empty()) {
            if !before.is_empty() {
                // "2023–" and "2025" are one span of years.
                let span = before.ends_with('–')
                    && before.chars().rev().nth(1).is_some_and(|c| c.is_ascii_digit())
                    && line.starts_with(|c: char| c.is_ascii_digit());
                match self.hyphen(before, line) {
                    _ if span => {}
                    Some(Hyphen::Dropped) => {
                        joined.pop();
                    }
                    Some(Hyphen::Kept) => {}
                    Some(Hyphen::Spaced) | None => joined.push(' '),
                }
            }
            joined.push_str(line);
            before = line;
        }
        latin_where_it_passes(&joined, &mut self.tally.homoglyph).nfc().collect()
    }

    /// The tricks that were found in everything that was mended, and how many characters each.
    pub(crate) fn tricks(&self) -> Vec<(Trick, u32)> {
        [
            (Trick::ZeroWidth, self.tally.zero_width),
            (Trick::Homoglyph, self.tally.homoglyph),
            (Trick::Direction, self.tally.direction),
            (Trick::Tags, self.tally.tags),
            (Trick::Styled, self.tally.styled),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .collect()
    }

    /// What the hyphen at the end of `line` is, before `next`; nothing when there is none.
    fn hyphen(&self, line: &str, next: &str) -> Option<Hyphen> {
        let stem = line.strip_suffix('-')?;
        if !stem.chars().next_back().is_some_and(in_word) {
            return Some(Hyphen::Spaced);
        }
        let first = next.chars().next()?;
        if !first.is_alphanumeric() {
            // "in-/utlämning" is one word; "- (" and "- »" are not.
            return Some(if first == '/' { Hyphen::Kept } else { Hyphen::Spaced });
        }
        let next_run: String = next.chars().take(WORD).take_while(|c| *c != ' ').collect();
        if is_address(&tail(stem, |c| c != ' ')) || next_run.contains('@') {
            return Some(Hyphen::Kept);
        }
        let before: String = tail(stem, |c| in_word(c) || c == '-');
        let after: String = next.chars().take(WORD).take_while(|c| in_word(*c)).collect();
        let (whole, last) = match before.rsplit_once('-') {
            Some((whole, last)) => (Some(whole), last),
            None => (None, before.as_str()),
        };
        let (low, low_after) = (last.to_lowercase(), after.to_lowercase());
        let key = format!("{low}-{low_after}");
        let hyphened = self.hyphened.get(&key).copied().unwrap_or(0);
        let together = self.words.get(&format!("{low}{low_after}")).copied().unwrap_or(0);

        if self.suspends(&low_after, next) && together == 0 {
            return Some(Hyphen::Spaced);
        }
        if hyphened > 0 || together > 0 {
            // The writer's own spelling decides; a hyphen wins a tie, since losing one loses a word.
            return Some(if hyphened >= together { Hyphen::Kept } else { Hyphen::Dropped });
        }
        let real = !first.is_lowercase()
            || !stem.chars().next_back().is_some_and(|c| c.is_alphabetic() || is_combining_mark(c))
            || last.chars().filter(|c| c.is_alphabetic()).count() == 1
            || has_marks_of_a_name(last)
            || has_marks_of_a_name(&after)
            || !low.chars().any(is_vowel)
            || KEEP_AFTER.contains(&low.as_str())
            || KEPT.contains(&key.as_str())
            || whole.is_some() && LINKS.contains(&low.as_str())
            || low == "self" && !matches!(low_after.as_str(), "ish" | "ishness" | "less" | "lessness");
        Some(if real { Hyphen::Kept } else { Hyphen::Dropped })
    }

    /// Whether the next line begins with a word that lets the hyphen stand for a later part.
    fn suspends(&self, after: &str, next: &str) -> bool {
        // "flick-" and "or." is a word and its ending, not "flick- or": the conjunction stands alone.
        if next.get(after.len()..).and_then(|rest| rest.chars().next()).is_some_and(|c| c != ' ') {
            return false;
        }
        match after {
            "och" | "eller" | "samt" | "respektive" | "resp" => true,
            // Endings of Swedish words too, so only where the text is not Swedish.
            "and" | "or" => self.swedish <= self.english,
            _ => false,
        }
    }
}

fn add_one(counts: &mut HashMap<String, u32>, word: String) {
    let count = counts.entry(word).or_insert(0);
    *count = count.saturating_add(1);
}

/// Prefixes and short forms that keep their hyphen, in Swedish and English. Not "ex" and not "co": "ex-amen",
/// "ex-perience" and "co-ordinate" are divided there far more often.
const KEEP_AFTER: [&str; 17] = [
    "icke", "non", "well", "cross", "it", "ai", "sfi", "api", "usb", "dna", "lia", "ekg", "ui", "ux", "gis",
    "erp", "seo",
];

/// Words that are written with their hyphen, in small letters.
const KEPT: [&str; 22] = [
    "part-time",
    "full-time",
    "long-term",
    "short-term",
    "hands-on",
    "follow-up",
    "start-up",
    "on-site",
    "problem-solving",
    "decision-making",
    "co-worker",
    "co-workers",
    "drop-in",
    "high-level",
    "low-code",
    "real-time",
    "front-end",
    "back-end",
    "open-source",
    "end-user",
    "vice-ordförande",
    "team-building",
];

/// Small words inside a chain of hyphens: "up-to-date", "step-by-step", "face-to-face".
const LINKS: [&str; 12] = ["to", "of", "the", "by", "in", "and", "on", "och", "i", "a", "at", "for"];

/// Digits, or capitals that are not the first letter alone: "IT", "B2B", "mp3".
fn has_marks_of_a_name(part: &str) -> bool {
    part.chars().any(char::is_numeric) || part.chars().skip(1).any(char::is_uppercase)
}

/// A syllable has one; letters outside Latin are taken for one, since nothing is known of them.
fn is_vowel(c: char) -> bool {
    "aeiouyåäöæøáàâãéèêëíìîïóòôõúùûüý".contains(c) || !is_latin(c)
}

/// Whether this is the beginning of an address of the web or of mail, whose hyphens are all real.
fn is_address(run: &str) -> bool {
    run.contains('@')
        || run.contains("://")
        || run.starts_with("www.")
        || run.contains('.') && run.contains('/')
}

/// The longest end of `text` of characters that `belong`, at most [`WORD`].
fn tail(text: &str, belong: impl Fn(char) -> bool) -> String {
    let mut run: Vec<char> = text.chars().rev().take(WORD).take_while(|c| belong(*c)).collect();
    run.reverse();
    run.into_iter().collect()
}

/// How many words: runs of letters and digits, with the marks on them.
pub(crate) fn words(text: &str) -> u32 {
    let (mut count, mut inside) = (0_u32, false);
    for c in text.chars() {
        let letter = c.is_alphanumeric() || inside && is_combining_mark(c);
        if letter && !inside {
            count = count.saturating_add(1);
        }
        inside = letter;
    }
    count
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// Takes out what has no mark on the page, and leaves lines of NFC text with single spaces and a line feed
/// between them. A soft hyphen at the end of a line has been printed and becomes a hyphen.
fn scrub(text: &str, tally: &mut Tally) -> String {
    let mut scrubber = Scrubber { out: String::with_capacity(text.len()), ..Scrubber::new(tally) };
    for c in text.chars() {
        scrubber.take(c);
    }
    let mut out = scrubber.out;
    if out.ends_with('\n') {
        out.pop();
    }
    if unicode_normalization::is_nfc(&out) { out } else { out.nfc().collect() }
}

struct Scrubber<'a> {
    out: String,
    /// The last character that was given, or a line feed.
    last: char,
    /// A space is due before the next character.
    space: bool,
    /// A soft hyphen stands right behind the last character.
    soft: bool,
    /// Characters without width since the last character.
    zero_width: u32,
    /// Tags that may still follow a black flag: the flags of England, Scotland and Wales.
    flag: u32,
    tally: &'a mut Tally,
}

impl<'a> Scrubber<'a> {
    fn new(tally: &'a mut Tally) -> Self {
        Self { out: String::new(), last: '\n', space: false, soft: false, zero_width: 0, flag: 0, tally }
    }

    fn take(&mut self, c: char) {
        match c {
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => self.line_feed(),
            '\u{ad}' => self.soft |= !self.space,
            '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{180e}' => {
                self.zero_width = self.zero_width.saturating_add(1);
            }
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                self.tally.direction = self.tally.direction.saturating_add(1);
            }
            '\u{e0000}'..='\u{e007f}' if self.flag > 0 => self.flag -= 1,
            '\u{e0000}'..='\u{e007f}' => self.tally.tags = self.tally.tags.saturating_add(1),
            // Variants of ideographs are read; on other letters these can only carry a message.
            '\u{e0100}'..='\u{e01ef}' => {
                if !is_ideograph(self.last) {
                    self.tally.tags = self.tally.tags.saturating_add(1);
                }
            }
            // Marks of a direction alone are among these: telephones and calendars leave them behind, so they
            // are no trick.
            '\u{200e}'
            | '\u{200f}'
            | '\u{61c}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{180b}'..='\u{180d}'
            | '\u{180f}'
            | '\u{34f}'
            | '\u{2065}'
            | '\u{206a}'..='\u{206f}'
            | '\u{fff0}'..='\u{fffc}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0080}'..='\u{e00ff}'
            | '\u{e01f0}'..='\u{e0fff}' => {}
            // Hangul fillers and the empty braille cell print nothing, and take the width of a letter.
            '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}' => self.space = true,
            c if c.is_whitespace() || c.is_control() => self.space = true,
            '\u{2010}' | '\u{2011}' => self.give('-'),
            c => self.give_plain(c),
        }
    }

    /// Gives a character in its plain dress.
    fn give_plain(&mut self, c: char) {
        let plain = match u32::from(c) {
            // The wide forms lie in the order of ASCII.
            code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0),
            // Small capitals and old-style figures in fonts of Adobe's private use.
            code @ (0xf730..=0xf739 | 0xf761..=0xf77a) => {
                char::from_u32(code - 0xf700).map(|plain| plain.to_ascii_uppercase())
            }
            code @ (0xf7e0..=0xf7f6 | 0xf7f8..=0xf7fe) => char::from_u32(code - 0xf720),
            // The bullet of the font Symbol.
            0xf0b7 => Some('•'),
            _ => small_capital(c),
        };
        if let Some(plain) = plain {
            if plain.is_alphanumeric() && !('\u{f700}'..='\u{f7ff}').contains(&c) {
                self.tally.styled = self.tally.styled.saturating_add(1);
            }
            self.give(plain);
        } else if ('\u{fb00}'..='\u{fb06}').contains(&c) {
            // Ligatures are the typesetter's, not a trick.
            decompose_compatible(c, |plain| self.give(plain));
        } else if is_mathematical(c) {
            self.tally.styled = self.tally.styled.saturating_add(1);
            decompose_compatible(c, |plain| self.give(plain));
        } else {
            self.give(c);
        }
    }

    fn give(&mut self, c: char) {
        if self.space && self.last != '\n' {
            self.out.push(' ');
            self.last = ' ';
        }
        if self.zero_width > 0 && is_hidden_cut(self.last) && is_hidden_cut(c) {
            self.tally.zero_width = self.tally.zero_width.saturating_add(self.zero_width);
        }
        self.out.push(c);
        self.last = c;
        (self.space, self.soft, self.zero_width) = (false, false, 0);
        self.flag = if c == '\u{1f3f4}' { 7 } else { 0 };
    }

    fn line_feed(&mut self) {
        if self.soft && self.last.is_alphanumeric() {
            self.out.push('-');
        }
        if self.last != '\n' {
            self.out.push('\n');
            self.last = '\n';
        }
        (self.space, self.soft, self.zero_width, self.flag) = (false, false, 0, 0);
    }
}

/// A letter or digit of a script that does not itself write joiners and non-joiners, as Persian and Hindi do.
fn is_hidden_cut(c: char) -> bool {
    c.is_alphanumeric()
        && !matches!(u32::from(c), 0x600..=0xdff | 0x1000..=0x109f | 0x1780..=0x18af | 0xfb50..=0xfefc)
}

fn is_ideograph(c: char) -> bool {
    matches!(u32::from(c), 0x3400..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

/// Letters and digits of the mathematical block, and those letterlike signs that fill its holes.
fn is_mathematical(c: char) -> bool {
    matches!(c, '\u{1d400}'..='\u{1d7ff}' | 'ℂ' | 'ℊ'..='ℒ' | 'ℕ' | 'ℙ'..='ℝ' | 'ℤ' | 'ℨ' | 'ℬ' | 'ℭ' | 'ℯ'..='ℱ' | 'ℳ' | 'ℴ')
}

/// The letter that a small capital of the phonetic blocks stands for.
fn small_capital(c: char) -> Option<char> {
    const SMALL: &str = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ";
    const PLAIN: &str = "abcdefghijklmnoprstuvwyz";
    if c.is_ascii() {
        return None;
    }
    SMALL.chars().zip(PLAIN.chars()).find_map(|(small, plain)| (small == c).then_some(plain))
}

fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic()
        || c.is_alphabetic()
            && matches!(u32::from(c), 0xaa..=0x24f | 0x1e00..=0x1eff | 0x2c60..=0x2c7f | 0xa722..=0xa7ff)
}

/// Letters that pass for Latin ones, and what they pass for.
const LOOKALIKES: [(&str, &str); 5] = [
    // Cyrillic.
    ("аеорсухіјѕԁԛԝһӏкАВЕКМНОРСТУХІЈЅԚԜҮӀёїӓӧЁЇӒӦ", "aeopcyxijsdqwhlkABEKMHOPCTYXIJSQWYIëïäöËÏÄÖ"),
    // Greek capitals, and letters that no formula uses.
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϲϳόΆΈΌ", "ABEZHIKMNOPTYXCcjóÁÉÓ"),
    // Armenian and Cherokee.
    ("օսհոցՕՍᎪᏴᏟᎬᎻᎫᏦᏞᎷᎮᏒᏚᎢᏙᎳᏃ", "ouhngOUABCEHJKLMPRSTVWZ"),
    // Phonetic letters.
    ("ɑɡ", "ag"),
    // Roman numerals of one letter.
    ("ⅰⅴⅹⅼⅽⅾⅿⅠⅤⅩⅬⅭⅮⅯ", "ivxlcdmIVXLCDM"),
];

/// Greek small letters pass only beside small Latin ones: `TNFα` and `NFκB` are written so.
const GREEK_SMALL: (&str, &str) = ("αικνορτυχ", "aikvoptux");

fn looked_up(c: char, (from, to): (&str, &str)) -> Option<char> {
    from.chars().zip(to.chars()).find_map(|(other, latin)| (other == c).then_some(latin))
}

/// Makes letters Latin inside words that are otherwise Latin. A word all of another script stays as it is.
pub(crate) fn latin_where_it_passes(text: &str, count: &mut u32) -> String {
    if text.chars().all(|c| !c.is_alphabetic() || is_latin(c)) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut word: Vec<char> = Vec::new();
    for c in text.chars() {
        if in_word(c) {
            word.push(c);
        } else {
            make_latin(&mut word, count);
            out.extend(word.drain(..));
            out.push(c);
        }
    }
    make_latin(&mut word, count);
    out.extend(word);
    out
}

fn make_latin(word: &mut [char], count: &mut u32) {
    let latin = word.iter().filter(|c| is_latin(**c)).count();
    let foreign = word.iter().filter(|c| c.is_alphabetic() && !is_latin(**c) && !is_combining_mark(**c));
    let (mut passing, mut plainly) = (0, 0);
    for c in foreign {
        let passes = LOOKALIKES.iter().chain([&GREEK_SMALL]).any(|table| looked_up(*c, *table).is_some());
        if passes { passing += 1 } else { plainly += 1 }
    }
    // With letters that only the other script has, the word must be mostly Latin; without, one Latin letter
    // shows the mixture, since nobody writes a word in two scripts.
    if passing == 0 || latin == 0 || plainly > 0 && latin < passing + plainly {
        return;
    }
    for c in word.iter_mut() {
        if let Some(latin) = LOOKALIKES.iter().find_map(|table| looked_up(*c, *table)) {
            *c = latin;
            *count = count.saturating_add(1);
        }
    }
    // There and back, so that a run of Greek letters turns from whichever side touches Latin.
    let mut beside = false;
    for c in word.iter_mut() {
        beside = pass_beside(c, beside, count);
    }
    beside = false;
    for c in word.iter_mut().rev() {
        beside = pass_beside(c, beside, count);
    }
}

/// Turns a Greek small letter when it stands beside a small Latin one; tells whether this is one now.
fn pass_beside(c: &mut char, beside: bool, count: &mut u32) -> bool {
    if beside && let Some(latin) = looked_up(*c, GREEK_SMALL) {
        *c = latin;
        *count = count.saturating_add(1);
    }
    is_latin(*c) && c.is_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mended(text: &str) -> String {
        let mut mender = Mender::new();
        mender.learn(text);
        mender.mend(text)
    }

    fn tricks_of(text: &str) -> (String, Vec<(Trick, u32)>) {
        let mut mender = Mender::new();
        let plain = mender.mend(text);
        (plain, mender.tricks())
    }

    #[test]
    fn a_word_divided_by_the_typesetter_is_joined() {
        for (text, whole) in [
            ("god kommuni-\nkation med", "god kommunikation med"),
            ("arbetslivs-\nerfarenhet", "arbetslivserfarenhet"),
            ("kommuni\u{ad}\nkation", "kommunikation"),
            ("kommuni\u{2010}\nkation", "kommunikation"),
            ("kommuni\u{2011} \n  kation", "kommunikation"),
            ("Kommuni-\r\nkation", "Kommunikation"),
            ("ex-\namen från uni-\nversitetet", "examen från universitetet"),
            ("work ex-\nperience", "work experience"),
            ("själv-\nständig", "självständig"),
            ("IT-kommuni-\nkation", "IT-kommunikation"),
            ("res\u{ad}ten av or\u{ad}det", "resten av ordet"),
            ("selfless and self-\nless", "selfless and selfless"),
            ("kom-\nmuni-\nkation", "kommunikation"),
            ("sko\u{308}-\ntare", "skötare"),
        ] {
            assert_eq!(mended(text), whole);
        }
    }

    #[test]
    fn a_span_of_years_over_two_lines_is_one() {
        let mut mender = Mender::default();
        assert_eq!(
            mender.mend("Masterprogram, 2023–\n2025. Och –\n2 till"),
            "Masterprogram, 2023–2025. Och – 2 till"
        );
    }

    #[test]
    fn a_hyphen_of_the_writer_is_kept() {
        for (text, whole) in [
            ("våra e-\ntjänster", "våra e-tjänster"),
            ("IT-\nstöd", "IT-stöd"),
            ("it-\nstöd", "it-stöd"),
            ("hr-\navdelning", "hr-avdelning"),
            ("B-\nkörkort", "B-körkort"),
            ("för-\noch nackdelar", "för- och nackdelar"),
            ("in-\neller utpassering", "in- eller utpassering"),
            ("mån-\nsamt tisdagar", "mån- samt tisdagar"),
            ("pre-\nand post-processing", "pre- and post-processing"),
            ("Anna-\nKarin", "Anna-Karin"),
            ("2010-\n2015", "2010-2015"),
            ("covid-\n19", "covid-19"),
            ("icke-\nrökare", "icke-rökare"),
            ("self-\ntaught", "self-taught"),
            ("part-\ntime", "part-time"),
            ("up-to-\ndate", "up-to-date"),
            ("2010 -\nnu", "2010 - nu"),
            ("slut –\nstart", "slut – start"),
            ("a --\nb", "a -- b"),
            ("in-\n/utlämning", "in-/utlämning"),
            ("https://example.com/anna-\nlind", "https://example.com/anna-lind"),
            ("anna.berg-\nlind@example.com", "anna.berg-lind@example.com"),
            ("mp3-\nspelare", "mp3-spelare"),
            ("utveckling-\n", "utveckling-"),
        ] {
            assert_eq!(mended(text), whole);
        }
    }

    #[test]
    fn the_writers_own_spelling_decides_before_any_rule() {
        let mut mender = Mender::new();
        mender.learn("våra e-tjänster och webb-appen, där epost läses");
        assert_eq!(mender.mend("webb-\nappen"), "webb-appen");
        assert_eq!(mender.mend("e-\npost"), "epost");
        assert_eq!(mender.mend("WEBB-\nAPPEN"), "WEBB-APPEN");
        mender.learn("arbetslivserfarenhet och flickor");
        assert_eq!(mender.mend("ARBETSLIVS-\nERFARENHET"), "ARBETSLIVSERFARENHET");
        assert_eq!(mender.mend("flick-\nor som"), "flickor som");
    }

    #[test]
    fn what_stands_at_the_end_of_a_line_teaches_nothing() {
        let mut mender = Mender::new();
        mender.learn("kommuni-\nkation");
        assert_eq!(mender.mend("kommuni-\nkation"), "kommunikation");
        assert!(mender.words.is_empty(), "{:?}", mender.words);
    }

    #[test]
    fn endings_that_are_english_conjunctions_join_in_a_swedish_text() {
        assert_eq!(mended("Jag är en av de flick-\nor som och"), "Jag är en av de flickor som och");
        assert_eq!(mended("short-\nor long texts of mine"), "short- or long texts of mine");
    }

    #[test]
    fn lines_are_joined_by_one_space_and_spaces_are_one() {
        assert_eq!(mended("  en\u{a0}\u{2003}rad \n\n\t till\u{0}\u{7}slut\n"), "en rad till slut");
    }

    #[test]
    fn letters_are_composed_and_signs_stay() {
        assert_eq!(mended("A\u{30a}sa O\u{308}berg"), "Åsa Öberg");
        assert_eq!(mended("½ m² ™ … № ﬁnansﬂöde ﬃ"), "½ m² ™ … № finansflöde ffi");
        assert_eq!(tricks_of("ﬁnans").1, []);
    }

    #[test]
    fn wide_and_mathematical_letters_are_made_plain_and_counted() {
        assert_eq!(tricks_of("Ｐｙｔｈｏｎ３！"), ("Python3!".into(), vec![(Trick::Styled, 7)]));
        assert_eq!(tricks_of("𝐄𝐱𝐩𝐞𝐫𝐭 𝓡 ℝ"), ("Expert R R".into(), vec![(Trick::Styled, 8)]));
        assert_eq!(tricks_of("ᴘʀᴏꜰɪʟ"), ("profil".into(), vec![(Trick::Styled, 6)]));
    }

    #[test]
    fn characters_without_width_are_dropped_and_counted_inside_words_only() {
        assert_eq!(tricks_of("ex\u{200b}pe\u{2060}rt"), ("expert".into(), vec![(Trick::ZeroWidth, 2)]));
        assert_eq!(tricks_of("\u{feff}en \u{200b}rad\u{200b}/\u{200b}till"), ("en rad/till".into(), vec![]));
        assert_eq!(tricks_of("👩\u{200d}💻 ❤\u{fe0f}"), ("👩💻 ❤".into(), vec![]));
        assert_eq!(tricks_of("می\u{200c}خواهم").1, []);
        assert_eq!(tricks_of("ord\u{ad}del").1, []);
    }

    #[test]
    fn controls_of_direction_and_tags_are_dropped_and_counted() {
        assert_eq!(tricks_of("a\u{202e}bc\u{202c}"), ("abc".into(), vec![(Trick::Direction, 2)]));
        assert_eq!(tricks_of("070\u{200e}-174 06 05").1, []);
        let smuggled: String = "hi".chars().filter_map(|c| char::from_u32(0xe0000 + u32::from(c))).collect();
        assert_eq!(tricks_of(&format!("ord{smuggled}")), ("ord".into(), vec![(Trick::Tags, 2)]));
        assert_eq!(tricks_of("🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}").1, []);
        assert_eq!(tricks_of("a\u{e0101}\u{e0102}").1, [(Trick::Tags, 2)]);
    }

    #[test]
    fn letters_that_pass_for_latin_become_latin_inside_latin_words() {
        assert_eq!(tricks_of("sоftwаrе"), ("software".into(), vec![(Trick::Homoglyph, 3)]));
        assert_eq!(tricks_of("ехреrt"), ("expert".into(), vec![(Trick::Homoglyph, 4)]));
        assert_eq!(tricks_of("cοde Ρython"), ("code Python".into(), vec![(Trick::Homoglyph, 2)]));
        assert_eq!(tricks_of("kӧrkоrt").0, "körkort");
        assert_eq!(tricks_of("se\u{301}k").0, "sék");
    }

    #[test]
    fn words_of_another_script_stay() {
        for text in [
            "Привет, мир",
            "сор и рос",
            "Ελληνικά",
            "TNFα och NFκB",
            "5 μm, 3 kΩ",
            "Java-разработчик",
            "日本語",
        ] {
            assert_eq!(tricks_of(text), (text.to_owned(), vec![]));
        }
    }

    #[test]
    fn tables_of_letters_are_of_equal_length() {
        for (from, to) in LOOKALIKES.iter().chain([&GREEK_SMALL]) {
            assert_eq!(from.chars().count(), to.chars().count(), "{from}");
            assert!(to.chars().all(is_latin) && !from.chars().any(is_latin), "{from}");
        }
        assert_eq!(small_capital('ᴢ'), Some('z'));
    }

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        assert_eq!(words(""), 0);
        assert_eq!(words("e-tjänster, 2015–2018; a\u{308}ro"), 5);
    }

    #[test]
    fn a_hostile_text_takes_linear_time() {
        for text in
            ["a-\n".repeat(150_000), "\u{ad} ".repeat(200_000), "-".repeat(400_000), "аb".repeat(200_000)]
        {
            let start = std::time::Instant::now();
            mended(&text);
            assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
        }
    }

    proptest! {
        #[test]
        fn mending_twice_changes_nothing_and_leaves_composed_text_without_controls(
            text in "(\\PC|[a-zåäöA-Z ]|[-\n\u{ad}\u{200b}\u{301}\u{308}αοсеТ𝐄ﬁ\u{202e}\u{0}\t]){0,80}"
        ) {
            let once = mended(&text);
            prop_assert!(unicode_normalization::is_nfc(&once));
            prop_assert!(!once.chars().any(char::is_control));
            prop_assert!(once.len() <= 4 * text.len());
            prop_assert!(!once.contains("  ") && once.trim() == once);
            prop_assert_eq!(mended(&once), once.clone());
            let (_, tricks) = tricks_of(&once);
            prop_assert!(tricks.is_empty(), "{:?}", tricks);
        }
    }
}
