//! When unused memory goes back: every word, every unit, and the bounds.

#![deny(warnings)]

use std::time::Duration;

use orthotope::Purge;

#[orthotope::allocator]
static A: Default;

#[orthotope::allocator(preset = "general")]
static B: GeneralDefault;

#[orthotope::allocator(purge = "never")]
static C: Never;

#[orthotope::allocator(purge = "eager")]
static D: Eager;

#[orthotope::allocator(purge = "1ms")]
static E: Shortest;

#[orthotope::allocator(purge = "1_500ms")]
static F: Milliseconds;

#[orthotope::allocator(preset = "general", purge = "90s")]
static G: Seconds;

#[orthotope::allocator(purge = "5m")]
static H: Minutes;

#[orthotope::allocator(purge = "10000ms")]
static I: DefaultWritten;

#[orthotope::allocator(purge = "153722867m")]
static J: Longest;

macro_rules! passed_on {
    ($time:literal) => {
        #[orthotope::allocator(purge = $time)]
        static K: PassedOn;
    };
}
passed_on!("3s");

fn main() {
    let after = |milliseconds| Purge::After(Duration::from_millis(milliseconds));
    assert_eq!(Default::CONFIG.purge, after(10_000));
    assert_eq!(GeneralDefault::CONFIG.purge, after(10_000));
    assert_eq!(Never::CONFIG.purge, Purge::Never);
    assert_eq!(Eager::CONFIG.purge, Purge::Eager);
    assert_eq!(Shortest::CONFIG.purge, after(1));
    assert_eq!(Milliseconds::CONFIG.purge, after(1_500));
    assert_eq!(Seconds::CONFIG.purge, after(90_000));
    assert_eq!(Minutes::CONFIG.purge, after(300_000));
    assert_eq!(DefaultWritten::CONFIG, Default::CONFIG);
    assert_eq!(Longest::CONFIG.purge, after(153_722_867 * 60_000));
    assert_eq!(PassedOn::CONFIG.purge, after(3_000));
}
