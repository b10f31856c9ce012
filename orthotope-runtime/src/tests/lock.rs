//! The lock under contention.

use std::thread;

use crate::sys::Lock;

#[test]
fn increments_under_the_lock_are_not_lost() {
    let lock = Lock::new(0_u64);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20_000 {
                    *lock.lock() += 1;
                }
            });
        }
    });
    assert_eq!(*lock.lock(), 160_000);
}

#[test]
fn sleepers_are_woken() {
    let lock = Lock::new(0_u64);
    let held = lock.lock();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| *lock.lock() += 1);
        }
        // Long enough for the spinning to give up in most runs; correct however long it takes.
        for _ in 0..10_000 {
            thread::yield_now();
        }
        drop(held);
    });
    assert_eq!(*lock.lock(), 4);
}
