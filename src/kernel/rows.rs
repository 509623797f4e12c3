//! What goes number by number: layer norm, GELU, softmax, attention, rounding. Written once in plain Rust
//! over arrays of sixteen lanes and compiled once for each set of instructions; every operation is exact
//! IEEE arithmetic in a fixed order, so the sets give the same bits.

use crate::{Isa, PANEL};

/// Lanes in which sums over a row are made.
pub const LANES: usize = 16;

/// What is done to each number of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    None,
    /// GELU by the error function.
    Gelu,
    /// Its approximation by tanh.
    GeluTanh,
    /// Negative numbers become zero.
    Relu,
}

/// Compiles one body for each set of instructions and picks at run time.
macro_rules! widths {
    ($(#[$doc:meta])* $vis:vis fn $name:ident / $body:ident ($($arg:ident : $type:ty),* $(,)?)) => {
        $(#[$doc])*
        $vis fn $name(isa: Isa, $($arg: $type),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $type),*) {
                    $body($($arg),*);
                }
                #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx2,fma")]
                fn avx512($($arg: $type),*) {
                    $body($($arg),*);
                }
                #[expect(unsafe_code, reason = "the instructions were detected when the Isa was made")]
                match isa {
                    Isa::Portable => {}
                    // SAFETY: `Isa::detect` and `Isa::all` give these only where the processor has them.
                    Isa::Avx2 => return unsafe { avx2($($arg),*) },
                    Isa::Avx512 | Isa::Avx512Vnni => return unsafe { avx512($($arg),*) },
                }
            }
            let _ = isa;
            $body($($arg),*);
        }
    };
}

widths! {
    /// Brings each row of `x` to mean 0 and variance 1, then times `gain` plus `shift`.
    pub fn layer_norm / layer_norm_body(x: &mut [f32], gain: &[f32], shift: &[f32], epsilon: f32)
}

widths! {
    /// `x = layer_norm(x + y)`, row by row.
    pub fn add_norm / add_norm_body(x: &mut [f32], y: &[f32], gain: &[f32], shift: &[f32], epsilon: f32)
}

widths! {
    /// Rounds rows of `width` numbers to integers of at most `most`, padded to an even width; a row's
    /// scale times the integer is about the number.
    pub(crate) fn round / round_body(
        input: &[f32], width: usize, most: f32, rounded: &mut [i16], scales: &mut [f32],
    )
}

widths! {
    /// A tile of integer sums as numbers: times the row's and the output's scale, plus the bias. `out` begins
    /// at the tile's first number and its rows are `stride` apart.
    pub(crate) fn spread / spread_body(
        sums: &[i32], own: &[f32], scale: &[f32], bias: &[f32], out: &mut [f32], stride: usize,
    )
}

widths! {
    /// The activation of every number.
    pub(crate) fn activate / activate_body(values: &mut [f32], activation: Activation)
}

widths! {
    /// Attention within one text. `qkv` holds a row a token: the query (already divided by the square root
    /// of the head's size), the key and the value, each of `size` numbers in `heads` equal parts. `mixed`
    /// gets `size` numbers a token. `room` is only room to work in.
    ///
    /// # Panics
    /// When the lengths do not fit each other.
    pub fn attend / attend_body(
        qkv: &[f32], size: usize, heads: usize, mixed: &mut [f32], room: &mut Vec<f32>,
    )
}

#[inline(always)]
fn lanes_sum(lanes: [f32; LANES]) -> f32 {
    let mut sums = lanes;
    let mut half = LANES / 2;
    while half > 0 {
        for i in 0..half {
            sums[i] += sums[i + half];
        }
        half /= 2;
    }
    sums[0]
}

/// The sum of a function of each number, in sixteen lanes.
#[inline(always)]
fn sum_of(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (blocks, rest) = row.as_chunks::<LANES>();
    for block in blocks {
        for i in 0..LANES {
            lanes[i] += f(block[i]);
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane += f(*value);
    }
    lanes_sum(lanes)
}

#[inline(always)]
fn layer_norm_body(x: &mut [f32], gain: &[f32], shift: &[f32], epsilon: f32) {
    x.chunks_exact_mut(gain.len()).for_each(|row| norm_row(row, gain, shift, epsilon));
}

#[inline(always)]
fn add_norm_body(x: &mut [f32], y: &[f32], gain: &[f32], shift: &[f32], epsilon: f32) {
    for (row, other) in x.chunks_exact_mut(gain.len()).zip(y.chunks_exact(gain.len())) {
        row.iter_mut().zip(other).for_each(|(value, other)| *value += other);
        norm_row(row, gain, shift, epsilon);
    }
}

#[inline(always)]
fn norm_row(row: &mut [f32], gain: &[f32], shift: &[f32], epsilon: f32) {
    let share = 1.0 / row.len() as f32;
    let mean = sum_of(row, |v| v) * share;
    // Two passes: the difference of large squares would lose the small ones.
    let variance = sum_of(row, |v| (v - mean) * (v - mean)) * share;
    let scale = 1.0 / (variance + epsilon).sqrt();
    for ((value, gain), shift) in row.iter_mut().zip(gain).zip(shift) {
        *value = (*value - mean) * scale * gain + shift;
    }
}

#[inline(always)]
fn round_body(input: &[f32], width: usize, most: f32, rounded: &mut [i16], scales: &mut [f32]) {
    let even = width.div_ceil(2) * 2;
    for ((row, out), scale) in input.chunks_exact(width).zip(rounded.chunks_exact_mut(even)).zip(scales) {
        let mut lanes = [0.0f32; LANES];
        let (blocks, rest) = row.as_chunks::<LANES>();
        for block in blocks {
            for i in 0..LANES {
                let value = block[i].abs();
                lanes[i] = if value > lanes[i] { value } else { lanes[i] };
            }
        }
        let greatest =
            lanes.iter().chain(rest).fold(0.0f32, |most, v| if v.abs() > most { v.abs() } else { most });
        *scale = if greatest > 0.0 { greatest / most } else { 1.0 };
        let times = 1.0 / *scale;
        for (value, out) in row.iter().zip(out) {
            // The number that this adds moves the fraction out at the end, rounding to even, and leaves the
            // integer in the lowest bits.
            *out = (value * times + 12_582_912.0).to_bits() as i16;
        }
    }
}

#[inline(always)]
fn spread_body(sums: &[i32], own: &[f32], scale: &[f32], bias: &[f32], out: &mut [f32], stride: usize) {
    for ((sums, own), to) in sums.chunks_exact(PANEL).zip(own).zip(out.chunks_mut(stride)) {
        for (((value, sum), scale), bias) in to.iter_mut().zip(sums).zip(scale).zip(bias) {
            *value = *sum as f32 * (own * scale) + bias;
        }
    }
}

/// e to the power of `x`, for x ≤ 88; good to 2 units in the last place. Cephes' `expf`.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    // ln 2 in two parts, so that the product with a small integer is exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = if x > 88.0 { 88.0 } else { x };
    let x = if x < -87.0 { -87.0 } else { x };
    let whole = (x * LOG2_E).round_ties_even();
    let r = x - whole * LN2_HIGH - whole * LN2_LOW;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let value = p * r * r + r + 1.0;
    value * f32::from_bits(((whole as i32 + 127) << 23) as u32)
}

/// The error function, good to 2e-7: Abramowitz & Stegun 7.1.26 with its last constants in double.
#[inline(always)]
fn erf(x: f32) -> f32 {
    let a = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * a);
    let p = 1.061_405_4;
    let p = p * t - 1.453_152_1;
    let p = p * t + 1.421_413_8;
    let p = p * t - 0.284_496_72;
    let p = p * t + 0.254_829_6;
    let value = 1.0 - p * t * exp(-a * a);
    if x < 0.0 { -value } else { value }
}

#[inline(always)]
fn tanh(x: f32) -> f32 {
    let a = x.abs();
    let e = exp(-2.0 * a);
    let value = (1.0 - e) / (1.0 + e);
    if x < 0.0 { -value } else { value }
}

#[inline(always)]
pub(crate) fn activate_body(values: &mut [f32], activation: Activation) {
    match activation {
        Activation::None => {}
        Activation::Gelu => {
            for value in values {
                *value = 0.5 * *value * (1.0 + erf(*value * std::f32::consts::FRAC_1_SQRT_2));
            }
        }
        Activation::GeluTanh => {
            for value in values {
                let x = *value;
                *value = 0.5 * x * (1.0 + tanh(0.797_884_6 * (x + 0.044_715 * x * x * x)));
            }
        }
        Activation::Relu => {
            for value in values {
                *value = if *value < 0.0 { 0.0 } else { *value };
            }
        }
    }
}

/// Rows of queries that share one reading of the keys and values.
const TOGETHER: usize = 4;

#[inline(always)]
fn attend_body(qkv: &[f32], size: usize, heads: usize, mixed: &mut [f32], room: &mut Vec<f32>) {
    assert!(heads > 0 && size.is_multiple_of(heads) && size > 0, "heads divide the size");
    assert!(mixed.len().is_multiple_of(size) && qkv.len() == 3 * mixed.len(), "one text of whole rows");
    let (tokens, head) = (mixed.len() / size, size / heads);
    let wide = tokens.div_ceil(LANES) * LANES;
    room.clear();
    room.resize((head + TOGETHER) * wide, 0.0);
    let (keys, weights) = room.split_at_mut(head * wide);
    for h in 0..heads {
        let text = Text { qkv, size, at: h * head, head, tokens, wide };
        for j in 0..tokens {
            for (d, value) in text.part(j, 1).iter().enumerate() {
                keys[d * wide + j] = *value;
            }
        }
        let mut first = 0;
        while first + TOGETHER <= tokens {
            text.rows::<TOGETHER>(first, keys, weights, mixed);
            first += TOGETHER;
        }
        while first < tokens {
            text.rows::<1>(first, keys, weights, mixed);
            first += 1;
        }
    }
}

/// One head of one text.
struct Text<'a> {
    qkv: &'a [f32],
    size: usize,
    at: usize,
    head: usize,
    tokens: usize,
    /// Tokens, rounded up to whole lanes.
    wide: usize,
}

impl Text<'_> {
    /// The query (0), key (1) or value (2) of a token.
    #[inline(always)]
    fn part(&self, token: usize, which: usize) -> &[f32] {
        &self.qkv[(token * 3 + which) * self.size + self.at..][..self.head]
    }

    /// Rows `first..first + R`: every number is one chain of fused multiply-adds in order, whatever R is.
    #[inline(always)]
    fn rows<const R: usize>(&self, first: usize, keys: &[f32], weights: &mut [f32], mixed: &mut [f32]) {
        let wide = self.wide;
        let queries: [&[f32]; R] = std::array::from_fn(|r| self.part(first + r, 0));
        for b in (0..wide).step_by(LANES) {
            let mut lanes = [[0.0f32; LANES]; R];
            for d in 0..self.head {
                let key = &keys[d * wide + b..][..LANES];
                for r in 0..R {
                    let query = queries[r][d];
                    for i in 0..LANES {
                        lanes[r][i] = query.mul_add(key[i], lanes[r][i]);
                    }
                }
            }
            for r in 0..R {
                weights[r * wide + b..][..LANES].copy_from_slice(&lanes[r]);
            }
        }
        for r in 0..R {
            softmax(&mut weights[r * wide..][..wide], self.tokens);
        }
        let whole = self.head / LANES * LANES;
        for b in (0..whole).step_by(LANES) {
            let mut lanes = [[0.0f32; LANES]; R];
            for j in 0..self.tokens {
                let value = &self.part(j, 2)[b..][..LANES];
                for r in 0..R {
                    let weight = weights[r * wide + j];
                    for i in 0..LANES {
                        lanes[r][i] = weight.mul_add(value[i], lanes[r][i]);
                    }
                }
            }
            for r in 0..R {
                mixed[(first + r) * self.size + self.at + b..][..LANES].copy_from_slice(&lanes[r]);
            }
        }
        for r in 0..R {
            for d in whole..self.head {
                mixed[(first + r) * self.size + self.at + d] = (0..self.tokens)
                    .fold(0.0f32, |sum, j| weights[r * wide + j].mul_add(self.part(j, 2)[d], sum));
            }
        }
    }
}

/// Softmax over the first `tokens` numbers; the rest become zero.
#[inline(always)]
fn softmax(row: &mut [f32], tokens: usize) {
    // The greatest is taken off first, so that no exponential overflows.
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (own, rest) = row.split_at_mut(tokens);
    let (blocks, tail) = own.as_chunks::<LANES>();
    for block in blocks {
        for i in 0..LANES {
            lanes[i] = if block[i] > lanes[i] { block[i] } else { lanes[i] };
        }
    }
    let greatest =
        lanes.iter().chain(tail).fold(f32::NEG_INFINITY, |most, v| if *v > most { *v } else { most });
    for value in own.iter_mut() {
        *value = exp(*value - greatest);
    }
    let share = 1.0 / sum_of(own, |v| v);
    for value in own {
        *value *= share;
    }
    rest.fill(0.0);
}
