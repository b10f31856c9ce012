//! Heap profiles, written down: from what the runtime has sampled to a file that `pprof` reads.
//!
//! Owns the encoding, the symbols and the file at the end of the process; what is sampled, and how, is the runtime's `heap`.
//! Everything here allocates like any other code of the program: the runtime is asked for a copy, and watched no longer. What
//! is asked for meanwhile of the allocator whose profile is written is not sampled: it would be found in the next one.
//!
//! Read on in this order: here, `pprof`, `encode`, `symbols`.

mod encode;
mod pprof;
mod symbols;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;
use orthotope_runtime::global::{Generated, heap_snapshot, without_heap_samples};
use orthotope_runtime::heap::{PROFILE_VARIABLE, Snapshot, snapshots};
use prost::Message;

/// Writes what the type's allocator holds.
///
/// # Errors
///
/// Those of `writer`.
pub fn heap_profile<G: Generated>(writer: impl Write) -> io::Result<()> {
    let encoded = without_heap_samples::<G, _>(|| encoded(&[heap_snapshot::<G>()]));
    zip(&encoded, writer)
}

fn encoded(snapshots: &[Snapshot]) -> Vec<u8> {
    WRITER.store(process::id(), Ordering::Relaxed);
    WRITING.fetch_add(1, Ordering::Relaxed);
    let profile = encode::profile(snapshots);
    // More than many programs hold themselves.
    backtrace::clear_symbol_cache();
    WRITING.fetch_sub(1, Ordering::Relaxed);
    profile.encode_to_vec()
}

fn zip(encoded: &[u8], writer: impl Write) -> io::Result<()> {
    let mut gzip = GzEncoder::new(writer, Compression::fast());
    gzip.write_all(encoded)?;
    gzip.finish()?.flush()
}

/// Threads that look up symbols, under a lock of the library that does, and the process whose they are.
static WRITING: AtomicUsize = AtomicUsize::new(0);
static WRITER: AtomicU32 = AtomicU32::new(0);

/// Writes what all allocators of the process hold to the file that the environment names. What fails is said on stderr.
pub extern "C" fn write_at_exit() {
    // Forked away from a thread that looked up symbols: that lock is taken, and there is nobody to give it back.
    if WRITING.load(Ordering::Relaxed) != 0 && WRITER.load(Ordering::Relaxed) != process::id() {
        return;
    }
    // First, so that nothing below shows up in it.
    let held = snapshots();
    let variable = OsStr::from_bytes(PROFILE_VARIABLE.to_bytes());
    let Some(asked) = std::env::var_os(variable).filter(|asked| !asked.is_empty()) else {
        return;
    };
    if let Err(error) = keep(&held, &expand(&asked)) {
        // Nobody is left to be told that stderr is closed.
        let _ = writeln!(
            io::stderr(),
            "orthotope: cannot write the heap profile that {} asks for ({error}): check that its folder exists and has room",
            variable.display(),
        );
    }
}

/// Writes beside the file, and renames: it is whole, or as it was.
fn keep(snapshots: &[Snapshot], path: &OsStr) -> io::Result<()> {
    let mut beside = path.to_owned();
    beside.push(format!(".{}.tmp", process::id()));
    let written = File::create(&beside)
        .and_then(|file| zip(&encoded(snapshots), file))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // It may never have been there.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// The path with the process's id for each `%p`.
fn expand(asked: &OsStr) -> OsString {
    let id = process::id().to_string();
    let mut path = Vec::new();
    let mut rest = asked.as_bytes();
    while let Some(at) = rest.windows(2).position(|pair| pair == b"%p") {
        path.extend_from_slice(&rest[..at]);
        path.extend_from_slice(id.as_bytes());
        rest = &rest[at + 2..];
    }
    path.extend_from_slice(rest);
    OsString::from_vec(path)
}
