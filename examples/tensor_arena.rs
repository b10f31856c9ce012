//! Collections on an arena of their own: `hashbrown`'s map and `allocator_api2`'s `Vec` in one that is made for tensors.
//!
//! A cache of attention keys, one `Vec` a sequence, which grows by a row a token. The program's other memory comes from
//! wherever it came from before; what is in the arena is aligned to 64 bytes, measured by itself, and given back by itself.
//!
//! ```text
//! cargo run --release --example tensor_arena
//! ```
//!
//! It needs orthotope's feature `allocator-api2`.

use std::error::Error;

use allocator_api2::vec::Vec as VecIn;
use hashbrown::{DefaultHashBuilder, HashMap};

#[orthotope::allocator(
    preset = "tensor",
    arena = "2GiB",
    classes = ["4KiB", "16KiB", "64KiB", "256KiB", "1MiB"]
)]
static TENSORS: TensorAlloc;

/// Numbers of a token's key.
const WIDTH: usize = 256;
const SEQUENCES: u64 = 32;

/// Rows of keys in the tensor arena.
type Keys = VecIn<f32, TensorAlloc>;

/// The keys of each sequence under way; the table lies in the arena, too.
struct Cache {
    sequences: HashMap<u64, Keys, DefaultHashBuilder, TensorAlloc>,
}

impl Cache {
    fn new() -> Self {
        Self {
            sequences: HashMap::new_in(TENSORS),
        }
    }

    /// Adds a token's row. Where no memory is left it fails, and the sequence is as it was.
    fn push(&mut self, sequence: u64, token: usize) -> Result<(), Box<dyn Error>> {
        let keys = self
            .sequences
            .entry(sequence)
            .or_insert_with(|| VecIn::new_in(TENSORS));
        keys.try_reserve(WIDTH)
            .map_err(|error| format!("no memory is left for keys: {error:?}"))?;
        keys.extend((0..WIDTH).map(|column| ((token + column) % 17) as f32 / 16.0));
        Ok(())
    }

    /// How well each token of a sequence fits a query: the product of the query and its row.
    fn scores(&self, sequence: u64, query: &[f32]) -> Vec<f32> {
        let rows = self.sequences.get(&sequence).map_or(&[][..], |keys| keys);
        let product = |row: &[f32]| row.iter().zip(query).map(|(key, part)| key * part).sum();
        rows.chunks_exact(WIDTH).map(product).collect()
    }
}

/// Blocks in the program's hands, and their bytes.
fn live() -> (usize, usize) {
    let stats = TensorAlloc::stats();
    let classes = stats.classes.iter().map(|class| class.live);
    (classes.sum::<usize>() + stats.large_live, stats.allocated)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut cache = Cache::new();
    // Sequence n is 8 (n + 1) tokens long, and they grow in turns.
    for token in 0..8 * SEQUENCES as usize {
        for sequence in 0..SEQUENCES {
            if token < 8 * (sequence as usize + 1) {
                cache.push(sequence, token)?;
            }
        }
    }

    let query = [0.5_f32; WIDTH];
    let scores = cache.scores(7, &query);
    println!(
        "sequence 7: {} tokens, best score {:.3}",
        scores.len(),
        scores.iter().fold(0.0, |best: f32, &score| best.max(score))
    );
    let is_aligned = |keys: &Keys| keys.as_ptr().addr().is_multiple_of(64);
    println!(
        "aligned to 64 bytes: {}",
        cache.sequences.values().all(is_aligned)
    );
    // The scores and all else that is printed are not among them.
    println!("tensor arena: {} blocks, {} bytes", live().0, live().1);
    println!("\n{}\n", TensorAlloc::stats());

    cache.sequences.retain(|sequence, _| sequence % 4 == 0);
    println!("a quarter kept: {} blocks, {} bytes", live().0, live().1);
    drop(cache);
    TensorAlloc::purge_now();
    let stats = TensorAlloc::stats();
    println!(
        "none kept: {} blocks, {} bytes resident besides {} of records",
        live().0,
        stats.resident - stats.metadata,
        stats.metadata
    );
    Ok(())
}
