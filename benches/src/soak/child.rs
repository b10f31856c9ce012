//! Forks while all the other threads are at work: the child does a little of everything and ends.

use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::Subject;
use super::piece::Piece;
use super::work::{align, size};
use crate::random::Random;

/// Seconds after which a child that is not done is stuck.
const SECONDS: u32 = 120;
/// From one fork to the next.
const PAUSE: Duration = Duration::from_millis(200);
/// Pieces that a child makes of each allocator, half of them on a thread of its own.
const PIECES: usize = 400;

/// Forks until it is time to stop; counts the children.
pub(super) fn fork_now_and_then(subjects: &[Subject], stop: &AtomicBool, forks: &AtomicU64) {
    let mut seed = 0;
    while !stop.load(Ordering::Relaxed) {
        // SAFETY: what the child needs besides the allocators under test, the C library's memory and threads, that
        // library keeps usable across a fork; it ends in `_exit`, and if a lock of the parent's stops it, by its alarm.
        match unsafe { libc::fork() } {
            -1 => panic!("cannot fork: {}", std::io::Error::last_os_error()),
            0 => {
                // SAFETY: it takes no pointer.
                unsafe { libc::alarm(SECONDS) };
                subjects.iter().for_each(|subject| live(*subject, seed));
                // SAFETY: the child ends here, without the parent's exit handlers.
                unsafe { libc::_exit(0) }
            }
            child => await_end(child),
        }
        seed += 1;
        forks.fetch_add(1, Ordering::Relaxed);
        thread::sleep(PAUSE);
    }
}

/// # Panics
///
/// If the child does not end with code 0.
fn await_end(child: libc::pid_t) {
    let mut status = 0;
    // SAFETY: the status is a valid place.
    let ended = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(
        (ended, status),
        (child, 0),
        "a child ended with {status:#x}"
    );
}

/// What the child's own thread makes. It is no thread of the standard library's, whose list of stacks another thread may have
/// been changing, under a lock, at the fork.
struct Errand {
    subject: Subject,
    seed: u64,
    made: Vec<Piece>,
}

extern "C" fn run(errand: *mut libc::c_void) -> *mut libc::c_void {
    // SAFETY: it is the errand's address, and nobody else looks until this thread was joined.
    let errand = unsafe { &mut *errand.cast::<Errand>() };
    errand.made = pieces(errand.subject, errand.seed);
    ptr::null_mut()
}

fn pieces(subject: Subject, seed: u64) -> Vec<Piece> {
    let mut random = Random::new(seed);
    (0..PIECES / 2)
        .filter_map(|_| Piece::new(subject.heap, size(&mut random), align(&mut random), 0x5a))
        .collect()
}

fn live(subject: Subject, seed: u64) {
    let mut errand = Errand {
        subject,
        seed,
        made: Vec::new(),
    };
    let argument = (&raw mut errand).cast();
    // SAFETY: all zero is a valid value for a thread's name, which is read once it was written.
    let mut thread = unsafe { std::mem::zeroed::<libc::pthread_t>() };
    // SAFETY: the errand outlives the thread, which is joined below.
    let refused = unsafe { libc::pthread_create(&raw mut thread, ptr::null(), run, argument) };
    assert_eq!(refused, 0, "a child can make a thread");
    let mut ours = pieces(subject, seed + 1);
    for piece in ours.iter_mut().step_by(3) {
        let refused = !piece.resize(2 * piece.size());
        assert!(
            !refused || subject.bounded,
            "{} has no memory",
            subject.name
        );
    }
    // SAFETY: the thread was made above, and is joined once.
    unsafe { libc::pthread_join(thread, ptr::null_mut()) };
    drop(errand);
    (subject.purge_now)();
    drop(ours);
    (subject.flush_thread)();
}
