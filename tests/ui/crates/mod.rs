//! Programs that need a manifest of their own: another edition, another name for the dependency, a profile that changes.
//!
//! Each is built in a package outside the workspace, with the workspace's lock file so that nothing
//! has to be downloaded, and is run.

mod profile;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Where the packages and what they are built into lie.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui")
}

/// Makes a package of `ui/crates/{name}.rs` in `edition`, which knows orthotope as `dependency`; its folder.
fn package(name: &str, edition: &str, dependency: &str) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = tests
        .parent()
        .expect("the tests are a member of the workspace");
    let package = folder().join(name);
    fs::create_dir_all(&package).unwrap();
    let lock = fs::read(workspace.join("Cargo.lock")).unwrap();
    fs::write(package.join("Cargo.lock"), lock).unwrap();

    let source = tests.join("ui/crates").join(format!("{name}.rs"));
    let orthotope = workspace.join("orthotope");
    let manifest = format!(
        "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = {edition:?}\n\n\
         [[bin]]\nname = {name:?}\npath = {source:?}\n\n\
         [dependencies]\n{dependency} = {{ package = \"orthotope\", path = {orthotope:?} }}\n\n\
         [workspace]\n"
    );
    fs::write(package.join("Cargo.toml"), manifest).unwrap();
    package
}

/// Builds and runs a package.
fn attempt(package: &Path) -> Output {
    Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline", "--manifest-path"])
        .arg(package.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(folder().join("target"))
        .output()
        .unwrap()
}

/// The same, of one that runs: what it prints.
fn run(package: &Path) -> String {
    let output = attempt(package);
    assert!(
        output.status.success(),
        "{} failed:\n{}",
        package.display(),
        String::from_utf8_lossy(&output.stderr),
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn edition_2021() {
    run(&package("edition_2021", "2021", "orthotope"));
}

#[test]
fn edition_2024() {
    run(&package("edition_2024", "2024", "orthotope"));
}

#[test]
fn renamed_dependency() {
    run(&package("renamed", "2024", "tuned"));
}

#[test]
fn c_api_twice() {
    let output = attempt(&package("c_api_twice", "2024", "orthotope"));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "two `malloc` in one program");
    // Which of the family it names is the compiler's choice.
    assert!(
        message.contains("alloc` is already defined")
            || message.contains("`free` is already defined"),
        "the error names it: {message}"
    );
}
