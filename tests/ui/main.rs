//! The attribute, seen from the crates that use it.
//!
//! `pass/` compiles and runs; `fail/` is refused with exactly the message beside it, and with no
//! other: `TRYBUILD=overwrite cargo test -p orthotope-tests --test ui` writes the messages anew.
//! `crates/` holds what needs a manifest of its own.

mod crates;

#[test]
fn cases() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    cases.compile_fail("ui/fail/*.rs");
}
