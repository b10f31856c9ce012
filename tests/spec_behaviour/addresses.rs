//! Pointers that are no block's: foreign, misaligned, interior, never handed out. And the order of the checks.

use core::ptr::{self, NonNull};

use orthotope::{AllocatorConfig, FreeError, SizeClass};
use orthotope_tests::spec::heap::{Heap, kept};
use orthotope_tests::spec::process;

const MIB: usize = 1 << 20;

fn at(address: usize) -> NonNull<u8> {
    NonNull::new(ptr::without_provenance_mut(address)).expect("not null")
}

/// A page that was mapped once and is no more.
fn unmapped() -> NonNull<u8> {
    let (bytes, rights) = (1 << 20, libc::PROT_NONE);
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: an anonymous mapping at an address of the kernel's choice touches nothing that exists.
    let page = unsafe { libc::mmap(ptr::null_mut(), bytes, rights, flags, -1, 0) };
    assert_ne!(page, libc::MAP_FAILED);
    // SAFETY: the mapping is this function's own.
    assert_eq!(unsafe { libc::munmap(page, bytes) }, 0);
    at(page.addr() + 4_096)
}

/// Addresses that are no allocator's of this project: of the stack, the heap, statics, code, unmapped memory, and the
/// ends of the address space.
fn foreign_addresses() -> Vec<NonNull<u8>> {
    static STATIC: [u8; 256] = [1; 256];
    let stack = [0_u8; 256];
    let heap = vec![0_u8; 256];
    let aligned = |start: &[u8]| at(start.as_ptr().addr().next_multiple_of(64));
    let code = foreign_addresses as fn() -> Vec<NonNull<u8>>;
    let mut all = vec![
        aligned(&stack),
        aligned(&heap),
        aligned(&STATIC),
        NonNull::from(&stack[1]),
        NonNull::from(&heap[1]),
        NonNull::from(&STATIC[1]),
        at(code as usize),
        unmapped(),
    ];
    for distance in [1, 8, 63, 64, 65, 128, 4_096] {
        all.push(at(distance));
        all.push(at(usize::MAX - distance + 1));
    }
    all.push(at(usize::MAX));
    all.push(at(1 << 47));
    all.push(at(1 << 63));
    all
}

/// SPEC 4: "another allocator's pointer → `ForeignPointer`": whatever it points to, by either free.
#[test]
fn a_foreign_pointer_is_told() {
    let heap = Heap::with_arena(64 * MIB);
    let mut cache = heap.cache();
    heap.alloc(&mut cache, 64);
    let before = (heap.stats(), cache.stats());
    for address in foreign_addresses() {
        for size in [0, 1, 64, 5_000, 17 * MIB, usize::MAX] {
            let refused = heap.free_sized(&mut cache, address, size);
            assert_eq!(refused, Err(FreeError::ForeignPointer), "{address:p}");
        }
        let refused = heap.free(&mut cache, address);
        assert_eq!(refused, Err(FreeError::ForeignPointer), "{address:p}");
    }
    assert_eq!((heap.stats(), cache.stats()), before);
}

/// SPEC 4: "another allocator's pointer → `ForeignPointer`": from a cache and an allocator never used before.
#[test]
fn a_foreign_pointer_is_told_by_a_fresh_allocator() {
    for address in foreign_addresses() {
        let heap = Heap::with_arena(64 * MIB);
        let refused = heap.free(&mut heap.cache(), address);
        assert_eq!(refused, Err(FreeError::ForeignPointer), "{address:p}");
    }
}

/// SPEC 4: "another allocator's pointer → `ForeignPointer`": another of our own, live there and left so.
#[test]
fn a_block_of_another_allocator_is_foreign() {
    let (heap, another) = (Heap::with_arena(64 * MIB), Heap::with_arena(64 * MIB));
    let (mut cache, mut their_cache) = (heap.cache(), another.cache());
    heap.alloc(&mut cache, 64);
    for size in [1, 64, 5_000, 17 * MIB] {
        let theirs = another.alloc(&mut their_cache, size);
        let foreign = Err(FreeError::ForeignPointer);
        assert_eq!(heap.free(&mut cache, theirs), foreign);
        assert_eq!(heap.free_sized(&mut cache, theirs, size), foreign);
        assert_eq!(process::free(theirs.into()), foreign);
        assert_eq!(another.free(&mut their_cache, theirs), Ok(()), "still live");
    }
}

/// SPEC 4: "another allocator's pointer → `ForeignPointer`": by the process-wide functions.
#[test]
fn a_foreign_pointer_is_told_process_wide() {
    process::alone(|| {
        for address in foreign_addresses() {
            let foreign = Err(FreeError::ForeignPointer);
            assert_eq!(process::free(address), foreign, "{address:p}");
            assert_eq!(process::free_sized(address, 64), foreign, "{address:p}");
            assert_eq!(process::free_sized(address, 20 * MIB), foreign);
        }
    });
}

/// SPEC 4: "a misaligned pointer → `CorruptHeader` before its header is read": small and large, anywhere in the block.
/// The first ones of the arena have no readable header before them.
#[test]
fn a_misaligned_pointer_is_told_before_its_header_is_read() {
    for (alignment, sizes) in [(64, [64, 17 * MIB]), (4_096, [5_000, 17 * MIB])] {
        for size in sizes {
            let heap = Heap::new(AllocatorConfig {
                alignment,
                ..AllocatorConfig::default()
            });
            let mut cache = heap.cache();
            // Of a fresh arena: its header is the first thing in it, or follows only padding.
            let block = heap.alloc(&mut cache, size);
            let first = -(alignment as isize);
            for offset in [first + 1, first + 8, -63, -8, -1, 1, 8, 32, 63] {
                let refused = [
                    heap.free(&mut cache, block.at(offset)),
                    heap.free_sized(&mut cache, block.at(offset), size),
                ];
                assert_eq!(refused, [const { Err(FreeError::CorruptHeader) }; 2]);
            }
            assert_eq!(heap.free(&mut cache, block), Ok(()));
        }
    }
}

/// SPEC 4: "a misaligned pointer → `CorruptHeader`": misaligned is what is no multiple of the configuration's
/// alignment.
#[test]
fn the_alignment_that_counts_is_the_configurations() {
    let heap = Heap::new(AllocatorConfig {
        alignment: 4_096,
        ..AllocatorConfig::default()
    });
    let mut cache = heap.cache();
    let block = heap.alloc(&mut cache, 17 * MIB);
    for offset in [64, 128, 2_048, 4_096 - 64] {
        let refused = heap.free(&mut cache, block.at(offset));
        assert_eq!(refused, Err(FreeError::CorruptHeader), "{offset}");
    }
}

/// SPEC 4: "Order of the checks: […] interior ([…] `CorruptHeader`)": any aligned place inside a live block, small or
/// large.
#[test]
fn an_interior_pointer_is_told() {
    let heap = Heap::with_arena(256 * MIB);
    let mut cache = heap.cache();
    for class in SizeClass::ALL {
        let block = heap.alloc(&mut cache, class.payload_size());
        let steps = (class.payload_size() / 64).min(70);
        for step in 1..=steps as isize {
            let inside = block.at(step * 64);
            if step as usize * 64 == class.payload_size() {
                break;
            }
            let refused = heap.free(&mut cache, inside);
            assert_eq!(refused, Err(FreeError::CorruptHeader), "{class:?}");
        }
        assert_eq!(heap.free(&mut cache, block), Ok(()));
    }
    let large = heap.alloc(&mut cache, 17 * MIB);
    for offset in [64, 4_096, 65_536, 65_536 - 64, 1 << 20, 17 << 20] {
        let refused = heap.free(&mut cache, large.at(offset));
        assert_eq!(refused, Err(FreeError::CorruptHeader), "{offset}");
    }
    assert_eq!(heap.free(&mut cache, large), Ok(()));
}

/// SPEC 4: "interior": the place of a block's own header, and of the next one's, is inside too.
#[test]
fn the_place_of_a_header_is_interior() {
    let heap = Heap::with_arena(64 * MIB);
    let mut cache = heap.cache();
    let blocks = heap.alloc_many(&mut cache, 64, 3);
    for block in blocks {
        for offset in [-64, 64] {
            let refused = heap.free(&mut cache, block.at(offset));
            assert_eq!(refused, Err(FreeError::CorruptHeader), "{offset}");
        }
    }
}

/// SPEC 4: "a block of the arena that was never handed out → `CorruptHeader` or `ForeignPointer`": the untouched ones
/// of a slab, what follows it, and the rest of the arena to its end.
#[test]
fn a_block_that_was_never_handed_out_is_told() {
    let heap = Heap::with_arena(64 * MIB);
    let mut cache = heap.cache();
    for class in [SizeClass::B64, SizeClass::B4K, SizeClass::B1M] {
        let stride = class.block_size() as isize;
        let block = heap.alloc(&mut cache, class.payload_size());
        let before = (heap.stats(), cache.stats());
        for step in (1..2_000).chain([100_000]) {
            let refused = [
                heap.free(&mut cache, block.at(step * stride)),
                heap.free_sized(&mut cache, block.at(step * stride), class.payload_size()),
            ];
            for refused in refused {
                assert!(
                    matches!(
                        refused,
                        Err(FreeError::CorruptHeader | FreeError::ForeignPointer)
                    ),
                    "{class:?} {step}: {refused:?}"
                );
            }
        }
        assert_eq!((heap.stats(), cache.stats()), before);
        heap.free(&mut cache, block).expect("a live block");
        assert!(kept(&cache, class) > 0);
    }
}

/// SPEC 4: "Order of the checks: arena range (`ForeignPointer`), alignment, interior (both `CorruptHeader`), header":
/// what fails several gets the first one's name.
#[test]
fn the_checks_come_in_their_order() {
    let heap = Heap::with_arena(64 * MIB);
    let mut cache = heap.cache();
    let block = heap.alloc(&mut cache, 4_096);
    // Out of range and misaligned.
    let refused = heap.free_sized(&mut cache, at(12_345), 1);
    assert_eq!(refused, Err(FreeError::ForeignPointer));
    // Misaligned, in a free block: alignment before header.
    heap.free(&mut cache, block).expect("a live block");
    let refused = heap.free(&mut cache, block.at(8));
    assert_eq!(refused, Err(FreeError::CorruptHeader));
    // Interior of a free block: before its header, which says free.
    let refused = heap.free(&mut cache, block.at(64));
    assert_eq!(refused, Err(FreeError::CorruptHeader));
    // A header that is wiped out, and a wrong size: header before size.
    let live = heap.alloc(&mut cache, 4_096);
    let header = live.header();
    live.set_header([0; 64]);
    let refused = heap.free_sized(&mut cache, live, 1);
    assert_eq!(refused, Err(FreeError::CorruptHeader));
    live.set_header(header);
    assert_eq!(heap.free_sized(&mut cache, live, 4_096), Ok(()));
}
