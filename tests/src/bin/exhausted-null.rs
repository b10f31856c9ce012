//! The end of an arena under a global allocator with headers that refuses.

use orthotope_tests::exhaustion;

#[global_allocator]
#[orthotope::allocator(arena = "16MiB", exhausted = "null", classes = [64, 256, 1024, 8192, "64KiB", "1MiB"])]
static GLOBAL: Bounded;

const _: () = assert!(Bounded::CONFIG.arena == exhaustion::ARENA);

fn main() {
    println!("{}", exhaustion::null());
}
