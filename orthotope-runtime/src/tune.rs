//! Class tables: the presets', and the arithmetic that fits one to a configuration.
//!
//! Owns the numbers a class table is made of. Pure: no memory, no I/O, so that the attribute, which
//! runs inside the compiler, and any tool give the same answer to the same question.

/// Class payloads of the `"tensor"` preset in bytes: the twelve of [`SizeClass`](crate::SizeClass).
pub(crate) const TENSOR_CLASSES: [usize; 12] = [
    64, 256, 4_096, 6_144, 8_192, 16_384, 32_768, 65_536, 131_072, 262_144, 1_048_576, 16_777_216,
];

/// Class payloads of the `"general"` preset in bytes: steps of 8 to 128, 8 classes per doubling to
/// 4 KiB, 4 per doubling to 1 MiB. No block of a request above 128 bytes loses more than a ninth (to 4 KiB) or a fifth.
pub(crate) const GENERAL_CLASSES: [usize; 88] = general_classes();

const fn general_classes() -> [usize; 88] {
    let mut classes = [0; 88];
    let mut len = 0;
    let mut payload = 0;
    while len < classes.len() {
        payload += general_step(payload);
        classes[len] = payload;
        len += 1;
    }
    classes
}

/// Distance from the class `payload` to the next one up.
const fn general_step(payload: usize) -> usize {
    if payload < 128 {
        8
    } else if payload < 4_096 {
        1 << (payload.ilog2() - 3)
    } else {
        1 << (payload.ilog2() - 2)
    }
}

/// Fits a preset's class table to what the user asked for: every payload is rounded up to `align`
/// (a power of two), what then repeats is merged, and what exceeds `largest` bytes is dropped.
///
/// The result is strictly ascending and empty only if even the smallest class exceeds `largest`.
///
/// ```
/// use orthotope_runtime::Config;
/// use orthotope_runtime::tune::fit_classes;
///
/// assert_eq!(fit_classes(Config::tensor().classes, 4_096, 8_192), [4_096, 8_192]);
/// ```
#[must_use]
pub fn fit_classes(preset: &[usize], align: usize, largest: usize) -> Vec<usize> {
    let mut fitted: Vec<usize> = preset
        .iter()
        .map(|payload| payload.next_multiple_of(align))
        .collect();
    fitted.dedup();
    fitted.retain(|&payload| payload <= largest);
    fitted
}
