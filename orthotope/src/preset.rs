//! The default preset, made by the attribute like any other allocator.

/// The value that the attribute wants; the type is what users name.
#[orthotope_macros::allocator(crate = crate)]
pub static PRESET: OrthotopeGlobalAlloc;
