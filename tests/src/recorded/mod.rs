//! What a recorded program asks for, in numbers that a test knows.
//!
//! The sizes are those of nobody else, so that a profile's bins for them hold exactly what is done here. In `departing`:
//! threads that go on asking while they end; in `calling`: an allocator that asks its own recorder.

pub mod calling;
#[cfg(target_os = "linux")]
pub mod departing;

use std::alloc::GlobalAlloc;
use std::hint::black_box;
use std::process::ExitCode;
use std::thread;

use orthotope::Recorder;

/// Freed again, half of it by another thread.
pub const PASSED: usize = 3_333;
/// Blocks of it.
pub const PASSED_BLOCKS: usize = 6_400;
/// Kept until the end of the process.
pub const KEPT: usize = 2_777;
/// Blocks of it.
pub const KEPT_BLOCKS: usize = 300;
/// Grown to this from [`KEPT`].
pub const GROWN: usize = 70_001;
/// Times that is done.
pub const GROWN_BLOCKS: usize = 20;

/// Asks for all of it.
pub fn work() {
    let mut passed: Vec<Box<[u8]>> = (0..PASSED_BLOCKS).map(|_| block(PASSED)).collect();
    let other = passed.split_off(PASSED_BLOCKS / 2);
    let freed = thread::spawn(move || drop(black_box(other)));
    drop(black_box(passed));
    assert!(freed.join().is_ok());
    for _ in 0..KEPT_BLOCKS {
        Box::leak(block(KEPT));
    }
    for _ in 0..GROWN_BLOCKS {
        let mut grown = Vec::from(block(KEPT));
        grown.reserve_exact(GROWN - KEPT);
        assert_eq!(black_box(&grown).capacity(), GROWN);
    }
}

/// A block that the compiler cannot leave out.
pub fn block(bytes: usize) -> Box<[u8]> {
    black_box(vec![1_u8; bytes].into_boxed_slice())
}

/// Does the work, then ends as the program's first argument says.
///
/// # Panics
///
/// If the argument is none of those below, or the system refuses what it takes.
pub fn main<A: GlobalAlloc + Sync>(recorder: &'static Recorder<A>) -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    work();
    match arguments[1].as_str() {
        "return" => {}
        "exit" => std::process::exit(3),
        "abort" => std::process::abort(),
        "write-at-once" => thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| write(recorder, &arguments[2], 10));
            }
        }),
        "write-until-killed" => write(recorder, &arguments[2], usize::MAX),
        #[cfg(target_os = "linux")]
        "depart" => departing::run(),
        #[cfg(unix)]
        "fork" => fork(),
        other => unreachable!("`{other}` is no way to end"),
    }
    ExitCode::SUCCESS
}

fn write<A>(recorder: &Recorder<A>, path: &str, times: usize) {
    for _ in 0..times {
        recorder.write_profile(path).expect("the folder exists");
    }
}

#[cfg(unix)]
fn fork() {
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
