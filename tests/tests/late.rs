//! A library with an allocator of its own, opened late, used from threads, closed while they live, and opened again.

#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::path::Path;

use orthotope_tests::binary;
use orthotope_tests::native::have;

/// The library. Cargo puts the examples of this package beside `deps`, in which this test is.
fn library() -> String {
    let test = std::env::current_exe().expect("a running test has a path");
    let profile = test
        .parent()
        .and_then(Path::parent)
        .expect("cargo puts tests two folders deep");
    let path = profile.join("examples/liblate.so");
    assert!(
        path.is_file(),
        "{} is not built; `cargo test -p orthotope-tests` builds it, a run limited by --test does not",
        path.display()
    );
    path.to_str()
        .expect("the target directory is Unicode")
        .to_owned()
}

fn source(name: &str) -> String {
    format!("{}/late/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_c_program_closes_the_library_under_its_threads() {
    if !have("a_c_program_closes_the_library_under_its_threads", &["cc"]) {
        return;
    }
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("late-c");
    let program = program.to_str().expect("the target directory is Unicode");
    let arguments = [
        "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", program,
    ];
    let source = source("late.c");
    let built = binary::run("cc", &[&arguments[..], &[&source, "-ldl"]].concat()).success();
    print!("{built}");
    let ended = binary::run(program, &[&library()]).success();
    assert!(ended.stdout.contains("late: passed"), "{ended}");
}

#[test]
fn python_closes_the_library_under_its_threads() {
    if !have("python_closes_the_library_under_its_threads", &["python3"]) {
        return;
    }
    let ended = binary::run("python3", &[&source("late.py"), &library()]).success();
    assert!(ended.stdout.contains("late: passed"), "{ended}");
}
