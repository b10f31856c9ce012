//! Programs that need a manifest of their own: another edition, or another name for the dependency.
//!
//! Each is built in a package outside the workspace, with the workspace's lock file so that nothing
//! has to be downloaded, and is run.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Builds and runs `ui/crates/{name}.rs` in `edition`, in a package that knows orthotope as `dependency`.
fn attempt(name: &str, edition: &str, dependency: &str) -> Output {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = tests
        .parent()
        .expect("the tests are a member of the workspace");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui");
    let package = target.join(name);
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
    let manifest_path = package.join("Cargo.toml");
    fs::write(&manifest_path, manifest).unwrap();

    Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline", "--manifest-path"])
        .arg(&manifest_path)
        .arg("--target-dir")
        .arg(target.join("target"))
        .output()
        .unwrap()
}

/// The same, of one that runs.
fn run(name: &str, edition: &str, dependency: &str) {
    let output = attempt(name, edition, dependency);
    assert!(
        output.status.success(),
        "{name} failed:\n{}",
        String::from_utf8_lossy(&output.stderr),
    );
}

mod profile;

#[test]
fn edition_2021() {
    run("edition_2021", "2021", "orthotope");
}

#[test]
fn edition_2024() {
    run("edition_2024", "2024", "orthotope");
}

#[test]
fn renamed_dependency() {
    run("renamed", "2024", "tuned");
}

#[test]
fn c_api_twice() {
    let output = attempt("c_api_twice", "2024", "orthotope");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "two `malloc` in one program");
    // Which of the family it names is the compiler's choice.
    assert!(
        message.contains("alloc` is already defined")
            || message.contains("`free` is already defined"),
        "the error names it: {message}"
    );
}
