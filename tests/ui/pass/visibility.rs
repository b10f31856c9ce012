//! The type is as visible as the static.

#![deny(warnings)]

mod pools {
    pub(crate) mod inner {
        #[orthotope::allocator(arena = "64MiB")]
        pub(in crate::pools) static A: InPools;

        #[orthotope::allocator(arena = "64MiB")]
        pub static B: Everywhere;

        #[orthotope::allocator(arena = "64MiB")]
        pub(crate) static C: InCrate;
    }

    pub(crate) fn align() -> usize {
        assert_eq!(inner::A, inner::InPools);
        inner::InPools::CONFIG.align
    }
}

fn main() {
    assert_eq!(pools::align(), 64);
    assert_eq!(pools::inner::B, pools::inner::Everywhere);
    assert_eq!(pools::inner::C, pools::inner::InCrate);
}
