//! Bars in groups.

use std::fmt::Write;

use super::axis::Axis;
use super::frame::{Frame, Sign};
use super::{color, escaped, number};

/// A plot of bars.
#[derive(Clone, PartialEq, Debug)]
pub struct Bars {
    pub title: String,
    /// What the groups are.
    pub x: String,
    pub y: Axis,
    /// What the bars of a group are.
    pub series: Vec<String>,
    /// A value for each series.
    pub groups: Vec<(String, Vec<f64>)>,
}

/// How much of the place of a group is left free.
const GAP: f64 = 0.25;

impl Bars {
    pub fn svg(&self) -> String {
        let legend = self.series.iter().enumerate();
        let legend: Vec<(Sign, String)> =
            legend.map(|(position, name)| (Sign::Series(position), name.clone())).collect();
        let mut frame = Frame::draw(&self.title, &legend);
        let y = self.y.fit(self.groups.iter().flat_map(|(_, values)| values.iter().copied()));
        frame.vertical(&self.y, &y);
        let group_width = 1.0 / self.groups.len().max(1) as f64;
        let bar_width = group_width * (1.0 - GAP) / self.series.len().max(1) as f64;
        for (group, (name, values)) in self.groups.iter().enumerate() {
            let start = (group as f64 + GAP / 2.0) * group_width;
            for (position, value) in values.iter().enumerate() {
                let left = frame.x(start + position as f64 * bar_width);
                let right = frame.x(start + (position as f64 + 0.94) * bar_width);
                let (top, bottom) = (frame.y(y.place(*value)), frame.y(0.0));
                writeln!(
                    frame.svg,
                    "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" \
                     fill=\"{}\"><title>{}</title></rect>",
                    right - left,
                    bottom - top,
                    color(position),
                    escaped(&format!("{name}, {}: {}", self.series[position], number(*value)))
                )
                .expect("a String takes all");
                writeln!(
                    frame.svg,
                    "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"10\">{}</text>",
                    f64::midpoint(left, right),
                    top - 4.0,
                    short(*value)
                )
                .expect("a String takes all");
            }
            let middle = frame.x((group as f64 + 0.5) * group_width);
            let bottom = frame.y(0.0);
            frame.text((middle, bottom + 20.0), "middle", name);
        }
        frame.baseline();
        let (x, y) = (frame.x(0.5), frame.y(0.0) + 42.0);
        frame.text((x, y), "middle", &self.x);
        frame.finish()
    }
}

/// What fits above a bar.
fn short(value: f64) -> String {
    let decimals = match value {
        _ if value >= 10.0 => 0,
        _ if value >= 1.0 => 1,
        _ => 2,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_a_bar_and_higher_values_are_higher() {
        let plot = Bars {
            title: "latency".to_owned(),
            x: "workload".to_owned(),
            y: Axis::linear("ms"),
            series: vec!["p50".to_owned(), "p99".to_owned()],
            groups: vec![("A".to_owned(), vec![1.0, 2.0]), ("T".to_owned(), vec![1.5, 4.0])],
        };
        let svg = plot.svg();
        let heights: Vec<f64> = svg
            .lines()
            .filter(|line| line.contains("<title>"))
            .map(|line| line.split("height=\"").nth(1).unwrap().split('"').next().unwrap())
            .map(|height| height.parse().unwrap())
            .collect();
        assert_eq!(heights.len(), 4);
        assert!((heights[1] / heights[0] - 2.0).abs() < 0.01);
        assert!((heights[3] / heights[0] - 4.0).abs() < 0.01);
    }
}
