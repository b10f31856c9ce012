//! "A configuration that does not pay for a header".

use crate::InstalledAlloc;

/// SPEC 5: "a configuration that does not pay for a header": the blocks of a slab lie as far apart as they are long.
#[test]
fn blocks_without_a_header_lie_side_by_side() {
    for &payload in InstalledAlloc::CLASSES.iter().take(20) {
        let blocks: Vec<_> = (0..100)
            .map(|_| InstalledAlloc::allocate(payload).expect("memory"))
            .collect();
        let mut addresses: Vec<_> = blocks.iter().map(|block| block.as_ptr().addr()).collect();
        addresses.sort_unstable();
        let least = addresses.windows(2).map(|pair| pair[1] - pair[0]).min();
        assert_eq!(least, Some(payload));
        for block in blocks {
            // SAFETY: the block is live and not used afterwards.
            let freed = unsafe { InstalledAlloc::deallocate_with_size(block, payload) };
            assert_eq!(freed, Ok(()));
        }
    }
}

/// SPEC 5: "`usable_size`", "`alloc_zeroed`", "`realloc`" without a header: what std's collections make of them.
#[test]
fn collections_keep_their_contents() {
    let mut grown = Vec::new();
    for value in 0..300_000_u64 {
        grown.push(value);
    }
    assert!(grown.iter().copied().eq(0..300_000));
    grown.truncate(1_000);
    grown.shrink_to_fit();
    assert!(grown.iter().copied().eq(0..1_000));
    for _ in 0..3 {
        let mut zeroed = vec![0_u8; 3_000_000];
        assert!(orthotope_tests::pattern::all_are(&zeroed, 0));
        zeroed.fill(0xff);
    }
}
