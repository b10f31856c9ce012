//! A program under a recorder of `general`: does its work, then ends as its first argument says.

use std::alloc::{GlobalAlloc, Layout};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use orthotope::Recorder;
use orthotope_tests::recorded;

#[orthotope::allocator(preset = "general")]
static SERVING: Serving;

/// Counts the requests that reach the allocator under the recorder.
struct Counted(Serving);

static REQUESTS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every request goes to the allocator inside.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        REQUESTS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { self.0.dealloc(block, layout) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        REQUESTS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { self.0.realloc(block, layout, new_size) }
    }
}

#[global_allocator]
static GLOBAL: Recorder<Counted> = Recorder::new(Counted(SERVING));

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments[1] != "write" {
        return recorded::main(&GLOBAL);
    }
    recorded::work();
    let before = REQUESTS.load(Ordering::Relaxed);
    let written = GLOBAL.write_profile(&arguments[2]);
    assert_eq!(
        REQUESTS.load(Ordering::Relaxed),
        before,
        "writing allocated"
    );
    if let Err(error) = written {
        eprintln!("refused={:?}", error.kind());
    }
    ExitCode::SUCCESS
}
