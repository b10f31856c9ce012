//! Profiles as a recorded program leaves them: when, where, and with which numbers.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use orthotope_tests::memory::wait_until;
use orthotope_tests::recorded::calling::{
    ASKED, BLOCKS, CALLED_BACK, PANICKED, REFUSED, SIGNALLED,
};
use orthotope_tests::recorded::{
    GROWN, GROWN_BLOCKS, KEPT, KEPT_BLOCKS, PASSED, PASSED_BLOCKS, departing,
};
use serde_json::Value;

/// The same program under recorders of `general`, the default preset and the system's allocator.
const BINARIES: [&str; 3] = [
    env!("CARGO_BIN_EXE_recorded"),
    env!("CARGO_BIN_EXE_recorded-default"),
    env!("CARGO_BIN_EXE_recorded-system"),
];

/// A folder of its own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("recorder-{name}"));
    // It is not there the first time.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("cargo's folder for temporary files can be written to");
    folder
}

fn run(arguments: &[&str], asked: Option<&Path>) -> Output {
    run_one(BINARIES[0], arguments, asked)
}

fn run_one(binary: &str, arguments: &[&str], asked: Option<&Path>) -> Output {
    let mut command = Command::new(binary);
    command.args(arguments).stdin(Stdio::null());
    match asked {
        Some(path) => command.env("ORTHOTOPE_PROFILE", path),
        None => command.env_remove("ORTHOTOPE_PROFILE"),
    };
    command.output().expect("a binary of this package starts")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry of it").path())
        .collect()
}

/// The profile as an independent reader of JSON sees it.
fn profile(path: &Path) -> Value {
    let text = fs::read_to_string(path).expect("the profile was written");
    serde_json::from_str(&text).expect("a profile is JSON")
}

/// A number of the bin that holds requests of `size` bytes.
#[track_caller]
fn number(profile: &Value, size: usize, key: &str) -> u64 {
    let bins = profile["bins"].as_array().expect("bins are a list");
    let rounded = size.next_multiple_of(8) as u64;
    let bin = bins.iter().find(|bin| bin["size"] == rounded);
    bin.and_then(|bin| bin[key].as_u64())
        .unwrap_or_else(|| panic!("no `{key}` for {size} bytes in {profile:#}"))
}

fn number_of(profile: &Value, size: usize, key: &str) -> usize {
    usize::try_from(number(profile, size, key)).expect("it was counted")
}

fn check(profile: &Value) {
    assert_eq!(profile["orthotope_profile"], 1);
    assert_eq!(profile["processes"], 1);
    assert_eq!(number(profile, PASSED, "allocations"), PASSED_BLOCKS as u64);
    assert_eq!(number(profile, PASSED, "live"), 0);
    let peak = number(profile, PASSED, "peak");
    assert!(peak >= PASSED_BLOCKS as u64 * 98 / 100, "{peak}");
    let remote = number(profile, PASSED, "remote_frees");
    // One block in 64 of those 3,200 is sampled.
    assert!((640..=PASSED_BLOCKS as u64).contains(&remote), "{remote}");
    let kept = (KEPT_BLOCKS + GROWN_BLOCKS) as u64;
    assert_eq!(number(profile, KEPT, "allocations"), kept);
    assert_eq!(number(profile, KEPT, "live"), KEPT_BLOCKS as u64);
    assert_eq!(number(profile, KEPT, "align"), 8);
    assert_eq!(number(profile, GROWN, "reallocs"), GROWN_BLOCKS as u64);
}

#[test]
fn a_program_that_returns_leaves_a_profile() {
    let folder = folder("returns");
    let output = run(&["return"], Some(&folder.join("of-%p.json")));
    assert!(output.status.success(), "{output:?}");
    let files = files(&folder);
    assert_eq!(files.len(), 1, "{files:?}");
    let name = files[0].file_name().and_then(|name| name.to_str());
    let number = name.and_then(|name| name.strip_prefix("of-")?.strip_suffix(".json"));
    assert!(
        number.is_some_and(|number| number.parse::<u32>().is_ok()),
        "{name:?}"
    );
    check(&profile(&files[0]));
}

#[test]
fn a_recorder_takes_any_allocator() {
    let folder = folder("any");
    for (number, binary) in BINARIES.into_iter().enumerate() {
        let path = folder.join(format!("{number}.json"));
        let output = run_one(binary, &["return"], Some(&path));
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{binary}: {output:?}"
        );
        check(&profile(&path));
    }
}

#[test]
fn what_threads_ask_for_while_they_end_is_counted() {
    let folder = folder("departing");
    for (number, binary) in BINARIES.into_iter().enumerate() {
        let path = folder.join(format!("{number}.json"));
        let output = run_one(binary, &["depart"], Some(&path));
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{binary}: {output:?}"
        );
        let said = String::from_utf8_lossy(&output.stdout);
        let rounds: Vec<usize> = said
            .lines()
            .filter_map(|line| line.strip_prefix("rounds=")?.parse().ok())
            .collect();
        let [older, younger] = rounds[..] else {
            panic!("{binary}: {said}");
        };
        // The recorder leaves a thread in its third round: who comes a fourth time comes after it.
        assert!(
            older.min(younger) >= 4 * departing::THREADS,
            "{binary}: {said}"
        );

        let profile = profile(&path);
        check(&profile);
        let [first, last] = departing::VALUES;
        // Each thread also had one such block while it lived.
        let threads = departing::THREADS;
        let lived = [(first, threads, threads), (last, threads, 0)];
        let [first, last] = departing::KEYS;
        for (size, times, more) in lived
            .into_iter()
            .chain([(first, older, 0), (last, younger, 0)])
        {
            let asked = times * departing::BLOCKS;
            assert_eq!(
                (
                    number_of(&profile, size, "allocations"),
                    number_of(&profile, size, "live")
                ),
                (asked + more, asked / 2),
                "{binary}: {size} bytes"
            );
        }
    }
}

#[test]
fn an_allocator_that_calls_back_is_counted_as_any() {
    let folder = folder("calling");
    let path = folder.join("calling.json");
    let binary = env!("CARGO_BIN_EXE_recorded-calling");
    let output = run_one(binary, &[&path.to_string_lossy()], None);
    assert!(output.status.success(), "{output:?}");
    let profile = profile(&path);
    // Asked for, refused to grow, and freed.
    for (size, asked) in [
        (ASKED, BLOCKS),
        (CALLED_BACK, 3 * BLOCKS),
        (SIGNALLED, 3 * BLOCKS),
        (PANICKED, BLOCKS),
    ] {
        assert_eq!(
            (
                number_of(&profile, size, "allocations"),
                number_of(&profile, size, "live")
            ),
            (asked, 0),
            "{size} bytes"
        );
    }
    let bins = profile["bins"].as_array().expect("bins are a list");
    let refused = REFUSED.next_multiple_of(8) as u64;
    assert!(bins.iter().all(|bin| bin["size"] != refused), "{profile:#}");
}

#[test]
fn a_program_that_is_killed_while_it_writes_leaves_a_whole_profile_or_none() {
    let folder = folder("killed");
    let path = folder.join("killed.json");
    let mut whole = 0;
    for pause in 0..12 {
        let mut child = Command::new(BINARIES[0])
            .args(["write-until-killed", &path.to_string_lossy()])
            .stdin(Stdio::null())
            .spawn()
            .expect("a binary of this package starts");
        // The first profile takes its time; after that, a little more each time.
        let written = whole > 0 || wait_until(Duration::from_secs(60), || path.exists());
        let ended = child.try_wait().expect("it is our child");
        assert!(
            written && ended.is_none(),
            "no profile, or no end: {ended:?}"
        );
        thread::sleep(Duration::from_millis(pause));
        child.kill().expect("it is our child");
        child.wait().expect("it is our child");
        if path.exists() {
            check(&profile(&path));
            whole += 1;
        }
    }
    assert!(whole > 0, "no profile was ever written");
    // What is left beside it is of interrupted writers, by their ids.
    for file in files(&folder) {
        let name = file.to_string_lossy().into_owned();
        assert!(file == path || name.ends_with(".tmp"), "{name}");
    }
}

#[test]
fn a_program_that_exits_leaves_a_profile() {
    let folder = folder("exits");
    let path = folder.join("exits.json");
    assert_eq!(run(&["exit"], Some(&path)).status.code(), Some(3));
    check(&profile(&path));
}

#[test]
fn a_program_that_is_not_asked_leaves_nothing() {
    let folder = folder("unasked");
    for asked in [None, Some(Path::new(""))] {
        let output = run(&["return"], asked);
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{output:?}"
        );
    }
    assert!(files(&folder).is_empty());
}

#[test]
fn a_program_that_aborts_leaves_the_old_profile_as_it_was() {
    let folder = folder("aborts");
    let path = folder.join("aborts.json");
    fs::write(&path, "older").expect("the folder can be written to");
    assert!(!run(&["abort"], Some(&path)).status.success());
    assert_eq!(fs::read_to_string(&path).ok().as_deref(), Some("older"));
    assert_eq!(files(&folder).len(), 1);
}

#[test]
fn parent_and_child_leave_a_profile_each() {
    let folder = folder("forks");
    let output = run(&["fork"], Some(&folder.join("%p.json")));
    assert!(output.status.success(), "{output:?}");
    let files = files(&folder);
    assert_eq!(files.len(), 2, "{files:?}");
    files.iter().for_each(|path| check(&profile(path)));
}

#[test]
fn a_profile_is_written_when_asked_without_allocating() {
    let folder = folder("written");
    let path = folder.join("written.json");
    let output = run(&["write", &path.to_string_lossy()], None);
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
    check(&profile(&path));
    assert_eq!(files(&folder), [path]);
}

#[test]
fn threads_that_write_at_once_leave_a_whole_profile() {
    let folder = folder("at-once");
    let path = folder.join("at-once.json");
    let output = run(&["write-at-once", &path.to_string_lossy()], None);
    assert!(output.status.success(), "{output:?}");
    check(&profile(&path));
    assert_eq!(files(&folder), [path]);
}

#[test]
fn what_cannot_be_written_is_said_and_changes_nothing() {
    let folder = folder("refused");
    let missing = folder.join("no-such-folder").join("x.json");
    let output = run(&["write", &missing.to_string_lossy()], None);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stderr, b"refused=NotFound\n");

    let output = run(&["return"], Some(&missing));
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.starts_with("orthotope: cannot write the profile"),
        "{said}"
    );

    let long = "x".repeat(5_000);
    let output = run(&["write", &long], None);
    assert_eq!(output.stderr, b"refused=InvalidInput\n");
    assert!(files(&folder).is_empty());
}
