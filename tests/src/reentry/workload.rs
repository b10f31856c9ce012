//! Everything that could tempt an allocator to ask for metadata: many sizes, large blocks, regions beyond
//! the first, threads that start, exchange blocks and exit, and looking at the statistics.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::RefCell;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender};

use super::{LIBC_CALLS, exit, watch};
use crate::hoard::Hoard;
use crate::pattern;
use crate::random::Random;
use crate::ring;

/// Threads that start and exit, a few at a time.
const THREADS: usize = 96;

/// Beyond every preset's classes.
const LARGE: usize = 17 << 20;

/// What a `reentry-*` binary has to offer.
pub struct Subject<'a> {
    /// An allocator under watch whose arena is small and grows, and that is not the global one.
    pub small: &'a (dyn GlobalAlloc + Sync),
    /// Reads the global allocator's statistics: bytes of its arena handed out. Not called under watch:
    /// a snapshot may be a value that owns memory.
    pub handed_out: fn() -> usize,
    /// Uses what else the allocator offers. Called under watch.
    pub others: fn(),
}

/// Runs the workload; or, by argument, one of two misdeeds that must end the process.
#[must_use]
pub fn main(subject: &Subject<'_>) -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        None => {
            libc_is_watched();
            sizes();
            reallocations();
            regions(subject.small);
            watch(subject.others);
            threads(subject);
            println!(
                "{} bytes handed out, {THREADS} threads watched to their end",
                (subject.handed_out)()
            );
        }
        Some("ask-the-global-allocator") => drop(watch(|| Box::new(std::hint::black_box(1)))),
        Some("ask-libc") => watch(|| drop(duplicate())),
        Some(other) => {
            eprintln!("no misdeed {other:?}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// Memory that libc allocated from inside itself.
struct Duplicate(*mut libc::c_char);

fn duplicate() -> Duplicate {
    // SAFETY: the argument is a C string.
    let copy = unsafe { libc::strdup(c"a string that libc copies".as_ptr()) };
    // The compiler knows what `strdup` does, and would leave out a copy that nobody looks at.
    Duplicate(std::hint::black_box(copy))
}

impl Drop for Duplicate {
    fn drop(&mut self) {
        // SAFETY: `strdup` allocated it, and nobody else frees it.
        unsafe { libc::free(self.0.cast()) };
    }
}

/// Even a call from inside libc reaches the functions that stand in its place.
fn libc_is_watched() {
    let before = LIBC_CALLS.load(Ordering::Relaxed);
    drop(duplicate());
    let seen = LIBC_CALLS.load(Ordering::Relaxed) - before;
    assert!(
        seen >= 2,
        "{seen} calls of libc's allocator seen where strdup and free make two"
    );
}

/// Blocks of every size that has a route of its own, plain and zeroed.
fn sizes() {
    let mut random = Random::new(3);
    let mut kept = Vec::new();
    for size in
        (1..=2048).chain((11..=25).flat_map(|bits| [(1 << bits) - 1, 1 << bits, (1 << bits) + 1]))
    {
        let mut block = vec![0_u8; size];
        assert!(
            pattern::all_are(&block, 0),
            "a zeroed block of {size} bytes is not zero"
        );
        pattern::write(&mut block, size);
        kept.push(block);
        // Freed blocks come back dirty, and must be cleared.
        if random.below(2) == 0 {
            drop(kept.swap_remove(random.below(kept.len())));
        }
    }
    assert!(
        kept.iter().all(|block| pattern::holds(block, block.len())),
        "a block lost its contents"
    );
    drop(kept);
    let large: Vec<Vec<u8>> = (0..4).map(|step| vec![0; LARGE + step * 4096]).collect();
    assert!(
        large.iter().all(|block| pattern::all_are(block, 0)),
        "a zeroed large block is not zero"
    );
}

/// Growth from one byte to a large block and back, in steps that stay, move on, and jump.
fn reallocations() {
    for factor in [2, 3, 7] {
        let mut block: Vec<u8> = vec![0; 8];
        pattern::write(&mut block, factor);
        let mut length = 8;
        while length < 2 * LARGE {
            length *= factor;
            block.reserve_exact(length - block.len());
            assert!(
                pattern::holds(&block, factor),
                "growth to {length} bytes lost the contents"
            );
            block.resize(length, 0);
            pattern::write(&mut block, factor);
        }
        while block.len() >= 8 {
            block.truncate(block.len() / factor);
            block.shrink_to_fit();
            assert!(
                pattern::holds(&block, factor),
                "shrinking to {} bytes lost the contents",
                block.len()
            );
        }
    }
}

/// More than a small arena holds, and aligned blocks of every kind.
fn regions(small: &(dyn GlobalAlloc + Sync)) {
    let mut hoard = Hoard::with_room(small, 1 << 12);
    assert!(
        hoard.fill(&mut Random::new(5), 64 << 20, 4 << 20),
        "refused after {} bytes",
        hoard.bytes()
    );
    hoard.verify();
    hoard.thin_out();
    assert!(
        hoard.fill(&mut Random::new(6), 64 << 20, 4 << 20),
        "refused after {} bytes",
        hoard.bytes()
    );
    hoard.verify();
    drop(hoard);
    for bits in 0..=16 {
        let layout = Layout::from_size_align(100, 1 << bits).expect("a layout");
        // SAFETY: the size is not zero.
        let block = unsafe { small.alloc(layout) };
        assert!(
            !block.is_null() && block.addr().is_multiple_of(layout.align()),
            "{block:?} for {layout:?}"
        );
        // SAFETY: allocated above with this layout, and this is its only free.
        unsafe { small.dealloc(block, layout) };
    }
}

thread_local! {
    /// Freed, and allocated again, by a destructor while the thread exits.
    static LAST: RefCell<Last> = const { RefCell::new(Last(Vec::new())) };
}

struct Last(Vec<Vec<u8>>);

impl Drop for Last {
    fn drop(&mut self) {
        self.0.extend((0..64).map(|size| vec![1; size * 37 + 1]));
    }
}

/// Threads in a ring, with blocks on the way between them and statistics read meanwhile.
fn threads(subject: &Subject<'_>) {
    ring::run(THREADS, |number, to, from| {
        one_thread(subject, number, to, from);
    });
    assert_eq!(exit::watched(), THREADS, "threads watched to their end");
}

fn one_thread(subject: &Subject<'_>, number: usize, to: Sender<Vec<u8>>, from: Receiver<Vec<u8>>) {
    exit::watch_exit();
    let mut random = Random::new(number as u64);
    let mut hoard = Hoard::with_room(subject.small, 64);
    assert!(
        hoard.fill(&mut random, 1 << 20, 1 << 18),
        "refused after {} bytes",
        hoard.bytes()
    );
    for _ in 0..64 {
        let mut block = vec![0; random.size(1 << 16)];
        pattern::write(&mut block, number);
        to.send(block)
            .expect("the next thread listens until this one hangs up");
    }
    drop(to);
    assert!(
        (subject.handed_out)() > 0,
        "the allocator under test is not used"
    );
    LAST.with_borrow_mut(|last| last.0.extend(from));
    hoard.verify();
}
