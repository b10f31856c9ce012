//! What a class table costs at a program's peak.
//!
//! Owns the model: the same for the search and for whoever shows the result.

use super::search::Candidate;
use crate::arena::GRANULE;
use crate::class::{HEADER_BYTES, stride};
use crate::config::Config;
use crate::profile::{Bin, Profile};
use crate::slab::Geometry;

/// A large block takes whole pages, of this size on most systems. What it has beyond them, to the next granule, is
/// address space.
const PAGE: usize = 4 << 10;

/// The search counts in this many parts of a byte: a slab's tail is little for each of its blocks.
pub(crate) const SCALE: i128 = 256;

/// Bytes lost under a class table at the peak of what was recorded, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waste {
    /// Bytes asked for, each request rounded up to 8.
    pub requested: u128,
    /// Blocks that hold them.
    pub blocks: u128,
    /// Bytes of classes, and of the last pages of large blocks, beyond the requests.
    pub rounding: u128,
    /// Bytes of headers.
    pub headers: u128,
    /// Bytes that slabs leave over at their ends.
    pub tails: u128,
    /// Bytes of free blocks that threads keep: an estimate, half a refill a thread; none of what is fetched one by one.
    pub magazines: u128,
    /// The same class by class, smallest first; those without a block included.
    pub classes: Vec<ClassWaste>,
    /// What no class serves.
    pub large: ClassWaste,
}

/// What is lost in one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClassWaste {
    /// Largest request served, in bytes; 0 for large blocks.
    pub payload: usize,
    /// Bytes asked for, each request rounded up to 8.
    pub requested: u128,
    /// Blocks that hold them.
    pub blocks: u128,
    /// Bytes of the class beyond the requests.
    pub rounding: u128,
    /// Bytes of headers.
    pub headers: u128,
    /// Bytes that slabs leave over at their ends.
    pub tails: u128,
    /// Bytes of free blocks that threads keep.
    pub magazines: u128,
}

impl ClassWaste {
    fn add(&mut self, bin: &Bin, taken: u128, header: u128) {
        let (blocks, requested) = (u128::from(bin.peak), u128::from(bin.peak_bytes));
        self.requested += requested;
        self.blocks += blocks;
        self.rounding += (taken * blocks).saturating_sub(requested);
        self.headers += header * blocks;
    }

    /// All that is lost.
    #[must_use]
    pub fn total(&self) -> u128 {
        self.rounding + self.headers + self.tails + self.magazines
    }
}

impl Waste {
    /// All that is lost.
    #[must_use]
    pub fn total(&self) -> u128 {
        self.rounding + self.headers + self.tails + self.magazines
    }

    /// Bytes taken at the peak: what was asked for and what is lost.
    #[must_use]
    pub fn taken(&self) -> u128 {
        self.requested + self.total()
    }

    fn sum_up(mut self) -> Self {
        for class in self.classes.iter().chain([&self.large]) {
            self.requested += class.requested;
            self.blocks += class.blocks;
            self.rounding += class.rounding;
            self.headers += class.headers;
            self.tails += class.tails;
            self.magazines += class.magazines;
        }
        self
    }
}

/// What the profile's peak wastes under `classes`, strictly ascending multiples of `config.align`; the other
/// settings are `config`'s.
///
/// ```
/// use orthotope_runtime::profile::Profile;
/// use orthotope_runtime::{Config, tuner};
///
/// let text = r#"{"orthotope_profile": 1, "bins": [{"size": 24, "peak": 750}]}"#;
/// let profile = Profile::parse(text)?;
/// let config = Config::general();
/// let waste = tuner::waste(&profile, &config, config.classes);
/// assert_eq!((waste.requested, waste.blocks, waste.rounding), (18_000, 750, 0));
/// assert_eq!(waste.taken(), waste.requested + waste.total());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn waste(profile: &Profile, config: &Config, classes: &[usize]) -> Waste {
    let mut waste = Waste {
        classes: classes
            .iter()
            .map(|&payload| ClassWaste {
                payload,
                ..ClassWaste::default()
            })
            .collect(),
        ..Waste::default()
    };
    // Of each class, the largest size that it serves, and how often that was asked for.
    let mut tops = vec![(0, 0); classes.len()];
    let served = served(config, classes);
    let header = header_bytes(config);
    for bin in &profile.bins {
        match class_of(config, &classes[..served], bin) {
            Some(class) => {
                waste.classes[class].add(bin, classes[class] as u128, header as u128);
                let (top, asked) = &mut tops[class];
                let size = payload(config, bin);
                if size > *top {
                    (*top, *asked) = (size, 0);
                }
                *asked = bin.allocations.saturating_add(*asked);
            }
            None => {
                let span = (bin.size + header).next_multiple_of(PAGE) - header;
                waste.large.add(bin, span as u128, header as u128);
            }
        }
    }
    for (class, (_, asked)) in waste.classes.iter_mut().zip(tops) {
        class.tails = class.blocks * scaled_tail(config, class.payload) as u128 / SCALE as u128;
        class.magazines = kept(config, class.payload, profile.threads, asked);
    }
    waste.sum_up()
}

/// Bytes before each payload.
fn header_bytes(config: &Config) -> usize {
    if config.header { HEADER_BYTES } else { 0 }
}

/// How many of the classes serve anything.
fn served(config: &Config, classes: &[usize]) -> usize {
    classes
        .iter()
        .position(|&payload| config.prefers_large(payload))
        .map_or(classes.len(), |first| first.max(1))
}

/// The class that serves the bin's sizes.
fn class_of(config: &Config, classes: &[usize], bin: &Bin) -> Option<usize> {
    let align = bin.usual_align();
    let first = classes.partition_point(|&payload| payload < bin.size);
    if align <= config.align || config.header {
        return (first < classes.len()).then_some(first);
    }
    let rest = classes[first..].iter();
    let found = rest
        .take_while(|_| align <= GRANULE)
        .position(|payload| payload.is_multiple_of(align));
    found.map(|index| first + index)
}

/// The smallest payload that serves the bin's sizes.
fn payload(config: &Config, bin: &Bin) -> usize {
    let align = if config.header || bin.usual_align() > GRANULE {
        config.align
    } else {
        config.align.max(bin.usual_align())
    };
    bin.size.next_multiple_of(align)
}

/// What one block's share of its slab's tail is, in parts of a byte.
fn scaled_tail(config: &Config, payload: usize) -> i128 {
    let stride = stride(payload, config.align, config.header);
    let lot = if config.header {
        config.limits_of(stride).refill
    } else {
        1
    };
    let Some(geometry) = Geometry::new(stride, config.align, header_bytes(config), lot) else {
        return 0;
    };
    let tail = geometry.granules * GRANULE - geometry.capacity * stride;
    tail as i128 * SCALE / geometry.capacity as i128
}

/// Bytes of free blocks that threads keep of a class whose largest size was asked for `asked` times.
fn kept(config: &Config, payload: usize, threads: u64, asked: u64) -> u128 {
    let stride = stride(payload, config.align, config.header);
    let limits = config.limits_of(stride);
    if limits.keep == 0 {
        return 0;
    }
    let each = (limits.refill / 2) as u64;
    u128::from(threads.saturating_mul(each).min(asked)) * stride as u128
}

/// What was asked for of one payload.
struct Asked {
    payload: usize,
    /// Blocks live at the peak, and their bytes.
    blocks: u64,
    bytes: u64,
    /// Blocks handed out.
    allocations: u64,
}

/// A size that a class may be made for.
pub(crate) struct Size {
    /// The payload of that class: the cheapest that serves the size.
    pub(crate) payload: usize,
    pub(crate) candidate: Candidate,
}

/// The sizes of a profile that classes may be made for, ascending, those of one payload as one.
pub(crate) fn sizes(profile: &Profile, config: &Config) -> Vec<Size> {
    let largest = config.classes.last().copied().unwrap_or(0);
    let largest = largest.min(config.arena / 2);
    let mut sizes: Vec<Asked> = Vec::new();
    for bin in &profile.bins {
        let payload = payload(config, bin);
        if bin.allocations == 0 && bin.peak == 0 {
            continue;
        }
        if payload > largest || config.prefers_large(payload) {
            break;
        }
        sizes.push(Asked {
            payload,
            blocks: bin.peak,
            bytes: bin.peak_bytes,
            allocations: bin.allocations,
        });
    }
    // Rounding to different alignments may have changed their order.
    sizes.sort_unstable_by_key(|asked| asked.payload);
    sizes.dedup_by(|next, kept| {
        let same = next.payload == kept.payload;
        if same {
            kept.blocks = kept.blocks.saturating_add(next.blocks);
            kept.bytes = kept.bytes.saturating_add(next.bytes);
            kept.allocations = kept.allocations.saturating_add(next.allocations);
        }
        same
    });

    // From the largest down, so that each knows the cheapest payload from its own on: what a slab leaves over may make
    // a longer block the cheaper one.
    let mut cheapest: Option<(usize, i128)> = None;
    let mut result: Vec<Size> = sizes
        .iter()
        .rev()
        .map(|asked| {
            let payload = asked.payload;
            let own = stride(payload, config.align, config.header) as i128 * SCALE
                + scaled_tail(config, payload);
            let fixed = kept(config, payload, profile.threads, asked.allocations) as i128 * SCALE;
            let (payload, price) = match cheapest {
                Some((other, price)) if price <= own => (other, price),
                _ => (payload, own),
            };
            cheapest = Some((payload, price));
            Size {
                payload,
                candidate: Candidate {
                    price,
                    fixed,
                    blocks: i128::from(asked.blocks),
                    useful: i128::from(asked.bytes) * SCALE,
                },
            }
        })
        .collect();
    result.reverse();
    result
}
