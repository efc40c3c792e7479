//! What all plots have: a title, axes with their lines, a legend.

use std::fmt::Write;

use super::axis::{Axis, Fitted};
use super::{color, dashes, escaped};

pub(super) const WIDTH: f64 = 760.0;
const LEFT: f64 = 96.0;
const RIGHT: f64 = 40.0;
const BOTTOM: f64 = 52.0;
const PLOT_HEIGHT: f64 = 250.0;
const TITLE: f64 = 30.0;
const LEGEND_LINE: f64 = 20.0;
/// What a character of a legend takes, on average.
const CHARACTER: f64 = 7.6;

/// What a line of a legend shows before its text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sign {
    /// The colour of a series.
    Series(usize),
    /// A line across the plot.
    Mark(usize),
}

pub(super) const MARK_COLORS: [&str; 3] = ["#777777", "#c00000", "#00803c"];

/// The place for the values of a plot.
pub(super) struct Frame {
    pub(super) svg: String,
    pub(super) top: f64,
}

impl Frame {
    /// Draws everything but what is plotted.
    pub(super) fn draw(title: &str, legend: &[(Sign, String)]) -> Self {
        let places = legend_places(legend);
        let lines = places.iter().map(|(line, _)| line + 1).max().unwrap_or(0);
        let top = TITLE + 14.0 + lines as f64 * LEGEND_LINE;
        let height = top + PLOT_HEIGHT + BOTTOM;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
             role=\"img\" aria-label=\"{title}\" font-family=\"system-ui, sans-serif\" \
             font-size=\"13\" fill=\"#222\">\n\
             <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n\
             <text x=\"{LEFT}\" y=\"20\" font-size=\"15\" font-weight=\"600\">{title}</text>\n",
            title = escaped(title)
        );
        for ((line, x), (sign, text)) in places.into_iter().zip(legend) {
            let y = TITLE + 12.0 + line as f64 * LEGEND_LINE;
            let x = LEFT + x;
            let drawn = match sign {
                Sign::Series(position) => {
                    let (color, dashes) = (color(*position), dashes(*position));
                    format!(
                        "<line x1=\"{x}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\" stroke=\"{color}\" \
                         stroke-width=\"4\"{dashes}/>",
                        x + 16.0,
                        y = y - 4.0
                    )
                }
                Sign::Mark(kind) => {
                    let (x, color) = (x + 8.0, MARK_COLORS[*kind]);
                    format!(
                        "<line x1=\"{x}\" x2=\"{x}\" y1=\"{}\" y2=\"{}\" stroke=\"{color}\" \
                         stroke-width=\"2\" stroke-dasharray=\"4 2\"/>",
                        y - 12.0,
                        y + 2.0
                    )
                }
            };
            writeln!(svg, "{drawn}<text x=\"{}\" y=\"{y}\">{}</text>", x + 22.0, escaped(text))
                .expect("a String takes all");
        }
        Self { svg, top }
    }

    pub(super) fn x(&self, place: f64) -> f64 {
        LEFT + place * (WIDTH - LEFT - RIGHT)
    }

    pub(super) fn y(&self, place: f64) -> f64 {
        self.top + (1.0 - place) * PLOT_HEIGHT
    }

    /// Draws the lines and texts of the vertical axis.
    pub(super) fn vertical(&mut self, axis: &Axis, fitted: &Fitted) {
        let (left, right) = (self.x(0.0), self.x(1.0));
        for value in &fitted.minor {
            let y = self.y(fitted.place(*value));
            self.line((left, y), (right, y), "#f0f0f0");
        }
        for (value, text) in &fitted.ticks {
            let y = self.y(fitted.place(*value));
            self.line((left, y), (right, y), "#d8d8d8");
            self.text((left - 8.0, y + 4.0), "end", text);
        }
        let (x, y) = (18.0, self.y(0.5));
        writeln!(
            self.svg,
            "<text transform=\"translate({x} {y}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            escaped(&axis.label)
        )
        .expect("a String takes all");
    }

    /// Draws the lines and texts of the horizontal axis.
    pub(super) fn horizontal(&mut self, axis: &Axis, fitted: &Fitted) {
        let (bottom, top) = (self.y(0.0), self.y(1.0));
        for value in &fitted.minor {
            let x = self.x(fitted.place(*value));
            self.line((x, bottom), (x, top), "#f4f4f4");
        }
        for (value, text) in &fitted.ticks {
            let x = self.x(fitted.place(*value));
            self.line((x, bottom + 5.0), (x, top), "#e4e4e4");
            self.text((x, bottom + 20.0), "middle", text);
        }
        self.baseline();
        self.text((self.x(0.5), bottom + 42.0), "middle", &axis.label);
    }

    pub(super) fn baseline(&mut self) {
        let bottom = self.y(0.0);
        self.line((self.x(0.0), bottom), (self.x(1.0), bottom), "#555");
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), color: &str) {
        writeln!(
            self.svg,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{color}\"/>",
            from.0, from.1, to.0, to.1
        )
        .expect("a String takes all");
    }

    pub(super) fn text(&mut self, at: (f64, f64), anchor: &str, text: &str) {
        writeln!(
            self.svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
            at.0,
            at.1,
            escaped(text)
        )
        .expect("a String takes all");
    }

    pub(super) fn finish(mut self) -> String {
        self.svg.push_str("</svg>\n");
        self.svg
    }
}

/// Line and place in it of each part of a legend.
fn legend_places(legend: &[(Sign, String)]) -> Vec<(usize, f64)> {
    let (mut line, mut x) = (0, 0.0);
    let mut places = Vec::with_capacity(legend.len());
    for (_, text) in legend {
        let width = 40.0 + text.chars().count() as f64 * CHARACTER;
        if x > 0.0 && x + width > WIDTH - LEFT - RIGHT {
            (line, x) = (line + 1, 0.0);
        }
        places.push((line, x));
        x += width;
    }
    places
}
