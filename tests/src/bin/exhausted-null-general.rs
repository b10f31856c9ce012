//! The end of an arena under a global allocator without headers that refuses.

use orthotope_tests::exhaustion;

#[global_allocator]
#[orthotope::allocator(preset = "general", arena = "16MiB", exhausted = "null")]
static GLOBAL: Bounded;

const _: () = assert!(Bounded::CONFIG.arena == exhaustion::ARENA);

fn main() {
    println!("{}", exhaustion::null());
}
