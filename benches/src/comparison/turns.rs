//! Who comes after whom. It matters: pages that a process has just given back are faster to have than others.

/// The order of `count` in a turn. In so many turns that follow each other, twice as many for an odd count, each comes at
/// each place as often, and directly after each other one as often (Williams, 1949).
pub(crate) fn order(turn: usize, count: usize) -> impl Iterator<Item = usize> {
    // 0, 1, -1, 2, -2 …, round a circle: no two neighbours are as far apart as two others. With an odd count their
    // distances are those of one direction, and every other turn runs in the other one.
    let backwards = count % 2 == 1 && turn % 2 == 1;
    (0..count).map(move |place| {
        let place = if backwards { count - 1 - place } else { place };
        let step = place.div_ceil(2);
        let from_zero = if place % 2 == 1 { step } else { count - step };
        (from_zero + turn) % count
    })
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn each_has_each_place_and_follows_each_other_one_as_often() {
        for count in 1..=8 {
            let turns = if count % 2 == 0 { count } else { 2 * count };
            let (mut places, mut pairs) = (vec![0; count * count], vec![0; count * count]);
            for turn in 0..turns {
                let order: Vec<usize> = order(turn, count).collect();
                for (place, each) in order.iter().enumerate() {
                    places[place * count + each] += 1;
                }
                for pair in order.windows(2) {
                    pairs[pair[0] * count + pair[1]] += 1;
                }
            }
            assert!(
                places.iter().all(|&often| often == turns / count),
                "{count}"
            );
            for (at, &often) in pairs.iter().enumerate() {
                let expected = if at / count == at % count {
                    0
                } else {
                    turns / count
                };
                assert_eq!(
                    often,
                    expected,
                    "{count}: {} after {}",
                    at % count,
                    at / count
                );
            }
        }
    }
}
