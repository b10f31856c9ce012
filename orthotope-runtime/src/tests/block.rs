//! Header words: what tells a live block from a free one.

use core::ptr::NonNull;

use crate::allocator::{Allocator, ThreadCache};
use crate::block::{Header, Secret, Shape, State};
use crate::config::AllocatorConfig;

#[repr(align(64))]
struct Room([u8; 128]);

fn header(room: &mut Room) -> (&Header, usize) {
    let payload = NonNull::from(&mut room.0).cast::<u8>();
    // SAFETY: the room is aligned to 64 and has 64 bytes before its middle.
    let payload = unsafe { payload.add(64) };
    // SAFETY: as above, and the room outlives the reference.
    (
        unsafe { Header::of(payload.as_ptr()) },
        payload.as_ptr().addr(),
    )
}

#[test]
fn a_word_tells_state_shape_address_and_secret() {
    let mut room = Room([0; 128]);
    let (header, address) = header(&mut room);
    let secret = Secret(0x1234_5678_9abc_def0);
    assert_eq!(
        header.state(secret, address),
        State::Corrupt,
        "fresh memory is nobody's block"
    );
    header.seal(secret, address, Shape::small(3, 5_000), 7, 6_144);
    assert_eq!(
        header.state(secret, address),
        State::Live(Shape::small(3, 5_000))
    );
    assert!(header.is(secret, address, Shape::small(3, 5_000)));
    for other in [
        Shape::small(3, 5_001),
        Shape::small(4, 5_000),
        Shape::large(5_000),
    ] {
        assert!(!header.is(secret, address, other), "{other:?}");
    }
    assert_eq!(
        header.state(secret, address + 64),
        State::Corrupt,
        "a copy elsewhere is not the block"
    );
    assert_eq!(header.state(Secret(1), address), State::Corrupt);
    assert!(header.release_small_once(secret, address));
    assert!(!header.release_small_once(secret, address), "one free wins");
    assert_eq!(header.state(secret, address), State::FreeSmall);
    header.release_large(secret, address);
    assert_eq!(header.state(secret, address), State::FreeLarge);
}

#[test]
fn no_size_looks_like_a_free_block() {
    // The constants once mixed these sizes into the words of free blocks.
    for size in [1_124_001_029, 1_770_068_587] {
        let config = AllocatorConfig {
            arena_size: 2 << 30,
            ..AllocatorConfig::default()
        };
        let allocator = Allocator::new(config).expect("address space for 2 GiB");
        let mut cache = ThreadCache::new(config);
        let block = allocator
            .allocate_with_cache(&mut cache, size)
            .expect("the arena has room");
        // SAFETY: the block is live and given up.
        let freed = unsafe { allocator.deallocate_with_cache(&mut cache, block) };
        assert_eq!(freed, Ok(()), "size {size}");
    }
}
