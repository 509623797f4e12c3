//! JSON Resume, version 1: `basics` to the known fields, everything else to one CV as plain lines.
//!
//! Keys this program does not know are kept as `key: value`; `null` is nothing; a number where text
//! belongs is its text. A list or object where text belongs is refused with its JSON pointer. Three
//! keys beyond the format are read: `coverLetter` (text), `answers` (an object from question id to
//! text) and `placements` (a list of ids).

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::headings::{Asked, Questions, fold};
use super::{Draft, Note, Options, Unreadable, Wanted};
use crate::pipeline::received::SectionKind;

/// A JSON value that keeps the order of the keys and keys that stand twice.
enum Json {
    Null,
    /// Text, a number, true or false, as text.
    Scalar(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Drop for Json {
    fn drop(&mut self) {
        if let Json::Scalar(text) = self {
            zeroize::Zeroize::zeroize(text);
        }
    }
}

/// Marks the one refusal that is not a fault of the syntax.
const TOO_LARGE_A_NUMBER: &str = "a number that cannot be held exactly";

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Json;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(Json::Scalar(value.to_string()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
                Ok(Json::Scalar(value.to_string()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
                Ok(Json::Scalar(value.to_string()))
            }
            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Json, E> {
                // Beyond 2^53 a float no longer holds every digit that was written.
                if value.abs() >= 9_007_199_254_740_992.0 {
                    return Err(E::custom(TOO_LARGE_A_NUMBER));
                }
                Ok(Json::Scalar(value.to_string()))
            }
            fn visit_str<E>(self, value: &str) -> Result<Json, E> {
                Ok(Json::Scalar(value.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    values.push(value);
                }
                Ok(Json::List(values))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json, A::Error> {
                let mut values = Vec::new();
                while let Some(pair) = object.next_entry()? {
                    values.push(pair);
                }
                Ok(Json::Object(values))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// How one section of the CV is laid out.
struct Layout {
    section: &'static str,
    /// Joined with commas on the first line.
    head: &'static [&'static str],
    /// After the head, in brackets, joined with a dash.
    dates: &'static [&'static str],
    /// One paragraph each.
    lines: &'static [&'static str],
    /// One bullet for each element.
    bullets: &'static [&'static str],
    /// One line, joined with commas.
    words: &'static [&'static str],
}

const LAYOUTS: [Layout; 11] = [
    Layout {
        section: "work",
        head: &["position", "name", "location"],
        dates: &["startDate", "endDate"],
        lines: &["description", "summary", "url"],
        bullets: &["highlights"],
        words: &[],
    },
    Layout {
        section: "volunteer",
        head: &["position", "organization"],
        dates: &["startDate", "endDate"],
        lines: &["summary", "url"],
        bullets: &["highlights"],
        words: &[],
    },
    Layout {
        section: "education",
        head: &["studyType", "area", "institution", "score"],
        dates: &["startDate", "endDate"],
        lines: &["url"],
        bullets: &["courses"],
        words: &[],
    },
    Layout {
        section: "projects",
        head: &["name", "entity", "type"],
        dates: &["startDate", "endDate"],
        lines: &["description", "url"],
        bullets: &["highlights"],
        words: &["roles", "keywords"],
    },
    Layout {
        section: "awards",
        head: &["title", "awarder"],
        dates: &["date"],
        lines: &["summary"],
        bullets: &[],
        words: &[],
    },
    Layout {
        section: "certificates",
        head: &["name", "issuer"],
        dates: &["date"],
        lines: &["url"],
        bullets: &[],
        words: &[],
    },
    Layout {
        section: "publications",
        head: &["name", "publisher"],
        dates: &["releaseDate"],
        lines: &["summary", "url"],
        bullets: &[],
        words: &[],
    },
    Layout {
        section: "skills",
        head: &["name", "level"],
        dates: &[],
        lines: &[],
        bullets: &[],
        words: &["keywords"],
    },
    Layout {
        section: "languages",
        head: &["language", "fluency"],
        dates: &[],
        lines: &[],
        bullets: &[],
        words: &[],
    },
    Layout {
        section: "interests",
        head: &["name"],
        dates: &[],
        lines: &[],
        bullets: &[],
        words: &["keywords"],
    },
    Layout {
        section: "references",
        head: &["name"],
        dates: &[],
        lines: &["reference"],
        bullets: &[],
        words: &[],
    },
];

pub(super) fn read(text: &str, options: &Options<'_>) -> Result<Draft, Unreadable> {
    check_depth(text, options.limits.json_levels_max)?;
    let root: Json = serde_json::from_str(text).map_err(|error| {
        // The library's message may quote the file, so only the place is kept.
        if error.is_data() && error.to_string().starts_with(TOO_LARGE_A_NUMBER) {
            Unreadable::JsonNumber { line: error.line() }
        } else {
            Unreadable::NotJson { line: error.line(), column: error.column() }
        }
    })?;
    check_keys(&root, "")?;
    let root = object(&root, "")?;
    let mut draft = Draft::default();
    let mut cv = Cv(String::new());

    for (key, value) in root.iter().filter(|(key, _)| key == "basics") {
        basics(value, &mut draft, &mut cv, key)?;
    }
    for layout in &LAYOUTS {
        for (_, value) in root.iter().filter(|(key, _)| key == layout.section) {
            section(layout, value, &mut cv)?;
        }
    }
    let mut others = Cv(String::new());
    for (key, value) in root {
        match key.as_str() {
            "basics" => {}
            key if LAYOUTS.iter().any(|layout| layout.section == key) => {}
            "$schema" => draft.note(Note::FileFactsLeftOut),
            "meta" => meta(value, &mut draft)?,
            "coverLetter" => {
                if let Some(letter) = scalar(value, "/coverLetter")? {
                    draft.add(SectionKind::Letter, None, letter);
                }
            }
            "answers" => {
                let questions = Questions::new(options.questions);
                for (index, (id, answer)) in object_or_nothing(value, "/answers")?.iter().enumerate() {
                    let question = match questions.asked(id) {
                        Asked::Question(id) => id,
                        _ => id.trim().to_owned(),
                    };
                    // The key is the file's own word, so the pointer names its place instead.
                    if let Some(answer) = scalar(answer, &format!("/answers/#{}", index + 1))? {
                        draft.add(SectionKind::Answer, Some(&question), answer);
                    }
                }
            }
            "placements" => draft.placements = words(value, "/placements")?,
            key => rest(key, value, &mut others)?,
        }
    }
    cv.paragraph(&others.0);
    draft.add(SectionKind::Cv, None, &cv.0);
    zeroize::Zeroize::zeroize(&mut cv.0);
    zeroize::Zeroize::zeroize(&mut others.0);
    Ok(draft)
}

/// Counts brackets before parsing, so that the parser never recurses deeper than this.
fn check_depth(text: &str, levels_max: usize) -> Result<(), Unreadable> {
    let (mut levels, mut quoted, mut escaped) = (0usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                levels += 1;
                if levels > levels_max {
                    return Err(Unreadable::JsonTooDeep { levels_max });
                }
            }
            b'}' | b']' if !quoted => levels = levels.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Refuses a key that stands twice in one object, anywhere in the file. A key of the format is
/// named in the pointer; any other is the applicant's own word and is named by its place.
fn check_keys(value: &Json, pointer: &str) -> Result<(), Unreadable> {
    match value {
        Json::Null | Json::Scalar(_) => Ok(()),
        Json::List(values) => values
            .iter()
            .enumerate()
            .try_for_each(|(index, value)| check_keys(value, &format!("{pointer}/{index}"))),
        Json::Object(fields) => {
            let mut seen = std::collections::HashSet::with_capacity(fields.len());
            if !fields.iter().all(|(key, _)| seen.insert(key.as_str())) {
                return Err(Unreadable::JsonKeyTwice { pointer: pointer.to_owned() });
            }
            fields.iter().enumerate().try_for_each(|(index, (key, value))| {
                let of_the_format = ["basics", "location", "profiles", "meta", "answers"]
                    .contains(&key.as_str())
                    || LAYOUTS.iter().any(|layout| layout.section == key);
                if of_the_format {
                    check_keys(value, &format!("{pointer}/{key}"))
                } else {
                    check_keys(value, &format!("{pointer}/#{}", index + 1))
                }
            })
        }
    }
}

/// Lines under way.
struct Cv(String);

impl Cv {
    fn line(&mut self, line: &str) {
        let line = line.trim();
        if line.is_empty() {
            return;
        }
        if !self.0.is_empty() && !self.0.ends_with('\n') {
            self.0.push('\n');
        }
        self.0.push_str(line);
    }

    fn paragraph(&mut self, lines: &str) {
        if lines.trim().is_empty() {
            return;
        }
        if !self.0.is_empty() {
            self.0.push_str("\n\n");
        }
        self.0.push_str(lines.trim());
    }
}

fn basics(value: &Json, draft: &mut Draft, cv: &mut Cv, key: &str) -> Result<(), Unreadable> {
    let at = |name: &str| format!("/{key}/{name}");
    let mut lead = Cv(String::new());
    for (name, value) in object_or_nothing(value, "/basics")? {
        let name = name.as_str();
        match name {
            "name" => draft.known.name = scalar(value, &at(name))?.unwrap_or_default().to_owned(),
            "email" => draft.known.email = scalar(value, &at(name))?.unwrap_or_default().to_owned(),
            "phone" => draft.known.phone = scalar(value, &at(name))?.unwrap_or_default().to_owned(),
            "url" => draft.known.links.extend(scalar(value, &at(name))?.map(str::to_owned)),
            "label" | "summary" => lead.line(scalar(value, &at(name))?.unwrap_or_default()),
            "image" => {
                if scalar(value, &at(name))?.is_some() {
                    draft.note(Note::PhotoLeftOut);
                }
            }
            "location" => location(value, draft, &mut lead)?,
            "profiles" => profiles(value, draft, &mut lead)?,
            name if identifies(name) => {
                for word in words(value, "/basics/#")? {
                    draft.known.other.push(word);
                }
            }
            name => rest(name, value, &mut lead)?,
        }
    }
    cv.paragraph(&lead.0);
    zeroize::Zeroize::zeroize(&mut lead.0);
    Ok(())
}

/// Keys beyond the format that say who the applicant is.
fn identifies(key: &str) -> bool {
    matches!(
        fold(key).as_str(),
        "personnummer"
            | "personalnumber"
            | "nationalid"
            | "ssn"
            | "fodelsedatum"
            | "birthdate"
            | "birthday"
            | "dateofbirth"
            | "nickname"
            | "smeknamn"
            | "formername"
            | "maidenname"
            | "firstname"
            | "lastname"
            | "givenname"
            | "familyname"
            | "fornamn"
            | "efternamn"
    )
}

fn location(value: &Json, draft: &mut Draft, lead: &mut Cv) -> Result<(), Unreadable> {
    for (name, value) in object_or_nothing(value, "/basics/location")? {
        let at = format!("/basics/location/{name}");
        match name.as_str() {
            "address" => draft.known.street = scalar(value, &at)?.unwrap_or_default().to_owned(),
            "postalCode" => draft.known.postcode = scalar(value, &at)?.unwrap_or_default().to_owned(),
            "city" => draft.known.town = scalar(value, &at)?.unwrap_or_default().to_owned(),
            // As known words they would be taken out of every text ("US", "Skåne"), and in the text
            // they would tell where the applicant lives.
            "countryCode" | "region" => {
                if scalar(value, &at)?.is_some() {
                    draft.note(Note::RegionLeftOut);
                }
            }
            name => rest(name, value, lead)?,
        }
    }
    Ok(())
}

fn profiles(value: &Json, draft: &mut Draft, lead: &mut Cv) -> Result<(), Unreadable> {
    for (index, profile) in list_or_nothing(value, "/basics/profiles")?.iter().enumerate() {
        for (name, value) in object_or_nothing(profile, &format!("/basics/profiles/{index}"))? {
            let at = format!("/basics/profiles/{index}/{name}");
            match name.as_str() {
                "username" | "url" => draft.known.links.extend(scalar(value, &at)?.map(str::to_owned)),
                // The network's own name says nothing of the applicant.
                "network" => {
                    scalar(value, &at)?;
                }
                name => rest(name, value, lead)?,
            }
        }
    }
    Ok(())
}

fn meta(value: &Json, draft: &mut Draft) -> Result<(), Unreadable> {
    for (name, value) in object_or_nothing(value, "/meta")? {
        // The address of the CV itself names the applicant more often than not.
        if name == "canonical" {
            draft.known.links.extend(scalar(value, "/meta/canonical")?.map(str::to_owned));
        } else {
            draft.note(Note::FileFactsLeftOut);
        }
    }
    Ok(())
}

fn section(layout: &Layout, value: &Json, cv: &mut Cv) -> Result<(), Unreadable> {
    let pointer = format!("/{}", layout.section);
    let mut block = Cv(String::new());
    let mut apart = false;
    for (index, entry) in list_or_nothing(value, &pointer)?.iter().enumerate() {
        match entry {
            // `"skills": ["Excel", "GIS"]` is common and clear.
            Json::Scalar(text) => block.line(text),
            entry => {
                let lines = self::entry(layout, entry, &format!("{pointer}/{index}"))?;
                // Entries of one line, such as languages, stand together.
                apart |= lines.contains('\n');
                if apart {
                    block.paragraph(&lines);
                } else {
                    block.line(&lines);
                }
            }
        }
    }
    if !block.0.trim().is_empty() {
        // The file's own word for the section, so that the CV is in no language but the applicant's.
        let mut heading = layout.section.to_owned();
        if let Some(first) = heading.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        cv.paragraph(&format!("{heading}\n{}", block.0));
    }
    zeroize::Zeroize::zeroize(&mut block.0);
    Ok(())
}

fn entry(layout: &Layout, value: &Json, pointer: &str) -> Result<String, Unreadable> {
    let fields = object_or_nothing(value, pointer)?;
    let get = |key: &str| fields.iter().find(|(name, _)| name == key).map(|(_, value)| value);
    let text = |key: &str| match get(key) {
        Some(value) => scalar(value, &format!("{pointer}/{key}")),
        None => Ok(None),
    };
    let join = |keys: &[&str], with: &str| -> Result<String, Unreadable> {
        let found: Result<Vec<Option<&str>>, Unreadable> = keys.iter().map(|key| text(key)).collect();
        Ok(found?.into_iter().flatten().collect::<Vec<_>>().join(with))
    };
    let mut lines = Cv(String::new());
    let (head, dates) = (join(layout.head, ", ")?, join(layout.dates, " – ")?);
    lines.line(&match (head.is_empty(), dates.is_empty()) {
        (false, false) => format!("{head} ({dates})"),
        _ => format!("{head}{dates}"),
    });
    for key in layout.lines {
        lines.line(text(key)?.unwrap_or_default());
    }
    for key in layout.bullets {
        if let Some(value) = get(key) {
            for word in words(value, &format!("{pointer}/{key}"))? {
                lines.line(&format!("- {word}"));
            }
        }
    }
    for key in layout.words {
        if let Some(value) = get(key) {
            lines.line(&words(value, &format!("{pointer}/{key}"))?.join(", "));
        }
    }
    let laid_out = [layout.head, layout.dates, layout.lines, layout.bullets, layout.words].concat();
    for (name, value) in fields.iter().filter(|(name, _)| !laid_out.contains(&name.as_str())) {
        rest(name, value, &mut lines)?;
    }
    Ok(lines.0)
}

/// Keys beyond the format, kept as `key: value`.
fn rest(key: &str, value: &Json, out: &mut Cv) -> Result<(), Unreadable> {
    match value {
        Json::Null => {}
        Json::Scalar(text) if text.trim().is_empty() => {}
        Json::Scalar(text) => out.line(&format!("{key}: {}", text.trim())),
        Json::List(values) => {
            let plain: Option<Vec<&str>> = values
                .iter()
                .map(|value| match value {
                    Json::Scalar(text) => Some(text.trim()),
                    Json::Null => Some(""),
                    _ => None,
                })
                .collect();
            match plain {
                Some(words) => {
                    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
                    if !words.is_empty() {
                        out.line(&format!("{key}: {}", words.join(", ")));
                    }
                }
                None => {
                    for value in values {
                        rest(key, value, out)?;
                    }
                }
            }
        }
        Json::Object(fields) => {
            for (name, value) in fields {
                rest(&format!("{key}.{name}"), value, out)?;
            }
        }
    }
    Ok(())
}

fn scalar<'a>(value: &'a Json, pointer: &str) -> Result<Option<&'a str>, Unreadable> {
    match value {
        Json::Null => Ok(None),
        Json::Scalar(text) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
        _ => Err(shape(pointer, Wanted::Text)),
    }
}

/// A list of texts; one text alone counts as a list of one.
fn words(value: &Json, pointer: &str) -> Result<Vec<String>, Unreadable> {
    let mut out = Vec::new();
    match value {
        Json::Null => {}
        Json::Scalar(text) => out.push(text.trim().to_owned()),
        Json::List(values) => {
            for (index, value) in values.iter().enumerate() {
                out.extend(scalar(value, &format!("{pointer}/{index}"))?.map(str::to_owned));
            }
        }
        Json::Object(_) => return Err(shape(pointer, Wanted::List)),
    }
    out.retain(|word| !word.is_empty());
    Ok(out)
}

fn list_or_nothing<'a>(value: &'a Json, pointer: &str) -> Result<&'a [Json], Unreadable> {
    match value {
        Json::Null => Ok(&[]),
        Json::List(values) => Ok(values),
        _ => Err(shape(pointer, Wanted::List)),
    }
}

fn object_or_nothing<'a>(value: &'a Json, pointer: &str) -> Result<&'a [(String, Json)], Unreadable> {
    match value {
        Json::Null => Ok(&[]),
        value => object(value, pointer),
    }
}

fn object<'a>(value: &'a Json, pointer: &str) -> Result<&'a [(String, Json)], Unreadable> {
    match value {
        Json::Object(fields) => Ok(fields),
        _ => Err(shape(pointer, Wanted::Object)),
    }
}

fn shape(pointer: &str, wanted: Wanted) -> Unreadable {
    Unreadable::JsonShape { pointer: pointer.to_owned(), wanted }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn draft(text: &str) -> Draft {
        match read(text, &Options::default()) {
            Ok(draft) => draft,
            Err(error) => panic!("{error:?}"),
        }
    }

    fn refusal(text: &str) -> Unreadable {
        match read(text, &Options::default()) {
            Ok(_) => panic!("read"),
            Err(error) => error,
        }
    }

    fn cv(draft: &Draft) -> &str {
        draft.parts.iter().find(|part| part.kind == SectionKind::Cv).map_or("", |part| part.text.as_str())
    }

    #[test]
    fn who_the_applicant_is_goes_to_the_known_fields_and_not_to_the_text() {
        let draft = draft(
            r#"{"basics": {"name": "Bo Ek", "email": "bo@example.org", "phone": "070-1740605",
                "url": "https://example.org/bo", "label": "Planerare", "summary": "Jag ritar torg.",
                "birthDate": "1990-01-01", "image": "bo.png",
                "location": {"address": "Storgatan 1", "postalCode": 25200, "city": "Helsingborg",
                "region": "Skåne"},
                "profiles": [{"network": "Git", "username": "boek", "url": "https://example.net/boek"}]},
                "work": [{"name": "Torgbolaget", "position": "Praktikant", "startDate": "2021-01",
                "endDate": 2022}]}"#,
        );
        let known = &draft.known;
        assert_eq!(
            [&known.name, &known.email, &known.phone, &known.street, &known.postcode, &known.town],
            ["Bo Ek", "bo@example.org", "070-1740605", "Storgatan 1", "25200", "Helsingborg"]
        );
        assert_eq!(known.links, ["https://example.org/bo", "boek", "https://example.net/boek"]);
        assert_eq!(known.other, ["1990-01-01"]);
        assert_eq!(
            cv(&draft),
            "Planerare\nJag ritar torg.\n\nWork\nPraktikant, Torgbolaget (2021-01 – 2022)"
        );
        assert_eq!(draft.notes, [Note::PhotoLeftOut, Note::RegionLeftOut]);
    }

    #[test]
    fn letters_answers_and_placements_beyond_the_format_are_read() {
        let draft = draft(
            r#"{"coverLetter": "Hej", "answers": {"f1": "Ja", "Annat": "Nej"}, "placements": ["bjuv-hr"]}"#,
        );
        let parts: Vec<_> =
            draft.parts.iter().map(|p| (p.kind, p.question.as_deref(), p.text.as_str())).collect();
        assert_eq!(
            parts,
            [
                (SectionKind::Letter, None, "Hej"),
                (SectionKind::Answer, Some("F1"), "Ja"),
                (SectionKind::Answer, Some("Annat"), "Nej")
            ]
        );
        assert_eq!(draft.placements, ["bjuv-hr"]);
    }

    #[test]
    fn a_shape_that_is_wrong_is_refused_with_its_pointer() {
        for (text, pointer, wanted) in [
            ("[]", "", Wanted::Object),
            ("\"x\"", "", Wanted::Object),
            (r#"{"basics": []}"#, "/basics", Wanted::Object),
            (r#"{"basics": {"name": {}}}"#, "/basics/name", Wanted::Text),
            (r#"{"basics": {"location": "x"}}"#, "/basics/location", Wanted::Object),
            (r#"{"projects": {"name": "x"}}"#, "/projects", Wanted::List),
            (r#"{"projects": [{}, {"name": ["x"]}]}"#, "/projects/1/name", Wanted::Text),
            (r#"{"projects": [{"highlights": {"a": 1}}]}"#, "/projects/0/highlights", Wanted::List),
            (r#"{"projects": [[]]}"#, "/projects/0", Wanted::Object),
        ] {
            assert_eq!(refusal(text), Unreadable::JsonShape { pointer: pointer.into(), wanted }, "{text}");
        }
    }

    #[test]
    fn what_would_be_lost_or_is_not_json_is_refused() {
        assert_eq!(
            refusal(r#"{"work": [], "work": []}"#),
            Unreadable::JsonKeyTwice { pointer: String::new() }
        );
        assert_eq!(
            refusal(r#"{"projects": [{"name": "a", "name": "b"}]}"#),
            Unreadable::JsonKeyTwice { pointer: "/projects/0".into() }
        );
        assert_eq!(refusal("{\n\"a\": 12345678901234567890123}"), Unreadable::JsonNumber { line: 2 });
        assert!(matches!(refusal("{\"a\": "), Unreadable::NotJson { line: 1, .. }));
        assert!(matches!(refusal("{} {}"), Unreadable::NotJson { .. }));
    }

    #[test]
    fn deep_nesting_is_refused_and_brackets_in_text_are_not_nesting() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(refusal(&deep), Unreadable::JsonTooDeep { levels_max: 32 });
        let flat = format!(r#"{{"x": "\"{}"}}"#, "[".repeat(100));
        assert!(cv(&draft(&flat)).contains("[[["));
    }

    /// Every text in the value but those that are left out on purpose.
    fn leaves(value: &serde_json::Value, out: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) => out.push(text.trim().to_owned()),
            serde_json::Value::Number(number) => out.push(number.to_string()),
            serde_json::Value::Array(list) => list.iter().for_each(|value| leaves(value, out)),
            serde_json::Value::Object(map) => {
                for (key, value) in map {
                    if !["$schema", "version", "lastModified", "image", "countryCode", "region", "network"]
                        .contains(&key.as_str())
                    {
                        leaves(value, out);
                    }
                }
            }
            _ => {}
        }
    }

    fn everything(draft: &Draft) -> String {
        let known = &draft.known;
        let mut all = vec![
            known.name.clone(),
            known.email.clone(),
            known.phone.clone(),
            known.street.clone(),
            known.postcode.clone(),
            known.town.clone(),
        ];
        all.extend(known.links.iter().cloned());
        all.extend(known.other.iter().cloned());
        all.extend(draft.parts.iter().map(|part| part.text.to_string()));
        all.join("\n")
    }

    fn sample(path: &str) -> Option<String> {
        let path = format!("{}/../shared/data/applications/json-resume/{path}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).ok();
        if text.is_none() {
            println!("SKIPPED: the JSON Resume samples are not beside the project");
        }
        text
    }

    #[test]
    fn the_published_sample_loses_no_field() {
        let Some(text) = sample("sample.resume.json") else { return };
        let draft = draft(&text);
        let mut wanted = Vec::new();
        leaves(&serde_json::from_str(&text).expect("JSON"), &mut wanted);
        let all = everything(&draft);
        assert!(wanted.len() > 50);
        for leaf in wanted {
            assert!(all.contains(&leaf), "lost: {leaf}");
        }
        let text = cv(&draft);
        assert!(
            text.contains("CEO/President, Pied Piper, Palo Alto, CA (2013-12-01 – 2014-12-01)"),
            "{text}"
        );
        assert!(!text.contains(&draft.known.email));
    }

    #[test]
    fn every_published_fragment_gives_text_or_a_typed_refusal() {
        let sections = [
            "awards",
            "basics",
            "certificates",
            "dates",
            "education",
            "interests",
            "languages",
            "meta",
            "projects",
            "publications",
            "references",
            "schema",
            "skills",
            "volunteer",
            "work",
        ];
        for name in sections {
            let Some(text) = sample(&format!("test/__test__/{name}.json")) else { return };
            let all: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).expect("JSON");
            for (case, value) in all {
                match read(&value.to_string(), &Options::default()) {
                    Ok(draft) => {
                        let mut wanted = Vec::new();
                        leaves(&value, &mut wanted);
                        let all = everything(&draft);
                        assert!(wanted.iter().all(|leaf| all.contains(leaf.as_str())), "{name} {case}");
                    }
                    Err(refusal) => {
                        assert!(matches!(refusal, Unreadable::JsonShape { .. }), "{name} {case}: {refusal:?}")
                    }
                }
            }
        }
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i32>().prop_map(Into::into),
            "[a-zåäö ]{0,12}".prop_map(Into::into),
        ];
        let key = prop_oneof![
            prop::sample::select(vec![
                "basics",
                "work",
                "skills",
                "name",
                "location",
                "profiles",
                "highlights",
                "keywords",
                "meta",
                "url",
                "answers",
                "placements",
                "coverLetter",
                "summary",
            ])
            .prop_map(str::to_owned),
            "[a-z]{1,6}",
        ];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::from),
                prop::collection::vec((key.clone(), inner), 0..6)
                    .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_gives_text_or_a_refusal(value in any_json()) {
            match read(&value.to_string(), &Options::default()) {
                Ok(_) => prop_assert!(value.is_object()),
                Err(refusal) => {
                    let typed = matches!(refusal, Unreadable::JsonShape { .. });
                    prop_assert!(typed, "{:?}", refusal);
                }
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "[{}\\[\\]\":,a1\\\\ \n]{0,120}") {
            let _ = read(&text, &Options::default());
        }
    }
}
