//! The configuration of one allocator, and everything that is derived from it by `const fn`.
//!
//! Owns the vocabulary in which an allocator is described: [`Config`] for generated types,
//! [`AllocatorConfig`] for instances, and the [`ClassLimits`] that both boil down to. Knows nothing
//! of memory: these are numbers.
//!
//! Read on in this order: `choices`, here, `limits`, `instance`.

mod choices;
mod instance;
mod limits;

use core::time::Duration;

pub use choices::{Exhausted, HugePages, Purge};
pub use instance::AllocatorConfig;
pub use limits::ClassLimits;
use limits::{at_least, at_most};

use crate::class::stride;
use crate::tune;

/// A large block is a multiple of 64 KiB: beyond this, it loses an eighth at most by that.
const LARGE_LEAST: usize = 512 << 10;

/// Most bytes of a request whose size is kept out of band.
const HARDENED_MOST: usize = 1 << 30;

/// The configuration of a generated allocator, as the attribute's arguments described it.
///
/// Sizes are bytes. Made by the attribute; read through the generated type's `CONFIG`.
///
/// ```
/// # use orthotope_runtime as orthotope;
/// use orthotope::Config;
///
/// const CONFIG: Config = Config::general().with_arena(1 << 30).with_thread_limit(64 << 10);
/// assert_eq!((CONFIG.align, CONFIG.header, CONFIG.classes.len()), (8, false, 88));
/// assert_eq!(CONFIG.stride(0), 8);
/// assert_eq!(CONFIG.limits(0).keep, 62);
/// assert!(CONFIG.grows());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Address space reserved for the arena, at least 1 byte. Memory is used only as it is touched.
    pub arena: usize,
    /// Largest request that each class serves, strictly ascending, 1 to 255 of them.
    pub classes: &'static [usize],
    /// Alignment of every pointer handed out: a power of two, 64 bytes to 2 MiB with a header, 8 bytes to 4 KiB without.
    pub align: usize,
    /// Whether each block is preceded by a 64-byte header that routes and checks its free.
    pub header: bool,
    /// Bytes moved into a thread's cache by one refill of a class: at least 1, and one block at least is moved.
    pub refill: usize,
    /// Bytes that a thread's cache keeps per class, at least 1. Where caches [grow](Self::grows), 62 blocks at most.
    pub cache: usize,
    /// Bytes of blocks that one thread's cache may hold over all classes, no class more than half of them; `None` for
    /// no bound beyond each class's own.
    pub thread_limit: Option<usize>,
    /// What a full arena does.
    pub exhausted: Exhausted,
    /// When unused memory goes back to the system.
    pub purge: Purge,
    /// Whether the arena is backed by huge pages.
    pub huge_pages: HugePages,
    /// Whether every check is made that costs time: full validation of each free, poisoned free memory, guard pages round
    /// large blocks, blocks handed out in random order.
    pub hardened: bool,
    /// Whether a small request has the first cache line of the block fetched that the next one of its class gets: two
    /// instructions more, and a cache miss less where blocks are taken again long after they were freed. On x86-64;
    /// elsewhere it changes nothing. What is [`hardened`](Self::hardened) does so anyway.
    pub prefetch: bool,
    /// Whether the allocator is C's `malloc` too: then it asks nobody else for memory, and every block is marked while it
    /// is free. Without a header, and with classes that are multiples of 16.
    pub c_api: bool,
}

/// How long memory stays unused before it goes back, unless the user says otherwise.
const PURGE: Purge = Purge::After(Duration::from_secs(10));

impl Config {
    /// The `"tensor"` preset: twelve classes from 64 bytes to 16 MiB, a header, alignment 64.
    #[must_use]
    pub const fn tensor() -> Self {
        Self {
            arena: 64 << 30,
            classes: &tune::TENSOR_CLASSES,
            align: 64,
            header: true,
            refill: 32 << 10,
            cache: 64 << 10,
            thread_limit: None,
            exhausted: Exhausted::Grow,
            purge: PURGE,
            huge_pages: HugePages::System,
            hardened: false,
            prefetch: false,
            c_api: false,
        }
    }

    /// The `"general"` preset: tightly spaced classes from 8 bytes to 1 MiB, no header, alignment 8.
    #[must_use]
    pub const fn general() -> Self {
        Self {
            arena: 64 << 30,
            classes: &tune::GENERAL_CLASSES,
            align: 8,
            header: false,
            refill: 32 << 10,
            cache: 64 << 10,
            thread_limit: Some(1 << 20),
            exhausted: Exhausted::Grow,
            purge: PURGE,
            huge_pages: HugePages::System,
            hardened: false,
            prefetch: false,
            c_api: false,
        }
    }

    /// The same with `arena` bytes of address space.
    #[must_use]
    pub const fn with_arena(mut self, arena: usize) -> Self {
        self.arena = arena;
        self
    }

    /// The same with the given class payloads.
    #[must_use]
    pub const fn with_classes(mut self, classes: &'static [usize]) -> Self {
        self.classes = classes;
        self
    }

    /// The same with pointers aligned to `align` bytes.
    #[must_use]
    pub const fn with_align(mut self, align: usize) -> Self {
        self.align = align;
        self
    }

    /// The same with or without headers.
    #[must_use]
    pub const fn with_header(mut self, header: bool) -> Self {
        self.header = header;
        self
    }

    /// The same with `refill` bytes moved per refill.
    #[must_use]
    pub const fn with_refill(mut self, refill: usize) -> Self {
        self.refill = refill;
        self
    }

    /// The same with `cache` bytes kept per class and thread.
    #[must_use]
    pub const fn with_cache(mut self, cache: usize) -> Self {
        self.cache = cache;
        self
    }

    /// The same with at most `bytes` of blocks in one thread's cache.
    #[must_use]
    pub const fn with_thread_limit(mut self, bytes: usize) -> Self {
        self.thread_limit = Some(bytes);
        self
    }

    /// The same with another time after which unused memory goes back.
    #[must_use]
    pub const fn with_purge(mut self, purge: Purge) -> Self {
        self.purge = purge;
        self
    }

    /// The same with or without huge pages.
    #[must_use]
    pub const fn with_huge_pages(mut self, huge_pages: HugePages) -> Self {
        self.huge_pages = huge_pages;
        self
    }

    /// The same with or without every check that costs time.
    #[must_use]
    pub const fn with_hardened(mut self, hardened: bool) -> Self {
        self.hardened = hardened;
        self
    }

    /// The same with or without fetching the next block.
    #[must_use]
    pub const fn with_prefetch(mut self, prefetch: bool) -> Self {
        self.prefetch = prefetch;
        self
    }

    /// The same as C's `malloc`, too.
    #[must_use]
    pub const fn with_c_api(mut self) -> Self {
        self.c_api = true;
        self
    }

    /// The same with another answer to a full arena.
    #[must_use]
    pub const fn with_exhausted(mut self, exhausted: Exhausted) -> Self {
        self.exhausted = exhausted;
        self
    }

    /// Whether free blocks are marked in themselves. A hardened allocator keeps what it knows of them elsewhere.
    pub(crate) const fn marks(&self) -> bool {
        self.c_api && !self.hardened
    }

    /// Bytes from one block of class `class` to the next.
    ///
    /// # Panics
    ///
    /// If `class` is no index into [`classes`](Self::classes).
    ///
    /// ```
    /// # use orthotope_runtime as orthotope;
    /// use orthotope::Config;
    ///
    /// assert_eq!(Config::tensor().stride(0), 64 + 64);
    /// assert_eq!(Config::general().stride(0), 8);
    /// ```
    #[must_use]
    pub const fn stride(&self, class: usize) -> usize {
        stride(self.classes[class], self.align, self.header)
    }

    /// Whether a thread's cache starts small and grows with use. Otherwise it keeps `limits` from the start, so that
    /// whoever counts blocks finds what these say.
    #[must_use]
    pub const fn grows(&self) -> bool {
        !self.header || self.thread_limit.is_some()
    }

    /// Largest request, in bytes, that is served by a class. Without a header, longer ones that no thread keeps a block
    /// of, and that lose little by it, are large blocks though there is a class for them: a large block is found again
    /// by the thread that freed it, and grows in place. Where [`hardened`](Self::hardened), what exceeds 1 GiB is a large
    /// block too; 0 if every class does.
    ///
    /// ```
    /// # use orthotope_runtime as orthotope;
    /// use orthotope::Config;
    ///
    /// assert_eq!(Config::tensor().largest_served(), 16 << 20);
    /// // Half of the thread's limit of 1 MiB.
    /// assert_eq!(Config::general().largest_served(), 512 << 10);
    /// ```
    #[must_use]
    pub const fn largest_served(&self) -> usize {
        let mut count = self.classes.len();
        while self.hardened && self.classes[count - 1] > HARDENED_MOST {
            count -= 1;
            if count == 0 {
                return 0;
            }
        }
        while count > 1 && self.prefers_large(self.classes[count - 1]) {
            count -= 1;
        }
        self.classes[count - 1]
    }

    /// Whether a request of `payload` bytes is served by a large block though there is a class for it.
    pub(crate) const fn prefers_large(&self, payload: usize) -> bool {
        let stride = stride(payload, self.align, self.header);
        !self.header && payload > LARGE_LEAST && self.limits_of(stride).keep == 0
    }

    /// How many blocks of class `class` move at once and stay cached.
    ///
    /// # Panics
    ///
    /// If `class` is no index into [`classes`](Self::classes).
    ///
    /// ```
    /// # use orthotope_runtime as orthotope;
    /// use orthotope::Config;
    ///
    /// let limits = Config::tensor().limits(0);
    /// assert_eq!((limits.refill, limits.keep, limits.flush), (256, 512, 128));
    /// ```
    #[must_use]
    pub const fn limits(&self, class: usize) -> ClassLimits {
        self.limits_of(self.stride(class))
    }

    /// The same of a class whose blocks are `stride` bytes apart.
    pub(crate) const fn limits_of(&self, stride: usize) -> ClassLimits {
        let exact = ClassLimits::from_targets(stride, self.refill, self.cache);
        if !self.grows() {
            return exact;
        }
        let keep = at_least(self.cache / stride, 1);
        match self.thread_limit {
            Some(limit) => exact.growing(at_most(keep, limit / 2 / stride)),
            None => exact.growing(keep),
        }
    }
}
