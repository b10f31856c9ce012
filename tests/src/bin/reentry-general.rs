//! The preset `"general"`, watched: it asks nobody for memory while it serves.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod interpose;

use std::process::ExitCode;

use orthotope_tests::reentry::{self, Subject, Watched};

/// Small, of the largest class, and large.
const SIZES: [usize; 5] = [1, 300, 70_000, 1 << 20, 20 << 20];

/// Without a header only alignments beyond this go to `System`.
const ALIGN: usize = 2 << 20;

#[orthotope::allocator(preset = "general")]
static GENERAL: General;

#[global_allocator]
static GLOBAL: Watched<General> = Watched::new(GENERAL, ALIGN);

#[orthotope::allocator(preset = "general", arena = "4MiB")]
static SMALL: Small;

static WATCHED_SMALL: Watched<Small> = Watched::new(SMALL, ALIGN);

fn main() -> ExitCode {
    reentry::main(&Subject {
        small: &WATCHED_SMALL,
        handed_out: || {
            let stats = General::stats();
            stats.capacity - stats.remaining
        },
        others: || {
            for size in SIZES {
                let block = General::allocate(size).expect("there is memory");
                // SAFETY: the block is live.
                let usable = unsafe { General::usable_size(block) }.expect("the block is live");
                assert!(usable >= size, "{usable} usable bytes in a block of {size}");
                // SAFETY: the block is live, and that is its only free.
                let freed = unsafe { General::deallocate(block) };
                freed.expect("a live block can be freed");
            }
        },
    })
}
