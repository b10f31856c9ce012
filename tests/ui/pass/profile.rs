//! Classes derived from a profile; every other argument still counts.

#[global_allocator]
#[orthotope::allocator(preset = "general", profile = "profiles/serve.json")]
static GLOBAL: Tuned;

#[orthotope::allocator(profile = "profiles/serve.json", align = 128, arena = "64MiB")]
static WIDE: Wide;

#[orthotope::allocator(preset = "general", profile = "profiles/serve.json", arena = "128KiB")]
static SMALL: Small;

fn main() {
    for recorded in [24, 1_536, 70_000] {
        assert!(Tuned::CLASSES.contains(&recorded), "{:?}", Tuned::CLASSES);
    }
    assert!(Tuned::CLASSES.len() < 32);
    assert!(!Tuned::CONFIG.header && Tuned::CONFIG.align == 8);

    assert!(Wide::CONFIG.header && Wide::CONFIG.arena == 64 << 20);
    assert!(Wide::CLASSES.iter().all(|class| class % 128 == 0));
    assert!(Wide::CLASSES.contains(&128) && Wide::CLASSES.contains(&70_016));

    assert!(Small::CLASSES.iter().all(|&class| class <= 64 << 10));

    let block = Tuned::allocate(1_500).unwrap();
    // SAFETY: the block is live and not used afterwards.
    assert_eq!(unsafe { Tuned::usable_size(block) }.unwrap(), 1_536);
    // SAFETY: as above.
    unsafe { Tuned::deallocate(block) }.unwrap();
    let _ = (WIDE, SMALL);
}
