//! What each `tuned-…` does: the work that its command line names.

use std::process::ExitCode;

use orthotope_benches::tuned;
use orthotope_examples::loads::Load;

pub(crate) fn main() -> ExitCode {
    tuned::child(|name, effort| Some(Load::named(name)?.run(effort)))
}
