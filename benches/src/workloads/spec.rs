//! The workloads that the published crate is measured with. Blocks stay untouched, as published.

use std::hint::black_box;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Instant;

use super::{Figure, Runner};
use crate::block::{Block, Heap};
use crate::crew;

/// One block allocated and freed.
#[inline(never)]
pub(super) fn churn<A: Heap, const ALIGN: usize>(heap: &A, size: usize, steps: u64) {
    for _ in 0..steps {
        Block::<A, ALIGN>::new(heap, black_box(size)).free(heap);
    }
}

/// Eight buffers, then all freed.
#[inline(never)]
pub(super) fn embedding<A: Heap, const ALIGN: usize>(heap: &A, steps: u64) {
    for _ in 0..steps {
        let mut buffers = [const { None::<Block<A, ALIGN>> }; 8];
        for buffer in &mut buffers {
            *buffer = Some(Block::new(heap, black_box(6_144)));
        }
        buffers.iter_mut().for_each(|buffer| free(heap, buffer));
    }
}

/// Eight sizes, freed in reverse.
#[inline(never)]
pub(super) fn mixed<A: Heap, const ALIGN: usize>(heap: &A, steps: u64) {
    const SIZES: [usize; 8] = [32, 64, 65, 128, 512, 4_096, 16_384, 70_000];
    for _ in 0..steps {
        let mut blocks = [const { None::<Block<A, ALIGN>> }; SIZES.len()];
        for (block, size) in blocks.iter_mut().zip(SIZES) {
            *block = Some(Block::new(heap, black_box(size)));
        }
        blocks.iter_mut().rev().for_each(|block| free(heap, block));
    }
}

/// Frees what is there. In place: moving an array of blocks costs more than freeing them.
#[inline(always)]
fn free<A: Heap, const ALIGN: usize>(heap: &A, block: &mut Option<Block<A, ALIGN>>) {
    if let Some(block) = block.take() {
        block.free(heap);
    }
}

/// Four threads, each with 20 MiB allocated and freed.
pub(super) fn concurrent_large<A: Heap, const ALIGN: usize>(heap: &'static A) -> Runner {
    const THREADS: usize = 4;
    Runner::threads(THREADS as u64, Figure::Mean, move |steps| {
        crew::run(THREADS, |_| churn::<A, ALIGN>(heap, 20 << 20, steps))
    })
}

/// Blocks handed on in one step.
const HANDED: u64 = 16;

/// What is sent through the rendezvous channel: a block, or the end of a pass.
type Parcel<A, const ALIGN: usize> = Option<Block<A, ALIGN>>;

/// Pairs of threads that stay: one allocates 256 bytes, the other frees them.
pub(super) fn handoff<A: Heap, const ALIGN: usize>(heap: &'static A, pairs: usize) -> Runner {
    let (done, all_done) = channel();
    let starters: Vec<Sender<u64>> = (0..pairs)
        .map(|_| {
            let (start, started) = channel();
            let (hand_on, handed) = sync_channel(0);
            let done = done.clone();
            thread::spawn(move || produce::<A, ALIGN>(heap, &started, &hand_on));
            thread::spawn(move || consume::<A, ALIGN>(heap, &handed, &done));
            start
        })
        .collect();
    // A rendezvous takes 8 or 40 µs, as the scheduler happens to place the pair; only the best pass compares
    // allocators.
    Runner::threads(HANDED * pairs as u64, Figure::Best, move |steps| {
        let start = Instant::now();
        for starter in &starters {
            starter.send(steps * HANDED).expect("the producer waits");
        }
        for _ in &starters {
            all_done.recv().expect("the consumer answers each pass");
        }
        start.elapsed()
    })
}

fn produce<A: Heap, const ALIGN: usize>(
    heap: &'static A,
    started: &Receiver<u64>,
    hand_on: &SyncSender<Parcel<A, ALIGN>>,
) {
    for blocks in started {
        for _ in 0..blocks {
            let block = Block::new(heap, black_box(256));
            hand_on.send(Some(block)).expect("the consumer receives");
        }
        hand_on.send(None).expect("the consumer receives");
    }
}

fn consume<A: Heap, const ALIGN: usize>(
    heap: &'static A,
    handed: &Receiver<Parcel<A, ALIGN>>,
    done: &Sender<()>,
) {
    for parcel in handed {
        match parcel {
            Some(block) => block.free(heap),
            // At the end of the process nobody may be waiting any more.
            None => drop(done.send(())),
        }
    }
}
