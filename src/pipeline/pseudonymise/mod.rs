//! Takes the identity out of an application: `Received` goes in, [`Pseudonymous`] and the applicant's
//! own fields come out, and the original no longer exists afterwards.
//!
//! | room | finds |
//! |---|---|
//! | `known` | the applicant's own fields, however they are spelled |
//! | `structured` | identifiers by their form |
//! | `special` | sensitive data (GDPR Art. 9 and 10), which stays sealed in the original |
//! | `time`, `words` | dates, ages, words for sex and family: neutral words stand in their place |
//! | `others` | names of other persons, employers, schools and places, by a trained tagger |
//! | `leak` | the second look, by another method; what it finds holds the application for a person |
//!
//! The model can be given nothing but [`Pseudonymous`], and only this folder makes one. It never keeps
//! a replaced text, never logs, and never guesses at what a person is like.

mod category;
mod evaluation;
mod known;
mod leak;
mod normal;
mod ordinary;
mod others;
mod place;
mod record;
mod replace;
pub(in crate::pipeline) mod special;
mod stream;
mod structured;
mod time;
pub(in crate::pipeline) mod words;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use self::category::{placeholder_pattern, rule};
use self::known::Own;
use self::normal::SmallWords;
use self::place::Found;
use self::replace::{About, Seen, replaced};
use super::received::{Known, Received, SectionKind};

pub use self::category::{SpanCategory, Treatment};
pub use self::evaluation::{Marked, Measured, NotMarked, Row, from_iob2, from_spans, measure};
pub use self::known::known_from_text;
pub use self::normal::folded;
pub(in crate::pipeline) use self::normal::normal_form;
pub use self::stream::{Part, Source, Stream};
pub use self::time::Frame;

/// One replaced place. It holds no replaced text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// First byte of the placeholder in [`Pseudonymous::text`].
    pub start: usize,
    /// The byte after the placeholder.
    pub end: usize,
    /// What stood there.
    pub category: SpanCategory,
    /// Which rule found it, for example `known.name`, or `tagger`.
    pub rule: &'static str,
    /// How sure it is, in percent; a rule is certain.
    pub confidence: u8,
}

/// Where one part of the application stands in [`Pseudonymous::text`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PseudoSection {
    /// Which part.
    pub kind: SectionKind,
    /// The question's id, for an answer.
    pub question: Option<String>,
    /// First byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

/// An application without its applicant's identity: what the model and the first reader see.
///
/// It can be made only by [`split`], and read back only from what the vault has opened. Overwritten on
/// drop; no `Clone`, `Serialize` or `Display`.
pub struct Pseudonymous {
    text: Zeroizing<String>,
    sections: Vec<PseudoSection>,
    spans: Vec<Span>,
}

impl std::fmt::Debug for Pseudonymous {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pseudonymous(redacted)")
    }
}

/// Why one section may not go to the model. It holds no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldReason {
    /// Which section, counted from 0.
    pub section: usize,
    /// What section that is.
    pub kind: SectionKind,
    /// What was found in it.
    pub category: SpanCategory,
    /// Which rule of the leak check found it, for example `leak.name`.
    pub rule: &'static str,
}

/// The leak check found identity in the result: a person must read this application, the model may
/// not. The applicant's fields are handed back so that they can be sealed.
#[derive(Debug)]
pub struct Held {
    /// What was found where; never empty.
    pub reasons: Vec<HeldReason>,
    known: Box<Known>,
}

impl Held {
    /// The applicant's fields, to be sealed.
    #[must_use]
    pub fn into_known(self) -> Known {
        *self.known
    }
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("held back for a person to read; identity found by the leak check:")?;
        for reason in &self.reasons {
            write!(f, " section {} ({:?}) {}", reason.section, reason.kind, reason.rule)?;
        }
        Ok(())
    }
}

impl std::error::Error for Held {}

/// A sealed record that is no pseudonymised application. It must not be shown or given to the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damaged {
    /// Not the record's form.
    #[error("the pseudonymised record cannot be read; rebuild it from the sealed original")]
    Unreadable,
    /// A position lies outside the text, between two bytes of a letter or not on a placeholder.
    #[error("a position in the pseudonymised record is wrong; rebuild it from the sealed original")]
    Positions,
    /// The leak check of today finds identity in it.
    #[error("the leak check refuses the pseudonymised record; rebuild it from the sealed original")]
    Leak,
}

impl Pseudonymous {
    /// The whole text; sections are separated by a blank line. All offsets are byte offsets into it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The parts in the order in which a person reads them.
    #[must_use]
    pub fn sections(&self) -> &[PseudoSection] {
        &self.sections
    }

    /// The replaced places, in order, never touching each other's bytes.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }
}

/// Takes the identity out of an application. The original is consumed and overwritten; the
/// applicant's fields come back to be sealed, completed from the text where they were empty.
///
/// # Errors
/// [`Held`] when the second, independent check still finds identity: the application then goes to a
/// person and not to the model.
pub fn split(received: Received, frame: &Frame) -> Result<(Pseudonymous, Known), Held> {
    let Received { mut known, sections } = received;
    if known.name.trim().is_empty() {
        known::complete(&mut known, &sections);
    }
    let own = Own::new(&known);
    let mut seen = Seen::default();
    let mut parts: Vec<Zeroizing<String>> = Vec::with_capacity(sections.len());
    let (mut spans, mut reasons) = (Vec::new(), Vec::new());
    let mut places = Vec::with_capacity(sections.len());
    let mut at = 0;
    let texts: Vec<Zeroizing<String>> =
        sections.iter().map(|section| normal_form(section.text.clear_text())).collect();
    let small: Vec<SmallWords> = texts.iter().map(|text| SmallWords::of(text)).collect();
    let whole = small.iter().fold(SmallWords::default(), |sum, part| sum.and(*part));
    for (index, ((section, text), small)) in sections.into_iter().zip(texts).zip(small).enumerate() {
        if index > 0 {
            at += SEPARATOR.len();
        }
        let about = About { own: &own, frame, english: small.english_within(whole) };
        let (text, found, sign) = replaced(&text, &about, &mut seen);
        if sign {
            let (kind, category) = (section.kind, SpanCategory::Other);
            reasons.push(HeldReason { section: index, kind, category, rule: rule::REGISTRAR });
        }
        spans.extend(found.into_iter().map(|placed| {
            let span = placed.span;
            Span { start: span.start + at, end: span.end + at, ..span }
        }));
        places.push(PseudoSection {
            kind: section.kind,
            question: section.question,
            start: at,
            end: at + text.len(),
        });
        at += text.len();
        parts.push(text);
    }
    let mut text = Zeroizing::new(String::with_capacity(at));
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            text.push_str(SEPARATOR);
        }
        text.push_str(part);
    }
    reasons.extend(leak::check(
        places.iter().zip(&parts).map(|(place, part)| (place.kind, part.as_str())),
        Some(&known),
    ));
    if reasons.is_empty() {
        Ok((Pseudonymous { text, sections: places, spans }, known))
    } else {
        Err(Held { reasons, known: Box::new(known) })
    }
}

/// Between two sections.
const SEPARATOR: &str = "\n\n";

#[cfg(test)]
mod tests {
    use super::super::received::Section;
    use super::*;
    use crate::guard::pii::Pii;
    use proptest::prelude::*;

    fn section(kind: SectionKind, text: &str) -> Section {
        Section { kind, question: None, text: Pii::new(text.to_owned()) }
    }

    fn letter(text: &str, known: Known) -> Received {
        Received { known, sections: vec![section(SectionKind::Letter, text)] }
    }

    fn masked(text: &str, known: Known) -> String {
        match split(letter(text, known), &frame()) {
            Ok((pseudonymous, _)) => pseudonymous.text().to_owned(),
            Err(held) => format!("HELD {held}"),
        }
    }

    fn named(name: &str) -> Known {
        let mut known = Known::default();
        known.name = name.into();
        known
    }

    fn anna() -> Known {
        Known {
            name: "Anna Svensson".into(),
            email: "anna.svensson@example.com".into(),
            phone: "070-174 06 05".into(),
            street: "Storgatan 12 B".into(),
            postcode: "252 67".into(),
            town: "Helsingborg".into(),
            links: vec!["https://www.linkedin.com/in/asv-hbg-1".into()],
            other: Vec::new(),
        }
    }

    struct Person {
        given: &'static str,
        family: &'static str,
        email: &'static str,
        handle: &'static str,
        phone: &'static str,
        phone_again: &'static str,
        street: &'static str,
        postcode: &'static str,
        town: &'static str,
        personnummer: &'static str,
        pronouns: &'static str,
        woman_or_man: &'static str,
    }

    const PEOPLE: [Person; 6] = [
        Person {
            given: "Anna",
            family: "Svensson",
            email: "anna.svensson@example.com",
            handle: "annasvensson",
            phone: "070-174 06 05",
            phone_again: "+46701740605",
            street: "Storgatan 12 B",
            postcode: "252 67",
            town: "Helsingborg",
            personnummer: "19900101-9802",
            pronouns: "she/her",
            woman_or_man: "kvinna",
        },
        Person {
            given: "Bo",
            family: "Ek",
            email: "bek@example.org",
            handle: "boek",
            phone: "031-3900600",
            phone_again: "0046 (0)31 390 06 00",
            street: "Kullen 5",
            postcode: "26339",
            town: "Höganäs",
            personnummer: "8901019819",
            pronouns: "he/him",
            woman_or_man: "man",
        },
        Person {
            given: "Åsa-Märta",
            family: "von Björk Öhman",
            email: "asa_marta@example.net",
            handle: "asamartavonbjorkohman",
            phone: "0701740699",
            phone_again: "070 1740699",
            street: "Norra Långgatan 3, lgh 1203",
            postcode: "211 20",
            town: "Malmö",
            personnummer: "890103+9800",
            pronouns: "hon/henne",
            woman_or_man: "kvinna",
        },
        Person {
            given: "Mohammed Ali",
            family: "al-Hassan",
            email: "M.Hassan99@example.com",
            handle: "mohammedalhassan",
            phone: "+46 70-174 06 50",
            phone_again: "070.174.06.50",
            street: "Box 123",
            postcode: "222 22",
            town: "Lund",
            personnummer: "890104–9817",
            pronouns: "he/him",
            woman_or_man: "man",
        },
        Person {
            given: "My",
            family: "Sten Lind",
            email: "xq7@example.se",
            handle: "mystenlind",
            phone: "08-46500400",
            phone_again: "08-465 004 00",
            street: "S:t Jörgens väg 33",
            postcode: "SE-262 70",
            town: "Strövelstorp",
            personnummer: "900101T220",
            pronouns: "they/them",
            woman_or_man: "tjej",
        },
        Person {
            given: "Hans",
            family: "O'Berg",
            email: "hans-oberg@example.org",
            handle: "hansoberg",
            phone: "070-1740611",
            phone_again: "0046701740611",
            street: "12 High Street",
            postcode: "254 40",
            town: "Västra Frölunda",
            personnummer: "1990 01 01-9802",
            pronouns: "he/him",
            woman_or_man: "kille",
        },
    ];

    fn genitive(name: &str) -> String {
        if name.ends_with('s') { name.to_owned() } else { format!("{name}s") }
    }

    fn swedish(p: &Person) -> String {
        let Person {
            given,
            family,
            email,
            handle,
            phone,
            phone_again,
            street,
            postcode,
            town,
            personnummer,
            ..
        } = p;
        let (upper, givens) = (format!("{given} {family}").to_uppercase(), genitive(given));
        let familys = genitive(family);
        let file_given = given.split([' ', '-']).next().unwrap_or_default().to_lowercase();
        let file_family = family.rsplit([' ', '-']).next().unwrap_or_default().to_lowercase();
        format!(
            "{upper}\n{street}\n{postcode} {town}\nTel: {phone}\n{email}\n\nPersonnummer: {personnummer}\n\n\
             Hej!\n\nJag heter {given} {family}, bor i {town} och är en {sex}. {givens} vänner säger att familjen \
             {familys} hus ligger på ett berg, att en ek växer där och att man kan bo bra. My familj och hans \
             stig är inte mina. {family}, {given} står i registret. Skriv till {email} eller ring {phone_again}.\n\
             Jag läste vid Lunds universitet 2019–2021 (180 hp) och tjänade 400 000 kronor 2019-2021.\n\
             Filen CV_{file_given}_{file_family}.pdf bifogas, och github: {handle}.\n\n\
             Med vänlig hälsning\n{given} {family}\n",
            sex = p.woman_or_man,
        )
    }

    fn english(p: &Person) -> String {
        let Person { given, family, email, phone, street, postcode, town, personnummer, pronouns, .. } = p;
        format!(
            "Name: {given} {family}\nPronouns: {pronouns}\nAddress: {street}, {postcode} {town}\nPhone: {phone}\n\
             E-mail: {email}\nPersonal number: {personnummer}\n\nDear recruiter,\n\nMy name is {given} and I am \
             applying. My project led to savings. Hans Zimmer is another matter. Please ask {given} {family}'s manager \
             about {given}\u{2019}s work. Contact {given} at {email} ({phone}).\n\n\
             2018-08 – 2020-06 Lund University\n2016-2018 Intern, 37.5 hours\n\nBest regards,\n{given}\n"
        )
    }

    fn known_of(p: &Person) -> Known {
        let mut known = named(&format!("{} {}", p.given, p.family));
        known.email = p.email.into();
        known.phone = p.phone.into();
        known.street = p.street.into();
        known.postcode = p.postcode.into();
        known.town = p.town.into();
        known
    }

    fn all_of(p: &Person, with_form: bool) -> (String, Vec<Span>) {
        let received = Received {
            known: if with_form { known_of(p) } else { Known::default() },
            sections: vec![section(SectionKind::Letter, &swedish(p)), section(SectionKind::Cv, &english(p))],
        };
        match split(received, &frame()) {
            Ok((out, _)) => (out.text().to_owned(), out.spans().to_vec()),
            Err(held) => panic!("held back: {held}"),
        }
    }

    #[test]
    fn the_same_application_by_another_person_comes_out_byte_for_byte_the_same() {
        let (first, _) = all_of(&PEOPLE[0], true);
        for person in &PEOPLE[1..] {
            // "Hans Zimmer" is the text's own trap and means something else to the applicant Hans.
            let (other, _) = all_of(person, true);
            for (a, b) in first.lines().zip(other.lines()) {
                if person.given == "Hans" && a.contains("another matter") {
                    continue;
                }
                assert_eq!(a, b, "{} {}", person.given, person.family);
            }
            assert_eq!(first.lines().count(), other.lines().count());
        }
        for kept in [
            "vid [UNIVERSITET 1] [2 år] (180 hp)",
            "400 000 kronor [2 år]",
            "[1 year 11 months] [UNIVERSITY 2]",
        ] {
            assert!(first.contains(kept), "{kept}");
        }
    }

    #[test]
    fn a_letter_without_a_form_is_known_by_its_head_and_signature() {
        let (first, _) = all_of(&PEOPLE[0], false);
        for word in ["Anna", "Svensson", "SVENSSON", "example.com", "Storgatan", "252 67", "1740605", "9802"]
        {
            assert!(!first.contains(word), "{word}");
        }
    }

    #[test]
    fn every_spelling_of_the_own_name_is_replaced() {
        let known = || named("Åsa Sjöqvist-Jäger");
        for text in [
            "Åsa",
            "ÅSA",
            "asa",
            "Aasa",
            "A\u{30A}sa",
            "Åsas",
            "Åsa's",
            "Åsa\u{2019}s",
            "Åsa-s",
            "Å\u{AD}sa",
            "Sjöqvist",
            "Sjoqvist",
            "Sjoeqvist",
            "sjo\u{308}qvists",
            "Jaeger",
            "Jager",
            "JÄGER:s",
            "Åsa Sjöqvist-Jäger",
            "Sjöqvist Jäger, Åsa",
            "åsa.sjöqvist",
            "asasjoqvist",
            "a_sjoqvist",
            "asa_jaeger.pdf",
            "Å s a",
            "Å S A   S J Ö Q V I S T",
            "Sjö-\nqvist",
            "ÅsaSjöqvist",
            "Åsa Maria Sjöqvist",
            "Åsa m Sjöqvist",
            "Fru Sjöqvist",
            "Å. Sjöqvist",
            "\u{1D400}sa Sjoqvist",
            "asasjoqvistjager",
        ] {
            let out = masked(text, known());
            let ended = out.strip_suffix(".pdf").unwrap_or(&out);
            assert_eq!(ended, "[NAMN]", "{text}");
        }
    }

    #[test]
    fn a_name_that_is_an_ordinary_word_is_replaced_where_it_is_a_name() {
        let bo = || named("Bo Ek");
        assert_eq!(
            masked("Jag vill bo under en ek. Bo Eks bok, säger Bo.", bo()),
            "Jag vill bo under en ek. [NAMN] bok, säger [NAMN]."
        );
        assert_eq!(masked("bo ek, bo.ek, cv_ek.pdf, BoEk", bo()), "[NAMN], [NAMN], cv_[NAMN].pdf, [NAMN]");
        assert_eq!(
            masked("My name is My Berg. My har gått uppför ett berg.", named("My Berg")),
            "My name is [NAMN]. [NAMN] har gått uppför ett berg."
        );
        assert_eq!(
            masked("Vid Lunds universitet mötte Lund en lund.", named("Eva Lund")),
            "Vid [UNIVERSITET 1] mötte [NAMN] en lund."
        );
        assert_eq!(
            masked("Van vid högt tempo. Jan van der Berg.", named("Jan van der Berg")),
            "Van vid högt tempo. [NAMN]."
        );
        assert_eq!(masked("annan annat Helsingborg blind", named("Anna Lind")), "annan annat [ORT] blind");
    }

    #[test]
    fn every_spelling_of_a_personnummer_is_replaced() {
        for number in [
            "189001019802",
            "9001019802",
            "18900101-9802",
            "900101-9802",
            "900101+9802",
            "900101–9802",
            "900101\u{2011}9802",
            "900101 9802",
            "900101 - 9802",
            "(900101-9802)",
            "900101(9802)",
            "900101-9803",
            "18 90 01 01 98 02",
            "90 01 01 98 02",
            "90 01 01-9802",
            "1890-01-01-9802",
            "9 0 0 1 0 1 9 8 0 2",
            "900101-\n9802",
            "９００１０１-９８０２",
            "900101T220",
            "900101-T220",
            "19900101-T220",
            "191401682396",
            "140168-2396",
            "340084-2393",
            "900101-XXXX",
            "900101.9802",
            "9001\u{200B}019802",
            "900132-9802",
        ] {
            let out = masked(&format!("nr {number} här"), named("Anna Svensson"));
            let out = out.replace(['(', ')'], "");
            assert_eq!(out, "nr [PERSONNUMMER] här", "{number}");
        }
    }

    #[test]
    fn amounts_versions_and_hours_stay() {
        for text in [
            "180 hp",
            "400 000 kronor",
            "08.00-16.00",
            "1 050 000 000 kr",
            "10 000 SEK",
            "15000 SEK",
            "37,5 h",
            "Windows 10, Python 3.12, ISO 27001:2022",
            "ASP.NET och Node.js",
            "kl. 08:30–17:00",
            "3 000 invånare",
        ] {
            assert_eq!(masked(text, anna()), text, "{text}");
        }
    }

    #[test]
    fn a_date_is_a_time_and_no_number_of_a_person() {
        for text in [
            "2019–2021",
            "2019-05-06",
            "2019-05-06 – 2020-06-07",
            "05-2019 – 06-2021",
            "2011-12–2013-01",
            "2021-2022, 2023",
            "20190101–20191231",
            "2018-08 – 2020-06",
            "2011-12-01 – 2013",
            "20111201 – 2013",
        ] {
            let (out, _) = split(letter(text, anna()), &frame()).expect("clean");
            assert!(!out.spans().is_empty(), "{text}");
            for span in out.spans() {
                assert_eq!(span.category, SpanCategory::Time, "{text} -> {}", out.text());
            }
        }
    }

    #[test]
    fn contact_details_of_anybody_are_replaced_and_numbered_by_first_appearance() {
        assert_eq!(
            masked("chef@example.org, anna.svensson@example.com, b@example.net och CHEF@example.org", anna()),
            "[E-POST 2], [E-POST], [E-POST 3] och [E-POST 2]"
        );
        for mail in [
            "namn (at) exempel.se",
            "namn [at] exempel punkt se",
            "namn(at)exempel(punkt)se",
            "namn @ exempel.se",
            "namn at exempel dot com",
            "o'namn+x@exempel.co.uk",
            "namn snabel-a exempel punkt se",
            "namn@localhost",
        ] {
            assert_eq!(masked(&format!("Skriv: {mail} nu"), anna()), "Skriv: [E-POST 2] nu", "{mail}");
        }
        for phone in [
            "070-174 06 06",
            "0701740606",
            "+46 70 174 06 06",
            "+46 (0)70-1740606",
            "0046701740606",
            "(070) 174 06 06",
            "070.174.06.06",
            "08-46500400",
            "031-390 06 00",
            "+45 12 34 56 78",
            "07700 900123",
        ] {
            assert_eq!(masked(&format!("Ring {phone} nu"), anna()), "Ring [TELEFON 2] nu", "{phone}");
        }
        for link in [
            "https://example.org/x?y=1",
            "www.example.se",
            "linkedin.com/in/nagon",
            "@nagon_annan",
            "sida.se/cv",
        ] {
            assert_eq!(masked(&format!("Se {link}, tack"), anna()), "Se [LÄNK 2], tack", "{link}");
        }
        for place in [
            "Storvägen 3",
            "12 High Street",
            "Box 123",
            "262 63 Ängelholm",
            "Storvägen 3 B, 252 68 Höganäs",
            "Carl Krooks gata 5",
            "c/o Persson",
        ] {
            assert_eq!(masked(&format!("Post: {place}\nhej"), anna()), "Post: [ADRESS 2]\nhej", "{place}");
        }
    }

    #[test]
    fn own_details_have_fixed_placeholders_in_every_spelling() {
        for phone in [
            "0701740605",
            "070-1740605",
            "+46 70 174 06 05",
            "0046701740605",
            "+46 (0) 70 174 06 05",
            "70 174 06 05",
            "070/174 0605",
        ] {
            assert_eq!(masked(&format!("Ring {phone} nu"), anna()), "Ring [TELEFON] nu", "{phone}");
        }
        for place in [
            "Storgatan 12 B",
            "storgatan 12b",
            "Storgatan 12 B, 25267 Helsingborg",
            "Storgatan 12 B, lgh 1203",
            "252 67",
            "SE-252 67 Helsingborg",
        ] {
            assert_eq!(masked(&format!("Jag: {place}\nhej"), anna()), "Jag: [ADRESS]\nhej", "{place}");
        }
        assert_eq!(masked("bor i Helsingborg, Helsingborgs stad", anna()), "bor i [ORT], [KOMMUN 1]");
        assert_eq!(masked("linkedin.com/in/asv-hbg-1 eller asv-hbg-1", anna()), "[LÄNK] eller [LÄNK]");
        let mut known = anna();
        known.other = vec!["890103-9800".into(), "Nettan".into()];
        assert_eq!(masked("Nettan 8901039800 900101-9802", known), "[NAMN] [PERSONNUMMER] [PERSONNUMMER 2]");
    }

    #[test]
    fn a_signature_is_replaced_also_when_the_name_is_unknown() {
        for closing in [
            "Med vänlig hälsning",
            "Med vänliga hälsningar,",
            "Best regards,",
            "Mvh",
            "Kind regards",
            "Hälsningar",
            "Yours sincerely,",
        ] {
            let out = masked(&format!("Text.\n\n{closing}\nKlara von Ödman"), named("Anna Svensson"));
            assert_eq!(out, format!("Text.\n\n{closing}\n[NAMN]"));
        }
        assert_eq!(masked("Text.\nMvh, Klara", named("Anna Svensson")), "Text.\nMvh, [NAMN]");
        assert_eq!(masked("Vänligen kontakta mig", named("Anna Svensson")), "Vänligen kontakta mig");
    }

    #[test]
    fn labelled_lines_are_replaced_whatever_they_hold() {
        assert_eq!(
            masked(
                "Namn: Klara Ödman\nAdress: Någonstans, Ort\nFödd: 1990-01-01\nKön: kvinna",
                named("Anna Svensson")
            ),
            "Namn: [NAMN 2]\nAdress: [ADRESS]\nFödd: [FÖDELSEDATUM]\nKön: [KÖN]"
        );
    }

    #[test]
    fn a_document_that_fails_the_second_look_is_held_without_its_text() {
        let held = split(letter("Kontakt An*na Sven*sson", anna()), &frame()).expect_err("held");
        assert_eq!(
            held.reasons,
            [HeldReason {
                section: 0,
                kind: SectionKind::Letter,
                category: SpanCategory::Name,
                rule: rule::LEAK_NAME
            }]
        );
        assert!(!format!("{held} {held:?}").contains("sson"));
        assert_eq!(held.into_known().name, "Anna Svensson");
    }

    #[test]
    fn empty_fields_are_completed_and_given_ones_stay() {
        let mut known = Known::default();
        known.phone = "031-3900600".into();
        let (_, known) = split(letter("Anna Svensson\n070-1740605\n\nHej!", known), &frame()).expect("clean");
        assert_eq!((known.name.as_str(), known.phone.as_str()), ("Anna Svensson", "031-3900600"));
    }

    #[test]
    fn a_sealed_record_comes_back_the_same_and_a_changed_one_is_refused() {
        let (out, _) =
            split(letter("Jag är Anna, anna.svensson@example.com. Åh \"så\" bra.", anna()), &frame())
                .expect("clean");
        let bytes = out.to_sealable();
        let back = Pseudonymous::from_sealed(&bytes).expect("whole");
        assert_eq!((back.text(), back.sections(), back.spans()), (out.text(), out.sections(), out.spans()));
        assert_eq!(format!("{back:?}"), "Pseudonymous(redacted)");
        let json = String::from_utf8(bytes.to_vec()).expect("json");
        for (from, to, error) in [
            ("\"start\":8", "\"start\":9", Damaged::Positions),
            ("[E-POST]", "a@b.se..", Damaged::Positions),
            ("så", "a@b", Damaged::Positions),
            ("bra.", "x@y!", Damaged::Leak),
            ("known.name", "known.nose", Damaged::Unreadable),
            ("{", "[", Damaged::Unreadable),
        ] {
            let broken = json.replacen(from, to, 1);
            assert_ne!(broken, json, "{from}");
            let got = Pseudonymous::from_sealed(broken.as_bytes()).expect_err(from);
            assert!(got == error || from == "så", "{from}: {got:?}");
        }
    }

    #[test]
    fn sections_are_separated_by_a_blank_line_and_keep_their_questions() {
        let received = Received {
            known: anna(),
            sections: vec![
                section(SectionKind::Letter, "Hej\n"),
                Section {
                    kind: SectionKind::Answer,
                    question: Some("q1".into()),
                    text: Pii::new("Anna svarar".into()),
                },
            ],
        };
        let (out, _) = split(received, &frame()).expect("clean");
        assert_eq!(out.text(), "Hej\n\n[NAMN] svarar");
        let answer = &out.sections()[1];
        assert_eq!(
            (answer.question.as_deref(), &out.text()[answer.start..answer.end]),
            (Some("q1"), "[NAMN] svarar")
        );
        assert_eq!(&out.text()[out.spans()[0].start..out.spans()[0].end], "[NAMN]");
    }

    fn frame() -> Frame {
        Frame { today: jiff::civil::date(2026, 11, 1), starts: None }
    }

    fn once(text: &str, own: &Own) -> (Zeroizing<String>, Vec<Span>) {
        let text = normal_form(text);
        let about = About { own, frame: &frame(), english: normal::is_english(&text) };
        let (text, placed, _) = replaced(&text, &about, &mut Seen::default());
        (text, placed.into_iter().map(|placed| placed.span).collect())
    }

    fn again(text: &str, known: &Known) -> String {
        once(text, &Own::new(known)).0.to_string()
    }

    fn fragments() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            4 => prop::sample::select(vec![
                "Anna", "svensson", "ANNA SVENSSON", "annasvensson", "Svenssons", "Anna-", "s", "A.", "S", "von", "Bo",
                "070-174 06 05", "+46", "0", "70", "1740605", "900101", "-9802", "9802", "19", "2019", "2021", "12",
                "anna.svensson@example.com", "@", "(at)", "exempel.se", "punkt", "www.", "http://", "linkedin: ",
                "Storgatan", "12 B", "252 67", "Helsingborg", "Box", "Namn:", "Adress:", "Mvh", "Best regards,",
                "[NAMN]", "[E-POST 2]", "[", "]", "Född", "she/her", "Kön: ", "Herr", "c/o", "lgh", "Tel:", "jag är en",
                "kvinna", "Erik", "och",
            ]).prop_map(str::to_owned),
            1 => "\\PC{0,4}",
        ];
        let gap = prop::sample::select(vec![
            " ", "", "\n", ", ", "-", ".", "_", "  ", "\u{200B}", "\u{A0}", "'", ": ", "\t", "|", " – ",
        ]);
        prop::collection::vec((piece, gap), 0..14)
            .prop_map(|parts| parts.into_iter().flat_map(|(a, b)| [a, b.to_owned()]).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn offsets_are_right_and_a_second_run_changes_nothing(text in fragments()) {
            let known = anna();
            let own = Own::new(&known);
            let (out, spans) = once(&text, &own);
            let mut at = 0;
            for span in &spans {
                prop_assert!(span.start >= at && span.end > span.start);
                let word = out.get(span.start..span.end);
                prop_assert!(word.is_some_and(|w| w.starts_with('[') && w.ends_with(']')), "{:?}", word);
                at = span.end;
            }
            prop_assert_eq!(again(&out, &known), out.as_str());
        }

        #[test]
        fn nothing_of_a_known_field_is_left_in_any_normal_form(
            given in "[A-ZÅÄÖÉ][a-zåäöéü]{3,7}", family in "[A-ZÅÄÖ][a-zåäöü]{4,9}",
            before in "\\PC{0,20}", after in "\\PC{0,20}", how in 0usize..9,
        ) {
            use unicode_normalization::UnicodeNormalization;
            let name = match how {
                0 => format!("{given} {family}"),
                1 => format!("{given} {family}").to_uppercase(),
                2 => format!("{given} {family}s").nfd().collect(),
                3 => folded(&format!("{given} {family}")),
                4 => normal::spelled_out(&format!("{given}.{family}")),
                5 => format!("{given}\u{200B}{family}"),
                6 => format!("{family}, {given}"),
                7 => folded(&format!("{given}_{family}")),
                _ => given.chars().map(|c| format!("{c}\u{AD}")).collect::<String>() + "\u{A0}" + &family,
            };
            let known = named(&format!("{given} {family}"));
            let text = format!("{before} {name} {after}");
            let out = again(&text, &known);
            let plain = folded(&placeholder_pattern().replace_all(&out, "\u{1}"));
            prop_assert!(!plain.contains(&folded(&family)), "{} -> {}", text, out);
        }

        #[test]
        fn no_text_and_no_fields_stop_it(
            text in any::<String>(), name in any::<String>(), email in any::<String>(), phone in any::<String>(),
            street in any::<String>(), town in any::<String>(), other in any::<String>(),
        ) {
            let mut known = Known::default();
            (known.name, known.email, known.phone, known.street, known.town) = (name, email, phone, street, town);
            known.links.push(other.clone());
            known.other.push(other);
            match split(letter(&text, known), &frame()) {
                Ok((out, _)) => {
                    let back = Pseudonymous::from_sealed(&out.to_sealable());
                    prop_assert!(back.is_ok(), "{:?} of {:?}", back, out.text());
                }
                Err(held) => prop_assert!(!held.reasons.is_empty()),
            }
        }
    }
}
