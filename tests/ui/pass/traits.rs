//! The generated type is a zero-sized value that everyone may hold.

#![deny(warnings)]

use std::fmt::Debug;

#[orthotope::allocator(arena = "64MiB")]
static POOL: Pool;

const ANOTHER: Pool = Pool::new();

fn holds<T: Copy + Debug + Default + Eq + Send + Sync + 'static>(_: T) {}

fn main() {
    holds(POOL);
    assert_eq!(size_of::<Pool>(), 0);
    assert_eq!(POOL, Pool::default());
    assert_eq!(ANOTHER, Pool);
    let classes: &'static [usize] = Pool::CLASSES;
    assert_eq!(classes, Pool::CONFIG.classes);
}
