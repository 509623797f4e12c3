//! The forward pass of a BERT-family network over candle's tensors, in 32-bit floats on the CPU.
//!
//! One text is one pass with a batch of one and no padding, and nothing in a pass is shared between
//! threads; so a text's vector cannot depend on its neighbours or on the machine's load. candle does
//! the products of matrices; what goes number by number is done in place here, because candle hands
//! long vectors to one pool of threads for the whole process, and workers would wait for each other.
//! This file never sees text: token ids come in, one vector a token goes out.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use serde::Deserialize;

use super::ModelError;

const WEIGHTS: &str = "model.safetensors";

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

#[derive(Clone, Copy, Debug)]
enum Activation {
    /// GELU by the error function.
    Gelu,
    /// Its approximation by tanh.
    GeluTanh,
    Relu,
}

struct Linear {
    /// Inputs × outputs, as a view of the stored outputs × inputs: the matrix library reads that
    /// order without repacking it for each text.
    weight: Tensor,
    bias: Vec<f32>,
}

struct Norm {
    gain: Vec<f32>,
    shift: Vec<f32>,
    eps: f64,
}

struct Layer {
    /// Query, key and value side by side; the query is already divided by the square root of the
    /// head's size.
    query_key_value: Linear,
    attention_out: Linear,
    attention_norm: Norm,
    widen: Linear,
    narrow: Linear,
    out_norm: Norm,
}

/// A loaded network.
pub(super) struct Bert {
    words: Tensor,
    /// Position and first token-type vectors, added once at load; row 0 belongs to the first token.
    positions: Tensor,
    norm: Norm,
    layers: Vec<Layer>,
    heads: usize,
    size: usize,
    activation: Activation,
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
        let first = "embeddings.word_embeddings.weight";
        let prefix = ["", "bert.", "roberta."]
            .into_iter()
            .find(|prefix| by_name.contains_key(&format!("{prefix}{first}")))
            .ok_or_else(|| ModelError::MissingTensor { tensor: first.to_owned(), file: WEIGHTS })?;
        Ok(Self { by_name, prefix })
    }

    /// Takes a tensor of the shape the configuration calls for; `0` stands for any size.
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
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
        Ok(tensor.to_dtype(DType::F32)?)
    }

    fn linear(&mut self, name: &str, inputs: usize, outputs: usize) -> Result<Linear, ModelError> {
        let weight = self.take(&format!("{name}.weight"), &[outputs, inputs])?.t()?;
        let bias = self.take(&format!("{name}.bias"), &[outputs])?.to_vec1()?;
        Ok(Linear { weight, bias })
    }

    fn norm(&mut self, name: &str, size: usize, eps: f64) -> Result<Norm, ModelError> {
        // Files converted from the first TensorFlow release call the two `gamma` and `beta`.
        let old = self.by_name.contains_key(&format!("{}{name}.gamma", self.prefix));
        let [gain, shift] = if old { ["gamma", "beta"] } else { ["weight", "bias"] };
        Ok(Norm {
            gain: self.take(&format!("{name}.{gain}"), &[size])?.to_vec1()?,
            shift: self.take(&format!("{name}.{shift}"), &[size])?.to_vec1()?,
            eps,
        })
    }
}

/// candle's message without the call stack some builds append.
fn brief(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

impl Bert {
    /// Builds the network from the verified bytes of `config.json` and `model.safetensors`.
    pub(super) fn load(config: &[u8], weights: &[u8]) -> Result<Self, ModelError> {
        // Above this much work the matrix library would split one product over threads. Workers
        // over different texts use the cores better, and one order of additions is easier to trust.
        gemm::set_threading_threshold(usize::MAX);

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
        let words = tensors.take("embeddings.word_embeddings.weight", &[0, size])?;
        let positions =
            tensors.take("embeddings.position_embeddings.weight", &[config.max_position_embeddings, size])?;
        let types = tensors.take("embeddings.token_type_embeddings.weight", &[0, size])?;
        let positions = positions
            .narrow(0, after_padding, config.max_position_embeddings - after_padding)?
            .broadcast_add(&types.narrow(0, 0, 1)?)?;
        let norm = tensors.norm("embeddings.LayerNorm", size, config.layer_norm_eps)?;
        let layers = (0..config.num_hidden_layers)
            .map(|index| Layer::load(&mut tensors, index, &config))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { words, positions, norm, layers, heads, size, activation })
    }

    /// How many token ids there are.
    pub(super) fn vocabulary(&self) -> usize {
        self.words.dims().first().copied().unwrap_or(0)
    }

    /// How many tokens one text may have by the network's own measure.
    pub(super) fn max_positions(&self) -> usize {
        self.positions.dims().first().copied().unwrap_or(0)
    }

    /// How many numbers one vector has.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// The last layer's vectors, one row a token, row after row.
    pub(super) fn forward(&self, ids: &[u32]) -> candle_core::Result<Vec<f32>> {
        let tokens = ids.len();
        if tokens == 0 {
            candle_core::bail!("no tokens");
        }
        let mut x = numbers(&self.words.index_select(&Tensor::new(ids, &Device::Cpu)?, 0)?)?;
        add(&mut x, &numbers(&self.positions.narrow(0, 0, tokens)?)?);
        self.norm.apply(&mut x);
        for layer in &self.layers {
            let attended = layer.attend(&x, tokens, self.heads)?;
            add(&mut x, &attended);
            layer.attention_norm.apply(&mut x);
            let wide = self.activation.apply(&layer.widen.apply(&x, tokens)?)?;
            let narrowed = layer.narrow.apply(&wide, tokens)?;
            add(&mut x, &narrowed);
            layer.out_norm.apply(&mut x);
        }
        Ok(x)
    }
}

impl Layer {
    fn load(tensors: &mut Tensors, index: usize, config: &Config) -> Result<Self, ModelError> {
        let (size, wide, eps) = (config.hidden_size, config.intermediate_size, config.layer_norm_eps);
        let at = |rest: &str| format!("encoder.layer.{index}.{rest}");
        let query = tensors.linear(&at("attention.self.query"), size, size)?;
        let key = tensors.linear(&at("attention.self.key"), size, size)?;
        let value = tensors.linear(&at("attention.self.value"), size, size)?;
        let scale = 1.0 / ((size / config.num_attention_heads) as f64).sqrt();
        let stored = |weight: &Tensor| weight.t();
        let weight = Tensor::cat(
            &[(stored(&query.weight)? * scale)?, stored(&key.weight)?, stored(&value.weight)?],
            0,
        )?;
        let scaled = query.bias.iter().map(|bias| (f64::from(*bias) * scale) as f32);
        let query_key_value =
            Linear { weight: weight.t()?, bias: scaled.chain(key.bias).chain(value.bias).collect() };
        Ok(Self {
            query_key_value,
            attention_out: tensors.linear(&at("attention.output.dense"), size, size)?,
            attention_norm: tensors.norm(&at("attention.output.LayerNorm"), size, eps)?,
            widen: tensors.linear(&at("intermediate.dense"), size, wide)?,
            narrow: tensors.linear(&at("output.dense"), wide, size)?,
            out_norm: tensors.norm(&at("output.LayerNorm"), size, eps)?,
        })
    }

    fn attend(&self, x: &[f32], tokens: usize, heads: usize) -> candle_core::Result<Vec<f32>> {
        let size = x.len() / tokens;
        // Tokens × (3 · heads · head size) → 3 × heads × tokens × head size.
        let all = self.query_key_value.apply(x, tokens)?;
        let all = Tensor::from_vec(all, (tokens, 3, heads, size / heads), &Device::Cpu)?;
        let all = all.permute((1, 2, 0, 3))?.contiguous()?;
        let (query, key, value) = (all.get(0)?, all.get(1)?, all.get(2)?);
        let mut weights = numbers(&query.matmul(&key.transpose(1, 2)?)?)?;
        weights.chunks_exact_mut(tokens).for_each(softmax);
        let weights = Tensor::from_vec(weights, (heads, tokens, tokens), &Device::Cpu)?;
        let mixed = weights.matmul(&value)?.transpose(0, 1)?.contiguous()?;
        self.attention_out.apply(&numbers(&mixed)?, tokens)
    }
}

/// The numbers of a tensor, row after row.
fn numbers(tensor: &Tensor) -> candle_core::Result<Vec<f32>> {
    tensor.flatten_all()?.to_vec1()
}

fn add(x: &mut [f32], y: &[f32]) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
}

fn softmax(row: &mut [f32]) {
    // The greatest is taken off first, so that no exponential overflows.
    let greatest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for value in row.iter_mut() {
        *value = (*value - greatest).exp();
        sum += *value;
    }
    row.iter_mut().for_each(|value| *value /= sum);
}

impl Activation {
    fn apply(self, values: &[f32]) -> candle_core::Result<Vec<f32>> {
        // Below candle's measure of a long vector, which is 65 536 numbers.
        const SHORT: usize = 16_384;
        let mut out = Vec::with_capacity(values.len());
        for part in values.chunks(SHORT) {
            let part = Tensor::new(part, &Device::Cpu)?;
            let part = match self {
                Self::Gelu => part.gelu_erf()?,
                Self::GeluTanh => part.gelu()?,
                Self::Relu => part.relu()?,
            };
            out.extend(numbers(&part)?);
        }
        Ok(out)
    }
}

impl Linear {
    fn apply(&self, x: &[f32], rows: usize) -> candle_core::Result<Vec<f32>> {
        let x = Tensor::from_slice(x, (rows, x.len() / rows), &Device::Cpu)?;
        let mut out = numbers(&x.matmul(&self.weight)?)?;
        out.chunks_exact_mut(self.bias.len()).for_each(|row| add(row, &self.bias));
        Ok(out)
    }
}

impl Norm {
    fn apply(&self, x: &mut [f32]) {
        for row in x.chunks_exact_mut(self.gain.len()) {
            let count = row.len() as f64;
            let mean = row.iter().fold(0.0, |sum, v| sum + f64::from(*v)) / count;
            let variance = row.iter().fold(0.0, |sum, v| sum + (f64::from(*v) - mean).powi(2)) / count;
            let scale = 1.0 / (variance + self.eps).sqrt();
            for ((value, gain), shift) in row.iter_mut().zip(&self.gain).zip(&self.shift) {
                *value = ((f64::from(*value) - mean) * scale) as f32 * gain + shift;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::encoder::tiny;

    type Matrix = Vec<Vec<f64>>;

    /// The same network once more, in plain loops over 64-bit floats.
    struct Plain {
        tensors: HashMap<String, Tensor>,
        prefix: &'static str,
    }

    impl Plain {
        fn matrix(&self, name: &str) -> Matrix {
            let tensor = self.tensors[&format!("{}{name}", self.prefix)].to_dtype(DType::F64).unwrap();
            match tensor.dims().len() {
                1 => vec![tensor.to_vec1().unwrap()],
                _ => tensor.to_vec2().unwrap(),
            }
        }

        fn linear(&self, x: &Matrix, name: &str) -> Matrix {
            let (weight, bias) =
                (self.matrix(&format!("{name}.weight")), self.matrix(&format!("{name}.bias")));
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            x.iter().map(|row| weight.iter().zip(&bias[0]).map(|(w, b)| dot(row, w) + b).collect()).collect()
        }

        fn norm(&self, x: &Matrix, name: &str) -> Matrix {
            let (gain, shift) =
                (self.matrix(&format!("{name}.weight")), self.matrix(&format!("{name}.bias")));
            let one = |row: &Vec<f64>| {
                let n = row.len() as f64;
                let mean = row.iter().sum::<f64>() / n;
                let variance = row.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
                let scaled = row.iter().map(|v| (v - mean) / (variance + 1e-12).sqrt());
                scaled.zip(&gain[0]).zip(&shift[0]).map(|((v, g), s)| v * g + s).collect()
            };
            x.iter().map(one).collect()
        }

        fn forward(&self, ids: &[u32], first_position: usize) -> Matrix {
            let words = self.matrix("embeddings.word_embeddings.weight");
            let positions = self.matrix("embeddings.position_embeddings.weight");
            let types = self.matrix("embeddings.token_type_embeddings.weight");
            let add = |a: &Matrix, b: &Matrix| -> Matrix {
                a.iter().zip(b).map(|(a, b)| a.iter().zip(b).map(|(a, b)| a + b).collect()).collect()
            };
            let mut x: Matrix = ids
                .iter()
                .enumerate()
                .map(|(at, id)| {
                    let (word, position) = (&words[*id as usize], &positions[first_position + at]);
                    (0..tiny::SIZE).map(|i| word[i] + position[i] + types[0][i]).collect()
                })
                .collect();
            x = self.norm(&x, "embeddings.LayerNorm");
            let (head, tokens) = (tiny::SIZE / tiny::HEADS, ids.len());
            for layer in 0..tiny::LAYERS {
                let at = |rest: &str| format!("encoder.layer.{layer}.{rest}");
                let query = self.linear(&x, &at("attention.self.query"));
                let key = self.linear(&x, &at("attention.self.key"));
                let value = self.linear(&x, &at("attention.self.value"));
                let mut mixed = vec![vec![0.0; tiny::SIZE]; tokens];
                for h in (0..tiny::SIZE).step_by(head) {
                    for i in 0..tokens {
                        let score = |j: usize| -> f64 {
                            (h..h + head).map(|d| query[i][d] * key[j][d]).sum::<f64>() / (head as f64).sqrt()
                        };
                        let weights: Vec<f64> = (0..tokens).map(|j| score(j).exp()).collect();
                        let sum: f64 = weights.iter().sum();
                        for d in h..h + head {
                            mixed[i][d] = (0..tokens).map(|j| weights[j] / sum * value[j][d]).sum();
                        }
                    }
                }
                let attended = self.linear(&mixed, &at("attention.output.dense"));
                x = self.norm(&add(&x, &attended), &at("attention.output.LayerNorm"));
                let mut wide = self.linear(&x, &at("intermediate.dense"));
                wide.iter_mut().flatten().for_each(|v| *v *= 0.5 * (1.0 + erf(*v / 2f64.sqrt())));
                x = self.norm(&add(&x, &self.linear(&wide, &at("output.dense"))), &at("output.LayerNorm"));
            }
            x
        }
    }

    /// The error function by its power series, good to 1e-12 for the small arguments met here.
    fn erf(x: f64) -> f64 {
        let (mut term, mut sum) = (x, x);
        for n in 1..100 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        2.0 / std::f64::consts::PI.sqrt() * sum
    }

    #[test]
    fn the_forward_pass_is_the_published_one_for_every_layout() {
        for (kind, prefix, first) in [
            (tiny::Kind::Bert, "", 0),
            (tiny::Kind::Prefixed, "bert.", 0),
            (tiny::Kind::Roberta, "roberta.", 2),
        ] {
            let folder = tempfile::tempdir().unwrap();
            tiny::write(folder.path(), kind);
            let weights = std::fs::read(folder.path().join(WEIGHTS)).unwrap();
            let config = std::fs::read(folder.path().join("config.json")).unwrap();
            let bert = Bert::load(&config, &weights).unwrap();
            let tensors = candle_core::safetensors::load_buffer(&weights, &Device::Cpu).unwrap();
            let plain = Plain { tensors, prefix };
            for ids in [&[2, 3][..], &[2, 7, 9, 11, 9, 3], &[2, 5, 3]] {
                let ours = bert.forward(ids).unwrap();
                let theirs: Vec<f64> = plain.forward(ids, first).into_iter().flatten().collect();
                assert_eq!(ours.len(), theirs.len());
                for (a, b) in ours.iter().zip(&theirs) {
                    assert!((f64::from(*a) - b).abs() < 1e-4, "{kind:?}: {a} and {b}");
                }
            }
        }
    }

    fn load_with(config: impl Fn(String) -> String) -> String {
        let folder = tempfile::tempdir().unwrap();
        tiny::write(folder.path(), tiny::Kind::Bert);
        let weights = std::fs::read(folder.path().join(WEIGHTS)).unwrap();
        let text = std::fs::read_to_string(folder.path().join("config.json")).unwrap();
        let changed = config(text.clone());
        assert_ne!(text, changed);
        Bert::load(changed.as_bytes(), &weights).err().unwrap().to_string()
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
            let error = Bert::load(&config, broken).err().unwrap().to_string();
            assert!(error.contains(WEIGHTS), "{error}");
        }
    }
}
