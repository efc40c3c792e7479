//! What has to be reached, and whether it is.

/// A bound for a figure.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Bound {
    AtLeast(f64),
    Below(f64),
}

/// A figure and what it has to be.
#[derive(Clone, PartialEq, Debug)]
pub struct Target {
    pub name: String,
    pub unit: &'static str,
    pub bound: Bound,
    /// `None` if it was not measured.
    pub found: Option<f64>,
}

impl Target {
    /// Whether it is reached; `None` if it was not measured.
    pub fn is_met(&self) -> Option<bool> {
        self.found.map(|found| match self.bound {
            Bound::AtLeast(least) => found >= least,
            Bound::Below(limit) => found < limit,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_or_not() {
        let is_met = |bound, found| Target { name: String::new(), unit: "", bound, found }.is_met();
        assert_eq!(is_met(Bound::AtLeast(2.0), Some(2.0)), Some(true));
        assert_eq!(is_met(Bound::AtLeast(2.0), Some(1.9)), Some(false));
        assert_eq!(is_met(Bound::Below(2.0), Some(2.0)), Some(false));
        assert_eq!(is_met(Bound::Below(2.0), None), None);
    }
}
