//! Threads that ask for memory while they end: from destructors of thread-local values, and of keys that are older and
//! younger than the recorder's own. Keys come again in every round that the system gives them, so that the last ones
//! ask after the recorder has taken leave of the thread.

use std::ffi::c_void;
use std::hint::black_box;
use std::ptr;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::thread;

use super::block;

/// Asked for by the destructor of a value that is older than its thread's first block, and of one that is younger.
pub const VALUES: [usize; 2] = [3_001, 3_101];
/// Asked for in each round by the destructor of a key that is older than the recorder's, and of one that is younger.
pub const KEYS: [usize; 2] = [3_201, 3_301];
/// Blocks asked for each time; half of them are kept.
pub const BLOCKS: usize = 10;
/// Threads that end, one after the other.
pub const THREADS: usize = 5;

/// What is asked for at the end of a thread: [`BLOCKS`] blocks, half of them for good.
fn ask(bytes: usize) {
    for _ in 0..BLOCKS / 2 {
        drop(block(bytes));
        Box::leak(block(bytes));
    }
}

struct Value(usize);

impl Drop for Value {
    fn drop(&mut self) {
        ask(self.0);
    }
}

thread_local! {
    static OLDER: Value = const { Value(VALUES[0]) };
    static YOUNGER: Value = const { Value(VALUES[1]) };
}

/// A key, plus one.
static MADE: [AtomicU32; 2] = [const { AtomicU32::new(0) }; 2];
/// Rounds in which its destructor came.
static ROUNDS: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

/// Before `main`, and before anybody asks for a block.
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_ALL: extern "C" fn() = make_older;

extern "C" fn make_older() {
    make(0);
}

fn make(which: usize) {
    let mut key = 0;
    // SAFETY: the place is valid, and the destructor follows the C calling convention.
    let error = unsafe { libc::pthread_key_create(&raw mut key, Some(come_again)) };
    if error == 0 {
        MADE[which].store(key + 1, Ordering::Relaxed);
    }
}

/// The key's value is where [`MADE`] has it, for ever the same.
fn arm(which: usize) {
    let made = &MADE[which];
    if let Some(key) = made.load(Ordering::Relaxed).checked_sub(1) {
        // SAFETY: the key exists and is never deleted.
        unsafe { libc::pthread_setspecific(key, ptr::from_ref(made).cast()) };
    }
}

extern "C" fn come_again(value: *mut c_void) {
    let which = usize::from(!ptr::eq(value.cast(), &MADE[0]));
    ROUNDS[which].fetch_add(1, Ordering::Relaxed);
    ask(KEYS[which]);
    arm(which);
}

/// Starts the threads and waits for each; says in how many rounds the keys' destructors came.
pub(super) fn run() {
    make(1);
    for _ in 0..THREADS {
        let departing = thread::spawn(|| {
            OLDER.with(|value| black_box(value.0));
            arm(0);
            drop(block(VALUES[0]));
            arm(1);
            YOUNGER.with(|value| black_box(value.0));
        });
        assert!(departing.join().is_ok());
    }
    for rounds in &ROUNDS {
        println!("rounds={}", rounds.load(Ordering::Relaxed));
    }
}
