//! Forks at once, in handlers or not: what they wait for, and what is left of it in a child. But for one, no process forks
//! here.

use core::ops::ControlFlow;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::sys::{Lock, LockWord, Locks, Turn, forget_thread};

struct All {
    turn: Turn,
    starting: Lock<()>,
    list: Lock<()>,
    outer: Lock<()>,
    inner: Lock<()>,
}

impl Locks for All {
    fn outer(&self) -> [&LockWord; 2] {
        [self.starting.word(), self.list.word()]
    }

    fn each(&self, visit: &mut dyn FnMut(&LockWord) -> ControlFlow<u32>) -> ControlFlow<u32> {
        visit(self.outer.word())?;
        visit(self.inner.word())
    }
}

impl All {
    fn new() -> Self {
        Self {
            turn: Turn::new(),
            starting: Lock::new(()),
            list: Lock::new(()),
            outer: Lock::new(()),
            inner: Lock::new(()),
        }
    }

    fn is_mine(&self) -> [bool; 4] {
        let [starting, list] = self.outer();
        [starting, list, self.outer.word(), self.inner.word()].map(LockWord::is_mine)
    }
}

/// A handler forks in a thread that holds a lock; whoever holds the one before waits for that.
#[test]
fn a_fork_in_a_handler_waits_for_nobody_who_waits_for_it() {
    let all = All::new();
    let outer_is_held = Barrier::new(2);
    thread::scope(|scope| {
        let held = all.inner.lock();
        scope.spawn(|| {
            let _outer = all.outer.lock();
            outer_is_held.wait();
            drop(all.inner.lock());
        });
        outer_is_held.wait();
        all.turn.begin(&all);
        assert_eq!(all.is_mine(), [true, true, false, true]);
        // In the parent all are as they were.
        all.turn.end(&all);
        assert_eq!(all.is_mine(), [false, false, false, true]);
        drop(held);
    });
}

/// In the child the lock of another is nobody's any more, and what was interrupted goes on.
#[test]
fn a_child_takes_what_was_left_to_others() {
    let all = All::new();
    let (is_held, done) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        let held = all.inner.lock();
        scope.spawn(|| {
            let outer = all.outer.lock();
            is_held.wait();
            done.wait();
            // What it held was taken from it.
            std::mem::forget(outer);
        });
        is_held.wait();
        all.turn.begin(&all);
        all.turn.end_in_child(|| {
            let forked = forget_thread();
            all.all(|word| word.let_go_in_child(forked));
        });
        drop(all.outer.lock());
        assert_eq!(all.is_mine(), [false, false, false, true]);
        done.wait();
        drop(held);
    });
}

/// A thread forks, and waits for a lock; its holder is interrupted by a handler that forks.
#[test]
fn a_fork_lets_a_handler_fork_first_that_interrupted_a_holder() {
    let all = All::new();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let held = all.inner.lock();
        let forking = scope.spawn(|| {
            all.turn.begin(&all);
            assert_eq!(all.is_mine(), [true; 4]);
            assert!(done.load(Ordering::Relaxed), "the change was half done");
            all.turn.end(&all);
        });
        // It has the turn, and sleeps.
        while all.outer.word().is_of(0) {
            thread::yield_now();
        }
        thread::sleep(Duration::from_millis(20));
        let begun = Instant::now();
        all.turn.begin(&all);
        assert_eq!(all.is_mine(), [true; 4]);
        all.turn.end(&all);
        assert_eq!(all.is_mine(), [false, false, false, true]);
        assert!(
            begun.elapsed() < Duration::from_millis(400),
            "it steps back at once"
        );
        done.store(true, Ordering::Relaxed);
        drop(held);
        forking.join().expect("it forks after that");
    });
}

/// The same where the fork waits for one who waits for the interrupted thread.
#[test]
fn a_fork_lets_go_for_who_keeps_others_waiting() {
    let all = All::new();
    let held = all.inner.lock();
    thread::scope(|scope| {
        scope.spawn(|| drop((all.outer.lock(), all.inner.lock())));
        while all.outer.word().is_of(0) {
            thread::yield_now();
        }
        scope.spawn(|| {
            all.turn.begin(&all);
            assert_eq!(all.is_mine(), [true; 4]);
            all.turn.end(&all);
        });
        while all.list.word().is_of(0) {
            thread::yield_now();
        }
        all.turn.begin(&all);
        assert_eq!(all.is_mine(), [true, true, false, true]);
        all.turn.end(&all);
        drop(held);
    });
}

/// Two handlers fork at once, each in a thread that holds a lock: neither waits half a second for the other's.
#[test]
fn handlers_that_fork_at_once_leave_each_other_their_locks() {
    let all = All::new();
    let both = Barrier::new(2);
    let fork = |lock: &Lock<()>| {
        let held = lock.lock();
        both.wait();
        all.turn.begin(&all);
        thread::sleep(Duration::from_millis(20));
        all.turn.end(&all);
        assert!(lock.word().is_mine());
        drop(held);
    };
    thread::scope(|scope| {
        scope.spawn(|| fork(&all.outer));
        scope.spawn(|| fork(&all.inner));
    });
    assert_eq!(all.is_mine(), [false; 4]);
    drop((all.outer.lock(), all.inner.lock()));
}

/// A handler that interrupted its own thread's fork adds what is lacking; its child has all, whoever held it.
#[test]
fn a_fork_inside_another_gives_nothing_back() {
    let all = All::new();
    let (is_held, done) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            let inner = all.inner.lock();
            is_held.wait();
            done.wait();
            std::mem::forget(inner);
        });
        is_held.wait();
        let held = all.outer.lock();
        all.turn.begin(&all);
        all.turn.begin_nested(&all);
        assert_eq!(all.is_mine(), [true, true, true, false]);
        all.turn.seize(&all);
        assert_eq!(all.is_mine(), [true; 4]);
        all.turn.end(&all);
        assert_eq!(all.is_mine(), [false, false, true, false]);
        drop(held);
        done.wait();
        assert!(all.inner.word().is_of(0));
    });
}

/// A fork is about to step back for one that waits, and a handler forks first. In that one's child nobody waits.
#[cfg(all(target_os = "linux", not(miri)))]
#[test]
fn a_child_steps_back_for_nobody() {
    use core::cell::Cell;

    struct Interrupted<'a> {
        all: &'a All,
        /// What the handler's fork returned.
        child: Cell<Option<libc::c_long>>,
    }

    impl Locks for Interrupted<'_> {
        fn outer(&self) -> [&LockWord; 2] {
            self.all.outer()
        }

        fn each(&self, visit: &mut dyn FnMut(&LockWord) -> ControlFlow<u32>) -> ControlFlow<u32> {
            let left = self.all.each(visit);
            if left.is_break() && self.child.get().is_none() {
                let (flags, none) = (libc::c_long::from(libc::SIGCHLD), 0 as libc::c_long);
                // SAFETY: a fork without the handlers, which would give this thread another number. The child allocates
                // nothing, and waits for no lock of other code's.
                let child =
                    unsafe { libc::syscall(libc::SYS_clone, flags, none, none, none, none) };
                self.child.set(Some(child));
                if child == 0 {
                    // SAFETY: the child that waits for ever ends by this.
                    unsafe { libc::alarm(10) };
                    self.all.turn.seize(self.all);
                }
            }
            left
        }
    }

    let all = All::new();
    let held = all.inner.lock();
    thread::scope(|scope| {
        let forking = scope.spawn(|| {
            let locks = Interrupted {
                all: &all,
                child: Cell::new(None),
            };
            all.turn.begin(&locks);
            let holds_all = all.is_mine() == [true; 4];
            all.turn.end(&locks);
            let child = locks.child.get().expect("it stepped back");
            if child == 0 {
                // SAFETY: nothing of this process is to be cleaned up in its child.
                unsafe { libc::_exit(i32::from(!holds_all)) };
            }
            assert!(child > 0 && holds_all);
            let mut status = 0;
            // SAFETY: the place is valid.
            unsafe { libc::waitpid(child as libc::pid_t, &raw mut status, 0) };
            assert_eq!(status, 0, "the child forks by itself");
        });
        while all.outer.word().is_of(0) {
            thread::yield_now();
        }
        all.turn.begin(&all);
        all.turn.end(&all);
        drop(held);
        forking.join().expect("it forks after that");
    });
}
