//! The forward pass that the service runs: the tokens of many texts as the rows of one matrix, without
//! padding, on one core.
//!
//! Queries, keys and values come from one product; attention reads them where they lie; the activation is
//! done while a product's rows are still near the core; buffers are kept from batch to batch. A text's rows
//! meet no other text's, and the kernel's products give each row the same bits whatever lies beside it, so a
//! text's vector does not depend on its batch. `reference` computes the same with candle alone, and
//! `urval model check` compares the two. This file never sees text: token ids come in, vectors go out.

use urval_kernel::{
    Activation, Floats, Integers, Isa, add_norm, attend, layer_norm, multiply, multiply_integers,
};
use zeroize::Zeroize;

use super::manifest::{Arithmetic, Pooling};
use super::weights::{Linear, Norm, Stored, WEIGHTS, Words, numbers};
use super::{EncodeError, ModelError};

enum Product {
    Floats(Floats),
    Integers(Integers),
}

struct Layer {
    /// Query, key and value side by side; the query is already divided by the square root of the
    /// head's size.
    query_key_value: Product,
    attention_out: Product,
    attention_norm: Norm,
    widen: Product,
    narrow: Product,
    out_norm: Norm,
}

/// A loaded network.
pub(super) struct Network {
    words: Words,
    positions: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    heads: usize,
    size: usize,
    wide: usize,
    activation: Activation,
    epsilon: f32,
    isa: Isa,
}

/// One worker's buffers, kept from batch to batch and overwritten after each: what a text means to the
/// model is personal data when the text was.
#[derive(Default)]
pub(super) struct Room {
    x: Vec<f32>,
    query_key_value: Vec<f32>,
    mixed: Vec<f32>,
    wide: Vec<f32>,
    rounded: Vec<i16>,
    scales: Vec<f32>,
    attention: Vec<f32>,
}

impl Room {
    fn clear(&mut self) {
        for buffer in [
            &mut self.x,
            &mut self.query_key_value,
            &mut self.mixed,
            &mut self.wide,
            &mut self.scales,
            &mut self.attention,
        ] {
            buffer.zeroize();
        }
        self.rounded.zeroize();
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Network {
    /// Packs a model's weights for this processor.
    pub(super) fn pack(stored: Stored, arithmetic: Arithmetic) -> Result<Self, ModelError> {
        let Stored { size, heads, wide, activation, epsilon, words, positions, norm, layers } = stored;
        let bad = || ModelError::Weights { file: WEIGHTS, problem: "a weight is not a finite number".into() };
        let product = |weights: &[f32], bias: &[f32], inputs: usize| match arithmetic {
            Arithmetic::Float => Floats::pack(weights, bias, inputs).map(Product::Floats).ok_or_else(bad),
            Arithmetic::Integer => {
                Integers::pack(weights, bias, inputs).map(Product::Integers).ok_or_else(bad)
            }
        };
        let linear = |linear: &Linear| {
            let inputs = linear.weight.dims().last().copied().unwrap_or(0);
            product(&numbers(&linear.weight)?, &linear.bias, inputs)
        };
        let layers = layers
            .into_iter()
            .map(|layer| {
                let scale = 1.0 / ((size / heads) as f64).sqrt();
                let scaled = |value: &f32| (f64::from(*value) * scale) as f32;
                let mut weights: Vec<f32> = numbers(&layer.query.weight)?.iter().map(scaled).collect();
                let mut bias: Vec<f32> = layer.query.bias.iter().map(scaled).collect();
                for part in [&layer.key, &layer.value] {
                    weights.extend(numbers(&part.weight)?);
                    bias.extend(&part.bias);
                }
                Ok(Layer {
                    query_key_value: product(&weights, &bias, size)?,
                    attention_out: linear(&layer.attention_out)?,
                    attention_norm: layer.attention_norm,
                    widen: linear(&layer.widen)?,
                    narrow: linear(&layer.narrow)?,
                    out_norm: layer.out_norm,
                })
            })
            .collect::<Result<Vec<_>, ModelError>>()?;
        let isa = Isa::detect();
        Ok(Self {
            words,
            positions,
            norm,
            layers,
            heads,
            size,
            wide,
            activation,
            epsilon: epsilon as f32,
            isa,
        })
    }

    /// How many token ids there are.
    pub(super) fn vocabulary(&self) -> usize {
        self.words.len(self.size)
    }

    /// How many tokens one text may have by the network's own measure.
    pub(super) fn max_positions(&self) -> usize {
        self.positions.len() / self.size
    }

    /// How many numbers one vector has.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Multiply-adds for one text of so many tokens: what shares of the peak are computed from.
    pub(super) fn work(&self, tokens: usize) -> u64 {
        let (size, wide, tokens) = (self.size as u64, self.wide as u64, tokens as u64);
        self.layers.len() as u64 * tokens * (4 * size * size + 2 * size * wide + 2 * tokens * size)
    }

    /// The vectors of some texts, in their order.
    pub(super) fn vectors(
        &self,
        texts: &[Vec<u32>],
        pooling: Pooling,
        normalise: bool,
        room: &mut Room,
    ) -> Vec<Result<Vec<f32>, EncodeError>> {
        let known = |ids: &Vec<u32>| {
            !ids.is_empty()
                && ids.len() <= self.max_positions()
                && ids.iter().all(|id| (*id as usize) < self.vocabulary())
        };
        if !texts.iter().all(known) {
            let why = "token ids that the weights do not hold";
            return texts.iter().map(|_| Err(EncodeError::Compute(why.to_owned()))).collect();
        }
        self.forward(texts, room);
        let mut rows = room.x.chunks_exact(self.size);
        let out = texts
            .iter()
            .map(|ids| {
                let mut sums = zeroize::Zeroizing::new(vec![0.0f64; self.size]);
                let read = if pooling == Pooling::Mean { ids.len() } else { 1 };
                for (at, row) in rows.by_ref().take(ids.len()).enumerate() {
                    if at < read {
                        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
                    }
                }
                let squares: f64 = sums.iter().fold(0.0, |sum, value| sum + value * value);
                let divisor = if normalise { squares.sqrt() } else { read as f64 };
                let vector: Vec<f32> = sums.iter().map(|value| (value / divisor) as f32).collect();
                let sound = squares > 0.0 && vector.iter().all(|value| value.is_finite());
                sound.then_some(vector).ok_or(EncodeError::NotFinite)
            })
            .collect();
        room.clear();
        out
    }

    /// Leaves the last layer's vectors in `room.x`, one row a token, text after text.
    fn forward(&self, texts: &[Vec<u32>], room: &mut Room) {
        let (isa, size, epsilon) = (self.isa, self.size, self.epsilon);
        let tokens: usize = texts.iter().map(Vec::len).sum();
        let Room { x, query_key_value, mixed, wide, rounded, scales, attention } = room;
        for (buffer, width) in
            [(&mut *x, size), (&mut *query_key_value, 3 * size), (&mut *mixed, size), (&mut *wide, self.wide)]
        {
            buffer.resize(tokens * width, 0.0);
        }
        let mut product = |from: &[f32], by: &Product, activation: Activation, to: &mut [f32]| match by {
            Product::Floats(weights) => multiply(isa, from, weights, activation, to),
            Product::Integers(weights) => {
                multiply_integers(isa, from, weights, activation, rounded, scales, to);
            }
        };

        let mut rows = x.chunks_exact_mut(size);
        for ids in texts {
            for (id, position) in ids.iter().zip(self.positions.chunks_exact(size)) {
                let Some(row) = rows.next() else { break };
                // `vectors` has made sure that every id has a row.
                let _ = self.words.copy(*id, row);
                row.iter_mut().zip(position).for_each(|(value, position)| *value += position);
            }
        }
        layer_norm(isa, x, &self.norm.gain, &self.norm.shift, epsilon);
        for layer in &self.layers {
            product(x, &layer.query_key_value, Activation::None, query_key_value);
            let mut at = 0;
            for ids in texts {
                let text = at * size..(at + ids.len()) * size;
                let own = &query_key_value[3 * text.start..3 * text.end];
                attend(isa, own, size, self.heads, &mut mixed[text], attention);
                at += ids.len();
            }
            // The buffer of queries is free again; its first third takes what attention gives.
            let given = &mut query_key_value[..tokens * size];
            product(mixed, &layer.attention_out, Activation::None, given);
            let norm = &layer.attention_norm;
            add_norm(isa, x, given, &norm.gain, &norm.shift, epsilon);
            product(x, &layer.widen, self.activation, wide);
            product(wide, &layer.narrow, Activation::None, given);
            add_norm(isa, x, given, &layer.out_norm.gain, &layer.out_norm.shift, epsilon);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::encoder::reference;
    use crate::pipeline::encoder::tiny;

    fn stored(kind: tiny::Kind) -> Stored {
        let folder = tempfile::tempdir().unwrap();
        tiny::write(folder.path(), kind);
        let file = |name| std::fs::read(folder.path().join(name)).unwrap();
        Stored::read(&file("config.json"), &file(WEIGHTS)).unwrap()
    }

    #[test]
    fn the_packed_pass_is_the_reference_pass_for_every_family() {
        for kind in tiny::Kind::ALL {
            let reference = reference::Network::of(stored(kind)).unwrap();
            for (arithmetic, least) in [(Arithmetic::Float, 0.999_999), (Arithmetic::Integer, 0.9995)] {
                let ours = Network::pack(stored(kind), arithmetic).unwrap();
                let texts: Vec<Vec<u32>> =
                    vec![vec![2, 3], vec![2, 7, 9, 11, 9, 3], vec![2; tiny::TOKENS], vec![2, 5, 3]];
                let found = ours.vectors(&texts, Pooling::Mean, true, &mut Room::default());
                for (ids, ours) in texts.iter().zip(found) {
                    let theirs = reference.mean(ids).unwrap();
                    let cosine = super::super::check::cosine(&ours.unwrap(), &theirs);
                    assert!(cosine > least, "{kind:?} {arithmetic:?}: {cosine}");
                }
            }
        }
    }

    #[test]
    fn ids_that_the_weights_do_not_hold_give_an_error() {
        let ours = Network::pack(stored(tiny::Kind::Bert), Arithmetic::Float).unwrap();
        for ids in [vec![], vec![100_000], vec![2; tiny::TOKENS + 1]] {
            let found = ours.vectors(&[vec![2, 3], ids], Pooling::Mean, true, &mut Room::default());
            assert!(found.iter().all(|one| matches!(one, Err(EncodeError::Compute(_)))));
        }
    }

    #[test]
    fn nothing_of_a_text_stays_in_the_buffers() {
        let ours = Network::pack(stored(tiny::Kind::Bert), Arithmetic::Integer).unwrap();
        let mut room = Room::default();
        ours.vectors(&[vec![2, 7, 3]], Pooling::Mean, true, &mut room);
        assert!(room.x.is_empty() && room.wide.is_empty() && room.rounded.is_empty());
        assert!(room.x.capacity() > 0);
    }
}
