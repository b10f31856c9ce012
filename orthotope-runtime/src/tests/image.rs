//! What a thread's cache is before its first use, where it is an image in the file.

use core::ptr::NonNull;
use core::slice;

use crate::c_api_locals;
use crate::thread_cache::{LocalBins, Locals};

fn image() -> NonNull<Locals> {
    c_api_locals!(5)
}

/// The value's bytes.
fn bytes(locals: NonNull<Locals>) -> &'static [u8] {
    // SAFETY: both are a `LocalBins` of five classes, which is never freed; what padding is not compared.
    unsafe { slice::from_raw_parts(locals.as_ptr().cast(), size_of::<LocalBins<5>>()) }
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
        let (image, made) = (&bytes(image())[field.clone()], &bytes(made.locals())[field]);
        assert_eq!(image, made);
    }
}

#[test]
fn each_thread_has_its_own() {
    let here = image().as_ptr().addr();
    assert_eq!(here, image().as_ptr().addr());
    let there = std::thread::spawn(|| image().as_ptr().addr());
    assert_ne!(here, there.join().expect("it ends"));
}
