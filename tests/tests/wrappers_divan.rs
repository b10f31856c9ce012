//! divan's `AllocProfiler` round a generated type: benchmarks report what they allocate.

use std::hint::black_box;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use divan::{AllocProfiler, Divan};
use orthotope_tests::live::of_class;

#[orthotope::allocator(preset = "general", arena = "4GiB")]
static SERVED: ServedAlloc;

#[global_allocator]
static GLOBAL: AllocProfiler<ServedAlloc> = AllocProfiler::new(ServedAlloc::new());

/// Bytes of a block, and blocks; nobody else asks for anything like it.
const SIZE: usize = 3000;
const BLOCKS: usize = 200;

/// Most live blocks of the class that serves `SIZE`, seen in the benchmark.
static LIVE: AtomicUsize = AtomicUsize::new(0);

#[divan::bench(sample_count = 5, sample_size = 2)]
fn two_hundred_blocks() {
    let blocks: [Box<[u8; SIZE]>; BLOCKS] = std::array::from_fn(|_| Box::new([1; SIZE]));
    LIVE.fetch_max(of_class(&ServedAlloc::stats(), SIZE), Relaxed);
    black_box(blocks);
}

/// What the test below runs in a process of its own, for divan prints its figures.
#[test]
#[ignore = "run by the test of what it prints"]
fn benchmarks() {
    Divan::default().color(false).run_benches();
    println!("live={}", LIVE.load(Relaxed));
}

#[test]
fn benchmarks_report_what_the_generated_type_serves() {
    let output = Command::new(std::env::current_exe().expect("a test has a path"))
        .args(["--exact", "benchmarks", "--ignored", "--nocapture"])
        .output()
        .expect("a test starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    println!("{said}");
    let (_, after) = said
        .split_once("  alloc:")
        .expect("allocations are reported");
    // The line of counts, then that of bytes: fastest, slowest, median, mean.
    let mut lines = after.lines().skip(1).take(2).map(|line| {
        let figures = line.split('│').map(str::trim);
        figures
            .filter(|figure| !figure.is_empty())
            .collect::<Vec<_>>()
    });
    let (counts, bytes) = (
        lines.next().unwrap_or_default(),
        lines.next().unwrap_or_default(),
    );
    let count: f64 = counts[0].parse().expect("a number");
    // The snapshot in the benchmark allocates, too.
    let count = count as usize;
    assert!((BLOCKS + 1..BLOCKS + 8).contains(&count), "{said}");
    assert!(bytes[0].ends_with("KB"), "{said}");
    let bytes: f64 = bytes[0]
        .trim_end_matches("KB")
        .trim()
        .parse()
        .expect("a number");
    assert!((600.0..620.0).contains(&bytes), "{said}");
    let live = said.lines().find_map(|line| line.strip_prefix("live="));
    let live: usize = live.and_then(|live| live.parse().ok()).expect("it ran");
    assert!((BLOCKS..BLOCKS + 8).contains(&live), "{said}");
}
