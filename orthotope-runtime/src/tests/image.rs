//! What a thread's cache is before its first use, where it is an image in the file.

use core::ops::Range;
use core::ptr::NonNull;
use core::slice;

use crate::c_api_locals;
use crate::thread_cache::{LocalBins, Locals};

fn image() -> NonNull<Locals> {
    c_api_locals!(5)
}

/// Bytes of the value, none of them padding.
fn bytes(locals: NonNull<Locals>, field: &Range<usize>) -> &'static [u8] {
    // SAFETY: callers pass a `LocalBins` of five classes, which is longer.
    let start = unsafe { locals.cast::<u8>().add(field.start) };
    // SAFETY: as above. It is never freed, and its thread writes nothing meanwhile.
    unsafe { slice::from_raw_parts(start.as_ptr(), field.len()) }
}

#[test]
fn the_image_is_an_empty_cache() {
    let made: &'static LocalBins<5> = Box::leak(Box::new(LocalBins::new()));
    let fields = [
        0..core::mem::offset_of!(Locals, lane) + 1,
        core::mem::offset_of!(Locals, phase)..core::mem::offset_of!(Locals, phase) + 1,
        core::mem::offset_of!(Locals, cold)..size_of::<LocalBins<5>>(),
    ];
    for field in fields {
        assert_eq!(bytes(image(), &field), bytes(made.locals(), &field));
    }
}

#[test]
fn each_thread_has_its_own() {
    let here = image().as_ptr().addr();
    assert_eq!(here, image().as_ptr().addr());
    let there = std::thread::spawn(|| image().as_ptr().addr());
    assert_ne!(here, there.join().expect("it ends"));
}
