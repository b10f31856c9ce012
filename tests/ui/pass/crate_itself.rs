//! `crate = crate`: the crate that declares the static is the one that generated code calls.

#![deny(warnings)]

pub(crate) use orthotope::__private;

mod preset {
    #[orthotope::allocator(crate = crate, arena = "1GiB")]
    pub(crate) static PRESET: Preset;
}

#[global_allocator]
static GLOBAL: preset::Preset = preset::Preset::new();

fn main() {
    assert_eq!(preset::PRESET, GLOBAL);
    assert_eq!(vec![1_u8; 100].len(), 100);
}
