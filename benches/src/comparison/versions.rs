//! Versions of what is compared, as Cargo.lock had them when this was built. Of `orthotope-programs`, too.

const LOCK: &str = include_str!(env!("BENCHES_LOCK"));

/// A package from a registry and its version.
pub(crate) fn of_package(package: &str) -> String {
    let version = published(LOCK, package).unwrap_or("of unknown version");
    let remark = if package == "snmalloc-rs" && cfg!(snmalloc_asserts) {
        ", **built with assertions: not comparable**"
    } else {
        ""
    };
    format!("`{package}` {version}{remark}")
}

/// What is ours.
pub(crate) fn of_workspace() -> String {
    format!("this workspace, {}", env!("CARGO_PKG_VERSION"))
}

#[cfg(target_env = "gnu")]
pub(crate) fn of_c_library() -> String {
    // SAFETY: returns a pointer to a constant string.
    let version = unsafe { libc::gnu_get_libc_version() };
    // SAFETY: the string is terminated and never changes.
    let version = unsafe { std::ffi::CStr::from_ptr(version) };
    format!(
        "the system's C library, glibc {}",
        version.to_string_lossy()
    )
}

#[cfg(not(target_env = "gnu"))]
pub(crate) fn of_c_library() -> String {
    String::from("the system's C library, which is not glibc")
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
