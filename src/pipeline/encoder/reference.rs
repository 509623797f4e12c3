//! The published forward pass in candle's own operations, one text at a time: slow, plain, and independent of
//! our kernel. `urval model check` and the tests hold the packed pass against it; nothing else runs it.

use candle_core::{D, Device, Tensor};
use urval_kernel::Activation;

use super::ModelError;
use super::weights::{Linear, Norm, Stored};

/// A network in candle's tensors.
pub(super) struct Network {
    stored: Stored,
    positions: Tensor,
}

impl Network {
    /// Takes what a model's files hold.
    pub(super) fn of(stored: Stored) -> Result<Self, ModelError> {
        // Above this much work the matrix library would split one product over threads, and one order of
        // additions is easier to trust.
        gemm::set_threading_threshold(usize::MAX);
        let rows = stored.positions.len() / stored.size;
        let positions = Tensor::from_slice(&stored.positions, (rows, stored.size), &Device::Cpu)?;
        Ok(Self { stored, positions })
    }

    /// The last layer's vectors, tokens × size.
    pub(super) fn forward(&self, ids: &[u32]) -> candle_core::Result<Tensor> {
        let (size, tokens) = (self.stored.size, ids.len());
        let mut words = vec![0.0; tokens * size];
        for (id, row) in ids.iter().zip(words.chunks_exact_mut(size)) {
            if !self.stored.words.copy(*id, row) {
                candle_core::bail!("no token has the id {id}");
            }
        }
        let words = Tensor::from_vec(words, (tokens, size), &Device::Cpu)?;
        let mut x = self.norm(&(words + self.positions.narrow(0, 0, tokens)?)?, &self.stored.norm)?;
        for layer in &self.stored.layers {
            let [query, key, value] = [&layer.query, &layer.key, &layer.value].map(|part| {
                // Tokens × size → heads × tokens × head size.
                linear(&x, part)?
                    .reshape((tokens, self.stored.heads, size / self.stored.heads))?
                    .transpose(0, 1)?
                    .contiguous()
            });
            let scale = 1.0 / ((size / self.stored.heads) as f64).sqrt();
            let scores = (query?.matmul(&key?.transpose(1, 2)?)? * scale)?;
            let mixed = softmax(&scores)?.matmul(&value?)?.transpose(0, 1)?.reshape((tokens, size))?;
            x = self.norm(&(&x + linear(&mixed, &layer.attention_out)?)?, &layer.attention_norm)?;
            let wide = linear(&x, &layer.widen)?;
            let wide = match self.stored.activation {
                Activation::Gelu => wide.gelu_erf()?,
                Activation::GeluTanh => wide.gelu()?,
                Activation::Relu => wide.relu()?,
                Activation::None => wide,
            };
            x = self.norm(&(&x + linear(&wide, &layer.narrow)?)?, &layer.out_norm)?;
        }
        Ok(x)
    }

    /// The last layer's vector of the first token.
    pub(super) fn first(&self, ids: &[u32]) -> candle_core::Result<Vec<f64>> {
        self.forward(ids)?.get(0)?.to_dtype(candle_core::DType::F64)?.to_vec1()
    }

    /// The mean of the last layer's vectors.
    pub(super) fn mean(&self, ids: &[u32]) -> candle_core::Result<Vec<f64>> {
        self.forward(ids)?.to_dtype(candle_core::DType::F64)?.mean(0)?.to_vec1()
    }

    fn norm(&self, x: &Tensor, norm: &Norm) -> candle_core::Result<Tensor> {
        let row = |values: &[f32]| Tensor::new(values, &Device::Cpu);
        let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
        let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
        centred
            .broadcast_div(&(variance + self.stored.epsilon)?.sqrt()?)?
            .broadcast_mul(&row(&norm.gain)?)?
            .broadcast_add(&row(&norm.shift)?)
    }
}

fn linear(x: &Tensor, by: &Linear) -> candle_core::Result<Tensor> {
    x.matmul(&by.weight.t()?)?.broadcast_add(&Tensor::new(by.bias.as_slice(), &Device::Cpu)?)
}

fn softmax(x: &Tensor) -> candle_core::Result<Tensor> {
    let raised = x.broadcast_sub(&x.max_keepdim(D::Minus1)?)?.exp()?;
    raised.broadcast_div(&raised.sum_keepdim(D::Minus1)?)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use candle_core::DType;

    use super::*;
    use crate::pipeline::encoder::tiny;
    use crate::pipeline::encoder::weights::{WEIGHTS, numbers};

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
            let bert = Network::of(Stored::read(&config, &weights).unwrap()).unwrap();
            let tensors = candle_core::safetensors::load_buffer(&weights, &Device::Cpu).unwrap();
            let plain = Plain { tensors, prefix };
            for ids in [&[2, 3][..], &[2, 7, 9, 11, 9, 3], &[2, 5, 3]] {
                let ours = numbers(&bert.forward(ids).unwrap()).unwrap();
                let theirs: Vec<f64> = plain.forward(ids, first).into_iter().flatten().collect();
                assert_eq!(ours.len(), theirs.len());
                for (a, b) in ours.iter().zip(&theirs) {
                    assert!((f64::from(*a) - b).abs() < 1e-4, "{kind:?}: {a} and {b}");
                }
            }
        }
    }
}
