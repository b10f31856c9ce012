//! Hardened allocators, with and without headers: every wrong free is told and changes nothing, and random work with
//! checked contents goes well, also through purges.

use core::alloc::Layout;
use core::ptr::NonNull;

use super::generated::generated;
use super::rng::Rng;
use crate::config::{Config, Purge};
use crate::error::FreeError;
use crate::global::{
    Generated, Runtime, alloc, alloc_zeroed, allocate, dealloc, deallocate, deallocate_with_size,
    flush_thread, purge_now, realloc, usable_size,
};
use crate::poison::{self, Faded};
use crate::sys::page_bytes;
use crate::thread_cache::{LocalBins, Locals};

const GENERAL: Config = Config::general().with_arena(256 << 20).with_hardened(true);
const TENSOR: Config = Config::tensor().with_arena(1 << 30).with_hardened(true);

generated!(Bare, 88, GENERAL);
generated!(Headed, 12, TENSOR);
generated!(BareTyped, 88, GENERAL);
generated!(HeadedTyped, 12, TENSOR);
generated!(BarePurged, 88, GENERAL.with_purge(Purge::Eager));
generated!(HeadedPurged, 12, TENSOR.with_purge(Purge::Eager));
generated!(BareShared, 88, GENERAL);
generated!(HeadedShared, 12, TENSOR);
generated!(Guarded, 88, GENERAL);
generated!(GuardedHeaded, 12, TENSOR);
generated!(Mixed, 88, GENERAL);

fn validate<G: Generated>() {
    G::runtime().started().expect("it is in use").validate();
}

/// A block, every byte of which holds `mark`.
struct Block {
    start: NonNull<u8>,
    layout: Layout,
    mark: u8,
}

// SAFETY: a block is its holder's alone.
unsafe impl Send for Block {}

impl Block {
    fn new<G: Generated>(size: usize, align: usize, mark: u8) -> Self {
        let layout = Layout::from_size_align(size, align).expect("a valid layout");
        // SAFETY: at least one byte.
        let start = NonNull::new(unsafe { alloc::<G>(layout) }).expect("there is memory");
        assert!(start.as_ptr().addr().is_multiple_of(align));
        // SAFETY: the block is new and as long as its layout.
        unsafe { start.write_bytes(mark, size) };
        Self {
            start,
            layout,
            mark,
        }
    }

    fn zeroed<G: Generated>(size: usize, mark: u8) -> Self {
        let layout = Layout::from_size_align(size, 8).expect("a valid layout");
        // SAFETY: at least one byte.
        let start = NonNull::new(unsafe { alloc_zeroed::<G>(layout) }).expect("there is memory");
        let zero = Self {
            start,
            layout,
            mark: 0,
        };
        zero.check(size);
        // SAFETY: the block is new and as long as its layout.
        unsafe { start.write_bytes(mark, size) };
        Self { mark, ..zero }
    }

    fn check(&self, bytes: usize) {
        // SAFETY: the block is live and at least so long.
        let held = unsafe { core::slice::from_raw_parts(self.start.as_ptr(), bytes) };
        let wanted = [self.mark; 4_096];
        let whole = held.chunks(4_096).all(|part| *part == wanted[..part.len()]);
        assert!(whole, "nobody else's");
    }

    fn resize<G: Generated>(&mut self, size: usize) {
        let kept = size.min(self.layout.size());
        // SAFETY: the block is live with this layout.
        let moved = unsafe { realloc::<G>(self.start.as_ptr(), self.layout, size) };
        self.start = NonNull::new(moved).expect("there is memory");
        self.layout = Layout::from_size_align(size, self.layout.align()).expect("a valid layout");
        self.check(kept);
        // SAFETY: as long as its new layout.
        unsafe { self.start.write_bytes(self.mark, size) };
    }

    fn free<G: Generated>(self) {
        self.check(self.layout.size());
        // SAFETY: the block is live with this layout.
        unsafe { dealloc::<G>(self.start.as_ptr(), self.layout) };
    }
}

/// Sizes of any class, and beyond.
fn size(rng: &mut Rng) -> usize {
    let most = if rng.below(8) == 0 { 22 } else { 12 };
    let bits = rng.below(most);
    1 + rng.below(1 << bits)
}

/// Random work of one thread, from whose blocks others may get some.
fn work<G: Generated>(seed: u64, steps: usize, purges: bool) -> Vec<Block> {
    let mut rng = Rng::new(seed);
    let mut held: Vec<Block> = Vec::new();
    for step in 0..steps {
        let mark = 1 + rng.below(200) as u8;
        match rng.below(10) {
            0..4 => held.push(Block::new::<G>(size(&mut rng), 8, mark)),
            4 => held.push(Block::zeroed::<G>(size(&mut rng), mark)),
            5 => {
                let align = 1 << rng.below(14);
                held.push(Block::new::<G>(size(&mut rng), align, mark));
            }
            6 if !held.is_empty() => {
                let chosen = rng.below(held.len());
                held[chosen].resize::<G>(size(&mut rng));
            }
            _ if !held.is_empty() => {
                held.swap_remove(rng.below(held.len())).free::<G>();
            }
            _ => {}
        }
        if purges && step % 512 == 511 {
            flush_thread::<G>();
            purge_now::<G>();
        }
    }
    held
}

fn alone<G: Generated>(purges: bool) {
    for seed in 1..=3 {
        let held = work::<G>(seed, 2_000, purges);
        validate::<G>();
        for block in held {
            block.free::<G>();
        }
        validate::<G>();
    }
    flush_thread::<G>();
    purge_now::<G>();
    validate::<G>();
}

#[test]
fn random_work_goes_well() {
    alone::<Bare>(false);
    alone::<Headed>(false);
}

#[test]
fn what_a_purge_takes_from_free_blocks_alarms_nobody() {
    alone::<BarePurged>(true);
    alone::<HeadedPurged>(true);
}

fn shared<G: Generated>() {
    let mut left = Vec::new();
    for round in 0..4 {
        let threads: Vec<_> = (0..3)
            .map(|number| {
                let mine: Vec<Block> = core::mem::take(&mut left);
                std::thread::spawn(move || {
                    for block in mine {
                        block.free::<G>();
                    }
                    work::<G>(round * 3 + number + 100, 600, number == 0)
                })
            })
            .collect();
        for thread in threads {
            left.extend(thread.join().expect("it ends well"));
        }
    }
    for block in left {
        block.free::<G>();
    }
    validate::<G>();
}

#[test]
fn blocks_change_threads_and_outlive_them() {
    shared::<BareShared>();
    shared::<HeadedShared>();
}

/// Frees the block at `start` as one of `size` bytes, or of any.
fn free<G: Generated>(start: NonNull<u8>, size: Option<usize>) -> Result<(), FreeError> {
    match size {
        // SAFETY: tests free live blocks that nobody uses any more, or what is none.
        Some(size) => unsafe { deallocate_with_size::<G>(start, size) },
        // SAFETY: as above.
        None => unsafe { deallocate::<G>(start) },
    }
}

fn every_fault<G: Generated>() {
    let align = G::CONFIG.align;
    let large = FreeError::AlreadyFreedOrUnknownLarge;
    for size in [1, 24, 64, 300, 5_000, 60_000, 400_000, 20 << 20] {
        let block = allocate::<G>(size).expect("there is memory");
        let keeper = Block::new::<G>(size, 8, 0x77);
        let other = |offset: usize| {
            // SAFETY: an address alone, not used to reach anything.
            unsafe { NonNull::new_unchecked(block.as_ptr().wrapping_add(offset)) }
        };
        // SAFETY: the block is live.
        let usable = unsafe { usable_size::<G>(block) }.expect("it is live");
        assert!(usable >= size);
        for provided in [size + 1, size - 1, 0, usize::MAX] {
            let mismatch = FreeError::SizeMismatch {
                provided,
                recorded: size,
            };
            assert_eq!(free::<G>(block, Some(provided)), Err(mismatch), "{size}");
        }
        for (offset, size) in [(1, None), (align / 2, Some(size)), (4, Some(size))] {
            assert_eq!(
                free::<G>(other(offset), size),
                Err(FreeError::CorruptHeader)
            );
        }
        if size > align {
            let inside = free::<G>(other(align), Some(size));
            assert_eq!(inside, Err(FreeError::CorruptHeader), "{size}");
        }
        validate::<G>();
        assert_eq!(free::<G>(block, Some(size)), Ok(()));
        let twice = if size < 20 << 20 {
            FreeError::DoubleFree
        } else {
            large.clone()
        };
        for provided in [None, Some(size), Some(size + 1)] {
            assert_eq!(free::<G>(block, provided), Err(twice.clone()), "{size}");
        }
        // In another thread's eyes too, drained, and without its pages.
        let address = block.as_ptr().addr();
        let seen = std::thread::spawn(move || {
            let block = NonNull::new(core::ptr::without_provenance_mut(address));
            free::<G>(block.expect("not null"), None)
        });
        assert_eq!(seen.join().expect("no panic"), Err(twice.clone()));
        for drain in [flush_thread::<G>, purge_now::<G>] {
            drain();
            // A slab that has gone may have become anything.
            let gone = free::<G>(block, None);
            let told = gone == Err(twice.clone()) || (size > 4_096 && gone == Err(large.clone()));
            assert!(told, "{size}: {gone:?}");
        }
        // SAFETY: nobody uses the block.
        assert!(unsafe { usable_size::<G>(block) }.is_err());
        validate::<G>();
        keeper.free::<G>();
    }
    // Never handed out, and not ours.
    let block = allocate::<G>(64).expect("there is memory");
    for step in 1..64 {
        let never = block.as_ptr().wrapping_add(step << 22);
        let refused = free::<G>(NonNull::new(never).expect("not null"), None);
        let told = matches!(
            refused,
            Err(FreeError::CorruptHeader
                | FreeError::ForeignPointer
                | FreeError::AlreadyFreedOrUnknownLarge)
        );
        assert!(told, "{refused:?}");
    }
    let mut ours = [0_u64; 8];
    let foreign = NonNull::from(&mut ours).cast();
    assert_eq!(free::<G>(foreign, None), Err(FreeError::ForeignPointer));
    assert_eq!(free::<G>(block, Some(64)), Ok(()));
    validate::<G>();
}

#[test]
fn every_wrong_free_is_told_and_changes_nothing() {
    every_fault::<BareTyped>();
    every_fault::<HeadedTyped>();
}

/// Whether the process may touch the page that holds `address`.
fn is_mapped(address: usize) -> bool {
    let page = address / page_bytes() * page_bytes();
    let mut pipe = [0; 2];
    // SAFETY: room for two descriptors.
    assert_eq!(unsafe { libc::pipe(pipe.as_mut_ptr()) }, 0);
    // The system reads the byte for us, and says so instead of faulting.
    // SAFETY: a wrong address is an error.
    let written = unsafe { libc::write(pipe[1], core::ptr::without_provenance(page), 1) };
    for end in pipe {
        // SAFETY: the descriptor is ours.
        unsafe { libc::close(end) };
    }
    written == 1
}

fn guards<G: Generated>() {
    for (size, align) in [(17 << 20, 8), ((17 << 20) + 1, 64), (40_000_001, 16)] {
        for _ in 0..3 {
            let block = Block::new::<G>(size, align, 0x55);
            let start = block.start.as_ptr().addr();
            let end = start + size;
            let wall = end.next_multiple_of(page_bytes());
            let slack = G::CONFIG.align.max(align);
            assert!(wall - end < slack, "an overrun faults soon");
            assert!(!is_mapped(wall), "behind it");
            assert!(is_mapped(start) && is_mapped(end - 1));
            let before = (1..=64).find(|page| !is_mapped(start - page * page_bytes()));
            assert!(before.is_some(), "before it");
            block.free::<G>();
            validate::<G>();
        }
    }
    let aligned = Block::new::<G>(9 << 20, if G::CONFIG.header { 64 } else { 2 << 20 }, 0x66);
    let mut grown = Block::new::<G>(17 << 20, 8, 0x44);
    for size in [18 << 20, (18 << 20) - 5, 30 << 20, 17 << 20, 1_000] {
        grown.resize::<G>(size);
        validate::<G>();
    }
    grown.free::<G>();
    aligned.free::<G>();
    purge_now::<G>();
    validate::<G>();
}

#[test]
fn a_large_block_lies_between_pages_that_nobody_can_touch() {
    guards::<Guarded>();
    guards::<GuardedHeaded>();
}

#[test]
fn blocks_come_in_no_order() {
    let blocks: Vec<_> = (0..256).map(|_| Block::new::<Mixed>(64, 8, 1)).collect();
    let addresses: Vec<_> = blocks.iter().map(|b| b.start.as_ptr().addr()).collect();
    let neighbours = addresses
        .windows(2)
        .filter(|pair| pair[0].abs_diff(pair[1]) == 64);
    assert!(neighbours.count() < 64, "{addresses:x?}");
    let last = blocks.last().expect("there are blocks").start;
    let mut same = 0;
    for block in blocks {
        block.free::<Mixed>();
    }
    for _ in 0..64 {
        let block = Block::new::<Mixed>(64, 8, 2);
        same += usize::from(block.start == last);
        block.free::<Mixed>();
    }
    assert!(same < 48, "the block freed last is not always the next");
}

#[test]
fn a_change_of_poison_is_found_where_it_is() {
    let mut memory = [0_u64; 256];
    let start = memory.as_mut_ptr().cast::<u8>();
    for bytes in [8, 64, 504, 512, 520, 2_048] {
        // SAFETY: the memory is longer.
        unsafe { poison::write(start, bytes) };
        let look = |faded| {
            // SAFETY: as above.
            unsafe { poison::first_change(start, bytes, faded) }
        };
        assert_eq!(look(Faded::No), None);
        for offset in 0..bytes {
            let seen = bytes <= 512 || offset < 256 || offset >= bytes - 256;
            // SAFETY: the byte lies in the memory.
            let place = unsafe { start.add(offset) };
            // SAFETY: as above.
            let held = unsafe { place.replace(1) };
            assert_eq!(look(Faded::No), seen.then_some(offset));
            assert_eq!(look(Faded::ToZero), seen.then_some(offset));
            // SAFETY: as above.
            unsafe { place.write(held) };
        }
        memory[..bytes / 16].fill(0);
        // SAFETY: the memory is longer.
        let seen = unsafe { poison::first_change(start, bytes, Faded::ToZero) };
        assert_eq!(seen, None, "the system may take pages");
    }
}
