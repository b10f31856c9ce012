//! 200 threads that start, allocate, hand blocks to other threads and exit: memory stays flat over 100 rounds.

#![cfg(target_os = "linux")]

use orthotope_tests::binary;

#[test]
fn memory_stays_flat_under_the_default_preset() {
    println!(
        "{}",
        binary::run(env!("CARGO_BIN_EXE_churn-default"), &[]).success()
    );
}

#[test]
fn memory_stays_flat_under_general() {
    println!(
        "{}",
        binary::run(env!("CARGO_BIN_EXE_churn-general"), &[]).success()
    );
}
