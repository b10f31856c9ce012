//! `merge`: the profiles of a fleet as one.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget};

use crate::load::{self, Failure};

/// Reads all, writes one. A bar says how far it is where somebody watches.
pub(crate) fn run(profiles: &[PathBuf], output: &Path) -> Result<(), Failure> {
    let bar = ProgressBar::new(profiles.len() as u64);
    if !io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let merged = load::merge(profiles, |done| bar.set_position(done as u64));
    bar.finish_and_clear();
    load::write(output, &merged?.to_string())
}
