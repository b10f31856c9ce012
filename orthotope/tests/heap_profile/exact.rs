//! At an interval of one byte every block of some size is picked, and stands for itself: then numbers are exact.

use std::alloc::{GlobalAlloc, Layout};
use std::ptr::NonNull;

use orthotope::{FreeError, OrthotopeGlobalAlloc};

/// Live blocks and bytes of everything that was asked for by `asks`.
macro_rules! live {
    ($type:ty) => {{
        let profile = profile!($type);
        let [_, _, blocks, bytes] = profile.total();
        assert_eq!(
            profile.of("::asks")[2..],
            [blocks, bytes],
            "{:?}",
            profile.stacks
        );
        [blocks, bytes]
    }};
}

/// What each allocator is put through.
macro_rules! check {
    ($allocator:expr, $type:ty) => {{
        <$type>::set_heap_sample_interval(1);
        let allocator = $allocator;
        let small = Layout::from_size_align(100, 8).expect("it is a layout");
        let large = Layout::from_size_align(40 << 20, 8).expect("it is a layout");
        let aligned = Layout::from_size_align(300, 4_096).expect("it is a layout");

        #[inline(never)]
        fn asks(allocator: &$type, layout: Layout, zeroed: bool) -> *mut u8 {
            // SAFETY: the layout is not empty.
            let block = unsafe {
                if zeroed {
                    allocator.alloc_zeroed(layout)
                } else {
                    allocator.alloc(layout)
                }
            };
            assert!(!block.is_null());
            // SAFETY: the block has as many bytes.
            let first = unsafe { std::slice::from_raw_parts_mut(block, 100) };
            assert!(!zeroed || first.iter().all(|&byte| byte == 0));
            first.fill(7);
            block
        }

        for layout in [small, large, aligned] {
            for zeroed in [false, true] {
                let block = asks(&allocator, layout, zeroed);
                assert_eq!(live!($type), [1, layout.size() as i64]);
                // SAFETY: the block is live.
                unsafe { allocator.dealloc(block, layout) };
                assert_eq!(live!($type), [0, 0]);
            }
        }

        /// Within a class, to another one, to a large block and back.
        #[inline(never)]
        fn asks_for_other_sizes(allocator: &$type, mut block: *mut u8, mut layout: Layout) {
            for size in [101, 3_000, 3 << 20, (3 << 20) + 1, 40 << 20, 90] {
                // SAFETY: the block is live, and of this layout.
                block = unsafe { allocator.realloc(block, layout, size) };
                assert!(!block.is_null());
                // SAFETY: the block has as many bytes.
                let first = unsafe { std::slice::from_raw_parts(block, 90) };
                assert!(first.iter().all(|&byte| byte == 7));
                layout = Layout::from_size_align(size, layout.align()).expect("it is a layout");
                let profile = profile!($type);
                assert_eq!(profile.of("::asks_for_other_sizes")[2..], [1, size as i64]);
                assert_eq!(profile.total()[2..], [1, size as i64]);
            }
            // SAFETY: the block is live.
            unsafe { allocator.dealloc(block, layout) };
        }
        asks_for_other_sizes(&allocator, asks(&allocator, small, false), small);
        assert_eq!(live!($type), [0, 0]);

        #[inline(never)]
        fn asks_by_type(size: usize) -> NonNull<u8> {
            <$type>::allocate(size).expect("there is memory")
        }
        for size in [500, 50 << 20] {
            let block = asks_by_type(size);
            assert_eq!(profile!($type).total()[2..], [1, size as i64]);
            // SAFETY: the block is live.
            unsafe { <$type>::deallocate_with_size(block, size) }.expect("it is a block");
            assert_eq!(live!($type), [0, 0]);
        }
    }};
}

#[test]
fn general() {
    #[orthotope::allocator(preset = "general")]
    static GENERAL: General;
    check!(GENERAL, General);
}

#[test]
fn tensor_hardened() {
    #[orthotope::allocator(hardened = true)]
    static TENSOR: TensorHardened;
    check!(TENSOR, TensorHardened);
}

#[test]
fn general_hardened() {
    #[orthotope::allocator(preset = "general", hardened = true)]
    static HARDENED: Hardened;
    check!(HARDENED, Hardened);
}

#[test]
fn default_preset() {
    check!(OrthotopeGlobalAlloc::new(), OrthotopeGlobalAlloc);
}

#[test]
fn a_refused_free_leaves_the_block_in_the_profile() {
    #[orthotope::allocator]
    static REFUSING: Refusing;

    Refusing::set_heap_sample_interval(1);
    let block = Refusing::allocate(200).expect("there is memory");
    // SAFETY: it is refused.
    let refused = unsafe { Refusing::deallocate_with_size(block, 201) };
    assert!(matches!(refused, Err(FreeError::SizeMismatch { .. })));
    assert_eq!(profile!(Refusing).total()[2..], [1, 200]);
    // SAFETY: the block is live.
    unsafe { Refusing::deallocate(block) }.expect("it is a block");
    assert_eq!(profile!(Refusing).total()[2..], [0, 0]);
}
