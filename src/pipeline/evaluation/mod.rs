//! Measures a text model on anybody's own files, before it may be used: translation retrieval, retrieval
//! with relevance judgements, and criteria with evidence and distractors. Pure: rows come in, figures go out.
//!
//! **Ties.** A candidate with the same score as a right one counts as ranked before it, so that a model that
//! finds everything alike gains nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::encoder::{BatchError, Embedding, Encoder};

pub mod keywords;
pub mod lexical;

use lexical::Lexical;

/// A file cannot be measured.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// A line does not have the form of its file.
    #[error("{file}, line {line}: {problem}")]
    Line {
        /// Which of the files.
        file: &'static str,
        /// Counted from 1.
        line: usize,
        /// What is wrong and what is expected.
        problem: String,
    },
    /// There is nothing to measure.
    #[error("{0}")]
    Nothing(&'static str),
    /// The model refuses a text.
    #[error("{file}, record {}: {}", .source.index + 1, .source.source)]
    Text {
        /// Which of the files.
        file: &'static str,
        /// Which record, and why.
        source: BatchError,
    },
}

fn line(file: &'static str, at: usize, problem: impl Into<String>) -> EvaluationError {
    EvaluationError::Line { file, line: at + 1, problem: problem.into() }
}

fn embed(encoder: &Encoder, file: &'static str, texts: &[&str]) -> Result<Vec<Embedding>, EvaluationError> {
    encoder.embed_windows(texts).map_err(|source| EvaluationError::Text { file, source })
}

/// How far right answers come to the top; all from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Ranked {
    /// Share of the queries whose first answer is right.
    pub success_1: f64,
    /// Share with a right answer among the first five.
    pub success_5: f64,
    /// Share with a right answer among the first ten.
    pub success_10: f64,
    /// Mean of one over the rank of the first right answer.
    pub mrr: f64,
    /// Mean average precision over the whole corpus.
    pub map: f64,
    /// Mean share of right answers among the first min(5, number of right answers).
    pub r_precision_5: f64,
}

/// Adds up [`Ranked`] over queries.
#[derive(Default)]
struct Sum {
    total: Ranked,
    queries: usize,
}

impl Sum {
    /// `scores` of all candidates; `right` says which are right. Queries without a right answer do not count.
    fn add(&mut self, scores: &[f64], right: impl Fn(usize) -> bool) {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        // Best first; among equals the wrong ones first.
        let score = |at: usize| scores.get(at).copied().unwrap_or(f64::NEG_INFINITY);
        order.sort_by(|a, b| score(*b).total_cmp(&score(*a)).then(right(*a).cmp(&right(*b))).then(a.cmp(b)));
        let ranks: Vec<usize> =
            order.iter().enumerate().filter(|(_, at)| right(**at)).map(|(rank, _)| rank + 1).collect();
        let Some(first) = ranks.first().copied() else { return };
        let among = |most: usize| ranks.iter().filter(|rank| **rank <= most).count();
        let precision = |(found, rank): (usize, &usize)| (found + 1) as f64 / *rank as f64;
        let total = &mut self.total;
        self.queries += 1;
        total.success_1 += f64::from(u8::from(first <= 1));
        total.success_5 += f64::from(u8::from(first <= 5));
        total.success_10 += f64::from(u8::from(first <= 10));
        total.mrr += 1.0 / first as f64;
        total.map += ranks.iter().enumerate().map(precision).sum::<f64>() / ranks.len() as f64;
        let asked = ranks.len().min(5);
        total.r_precision_5 += among(asked) as f64 / asked as f64;
    }

    fn mean(self) -> Ranked {
        let count = self.queries.max(1) as f64;
        let Ranked { success_1, success_5, success_10, mrr, map, r_precision_5 } = self.total;
        Ranked {
            success_1: success_1 / count,
            success_5: success_5 / count,
            success_10: success_10 / count,
            mrr: mrr / count,
            map: map / count,
            r_precision_5: r_precision_5 / count,
        }
    }
}

/// Tab-separated rows of at least `fields` columns; a first row of column names is passed over, empty lines too.
fn rows<'a>(
    file: &'static str,
    text: &'a str,
    fields: usize,
    names: &[&str],
) -> Result<Vec<Vec<&'a str>>, EvaluationError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut out = Vec::new();
    for (at, row) in text.lines().enumerate() {
        let row: Vec<&str> = row.split('\t').map(str::trim).collect();
        let first = row.first().copied().unwrap_or_default();
        if (row.len() == 1 && first.is_empty()) || (at == 0 && names.contains(&first.to_lowercase().as_str()))
        {
            continue;
        }
        if row.len() < fields || row.iter().take(fields).any(|field| field.is_empty()) {
            let problem = format!(
                "{fields} columns with a tab between are expected, none of them empty; {} found",
                row.len()
            );
            return Err(line(file, at, problem));
        }
        out.push(row);
    }
    Ok(out)
}

fn column<'a>(rows: &[Vec<&'a str>], at: usize) -> Vec<&'a str> {
    rows.iter().filter_map(|row| row.get(at).copied()).collect()
}

/// Translation retrieval.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pairs {
    /// Pairs in the file.
    pub pairs: usize,
    /// From the left column to the right one.
    pub forward: Ranked,
    /// And back.
    pub backward: Ranked,
}

/// Each sentence of one column of a file looks for its translation among all of the other.
///
/// # Errors
/// [`EvaluationError`]: a line without two columns, no pair, a text that the model refuses.
pub fn pairs(encoder: &Encoder, text: &str) -> Result<Pairs, EvaluationError> {
    let names = ["sv", "en", "swe", "eng", "source", "left", "sentence1", "query"];
    let rows = rows("the pairs", text, 2, &names)?;
    let (left, right) = (column(&rows, 0), column(&rows, 1));
    if left.is_empty() {
        return Err(EvaluationError::Nothing("the file of pairs is empty"));
    }
    let (a, b) = (embed(encoder, "the pairs", &left)?, embed(encoder, "the pairs", &right)?);
    let (mut forward, mut backward) = (Sum::default(), Sum::default());
    for (at, (own, other)) in a.iter().zip(&b).enumerate() {
        // A sentence that stands twice has two right answers.
        let same = |texts: &[&str], i: usize| i == at || texts.get(i) == texts.get(at);
        let there: Vec<f64> = b.iter().map(|one| f64::from(own.dot(one))).collect();
        forward.add(&there, |i| same(&right, i));
        let back: Vec<f64> = a.iter().map(|one| f64::from(other.dot(one))).collect();
        backward.add(&back, |i| same(&left, i));
    }
    Ok(Pairs { pairs: left.len(), forward: forward.mean(), backward: backward.mean() })
}

/// Retrieval with relevance judgements.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Retrieval {
    /// Queries with at least one right answer in the corpus.
    pub queries: usize,
    /// Documents.
    pub corpus: usize,
    /// Judgements that name a query and a document that are there.
    pub judgements: usize,
    /// The model alone.
    pub model: Ranked,
    /// Shared character sequences alone.
    pub lexical: Ranked,
    /// Both together, when asked for.
    pub hybrid: Option<Ranked>,
}

/// Queries look for documents. `queries` and `corpus`: an id, a tab, the text; `judgements` in TREC's form: query,
/// anything, document, relevance, with blanks between; or query, document, relevance. Every relevance above 0 is
/// right.
///
/// # Errors
/// [`EvaluationError`]: a line without its columns, nothing judged, a text that the model refuses.
pub fn retrieval(
    encoder: &Encoder,
    queries: &str,
    corpus: &str,
    judgements: &str,
    hybrid: bool,
) -> Result<Retrieval, EvaluationError> {
    let names =
        ["id", "_id", "qid", "query-id", "query_id", "docid", "doc-id", "doc_id", "corpus-id", "corpus_id"];
    let queries = rows("the queries", queries, 2, &names)?;
    let corpus = rows("the corpus", corpus, 2, &names)?;
    let (query_ids, query_texts) = (column(&queries, 0), column(&queries, 1));
    let (document_ids, document_texts) = (column(&corpus, 0), column(&corpus, 1));
    let places: BTreeMap<&str, usize> = document_ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let mut right: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (at, row) in judgements.lines().enumerate() {
        let fields: Vec<&str> = row.split_whitespace().collect();
        let (query, document, relevance) = match fields.as_slice() {
            [] => continue,
            [query, _, document, relevance] | [query, document, relevance] => (*query, *document, *relevance),
            _ => {
                return Err(line(
                    "the judgements",
                    at,
                    "`query 0 document relevance` or `query document relevance` is expected",
                ));
            }
        };
        let Ok(relevance) = relevance.parse::<f64>() else {
            if at == 0 {
                continue; // A row of column names.
            }
            return Err(line("the judgements", at, format!("the relevance `{relevance}` is not a number")));
        };
        if let (true, Some(place)) = (relevance > 0.0, places.get(document)) {
            right.entry(query).or_default().insert(*place);
        }
    }
    if queries.is_empty() || corpus.is_empty() {
        return Err(EvaluationError::Nothing("the queries or the corpus are empty"));
    }
    let asked = embed(encoder, "the queries", &query_texts)?;
    let documents = embed(encoder, "the corpus", &document_texts)?;
    let index = Lexical::index(&document_texts);
    let (mut model, mut lexical, mut both) = (Sum::default(), Sum::default(), Sum::default());
    let mut judged = 0;
    for ((id, text), vector) in query_ids.iter().zip(&query_texts).zip(&asked) {
        let Some(own) = right.get(id) else { continue };
        judged += own.len();
        let dense: Vec<f64> = documents.iter().map(|one| f64::from(vector.dot(one))).collect();
        let words = index.scores(text);
        model.add(&dense, |at| own.contains(&at));
        lexical.add(&words, |at| own.contains(&at));
        if hybrid {
            both.add(&lexical::together(&dense, &words), |at| own.contains(&at));
        }
    }
    if model.queries == 0 {
        return Err(EvaluationError::Nothing(
            "no judgement names a query and a document that are in the files; are the ids the same?",
        ));
    }
    Ok(Retrieval {
        queries: model.queries,
        corpus: document_texts.len(),
        judgements: judged,
        model: model.mean(),
        lexical: lexical.mean(),
        hybrid: hybrid.then(|| both.mean()),
    })
}

/// One line of a file of criteria.
#[derive(Deserialize)]
struct Row {
    criterion: String,
    evidence: OneOrMany,
    #[serde(default)]
    distractors: Vec<Distractor>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Distractor {
    Text(String),
    Named { text: String },
}

/// Criteria with evidence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Criteria {
    /// Lines of the file.
    pub criteria: usize,
    /// Share of the criteria to which their own evidence is nearer than every other line's evidence.
    pub top1: f64,
    /// Mean of one over that rank.
    pub mrr: f64,
    /// How often a right pair (a criterion and its evidence) is nearer than a wrong one (a criterion and another
    /// line's evidence), over all such pairs.
    pub auc: f64,
    /// Share of the lines with distractors whose evidence is nearer than every one of its own distractors.
    pub above_own_distractors: Option<f64>,
    /// Share of all distractors that lie behind their line's evidence.
    pub distractors_behind: Option<f64>,
    /// Distractors in the file.
    pub distractors: usize,
    /// The least cosine of each line's evidence with its criterion, in the file's order.
    pub cosines: Vec<f32>,
}

/// Criteria, their evidence, and what looks like evidence and is none. One JSON object a line: `criterion`,
/// `evidence` (a text or a list), `distractors` (a list of texts, or of objects with `text`); other keys are
/// passed over.
///
/// # Errors
/// [`EvaluationError`]: a line that is not such an object, no line, a text that the model refuses.
pub fn criteria(encoder: &Encoder, text: &str) -> Result<Criteria, EvaluationError> {
    const FILE: &str = "the criteria";
    let mut asked = Vec::new();
    // (line, text): evidence first in its line.
    let (mut evidence, mut against) = (Vec::new(), Vec::new());
    for (at, row) in text.lines().enumerate().filter(|(_, row)| !row.trim().is_empty()) {
        let row: Row = serde_json::from_str(row).map_err(|error| {
            line(FILE, at, format!("`criterion`, `evidence` and `distractors` are expected ({error})"))
        })?;
        let own = match row.evidence {
            OneOrMany::One(text) => vec![text],
            OneOrMany::Many(texts) => texts,
        };
        if own.is_empty() {
            return Err(line(FILE, at, "there is no evidence"));
        }
        let number = asked.len();
        evidence.extend(own.into_iter().map(|text| (number, text)));
        against.extend(row.distractors.into_iter().map(|one| match one {
            Distractor::Text(text) | Distractor::Named { text } => (number, text),
        }));
        asked.push(row.criterion);
    }
    if asked.is_empty() {
        return Err(EvaluationError::Nothing("the file of criteria is empty"));
    }
    let criteria = embed(encoder, FILE, &asked.iter().map(String::as_str).collect::<Vec<_>>())?;
    let vectors = |rows: &[(usize, String)]| {
        embed(encoder, FILE, &rows.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>())
    };
    let (found, false_ones) = (vectors(&evidence)?, vectors(&against)?);

    let mut sum = Sum::default();
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for (number, criterion) in criteria.iter().enumerate() {
        let scores: Vec<f64> = found.iter().map(|one| f64::from(criterion.dot(one))).collect();
        for ((owner, _), score) in evidence.iter().zip(&scores) {
            if *owner == number { right.push(*score) } else { wrong.push(*score) }
        }
        sum.add(&scores, |at| evidence.get(at).is_some_and(|(owner, _)| *owner == number));
    }
    let (mut lines, mut whole, mut behind) = (0, 0, 0);
    let mut cosines = Vec::with_capacity(criteria.len());
    for (number, criterion) in criteria.iter().enumerate() {
        let of = |rows: &[(usize, String)], vectors: &[Embedding]| -> Vec<f32> {
            let own = rows.iter().zip(vectors).filter(|((owner, _), _)| *owner == number);
            own.map(|(_, vector)| criterion.dot(vector)).collect()
        };
        let least = of(&evidence, &found).into_iter().fold(f32::INFINITY, f32::min);
        cosines.push(least);
        let own = of(&against, &false_ones);
        if own.is_empty() {
            continue;
        }
        lines += 1;
        behind += own.iter().filter(|score| **score < least).count();
        whole += usize::from(own.iter().all(|score| *score < least));
    }
    let ranked = sum.mean();
    let share = |part: usize, of: usize| (of > 0).then(|| part as f64 / of as f64);
    Ok(Criteria {
        criteria: asked.len(),
        top1: ranked.success_1,
        mrr: ranked.mrr,
        auc: auc(&mut right, &mut wrong),
        above_own_distractors: share(whole, lines),
        distractors_behind: share(behind, against.len()),
        distractors: against.len(),
        cosines,
    })
}

/// The chance that a right score is above a wrong one; equal ones count half. .5 when there is no wrong one.
fn auc(right: &mut [f64], wrong: &mut [f64]) -> f64 {
    if right.is_empty() || wrong.is_empty() {
        return 0.5;
    }
    wrong.sort_by(f64::total_cmp);
    let below = |score: f64| wrong.partition_point(|other| *other < score);
    let up_to = |score: f64| wrong.partition_point(|other| *other <= score);
    let won: f64 = right.iter().map(|score| (below(*score) + up_to(*score)) as f64 / 2.0).sum();
    won / (right.len() as f64 * wrong.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::encoder::tiny;

    fn encoder() -> (tempfile::TempDir, Encoder) {
        let folder = tempfile::tempdir().unwrap();
        let entry = tiny::write(folder.path(), tiny::Kind::Bert);
        let encoder = Encoder::open(&entry, folder.path()).unwrap();
        (folder, encoder)
    }

    #[test]
    fn ranks_are_those_of_the_textbook_and_a_tie_gains_nothing() {
        let mut sum = Sum::default();
        // Right ones at ranks 2 and 4 of 5: AP = (1/2 + 2/4) / 2.
        sum.add(&[0.9, 0.8, 0.7, 0.6, 0.5], |at| at == 1 || at == 3);
        let found = sum.mean();
        assert_eq!((found.mrr, found.map, found.success_1, found.success_5), (0.5, 0.5, 0.0, 1.0));
        assert_eq!(found.r_precision_5, 0.5);
        let mut tied = Sum::default();
        tied.add(&[0.5; 4], |at| at == 0);
        assert_eq!(tied.mean().mrr, 0.25);
    }

    #[test]
    fn the_area_is_the_share_of_pairs_in_order_with_ties_half() {
        assert_eq!(auc(&mut [0.9, 0.5], &mut [0.1, 0.5]), (2.0 + 1.5) / 4.0);
        assert_eq!(auc(&mut [0.1], &mut [0.9]), 0.0);
        assert_eq!(auc(&mut [], &mut [0.9]), 0.5);
    }

    #[test]
    fn a_model_finds_each_sentence_in_a_copy_of_itself() {
        let (_folder, encoder) = encoder();
        let found = pairs(&encoder, "sv\ten\nabc\tabc\nxyz q\txyz q\n\n12\t12\textra\n").unwrap();
        assert_eq!((found.pairs, found.forward.success_1, found.backward.mrr), (3, 1.0, 1.0));
    }

    #[test]
    fn retrieval_reads_both_forms_of_judgements_and_judges_only_what_is_there() {
        let (_folder, encoder) = encoder();
        let (queries, corpus) = ("q1\tabc\nq2\txyz\nq3\tnobody judged me\n", "d1\tabc\nd2\txyz\nd3\tqqq\n");
        for judgements in
            ["q1 0 d1 1\nq2 0 d2 2\nq2 0 d3 0\nq2 0 gone 1\n", "q\td\tscore\nq1\td1\t1\nq2\td2\t1\n"]
        {
            let found = retrieval(&encoder, queries, corpus, judgements, true).unwrap();
            assert_eq!((found.queries, found.corpus, found.judgements), (2, 3, 2));
            assert_eq!((found.model.mrr, found.lexical.mrr, found.hybrid.unwrap().map), (1.0, 1.0, 1.0));
        }
        let nothing = retrieval(&encoder, queries, corpus, "q9 0 d1 1", false).unwrap_err().to_string();
        assert!(nothing.contains("are the ids the same"), "{nothing}");
    }

    #[test]
    fn criteria_count_their_own_distractors() {
        let (_folder, encoder) = encoder();
        let text = "{\"criterion\":\"abc\",\"evidence\":\"abc\",\"distractors\":[\"xyz\",{\"text\":\"q\"}]}\n\n\
                    {\"id\":\"n\",\"criterion\":\"123\",\"evidence\":[\"123\"]}\n";
        let found = criteria(&encoder, text).unwrap();
        assert_eq!((found.criteria, found.top1, found.auc, found.distractors), (2, 1.0, 1.0, 2));
        assert_eq!((found.above_own_distractors, found.distractors_behind), (Some(1.0), Some(1.0)));
    }

    #[test]
    fn a_bad_line_is_named_and_a_bad_text_too() {
        let (_folder, encoder) = encoder();
        let error = |result: Result<(), EvaluationError>| result.unwrap_err().to_string();
        assert!(error(pairs(&encoder, "a\tb\nonly one\n").map(|_| ())).contains("line 2"));
        assert!(error(pairs(&encoder, "").map(|_| ())).contains("empty"));
        assert!(error(pairs(&encoder, "a\tb\n\u{7}\tb\n").map(|_| ())).contains("record 2"));
        assert!(error(criteria(&encoder, "{\"criterion\":1}").map(|_| ())).contains("line 1"));
        let bad = "q 0 d x y z\n";
        assert!(
            error(retrieval(&encoder, "q\ta", "d\ta", bad, false).map(|_| ())).contains("the judgements")
        );
        let bad = "q 0 d 1\nq 0 d much\n";
        assert!(error(retrieval(&encoder, "q\ta", "d\ta", bad, false).map(|_| ())).contains("`much`"));
    }
}
