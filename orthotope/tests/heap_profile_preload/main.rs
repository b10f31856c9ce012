//! C programs whose profiled allocator is a library's leave a profile when they end.

#![cfg(all(target_os = "linux", target_env = "gnu"))]

#[path = "../heap_profile/read.rs"]
#[expect(dead_code, reason = "the other test asks a profile for more")]
mod read;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use read::{Profile, read};

const LEAK: i64 = 100_000;

/// The library. Cargo puts the package's examples beside `deps`, in which this test is.
fn library() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let profile = test.parent().and_then(Path::parent);
    let path = profile
        .expect("cargo puts tests two folders deep")
        .join("examples/libheap_profile_preload.so");
    assert!(
        path.is_file(),
        "{} is not built; `cargo test -p orthotope --features profiling` builds it, a run limited by --test does not",
        path.display()
    );
    path
}

macro_rules! source {
    ($name:literal) => {
        concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/heap_profile_preload/",
            $name
        )
    };
}

/// Builds the program in a folder of its own. `None` if there is no C compiler, and there need not be.
fn program(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("heap-profile-{name}"));
    // It is not there the first time.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("cargo's folder for temporary files can be written to");
    let compile = |arguments: &[&str]| {
        Command::new("cc")
            .args(["-O1", "-Wall", "-Wextra", "-Werror", "-o"])
            .args(arguments)
            .current_dir(&folder)
            .output()
    };
    let early = source!("early.c");
    let built = compile(&["libearly.so", early, "-shared", "-fPIC"]).and_then(|built| {
        assert!(built.status.success(), "{built:?}");
        let program = source!("program.c");
        compile(&[
            "program",
            program,
            "-L.",
            "-learly",
            "-Wl,-rpath,$ORIGIN",
            "-ldl",
        ])
    });
    match built {
        Ok(built) => {
            assert!(built.status.success(), "{built:?}");
            Some(folder.join("program"))
        }
        Err(error) => {
            assert!(
                std::env::var_os("ORTHOTOPE_REQUIRE_PROGRAMS").is_none(),
                "cc: {error}"
            );
            println!("skipped: {name}: there is no cc");
            None
        }
    }
}

/// Runs the program, and reads the profile that it leaves.
fn profile_of(name: &str, run: impl FnOnce(&mut Command)) -> Option<Profile> {
    let program = program(name)?;
    let path = program.with_file_name("heap.pb.gz");
    let mut command = Command::new(&program);
    command.env("ORTHOTOPE_HEAP_PROFILE", &path);
    command.env("ORTHOTOPE_HEAP_SAMPLE", "1");
    run(&mut command);
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{output:?}");
    Some(read(&fs::read(path).expect("it leaves a profile")))
}

/// The process's first request is the C library's, which is registering a function for its end.
#[test]
fn functions_may_be_registered_before_memory_is_asked_for() {
    let preload = |command: &mut Command| {
        command.env("LD_PRELOAD", library());
    };
    if let Some(profile) = profile_of("preloaded", preload) {
        assert_eq!(profile.of("leak_in_program")[2..], [1, LEAK]);
    }
}

#[test]
fn a_library_that_is_opened_late_is_profiled() {
    let open = |command: &mut Command| {
        command.arg(library());
    };
    if let Some(profile) = profile_of("opened-late", open) {
        assert_eq!(profile.of("leak_in_library")[2..], [1, LEAK]);
    }
}
