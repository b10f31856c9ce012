//! Layouts of every alignment up to a huge page: contents, addresses and invariants through each function of
//! `GlobalAlloc`.

use core::alloc::Layout;
use core::ptr::NonNull;

use super::generated::generated;
use super::rng::Rng;
use crate::config::{Config, Exhausted};
use crate::fallback;
use crate::global::{
    Generated, Runtime, alloc, alloc_zeroed, dealloc, deallocate, purge_now, realloc, stats,
    usable_size,
};
use crate::thread_cache::{LocalBins, Locals, Phase};

const MIB: usize = 1 << 20;
/// The largest alignment that is the arena's.
const MOST: usize = 2 * MIB;

// One a test: what a test validates and counts, no other may change meanwhile.
generated!(General, 88, Config::general().with_arena(256 << 20));
generated!(Aligned, 88, Config::general().with_arena(256 << 20));
generated!(Parked, 88, Config::general().with_arena(256 << 20));
// Few classes, none a multiple of much: most aligned layouts are large blocks.
generated!(
    Sparse,
    3,
    Config::general()
        .with_arena(64 << 20)
        .with_align(16)
        .with_classes(&[48, 4_080, 200_000])
);
// The alignment is a granule already.
generated!(
    Coarse,
    2,
    Config::general()
        .with_arena(64 << 20)
        .with_align(64 << 10)
        .with_classes(&[64 << 10, 192 << 10])
);
generated!(
    Bounded,
    1,
    Config::general()
        .with_arena(64 << 20)
        .with_classes(&[4_096])
        .with_exhausted(Exhausted::Null)
);
generated!(Lender, 88, Config::general().with_arena(64 << 20));
generated!(Headed, 12, Config::tensor().with_arena(64 << 20));

/// A live block whose every byte was written.
struct Block {
    start: NonNull<u8>,
    layout: Layout,
    seed: u8,
}

/// Bytes that are written and looked at: all of a small block, the ends and some between of a large one.
fn offsets(size: usize) -> impl Iterator<Item = usize> {
    let step = if size <= 8_192 { 1 } else { 4_093 };
    (0..size).step_by(step).chain([size - 1])
}

fn byte(seed: u8, offset: usize) -> u8 {
    seed ^ (offset as u8) ^ ((offset >> 8) as u8)
}

impl Block {
    fn write(&self) {
        for offset in offsets(self.layout.size()) {
            // SAFETY: the block is live and as long as its layout.
            unsafe { self.start.add(offset).write(byte(self.seed, offset)) };
        }
    }

    /// Whether the first `size` bytes are as written for a block of at least that size.
    fn holds(&self, size: usize) -> bool {
        offsets(self.layout.size())
            .filter(|&offset| offset < size)
            // SAFETY: the block is live and at least as long.
            .all(|offset| unsafe { self.start.add(offset).read() } == byte(self.seed, offset))
    }

    fn check(&self) {
        let (size, align) = (self.layout.size(), self.layout.align());
        assert!(
            self.start.as_ptr().addr().is_multiple_of(align),
            "{size} bytes at {align}"
        );
        assert!(self.holds(size), "{size} bytes at {align}");
    }
}

fn validate<G: Generated>() {
    G::runtime()
        .started()
        .expect("the allocator was used")
        .validate();
}

fn any_layout(rng: &mut Rng) -> Layout {
    let size = match rng.below(4) {
        0 => 1 + rng.below(300),
        1 => 1 + rng.below(300_000),
        _ => rng.size(4 * MIB),
    };
    let align = 8 << rng.below(19);
    assert!((8..=MOST).contains(&align));
    Layout::from_size_align(size, align).expect("a valid layout")
}

fn random_layouts<G: Generated>(seed: u64) {
    let mut rng = Rng::new(seed);
    let mut live: Vec<Block> = Vec::new();
    for step in 0..3_000_usize {
        let grown = rng.below(3);
        if live.len() < 8 || (grown == 0 && live.len() < 24) {
            let layout = any_layout(&mut rng);
            let zeroed = rng.below(2) == 0;
            let start = if zeroed {
                // SAFETY: at least one byte.
                unsafe { alloc_zeroed::<G>(layout) }
            } else {
                // SAFETY: at least one byte.
                unsafe { alloc::<G>(layout) }
            };
            let block = Block {
                start: NonNull::new(start).expect("there is memory"),
                layout,
                seed: step as u8,
            };
            if zeroed {
                let zero = offsets(layout.size())
                    // SAFETY: the block is live and as long as its layout.
                    .all(|offset| unsafe { block.start.add(offset).read() } == 0);
                assert!(zero, "{layout:?}");
            }
            // SAFETY: the block is live.
            let usable = unsafe { usable_size::<G>(block.start) };
            assert!(usable.is_ok_and(|usable| usable >= layout.size()));
            block.write();
            live.push(block);
        } else if grown == 1 {
            let index = rng.below(live.len());
            let block = &mut live[index];
            block.check();
            let (old, size) = (block.layout, any_layout(&mut rng).size());
            // SAFETY: the block is live with this layout.
            let moved = unsafe { realloc::<G>(block.start.as_ptr(), old, size) };
            block.start = NonNull::new(moved).expect("there is memory");
            block.layout = Layout::from_size_align(size, old.align()).expect("a valid layout");
            // The sparse pattern of a large block says nothing of bytes that a small one looks at.
            if (old.size() <= 8_192) == (size <= 8_192) {
                let kept = old.size().min(size);
                let last = offsets(kept).last().expect("at least one byte");
                assert!(block.holds(last), "{old:?} to {size}");
            }
            block.write();
            block.check();
        } else {
            let block = live.swap_remove(rng.below(live.len()));
            block.check();
            if rng.below(4) == 0 {
                // SAFETY: the block is live and given up.
                assert_eq!(unsafe { deallocate::<G>(block.start) }, Ok(()));
            } else {
                // SAFETY: the block is live with this layout.
                unsafe { dealloc::<G>(block.start.as_ptr(), block.layout) };
            }
        }
        validate::<G>();
    }
    for block in live {
        block.check();
        // SAFETY: the block is live with this layout.
        unsafe { dealloc::<G>(block.start.as_ptr(), block.layout) };
    }
    validate::<G>();
    purge_now::<G>();
    let stats = stats::<G>();
    assert_eq!((stats.large_live, stats.large_live_bytes), (0, 0));
    assert!(stats.classes.iter().all(|class| class.live == 0));
}

#[test]
fn every_layout_is_served_where_it_asks_to_be() {
    random_layouts::<General>(1);
    random_layouts::<General>(2);
    random_layouts::<Sparse>(3);
    random_layouts::<Coarse>(4);
}

#[test]
fn alignments_up_to_a_huge_page_are_the_arenas_and_greater_ones_the_systems() {
    for bits in 3..=22 {
        let align = 1 << bits;
        for size in [1, 100, 5_000, 70_000, 200_000, 2 * MIB, 3 * MIB + 1] {
            let layout = Layout::from_size_align(size, align).expect("a valid layout");
            // SAFETY: at least one byte.
            let start = NonNull::new(unsafe { alloc::<Aligned>(layout) }).expect("there is memory");
            assert!(start.as_ptr().addr().is_multiple_of(align));
            // SAFETY: the block is live.
            let known = unsafe { usable_size::<Aligned>(start) };
            assert_eq!(known.is_ok_and(|usable| usable >= size), align <= MOST);
            // SAFETY: the block is live with this layout.
            unsafe { dealloc::<Aligned>(start.as_ptr(), layout) };
        }
    }
}

#[test]
fn with_a_header_a_greater_alignment_stays_the_systems() {
    for (align, ours) in [(8, true), (64, true), (128, false), (MIB, false)] {
        for size in [100, 20 * MIB] {
            let layout = Layout::from_size_align(size, align).expect("a valid layout");
            // SAFETY: at least one byte.
            let start = NonNull::new(unsafe { alloc::<Headed>(layout) }).expect("there is memory");
            // SAFETY: the block is live.
            assert_eq!(unsafe { usable_size::<Headed>(start) }.is_ok(), ours);
            // SAFETY: the block is live with this layout.
            unsafe { dealloc::<Headed>(start.as_ptr(), layout) };
        }
    }
}

#[test]
fn what_an_aligned_block_leaves_over_serves_others() {
    let layout = Layout::from_size_align(100, MOST).expect("a valid layout");
    // Each takes one granule of the address space, and a few bytes of the budget.
    let blocks: Vec<_> = (0..30)
        .map(|_| {
            // SAFETY: at least one byte.
            NonNull::new(unsafe { alloc::<Bounded>(layout) }).expect("there is address space")
        })
        .collect();
    let between = Layout::from_size_align(MOST - (64 << 10), 8).expect("a valid layout");
    let others: Vec<_> = (0..29)
        .map(|_| {
            // SAFETY: at least one byte.
            NonNull::new(unsafe { alloc::<Bounded>(between) }).expect("what lies between is free")
        })
        .collect();
    validate::<Bounded>();
    assert_eq!(stats::<Bounded>().regions, 1);
    for block in blocks {
        // SAFETY: the block is live with this layout.
        unsafe { dealloc::<Bounded>(block.as_ptr(), layout) };
        validate::<Bounded>();
    }
    for block in others {
        // SAFETY: the block is live with this layout.
        unsafe { dealloc::<Bounded>(block.as_ptr(), between) };
        validate::<Bounded>();
    }
}

#[test]
fn a_parked_block_serves_no_greater_alignment() {
    let plain = Layout::from_size_align(3 * MIB, 8).expect("a valid layout");
    let aligned = Layout::from_size_align(3 * MIB, MOST).expect("a valid layout");
    let mut pinned = Vec::new();
    for round in 0..40 {
        // SAFETY: at least one byte.
        let start = unsafe { alloc::<Parked>(plain) };
        // SAFETY: the block is live with this layout.
        unsafe { dealloc::<Parked>(start, plain) };
        // SAFETY: at least one byte.
        let start = unsafe { alloc::<Parked>(aligned) };
        assert!(!start.is_null() && start.addr().is_multiple_of(MOST));
        // SAFETY: the block is live with this layout.
        unsafe { dealloc::<Parked>(start, aligned) };
        if round < 20 {
            let odd = Layout::from_size_align(1_100_000, 8).expect("a valid layout");
            // SAFETY: at least one byte.
            pinned.push((unsafe { alloc::<Parked>(odd) }, odd));
        }
        validate::<Parked>();
    }
    for (start, layout) in pinned {
        // SAFETY: the block is live with this layout.
        unsafe { dealloc::<Parked>(start, layout) };
    }
}

#[test]
fn a_busy_thread_is_lent_aligned_blocks_and_may_free_them() {
    let layouts: Vec<_> = [100, 5_000, 300_000, 2 * MIB]
        .into_iter()
        .flat_map(|size| [16, 512, 8_192, 64 << 10, MIB].map(|align| (size, align)))
        .map(|(size, align)| Layout::from_size_align(size, align).expect("a valid layout"))
        .collect();
    let take = |layout: &Layout| {
        // SAFETY: at least one byte.
        let start = NonNull::new(unsafe { alloc::<Lender>(*layout) }).expect("there is memory");
        assert!(start.as_ptr().addr().is_multiple_of(layout.align()));
        // SAFETY: the block is live and as long as its layout.
        unsafe { start.write_bytes(0xcd, layout.size()) };
        start
    };
    let give = |start: NonNull<u8>, layout: &Layout| {
        // SAFETY: the block is live with this layout.
        unsafe { dealloc::<Lender>(start.as_ptr(), *layout) };
    };
    let own: Vec<_> = layouts.iter().map(take).collect();
    // SAFETY: this thread's locals.
    let head = unsafe { Lender::locals().as_ref() };
    let before = head.phase.replace(Phase::Busy);
    let lent: Vec<_> = layouts.iter().map(take).collect();
    let any_lent = |start: &NonNull<u8>| fallback::size_of(start.as_ptr().addr()).is_some();
    assert!(lent.iter().any(any_lent));
    // Freed inside, they wait until the thread comes out.
    for (start, layout) in own.into_iter().zip(&layouts) {
        give(start, layout);
    }
    head.phase.set(before);
    for (start, layout) in lent.into_iter().zip(&layouts) {
        give(start, layout);
    }
    purge_now::<Lender>();
    validate::<Lender>();
    assert_eq!(stats::<Lender>().large_live, 0);
}
