//! The search: which payloads, for each number of classes, cost least.
//!
//! Sizes are cut into intervals, each served by a class at its upper end. With `k` classes up to the `j`-th size,
//!
//! ```text
//! best(k, j) = min over i < j of best(k - 1, i) + price(j) * blocks(i..j) - bytes(i..j) + fixed(j)
//! ```
//!
//! As a function of `price(j)` each `i` is a straight line of slope `-blocks(..i)`. Slopes fall as `i` grows and prices
//! rise with `j`, so the lowest line only ever moves on: a queue of the lines that can still win makes a layer
//! linear (the convex hull trick, a monotone queue). All arithmetic is exact.

/// One size that a class may be made for: what the search knows of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// What one block of its class costs; not less than the price of the candidate before.
    pub(crate) price: i128,
    /// What its class costs however many blocks it has.
    pub(crate) fixed: i128,
    /// Blocks of this size that count.
    pub(crate) blocks: i128,
    /// What of their price is no loss, summed.
    pub(crate) useful: i128,
}

/// The best tables of 1, 2, … classes.
#[derive(Debug)]
pub(crate) struct Tables {
    /// Least loss with exactly as many classes as the index, less 1.
    pub(crate) losses: Vec<i128>,
    /// `previous[k][j]`: with `k + 1` classes, the last of them the `j`-th candidate's, the one before it.
    previous: Vec<Vec<u16>>,
    /// Lines looked at, for whoever wants to know that the search is linear.
    pub(crate) steps: usize,
}

/// A line of the queue: it wins from `from` on, until the next one does.
#[derive(Clone, Copy)]
struct Line {
    slope: i128,
    intercept: i128,
    index: usize,
    from: i128,
}

/// Blocks and useful bytes of the candidates before one.
#[derive(Clone, Copy)]
struct Before {
    blocks: i128,
    useful: i128,
}

/// Finds the best table of each number of classes from 1 to `most`.
///
/// `candidates` are at least one and fewer than 2¹⁶, in ascending order of size.
pub(crate) fn search(candidates: &[Candidate], most: usize) -> Tables {
    let count = candidates.len();
    let most = most.min(count);
    let mut tables = Tables {
        losses: Vec::with_capacity(most),
        previous: Vec::with_capacity(most),
        steps: 0,
    };
    let before = sum_up(candidates);
    let mut lines = vec![Line::NONE; count];
    // `best[j]`: the first `j` candidates served, the last class at the `j`-th. With no class, that is `best[0]` alone.
    let mut best = vec![0; count + 1];
    let mut next = vec![0; count + 1];
    for classes in 0..most {
        let mut previous = vec![0; count + 1];
        tables.steps += add_class(
            candidates,
            &before,
            classes,
            &best,
            &mut next,
            &mut previous,
            &mut lines,
        );
        tables.previous.push(previous);
        // The last class serves the largest size.
        tables.losses.push(next[count]);
        (best, next) = (next, best);
    }
    tables
}

fn sum_up(candidates: &[Candidate]) -> Vec<Before> {
    let mut sum = Before {
        blocks: 0,
        useful: 0,
    };
    let mut before = Vec::with_capacity(candidates.len() + 1);
    before.push(sum);
    for candidate in candidates {
        sum.blocks += candidate.blocks;
        sum.useful += candidate.useful;
        before.push(sum);
    }
    before
}

/// From the best tables of `classes` classes to those of one more. Returns its steps.
///
/// Runs inside the compiler, mostly unoptimised, where a call costs more than the arithmetic: hence plain loops
/// over slices, whose elements are reached without one.
fn add_class(
    candidates: &[Candidate],
    before: &[Before],
    classes: usize,
    best: &[i128],
    next: &mut [i128],
    previous: &mut [u16],
    lines: &mut [Line],
) -> usize {
    // The queue is `lines[lowest..end]`: what is before it has lost for good.
    let (mut lowest, mut end, mut steps) = (0, 0, 0);
    // So many classes serve at least as many sizes.
    let mut j = classes;
    while j < candidates.len() {
        if classes > 0 || j == 0 {
            let slope = -before[j].blocks;
            let intercept = best[j] + before[j].useful;
            let mut from = i128::MIN;
            let mut wins = true;
            while end > lowest {
                let last = &lines[end - 1];
                steps += 1;
                if last.slope == slope {
                    wins = intercept < last.intercept;
                    if !wins {
                        break;
                    }
                } else {
                    // The first whole price at which the new line is not above the last.
                    from = ceiling(intercept - last.intercept, last.slope - slope);
                    if from > last.from {
                        break;
                    }
                }
                from = i128::MIN;
                end -= 1;
            }
            if wins {
                lines[end] = Line {
                    slope,
                    intercept,
                    index: j,
                    from,
                };
                end += 1;
            }
        }
        let price = candidates[j].price;
        while lowest + 1 < end && lines[lowest + 1].from <= price {
            lowest += 1;
            steps += 1;
        }
        steps += 1;
        let line = &lines[lowest];
        let served = price * (before[j + 1].blocks + line.slope) - before[j + 1].useful;
        next[j + 1] = served + line.intercept + candidates[j].fixed;
        previous[j + 1] = line.index as u16;
        j += 1;
    }
    steps
}

impl Line {
    const NONE: Self = Self {
        slope: 0,
        intercept: 0,
        index: 0,
        from: i128::MIN,
    };
}

/// `dividend / divisor`, rounded up; the divisor is positive.
fn ceiling(dividend: i128, divisor: i128) -> i128 {
    // Real programs' numbers fit a word, whose division takes a tenth of the time.
    let (short, by) = (dividend as i64, divisor as i64);
    if short as i128 == dividend && by as i128 == divisor {
        let quotient = short / by;
        return (quotient + i64::from(quotient * by < short)) as i128;
    }
    let quotient = dividend / divisor;
    quotient + i128::from(quotient * divisor < dividend)
}

impl Tables {
    /// The fewest classes that lose at most `allowed`; the best table there is if none does.
    pub(super) fn fewest(&self, allowed: i128) -> usize {
        let within = self.losses.iter().position(|&loss| loss <= allowed);
        let (best, _) = self.best();
        within.map_or(best, |index| index + 1)
    }

    /// How many classes lose least, and how much that is.
    pub(crate) fn best(&self) -> (usize, i128) {
        self.losses
            .iter()
            .enumerate()
            .map(|(index, &loss)| (index + 1, loss))
            .min_by_key(|&(classes, loss)| (loss, classes))
            .unwrap_or((0, 0))
    }

    /// The candidates at which the best table of `classes` classes has them, ascending.
    pub(crate) fn table(&self, classes: usize) -> Vec<usize> {
        let mut at = self.previous.first().map_or(0, |layer| layer.len() - 1);
        let mut table: Vec<usize> = self.previous[..classes]
            .iter()
            .rev()
            .map(|layer| {
                let index = at - 1;
                at = usize::from(layer[at]);
                index
            })
            .collect();
        table.reverse();
        table
    }
}
