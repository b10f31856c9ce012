//! Whose binaries there are, and which version of each allocator is in them.

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

const LOCK: &str = include_str!("../../../../Cargo.lock");

impl Allocator {
    /// The file name of its binary.
    pub(super) fn binary(&self) -> String {
        format!("programs_{}", self.name)
    }

    /// Its package and version, as Cargo.lock had them when the report was built.
    pub(super) fn version(&self) -> String {
        match (self.package, self.role) {
            (Some(package), _) => {
                let version = published(LOCK, package).unwrap_or("of unknown version");
                format!("`{package}` {version}{}", self.remark())
            }
            (None, Role::Rival) => libc_version(),
            (None, Role::Ours | Role::Hardened) => {
                format!("this workspace, {}", env!("CARGO_PKG_VERSION"))
            }
        }
    }

    fn remark(&self) -> &'static str {
        if self.name == "snmalloc" && cfg!(snmalloc_asserts) {
            ", **built with assertions: not comparable**"
        } else {
            ""
        }
    }
}

/// The version of a package that came from a registry; this workspace's own have no source.
fn published<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let field = |entry: &'a str, name: &str| {
        let value = entry
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""));
        value.and_then(|value| value.strip_suffix('"'))
    };
    lock.split("[[package]]")
        .filter(|entry| field(entry, "source").is_some())
        .find(|entry| field(entry, "name") == Some(package))
        .and_then(|entry| field(entry, "version"))
}

#[cfg(target_env = "gnu")]
fn libc_version() -> String {
    // SAFETY: returns a pointer to a constant string.
    let version = unsafe { libc::gnu_get_libc_version() };
    // SAFETY: the string is terminated and never changes.
    let version = unsafe { std::ffi::CStr::from_ptr(version) };
    format!("glibc {}", version.to_string_lossy())
}

#[cfg(not(target_env = "gnu"))]
fn libc_version() -> String {
    String::from("the system's C library, which is not glibc")
}

#[cfg(test)]
mod tests {
    use super::published;

    #[test]
    fn the_published_package_is_told_from_ours() {
        let lock = "[[package]]\nname = \"orthotope\"\nversion = \"0.4.0\"\n\n\
                    [[package]]\nname = \"orthotope\"\nversion = \"0.3.1\"\nsource = \"registry\"\n";
        assert_eq!(published(lock, "orthotope"), Some("0.3.1"));
        assert_eq!(published(lock, "mimalloc"), None);
    }
}
