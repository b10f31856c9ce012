//! The static and the arguments come out of another macro.

#![deny(warnings)]

macro_rules! pool {
    ($(#[$meta:meta])* $vis:vis $name:ident: $type:ty, $arena:literal, $header:expr, [$($class:expr),*]) => {
        $(#[$meta])*
        #[orthotope::allocator(arena = $arena, header = $header, classes = [$($class),*])]
        $vis static $name: $type;
    };
    ($name:ident: $type:ident = $init:expr) => {
        #[orthotope::allocator(arena = "64MiB")]
        static $name: $type = $init;
    };
}

pool!(
    /// Small blocks.
    pub(crate) SMALL: SmallPool, "64MiB", false, [64, "4KiB"]
);
pool!(PLAIN: PlainPool = PlainPool::new());

fn main() {
    assert_eq!(SMALL, SmallPool);
    assert_eq!(SmallPool::CLASSES, [64, 4096]);
    assert!(!SmallPool::CONFIG.header);
    assert_eq!(PLAIN, PlainPool);
}
