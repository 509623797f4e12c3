//! A small random network in a folder, for tests: the real file formats and the real code path,
//! in a millisecond and without a download. Its vectors mean nothing.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Tensor};

use super::files;
use super::manifest::{Arithmetic, ModelEntry, ModelFile, Pooling, REQUIRED, Scale, Source};
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
    /// RoBERTa as `XLMRobertaModel` saves it: no prefix, and the type table has one row.
    XlmRoberta,
    /// Plain BERT with its word vectors as bytes.
    Bytes,
    /// Plain BERT, wide enough that a product of matrices would be split over threads.
    Wide,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] =
        [Self::Bert, Self::Prefixed, Self::Roberta, Self::XlmRoberta, Self::Bytes, Self::Wide];
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
        Kind::Bert | Kind::Wide | Kind::Bytes => ("bert", "", 0),
        Kind::Prefixed => ("bert", "bert.", 0),
        Kind::Roberta => ("roberta", "roberta.", 2),
        Kind::XlmRoberta => ("xlm-roberta", "", 2),
    };
    let words = vocabulary();
    let positions = TOKENS + skipped;

    let mut numbers = Numbers(2026);
    let mut tensors = HashMap::new();
    let mut put = |name: String, tensor: Tensor| tensors.insert(format!("{prefix}{name}"), tensor);
    let types = if kind == Kind::XlmRoberta { 1 } else { 2 };
    for (name, rows) in [("word", words.len()), ("position", positions), ("token_type", types)] {
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
    if kind == Kind::Bytes {
        let name = "embeddings.word_embeddings.weight";
        let rows: Vec<Vec<f32>> = tensors.remove(name).unwrap().to_vec2().unwrap();
        let scale = |row: &Vec<f32>| row.iter().fold(0.0f32, |most, v| most.max(v.abs())) / 127.0;
        let scales: Vec<f32> = rows.iter().map(scale).collect();
        let byte = |(value, scale): (f32, f32)| ((value / scale).round() + 128.0) as u8;
        let bytes: Vec<u8> =
            rows.iter().zip(&scales).flat_map(|(row, s)| row.iter().map(|v| byte((*v, *s)))).collect();
        let put = |data: Tensor, end: &str| (format!("{name}.{end}"), data);
        tensors.extend([
            put(Tensor::from_vec(bytes, (words.len(), size), &Device::Cpu).unwrap(), "u8"),
            put(Tensor::from_vec(scales, words.len(), &Device::Cpu).unwrap(), "scale"),
        ]);
    }
    candle_core::safetensors::save(&tensors, folder.join("model.safetensors")).unwrap();

    let config = serde_json::json!({
        "model_type": model_type, "hidden_size": size, "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS, "intermediate_size": wide, "max_position_embeddings": positions,
        "layer_norm_eps": 1e-12, "hidden_act": "gelu", "vocab_size": words.len(),
        "pad_token_id": usize::from(skipped > 0),
    });
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();

    let tokenizer = if kind == Kind::XlmRoberta { unigram(&words) } else { word_pieces(&words) };
    std::fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
    entry(folder)
}

fn word_pieces(words: &[String]) -> serde_json::Value {
    let ids: HashMap<&str, usize> = words.iter().enumerate().map(|(id, word)| (word.as_str(), id)).collect();
    let special = |content: &str| {
        serde_json::json!({"id": ids[content], "special": true, "content": content, "single_word": false,
            "lstrip": false, "rstrip": false, "normalized": false})
    };
    let template = |name: &str| serde_json::json!({"id": name, "ids": [ids[name]], "tokens": [name]});
    serde_json::json!({
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
    })
}

/// A tokenizer as XLM-R has it: pieces with probabilities, blanks as a letter, other special tokens. Its ids
/// are those of the same network: four special tokens, then letters with and without a blank before them.
fn unigram(words: &[String]) -> serde_json::Value {
    const SPECIAL: [&str; 4] = ["<s>", "<pad>", "</s>", "<unk>"];
    let special = |id: usize| {
        serde_json::json!({"id": id, "special": true, "content": SPECIAL[id], "single_word": false,
            "lstrip": false, "rstrip": false, "normalized": false})
    };
    let mut pieces: Vec<(String, f64)> = SPECIAL.map(|name| (name.to_owned(), 0.0)).to_vec();
    pieces.push(("▁".to_owned(), -2.0));
    for word in words.iter().filter(|word| word.chars().count() == 1) {
        pieces.push((word.clone(), -3.0));
    }
    let template = |name: &str, id: usize| serde_json::json!({"id": name, "ids": [id], "tokens": [name]});
    serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": ([0, 1, 2, 3].map(special)),
        "normalizer": {"type": "NFKC"},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "</s>", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": template("<s>", 0), "</s>": template("</s>", 2)}},
        "decoder": null,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": pieces, "byte_fallback": false},
    })
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
        arithmetic: Arithmetic::Float,
        scale: Scale::default(),
        source: Source::Pip {
            package: "tiny==1".to_owned(),
            folder: "inside/model".to_owned(),
            sha256: "0".repeat(64),
        },
        evaluation: Vec::new(),
        files: REQUIRED.map(|name| ModelFile { name: name.to_owned(), sha256: digest(name) }).to_vec(),
        base: Some(folder.to_owned()),
    }
}
