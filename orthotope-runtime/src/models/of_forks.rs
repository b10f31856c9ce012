//! Models of forks: whose turn it is, and what becomes of the locks meanwhile. Both handlers of a fork run here, and no fork:
//! what the child does is shown by forking.

use core::ops::ControlFlow;

use loom::sync::Arc;
use loom::thread;

use super::futex::interrupt_with;
use super::lock::{Lock, pass_on_wake};
use super::lock_word::LockWord;
use super::of_locks::Seen;
use super::turn::{Locks, Turn};
use super::{check, check_with};

/// The locks of a process with one allocator.
struct All {
    turn: Turn,
    starting: Lock<()>,
    list: Lock<()>,
    engine: Lock<Seen>,
    arena: Lock<Seen>,
}

impl Locks for All {
    fn outer(&self) -> [&LockWord; 2] {
        [self.starting.word(), self.list.word()]
    }

    fn each(&self, visit: &mut dyn FnMut(&LockWord) -> ControlFlow<u32>) -> ControlFlow<u32> {
        visit(self.engine.word())?;
        visit(self.arena.word())
    }
}

impl All {
    fn new() -> Self {
        Self {
            turn: Turn::new(),
            starting: Lock::new(()),
            list: Lock::new(()),
            engine: Lock::new(Seen::new(0)),
            arena: Lock::new(Seen::new(0)),
        }
    }

    /// A fork that interrupted nothing finds nothing half done.
    fn fork(&self) {
        self.turn.begin(self);
        // SAFETY: this thread holds the locks, and has no other reference.
        let (engine, arena) = unsafe { (self.engine.held(), self.arena.held()) };
        assert_eq!((engine.get() % 2, arena.get() % 2), (0, 0));
        self.turn.end(self);
    }

    /// A thread that is interrupted to fork in the middle of a change.
    fn is_interrupted(&self) {
        let engine = self.engine.lock();
        engine.add(1);
        self.fork_in_handler();
        engine.add(1);
    }

    fn fork_in_handler(&self) {
        pass_on_wake();
        self.turn.begin(self);
        self.turn.end(self);
    }
}

/// Runs each in a thread of its own, and one more.
fn run(others: impl IntoIterator<Item = fn(&All)>, one: fn(&All)) {
    let all = Arc::new(All::new());
    let others: Vec<_> = others
        .into_iter()
        .map(|other| {
            let all = all.clone();
            thread::spawn(move || other(&all))
        })
        .collect();
    one(&all);
    for other in others {
        other.join().unwrap();
    }
    // Nothing is held.
    drop((all.starting.lock(), all.list.lock()));
    drop((all.engine.lock(), all.arena.lock()));
    assert!(!all.turn.is_mine());
}

#[test]
fn a_lock_held_for_a_fork_wakes_its_sleepers() {
    check(|| run([(|all| all.engine.lock().add(2)) as fn(&All)], All::fork));
}

#[test]
fn a_fork_waits_for_a_fork() {
    check(|| run([All::fork as fn(&All)], All::fork));
}

/// Without the step back each waits for the other: the fork for the lock, the handler for the turn.
#[test]
fn a_fork_lets_a_handler_fork_first_that_interrupted_a_holder() {
    check(|| run([All::is_interrupted as fn(&All)], All::fork));
}

/// The fork waits for the allocator's lock, whose holder waits for the arena's, whose holder waits to fork.
#[test]
fn a_fork_lets_go_for_who_keeps_others_waiting() {
    // Three threads, of which one waits at once: fewer preemptions do.
    check_with(2, || {
        let all = Arc::new(All::new());
        let arena = all.arena.lock();
        let [waiting, forking] = [
            (|all| drop((all.engine.lock(), all.arena.lock()))) as fn(&All),
            All::fork,
        ]
        .map(|other| {
            let all = all.clone();
            thread::spawn(move || other(&all))
        });
        arena.add(1);
        all.fork_in_handler();
        arena.add(1);
        drop(arena);
        waiting.join().unwrap();
        forking.join().unwrap();
    });
}

/// Each leaves to the other what that holds.
#[test]
fn two_handlers_may_fork_at_once() {
    fn in_list(all: &All) {
        let _list = all.list.lock();
        all.fork_in_handler();
    }
    check(|| run([in_list as fn(&All)], All::is_interrupted));
}

#[test]
fn a_fork_inside_another_gives_nothing_back() {
    fn nested(all: &All) {
        all.turn.begin(all);
        all.turn.begin_nested(all);
        assert!(all.turn.is_mine() && all.engine.word().is_mine());
        all.turn.end(all);
    }
    check(|| run([(|all| all.engine.lock().add(2)) as fn(&All)], nested));
}

#[test]
fn a_fork_in_a_handler_passes_on_the_wake_it_has_in_hand() {
    check(|| {
        // A static's, since the handler of a thread that nobody interrupted outlives the model.
        let all: &'static All = Box::leak(Box::new(All::new()));
        let other = thread::spawn(|| {
            let _engine = all.engine.lock();
            all.arena.lock().add(1);
        });
        let forking = thread::spawn(|| {
            interrupt_with(|| all.fork_in_handler());
            all.arena.lock().add(1);
        });
        all.arena.lock().add(1);
        // A deadlock, loom reports.
        other.join().unwrap();
        forking.join().unwrap();
        assert_eq!(all.arena.lock().get(), 3);
    });
}
