//! The targets of the embedded engine.

use super::ZIPF;
use super::series::{Series, Subject, median};
use crate::connection::Protocol;
use crate::keys::Distribution::Uniform;
use crate::target::{Bound, Target};

const FEW: u64 = 10_000;
const MANY: u64 = 10_000_000;

/// All targets with what was found for so many accounts.
pub(super) fn of(series: &[Series], accounts: u64) -> Vec<Target> {
    let found = |subject, accounts| {
        series.iter().find(|it| it.subject == subject && it.accounts == accounts)
    };
    let rate = |subject, accounts| found(subject, accounts).map(Series::rate);
    let ratio = |above: Option<f64>, below: Option<f64>| Some(above? / below?);
    let mut targets = Vec::new();
    let mut target = |name: String, unit, bound, found| {
        targets.push(Target { name, unit, bound, found });
    };
    for (protocol, least) in [(Protocol::Binary, 100_000.0), (Protocol::Http, 30_000.0)] {
        let name = protocol.name();
        let uniform = rate(Subject::Closed { protocol, distribution: Uniform }, accounts);
        let zipf = rate(Subject::Closed { protocol, distribution: ZIPF }, accounts);
        target(format!("{name}, {accounts} accounts"), "/s", Bound::AtLeast(least), uniform);
        let what = format!("{name}, zipf 0.99 beside uniform");
        target(what, "", Bound::AtLeast(0.9), ratio(zipf, uniform));
        let half = found(Subject::HalfRate { protocol }, accounts);
        let p99 = half.and_then(|series| median(&series.p99));
        target(format!("{name}, p99 at half of the maximum"), " ms", Bound::Below(5.0), p99);
        let low = found(Subject::LowRate { protocol }, accounts);
        let (p50, p99) = (
            low.and_then(|series| median(&series.p50)),
            low.and_then(|series| median(&series.p99)),
        );
        target(format!("{name}, p50 at 100 requests/s"), " ms", Bound::Below(1.0), p50);
        target(format!("{name}, p99 at 100 requests/s"), " ms", Bound::Below(3.0), p99);
    }
    let binary = Subject::Closed { protocol: Protocol::Binary, distribution: Uniform };
    let growth = ratio(rate(binary, MANY), rate(binary, FEW));
    let what = format!("binary, {MANY} accounts beside {FEW}");
    target(what, "", Bound::AtLeast(0.5), growth);
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(protocol: Protocol, accounts: u64, rates: &[f64]) -> Series {
        let subject = Subject::Closed { protocol, distribution: Uniform };
        let mut series = Series::new(subject, accounts);
        series.rates = rates.to_vec();
        series
    }

    #[test]
    fn the_median_counts_and_what_was_not_measured_is_not_met() {
        let series = [
            series(Protocol::Binary, 1_000_000, &[90_000.0, 120_000.0, 110_000.0]),
            series(Protocol::Http, 1_000_000, &[20_000.0]),
            series(Protocol::Binary, FEW, &[200_000.0]),
            series(Protocol::Binary, MANY, &[80_000.0]),
        ];
        let targets = of(&series, 1_000_000);
        let is_met = |name: &str| {
            targets
                .iter()
                .find(|target| target.name == name)
                .expect("there is such a target")
                .is_met()
        };
        assert_eq!(is_met("binary, 1000000 accounts"), Some(true));
        assert_eq!(is_met("HTTP, 1000000 accounts"), Some(false));
        assert_eq!(is_met("binary, 10000000 accounts beside 10000"), Some(false));
        assert_eq!(is_met("HTTP, p99 at 100 requests/s"), None);
    }
}
