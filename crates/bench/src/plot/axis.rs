//! Axes: which values they show, and where their ticks are.

use super::number;

/// How values lie on an axis.
#[derive(Clone, PartialEq, Debug)]
pub enum Scale {
    /// At equal distances, from zero.
    Linear,
    /// Ten times as much at equal distances.
    Logarithmic,
    /// At equal distances between the first and the last of these, which are named.
    Named(Vec<(f64, String)>),
}

/// An axis of a plot.
#[derive(Clone, PartialEq, Debug)]
pub struct Axis {
    /// What it shows, with its unit.
    pub label: String,
    pub scale: Scale,
}

impl Axis {
    pub fn linear(label: &str) -> Self {
        Self { label: label.to_owned(), scale: Scale::Linear }
    }

    pub fn logarithmic(label: &str) -> Self {
        Self { label: label.to_owned(), scale: Scale::Logarithmic }
    }

    /// The axis for these values.
    pub(super) fn fit(&self, values: impl Iterator<Item = f64>) -> Fitted {
        match &self.scale {
            Scale::Linear => linear(values),
            Scale::Logarithmic => logarithmic(values),
            Scale::Named(names) => Fitted {
                from: names.first().map_or(0.0, |(value, _)| *value),
                to: names.last().map_or(1.0, |(value, _)| *value),
                is_logarithmic: false,
                ticks: names.clone(),
                minor: Vec::new(),
            },
        }
    }
}

/// An axis with its bounds.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Fitted {
    from: f64,
    to: f64,
    is_logarithmic: bool,
    /// Where ticks are, and what is written there.
    pub(super) ticks: Vec<(f64, String)>,
    /// Where lines are without text.
    pub(super) minor: Vec<f64>,
}

impl Fitted {
    /// Where a value lies, from 0 to 1; outside of the axis at its end.
    pub(super) fn place(&self, value: f64) -> f64 {
        let place = match self.is_logarithmic {
            true => (value.max(self.from) / self.from).log10() / (self.to / self.from).log10(),
            false => (value - self.from) / (self.to - self.from),
        };
        place.clamp(0.0, 1.0)
    }
}

fn linear(values: impl Iterator<Item = f64>) -> Fitted {
    let most = values.filter(|value| value.is_finite()).fold(0.0, f64::max);
    let most = if most > 0.0 { most } else { 1.0 };
    let rough = most / 6.0;
    let power = 10_f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|factor| factor * power);
    let step = steps.into_iter().find(|step| *step >= rough * 0.999).unwrap_or(10.0 * power);
    let count = (most / step * 0.999).ceil().max(1.0);
    let ticks = (0..=count as u32).map(|position| {
        let value = f64::from(position) * step;
        (value, number((value / power * 1e6).round() / 1e6 * power))
    });
    Fitted {
        from: 0.0,
        to: count * step,
        is_logarithmic: false,
        ticks: ticks.collect(),
        minor: Vec::new(),
    }
}

fn logarithmic(values: impl Iterator<Item = f64>) -> Fitted {
    let positive = values.filter(|value| value.is_finite() && *value > 0.0);
    let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
    for value in positive {
        (least, most) = (least.min(value), most.max(value));
    }
    if most == 0.0 {
        (least, most) = (1.0, 10.0);
    }
    // The next of 1, 2 and 5 times a power of ten, so that little room is lost.
    let marks: Vec<f64> =
        (-9..=12).flat_map(|power| [1.0, 2.0, 5.0].map(|it| it * 10_f64.powi(power))).collect();
    let below = marks.iter().rposition(|mark| *mark <= least * 1.000_001).unwrap_or(0);
    let above = marks.iter().position(|mark| *mark >= most * 0.999_999);
    let above = above.unwrap_or(marks.len() - 1).max(below + 1);
    let (from, to) = (marks[below], marks[above]);
    let decades = (to / from).log10();
    let ticks = marks[below..=above].iter().enumerate().filter(|(position, _)| {
        let is_power = (below + position).is_multiple_of(3);
        is_power || decades <= 3.0
    });
    let ticks = ticks.map(|(_, mark)| (*mark, number(*mark))).collect();
    let minor =
        (-9..=12).flat_map(|power| (1..10).map(move |it| f64::from(it) * 10_f64.powi(power)));
    let minor = minor.filter(|mark| *mark > from && *mark < to).collect();
    Fitted { from, to, is_logarithmic: true, ticks, minor }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(fitted: &Fitted) -> Vec<&str> {
        fitted.ticks.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn a_linear_axis_has_round_ticks_from_zero_beyond_the_largest_value() {
        let axis = Axis::linear("s");
        let fitted = axis.fit([3.0, 47_123.0].into_iter());
        assert_eq!(texts(&fitted), ["0", "10,000", "20,000", "30,000", "40,000", "50,000"]);
        assert!((fitted.place(25_000.0) - 0.5).abs() < 1e-9);
        assert_eq!(texts(&axis.fit([1.0].into_iter())), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(texts(&axis.fit(std::iter::empty())).len(), 6);
    }

    #[test]
    fn a_logarithmic_axis_holds_all_values() {
        let axis = Axis::logarithmic("ms");
        let fitted = axis.fit([0.7, 130.0].into_iter());
        assert_eq!(texts(&fitted), ["0.5", "1", "2", "5", "10", "20", "50", "100", "200"]);
        assert_eq!((fitted.place(0.5), fitted.place(200.0)), (0.0, 1.0));
        assert!((fitted.place(10.0) - 0.5).abs() < 1e-9);
        let wide = axis.fit([1.0, 1e6].into_iter());
        assert_eq!(texts(&wide), ["1", "10", "100", "1,000", "10,000", "100,000", "1,000,000"]);
        let one = axis.fit([5.0].into_iter());
        assert!(one.place(5.0).is_finite());
    }
}
