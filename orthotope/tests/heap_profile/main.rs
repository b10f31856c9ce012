//! Heap profiles: of single allocators, block by block, and of a process, as a user has them.

#![cfg(target_os = "linux")]

/// A type's profile, written and read back.
macro_rules! profile {
    ($type:ty) => {{
        let mut bytes = Vec::new();
        <$type>::heap_profile(&mut bytes).expect("nothing keeps a vector from being written to");
        $crate::read::read(&bytes)
    }};
}

mod exact;
mod process;
mod read;
mod tool;

use std::alloc::{GlobalAlloc, Layout};
use std::thread;

#[global_allocator]
#[orthotope::allocator(preset = "general")]
static GLOBAL: Global;

/// Addresses of blocks of `layout`.
#[inline(never)]
fn asks_for_many(allocator: &impl GlobalAlloc, layout: Layout, blocks: usize) -> Vec<usize> {
    let ask = |_| {
        // SAFETY: the layout is not empty.
        let block = unsafe { allocator.alloc(layout) };
        assert!(!block.is_null());
        block.expose_provenance()
    };
    (0..blocks).map(ask).collect()
}

fn give_back(allocator: &impl GlobalAlloc, layout: Layout, blocks: &[usize]) {
    for &block in blocks {
        // SAFETY: it is one of `asks_for_many`, and not used again.
        unsafe { allocator.dealloc(std::ptr::with_exposed_provenance_mut(block), layout) };
    }
}

/// Panics unless the estimate is within a tenth of what is known, which is five deviations or more wherever this is asked.
#[track_caller]
fn assert_near(estimate: i64, known: usize) {
    let ratio = estimate as f64 / known as f64;
    assert!((0.9..1.1).contains(&ratio), "{estimate} for {known}");
}

#[test]
fn estimates_are_near() {
    #[orthotope::allocator(preset = "general")]
    static ESTIMATED: Estimated;

    Estimated::set_heap_sample_interval(8 << 10);
    // A deviation of a seventieth; of half the blocks, of a fiftieth.
    let (blocks, layout) = (40_000, Layout::new::<[u8; 1_000]>());
    let held = asks_for_many(&ESTIMATED, layout, blocks);
    let first = profile!(Estimated);
    assert_eq!(first.period, 8 << 10);
    let [_, _, live, bytes] = first.of("asks_for_many");
    assert_near(live, blocks);
    assert_near(bytes, blocks * layout.size());

    let (gone, kept) = held.split_at(blocks / 2);
    give_back(&ESTIMATED, layout, gone);
    let second = profile!(Estimated);
    let [asked, asked_bytes, live, bytes] = second.of("asks_for_many");
    assert_near(live, blocks / 2);
    assert_near(bytes, blocks / 2 * layout.size());
    assert_eq!(
        [asked, asked_bytes],
        first.of("asks_for_many")[..2],
        "frees do not change what was asked for"
    );

    give_back(&ESTIMATED, layout, kept);
    assert_eq!(profile!(Estimated).total()[2..], [0, 0]);
}

#[test]
fn blocks_pass_between_threads() {
    #[orthotope::allocator(preset = "general")]
    static PASSED: Passed;

    Passed::set_heap_sample_interval(1 << 10);
    let layout = Layout::new::<[u8; 200]>();
    for _ in 0..5 {
        let threads: Vec<_> = (0..4)
            .map(|_| thread::spawn(move || asks_for_many(&PASSED, layout, 5_000)))
            .collect();
        let held: Vec<_> = threads
            .into_iter()
            .map(|thread| thread.join().expect("it ends"))
            .collect();
        let writing = thread::spawn(|| profile!(Passed));
        assert_near(profile!(Passed).of("asks_for_many")[2], 20_000);
        let threads: Vec<_> = held
            .into_iter()
            .map(|blocks| thread::spawn(move || give_back(&PASSED, layout, &blocks)))
            .collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().expect("it ends"));
        writing.join().expect("it ends");
        assert_eq!(profile!(Passed).total()[2..], [0, 0]);
    }
}

#[test]
fn no_samples_are_taken_at_an_interval_of_zero() {
    #[orthotope::allocator(preset = "general")]
    static OFF: Off;

    Off::set_heap_sample_interval(0);
    let layout = Layout::new::<[u8; 1 << 20]>();
    let held = asks_for_many(&OFF, layout, 32);
    let profile = profile!(Off);
    assert_eq!((profile.total(), profile.period), ([0; 4], 0));
    give_back(&OFF, layout, &held);
}

#[test]
fn a_profile_names_this_program() {
    let profile = profile!(Global);
    let program = std::env::current_exe().expect("Linux tells");
    let own = profile
        .files
        .iter()
        .find(|(path, _)| path.as_str() == program.to_string_lossy());
    assert!(own.is_some(), "{:?}", profile.files);
}
