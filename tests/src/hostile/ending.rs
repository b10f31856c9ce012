//! Memory used when the process ends: by functions of `atexit`, registered before and after the allocator's first use.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::Subjects;
use crate::hoard::Hoard;
use crate::random::Random;

/// What the functions work on: blocks of the main thread and of one that has ended.
static LEFT: Mutex<Vec<Hoard<'static>>> = Mutex::new(Vec::new());
static SUBJECTS: Mutex<Option<Subjects>> = Mutex::new(None);
static CALLED: AtomicUsize = AtomicUsize::new(0);

/// Functions that are registered.
const FUNCTIONS: usize = 2;

fn register() {
    // SAFETY: the function follows the C calling convention and lives as long as the program.
    let status = unsafe { libc::atexit(at_exit) };
    assert_eq!(status, 0, "the function can be registered");
}

/// Registers the functions and has the process end through them: what they find wrong makes its exit code 1.
pub(super) fn uses_memory(subjects: Subjects) {
    *SUBJECTS.lock().expect("nobody panics with it") = Some(subjects);
    register();
    let filled = move |seed| {
        let mut hoard = Hoard::with_room(subjects.own.allocator, 4096);
        assert!(
            hoard.fill(&mut Random::new(seed), 1 << 20, 64 << 10),
            "there is memory"
        );
        assert!(hoard.add(20 << 20), "there is memory");
        hoard
    };
    let there = thread::spawn(move || filled(1)).join();
    let mut left = vec![there.expect("the thread does not panic"), filled(2)];
    LEFT.lock()
        .expect("nobody panics with it")
        .append(&mut left);
    register();
    std::process::exit(0);
}

/// Uses, makes and frees blocks, on this thread and on another. The last of them says that all went well.
extern "C" fn at_exit() {
    let done = std::panic::catch_unwind(|| {
        let subjects = SUBJECTS.lock().expect("nobody panics with it");
        let subjects = subjects.expect("it was set");
        let hoard = LEFT.lock().expect("nobody panics with it").pop();
        let mut hoard = hoard.expect("there is one a function");
        hoard.verify();
        hoard.thin_out();
        assert!(
            hoard.fill(&mut Random::new(3), 2 << 20, 64 << 10),
            "there is memory"
        );
        let there = thread::spawn(move || {
            hoard.verify();
            hoard
        });
        drop(there.join().expect("the thread does not panic"));
        let texts: Vec<String> = (0..1000).map(|line| format!("line {line}")).collect();
        assert_eq!(texts[999], "line 999");
        if CALLED.fetch_add(1, Ordering::Relaxed) + 1 == FUNCTIONS {
            super::left_nothing(subjects.own);
            println!("ending passed");
        }
    });
    if done.is_err() {
        // SAFETY: the process ends here.
        unsafe { libc::_exit(1) }
    }
}
