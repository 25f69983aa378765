//! Runs per second of all services, a group of bars per model.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::SVGBackend;
use plotters::{
    chart::{ChartBuilder, SeriesLabelPosition},
    drawing::IntoDrawingArea,
    element::Rectangle,
    style::{Color, IntoFont, RGBColor, TRANSPARENT, WHITE},
};

use crate::report::Compared;

/// Okabe and Ito's colours, which people with any colour vision can tell apart.
const COLORS: [RGBColor; 5] = [
    RGBColor(0, 114, 178),
    RGBColor(0, 158, 115),
    RGBColor(230, 159, 0),
    RGBColor(204, 121, 167),
    RGBColor(120, 120, 120),
];

/// Draws the chart.
pub(crate) fn draw(all: &[Compared], file: &Path) -> Result<()> {
    let failed = |error: &dyn std::fmt::Display| anyhow!("the chart: {error}");
    let most = all.iter().flat_map(Compared::busiest).map(|row| row.rate).fold(1.0, f64::max);
    let area = SVGBackend::new(file, (900, 420)).into_drawing_area();
    area.fill(&WHITE).map_err(|e| failed(&e))?;
    let mut chart = ChartBuilder::on(&area)
        .caption("Runs per second, eight callers", ("sans-serif", 18).into_font())
        .margin(12)
        .x_label_area_size(30)
        .y_label_area_size(48)
        .build_cartesian_2d(0.0..all.len() as f64, 0.0..most * 1.1)
        .map_err(|e| failed(&e))?;
    let name = |x: &f64| {
        let centre = (x.fract() - 0.5).abs() < 1e-9;
        all.get(x.floor() as usize).filter(|_| centre).map_or_else(String::new, |one| one.model.clone())
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .x_labels(2 * all.len() + 1)
        .x_label_formatter(&name)
        .y_desc("runs per second")
        .draw()
        .map_err(|e| failed(&e))?;
    let services: Vec<_> = all.first().into_iter().flat_map(Compared::busiest).map(|row| row.service.clone()).collect();
    let width = 0.8 / services.len().max(1) as f64;
    for (number, service) in services.iter().enumerate() {
        let color = COLORS[number % COLORS.len()];
        let bars = all.iter().enumerate().filter_map(|(group, one)| {
            let row = one.busiest().find(|row| row.service == *service)?;
            let left = group as f64 + 0.1 + width * number as f64;
            Some(Rectangle::new([(left, 0.0), (left + width * 0.92, row.rate)], color.filled()))
        });
        chart
            .draw_series(bars)
            .map_err(|e| failed(&e))?
            .label(service)
            .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 10, y + 5)], color.filled()));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.9))
        .draw()
        .map_err(|e| failed(&e))?;
    area.present().map_err(|e| failed(&e))
}
