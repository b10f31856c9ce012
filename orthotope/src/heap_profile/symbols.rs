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

impl Call {
    /// Whether it is between the program's call and the sample: the allocator's, or what the compiler puts before it.
    pub(super) fn is_own(&self) -> bool {
        let name = self.name.trim_start_matches('<');
        name.starts_with("orthotope_runtime::")
            || name.starts_with("__rust_")
            || name.starts_with("__rustc::")
            || name.contains(" as core::alloc::global::GlobalAlloc>::")
            || name.contains("orthotope_runtime::global::c_api::")
    }
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
