//! The ways through the calls of an allocator: short, without a call, and the same as when last looked at.
//!
//! Read from the assembly of `tests/codegen`, a release build with `lto = "thin"`. What holds for any
//! compiler is asserted; the whole of each function is held as a file in `tests/codegen/golden`, for the one
//! compiler that its `compiler.txt` names. `ORTHOTOPE_BLESS=1` writes the files, and that compiler's name.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use orthotope_tests::assembly::{self, Function};
use orthotope_tests::golden::{self, Folder};

/// A function of the fixture, and what the way through it may have.
struct Subject {
    name: &'static str,
    /// Conditional branches.
    branches: usize,
    /// Instructions, `ret` included. Loose, for other compilers: golden files are exact.
    instructions: usize,
}

const fn subject(name: &'static str, branches: usize, instructions: usize) -> Subject {
    Subject {
        name,
        branches,
        instructions,
    }
}

const SUBJECTS: [Subject; 7] = [
    // Is there a block, is there room. Five instructions inlined, and what the function around needs.
    subject("general_box_new", 1, 16),
    subject("general_box_drop", 1, 16),
    // Also: is the alignment served, is the size small.
    subject("general_alloc", 3, 24),
    subject("general_dealloc", 3, 24),
    // Also: the block that is next, and its address.
    subject("prefetching_alloc", 3, 26),
    subject("tensor_alloc", 3, 40),
    // Also: is the address in range, is the header's word right, is the block this thread's.
    subject("tensor_dealloc", 6, 48),
];

/// Ends of the names of functions that are cold.
const COLD: [&str; 2] = ["_slow", "::handle_alloc_error"];

/// The assembly of the fixture.
static ASSEMBLY: LazyLock<String> = LazyLock::new(|| assembly_of(&fixture()));

#[test]
fn fast_paths_make_no_call_and_few_branches() {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        println!(
            "skipped: fast_paths_make_no_call_and_few_branches reads x86-64 assembly of Linux"
        );
        return;
    }
    for Subject {
        name,
        branches,
        instructions,
    } in SUBJECTS
    {
        let function = function(name);
        let path = function
            .fast_path()
            .unwrap_or_else(|complaint| panic!("{complaint}"));
        let found = assembly::branches(&path);
        println!("{name}: {} instructions, {found} branches", path.len());
        // None at all: then this is not the way through an allocator.
        assert!(
            (1..=branches).contains(&found),
            "{name} takes {found} conditional branches, not 1 to {branches}: {path:#?}"
        );
        assert!(
            path.len() <= instructions,
            "{name} takes {} instructions, more than {instructions}: {path:#?}",
            path.len()
        );
        for symbol in function.leaves_to() {
            let symbol = assembly::demangle(symbol);
            assert!(
                COLD.iter().any(|end| symbol.ends_with(end)),
                "{name} calls {symbol}, which is neither slow nor the end"
            );
        }
    }
}

#[test]
fn only_what_is_told_to_fetches_the_next_block() {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        println!(
            "skipped: only_what_is_told_to_fetches_the_next_block reads x86-64 assembly of Linux"
        );
        return;
    }
    let fetching = SUBJECTS.iter().filter(|subject| {
        let path = function(subject.name).fast_path();
        let path = path.unwrap_or_else(|complaint| panic!("{complaint}"));
        path.iter().any(|line| line.contains("prefetch"))
    });
    let fetching: Vec<_> = fetching.map(|subject| subject.name).collect();
    assert_eq!(fetching, ["prefetching_alloc"]);
}

#[test]
fn assembly_is_as_blessed() {
    if !cfg!(all(
        target_arch = "x86_64",
        target_os = "linux",
        target_env = "gnu"
    )) {
        println!(
            "skipped: assembly_is_as_blessed: it is blessed for x86-64 Linux with the GNU C library"
        );
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("codegen/golden");
    let folder = Folder::new(&path, "s");
    // Nothing else in the workspace's tests says which compiler that is.
    let blessed_for = path.join("compiler.txt");
    let compiler = assembly::compiler(&ASSEMBLY).unwrap_or_else(|| String::from("unknown"));
    let listings: BTreeMap<&str, String> = SUBJECTS
        .iter()
        .map(|subject| (subject.name, function(subject.name).listing()))
        .collect();
    if golden::blessing() {
        folder.bless(&listings);
        fs::write(blessed_for, format!("{compiler}\n")).expect("the folder can be written");
        println!("blessed for {compiler}");
        return;
    }
    let blessed = fs::read_to_string(&blessed_for)
        .unwrap_or_else(|error| panic!("{}: {error}", blessed_for.display()));
    if blessed.trim() != compiler {
        println!(
            "skipped: assembly_is_as_blessed: it is blessed for {}, this is {compiler}",
            blessed.trim()
        );
        return;
    }
    folder
        .compare(&listings)
        .unwrap_or_else(|complaint| panic!("{complaint}"));
}

/// The function `name` of the fixture.
fn function(name: &'static str) -> Function<'static> {
    Function::find(&ASSEMBLY, name).unwrap_or_else(|| panic!("no {name} in the assembly"))
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
            SUBJECTS
                .iter()
                .any(|subject| Function::find(&assembly, subject.name).is_some())
                .then_some(assembly)
        });
    let assembly = defining
        .next()
        .expect("the compiler wrote the fixture's assembly");
    assert!(
        defining.next().is_none(),
        "the fixture's functions are in the assembly of two modules"
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
