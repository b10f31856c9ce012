//! Tables of clauses and tests, held to the tests that there are.

use std::collections::BTreeSet;
use std::env;
use std::process::Command;

/// Checks that the documentation at the head of `source`, a test binary's `main.rs`, names exactly this binary's tests,
/// each as `` `module::test` ``; those of the module `table` aside.
///
/// # Panics
///
/// If a test is missing there, or one is named that there is not.
pub fn assert_names_every_test(source: &str) {
    let named: BTreeSet<&str> = source
        .lines()
        .filter_map(|line| line.strip_prefix("//!"))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter(|code| is_test_name(code))
        .collect();
    let binary = env::current_exe().expect("the test binary has a path");
    let output = Command::new(binary)
        .arg("--list")
        .output()
        .expect("the test binary runs again");
    let list = String::from_utf8(output.stdout).expect("names are UTF-8");
    let there: BTreeSet<&str> = list
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .filter(|name| !name.starts_with("table::"))
        .collect();
    let missing: Vec<_> = there.difference(&named).collect();
    let unknown: Vec<_> = named.difference(&there).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "not in the table: {missing:#?}; in the table alone: {unknown:#?}"
    );
}

/// Whether `code` is a module's name, two colons and a function's, all of lower-case letters, digits and underscores.
fn is_test_name(code: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    code.split_once("::")
        .is_some_and(|(module, test)| is_name(module) && is_name(test))
}
