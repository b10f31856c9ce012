//! `candle`: an encoder of six layers over batches of eight sequences whose length differs from batch to batch.
//!
//! The weights are random from a fixed seed: what is computed means nothing, but is the same everywhere.

use candle_core::{D, Device, Module as _, Result, Tensor};
use candle_nn::ops::softmax_last_dim;
use candle_nn::{Embedding, LayerNorm, Linear};

use crate::digest::Digest;
use crate::random::Random;

const LAYERS: usize = 6;
const HIDDEN: usize = 256;
const HEADS: usize = 4;
const INNER: usize = 1_024;
const TOKENS: usize = 4_000;
const BATCH: usize = 8;
const SHORTEST: usize = 16;
const LONGEST: usize = 128;

/// Encodes so many batches.
pub(super) fn run(batches: u32) -> u64 {
    encode(batches).expect("shapes fit and the CPU has every operation")
}

fn encode(batches: u32) -> Result<u64> {
    let mut random = Random::new(0x_ca4d1e);
    let encoder = Encoder::new(&mut random)?;
    let mut digest = Digest::new();
    for _ in 0..batches {
        let length = SHORTEST + random.below(LONGEST - SHORTEST + 1);
        let tokens: Vec<u32> = (0..BATCH * length)
            .map(|_| random.below(TOKENS) as u32)
            .collect();
        let tokens = Tensor::from_vec(tokens, (BATCH, length), &Device::Cpu)?;
        for embedding in encoder.forward(&tokens)?.to_vec2::<f32>()? {
            for number in embedding {
                digest.word(u64::from(number.to_bits()));
            }
        }
    }
    Ok(digest.finish())
}

struct Encoder {
    embedding: Embedding,
    layers: Vec<Layer>,
}

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    attended: LayerNorm,
    wider: Linear,
    narrower: Linear,
    transformed: LayerNorm,
}

impl Encoder {
    fn new(random: &mut Random) -> Result<Self> {
        Ok(Self {
            embedding: Embedding::new(weights(random, TOKENS, HIDDEN)?, HIDDEN),
            layers: (0..LAYERS)
                .map(|_| Layer::new(random))
                .collect::<Result<_>>()?,
        })
    }

    /// The mean of each sequence's last hidden states.
    fn forward(&self, tokens: &Tensor) -> Result<Tensor> {
        let mut states = self.embedding.forward(tokens)?;
        for layer in &self.layers {
            states = layer.forward(&states)?;
        }
        states.mean(1)
    }
}

impl Layer {
    fn new(random: &mut Random) -> Result<Self> {
        Ok(Self {
            query: linear(random, HIDDEN, HIDDEN)?,
            key: linear(random, HIDDEN, HIDDEN)?,
            value: linear(random, HIDDEN, HIDDEN)?,
            output: linear(random, HIDDEN, HIDDEN)?,
            attended: norm()?,
            wider: linear(random, HIDDEN, INNER)?,
            narrower: linear(random, INNER, HIDDEN)?,
            transformed: norm()?,
        })
    }

    fn forward(&self, states: &Tensor) -> Result<Tensor> {
        let states = self.attended.forward(&(states + self.attend(states)?)?)?;
        let inner = self.wider.forward(&states)?.gelu_erf()?;
        let inner = self.narrower.forward(&inner)?;
        self.transformed.forward(&(states + inner)?)
    }

    fn attend(&self, states: &Tensor) -> Result<Tensor> {
        let (batch, length, hidden) = states.dims3()?;
        let split = |states: Tensor| {
            let shape = (batch, length, HEADS, hidden / HEADS);
            states.reshape(shape)?.transpose(1, 2)?.contiguous()
        };
        let query = split(self.query.forward(states)?)?;
        let key = split(self.key.forward(states)?)?;
        let value = split(self.value.forward(states)?)?;
        let scale = 1.0 / ((hidden / HEADS) as f64).sqrt();
        let scores = (query.matmul(&key.transpose(D::Minus2, D::Minus1)?)? * scale)?;
        let attended = softmax_last_dim(&scores)?.matmul(&value)?;
        let attended = attended
            .transpose(1, 2)?
            .contiguous()?
            .reshape((batch, length, hidden))?;
        self.output.forward(&attended)
    }
}

fn linear(random: &mut Random, from: usize, to: usize) -> Result<Linear> {
    let bias = Tensor::zeros(to, candle_core::DType::F32, &Device::Cpu)?;
    Ok(Linear::new(weights(random, to, from)?, Some(bias)))
}

fn norm() -> Result<LayerNorm> {
    let weight = Tensor::ones(HIDDEN, candle_core::DType::F32, &Device::Cpu)?;
    let bias = Tensor::zeros(HIDDEN, candle_core::DType::F32, &Device::Cpu)?;
    Ok(LayerNorm::new(weight, bias, 1e-5))
}

/// Numbers small enough that sums over `from` of them stay near one.
fn weights(random: &mut Random, to: usize, from: usize) -> Result<Tensor> {
    let scale = 1.0 / (from as f32).sqrt();
    let numbers: Vec<f32> = (0..to * from).map(|_| random.unit() * scale).collect();
    Tensor::from_vec(numbers, (to, from), &Device::Cpu)
}
