//! Threads that start, allocate, hand their blocks to other threads, and exit, round after round.
//!
//! Owns the workload and the bound on its memory. In every round all threads are alive at once and hold
//! all their blocks, and a round ends when all of them have exited, so each needs as much as any other:
//! what the process holds after the first rounds is what it may hold after the last, but for a small
//! allowance.

use std::process::ExitCode;
use std::sync::Barrier;
use std::sync::mpsc::{Receiver, Sender};

use crate::memory;
use crate::random::Random;
use crate::ring;

/// Threads of one round.
const THREADS: usize = 200;

/// Rounds between the two measurements.
const ROUNDS: usize = 100;

/// Rounds before the first measurement. Free spans are reused in no particular order, so it takes some
/// rounds until every page that was ever handed out has been touched once.
const WARM_UP: usize = 50;

/// Blocks that one thread allocates and passes on.
const BLOCKS: usize = 48;

/// Largest block. With the sizes' distribution a thread's blocks take about 50 KiB.
const LARGEST: usize = 8 << 10;

/// A block, and the byte that fills it.
type Block = (Vec<u8>, u8);

/// Runs all rounds and prints the memory after the warm-up and after the last; fails on growth.
///
/// `handed_out` says how many bytes of its arena the allocator has handed out so far. It must stay flat
/// as resident memory must: blocks lost in address space would show there first.
#[must_use]
pub fn main(handed_out: fn() -> usize) -> ExitCode {
    (0..WARM_UP).for_each(round);
    let warm = (memory::resident(), handed_out());
    (WARM_UP..WARM_UP + ROUNDS).for_each(round);
    let last = (memory::resident(), handed_out());
    println!(
        "resident {} then {}, handed out {} then {}",
        warm.0, last.0, warm.1, last.1
    );
    if last.1 == 0 {
        eprintln!("the allocator under test was not used");
        return ExitCode::FAILURE;
    }
    for (what, warm, last) in [
        ("resident memory", warm.0, last.0),
        ("the arena's use", warm.1, last.1),
    ] {
        let bound = warm + warm / 10 + (2 << 20);
        if last > bound {
            eprintln!("{what} grew from {warm} to {last} bytes, beyond {bound}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Each thread frees what the one before allocated.
fn round(number: usize) {
    let all_alive = Barrier::new(THREADS);
    ring::run(THREADS, |thread, to, from| {
        live((number << 32 | thread) as u64, &all_alive, to, from);
    });
}

/// One thread's life.
fn live(seed: u64, all_alive: &Barrier, to: Sender<Block>, from: Receiver<Block>) {
    let mut random = Random::new(seed);
    let mut blocks: Vec<Block> = (0..BLOCKS).map(|_| block(&mut random)).collect();
    all_alive.wait();
    // Half leave this thread, a quarter dies here, a quarter stays until the thread exits.
    blocks.drain(..BLOCKS / 4);
    for block in blocks.drain(..BLOCKS / 2) {
        to.send(block)
            .expect("the next thread listens until this one hangs up");
    }
    drop(to);
    for (bytes, fill) in from {
        assert!(
            bytes.iter().step_by(61).all(|&byte| byte == fill),
            "a block changed between two threads"
        );
    }
    for (bytes, fill) in &blocks {
        assert!(
            bytes.iter().step_by(61).all(|byte| byte == fill),
            "a block changed in its thread"
        );
    }
}

fn block(random: &mut Random) -> Block {
    let fill = random.word() as u8;
    (vec![fill; random.size(LARGEST)], fill)
}
