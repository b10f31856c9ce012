//! Whose binaries there are, and which version of each allocator is in them.

use super::versions;

/// Whether an allocator is this workspace's or one to compare with, or either, hardened: compared with itself alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Ours,
    Rival,
    Hardened,
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

const fn hardened(name: &'static str, package: Option<&'static str>) -> Allocator {
    Allocator {
        name,
        role: Role::Hardened,
        package,
    }
}

/// Every allocator, in the order of the tables.
pub(super) static ALLOCATORS: [Allocator; 10] = [
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
    hardened("general_hardened", None),
    hardened("default_hardened", None),
    hardened("mimalloc_secure", Some("mimalloc")),
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
            (None, Role::Ours | Role::Hardened) => versions::of_workspace(),
        }
    }
}
