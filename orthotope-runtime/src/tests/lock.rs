//! The lock under contention.

use std::sync::Barrier;
use std::thread;

use crate::sys::{Lock, forget_thread};

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

/// A handler forks in a thread that holds a lock; whoever holds the next one waits for that.
#[test]
fn a_fork_in_a_handler_waits_for_nobody_who_waits_for_it() {
    let (inner, outer) = (Lock::new(()), Lock::new(()));
    let outer_is_held = Barrier::new(2);
    thread::scope(|scope| {
        let held = inner.lock();
        scope.spawn(|| {
            let _outer = outer.lock();
            outer_is_held.wait();
            drop(inner.lock());
        });
        outer_is_held.wait();
        assert!(inner.is_mine() && !outer.is_mine());
        inner.hold(true);
        outer.hold(true);
        // In the parent both are as they were.
        inner.let_go();
        outer.let_go();
        assert!(inner.is_mine() && !outer.is_mine());
        // In the child the outer one is nobody's any more, and what was interrupted goes on.
        let forked = forget_thread();
        outer.let_go_in_child(forked);
        inner.let_go_in_child(forked);
        drop(outer.lock());
        assert!(inner.is_mine());
        drop(held);
    });
}
