//! The drawings. Widths are percentages, heights pixels.

use orthotope_runtime::profile::Profile;

use crate::numbers::{bytes, size};

/// Bars of the histogram for each doubling.
const STEPS: usize = 8;
/// Height of the histogram in pixels.
const HEIGHT: f64 = 180.0;
/// Height of its largest bar; what is above is for the scale's label.
const TALLEST: f64 = 160.0;

/// Sizes from left to right, evenly in the logarithm, from one power of two to another.
pub(super) struct Axis {
    first: u32,
    last: u32,
}

impl Axis {
    /// The axis that holds every recorded size.
    pub(super) fn of(profile: &Profile) -> Self {
        let first = profile.bins.first().map_or(8, |bin| bin.size).ilog2();
        let last = profile.bins.last().map_or(16, |bin| bin.size);
        let last = last.next_power_of_two().ilog2();
        Self {
            first: first - 1,
            last: last.max(first + 3),
        }
    }

    /// Where a size is, in percent of the width; beyond the ends where it is not on the axis.
    fn at(&self, size: usize) -> f64 {
        self.place((size as f64).log2())
    }

    fn place(&self, power: f64) -> f64 {
        (power - f64::from(self.first)) / f64::from(self.last - self.first) * 100.0
    }
}

/// Parts of a bar side by side, of which `most` would fill the width.
pub(super) fn stack(parts: &[(&str, u128)], most: u128) -> String {
    let mut svg = String::from("<svg height=\"20\" role=\"img\">");
    let mut x = 0.0;
    for (class, part) in parts.iter().filter(|(_, part)| *part > 0) {
        let width = *part as f64 / most.max(1) as f64 * 100.0;
        svg += &format!(
            "<rect class=\"{class}\" x=\"{x:.3}%\" y=\"2\" width=\"{width:.3}%\" height=\"16\"><title>{class}: {}</title></rect>",
            bytes(*part)
        );
        x += width;
    }
    svg + "</svg>"
}

/// Bytes at the peak by size.
pub(super) fn histogram(profile: &Profile, axis: &Axis) -> String {
    let mut bars = vec![0_u128; (axis.last - axis.first) as usize * STEPS];
    for bin in &profile.bins {
        // A bar ends at its upper size, as a class does.
        let place = (bin.size as f64).log2() - f64::from(axis.first);
        let bar = (place * STEPS as f64 - 1e-9).floor() as usize;
        if let Some(bar) = bars.get_mut(bar) {
            *bar += u128::from(bin.peak_bytes);
        }
    }
    let most = bars.iter().copied().max().unwrap_or(0).max(1);
    let mut svg = format!("<svg height=\"{HEIGHT}\" role=\"img\">");
    let top = HEIGHT - TALLEST;
    svg += &format!(
        "<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"{top}\" y2=\"{top}\"/>\
         <text class=\"scale\" x=\"2\" y=\"{}\">{}</text>",
        top - 5.0,
        bytes(most)
    );
    let step = 1.0 / STEPS as f64;
    for (index, &bar) in bars.iter().enumerate().filter(|(_, bar)| **bar > 0) {
        let power = f64::from(axis.first) + index as f64 * step;
        let (left, right) = (axis.place(power), axis.place(power + step));
        let height = (bar as f64 / most as f64 * TALLEST).max(1.0);
        svg += &format!(
            "<rect class=\"asked\" x=\"{left:.3}%\" y=\"{:.1}\" width=\"{:.3}%\" height=\"{height:.1}\">\
             <title>to {:.0} bytes: {}</title></rect>",
            HEIGHT - height,
            (right - left) * 0.92,
            (power + step).exp2(),
            bytes(bar)
        );
    }
    svg + &format!(
        "<line class=\"axis\" x1=\"0\" x2=\"100%\" y1=\"{HEIGHT}\" y2=\"{HEIGHT}\"/></svg>"
    )
}

/// A line for each class.
pub(super) fn ticks(classes: &[usize], axis: &Axis) -> String {
    let mut svg = String::from("<svg height=\"22\" role=\"img\">");
    for &class in classes {
        let x = axis.at(class);
        if (0.0..=100.0).contains(&x) {
            svg += &format!(
                "<line class=\"tick\" x1=\"{x:.3}%\" x2=\"{x:.3}%\" y1=\"4\" y2=\"18\"><title>{}</title></line>",
                size(class)
            );
        }
    }
    svg + "</svg>"
}

/// The axis' labels. Every second, and every fourth, is of a class of its own, so that narrow windows can leave the
/// others out.
pub(super) fn labels(axis: &Axis) -> String {
    let mut svg = String::from("<svg height=\"22\" role=\"img\">");
    for power in axis.first + 1..axis.last {
        let class = match power % 4 {
            2 => "every",
            0 => "half",
            _ => "quarter",
        };
        svg += &format!(
            "<text class=\"{class}\" x=\"{:.3}%\" y=\"15\" text-anchor=\"middle\">{}</text>",
            axis.place(f64::from(power)),
            short(power)
        );
    }
    svg + "</svg>"
}

/// A power of two in as few letters as can be: 512, 4K, 1M.
fn short(power: u32) -> String {
    let unit = ["", "K", "M", "G", "T"][(power / 10) as usize];
    format!("{}{unit}", 1 << (power % 10))
}

#[cfg(test)]
mod tests {
    use super::*;
    use orthotope_runtime::profile::Bin;

    #[test]
    fn the_axis_holds_every_size() {
        for (first, last) in [(8, 8), (8, 1 << 47), (24, 5_000), (1 << 40, 1 << 40)] {
            let bin = |size| Bin {
                size,
                peak: 1,
                peak_bytes: 8,
                ..Bin::default()
            };
            let profile = Profile {
                processes: 1,
                threads: 1,
                bins: vec![bin(first), bin(last)],
            };
            let axis = Axis::of(&profile);
            assert!(
                axis.at(first) > 0.0 && axis.at(last) <= 100.0,
                "{first} {last}"
            );
            let bars = histogram(&profile, &axis).matches("<rect").count();
            assert_eq!(bars, if first == last { 1 } else { 2 });
        }
    }

    #[test]
    fn labels_are_short() {
        assert_eq!(short(9), "512");
        assert_eq!(short(16), "64K");
        assert_eq!(short(40), "1T");
    }
}
