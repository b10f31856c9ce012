//! Classes from a profile beside the manifest, printed.

#[orthotope::allocator(preset = "general", profile = "recorded/serve.json")]
static POOL: Pool;

fn main() {
    let _ = POOL;
    println!("{:?}", Pool::CLASSES);
}
