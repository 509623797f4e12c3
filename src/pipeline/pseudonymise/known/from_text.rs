//! Reads the applicant's fields out of a letter that came without a form. What it reads goes only
//! into [`Known`], to be looked for and taken out like fields that were filled in.

use regex::Regex;

use super::is_generic_mailbox;
use crate::pipeline::pseudonymise::normal::normal_form;
use crate::pipeline::pseudonymise::structured;
use crate::pipeline::received::{Known, Section};

/// What a text tells about its sender: the head with contact lines under it, labelled lines, the
/// signature, and the part of the e-mail address before the `@`. For a letter that came without a
/// form; every field may stay empty.
#[must_use]
pub fn known_from_text(sections: &[Section]) -> Known {
    let mut known = Known::default();
    for section in sections {
        let text = normal_form(section.text.clear_text());
        let sender = structured::sender(&text);
        if known.name.is_empty()
            && let Some(name) = sender.name
        {
            known.name = name;
        }
        if known.email.is_empty() {
            known.email = sender.email.unwrap_or_default();
        }
        if known.phone.is_empty() {
            known.phone = sender.phone.unwrap_or_default();
        }
    }
    if let Some(from_mail) = name_in_address(&known.email) {
        if known.name.is_empty() {
            known.name = from_mail;
        } else {
            known.other.push(from_mail);
        }
    }
    known
}

/// `anna.svensson@…` as `anna svensson`; nothing where the address says no name.
fn name_in_address(email: &str) -> Option<String> {
    static PIECES: std::sync::LazyLock<Regex> =
        std::sync::LazyLock::new(|| structured::pattern(r"[._\-+\d]+"));
    let (local, _) = email.split_once('@')?;
    if is_generic_mailbox(&local.to_lowercase()) {
        return None;
    }
    let pieces: Vec<&str> = PIECES
        .split(local)
        .filter(|piece| piece.chars().count() >= 2 && piece.chars().all(char::is_alphabetic))
        .collect();
    (pieces.len() >= 2).then(|| pieces.join(" "))
}

/// Fills the empty fields of `known` with what the text tells; fields that are there stay.
pub(in crate::pipeline::pseudonymise) fn complete(known: &mut Known, sections: &[Section]) {
    let mut seen = known_from_text(sections);
    for (field, value) in [
        (&mut known.name, &mut seen.name),
        (&mut known.email, &mut seen.email),
        (&mut known.phone, &mut seen.phone),
    ] {
        if field.trim().is_empty() {
            *field = std::mem::take(value);
        }
    }
    known.other.append(&mut seen.other);
}
