//! One text of SQL for two engines: each statement is prepared by both, so that none waits for its
//! first caller to be found wrong.

use std::collections::BTreeSet;

use urval::store::{all_statements, statements_of_one_engine};

use crate::fixture::on_both;

on_both! {
    async fn every_statement_is_understood(site) {
        let mut refused = Vec::new();
        for (file, name, sql) in all_statements() {
            if let Err(error) = site.db.prepare(sql).await {
                refused.push(format!("{file}.{name}: {error}"));
            }
        }
        assert!(refused.is_empty(), "{} refuses: {refused:#?}", site.db.engine());
        // The check itself sees a fault.
        assert!(site.db.prepare("SELECT no_such_column FROM applications").await.is_err());
    }
}

/// The statements that one engine is given instead of the common text. The list may only shrink.
const OF_ONE_ENGINE: [(&str, &str); 1] = [("work", "NEXT")];

on_both! {
    async fn only_the_listed_statement_is_for_one_engine(site) {
        let special = statements_of_one_engine();
        let names: Vec<(&str, &str)> = special.iter().map(|(file, name, ..)| (*file, *name)).collect();
        assert_eq!(names, OF_ONE_ENGINE);
        for (file, name, sql, why) in special {
            assert!(why.len() > 40, "{file}.{name} says not why");
            let (_, _, common) = all_statements()
                .into_iter()
                .find(|(other, known, _)| (*other, *known) == (file, name))
                .expect("the other engines' text");
            assert_eq!(sql.strip_prefix(common), Some(" FOR UPDATE OF w SKIP LOCKED"), "{file}.{name}");
            let understood = site.db.prepare(sql).await;
            assert_eq!(understood.is_ok(), site.db.engine() == "postgresql", "{understood:?}");
        }
    }
}

/// SQL that names an engine's own words anywhere else would be a second such statement.
#[test]
fn no_other_statement_locks_rows() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store");
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).expect("the store") {
        let path = file.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("source");
        let times = text.matches("SKIP LOCKED").count() + text.matches("FOR SHARE").count();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if times > 0 {
            found.push((name, times));
        }
    }
    assert_eq!(found, [("work.rs".to_owned(), 1)]);
}

#[test]
fn every_statement_has_a_name_of_its_own_and_binds_what_it_is_given() {
    let all = all_statements();
    assert!(all.len() > 40, "only {} statements are registered", all.len());
    let mut names = BTreeSet::new();
    for (file, name, sql) in all {
        assert!(names.insert((file, name)), "{file}.{name} is there twice");
        // A value inside the text would be the beginning of an injection.
        assert!(!sql.contains("format!") && !sql.contains("{}"), "{file}.{name} is put together from pieces");
        assert!(
            !sql.trim_end().ends_with(';') && !sql.contains(';'),
            "{file}.{name} is more than one statement"
        );
        let highest = (1..=30).rev().find(|n| sql.contains(&format!("${n}"))).unwrap_or(0);
        for n in 1..=highest {
            assert!(sql.contains(&format!("${n}")), "{file}.{name} skips ${n}");
        }
    }
}
