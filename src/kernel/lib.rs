//! The arithmetic of the text encoder, on one core: products of matrices in 32-bit floats or in
//! integers, attention, layer norm, GELU.
//!
//! **The same bits everywhere.** Each number of a product is one chain of fused multiply-adds from the
//! first input to the last, whatever the width of the vector instructions and however many rows are
//! multiplied at once; sums over a row are made in sixteen lanes that are added in a fixed order; `exp`
//! and the error function are polynomials written here. So a row's result depends neither on its
//! neighbours nor on the processor (x86-64 with AVX2 or AVX-512; anything else through the portable
//! code, which is slow without fused multiply-add).
//!
//! Nothing here allocates after set-up, starts threads, reads a clock or knows what the numbers mean.
//! All matrices are row after row. `simd.rs` holds the vector instructions, `rows.rs` what goes number by
//! number.

mod rows;
mod simd;

pub use rows::{Activation, LANES, add_norm, attend, layer_norm};

/// Which instructions the products use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isa {
    /// Plain Rust, any processor.
    Portable,
    /// x86-64 with AVX2 and FMA.
    Avx2,
    /// x86-64 with AVX-512 F, BW, VL.
    Avx512,
    /// The same with VNNI, which multiplies and adds pairs of 16-bit integers in one instruction.
    Avx512Vnni,
}

impl Isa {
    /// The best this processor has.
    #[must_use]
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let (avx2, fma) = (is_x86_feature_detected!("avx2"), is_x86_feature_detected!("fma"));
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq");
            if avx2 && fma && avx512 && is_x86_feature_detected!("avx512vnni") {
                return Self::Avx512Vnni;
            }
            if avx2 && fma && avx512 {
                return Self::Avx512;
            }
            if avx2 && fma {
                return Self::Avx2;
            }
        }
        Self::Portable
    }

    /// Every one this processor can run, least first; for tests that compare them.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let best = Self::detect();
        [Self::Portable, Self::Avx2, Self::Avx512, Self::Avx512Vnni]
            .into_iter()
            .filter(|isa| *isa <= best)
            .collect()
    }
}

/// Columns that are multiplied together; the weights are stored in panels of this width.
pub(crate) const PANEL: usize = 32;

/// A weight matrix (inputs × outputs) in 32-bit floats with its bias, packed for [`multiply`].
pub struct Floats {
    inputs: usize,
    outputs: usize,
    /// One panel of 32 outputs after the other, each inputs × 32; missing outputs are zeros.
    panels: Vec<f32>,
    bias: Vec<f32>,
}

/// The same in integers of twelve bits, one scale an output, packed for [`multiply_integers`].
pub struct Integers {
    inputs: usize,
    outputs: usize,
    /// One panel of 32 outputs after the other, each (inputs / 2) × 32 × 2.
    panels: Vec<i16>,
    scales: Vec<f32>,
    bias: Vec<f32>,
    /// The greatest integer an input may be, so that no sum leaves 32 bits whatever the inputs are.
    input_max: f32,
}

/// The greatest weight as an integer: twelve bits with the sign.
const WEIGHT_MAX: f32 = 2047.0;
/// The greatest input as an integer: fifteen bits with the sign.
const INPUT_MAX: f32 = 16383.0;

impl Floats {
    /// Packs a matrix stored as outputs × inputs, as model files have it. `None` when the lengths do not
    /// fit each other.
    #[must_use]
    pub fn pack(weights: &[f32], bias: &[f32], inputs: usize) -> Option<Self> {
        let outputs = bias.len();
        if inputs == 0 || outputs == 0 || weights.len() != inputs.checked_mul(outputs)? {
            return None;
        }
        let mut panels = vec![0.0; outputs.div_ceil(PANEL) * PANEL * inputs];
        for (output, row) in weights.chunks_exact(inputs).enumerate() {
            let first = output / PANEL * PANEL * inputs + output % PANEL;
            for (input, value) in row.iter().enumerate() {
                panels[first + input * PANEL] = *value;
            }
        }
        Some(Self { inputs, outputs, panels, bias: bias.to_vec() })
    }

    /// Numbers of one input row.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Numbers of one output row.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }
}

impl Integers {
    /// Rounds and packs a matrix stored as outputs × inputs. `None` when the lengths do not fit or a
    /// weight is not finite.
    #[must_use]
    pub fn pack(weights: &[f32], bias: &[f32], inputs: usize) -> Option<Self> {
        let outputs = bias.len();
        if inputs == 0 || outputs == 0 || weights.len() != inputs.checked_mul(outputs)? {
            return None;
        }
        let pairs = inputs.div_ceil(2);
        let mut panels = vec![0i16; outputs.div_ceil(PANEL) * PANEL * pairs * 2];
        let mut scales = Vec::with_capacity(outputs);
        let mut greatest_sum = 1i64;
        for (output, row) in weights.chunks_exact(inputs).enumerate() {
            let greatest = row.iter().fold(0.0f32, |most, value| most.max(value.abs()));
            if !row.iter().all(|value| value.is_finite()) {
                return None;
            }
            let scale = if greatest > 0.0 { greatest / WEIGHT_MAX } else { 1.0 };
            scales.push(scale);
            let first = output / PANEL * PANEL * pairs * 2 + output % PANEL * 2;
            let mut sum = 0;
            for (input, value) in row.iter().enumerate() {
                let rounded = (value / scale).round_ties_even() as i16;
                panels[first + input / 2 * PANEL * 2 + input % 2] = rounded;
                sum += i64::from(rounded).abs();
            }
            greatest_sum = greatest_sum.max(sum);
        }
        // No sum, nor any part of one, is more than the weights' own sum times the greatest input.
        let room = (i64::from(i32::MAX) / greatest_sum) as f32;
        Some(Self { inputs, outputs, panels, scales, bias: bias.to_vec(), input_max: room.min(INPUT_MAX) })
    }

    /// Numbers of one input row.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Numbers of one output row.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }
}

/// `out = activation(input · weights + bias)`: rows × inputs to rows × outputs.
///
/// # Panics
/// When `input` is not a whole number of rows or `out` has not as many.
pub fn multiply(isa: Isa, input: &[f32], weights: &Floats, activation: Activation, out: &mut [f32]) {
    let rows = input.len() / weights.inputs;
    assert_eq!(input.len(), rows * weights.inputs, "whole rows");
    assert_eq!(out.len(), rows * weights.outputs, "as many rows out as in");
    simd::floats(isa, input, rows, weights, activation, out);
}

/// The same in integers: each input row is rounded, with a scale of its own, to as many bits as the sums have room
/// for (at most fifteen) in `rounded`
/// and `scales`, which are only room to work in.
///
/// # Panics
/// As [`multiply`].
pub fn multiply_integers(
    isa: Isa,
    input: &[f32],
    weights: &Integers,
    activation: Activation,
    rounded: &mut Vec<i16>,
    scales: &mut Vec<f32>,
    out: &mut [f32],
) {
    let rows = input.len() / weights.inputs;
    assert_eq!(input.len(), rows * weights.inputs, "whole rows");
    assert_eq!(out.len(), rows * weights.outputs, "as many rows out as in");
    rounded.clear();
    rounded.resize(rows * weights.inputs.div_ceil(2) * 2, 0);
    scales.clear();
    scales.resize(rows, 0.0);
    rows::round(isa, input, weights.inputs, weights.input_max, rounded, scales);
    simd::integers(isa, rounded, scales, rows, weights, activation, out);
}

/// Multiply-adds a second that one core does when nothing waits for memory: the peak that shares are
/// measured against. Runs `rounds` × 1,024 steps of independent chains; returns how many multiply-adds that was.
#[must_use]
pub fn peak_work(isa: Isa, rounds: usize) -> (u64, f32) {
    simd::peak(isa, rounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers between -0.5 and 0.5, the same in every run.
    fn numbers(count: usize, seed: u64) -> Vec<f32> {
        let mut state = seed;
        (0..count)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
            })
            .collect()
    }

    fn bits(values: &[f32]) -> Vec<u32> {
        values.iter().map(|value| value.to_bits()).collect()
    }

    fn product(isa: Isa, x: &[f32], weights: &Floats, activation: Activation) -> Vec<f32> {
        let mut out = vec![f32::NAN; x.len() / weights.inputs() * weights.outputs()];
        multiply(isa, x, weights, activation, &mut out);
        out
    }

    fn integer_product(isa: Isa, x: &[f32], weights: &Integers) -> Vec<f32> {
        let mut out = vec![f32::NAN; x.len() / weights.inputs() * weights.outputs()];
        let (mut rounded, mut scales) = (Vec::new(), Vec::new());
        multiply_integers(isa, x, weights, Activation::None, &mut rounded, &mut scales, &mut out);
        out
    }

    const SHAPES: [(usize, usize, usize); 7] =
        [(1, 1, 1), (1, 7, 33), (5, 32, 32), (13, 37, 45), (97, 64, 96), (200, 24, 31), (25, 384, 40)];

    #[test]
    fn products_are_right_and_the_same_bits_on_every_set_of_instructions() {
        for (rows, inputs, outputs) in SHAPES {
            let (x, w) = (numbers(rows * inputs, 1), numbers(inputs * outputs, 2));
            let bias = numbers(outputs, 3);
            let floats = Floats::pack(&w, &bias, inputs).unwrap();
            let integers = Integers::pack(&w, &bias, inputs).unwrap();
            let exact: Vec<f64> = (0..rows * outputs)
                .map(|at| {
                    let (row, output) = (at / outputs, at % outputs);
                    let pairs = x[row * inputs..][..inputs].iter().zip(&w[output * inputs..][..inputs]);
                    f64::from(bias[output]) + pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
                })
                .collect();
            let plain = product(Isa::Portable, &x, &floats, Activation::None);
            let plain_integers = integer_product(Isa::Portable, &x, &integers);
            for (at, exact) in exact.iter().enumerate() {
                assert!((f64::from(plain[at]) - exact).abs() < 1e-4, "{rows} {inputs} {outputs}");
                let step = 0.5 / 2047.0 + 0.5 / 4000.0;
                let most = inputs as f64 * 0.5 * step;
                assert!((f64::from(plain_integers[at]) - exact).abs() <= most, "{rows} {inputs} {outputs}");
            }
            for isa in Isa::all() {
                assert_eq!(bits(&product(isa, &x, &floats, Activation::None)), bits(&plain), "{isa:?}");
                assert_eq!(bits(&integer_product(isa, &x, &integers)), bits(&plain_integers), "{isa:?}");
            }
        }
    }

    #[test]
    fn a_row_is_the_same_bits_alone_and_among_others() {
        let (inputs, outputs) = (40, 50);
        let (x, w) = (numbers(100 * inputs, 4), numbers(inputs * outputs, 5));
        let floats = Floats::pack(&w, &numbers(outputs, 6), inputs).unwrap();
        let integers = Integers::pack(&w, &numbers(outputs, 6), inputs).unwrap();
        for isa in Isa::all() {
            let all = product(isa, &x, &floats, Activation::Gelu);
            let all_integers = integer_product(isa, &x, &integers);
            for rows in [1, 2, 5, 11, 12, 13, 96, 97] {
                let some = &x[x.len() - rows * inputs..];
                let from = all.len() - rows * outputs;
                assert_eq!(bits(&product(isa, some, &floats, Activation::Gelu)), bits(&all[from..]));
                assert_eq!(bits(&integer_product(isa, some, &integers)), bits(&all_integers[from..]));
            }
        }
    }

    #[test]
    fn the_greatest_numbers_do_not_leave_thirty_two_bits() {
        for inputs in [384, 1536, 4096, 16384] {
            let x = vec![1.0; inputs];
            let integers = Integers::pack(&vec![1.0; inputs], &[0.0], inputs).unwrap();
            for isa in Isa::all() {
                let out = integer_product(isa, &x, &integers);
                assert!((out[0] / inputs as f32 - 1.0).abs() < 1e-3, "{isa:?} {inputs}: {out:?}");
            }
        }
    }

    #[test]
    fn shapes_that_do_not_fit_and_weights_that_are_no_number_are_refused() {
        assert!(Floats::pack(&[1.0; 5], &[0.0; 2], 3).is_none());
        assert!(Floats::pack(&[], &[], 0).is_none());
        assert!(Integers::pack(&[f32::NAN, 1.0], &[0.0], 2).is_none());
        assert!(Integers::pack(&[f32::INFINITY, 1.0], &[0.0], 2).is_none());
    }

    #[test]
    fn activations_norms_and_attention_are_the_textbooks_on_every_set_of_instructions() {
        let gelu = |x: f64| 0.5 * x * (1.0 + erf(x / 2f64.sqrt()));
        let one = Floats::pack(&[1.0], &[0.0], 1).unwrap();
        let x: Vec<f32> = (-400..400).map(|i| i as f32 / 40.0).collect();
        let (size, heads, tokens) = (48, 3, 21);
        let qkv = numbers(tokens * 3 * size, 7);
        let mut results: Vec<Vec<Vec<u32>>> = Vec::new();
        for isa in Isa::all() {
            let activated = product(isa, &x, &one, Activation::Gelu);
            for (x, y) in x.iter().zip(&activated) {
                assert!(
                    (gelu(f64::from(*x)) - f64::from(*y)).abs() < 1e-6 * (1.0 + f64::from(x.abs())),
                    "{x}"
                );
            }
            let tanh = product(isa, &x, &one, Activation::GeluTanh);
            let relu = product(isa, &x, &one, Activation::Relu);
            assert!(x.iter().zip(&tanh).all(|(x, y)| (gelu(f64::from(*x)) - f64::from(*y)).abs() < 1e-3));
            assert!(x.iter().zip(&relu).all(|(x, y)| *y == x.max(0.0)));

            let mut normed = numbers(5 * size, 8);
            let other = numbers(5 * size, 9);
            let (gain, shift) = (vec![1.0; size], vec![0.0; size]);
            add_norm(isa, &mut normed, &other, &gain, &shift, 1e-12);
            for row in normed.chunks_exact(size) {
                let mean = row.iter().map(|v| f64::from(*v)).sum::<f64>() / size as f64;
                let variance = row.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / size as f64;
                assert!(mean.abs() < 1e-6 && (variance - 1.0).abs() < 1e-5);
            }

            let (mut mixed, mut room) = (vec![0.0; tokens * size], Vec::new());
            attend(isa, &qkv, size, heads, &mut mixed, &mut room);
            let part =
                |token: usize, which: usize, at: usize| f64::from(qkv[(token * 3 + which) * size + at]);
            let head = size / heads;
            for i in 0..tokens {
                for h in 0..heads {
                    let weight = |j: usize| -> f64 {
                        (h * head..(h + 1) * head).map(|d| part(i, 0, d) * part(j, 1, d)).sum::<f64>().exp()
                    };
                    let sum: f64 = (0..tokens).map(weight).sum();
                    for d in h * head..(h + 1) * head {
                        let exact = (0..tokens).map(|j| weight(j) / sum * part(j, 2, d)).sum::<f64>();
                        assert!((exact - f64::from(mixed[i * size + d])).abs() < 1e-5);
                    }
                }
            }
            results.push(vec![bits(&activated), bits(&tanh), bits(&normed), bits(&mixed)]);
        }
        assert!(results.iter().all(|one| *one == results[0]));
    }

    /// The error function by its power series, and 1 or -1 where that is exact enough.
    fn erf(x: f64) -> f64 {
        if x.abs() > 5.0 {
            return x.signum();
        }
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        2.0 / std::f64::consts::PI.sqrt() * sum
    }
}
