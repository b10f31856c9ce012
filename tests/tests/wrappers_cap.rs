//! `cap` round a generated type: it counts, and refuses beyond its limit.

use cap::Cap;
use orthotope_tests::live::of_class;

#[orthotope::allocator(preset = "general", arena = "4GiB")]
static SERVED: ServedAlloc;

#[global_allocator]
static GLOBAL: Cap<ServedAlloc> = Cap::new(ServedAlloc::new(), usize::MAX);

/// Bytes of a block, and blocks; the test's own threads ask for nothing like it.
const SIZE: usize = 3000;
const BLOCKS: usize = 1000;

/// Live blocks of the class that serves `SIZE`.
fn live() -> usize {
    of_class(&ServedAlloc::stats(), SIZE)
}

#[test]
fn cap_counts_and_limits_what_the_generated_type_serves() {
    let (allocated, before) = (GLOBAL.allocated(), live());
    let blocks: Vec<Vec<u8>> = (0..BLOCKS).map(|_| vec![1; SIZE]).collect();
    let held = GLOBAL.allocated() - allocated;
    assert!(held >= BLOCKS * SIZE, "{held}");
    // The blocks, the vector of them, and what the test's threads do meanwhile.
    assert!(held < BLOCKS * (SIZE + 24) + (64 << 10), "{held}");
    let served = live() - before;
    assert!((BLOCKS..BLOCKS + 8).contains(&served), "{served}");
    assert!(ServedAlloc::stats().allocated >= GLOBAL.allocated() - (64 << 10));

    GLOBAL
        .set_limit(GLOBAL.allocated() + (4 << 20))
        .expect("the limit is above what is held");
    assert!(Vec::<u8>::new().try_reserve_exact(16 << 20).is_err());
    assert_eq!(ServedAlloc::stats().large_live, 0);
    GLOBAL.set_limit(usize::MAX).expect("there is no limit");
    let mut large = Vec::<u8>::new();
    large.try_reserve_exact(16 << 20).expect("there is memory");
    assert_eq!(ServedAlloc::stats().large_live, 1);

    drop((blocks, large));
    assert!(live() < before + 8);
    let held = GLOBAL.allocated().saturating_sub(allocated);
    assert!(held < 64 << 10, "{held}");
}
