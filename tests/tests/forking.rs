//! Children of a process whose threads allocate, and whose background thread gives memory back, all the time.

#![cfg(target_os = "linux")]

use orthotope_tests::binary;

fn run_under_each(scenario: &str) {
    for executable in [
        env!("CARGO_BIN_EXE_forking-default"),
        env!("CARGO_BIN_EXE_forking-general"),
        env!("CARGO_BIN_EXE_forking-hardened"),
    ] {
        let ended = binary::run(executable, &[scenario]).success();
        println!("{ended}");
    }
}

#[test]
fn a_child_gives_back_what_it_frees() {
    run_under_each("gives-back");
}

#[test]
fn children_forked_at_any_moment_can_go_on() {
    run_under_each("storm");
}

#[test]
fn a_fork_in_a_handler_of_a_fork_leaves_all_able_to_go_on() {
    run_under_each("nested");
}

#[test]
fn children_forked_while_an_allocator_starts_can_use_it() {
    for _ in 0..20 {
        let ended = binary::run(env!("CARGO_BIN_EXE_forking-starting"), &[]).success();
        println!("{ended}");
    }
}
