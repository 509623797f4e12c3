//! A text as a row of words, each looked up once, and what the rules ask about the neighbourhood of a
//! word. Every question looks at a fixed number of words, so that a text is read in linear time.

use super::lexicon::{self, Entry};

/// How a word is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Lower,
    /// A capital and small letters, or one capital alone.
    Capital,
    /// Two or more capitals.
    Upper,
    /// Capitals among small letters.
    Mixed,
    Number,
    /// A place that is replaced already.
    Masked,
}

/// A word and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    /// First byte.
    pub(super) start: usize,
    /// The byte after the last one.
    pub(super) end: usize,
    /// How it is written.
    pub(super) shape: Shape,
    /// What is known of it.
    pub(super) entry: Option<&'static Entry>,
    /// Whether its line is written in capitals.
    capitals: bool,
    /// Whether it has grown together with a place that is replaced already.
    glued: bool,
}

/// The words of a text. All questions about a word that is not there are answered with no.
pub(super) struct Words<'a> {
    /// The text itself.
    pub(super) text: &'a str,
    /// Whether the replacements are English ones.
    pub(super) english: bool,
    tokens: Vec<Token>,
}

/// A found place: the words `first..=last`, the bytes `start..end`.
pub(super) struct Place {
    /// Its first word.
    pub(super) first: usize,
    /// Its last word.
    pub(super) last: usize,
    /// First byte.
    pub(super) start: usize,
    /// The byte after the last one.
    pub(super) end: usize,
}

/// The byte that stands for what is replaced already.
const MASK: char = '\u{1}';
/// The longest placeholder that is looked up, in bytes.
const PLACEHOLDER_BYTES_MAX: usize = 40;

const NUMBERS: &str = "\
    en ett två tre fyra fem sex sju åtta nio tio elva tolv flera många ena båda bägge inga a an one two \
    three four five six seven eight nine ten eleven twelve several both no couple ettåriga tvååriga \
    treåriga årig åriga old year";

impl<'a> Words<'a> {
    /// Reads a text in normal form.
    pub(super) fn new(text: &'a str, english: bool) -> Self {
        let mut words = Self { text, english, tokens: scan(text) };
        words.mark_lines_in_capitals();
        words
    }

    /// How many words there are.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The word with the number.
    pub(super) fn token(&self, i: usize) -> Option<&Token> {
        self.tokens.get(i)
    }

    /// What is known of the word.
    pub(super) fn entry(&self, i: usize) -> Option<&'static Entry> {
        self.token(i)?.entry
    }

    /// Its first byte, or the end of the text.
    pub(super) fn start(&self, i: usize) -> usize {
        self.token(i).map_or(self.text.len(), |t| t.start)
    }

    /// The byte after it, or the end of the text.
    pub(super) fn end(&self, i: usize) -> usize {
        self.token(i).map_or(self.text.len(), |t| t.end)
    }

    /// The word as it is written, unless it is replaced already.
    pub(super) fn word(&self, i: usize) -> Option<&'a str> {
        let token = self.token(i).filter(|t| t.shape != Shape::Masked)?;
        self.text.get(token.start..token.end)
    }

    /// The place of the words `first..=last`.
    pub(super) fn place(&self, first: usize, last: usize) -> Place {
        Place { first, last, start: self.start(first), end: self.end(last) }
    }

    /// Whether the word is one of the class.
    pub(super) fn has(&self, i: usize, class: u32) -> bool {
        self.entry(i).is_some_and(|e| e.classes & class != 0)
    }

    /// How it is written.
    pub(super) fn shape(&self, i: usize) -> Option<Shape> {
        self.token(i).map(|t| t.shape)
    }

    /// Whether it is a place that is replaced already.
    pub(super) fn masked(&self, i: usize) -> bool {
        self.shape(i) == Some(Shape::Masked)
    }

    /// Whether the words of the place hold nothing that is replaced already or grown together with it.
    pub(super) fn whole(&self, place: &Place) -> bool {
        (place.first..=place.last)
            .all(|i| self.token(i).is_some_and(|t| t.shape != Shape::Masked && !t.glued))
    }

    /// Whether the word is `word`, which is in lower case.
    pub(super) fn is(&self, i: usize, word: &str) -> bool {
        self.any(i, word)
    }

    /// Whether the word is one of `list`, words in lower case with a blank between.
    pub(super) fn any(&self, i: usize, list: &str) -> bool {
        let Some(own) = self.word(i) else { return false };
        match self.shape(i) {
            Some(Shape::Lower) => listed(list.as_bytes(), own.as_bytes()),
            // Only capitals beyond ASCII need their small letters looked up.
            _ if own.is_ascii() => listed(list.as_bytes(), own.as_bytes()),
            _ => listed(list.as_bytes(), own.to_lowercase().as_bytes()),
        }
    }

    /// What stands between the word and the one before it.
    pub(super) fn gap(&self, i: usize) -> &'a str {
        let from = match i.checked_sub(1) {
            Some(before) if before < self.len() => self.end(before),
            Some(_) => return "",
            None => 0,
        };
        self.text.get(from..self.start(i)).unwrap_or_default()
    }

    /// Whether nothing but a blank or one end of a line stands before the word, and a word before that.
    pub(super) fn close(&self, i: usize) -> bool {
        let gap = self.gap(i);
        i > 0
            && i < self.len()
            && !gap.is_empty()
            && gap.len() <= 8
            && gap.bytes().all(|b| matches!(b, b' ' | b'\n' | b'\t'))
            && gap.bytes().filter(|b| *b == b'\n').count() <= 1
    }

    /// Whether the word goes on in the sentence or the list of the word before it, on the same line.
    pub(super) fn listed(&self, i: usize) -> bool {
        let gap = self.gap(i);
        i > 0
            && i < self.len()
            && gap.len() <= 8
            && gap
                .chars()
                .all(|c| matches!(c, ' ' | '\t' | ',' | '/' | '(' | ')' | '&' | '-' | '–' | '+' | ':' | '='))
    }

    /// Whether what stands before the word is `mark` and blanks.
    pub(super) fn parted_by(&self, i: usize, mark: &str) -> bool {
        i > 0 && self.gap(i).trim_matches([' ', '\t']) == mark
    }

    /// Whether a hyphen joins the word to the one before it.
    pub(super) fn hyphen_before(&self, i: usize) -> bool {
        self.gap(i).ends_with('-') && !self.gap(i).ends_with(" -") && !self.gap(i).ends_with("\n-") && i > 0
    }

    /// Whether a hyphen joins the word to what comes after it.
    pub(super) fn hyphen_after(&self, i: usize) -> bool {
        self.gap(i + 1).starts_with('-') && !self.gap(i + 1).starts_with("- -")
    }

    /// Whether a line begins with the word, bullets aside.
    pub(super) fn opens_line(&self, i: usize) -> bool {
        let gap = self.gap(i);
        (i == 0 || gap.contains('\n'))
            && gap.rsplit('\n').next().is_some_and(|head| {
                head.chars()
                    .all(|c| matches!(c, ' ' | '\t' | '•' | '·' | '-' | '–' | '*' | '"' | '”' | '(' | '▪'))
            })
    }

    /// Whether a line ends after the word, a mark of punctuation aside.
    pub(super) fn closes_line(&self, i: usize) -> bool {
        let gap = self.gap(i + 1);
        let line = gap.split('\n').next().unwrap_or_default();
        (i + 1 >= self.len() || gap.contains('\n'))
            && line.chars().all(|c| matches!(c, ' ' | '\t' | '.' | ',' | ';'))
    }

    /// Whether a sentence, a line or a list item begins with the word.
    pub(super) fn opens_sentence(&self, i: usize) -> bool {
        i == 0
            || self.gap(i).contains(['.', '!', '?', ':', '\n', '•', '·', '–', '*', '|', ';', '…'])
            || self.gap(i).ends_with("- ")
    }

    /// Whether a mark of punctuation, the end of a line or of the text stands after the word.
    pub(super) fn stops_after(&self, i: usize) -> bool {
        i + 1 >= self.len() || self.gap(i + 1).contains(|c: char| !matches!(c, ' ' | '-' | '\'' | '’'))
    }

    /// Whether the word has capitals.
    pub(super) fn capital(&self, i: usize) -> bool {
        matches!(self.shape(i), Some(Shape::Capital | Shape::Upper | Shape::Mixed))
    }

    /// Whether the line of the word is written in capitals.
    pub(super) fn in_capitals(&self, i: usize) -> bool {
        self.token(i).is_some_and(|t| t.capitals)
    }

    /// Whether the word is written as ordinary words are, and not as a name or an abbreviation.
    pub(super) fn ordinary(&self, i: usize) -> bool {
        match self.shape(i) {
            Some(Shape::Lower | Shape::Capital) => true,
            Some(Shape::Upper) => self.in_capitals(i) || self.end(i) - self.start(i) > 4,
            _ => false,
        }
    }

    /// Whether the word is one of two capitalised words beside each other, as in a name.
    pub(super) fn in_name(&self, i: usize) -> bool {
        let beside = |j: usize| self.gap(j) == " ";
        self.shape(i) == Some(Shape::Capital)
            && !self.opens_sentence(i)
            && (beside(i) && self.capital(i.wrapping_sub(1)) && !self.opens_sentence(i.wrapping_sub(1))
                || beside(i + 1) && self.capital(i + 1))
    }

    /// Whether a word that denies stands among the few words before, in the same sentence.
    pub(super) fn denied(&self, i: usize) -> bool {
        let mut at = i;
        for _ in 0..5 {
            if at == 0 || !(self.close(at) || matches!(self.gap(at), "'" | "’" | "-")) {
                return false;
            }
            at -= 1;
            if self.any(at, "inte ej icke not isn aren non varken") {
                return true;
            }
        }
        false
    }

    /// A number in digits.
    pub(super) fn digits(&self, i: usize) -> bool {
        self.shape(i) == Some(Shape::Number)
    }

    /// A number in digits or as a word.
    pub(super) fn number(&self, i: usize) -> bool {
        self.digits(i) || self.any(i, NUMBERS)
    }

    /// The word of the pair for the language asked for.
    pub(super) fn pick(&self, pair: lexicon::Pair) -> &'static str {
        if self.english { pair.1 } else { pair.0 }
    }

    /// The text that stands in the place of the word, from the table of forms.
    pub(super) fn text_of(&self, entry: &'static Entry) -> &'static str {
        if self.english { &entry.english_text } else { &entry.swedish_text }
    }

    /// Makes each place one word that is replaced already, as a second reading will find it.
    pub(super) fn collapse(&mut self, places: impl Iterator<Item = (usize, usize, usize, usize)>) {
        let old = std::mem::take(&mut self.tokens);
        let mut new = Vec::with_capacity(old.len());
        let mut from = 0;
        for (first, last, start, end) in places {
            new.extend_from_slice(old.get(from..first).unwrap_or_default());
            new.push(Token { start, end, shape: Shape::Masked, entry: None, capitals: false, glued: false });
            from = last + 1;
        }
        new.extend_from_slice(old.get(from..).unwrap_or_default());
        self.tokens = new;
        self.mark_lines_in_capitals();
    }

    fn mark_lines_in_capitals(&mut self) {
        let mut first = 0;
        while first < self.tokens.len() {
            let mut next = first + 1;
            while next < self.tokens.len() && !self.gap(next).contains('\n') {
                next += 1;
            }
            let line = self.tokens.get_mut(first..next).unwrap_or_default();
            let small = line
                .iter()
                .any(|t| matches!(t.shape, Shape::Lower | Shape::Mixed | Shape::Capital) && !t.single());
            let words = line.iter().filter(|t| t.shape != Shape::Number).count();
            let capitals = !small && words > 2;
            line.iter_mut().for_each(|t| t.capitals = capitals);
            first = next;
        }
    }
}

impl Token {
    /// One letter, which is a capital in a line of capitals and at the head of a sentence alike.
    fn single(&self) -> bool {
        self.shape == Shape::Capital && self.end - self.start <= 2
    }
}

/// Whether `word` is one of the words of `list`, which have a blank between.
fn listed(list: &[u8], word: &[u8]) -> bool {
    let mut rest = list;
    loop {
        // The length is compared first: few words of a list are as long as this one.
        let as_long = rest.get(word.len()).is_none_or(|after| *after == b' ');
        if as_long && rest.get(..word.len()).is_some_and(|known| known.eq_ignore_ascii_case(word)) {
            return true;
        }
        match rest.iter().position(|b| *b == b' ').and_then(|blank| rest.get(blank + 1..)) {
            Some(next) => rest = next,
            None => return false,
        }
    }
}

fn in_word(c: char) -> bool {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => true,
        _ if c.is_ascii() => false,
        '\u{300}'..='\u{36F}' => true,
        _ => c.is_alphanumeric(),
    }
}

/// The placeholder of this module that begins with the bracket at `at`: its length in bytes.
fn placeholder(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at + 1..)?;
    let close = rest.bytes().take(PLACEHOLDER_BYTES_MAX).position(|b| b == b']')?;
    lexicon::is_placeholder(rest.get(..close)?).then_some(close + 2)
}

fn scan(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::with_capacity(text.len() / 6 + 1);
    let mut folded = String::with_capacity(64);
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if c == MASK {
            let mut end = start + 1;
            while chars.next_if(|(_, c)| *c == MASK).is_some() {
                end += 1;
            }
            push_masked(&mut tokens, start, end);
        } else if c == '[' {
            if let Some(bytes) = placeholder(text, start) {
                while chars.next_if(|(at, _)| *at < start + bytes).is_some() {}
                push_masked(&mut tokens, start, start + bytes);
            }
        } else if in_word(c) {
            folded.clear();
            let mut upper = 0;
            let mut lower = 0;
            let mut fold = |c: char| {
                if c.is_ascii() {
                    upper += usize::from(c.is_ascii_uppercase());
                    lower += usize::from(c.is_ascii_lowercase());
                    folded.push(c.to_ascii_lowercase());
                } else {
                    upper += usize::from(c.is_uppercase());
                    lower += usize::from(c.is_lowercase());
                    folded.extend(c.to_lowercase());
                }
            };
            fold(c);
            let mut end = start + c.len_utf8();
            while let Some((at, c)) = chars.next_if(|(_, c)| in_word(*c)) {
                fold(c);
                end = at + c.len_utf8();
            }
            let glued = tokens.last().is_some_and(|t| t.shape == Shape::Masked && t.end == start)
                || chars
                    .peek()
                    .is_some_and(|(at, c)| *c == MASK || *c == '[' && placeholder(text, *at).is_some());
            let shape = if c.is_ascii_digit() {
                Shape::Number
            } else if upper == 0 {
                Shape::Lower
            } else if upper == 1 && c.is_uppercase() {
                Shape::Capital
            } else if lower == 0 {
                Shape::Upper
            } else {
                Shape::Mixed
            };
            let entry = if glued { None } else { lexicon::entry(&folded) };
            tokens.push(Token { start, end, shape, entry, capitals: false, glued });
        }
    }
    tokens
}

fn push_masked(tokens: &mut Vec<Token>, start: usize, end: usize) {
    // What has grown together with a replaced place is no word of its own.
    if let Some(before) = tokens.last_mut()
        && before.end == start
        && before.shape != Shape::Masked
    {
        before.entry = None;
        before.glued = true;
    }
    tokens.push(Token { start, end, shape: Shape::Masked, entry: None, capitals: false, glued: false });
}
