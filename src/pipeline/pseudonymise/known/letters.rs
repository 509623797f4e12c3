//! Which letters a word has, as bits: a quick way to say of nearly every word of a text that it cannot
//! be the applicant's name. It errs only towards looking closer.

use zeroize::Zeroizing;

/// The letters a to z, one bit each. A letter of no known spelling sets all bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Letters(u32);

impl Letters {
    /// All letters that any spelling of the word could have.
    pub(super) fn of(word: &str) -> Self {
        let bit = |letter: u8| 1_u32 << (letter.to_ascii_lowercase() - b'a');
        let mut bits = 0;
        for c in word.chars() {
            bits |= match c {
                c if c.is_ascii_alphabetic() => bit(c as u8),
                c if c.is_ascii() => 0,
                'å' | 'ä' | 'Å' | 'Ä' => bit(b'a') | bit(b'e'),
                'ö' | 'Ö' => bit(b'o') | bit(b'e'),
                'é' | 'É' => bit(b'e'),
                _ => u32::MAX,
            };
        }
        Self(bits)
    }

    /// The letters that a folded form surely has.
    pub(super) fn sure(form: &str) -> Self {
        let letters = form.bytes().filter(u8::is_ascii_lowercase);
        Self(letters.fold(0, |bits, letter| bits | 1 << (letter - b'a')))
    }

    /// How many of these letters the other has not.
    pub(super) fn missing_in(self, other: Self) -> u32 {
        (self.0 & !other.0).count_ones()
    }
}

/// The letters of every form, without those that ask for more than another does.
pub(super) fn least<'f>(forms: impl Iterator<Item = &'f Zeroizing<String>>) -> Vec<Letters> {
    let all: Vec<Letters> = forms.map(|form| Letters::sure(form)).collect();
    let mut out: Vec<Letters> = Vec::new();
    for (index, own) in all.iter().enumerate() {
        let needless = all
            .iter()
            .enumerate()
            .any(|(at, other)| other.missing_in(*own) == 0 && (own.missing_in(*other) > 0 || at < index));
        if !needless {
            out.push(*own);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_with_the_letters_of_a_name_is_looked_at_closer_and_no_other_is() {
        let forms = ["asa", "aasa", "sjoqvist", "sjoeqvist"].map(|form| Zeroizing::new(form.to_owned()));
        let wanted = least(forms.iter());
        let may = |word: &str| wanted.iter().any(|letters| letters.missing_in(Letters::of(word)) == 0);
        for word in ["Åsa", "ASA", "cv_asa", "SJÖQVISTs", "Sjöqvist-Åsa", "Ѕjöqvist"] {
            assert!(may(word), "{word}");
        }
        for word in ["och", "Vindkraft", "ön", "12", ""] {
            assert!(!may(word), "{word}");
        }
    }
}
