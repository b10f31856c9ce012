//! What generated code calls, by a type expanded by hand: re-entry, growth, exited threads.

use core::alloc::Layout;
use core::ptr::NonNull;
use std::sync::OnceLock;

use crate::config::{Config, Exhausted};
use crate::global::{
    Generated, Runtime, alloc, alloc_zeroed, dealloc, realloc, stats, usable_size,
};
use crate::thread_cache::{LocalBins, Locals, Phase};
use crate::{fallback, tune};

/// A type as the attribute would generate it, on the real system or with a runtime of its own.
macro_rules! generated {
    ($name:ident, $classes:literal, $config:expr) => {
        generated!($name, $classes, $config, Runtime::new());
    };
    ($name:ident, $classes:literal, $config:expr, $runtime:expr) => {
        #[derive(Clone, Copy)]
        struct $name;

        // SAFETY: one static, one thread-local with a bin a class, a configuration that keeps the rules.
        unsafe impl Generated for $name {
            const CONFIG: Config = $config;

            fn runtime() -> &'static Runtime {
                static RUNTIME: Runtime = $runtime;
                &RUNTIME
            }

            fn locals() -> NonNull<Locals> {
                std::thread_local! {
                    static BINS: LocalBins<$classes> = const { LocalBins::new() };
                }
                BINS.with(LocalBins::locals)
            }
        }
    };
}
pub(super) use generated;

generated!(Bare, 88, Config::general().with_arena(64 << 20));
generated!(Headed, 12, Config::tensor().with_arena(64 << 20));
generated!(
    Tight,
    1,
    Config::general()
        .with_arena(1 << 20)
        .with_classes(&[4_096])
        .with_exhausted(Exhausted::Null)
);
generated!(
    Growing,
    1,
    Config::general().with_arena(1 << 20).with_classes(&[4_096])
);
generated!(Leaving, 88, Config::general().with_arena(64 << 20));

const _: () = assert!(tune::GENERAL_CLASSES.len() == 88);

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("a valid layout")
}

/// A block, written whole.
fn take<G: Generated>(layout: Layout) -> NonNull<u8> {
    // SAFETY: tests ask for at least one byte.
    let block = NonNull::new(unsafe { alloc::<G>(layout) }).expect("there is memory");
    assert!(block.as_ptr().addr().is_multiple_of(layout.align()));
    // SAFETY: the block is new and as long as its layout.
    unsafe { block.write_bytes(0xcd, layout.size()) };
    block
}

fn give<G: Generated>(block: NonNull<u8>, layout: Layout) {
    // SAFETY: tests give live blocks of this layout.
    unsafe { dealloc::<G>(block.as_ptr(), layout) };
}

fn reentrant<G: Generated>() {
    let small = layout(48, 8);
    give::<G>(take::<G>(small), small);
    // SAFETY: this thread's locals.
    let head = unsafe { G::locals().as_ref() };
    let held: Vec<_> = (0..200).map(|_| take::<G>(small)).collect();
    let before = head.phase.replace(Phase::Busy);
    let odd = layout(70_000, 8);
    let huge = layout(20 << 20, 8);
    let lent: Vec<_> = [odd, huge, odd, huge]
        .into_iter()
        .map(|layout| (take::<G>(layout), layout))
        .collect();
    let any_lent = lent
        .iter()
        .any(|(block, _)| fallback::size_of(block.as_ptr().addr()).is_some());
    assert!(
        any_lent,
        "a busy thread is served by the system's allocator"
    );
    let (early, late) = lent.split_at(2);
    for &(block, layout) in early {
        give::<G>(block, layout);
    }
    head.phase.set(before);
    for &(block, layout) in late {
        give::<G>(block, layout);
    }
    for block in held {
        give::<G>(block, small);
    }
}

#[test]
fn a_busy_thread_still_gets_memory_and_every_free_finds_its_way_back() {
    reentrant::<Headed>();
    reentrant::<Bare>();
}

#[test]
fn without_a_header_alignment_comes_from_the_class() {
    for align in [1, 8, 16, 64, 512, 4_096] {
        for size in [1, 24, 100, 1_000, 5_000, 70_000, 2 << 20] {
            let layout = layout(size, align);
            let block = take::<Bare>(layout);
            // SAFETY: the block is live.
            assert!(unsafe { usable_size::<Bare>(block) }.expect("it is the arena's") >= size);
            give::<Bare>(block, layout);
        }
    }
    // Beyond a huge page: the system's allocator.
    let page = layout(100, 4 << 20);
    let block = take::<Bare>(page);
    // SAFETY: the block is live.
    assert!(unsafe { usable_size::<Bare>(block) }.is_err());
    give::<Bare>(block, page);
}

fn grows_and_shrinks<G: Generated>() {
    let mut size = 1;
    // SAFETY: one byte.
    let mut block = unsafe { alloc_zeroed::<G>(layout(size, 8)) };
    let mut path: Vec<usize> = (0..26).map(|bit| 3 << bit).collect();
    path.extend((0..20).rev().map(|bit| 5 << bit));
    for new_size in path {
        // SAFETY: the block is live and `size` bytes long.
        unsafe { block.add(size - 1).write(7) };
        // SAFETY: the block is live with this layout.
        block = unsafe { realloc::<G>(block, layout(size, 8), new_size) };
        assert!(!block.is_null());
        if new_size >= size {
            // SAFETY: the block is at least `size` bytes long.
            let last = unsafe { block.add(size - 1).read() };
            assert_eq!(last, 7, "contents are kept");
        }
        size = new_size;
    }
    // SAFETY: the block is live with this layout.
    unsafe { dealloc::<G>(block, layout(size, 8)) };
}

#[test]
fn realloc_keeps_contents_through_classes_and_large_blocks() {
    grows_and_shrinks::<Bare>();
    grows_and_shrinks::<Headed>();
}

#[test]
fn zeroed_memory_is_zero_also_when_it_was_used_before() {
    for size in [1, 64, 5_000, 300_000, 3 << 20, 20 << 20] {
        let layout = layout(size, 8);
        give::<Bare>(take::<Bare>(layout), layout);
        // SAFETY: at least one byte.
        let block = NonNull::new(unsafe { alloc_zeroed::<Bare>(layout) }).expect("there is memory");
        // SAFETY: the block is as long as its layout.
        let bytes = unsafe { core::slice::from_raw_parts(block.as_ptr(), size) };
        assert!(bytes.iter().all(|&byte| byte == 0));
        give::<Bare>(block, layout);
    }
}

#[test]
fn a_full_arena_refuses_or_grows_as_configured() {
    let page = layout(4_096, 8);
    let mut held = Vec::new();
    // SAFETY: a page.
    while let Some(block) = NonNull::new(unsafe { alloc::<Tight>(page) }) {
        held.push(block);
    }
    assert_eq!(held.len(), (1 << 20) / 4_096, "the budget is exact");
    // SAFETY: a megabyte.
    assert!(unsafe { alloc::<Tight>(layout(1 << 20, 8)) }.is_null());
    for block in held.drain(..) {
        give::<Tight>(block, page);
    }
    let whole = layout(1 << 20, 8);
    let block = take::<Tight>(whole);
    give::<Tight>(block, whole);

    for _ in 0..5_000 {
        held.push(take::<Growing>(page));
    }
    assert!(stats::<Growing>().regions > 1);
    for block in held {
        // SAFETY: the block is live.
        assert_eq!(unsafe { block.add(4_095).read() }, 0xcd);
        give::<Growing>(block, page);
    }
    assert_eq!(stats::<Growing>().classes[0].live, 0);
}

#[test]
fn an_exited_thread_leaves_nothing_behind() {
    let small = layout(48, 8);
    for _ in 0..50 {
        let thread = std::thread::spawn(move || {
            let blocks: Vec<_> = (0..100).map(|_| take::<Leaving>(small)).collect();
            for block in blocks {
                give::<Leaving>(block, small);
            }
        });
        // Joined, not scoped: a scope ends before its threads' exit hooks do.
        thread.join().expect("the thread ends well");
    }
    let stats = stats::<Leaving>();
    let class = &stats.classes[5];
    assert_eq!((class.payload, class.live, class.cached), (48, 0, 0));
    assert_eq!(
        (stats.caches, class.slabs),
        (0, 1),
        "one slab served every thread"
    );
}

generated!(Wide, 2, Config::tensor().with_classes(&[64, 4 << 30]));
generated!(Late, 88, Config::general().with_arena(64 << 20));

#[test]
fn a_class_may_be_larger_than_four_gigabytes() {
    let small = layout(64, 8);
    give::<Wide>(take::<Wide>(small), small);
    // SAFETY: 4 GiB, untouched.
    let block =
        NonNull::new(unsafe { alloc::<Wide>(layout(4 << 30, 8)) }).expect("address space is there");
    give::<Wide>(block, layout(4 << 30, 8));
}

/// The key of a destructor that uses the allocator for the first time in the last round of its thread.
static LATE_KEY: OnceLock<libc::pthread_key_t> = OnceLock::new();

unsafe extern "C" fn late(rounds_left: *mut libc::c_void) {
    if rounds_left.addr() > 1 {
        let fewer = core::ptr::without_provenance::<libc::c_void>(rounds_left.addr() - 1);
        let key = *LATE_KEY
            .get()
            .expect("it was kept before any thread started");
        // SAFETY: the key exists.
        unsafe { libc::pthread_setspecific(key, fewer) };
        return;
    }
    let small = layout(48, 8);
    give::<Late>(take::<Late>(small), small);
}

#[test]
fn statistics_survive_a_thread_that_ended_without_its_hook() {
    let small = layout(48, 8);
    // Ours comes first, so that its destructor has run before the other key's in each round.
    give::<Late>(take::<Late>(small), small);
    let mut key = 0;
    // SAFETY: a valid place and a destructor of the right form.
    let status = unsafe { libc::pthread_key_create(&raw mut key, Some(late)) };
    assert_eq!(status, 0);
    LATE_KEY.set(key).expect("this test runs once");
    // A stack of its own mapping, gone after the join.
    let builder = std::thread::Builder::new().stack_size(128 << 20);
    let thread = builder.spawn(move || {
        // SAFETY: the key exists.
        unsafe { libc::pthread_setspecific(key, core::ptr::without_provenance(4)) };
    });
    thread
        .expect("a thread starts")
        .join()
        .expect("it ends well");
    assert!(stats::<Late>().caches >= 1);
}
