//! Runs threads that do everything at once, every block's contents checked; see `benches/README.md`.

use orthotope::OrthotopeGlobalAlloc;
use orthotope_benches::soak::Subject;

static DEFAULT: OrthotopeGlobalAlloc = OrthotopeGlobalAlloc::new();
#[orthotope::allocator(preset = "general", purge = "1s")]
static GENERAL: General;
#[orthotope::allocator(preset = "general", hardened = true, purge = "1s")]
static HARDENED: Hardened;
#[orthotope::allocator(
    preset = "general",
    arena = "48MiB",
    exhausted = "null",
    purge = "100ms"
)]
static BOUNDED: Bounded;

fn main() -> std::process::ExitCode {
    orthotope_benches::soak::main(vec![
        Subject {
            name: "default",
            heap: &DEFAULT,
            bounded: false,
            stats: OrthotopeGlobalAlloc::stats,
            flush_thread: OrthotopeGlobalAlloc::flush_thread,
            purge_now: OrthotopeGlobalAlloc::purge_now,
        },
        Subject {
            name: "general",
            heap: &GENERAL,
            bounded: false,
            stats: General::stats,
            flush_thread: General::flush_thread,
            purge_now: General::purge_now,
        },
        Subject {
            name: "hardened",
            heap: &HARDENED,
            bounded: false,
            stats: Hardened::stats,
            flush_thread: Hardened::flush_thread,
            purge_now: Hardened::purge_now,
        },
        Subject {
            name: "bounded",
            heap: &BOUNDED,
            bounded: true,
            stats: Bounded::stats,
            flush_thread: Bounded::flush_thread,
            purge_now: Bounded::purge_now,
        },
    ])
}
