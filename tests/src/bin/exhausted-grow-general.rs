//! Far more than the arena's capacity under a global allocator without headers that grows.

use orthotope_tests::exhaustion;

#[global_allocator]
#[orthotope::allocator(preset = "general", arena = "16MiB", exhausted = "grow")]
static GLOBAL: Growing;

const _: () = assert!(Growing::CONFIG.arena == exhaustion::ARENA);

fn main() {
    println!("{}", exhaustion::grow(6));
}
