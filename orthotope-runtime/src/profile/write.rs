//! A profile as text. Allocates nothing: the recorder writes from inside an allocator.

use core::fmt::{self, Write};

use super::{Bin, MOST, Profile, VERSION};

/// Writes a profile, a line for each bin.
///
/// # Errors
///
/// Those of `out`.
pub(crate) fn write(
    out: &mut (impl Write + ?Sized),
    processes: u64,
    threads: u64,
    bins: impl IntoIterator<Item = Bin>,
) -> fmt::Result {
    write!(
        out,
        "{{\n  \"orthotope_profile\": {VERSION},\n  \"processes\": {processes},\n  \"threads\": {threads},\n  \"bins\": ["
    )?;
    let mut separator = "\n";
    for bin in bins {
        let Bin { size, align, .. } = bin;
        write!(out, "{separator}    {{\"size\": {size}")?;
        for (key, count) in [
            ("allocations", bin.allocations),
            ("live", bin.live),
            ("peak", bin.peak),
            ("peak_bytes", bin.peak_bytes),
            ("align", align as u64),
            ("aligned", bin.aligned),
            ("reallocs", bin.reallocs),
            ("remote_frees", bin.remote_frees),
        ] {
            write!(out, ", \"{key}\": {}", count.min(MOST))?;
        }
        out.write_char('}')?;
        separator = ",\n";
    }
    out.write_str("\n  ]\n}\n")
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, self.processes, self.threads, self.bins.iter().copied())
    }
}
