//! One trip through the slow path: from the fast path of a thread, or on behalf of an instance's cache.

use core::cell::Cell;
use core::ptr::{self, NonNull};

use super::background;
use super::engine::{Engine, next_id};
use super::find::Found;
use crate::arena::Lane;
use crate::block::{Header, mark_of};
use crate::class::ScaledClass;
use crate::config::{ClassLimits, Exhausted};
use crate::error::FreeError;
use crate::large::LargeBlock;
use crate::sync::Ordering;
use crate::sys::{AtExit, die, entropy};
use crate::thread_cache::{Cold, Locals, Phase, bin};

/// A thread inside the slow path of one engine. Marks its `Locals` as busy, so that whatever it calls finds
/// another way when it comes back here for memory.
pub(crate) struct Visit<'a> {
    pub(crate) engine: &'a Engine,
    locals: NonNull<Locals>,
    /// None: the thread has no cache, and works on the central pool.
    cold: Option<NonNull<Cold>>,
    before: Phase,
    /// It was for the sake of a free.
    frees: Cell<bool>,
}

impl<'a> Visit<'a> {
    /// Enters with a thread that is bound to the engine, or uncached.
    ///
    /// # Safety
    ///
    /// `locals` are the calling thread's, or exclusively the caller's; their cold half, if any, is of `engine`.
    pub(crate) unsafe fn enter(engine: &'a Engine, locals: NonNull<Locals>) -> Self {
        // SAFETY: the caller's locals.
        let head = unsafe { locals.as_ref() };
        let before = head.phase.replace(Phase::Busy);
        let cold = NonNull::new(head.cold.get());
        if let Some(cold) = cold {
            // An instance's cache may have moved since. The field alone: a registry's neighbours write the links.
            // SAFETY: the cold half is the caller's, as the locals are.
            unsafe { (*cold.as_ptr()).locals = locals };
        }
        let home = engine.arena.home();
        head.set_window(home.base(), home.committed());
        Self {
            engine,
            locals,
            cold,
            before,
            frees: Cell::new(false),
        }
    }

    /// Gives fresh locals a cache. They stay uncached if no memory for it could be had.
    ///
    /// # Safety
    ///
    /// `locals` are the calling thread's, or exclusively the caller's, have a bin for each of the engine's
    /// classes, and hold no blocks. The cold half's `locals` must be valid whenever a method is called.
    pub(crate) unsafe fn bind(
        engine: &Engine,
        locals: NonNull<Locals>,
        run: unsafe fn(*mut AtExit),
        limits: impl ExactSizeIterator<Item = ClassLimits>,
    ) -> Option<NonNull<Cold>> {
        // SAFETY: the caller's locals.
        let head = unsafe { locals.as_ref() };
        let home = engine.arena.home();
        head.set_window(home.base(), home.committed());
        let cold = Cold::new(
            &engine.arena,
            locals,
            run,
            ptr::from_ref(engine).cast(),
            engine.thread_limit(),
            limits,
        );
        if cold.is_some() {
            let owner = next_id();
            head.own(owner, engine.key(owner));
            head.lane.set(engine.arena.take_lane());
            if engine.config.hardened
                && let Some(cold) = cold
            {
                // SAFETY: the cache is the caller's.
                unsafe { Cold::seed(cold, entropy()) };
            }
        } else {
            head.own(0, engine.key(0));
        }
        head.cold.set(cold.map_or(ptr::null_mut(), NonNull::as_ptr));
        head.phase.set(if cold.is_some() {
            Phase::Bound
        } else {
            Phase::Uncached
        });
        cold
    }

    /// Publishes and takes apart the cache, and leaves the locals uncached.
    ///
    /// # Safety
    ///
    /// As for [`enter`](Self::enter); the cold half is in no registry.
    pub(crate) unsafe fn unbind(engine: &Engine, locals: NonNull<Locals>) {
        // SAFETY: by the caller's promise.
        let visit = unsafe { Visit::enter(engine, locals) };
        if let Some(cold) = visit.cold {
            // SAFETY: the cache is the caller's.
            unsafe { Cold::publish(cold, &engine.arena, engine.centrals()) };
            // SAFETY: as above; it was just published.
            unsafe { Cold::dismantle(cold, &engine.arena, engine.centrals()) };
            // SAFETY: as above; the locals forget it below.
            unsafe { Cold::free(cold, &engine.arena) };
        }
        core::mem::forget(visit);
        // SAFETY: the caller's locals.
        let head = unsafe { locals.as_ref() };
        head.cold.set(ptr::null_mut());
        head.own(0, engine.key(0));
        engine.arena.give_lane(head.lane.replace(Lane::NONE));
        head.phase.set(Phase::Uncached);
        background::look_after(engine, false);
    }

    /// A block of `class` for a request of `size` bytes, its header written.
    pub(crate) fn alloc_small(&self, class: usize, size: usize) -> Option<NonNull<u8>> {
        let granules = self.engine.centrals()[class].geometry().granules;
        let stride = self.engine.centrals()[class].geometry().stride;
        let block = self.with_room(granules, stride, || self.take(class))?;
        if self.engine.config.hardened {
            self.engine.hand_out(class, block, size, self.owner());
            return Some(block);
        }
        if self.engine.config.header {
            // SAFETY: the block is of a slab with headers, so one precedes its payload.
            let header = unsafe { Header::of(block.as_ptr()) };
            let owner = self.owner();
            let key = self.engine.secret.key(owner);
            header.seal(key, owner, block.as_ptr().addr(), size);
        } else if self.engine.config.marks() {
            // SAFETY: the block is new and the caller's, of at least 16 bytes.
            unsafe { mark_of(block) }.store(0, Ordering::Relaxed);
        }
        Some(block)
    }

    /// A large block of `size` bytes, aligned to `align`.
    pub(crate) fn alloc_large(&self, size: usize, align: usize) -> Option<LargeBlock> {
        let Engine { arena, large, .. } = self.engine;
        if self.engine.config.hardened {
            return self.alloc_large_hardened(size, align);
        }
        let footprint = large.footprint(size, align)?;
        if let Some(block) = large.retake(arena, self.lane(), size, footprint) {
            return Some(block);
        }
        self.with_room(footprint.room(), footprint.charge, || {
            large.alloc(arena, size, footprint)
        })
    }

    /// Whatever `attempt` gets, tried again after all that lies free was put together, this cache's blocks
    /// included, and again in a new region of at least `granules` and `charge`.
    pub(super) fn with_room<T>(
        &self,
        granules: usize,
        charge: usize,
        attempt: impl Fn() -> Option<T>,
    ) -> Option<T> {
        if let Some(got) = attempt() {
            return Some(got);
        }
        self.publish();
        self.engine.reclaim();
        if let Some(got) = attempt() {
            return Some(got);
        }
        let grows = self.engine.config.exhausted == Exhausted::Grow
            && self.engine.arena.grow(granules, charge);
        if grows { attempt() } else { None }
    }

    fn take(&self, class: usize) -> Option<NonNull<u8>> {
        let (arena, central) = (&self.engine.arena, &self.engine.centrals()[class]);
        let Some(cold) = self.cold else {
            return central.take_one(arena);
        };
        // SAFETY: the cache is the caller's, by `enter`, and every stack in service.
        unsafe { Cold::arrive(cold, arena, self.engine.centrals()) };
        // SAFETY: as above.
        if !unsafe { Cold::ready(cold, arena, central, class) } {
            return central.take_one(arena);
        }
        // SAFETY: the locals have a bin for each class.
        let bin = unsafe { bin(self.locals, ScaledClass::new(class)) };
        if let Some(block) = bin.pop() {
            return Some(block);
        }
        // SAFETY: the cache is the caller's, the class ready and, as `pop` said, its stack empty.
        unsafe { Cold::refill(cold, arena, self.engine.centrals(), class) }
    }

    /// Frees a block of `class` without asking whose it is.
    ///
    /// # Safety
    ///
    /// The block is of this class, not free, and the caller's to give.
    pub(crate) unsafe fn free_local(&self, class: usize, block: NonNull<u8>) {
        let (arena, central) = (&self.engine.arena, &self.engine.centrals()[class]);
        if let Some(cold) = self.cold {
            // SAFETY: the cache is the caller's, by `enter`, and every stack in service.
            unsafe { Cold::arrive(cold, arena, self.engine.centrals()) };
        }
        if self.engine.config.marks() {
            let mark = self.engine.key(0).mark(block.as_ptr().addr());
            // SAFETY: the block is the caller's to give, of at least 16 bytes.
            unsafe { mark_of(block) }.store(mark, Ordering::Relaxed);
        }
        match self.cold {
            // SAFETY: the cache is the caller's, by `enter`.
            Some(cold) if unsafe { Cold::ready(cold, arena, central, class) } => {
                // SAFETY: as above; the class is ready, and the block is the caller's to give.
                unsafe { Cold::push(cold, arena, self.engine.centrals(), class, block) };
            }
            // SAFETY: the block is the caller's to give.
            Some(_) if self.engine.config.grows() => unsafe {
                central.give(arena, &mut None, &[block.as_ptr()]);
            },
            // SAFETY: as above.
            _ => unsafe { central.put_one(arena, block.as_ptr()) },
        }
    }

    /// Frees the block at `block` after every check, wherever it belongs.
    ///
    /// # Safety
    ///
    /// If the address is that of a live block, nobody uses that block any more.
    pub(crate) unsafe fn free_checked(
        &self,
        block: NonNull<u8>,
        provided: Option<usize>,
    ) -> Result<(), FreeError> {
        let address = block.as_ptr().addr();
        self.frees.set(true);
        if self.engine.config.hardened {
            // SAFETY: the caller's promise.
            return unsafe { self.free_hardened(address, provided) };
        }
        let class = match self.engine.find_plain(address, provided)? {
            Found::Large(span) => {
                let Engine { arena, large, .. } = self.engine;
                if large.park(arena, self.lane(), span, provided) {
                    return Ok(());
                }
                return large.free(arena, address, provided);
            }
            Found::Small { class, .. } => class,
        };
        let Some(block) = self.engine.derive(address) else {
            return Err(FreeError::ForeignPointer);
        };
        if !self.engine.config.header {
            // SAFETY: a live block of this class, by `find` as far as can be told, else by the caller.
            unsafe { self.free_local(class, block) };
            return Ok(());
        }
        // SAFETY: `find` saw the header.
        let header = unsafe { Header::of(block.as_ptr()) };
        if !header.release_once(self.engine.secret, address) {
            return Err(FreeError::DoubleFree);
        }
        // SAFETY: `find` saw a live block of this class.
        unsafe { self.keep(class, block, header.owner()) };
        Ok(())
    }

    /// Keeps a block that was just freed: here, or for its owner.
    ///
    /// # Safety
    ///
    /// The block is of this class, free, and the caller's to give.
    pub(super) unsafe fn keep(&self, class: usize, block: NonNull<u8>, owner: u64) {
        match self.cold {
            Some(cold) if owner != self.owner() => {
                let (arena, central) = (&self.engine.arena, &self.engine.centrals()[class]);
                // SAFETY: the cache is the caller's, and so is the block.
                unsafe { Cold::stage(cold, arena, central, class, block) };
            }
            // SAFETY: the caller's promise.
            _ => unsafe { self.free_local(class, block) },
        }
    }

    /// Gives every block of the cache to the central pool.
    pub(crate) fn publish(&self) {
        if let Some(cold) = self.cold {
            // SAFETY: the cache is the caller's, by `enter`.
            unsafe { Cold::publish(cold, &self.engine.arena, self.engine.centrals()) };
        }
    }

    pub(super) fn owner(&self) -> u64 {
        // SAFETY: the caller's locals, by `enter`.
        unsafe { self.locals.as_ref() }.owner.get()
    }

    pub(super) fn lane(&self) -> Lane {
        // SAFETY: the caller's locals, by `enter`.
        unsafe { self.locals.as_ref() }.lane.get()
    }
}

impl Visit<'_> {
    /// Frees what was freed by those who came here from inside.
    #[cold]
    #[inline(never)]
    fn free_deferred(&self) {
        for block in self.engine.deferred.take() {
            // SAFETY: whoever freed it inside gave it up, and found it live.
            if let Err(error) = unsafe { self.free_checked(block, None) } {
                die(format_args!(
                    "invalid free of {block:p} inside the allocator: {error}"
                ));
            }
        }
    }
}

impl Drop for Visit<'_> {
    #[inline]
    fn drop(&mut self) {
        if !self.engine.deferred.is_empty() {
            self.free_deferred();
        }
        // SAFETY: the caller's locals, by `enter`.
        unsafe { self.locals.as_ref() }.phase.set(self.before);
        background::look_after(self.engine, self.frees.get());
    }
}

/// The exit hook of a thread that is bound to a generated allocator.
///
/// # Safety
///
/// The hook is the first field of a `Cold` of the calling thread, registered with the engine that is
/// its context, which lives for ever.
pub(crate) unsafe fn leave_thread(hook: *mut AtExit) {
    let Some(cold) = NonNull::new(hook.cast::<Cold>()) else {
        return;
    };
    // SAFETY: the hook is a cache of the calling thread's, by the caller's promise.
    let (locals, context) = unsafe { (cold.as_ref().locals, cold.as_ref().context) };
    // SAFETY: the context is an engine that lives for ever, by the caller's promise.
    let engine = unsafe { &*context.cast::<Engine>() };
    // SAFETY: the cache was registered when it was bound.
    unsafe { engine.registry.remove(cold) };
    // SAFETY: the locals are the calling thread's, whose thread-local memory outlives its exit hooks.
    unsafe { Visit::unbind(engine, locals) };
    background::thread_ends();
}
