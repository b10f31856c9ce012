//! A block that grows by `realloc` while its neighbours stay: its memory is never there twice.
//!
//! Alone in its file, for the process's peak of memory is what it looks at.

use core::alloc::Layout;
use core::ptr::NonNull;

use orthotope_runtime::global::{Generated, Runtime, alloc, dealloc, realloc};
use orthotope_runtime::{Config, LocalBins, Locals};

#[derive(Clone, Copy)]
struct General;

// SAFETY: one static, one thread-local with a bin a class, a preset's configuration.
unsafe impl Generated for General {
    const CONFIG: Config = Config::general();

    fn runtime() -> &'static Runtime {
        static RUNTIME: Runtime = Runtime::new();
        &RUNTIME
    }

    fn locals() -> NonNull<Locals> {
        std::thread_local! {
            static BINS: LocalBins<88> = const { LocalBins::new() };
        }
        BINS.with(LocalBins::locals)
    }
}

const MIB: usize = 1 << 20;
const LARGEST: usize = 256 * MIB;

/// The most memory that the process ever used.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: usize = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes << 10)
}

/// Whether the system moves pages at all.
fn moves() -> bool {
    let Ok(release) = std::fs::read_to_string("/proc/sys/kernel/osrelease") else {
        return false;
    };
    let mut numbers = release
        .split('.')
        .map_while(|part| part.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(5), Some(7))
}

#[test]
fn memory_never_doubles() {
    let layout = |size| Layout::from_size_align(size, 64).expect("a valid layout");
    let mut size = 2 * MIB;
    // SAFETY: at least one byte.
    let mut block = unsafe { alloc::<General>(layout(size)) };
    assert!(!block.is_null());
    // SAFETY: the block is live and this long.
    unsafe { block.write_bytes(1, size) };
    let mut pins = Vec::new();
    let before = peak();
    let mut in_place = 0;
    while size < LARGEST {
        // Whatever lies free behind the block is taken.
        for _ in 0..64 {
            // SAFETY: at least one byte.
            let pin = unsafe { alloc::<General>(layout(2 * MIB)) };
            assert!(!pin.is_null());
            pins.push(pin);
        }
        let grown = 2 * size;
        // SAFETY: the block is live with this layout.
        let moved = unsafe { realloc::<General>(block, layout(size), grown) };
        assert!(!moved.is_null() && moved.addr().is_multiple_of(64));
        in_place += u32::from(moved == block);
        block = moved;
        // SAFETY: the block is live and this long.
        unsafe { block.add(size).write_bytes(1, size) };
        size = grown;
    }
    assert_eq!(in_place, 0, "its neighbours are live");
    // SAFETY: the block is live and this long.
    let bytes = unsafe { core::slice::from_raw_parts(block, size) };
    assert!(bytes.iter().all(|&byte| byte == 1));
    match (before, peak()) {
        (Some(before), Some(after)) if moves() => {
            let used = after - before;
            assert!(
                used < LARGEST + 16 * MIB,
                "{} MiB for a block of {}",
                used / MIB,
                LARGEST / MIB
            );
        }
        _ => println!("skipped: memory_never_doubles needs Linux 5.7 and /proc"),
    }
    // SAFETY: the block is live with this layout.
    unsafe { dealloc::<General>(block, layout(size)) };
    for pin in pins {
        // SAFETY: the block is live with this layout.
        unsafe { dealloc::<General>(pin, layout(2 * MIB)) };
    }
}
