//! Organisation numbers and the VAT numbers made of them. A sole trader's is the personnummer, which
//! `personal_number` finds too.

use super::label::{Labels, kind as label};
use super::marks::Marks;
use super::near;
use super::reading::{End, Reading, Shape, Sign, as_digit, end_of, kind, luhn, year_like};
use crate::pipeline::pseudonymise::{Found, SpanCategory, rule};

/// Finds the organisation numbers of a text.
pub(super) fn organisation_numbers(text: &str, marks: &Marks, found: &mut Vec<Found>) {
    for (index, (start, _)) in marks.groups.iter().enumerate() {
        // Misread letters may stand for two of the ten digits.
        if marks.digits_ahead(index) < 8 {
            continue;
        }
        let labelled = Labels::before(text, *start).has(label::ORGANISATION);
        let reading = Reading::at(text, *start, false);
        let country = country_before(text, *start);
        let number = [12, 10].into_iter().find_map(|count| {
            let signs = reading.first(count)?;
            let fits = reading.end(count) != End::Not
                && is_number(signs, reading.end(count), labelled, country.is_some());
            fits.then_some(signs)
        });
        if let Some(signs) = number {
            let value: String = signs.iter().map(|sign| char::from(sign.byte)).collect();
            let from = country.filter(|_| signs.len() == 12).unwrap_or(*start);
            let category = SpanCategory::OrganisationNumber;
            found.push(Found::other(from, end_of(signs), category, rule::ORGANISATION_NUMBER, &value));
        }
    }
}

/// Where the `SE` of a VAT number before a number begins.
fn country_before(text: &str, at: usize) -> Option<usize> {
    let from = near::back_over(text, at, |c| matches!(c, ' ' | '-')).checked_sub(2)?;
    let close = at - from <= 4 && text.get(from..from + 2)?.eq_ignore_ascii_case("se");
    (close && near::opens(text, from)).then_some(from)
}

fn is_number(signs: &[Sign], end: End, labelled: bool, after_country: bool) -> bool {
    let Some(digits) = signs.iter().map(|sign| as_digit(sign.byte)).collect::<Option<Vec<u8>>>() else {
        return false;
    };
    let misread = signs.iter().filter(|sign| !sign.byte.is_ascii_digit()).count();
    if misread > 0 && !(labelled && misread <= 2 && end == End::Clean) {
        return false;
    }
    let shape = Shape::of(signs);
    let spread = signs.iter().any(|sign| sign.gap.has(kind::COMMA | kind::COLON) || sign.gap.signs() > 4);
    if signs.len() == 12 {
        let vat = digits.ends_with(&[0, 1])
            && (after_country || labelled)
            && (labelled || luhn(digits.iter().take(10).copied()));
        let long = digits.starts_with(&[1, 6]) && digits.get(4).is_some_and(|third| *third >= 2);
        let checked = luhn(digits.iter().skip(2).copied());
        return !spread && (vat || long && (labelled || checked && shape.natural() && !shape.tail()));
    }
    if labelled {
        return !spread;
    }
    let company = digits.first() != Some(&0) && digits.get(2).is_some_and(|third| *third >= 2);
    let gap = shape.main_gap(signs);
    let only_main = shape.parts() == 1 && shape.at(shape.main);
    // `202001-2021` is a stretch of time.
    let month = digits.get(4).zip(digits.get(5)).is_some_and(|(a, b)| (1..=12).contains(&(a * 10 + b)));
    let time = digits.get(..4).is_some_and(year_like) && month && digits.get(6..).is_some_and(year_like);
    let checked = luhn(digits.iter().copied());
    let dash = gap.one(kind::DASH) && (checked || !gap.has(kind::WIDE));
    company && !time && !spread && only_main && (dash || checked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        organisation_numbers(text, &Marks::of(text), &mut found);
        found.iter().filter_map(|place| text.get(place.start..place.end)).collect()
    }

    #[test]
    fn a_firm_is_known_by_its_hyphen_its_label_or_its_country() {
        for (text, number) in [
            ("AB, 556677-8899, Lund", "556677-8899"),
            ("org.nr 5566778899", "5566778899"),
            ("org nr 900101-9802", "900101-9802"),
            ("VAT SE900101980201", "SE900101980201"),
            ("16556677-8899 eller", "556677-8899"),
        ] {
            assert!(found(text).iter().any(|place| place.ends_with(number)), "{text}: {:?}", found(text));
        }
        for text in ["202001-2021", "5566778899 bitar", "030 123 45 67", "12 34 56 78 90", "2019-2021"] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
