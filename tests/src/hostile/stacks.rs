//! Threads with stacks of 64 KiB: the whole of the allocator runs on them, thread-local storage included.

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Subjects;
use crate::hoard::Hoard;
use crate::random::Random;

/// Bytes of a stack.
const STACK: usize = 64 << 10;
/// What it is painted with, to see how deep a call went.
const PAINT: u64 = 0x5ac3_5ac3_5ac3_5ac3;
/// Words left alone below the painting function's own frame, and above the stack's end.
const MARGIN: usize = 256;
/// Bytes of stack that the allocator may take.
const DEEPEST: usize = if cfg!(debug_assertions) {
    40 << 10
} else {
    16 << 10
};

/// Bytes of stack that the calls took.
static DEPTH: AtomicUsize = AtomicUsize::new(0);

/// A few threads in turn, each of which does everything on its small stack, and exits.
pub(super) fn are_enough(subjects: Subjects) {
    for _ in 0..2 {
        // SAFETY: all zero is a valid place for attributes that are initialised next, and for a thread's name.
        let (mut attributes, mut thread) =
            unsafe { std::mem::zeroed::<(libc::pthread_attr_t, libc::pthread_t)>() };
        // SAFETY: the place is valid.
        assert_eq!(unsafe { libc::pthread_attr_init(&raw mut attributes) }, 0);
        // SAFETY: the attributes are initialised.
        let status = unsafe { libc::pthread_attr_setstacksize(&raw mut attributes, STACK) };
        assert_eq!(status, 0, "the system allows stacks of {STACK} bytes");
        // SAFETY: the subjects outlive the thread, which is joined below.
        let status = unsafe {
            libc::pthread_create(
                &raw mut thread,
                &raw const attributes,
                measure,
                (&raw const subjects).cast_mut().cast(),
            )
        };
        assert_eq!(status, 0, "a thread can be made");
        // SAFETY: the thread was made above, and is joined once.
        let status = unsafe { libc::pthread_join(thread, ptr::null_mut()) };
        assert_eq!(status, 0);
        // SAFETY: the attributes are initialised, and not used again.
        unsafe { libc::pthread_attr_destroy(&raw mut attributes) };
    }
    let depth = DEPTH.load(Ordering::Relaxed);
    println!("{depth} bytes of a stack of {STACK}");
    assert!((1..=DEEPEST).contains(&depth), "{depth} bytes of stack");
}

/// Calls everything, with the stack below painted before, and notes how much of the paint is gone.
extern "C" fn measure(subjects: *mut c_void) -> *mut c_void {
    // SAFETY: it is what `are_enough` passed on.
    let subjects = unsafe { *subjects.cast::<Subjects>() };
    // What this takes is the test's own stack, not the allocator's.
    let hoard = Hoard::with_room(subjects.own.allocator, 1024);
    let here = (&raw const hoard).cast::<u64>();
    let words = here.addr().saturating_sub(end_of_stack()) / size_of::<u64>() - 2 * MARGIN;
    // SAFETY: the words lie between the end of this thread's stack and the frames in use.
    let lowest = unsafe { here.sub(MARGIN + words) }.cast_mut();
    for index in 0..words {
        // SAFETY: as above: no frame uses them.
        unsafe { lowest.add(index).write_volatile(PAINT) };
    }
    everything(subjects, hoard);
    let untouched = (0..words)
        // SAFETY: as above.
        .take_while(|&index| unsafe { lowest.add(index).read_volatile() } == PAINT)
        .count();
    let depth = (MARGIN + words - untouched) * size_of::<u64>();
    DEPTH.fetch_max(depth, Ordering::Relaxed);
    ptr::null_mut()
}

/// Every way through the allocator: classes, large blocks, growth in place, by moving and by copying, the clock's work.
#[inline(never)]
fn everything(subjects: Subjects, mut hoard: Hoard<'_>) {
    let own = subjects.own;
    assert!(hoard.fill(&mut Random::new(1), 1 << 20, 64 << 10));
    assert!(hoard.add(3 << 20) && hoard.add(20 << 20));
    let mut grown: Vec<u8> = vec![1; 1000];
    while grown.len() < 12 << 20 {
        grown.extend_from_within(..);
    }
    grown.truncate(10);
    grown.shrink_to_fit();
    drop(vec![0_u8; 5 << 20]);
    hoard.thin_out();
    hoard.verify();
    drop(hoard);
    for subject in [own, subjects.global] {
        (subject.flush_thread)();
        (subject.purge_now)();
    }
}

/// The lowest address of the calling thread's stack.
fn end_of_stack() -> usize {
    // SAFETY: all zero is a valid place for attributes that are filled in next.
    let mut attributes = unsafe { std::mem::zeroed::<libc::pthread_attr_t>() };
    let (mut start, mut bytes) = (ptr::null_mut(), 0);
    // SAFETY: the place is valid, and the thread is the calling one.
    let status = unsafe { libc::pthread_getattr_np(libc::pthread_self(), &raw mut attributes) };
    assert_eq!(status, 0, "the system knows the stack");
    // SAFETY: the attributes are filled in, and the places valid.
    unsafe { libc::pthread_attr_getstack(&raw const attributes, &raw mut start, &raw mut bytes) };
    // SAFETY: the attributes are filled in, and not used again.
    unsafe { libc::pthread_attr_destroy(&raw mut attributes) };
    start.addr()
}
