//! Limits on address space and memory, under the preset `"general"`.

#[orthotope::allocator(preset = "general", purge = "100ms")]
static GROW: Grow;

#[orthotope::allocator(preset = "general", exhausted = "null", purge = "100ms")]
static NULL: Null;

#[cfg(target_os = "linux")]
fn main() {
    use orthotope_tests::limited::{self, Subjects};
    use orthotope_tests::subject;

    limited::main(Subjects {
        grow: subject!(GROW: Grow),
        null: subject!(NULL: Null),
    });
}

#[cfg(not(target_os = "linux"))]
fn main() {}
