//! A process's own profile: at its end, in its children, and while signals, threads and forks have their way.
//!
//! A test starts this program again with one test's name, and the variable `PART` says that it is the child.

use std::cell::RefCell;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::Global;
use super::read::{Profile, read};

const PART: &str = "ORTHOTOPE_HEAP_PROFILE_TEST";

/// A folder of its own, empty.
pub(super) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("heap-profile-{name}"));
    // It is not there the first time.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("cargo's folder for temporary files can be written to");
    folder
}

/// Runs a test as a child. Returns the files that it leaves.
pub(super) fn files_of(test: &str, interval: &str) -> Vec<PathBuf> {
    let folder = folder(&test.replace("::", "-"));
    let output = Command::new(std::env::current_exe().expect("Linux tells"))
        .args(["--exact", test, "--nocapture"])
        .env(PART, "child")
        .env("ORTHOTOPE_HEAP_PROFILE", folder.join("of-%p.pb.gz"))
        .env("ORTHOTOPE_HEAP_SAMPLE", interval)
        .output()
        .expect("this program starts");
    assert!(output.status.success(), "{output:?}");
    fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry of it").path())
        .inspect(|path| assert!(path.to_string_lossy().ends_with(".pb.gz"), "{path:?}"))
        .collect()
}

/// Runs the test of this file with this name as a child, and reads the profiles that it leaves.
fn profiles_of(test: &str, interval: &str) -> Vec<Profile> {
    files_of(&format!("process::{test}"), interval)
        .into_iter()
        .map(|path| read(&fs::read(path).expect("it is a file")))
        .collect()
}

pub(super) fn is_child() -> bool {
    std::env::var_os(PART).is_some()
}

#[inline(never)]
fn leaks_on_purpose(blocks: usize) {
    for _ in 0..blocks {
        std::mem::forget(black_box(vec![1_u8; 10_000]));
    }
}

#[inline(never)]
fn frees_what_it_asks_for(blocks: usize) {
    for _ in 0..blocks {
        drop(black_box(vec![1_u8; 10_000]));
    }
}

#[test]
fn leaks_are_told_at_exit() {
    if is_child() {
        leaks_on_purpose(17);
        frees_what_it_asks_for(23);
        return;
    }
    let profiles = profiles_of("leaks_are_told_at_exit", "1");
    let [profile] = &profiles[..] else {
        panic!("one process leaves one profile: {profiles:?}");
    };
    assert_eq!(profile.period, 1);
    assert_eq!(
        profile.of("process::leaks_on_purpose"),
        [17, 170_000, 17, 170_000]
    );
    assert_eq!(
        profile.of("process::frees_what_it_asks_for"),
        [23, 230_000, 0, 0]
    );
    assert_eq!(
        profile.of("heap_profile::write_at_exit")[2..],
        [0, 0],
        "writing shows up"
    );
}

#[test]
fn nothing_is_sampled_where_the_environment_says_so() {
    if is_child() {
        return leaks_on_purpose(100);
    }
    let profiles = profiles_of("nothing_is_sampled_where_the_environment_says_so", "0");
    assert_eq!(profiles.len(), 1);
    assert_eq!(profiles[0].total(), [0; 4]);
}

thread_local! {
    static LATE: RefCell<Late> = const { RefCell::new(Late(Vec::new())) };
}

/// Asks for memory and leaves some when its thread ends.
struct Late(Vec<u8>);

impl Drop for Late {
    #[inline(never)]
    fn drop(&mut self) {
        frees_what_it_asks_for(3);
        leaks_on_purpose(2);
    }
}

#[test]
fn destructors_of_threads_are_profiled() {
    if is_child() {
        for _ in 0..5 {
            let use_it = || LATE.with(|late| late.borrow_mut().0.push(1));
            thread::spawn(use_it).join().expect("it ends");
        }
        return;
    }
    let profiles = profiles_of("destructors_of_threads_are_profiled", "1");
    assert_eq!(
        profiles[0].of("process::leaks_on_purpose")[2..],
        [10, 100_000]
    );
    assert_eq!(
        profiles[0].of("process::frees_what_it_asks_for"),
        [15, 150_000, 0, 0]
    );
}

/// Keeps the profile's lock busy until it is told to stop.
fn keep_busy(stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        frees_what_it_asks_for(10);
    }
}

#[inline(never)]
fn leaks_in_a_forked_child() {
    std::mem::forget(black_box(vec![1_u8; 20_000]));
}

#[test]
fn children_go_on_with_their_parents_profile() {
    /// Children that write a profile, which takes a while, and those that do not.
    const CHILDREN: usize = 2;
    const QUICK: usize = 200;
    if !is_child() {
        let profiles = profiles_of("children_go_on_with_their_parents_profile", "1");
        assert_eq!(profiles.len(), CHILDREN + 1);
        for profile in &profiles {
            assert_eq!(
                profile.of("process::leaks_on_purpose")[2..],
                [1, 10_000],
                "what the parent held"
            );
        }
        let of_children = profiles
            .iter()
            .filter(|profile| profile.of("process::leaks_in_a_forked_child")[2..] == [1, 20_000])
            .count();
        assert_eq!(of_children, CHILDREN);
        return;
    }
    leaks_on_purpose(1);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| keep_busy(&stop));
        }
        for number in 0..QUICK + CHILDREN {
            stop.store(number >= QUICK, Ordering::Relaxed);
            // SAFETY: the child allocates, which is what is tested, and touches no lock of the standard library that
            // the other threads hold: they only allocate.
            let child = unsafe { libc::fork() };
            if child == 0 {
                // SAFETY: it takes no pointer. What hangs is ended.
                unsafe { libc::alarm(60) };
                leaks_in_a_forked_child();
                if number < QUICK {
                    frees_what_it_asks_for(3);
                    // SAFETY: nothing is left to be done.
                    unsafe { libc::_exit(0) };
                }
                // SAFETY: handlers run that are meant to.
                unsafe { libc::exit(0) };
            }
            let mut status = 0;
            // SAFETY: the status can be written.
            assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
            assert_eq!(status, 0, "a child ends");
        }
    });
}

#[inline(never)]
fn keeps_a_vector(bytes: usize) -> Vec<u8> {
    vec![1_u8; bytes]
}

#[test]
fn the_process_own_allocator_is_profiled() {
    // More than the distance to the next sample is.
    let kept = black_box(keeps_a_vector(64 << 20));
    let before = profile!(Global);
    let expected = kept.len() as i64;
    assert_eq!(before.of("process::keeps_a_vector")[2..], [1, expected]);
    drop(kept);
    let after = profile!(Global);
    assert_eq!(after.of("process::keeps_a_vector")[2..], [0, 0]);
}

#[test]
fn a_profile_is_not_found_in_the_next() {
    if is_child() {
        for _ in 0..2 {
            let profile = profile!(Global);
            assert_eq!(profile.of("heap_profile::encoded"), [0; 4]);
            assert_eq!(profile.of("encode::profile"), [0; 4]);
        }
        return;
    }
    profiles_of("a_profile_is_not_found_in_the_next", "1");
}
