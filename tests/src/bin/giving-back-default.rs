//! Memory that goes back to the system, under the default preset.

#[orthotope::allocator(purge = "200ms")]
static CLOCK: Clock;

#[orthotope::allocator(purge = "never")]
static NEVER: Never;

#[orthotope::allocator(purge = "eager")]
static EAGER: Eager;

#[cfg(target_os = "linux")]
fn main() {
    use orthotope_tests::giving_back::{self, Subjects};
    use orthotope_tests::subject;

    giving_back::main(Subjects {
        clock: subject!(CLOCK: Clock),
        never: subject!(NEVER: Never),
        eager: subject!(EAGER: Eager),
    });
}

#[cfg(not(target_os = "linux"))]
fn main() {}
