//! `urval model bench`: how fast the model reads on this machine, beside the processor's own peak.
//! `models/bench/compare.py` runs it beside ONNX Runtime.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use serde_json::json;
use urval_kernel::{Isa, peak_work};

use super::Failure;
use crate::pipeline::encoder::Encoder;

/// Tokens of a text in the second set.
const FIXED: usize = 128;
/// Texts of it.
const FIXED_TEXTS: usize = 256;

/// How to measure.
#[derive(Args)]
pub struct Arguments {
    /// Sentences of mixed length, one a line; without it the model's own reference sentences, repeated.
    #[arg(long, value_name = "FILE")]
    sentences: Option<PathBuf>,
    /// Workers instead of one a core.
    #[arg(long, value_name = "N")]
    workers: Option<usize>,
    /// JSON instead of text.
    #[arg(long)]
    json: bool,
}

struct Set {
    name: String,
    texts: usize,
    tokens: usize,
    seconds: f64,
    share: f64,
}

/// Measures and prints.
pub(super) fn run(open: &dyn Fn() -> Result<Encoder, Failure>, how: &Arguments) -> Result<(), Failure> {
    let began = Instant::now();
    let mut encoder = open()?;
    let load = began.elapsed().as_secs_f64();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = how.workers.unwrap_or(cores).max(1);
    encoder = encoder.with_workers(workers);
    let sentences: Vec<String> = match &how.sentences {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| Failure(format!("cannot read `{}`: {error}", path.display())))?
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(str::to_owned)
            .collect(),
        None => encoder.reference_sentences()?.into_iter().cycle().take(400).collect(),
    };
    if sentences.is_empty() {
        return Err(Failure("there is no sentence to read".into()));
    }
    let peak = peak_per_core();
    let mixed: Vec<&str> = sentences.iter().map(String::as_str).collect();
    let lengths: Vec<usize> = mixed.iter().map(|text| encoder.token_count(text)).collect();
    // Once to warm up, then the best of three: what the machine can do when nothing else wants it.
    let mut seconds = f64::INFINITY;
    for round in 0..4 {
        let began = Instant::now();
        encoder.embed_windows(&mixed).map_err(|error| Failure(error.to_string()))?;
        if round > 0 {
            seconds = seconds.min(began.elapsed().as_secs_f64());
        }
    }
    let share =
        |work: u64, seconds: f64| work as f64 * 2.0 / seconds / 1e9 / (peak * workers.min(cores) as f64);
    let work = lengths.iter().map(|tokens| encoder.work(*tokens)).sum();
    let mut sets = vec![Set {
        name: "mixed".into(),
        texts: mixed.len(),
        tokens: lengths.iter().sum(),
        seconds,
        share: share(work, seconds),
    }];
    let mut seconds = f64::INFINITY;
    for round in 0..4 {
        let began = Instant::now();
        encoder.embed_numbers(FIXED_TEXTS, FIXED)?;
        if round > 0 {
            seconds = seconds.min(began.elapsed().as_secs_f64());
        }
    }
    sets.push(Set {
        name: format!("fixed-{FIXED}"),
        texts: FIXED_TEXTS,
        tokens: FIXED_TEXTS * FIXED,
        seconds,
        share: share(encoder.work(FIXED) * FIXED_TEXTS as u64, seconds),
    });
    // The sentence nearest twenty tokens, alone.
    let (one, tokens) = mixed
        .iter()
        .zip(&lengths)
        .min_by_key(|(_, tokens)| tokens.abs_diff(20))
        .map_or(("", 0), |(text, tokens)| (*text, *tokens));
    let mut times: Vec<f64> = Vec::new();
    for _ in 0..220 {
        let began = Instant::now();
        encoder.embed_windows(&[one]).map_err(|error| Failure(error.to_string()))?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let mut times = times.split_off(20);
    times.sort_by(f64::total_cmp);
    let median = times.get(times.len() / 2).copied().unwrap_or(f64::NAN);
    report(&encoder, how, workers, load, peak, &sets, (median, tokens))
}

fn report(
    encoder: &Encoder,
    how: &Arguments,
    workers: usize,
    load: f64,
    peak: f64,
    sets: &[Set],
    (latency, tokens): (f64, usize),
) -> Result<(), Failure> {
    let isa = format!("{:?}", Isa::detect());
    let arithmetic = format!("{:?}", encoder.entry().arithmetic).to_lowercase();
    let resident = resident_mb();
    if how.json {
        let sets: Vec<_> = sets
            .iter()
            .map(|set| {
                json!({"name": set.name, "texts": set.texts, "tokens": set.tokens, "seconds": set.seconds,
                    "share_of_peak": set.share})
            })
            .collect();
        let report = json!({
            "model": encoder.entry().fingerprint(), "arithmetic": arithmetic, "workers": workers, "isa": isa,
            "load_s": load, "resident_mb": resident, "peak_gflops_per_core": peak, "sets": sets,
            "latency_ms": {"median": latency, "tokens": tokens},
        });
        println!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(());
    }
    println!("model      {} in {arithmetic}, {workers} workers, {isa}", encoder.entry().fingerprint());
    println!("load       {load:.3} s, resident {resident:.0} MB after the runs");
    println!("peak       {peak:.1} GFLOP/s a core (multiply-adds in registers)");
    for set in sets {
        println!(
            "{:<10} {} texts, {} tokens: {:.0} texts/s, {:.0} tokens/s, {:.0} % of the peak",
            set.name,
            set.texts,
            set.tokens,
            set.texts as f64 / set.seconds,
            set.tokens as f64 / set.seconds,
            set.share * 100.0
        );
    }
    println!("latency    {latency:.2} ms for one sentence of {tokens} tokens");
    Ok(())
}

/// What one core multiplies and adds in 32-bit floats when nothing waits for memory: the best of several tries.
fn peak_per_core() -> f64 {
    let isa = Isa::detect();
    let rounds = if isa == Isa::Portable { 20 } else { 4000 };
    (0..5)
        .map(|_| {
            let began = Instant::now();
            let (work, _) = peak_work(isa, rounds);
            work as f64 * 2.0 / began.elapsed().as_secs_f64() / 1e9
        })
        .fold(0.0, f64::max)
}

/// Resident memory of this process, from the kernel's own account; not a number elsewhere than on Linux.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.map_or(f64::NAN, |kilobytes| kilobytes / 1024.0)
}
