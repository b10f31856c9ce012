//! The settings of an allocator that are one of a few: what a full arena does, when memory goes back, in which pages.

use core::time::Duration;

/// What an allocator does once its arena is full.
///
/// ```
/// # use orthotope_runtime as orthotope;
/// use orthotope::{Config, Exhausted};
///
/// assert_eq!(Config::general().exhausted, Exhausted::Grow);
/// assert_eq!(Config::general().with_exhausted(Exhausted::Null).exhausted, Exhausted::Null);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exhausted {
    /// Map a further region, with a page directory of its own.
    Grow,
    /// Refuse: the arena is a hard limit, and the request gets null or an error.
    Null,
}

/// When memory that holds no block goes back to the system.
///
/// ```
/// # use orthotope_runtime as orthotope;
/// use core::time::Duration;
/// use orthotope::{Config, Purge};
///
/// assert_eq!(Config::tensor().purge, Purge::After(Duration::from_secs(10)));
/// assert_eq!(Config::tensor().with_purge(Purge::Eager).purge, Purge::Eager);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purge {
    /// Once it has not been used for so long: also while the program is idle. After a tenth of that time the system
    /// is told that it may take it.
    After(Duration),
    /// As soon as it is seen to be unused.
    Eager,
    /// Never: the system is merely told, after a second without use, that it may take it.
    Never,
}

/// Whether the arena is backed by huge pages (2 MiB on most systems).
///
/// ```
/// # use orthotope_runtime as orthotope;
/// use orthotope::{Config, HugePages};
///
/// assert_eq!(Config::tensor().huge_pages, HugePages::System);
/// assert_eq!(Config::tensor().with_huge_pages(HugePages::Always).huge_pages, HugePages::Always);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HugePages {
    /// As the system is set.
    System,
    /// Advised: memory is used, and goes back, in units of a huge page.
    Always,
    /// Advised for large blocks of 2 MiB and more, as long as they live; advised against for everything else. The memory that is
    /// taken for such a block starts at a multiple of 2 MiB where there is room, and its last part, of less than 2 MiB, is in
    /// pages of the usual size, as are both ends of a hardened one, where its guards are. The system is asked when the arena hands
    /// such a block out and takes it back, and when it grows or shrinks; not where the thread that freed it takes
    /// it again before anybody asks the arena for something else.
    Large,
    /// Advised against.
    Never,
}
