//! `Stats` against what a program knows of its blocks. The allocators are used by one test each, and by nobody else.

use std::alloc::Layout;
use std::ptr::NonNull;
use std::thread;

use orthotope::Stats;
use orthotope_tests::hoard::Hoard;
use orthotope_tests::random::Random;
use orthotope_tests::subject;
use orthotope_tests::subject::Subject;

/// Panics unless the figures stand in the relations that are promised of them.
fn assert_ordered(stats: &Stats, when: &str) {
    assert!(stats.allocated <= stats.active, "{when}:\n{stats}");
    assert!(stats.active <= stats.mapped, "{when}:\n{stats}");
    assert!(
        stats.active + stats.metadata <= stats.resident,
        "{when}:\n{stats}"
    );
    assert!(
        stats.mapped <= stats.capacity + stats.capacity / 4,
        "{when}:\n{stats}"
    );
    assert!(stats.allocated <= stats.live_bytes(), "{when}:\n{stats}");
}

/// Panics unless exactly these blocks are live, each as wide as its class.
fn assert_live(subject: Subject, hoards: &[Hoard<'_>], when: &str) -> Stats {
    let stats = (subject.stats)();
    let sizes = || hoards.iter().flat_map(Hoard::places).map(|(_, size)| size);
    let expected: usize = sizes().map(|size| subject.payload(size)).sum();
    assert_eq!(stats.allocated, expected, "{when}:\n{stats}");
    let mut live = vec![0; subject.classes.len() + 1];
    for size in sizes() {
        live[subject.classes.partition_point(|&payload| payload < size)] += 1;
    }
    let counted = stats.classes.iter().map(|class| class.live);
    let counted: Vec<usize> = counted.chain([stats.large_live]).collect();
    assert_eq!(counted, live, "{when}:\n{stats}");
    assert_ordered(&stats, when);
    stats
}

/// Panics unless the table has a row for each class that has slabs, with its figures.
fn assert_prints(stats: &Stats) {
    let text = stats.to_string();
    let mut lines = text.lines();
    let header: Vec<&str> = lines
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    assert_eq!(
        header.join(" "),
        "class slabs live cached pooled live bytes waste",
        "{text}"
    );
    let rows: Vec<Vec<usize>> = lines
        .by_ref()
        .take_while(|line| !line.trim_start().starts_with("large"))
        .map(|line| {
            let figures = line.split_whitespace().skip(2).take(4);
            figures
                .map(|figure| figure.parse().expect("a row's figures are counts"))
                .collect()
        })
        .collect();
    let expected: Vec<Vec<usize>> = stats
        .classes
        .iter()
        .filter(|class| class.slabs > 0)
        .map(|class| vec![class.slabs, class.live, class.cached, class.pooled])
        .collect();
    assert_eq!(rows, expected, "{text}");
    assert!(
        stats
            .classes
            .iter()
            .all(|class| class.live == 0 || class.slabs > 0),
        "live blocks lie in slabs:\n{text}"
    );
    assert_eq!(lines.count(), 2, "two lines of sums end the table:\n{text}");
}

/// Blocks of all sizes on four threads, half of them freed by another thread than their own: exact at each step.
fn is_exact_once_threads_are_joined(subject: Subject) {
    const THREADS: u64 = 4;
    let fresh = (subject.stats)();
    assert_eq!((fresh.allocated, fresh.active), (0, 0), "{fresh}");
    assert_ordered(&fresh, "before the first block");
    let mut hoards: Vec<Hoard<'static>> = thread::scope(|scope| {
        let fill = |thread| {
            move || {
                let mut random = Random::new(thread);
                let mut hoard = Hoard::with_room(subject.allocator, 16 << 10);
                assert!(hoard.fill(&mut random, 8 << 20, 64 << 10));
                assert!(hoard.add(3_000_001) && hoard.add((17 << 20) + 5));
                hoard
            }
        };
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(fill(thread)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no thread panics"))
            .collect()
    });
    let full = assert_live(subject, &hoards, "with everything live");
    assert_prints(&full);
    thread::scope(|scope| {
        let threads: Vec<_> = hoards
            .iter_mut()
            .map(|hoard| scope.spawn(|| hoard.thin_out()))
            .collect();
        for thread in threads {
            thread.join().expect("no thread panics");
        }
    });
    let half = assert_live(subject, &hoards, "with half of it freed by others");
    assert_prints(&half);
    // On this thread, whose cache counts too.
    for hoard in &mut hoards {
        hoard.thin_out();
    }
    assert_live(subject, &hoards, "with a cache in use");
    (subject.purge_now)();
    let purged = assert_live(subject, &hoards, "after a purge");
    assert!(purged.resident < half.resident, "{purged}");
    for hoard in &hoards {
        hoard.verify();
    }
    hoards.clear();
    let empty = assert_live(subject, &[], "with nothing live");
    assert_prints(&empty);
    (subject.purge_now)();
    let last = assert_live(subject, &[], "with nothing live, purged");
    assert!(last.resident <= last.metadata + (1 << 20), "{last}");
    assert_eq!(last.caches, 1, "this thread's cache alone:\n{last}");
}

#[test]
fn the_figures_are_exact_with_headers() {
    #[orthotope::allocator]
    static COUNTED: Counted;
    is_exact_once_threads_are_joined(subject!(COUNTED: Counted));
}

#[test]
fn the_figures_are_exact_without_headers() {
    #[orthotope::allocator(preset = "general")]
    static COUNTED: Counted;
    is_exact_once_threads_are_joined(subject!(COUNTED: Counted));
}

#[test]
fn the_figures_are_exact_with_classes_of_ones_own() {
    #[orthotope::allocator(header = false, align = 16, classes = [48, 1008, "20KiB"])]
    static COUNTED: Counted;
    is_exact_once_threads_are_joined(subject!(COUNTED: Counted));
}

/// A block that grows and shrinks counts for what it is.
fn follows_realloc(subject: Subject) {
    let layout = |size| Layout::from_size_align(size, 8).expect("a legal layout");
    // SAFETY: the size is not zero.
    let start = unsafe { subject.allocator.alloc(layout(100)) };
    let mut block = NonNull::new(start).expect("there is memory");
    let mut size = 100;
    for next in [
        5000,
        300_000,
        20 << 20,
        50 << 20,
        (50 << 20) + 1,
        18 << 20,
        90 << 20,
        70,
        1,
    ] {
        // SAFETY: the block is live with this layout, and the new size is neither zero nor too large.
        let moved = unsafe {
            subject
                .allocator
                .realloc(block.as_ptr(), layout(size), next)
        };
        block = NonNull::new(moved).expect("there is memory");
        size = next;
        let stats = (subject.stats)();
        assert_eq!(
            stats.allocated,
            subject.payload(size),
            "{size} bytes:\n{stats}"
        );
        assert_ordered(&stats, "after a realloc");
    }
    // SAFETY: the block is live with this layout.
    unsafe { subject.allocator.dealloc(block.as_ptr(), layout(size)) };
    assert_eq!((subject.stats)().allocated, 0);
}

#[test]
fn the_figures_follow_a_realloc_with_headers() {
    #[orthotope::allocator]
    static COUNTED: Counted;
    follows_realloc(subject!(COUNTED: Counted));
}

#[test]
fn the_figures_follow_a_realloc_without_headers() {
    #[orthotope::allocator(preset = "general")]
    static COUNTED: Counted;
    follows_realloc(subject!(COUNTED: Counted));
}
