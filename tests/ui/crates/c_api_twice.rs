//! C has one `malloc`: a second allocator of that name is refused, if only by the linker.

#[orthotope::allocator(preset = "general", c_api = true)]
static FIRST: First;

#[orthotope::allocator(preset = "general", c_api = true)]
static SECOND: Second;

fn main() {}
