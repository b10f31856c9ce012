//! The statics under test.
//!
//! Included by each binary that runs workloads, and not part of the library: a user's static is in the
//! user's binary, and only there is everything inlined that can be.

use std::alloc::System;

use orthotope::OrthotopeGlobalAlloc;
use orthotope_benches::Role;
use orthotope_benches::block::Heap;
use orthotope_benches::report::Contender;

static GLIBC: System = System;
static DEFAULT: OrthotopeGlobalAlloc = OrthotopeGlobalAlloc::new();
#[orthotope::allocator(preset = "general")]
static GENERAL: General;

// SAFETY: generated types are zero-sized; the heap is in a static of the type.
unsafe impl Heap for General {}

#[cfg(feature = "rivals")]
mod rivals {
    pub(super) static MIMALLOC: mimalloc::MiMalloc = mimalloc::MiMalloc;
    pub(super) static JEMALLOC: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
    pub(super) static SNMALLOC: snmalloc_rs::SnMalloc = snmalloc_rs::SnMalloc;
    pub(super) static PUBLISHED: orthotope_published::OrthotopeGlobalAlloc =
        orthotope_published::OrthotopeGlobalAlloc::new();
}

/// Every allocator that this build can compare, ours last.
pub(crate) fn all() -> Vec<Contender> {
    vec![
        Contender {
            name: "glibc",
            package: None,
            role: Role::Rival,
            expansion: 2,
            prepare: |workload| workload.prepare(&GLIBC),
        },
        #[cfg(feature = "rivals")]
        Contender {
            name: "mimalloc",
            package: Some("mimalloc"),
            role: Role::Rival,
            expansion: 2,
            prepare: |workload| workload.prepare(&rivals::MIMALLOC),
        },
        #[cfg(feature = "rivals")]
        Contender {
            name: "jemalloc",
            package: Some("tikv-jemallocator"),
            role: Role::Rival,
            expansion: 2,
            prepare: |workload| workload.prepare(&rivals::JEMALLOC),
        },
        #[cfg(feature = "rivals")]
        Contender {
            name: "snmalloc",
            package: Some("snmalloc-rs"),
            role: Role::Rival,
            expansion: 2,
            prepare: |workload| workload.prepare(&rivals::SNMALLOC),
        },
        #[cfg(feature = "rivals")]
        Contender {
            name: "published",
            package: Some("orthotope"),
            role: Role::Rival,
            expansion: 7,
            prepare: |workload| workload.prepare(&rivals::PUBLISHED),
        },
        Contender {
            name: "default",
            package: None,
            role: Role::Ours,
            expansion: 7,
            prepare: |workload| workload.prepare(&DEFAULT),
        },
        Contender {
            name: "general",
            package: None,
            role: Role::Ours,
            expansion: 2,
            prepare: |workload| workload.prepare(&GENERAL),
        },
    ]
}
