//! Memory goes back to the system: by the clock, at once, on demand; and the thread that sees to it bothers nobody.

#![cfg(target_os = "linux")]

use orthotope_tests::binary;

fn run_under_both_presets(scenario: &str) {
    for executable in [
        env!("CARGO_BIN_EXE_giving-back-default"),
        env!("CARGO_BIN_EXE_giving-back-general"),
    ] {
        let ended = binary::run(executable, &[scenario]).success();
        println!("{ended}");
    }
}

#[test]
fn an_idle_program_shrinks_to_what_it_uses() {
    run_under_both_presets("idle");
}

#[test]
fn never_marks_and_gives_nothing_back() {
    run_under_both_presets("never");
}

#[test]
fn eager_gives_large_blocks_back_at_once() {
    run_under_both_presets("eager");
}

#[test]
fn eager_gives_small_blocks_back_soon() {
    run_under_both_presets("eager-small");
}

#[test]
fn purge_now_gives_all_back_whatever_the_clock_says() {
    run_under_both_presets("purge-now");
}

#[test]
fn flush_thread_empties_the_cache() {
    run_under_both_presets("flush-thread");
}

#[test]
fn a_program_with_little_to_give_back_has_one_thread() {
    run_under_both_presets("no-thread");
}

#[test]
fn the_thread_is_there_when_needed_and_rests_otherwise() {
    run_under_both_presets("thread");
}

#[test]
fn the_thread_takes_no_signal_of_the_program() {
    run_under_both_presets("signals");
}
