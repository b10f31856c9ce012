//! What is asked of an allocator with and without a recorder, and the processor's time that it takes.

use std::fs;
use std::io;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Deserialize;

use crate::block::{Block, Heap, NATURAL};
use crate::crew;
use crate::random::Random;

/// A recorded program: its sizes, as often as it asked for them.
pub(super) const PROFILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../examples/profiles/json_service.json"
);
/// How many quantiles the sizes are cut into.
const QUANTILES: u64 = 1_024;

#[derive(Deserialize)]
struct Profile {
    bins: Vec<Bin>,
}

#[derive(Deserialize)]
struct Bin {
    size: usize,
    allocations: u64,
}

/// The sizes that the profile's program asks for.
#[derive(Debug)]
pub(super) struct Sizes(Vec<usize>);

impl Sizes {
    pub(super) fn recorded() -> io::Result<Self> {
        let profile: Profile = serde_json::from_slice(&fs::read(PROFILE)?)?;
        let all: u64 = profile.bins.iter().map(|bin| bin.allocations).sum();
        let mut sizes = Vec::new();
        let mut below = 0;
        for bin in &profile.bins {
            below += bin.allocations;
            let quantiles = (below * QUANTILES).div_ceil(all.max(1));
            sizes.resize(quantiles as usize, bin.size);
        }
        Ok(Self(sizes))
    }

    fn pick(&self, random: &mut Random) -> usize {
        self.0[random.below(self.0.len())]
    }
}

/// What each thread does once.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a> {
    pub(super) sizes: &'a Sizes,
    pub(super) threads: usize,
    /// Blocks that a thread holds: asked for first, freed last.
    pub(super) blocks: usize,
    /// Blocks that it replaces in between, at random.
    pub(super) steps: usize,
}

impl Pass<'_> {
    /// Nanoseconds of processor time for each block asked for or freed.
    pub fn run<A: Heap>(self, heap: &A) -> f64 {
        let spent = AtomicU64::new(0);
        crew::run(self.threads, |thread| {
            let time = self.work(heap, thread as u64);
            spent.fetch_add(time.as_nanos() as u64, Ordering::Relaxed);
        });
        let calls = 2 * self.threads * (self.blocks + self.steps);
        spent.into_inner() as f64 / calls as f64
    }

    #[inline(never)]
    fn work<A: Heap>(self, heap: &A, seed: u64) -> Duration {
        let mut random = Random::new(seed);
        let mut live: Vec<Block<A, NATURAL>> = Vec::with_capacity(self.blocks);
        let start = processor_time();
        for _ in 0..self.blocks {
            live.push(Block::touched(heap, self.sizes.pick(&mut random)));
        }
        for _ in 0..self.steps {
            let new = Block::touched(heap, self.sizes.pick(&mut random));
            let old = mem::replace(&mut live[random.below(self.blocks)], new);
            old.free(heap);
        }
        for block in live {
            block.free(heap);
        }
        processor_time() - start
    }
}

/// How long the calling thread has had a processor.
fn processor_time() -> Duration {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the place is valid.
    let told = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut now) };
    assert_eq!(told, 0, "{}", io::Error::last_os_error());
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

#[cfg(test)]
mod tests {
    use std::alloc::System;
    use std::{env, process};

    use orthotope::Recorder;

    use super::*;

    #[test]
    fn sizes_come_as_often_as_they_were_recorded() {
        let sizes = Sizes::recorded().expect("a committed profile is there");
        assert_eq!(sizes.0.len() as u64, QUANTILES);
        assert!(sizes.0.is_sorted());
        let share = |size| sizes.0.iter().filter(|&&other| other == size).count();
        // A fourth of the program's blocks have 8 bytes, a ninth 24.
        assert!(share(8) > share(24) && share(24) > 32, "{sizes:?}");
    }

    #[test]
    fn a_pass_under_a_recorder_is_recorded_and_takes_time() {
        static RECORDED: Recorder<System> = Recorder::new(System);
        // Threads that come while another sets the recording up are not counted until it is there.
        Block::<_, NATURAL>::touched(&RECORDED, 40).free(&RECORDED);
        let sizes = Sizes(vec![40]);
        let pass = Pass {
            sizes: &sizes,
            threads: 3,
            blocks: 100,
            steps: 1_000,
        };
        assert!(pass.run(&RECORDED) > 0.0);
        let path = env::temp_dir().join(format!("orthotope-recorder-{}.json", process::id()));
        RECORDED.write_profile(&path).expect("it can be written");
        let text = fs::read_to_string(&path).expect("it was written");
        fs::remove_file(&path).expect("it is ours");
        let profile: Profile = serde_json::from_str(&text).expect("a profile is JSON");
        assert_eq!(profile.bins.len(), 1);
        let bin = &profile.bins[0];
        assert_eq!((bin.size, bin.allocations), (40, 1 + 3 * 1_100));
    }
}
