//! The statics of the program `memory`: those that `report` compares, and one for each argument that is about memory.

use std::alloc::System;

use orthotope::OrthotopeGlobalAlloc;
use orthotope_benches::Role;
use orthotope_benches::block::Heap;
use orthotope_benches::memory::{Caches, Contender};

static GLIBC: System = System;
static DEFAULT: OrthotopeGlobalAlloc = OrthotopeGlobalAlloc::new();
#[orthotope::allocator(preset = "general")]
static GENERAL: General;
#[orthotope::allocator(preset = "general", purge = "1s")]
static PURGE_1S: Purge1s;
#[orthotope::allocator(preset = "general", purge = "100ms")]
static PURGE_100MS: Purge100ms;
#[orthotope::allocator(preset = "general", huge_pages = "always")]
static HUGE_ALWAYS: HugeAlways;
#[orthotope::allocator(preset = "general", huge_pages = "never")]
static HUGE_NEVER: HugeNever;

// SAFETY: generated types are zero-sized; the heap is in a static of the type.
unsafe impl Heap for General {}
// SAFETY: as above.
unsafe impl Heap for Purge1s {}
// SAFETY: as above.
unsafe impl Heap for Purge100ms {}
// SAFETY: as above.
unsafe impl Heap for HugeAlways {}
// SAFETY: as above.
unsafe impl Heap for HugeNever {}

#[cfg(feature = "rivals")]
mod rivals {
    pub(super) static MIMALLOC: mimalloc::MiMalloc = mimalloc::MiMalloc;
    pub(super) static JEMALLOC: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
    pub(super) static SNMALLOC: snmalloc_rs::SnMalloc = snmalloc_rs::SnMalloc;
}

/// What `general` says of its threads' caches.
const CACHES: Caches = Caches {
    held: || {
        let stats = General::stats();
        let held = stats
            .classes
            .iter()
            .map(|class| class.cached * class.stride);
        held.sum()
    },
    flush: General::flush_thread,
};

/// Every allocator that this build can compare, ours last.
pub(crate) fn all() -> Vec<Contender> {
    vec![
        Contender {
            name: "glibc",
            package: None,
            role: Role::Rival,
            run: |workload, effort| workload.run(&GLIBC, None, effort),
        },
        #[cfg(feature = "rivals")]
        Contender {
            name: "mimalloc",
            package: Some("mimalloc"),
            role: Role::Rival,
            run: |workload, effort| workload.run(&rivals::MIMALLOC, None, effort),
        },
        #[cfg(feature = "rivals")]
        Contender {
            name: "jemalloc",
            package: Some("tikv-jemallocator"),
            role: Role::Rival,
            run: |workload, effort| workload.run(&rivals::JEMALLOC, None, effort),
        },
        #[cfg(feature = "rivals")]
        Contender {
            name: "snmalloc",
            package: Some("snmalloc-rs"),
            role: Role::Rival,
            run: |workload, effort| workload.run(&rivals::SNMALLOC, None, effort),
        },
        Contender {
            name: "default",
            package: None,
            role: Role::Ours,
            run: |workload, effort| workload.run(&DEFAULT, None, effort),
        },
        Contender {
            name: "general",
            package: None,
            role: Role::Ours,
            run: |workload, effort| workload.run(&GENERAL, Some(CACHES), effort),
        },
        Contender {
            name: "purge-1s",
            package: None,
            role: Role::Ours,
            run: |workload, effort| workload.run(&PURGE_1S, None, effort),
        },
        Contender {
            name: "purge-100ms",
            package: None,
            role: Role::Ours,
            run: |workload, effort| workload.run(&PURGE_100MS, None, effort),
        },
        Contender {
            name: "huge-always",
            package: None,
            role: Role::Ours,
            run: |workload, effort| workload.run(&HUGE_ALWAYS, None, effort),
        },
        Contender {
            name: "huge-never",
            package: None,
            role: Role::Ours,
            run: |workload, effort| workload.run(&HUGE_NEVER, None, effort),
        },
    ]
}
