//! Size to class, against a search.

use crate::class::{ClassTable, SizeClass};
use crate::tune::{GENERAL_CLASSES, TENSOR_CLASSES, fit_classes};

fn agrees_with_a_search(classes: &'static [usize], align: usize) {
    let table = ClassTable::new(classes, align);
    let largest = classes[classes.len() - 1];
    let near = classes
        .iter()
        .flat_map(|&payload| [payload - 1, payload, payload + 1]);
    for size in (0..150_000).chain(near).chain([largest * 2, usize::MAX]) {
        let expected = (size > 0)
            .then(|| classes.iter().position(|&payload| payload >= size))
            .flatten();
        assert_eq!(table.class_of(size), expected, "size {size}");
        for align in [16, 64, 4_096] {
            let aligned = classes
                .iter()
                .position(|&payload| payload >= size && payload % align == 0);
            assert_eq!(
                table.class_aligned(size, align),
                aligned.filter(|_| size > 0),
                "size {size}, align {align}"
            );
        }
    }
}

#[test]
fn every_table_finds_the_smallest_class_that_fits() {
    agrees_with_a_search(&TENSOR_CLASSES, 8);
    agrees_with_a_search(&TENSOR_CLASSES, 64);
    agrees_with_a_search(&GENERAL_CLASSES, 8);
    agrees_with_a_search(&[8], 8);
    agrees_with_a_search(&[6_144, 1 << 40], 2_048);
    agrees_with_a_search(&[64, 256, 1_024, 6_144, 64 << 10, 1 << 20], 64);
    agrees_with_a_search(&[1 << 20, 4 << 20], 1 << 20);
}

#[test]
fn general_classes_are_spaced_as_the_preset_says() {
    assert_eq!(
        GENERAL_CLASSES[..16],
        core::array::from_fn::<usize, 16, _>(|index| (index + 1) * 8)
    );
    assert_eq!(GENERAL_CLASSES.last(), Some(&(1 << 20)));
    for doubling in 7..20 {
        let within = GENERAL_CLASSES
            .iter()
            .filter(|&&payload| payload > 1 << doubling && payload <= 2 << doubling);
        assert_eq!(
            within.count(),
            if doubling < 12 { 8 } else { 4 },
            "above {}",
            1 << doubling
        );
    }
}

#[test]
fn a_preset_is_fitted_by_rounding_merging_and_dropping() {
    assert_eq!(fit_classes(&[8, 16, 24, 40], 16, 64), [16, 32, 48]);
    assert_eq!(fit_classes(&[8, 16, 24, 40], 64, 64), [64]);
    assert_eq!(fit_classes(&[8, 16], 64, 32), []);
}

#[test]
fn the_enum_and_the_table_agree() {
    for (index, class) in SizeClass::ALL.into_iter().enumerate() {
        assert_eq!(class.index(), index);
        assert_eq!(class.payload_size(), TENSOR_CLASSES[index]);
    }
}
