//! Every block that C gets is aligned to 16.

#[orthotope::allocator(preset = "general", c_api = true, align = 8)]
static GLOBAL: ProgramAlloc;

fn main() {}
