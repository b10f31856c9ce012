//! Too little address space or memory: a smaller arena, then null, never a crash; and on with what was freed.

#![cfg(target_os = "linux")]

use orthotope_tests::binary;

fn run_each(scenario: &str) {
    for executable in [
        env!("CARGO_BIN_EXE_limited-default"),
        env!("CARGO_BIN_EXE_limited-general"),
    ] {
        for allocator in ["grow", "null"] {
            let ended = binary::run(executable, &[allocator, scenario]).success();
            println!("{ended}");
        }
    }
}

#[test]
fn an_arena_degrades_to_300_mebibytes_of_address_space() {
    run_each("space-300");
}

#[test]
fn an_arena_degrades_to_2_gibibytes_of_address_space() {
    run_each("space-2048");
}

#[test]
fn a_program_without_address_space_gets_null() {
    run_each("none");
}

#[test]
fn a_program_with_next_to_no_address_space_gets_null_or_what_there_is() {
    run_each("little");
}

#[test]
fn refused_commits_are_null() {
    run_each("data");
}

#[test]
fn what_is_freed_under_a_limit_goes_back_without_a_background_thread() {
    run_each("data-later");
}

/// Sixty-four mebibytes of blocks, threads and forks in a program that was started under the limit.
#[test]
fn a_global_allocator_starts_under_a_limit() {
    for executable in [
        env!("CARGO_BIN_EXE_forking-default"),
        env!("CARGO_BIN_EXE_forking-general"),
    ] {
        for kibibytes in [300 << 10, 2 << 20] {
            let line = format!("ulimit -v {kibibytes} && exec {executable} gives-back");
            let ended = binary::run("/bin/sh", &["-c", &line]).success();
            println!("{ended}");
        }
    }
}
