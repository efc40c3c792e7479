//! The time that the processor spends on a thread: other processes on the machine do not count.

use std::fs;
use std::time::Instant;

use criterion::Throughput;
use criterion::measurement::{Measurement, ValueFormatter, WallTime};

/// Nanoseconds of the thread that measures; of the wall clock where the system does not count them.
pub(crate) struct ProcessorTime {
    start: Instant,
}

impl ProcessorTime {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now() }
    }

    fn now(&self) -> f64 {
        // Linux: the first number is the time on the processor.
        let counted = fs::read_to_string("/proc/thread-self/schedstat").ok();
        let counted = counted.and_then(|line| line.split(' ').next()?.parse::<f64>().ok());
        counted.unwrap_or_else(|| self.start.elapsed().as_nanos() as f64)
    }
}

impl Measurement for ProcessorTime {
    type Intermediate = f64;
    type Value = f64;

    fn start(&self) -> f64 {
        self.now()
    }

    fn end(&self, start: f64) -> f64 {
        self.now() - start
    }

    fn add(&self, first: &f64, second: &f64) -> f64 {
        first + second
    }

    fn zero(&self) -> f64 {
        0.0
    }

    fn to_f64(&self, value: &f64) -> f64 {
        *value
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        &Nanoseconds
    }
}

struct Nanoseconds;

impl ValueFormatter for Nanoseconds {
    fn scale_values(&self, typical: f64, values: &mut [f64]) -> &'static str {
        WallTime.formatter().scale_values(typical, values)
    }

    fn scale_throughputs(
        &self,
        typical: f64,
        throughput: &Throughput,
        values: &mut [f64],
    ) -> &'static str {
        WallTime.formatter().scale_throughputs(typical, throughput, values)
    }

    fn scale_for_machines(&self, values: &mut [f64]) -> &'static str {
        WallTime.formatter().scale_for_machines(values)
    }
}
