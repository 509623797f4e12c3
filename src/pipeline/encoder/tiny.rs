//! A small random network in a folder, for tests: the real file formats and the real code path,
//! in a millisecond and without a download. Its vectors mean nothing.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Tensor};

use super::files;
use super::manifest::{ModelEntry, ModelFile, Pooling, REQUIRED, Source};
use crate::subject::words::Lang;

pub(crate) const SIZE: usize = 32;
pub(crate) const HEADS: usize = 4;
pub(crate) const LAYERS: usize = 2;
/// The most tokens of one text.
pub(crate) const TOKENS: usize = 64;

/// Which layout the folder has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Plain BERT.
    Bert,
    /// BERT as a task head saved it: names begin with `bert.`.
    Prefixed,
    /// RoBERTa: another prefix, and positions count from the one after the padding token's.
    Roberta,
    /// Plain BERT, wide enough that a product of matrices would be split over threads.
    Wide,
}

/// Numbers between -0.5 and 0.5 that are the same in every run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn tensor(&mut self, shape: &[usize], scale: f32, centre: f32) -> Tensor {
        let count = shape.iter().product();
        let values: Vec<f32> = (0..count)
            .map(|_| {
                self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut z = self.0;
                z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 24) as f32 - 0.5
            })
            .map(|value| value * scale + centre)
            .collect();
        Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
    }
}

fn vocabulary() -> Vec<String> {
    let mut words: Vec<String> = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map(str::to_owned).to_vec();
    for letter in ('a'..='z').chain('0'..='9') {
        words.push(letter.to_string());
        words.push(format!("##{letter}"));
    }
    words.extend(".,:;!?()-[]".chars().map(String::from));
    words
}

/// Writes the three files and returns an entry with their digests.
pub(crate) fn write(folder: &Path, kind: Kind) -> ModelEntry {
    let (size, wide) = if kind == Kind::Wide { (256, 1024) } else { (SIZE, 64) };
    let (model_type, prefix, skipped) = match kind {
        Kind::Bert | Kind::Wide => ("bert", "", 0),
        Kind::Prefixed => ("bert", "bert.", 0),
        Kind::Roberta => ("roberta", "roberta.", 2),
    };
    let words = vocabulary();
    let positions = TOKENS + skipped;

    let mut numbers = Numbers(2026);
    let mut tensors = HashMap::new();
    let mut put = |name: String, tensor: Tensor| tensors.insert(format!("{prefix}{name}"), tensor);
    for (name, rows) in [("word", words.len()), ("position", positions), ("token_type", 2)] {
        put(format!("embeddings.{name}_embeddings.weight"), numbers.tensor(&[rows, size], 1.0, 0.0));
    }
    let mut norms = vec!["embeddings.LayerNorm".to_owned()];
    for layer in 0..LAYERS {
        let at = |rest: &str| format!("encoder.layer.{layer}.{rest}");
        for (name, inputs, outputs) in [
            ("attention.self.query", size, size),
            ("attention.self.key", size, size),
            ("attention.self.value", size, size),
            ("attention.output.dense", size, size),
            ("intermediate.dense", size, wide),
            ("output.dense", wide, size),
        ] {
            put(at(&format!("{name}.weight")), numbers.tensor(&[outputs, inputs], 0.4, 0.0));
            put(at(&format!("{name}.bias")), numbers.tensor(&[outputs], 0.2, 0.0));
        }
        norms.extend(["attention.output.LayerNorm", "output.LayerNorm"].map(at));
    }
    for name in norms {
        put(format!("{name}.weight"), numbers.tensor(&[size], 0.4, 1.0));
        put(format!("{name}.bias"), numbers.tensor(&[size], 0.4, 0.0));
    }
    candle_core::safetensors::save(&tensors, folder.join("model.safetensors")).unwrap();

    let config = serde_json::json!({
        "model_type": model_type, "hidden_size": size, "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS, "intermediate_size": wide, "max_position_embeddings": positions,
        "layer_norm_eps": 1e-12, "hidden_act": "gelu", "vocab_size": words.len(),
        "pad_token_id": usize::from(kind == Kind::Roberta),
    });
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();

    let ids: HashMap<&str, usize> = words.iter().enumerate().map(|(id, word)| (word.as_str(), id)).collect();
    let special = |content: &str| {
        serde_json::json!({"id": ids[content], "special": true, "content": content, "single_word": false,
            "lstrip": false, "rstrip": false, "normalized": false})
    };
    let template = |name: &str| serde_json::json!({"id": name, "ids": [ids[name]], "tokens": [name]});
    let tokenizer = serde_json::json!({
        "version": "1.0",
        // As in the published model: text would be cut and filled up if nobody switched that off.
        "truncation": {"max_length": 16, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
        "padding": {"strategy": {"Fixed": 16}, "direction": "Right", "pad_to_multiple_of": null,
            "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": (["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map(special)),
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"[CLS]": template("[CLS]"), "[SEP]": template("[SEP]")}},
        "decoder": null,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": ids},
    });
    std::fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
    entry(folder)
}

/// An entry that names the files as they are now.
pub(crate) fn entry(folder: &Path) -> ModelEntry {
    let digest = |name: &str| files::sha256(&std::fs::read(folder.join(name)).unwrap());
    ModelEntry {
        name: "tiny".to_owned(),
        revision: "1".to_owned(),
        licence: "EUPL-1.2".to_owned(),
        languages: vec![Lang::En],
        pooling: Pooling::Mean,
        normalise: true,
        max_tokens: 512,
        reference: "tiny.json".to_owned(),
        source: Source::Pip {
            package: "tiny==1".to_owned(),
            folder: "inside/model".to_owned(),
            sha256: "0".repeat(64),
        },
        files: REQUIRED.map(|name| ModelFile { name: name.to_owned(), sha256: digest(name) }).to_vec(),
        base: Some(folder.to_owned()),
    }
}
