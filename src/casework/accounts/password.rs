//! Which passwords are taken.
//!
//! Length is what counts (ASVS 5.0, 6.2): any character, no classes of characters, no forced change.
//! Refused are passwords that a guesser tries first: what many people choose, keys in a row, one piece
//! repeated, and the login itself.

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::super::{CaseError, Invalid};

/// Characters of a password at least.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// Characters of a password at most.
pub const PASSWORD_CHARS_MAX: usize = 128;

/// Words and rows of keys that common passwords are made of, one a line.
const COMMON: &str = include_str!("common.txt");

/// Composed letters (NFC), so that å from every keyboard is the same.
pub(super) fn composed(password: &str) -> Zeroizing<String> {
    Zeroizing::new(password.nfc().collect())
}

/// What is wrong with a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordFault {
    /// Fewer than [`PASSWORD_CHARS_MIN`] characters.
    Short,
    /// More than [`PASSWORD_CHARS_MAX`] characters.
    Long,
    /// Among those that are guessed first.
    Common,
    /// The login is part of it.
    HoldsLogin,
}

/// Whether a new password may be taken.
///
/// # Errors
/// [`Invalid::Password`] with what is wrong with it.
pub fn check_password(password: &str, login: &str) -> Result<(), CaseError> {
    match fault(password, login) {
        None => Ok(()),
        Some(fault) => Err(CaseError::Invalid(Invalid::Password(fault))),
    }
}

fn fault(password: &str, login: &str) -> Option<PasswordFault> {
    let password = composed(password);
    let length = password.chars().count();
    if length < PASSWORD_CHARS_MIN {
        return Some(PasswordFault::Short);
    }
    if length > PASSWORD_CHARS_MAX {
        return Some(PasswordFault::Long);
    }
    let lower = Zeroizing::new(password.to_lowercase());
    let login = login.trim().to_lowercase();
    // A login of one or two letters is part of many good passwords.
    if login.chars().count() >= 3 && lower.contains(&login) {
        return Some(PasswordFault::HoldsLogin);
    }
    common(&lower).then_some(PasswordFault::Common)
}

fn common(lower: &str) -> bool {
    let letters: Zeroizing<Vec<char>> =
        Zeroizing::new(lower.chars().filter(|c| !c.is_whitespace()).collect());
    let mut different: Zeroizing<Vec<char>> = Zeroizing::new(letters.to_vec());
    different.sort_unstable();
    different.dedup();
    if different.len() < 5 || repeats(&letters) {
        return true;
    }
    // Without the year and the exclamation mark that people put around a common word.
    let compact: Zeroizing<String> = Zeroizing::new(letters.iter().collect());
    let core = compact.trim_matches(|c: char| !c.is_alphabetic());
    let plain: Zeroizing<String> = Zeroizing::new(core.chars().map(unmasked).collect());
    [&compact, core, &plain].into_iter().any(made_of_words)
}

/// One piece again and again: `sommarsommar`, `abcabcabcabc`.
fn repeats(letters: &[char]) -> bool {
    (1..=letters.len() / 2).any(|length| {
        let (piece, _) = letters.split_at(length);
        letters.chunks(length).all(|chunk| piece.starts_with(chunk))
    })
}

/// The letter that a digit or sign stands for in passwords.
fn unmasked(letter: char) -> char {
    match letter {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

/// Whether one common word, or two in a row, make up all of it.
fn made_of_words(text: &str) -> bool {
    let is_word = |part: &str| COMMON.lines().any(|word| !word.is_empty() && word == part);
    is_word(text)
        || text.char_indices().any(|(at, _)| {
            let (first, rest) = text.split_at(at);
            is_word(first) && is_word(rest)
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(fault(&"å".repeat(11), "x"), Some(PasswordFault::Short));
        assert_eq!(fault("tolv tecken!", "x"), None);
        assert_eq!(fault("blåbär gräs", "x"), Some(PasswordFault::Short));
        let long: String = "hästbatteri nyckel ".chars().cycle().take(127).collect::<String>() + "x";
        assert_eq!(fault(&long, "y"), None);
        assert_eq!(fault(&format!("{long}x"), "y"), Some(PasswordFault::Long));
    }

    #[test]
    fn every_character_may_be_used() {
        for good in [
            "🦆🐎🔋📎🧷🪣🧵🪡🧶🧢🎒👓",
            "   tre mellanslag   ",
            "\u{0}nolltecken går bra",
            "пароль длинный 8",
        ] {
            assert_eq!(fault(good, "anna"), None, "{good:?}");
        }
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        for bad in [
            "password1234",
            "Password2026!",
            "P@ssw0rd2026",
            "lösenord12345",
            "Lösenord2026!",
            "123456789012",
            "qwertyuiopas",
            "qwertyuiop123",
            "aaaaaaaaaaaa",
            "abababababab",
            "sommarsommar",
            "Sommar2026!!!",
            "helsingborg2026",
            "välkommen123",
            "administrator1",
            "1Administrator",
            "urvalurval2026",
            "1q2w3e4r5t6y",
            "111122223333",
        ] {
            assert_eq!(fault(bad, "anna"), Some(PasswordFault::Common), "{bad}");
        }
    }

    #[test]
    fn a_password_with_the_login_in_it_is_refused() {
        assert_eq!(fault("Rekryterare!klippan", "rekryterare"), Some(PasswordFault::HoldsLogin));
        assert_eq!(fault("korrekt häst batteri häftstift", "bo"), None);
    }

    #[test]
    fn the_list_is_in_lower_case_and_without_doubles() {
        let mut seen = std::collections::BTreeSet::new();
        for word in COMMON.lines() {
            assert!(!word.is_empty() && word == word.trim().to_lowercase(), "{word:?}");
            assert!(seen.insert(word), "{word} is there twice");
        }
        assert!(seen.len() > 150);
    }

    proptest! {
        #[test]
        fn nothing_that_is_typed_makes_it_fail(password in ".{0,140}", login in ".{0,20}") {
            let found = fault(&password, &login);
            let length = password.nfc().count();
            prop_assert_eq!(length < 12, found == Some(PasswordFault::Short));
        }
    }
}
