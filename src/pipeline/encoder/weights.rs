//! What a model's files hold: the configuration, checked, and the tensors by name and shape.
//!
//! Any model of the BERT and RoBERTa families in the Hugging Face layout fits. One thing is ours: word
//! vectors may be stored as bytes with a scale a row (`….weight.u8` and `….weight.scale`), a quarter of
//! the size. This file computes nothing; `packed` and `reference` do.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use serde::Deserialize;
use urval_kernel::Activation;

use super::ModelError;

pub(super) const WEIGHTS: &str = "model.safetensors";
const WORDS: &str = "embeddings.word_embeddings.weight";
/// The number that a stored byte is counted from.
const BYTE_ZERO: f32 = 128.0;

/// What `config.json` says; unknown keys are training details and are ignored.
#[derive(Debug, Deserialize)]
struct Config {
    model_type: String,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    max_position_embeddings: usize,
    layer_norm_eps: f64,
    #[serde(default = "gelu")]
    hidden_act: String,
    #[serde(default = "absolute")]
    position_embedding_type: String,
    #[serde(default)]
    pad_token_id: usize,
}

fn gelu() -> String {
    "gelu".to_owned()
}

fn absolute() -> String {
    "absolute".to_owned()
}

/// A weight of outputs × inputs with its bias, as stored.
pub(super) struct Linear {
    pub(super) weight: Tensor,
    pub(super) bias: Vec<f32>,
}

/// The gain and shift of a layer norm.
pub(super) struct Norm {
    pub(super) gain: Vec<f32>,
    pub(super) shift: Vec<f32>,
}

pub(super) struct Layer {
    pub(super) query: Linear,
    pub(super) key: Linear,
    pub(super) value: Linear,
    pub(super) attention_out: Linear,
    pub(super) attention_norm: Norm,
    pub(super) widen: Linear,
    pub(super) narrow: Linear,
    pub(super) out_norm: Norm,
}

/// The vectors of the tokens, rows of one size.
pub(super) enum Words {
    Floats(Vec<f32>),
    /// Bytes counted from 128, times the row's scale.
    Bytes {
        bytes: Vec<u8>,
        scales: Vec<f32>,
    },
}

impl Words {
    /// Copies the row of a token; false when there is none.
    #[must_use]
    pub(super) fn copy(&self, id: u32, out: &mut [f32]) -> bool {
        let range = id as usize * out.len()..(id as usize + 1) * out.len();
        match self {
            Self::Floats(values) => match values.get(range) {
                Some(row) => out.copy_from_slice(row),
                None => return false,
            },
            Self::Bytes { bytes, scales } => match (bytes.get(range), scales.get(id as usize)) {
                (Some(row), Some(scale)) => {
                    for (out, byte) in out.iter_mut().zip(row) {
                        *out = (f32::from(*byte) - BYTE_ZERO) * scale;
                    }
                }
                _ => return false,
            },
        }
        true
    }

    /// How many rows.
    pub(super) fn len(&self, size: usize) -> usize {
        match self {
            Self::Floats(values) => values.len() / size.max(1),
            Self::Bytes { scales, .. } => scales.len(),
        }
    }
}

/// A model's files, read and checked against each other.
pub(super) struct Stored {
    pub(super) size: usize,
    pub(super) heads: usize,
    /// Numbers between the two products of a layer's second half.
    pub(super) wide: usize,
    pub(super) activation: Activation,
    pub(super) epsilon: f64,
    pub(super) words: Words,
    /// Position and first token-type vectors, added; row 0 belongs to the first token of a text.
    pub(super) positions: Vec<f32>,
    pub(super) norm: Norm,
    pub(super) layers: Vec<Layer>,
}

impl Stored {
    /// Reads the verified bytes of `config.json` and `model.safetensors`.
    pub(super) fn read(config: &[u8], weights: &[u8]) -> Result<Self, ModelError> {
        let config: Config =
            serde_json::from_slice(config).map_err(|error| ModelError::Config(error.to_string()))?;
        let unsupported = |what: String| Err(ModelError::Config(what));
        let after_padding = match config.model_type.as_str() {
            "bert" => 0,
            // These count positions from the one after the padding token's.
            "roberta" | "xlm-roberta" | "camembert" => config.pad_token_id.saturating_add(1),
            other => {
                return unsupported(format!(
                    "model_type `{other}` is not supported; bert, roberta, xlm-roberta and camembert are"
                ));
            }
        };
        if config.position_embedding_type != "absolute" {
            let found = &config.position_embedding_type;
            return unsupported(format!("position_embedding_type `{found}` is not supported; absolute is"));
        }
        let activation = match config.hidden_act.as_str() {
            "gelu" => Activation::Gelu,
            "gelu_new" | "gelu_pytorch_tanh" => Activation::GeluTanh,
            "relu" => Activation::Relu,
            other => {
                return unsupported(format!(
                    "hidden_act `{other}` is not supported; gelu, gelu_new, gelu_pytorch_tanh and relu are"
                ));
            }
        };
        let (size, heads) = (config.hidden_size, config.num_attention_heads);
        if heads == 0 || size == 0 || !size.is_multiple_of(heads) {
            return unsupported(format!(
                "hidden_size {size} cannot be divided among {heads} attention heads"
            ));
        }
        if config.intermediate_size == 0 {
            return unsupported("intermediate_size must be above 0".to_owned());
        }
        if config.max_position_embeddings <= after_padding {
            return unsupported("max_position_embeddings leaves no position for a token".to_owned());
        }
        if config.layer_norm_eps.is_nan() || config.layer_norm_eps <= 0.0 {
            return unsupported("layer_norm_eps must be above 0".to_owned());
        }

        let mut tensors = Tensors::read(weights)?;
        let words = tensors.words(size)?;
        let positions =
            tensors.take("embeddings.position_embeddings.weight", &[config.max_position_embeddings, size])?;
        let types = tensors.take("embeddings.token_type_embeddings.weight", &[0, size])?;
        let positions = positions
            .narrow(0, after_padding, config.max_position_embeddings - after_padding)?
            .broadcast_add(&types.narrow(0, 0, 1)?)?;
        let norm = tensors.norm("embeddings.LayerNorm", size)?;
        let layers = (0..config.num_hidden_layers)
            .map(|index| tensors.layer(index, size, config.intermediate_size))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            size,
            heads,
            wide: config.intermediate_size,
            activation,
            epsilon: config.layer_norm_eps,
            words,
            positions: numbers(&positions)?,
            norm,
            layers,
        })
    }
}

/// The tensors of the file, found with or without the prefix that task heads add.
struct Tensors {
    by_name: HashMap<String, Tensor>,
    prefix: &'static str,
}

impl Tensors {
    fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        let by_name = candle_core::safetensors::load_buffer(bytes, &Device::Cpu)
            .map_err(|error| ModelError::Weights { file: WEIGHTS, problem: brief(&error) })?;
        let prefix = ["", "bert.", "roberta."]
            .into_iter()
            .find(|prefix| {
                ["", ".u8"].iter().any(|end| by_name.contains_key(&format!("{prefix}{WORDS}{end}")))
            })
            .ok_or_else(|| ModelError::MissingTensor { tensor: WORDS.to_owned(), file: WEIGHTS })?;
        Ok(Self { by_name, prefix })
    }

    /// Takes a tensor of the shape the configuration calls for, as stored; `0` stands for any size.
    fn stored(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let name = format!("{}{name}", self.prefix);
        let tensor = self
            .by_name
            .remove(&name)
            .ok_or_else(|| ModelError::MissingTensor { tensor: name.clone(), file: WEIGHTS })?;
        let fits = tensor.dims().len() == shape.len()
            && tensor.dims().iter().zip(shape).all(|(found, wanted)| *wanted == 0 || found == wanted);
        if !fits {
            return Err(ModelError::Weights {
                file: WEIGHTS,
                problem: format!(
                    "tensor `{name}` has shape {:?}; config.json calls for {shape:?}",
                    tensor.dims()
                ),
            });
        }
        Ok(tensor)
    }

    fn take(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        Ok(self.stored(name, shape)?.to_dtype(DType::F32)?)
    }

    fn words(&mut self, size: usize) -> Result<Words, ModelError> {
        let bytes = format!("{WORDS}.u8");
        if !self.by_name.contains_key(&format!("{}{bytes}", self.prefix)) {
            return Ok(Words::Floats(numbers(&self.take(WORDS, &[0, size])?)?));
        }
        let bytes = self.stored(&bytes, &[0, size])?;
        let rows = bytes.dims().first().copied().unwrap_or(0);
        let scales = self.take(&format!("{WORDS}.scale"), &[rows])?.to_vec1()?;
        Ok(Words::Bytes { bytes: bytes.flatten_all()?.to_vec1()?, scales })
    }

    fn linear(&mut self, name: &str, inputs: usize, outputs: usize) -> Result<Linear, ModelError> {
        let weight = self.take(&format!("{name}.weight"), &[outputs, inputs])?;
        let bias = self.take(&format!("{name}.bias"), &[outputs])?.to_vec1()?;
        Ok(Linear { weight, bias })
    }

    fn norm(&mut self, name: &str, size: usize) -> Result<Norm, ModelError> {
        // Files converted from the first TensorFlow release call the two `gamma` and `beta`.
        let old = self.by_name.contains_key(&format!("{}{name}.gamma", self.prefix));
        let [gain, shift] = if old { ["gamma", "beta"] } else { ["weight", "bias"] };
        Ok(Norm {
            gain: self.take(&format!("{name}.{gain}"), &[size])?.to_vec1()?,
            shift: self.take(&format!("{name}.{shift}"), &[size])?.to_vec1()?,
        })
    }

    fn layer(&mut self, index: usize, size: usize, wide: usize) -> Result<Layer, ModelError> {
        let at = |rest: &str| format!("encoder.layer.{index}.{rest}");
        Ok(Layer {
            query: self.linear(&at("attention.self.query"), size, size)?,
            key: self.linear(&at("attention.self.key"), size, size)?,
            value: self.linear(&at("attention.self.value"), size, size)?,
            attention_out: self.linear(&at("attention.output.dense"), size, size)?,
            attention_norm: self.norm(&at("attention.output.LayerNorm"), size)?,
            widen: self.linear(&at("intermediate.dense"), size, wide)?,
            narrow: self.linear(&at("output.dense"), wide, size)?,
            out_norm: self.norm(&at("output.LayerNorm"), size)?,
        })
    }
}

/// The numbers of a tensor, row after row.
pub(super) fn numbers(tensor: &Tensor) -> candle_core::Result<Vec<f32>> {
    tensor.flatten_all()?.to_vec1()
}

/// candle's message without the call stack some builds append.
fn brief(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::encoder::tiny;

    fn load_with(config: impl Fn(String) -> String) -> String {
        let folder = tempfile::tempdir().unwrap();
        tiny::write(folder.path(), tiny::Kind::Bert);
        let weights = std::fs::read(folder.path().join(WEIGHTS)).unwrap();
        let text = std::fs::read_to_string(folder.path().join("config.json")).unwrap();
        let changed = config(text.clone());
        assert_ne!(text, changed);
        Stored::read(changed.as_bytes(), &weights).err().unwrap().to_string()
    }

    #[test]
    fn a_network_that_would_be_computed_wrongly_is_refused() {
        let replaced = |from: &'static str, to: &'static str| load_with(move |text| text.replace(from, to));
        assert!(replaced("\"bert\"", "\"distilbert\"").contains("`distilbert`"));
        assert!(replaced("\"gelu\"", "\"silu\"").contains("`silu`"));
        assert!(
            replaced("\"num_attention_heads\":4", "\"num_attention_heads\":5").contains("5 attention heads")
        );
        assert!(replaced("\"hidden_size\":32", "\"hidden_size\":64").contains("[0, 64]"));
        assert!(replaced("\"num_hidden_layers\":2", "\"num_hidden_layers\":3").contains("encoder.layer.2."));
        assert!(
            replaced("\"intermediate_size\":64", "\"intermediate_size\":0").contains("intermediate_size")
        );
        assert!(replaced("\"layer_norm_eps\":1e-12", "\"layer_norm_eps\":0").contains("layer_norm_eps"));
        assert!(load_with(|_| "{".to_owned()).contains("config.json"));
    }

    #[test]
    fn weights_that_are_no_safetensors_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        tiny::write(folder.path(), tiny::Kind::Bert);
        let config = std::fs::read(folder.path().join("config.json")).unwrap();
        for broken in [&b""[..], b"not a tensor file", &[255; 64]] {
            let error = Stored::read(&config, broken).err().unwrap().to_string();
            assert!(error.contains(WEIGHTS), "{error}");
        }
    }

    #[test]
    fn word_vectors_kept_as_bytes_are_the_same_to_half_a_step() {
        let folder = tempfile::tempdir().unwrap();
        let read = |kind| {
            tiny::write(folder.path(), kind);
            let file = |name| std::fs::read(folder.path().join(name)).unwrap();
            Stored::read(&file("config.json"), &file(WEIGHTS)).unwrap().words
        };
        let (floats, bytes) = (read(tiny::Kind::Bert), read(tiny::Kind::Bytes));
        assert_eq!(floats.len(tiny::SIZE), bytes.len(tiny::SIZE));
        let (mut a, mut b) = ([0.0; tiny::SIZE], [0.0; tiny::SIZE]);
        for id in 0..floats.len(tiny::SIZE) as u32 {
            assert!(floats.copy(id, &mut a) && bytes.copy(id, &mut b));
            let greatest = a.iter().fold(0.0f32, |most, v| most.max(v.abs()));
            assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= greatest / 127.0 * 0.501));
        }
        assert!(!bytes.copy(floats.len(tiny::SIZE) as u32, &mut b));
    }
}
