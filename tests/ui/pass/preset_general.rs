//! The `"general"` preset.

#![deny(warnings)]

#[global_allocator]
#[orthotope::allocator(preset = "general")]
static GLOBAL: ProgramAlloc;

fn main() {
    let config = ProgramAlloc::CONFIG;
    assert_eq!(config, orthotope::Config::general());
    assert_eq!((config.header, config.align), (false, 8));
    assert_eq!(ProgramAlloc::CLASSES[..3], [8, 16, 24]);
    assert_eq!(vec![1_u8; 100_000].len(), 100_000);
}
