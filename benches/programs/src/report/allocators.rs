//! Whose binaries there are, and which version of each allocator is in them.

use super::versions;

/// Whether an allocator is this workspace's or one to compare with, or either with a feature that costs: compared with itself
/// alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Ours,
    Rival,
    Variant,
}

/// An allocator: its binary is `programs_` and the name.
#[derive(Debug)]
pub(super) struct Allocator {
    pub(super) name: &'static str,
    pub(super) role: Role,
    /// The package that Cargo.lock states the version of; the C library's has none.
    package: Option<&'static str>,
}

const fn rival(name: &'static str, package: &'static str) -> Allocator {
    Allocator {
        name,
        role: Role::Rival,
        package: Some(package),
    }
}

const fn ours(name: &'static str) -> Allocator {
    Allocator {
        name,
        role: Role::Ours,
        package: None,
    }
}

const fn variant(name: &'static str, package: Option<&'static str>) -> Allocator {
    Allocator {
        name,
        role: Role::Variant,
        package,
    }
}

/// Every allocator, in the order of the tables.
pub(super) static ALLOCATORS: [Allocator; 12] = [
    ours("general"),
    ours("default"),
    Allocator {
        name: "glibc",
        role: Role::Rival,
        package: None,
    },
    rival("mimalloc", "mimalloc"),
    rival("jemalloc", "tikv-jemallocator"),
    rival("snmalloc", "snmalloc-rs"),
    rival("published", "orthotope"),
    variant("general_hardened", None),
    variant("default_hardened", None),
    variant("mimalloc_secure", Some("mimalloc")),
    variant("general_profiled", None),
    variant("default_profiled", None),
];

impl Allocator {
    /// The file name of its binary.
    pub(super) fn binary(&self) -> String {
        format!("programs_{}", self.name)
    }

    /// Its package and version, as Cargo.lock had them when the report was built.
    pub(super) fn version(&self) -> String {
        match (self.package, self.role) {
            (Some(package), _) => versions::of_package(package),
            (None, Role::Rival) => versions::of_c_library(),
            (None, Role::Ours | Role::Variant) => versions::of_workspace(),
        }
    }
}
