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
fn a_header_tells_state_shape_size_owner_address_and_secret() {
    let mut room = Room([0; 128]);
    let (header, address) = header(&mut room);
    let secret = Secret(0x1234_5678_9abc_def0);
    assert_eq!(
        header.state(secret, address),
        State::Corrupt,
        "fresh memory is nobody's block"
    );
    let (key, made) = (secret.key(7), (Shape::small(3), 6_144));
    header.describe(Shape::small(3), 6_144);
    header.seal(key, 7, address, 5_000);
    assert_eq!(
        header.state(secret, address),
        State::Live {
            shape: Shape::small(3),
            requested: 5_000
        }
    );
    assert!(header.is(key, address, 5_000));
    assert!(header.is_whole(key, 7, address, 5_000, made));
    for number in [0, 1, 1_000] {
        let counted = key.from(address.wrapping_sub(number * 64));
        assert!(header.is_counted(counted, number, 5_000));
        assert!(!header.is_counted(counted, number + 1, 5_000));
        assert!(!header.is_counted(counted, number, 5_001));
    }
    assert!(!header.is(key, address, 5_001), "another size");
    assert!(!header.is(secret.key(8), address, 5_000), "another owner");
    for other in [
        (Shape::small(4), 6_144),
        (Shape::LARGE, 6_144),
        (Shape::small(3), 6_145),
    ] {
        assert!(!header.is_whole(key, 7, address, 5_000, other), "{other:?}");
    }
    assert_eq!(
        header.state(secret, address + 64),
        State::Corrupt,
        "a copy elsewhere is not the block"
    );
    assert_eq!(header.state(Secret(1), address), State::Corrupt);
    assert!(header.release_once(secret, address));
    assert!(!header.release_once(secret, address), "one free wins");
    assert_eq!(header.state(secret, address), State::FreeSmall);
    header.describe(Shape::LARGE, 6_144);
    assert_eq!(header.state(secret, address), State::FreeLarge);
    header.seal(key, 7, address, 5_000);
    header.release();
    assert_eq!(header.state(secret, address), State::FreeLarge);
}

#[test]
fn sizes_that_once_looked_like_free_blocks_come_back() {
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
