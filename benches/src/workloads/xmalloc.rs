//! xmalloc: half of the threads only allocate, the other half only free. After Lever and Boreham.
//!
//! Blocks travel in batches through one exchange that all threads share, so that any thread frees blocks of any
//! other; its lock is taken twice a batch and thread, the same for every allocator.

use std::sync::{Condvar, Mutex};

use super::{Figure, Runner};
use crate::block::{Block, Heap};
use crate::crew;
use crate::random::{Random, Sizes};

/// Blocks in a batch.
const BATCH: usize = 1_024;

type Batch<A, const ALIGN: usize> = Vec<Block<A, ALIGN>>;

/// Where batches wait: a thread that finds none sleeps.
struct Exchange<T> {
    batches: Mutex<Vec<T>>,
    arrived: Condvar,
}

impl<T> Exchange<T> {
    fn new(batches: Vec<T>) -> Self {
        Self {
            batches: Mutex::new(batches),
            arrived: Condvar::new(),
        }
    }

    fn put(&self, batch: T) {
        self.batches.lock().expect("no thread panics").push(batch);
        self.arrived.notify_one();
    }

    fn take(&self) -> T {
        let mut batches = self.batches.lock().expect("no thread panics");
        loop {
            match batches.pop() {
                Some(batch) => return batch,
                None => batches = self.arrived.wait(batches).expect("no thread panics"),
            }
        }
    }
}

pub(super) fn prepare<A: Heap, const ALIGN: usize>(heap: &'static A, threads: usize) -> Runner {
    let producers = threads / 2;
    // As many batches as threads: nobody waits for long, and what is under way stays bounded.
    let empty: Vec<Batch<A, ALIGN>> = (0..threads).map(|_| Vec::with_capacity(BATCH)).collect();
    let (empty, full) = (
        Exchange::new(empty),
        Exchange::new(Vec::with_capacity(threads)),
    );
    let sizes = Sizes::spread();
    Runner::threads((BATCH * producers) as u64, Figure::Mean, move |steps| {
        crew::run(threads, |index| {
            if index < producers {
                let mut random = Random::new(index as u64);
                for _ in 0..steps {
                    let mut batch = empty.take();
                    fill(heap, &mut batch, &sizes, &mut random);
                    full.put(batch);
                }
            } else {
                for _ in 0..steps {
                    let mut batch = full.take();
                    drain(heap, &mut batch);
                    empty.put(batch);
                }
            }
        })
    })
}

#[inline(never)]
fn fill<A: Heap, const ALIGN: usize>(
    heap: &A,
    batch: &mut Batch<A, ALIGN>,
    sizes: &Sizes,
    random: &mut Random,
) {
    batch.extend((0..BATCH).map(|_| Block::touched(heap, sizes.pick(random))));
}

#[inline(never)]
fn drain<A: Heap, const ALIGN: usize>(heap: &A, batch: &mut Batch<A, ALIGN>) {
    batch.drain(..).for_each(|block| block.free(heap));
}
