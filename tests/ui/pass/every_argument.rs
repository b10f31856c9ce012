//! Every argument at once, with a comma at the end; the order is free.

#![deny(warnings)]

use std::time::Duration;

use orthotope::{Exhausted, HugePages, Purge};

#[global_allocator]
#[orthotope::allocator(
    hardened = true,
    prefetch = true,
    huge_pages = "never",
    purge = "1m",
    exhausted = "null",
    thread_limit = "512KiB",
    cache = "128KiB",
    refill = 16_384,
    header = false,
    align = 16,
    classes = [16, 64, 256, 1024, "64KiB", "1MiB"],
    arena = "4GiB",
    preset = "general",
    crate = ::orthotope,
)]
static GLOBAL: ServeAlloc;

fn main() {
    let config = ServeAlloc::CONFIG;
    assert_eq!(config.arena, 4 << 30);
    assert_eq!(config.classes, [16, 64, 256, 1024, 64 << 10, 1 << 20]);
    assert_eq!(config.align, 16);
    assert!(!config.header);
    assert_eq!(config.refill, 16 << 10);
    assert_eq!(config.cache, 128 << 10);
    assert_eq!(config.thread_limit, Some(512 << 10));
    assert_eq!(config.exhausted, Exhausted::Null);
    assert_eq!(config.purge, Purge::After(Duration::from_secs(60)));
    assert_eq!(config.huge_pages, HugePages::Never);
    assert!(config.hardened && config.prefetch);
    assert_eq!(vec![1_u8; 100_000].len(), 100_000);
}
