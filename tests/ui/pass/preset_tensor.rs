//! The `"tensor"` preset by name is the default.

#![deny(warnings)]

#[global_allocator]
#[orthotope::allocator(preset = "tensor")]
static GLOBAL: ProgramAlloc;

fn main() {
    let config = ProgramAlloc::CONFIG;
    assert_eq!(config, orthotope::Config::tensor());
    assert_eq!(
        (config.header, config.align, config.arena),
        (true, 64, 64 << 30)
    );
    assert_eq!(ProgramAlloc::CLASSES.last(), Some(&(16 << 20)));
    assert_eq!(vec![1_u8; 100_000].len(), 100_000);
}
