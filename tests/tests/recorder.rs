//! Profiles as a recorded program leaves them: when, where, and with which numbers.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use orthotope_tests::recorded::{GROWN, GROWN_BLOCKS, KEPT, KEPT_BLOCKS, PASSED, PASSED_BLOCKS};
use serde_json::Value;

/// A folder of its own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("recorder-{name}"));
    // It is not there the first time.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("cargo's folder for temporary files can be written to");
    folder
}

fn run(arguments: &[&str], asked: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_recorded"));
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
