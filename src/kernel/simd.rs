//! The products of matrices with vector instructions: the only unsafe code of the project.
//!
//! A tile of some rows × 32 outputs is kept in registers while the inputs go by, from the first to the
//! last: in floats each number is one chain of fused multiply-adds that starts at the bias, in integers the
//! sum is exact. So the tile's height, which depends on how many rows are left, changes no bit.
//!
//! Every function that reads through a pointer states what must hold; the two entry points check it.

#![expect(
    clippy::needless_range_loop,
    reason = "tiles are counted, so that the compiler keeps them in registers"
)]
#![expect(unsafe_code, reason = "vector instructions and unchecked reads inside checked bounds")]

use std::hint::black_box;

use crate::rows::{activate, spread};
use crate::{Activation, Floats, Integers, Isa, PANEL};

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// Rows that stay near the core while every panel goes by.
const BLOCK: usize = 192;

/// `out = activation(input · weights + bias)`.
pub(crate) fn floats(
    isa: Isa,
    input: &[f32],
    rows: usize,
    weights: &Floats,
    activation: Activation,
    out: &mut [f32],
) {
    let (inputs, outputs) = (weights.inputs, weights.outputs);
    assert!(input.len() == rows * inputs && out.len() == rows * outputs);
    assert!(
        weights.panels.len() == outputs.div_ceil(PANEL) * PANEL * inputs && weights.bias.len() == outputs
    );
    let mut edge = [0.0f32; 12 * PANEL];
    for start in (0..rows).step_by(BLOCK) {
        let count = BLOCK.min(rows - start);
        for (panel, weight) in weights.panels.chunks_exact(PANEL * inputs).enumerate() {
            let column = panel * PANEL;
            let width = PANEL.min(outputs - column);
            let mut bias = [0.0f32; PANEL];
            bias[..width].copy_from_slice(&weights.bias[column..column + width]);
            let mut at = 0;
            while at < count {
                let row = start + at;
                let left = count - at;
                // Whole panels are written in place, the last narrow one through `edge`.
                let (to, stride) = if width == PANEL {
                    (out[row * outputs + column..].as_mut_ptr(), outputs)
                } else {
                    (edge.as_mut_ptr(), PANEL)
                };
                let from = input[row * inputs..].as_ptr();
                // SAFETY: `left` rows of `inputs` numbers lie at `from`, `inputs` × 32 at `weight`, and at
                // `to` there is room for as many rows as a tile has, `stride` apart, 32 numbers each: a tile
                // is never taller than `left` or 12.
                let done = unsafe { float_tile(isa, from, inputs, weight, &bias, to, stride, left) };
                for r in 0..done {
                    let own = &mut out[(row + r) * outputs + column..][..width];
                    if width < PANEL {
                        own.copy_from_slice(&edge[r * PANEL..][..width]);
                    }
                    activate(isa, own, activation);
                }
                at += done;
            }
        }
    }
}

/// One tile; returns how many rows it had.
///
/// # Safety
/// As the caller says: `left` ≥ 1 rows at `from`, and room at `to` for min(left, 12) rows.
#[expect(clippy::too_many_arguments, reason = "one call site")]
unsafe fn float_tile(
    isa: Isa,
    from: *const f32,
    inputs: usize,
    weight: &[f32],
    bias: &[f32; PANEL],
    to: *mut f32,
    stride: usize,
    left: usize,
) -> usize {
    macro_rules! call {
        ($f:ident: $($n:literal)*; $tallest:literal) => {
            match left.min($tallest) {
                $($n => { unsafe { $f::<$n>(from, inputs, weight, bias, to, stride) }; $n })*
                _ => unreachable!("a tile of no known height"),
            }
        };
    }
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 | Isa::Avx512Vnni => call!(float_tile_512: 1 2 3 4 5 6 7 8 9 10 11 12; 12),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => call!(float_tile_256: 1 2 3 4 5 6; 6),
        _ => call!(float_tile_plain: 1 2 3 4; 4),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn float_tile_512<const R: usize>(
    from: *const f32,
    inputs: usize,
    weight: &[f32],
    bias: &[f32; PANEL],
    to: *mut f32,
    stride: usize,
) {
    unsafe {
        let start = [_mm512_loadu_ps(bias.as_ptr()), _mm512_loadu_ps(bias.as_ptr().add(16))];
        let mut sums = [start; R];
        let mut panel = weight.as_ptr();
        for k in 0..inputs {
            let w = [_mm512_loadu_ps(panel), _mm512_loadu_ps(panel.add(16))];
            panel = panel.add(PANEL);
            for r in 0..R {
                let x = _mm512_set1_ps(*from.add(r * inputs + k));
                sums[r][0] = _mm512_fmadd_ps(x, w[0], sums[r][0]);
                sums[r][1] = _mm512_fmadd_ps(x, w[1], sums[r][1]);
            }
        }
        for r in 0..R {
            _mm512_storeu_ps(to.add(r * stride), sums[r][0]);
            _mm512_storeu_ps(to.add(r * stride + 16), sums[r][1]);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn float_tile_256<const R: usize>(
    from: *const f32,
    inputs: usize,
    weight: &[f32],
    bias: &[f32; PANEL],
    to: *mut f32,
    stride: usize,
) {
    unsafe {
        for half in [0, 16] {
            let start =
                [_mm256_loadu_ps(bias.as_ptr().add(half)), _mm256_loadu_ps(bias.as_ptr().add(half + 8))];
            let mut sums = [start; R];
            let mut panel = weight.as_ptr().add(half);
            for k in 0..inputs {
                let w = [_mm256_loadu_ps(panel), _mm256_loadu_ps(panel.add(8))];
                panel = panel.add(PANEL);
                for r in 0..R {
                    let x = _mm256_set1_ps(*from.add(r * inputs + k));
                    sums[r][0] = _mm256_fmadd_ps(x, w[0], sums[r][0]);
                    sums[r][1] = _mm256_fmadd_ps(x, w[1], sums[r][1]);
                }
            }
            for r in 0..R {
                _mm256_storeu_ps(to.add(r * stride + half), sums[r][0]);
                _mm256_storeu_ps(to.add(r * stride + half + 8), sums[r][1]);
            }
        }
    }
}

unsafe fn float_tile_plain<const R: usize>(
    from: *const f32,
    inputs: usize,
    weight: &[f32],
    bias: &[f32; PANEL],
    to: *mut f32,
    stride: usize,
) {
    let mut sums = [*bias; R];
    for (k, panel) in weight.chunks_exact(PANEL).enumerate() {
        for (r, sums) in sums.iter_mut().enumerate() {
            let x = unsafe { *from.add(r * inputs + k) };
            for (sum, w) in sums.iter_mut().zip(panel) {
                *sum = x.mul_add(*w, *sum);
            }
        }
    }
    for (r, sums) in sums.iter().enumerate() {
        unsafe { std::ptr::copy_nonoverlapping(sums.as_ptr(), to.add(r * stride), PANEL) };
    }
}

/// The same from rounded rows.
pub(crate) fn integers(
    isa: Isa,
    input: &[i16],
    scales: &[f32],
    rows: usize,
    weights: &Integers,
    activation: Activation,
    out: &mut [f32],
) {
    let (outputs, pairs) = (weights.outputs, weights.inputs.div_ceil(2));
    assert!(input.len() == rows * pairs * 2 && out.len() == rows * outputs && scales.len() == rows);
    assert!(weights.panels.len() == outputs.div_ceil(PANEL) * PANEL * pairs * 2);
    assert!(weights.bias.len() == outputs && weights.scales.len() == outputs);
    let mut sums = [0i32; 12 * PANEL];
    for start in (0..rows).step_by(BLOCK) {
        let count = BLOCK.min(rows - start);
        for (panel, weight) in weights.panels.chunks_exact(PANEL * pairs * 2).enumerate() {
            let column = panel * PANEL;
            let width = PANEL.min(outputs - column);
            let (scale, bias) =
                (&weights.scales[column..column + width], &weights.bias[column..column + width]);
            let mut at = 0;
            while at < count {
                let row = start + at;
                let from = input[row * pairs * 2..].as_ptr();
                // SAFETY: `count - at` rows of `pairs` pairs lie at `from`, `pairs` × 32 pairs at `weight`, and
                // `sums` has room for 12 rows, the tallest tile.
                let done = unsafe { integer_tile(isa, from, pairs, weight, &mut sums, count - at) };
                let own = &scales[row..row + done];
                spread(isa, &sums, own, scale, bias, &mut out[row * outputs + column..], outputs);
                for r in 0..done {
                    activate(isa, &mut out[(row + r) * outputs + column..][..width], activation);
                }
                at += done;
            }
        }
    }
}

/// One tile of sums; returns how many rows it had.
///
/// # Safety
/// `left` ≥ 1 rows of `pairs` pairs at `from`; `weight` holds `pairs` × 32 pairs.
unsafe fn integer_tile(
    isa: Isa,
    from: *const i16,
    pairs: usize,
    weight: &[i16],
    sums: &mut [i32; 12 * PANEL],
    left: usize,
) -> usize {
    macro_rules! call {
        ($f:ident: $($n:literal)*; $tallest:literal) => {
            match left.min($tallest) {
                $($n => { unsafe { $f::<$n>(from, pairs, weight, sums) }; $n })*
                _ => unreachable!("a tile of no known height"),
            }
        };
    }
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512Vnni => call!(integer_tile_vnni: 1 2 3 4 5 6 7 8 9 10 11 12; 12),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => call!(integer_tile_512: 1 2 3 4 5 6 7 8 9 10 11 12; 12),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => call!(integer_tile_256: 1 2 3 4 5 6; 6),
        _ => call!(integer_tile_plain: 1 2 3 4; 4),
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn pair(from: *const i16) -> i32 {
    // A pair of rounded inputs as one number to spread over the lanes.
    unsafe { from.cast::<i32>().read_unaligned() }
}

/// `sum + x₀·w₀ + x₁·w₁` in each lane. Spelt out, because LLVM 21 takes the intrinsic apart into a product and
/// a sum, which is half as fast.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn multiply_add_pairs(mut sum: __m512i, x: __m512i, w: __m512i) -> __m512i {
    // SAFETY: the instruction reads and writes these registers and nothing else.
    unsafe {
        std::arch::asm!(
            "vpdpwssd {sum}, {x}, {w}",
            sum = inout(zmm_reg) sum, x = in(zmm_reg) x, w = in(zmm_reg) w,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sum
}

/// The tile of 512 bits, with one instruction or two for a step of its sums.
#[cfg(target_arch = "x86_64")]
macro_rules! integer_tile {
    ($name:ident, $features:literal, |$sum:ident, $x:ident, $w:ident| $step:expr) => {
        #[target_feature(enable = $features)]
        unsafe fn $name<const R: usize>(
            from: *const i16,
            pairs: usize,
            weight: &[i16],
            out: &mut [i32; 12 * PANEL],
        ) {
            unsafe {
                let mut sums = [[_mm512_setzero_si512(); 2]; R];
                let mut panel = weight.as_ptr();
                for k in 0..pairs {
                    let w = [_mm512_loadu_si512(panel.cast()), _mm512_loadu_si512(panel.add(PANEL).cast())];
                    panel = panel.add(PANEL * 2);
                    for r in 0..R {
                        let $x = _mm512_set1_epi32(pair(from.add((r * pairs + k) * 2)));
                        for half in 0..2 {
                            let ($sum, $w) = (sums[r][half], w[half]);
                            sums[r][half] = $step;
                        }
                    }
                }
                for r in 0..R {
                    _mm512_storeu_si512(out.as_mut_ptr().add(r * PANEL).cast(), sums[r][0]);
                    _mm512_storeu_si512(out.as_mut_ptr().add(r * PANEL + 16).cast(), sums[r][1]);
                }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
integer_tile!(integer_tile_vnni, "avx512f,avx512bw,avx512vnni", |sum, x, w| multiply_add_pairs(sum, x, w));
#[cfg(target_arch = "x86_64")]
integer_tile!(integer_tile_512, "avx512f,avx512bw", |sum, x, w| _mm512_add_epi32(
    sum,
    _mm512_madd_epi16(x, w)
));

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn integer_tile_256<const R: usize>(
    from: *const i16,
    pairs: usize,
    weight: &[i16],
    out: &mut [i32; 12 * PANEL],
) {
    unsafe {
        for half in [0, 16] {
            let mut sums = [[_mm256_setzero_si256(); 2]; R];
            let mut panel = weight.as_ptr().add(half * 2);
            for k in 0..pairs {
                let w = [_mm256_loadu_si256(panel.cast()), _mm256_loadu_si256(panel.add(16).cast())];
                panel = panel.add(PANEL * 2);
                for r in 0..R {
                    let x = _mm256_set1_epi32(pair(from.add((r * pairs + k) * 2)));
                    sums[r][0] = _mm256_add_epi32(sums[r][0], _mm256_madd_epi16(x, w[0]));
                    sums[r][1] = _mm256_add_epi32(sums[r][1], _mm256_madd_epi16(x, w[1]));
                }
            }
            for r in 0..R {
                _mm256_storeu_si256(out.as_mut_ptr().add(r * PANEL + half).cast(), sums[r][0]);
                _mm256_storeu_si256(out.as_mut_ptr().add(r * PANEL + half + 8).cast(), sums[r][1]);
            }
        }
    }
}

unsafe fn integer_tile_plain<const R: usize>(
    from: *const i16,
    pairs: usize,
    weight: &[i16],
    out: &mut [i32; 12 * PANEL],
) {
    out[..R * PANEL].fill(0);
    for (k, panel) in weight.chunks_exact(PANEL * 2).enumerate() {
        for r in 0..R {
            let x = unsafe { [*from.add((r * pairs + k) * 2), *from.add((r * pairs + k) * 2 + 1)] };
            for i in 0..PANEL {
                let (a, b) = (i32::from(panel[i * 2]), i32::from(panel[i * 2 + 1]));
                out[r * PANEL + i] += i32::from(x[0]) * a + i32::from(x[1]) * b;
            }
        }
    }
}

/// Multiply-adds in registers only; the second value keeps the work from being thrown away.
pub(crate) fn peak(isa: Isa, rounds: usize) -> (u64, f32) {
    match isa {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the Isa says that the processor has the instructions.
        Isa::Avx512 | Isa::Avx512Vnni => (rounds as u64 * 1024 * 12 * 16, unsafe { peak_512(rounds) }),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the same.
        Isa::Avx2 => (rounds as u64 * 1024 * 12 * 8, unsafe { peak_256(rounds) }),
        _ => {
            let mut sums: [f32; 24] = std::array::from_fn(|i| black_box(i as f32));
            for _ in 0..rounds * 1024 {
                for sum in &mut sums {
                    *sum = sum.mul_add(black_box(0.999), 0.001);
                }
            }
            (rounds as u64 * 1024 * 24, sums.iter().sum())
        }
    }
}

/// Twelve chains in variables of their own: an array might be kept in memory and not in registers.
#[cfg(target_arch = "x86_64")]
macro_rules! chains {
    ($rounds:ident, $set:ident, $fma:ident, $first:ident, $($sum:ident)*) => {{
        let (a, b) = ($set(black_box(0.999)), $set(black_box(0.001)));
        $(let mut $sum = $set(black_box(1.0));)*
        for _ in 0..$rounds * 1024 {
            $($sum = $fma($sum, a, b);)*
        }
        0.0 $(+ $first($sum))*
    }};
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn peak_512(rounds: usize) -> f32 {
    chains!(rounds, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_reduce_add_ps, c d e f g h i j k l m n)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn peak_256(rounds: usize) -> f32 {
    chains!(rounds, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_cvtss_f32, c d e f g h i j k l m n)
}
