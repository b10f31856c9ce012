//! A program under a recorder whose allocator calls back: it asks the global allocator for memory while it serves, lets
//! a signal interrupt it whose handler does the same, and refuses one size.

use std::alloc::{GlobalAlloc, Layout, System};
use std::process::ExitCode;
use std::thread;

use orthotope::Recorder;
use orthotope_tests::recorded::block;
use orthotope_tests::recorded::calling::{
    ASKED, BLOCKS, CALLED_BACK, PANICKED, REFUSED, SIGNALLED,
};

struct Calling;

/// Asks the recorder for a block while it serves another one.
fn call_back(size: usize) {
    if size == ASKED {
        drop(block(CALLED_BACK));
        // SAFETY: a signal to this thread, whose handler is ours.
        unsafe { libc::raise(libc::SIGUSR1) };
    }
}

extern "C" fn signalled(_: libc::c_int) {
    drop(block(SIGNALLED));
}

// SAFETY: every request goes to the system, or is refused.
unsafe impl GlobalAlloc for Calling {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        call_back(layout.size());
        if layout.size() == REFUSED {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        call_back(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        call_back(layout.size());
        if new_size == REFUSED {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        unsafe { System.realloc(block, layout, new_size) }
    }
}

#[global_allocator]
static GLOBAL: Recorder<Calling> = Recorder::new(Calling);

fn main() -> ExitCode {
    let path = std::env::args().nth(1).expect("the profile's path");
    let handler = signalled as extern "C" fn(libc::c_int);
    // SAFETY: the handler asks for memory, which is safe where this program raises the signal: outside of the system's
    // allocator.
    unsafe { libc::signal(libc::SIGUSR1, handler as libc::sighandler_t) };
    let asked = thread::spawn(|| {
        let blocks: Vec<_> = (0..BLOCKS).map(|_| block(ASKED)).collect();
        for block in blocks {
            let mut grown = Vec::from(block);
            assert!(grown.try_reserve_exact(REFUSED - ASKED).is_err());
            assert!(Vec::<u8>::new().try_reserve_exact(REFUSED).is_err());
        }
    });
    assert!(asked.join().is_ok());
    let panicked = thread::spawn(|| {
        let _blocks: Vec<_> = (0..BLOCKS).map(|_| block(PANICKED)).collect();
        std::panic::resume_unwind(Box::new(()));
    });
    assert!(panicked.join().is_err());
    match GLOBAL.write_profile(path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
