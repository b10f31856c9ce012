//! Signals that arrive while a thread allocates.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use crate::forking::in_child;
use crate::hoard::Hoard;
use crate::random::Random;
use crate::subject::Subject;

/// Threads that allocate.
const THREADS: usize = 3;
/// Signals that arrive at least.
const SIGNALS: usize = 3_000;
/// Children that are forked out of a handler.
const FORKS: usize = 80;
/// Bytes that a thread holds at most.
const HELD: usize = 256 << 10;

static ARRIVED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count(_: libc::c_int) {
    ARRIVED.fetch_add(1, Ordering::Relaxed);
}

/// Has `SIGUSR1` call the function.
fn handle(function: extern "C" fn(libc::c_int)) {
    // SAFETY: all zero is a valid value of the plain C type.
    let mut action = unsafe { std::mem::zeroed::<libc::sigaction>() };
    action.sa_sigaction = function as *const () as libc::sighandler_t;
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: the action is filled in, and both functions do what a handler may.
    let status = unsafe { libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()) };
    assert_eq!(status, 0, "the signal can be handled");
}

/// One round of blocks of all sizes.
fn churn(own: Subject, random: &mut Random) {
    let mut hoard = Hoard::with_room(own.allocator, 2048);
    assert!(hoard.fill(random, HELD, 16 << 10), "there is memory");
    hoard.thin_out();
    assert!(hoard.add(2 << 20), "there is memory");
    hoard.verify();
}

/// Signals as fast as they can be sent, to threads that allocate all the time.
pub(super) fn interrupt_allocations(own: Subject) {
    handle(count);
    let stop = AtomicBool::new(false);
    let (started, names) = mpsc::channel();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|seed| {
                let (stop, started) = (&stop, started.clone());
                scope.spawn(move || {
                    // SAFETY: it takes no pointer.
                    let this = unsafe { libc::pthread_self() };
                    started.send(this).expect("it is waited for");
                    let mut random = Random::new(seed as u64);
                    while !stop.load(Ordering::Relaxed) {
                        churn(own, &mut random);
                        (own.flush_thread)();
                    }
                })
            })
            .collect();
        let names: Vec<libc::pthread_t> = names.iter().take(THREADS).collect();
        while ARRIVED.load(Ordering::Relaxed) < SIGNALS {
            for &name in &names {
                // SAFETY: the thread does not end before it is told to, below.
                unsafe { libc::pthread_kill(name, libc::SIGUSR1) };
            }
            thread::yield_now();
        }
        stop.store(true, Ordering::Relaxed);
        // Unlike the scope's end, a join waits until the thread's exit is over.
        threads
            .into_iter()
            .for_each(|thread| thread.join().expect("no thread panics"));
    });
    println!("{} signals", ARRIVED.load(Ordering::Relaxed));
}

/// The process that forks in its handler, while it does; in its children it is another's.
static FORKING: AtomicI32 = AtomicI32::new(0);
/// The child that was forked last, until it was waited for.
static CHILD: AtomicI32 = AtomicI32::new(0);

/// Forks, unless the last child is still to be waited for, or this is a child. The child goes on where the parent was
/// interrupted.
extern "C" fn fork(_: libc::c_int) {
    // SAFETY: it takes no pointer, nor does the next.
    if unsafe { libc::getpid() } != FORKING.load(Ordering::Relaxed)
        || CHILD.load(Ordering::Relaxed) != 0
    {
        return;
    }
    // SAFETY: what is interrupted here is no call of the C library that takes a lock: the thread does nothing but
    // allocate from what is tested.
    let child = unsafe { libc::fork() };
    if child > 0 {
        CHILD.store(child, Ordering::Relaxed);
    } else if child == 0 {
        super::forking::watch(super::SECONDS);
    }
}

/// A thread that allocates is interrupted to fork, wherever it is, while others want the same locks. Parent and child
/// finish what was interrupted, and go on. With `at_once`, another thread forks meanwhile, again and again.
pub(super) fn fork_in_handlers(own: Subject, at_once: bool) {
    // SAFETY: they take no pointer.
    let (process, this) = unsafe { (libc::getpid(), libc::pthread_self()) };
    // The first use is over when the signals come: what it starts is tested elsewhere.
    churn(own, &mut Random::new(0));
    handle(fork);
    let stop = AtomicBool::new(false);
    let mut forks = 0;
    thread::scope(|scope| {
        let sender = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                // SAFETY: this thread outlives the scope.
                unsafe { libc::pthread_kill(this, libc::SIGUSR1) };
                thread::yield_now();
            }
        });
        let others: Vec<_> = (2..2 + THREADS as u64)
            .map(|seed| {
                let stop = &stop;
                scope.spawn(move || {
                    let mut random = Random::new(seed);
                    while !stop.load(Ordering::Relaxed) {
                        churn(own, &mut random);
                        (own.purge_now)();
                    }
                })
            })
            .collect();
        let forking = at_once.then(|| scope.spawn(|| fork_until(&stop, own)));
        // Not before, nor after: while threads are made and joined the C library uses its own `malloc`, and locks it.
        FORKING.store(process, Ordering::Relaxed);
        let mut random = Random::new(1);
        while forks < FORKS {
            churn(own, &mut random);
            (own.flush_thread)();
            // SAFETY: it takes no pointer.
            if unsafe { libc::getpid() } != process {
                churn(own, &mut random);
                (own.purge_now)();
                // SAFETY: the child ends here, without the parent's exit handlers.
                unsafe { libc::_exit(0) }
            }
            let child = CHILD.load(Ordering::Relaxed);
            if child != 0 {
                let mut status = 0;
                // SAFETY: the status is a valid place.
                let ended = unsafe { libc::waitpid(child, &raw mut status, 0) };
                assert_eq!(
                    (ended, status),
                    (child, 0),
                    "a child ended with {status:#x}"
                );
                forks += 1;
                CHILD.store(0, Ordering::Relaxed);
            }
        }
        FORKING.store(0, Ordering::Relaxed);
        stop.store(true, Ordering::Relaxed);
        for thread in others.into_iter().chain(forking).chain([sender]) {
            thread.join().expect("no thread panics");
        }
    });
    println!("{forks} forks");
}

/// Forks again and again, interrupting nothing.
fn fork_until(stop: &AtomicBool, own: Subject) {
    let mut forks = 0;
    while !stop.load(Ordering::Relaxed) {
        in_child("a child of another thread", || {
            churn(own, &mut Random::new(forks));
            (own.purge_now)();
        });
        forks += 1;
    }
    println!("{forks} forks meanwhile");
}
