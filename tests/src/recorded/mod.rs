//! What a recorded program asks for, in numbers that a test knows.
//!
//! The sizes are those of nobody else, so that a profile's bins for them hold exactly what is done here.

use std::hint::black_box;
use std::thread;

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

fn block(bytes: usize) -> Box<[u8]> {
    black_box(vec![1_u8; bytes].into_boxed_slice())
}
