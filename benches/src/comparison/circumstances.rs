//! Where the numbers come from: the machine, the build, and the versions of what is compared.

use std::fmt::Write;

use super::machine::Machine;
use super::{Role, versions};
use crate::COMPILER;

/// What holds for all numbers of a run.
#[derive(Clone, Debug)]
pub(crate) struct Circumstances(Machine);

impl Circumstances {
    /// Here and now, before the first measurement.
    pub(crate) fn here() -> Self {
        Self(Machine::here())
    }

    /// A Markdown list: the machine, the build, and each allocator by its name, package and role.
    pub(crate) fn list<'a>(
        &self,
        allocators: impl IntoIterator<Item = (&'a str, Option<&'a str>, Role)>,
    ) -> String {
        let machine = &self.0;
        let mut text = String::new();
        let _ = writeln!(
            text,
            "- Machine: {}, {} cores, {:.1} GiB of memory, Linux {}; load {} at the start.",
            machine.processor, machine.cores, machine.memory_gib, machine.kernel, machine.load
        );
        let profile = if cfg!(debug_assertions) {
            "**with debug assertions: the numbers mean nothing**"
        } else {
            "with `--profile bench` also thin LTO and one codegen unit, the static in the binary crate"
        };
        let level = env!("BENCHES_OPT_LEVEL");
        let _ = writeln!(text, "- Build: {COMPILER}, opt-level {level}; {profile}.");
        for (name, package, role) in allocators {
            let version = match (package, role) {
                (Some(package), _) => versions::of_package(package),
                (None, Role::Rival) => versions::of_c_library(),
                (None, Role::Ours) => versions::of_workspace(),
            };
            let _ = writeln!(text, "- {name}: {version}.");
        }
        text
    }
}
