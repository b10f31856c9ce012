//! The cold half of a thread's cache: storage, refill, flush, staged frees.

use core::cell::Cell;
use core::ptr::{self, NonNull};

use super::allowance::Allowances;
use super::cold_bin::ColdBin;
use super::{Bin, Locals, bin};
use crate::arena::Arena;
use crate::central::Central;
use crate::class::ScaledClass;
use crate::config::ClassLimits;
use crate::depot::blocks;
use crate::random::Random;
use crate::sync::{AtomicPtr, AtomicUsize, Ordering};
use crate::sys::{AtExit, thread_id};

/// All of a thread's cache that the fast path does not touch. Lives in a record of the arena.
#[repr(C)]
pub(crate) struct Cold {
    /// Must come first: the hook's function gets a pointer to it and finds the cache.
    pub(crate) hook: AtExit,
    /// The hot half. A cache that may move tells at each visit where it is.
    pub(crate) locals: NonNull<Locals>,
    /// What the owner of the cache wants to find again when the hook runs.
    pub(crate) context: *const (),
    /// The thread whose exit hook ends the cache, if one does; 0 once the thread is gone, and its `locals` with it. Under the
    /// registry's lock.
    pub(super) thread: u32,
    /// Neighbours in the registry, under its lock.
    pub(super) next: *mut Cold,
    pub(super) prev: *mut Cold,
    pub(super) classes: usize,
    pub(super) allowances: Allowances,
    /// Which block of a stack comes next, in a hardened allocator.
    pub(super) random: Cell<Random>,
    // `classes` times a `ColdBin` follow.
}

/// The hot half of a cold half's class.
///
/// # Safety
///
/// `cold` and its `locals` are valid, with more than `class` classes.
pub(super) unsafe fn hot_bin<'a>(cold: NonNull<Cold>, class: usize) -> &'a Bin {
    // The field alone: a registry's neighbours write the links.
    // SAFETY: by the caller's promise.
    let locals = unsafe { (*cold.as_ptr()).locals };
    // SAFETY: as above.
    unsafe { bin(locals, ScaledClass::new(class)) }
}

/// Blocks that a stack has room for: a refill or a magazine into an empty one, and one block beyond what is kept.
pub(crate) fn capacity(limits: ClassLimits, central: &Central) -> usize {
    let ClassLimits { refill, keep, .. } = limits;
    refill.max(keep + 1).max(central.magazine())
}

impl Cold {
    pub(super) fn bytes(classes: usize) -> usize {
        size_of::<Self>() + classes * size_of::<ColdBin>()
    }

    /// A cold half for `locals`, whose bins it does not touch yet. With a `thread_limit` it starts with nothing and
    /// grows to at most so many bytes; without, it keeps its `limits` from the start.
    pub(crate) fn new(
        arena: &Arena,
        locals: NonNull<Locals>,
        run: unsafe fn(*mut AtExit),
        context: *const (),
        thread_limit: Option<usize>,
        limits: impl ExactSizeIterator<Item = ClassLimits>,
    ) -> Option<NonNull<Self>> {
        let classes = limits.len();
        let cold = arena.meta().take(Self::bytes(classes))?.cast::<Self>();
        let hook = AtExit {
            run,
            next: ptr::null_mut(),
        };
        // SAFETY: the record is fresh and long enough for the head.
        unsafe {
            cold.write(Self {
                hook,
                locals,
                context,
                thread: thread_id(),
                next: ptr::null_mut(),
                prev: ptr::null_mut(),
                classes,
                allowances: Allowances::new(thread_limit, arena.ticks()),
                random: Cell::new(Random::new(0)),
            })
        };
        // SAFETY: the record is long enough for `classes` bins behind the head.
        let bins = unsafe { cold.add(1) }.cast::<ColdBin>();
        for (class, limits) in limits.enumerate() {
            let empty = ColdBin {
                limits,
                allowance: Cell::new(if thread_limit.is_some() {
                    0
                } else {
                    limits.keep
                }),
                want: Cell::new(limits.first),
                came: Cell::new(0),
                epoch: Cell::new(0),
                gave: Cell::new(false),
                base: AtomicPtr::new(ptr::null_mut()),
                seen: AtomicUsize::new(0),
                capacity: Cell::new(0),
                spare: Cell::new(None),
                staged: Cell::new(None),
                staged_count: AtomicUsize::new(0),
            };
            // SAFETY: as above.
            let place = unsafe { bins.add(class) };
            // SAFETY: as above.
            unsafe { place.write(empty) };
        }
        Some(cold)
    }

    /// # Safety
    ///
    /// `cold` is valid and has more than `class` classes.
    pub(super) unsafe fn bin<'a>(cold: NonNull<Self>, class: usize) -> &'a ColdBin {
        // SAFETY: the bins follow the head.
        let bins = unsafe { cold.add(1) }.cast::<ColdBin>();
        // SAFETY: there are more than `class`.
        let place = unsafe { bins.add(class) };
        // SAFETY: `new` wrote it, and it lives as long as the cache.
        unsafe { place.as_ref() }
    }

    /// Blocks in the stack of `class`.
    ///
    /// # Safety
    ///
    /// `cold` and its `locals` are valid, with more than `class` classes. Another thread than the owner
    /// gets a guess.
    pub(crate) unsafe fn kept(cold: NonNull<Self>, class: usize) -> usize {
        // SAFETY: by the caller's promise.
        let this = unsafe { Self::bin(cold, class) };
        let base = this.base.load(Ordering::Relaxed);
        if base.is_null() {
            return 0;
        }
        // SAFETY: by the caller's promise.
        let hot = unsafe { hot_bin(cold, class) };
        hot.top
            .load(Ordering::Relaxed)
            .addr()
            .saturating_sub(base.addr())
            / size_of::<*mut u8>()
    }

    /// Blocks in the stack of `class` when its owner last told.
    ///
    /// # Safety
    ///
    /// `cold` is valid, with more than `class` classes.
    pub(super) unsafe fn seen(cold: NonNull<Self>, class: usize) -> usize {
        // SAFETY: by the caller's promise.
        unsafe { Self::bin(cold, class) }
            .seen
            .load(Ordering::Relaxed)
    }

    /// Tells the other threads what the cache holds.
    ///
    /// # Safety
    ///
    /// The caller is the cache's owner.
    pub(crate) unsafe fn tell(cold: NonNull<Self>) {
        // The field alone: a registry's neighbours write the links.
        // SAFETY: the caller is the owner.
        for class in 0..unsafe { (*cold.as_ptr()).classes } {
            // SAFETY: as above.
            let this = unsafe { Self::bin(cold, class) };
            // SAFETY: as above.
            let kept = unsafe { Self::kept(cold, class) };
            this.seen.store(kept, Ordering::Relaxed);
        }
    }

    /// Blocks of `class` that were freed here and belong to other owners.
    ///
    /// # Safety
    ///
    /// As for [`kept`](Self::kept).
    pub(crate) unsafe fn staged(cold: NonNull<Self>, class: usize) -> usize {
        // SAFETY: by the caller's promise.
        unsafe { Self::bin(cold, class) }
            .staged_count
            .load(Ordering::Relaxed)
    }

    /// Makes the class's stack; `false` if the class keeps no block, or no memory for it could be had.
    ///
    /// # Safety
    ///
    /// The caller is the cache's owner.
    pub(crate) unsafe fn ready(
        cold: NonNull<Self>,
        arena: &Arena,
        central: &Central,
        class: usize,
    ) -> bool {
        // SAFETY: the caller is the owner.
        let this = unsafe { Self::bin(cold, class) };
        if !this.base.load(Ordering::Relaxed).is_null() {
            return true;
        }
        if this.limits.keep == 0 {
            return false;
        }
        let capacity = capacity(this.limits, central);
        let Some(storage) = arena.meta().take((capacity + 1) * size_of::<*mut u8>()) else {
            return false;
        };
        let base = storage.cast().as_ptr();
        this.capacity.set(capacity);
        // SAFETY: the owner's bins.
        let hot = unsafe { hot_bin(cold, class) };
        this.base.store(base, Ordering::Relaxed);
        this.offer(hot, 0);
        true
    }

    /// A block from the central pool, and more for the empty stack if there is room for them.
    ///
    /// # Safety
    ///
    /// The caller is the cache's owner, the class is ready and its stack empty.
    pub(crate) unsafe fn refill(
        cold: NonNull<Self>,
        arena: &Arena,
        centrals: &[Central],
        class: usize,
    ) -> Option<NonNull<u8>> {
        let central = &centrals[class];
        // SAFETY: the caller is the owner.
        let this = unsafe { Self::bin(cold, class) };
        // SAFETY: the owner's bins.
        let hot = unsafe { hot_bin(cold, class) };
        this.withdraw(hot);
        let mut want = this.want.get();
        this.want.set((want * 2).min(this.limits.refill));
        let mut room = this.capacity.get();
        // SAFETY: the caller is the owner.
        let shared = unsafe { Self::allowances(cold) };
        // Otherwise whatever comes is allowed: no refill exceeds a magazine where allowances grow.
        if (this.allowance.get() < central.magazine() || shared.pressed()) && shared.grow() {
            // SAFETY: the caller is the owner, and the class is ready.
            unsafe { Self::come(cold, arena, centrals, class, central.magazine()) };
            room = this.allowance.get();
            want = want.min(room);
            if want <= 1 {
                this.offer(hot, 0);
                return central.take_one(arena);
            }
        }
        // SAFETY: entry one is in the stack.
        let out = unsafe { this.base.load(Ordering::Relaxed).add(1) };
        let mut spare = this.spare.take();
        // SAFETY: the stack is empty and has room for a refill and for a magazine.
        let count = unsafe { central.refill(arena, &mut spare, out, want, room) };
        this.spare.set(spare);
        this.offer(hot, count);
        this.seen.store(count.saturating_sub(1), Ordering::Relaxed);
        hot.pop()
    }

    /// Puts a block on a stack that may be at its limit; what then exceeds it goes to the central pool.
    ///
    /// # Safety
    ///
    /// The caller is the cache's owner, the class is ready, and the block is the caller's to give.
    pub(crate) unsafe fn push(
        cold: NonNull<Self>,
        arena: &Arena,
        centrals: &[Central],
        class: usize,
        block: NonNull<u8>,
    ) {
        let central = &centrals[class];
        // SAFETY: the caller is the owner.
        let this = unsafe { Self::bin(cold, class) };
        // SAFETY: the owner's bins.
        let hot = unsafe { hot_bin(cold, class) };
        let mut len = this.withdraw(hot);
        if len >= this.allowance.get() {
            // SAFETY: the caller is the owner, and the class is ready.
            unsafe { Self::come(cold, arena, centrals, class, this.limits.keep) };
        }
        // A refill may leave more than is kept, so room for one more must be made first.
        if len == this.capacity.get() {
            len = this.flush(len, arena, central);
        }
        len += 1;
        // SAFETY: the stack was not full.
        let top = unsafe { this.base.load(Ordering::Relaxed).add(len) };
        // SAFETY: as above.
        unsafe { top.write(block.as_ptr()) };
        if len > this.allowance.get() {
            // SAFETY: the caller is the owner.
            let shared = unsafe { Self::allowances(cold) };
            len = if len / 2 < central.magazine() && shared.grow() {
                // Half of them stay, so that neither a push nor a pop comes here next.
                this.shed(len, (len / 2).max(1), arena, central)
            } else {
                this.flush(len, arena, central)
            };
        }
        this.offer(hot, len);
    }

    /// Keeps a block of another owner until a magazine of them is full.
    ///
    /// # Safety
    ///
    /// The caller is the cache's owner, and the block is the caller's to give.
    pub(crate) unsafe fn stage(
        cold: NonNull<Self>,
        arena: &Arena,
        central: &Central,
        class: usize,
        block: NonNull<u8>,
    ) {
        // SAFETY: the caller is the owner.
        if unsafe { Self::allowances(cold) }.grow() {
            // What is staged would be held beyond the limit.
            // SAFETY: the block is free and ours.
            unsafe { central.give(arena, &mut None, &[block.as_ptr()]) };
            return;
        }
        // SAFETY: the caller is the owner.
        let this = unsafe { Self::bin(cold, class) };
        let staged = this
            .staged
            .take()
            .or_else(|| this.spare.take())
            .or_else(|| central.empty_magazine(arena));
        let Some(mut magazine) = staged else {
            // SAFETY: the block is free and ours.
            unsafe { central.put_one(arena, block.as_ptr()) };
            return;
        };
        // SAFETY: the magazine is ours.
        let count = unsafe { &mut magazine.as_mut().count };
        // SAFETY: as above.
        let staged = unsafe { blocks(magazine) };
        // SAFETY: a staged magazine is not full.
        let place = unsafe { staged.add(*count) };
        // SAFETY: as above.
        unsafe { place.write(block.as_ptr()) };
        *count += 1;
        if *count < central.magazine() {
            this.staged_count.store(*count, Ordering::Relaxed);
            this.staged.set(Some(magazine));
        } else {
            this.staged_count.store(0, Ordering::Relaxed);
            // SAFETY: the magazine and its blocks are ours to give.
            this.staged.set(unsafe { central.publish(arena, magazine) });
        }
    }
}
