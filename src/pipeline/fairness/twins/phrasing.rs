//! Faults that learners of Swedish and English often make, put in by rules: the order of verb and subject, articles,
//! agreement, prepositions. What was done stays said.

use crate::subject::words::Lang;

/// A text as somebody might write it in a language learnt late.
#[must_use]
pub fn learner(text: &str, lang: Lang) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            match lang {
                Lang::Sv => swedish(&words),
                Lang::En => english(&words),
            }
            .join(" ")
        })
        .collect();
    lines.join("\n")
}

/// Words before `jag` that are no verb.
const NO_VERB: [&str; 9] = ["att", "som", "när", "och", "men", "om", "där", "vem", "eftersom"];

fn swedish(words: &[&str]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let (mut articles, mut at) = (0_usize, 0);
    while let Some(word) = words.get(at).copied() {
        let next = words.get(at + 1).copied().unwrap_or_default();
        let verb = word.chars().all(char::is_lowercase) && !word.is_empty() && !NO_VERB.contains(&word);
        match word {
            // "På ett bibliotek jag byggde": the verb does not come second.
            _ if verb && next == "jag" => {
                out.extend(["jag".to_owned(), word.to_owned()]);
                at += 1;
            }
            "en" | "ett" => {
                articles += 1;
                if articles.is_multiple_of(2) {
                    out.push(if word == "en" { "ett" } else { "en" }.into());
                }
            }
            // "nya turordningen" for "den nya turordningen".
            "den" | "det" | "de" if next.ends_with('a') => {}
            "på" if next != "egen" => out.push("i".into()),
            _ => out.push(word.into()),
        }
        at += 1;
    }
    out
}

fn english(words: &[&str]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let (mut articles, mut prepositions) = (0_usize, 0_usize);
    for word in words {
        match *word {
            "a" | "an" => {}
            "the" => {
                articles += 1;
                if articles.is_multiple_of(2) {
                    out.push("the".into());
                }
            }
            "on" | "for" | "of" => {
                prepositions += 1;
                let other = match *word {
                    "on" => "in",
                    "for" => "to",
                    _ => "from",
                };
                out.push(if prepositions.is_multiple_of(2) { other } else { word }.into());
            }
            "have" => out.push("has".into()),
            _ => out.push((*word).into()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learners_faults_are_put_in_and_the_rest_stays() {
        assert_eq!(
            learner(
                "På ett bibliotek byggde jag en monter.\n\nDet som jag gjorde var den nya ordningen.",
                Lang::Sv
            ),
            "På bibliotek jag byggde ett monter.\n\nDet som jag gjorde var nya ordningen."
        );
        assert_eq!(
            learner("At a library I built the stand for the fair of the town.", Lang::En),
            "At library I built stand for the fair from town."
        );
    }
}
