//! The same with the alignment of a preset.

#[orthotope::allocator(preset = "general", classes = [8, 12])]
static POOL: Pool;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
}
