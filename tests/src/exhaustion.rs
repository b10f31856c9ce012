//! What happens at the end of an arena, seen from a program whose global allocator has a small one.
//!
//! Owns the two workloads of the `exhausted-*` binaries: one keeps going far beyond the arena, the other
//! is refused, keeps what it has, and works again once it gave something back.

use std::collections::TryReserveError;

use crate::pattern;
use crate::random::Random;

/// Bytes of the arenas in the `exhausted-*` binaries, which hold it against their own.
pub const ARENA: usize = 16 << 20;

/// Largest single block: small enough for every arena's classes, and not a class itself.
const LARGEST: usize = 700_000;

/// Takes `times` the arena's capacity in `Vec`s on several threads, checks every byte, frees all of it on
/// other threads, and does so again.
///
/// # Panics
///
/// If a block's contents are lost.
#[must_use]
pub fn grow(times: usize) -> String {
    const THREADS: usize = 4;
    let mut blocks = 0;
    for turn in 0..2 {
        let filled: Vec<Vec<Vec<u8>>> = std::thread::scope(|scope| {
            let fill = |thread| {
                move || {
                    vecs(
                        Random::new(turn * 100 + thread as u64),
                        times * ARENA / THREADS,
                    )
                }
            };
            let threads: Vec<_> = (0..THREADS)
                .map(|thread| scope.spawn(fill(thread)))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("no thread panics"))
                .collect()
        });
        blocks += filled.iter().map(Vec::len).sum::<usize>();
        std::thread::scope(|scope| {
            let threads: Vec<_> = filled
                .into_iter()
                .map(|vecs| scope.spawn(move || verify(&vecs)))
                .collect();
            // Unlike the scope's end, a join waits until a thread's cache is published.
            for thread in threads {
                thread.join().expect("no thread panics");
            }
        });
        // One block longer than the whole arena needs a region made for it.
        let long = vec![7_u8; 2 * ARENA];
        assert!(
            long.iter().step_by(4096).all(|&byte| byte == 7),
            "the long block lost its contents"
        );
    }
    format!("{blocks} blocks, {} times the arena", 2 * times)
}

/// Takes blocks until `try_reserve` refuses, checks what it has, frees it, and does so again and again.
///
/// # Panics
///
/// If nothing is refused, if contents are lost, or if less and less can be had.
#[must_use]
pub fn null() -> String {
    const TURNS: usize = 10;
    let first = until_refused();
    assert!(first >= ARENA / 2, "refused after {first} bytes of {ARENA}");
    for turn in 1..TURNS {
        let again = until_refused();
        // Other sizes that the program uses meanwhile, for messages, may keep a slab or two.
        assert!(
            again >= first - first / 20,
            "{first} bytes at first, in turn {turn} only {again}"
        );
    }
    format!("refused and freed {} MiB, {TURNS} times", first >> 20)
}

fn until_refused() -> usize {
    /// Blocks of one size, so that two turns can be compared by what they held.
    const SIZE: usize = 60_000;
    let mut vecs: Vec<Vec<u8>> = Vec::with_capacity(ARENA / SIZE + 2);
    let refusal = loop {
        assert!(
            vecs.len() * SIZE <= ARENA,
            "nothing refused after {ARENA} bytes"
        );
        match filled(SIZE, vecs.len()) {
            Ok(vec) => vecs.push(vec),
            Err(error) => break error,
        }
    };
    verify(&vecs);
    let held = vecs.iter().map(Vec::len).sum();
    // A request beyond any arena is refused in the same way, and does no harm.
    let huge = Vec::<u8>::new().try_reserve_exact(1 << 40);
    assert!(huge.is_err(), "a terabyte out of {ARENA} bytes");
    verify(&vecs);
    // With one block back there is room for one.
    let tag = vecs.len() - 1;
    drop(vecs.pop());
    vecs.push(filled(SIZE, tag).expect("the block just freed can be had again"));
    verify(&vecs);
    drop(vecs);
    // Only now is there memory for a message.
    assert!(refusal.to_string().contains("memory"), "{refusal}");
    held
}

fn filled(size: usize, tag: usize) -> Result<Vec<u8>, TryReserveError> {
    let mut vec = Vec::new();
    vec.try_reserve_exact(size)?;
    vec.resize(size, 0);
    pattern::write(&mut vec, tag);
    Ok(vec)
}

fn vecs(mut random: Random, bytes: usize) -> Vec<Vec<u8>> {
    let mut vecs = Vec::new();
    let mut held = 0;
    while held < bytes {
        let mut vec = vec![0; random.size(LARGEST)];
        pattern::write(&mut vec, vecs.len());
        held += vec.len();
        vecs.push(vec);
    }
    vecs
}

fn verify(vecs: &[Vec<u8>]) {
    for (tag, vec) in vecs.iter().enumerate() {
        assert!(
            pattern::holds(vec, tag),
            "block {tag} of {} bytes lost its contents",
            vec.len()
        );
    }
}
