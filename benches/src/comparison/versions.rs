//! Versions of what is compared, as Cargo.lock had them when this was built.

use super::Role;

const LOCK: &str = include_str!("../../../Cargo.lock");

/// What stands under an allocator's name.
pub(super) fn describe(package: Option<&str>, role: Role) -> String {
    match (package, role) {
        (Some(package), _) => {
            let version = published(LOCK, package).unwrap_or("unknown");
            let remark = if package == "snmalloc-rs" && cfg!(snmalloc_asserts) {
                ", **built with assertions: not comparable**"
            } else {
                ""
            };
            format!("`{package}` {version}{remark}")
        }
        (None, Role::Rival) => format!("the system's C library, {}", libc_version()),
        (None, Role::Ours) => format!("this workspace, {}", env!("CARGO_PKG_VERSION")),
    }
}

/// The version of a package that came from a registry; this workspace's packages have no source.
fn published<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let field = |entry: &'a str, name: &str| {
        entry
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""))
            .and_then(|value| value.strip_suffix('"'))
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
    String::from("not glibc")
}

#[cfg(test)]
mod tests {
    use super::published;

    const LOCK: &str = "
[[package]]
name = \"orthotope\"
version = \"0.3.1\"
source = \"registry+https://example.org\"

[[package]]
name = \"orthotope\"
version = \"0.4.0\"

[[package]]
name = \"mimalloc\"
version = \"0.1.52\"
source = \"registry+https://example.org\"
";

    #[test]
    fn the_published_package_is_told_from_ours() {
        assert_eq!(published(LOCK, "orthotope"), Some("0.3.1"));
        assert_eq!(published(LOCK, "mimalloc"), Some("0.1.52"));
        assert_eq!(published(LOCK, "jemalloc"), None);
    }
}
