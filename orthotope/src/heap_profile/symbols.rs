//! What is at an address: the calls that it is inside of, by the program's own symbols.

use std::ptr;

/// A call that an address is inside of.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) name: String,
    /// What the linker calls the function.
    pub(super) system_name: String,
    /// Empty if there is no debugging information.
    pub(super) file: String,
    /// 0 if there is none.
    pub(super) line: u32,
}

/// What the names of calls begin with that lie between the program's call and the sample.
const OWN_PATHS: [&str; 8] = [
    "orthotope_runtime::",
    "__rust_alloc",
    "__rust_realloc",
    "__rustc::__rust_alloc",
    "__rustc::__rust_realloc",
    "alloc::alloc::",
    "alloc::raw_vec::",
    "alloc::boxed::box_new_uninit",
];
/// What is in the names of the methods that are generated for a type, the name first or last.
const OWN_TRAITS: [&str; 4] = [
    "::GlobalAlloc for ",
    "::GlobalAlloc>::",
    "::Allocator for ",
    "::Allocator>::",
];
/// Whole names: C's functions, and the one that asks for a box, by its line table's name.
const OWN_NAMES: [&str; 10] = [
    "box_new_uninit",
    "malloc",
    "calloc",
    "realloc",
    "reallocarray",
    "posix_memalign",
    "aligned_alloc",
    "memalign",
    "valloc",
    "pvalloc",
];
/// The standard library's files between a collection and the allocator.
const OWN_FILES: [&str; 2] = ["/library/alloc/src/alloc.rs", "/library/alloc/src/raw_vec"];

impl Call {
    /// One of which nothing but a name is known.
    pub(super) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            system_name: String::new(),
            file: String::new(),
            line: 0,
        }
    }

    /// Whether it lies between the program's call and the sample: the allocator's, or what the compiler and the standard
    /// library put before it.
    ///
    /// Line tables alone have names without their paths: then the file tells.
    pub(super) fn is_own(&self) -> bool {
        let name = self.name.trim_start_matches('<');
        OWN_PATHS.iter().any(|path| name.starts_with(path))
            || OWN_TRAITS.iter().any(|part| name.contains(part))
            || OWN_NAMES.contains(&name)
            || OWN_FILES.iter().any(|part| self.file.contains(part))
            || self.file.split('/').any(is_runtime)
    }
}

/// Whether a folder is the runtime's: a checkout's, or a version's in cargo's registry.
fn is_runtime(folder: &str) -> bool {
    folder
        .strip_prefix("orthotope-runtime")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// The calls that `address`, an address inside a frame's call, is inside of: innermost first, more than one where the
/// compiler inlined; none if nobody knows it.
pub(super) fn calls(address: usize) -> Vec<Call> {
    let mut calls = Vec::new();
    // What is resolved is the address before the one given, as for a return address.
    backtrace::resolve(ptr::without_provenance_mut(address + 1), |symbol| {
        let Some(name) = symbol.name() else {
            return;
        };
        calls.push(Call {
            // Without the hash.
            name: format!("{name:#}"),
            system_name: name.as_str().unwrap_or_default().to_owned(),
            file: symbol
                .filename()
                .map(|path| path.to_string_lossy().into_owned())
                .unwrap_or_default(),
            line: symbol.lineno().unwrap_or(0),
        });
    });
    calls
}

#[cfg(test)]
mod tests {
    use super::Call;

    fn is_own(name: &str, file: &str) -> bool {
        let name = name.to_owned();
        let (system_name, file, line) = (name.clone(), file.to_owned(), 1);
        Call {
            name,
            system_name,
            file,
            line,
        }
        .is_own()
    }

    /// As the linker's symbols, whole debugging information and line tables name them, by either mangling.
    #[test]
    fn what_lies_between_is_told_from_the_program() {
        for (name, file) in [
            ("orthotope_runtime::heap::Heap::record", ""),
            ("<orthotope_runtime::heap::Heap>::record", ""),
            (
                "record",
                "/home/me/.cargo/registry/src/index/orthotope-runtime-0.4.0/src/heap/mod.rs",
            ),
            ("record", "orthotope-runtime/src/heap/mod.rs"),
            (
                "app::_::<impl core::alloc::global::GlobalAlloc for app::Global>::alloc",
                "src/main.rs",
            ),
            (
                "<app::Global as core::alloc::global::GlobalAlloc>::alloc",
                "",
            ),
            ("__rust_alloc", "src/main.rs"),
            ("__rustc::__rust_realloc", ""),
            ("malloc", "src/main.rs"),
            ("<alloc::alloc::Global as core::alloc::Allocator>::grow", ""),
            ("alloc_impl", "/rustc/5980/library/alloc/src/alloc.rs"),
            ("alloc::raw_vec::RawVecInner<A>::finish_grow", ""),
            (
                "finish_grow",
                "/rustc/5980/library/alloc/src/raw_vec/mod.rs",
            ),
        ] {
            assert!(is_own(name, file), "{name} of {file:?}");
        }
        for (name, file) in [
            ("app::store::alloc", "src/store.rs"),
            ("alloc", "src/store.rs"),
            ("alloc::vec::Vec<T,A>::push", ""),
            ("push", "/rustc/5980/library/alloc/src/vec/mod.rs"),
            ("orthotope::heap_profile::write_at_exit", ""),
            ("std::sys::backtrace::__rust_begin_short_backtrace", ""),
            ("__rust_begin_short_backtrace", ""),
            ("__rust_try", ""),
            ("poll", "/home/me/orthotope-runtimes/src/lib.rs"),
        ] {
            assert!(!is_own(name, file), "{name} of {file:?}");
        }
    }
}
