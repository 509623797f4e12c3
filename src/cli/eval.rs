//! `urval model eval`: any model on anybody's own files.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Failure;
use crate::pipeline::encoder::Encoder;
use crate::pipeline::evaluation::{self, Criteria, Pairs, Ranked, Retrieval};

/// What to measure.
#[derive(Args)]
pub struct Arguments {
    /// Translation retrieval: two columns with a tab between, a sentence and its translation.
    #[arg(long, value_name = "FILE.tsv", conflicts_with_all = ["retrieval", "criteria"])]
    pairs: Option<PathBuf>,
    /// Retrieval with relevance judgements (TREC): needs --queries, --corpus and --qrels.
    #[arg(long, requires_all = ["queries", "corpus", "qrels"], conflicts_with = "criteria")]
    retrieval: bool,
    /// Queries: id, tab, text.
    #[arg(long, value_name = "Q.tsv")]
    queries: Option<PathBuf>,
    /// Documents: id, tab, text.
    #[arg(long, value_name = "C.tsv")]
    corpus: Option<PathBuf>,
    /// Judgements: `query 0 document relevance`, or `query document relevance`.
    #[arg(long, value_name = "QRELS")]
    qrels: Option<PathBuf>,
    /// Also the model and shared character sequences together.
    #[arg(long, requires = "retrieval")]
    hybrid: bool,
    /// Criteria: a JSON object a line with `criterion`, `evidence` and `distractors`.
    #[arg(long, value_name = "FILE.jsonl")]
    criteria: Option<PathBuf>,
    /// JSON instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a, T> {
    model: String,
    set: &'a str,
    sha256: String,
    #[serde(flatten)]
    found: T,
}

/// Measures and prints.
pub(super) fn run(encoder: &Encoder, what: &Arguments) -> Result<(), Failure> {
    if let Some(path) = &what.pairs {
        let text = read(path)?;
        return print(encoder, what, path, &text, evaluation::pairs(encoder, &text)?, pairs_text);
    }
    if let Some(path) = &what.criteria {
        let text = read(path)?;
        return print(encoder, what, path, &text, evaluation::criteria(encoder, &text)?, criteria_text);
    }
    match (&what.queries, &what.corpus, &what.qrels) {
        (Some(queries), Some(corpus), Some(qrels)) if what.retrieval => {
            let judgements = read(qrels)?;
            let found = evaluation::retrieval(encoder, &read(queries)?, &read(corpus)?, &judgements, what.hybrid)?;
            print(encoder, what, qrels, &judgements, found, retrieval_text)
        }
        _ => Err(Failure(
            "nothing to measure: give --pairs FILE.tsv, --criteria FILE.jsonl, or --retrieval with --queries, \
             --corpus and --qrels (docs/models.md)"
                .into(),
        )),
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let fail = |why: String| Failure(format!("cannot read `{}`: {why}", path.display()));
    let bytes = fs::read(path).map_err(|error| fail(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| {
        fail(format!("it is not UTF-8 (byte {}); save it as UTF-8", error.utf8_error().valid_up_to() + 1))
    })
}

fn print<T: Serialize>(
    encoder: &Encoder,
    what: &Arguments,
    path: &Path,
    text: &str,
    found: T,
    lines: impl Fn(&T) -> String,
) -> Result<(), Failure> {
    let set = path.display().to_string();
    let sha256 = hex::encode(Sha256::digest(text.as_bytes()));
    let model = encoder.entry().fingerprint();
    if what.json {
        println!("{}", serde_json::to_string_pretty(&Report { model, set: &set, sha256, found })?);
    } else {
        println!("model   {model}\nfile    {set}\nsha256  {sha256}\n{}", lines(&found));
    }
    Ok(())
}

fn ranked(name: &str, found: &Ranked) -> String {
    format!(
        "{name:<10} MAP {:.4}  MRR {:.4}  success@1 {:.4}  @5 {:.4}  @10 {:.4}  R-precision@5 {:.4}",
        found.map, found.mrr, found.success_1, found.success_5, found.success_10, found.r_precision_5
    )
}

fn pairs_text(found: &Pairs) -> String {
    format!(
        "{} pairs (a tie counts against the model)\n{}\n{}",
        found.pairs,
        ranked("left>right", &found.forward),
        ranked("right>left", &found.backward)
    )
}

fn retrieval_text(found: &Retrieval) -> String {
    let mut out = format!(
        "{} queries, {} documents, {} judgements (a tie counts against the model)\n{}\n{}",
        found.queries,
        found.corpus,
        found.judgements,
        ranked("model", &found.model),
        ranked("characters", &found.lexical)
    );
    if let Some(both) = &found.hybrid {
        out.push('\n');
        out.push_str(&ranked("hybrid", both));
    }
    out
}

fn criteria_text(found: &Criteria) -> String {
    let share = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
    format!(
        "{} criteria: top-1 {:.4}  MRR {:.4}  AUC {:.4} (a tie counts against the model)\n\
         {} distractors: behind the line's own evidence {}  lines with all of them behind {}",
        found.criteria,
        found.top1,
        found.mrr,
        found.auc,
        found.distractors,
        share(found.distractors_behind),
        share(found.above_own_distractors)
    )
}
