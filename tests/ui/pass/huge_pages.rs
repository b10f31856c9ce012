//! Huge pages: as the system is set, advised, advised for large blocks, advised against.

#![deny(warnings)]

use orthotope::HugePages;

#[orthotope::allocator]
static A: Default;

#[orthotope::allocator(huge_pages = "system")]
static B: System;

#[orthotope::allocator(huge_pages = "always")]
static C: Always;

#[orthotope::allocator(preset = "general", huge_pages = "never")]
static D: Never;

#[orthotope::allocator(preset = "general", huge_pages = "large")]
static E: Large;

fn main() {
    assert_eq!(Default::CONFIG.huge_pages, HugePages::System);
    assert_eq!(System::CONFIG, Default::CONFIG);
    assert_eq!(Always::CONFIG.huge_pages, HugePages::Always);
    assert_eq!(Large::CONFIG.huge_pages, HugePages::Large);
    assert_eq!(Never::CONFIG.huge_pages, HugePages::Never);
}
