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
struct Line {
    slope: i128,
    intercept: i128,
    index: usize,
    from: i128,
}

/// Finds the best table of each number of classes from 1 to `most`.
///
/// `candidates` are at least one and fewer than 2¹⁶, in ascending order of size.
pub(crate) fn search(candidates: &[Candidate], most: usize) -> Tables {
    let most = most.min(candidates.len());
    let mut sums = Vec::with_capacity(candidates.len() + 1);
    sums.push((0_i128, 0_i128));
    for (index, candidate) in candidates.iter().enumerate() {
        let (blocks, useful) = sums[index];
        sums.push((blocks + candidate.blocks, useful + candidate.useful));
    }

    let mut tables = Tables {
        losses: Vec::with_capacity(most),
        previous: Vec::with_capacity(most),
        steps: 0,
    };
    // `best[j]`: the first `j` candidates served, the last class at the `j`-th.
    let mut best: Vec<Option<i128>> = vec![None; candidates.len() + 1];
    best[0] = Some(0);
    for _ in 0..most {
        let mut next = vec![None; candidates.len() + 1];
        let mut previous = vec![0_u16; candidates.len() + 1];
        let mut lines: Vec<Line> = Vec::new();
        let mut lowest = 0;
        for (j, candidate) in candidates.iter().enumerate() {
            if let Some(loss) = best[j] {
                tables.steps += add(&mut lines, lowest, -sums[j].0, loss + sums[j].1, j);
                lowest = lowest.min(lines.len() - 1);
            }
            while lines
                .get(lowest + 1)
                .is_some_and(|line| line.from <= candidate.price)
            {
                lowest += 1;
                tables.steps += 1;
            }
            tables.steps += 1;
            if let Some(line) = lines.get(lowest) {
                let (blocks, useful) = sums[j + 1];
                let served = candidate.price * blocks - useful + candidate.fixed;
                next[j + 1] = Some(line.slope * candidate.price + line.intercept + served);
                previous[j + 1] = line.index as u16;
            }
        }
        tables.previous.push(previous);
        // The last class serves the largest size.
        if let Some(loss) = next[candidates.len()] {
            tables.losses.push(loss);
        }
        best = next;
    }
    tables
}

/// Adds a line below which no later one is steeper, after the lines that it leaves a chance. Returns its steps.
fn add(lines: &mut Vec<Line>, lowest: usize, slope: i128, intercept: i128, index: usize) -> usize {
    let mut steps = 1;
    loop {
        let from = match lines.last() {
            None => i128::MIN,
            Some(last) if last.slope == slope => {
                if last.intercept <= intercept {
                    return steps;
                }
                i128::MIN
            }
            // The first whole price at which the new line is not above the last.
            Some(last) => ceiling(intercept - last.intercept, last.slope - slope),
        };
        match lines.last() {
            // Lines before the lowest one have lost for good.
            Some(last) if from <= last.from && lines.len() > lowest => {
                lines.pop();
                steps += 1;
            }
            _ => {
                lines.push(Line {
                    slope,
                    intercept,
                    index,
                    from,
                });
                return steps;
            }
        }
    }
}

/// `dividend / divisor`, rounded up; the divisor is positive.
fn ceiling(dividend: i128, divisor: i128) -> i128 {
    // Real programs' numbers fit a word, whose division takes a tenth of the time.
    if let (Ok(dividend), Ok(divisor)) = (i64::try_from(dividend), i64::try_from(divisor)) {
        let quotient = dividend / divisor;
        return i128::from(quotient) + i128::from(quotient * divisor < dividend);
    }
    let quotient = dividend / divisor;
    quotient + i128::from(quotient * divisor < dividend)
}

impl Tables {
    /// The fewest classes that lose at most `allowed`; the best table there is if none does.
    pub(crate) fn fewest(&self, allowed: i128) -> usize {
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
