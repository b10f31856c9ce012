//! The report as a picture: each allocator's wall time, CPU time and peak memory over mimalloc's.

use std::error::Error;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::results::{Against, Measure, Results};

const WIDTH: u32 = 1_000;
const PANEL: u32 = 260;
const LEGEND: u32 = 110;
/// Bars that are taller are cut and their number stands on them.
const TALLEST: f64 = 2.0;
const COLORS: [RGBColor; 7] = [
    RGBColor(196, 62, 46),
    RGBColor(232, 146, 60),
    RGBColor(120, 120, 120),
    RGBColor(58, 96, 162),
    RGBColor(88, 150, 96),
    RGBColor(138, 106, 172),
    RGBColor(200, 196, 186),
];

/// Draws a panel a measure.
pub(super) fn draw(results: &Results, path: &Path) -> Result<(), Box<dyn Error>> {
    let panels = Measure::ALL.len();
    let area = SVGBackend::new(path, (WIDTH, PANEL * panels as u32)).into_drawing_area();
    area.fill(&WHITE)?;
    for (panel, measure) in area.split_evenly((panels, 1)).iter().zip(Measure::ALL) {
        draw_panel(panel, results, measure)?;
    }
    area.present()?;
    Ok(())
}

fn draw_panel<B: DrawingBackend>(
    panel: &DrawingArea<B, Shift>,
    results: &Results,
    measure: Measure,
) -> Result<(), Box<dyn Error>>
where
    B::ErrorType: 'static,
{
    let programs = results.programs.len();
    let mut chart = ChartBuilder::on(panel)
        .caption(
            format!("{} over mimalloc's, less is better", measure.title()),
            ("sans-serif", 16),
        )
        .margin(8)
        .margin_right(LEGEND)
        .x_label_area_size(24)
        .y_label_area_size(36)
        .build_cartesian_2d(0.0..programs as f64, 0.0..TALLEST)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .disable_x_axis()
        .y_labels(5)
        .y_max_light_lines(1)
        .draw()?;
    let each = 0.9 / results.allocators.len() as f64;
    for (at, allocator) in results.allocators.iter().enumerate() {
        let color = COLORS[at % COLORS.len()];
        for (column, program) in results.programs.iter().enumerate() {
            let against = Against::Allocator("mimalloc");
            let Some(ratio) = results.ratio(program.name, allocator.name, against, measure) else {
                continue;
            };
            let left = column as f64 + 0.05 + at as f64 * each;
            let bar = [(left, 0.0), (left + each * 0.9, ratio.min(TALLEST))];
            chart.draw_series([Rectangle::new(bar, color.filled())])?;
            if ratio > TALLEST {
                let number = Text::new(format!("{ratio:.1}"), (left, TALLEST), ("sans-serif", 11));
                chart.draw_series([number])?;
            }
        }
    }
    let one = [(0.0, 1.0), (programs as f64, 1.0)];
    chart.draw_series([PathElement::new(one, BLACK)])?;
    let plotting = chart.plotting_area();
    let (base_x, base_y) = panel.get_base_pixel();
    for (column, program) in results.programs.iter().enumerate() {
        let (x, y) = plotting.map_coordinate(&(column as f64 + 0.2, 0.0));
        let place = (x - base_x, y - base_y + 4);
        panel.draw(&Text::new(program.name, place, ("sans-serif", 13)))?;
    }
    draw_legend(panel, results)
}

fn draw_legend<B: DrawingBackend>(
    panel: &DrawingArea<B, Shift>,
    results: &Results,
) -> Result<(), Box<dyn Error>>
where
    B::ErrorType: 'static,
{
    let left = (WIDTH - LEGEND) as i32 + 12;
    for (at, allocator) in results.allocators.iter().enumerate() {
        let top = 36 + 18 * at as i32;
        let color = COLORS[at % COLORS.len()];
        let patch = [(left, top), (left + 10, top + 10)];
        panel.draw(&Rectangle::new(patch, color.filled()))?;
        panel.draw(&Text::new(
            allocator.name,
            (left + 16, top - 1),
            ("sans-serif", 13),
        ))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{env, fs, process};

    use super::super::results::tests::made_up;
    use super::draw;

    #[test]
    fn every_program_and_allocator_is_named() {
        let path = env::temp_dir().join(format!("orthotope-programs-plot-{}.svg", process::id()));
        let results = made_up();
        draw(&results, &path).expect("the folder for temporary files can be written");
        let picture = fs::read_to_string(&path).expect("it was written");
        fs::remove_file(&path).expect("it was written");
        let programs = results.programs.iter().map(|program| program.name);
        let allocators = results.allocators.iter().map(|allocator| allocator.name);
        for name in programs.chain(allocators) {
            assert!(picture.contains(name), "{name}");
        }
    }
}
