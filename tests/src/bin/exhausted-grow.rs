//! Far more than the arena's capacity under a global allocator with headers that grows.

use orthotope_tests::exhaustion;

#[global_allocator]
#[orthotope::allocator(arena = "16MiB", exhausted = "grow", classes = [64, 256, 1024, 8192, "64KiB", "1MiB"])]
static GLOBAL: Growing;

const _: () = assert!(Growing::CONFIG.arena == exhaustion::ARENA);

fn main() {
    println!("{}", exhaustion::grow(6));
}
