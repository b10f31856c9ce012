//! The size classes: what each says of itself.

use orthotope::SizeClass;

/// SPEC 4: "**Classes** (largest request served): 64, 256, 4096, 6144, 8192, 16384, 32768, 65536, 131072, 262144,
/// 1 MiB, 16 MiB." SPEC 3: "`SizeClass::{… payload_size …}`".
const LARGEST: [usize; 12] = [
    64,
    256,
    4_096,
    6_144,
    8_192,
    16_384,
    32_768,
    65_536,
    131_072,
    262_144,
    1 << 20,
    16 << 20,
];

/// SPEC 3 and 4: each class's payload is the largest request that it serves, as its name says.
#[test]
fn payload_size_is_the_largest_request_served() {
    assert_eq!(SizeClass::ALL.map(SizeClass::payload_size), LARGEST);
}

/// SPEC 3: "`SizeClass::{ALL, … index …}`": an index is a position in `ALL`.
#[test]
fn index_is_the_position_in_all() {
    for (position, class) in SizeClass::ALL.into_iter().enumerate() {
        assert_eq!(class.index(), position);
    }
}

/// SPEC 3: "`SizeClass::{from_request, …}`": at every boundary, the class whose largest request is not exceeded.
#[test]
fn from_request_changes_class_right_after_each_payload() {
    let mut least = 1_usize;
    for class in SizeClass::ALL {
        let most = class.payload_size();
        for size in [least, least + 1, least.midpoint(most), most - 1, most] {
            assert_eq!(SizeClass::from_request(size), Some(class), "{size}");
        }
        least = most + 1;
    }
}

/// SPEC 3: "`SizeClass::{from_request, …}`": every size up to beyond the fourth class, one by one.
#[test]
fn from_request_is_the_first_class_that_holds_the_request() {
    for size in 1..=10_000 {
        let expected = SizeClass::ALL
            .into_iter()
            .find(|class| class.payload_size() >= size);
        assert_eq!(SizeClass::from_request(size), expected, "{size}");
    }
}

/// SPEC 4: "Above 16 MiB: the large path." No class serves that, and none serves zero bytes.
#[test]
fn from_request_knows_no_class_for_zero_or_above_16_mib() {
    for size in [0, (16 << 20) + 1, 1 << 30, 1 << 62, 1 << 63, usize::MAX] {
        assert_eq!(SizeClass::from_request(size), None, "{size}");
    }
}

/// SPEC 3: "`SizeClass::{… max_small_request}`": the largest class's payload.
#[test]
fn max_small_request_is_16_mib() {
    assert_eq!(SizeClass::max_small_request(), 16 << 20);
}

/// SPEC 3: "`SizeClass::{… block_size …}`"; SPEC 4: "64 bytes before every block".
#[test]
fn block_size_is_payload_and_header() {
    for class in SizeClass::ALL {
        assert_eq!(class.block_size(), class.payload_size() + 64);
        assert_eq!(class.block_size(), class.block_size_for_alignment(64));
    }
}

/// SPEC 3: "`SizeClass::{… block_size_for_alignment …}`": rounded up to the alignment, which is 64 at least.
#[test]
fn block_size_for_alignment_is_rounded_up_to_it() {
    for class in SizeClass::ALL {
        for exponent in 0..=24 {
            let alignment = 1 << exponent;
            let expected = class.block_size().next_multiple_of(alignment.max(64));
            assert_eq!(
                class.block_size_for_alignment(alignment),
                expected,
                "{class:?} at {alignment}"
            );
        }
    }
}
