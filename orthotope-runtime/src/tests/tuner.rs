//! The tuner against exhaustive search, and what it promises of every table.

use std::io;
use std::time::Duration;

use super::rng::Rng;
use crate::class::{ClassTable, MAX_CLASSES};
use crate::config::Config;
use crate::profile::{Bin, LARGEST_BYTES, MOST, Profile};
use crate::tuner::cost::{SCALE, sizes};
use crate::tuner::search::{Candidate, search};
use crate::tuner::{CLASSES_TRIED, tune, waste};

/// The least loss with each number of classes, by trying all tables.
fn exhaustive(candidates: &[Candidate]) -> Vec<i128> {
    let mut least = vec![None; candidates.len()];
    for table in 0_u32..1 << (candidates.len() - 1) {
        // The last candidate always has a class.
        let table = table | 1 << (candidates.len() - 1);
        let mut loss = 0;
        for (index, candidate) in candidates.iter().enumerate() {
            let class = (index..).find(|class| table >> class & 1 == 1);
            let price = candidates[class.expect("the last has one")].price;
            loss += price * candidate.blocks - candidate.useful;
            if table >> index & 1 == 1 {
                loss += candidate.fixed;
            }
        }
        let slot: &mut Option<i128> = &mut least[table.count_ones() as usize - 1];
        *slot = Some(slot.map_or(loss, |least| least.min(loss)));
    }
    least.into_iter().flatten().collect()
}

#[test]
fn the_search_finds_what_exhaustive_search_finds() {
    for seed in 1..=400 {
        let mut rng = Rng::new(seed * 0x9e37_79b9);
        let count = 1 + rng.below(9);
        let mut price = 0;
        let candidates: Vec<Candidate> = (0..count)
            .map(|_| {
                // Equal prices, sizes that nobody holds and classes that cost nothing are all legal.
                price += rng.below(4) as i128 * (1 + rng.below(1_000) as i128);
                let blocks = rng.below(3) as i128 * rng.below(2_000) as i128;
                Candidate {
                    price,
                    fixed: rng.below(2) as i128 * rng.below(100_000) as i128,
                    blocks,
                    useful: blocks * rng.below(100) as i128,
                }
            })
            .collect();
        let tables = search(&candidates, count);
        assert_eq!(tables.losses, exhaustive(&candidates), "seed {seed}");
        for (index, &loss) in tables.losses.iter().enumerate() {
            let table = tables.table(index + 1);
            assert_eq!(table.len(), index + 1, "seed {seed}");
            let mut sum = 0;
            for (size, candidate) in candidates.iter().enumerate() {
                let class = table.iter().find(|&&class| class >= size);
                let class = *class.expect("the last candidate has a class");
                sum += candidates[class].price * candidate.blocks - candidate.useful;
            }
            sum += table.iter().map(|&c| candidates[c].fixed).sum::<i128>();
            assert_eq!(
                sum, loss,
                "seed {seed}: the table is not the one of the loss"
            );
        }
    }
}

fn bin(size: usize, peak: u64) -> Bin {
    Bin {
        size,
        allocations: peak.max(1),
        peak,
        peak_bytes: (peak.saturating_mul(size as u64)).min(MOST),
        align: 8,
        ..Bin::default()
    }
}

fn profile(bins: impl IntoIterator<Item = Bin>) -> Profile {
    Profile {
        processes: 1,
        threads: 1,
        bins: bins.into_iter().collect(),
    }
}

/// The least waste in bytes of each number of classes from 1 on, rounded down.
fn curve(profile: &Profile, config: &Config) -> Vec<u128> {
    let candidates: Vec<Candidate> = sizes(profile, config)
        .iter()
        .map(|size| size.candidate)
        .collect();
    search(&candidates, CLASSES_TRIED)
        .losses
        .iter()
        .map(|&loss| u128::try_from(loss / SCALE).unwrap_or(0))
        .collect()
}

/// A profile of so many sizes, with a shape that no few classes fit.
fn broad(sizes: usize) -> Profile {
    let mut rng = Rng::new(7);
    profile((1..=sizes).map(|step| bin(step * 16, 1 + rng.below(1_000) as u64)))
}

#[test]
fn no_table_of_recorded_sizes_wastes_less() {
    for seed in 1..=40 {
        let mut rng = Rng::new(seed * 77);
        let mut sizes: Vec<usize> = (0..7)
            .map(|_| rng.size(20_000).next_multiple_of(8))
            .collect();
        sizes.sort_unstable();
        sizes.dedup();
        let profile = profile(sizes.iter().map(|&size| bin(size, rng.below(500) as u64)));
        for config in [
            Config::general(),
            Config::tensor(),
            Config::tensor().with_header(false),
        ] {
            let largest = sizes[sizes.len() - 1].next_multiple_of(config.align);
            for (index, &least) in curve(&profile, &config).iter().enumerate() {
                for table in 0_u32..1 << (sizes.len() - 1) {
                    let mut classes: Vec<usize> = (0..sizes.len() - 1)
                        .filter(|size| table >> size & 1 == 1)
                        .map(|size| sizes[size].next_multiple_of(config.align))
                        .chain([largest])
                        .collect();
                    classes.dedup();
                    if classes.len() == index + 1 {
                        let lost = waste(&profile, &config, &classes).total();
                        // Tails are rounded class by class here.
                        let lost = lost + classes.len() as u128;
                        assert!(lost >= least, "seed {seed}: {classes:?}: {lost} < {least}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_table_wastes_what_the_search_says() {
    for seed in 1..=60 {
        let mut rng = Rng::new(seed * 31);
        let step = 8 << rng.below(4);
        let mut recorded = profile((1..60).map(|at| bin(at * step, rng.below(900) as u64)));
        // Magazines are of the sizes recorded, which a cheaper payload may stand in for.
        recorded.threads = 0;
        for config in [Config::general(), Config::tensor()] {
            let least = curve(&recorded, &config).into_iter().min().unwrap_or(0);
            let classes = tune(&recorded, &config, Some(MAX_CLASSES));
            let lost = waste(&recorded, &config, &classes).total();
            assert!(lost <= least, "seed {seed}: {lost} > {least}");
            let few = tune(&recorded, &config, None);
            let asked: u64 = recorded.bins.iter().map(|bin| bin.peak_bytes).sum();
            let lost = waste(&recorded, &config, &few).total();
            assert!(few.len() <= classes.len());
            assert!(lost <= least + u128::from(asked) / 100 + 1, "seed {seed}");
        }
    }
}

/// Time that the calling thread has had a processor: what else runs does not count.
fn processor_time() -> Duration {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the place is valid, and every system that we run on has the clock.
    let told = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut now) };
    assert_eq!(told, 0, "{}", io::Error::last_os_error());
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

#[test]
fn two_thousand_sizes_and_64_classes_take_less_than_50_ms() {
    let profile = broad(2_000);
    let config = Config::general();
    let candidates: Vec<Candidate> = sizes(&profile, &config)
        .iter()
        .map(|size| size.candidate)
        .collect();
    let (sizes, steps) = (candidates.len(), search(&candidates, 64).steps);
    assert_eq!(sizes, 2_000);
    // Each size adds one line, removes at most one, passes at most one, and asks once.
    assert!(steps <= 4 * 64 * (sizes + 1), "{steps}");

    let runs = (0..10).map(|_| {
        let start = processor_time();
        assert_eq!(curve(&profile, &config).len(), 64);
        processor_time() - start
    });
    let best = runs.min().expect("there are runs");
    println!("{sizes} sizes, 64 classes: {steps} steps, {best:?}");
    assert!(best < Duration::from_millis(50), "{best:?}");
}

#[test]
fn more_classes_never_waste_more_until_they_cost_more_than_they_save() {
    let curve = curve(&broad(500), &Config::general());
    assert_eq!(curve.len(), 64);
    let best = (0..curve.len())
        .min_by_key(|&index| curve[index])
        .unwrap_or(0);
    assert!(curve[..=best].is_sorted_by(|a, b| a >= b), "{curve:?}");
}

/// Every rule that the attribute holds written classes to.
fn assert_legal(classes: &'static [usize], config: &Config) {
    assert!(classes.len() <= MAX_CLASSES);
    assert!(classes.iter().all(|&class| class <= config.arena / 2));
    // The rest of the rules is the constructor's.
    let _ = ClassTable::new(classes, config.align);
}

#[test]
fn tables_are_legal_whatever_was_recorded() {
    let shapes = [
        profile([]),
        profile([bin(8, 0)]),
        profile([bin(24, 1)]),
        profile([bin(1 << 40, 3)]),
        profile([bin(LARGEST_BYTES, MOST)]),
        profile((3..47).map(|power| bin(1 << power, 1_000_000_000))),
        profile((1..=2_000).map(|step| bin(step * 8, MOST))),
        broad(2_000),
    ];
    let configs = [
        Config::general(),
        Config::tensor(),
        Config::tensor().with_header(false),
        Config::general().with_align(4_096),
        Config::general().with_arena(1 << 20),
        Config::tensor().with_arena(512),
    ];
    for profile in &shapes {
        for config in &configs {
            for count in [
                None,
                Some(0),
                Some(1),
                Some(2),
                Some(32),
                Some(255),
                Some(1_000),
            ] {
                let classes = tune(profile, config, count);
                assert!(!classes.is_empty());
                assert_legal(classes.clone().leak(), config);
                if let Some(count) = count {
                    assert!(classes.len() <= count.max(1), "{count}: {}", classes.len());
                }
                let waste = waste(profile, config, &classes);
                assert_eq!(
                    waste.blocks,
                    profile
                        .bins
                        .iter()
                        .map(|bin| u128::from(bin.peak))
                        .sum::<u128>()
                );
            }
        }
    }
}

#[test]
fn no_unrecorded_request_takes_more_than_twice_its_bytes() {
    for config in [Config::general(), Config::tensor().with_header(false)] {
        let classes = tune(&profile([bin(40, 9), bin(9_000, 5)]), &config, None);
        assert!(classes.contains(&40_usize.next_multiple_of(config.align)));
        for pair in classes.windows(2) {
            assert!(pair[1] <= 2 * pair[0], "{pair:?} of {classes:?}");
        }
        assert_eq!(classes.last(), Some(&config.largest_served()));
    }
}

#[test]
fn one_size_wastes_nothing() {
    let profile = profile([bin(1_000, 5_000)]);
    let config = Config::general();
    let waste = waste(&profile, &config, &tune(&profile, &config, None));
    assert_eq!((waste.rounding, waste.headers), (0, 0));
    assert!(waste.tails * 16 < waste.requested);
}

#[test]
fn alignment_that_most_blocks_want_is_part_of_their_size() {
    let wide = Bin {
        align: 64,
        aligned: 100,
        ..bin(104, 100)
    };
    let rare = Bin {
        align: 4_096,
        aligned: 1,
        ..bin(200, 100)
    };
    let classes = tune(&profile([wide, rare]), &Config::general(), None);
    assert!(
        classes.contains(&128) && classes.contains(&200),
        "{classes:?}"
    );
}

#[test]
fn what_a_header_costs_is_told_apart() {
    let profile = profile([bin(64, 10), bin(20 << 20, 2)]);
    let config = Config::tensor();
    let waste = waste(&profile, &config, config.classes);
    assert_eq!(waste.headers, 12 * 64);
    assert_eq!((waste.large.blocks, waste.large.payload), (2, 0));
    assert_eq!(waste.classes[0].rounding, 0);
    assert!(waste.rounding * 100 < waste.requested);
}
