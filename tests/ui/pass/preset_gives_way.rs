//! A preset's own values are fitted to what is written, never refused.

#![deny(warnings)]

#[orthotope::allocator(preset = "general", header = true)]
static A: RaisedAlign;

#[orthotope::allocator(preset = "tensor", header = false)]
static B: KeptAlign;

#[orthotope::allocator(align = 4096)]
static C: RoundedClasses;

#[orthotope::allocator(arena = "1MiB")]
static D: DroppedClasses;

#[orthotope::allocator(arena = 128)]
static E: OneClass;

fn main() {
    assert_eq!(RaisedAlign::CONFIG.align, 64);
    assert_eq!(RaisedAlign::CLASSES[..3], [64, 128, 192]);
    assert_eq!(
        (KeptAlign::CONFIG.align, KeptAlign::CONFIG.header),
        (64, false)
    );
    assert_eq!(RoundedClasses::CLASSES[..3], [4096, 8192, 16384]);
    assert_eq!(DroppedClasses::CLASSES.last(), Some(&(256 << 10)));
    assert_eq!(OneClass::CLASSES, [64]);
}
