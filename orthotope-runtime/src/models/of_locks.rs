//! Models of what orders everything else: the lock, the bell, the start of a static, who watches what becomes free.

use core::ptr::NonNull;

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use super::bell::Bell;
use super::check;
use super::lock::Lock;
use super::start::Started;
use super::stir::Stir;

/// A number that loom sees every access to: two at once, or unordered ones, end the model.
pub(super) struct Seen(UnsafeCell<usize>);

// SAFETY: loom finds accesses that are not ordered.
unsafe impl Sync for Seen {}
// SAFETY: as above.
unsafe impl Send for Seen {}

impl Seen {
    pub(super) fn new(value: usize) -> Self {
        Self(UnsafeCell::new(value))
    }

    pub(super) fn get(&self) -> usize {
        // SAFETY: loom sees to it that nobody writes meanwhile.
        self.0.with(|value| unsafe { *value })
    }

    pub(super) fn add(&self, more: usize) {
        // SAFETY: loom sees to it that nobody else looks meanwhile.
        self.0.with_mut(|value| unsafe { *value += more });
    }
}

#[test]
fn one_thread_at_a_time_holds_the_lock_and_no_sleeper_is_forgotten() {
    check(|| {
        let lock = Arc::new(Lock::new(Seen::new(0)));
        let others: Vec<_> = (0..2)
            .map(|_| {
                let lock = lock.clone();
                thread::spawn(move || lock.lock().add(1))
            })
            .collect();
        lock.lock().add(1);
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(lock.lock().get(), 3);
    });
}

#[test]
fn no_ring_is_lost_and_who_is_woken_sees_why() {
    check(|| {
        let shared = Arc::new((Bell::new(), Seen::new(0), AtomicUsize::new(0)));
        let ringer = {
            let shared = shared.clone();
            thread::spawn(move || {
                let (bell, reason, rings) = &*shared;
                reason.add(1);
                rings.store(1, Ordering::Relaxed);
                bell.ring();
            })
        };
        let (bell, reason, rings) = &*shared;
        // A wait may end for no reason; one that never ends, loom reports.
        while rings.load(Ordering::Relaxed) == 0 {
            bell.wait(None);
        }
        ringer.join().unwrap();
        assert_eq!(reason.get(), 1);
    });
}

#[test]
fn two_rings_wake_at_least_once() {
    check(|| {
        let shared = Arc::new((Bell::new(), AtomicUsize::new(0)));
        let ringers: Vec<_> = (0..2)
            .map(|_| {
                let shared = shared.clone();
                thread::spawn(move || {
                    shared.1.fetch_add(1, Ordering::Relaxed);
                    shared.0.ring();
                })
            })
            .collect();
        // Whoever is woken by one ring may find the work of both done, and must not wait for the other in vain.
        while shared.1.load(Ordering::Relaxed) < 2 {
            shared.0.wait(None);
        }
        for ringer in ringers {
            ringer.join().unwrap();
        }
    });
}

#[test]
fn what_is_set_up_is_set_up_once_and_seen_whole() {
    check(|| {
        // A static, which no model ends with.
        let started: &'static Started<Seen, ()> = Box::leak(Box::new(Started::new()));
        let shared = Arc::new((Lock::new(()), AtomicUsize::new(0)));
        let start = move |shared: &(Lock<()>, AtomicUsize)| {
            if let Some(value) = started.get() {
                return value.get();
            }
            let _starting = shared.0.lock();
            let make = || {
                shared.1.fetch_add(1, Ordering::Relaxed);
                let value = Seen::new(0);
                value.add(7);
                Ok(NonNull::from(Box::leak(Box::new(value))))
            };
            // SAFETY: the lock is held, and what is made is leaked.
            unsafe { started.start(make) }.expect("it is made").get()
        };
        let others: Vec<_> = (0..2)
            .map(|_| {
                let shared = shared.clone();
                thread::spawn(move || start(&shared))
            })
            .collect();
        assert!(started.get().is_none_or(|value| value.get() == 7));
        for other in others {
            assert_eq!(other.join().unwrap(), 7);
        }
        assert_eq!(shared.1.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn the_first_failure_to_start_is_what_all_are_told() {
    check(|| {
        let started: &'static Started<Seen, usize> = Box::leak(Box::new(Started::new()));
        let shared = Arc::new((Lock::new(()), AtomicUsize::new(0)));
        let start = move |shared: &(Lock<()>, AtomicUsize)| {
            let _starting = shared.0.lock();
            let make = || Err(shared.1.fetch_add(1, Ordering::Relaxed));
            // SAFETY: the lock is held, and nothing is made.
            unsafe { started.start(make) }.map(Seen::get)
        };
        let other = {
            let shared = shared.clone();
            thread::spawn(move || start(&shared))
        };
        // Each tried; whose error came first is told to both.
        assert_eq!(start(&shared), Err(&0));
        assert_eq!(other.join().unwrap(), Err(&0));
    });
}

/// The steps of `allocator::background`, where a clock, a list and a thread are around them.
struct Watched {
    stir: Stir,
    /// Bytes that are cold.
    cold: Lock<usize>,
    bell: Bell,
}

const WORTH_A_LOOK: usize = 2;

impl Watched {
    /// A thread frees; `look_after`, and `wake`.
    fn free(&self) {
        *self.cold.lock() += WORTH_A_LOOK;
        self.stir.add(WORTH_A_LOOK);
        if self.stir.wants_watch(WORTH_A_LOOK) && self.stir.watch() {
            self.bell.ring();
        }
    }

    /// `tick_if_due` of a schedule that gives everything back at once.
    fn tick(&self) {
        if self.stir.is_watched() {
            self.stir.unwatch(0);
            *self.cold.lock() = 0;
        }
    }
}

#[test]
fn what_becomes_free_is_watched_or_counted() {
    check(|| {
        let shared = Arc::new(Watched {
            stir: Stir::new(),
            cold: Lock::new(0),
            bell: Bell::new(),
        });
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let shared = shared.clone();
                thread::spawn(move || shared.free())
            })
            .collect();
        // The background thread, woken or not.
        shared.tick();
        for thread in threads {
            thread.join().unwrap();
        }
        let cold = *shared.cold.lock();
        // What is cold, the background thread is to look at once more, or the next to free counts enough and wakes it.
        assert!(
            cold == 0 || shared.stir.is_watched() || shared.stir.wants_watch(WORTH_A_LOOK),
            "{cold} bytes are cold, and nobody looks"
        );
    });
}

#[test]
fn a_background_thread_that_waits_is_woken_for_what_becomes_free() {
    check(|| {
        let shared = Arc::new(Watched {
            stir: Stir::new(),
            cold: Lock::new(0),
            bell: Bell::new(),
        });
        let thread = {
            let shared = shared.clone();
            thread::spawn(move || shared.free())
        };
        // A wait that nobody ends is a deadlock, which loom reports.
        shared.bell.wait(None);
        shared.tick();
        thread.join().unwrap();
        let cold = *shared.cold.lock();
        assert!(cold == 0 || shared.stir.is_watched(), "{cold} bytes");
    });
}
