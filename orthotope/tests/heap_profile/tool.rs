//! Profiles in the hands of `go tool pprof`, the program that most people read them with: what it prints of known sizes.
//!
//! Without Go a test is skipped by its name, or fails where `ORTHOTOPE_REQUIRE_PROGRAMS` is set.

use std::alloc::Layout;
use std::env;
use std::fs::File;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{files_of, folder, is_child};
use super::{Global, asks_for_many, assert_near, give_back};

fn have_go(test: &str) -> bool {
    let found = Command::new("go").arg("version").output();
    if found.is_ok_and(|output| output.status.success()) {
        return true;
    }
    assert!(
        env::var_os("ORTHOTOPE_REQUIRE_PROGRAMS").is_none(),
        "{test} needs go"
    );
    println!("skipped: {test} needs go");
    false
}

/// What the program prints of a profile. It knows of it what is in the file, and asks no other program for symbols.
fn pprof(arguments: &[&str], profile: &Path) -> String {
    let output = Command::new("go")
        .args(["tool", "pprof", "-symbolize=none", "-nodefraction=0"])
        .args(arguments)
        .arg(profile)
        .env("GOTOOLCHAIN", "local")
        .output()
        .expect("go starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("it prints UTF-8")
}

/// A line of `-top`.
#[derive(Debug)]
struct Row {
    /// Of the function and of what it calls.
    cum: i64,
    name: String,
}

fn top(index: &str, arguments: &[&str], profile: &Path) -> Vec<Row> {
    let index = format!("-sample_index={index}");
    let printed = pprof(&[&["-top", &index, "-unit=B"], arguments].concat(), profile);
    let number = |word: &str| word.trim_end_matches('B').parse().expect("a number");
    let row = |line: &str| {
        let mut words = line.split_whitespace();
        let [_, _, _, cum, _] = [(); 5].map(|()| words.next().expect("five numbers"));
        Row {
            cum: number(cum),
            name: words.collect::<Vec<_>>().join(" "),
        }
    };
    let lines = printed.lines();
    let mut rows = lines.skip_while(|line| !line.trim_start().starts_with("flat "));
    assert!(rows.next().is_some(), "{printed}");
    rows.map(row).collect()
}

/// What was asked for by a function of this file and what it calls; 0 where it is not named.
fn of(rows: &[Row], function: &str) -> i64 {
    let is_it = |row: &&Row| row.name.trim_end_matches(" (inline)").ends_with(function);
    rows.iter().filter(is_it).map(|row| row.cum).sum()
}

#[inline(never)]
fn leaks_blocks(blocks: usize) {
    for _ in 0..blocks {
        std::mem::forget(black_box(vec![1_u8; 10_000]));
    }
}

#[inline(never)]
fn leaks_here() {
    leaks_blocks(17);
    black_box(());
}

#[inline(never)]
fn leaks_there() {
    leaks_blocks(5);
    black_box(());
}

#[inline(never)]
fn frees_blocks() {
    for _ in 0..23 {
        drop(black_box(vec![1_u8; 10_000]));
    }
}

#[test]
fn leaks_are_told_by_stack() {
    if is_child() {
        leaks_here();
        leaks_there();
        frees_blocks();
        return;
    }
    if !have_go("leaks_are_told_by_stack") {
        return;
    }
    let files = files_of("tool::leaks_are_told_by_stack", "1");
    let [file] = &files[..] else {
        panic!("one process leaves one profile: {files:?}");
    };
    for (index, expected) in [
        ("inuse_objects", [22, 17, 5, 0]),
        ("inuse_space", [220_000, 170_000, 50_000, 0]),
        ("alloc_objects", [22, 17, 5, 23]),
        ("alloc_space", [220_000, 170_000, 50_000, 230_000]),
    ] {
        let rows = top(index, &[], file);
        let functions = ["leaks_blocks", "leaks_here", "leaks_there", "frees_blocks"];
        assert_eq!(functions.map(|name| of(&rows, name)), expected, "{index}");
        let own = rows.iter().find(|row| {
            let own = [
                "orthotope_runtime",
                "GlobalAlloc",
                "__rust_alloc",
                "raw_vec",
            ];
            own.iter().any(|part| row.name.contains(part))
        });
        assert!(own.is_none(), "the allocator is in the way: {own:?}");
    }

    let leaks = pprof(&["-peek", "leaks_blocks$", "-unit=B"], file);
    for (bytes, caller) in [("170000B", "leaks_here"), ("50000B", "leaks_there")] {
        let found = leaks
            .lines()
            .any(|line| line.trim_start().starts_with(bytes) && line.ends_with(caller));
        assert!(found, "{caller} in {leaks}");
    }
}

/// Writes what the type holds.
fn write<R>(name: &str, profile: impl FnOnce(File) -> R) -> PathBuf {
    let path = folder(name).join("of.pb.gz");
    profile(File::create(&path).expect("the folder can be written to"));
    path
}

#[test]
fn estimates_and_differences_are_near() {
    if !have_go("estimates_and_differences_are_near") {
        return;
    }

    #[orthotope::allocator(preset = "general")]
    static COMPARED: Compared;

    #[inline(never)]
    fn asks_later(blocks: usize) -> Vec<usize> {
        asks_for_many(&COMPARED, Layout::new::<[u8; 3_000]>(), blocks)
    }

    Compared::set_heap_sample_interval(16 << 10);
    // A deviation of a fiftieth.
    let (blocks, layout) = (40_000, Layout::new::<[u8; 1_000]>());
    let held = asks_for_many(&COMPARED, layout, blocks);
    let first = write("tool-first", Compared::heap_profile);
    let rows = top("inuse_space", &[], &first);
    assert_near(of(&rows, "asks_for_many"), 40_000_000);

    let (gone, kept) = held.split_at(blocks / 2);
    give_back(&COMPARED, layout, gone);
    let later = asks_later(20_000);
    let second = write("tool-second", Compared::heap_profile);
    let base = format!("-base={}", first.display());
    let rows = top("inuse_space", &[&base], &second);
    assert_near(of(&rows, "asks_later"), 60_000_000);
    let rows = top("inuse_space", &[&base, "-ignore=asks_later"], &second);
    assert_near(-of(&rows, "asks_for_many"), 20_000_000);
    let rows = top("alloc_space", &[&base, "-ignore=asks_later"], &second);
    assert_eq!(of(&rows, "asks_for_many"), 0, "nothing was asked for since");

    give_back(&COMPARED, layout, kept);
    give_back(&COMPARED, Layout::new::<[u8; 3_000]>(), &later);
}

#[test]
fn the_head_and_the_lines_are_read() {
    if !have_go("the_head_and_the_lines_are_read") {
        return;
    }

    #[inline(never)]
    fn keeps_much() -> Vec<u8> {
        vec![1; 64 << 20]
    }
    const LINE: u32 = line!() - 2;

    let kept = black_box(keeps_much());
    let file = write("tool-head", Global::heap_profile);
    let raw = pprof(&["-raw"], &file);
    let has = |part: &str| assert!(raw.contains(part), "{part} in {raw}");
    has("PeriodType: space bytes\nPeriod: 524288\n");
    has("\nalloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes[dflt]\n");
    let program = env::current_exe().expect("Linux tells");
    has(&program.to_string_lossy());
    has(" [FN]");

    // As the standard library sees it, this program's lines are known or not.
    let here = std::backtrace::Backtrace::force_capture().to_string();
    if here.contains("tool.rs:") {
        let lines = pprof(&["-top", "-lines", "-sample_index=inuse_space"], &file);
        let place = format!("tool.rs:{LINE}");
        let found = lines
            .lines()
            .any(|line| line.contains("keeps_much") && line.contains(&place));
        assert!(found, "{place} in {lines}");
    }
    drop(kept);
}
