//! A program under a recorder: does its work, then ends as its first argument says.

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
    recorded::work();
    match arguments[1].as_str() {
        "return" => {}
        "exit" => std::process::exit(3),
        "abort" => std::process::abort(),
        "write" => {
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
        }
        "write-at-once" => {
            let path = &arguments[2];
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(move || {
                        for _ in 0..10 {
                            GLOBAL.write_profile(path).expect("the folder exists");
                        }
                    });
                }
            });
        }
        #[cfg(unix)]
        "fork" => {
            // SAFETY: no other thread of this process is running.
            let child = unsafe { libc::fork() };
            assert!(child >= 0, "the system forks");
            if child > 0 {
                let mut status = 0;
                // SAFETY: the child is ours, and the place valid.
                unsafe { libc::waitpid(child, &raw mut status, 0) };
                assert_eq!(status, 0, "the child ended well");
            }
        }
        other => unreachable!("`{other}` is no way to end"),
    }
    ExitCode::SUCCESS
}
