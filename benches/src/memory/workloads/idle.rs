//! A service after its busy hour: a gigabyte of requests, most of them dropped, then nothing.

use std::thread;
use std::time::{Duration, Instant};

use super::Effort;
use crate::block::{Block, Heap, NATURAL};
use crate::memory::Sample;
use crate::memory::figure::Figure;
use crate::memory::resident::{Peak, Resident};
use crate::random::{Random, Spread};

const THREADS: usize = 4;
const REQUESTS: usize = 1024;
/// Bytes of one request: the block that reaches them is its last.
const REQUEST: usize = 1 << 20;
/// Of ten requests, or of ten blocks, so many are freed.
const FREED_OF_TEN: usize = 9;

const PERIOD: Duration = Duration::from_millis(100);
const SOON: Duration = Duration::from_secs(3);
const LATE: Duration = Duration::from_secs(12);

/// The blocks of one request, in the order of their allocation.
struct Request<A> {
    /// The sequence of its sizes.
    seed: u64,
    blocks: Vec<Option<Block<A, NATURAL>>>,
}

impl<A: Heap> Request<A> {
    /// Room for all blocks, none of which is allocated.
    fn new(seed: u64, spread: &Spread) -> Self {
        let (mut random, mut count, mut size) = (Random::new(seed), 0, 0);
        while size < REQUEST {
            size += spread.pick(&mut random);
            count += 1;
        }
        let mut blocks = Vec::new();
        blocks.resize_with(count, || None);
        Self { seed, blocks }
    }

    fn fill(&mut self, heap: &A, spread: &Spread) {
        let mut random = Random::new(self.seed);
        for slot in &mut self.blocks {
            let mut block = Block::new(heap, spread.pick(&mut random));
            block.fill();
            *slot = Some(block);
        }
    }
}

pub(super) fn run<A: Heap>(heap: &'static A, whole: bool, effort: Effort) -> Sample {
    let spread = Spread::new(16, 8192);
    let seeds = 0..REQUESTS as u64;
    let mut requests: Vec<Request<A>> = seeds.map(|seed| Request::new(seed, &spread)).collect();
    let freed = freed(&requests, whole);
    let length = if effort.quick { SOON } else { LATE };
    let mut timeline = Vec::with_capacity((length.as_millis() / PERIOD.as_millis()) as usize);
    let (base, peak) = (Resident::now(), Peak::start());

    thread::scope(|scope| {
        for share in requests.chunks_mut(REQUESTS / THREADS) {
            let spread = &spread;
            scope.spawn(move || {
                for request in share {
                    request.fill(heap, spread);
                }
            });
        }
    });
    for (request, block) in freed {
        let request = requests.get_mut(request as usize);
        let slot = request.and_then(|request| request.blocks.get_mut(block as usize));
        if let Some(block) = slot.and_then(Option::take) {
            block.free(heap);
        }
    }
    watch(length, &mut timeline);

    let live = requests.iter().flat_map(|request| &request.blocks);
    let live: usize = live.flatten().map(Block::size).sum();
    let by_live = |at: Duration| {
        let mut looks = timeline.iter();
        let look = looks.rfind(|look| u128::from(look.0) == at.as_millis())?;
        Some(look.1.saturating_sub(base.anonymous) as f64 / live as f64)
    };
    let figures = [
        (Figure::Peak, Some(peak.bytes())),
        (Figure::Soon, by_live(SOON)),
        (Figure::Late, by_live(LATE)),
    ];
    let figures = figures
        .into_iter()
        .filter_map(|(figure, value)| Some((figure, value?)));
    let mut sample = Sample::of(figures);
    sample.timeline = timeline;
    sample
}

/// Which requests and blocks of them go, in this order.
fn freed<A>(requests: &[Request<A>], whole: bool) -> Vec<(u32, u32)> {
    let blocks = |request: u32| {
        let count = requests
            .get(request as usize)
            .map_or(0, |request| request.blocks.len());
        (0..count as u32).map(move |block| (request, block))
    };
    let mut order: Vec<u32> = (0..requests.len() as u32).collect();
    if whole {
        choose(&mut order);
        return order.into_iter().flat_map(blocks).collect();
    }
    let mut order = order.into_iter().flat_map(blocks).collect();
    choose(&mut order);
    order
}

/// Keeps those that are to be freed, at random and in random order.
fn choose<T>(all: &mut Vec<T>) {
    let mut random = Random::new(1);
    for last in (1..all.len()).rev() {
        all.swap(last, random.below(last + 1));
    }
    all.truncate(all.len() * FREED_OF_TEN / 10);
}

/// Looks until `length` has passed, without calling any allocator: `looks` has the capacity.
fn watch(length: Duration, looks: &mut Vec<(u32, u64)>) {
    let start = Instant::now();
    let mut next = PERIOD;
    while next <= length {
        thread::sleep(next.saturating_sub(start.elapsed()));
        looks.push((next.as_millis() as u32, Resident::now().anonymous));
        next += PERIOD;
    }
}

#[cfg(test)]
mod tests {
    use super::{Request, choose, freed, watch};
    use crate::random::Spread;
    use std::alloc::System;
    use std::collections::HashSet;
    use std::time::Duration;

    #[test]
    fn nine_of_ten_go_and_none_twice() {
        let mut all: Vec<u32> = (0..1_000).collect();
        choose(&mut all);
        assert_eq!(all.len(), 900);
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 900);
        assert!(!all.is_sorted());
    }

    #[test]
    fn whole_requests_go_or_stay() {
        let spread = Spread::new(16, 8192);
        let requests: Vec<Request<System>> =
            (0..20).map(|seed| Request::new(seed, &spread)).collect();
        let gone = freed(&requests, true);
        for (index, request) in requests.iter().enumerate() {
            let of_it = gone.iter().filter(|(of, _)| *of as usize == index).count();
            assert!(of_it == 0 || of_it == request.blocks.len());
        }
        let requests_gone: HashSet<u32> = gone.iter().map(|gone| gone.0).collect();
        assert_eq!(requests_gone.len(), 18);
    }

    #[test]
    fn looks_are_a_period_apart() {
        let mut looks = Vec::new();
        watch(Duration::from_millis(300), &mut looks);
        let times: Vec<u32> = looks.iter().map(|look| look.0).collect();
        assert_eq!(times, [100, 200, 300]);
        assert!(looks.iter().all(|look| look.1 > 0));
    }
}
