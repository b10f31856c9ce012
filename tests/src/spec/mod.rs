//! What the tests of the specification share.
//!
//! | module | owns |
//! | --- | --- |
//! | [`heap`] | an allocator of its own, and blocks whose headers can be looked at and overwritten |
//! | [`process`] | the process-wide allocator, for one test at a time |
//! | [`piece`] | memory owned through `GlobalAlloc` |
//! | [`child`] | a test that needs a process of its own, or that ends one |
//! | [`table`] | the tables of clauses and tests |

pub mod child;
pub mod heap;
pub mod piece;
pub mod process;
pub mod table;
