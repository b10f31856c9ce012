//! Which block starts where, by one multiplication.

use crate::arena::{index_of_start, reciprocal};

#[test]
fn multiples_are_told_from_all_other_offsets() {
    for stride in [16, 48, 80, 96, 112, 320, 1_792, 57_344, 65_536, 917_504] {
        let reciprocal = reciprocal(stride);
        for offset in (0..4_usize << 20).step_by(16) {
            let index = offset.is_multiple_of(stride).then_some(offset / stride);
            assert_eq!(
                index_of_start(offset, reciprocal),
                index,
                "{offset} {stride}"
            );
        }
    }
}
