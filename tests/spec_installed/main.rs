//! The clauses of SPEC sections 3 to 5 that need an installed static: here one of the program's own making, with small
//! classes and no header, beside `OrthotopeGlobalAlloc`, which is not installed.

mod arenas;
mod headerless;
mod teardown;

/// The allocator of this test binary.
#[global_allocator]
#[orthotope::allocator(preset = "general", arena = "1GiB")]
pub(crate) static INSTALLED: InstalledAlloc;
