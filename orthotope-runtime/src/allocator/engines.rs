//! The list of every allocator of the process: how the background thread and a fork find them.
//!
//! Knows engines, and neither the thread nor forks.
//!
//! Invariants, checked by `validate`: an engine is on the list exactly once from its first holder until it has none, or
//! until the last one takes it off; `RETAINED` is null or on the list, and then counted among the engine's holders.

use core::ops::ControlFlow;
use core::ptr::{self, NonNull};

use super::engine::Engine;
use crate::sync::{AtomicPtr, Ordering};
use crate::sys::{Lock, LockWord};

struct Head(*mut Engine);

// SAFETY: the pointer is followed under the lock, by a fork that holds it, or while nobody who changes the list runs.
unsafe impl Send for Head {}

/// Every allocator of the process.
static ENGINES: Lock<Head> = Lock::new(Head(ptr::null_mut()));
/// The engine that the background thread has retained, for the child of a fork to forget. Changed under the list's lock,
/// together with the engine's count.
static RETAINED: AtomicPtr<Engine> = AtomicPtr::new(ptr::null_mut());

/// Puts an engine on the list.
///
/// # Safety
///
/// The engine stays in place until it is taken off.
pub(super) unsafe fn list(engine: NonNull<Engine>) {
    let mut head = ENGINES.lock();
    // SAFETY: the engine is new, and the list's lock is held.
    unsafe { *engine.as_ref().next.get() = head.0 };
    head.0 = engine.as_ptr();
}

/// Takes an engine that has no holder off the list.
///
/// # Safety
///
/// The engine is on it.
pub(super) unsafe fn unlist(engine: NonNull<Engine>) {
    // SAFETY: the caller's promise.
    unsafe { unlink(&mut ENGINES.lock(), engine) };
}

/// # Safety
///
/// The engine is on the list.
unsafe fn unlink(head: &mut Head, engine: NonNull<Engine>) {
    let mut link = &raw mut head.0;
    loop {
        // SAFETY: links lead from the head through listed engines, which stay in place; the lock is held.
        let this = unsafe { *link };
        if this == engine.as_ptr() {
            break;
        }
        // SAFETY: as above; the engine is on the list, so its end is not reached before it.
        link = unsafe { (*this).next.get() };
    }
    // SAFETY: the engine is on the list, and the lock is held.
    let next = unsafe { *engine.as_ref().next.get() };
    // SAFETY: as for reading it.
    unsafe { *link = next };
}

/// Calls `visit` with every engine, each retained meanwhile: the background thread's walk, one at a time.
pub(super) fn each_retained(mut visit: impl FnMut(&Engine)) {
    let mut engine = retain_from(ENGINES.lock().0);
    while let Some(this) = engine {
        // SAFETY: the engine is retained.
        let held = unsafe { this.as_ref() };
        visit(held);
        let mut list = ENGINES.lock();
        // SAFETY: the engine is listed, since it is retained, and the list's lock is held.
        engine = retain_from(unsafe { *held.next.get() });
        let last = held.forget_holder();
        if last {
            // SAFETY: as above.
            unsafe { unlink(&mut list, this) };
        }
        drop(list);
        if last {
            // SAFETY: nobody holds it, nor finds it.
            unsafe { Engine::unmap(this) };
        }
    }
}

/// The first engine from `engine` on that still has a holder, with one more.
fn retain_from(mut engine: *mut Engine) -> Option<NonNull<Engine>> {
    while let Some(this) = NonNull::new(engine) {
        // SAFETY: callers hold the list's lock, so that no listed engine goes.
        let held = unsafe { this.as_ref() };
        if held.try_retain() {
            RETAINED.store(engine, Ordering::Relaxed);
            return Some(this);
        }
        // SAFETY: as above.
        engine = unsafe { *held.next.get() };
    }
    RETAINED.store(ptr::null_mut(), Ordering::Relaxed);
    None
}

/// Forgets the holder that a child's parent had in its background thread, which is not in the child. Returns what it held.
pub(super) fn forget_retained() -> Option<&'static Engine> {
    let engine = NonNull::new(RETAINED.swap(ptr::null_mut(), Ordering::Relaxed))?;
    // SAFETY: the thread had retained it, so it is there; no other thread is.
    let engine = unsafe { engine.as_ref() };
    engine.forget_holder();
    Some(engine)
}

/// What a fork sees of the list's lock.
pub(super) fn word() -> &'static LockWord {
    ENGINES.word()
}

/// Calls `visit` with every engine, until it breaks off.
///
/// # Safety
///
/// The list does not change meanwhile: the calling thread forks, and holds the list's lock, or no other thread does that
/// runs.
pub(super) unsafe fn each<B>(mut visit: impl FnMut(&Engine) -> ControlFlow<B>) -> ControlFlow<B> {
    // SAFETY: nobody has another reference that writes, by the caller's promise.
    let mut engine = unsafe { ENGINES.held() }.0;
    while let Some(this) = NonNull::new(engine) {
        // SAFETY: listed engines stay in place while the list does not change.
        let held = unsafe { this.as_ref() };
        visit(held)?;
        // SAFETY: as above.
        engine = unsafe { *held.next.get() };
    }
    ControlFlow::Continue(())
}

/// Panics unless the engine, which has a holder, is listed once, and the background thread has retained none but a listed
/// one.
#[cfg(any(test, fuzzing))]
pub(super) fn validate(engine: &Engine) {
    let head = ENGINES.lock();
    let (mut listed, mut retained) = (0, RETAINED.load(Ordering::Relaxed).is_null());
    let mut next = head.0;
    while let Some(this) = NonNull::new(next) {
        listed += usize::from(ptr::eq(this.as_ptr(), engine));
        retained |= this.as_ptr() == RETAINED.load(Ordering::Relaxed);
        // SAFETY: listed engines stay in place while the lock is held.
        next = unsafe { *this.as_ref().next.get() };
    }
    assert_eq!(listed, 1, "an engine is listed once");
    assert!(
        retained,
        "what the background thread has retained is listed"
    );
}
