//! Profiles: what a program asked of its allocator, as numbers and as text.
//!
//! Owns the bins, the format and the merging of several into one. No I/O, no memory but its own: the recorder
//! writes it, the attribute and the command line read it, so that none of them can disagree about it.
//!
//! # The format
//!
//! JSON, one bin a line. All numbers are integers from 0 to 2⁵³ − 1.
//!
//! ```json
//! {
//!   "orthotope_profile": 1,
//!   "processes": 1,
//!   "threads": 3,
//!   "bins": [
//!     {"size": 24, "allocations": 9001, "live": 2, "peak": 750, "peak_bytes": 18000, "align": 8, "aligned": 0, "reallocs": 12, "remote_frees": 64}
//!   ]
//! }
//! ```
//!
//! | key | means |
//! | --- | --- |
//! | `orthotope_profile` | version of the format: 1. A reader refuses newer ones and ignores keys that it does not know |
//! | `processes` | recordings that were merged into this one |
//! | `threads` | most threads that allocated at the same time; of a merged profile, the sum |
//! | `bins` | one entry for each range of sizes that was asked for, ascending |
//! | `size` | the largest request of the bin in bytes, rounded up to 8: 8 to 2⁴⁷ |
//! | `allocations` | blocks handed out, those that `realloc` made included |
//! | `live` | blocks not freed when the profile was written |
//! | `peak` | blocks live when the process held the most bytes |
//! | `peak_bytes` | what had been asked for in them, each rounded up to 8 bytes |
//! | `align` | the largest alignment asked for |
//! | `aligned` | blocks handed out for an alignment above 16 |
//! | `reallocs` | blocks that came from a `realloc` |
//! | `remote_frees` | blocks freed by another thread than had asked for them, estimated from one block in 64 |
//!
//! `size` and `peak` must be there in each bin; what else is missing is 0, `peak_bytes` as many as `peak` blocks of
//! `size` bytes have, `processes` and `threads` 1.
//!
//! Read on in this order: here, `bins`, `read`, `write`.

mod bins;
mod read;
mod write;

pub(crate) use bins::{BINS, EXACT_BYTES, LARGEST_BYTES, bin_limit, bin_of};
pub use read::ProfileError;
#[cfg(not(loom))]
pub(crate) use write::write;

/// The version of the format that is written, and the newest that can be read.
const VERSION: u64 = 1;

/// Largest number of a profile: what every reader of JSON keeps exactly.
pub(crate) const MOST: u64 = (1 << 53) - 1;

/// What a program asked of its allocator.
///
/// ```
/// use orthotope_runtime::profile::Profile;
///
/// let text = r#"{"orthotope_profile": 1, "bins": [{"size": 24, "peak": 750}]}"#;
/// let profile = Profile::parse(text)?;
/// let mut fleet = profile.clone();
/// fleet.merge(&profile);
/// assert_eq!((fleet.processes, fleet.bins[0].peak), (2, 1_500));
/// assert!(!fleet.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Recordings that were merged into this one.
    pub processes: u64,
    /// Most threads that allocated at the same time, summed over the recordings.
    pub threads: u64,
    /// Ranges of sizes, ascending.
    pub bins: Vec<Bin>,
}

/// What was asked for of one range of sizes. All sizes are bytes.
///
/// ```
/// use orthotope_runtime::profile::Profile;
///
/// let text = r#"{"orthotope_profile": 1, "bins": [{"size": 24, "peak": 750}]}"#;
/// let profile = Profile::parse(text)?;
/// let bin = &profile.bins[0];
/// assert_eq!((bin.size, bin.peak, bin.peak_bytes), (24, 750, 18_000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bin {
    /// The largest request, rounded up to 8.
    pub size: usize,
    /// Blocks handed out.
    pub allocations: u64,
    /// Blocks live at the end.
    pub live: u64,
    /// Blocks live when the process held the most bytes.
    pub peak: u64,
    /// What had been asked for in those, each rounded up to 8.
    pub peak_bytes: u64,
    /// The largest alignment asked for.
    pub align: usize,
    /// Blocks handed out for an alignment above 16.
    pub aligned: u64,
    /// Blocks that came from a `realloc`.
    pub reallocs: u64,
    /// Blocks freed by another thread, estimated.
    pub remote_frees: u64,
}

impl Bin {
    /// What its blocks are aligned to, for the most part: the largest alignment asked for where most blocks want more
    /// than 16 bytes, else 8.
    pub(crate) const fn usual_align(&self) -> usize {
        if self.aligned > self.allocations / 2 {
            self.align
        } else {
            8
        }
    }

    /// Two bins of the same range as one.
    const fn and(self, other: Self) -> Self {
        Self {
            size: larger(self.size, other.size),
            allocations: sum(self.allocations, other.allocations),
            live: sum(self.live, other.live),
            peak: sum(self.peak, other.peak),
            peak_bytes: sum(self.peak_bytes, other.peak_bytes),
            align: larger(self.align, other.align),
            aligned: sum(self.aligned, other.aligned),
            reallocs: sum(self.reallocs, other.reallocs),
            remote_frees: sum(self.remote_frees, other.remote_frees),
        }
    }
}

const fn larger(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// The sum, as far as the format can say it.
const fn sum(a: u64, b: u64) -> u64 {
    let sum = a.saturating_add(b);
    if sum > MOST { MOST } else { sum }
}

impl Profile {
    /// Reads a profile's text.
    ///
    /// # Errors
    ///
    /// A [`ProfileError`] that says in which line the text is no profile, and what to do.
    ///
    /// ```
    /// use orthotope_runtime::profile::Profile;
    ///
    /// let text = r#"{"orthotope_profile": 1, "bins": [{"size": 24, "peak": 750}]}"#;
    /// assert_eq!(Profile::parse(text).unwrap().bins[0].peak_bytes, 18_000);
    /// let error = Profile::parse("{\n\"bins\": oops}").unwrap_err();
    /// assert!(error.to_string().starts_with("line 2: "));
    /// ```
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        read::parse(text)
    }

    /// Whether nothing was allocated while it was recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bins
            .iter()
            .all(|bin| bin.allocations == 0 && bin.peak == 0)
    }

    /// Adds another recording: counts are summed, so that each process has its weight.
    pub fn merge(&mut self, other: &Self) {
        self.processes = sum(self.processes, other.processes);
        self.threads = sum(self.threads, other.threads);
        let mut all: Vec<Bin> = self.bins.iter().chain(&other.bins).copied().collect();
        all.sort_by_key(|bin| bin.size);
        self.bins.clear();
        for bin in all {
            match self.bins.last_mut() {
                Some(last) if bin_of(last.size) == bin_of(bin.size) => *last = last.and(bin),
                _ => self.bins.push(bin),
            }
        }
    }
}
