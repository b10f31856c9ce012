//! The sizes that `recorded-calling` and its test have in common.

/// Blocks that the program asks for of a size.
pub const BLOCKS: usize = 50;
/// Whenever such a block is asked for, freed or grown, the allocator asks for one of each of the next two.
pub const ASKED: usize = 2_001;
/// Asked for by the allocator itself, and freed.
pub const CALLED_BACK: usize = 2_101;
/// The same by the handler of a signal that interrupts the allocator.
pub const SIGNALLED: usize = 2_201;
/// Never served.
pub const REFUSED: usize = 2_301;
/// Freed by a panic.
pub const PANICKED: usize = 2_401;
