//! `crate = path` in every form: absolute, relative, through a re-export.

#![deny(warnings)]

use orthotope as tuned;

mod vendored {
    pub(crate) use orthotope as allocators;
}

#[orthotope::allocator(crate = ::orthotope, arena = "64MiB")]
static A: Absolute;

#[tuned::allocator(crate = tuned, arena = "64MiB")]
static B: Relative;

#[vendored::allocators::allocator(crate = crate::vendored::allocators, arena = "64MiB")]
static C: ReExported;

mod inner {
    #[orthotope::allocator(crate = super::vendored::allocators, arena = "64MiB")]
    pub(super) static D: Inner;
}

fn main() {
    assert_eq!(Absolute::CONFIG, Relative::CONFIG);
    assert_eq!(Absolute::CONFIG, ReExported::CONFIG);
    assert_eq!(Absolute::CONFIG, inner::Inner::CONFIG);
}
