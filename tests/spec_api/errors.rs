//! The failures: their variants, and that their messages name the figures.

use std::io;

use orthotope::{AllocError, FreeError, InitError};

/// SPEC 3: "`AllocError::{ZeroSize, GlobalInitFailed, OutOfMemory { requested, remaining }}`": these and no
/// other, comparable and cloneable as in the published crate.
#[test]
fn alloc_error_has_the_variants_listed() {
    let all = [
        AllocError::ZeroSize,
        AllocError::GlobalInitFailed,
        AllocError::OutOfMemory {
            requested: 4_711_usize,
            remaining: 815_usize,
        },
    ];
    for error in all {
        assert_eq!(error.clone(), error);
        let text = error.to_string();
        match error {
            AllocError::ZeroSize | AllocError::GlobalInitFailed => assert!(!text.is_empty()),
            AllocError::OutOfMemory {
                requested,
                remaining,
            } => assert!(
                text.contains(&requested.to_string()) && text.contains(&remaining.to_string()),
                "{text}"
            ),
        }
    }
}

/// SPEC 3: "`FreeError::{GlobalInitFailed, ForeignPointer, SizeMismatch { provided, recorded }, DoubleFree,
/// AlreadyFreedOrUnknownLarge, CorruptHeader}`": these and no other.
#[test]
fn free_error_has_the_variants_listed() {
    let all = [
        FreeError::GlobalInitFailed,
        FreeError::ForeignPointer,
        FreeError::SizeMismatch {
            provided: 4_711_usize,
            recorded: 815_usize,
        },
        FreeError::DoubleFree,
        FreeError::AlreadyFreedOrUnknownLarge,
        FreeError::CorruptHeader,
    ];
    for error in all {
        assert_eq!(error.clone(), error);
        let text = error.to_string();
        match error {
            FreeError::SizeMismatch { provided, recorded } => assert!(
                text.contains(&provided.to_string()) && text.contains(&recorded.to_string()),
                "{text}"
            ),
            FreeError::GlobalInitFailed
            | FreeError::ForeignPointer
            | FreeError::DoubleFree
            | FreeError::AlreadyFreedOrUnknownLarge
            | FreeError::CorruptHeader => assert!(!text.is_empty()),
        }
    }
}

/// SPEC 3: "`InitError::{MapFailed(io::Error), InvalidConfig(&'static str)}`": these and no other.
#[test]
fn init_error_has_the_variants_listed() {
    let reason: &'static str = "the reason";
    let refused = InitError::MapFailed(io::Error::from(io::ErrorKind::OutOfMemory));
    for error in [refused, InitError::InvalidConfig(reason)] {
        let text = error.to_string();
        match error {
            InitError::MapFailed(cause) => assert!(text.contains(&cause.to_string()), "{text}"),
            InitError::InvalidConfig(reason) => assert!(text.contains(reason), "{text}"),
        }
    }
}
