//! The C side of the process, function by function: what C and POSIX promise, and what an invalid free ends with.
//!
//! The programs are C's and C++'s, in `tests/c_api`: run with `examples/preload` in the place of the system's `malloc`, and
//! linked into a Rust program whose allocator exports it.

#![cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use orthotope_tests::native::{compile, have, library, run, text};

const SCRATCH: &str = env!("CARGO_TARGET_TMPDIR");

static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| library(Path::new(SCRATCH)));

fn build(source: &str, name: &str, more: &[&str]) -> PathBuf {
    compile(Path::new(SCRATCH), source, name, more)
}

/// What it wrote, once it is certain that it ended well.
fn success(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// Runs the program with the library preloaded.
fn preloaded(program: &Path) -> Output {
    run(Some(&LIBRARY), &mut Command::new(program))
}

#[test]
fn the_contract_holds_preloaded() {
    if !have("the_contract_holds_preloaded", &["cc"]) {
        return;
    }
    let told = success(&preloaded(&build("contract.c", "contract", &[])));
    assert_eq!(told.lines().count(), 11, "the family is complete: {told}");
    for line in told.lines() {
        assert!(line.ends_with("liborthotope_preload.so"), "{line}");
    }
}

#[test]
fn the_contract_holds_linked() {
    if !have("the_contract_holds_linked", &["cc"]) {
        return;
    }
    let shared = build("contract.c", "contract.so", &["-shared", "-fPIC"]);
    let linked = env!("CARGO_BIN_EXE_c-api-linked");
    let told = success(&run(None, Command::new(linked).arg(shared)));
    assert_eq!(told.lines().count(), 11, "the family is complete: {told}");
    for line in told.lines() {
        assert!(line.ends_with("c-api-linked"), "{line}");
    }
}

/// A thread's cache is reached in the initial-exec model: neither function asks the loader where it is.
#[test]
fn malloc_and_free_make_no_call_for_thread_local_memory() {
    if !have(
        "malloc_and_free_make_no_call_for_thread_local_memory",
        &["objdump"],
    ) {
        return;
    }
    for function in ["malloc", "free"] {
        let mut objdump = Command::new("objdump");
        objdump.arg(format!("--disassemble={function}"));
        let listing = success(&run(None, objdump.arg(&*LIBRARY)));
        let body = listing.split(&format!("<{function}>:")).nth(1);
        let body = body.unwrap_or_else(|| panic!("{function} is there: {listing}"));
        assert!(
            body.contains("%fs:"),
            "{function} reads its thread's: {body}"
        );
        assert!(!body.contains("__tls_get_addr"), "{body}");
    }
}

#[test]
fn an_invalid_free_ends_with_a_line_that_says_so() {
    if !have("an_invalid_free_ends_with_a_line_that_says_so", &["cc"]) {
        return;
    }
    let program = build("faults.c", "faults", &[]);
    let source = include_str!("../c_api/faults.c");
    let faults: Vec<_> = source
        .split("FAULT(\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(faults.len() > 20, "the source names them: {faults:?}");
    for fault in faults {
        let output = run(Some(&LIBRARY), Command::new(&program).arg(fault));
        let told = text(&output.stderr);
        assert_eq!(
            output.status.signal(),
            Some(libc::SIGABRT),
            "{fault}: {told}"
        );
        assert_eq!(told.lines().count(), 1, "{fault}: {told}");
        let why = match fault.split(": ").next() {
            Some("foreign") => "no block of this allocator",
            Some("inside" | "never") => "inside a block, or was never handed out",
            _ => "already",
        };
        assert!(
            told.starts_with("orthotope: ") && told.contains(why),
            "{fault}: {told}"
        );
    }
}

#[test]
fn a_program_with_part_of_the_family_never_meets_our_blocks() {
    if !have(
        "a_program_with_part_of_the_family_never_meets_our_blocks",
        &["cc"],
    ) {
        return;
    }
    let told = success(&preloaded(&build("partial.c", "partial", &[])));
    assert_eq!(told, "all its own\n");
}

#[test]
fn new_throws_and_late_destructors_are_served() {
    if !have("new_throws_and_late_destructors_are_served", &["c++"]) {
        return;
    }
    let program = build(
        "throws.cpp",
        "throws",
        &["-std=c++17", "-Wno-alloc-size-larger-than"],
    );
    assert_eq!(success(&preloaded(&program)), "caught\n");
}

#[test]
fn forked_children_of_busy_processes_go_on() {
    if !have("forked_children_of_busy_processes_go_on", &["cc"]) {
        return;
    }
    assert_eq!(
        success(&preloaded(&build("busy.c", "busy", &[]))),
        "forked\n"
    );
}

#[test]
fn a_library_opened_late_finds_room_for_its_threads() {
    if !have("a_library_opened_late_finds_room_for_its_threads", &["cc"]) {
        return;
    }
    let program = build("late.c", "late", &[]);
    let told = success(&run(None, Command::new(program).arg(&*LIBRARY)));
    assert_eq!(told, "opened late\n");
}

#[test]
fn a_process_whose_first_thread_has_ended_ends() {
    if !have("a_process_whose_first_thread_has_ended_ends", &["cc"]) {
        return;
    }
    assert_eq!(
        success(&preloaded(&build("leader.c", "leader", &[]))),
        "the last\n"
    );
}
