//! The figures of one contender, round by round.

use crate::baseline::Turn;
use crate::baseline::script::Script;
use crate::connection::Protocol;
use crate::keys::Distribution;
use crate::measurement::Measurement;
use crate::peer::Peer;
use crate::processors::Usage;
use crate::trial::Run;

/// A contender, and what it is asked to do.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Subject {
    /// Ours as fast as it can.
    Closed {
        protocol: Protocol,
        distribution: Distribution,
    },
    /// Ours at half of the rate that it reached.
    HalfRate {
        protocol: Protocol,
    },
    /// Ours with little to do.
    LowRate {
        protocol: Protocol,
    },
    Postgres {
        distribution: Distribution,
    },
    Script {
        script: Script,
        distribution: Distribution,
    },
    Peer {
        peer: Peer,
        distribution: Distribution,
    },
    HandWritten,
}

impl Subject {
    pub fn name(self) -> String {
        let keys = |distribution| match distribution {
            Distribution::Uniform => "uniform".to_owned(),
            Distribution::Zipf(exponent) => format!("zipf {exponent}"),
        };
        match self {
            Subject::Closed { protocol, distribution } => {
                format!("Anabranch, {}, {}", protocol.name(), keys(distribution))
            }
            Subject::HalfRate { protocol } => {
                format!("Anabranch, {}, half of the maximum rate", protocol.name())
            }
            Subject::LowRate { protocol } => {
                format!("Anabranch, {}, 100 requests/s", protocol.name())
            }
            Subject::Postgres { distribution } => {
                format!("PostgreSQL SERIALIZABLE, {}", keys(distribution))
            }
            Subject::Script { script, distribution } => {
                format!("{}, {}", script.name(), keys(distribution))
            }
            Subject::Peer { peer, distribution } => {
                format!("{}, {}", peer.name(), keys(distribution))
            }
            Subject::HandWritten => "hand-written Rust loop with the log".to_owned(),
        }
    }
}

/// What was measured of one contender.
#[derive(Clone, Debug)]
pub struct Series {
    pub subject: Subject,
    pub accounts: u64,
    /// Transfers in a second.
    pub rates: Vec<f64>,
    /// Milliseconds.
    pub p50: Vec<f64>,
    /// Milliseconds.
    pub p99: Vec<f64>,
    pub refused: u64,
    /// Microseconds of a processor for each transfer, by thread, in the last round; the load
    /// generator is one of them.
    pub usage: Usage,
    /// How a baseline was set up.
    pub configuration: Option<String>,
}

impl Series {
    pub(crate) fn new(subject: Subject, accounts: u64) -> Self {
        Self {
            subject,
            accounts,
            rates: Vec::new(),
            p50: Vec::new(),
            p99: Vec::new(),
            refused: 0,
            usage: Usage::new(),
            configuration: None,
        }
    }

    pub(super) fn add_run(&mut self, run: &Run) {
        self.add_measurement(&run.measurement);
        self.usage = run.microseconds_each();
    }

    pub(super) fn add_measurement(&mut self, measurement: &Measurement) {
        self.rates.push(measurement.rate());
        self.p50.push(measurement.latencies.milliseconds(0.5));
        self.p99.push(measurement.latencies.milliseconds(0.99));
        self.refused += measurement.refused;
    }

    pub(super) fn add_turn(&mut self, turn: &Turn) {
        self.rates.push(turn.rate);
        self.configuration = Some(turn.configuration.clone());
    }

    pub fn rate(&self) -> f64 {
        median(&self.rates).unwrap_or(0.0)
    }
}

/// The middle of `values`; of an even number the mean of the middle two.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        length if length % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 100.0]), Some(3.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 100.0]), Some(3.0));
    }
}
