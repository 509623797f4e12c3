//! The second look at a pseudonymised text, by another and coarser method than the replacing: the
//! text is squeezed and searched for what must not be in it. A document that fails goes to a person
//! and never to the model. It changes nothing in the text and keeps nothing of it.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::{HeldReason, SpanCategory, ordinary, placeholder_pattern, rule};
use crate::pipeline::received::{Known, SectionKind};

/// Stands for a placeholder: it parts words and belongs to none.
const BREAK: char = '\u{1}';
/// Whole names shorter than this are not looked for across word borders: they arise by accident.
const SQUEEZED_NAME: usize = 9;

/// What was found where.
pub(super) fn check<'t>(
    sections: impl Iterator<Item = (SectionKind, &'t str)>,
    known: Option<&Known>,
) -> Vec<HeldReason> {
    let wanted = known.map(Wanted::new);
    let mut reasons = Vec::new();
    for (section, (kind, text)) in sections.enumerate() {
        let text = Zeroizing::new(placeholder_pattern().replace_all(text, BREAK.to_string()).into_owned());
        let mut hits = structured(&text);
        if let Some(wanted) = &wanted {
            hits.extend(wanted.look(&text));
        }
        hits.sort_unstable();
        hits.dedup();
        reasons.extend(hits.into_iter().map(|(category, rule)| HeldReason { section, kind, category, rule }));
    }
    reasons
}

type Hit = (SpanCategory, &'static str);

/// What needs no knowledge of the applicant.
fn structured(text: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    if address_sign(text) {
        hits.push((SpanCategory::Email, rule::LEAK_AT));
    }
    if text.split(|c: char| c.is_whitespace() || c == BREAK).any(numbers_a_person) {
        hits.push((SpanCategory::PersonalNumber, rule::LEAK_PERSONNUMMER));
    }
    hits
}

/// An `@` that touches a letter or digit.
fn address_sign(text: &str) -> bool {
    text.match_indices('@').any(|(at, _)| {
        text.get(..at).is_some_and(|head| head.ends_with(char::is_alphanumeric))
            || text.get(at + 1..).is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
    })
}

/// A word of ten or twelve digits that is a right personnummer: date and check digit.
fn numbers_a_person(word: &str) -> bool {
    if word.len() > 40 || word.chars().any(char::is_alphabetic) {
        return false;
    }
    let groups: Vec<&str> = word.split(|c: char| !c.is_ascii_digit()).filter(|g| !g.is_empty()).collect();
    let lengths: Vec<usize> = groups.iter().map(|g| g.len()).collect();
    let shaped = matches!(
        lengths.as_slice(),
        [10] | [12] | [6 | 8, 4] | [4, 2, 2, 4] | [2, 2, 2, 4] | [2, 2, 2, 2, 2] | [2, 2, 2, 2, 2, 2]
    );
    let last_is_year = lengths.len() > 1
        && groups
            .last()
            .and_then(|g| g.parse::<u32>().ok())
            .is_some_and(|year| (1950..=2039).contains(&year));
    if !shaped || last_is_year {
        return false;
    }
    let digits = Zeroizing::new(groups.concat());
    let ten = if digits.len() == 12 { digits.get(2..).unwrap_or_default() } else { digits.as_str() };
    let part =
        |from: usize| ten.get(from..from + 2).and_then(|two| two.parse::<u32>().ok()).unwrap_or_default();
    let day = part(4);
    let dated =
        (1..=12).contains(&part(2)) && (1..=31).contains(&day) || part(2) <= 12 && (60..=91).contains(&day);
    let sum: u32 = ten
        .chars()
        .rev()
        .enumerate()
        .filter_map(|(index, c)| c.to_digit(10).map(|digit| if index % 2 == 1 { digit * 2 } else { digit }))
        .map(|value| if value > 9 { value - 9 } else { value })
        .sum();
    dated && sum.is_multiple_of(10)
}

/// Letters and digits in lower case, without diacritics, two-letter spellings as one.
fn squeezed(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let plain = |c: char| c.is_ascii().then(|| c.to_ascii_lowercase());
    let spelled = |c: char| std::iter::once(c).nfkd().flat_map(char::to_lowercase);
    let letters = text.chars().flat_map(|c| {
        let one = plain(c);
        one.into_iter().chain(one.is_none().then(|| spelled(c)).into_iter().flatten())
    });
    for c in letters {
        let base = match c {
            'ø' | 'œ' => 'o',
            'æ' => 'a',
            'ł' => 'l',
            'ð' | 'đ' => 'd',
            'ı' => 'i',
            _ => c,
        };
        let twin = match base {
            'a' => out.ends_with('a'),
            'e' => out.ends_with(['a', 'o']),
            _ => false,
        };
        if base == BREAK {
            out.push(' ');
        } else if base.is_alphanumeric() && !twin {
            out.push(base);
        }
    }
    out
}

struct Wanted {
    /// Squeezed parts that are no ordinary words.
    distinct: Vec<Zeroizing<String>>,
    /// Squeezed parts that are short or ordinary words.
    ordinary: Vec<Zeroizing<String>>,
    whole: Vec<Zeroizing<String>>,
    mailbox: Option<Zeroizing<String>>,
    digits: Vec<(SpanCategory, &'static str, Zeroizing<String>)>,
}

impl Wanted {
    fn new(known: &Known) -> Self {
        let mut wanted = Self {
            distinct: Vec::new(),
            ordinary: Vec::new(),
            whole: Vec::new(),
            mailbox: None,
            digits: Vec::new(),
        };
        let words: Vec<Zeroizing<String>> = known
            .name
            .split(|c: char| !c.is_alphanumeric() && !unicode_normalization::char::is_combining_mark(c))
            .map(squeezed)
            .filter(|word| word.chars().count() > 1)
            .collect();
        for word in &words {
            let is_plain_word = ordinary::is_ordinary(word);
            if ordinary::is_particle(word) {
                continue;
            }
            let list = if word.chars().count() >= 4 && !is_plain_word {
                &mut wanted.distinct
            } else {
                &mut wanted.ordinary
            };
            list.push(word.clone());
        }
        if let (Some(first), Some(last)) = (words.first(), words.last())
            && words.len() > 1
        {
            for pair in [
                format!("{}{}", first.as_str(), last.as_str()),
                format!("{}{}", last.as_str(), first.as_str()),
            ] {
                let pair = squeezed(&Zeroizing::new(pair));
                if pair.chars().count() >= SQUEEZED_NAME {
                    wanted.whole.push(pair);
                }
            }
        }
        if let Some((local, _)) = known.email.split_once('@') {
            let local = squeezed(local);
            if local.chars().count() >= 6 && !ordinary::is_ordinary(&local) {
                wanted.mailbox = Some(local);
            }
        }
        let digits_of = |text: &str| -> Zeroizing<String> {
            Zeroizing::new(text.chars().filter(char::is_ascii_digit).collect())
        };
        let phone = digits_of(&known.phone);
        if phone.len() >= 8 {
            let tail = Zeroizing::new(phone.get(phone.len() - 7..).unwrap_or_default().to_owned());
            wanted.digits.push((SpanCategory::Phone, rule::LEAK_PHONE, tail));
        }
        for other in &known.other {
            let number = digits_of(other);
            if number.len() == 10 || number.len() == 12 {
                let tail = Zeroizing::new(number.get(number.len() - 10..).unwrap_or_default().to_owned());
                wanted.digits.push((SpanCategory::PersonalNumber, rule::LEAK_PERSONNUMMER, tail));
            }
        }
        wanted
    }

    fn look(&self, text: &str) -> Vec<Hit> {
        let mut hits = Vec::new();
        if self.words(text) {
            hits.push((SpanCategory::Name, rule::LEAK_NAME));
        }
        let all = squeezed(text);
        if self.whole.iter().any(|name| all.contains(name.as_str())) {
            hits.push((SpanCategory::Name, rule::LEAK_NAME));
        }
        for chunk in text.split(|c: char| c.is_whitespace() || c == BREAK) {
            let joined = chunk.contains('_') || chunk.contains(|c: char| c.is_ascii_digit());
            let tight = squeezed(chunk);
            if joined
                && tight.chars().any(char::is_alphabetic)
                && self.distinct.iter().any(|part| part.chars().count() >= 5 && tight.contains(part.as_str()))
            {
                hits.push((SpanCategory::Name, rule::LEAK_NAME));
            }
            if let Some(mailbox) = &self.mailbox {
                let with_digit = mailbox.contains(|c: char| c.is_ascii_digit());
                if tight == *mailbox || with_digit && tight.contains(mailbox.as_str()) {
                    hits.push((SpanCategory::Email, rule::LEAK_MAILBOX));
                }
            }
        }
        for run in digit_runs(text) {
            for (category, rule, digits) in &self.digits {
                if run.contains(digits.as_str()) {
                    hits.push((*category, *rule));
                }
            }
        }
        hits
    }

    fn words(&self, text: &str) -> bool {
        let mut from = 0;
        let apart = |c: char| {
            !c.is_alphanumeric() && (c.is_ascii() || !unicode_normalization::char::is_combining_mark(c))
        };
        for word in text.split(apart) {
            let at = from;
            from += word.len();
            from += text.get(from..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            if word.is_empty() {
                continue;
            }
            let tight = squeezed(word);
            let is = |part: &Zeroizing<String>| {
                tight == *part || tight.strip_suffix('s').is_some_and(|stem| stem == part.as_str())
            };
            if self.distinct.iter().any(is) {
                return true;
            }
            let read_as_name = || {
                word.starts_with(char::is_uppercase)
                    && !ordinary::opens_a_sentence(text, at)
                    && !ordinary::line_in_capitals(text, at)
                    && !ordinary::names_an_organisation(text, at, at + word.len())
            };
            if self.ordinary.contains(&tight) && read_as_name() {
                return true;
            }
        }
        false
    }
}

/// The digits of every stretch without letters.
fn digit_runs(text: &str) -> Vec<Zeroizing<String>> {
    text.split(|c: char| c.is_alphabetic() || c == BREAK || c == '\n')
        .map(|run| Zeroizing::new(run.chars().filter(char::is_ascii_digit).collect::<String>()))
        .filter(|run| run.len() >= 7)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(text: &str, known: &Known) -> Vec<&'static str> {
        check([(SectionKind::Letter, text)].into_iter(), Some(known)).into_iter().map(|r| r.rule).collect()
    }

    fn named(name: &str) -> Known {
        let mut known = Known::default();
        known.name = name.into();
        known
    }

    fn known() -> Known {
        let mut known = named("Åsa Sjöqvist Berg");
        known.email = "sjoq77@example.org".into();
        known.phone = "070-1740605".into();
        known
    }

    #[test]
    fn a_name_part_left_behind_in_any_spelling_is_found() {
        for text in
            ["hos Sjöqvist nu", "hos SJOQVIST nu", "hos Sjoeqvists nu", "fil sjoqvist_2024", "hos Berg nu"]
        {
            assert_eq!(reasons(text, &known()), [rule::LEAK_NAME], "{text}");
        }
        assert_eq!(reasons("Å*s*a*B*e*r*g", &named("Åsanna Bergsten")), [""; 0]);
        assert_eq!(reasons("Å*s*a*n*n*a B*e*r*g*s*t*e*n", &named("Åsanna Bergsten")), [rule::LEAK_NAME]);
    }

    #[test]
    fn ordinary_words_do_not_hold_an_application_back() {
        for text in [
            "ett berg av arbete",
            "i Helsingborg och Kristianstad",
            "Berg är höga",
            "2011-12–2013-01",
            "180 hp, 2019–2021",
        ] {
            assert_eq!(reasons(text, &known()), [""; 0], "{text}");
        }
    }

    #[test]
    fn digits_mailboxes_and_at_signs_are_found() {
        assert_eq!(reasons("ring 1.7.4.0.6.0.5", &known()), [rule::LEAK_PHONE]);
        assert_eq!(reasons("kontot sjoq77", &known()), [rule::LEAK_MAILBOX]);
        assert_eq!(reasons("x@y", &known()), [rule::LEAK_AT]);
        assert_eq!(reasons("18900101-9803", &known()), [""; 0]);
        assert_eq!(reasons("(18900101-9802)", &known()), [rule::LEAK_PERSONNUMMER]);
    }

    #[test]
    fn placeholders_are_no_finding() {
        assert_eq!(reasons("[NAMN] [E-POST 2] [TELEFON] [PERSONNUMMER]", &known()), [""; 0]);
    }
}
