//! One-time codes by time (RFC 6238 over RFC 4226): 30 seconds, six digits, HMAC-SHA-1, because that
//! is what every authenticator expects; the known weakness of SHA-1, collisions, does not touch HMAC.
//!
//! This module computes and compares. That a code works only once is decided by the store, which keeps
//! the last used step ([`crate::store::Tx::use_step`]).

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use qrcodegen::{QrCode, QrCodeEcc};
use sha1::Sha1;
use zeroize::Zeroizing;

use crate::clock::Moment;

/// Seconds a step lasts (RFC 6238 §5.2).
pub const STEP_SECONDS: i64 = 30;
/// Steps to either side of now whose code is taken: clocks of telephones differ, and people type slowly.
pub const STEPS_ASIDE: i64 = 1;
/// Digits of a code.
pub const DIGITS: usize = 6;
/// Bytes of a secret: as long as the output of SHA-1 (RFC 4226 §4).
pub const SECRET_BYTES: usize = 20;

/// The step that a moment lies in.
#[must_use]
pub fn step_at(now: Moment) -> i64 {
    now.0.div_euclid(STEP_SECONDS * 1_000_000)
}

/// The code of one step.
#[must_use]
pub fn code(secret: &[u8], step: i64) -> Zeroizing<String> {
    let mut digest = [0u8; 20];
    // An HMAC takes a key of any length: this cannot fail.
    if let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret) {
        mac.update(&step.to_be_bytes());
        digest = mac.finalize().into_bytes().into();
    }
    // Four bytes from where the last half byte points (RFC 4226 §5.3).
    let from = usize::from(digest[19] & 15);
    let number = digest.iter().skip(from).take(4).fold(0u32, |acc, byte| (acc << 8) | u32::from(*byte));
    Zeroizing::new(format!("{:06}", (number & 0x7fff_ffff) % 1_000_000))
}

/// The newest step around now that a typed code is right for. Spaces are overlooked. The comparison
/// takes as long for every code of the right length.
#[must_use]
pub fn step_of(secret: &[u8], typed: &str, now: Moment) -> Option<i64> {
    let typed: Zeroizing<String> = Zeroizing::new(typed.chars().filter(|c| !c.is_whitespace()).collect());
    if typed.len() != DIGITS || !typed.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let here = step_at(now);
    let mut found = None;
    for step in here - STEPS_ASIDE..=here + STEPS_ASIDE {
        let right = code(secret, step);
        let differ = right.bytes().zip(typed.bytes()).fold(0u8, |acc, (a, b)| acc | (a ^ b));
        if differ == 0 {
            found = Some(step);
        }
    }
    found
}

/// As [`step_of`], for a step after the last used one: a code works once, and so does every earlier one.
/// Two who race are told apart by the store, which decides in one statement.
#[must_use]
pub fn fresh_step(secret: &[u8], typed: &str, now: Moment, last_step: i64) -> Option<i64> {
    step_of(secret, typed, now).filter(|step| *step > last_step)
}

/// A secret as authenticators take it: base 32 of RFC 4648 without padding.
#[must_use]
pub fn base32(bytes: &[u8]) -> Zeroizing<String> {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = Zeroizing::new(String::with_capacity(bytes.len().div_ceil(5) * 8));
    let (mut held, mut bits) = (0u32, 0u32);
    let mut put = |five: u32| out.push(ALPHABET.get((five & 31) as usize).copied().unwrap_or(b'A').into());
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            put(held >> bits);
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        put(held << (5 - bits));
    }
    out
}

/// The address that an authenticator reads: who issued the secret, for which login, and the secret.
#[must_use]
pub fn address(login: &str, secret: &[u8]) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::from("otpauth://totp/Urval:"));
    for byte in login.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            out.push(byte.into());
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out.push_str("?secret=");
    out.push_str(&base32(secret));
    let _ = write!(out, "&issuer=Urval&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}");
    out
}

/// A QR code as one path of an SVG drawing, with the length of its side in modules, quiet zone
/// included. `None` when the text is too long for one.
#[must_use]
pub fn drawing(text: &str) -> Option<(i32, Zeroizing<String>)> {
    const QUIET: i32 = 4;
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let mut path = Zeroizing::new(String::new());
    for y in 0..code.size() {
        for x in 0..code.size() {
            if code.get_module(x, y) {
                let _ = write!(path, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
            }
        }
    }
    Some((code.size() + 2 * QUIET, path))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::Chance;

    const RFC: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> Moment {
        Moment(seconds * 1_000_000)
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, SHA-1; the last six of its eight digits.
        for (seconds, digits) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(*code(RFC, step_at(at(seconds))), digits);
            assert_eq!(step_of(RFC, digits, at(seconds)), Some(seconds / 30));
        }
    }

    #[test]
    fn codes_are_those_of_rfc_4226() {
        let list = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
            "520489",
        ];
        for (step, digits) in (0..).zip(list) {
            assert_eq!(*code(RFC, step), digits);
        }
    }

    #[test]
    fn secrets_are_written_as_in_rfc_4648() {
        for (clear, written) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(*base32(clear.as_bytes()), written);
        }
    }

    #[test]
    fn the_address_keeps_odd_logins_apart_from_its_own_parts() {
        let address = address("å&secret=x/?#", &[0; SECRET_BYTES]);
        assert!(address.starts_with("otpauth://totp/Urval:%C3%A5%26secret%3Dx%2F%3F%23?secret=AAAA"));
        assert_eq!(address.matches("secret=").count(), 1);
    }

    #[test]
    fn the_drawing_has_a_quiet_zone_and_three_corners() {
        let (side, path) = drawing(&address("rekryterare", &[7; SECRET_BYTES])).expect("a drawing");
        assert!(side > 21 + 8);
        for (x, y) in [(4, 4), (side - 5, 4), (4, side - 5)] {
            let corner = format!("M{x} {y}h1");
            assert!(path.contains(&corner), "{corner}");
        }
        assert!(!path.contains("M3 ") && !path.contains(&format!("M{} ", side - 4)));
        assert!(drawing(&"x".repeat(5000)).is_none());
    }

    proptest! {
        #[test]
        fn only_the_steps_beside_now_are_taken(
            secret in proptest::array::uniform20(any::<u8>()), step in 1_000i64..1_000_000_000, off in -5i64..=5
        ) {
            let now = at(step * 30 + 7);
            let typed = code(&secret, step + off);
            // Two steps share a code once in a million: then a nearer one may answer for it.
            let near = (-1..=1).any(|n| code(&secret, step + n) == typed);
            prop_assert_eq!(step_of(&secret, &typed, now).is_some(), near);
            if off.abs() <= 1 {
                prop_assert!(near);
            }
        }

        #[test]
        fn nothing_that_is_typed_makes_it_fail(typed in ".{0,40}", secret in proptest::collection::vec(any::<u8>(), 0..80)) {
            let taken = step_of(&secret, &typed, at(1_000_000));
            let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
            if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                prop_assert_eq!(taken, None);
            }
        }

        #[test]
        fn spaces_are_overlooked(step in 1_000i64..1_000_000) {
            let right = code(RFC, step);
            let spaced = format!(" {} {} ", &right[..3], &right[3..]);
            prop_assert!(step_of(RFC, &spaced, at(step * 30)).is_some());
        }
    }

    #[test]
    fn of_a_hundred_thousand_replays_none_is_taken() {
        let chance = Chance::seeded(6238);
        let mut taken = 0;
        for round in 0..1_000i64 {
            let secret = chance.bytes::<SECRET_BYTES>().expect("chance");
            let now = at(1_700_000_000 + round * 86_413);
            let typed = code(&secret, step_at(now));
            let used = fresh_step(&secret, &typed, now, 0).expect("the first use");
            // Again at every moment at which it might still fit, and the codes of the steps before it.
            for second in 0..50 {
                let later = now.plus_seconds(second * 2);
                taken += u32::from(fresh_step(&secret, &typed, later, used).is_some_and(|s| s <= used));
                let before = code(&secret, used - 1);
                taken += u32::from(fresh_step(&secret, &before, later, used).is_some_and(|s| s <= used));
            }
        }
        assert_eq!(taken, 0, "of 100,000 replays");
    }

    #[test]
    fn three_codes_are_taken_and_hardly_another() {
        let now = at(1_800_000_000);
        let here = step_at(now);
        let right: Vec<String> = (here - 1..=here + 1).map(|step| code(RFC, step).to_string()).collect();
        assert!(right.iter().all(|typed| step_of(RFC, typed, now).is_some()));
        for number in 0..20_000u32 {
            let typed = format!("{number:06}");
            assert_eq!(step_of(RFC, &typed, now).is_some(), right.contains(&typed), "{typed}");
        }
    }
}
