use super::*;
use proptest::prelude::*;

/// What the table says of its queries.
fn table() -> Vec<(&'static str, &'static str)> {
    let lines = include_str!("queries.txt").lines();
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(" | ").expect("an answer and a query"))
        .collect()
}

fn answer(query: &str) -> &'static str {
    Query::admit(query).map_or_else(|refused| refused.ground.code(), |_| "admitted")
}

#[test]
fn queries_that_select_on_sensitive_data_are_refused_and_queries_about_work_are_not() {
    let table = table();
    let refused: Vec<_> = table.iter().filter(|(says, _)| *says != "admitted").collect();
    let admitted: Vec<_> = table.iter().filter(|(says, _)| *says == "admitted").collect();
    assert!(refused.len() >= 60 && admitted.len() >= 60, "{} and {}", refused.len(), admitted.len());
    for ground in Ground::ALL {
        assert!(refused.iter().any(|(says, _)| *says == ground.code()), "no query for {}", ground.code());
    }
    let missed: Vec<_> = refused.iter().filter(|(_, query)| answer(query) == "admitted").collect();
    let false_ones: Vec<_> = admitted.iter().filter(|(_, query)| answer(query) != "admitted").collect();
    let other: Vec<_> = table
        .iter()
        .filter(|(says, query)| answer(query) != *says)
        .map(|(says, query)| (says, query, answer(query)))
        .collect();
    println!(
        "search guard: {} of {} refused, {} of {} falsely refused, {} with another ground than the table",
        refused.len() - missed.len(),
        refused.len(),
        false_ones.len(),
        admitted.len(),
        other.len() - missed.len() - false_ones.len()
    );
    assert!(other.is_empty(), "{other:#?}");
}

#[test]
fn every_ground_has_its_paragraph_in_both_languages() {
    for ground in Ground::ALL {
        for lang in [Lang::Sv, Lang::En] {
            assert!(ground.law(lang).contains('(') && !ground.name(lang).is_empty());
        }
    }
    assert!(Ground::Belief.law(Lang::Sv).starts_with("3 kap. 3 § andra stycket dataskyddslagen"));
    assert!(Ground::Sex.law(Lang::Sv).contains("diskrimineringslagen"));
}

#[test]
fn nothing_asked_for_is_an_empty_query() {
    for nothing in ["", "  ", "\u{200B}", "…–", "\n"] {
        assert!(Query::admit(nothing).is_ok_and(|query| query.is_empty()), "{nothing:?}");
    }
}

#[test]
fn a_word_is_found_by_its_beginning_but_not_by_that_of_a_word_that_may_not_be_searched() {
    let text = "Jag ledde ett projekt.\nHandboken för handikappade blev klar. [UNDANTAGET] och mer.";
    let found = |words: &str| {
        let places = Query::admit(words).expect("admitted").passages_of(text, &[]);
        places.into_iter().map(|place| &text[place]).collect::<Vec<_>>()
    };
    assert_eq!(found("proj"), ["Jag ledde ett projekt."]);
    assert_eq!(found("PROJEKT ledde"), ["Jag ledde ett projekt."]);
    assert_eq!(found("hand").len(), 1, "the book for the hand");
    assert!(found("handi").is_empty(), "no beginning selects what the word may not");
    assert!(found("projekt saknas").is_empty(), "every word must be there");
    assert_eq!(found("ledde mer").len(), 2);
}

#[test]
fn what_was_replaced_is_never_found() {
    let text = "Före [UNDANTAGET 1] efter.";
    let span = text.find('[').expect("a place")..text.find(']').expect("its end") + 1;
    let query = Query::admit("undantaget").expect("admitted");
    assert_eq!(query.passages_of(text, &[]).len(), 1);
    assert!(query.passages_of(text, &[span]).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn no_query_panics_and_two_spellings_of_one_have_one_answer(text in "\\PC{0,60}|[a-zåäö .1!\u{200B}\u{AD}]{0,60}") {
        let answer = Query::admit(&text);
        let normal = normal_query(&text);
        prop_assert_eq!(normal_query(&normal), normal.clone());
        let hidden: String = text.chars().flat_map(|c| [c, '\u{200B}']).collect();
        prop_assert_eq!(Query::admit(&hidden), answer.clone());
        prop_assert_eq!(normal_query(&hidden), normal);
        if let Ok(query) = answer {
            let _ = query.passages_of(&text, &[]);
        }
    }

    #[test]
    fn a_word_that_is_refused_stays_so_in_capitals_and_with_signs_between(at in 0usize..10_000, sign in "[.·*_-]") {
        let table = table();
        let refused: Vec<_> = table.iter().filter(|(says, query)| *says != "admitted" && !query.contains(' ')).collect();
        let (says, query) = refused[at % refused.len()];
        prop_assert_eq!(&answer(&query.to_uppercase()), says);
        if query.chars().all(char::is_alphabetic) && query.chars().count() >= 3 {
            let apart: Vec<String> = query.chars().map(|c| c.to_string()).collect();
            prop_assert_ne!(answer(&apart.join(&sign)), "admitted", "{}", query);
        }
    }
}
