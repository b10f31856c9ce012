//! The default preset as the allocator of a program: one static, and nothing else changes.
//!
//! ```text
//! cargo run --release --example drop_in
//! ```

use std::collections::HashMap;
use std::error::Error;
use std::thread;

use orthotope::{OrthotopeGlobalAlloc, SizeClass, global_stats};

#[global_allocator]
static GLOBAL: OrthotopeGlobalAlloc = OrthotopeGlobalAlloc::new();

/// Something to work on: this file.
const TEXT: &str = include_str!("drop_in.rs");

fn main() -> Result<(), Box<dyn Error>> {
    // Every `String`, `Vec`, `HashMap` and thread below is served by Orthotope, in `std` as in this file.
    let counts = thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|worker| scope.spawn(move || count_words(TEXT.lines().skip(worker).step_by(4))))
            .collect();
        // The strings were allocated on the workers and are freed here.
        let mut all: HashMap<String, usize> = HashMap::new();
        for worker in workers {
            for (word, count) in worker.join().expect("counting does not panic") {
                *all.entry(word).or_default() += count;
            }
        }
        all
    });
    let mut words: Vec<_> = counts.into_iter().collect();
    words.sort_by(|(a, m), (b, n)| n.cmp(m).then(a.cmp(b)));
    println!("{} different words, most often:", words.len());
    for (word, count) in words.iter().take(5) {
        println!("{count:>6}  {word}");
    }

    // Larger than the largest class: a block of its own, back in the arena's pool once freed.
    let large = vec![1_u8; SizeClass::max_small_request() + 1];
    let live = global_stats()?;
    drop(large);
    let freed = global_stats()?;

    println!(
        "\nlarge blocks: {} live with {} bytes, then {} free with {} bytes",
        live.large_live_allocations,
        live.large_live_bytes,
        freed.large_free_blocks,
        freed.large_free_bytes
    );
    println!(
        "arena: {} of {} bytes not yet handed out",
        freed.arena_remaining, freed.arena_capacity
    );
    println!("central pool, blocks that exited threads and full caches left for anyone:");
    for class in freed.small_central.iter().filter(|class| class.blocks > 0) {
        println!(
            "{:>10} bytes a block: {:>5} blocks",
            class.class.payload_size(),
            class.blocks
        );
    }
    println!(
        "     total: {} blocks, {} bytes",
        freed.total_small_central_blocks(),
        freed.total_small_central_bytes()
    );
    Ok(())
}

fn count_words<'a>(lines: impl Iterator<Item = &'a str>) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for line in lines {
        for word in line
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
        {
            *counts.entry(word.to_lowercase()).or_default() += 1;
        }
    }
    counts
}
