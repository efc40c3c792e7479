//! Lines through points.

use std::fmt::Write;

use super::axis::{Axis, Fitted};
use super::frame::{Frame, MARK_COLORS, Sign};
use super::{color, dashes, escaped, number};

/// A plot of lines.
#[derive(Clone, PartialEq, Debug)]
pub struct Lines {
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    pub series: Vec<Series>,
    pub marks: Vec<Mark>,
}

/// A line.
#[derive(Clone, PartialEq, Debug)]
pub struct Series {
    pub name: String,
    /// In the order of the line; it is interrupted where there is no value.
    pub points: Vec<(f64, Option<f64>)>,
}

/// Something that happened at a value of the horizontal axis, or from one to another.
#[derive(Clone, PartialEq, Debug)]
pub enum Mark {
    Checkpoint(f64),
    Crash { killed: f64, answering: f64 },
}

/// So many points are shown as circles with their values.
const CIRCLES_MAX: usize = 40;

impl Lines {
    pub fn svg(&self) -> String {
        let mut legend: Vec<(Sign, String)> = self
            .series
            .iter()
            .enumerate()
            .map(|(position, series)| (Sign::Series(position), series.name.clone()))
            .collect();
        if self.marks.iter().any(|mark| matches!(mark, Mark::Checkpoint(_))) {
            legend.push((Sign::Mark(0), "checkpoint finished".to_owned()));
        }
        if self.marks.iter().any(|mark| matches!(mark, Mark::Crash { .. })) {
            legend.push((Sign::Mark(1), "killed (kill -9)".to_owned()));
            legend.push((Sign::Mark(2), "answers again".to_owned()));
        }
        let mut frame = Frame::draw(&self.title, &legend);
        let points = || self.series.iter().flat_map(|series| &series.points);
        let x = self.x.fit(points().filter(|(_, y)| y.is_some()).map(|(x, _)| *x));
        let y = self.y.fit(points().filter_map(|(_, y)| *y));
        frame.horizontal(&self.x, &x);
        frame.vertical(&self.y, &y);
        frame.baseline();
        for mark in &self.marks {
            draw_mark(&mut frame, mark, &x);
        }
        for (position, series) in self.series.iter().enumerate() {
            self.draw_series(&mut frame, series, position, &x, &y);
        }
        frame.finish()
    }

    fn draw_series(
        &self,
        frame: &mut Frame,
        series: &Series,
        position: usize,
        x: &Fitted,
        y: &Fitted,
    ) {
        let (color, dashes) = (color(position), dashes(position));
        let mut path = String::new();
        let mut command = 'M';
        for (at, value) in &series.points {
            let Some(value) = value else {
                command = 'M';
                continue;
            };
            let (px, py) = (frame.x(x.place(*at)), frame.y(y.place(*value)));
            write!(path, "{command}{px:.1} {py:.1}").expect("a String takes all");
            command = 'L';
        }
        writeln!(
            frame.svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" \
             stroke-linejoin=\"round\"{dashes}/>"
        )
        .expect("a String takes all");
        if series.points.len() > CIRCLES_MAX {
            return;
        }
        for (at, value) in &series.points {
            let Some(value) = value else { continue };
            let (px, py) = (frame.x(x.place(*at)), frame.y(y.place(*value)));
            let told = format!(
                "{}: {} {} at {} {}",
                series.name,
                number(*value),
                self.y.label,
                number(*at),
                self.x.label
            );
            writeln!(
                frame.svg,
                "<circle cx=\"{px:.1}\" cy=\"{py:.1}\" r=\"3.5\" fill=\"{color}\">\
                 <title>{}</title></circle>",
                escaped(&told)
            )
            .expect("a String takes all");
        }
    }
}

fn draw_mark(frame: &mut Frame, mark: &Mark, x: &Fitted) {
    match mark {
        Mark::Checkpoint(at) => dashed(frame, x.place(*at), MARK_COLORS[0]),
        Mark::Crash { killed, answering } => {
            let (from, to) = (frame.x(x.place(*killed)), frame.x(x.place(*answering)));
            let (top, height) = (frame.y(1.0), frame.y(0.0) - frame.y(1.0));
            writeln!(
                frame.svg,
                "<rect x=\"{from:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{height:.1}\" \
                 fill=\"#c00000\" opacity=\"0.1\"/>",
                to - from
            )
            .expect("a String takes all");
            dashed(frame, x.place(*killed), MARK_COLORS[1]);
            dashed(frame, x.place(*answering), MARK_COLORS[2]);
        }
    }
}

fn dashed(frame: &mut Frame, place: f64, color: &str) {
    let (x, top, bottom) = (frame.x(place), frame.y(1.0), frame.y(0.0));
    writeln!(
        frame.svg,
        "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top:.1}\" y2=\"{bottom:.1}\" stroke=\"{color}\" \
         stroke-width=\"1.5\" stroke-dasharray=\"4 3\"/>"
    )
    .expect("a String takes all");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_interrupted_where_there_is_no_value() {
        let points = vec![(0.0, Some(1.0)), (1.0, Some(2.0)), (2.0, None), (3.0, Some(1.0))];
        let plot = Lines {
            title: "a & b".to_owned(),
            x: Axis::linear("s"),
            y: Axis::linear("ms"),
            series: vec![Series { name: "p50".to_owned(), points }],
            marks: vec![Mark::Checkpoint(1.0), Mark::Crash { killed: 2.0, answering: 2.5 }],
        };
        let svg = plot.svg();
        let path = svg.lines().find(|line| line.starts_with("<path")).unwrap();
        assert_eq!(path.matches('M').count(), 2);
        assert_eq!(svg.matches("<circle").count(), 3);
        assert!(svg.contains("a &amp; b"));
        for name in ["checkpoint finished", "killed (kill -9)", "answers again"] {
            assert!(svg.contains(name), "{name}");
        }
    }
}
