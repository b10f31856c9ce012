//! The shared state of one allocator: arena, central pools, large format, registry of caches.
//!
//! An engine lives in a record of its own arena and is counted: by its `Allocator`, by every bound
//! `ThreadCache`, for ever by a generated static, and by the background thread while it looks after it.
//! Knows neither the list of all engines nor the threads that visit it.

use core::cell::UnsafeCell;
use core::ops::ControlFlow;
use core::ptr::{self, NonNull};
use core::slice;

use super::deferred::Deferred;
use super::holders::Holders;
use super::measures::{check, geometry, limits, room_beyond_budget};
use crate::arena::{
    Arena, ArenaParams, GRANULE, Ground, HUGE_PAGE, Meta, Schedule, Tick, write_fields,
};
use crate::block::Secret;
use crate::central::Central;
use crate::class::HEADER_BYTES;
use crate::config::{ClassLimits, Config, HugePages, Purge};
use crate::error::{AllocError, InitError};
use crate::large::LargeFormat;
use crate::sync::{AtomicU64, Ordering};
use crate::sys::{LockWord, Os, entropy, page_bytes, prepare_thread_exit};
use crate::thread_cache::Registry;

pub(crate) struct Engine {
    /// Never used twice in a process.
    pub(crate) id: u64,
    /// Holders: its `Allocator`, each bound `ThreadCache`, a static, and the background thread while it looks after it. At
    /// least 1 until the last one unmaps everything.
    pub(super) holders: Holders,
    pub(crate) arena: Arena,
    pub(crate) config: Config,
    pub(crate) secret: Secret,
    pub(crate) large: LargeFormat,
    centrals: NonNull<Central>,
    pub(crate) registry: Registry,
    pub(crate) deferred: Deferred,
    /// The next engine of the list, under its lock.
    pub(super) next: UnsafeCell<*mut Self>,
    /// When the next tick is due, in nanoseconds of the clock, while somebody watches.
    pub(super) due: AtomicU64,
}

// SAFETY: the centrals are `Sync` and live as long as the engine.
unsafe impl Sync for Engine {}
// SAFETY: nothing in it belongs to a thread.
unsafe impl Send for Engine {}

/// Numbers for engines and caches; 0 is nobody's.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

pub(super) fn next_id() -> u64 {
    NEXT_ID.fetch_add(1, Ordering::Relaxed)
}

impl Engine {
    /// An engine that is on no list yet; with `degrade`, of a smaller arena where the system refuses this one.
    pub(super) fn make(
        os: &'static dyn Os,
        config: Config,
        degrade: bool,
    ) -> Result<NonNull<Self>, InitError> {
        check(&config)?;
        prepare_thread_exit();
        let header = if config.header { HEADER_BYTES } else { 0 };
        let (slack, spread) = room_beyond_budget(&config, header).ok_or(
            InitError::InvalidConfig("a class's slab does not fit the address space"),
        )?;
        let largest = config.classes[config.classes.len() - 1];
        let params = ArenaParams {
            budget: config.arena,
            slack,
            spread,
            align: config.align,
            lazy: config.header,
            split: (largest + header) / GRANULE + 1,
            purge_unit: match config.huge_pages {
                HugePages::Always => HUGE_PAGE / GRANULE,
                HugePages::System | HugePages::Large | HugePages::Never => 1,
            },
            eager: config.purge == Purge::Eager,
            huge: config.huge_pages,
            guarded: config.hardened,
        };
        let ground = Ground::reserve(os, params, degrade).map_err(InitError::MapFailed)?;
        let secret = Secret(entropy());
        match Self::records(ground.meta(), &config, header, secret) {
            Some((centrals, engine)) => Ok(Self::settle(ground, config, secret, centrals, engine)),
            None => {
                // SAFETY: nothing was handed out.
                unsafe { ground.abandon() };
                Err(InitError::MapFailed(std::io::Error::from_raw_os_error(
                    libc::ENOMEM,
                )))
            }
        }
    }

    /// The central pools, and room for the engine. `None` if the system refuses their memory.
    fn records(
        meta: &Meta,
        config: &Config,
        header: usize,
        secret: Secret,
    ) -> Option<(NonNull<Central>, NonNull<Self>)> {
        let classes = config.classes.len();
        let centrals = meta.take(classes * size_of::<Central>())?.cast::<Central>();
        for class in 0..classes {
            let geometry = geometry(config, header, class)?;
            let limits = limits(config, class);
            let grant = if config.header {
                limits.refill
            } else {
                geometry.capacity
            };
            let mut central = Central::new(
                class,
                config.classes[class],
                geometry,
                limits,
                grant,
                !config.header,
            );
            if config.hardened {
                central.seed(entropy());
            }
            if config.marks() {
                central.mark_with(secret.freed());
            }
            // SAFETY: the record has room for every class.
            unsafe { centrals.add(class).write(central) };
        }
        Some((centrals, meta.take(size_of::<Self>())?.cast()))
    }

    /// Makes an engine of a record: it is too large for a small stack to be made on.
    fn settle(
        ground: Ground,
        config: Config,
        secret: Secret,
        centrals: NonNull<Central>,
        engine: NonNull<Self>,
    ) -> NonNull<Self> {
        let large = LargeFormat {
            align: config.align,
            header: config.header,
            secret,
            guard: if config.hardened { page_bytes() } else { 0 },
        };
        write_fields!(engine => Engine {
            id: next_id(),
            holders: Holders::one(),
            config: config,
            secret: secret,
            large: large,
            centrals: centrals,
            registry: Registry::new(),
            deferred: Deferred::new(),
            next: UnsafeCell::new(ptr::null_mut()),
            due: AtomicU64::new(0);
            arena
        });
        // SAFETY: the record is fresh, aligned to 64 and long enough.
        let arena = unsafe { &raw mut (*engine.as_ptr()).arena };
        // SAFETY: a field of a record is not null.
        let arena = unsafe { NonNull::new_unchecked(arena) };
        // SAFETY: the record is the engine's, and stays.
        unsafe { ground.settle(arena) };
        engine
    }

    /// Counts one more holder.
    pub(super) fn retain(&self) {
        self.holders.retain();
    }

    /// Counts one more holder, unless there is none any more.
    pub(super) fn try_retain(&self) -> bool {
        self.holders.try_retain()
    }

    /// Counts one holder less. Whether it was the last, who has to see to the rest.
    pub(super) fn forget_holder(&self) -> bool {
        self.holders.forget()
    }

    /// Unmaps everything.
    ///
    /// # Safety
    ///
    /// The engine has no holder and is on no list.
    pub(super) unsafe fn unmap(engine: NonNull<Self>) {
        // SAFETY: it is there still; the arena unmaps its own record last.
        unsafe { engine.as_ref().arena.unmap() };
    }

    /// Calls `visit` with what a fork sees of each lock, in the order in which they nest.
    pub(super) fn each_word<B>(
        &self,
        visit: &mut dyn FnMut(&LockWord) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        visit(self.registry.word())?;
        for central in self.centrals() {
            visit(central.word())?;
        }
        self.arena.words().into_iter().try_for_each(visit)
    }

    /// The central pools, an entry a class.
    #[inline]
    pub(crate) fn centrals(&self) -> &[Central] {
        // SAFETY: `settle` wrote one for every class.
        unsafe { slice::from_raw_parts(self.centrals.as_ptr(), self.config.classes.len()) }
    }

    /// What a cache keeps of `class`, with byte targets of its own.
    pub(crate) fn limits(&self, class: usize) -> ClassLimits {
        self.centrals()[class].limits()
    }

    /// Bytes that a cache may hold over all classes; `None` if it keeps its limits from the start.
    pub(crate) fn thread_limit(&self) -> Option<usize> {
        let bound = self.config.thread_limit.unwrap_or(usize::MAX);
        self.config.grows().then_some(bound)
    }

    /// Puts together all that lies free: depots go back to their slabs, free slabs to the arena.
    pub(crate) fn reclaim(&self) {
        for central in self.centrals() {
            central.reclaim(&self.arena);
        }
    }

    /// One tick of the purge's clock over everything that lies free.
    pub(crate) fn tick(&self, schedule: Schedule) -> Tick {
        let mut total = Tick::default();
        for central in self.centrals() {
            total.add(central.tick(&self.arena, schedule));
        }
        total.add(self.arena.tick(schedule));
        total
    }

    /// The error for a request that got nothing.
    pub(crate) fn out_of_memory(&self, requested: usize) -> AllocError {
        AllocError::OutOfMemory {
            requested,
            remaining: self.arena.counts().untouched,
        }
    }

    /// Index of the class that serves `size` bytes.
    pub(crate) fn class_of(&self, size: usize) -> Option<usize> {
        let class = self
            .config
            .classes
            .partition_point(|&payload| payload < size);
        (size > 0 && class < self.config.classes.len()).then_some(class)
    }

    /// Whether `class` is the one that serves requests of `size` bytes.
    pub(crate) fn is_of(&self, class: usize, size: usize) -> bool {
        let classes = self.config.classes;
        let below = class.checked_sub(1).map_or(0, |below| classes[below]);
        below < size && size <= classes[class]
    }
}
