//! `Box::new(u64)` and its drop under a static without headers contain no call on the fast path.
//!
//! Read from the assembly of `tests/codegen`, a release build with `lto = "thin"`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use orthotope_tests::assembly::Function;

/// Instructions that the way through `box_new` or `box_drop` may have, `ret` included: the five of an
/// inlined allocation or free, and what the function around them needs.
const MOST_INSTRUCTIONS: usize = 16;

#[test]
fn box_new_and_drop_make_no_call_on_the_fast_path() {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        println!(
            "skipped: box_new_and_drop_make_no_call_on_the_fast_path reads x86-64 assembly of Linux"
        );
        return;
    }
    let assembly = assembly_of(&fixture());
    for name in ["box_new", "box_drop"] {
        let function =
            Function::find(&assembly, name).unwrap_or_else(|| panic!("no {name} in the assembly"));
        let path = function
            .fast_path()
            .unwrap_or_else(|complaint| panic!("{complaint}"));
        println!(
            "{name}, {} instructions:\n    {}",
            path.len(),
            path.join("\n    ")
        );
        assert!(
            path.len() <= MOST_INSTRUCTIONS,
            "{name} takes {} instructions: {path:#?}",
            path.len()
        );
        for symbol in function.leaves_to() {
            let cold = symbol.contains("_slow") || symbol.contains("handle_alloc_error");
            assert!(
                cold,
                "{name} calls {symbol}, which is neither slow nor the end"
            );
        }
    }
}

/// A copy of `tests/codegen` where nothing but the test writes, with the workspace's own lock file: what
/// was built for the workspace needs no download again.
fn fixture() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = tests.parent().expect("the package lies in the workspace");
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("codegen");
    fs::create_dir_all(copy.join("src")).expect("the target directory can be written");
    let manifest =
        fs::read_to_string(tests.join("codegen/Cargo.toml")).expect("the fixture has a manifest");
    let orthotope = toml_string(&root.join("orthotope"));
    let absolute = manifest.replace("\"../../orthotope\"", &orthotope);
    assert!(
        absolute.contains(&orthotope),
        "the fixture depends on orthotope by path: {manifest}"
    );
    fs::write(copy.join("Cargo.toml"), absolute).expect("the target directory can be written");
    for (from, to) in [
        ("tests/codegen/src/main.rs", "src/main.rs"),
        ("Cargo.lock", "Cargo.lock"),
    ] {
        fs::copy(root.join(from), copy.join(to))
            .unwrap_or_else(|error| panic!("cannot copy {from}: {error}"));
    }
    copy
}

/// The path as a TOML string, whatever characters it has.
fn toml_string(path: &Path) -> String {
    format!(
        "{:?}",
        path.to_str().expect("the workspace's path is Unicode")
    )
}

/// Builds the fixture and reads the assembly of the module that has its functions.
fn assembly_of(fixture: &Path) -> String {
    // Assembly of an earlier build would lie beside the new one under another name.
    cargo(fixture, &["clean", "--package", "codegen-fixture"])
        .unwrap_or_else(|complaint| panic!("{complaint}"));
    cargo(
        fixture,
        &["rustc", "--bin", "codegen-fixture", "--", "--emit=asm"],
    )
    .unwrap_or_else(|complaint| panic!("{complaint}"));
    // With thin LTO every crate is a module, and every module a file.
    let files =
        fs::read_dir(fixture.join("target/release/deps")).expect("the build has a directory");
    let paths = files.map(|file| file.expect("a directory's entry").path());
    let mut defining = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "s"))
        .filter_map(|path| {
            let assembly = fs::read_to_string(path).expect("assembly is text");
            Function::find(&assembly, "box_new")
                .is_some()
                .then_some(assembly)
        });
    let assembly = defining
        .next()
        .expect("the compiler wrote the assembly of box_new");
    assert!(
        defining.next().is_none(),
        "box_new is in the assembly of two modules"
    );
    assembly
}

/// Runs cargo on the fixture, in its release profile.
fn cargo(fixture: &Path, arguments: &[&str]) -> Result<(), String> {
    let (subcommand, rest) = arguments.split_first().expect("a subcommand");
    let run = |more: &[&str]| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .current_dir(fixture)
            .arg(subcommand)
            .args(["--release", "--target-dir", "target"])
            .args(more)
            .args(rest);
        // What is meant for the workspace (sanitizers, coverage, other processors) would change what is read.
        for (name, _) in std::env::vars_os() {
            let known = name.to_string_lossy();
            if known.ends_with("RUSTFLAGS")
                || known.starts_with("CARGO_PROFILE_")
                || known == "CARGO_BUILD_TARGET"
            {
                cargo.env_remove(name);
            }
        }
        let ended = cargo.output().map_err(|error| error.to_string())?;
        ended
            .status
            .success()
            .then_some(())
            .ok_or_else(|| String::from_utf8_lossy(&ended.stderr).into_owned())
    };
    // Without the network first: a download is needed only where the lock file does not fit.
    run(&["--offline"]).or_else(|offline| {
        run(&[]).map_err(|online| format!("offline: {offline}\nonline: {online}"))
    })
}
