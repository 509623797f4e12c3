//! Associations that are told by the office somebody holds in them: after `kassör i`, `suppleant i
//! styrelsen för` or `volunteer for` stands an association, whatever its name says. The role decides and
//! not the name, so that a choir, a union and a congregation come out alike.
//!
//! It never takes a public body or a company for one: an office there is work.

use urval_tagger::words::Word;

use super::organisations;
use crate::pipeline::pseudonymise::SpanCategory;
use crate::pipeline::pseudonymise::normal::folded;

/// Offices, folded.
const OFFICES: [&str; 58] = [
    "ordforande",
    "kassor",
    "sekreterare",
    "suppleant",
    "ledamot",
    "styrelseledamot",
    "styrelsesuppleant",
    "revisor",
    "revisorssuppleant",
    "valberedare",
    "valberedningen",
    "programradet",
    "styrelsen",
    "materialare",
    "ledare",
    "ungdomsledare",
    "scoutledare",
    "lagledare",
    "gruppledare",
    "tranare",
    "ungdomstranare",
    "volontar",
    "volontarer",
    "frivillig",
    "engagerad",
    "pr-ansvarig",
    "pressansvarig",
    "webbansvarig",
    "materialansvarig",
    "medlemsansvarig",
    "kassaansvarig",
    "stugansvarig",
    "klubbmastare",
    "webbmaster",
    "webmaster",
    "treasurer",
    "chair",
    "chairman",
    "chairwoman",
    "chairperson",
    "secretary",
    "volunteer",
    "volunteering",
    "volunteered",
    "trustee",
    "auditor",
    "coach",
    "officer",
    "member",
    "board",
    "committee",
    "steward",
    "president",
    "vice-president",
    "bookkeeper",
    "cashier",
    "youth-leader",
    "leader",
];
/// What stands between an office and the association.
const BETWEEN: [&str; 10] = ["i", "for", "hos", "inom", "at", "in", "of", "with", "the", "vid"];
/// Words within a name, when the name goes on after them.
const WITHIN: [&str; 12] =
    ["i", "och", "of", "for", "and", "the", "av", "mot", "de", "utan", "against", "fran"];
/// Words in small letters that end a name.
const LAST: [&str; 21] = [
    "nation",
    "forening",
    "foreningen",
    "klubb",
    "kyrka",
    "forsamling",
    "moske",
    "avdelning",
    "secondhand",
    "lokalavdelning",
    "krets",
    "distrikt",
    "scoutkar",
    "kar",
    "society",
    "association",
    "studentkar",
    "samfundet",
    "samfund",
    "union",
    "karen",
];
/// Who helps names the association first: `help X as deputy chair`.
const HELPS: [&str; 8] = ["help", "helps", "helped", "helping", "hjalper", "hjalpte", "stottar", "support"];
/// Ends of names of companies.
const COMPANIES: [&str; 10] = ["ab", "aktiebolag", "hb", "kb", "ltd", "inc", "gmbh", "plc", "oy", "as"];
/// A name has no more words.
const LONGEST: usize = 10;

/// The associations of a text, in order and apart from each other.
pub(in super::super) fn associations(text: &str) -> Vec<(usize, usize)> {
    let words = urval_tagger::words::words(text);
    let mut out: Vec<(usize, usize)> = Vec::new();
    let reader = Reader { text, words: &words };
    for at in 0..words.len() {
        let Some(first) = reader.after_office(at).or_else(|| reader.after_help(at)) else { continue };
        let Some((start, end)) = reader.name(first) else { continue };
        if out.last().is_none_or(|(_, before)| *before <= start) {
            out.push((start, end));
        }
    }
    out
}

struct Reader<'t> {
    text: &'t str,
    words: &'t [Word],
}

impl<'t> Reader<'t> {
    fn cut(&self, at: usize) -> &'t str {
        self.words.get(at).and_then(|word| self.text.get(word.start..word.end)).unwrap_or_default()
    }

    /// Whether the word is one of these; words of many letters are none.
    fn is(&self, at: usize, among: &[&str]) -> bool {
        let cut = self.cut(at);
        !cut.is_empty() && cut.len() <= 24 && among.contains(&folded(cut).as_str())
    }

    /// The first word after an office at `at`.
    fn after_office(&self, at: usize) -> Option<usize> {
        let cut = self.cut(at);
        if cut.len() < 5 || cut.len() > 20 || !self.is(at, &OFFICES) {
            return None;
        }
        let mut next = at + 1;
        // `Press officer (unpaid) for`
        if self.cut(next) == "(" {
            next = (next + 1..next + 4).find(|at| self.cut(*at) == ")")? + 1;
        }
        // `i styrelsen för`, `of the`
        let from = next;
        while next < from + 5 && (self.is(next, &BETWEEN) || self.is(next, &["styrelsen", "board"])) {
            next += 1;
        }
        (next > from).then_some(next)
    }

    /// The first word after `help` at `at` when `as` an office follows.
    fn after_help(&self, at: usize) -> Option<usize> {
        if !self.is(at, &HELPS) {
            return None;
        }
        let end = (at + 2..at + 2 + LONGEST).find(|at| self.is(*at, &["as", "som"]))?;
        (end + 1..end + 4).any(|at| self.is(at, &OFFICES)).then_some(at + 1)
    }

    fn capital(&self, at: usize) -> bool {
        self.cut(at).trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(char::is_uppercase)
    }

    /// Whether the word stands on the same line as the one before, with at most a space between.
    fn goes_on(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|at| self.words.get(at));
        let Some((before, word)) = before.zip(self.words.get(at)) else { return false };
        !word.line && word.start - before.end <= 1
    }

    /// The name that begins at the word.
    fn name(&self, first: usize) -> Option<(usize, usize)> {
        if !self.capital(first) || !self.goes_on(first) {
            return None;
        }
        let mut last = first;
        let mut at = first + 1;
        while at < first + LONGEST && self.goes_on(at) {
            let joins = self.is(at, &WITHIN) || matches!(self.cut(at), "&" | "/" | "'" | "’");
            let short = matches!(self.cut(last), "St" | "S" | "Ft" | "Dr") && self.cut(at) == ".";
            if self.capital(at) || self.is(at, &LAST) {
                last = at;
            } else if !(joins || short) {
                break;
            }
            at += 1;
        }
        let (start, end) = (self.words.get(first)?.start, self.words.get(last)?.end);
        let cut = self.text.get(start..end)?;
        let company = (first..=last).any(|at| self.is(at, &COMPANIES));
        let union = folded(cut).split(' ').next() == Some("kommunal");
        let public = !union
            && matches!(
                organisations::kind(cut),
                SpanCategory::Municipality | SpanCategory::Region | SpanCategory::Authority
            );
        let body = ["namnd", "forvaltning", "byran", "bolag"].iter().any(|part| folded(cut).contains(part));
        (!company && !public && !body).then_some((start, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        associations(text).into_iter().map(|(start, end)| &text[start..end]).collect()
    }

    #[test]
    fn an_office_tells_an_association_by_whatever_name() {
        for name in [
            "Läkare Utan Gränser",
            "Hem och Skola",
            "4H-gården Hagen",
            "BRIS",
            "Kalmar nation",
            "Women for Peace",
            "St. Mary's Parish",
            "Röda Korset",
            "Al-Rahma Mosque",
            "Frälsningsarméns secondhand",
            "International Students' Union",
            "Uppsala studentkår",
            "Mandeiska samfundet",
            "Kommunal",
            "Kommunal Väst",
        ] {
            for line in [
                "Ordförande i X sedan 2024, kolonilott",
                "Suppleant i styrelsen för X (2019–2021)",
                "Jag är kassör i X, som har 212 medlemmar",
                "är ledare i X tisdagar å torsdagar",
                "On the board of X.",
                "Press officer (unpaid) for X\nNext",
                "I help X as deputy chair, its mostly f",
                "Sitter i valberedningen för X.",
                "engagerad i X, där jag är kassör",
                "Auditor of X, 2019",
            ] {
                assert_eq!(found(&line.replace('X', name)), [name], "{line}");
            }
        }
    }

    #[test]
    fn an_office_in_a_public_body_or_a_company_is_work() {
        for text in [
            "Sekreterare i Kommunstyrelsen i Lunds kommun",
            "Revisor för Region Skåne",
            "ordförande i Barnnämnden",
            "Coach at Exempelbolaget AB",
            "Projektledare i Malmö",
            "ledare för gruppen",
            "member of the team",
            "Styrelsen beslutade. Anna kom.",
            "ordförande i\nAnna",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
