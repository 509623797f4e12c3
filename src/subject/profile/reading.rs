//! Reads the text of a requirement profile and collects every fault in one go, each with where it is
//! and what to do. A profile with a fault is not read at all: nothing is filled in or left out.

use toml::{Table, Value};

use super::{
    Ai, Anchors, Criterion, FORMAT, Kind, ModelFloor, NotAWeight, Placement, Problem, Profile, ProfileError,
    Question, Weight, limits,
};
use crate::subject::id::{CriterionId, OrganisationId, PlacementId};
use crate::subject::words::Text;

pub(super) fn read(toml_text: &str) -> Result<Profile, ProfileError> {
    if toml_text.len() > limits::FILE_BYTES_MAX {
        return Err(ProfileError::TooLarge { bytes: toml_text.len() });
    }
    let table: Table = toml::from_str(toml_text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let line = toml_text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
        ProfileError::Syntax { line, message: error.message().replace('\n', " ") }
    })?;
    let mut faults = Faults(Vec::new());
    let profile = read_profile(&table, &mut faults);
    match profile {
        Some(profile) if faults.0.is_empty() => Ok(profile),
        _ => Err(ProfileError::Problems(faults.0)),
    }
}

/// Collects faults; every reading function returns `None` only after it has added one.
struct Faults(Vec<Problem>);

impl Faults {
    fn add(&mut self, at: &Text, sv: impl Into<String>, en: impl Into<String>) {
        self.0.push(Problem { at: at.clone(), what: Text { sv: sv.into(), en: en.into() } });
    }
}

fn both(sv: impl Into<String>, en: impl Into<String>) -> Text {
    Text { sv: sv.into(), en: en.into() }
}

fn read_profile(table: &Table, faults: &mut Faults) -> Option<Profile> {
    let file = both("filen", "the file");
    known_keys(
        table,
        &["format", "id", "version", "title", "placement", "question", "criterion", "model_floor"],
        &file,
        faults,
    );

    let format = match table.get("format") {
        Some(Value::String(format)) if format == FORMAT => Some(format.clone()),
        Some(_) => {
            faults.add(
                &file,
                format!("`format` är okänt för det här programmet; skriv format = \"{FORMAT}\""),
                format!("`format` is not known to this program; write format = \"{FORMAT}\""),
            );
            None
        }
        None => {
            faults.add(
                &file,
                format!("`format` saknas; skriv format = \"{FORMAT}\" överst"),
                format!("`format` is missing; write format = \"{FORMAT}\" at the top"),
            );
            None
        }
    };
    let id = read_id(table, "id", &file, faults);
    let version = match table.get("version") {
        Some(Value::Integer(number)) if (1..=i64::from(u32::MAX)).contains(number) => {
            u32::try_from(*number).ok()
        }
        _ => {
            faults.add(
                &file,
                "`version` ska vara ett heltal från 1",
                "`version` must be a whole number from 1",
            );
            None
        }
    };
    let title = read_text(table, "title", &file, faults);

    let placement_rows =
        rows(table, "placement", &both("placering", "placement"), limits::PLACEMENTS_MAX, faults);
    let mut placement_ids = Vec::new();
    let mut placements = Vec::new();
    for row in &placement_rows {
        known_keys(row.table, &["id", "organisation", "title"], &row.at, faults);
        let id = read_unique_id(row, &mut placement_ids, faults);
        let organisation = read_id(row.table, "organisation", &row.at, faults);
        let title = read_text(row.table, "title", &row.at, faults);
        if let (Some(id), Some(organisation), Some(title)) = (id, organisation, title) {
            placements.push(Placement {
                id: PlacementId::new(id),
                organisation: OrganisationId::new(organisation),
                title,
            });
        }
    }

    let mut question_ids = Vec::new();
    let mut questions = Vec::new();
    for row in &rows(table, "question", &both("fråga", "question"), limits::QUESTIONS_MAX, faults) {
        known_keys(row.table, &["id", "text"], &row.at, faults);
        let id = read_unique_id(row, &mut question_ids, faults);
        let text = read_text(row.table, "text", &row.at, faults);
        if let (Some(id), Some(text)) = (id, text) {
            questions.push(Question { id, text });
        }
    }

    let model_floor = read_floor(table, faults);

    let criterion_rows =
        rows(table, "criterion", &both("kriterium", "criterion"), limits::CRITERIA_MAX, faults);
    if criterion_rows.is_empty() {
        faults.add(
            &file,
            "inget kriterium finns; skriv minst ett [[criterion]]",
            "there is no criterion; write at least one [[criterion]]",
        );
    }
    let mut criterion_ids = Vec::new();
    let mut criteria = Vec::new();
    for row in &criterion_rows {
        let criterion = read_criterion(row, &mut criterion_ids, &placement_ids, faults);
        criteria.extend(criterion);
    }
    Some(Profile {
        format: format?,
        id: id?,
        version: version?,
        title: title?,
        placements,
        questions,
        criteria,
        model_floor: model_floor?,
    })
}

/// `[model_floor]`: both languages when it is there, from .5 (chance) to 1.
fn read_floor(table: &Table, faults: &mut Faults) -> Option<ModelFloor> {
    let at = both("[model_floor]", "[model_floor]");
    let table = match table.get("model_floor") {
        None => return Some(ModelFloor::DEFAULT),
        Some(Value::Table(table)) => table,
        Some(_) => {
            faults.add(&at, "ska vara en tabell: sv = 0.9, en = 0.9", "must be a table: sv = 0.9, en = 0.9");
            return None;
        }
    };
    known_keys(table, &["sv", "en"], &at, faults);
    let mut one = |key: &str| match table.get(key) {
        Some(Value::Float(share)) if (0.5..=1.0).contains(share) => Some((share * 1000.0).round() as u32),
        Some(Value::Integer(1)) => Some(1000),
        _ => {
            faults.add(
                &at,
                format!("`{key}` ska vara ett tal från 0.5 (slumpen) till 1"),
                format!("`{key}` must be a number from 0.5 (chance) to 1"),
            );
            None
        }
    };
    let (sv, en) = (one("sv"), one("en"));
    Some(ModelFloor { sv_milli: sv?, en_milli: en? })
}

fn read_criterion(
    row: &Row<'_>,
    ids: &mut Vec<String>,
    placement_ids: &[String],
    faults: &mut Faults,
) -> Option<Criterion> {
    let keys = ["id", "kind", "ai", "weight", "placements", "label", "description", "anchors"];
    known_keys(row.table, &keys, &row.at, faults);
    let id = read_unique_id(row, ids, faults);
    let label = read_text(row.table, "label", &row.at, faults);
    let description = read_text(row.table, "description", &row.at, faults);
    let kind = read_word(row, "kind", &Kind::ALL, Kind::code, faults);
    let ai = read_word(row, "ai", &Ai::ALL, Ai::code, faults);
    let weight = row.table.get("weight").map(Weight::from_toml);
    let weight = match weight {
        Some(Err(NotAWeight)) => {
            faults.add(
                &row.at,
                "`weight` ska vara ett tal över 0 och högst 100 med högst tre decimaler",
                "`weight` must be a number above 0 and at most 100 with at most three decimals",
            );
            None
        }
        Some(Ok(weight)) => Some(weight),
        None => None,
    };
    let anchors = read_anchors(row, faults);
    let placements = read_placements(row, placement_ids, faults);
    if let (Some(kind), Some(ai)) = (kind, ai) {
        judge_kind(row, kind, ai, faults);
        if kind == Kind::PlacementCondition
            && !placement_ids.is_empty()
            && !row.table.contains_key("placements")
        {
            faults.add(
                &row.at,
                "ett villkor för en placering ska säga vilken; skriv placements = [\"…\"]",
                "a placement condition must say which placement; write placements = [\"…\"]",
            );
        }
    }
    Some(Criterion {
        id: CriterionId::new(id?),
        label: label?,
        description: description?,
        kind: kind?,
        ai: ai?,
        weight,
        anchors,
        placements,
    })
}

impl Weight {
    fn from_toml(value: &Value) -> Result<Self, NotAWeight> {
        match value {
            Value::Integer(whole) => {
                let milli = whole.checked_mul(1000).and_then(|milli| u32::try_from(milli).ok());
                Self::from_milli(milli.ok_or(NotAWeight)?)
            }
            Value::Float(number) if *number > 0.0 && *number <= 100.0 => {
                // The shortest decimal that gives this float is what the author wrote, so the
                // decimals are counted there and no rounding is guessed.
                let written = format!("{number}");
                let (whole, fraction) = written.split_once('.').unwrap_or((&written, ""));
                if fraction.len() > 3 {
                    return Err(NotAWeight);
                }
                let digits = format!("{whole}{fraction:0<3}");
                Self::from_milli(digits.parse().map_err(|_| NotAWeight)?)
            }
            _ => Err(NotAWeight),
        }
    }
}

/// Which kinds the AI support may assess, and what an assessment needs.
fn judge_kind(row: &Row<'_>, kind: Kind, ai: Ai, faults: &mut Faults) {
    let has = |key: &str| row.table.contains_key(key);
    match kind {
        Kind::MustHave | Kind::PlacementCondition => {
            if ai == Ai::Assess {
                faults.add(
                    &row.at,
                    format!(
                        "ett kriterium av slaget {} får inte nivåbedömas; skriv ai = \"extract\", \
                             \"list\" eller \"none\"",
                        kind.code()
                    ),
                    format!(
                        "a {} criterion may not be given a level; write ai = \"extract\", \"list\" or \
                             \"none\"",
                        kind.code()
                    ),
                );
            }
            for key in ["weight", "anchors"] {
                if has(key) {
                    faults.add(
                        &row.at,
                        format!(
                            "ett kriterium av slaget {} har aldrig `{key}`; ta bort det eller välj \
                                 ett annat slag",
                            kind.code()
                        ),
                        format!(
                            "a {} criterion never has `{key}`; remove it or choose another kind",
                            kind.code()
                        ),
                    );
                }
            }
            return;
        }
        Kind::PersonalQuality if ai != Ai::None => faults.add(
            &row.at,
            "personliga egenskaper bedöms bara av människor; skriv ai = \"none\"",
            "personal qualities are assessed by people only; write ai = \"none\"",
        ),
        _ => {}
    }
    if ai == Ai::Assess {
        if !has("weight") {
            faults.add(
                &row.at,
                "ai = \"assess\" kräver `weight`; lägg till en vikt",
                "ai = \"assess\" needs a `weight`; add one",
            );
        }
        if !has("anchors") {
            faults.add(
                &row.at,
                "ai = \"assess\" kräver ankare; lägg till [criterion.anchors] med weak, adequate och strong",
                "ai = \"assess\" needs anchors; add [criterion.anchors] with weak, adequate and strong",
            );
        }
    } else if has("weight") {
        faults.add(
            &row.at,
            "`weight` används bara med ai = \"assess\"; ta bort vikten",
            "`weight` is used only with ai = \"assess\"; remove it",
        );
    }
}

fn read_anchors(row: &Row<'_>, faults: &mut Faults) -> Option<Anchors> {
    match row.table.get("anchors")? {
        Value::Table(table) => {
            known_keys(table, &["weak", "adequate", "strong"], &row.at, faults);
            let weak = read_text(table, "weak", &row.at, faults);
            let adequate = read_text(table, "adequate", &row.at, faults);
            let strong = read_text(table, "strong", &row.at, faults);
            Some(Anchors { weak: weak?, adequate: adequate?, strong: strong? })
        }
        _ => {
            faults.add(
                &row.at,
                "`anchors` ska vara en tabell [criterion.anchors] med weak, adequate och strong",
                "`anchors` must be a table [criterion.anchors] with weak, adequate and strong",
            );
            None
        }
    }
}

fn read_placements(row: &Row<'_>, placement_ids: &[String], faults: &mut Faults) -> Vec<PlacementId> {
    let Some(value) = row.table.get("placements") else { return Vec::new() };
    let names: Option<Vec<&str>> =
        value.as_array().and_then(|list| list.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    let Some(names) = names.filter(|names| !names.is_empty()) else {
        faults.add(
            &row.at,
            "`placements` ska vara en lista med minst ett id, eller utelämnas för alla placeringar",
            "`placements` must be a list of at least one id, or be left out for every placement",
        );
        return Vec::new();
    };
    let mut out: Vec<PlacementId> = Vec::new();
    for name in names {
        let shown = shown(name);
        if !placement_ids.iter().any(|id| id == name) {
            faults.add(
                &row.at,
                format!(
                    "placeringen \"{shown}\" finns inte i filen; skriv ett [[placement]] med det id:t \
                         eller rätta namnet"
                ),
                format!(
                    "there is no placement \"{shown}\" in the file; write a [[placement]] with that \
                         id or correct the name"
                ),
            );
        } else if out.iter().any(|id| id.as_str() == name) {
            faults.add(
                &row.at,
                format!("placeringen \"{shown}\" står två gånger; ta bort den ena"),
                format!("the placement \"{shown}\" is listed twice; remove one"),
            );
        } else {
            out.push(PlacementId::new(name));
        }
    }
    out
}

/// One `[[…]]` table and what to call it in a fault.
struct Row<'a> {
    table: &'a Table,
    at: Text,
}

fn rows<'a>(table: &'a Table, key: &str, name: &Text, max: usize, faults: &mut Faults) -> Vec<Row<'a>> {
    let at = both("filen", "the file");
    let list = match table.get(key) {
        None => return Vec::new(),
        Some(Value::Array(list)) => list,
        Some(_) => {
            faults.add(
                &at,
                format!("skriv [[{key}]] med dubbla klamrar"),
                format!("write [[{key}]] with double brackets"),
            );
            return Vec::new();
        }
    };
    if list.len() > max {
        faults.add(
            &at,
            format!("{} [[{key}]] är för många; högst {max} får finnas", list.len()),
            format!("{} [[{key}]] are too many; at most {max} are allowed", list.len()),
        );
        return Vec::new();
    }
    let mut out = Vec::new();
    for (index, value) in list.iter().enumerate() {
        let number = index + 1;
        let Value::Table(table) = value else {
            faults.add(
                &at,
                format!("{} nr {number} är ingen tabell; skriv [[{key}]]", name.sv),
                format!("{} no. {number} is not a table; write [[{key}]]", name.en),
            );
            continue;
        };
        let at = match table.get("id").and_then(Value::as_str).filter(|id| well_formed_id(id)) {
            Some(id) => both(format!("{} {id}", name.sv), format!("{} {id}", name.en)),
            None => both(format!("{} nr {number}", name.sv), format!("{} no. {number}", name.en)),
        };
        out.push(Row { table, at });
    }
    out
}

fn known_keys(table: &Table, known: &[&str], at: &Text, faults: &mut Faults) {
    for key in table.keys().filter(|key| !known.contains(&key.as_str())) {
        let (key, known) = (shown(key), known.join(", "));
        faults.add(
            at,
            format!("okänd nyckel `{key}`; de som finns är {known}"),
            format!("unknown key `{key}`; the keys are {known}"),
        );
    }
}

/// A name from the file, short enough for a message.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(limits::ID_CHARS_MAX).collect()
}

/// Whether it is 1–60 characters of `a–z A–Z 0–9 - _` and begins with a letter or digit.
pub(crate) fn well_formed_id(id: &str) -> bool {
    let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    plain && id.len() <= limits::ID_CHARS_MAX && id.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
}

fn read_id(table: &Table, key: &str, at: &Text, faults: &mut Faults) -> Option<String> {
    match table.get(key) {
        Some(Value::String(id)) if well_formed_id(id) => Some(id.clone()),
        Some(_) => {
            let max = limits::ID_CHARS_MAX;
            faults.add(
                at,
                format!(
                    "`{key}` ska vara 1–{max} tecken ur a–z, A–Z, 0–9, - och _ och börja med bokstav \
                         eller siffra"
                ),
                format!(
                    "`{key}` must be 1–{max} characters of a–z, A–Z, 0–9, - and _ and begin with a \
                         letter or digit"
                ),
            );
            None
        }
        None => {
            faults.add(at, format!("`{key}` saknas; lägg till det"), format!("`{key}` is missing; add it"));
            None
        }
    }
}

fn read_unique_id(row: &Row<'_>, taken: &mut Vec<String>, faults: &mut Faults) -> Option<String> {
    let id = read_id(row.table, "id", &row.at, faults)?;
    // Headers and command lines are matched without regard to case, so two ids may not differ by it.
    if taken.iter().any(|other| other.eq_ignore_ascii_case(&id)) {
        faults.add(
            &row.at,
            format!("id:t \"{id}\" finns redan; ge den här ett eget"),
            format!("the id \"{id}\" is already used; give this one its own"),
        );
        return None;
    }
    taken.push(id.clone());
    Some(id)
}

fn read_word<T: Copy>(
    row: &Row<'_>,
    key: &str,
    all: &[T],
    code: fn(T) -> &'static str,
    faults: &mut Faults,
) -> Option<T> {
    let written = row.table.get(key).and_then(Value::as_str);
    let found = written.and_then(|word| all.iter().copied().find(|one| code(*one) == word));
    if found.is_none() {
        let words = all.iter().map(|one| code(*one)).collect::<Vec<_>>().join(", ");
        faults.add(
            &row.at,
            format!("`{key}` ska vara ett av: {words}"),
            format!("`{key}` must be one of: {words}"),
        );
    }
    found
}

fn read_text(table: &Table, key: &str, at: &Text, faults: &mut Faults) -> Option<Text> {
    let text = match table.get(key) {
        None => {
            faults.add(
                at,
                format!("`{key}` saknas; skriv {key} = {{ sv = \"…\", en = \"…\" }}"),
                format!("`{key}` is missing; write {key} = {{ sv = \"…\", en = \"…\" }}"),
            );
            return None;
        }
        // One plain text stands for both languages.
        Some(Value::String(text)) => both(text.trim(), text.trim()),
        Some(Value::Table(languages)) => {
            known_keys(languages, &["sv", "en"], at, faults);
            let of = |lang: &str| languages.get(lang).and_then(Value::as_str);
            match (of("sv"), of("en")) {
                (Some(sv), Some(en)) => both(sv.trim(), en.trim()),
                (sv, _) => {
                    let missing = if sv.is_none() { "sv" } else { "en" };
                    faults.add(
                        at,
                        format!("`{key}` saknar texten `{missing}`; skriv båda språken"),
                        format!("`{key}` lacks the text `{missing}`; write both languages"),
                    );
                    return None;
                }
            }
        }
        Some(_) => {
            faults.add(
                at,
                format!("`{key}` ska vara text: \"…\" eller {{ sv = \"…\", en = \"…\" }}"),
                format!("`{key}` must be text: \"…\" or {{ sv = \"…\", en = \"…\" }}"),
            );
            return None;
        }
    };
    let max = limits::TEXT_CHARS_MAX;
    let mut sound = true;
    for (lang, words) in [("sv", &text.sv), ("en", &text.en)] {
        if words.is_empty() {
            faults.add(
                at,
                format!("`{key}` ({lang}) är tom; skriv en text"),
                format!("`{key}` ({lang}) is empty; write a text"),
            );
            sound = false;
        } else if words.chars().count() > max {
            faults.add(
                at,
                format!("`{key}` ({lang}) är längre än {max} tecken; korta texten"),
                format!("`{key}` ({lang}) is longer than {max} characters; shorten it"),
            );
            sound = false;
        }
    }
    sound.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::words::Lang;
    use proptest::prelude::*;

    const DEMO: &str = include_str!("../../demo/kravprofil.toml");

    const HEAD: &str = "format = \"urval-kravprofil/1\"\nid = \"p\"\nversion = 1\ntitle = \"T\"\n";
    const ANCHORS: &str = "[criterion.anchors]\nweak = \"w\"\nadequate = \"a\"\nstrong = \"s\"\n";

    fn criterion(body: &str) -> String {
        format!("{HEAD}[[criterion]]\nid = \"K1\"\nlabel = \"L\"\ndescription = \"D\"\n{body}")
    }

    fn faults(toml: &str) -> Vec<String> {
        match Profile::freeze(toml) {
            Ok(_) => Vec::new(),
            Err(error) => error.lines(Lang::En),
        }
    }

    fn says(toml: &str, place: &str, what: &str) {
        let found = faults(toml);
        assert!(
            found.iter().any(|line| line.starts_with(place) && line.contains(what)),
            "wanted {place:?} … {what:?}, got {found:#?}"
        );
    }

    #[test]
    fn the_models_floor_is_a_share_above_chance_for_both_languages() {
        let with = |floor: &str| format!("{}{floor}", criterion("kind = \"competence\"\nai = \"none\"\n"));
        let floor = |toml: &str| Profile::freeze(toml).unwrap().profile().model_floor;
        assert_eq!(floor(&with("")), ModelFloor::DEFAULT);
        let given = floor(&with("[model_floor]\nsv = 0.875\nen = 1\n"));
        assert_eq!((given.get(Lang::Sv), given.get(Lang::En)), (0.875, 1.0));
        for bad in ["sv = 0.9", "sv = 0.9\nen = 0.4", "sv = 0.9\nen = \"much\"", "sv = 0.9\nen = nan"] {
            says(
                &with(&format!("[model_floor]\n{bad}\n")),
                "[model_floor]",
                "`en` must be a number from 0.5",
            );
        }
        says(&with("[model_floor]\nsv = 1\nen = 1\nde = 1\n"), "[model_floor]", "de");
        says(&format!("model_floor = 1\n{}", with("")), "[model_floor]", "must be a table");
    }

    #[test]
    fn a_plain_string_is_the_text_in_both_languages() {
        let frozen = Profile::freeze(&criterion("kind = \"must_have\"\nai = \"list\"\n")).expect("sound");
        assert_eq!(frozen.profile().criteria[0].label, both("L", "L"));
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let toml = format!(
            "{}\ncolour = \"red\"\n[[criterion]]\nid = \"K1\"\nkind = \"wish\"\nai = \"none\"\nlabel = \
             \"x\"\ndescription = \"\"\n",
            criterion("kind = \"personal_quality\"\nai = \"list\"\nplacements = [\"nowhere\"]\n")
        );
        let found = faults(&toml);
        assert!(found.len() >= 6, "{found:#?}");
        says(&toml, "criterion K1", "unknown key `colour`");
        says(&toml, "criterion K1", "assessed by people only");
        says(&toml, "criterion K1", "no placement \"nowhere\"");
        says(&toml, "criterion K1", "already used");
        says(&toml, "criterion K1", "`kind` must be one of");
        says(&toml, "criterion K1", "`description` (sv) is empty");
    }

    #[test]
    fn an_unknown_format_version_is_refused() {
        let toml =
            criterion("kind = \"competence\"\nai = \"list\"\n").replace("kravprofil/1", "kravprofil/2");
        says(&toml, "the file", "format = \"urval-kravprofil/1\"");
        assert!(faults(&toml.replace("kravprofil/2", "kravprofil/1")).is_empty());
    }

    #[test]
    fn a_must_have_is_never_weighed_or_assessed() {
        for kind in ["must_have", "placement_condition"] {
            let with = |rest: &str| criterion(&format!("kind = \"{kind}\"\n{rest}"));
            says(&with("ai = \"assess\"\n"), "criterion K1", "may not be given a level");
            says(&with("ai = \"extract\"\nweight = 1\n"), "criterion K1", "never has `weight`");
            says(&with(&format!("ai = \"list\"\n{ANCHORS}")), "criterion K1", "never has `anchors`");
            for ai in ["extract", "list", "none"] {
                assert!(faults(&with(&format!("ai = \"{ai}\"\n"))).is_empty());
            }
        }
    }

    #[test]
    fn an_assessment_needs_a_weight_and_three_anchors() {
        let with = |rest: &str| criterion(&format!("kind = \"competence\"\n{rest}"));
        let sound = with(&format!("ai = \"assess\"\nweight = 1.5\n{ANCHORS}"));
        assert!(faults(&sound).is_empty());
        says(&with(&format!("ai = \"assess\"\n{ANCHORS}")), "criterion K1", "needs a `weight`");
        says(&with("ai = \"assess\"\nweight = 1\n"), "criterion K1", "needs anchors");
        says(&sound.replace("strong = \"s\"\n", ""), "criterion K1", "`strong` is missing");
        says(&with("ai = \"list\"\nweight = 1\n"), "criterion K1", "only with ai = \"assess\"");
    }

    #[test]
    fn weights_are_exact_thousandths() {
        let milli = |text: &str| {
            let table: Table = toml::from_str(&format!("w = {text}")).expect("toml");
            Weight::from_toml(&table["w"]).ok().map(Weight::milli)
        };
        for (text, wanted) in [
            ("1", Some(1_000)),
            ("100", Some(100_000)),
            ("0.001", Some(1)),
            ("0.1", Some(100)),
            ("1.0", Some(1_000)),
            ("2.675", Some(2_675)),
            ("100.0", Some(100_000)),
            ("0", None),
            ("-1", None),
            ("101", None),
            ("100.001", None),
            ("0.0001", None),
            ("1.2345", None),
            ("nan", None),
            ("inf", None),
            ("9223372036854775807", None),
            ("\"2\"", None),
        ] {
            assert_eq!(milli(text), wanted, "{text}");
        }
        assert_eq!(Weight::from_milli(2_500).expect("weight").to_string(), "2.5");
        assert_eq!(Weight::from_milli(3_000).expect("weight").to_string(), "3");
    }

    #[test]
    fn ids_are_well_formed_and_unique() {
        let base = criterion("kind = \"competence\"\nai = \"list\"\n");
        for bad in ["", "K 1", "Å1", "-x", "a/b"] {
            says(&base.replace("\"K1\"", &format!("\"{bad}\"")), "criterion no. 1", "`id` must be");
        }
        let placements = "[[placement]]\nid = \"a\"\norganisation = \"o\"\ntitle = \"t\"\n\
                          [[placement]]\nid = \"A\"\norganisation = \"o\"\ntitle = \"t\"\n";
        says(&format!("{base}{placements}"), "placement A", "already used");
    }

    #[test]
    fn a_placement_condition_names_its_placement_when_there_are_any() {
        let placement = "[[placement]]\nid = \"a\"\norganisation = \"o\"\ntitle = \"t\"\n";
        let base = criterion("kind = \"placement_condition\"\nai = \"extract\"\n");
        says(&format!("{base}{placement}"), "criterion K1", "must say which placement");
    }

    #[test]
    fn limits_hold() {
        let long = "x".repeat(limits::TEXT_CHARS_MAX + 1);
        says(
            &criterion("kind = \"competence\"\nai = \"list\"\n").replace("\"D\"", &format!("\"{long}\"")),
            "criterion K1",
            "longer than 2000",
        );
        let one = |n: usize| {
            format!(
                "[[criterion]]\nid = \"K{n}\"\nkind = \"competence\"\nai = \"list\"\nlabel = \
                 \"l\"\ndescription = \"d\"\n"
            )
        };
        let many = |count: usize| format!("{HEAD}{}", (0..count).map(one).collect::<String>());
        assert!(faults(&many(limits::CRITERIA_MAX)).is_empty());
        says(&many(limits::CRITERIA_MAX + 1), "the file", "too many");
        says(HEAD, "the file", "no criterion");
        let huge = format!("{HEAD}# {}", "x".repeat(limits::FILE_BYTES_MAX));
        assert!(matches!(Profile::freeze(&huge), Err(ProfileError::TooLarge { .. })));
    }

    #[test]
    fn broken_toml_is_refused_by_line() {
        let error = Profile::freeze("format = \"urval-kravprofil/1\"\nid = \n").expect_err("broken");
        assert!(matches!(error, ProfileError::Syntax { line: 2, .. }), "{error:?}");
    }

    #[test]
    fn every_fault_is_told_in_swedish_too() {
        let error = Profile::freeze("id = 1").expect_err("broken");
        let (sv, en) = (error.lines(Lang::Sv), error.lines(Lang::En));
        assert_eq!(sv.len(), en.len());
        assert!(sv.iter().zip(&en).all(|(sv, en)| !sv.is_empty() && sv != en));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,200}") {
            let _ = Profile::freeze(&text);
        }

        #[test]
        fn no_damage_to_a_profile_makes_it_panic(cut in 0usize..9_000, insert in "[\\[\\]=\"{}a1.\\n]{0,6}") {
            let mut at = cut.min(DEMO.len());
            while !DEMO.is_char_boundary(at) {
                at -= 1;
            }
            if let Ok(frozen) = Profile::freeze(&format!("{}{insert}{}", &DEMO[..at], &DEMO[at..])) {
                prop_assert!(!frozen.profile().criteria.is_empty());
            }
        }
    }
}
