//! C and C++ programs, and the library that is preloaded into them.
//!
//! Owns the builds: of `examples/preload`, in its release profile and into the target directory at hand, where a release build
//! of the workspace finds it again; and of the sources in `tests/c_api`, by the system's compilers.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Whether every one of `programs` is there. If not, the test is skipped by its name, or fails where
/// `ORTHOTOPE_REQUIRE_PROGRAMS` is set.
///
/// # Panics
///
/// If a program is missing and must not be.
#[must_use]
pub fn have(test: &str, programs: &[&str]) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let is_there = |program: &&&str| env::split_paths(&path).any(|at| at.join(program).is_file());
    let missing: Vec<_> = programs.iter().filter(|name| !is_there(name)).collect();
    if missing.is_empty() {
        return true;
    }
    assert!(
        env::var_os("ORTHOTOPE_REQUIRE_PROGRAMS").is_none(),
        "{test} needs {missing:?}"
    );
    println!("skipped: {test} needs {missing:?}");
    false
}

/// The workspace's directory.
fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package lies in the workspace")
}

/// Builds the library to preload, and says where it is. `scratch` is the target's `CARGO_TARGET_TMPDIR`.
///
/// # Panics
///
/// If it does not build.
#[must_use]
pub fn library(scratch: &Path) -> PathBuf {
    let target = scratch.parent().expect("it lies in the target directory");
    let build = |more: &[&str]| {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo
            .current_dir(workspace())
            .args(["build", "--release", "--package", "orthotope-preload"])
            .args(more)
            .arg("--target-dir")
            .arg(target);
        // What is meant for the tests (sanitizers, coverage, another target) is not meant for the programs under test.
        for (name, _) in env::vars_os() {
            let known = name.to_string_lossy();
            if known.ends_with("RUSTFLAGS") || known == "CARGO_BUILD_TARGET" {
                cargo.env_remove(name);
            }
        }
        cargo.output().expect("cargo starts")
    };
    let mut built = build(&["--offline"]);
    if !built.status.success() {
        built = build(&[]);
    }
    assert!(built.status.success(), "{}", text(&built.stderr));
    target.join("release/liborthotope_preload.so")
}

/// Builds `tests/c_api/SOURCE` into the scratch directory with `more` arguments, as C++ if it is called so. Returns where it
/// is.
///
/// # Panics
///
/// If it does not build.
#[must_use]
pub fn compile(scratch: &Path, source: &str, name: &str, more: &[&str]) -> PathBuf {
    let folder = scratch.join("c_api");
    fs::create_dir_all(&folder).expect("the scratch directory can be written");
    let program = folder.join(name);
    // Under another name first: a test beside this one may run the program, or build it.
    let fresh = folder.join(format!("{name}.{}", std::process::id()));
    let compiler = if source.ends_with(".cpp") {
        "c++"
    } else {
        "cc"
    };
    let built = Command::new(compiler)
        .current_dir(workspace().join("tests/c_api"))
        // What the compiler knows of malloc and free would leave calls out.
        .args(["-O1", "-g0", "-Wall", "-Wextra", "-fno-builtin", "-pthread"])
        .args(["-Wno-free-nonheap-object", "-o"])
        .arg(&fresh)
        .arg(source)
        .args(more)
        .arg("-ldl")
        .output()
        .unwrap_or_else(|error| panic!("{compiler}: {error}"));
    assert!(built.status.success(), "{source}: {}", text(&built.stderr));
    fs::rename(&fresh, &program).expect("both are in one directory");
    program
}

/// Runs a program with the library preloaded, if there is one, without input.
///
/// # Panics
///
/// If it cannot be started.
pub fn run(library: Option<&Path>, command: &mut Command) -> Output {
    if let Some(library) = library {
        command.env("LD_PRELOAD", library);
    }
    command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// What a program wrote, as text.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
