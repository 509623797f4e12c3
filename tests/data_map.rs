//! The data map (`dpia/data-map.toml`) is the database: no column that nobody has thought about, and
//! nothing personal about an applicant that lies there in clear.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use urval::guard::access::{
    Assess, Contact, Decide, Erase, Intake, Operations, Oversight, OwnAccount, OwnData, Purpose, Ranking,
    Review, Screening, Search,
};

use crate::fixture::on_both;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Map {
    basis: BTreeMap<String, String>,
    retention: BTreeMap<String, String>,
    category: BTreeMap<String, String>,
    column: Vec<Column>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Column {
    name: String,
    category: String,
    personal: bool,
    about: About,
    sealed: Sealed,
    #[serde(default)]
    reason: String,
    purpose: Vec<String>,
    retention: String,
    basis: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum About {
    Applicant,
    Staff,
    Nobody,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Sealed {
    #[serde(rename = "aes-256-gcm")]
    Aes,
    Wrapped,
    Hmac,
    Hash,
    Pseudonym,
    Clear,
}

fn map() -> Map {
    toml::from_str(include_str!("../dpia/data-map.toml")).expect("dpia/data-map.toml can be read")
}

/// The type of every column, read from the migrations' text: both engines get the same one.
fn types() -> BTreeMap<String, String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let mut out = BTreeMap::new();
    for file in std::fs::read_dir(folder).expect("the migrations") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("a migration");
        let mut table = String::new();
        for line in text.lines() {
            let mut words = line.trim_start().split_whitespace();
            match (words.next(), words.next(), words.next()) {
                (Some("CREATE"), Some("TABLE"), Some(name)) => name.clone_into(&mut table),
                (Some("ALTER"), Some("TABLE"), Some(name)) => {
                    if let (Some("ADD"), Some("COLUMN"), Some(column), Some(kind)) =
                        (words.next(), words.next(), words.next(), words.next())
                    {
                        out.insert(format!("{name}.{column}"), kind.trim_end_matches(';').to_owned());
                    }
                }
                (Some(column), Some(kind), _) if line.starts_with("    ") => {
                    let kind = kind.trim_end_matches(',');
                    if matches!(kind, "TEXT" | "BIGINT" | "BYTEA") {
                        out.insert(format!("{table}.{column}"), kind.to_owned());
                    }
                }
                _ => {}
            }
        }
    }
    out
}

on_both! {
    async fn every_column_is_in_the_data_map_and_nothing_else_is(site) {
        let mapped = map().column;
        let names: BTreeSet<String> = mapped.iter().map(|column| column.name.clone()).collect();
        assert_eq!(names.len(), mapped.len(), "a column is in the map twice");
        let real: BTreeSet<String> = site.db.columns().await.expect("the catalogue").into_iter().collect();
        let missing: Vec<_> = real.difference(&names).collect();
        assert!(missing.is_empty(), "add to dpia/data-map.toml: {missing:?}");
        let gone: Vec<_> = names.difference(&real).collect();
        assert!(gone.is_empty(), "no longer exists; take out of dpia/data-map.toml: {gone:?}");
    }
}

#[test]
fn every_column_names_a_known_category_purpose_retention_and_basis() {
    let map = map();
    let purposes = [
        Intake::NAME,
        Screening::NAME,
        Ranking::NAME,
        Search::NAME,
        Review::NAME,
        Assess::NAME,
        Decide::NAME,
        Contact::NAME,
        OwnData::NAME,
        Erase::NAME,
        Oversight::NAME,
        Operations::NAME,
        OwnAccount::NAME,
    ];
    for column in &map.column {
        let name = &column.name;
        assert!(map.category.contains_key(&column.category), "{name}: category {}", column.category);
        assert!(map.retention.contains_key(&column.retention), "{name}: retention {}", column.retention);
        assert!(map.basis.contains_key(&column.basis), "{name}: basis {}", column.basis);
        assert!(!column.purpose.is_empty(), "{name} has no purpose");
        for purpose in &column.purpose {
            assert!(purposes.contains(&purpose.as_str()), "{name}: purpose {purpose}");
        }
        assert_eq!(column.personal, column.about != About::Nobody, "{name}: personal, or about nobody");
        if column.personal {
            assert_ne!(column.basis, "none", "{name} is personal and has no basis");
            assert!(
                !matches!(column.retention.as_str(), "none" | "case"),
                "{name} is personal and never goes"
            );
        }
    }
    let used = |field: fn(&Column) -> &String| map.column.iter().map(field).collect::<BTreeSet<_>>();
    for (what, list, used) in [
        ("category", &map.category, used(|column| &column.category)),
        ("retention", &map.retention, used(|column| &column.retention)),
        ("basis", &map.basis, used(|column| &column.basis)),
    ] {
        for name in list.keys() {
            assert!(used.contains(name), "{what} {name} is for no column");
        }
    }
}

#[test]
fn nothing_personal_about_an_applicant_lies_in_clear() {
    let types = types();
    for column in &map().column {
        let name = &column.name;
        let kind = types.get(name).unwrap_or_else(|| panic!("{name} is not in the migrations"));
        if matches!(column.sealed, Sealed::Aes | Sealed::Wrapped | Sealed::Hmac) {
            assert_eq!(kind, "BYTEA", "{name} is said to be ciphertext or a keyed hash");
        }
        if column.about == About::Applicant {
            assert!(column.sealed != Sealed::Clear, "{name} is about an applicant and lies in clear");
        }
        if column.personal && column.sealed != Sealed::Aes {
            let least = if column.sealed == Sealed::Clear { 20 } else { 5 };
            assert!(column.reason.chars().count() >= least, "{name} is not ciphertext and gives no reason");
        }
        // What people write can hold anything: it is never less than ciphertext.
        if matches!(column.category.as_str(), "application" | "staff_note" | "log details") {
            assert!(column.sealed == Sealed::Aes, "{name} holds free text and is not ciphertext");
        }
    }
}
