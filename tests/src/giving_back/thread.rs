//! The thread that gives memory back: when it is there, and what it leaves alone.

use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::hoard::Hoard;
use crate::memory;
use crate::random::Random;
use crate::subject::Subject;
use crate::tasks::{self, Task};

/// Longer than any start or purge takes.
const LONG: Duration = Duration::from_secs(5);

/// A program that never has much to give back has one thread.
pub(super) fn none_for_little(subject: Subject) {
    for turn in 0..20 {
        let mut hoard = Hoard::with_room(subject.allocator, 512);
        assert!(
            hoard.fill(&mut Random::new(turn), 16 << 10, 256),
            "there is memory"
        );
        hoard.verify();
    }
    thread::sleep(Duration::from_millis(500));
    let names: Vec<String> = tasks::all().iter().map(Task::name).collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

/// Once there is something to give back the thread is there, hidden from signals; once there is nothing it rests.
pub(super) fn is_there_and_rests(subject: Subject) {
    let mut hoard = Hoard::with_room(subject.allocator, 32 << 10);
    let background = started(subject, &mut hoard);
    let live: Vec<_> = (1..=libc::SIGRTMAX())
        .filter(|&signal| {
            // The C library keeps two for itself, and nobody can block these.
            !background.blocks(signal)
                && !matches!(signal, libc::SIGKILL | libc::SIGSTOP)
                && !(32..libc::SIGRTMIN()).contains(&signal)
        })
        .collect();
    assert!(live.is_empty(), "signals {live:?} reach the thread");
    // It may still be at work.
    let end = Instant::now() + LONG;
    let mut effort = background.effort();
    loop {
        thread::sleep(Duration::from_secs(1));
        let later = background.effort();
        if later == effort {
            break;
        }
        assert!(
            Instant::now() < end,
            "with nothing cold the thread goes on: {effort:?}, a second later {later:?}"
        );
        effort = later;
    }
    // It is woken again when there is more.
    let rested = background.effort();
    hoard.keep_if(|| false);
    assert!(hoard.fill(&mut Random::new(2), 8 << 20, 8 << 10));
    hoard.keep_if(|| false);
    assert!(
        memory::wait_until(LONG, || background.effort().waits > rested.waits),
        "the thread sleeps on"
    );
    assert_eq!(
        tasks::background().map(|task| task.id()),
        Some(background.id())
    );
}

static HANDLED_BY: AtomicI32 = AtomicI32::new(0);
static HANDLED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn note(_: libc::c_int) {
    HANDLED_BY.store(this_thread(), Ordering::Relaxed);
    HANDLED.fetch_add(1, Ordering::Relaxed);
}

fn this_thread() -> i32 {
    // SAFETY: the call takes no pointer.
    unsafe { libc::gettid() }
}

/// A signal sent to the process is handled by the one thread that does not block it.
pub(super) fn takes_no_signal(subject: Subject) {
    let mut hoard = Hoard::with_room(subject.allocator, 32 << 10);
    let handler: extern "C" fn(libc::c_int) = note;
    // SAFETY: the handler does nothing that a signal handler may not.
    unsafe { libc::signal(libc::SIGUSR1, handler as libc::sighandler_t) };
    let background = started(subject, &mut hoard);
    for turn in 1..=50 {
        mask(libc::SIG_BLOCK);
        // SAFETY: the call takes no pointer; this process has a handler.
        unsafe { libc::kill(libc::getpid(), libc::SIGUSR1) };
        if turn % 10 == 0 {
            thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(
            HANDLED.load(Ordering::Relaxed),
            turn - 1,
            "handled by thread {}, the background thread being {}",
            HANDLED_BY.load(Ordering::Relaxed),
            background.id()
        );
        mask(libc::SIG_UNBLOCK);
        // A signal that waits is delivered before the call that lets it in returns.
        assert_eq!(HANDLED.load(Ordering::Relaxed), turn);
        assert_eq!(HANDLED_BY.load(Ordering::Relaxed), this_thread());
    }
}

/// Blocks `SIGUSR1` in this thread, or lets it in.
fn mask(how: libc::c_int) {
    // SAFETY: all zero is a valid set of signals.
    let mut set = unsafe { std::mem::zeroed::<libc::sigset_t>() };
    // SAFETY: the set is a valid place.
    unsafe { libc::sigaddset(&raw mut set, libc::SIGUSR1) };
    // SAFETY: as above; where the old set would go may be null.
    unsafe { libc::pthread_sigmask(how, &raw const set, std::ptr::null_mut()) };
}

/// Gives 16 MiB back, keeps a few blocks, and waits for the thread.
fn started(subject: Subject, hoard: &mut Hoard<'_>) -> Task {
    assert!(tasks::background().is_none(), "nothing was freed yet");
    assert!(
        hoard.fill(&mut Random::new(1), 16 << 20, 8 << 10),
        "there is memory"
    );
    let mut random = Random::new(3);
    hoard.keep_if(|| random.below(100) == 0);
    assert!(
        memory::wait_until(LONG, || tasks::background().is_some()),
        "no thread gives memory back"
    );
    (subject.flush_thread)();
    tasks::background().expect("it was there a moment ago")
}
