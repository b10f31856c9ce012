//! One picture for each group: time by that of the fastest rival, a bar for each allocator.

use std::io;
use std::path::Path;

use plotters::prelude::*;

use super::results::Results;
use crate::comparison::Role;
use crate::workloads::Group;

/// A picture that was written.
#[derive(Clone, Debug)]
pub(super) struct Plot {
    pub(super) group: Group,
    /// Inside the report's folder.
    pub(super) file: String,
}

/// Bars are cut here: what is slower by more is off the scale.
const CEILING: f64 = 4.0;
const RIVALS: [RGBColor; 5] = [
    RGBColor(160, 160, 160),
    RGBColor(120, 144, 176),
    RGBColor(96, 120, 96),
    RGBColor(184, 160, 112),
    RGBColor(160, 128, 152),
];
const OURS: [RGBColor; 3] = [
    RGBColor(214, 96, 44),
    RGBColor(176, 32, 48),
    RGBColor(96, 16, 96),
];

/// Writes a picture for each group into `folder`.
pub(super) fn write(results: &Results, folder: &Path) -> io::Result<Vec<Plot>> {
    let mut plots: Vec<Plot> = Vec::new();
    for row in &results.rows {
        let group = row.workload.group;
        if plots.iter().any(|plot| plot.group == group) {
            continue;
        }
        let file = format!("{}.svg", group.slug());
        draw(results, group, &folder.join(&file)).map_err(io::Error::other)?;
        plots.push(Plot { group, file });
    }
    Ok(plots)
}

type DrawingResult = Result<(), DrawingAreaErrorKind<io::Error>>;

fn draw(results: &Results, group: Group, path: &Path) -> DrawingResult {
    let rows: Vec<_> = results
        .rows
        .iter()
        .filter(|row| row.workload.group == group)
        .collect();
    let bars = results.contenders.len();
    let width = 220 + (rows.len() * bars * 11).max(560);
    let width = u32::try_from(width).unwrap_or(u32::MAX);
    let area = SVGBackend::new(path, (width, 420)).into_drawing_area();
    area.fill(&WHITE)?;

    let mut chart = ChartBuilder::on(&area)
        .caption(group.title(), ("sans-serif", 18))
        .margin(10)
        .margin_right(140)
        .x_label_area_size(60)
        .y_label_area_size(50)
        .build_cartesian_2d(0.0..rows.len() as f64, 0.0..CEILING)?;
    // The names of workloads are written by hand, below their bars.
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(0)
        .y_labels(5)
        .max_light_lines(0)
        .y_desc("time ÷ fastest rival's")
        .draw()?;

    let edge = chart.backend_coord(&(rows.len() as f64, 0.0)).0;
    for (index, contender) in results.contenders.iter().enumerate() {
        let colour = colour(results, index);
        let slot = 0.9 / bars as f64;
        let bar = |(place, row): (usize, &&super::results::Row)| {
            let height = results.to_best_rival(row, contender.name)?;
            let left = place as f64 + 0.05 + slot * index as f64;
            let corners = [(left, 0.0), (left + slot * 0.9, height.min(CEILING))];
            Some(Rectangle::new(corners, colour.filled()))
        };
        chart.draw_series(rows.iter().enumerate().filter_map(bar))?;

        // Beside the chart; plotters would put it inside, over the bars.
        let (left, top) = (edge + 20, 50 + i32::try_from(index).unwrap_or(0) * 18);
        area.draw(&Rectangle::new(
            [(left, top), (left + 10, top + 10)],
            colour.filled(),
        ))?;
        let label = Text::new(contender.name, (left + 16, top), ("sans-serif", 12));
        area.draw(&label)?;
    }
    let level = vec![(0.0, 1.0), (rows.len() as f64, 1.0)];
    chart.draw_series([PathElement::new(level, BLACK.stroke_width(1))])?;
    for (place, row) in rows.iter().enumerate() {
        let (x, y) = chart.backend_coord(&(place as f64 + 0.05, 0.0));
        // Neighbours on three levels, so that long names do not run into each other.
        let level = [6, 22, 38].into_iter().cycle().nth(place).unwrap_or(6);
        let name = row.workload.name.as_str();
        area.draw(&Text::new(name, (x, y + level), ("sans-serif", 10)))?;
    }
    area.present()
}

/// Greyish for rivals, red for ours.
fn colour(results: &Results, index: usize) -> RGBColor {
    let role = |at: usize| results.contenders.get(at).map(|contender| contender.role);
    let palette: &[RGBColor] = match role(index) {
        Some(Role::Ours) => &OURS,
        _ => &RIVALS,
    };
    let before = (0..index).filter(|at| role(*at) == role(index)).count();
    palette
        .get(before % palette.len())
        .copied()
        .unwrap_or(BLACK)
}

#[cfg(test)]
mod tests {
    use super::write;
    use crate::report::results::tests::sample_results;
    use std::{env, fs, process};

    #[test]
    fn a_picture_names_every_allocator() {
        let folder = env::temp_dir().join(format!("orthotope-plot-{}", process::id()));
        fs::create_dir_all(&folder).expect("the folder can be made");
        let plots = write(&sample_results(), &folder).expect("the picture can be written");
        assert_eq!(plots.len(), 1);
        let picture = fs::read_to_string(folder.join("spec.svg")).expect("it is there");
        fs::remove_dir_all(&folder).expect("the folder can be removed");
        for word in ["glibc", "mimalloc", "default", "same_thread_small_churn/32"] {
            assert!(picture.contains(word), "{word}");
        }
    }
}
