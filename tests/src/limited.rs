//! Too little address space or memory: what the `limited-*` binaries do.
//!
//! Owns the limits and the workload, which takes what it can get, is told when it is over, and goes on with what it
//! gave back. The allocators are not global ones: their null comes here, and messages come from the system's.

use std::alloc::Layout;
use std::ptr::NonNull;
use std::time::Duration;

use crate::hoard::Hoard;
use crate::memory;
use crate::random::Random;
use crate::subject::Subject;

/// The allocators of one preset.
#[derive(Clone, Copy)]
pub struct Subjects {
    /// With `exhausted = "grow"`, and `purge = "100ms"`.
    pub grow: Subject,
    /// With `exhausted = "null"`.
    pub null: Subject,
}

/// Runs the scenario that the command line names, on the allocator that it names.
///
/// # Panics
///
/// If it fails, or there is none of this name.
pub fn main(subjects: Subjects) {
    memory::forbid_huge_pages();
    let argument = |index| std::env::args().nth(index).unwrap_or_default();
    let subject = match argument(1).as_str() {
        "grow" => subjects.grow,
        "null" => subjects.null,
        other => panic!("no allocator is named {other:?}"),
    };
    let scenario = argument(2);
    match scenario.as_str() {
        "space-300" => space(subject, 300 << 20),
        "space-2048" => space(subject, 2 << 30),
        "none" => none(subject, 256 << 10),
        "little" => none(subject, 6 << 20),
        "data" => data(subject, 64 << 20),
        "data-later" => data_later(subject, 32 << 20),
        other => panic!("no scenario is named {other:?}"),
    }
    println!("{} {scenario} passed", argument(1));
}

/// Address space is limited before the first allocation.
fn space(subject: Subject, limit: usize) {
    // Every page of the small ones is touched.
    let small = limit / 30_000;
    let mut blocks = Blocks::with_room(subject, limit / small.min(100_000));
    set_limit(libc::RLIMIT_AS, limit);
    assert!(!blocks.add(1 << 40), "a terabyte out of {limit} bytes");
    assert!(
        !blocks.add(limit),
        "all of {limit} bytes, and the program's own"
    );
    let capacity = (subject.stats)().capacity;
    println!("an arena of {capacity} bytes in {limit}");
    assert!(
        (1 << 20..limit).contains(&capacity),
        "an arena of {capacity} bytes in {limit}"
    );
    let mut firsts = [0; 3];
    for turn in 0..2 {
        for (size, first) in [100_000, 3 << 20, small].into_iter().zip(&mut firsts) {
            while blocks.bytes < limit && blocks.add(size) {}
            let bytes = blocks.bytes;
            println!("turn {turn}: {bytes} bytes in blocks of {size}");
            blocks.check();
            if turn == 0 {
                *first = bytes;
                assert!(
                    bytes >= limit / 4,
                    "refused after {bytes} bytes of {limit}, in blocks of {size}"
                );
            }
            // What one size freed must serve it again, and the others.
            assert!(
                bytes >= *first / 10 * 9,
                "{first} bytes at first, now {bytes}, in blocks of {size}"
            );
            goes_on(&mut blocks, size);
            blocks.clear();
        }
    }
}

/// Gives half of what there is back, one block in two, and takes as many again.
fn goes_on(blocks: &mut Blocks, size: usize) {
    let before = blocks.kept.len();
    blocks.thin_out();
    let mut again = 0;
    while blocks.kept.len() < before && blocks.add(size) {
        again += 1;
    }
    assert_eq!(
        blocks.kept.len(),
        before,
        "{again} blocks of {size} bytes again"
    );
    blocks.check();
}

/// There is no room for an arena: null, or what little there is.
fn none(subject: Subject, room: usize) {
    let mut blocks = Blocks::with_room(subject, 1024);
    let used = memory::address_space();
    set_limit(libc::RLIMIT_AS, used + room);
    let sizes = [1, 64, 1000, 100_000, 2 << 20, 1 << 30];
    let mut given = 0;
    for turn in 0..10 {
        for size in sizes {
            let added = blocks.add(size);
            assert!(!added || size < room, "{size} bytes out of {room}");
            given += usize::from(added);
        }
        blocks.check();
        if turn % 3 == 0 {
            blocks.clear();
        }
    }
    let stats = (subject.stats)();
    blocks.clear();
    (subject.flush_thread)();
    (subject.purge_now)();
    set_limit(libc::RLIMIT_AS, libc::RLIM_INFINITY as usize);
    println!("{given} blocks, an arena of {} bytes", stats.capacity);
    assert!(blocks.add(1000), "there is memory once the limit is lifted");
    blocks.check();
    // Threads come and go, whatever became of the arena.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut blocks = Blocks::with_room(subject, 1);
            assert!(blocks.add(1000), "there is memory once the limit is lifted");
            blocks.check();
        });
    });
}

/// Address space is there, but what may be written is limited: commits are refused.
fn data(subject: Subject, limit: usize) {
    let mut blocks = Blocks::with_room(subject, limit / 1000);
    set_limit(libc::RLIMIT_DATA, memory::data() + limit);
    for turn in 0..3 {
        for size in [3 << 20, 100_000, 1000] {
            while blocks.add(size) {}
            let bytes = blocks.bytes;
            println!("turn {turn}: {bytes} bytes in blocks of {size}");
            assert!(bytes < limit, "{bytes} bytes of {limit}");
            assert!(
                bytes >= limit / 4,
                "refused after {bytes} bytes of {limit}, in blocks of {size}"
            );
            blocks.check();
            goes_on(&mut blocks, size);
            blocks.clear();
        }
    }
}

/// The limit comes when the arena is there and in use; what is freed is given back though no background thread can start.
fn data_later(subject: Subject, limit: usize) {
    let mut hoard = Hoard::with_touched_room(subject.allocator, 256 << 10);
    assert!(
        hoard.fill(&mut Random::new(1), 256 << 10, 8 << 10),
        "there is memory"
    );
    set_limit(libc::RLIMIT_DATA, memory::data() + limit);
    let mut random = Random::new(2);
    while hoard.add(random.size(100_000)) {}
    hoard.verify();
    let bytes = hoard.bytes();
    assert!(bytes >= limit / 4, "refused after {bytes} bytes of {limit}");
    let full = memory::rollup().anonymous;
    let mut position = 0;
    hoard.keep_if(|| {
        position += 1;
        position < 16
    });
    // Without a background thread whoever comes by does its work.
    let fell = memory::wait_until(Duration::from_secs(5), || {
        (subject.flush_thread)();
        memory::rollup().anonymous < full - bytes / 4 * 3
    });
    assert!(
        fell,
        "{full} bytes resident, after {bytes} were freed still {}",
        memory::rollup().anonymous
    );
    hoard.verify();
    while hoard.add(random.size(100_000)) {}
    assert!(
        hoard.bytes() >= bytes / 10 * 9,
        "{bytes} bytes at first, now {}",
        hoard.bytes()
    );
    hoard.verify();
}

/// Sets the soft limit, so that it can be lifted again.
fn set_limit(resource: libc::__rlimit_resource_t, bytes: usize) {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the place is valid.
    let got = unsafe { libc::getrlimit(resource, &raw mut limit) };
    limit.rlim_cur = (bytes as libc::rlim_t).min(limit.rlim_max);
    // SAFETY: as above.
    let set = unsafe { libc::setrlimit(resource, &raw const limit) };
    assert_eq!((got, set), (0, 0), "the limit can be set");
}

/// Blocks of which only the ends were written: address space, hardly memory.
///
/// Invariant: every entry is a live block of the subject, allocated with its layout, of whose tag at least the first
/// byte was written at its start, and nobody else has its pointer.
struct Blocks {
    subject: Subject,
    kept: Vec<(NonNull<u8>, Layout, u8)>,
    added: usize,
    /// As wide as the allocator serves them.
    bytes: usize,
}

// SAFETY: the blocks belong to this value alone, and may be freed on any thread.
unsafe impl Send for Blocks {}

impl Blocks {
    /// No blocks. Room to note more than `blocks` is got from the system while there is memory.
    fn with_room(subject: Subject, blocks: usize) -> Self {
        Self {
            subject,
            kept: Vec::with_capacity(blocks),
            added: 0,
            bytes: 0,
        }
    }

    /// Adds a block; says whether the allocator had one, and there was room to note it.
    fn add(&mut self, size: usize) -> bool {
        if self.kept.len() == self.kept.capacity() {
            return false;
        }
        let layout = Layout::from_size_align(size, 8).expect("a legal layout");
        // SAFETY: the size is not zero.
        let Some(start) = NonNull::new(unsafe { self.subject.allocator.alloc(layout) }) else {
            return false;
        };
        let tag = (self.added % 251) as u8 + 1;
        // SAFETY: the block has a byte at least.
        unsafe { start.write(tag) };
        // SAFETY: its last byte is in it.
        let last = unsafe { start.add(size - 1) };
        // SAFETY: as above.
        unsafe { last.write(tag) };
        self.kept.push((start, layout, tag));
        self.added += 1;
        self.bytes += self.subject.payload(size);
        true
    }

    /// Panics if a block's ends are not what was written.
    fn check(&self) {
        for &(start, layout, tag) in &self.kept {
            // SAFETY: by the type's invariant.
            let first = unsafe { start.read() };
            // SAFETY: as above; the last byte is in the block.
            let last = unsafe { start.add(layout.size() - 1).read() };
            assert_eq!((first, last), (tag, tag), "{start:?} of {layout:?}");
        }
    }

    /// Gives back every second block.
    fn thin_out(&mut self) {
        let mut position = 0;
        let (subject, bytes) = (self.subject, &mut self.bytes);
        self.kept.retain(|block| {
            position += 1;
            if position % 2 == 0 {
                *bytes -= subject.payload(block.1.size());
                free(subject, *block);
            }
            position % 2 == 1
        });
    }

    /// Gives all back.
    fn clear(&mut self) {
        for block in self.kept.drain(..) {
            free(self.subject, block);
        }
        self.bytes = 0;
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Frees a block that is not noted any more.
fn free(subject: Subject, (start, layout, _): (NonNull<u8>, Layout, u8)) {
    // SAFETY: by the invariant of `Blocks` the block is live with this layout, and this is its only free.
    unsafe { subject.allocator.dealloc(start.as_ptr(), layout) };
}
