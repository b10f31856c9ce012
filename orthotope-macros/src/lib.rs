//! The attribute of the orthotope allocator.
//!
//! Owns the way from `#[orthotope::allocator(…)] static GLOBAL: ServeAlloc;` to the generated type.
//! Use it as `orthotope::allocator`: the code it generates calls into that crate.
//!
//! A pipeline; each stage has one input and one output type, and adds what it finds wrong to one
//! collection, so that all errors of an attribute are reported at once. In reading order:
//!
//! | stage | turns | into |
//! | --- | --- | --- |
//! | `args` (with `value`, `size`, `purge`) | the attribute's tokens | `model::Arguments`, what was written, with spans |
//! | `item` | the annotated tokens | `item::Item`, the static |
//! | `validate` (with `profile`) | `Arguments` | `model::Settings`, resolved: no rule is left to check |
//! | `expand` | `Static` and `Settings` | the generated code |
//! | `fallback` | `Item` and the errors | the errors, and a default type so that nothing else fails |
//!
//! Profiles are read by the runtime's own reader, and not by serde_json: it names the line and the mend in each error, the
//! command line reads with the same one, and no user's build waits for one more dependency.

#![forbid(unsafe_code)]

mod args;
mod errors;
mod expand;
mod fallback;
#[cfg(test)]
mod golden;
mod item;
mod model;
mod nearest;
mod profile;
mod purge;
#[cfg(any(test, fuzzing))]
mod random;
mod size;
mod validate;
mod value;

use crate::errors::Errors;
use crate::item::Item;

/// Generates an allocator for the annotated static, in the crate that declares it.
///
/// ```text
/// #[global_allocator]
/// #[orthotope::allocator(arena = "4GiB", classes = [64, 256, 1024, "64KiB", "1MiB"])]
/// static GLOBAL: ServeAlloc;
/// ```
///
/// It defines the named type, a zero-sized `Copy` type with `new()`, `CONFIG`, `CLASSES`,
/// `allocate`, `deallocate`, `deallocate_with_size`, `usable_size`, `flush_thread`, `purge_now` and
/// `stats`, and implements `GlobalAlloc` for it. `#[global_allocator]` may stand above or below, or be absent; an
/// initialiser `= ServeAlloc::new()` may be written; module and function scope both work.
///
/// # Arguments
///
/// Every one is optional, in any order, each at most once. A size is an integer (bytes) or a string
/// with a unit: `"512B"`, `"64KiB"`, `"1MiB"`, `"4GiB"`, `"1TiB"`.
///
/// | argument | means | default |
/// | --- | --- | --- |
/// | `preset = "tensor"` or `"general"` | what the other arguments start from | `"tensor"` |
/// | `arena = "4GiB"` | address space reserved; memory is used only as touched | `"64GiB"` |
/// | `classes = [64, 256, "64KiB"]` | payload sizes, strictly ascending, multiples of `align`, up to half of `arena` | the preset's |
/// | `profile = "serve.json"` | the classes that waste least for what `orthotope::Recorder` recorded there; relative to the crate's Cargo.toml; a change of the file compiles again | none; not with `classes` |
/// | `align = 64` | alignment of every pointer: a power of two, 64 to 2 MiB with a header, 8 to 4096 without | the preset's |
/// | `header = true` or `false` | a 64-byte header per block, or none | `true` in `"tensor"`, `false` in `"general"` |
/// | `refill = "32KiB"` | bytes moved per refill of a class | the preset's |
/// | `cache = "64KiB"` | bytes kept per class and thread | the preset's |
/// | `thread_limit = "1MiB"` | bytes of free blocks that one thread may keep over all classes | `"1MiB"` in `"general"`, none in `"tensor"` |
/// | `exhausted = "grow"` or `"null"` | map a further region once the arena is full, or refuse | `"grow"` |
/// | `purge = "10s"`, `"eager"` or `"never"` | when unused memory goes back to the system: after so long without use, at once, or only as the system takes it | `"10s"` |
/// | `huge_pages = "system"`, `"always"` or `"never"` | 2 MiB pages for the arena: as the system is set, advised, or advised against | `"system"` |
/// | `hardened = true` or `false` | every check that costs time: see below | `false` |
/// | `c_api = true` or `false` | exports C's `malloc` family from this allocator: once in a program, not with a header; alignment and classes are multiples of 16 | `false` |
/// | `crate = path` | where orthotope is, for renamed dependencies | `::orthotope` |
///
/// With a profile, `CLASSES` has the fewest classes whose waste at the recorded peak is within 1 % of the best with 64, and
/// spare ones, so that no request below the largest takes more than twice its bytes.
///
/// A preset's own classes are rounded up to `align`, and dropped above half of `arena`.
///
/// A purge time is an integer with `ms`, `s` or `m`, from `"1ms"` to 292 years. `thread_limit` may be as small as
/// 1 byte, and less than `cache`: it bounds what is kept, not what is served. Blocks that do not fit go to and come from
/// the pool that all threads share, which takes longer.
///
/// # `hardened`
///
/// With either preset, with or without a header: each free is checked in full, the exact size included, against what is
/// kept out of the program's reach; the first and last 256 bytes of a free block are overwritten, and looked at before it
/// is handed out again; blocks of a class come in random order; and a large block has a page before and behind it that
/// faults, the one behind as close to its last byte as its alignment allows. A wrong free through `GlobalAlloc`, and a
/// changed free block, print one line and abort; the typed functions return an error for a wrong free.
///
/// It costs time, 4 bytes a block, and up to two mappings a large block, which the system bounds (65,530 a process on Linux
/// unless set otherwise): beyond, large blocks go without guards. Requests that go to the system's allocator (of no
/// bytes, or for more than the alignment served) are not checked.
///
/// # C's `malloc`
///
/// With `c_api = true` the expansion exports `malloc`, `free`, `calloc`, `realloc`, `reallocarray`, `posix_memalign`,
/// `aligned_alloc`, `memalign`, `valloc`, `pvalloc` and `malloc_usable_size`: from a program for itself and the libraries that it
/// loads, from a `cdylib` for whoever links or preloads it. Two such statics in one program are an error of the compiler
/// or the linker, which names a function of the family.
///
/// - Every block is aligned to 16 bytes. An empty request gets a block of its own. What cannot be had is null and `ENOMEM`,
///   sizes that overflow or exceed `PTRDIFF_MAX` included; an alignment that is no power of two (`posix_memalign`: or no
///   multiple of a pointer's size) is `EINVAL`. What succeeds leaves `errno` as it was, and so does `free`. `realloc` to
///   no bytes frees and returns null, as in glibc. `reallocarray` calls the program's `realloc`, `valloc` and `pvalloc` its
///   `memalign`, whoever defines them.
/// - A pointer to no live block ends the process with one line on stderr: `orthotope: free(0x7f…): the block is free already`.
///   What a free cannot tell is a block that was handed out again since, and two threads that free it at one moment.
/// - Rust's blocks and C's are one another's: either side may free them. Nothing is asked of the system's allocator, so
///   empty layouts and every alignment come from the arena.
/// - On x86-64 Linux a thread's cache lies in the static thread-local block: 16 bytes a class and 64. A library that is opened
///   late needs as much of what glibc keeps spare, about 1.6 KiB: enough for 90 classes, `"general"` has 80 then.
// Left out where the fuzzer compiles this file as a plain library: see `random`.
#[cfg(not(fuzzing))]
#[proc_macro_attribute]
pub fn allocator(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    attribute(arguments.into(), item.into()).into()
}

/// Expands the attribute on what `bytes` stand for, as `random` says.
///
/// # Panics
///
/// If the attribute panics, or expands to something else than Rust without saying that anything is wrong.
#[cfg(fuzzing)]
pub fn check(bytes: &[u8]) {
    random::check(bytes);
}

/// The attribute on `proc_macro2`'s tokens, which exist outside the compiler too.
fn attribute(
    arguments: proc_macro2::TokenStream,
    item: proc_macro2::TokenStream,
) -> proc_macro2::TokenStream {
    let mut errors = Errors::default();
    let arguments = args::parse(arguments, &mut errors);
    let item = item::parse(item, &mut errors);
    let settings = validate::validate(&arguments, &mut errors);
    let krate = arguments.orthotope();
    match (&item, &settings) {
        (Item::Static(item), Some(settings)) if errors.is_empty() => {
            expand::expand(item, settings, &krate)
        }
        _ => fallback::expand(&item, &krate, errors),
    }
}
