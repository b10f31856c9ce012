//! `Box::new(u64)` and its drop, each in a function that can be found in the assembly by name.

#[global_allocator]
#[orthotope::allocator(preset = "general")]
static GLOBAL: General;

/// Allocates eight bytes and writes them.
#[unsafe(no_mangle)]
#[inline(never)]
pub fn box_new(value: u64) -> Box<u64> {
    Box::new(value)
}

/// Frees eight bytes.
#[unsafe(no_mangle)]
#[inline(never)]
pub fn box_drop(boxed: Box<u64>) {
    drop(boxed);
}

fn main() {
    let arguments = std::env::args().count() as u64;
    let boxed = std::hint::black_box(box_new(arguments));
    println!("{boxed}");
    box_drop(boxed);
}
