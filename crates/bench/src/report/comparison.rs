//! The report of a comparison.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::table::{table, whole};
use crate::comparison::{Comparison, Series, Subject, median};
use crate::target::{Bound, Target};

/// For people.
pub fn comparison_text(comparison: &Comparison) -> String {
    let mut text = format!(
        "Durable transfers between two random accounts: medians of {} rounds of {} s (after {} s of \
         warm-up) in turn; data in {}; the load generator shares the {} processors.\n\n",
        comparison.rounds,
        comparison.times.measured.as_secs_f64(),
        comparison.times.warm_up.as_secs_f64(),
        comparison.file_system,
        std::thread::available_parallelism().map_or(0, usize::from),
    );
    let mut series: Vec<&Series> = comparison.series.iter().collect();
    series.sort_by_key(|series| series.accounts);
    let rows: Vec<Vec<String>> = series.iter().map(|series| row(series)).collect();
    text.push_str(&table(
        &["", "accounts", "transfers/s", "least", "most", "p50 ms", "p99 ms"],
        &rows,
    ));
    text.push_str("\nProcessor time in µs for each transfer, by thread, in the last round:\n");
    for series in &series {
        if let Subject::Closed { .. } = series.subject {
            text.push_str(&usage(series));
        }
    }
    let rows: Vec<Vec<String>> = comparison.targets.iter().map(target).collect();
    text.push('\n');
    text.push_str(&table(&["target", "wanted", "found", "met"], &rows));
    let configurations: BTreeSet<&String> =
        series.iter().filter_map(|series| series.configuration.as_ref()).collect();
    text.push_str(
        "\nOurs: `anabranch serve` with its defaults, which sync each group before its replies.\n",
    );
    for configuration in configurations {
        text.push_str(&format!("{configuration}.\n"));
    }
    for missing in &comparison.missing {
        text.push_str(&format!("{missing}\n"));
    }
    text.push_str(
        "\nChecked: money is conserved everywhere; of ours every acknowledged transfer is there once.\n",
    );
    text
}

fn row(series: &Series) -> Vec<String> {
    let least = series.rates.iter().copied().fold(f64::INFINITY, f64::min);
    let most = series.rates.iter().copied().fold(0.0, f64::max);
    let latency = |values| median(values).map_or(String::new(), |it| format!("{it:.2}"));
    vec![
        series.subject.name(),
        whole(series.accounts as f64),
        whole(series.rate()),
        whole(least),
        whole(most),
        latency(&series.p50),
        latency(&series.p99),
    ]
}

fn usage(series: &Series) -> String {
    let total: f64 = series.usage.values().sum();
    let parts = series.usage.iter().filter(|(_, microseconds)| **microseconds >= 0.05);
    let parts: Vec<String> = parts.map(|(name, it)| format!("{name} {it:.1}")).collect();
    let name = format!("{}, {} accounts", series.subject.name(), whole(series.accounts as f64));
    format!("  {name}: {total:.1} = {}\n", parts.join(" + "))
}

fn target(target: &Target) -> Vec<String> {
    let number = |value: f64| match value {
        value if value >= 1000.0 => format!("{}{}", whole(value), target.unit),
        value => format!("{value:.2}{}", target.unit),
    };
    let wanted = match target.bound {
        Bound::AtLeast(least) => format!("at least {}", number(least)),
        Bound::Below(limit) => format!("below {}", number(limit)),
    };
    let met = match target.is_met() {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "not measured",
    };
    let found = target.found.map_or(String::new(), number);
    vec![target.name.clone(), wanted, found, met.to_owned()]
}

/// For programs.
pub fn comparison_json(comparison: &Comparison) -> Json {
    let series = comparison.series.iter().map(|series| {
        json!({
            "name": series.subject.name(),
            "accounts": series.accounts,
            "transfers_per_second": { "median": series.rate(), "rounds": series.rates },
            "p50_ms": series.p50,
            "p99_ms": series.p99,
            "refused": series.refused,
            "processor_us_per_transfer": series.usage,
            "configuration": series.configuration,
        })
    });
    let targets = comparison.targets.iter().map(|target| {
        let bound = match target.bound {
            Bound::AtLeast(least) => json!({ "at_least": least }),
            Bound::Below(limit) => json!({ "below": limit }),
        };
        json!({
            "name": target.name, "bound": bound, "found": target.found, "met": target.is_met()
        })
    });
    json!({
        "rounds": comparison.rounds,
        "seconds": comparison.times.measured.as_secs_f64(),
        "file_system": comparison.file_system,
        "series": series.collect::<Vec<_>>(),
        "targets": targets.collect::<Vec<_>>(),
        "missing": comparison.missing,
    })
}
