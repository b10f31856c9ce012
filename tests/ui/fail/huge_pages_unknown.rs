//! Huge pages in words that do not exist.

#[orthotope::allocator(huge_pages = "sometimes")]
static POOL: Pool;

#[orthotope::allocator(huge_pages = true)]
static OTHER: Other;

#[orthotope::allocator(huge_pages = "alway")]
static MISSPELT: Misspelt;

fn main() {
    let _ = Pool::allocate(64);
    let _ = (POOL, Pool::CLASSES);
    let _ = (OTHER, Other::CLASSES);
    let _ = (MISSPELT, Misspelt::CLASSES);
}
