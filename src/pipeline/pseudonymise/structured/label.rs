//! The words before a number that say what it is: `personnummer`, `sista fyra`, `org.nr`, `clearing`,
//! `regnr`. They are read without signs, accents and upper case, so that `Pers. nr:`, `person-\nnummer`
//! and `personNumber=` are the same label.

use std::sync::LazyLock;

use super::near::{BLANK, in_word};

/// What labels say. More than one may stand before a number.
pub(super) mod kind {
    /// Personnummer, samordningsnummer, interim or reserve number.
    pub(in super::super) const PERSONAL: u16 = 1;
    /// The last four digits of one.
    pub(in super::super) const LAST_FOUR: u16 = 1 << 1;
    /// Passport, identity card, driving licence, or a number in a register of persons.
    pub(in super::super) const DOCUMENT: u16 = 1 << 2;
    /// Organisation number or VAT number.
    pub(in super::super) const ORGANISATION: u16 = 1 << 3;
    /// A bank account.
    pub(in super::super) const ACCOUNT: u16 = 1 << 4;
    /// The number of a bank's branch.
    pub(in super::super) const CLEARING: u16 = 1 << 5;
    /// An international account number.
    pub(in super::super) const IBAN: u16 = 1 << 6;
    /// A payment card.
    pub(in super::super) const CARD: u16 = 1 << 7;
    /// Bankgiro or plusgiro.
    pub(in super::super) const GIRO: u16 = 1 << 8;
    /// Swish.
    pub(in super::super) const SWISH: u16 = 1 << 9;
    /// A car's registration number.
    pub(in super::super) const PLATE: u16 = 1 << 10;
    /// The version of a program.
    pub(in super::super) const VERSION: u16 = 1 << 11;
    /// The address of a machine.
    pub(in super::super) const MACHINE: u16 = 1 << 12;
}
use kind::{
    ACCOUNT, CARD, CLEARING, DOCUMENT, GIRO, IBAN, LAST_FOUR, MACHINE, ORGANISATION, PERSONAL, PLATE, SWISH,
    VERSION,
};

/// How a label may go on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Go {
    /// With any ending: `personnumret`.
    On,
    /// Not at all.
    Whole,
    /// With `nr`, `nummer`, `no`, `number`, `id`.
    Number,
}
use Go::{Number, On, Whole};

#[rustfmt::skip]
const LABELS: &[(&str, Go, u16)] = &[
    ("personnum", On, PERSONAL), ("personn", Number, PERSONAL), ("person", Number, PERSONAL),
    ("personal", Number, PERSONAL), ("personid", On, PERSONAL), ("personalident", On, PERSONAL),
    ("pers", Number, PERSONAL), ("pn", Whole, PERSONAL), ("pnr", Whole, PERSONAL), ("pnum", On, PERSONAL),
    ("samordn", On, PERSONAL), ("coordinationn", On, PERSONAL), ("interimsn", On, PERSONAL),
    ("interimn", On, PERSONAL), ("interimsperson", On, PERSONAL), ("tnummer", On, PERSONAL),
    ("tnumret", On, PERSONAL), ("reserv", Number, PERSONAL), ("reserve", Number, PERSONAL),
    ("nrid", Whole, PERSONAL), ("fodelsen", Number, PERSONAL), ("fodelse", Number, PERSONAL),
    ("birth", Number, PERSONAL), ("id", Number, PERSONAL), ("identity", Number, PERSONAL),
    ("identitets", Number, PERSONAL), ("identitetsbeteckning", On, PERSONAL),
    ("identification", Number, PERSONAL), ("ssn", Whole, PERSONAL), ("socialsecurity", On, PERSONAL),
    ("socialinsurancen", On, PERSONAL), ("nationalid", On, PERSONAL), ("civic", Number, PERSONAL),
    ("civicregistration", On, PERSONAL), ("tax", Number, PERSONAL), ("skatteregistrering", On, PERSONAL),
    ("nin", Whole, PERSONAL),

    ("sistafyra", On, LAST_FOUR), ("fyrasista", On, LAST_FOUR), ("sista4", On, LAST_FOUR),
    ("4sista", On, LAST_FOUR), ("lastfour", On, LAST_FOUR), ("last4", On, LAST_FOUR),
    ("finalfour", On, LAST_FOUR), ("sistasiffr", On, LAST_FOUR), ("lastdigit", On, LAST_FOUR),
    ("kontrollsiffr", On, LAST_FOUR), ("slutar", On, LAST_FOUR), ("slutsiffr", On, LAST_FOUR),
    ("endsin", On, LAST_FOUR), ("endingin", On, LAST_FOUR), ("endswith", On, LAST_FOUR),
    ("endingwith", On, LAST_FOUR),

    ("passn", On, DOCUMENT), ("pass", Number, DOCUMENT), ("passets", Number, DOCUMENT),
    ("passport", On, DOCUMENT), ("idkort", On, DOCUMENT), ("idcard", On, DOCUMENT),
    ("identitycard", On, DOCUMENT), ("identitetskort", On, DOCUMENT), ("korkort", Number, DOCUMENT),
    ("korkorts", Number, DOCUMENT), ("drivinglicence", Number, DOCUMENT),
    ("drivinglicense", Number, DOCUMENT), ("driverslicence", Number, DOCUMENT),
    ("driverslicense", Number, DOCUMENT), ("driverlicense", Number, DOCUMENT),
    ("legitimation", Number, DOCUMENT), ("legitimations", Number, DOCUMENT), ("lma", Number, DOCUMENT),
    ("lmakort", On, DOCUMENT), ("utkort", On, DOCUMENT), ("dossier", Number, DOCUMENT),
    ("beteckningsn", On, DOCUMENT), ("uppehallskort", On, DOCUMENT),
    ("uppehallstillstandskort", On, DOCUMENT), ("residencepermit", Number, DOCUMENT),
    ("residencecard", On, DOCUMENT), ("anstallnings", Number, DOCUMENT), ("anst", Number, DOCUMENT),
    ("employee", Number, DOCUMENT), ("staff", Number, DOCUMENT), ("student", Number, DOCUMENT),
    ("medlems", Number, DOCUMENT), ("member", Number, DOCUMENT), ("membership", Number, DOCUMENT),
    ("kund", Number, DOCUMENT), ("customer", Number, DOCUMENT), ("patient", Number, DOCUMENT),
    ("journal", Number, DOCUMENT), ("forsakrings", Number, DOCUMENT), ("insurance", Number, DOCUMENT),
    ("policy", Number, DOCUMENT), ("tjanste", Number, DOCUMENT), ("tjanstekort", Number, DOCUMENT),

    ("org", Number, ORGANISATION), ("orgn", On, ORGANISATION), ("organisations", Number, ORGANISATION),
    ("organisation", Number, ORGANISATION), ("organization", Number, ORGANISATION),
    ("company", Number, ORGANISATION), ("companyregistration", On, ORGANISATION),
    ("corporateid", On, ORGANISATION), ("bolags", Number, ORGANISATION), ("foretags", Number, ORGANISATION),
    ("vat", Whole, ORGANISATION), ("vat", Number, ORGANISATION), ("moms", Number, ORGANISATION),
    ("momsregistrering", On, ORGANISATION), ("momsreg", On, ORGANISATION),
    ("enskildfirma", On, ORGANISATION), ("firma", Number, ORGANISATION), ("fskatt", On, ORGANISATION),

    ("konto", Whole, ACCOUNT), ("konto", Number, ACCOUNT), ("kontot", Whole, ACCOUNT),
    ("bankkonto", On, ACCOUNT), ("lonekonto", On, ACCOUNT),
    ("sparkonto", On, ACCOUNT), ("personkonto", On, ACCOUNT), ("privatkonto", On, ACCOUNT),
    ("account", Whole, ACCOUNT), ("account", Number, ACCOUNT), ("acct", Whole, ACCOUNT), ("acc", Number, ACCOUNT),
    ("clearing", On, CLEARING), ("sortcode", On, CLEARING), ("iban", On, IBAN),
    ("kortn", On, CARD), ("kort", Number, CARD), ("kortets", Number, CARD), ("kreditkort", On, CARD),
    ("bankkort", On, CARD), ("betalkort", On, CARD), ("kontokort", On, CARD), ("card", Whole, CARD), ("card", Number, CARD),
    ("creditcard", On, CARD), ("debitcard", On, CARD), ("bankcard", On, CARD), ("visa", Whole, CARD),
    ("mastercard", On, CARD), ("amex", On, CARD), ("americanexpress", On, CARD), ("maestro", On, CARD),
    ("bankgiro", On, GIRO), ("plusgiro", On, GIRO), ("postgiro", On, GIRO), ("giro", Number, GIRO),
    ("bg", Whole, GIRO), ("pg", Whole, GIRO), ("bg", Number, GIRO), ("pg", Number, GIRO),
    ("swish", On, SWISH), ("swisha", On, SWISH),

    ("reg", Number, PLATE), ("regn", On, PLATE), ("registreringsnum", On, PLATE),
    ("registreringsn", On, PLATE), ("registreringsskylt", On, PLATE), ("regskylt", On, PLATE),
    ("registration", Number, PLATE), ("registrationplate", On, PLATE), ("licenseplate", On, PLATE),
    ("licenceplate", On, PLATE), ("numberplate", On, PLATE), ("carplate", On, PLATE),
    ("platenumber", On, PLATE), ("plate", On, PLATE), ("skylt", On, PLATE), ("bilens", Number, PLATE),
    ("nummerplat", On, PLATE), ("bilnummer", On, PLATE), ("bilnr", On, PLATE),

    ("version", On, VERSION), ("ver", Whole, VERSION), ("v", Whole, VERSION), ("release", On, VERSION),
    ("build", Whole, VERSION), ("firmware", On, VERSION), ("kernel", On, VERSION),
    ("ip", Whole, MACHINE), ("ipadress", On, MACHINE), ("ipaddress", On, MACHINE), ("mac", Whole, MACHINE),
    ("macadress", On, MACHINE), ("macaddress", On, MACHINE),
];

/// By the first letter.
static BY_LETTER: LazyLock<[Vec<(&'static [u8], Go, u16)>; 26]> = LazyLock::new(|| {
    let mut table: [Vec<(&'static [u8], Go, u16)>; 26] = Default::default();
    for (stem, go, kind) in LABELS {
        let Some(first) = stem.bytes().next() else { continue };
        // The one label that begins with a digit stands with `f`, as if it were spelled out.
        let letter = if first.is_ascii_lowercase() { first - b'a' } else { b'f' - b'a' };
        if let Some(place) = table.get_mut(usize::from(letter)) {
            place.push((stem.as_bytes(), *go, *kind));
        }
    }
    table
});

/// So many letters before a number are read,
const READ: usize = 48;
/// in no more bytes than this.
const FAR: usize = 96;
/// A label is for the number when so many letters or fewer stand between.
const BETWEEN: usize = 16;
/// The same for a number that has no form of its own.
const CLOSE: usize = 6;
/// The same for the last four digits: `last four digits of my personal number are`.
const BETWEEN_FOUR: usize = 32;

/// The labels before a number.
#[derive(Clone, Copy, Default)]
pub(super) struct Labels {
    any: u16,
    near: u16,
}

impl Labels {
    /// The labels before the number that begins at a byte: on its line, or at the end of the line before.
    pub(super) fn before(text: &str, at: usize) -> Self {
        let mut letters = [0_u8; READ];
        // Bit n: a word begins at letter n.
        let mut opens: u64 = 0;
        let mut first = READ;
        let mut lines = 0;
        let mut in_a_word = false;
        let mut chars = text.get(..at).unwrap_or_default().char_indices().rev().peekable();
        while let Some((position, c)) = chars.next() {
            if first == 0 || at - position > FAR {
                // The word may begin further to the left: then it is no label.
                in_a_word = false;
                break;
            }
            let four = c == '4' && stands_alone(text, position);
            if c == BLANK || c.is_ascii_digit() && !four {
                break;
            }
            if c.is_alphabetic() || four {
                first -= 1;
                if let Some(place) = letters.get_mut(first) {
                    *place = folded(c);
                }
                in_a_word = true;
                continue;
            }
            if in_a_word {
                opens |= 1 << first;
                in_a_word = false;
            }
            if c == '\n' {
                lines += 1;
                // A label above the number, or one that is parted by a hyphen; no paragraph in between.
                let parted = chars.peek().is_some_and(|(_, c)| *c == '-');
                if lines > 1 || first < READ && !parted {
                    break;
                }
            }
        }
        if in_a_word {
            opens |= 1 << first.min(READ - 1);
        }
        Self::of(letters.get(first..).unwrap_or_default(), opens >> first)
    }

    fn of(letters: &[u8], opens: u64) -> Self {
        let mut labels = Self::default();
        let opens_at = |at: usize| at < 64 && opens & 1 << at != 0;
        for at in (0..letters.len()).filter(|at| opens_at(*at)) {
            let rest = letters.get(at..).unwrap_or_default();
            let Some(first) = rest.first() else { continue };
            let letter = if first.is_ascii_lowercase() { first - b'a' } else { b'f' - b'a' };
            for (stem, go, kind) in BY_LETTER.get(usize::from(letter)).map_or(&[][..], Vec::as_slice) {
                let Some(tail) = rest.strip_prefix(*stem) else { continue };
                let after = at + stem.len();
                let ended = tail.is_empty() || opens_at(after);
                let tail = match go {
                    Whole if !ended => continue,
                    Whole | On => tail,
                    Number => match numbered(tail, |skip| tail.len() == skip || opens_at(after + skip)) {
                        Some(skip) => tail.get(skip..).unwrap_or_default(),
                        None => continue,
                    },
                };
                labels.add(*kind, tail);
            }
        }
        labels
    }

    fn add(&mut self, kind: u16, tail: &[u8]) {
        if kind == LAST_FOUR {
            let span = [
                &b"aren"[..],
                b"man",
                b"vecko",
                b"dag",
                b"termin",
                b"year",
                b"month",
                b"week",
                b"day",
                b"semester",
                b"sommar",
                b"kurs",
                b"course",
                b"job",
                b"plats",
                b"med",
                b"with",
            ];
            if tail.len() <= BETWEEN_FOUR && !span.iter().any(|word| tail.starts_with(word)) {
                self.any |= kind;
                self.near |= kind;
            }
            return;
        }
        let most = if kind == VERSION { 3 } else { BETWEEN };
        if tail.len() <= most {
            self.any |= kind;
        }
        if tail.len() <= CLOSE {
            self.near |= kind;
        }
    }

    /// One of these labels stands before the number.
    pub(super) fn has(self, kinds: u16) -> bool {
        self.any & kinds != 0
    }

    /// One of these labels stands directly before the number, but for a word or two.
    pub(super) fn near(self, kinds: u16) -> bool {
        self.near & kinds != 0
    }
}

/// How many letters of the word for a number a label goes on with.
fn numbered(tail: &[u8], ends_after: impl Fn(usize) -> bool) -> Option<usize> {
    let genitive = usize::from(tail.first() == Some(&b's'));
    [0, genitive].into_iter().find_map(|skip| {
        let word = tail.get(skip..)?;
        let long =
            [&b"nummer"[..], b"numret", b"number", b"num"].into_iter().find(|long| word.starts_with(long));
        if let Some(long) = long {
            return Some(skip + long.len());
        }
        [&b"nr"[..], b"no", b"id", b"nbr", b"idnr", b"idno"]
            .into_iter()
            .find(|short| word.starts_with(short) && ends_after(skip + short.len()))
            .map(|short| skip + short.len())
    })
}

fn stands_alone(text: &str, at: usize) -> bool {
    let free = |c: Option<char>| !c.is_some_and(in_word);
    free(text.get(..at).and_then(|head| head.chars().next_back()))
        && free(text.get(at + 1..).and_then(|rest| rest.chars().next()))
}

/// The letter without its accent, in lower case; `?` for a letter of another script.
fn folded(c: char) -> u8 {
    match c {
        _ if c.is_ascii() => c.to_ascii_lowercase() as u8,
        'å' | 'ä' | 'Å' | 'Ä' | 'á' | 'à' => b'a',
        'ö' | 'Ö' | 'ø' | 'Ø' | 'ó' => b'o',
        'é' | 'É' | 'è' => b'e',
        'ü' | 'Ü' => b'u',
        _ => b'?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(text: &str) -> Labels {
        Labels::before(text, text.len())
    }

    #[test]
    fn a_label_is_known_in_every_spelling() {
        for text in [
            "Personnummer: ",
            "personnr ",
            "Pers.nr: ",
            "pers nr ",
            "P.nr ",
            "pnr",
            "mitt personnummer är ",
            "Person-\nnummer: ",
            "PERSONNUMMER\n",
            "Personal identity number: ",
            "personNumber=",
            "\"personnummer\": \"",
            "Samordningsnummer ",
            "SSN ",
            "personal_number=",
            "ID-nummer: ",
            "pn: ",
            "Personnummer (ÅÅMMDD-XXXX): ",
            "reservnr ",
            "interimsnummer: ",
            "T-nummer ",
        ] {
            assert!(before(text).has(kind::PERSONAL), "{text}");
        }
        for text in
            ["de sista fyra är ", "sista 4: ", "last four digits of my personal number are ", "slutar på "]
        {
            assert!(before(text).has(kind::LAST_FOUR), "{text}");
        }
        assert!(before("org.nr ").has(kind::ORGANISATION));
        assert!(before("Clearing- och kontonr: ").has(kind::ACCOUNT));
        assert!(before("reg.nr ").has(kind::PLATE));
        assert!(before("version ").has(kind::VERSION));
    }

    #[test]
    fn a_word_that_only_begins_like_a_label_is_none() {
        for text in
            ["studentnation ", "personal ", "de sista fyra åren ", "person ", "pass ", "körkort sedan ", ""]
        {
            let labels = before(text);
            assert_eq!((labels.any, labels.near), (0, 0), "{text}");
        }
        assert!(!before("personnummer 1 och ").has(kind::PERSONAL));
        assert!(!before("personnummer\n\n").has(kind::PERSONAL));
    }
}
