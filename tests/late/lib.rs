//! A library with a static of its own, for programs that open it late and close it again: see `late.c`, `late.py` and
//! `tests/late.rs`.

#[global_allocator]
#[orthotope::allocator(preset = "general", purge = "10ms")]
static LATE: Late;

/// Blocks that one call keeps at once.
const BLOCKS: usize = 300;

/// Allocates, checks and frees blocks of many sizes, most of a mebibyte and a large one; 1 if all was as it should be.
///
/// What this thread frees stays in its cache, which its exit gives back: through a hook of the library's.
#[unsafe(no_mangle)]
pub extern "C" fn late_work(seed: u32) -> i32 {
    let mut blocks: Vec<Vec<u32>> = (0..BLOCKS as u32)
        .map(|number| vec![number ^ seed; 1 + number as usize % 300])
        .collect();
    let mut large = vec![seed as u8; 2 << 20];
    large.resize(20 << 20, seed as u8);
    for block in blocks.iter_mut().step_by(3) {
        block.extend_from_within(..);
    }
    let held =
        |number: usize, block: &[u32]| block.iter().all(|word| *word == number as u32 ^ seed);
    let whole = blocks
        .iter()
        .enumerate()
        .all(|(number, block)| held(number, block));
    i32::from(whole && large.iter().step_by(4093).all(|byte| *byte == seed as u8))
}

/// Runs [`late_work`] on a thread of the library's own; 1 if all was as it should be.
#[unsafe(no_mangle)]
pub extern "C" fn late_thread(seed: u32) -> i32 {
    std::thread::spawn(move || late_work(seed))
        .join()
        .unwrap_or(0)
}

/// Bytes that the library's allocator has mapped, free ones included: what would be lost with it.
#[unsafe(no_mangle)]
pub extern "C" fn late_mapped() -> u64 {
    let stats = Late::stats();
    (stats.mapped + stats.retained) as u64
}
