//! The report of a comparison with other systems.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::comparison::comparison_json;
use super::table::whole;
use crate::baseline::script::Script;
use crate::comparison::{Comparison, Series, Subject, median};
use crate::environment::Environment;

/// For people: a table in Markdown, and what has to be known of it.
pub fn peers_text(comparison: &Comparison, environment: &Environment) -> String {
    let mut text = format!(
        "Durable transfers between two of {} accounts: medians of {} rounds of {} s (after {} s of \
         warm-up) in turn.\n\n\
         | | transfers/s | least–most | p50 ms | p99 ms | does not guarantee |\n\
         | --- | ---: | ---: | ---: | ---: | --- |\n",
        whole(comparison.series.first().map_or(0, |series| series.accounts) as f64),
        comparison.rounds,
        comparison.times.measured.as_secs_f64(),
        comparison.times.warm_up.as_secs_f64(),
    );
    for series in &comparison.series {
        text.push_str(&row(series));
    }
    text.push('\n');
    for (name, value) in environment.rows() {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text.push_str(
        "\nOver HTTP all have the same load generator: 64 connections, one request in flight on each; \
         over the binary protocol 4 connections with 128 each.\n\
         Ours: `anabranch serve` with its defaults, which sync each group before its replies.\n",
    );
    let configurations: BTreeSet<&String> =
        comparison.series.iter().filter_map(|series| series.configuration.as_ref()).collect();
    for configuration in configurations {
        text.push_str(&format!("{configuration}.\n"));
    }
    for missing in &comparison.missing {
        text.push_str(&format!("{missing}\n"));
    }
    text.push_str(
        "Checked: money is conserved everywhere; where our generator sends the requests every \
         acknowledged transfer is there once.\n",
    );
    text
}

fn row(series: &Series) -> String {
    let least = series.rates.iter().copied().fold(f64::INFINITY, f64::min);
    let most = series.rates.iter().copied().fold(0.0, f64::max);
    let latency = |values| median(values).map_or(String::new(), |it| format!("{it:.1}"));
    format!(
        "| {} | {} | {}–{} | {} | {} | {} |\n",
        series.subject.name(),
        whole(series.rate()),
        whole(least),
        whole(most),
        latency(&series.p50),
        latency(&series.p99),
        lacks(series.subject),
    )
}

/// What a subject does not promise that ours does.
fn lacks(subject: Subject) -> &'static str {
    match subject {
        Subject::Closed { .. } | Subject::HalfRate { .. } | Subject::LowRate { .. } => "",
        Subject::Postgres { .. } => {
            "that a call which is sent again happens once; retries are the client's, and the \
             transfer is written in PL/pgSQL"
        }
        Subject::Script { script: Script::Sqlite, .. } => {
            "that a call which is sent again happens once; there is no server"
        }
        Subject::Script { script: Script::PlainObjects, .. } => "durability",
        Subject::Peer { peer, .. } => peer.lacks(),
        Subject::HandWritten => "anything but this one transfer",
    }
}

/// For programs.
pub fn peers_json(comparison: &Comparison, environment: &Environment) -> Json {
    let rows = environment.rows().into_iter().map(|(name, value)| (name, Json::from(value)));
    let lacks = comparison.series.iter().map(|series| {
        let name = series.subject.name();
        (name, Json::from(lacks(series.subject)))
    });
    json!({
        "environment": rows.collect::<serde_json::Map<_, _>>(),
        "comparison": comparison_json(comparison),
        "does_not_guarantee": lacks.collect::<serde_json::Map<_, _>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Distribution;
    use crate::peer::Peer;
    use crate::trial::Times;
    use std::time::Duration;

    fn series(subject: Subject, rates: &[f64]) -> Series {
        let mut series = Series::new(subject, 10_000);
        series.rates = rates.to_vec();
        series
    }

    #[test]
    fn each_row_says_what_is_not_guaranteed() {
        let distribution = Distribution::Uniform;
        let restate = Subject::Peer { peer: Peer::Restate, distribution };
        let second = Duration::from_secs(1);
        let comparison = Comparison {
            series: vec![series(restate, &[1_500.0, 900.0, 1_200.0])],
            targets: Vec::new(),
            missing: vec!["DBOS: skipped: it is not there".to_owned()],
            file_system: String::new(),
            rounds: 3,
            times: Times { warm_up: second, measured: second },
        };
        let environment = Environment::here("anabranch bench peers".to_owned());
        let text = peers_text(&comparison, &environment);
        let row = "| Restate, uniform | 1,200 | 900–1,500 |  |  | isolation across objects";
        assert!(text.contains(row), "{text}");
        assert!(text.contains("DBOS: skipped"), "{text}");
        assert!(text.contains("anabranch bench peers"), "{text}");
    }
}
