//! `Allocator` of allocator-api2 0.2 and 0.4 on generated types, and the collections that ask for it.
//!
//! Each test has an allocator of its own, so that what is live in it is known exactly.

use orthotope_tests::live::all as live;

/// What blocks are filled with, page by page: compared in one go, which a dev build does fast, too.
const PAGE: [u8; 4096] = {
    let mut page = [0; 4096];
    let mut index = 0;
    while index < page.len() {
        page[index] = (index % 251) as u8 + 1;
        index += 1;
    }
    page
};

fn fill(bytes: &mut [u8]) {
    for chunk in bytes.chunks_mut(PAGE.len()) {
        chunk.copy_from_slice(&PAGE[..chunk.len()]);
    }
}

/// Panics unless the bytes are as `fill` left them.
#[track_caller]
fn assert_filled(bytes: &[u8]) {
    let mut chunks = bytes.chunks(PAGE.len());
    let wrong = chunks.position(|chunk| chunk != &PAGE[..chunk.len()]);
    assert_eq!(
        wrong,
        None,
        "the page of {} bytes that differs",
        bytes.len()
    );
}

/// The same tests for one version of the trait.
macro_rules! version {
    ($version:ident, $api:ident) => {
        mod $version {
            use std::alloc::Layout;
            use std::ptr::NonNull;

            use $api::alloc::Allocator;
            use $api::boxed::Box;
            use $api::vec::Vec;

            use orthotope::Stats;
            use orthotope_tests::pattern::all_are;

            use super::{assert_filled, fill, live};

            fn layout(size: usize, align: usize) -> Layout {
                Layout::from_size_align(size, align).expect("a layout")
            }

            /// Panics unless the block is one for the layout; its bytes.
            #[track_caller]
            fn bytes(block: NonNull<[u8]>, layout: Layout) -> &'static mut [u8] {
                assert_eq!(block.len(), layout.size(), "{layout:?}");
                let address = block.cast::<u8>().as_ptr().addr();
                assert!(address.is_multiple_of(layout.align()), "{layout:?}");
                // SAFETY: the block is this long, live until its free, and looked at through one slice at a time. Its
                // bytes are written or zero before they are read; none of them is ever anything but an integer.
                unsafe { &mut *block.as_ptr() }
            }

            /// Sizes about the classes of the presets, up to large blocks, in order.
            const SIZES: [usize; 13] = [
                0,
                1,
                8,
                64,
                65,
                257,
                4096,
                6145,
                70_000,
                300_000,
                1 << 20,
                3 << 20,
                20 << 20,
            ];
            const ALIGNS: [usize; 6] = [1, 8, 64, 128, 4096, 64 << 10];

            /// Grows a block through every size, at alignments that change under way, and shrinks it again.
            fn resize(allocator: impl Allocator) {
                for shift in 0..ALIGNS.len() {
                    let align = |step: usize| ALIGNS[(step / 3 * shift) % ALIGNS.len()];
                    let mut old = layout(SIZES[0], align(0));
                    let mut block = allocator.allocate(old).expect("no memory is needed");
                    for (step, &size) in SIZES.iter().enumerate().skip(1) {
                        let new = layout(size, align(step));
                        let is_zeroed = step % 2 == 0;
                        let grown = if is_zeroed {
                            // SAFETY: the block is live with layout `old`, and `new` is no smaller.
                            unsafe { allocator.grow_zeroed(block.cast(), old, new) }
                        } else {
                            // SAFETY: as above.
                            unsafe { allocator.grow(block.cast(), old, new) }
                        };
                        block = grown.expect("there is memory");
                        let bytes = bytes(block, new);
                        assert_filled(&bytes[..old.size()]);
                        assert!(!is_zeroed || all_are(&bytes[old.size()..], 0), "{new:?}");
                        fill(bytes);
                        old = new;
                    }
                    for (step, &size) in SIZES.iter().enumerate().rev() {
                        let new = layout(size, align(step + 1));
                        // SAFETY: the block is live with layout `old`, and `new` is no larger.
                        block = unsafe { allocator.shrink(block.cast(), old, new) }
                            .expect("there is memory");
                        assert_filled(bytes(block, new));
                        old = new;
                    }
                    // SAFETY: the block is live with layout `old`.
                    unsafe { allocator.deallocate(block.cast(), old) };
                }
            }

            /// Blocks of every size and alignment side by side.
            fn blocks(allocator: impl Allocator) {
                let layouts = || {
                    let sizes = SIZES.iter().copied();
                    sizes.flat_map(|size| ALIGNS.map(|align| layout(size, align)))
                };
                let blocks: std::vec::Vec<_> = layouts()
                    .enumerate()
                    .map(|(number, layout)| {
                        let block = if number % 2 == 0 {
                            allocator.allocate(layout)
                        } else {
                            allocator.allocate_zeroed(layout)
                        };
                        let block = block.expect("there is memory");
                        let bytes = bytes(block, layout);
                        assert!(number % 2 == 0 || all_are(bytes, 0), "{layout:?}");
                        fill(bytes);
                        block
                    })
                    .collect();
                for (block, layout) in blocks.into_iter().zip(layouts()) {
                    assert_filled(bytes(block, layout));
                    // SAFETY: the block is live with this layout.
                    unsafe { allocator.deallocate(block.cast(), layout) };
                }
            }

            fn check<A: Allocator + Copy>(allocator: A, stats: fn() -> Stats) {
                blocks(allocator);
                assert_eq!(live(&stats()), 0);
                resize(allocator);
                assert_eq!(live(&stats()), 0);
            }

            #[test]
            fn with_headers() {
                #[orthotope::allocator(arena = "4GiB")]
                static ARENA: ArenaAlloc;
                check(ARENA, ArenaAlloc::stats);
            }

            #[test]
            fn without_headers() {
                #[orthotope::allocator(preset = "general", arena = "4GiB")]
                static ARENA: ArenaAlloc;
                check(ARENA, ArenaAlloc::stats);
            }

            #[test]
            fn hardened() {
                #[orthotope::allocator(arena = "4GiB", hardened = true)]
                static ARENA: ArenaAlloc;
                check(ARENA, ArenaAlloc::stats);
            }

            #[test]
            fn hardened_without_headers() {
                #[orthotope::allocator(preset = "general", arena = "4GiB", hardened = true)]
                static ARENA: ArenaAlloc;
                check(ARENA, ArenaAlloc::stats);
            }

            #[test]
            fn an_empty_layout_takes_nothing() {
                #[orthotope::allocator(arena = "64MiB")]
                static ARENA: ArenaAlloc;

                let empty = layout(0, 4096);
                for _ in 0..2 {
                    let block = ARENA.allocate_zeroed(empty).expect("no memory is needed");
                    bytes(block, empty);
                    assert_eq!(live(&ArenaAlloc::stats()), 0);
                    // SAFETY: the block came from this allocator with this layout.
                    unsafe { ARENA.deallocate(block.cast(), empty) };
                }
                let none: Vec<u64, _> = Vec::new_in(ARENA);
                let unit = Box::new_in((), ARENA);
                assert_eq!((none.len(), *unit, live(&ArenaAlloc::stats())), (0, (), 0));
            }

            #[test]
            fn a_full_arena_is_an_error_and_leaves_the_block() {
                #[orthotope::allocator(arena = "4MiB", classes = [65536], exhausted = "null")]
                static ARENA: ArenaAlloc;

                let mut vec: Vec<u32, _> = Vec::new_in(ARENA);
                vec.extend(0..10_000);
                assert!(vec.try_reserve(2 << 20).is_err());
                assert!(ARENA.allocate(layout(8 << 20, 8)).is_err());
                assert!(ARENA.allocate_zeroed(layout(8 << 20, 64)).is_err());
                assert!(vec.iter().copied().eq(0..10_000));
                assert_eq!(live(&ArenaAlloc::stats()), 1);
            }

            #[test]
            fn collections_cross_threads() {
                #[orthotope::allocator(arena = "1GiB")]
                static ARENA: ArenaAlloc;

                let sums = std::thread::scope(|scope| {
                    let threads: std::vec::Vec<_> = (0..4_u64)
                        .map(|thread| {
                            scope.spawn(move || {
                                let mut values = Vec::new_in(ARENA);
                                values.extend((0..50_000).map(|value| value * thread));
                                values
                            })
                        })
                        .collect();
                    let vecs = threads
                        .into_iter()
                        .map(|thread| thread.join().expect("no panic"));
                    vecs.map(|vec| vec.iter().sum::<u64>())
                        .collect::<std::vec::Vec<_>>()
                });
                let sum = 50_000 * 49_999 / 2;
                assert_eq!(sums, [0, sum, 2 * sum, 3 * sum]);
                assert_eq!(live(&ArenaAlloc::stats()), 0);
            }
        }
    };
}

version!(version_02, allocator_api2);
version!(version_04, allocator_api2_04);

#[test]
fn hashbrown_keeps_table_and_values_in_the_arena() {
    #[orthotope::allocator(arena = "1GiB")]
    static TENSORS: TensorAlloc;

    let mut tensors = hashbrown::HashMap::new_in(TENSORS);
    for number in 0..1000_u32 {
        let mut tensor = allocator_api2::vec::Vec::new_in(TENSORS);
        tensor.resize(128, number as f32);
        tensors.insert(number, tensor);
    }
    // A block a tensor, and one for the table.
    assert_eq!(live(&TensorAlloc::stats()), 1001);
    assert!(tensors[&7].as_ptr().addr().is_multiple_of(64));
    tensors.retain(|number, _| number % 2 == 0);
    assert_eq!(live(&TensorAlloc::stats()), 501);
    assert!(
        tensors
            .iter()
            .all(|(&number, tensor)| tensor[127] == number as f32)
    );
    drop(tensors);
    assert_eq!(live(&TensorAlloc::stats()), 0);
}

#[test]
fn what_is_generic_takes_an_arena_or_a_bump() {
    #[orthotope::allocator(preset = "general", arena = "256MiB")]
    static ARENA: ArenaAlloc;

    fn squares<A: allocator_api2::alloc::Allocator>(
        allocator: A,
    ) -> allocator_api2::vec::Vec<u64, A> {
        let mut squares = allocator_api2::vec::Vec::new_in(allocator);
        squares.extend((0..10_000_u64).map(|number| number * number));
        squares
    }

    let bump = bumpalo::Bump::new();
    assert!(squares(&bump).iter().eq(squares(ARENA).iter()));
    assert_eq!(live(&ArenaAlloc::stats()), 0);
}
