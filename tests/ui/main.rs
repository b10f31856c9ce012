//! The attribute, seen from the crates that use it.
//!
//! `pass/` compiles and runs; `fail/` is refused with exactly the message beside it, and with no
//! other: `TRYBUILD=overwrite cargo test -p orthotope-tests --test ui` writes the messages anew.
//! `crates/` holds what needs a manifest of its own.

mod crates;

use std::fs;
use std::path::Path;

/// Puts the profiles where the attribute looks for them: beside the manifest of the package that the cases are built in.
fn stage_profiles() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    let target = target.expect("cargo's folder for temporary files is in its target folder");
    let staged = target.join("tests/trybuild/orthotope-tests/profiles");
    fs::create_dir_all(&staged).unwrap();
    for entry in fs::read_dir("ui/profiles").unwrap() {
        let profile = entry.unwrap();
        fs::copy(profile.path(), staged.join(profile.file_name())).unwrap();
    }
}

#[test]
fn each_case_runs_or_is_refused_with_its_message() {
    stage_profiles();
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    cases.compile_fail("ui/fail/*.rs");
}
