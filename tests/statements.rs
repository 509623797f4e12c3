//! One text of SQL for two engines: each statement is prepared by both, so that none waits for its
//! first caller to be found wrong.

use std::collections::BTreeSet;

use urval::store::all_statements;

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
