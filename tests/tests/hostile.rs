//! Hostile surroundings: signals, forks out of handlers, small stacks, no threads, use at the end, panics, many arenas.

#![cfg(all(target_os = "linux", target_env = "gnu"))]

use orthotope_tests::binary;

const BINARIES: [&str; 2] = [
    env!("CARGO_BIN_EXE_hostile-default"),
    env!("CARGO_BIN_EXE_hostile-general"),
];

fn run(executable: &str, scenario: &str) {
    let ended = binary::run(executable, &[scenario]).success();
    assert!(
        ended.stdout.contains(&format!("{scenario} passed")),
        "{ended}"
    );
    println!("{ended}");
}

fn run_under_both_presets(scenario: &str) {
    BINARIES
        .into_iter()
        .for_each(|executable| run(executable, scenario));
}

#[test]
fn signals_interrupt_allocations_and_nothing_is_lost() {
    run_under_both_presets("signals");
}

#[test]
fn a_handler_that_interrupted_an_allocation_may_fork() {
    run_under_both_presets("forks-in-handlers");
}

#[test]
fn so_it_may_while_another_thread_forks() {
    run_under_both_presets("forks-at-once");
}

#[test]
fn stacks_of_64_kibibytes_are_enough() {
    run_under_both_presets("small-stacks");
}

#[test]
fn memory_goes_back_where_no_thread_can_be_made() {
    run_under_both_presets("no-threads");
}

#[test]
fn functions_of_atexit_may_use_memory() {
    run_under_both_presets("ending");
}

#[test]
fn panics_leave_no_block_behind() {
    run_under_both_presets("panics");
}

#[test]
fn ten_thousand_arenas_leave_nothing_behind() {
    run(BINARIES[0], "arenas");
}
