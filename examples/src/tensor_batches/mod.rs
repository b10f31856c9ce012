//! `tensor_batches`: batches of sequences through a few layers, their keys and values kept for a while.
//!
//! The shape of an inference server's memory: the weights stay, each batch has activations of its own length, and
//! a cache keeps keys and values of the latest sequences, token by token, so that a sequence can be cut or shared anywhere.
//! Lengths are padded to multiples of 8, as tokenizers do. The arithmetic is small, so that what allocation costs can
//! be seen; what is computed depends on the number of batches alone.

use std::collections::VecDeque;

/// Numbers that stand for a token: 9 heads of 64.
const WIDTH: usize = 576;
const LAYERS: usize = 2;
/// Sequences of a batch.
const BATCH: usize = 4;
const SHORTEST: u64 = 16;
const LONGEST: u64 = 160;
/// Sequences whose keys and values are kept.
const KEPT: usize = 128;

/// A tensor: rows of numbers. Its memory is its own, as long as it lives.
type Tensor = Vec<f32>;

/// Keys and values of one sequence, of every layer, a tensor a token.
type Cached = Vec<(Tensor, Tensor)>;

/// What came of all batches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Tokens that went through.
    pub tokens: u64,
    /// Bytes of the cache at its end.
    pub cached_bytes: u64,
    /// A sum over the outputs.
    pub sum: f64,
}

/// Runs so many batches.
#[must_use]
pub fn run(batches: u64) -> Outcome {
    let weights: Vec<Tensor> = (0..LAYERS).map(weights).collect();
    let mut cache: VecDeque<Cached> = VecDeque::new();
    let mut state = 0x2545_f491_4f6c_dd1d;
    let (mut tokens, mut sum) = (0, 0.0);
    for _ in 0..batches {
        for _ in 0..BATCH {
            let length = length(&mut state);
            tokens += length as u64;
            let (output, cached) = sequence(&weights, length);
            sum += output.iter().map(|&number| f64::from(number)).sum::<f64>();
            cache.push_back(cached);
            if cache.len() > KEPT {
                cache.pop_front();
            }
        }
    }
    let bytes = |tensor: &Tensor| size_of_val(&tensor[..]) as u64;
    let cached_bytes = cache
        .iter()
        .flatten()
        .map(|(key, value)| bytes(key) + bytes(value))
        .sum();
    Outcome {
        tokens,
        cached_bytes,
        sum,
    }
}

/// A length, padded. Xorshift (Marsaglia, 2003).
fn length(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    let length = SHORTEST + (*state >> 20) % (LONGEST - SHORTEST);
    (length as usize).next_multiple_of(8)
}

fn weights(layer: usize) -> Tensor {
    (0..WIDTH * 4)
        .map(|index| ((index * 7 + layer * 13) % 17) as f32 / 17.0 - 0.45)
        .collect()
}

/// One sequence through all layers.
fn sequence(weights: &[Tensor], length: usize) -> (Tensor, Cached) {
    let mut hidden: Tensor = (0..length * WIDTH)
        .map(|index| (index % 29) as f32 / 29.0)
        .collect();
    let mut cached = Vec::with_capacity(weights.len() * length);
    for weights in weights {
        let key = scaled(&hidden, &weights[..WIDTH]);
        let value = scaled(&hidden, &weights[WIDTH..2 * WIDTH]);
        let attended = attend(&key, &value, length);
        let inner = widened(&attended, &weights[2 * WIDTH..]);
        hidden = narrowed(&inner, &hidden);
        let rows = key.chunks_exact(WIDTH).zip(value.chunks_exact(WIDTH));
        cached.extend(rows.map(|(key, value)| (key.to_vec(), value.to_vec())));
    }
    (hidden, cached)
}

/// Each row, number by number, times the weights.
fn scaled(rows: &[f32], weights: &[f32]) -> Tensor {
    let mut out = Vec::with_capacity(rows.len());
    for row in rows.chunks_exact(WIDTH) {
        out.extend(
            row.iter()
                .zip(weights)
                .map(|(number, weight)| number * weight),
        );
    }
    out
}

/// Each row mixed with the rows before it, weighed by how long ago they were.
fn attend(keys: &[f32], values: &[f32], length: usize) -> Tensor {
    let scores: Tensor = (0..length)
        .map(|row| keys[row * WIDTH] / (row + 1) as f32)
        .collect();
    let mut mixed = vec![0.0; values.len()];
    let mut before = vec![0.0; WIDTH];
    for (row, score) in scores.iter().enumerate() {
        let at = row * WIDTH..(row + 1) * WIDTH;
        for ((out, value), before) in mixed[at.clone()]
            .iter_mut()
            .zip(&values[at])
            .zip(&mut before)
        {
            *before = 0.5 * *before + score * value;
            *out = *before + value;
        }
    }
    mixed
}

/// Twice as wide, what is negative cut off.
fn widened(rows: &[f32], weights: &[f32]) -> Tensor {
    let mut out = Vec::with_capacity(2 * rows.len());
    for row in rows.chunks_exact(WIDTH) {
        for half in weights.chunks_exact(WIDTH) {
            out.extend(
                row.iter()
                    .zip(half)
                    .map(|(number, weight)| (number * weight).max(0.0)),
            );
        }
    }
    out
}

/// Back to the width that it had, and what went in added.
fn narrowed(rows: &[f32], before: &[f32]) -> Tensor {
    let mut out = Vec::with_capacity(before.len());
    for (row, before) in rows.chunks_exact(2 * WIDTH).zip(before.chunks_exact(WIDTH)) {
        let (left, right) = row.split_at(WIDTH);
        out.extend(
            left.iter()
                .zip(right)
                .zip(before)
                .map(|((left, right), before)| 0.5 * (left + right) + 0.9 * before),
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_batches_come_out_the_same() {
        let outcome = run(20);
        assert!(outcome.tokens >= 20 * BATCH as u64 * SHORTEST);
        assert!(outcome.sum.is_finite());
        assert_eq!(run(20), outcome);
        let full = run((KEPT / BATCH) as u64).cached_bytes;
        assert!(full > 60 << 20, "{full}");
    }
}
