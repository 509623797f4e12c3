//! The registration numbers of Swedish cars. `ABC 123` is also how courses are named, so without a
//! label it counts only on a line that tells of a car and of no course.

use super::label::{Labels, kind as label};
use super::marks::Marks;
use super::near;
use crate::pipeline::pseudonymise::{Found, SpanCategory, rule};

/// Words for cars and where they stand, and what belongs to them.
const CAR: &[&str] = &[
    "bil",
    "bilen",
    "bilens",
    "bilar",
    "bilarna",
    "tjänstebil",
    "tjänstebilen",
    "firmabil",
    "firmabilen",
    "skylt",
    "skylten",
    "regskylt",
    "regskylten",
    "car",
    "cars",
    "vehicle",
    "vehicles",
    "fordon",
    "fordonet",
    "parkering",
    "parkeringen",
    "parkeringstillstånd",
    "parkerad",
    "parkerar",
    "parkerade",
    "parking",
    "parked",
    "plate",
    "motorcykel",
    "motorcykeln",
    "moped",
    "släp",
    "släpvagn",
    "husbil",
    "lastbil",
    "lastbilen",
    "skåpbil",
    "elbil",
    "taxi",
    "truck",
    "van",
    "motorcycle",
    "trailer",
    "registrerad",
    "kör",
    "körde",
    "volvo",
    "saab",
    "toyota",
    "volkswagen",
    "vw",
    "bmw",
    "audi",
    "tesla",
    "kia",
    "skoda",
    "renault",
    "peugeot",
    "ford",
    "mercedes",
    "nissan",
];
/// Words beside the codes of courses.
const COURSE: &[&str] = &[
    "kurs",
    "kursen",
    "kurser",
    "kurserna",
    "kurskod",
    "course",
    "courses",
    "hp",
    "ects",
    "credits",
    "högskolepoäng",
    "poäng",
    "läste",
    "studied",
    "betyg",
    "grade",
    "examen",
    "tenta",
];

/// Finds the registration numbers of a text.
pub(super) fn vehicles(text: &str, marks: &Marks, found: &mut Vec<Found>) {
    for group in &marks.groups {
        let Some((start, end)) = plate(text, *group) else { continue };
        let written = text.get(start..end).unwrap_or_default();
        let exact = written.chars().all(|c| !c.is_ascii_lowercase());
        let labelled = Labels::before(text, start).near(label::PLATE);
        if !(labelled || exact && beside_a_car(near::line_around(text, start, 120))) {
            continue;
        }
        let value: String =
            written.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
        found.push(Found::other(start, end, SpanCategory::Vehicle, rule::VEHICLE, &value));
    }
}

/// Three letters, two digits, and a digit or letter: where they begin and end.
fn plate(text: &str, group: (usize, usize)) -> Option<(usize, usize)> {
    let (digits, end) = group;
    let bytes = text.as_bytes();
    let end = match end - digits {
        3 => end,
        2 => {
            let last = bytes.get(end)?.to_ascii_uppercase();
            let gapless = last.is_ascii_uppercase() && last != b'O' && used(last);
            gapless.then_some(end + 1)?
        }
        _ => return None,
    };
    let apart = |c: char| matches!(c, ' ' | '-' | '\u{B7}' | '.' | '_' | '\t' | '\n' | '|' | ':' | '–');
    let letters_end = near::back_over(text, digits, apart);
    if text.get(letters_end..digits)?.chars().count() > 3 {
        return None;
    }
    // Letters may stand apart: `A B C 1 2 3` is read only where the digits stand together.
    let mut start = letters_end;
    for _ in 0..3 {
        let at = if start == letters_end { start } else { near::back_over(text, start, |c| c == ' ') };
        let at = if start - at <= 1 { at } else { start };
        let letter = at.checked_sub(1).and_then(|at| bytes.get(at))?.to_ascii_uppercase();
        if !letter.is_ascii_uppercase() || !used(letter) {
            return None;
        }
        start = at - 1;
    }
    (near::opens(text, start) && near::closes(text, end)).then_some((start, end))
}

/// Letters that are on plates.
fn used(letter: u8) -> bool {
    !matches!(letter, b'I' | b'Q' | b'V')
}

fn beside_a_car(line: &str) -> bool {
    let mut car = false;
    for word in line.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()) {
        let lower = word.to_lowercase();
        if COURSE.contains(&lower.as_str()) {
            return false;
        }
        car |= CAR.contains(&lower.as_str());
    }
    car
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        vehicles(text, &Marks::of(text), &mut found);
        found.iter().filter_map(|place| text.get(place.start..place.end)).collect()
    }

    #[test]
    fn a_plate_needs_a_label_or_a_car_and_is_no_course() {
        for (text, plate) in [
            ("regnr abc 123", "abc 123"),
            ("Min bil ABC 12D står där", "ABC 12D"),
            ("my car (ABC-123)", "ABC-123"),
        ] {
            assert_eq!(found(text), [plate], "{text}");
        }
        for text in [
            "TDA 452 och en bil i kursen",
            "DVA 117",
            "bilen QAV 123",
            "bilen xABC 123",
            "bil abc 123",
            "ABC 123\nmin bil",
            "bilen ABC 12O",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
