//! Baselines in Python: a script of its own each, which prints one line of JSON.
//!
//! - SQLite, through Python's own `sqlite3`;
//! - the classes of the workload as plain Python objects in memory: what no durable system that
//!   runs them can reach.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use super::{BaselineError, Turn};
use crate::keys::Distribution;
use crate::trial::Times;
use crate::workload::transfer::APPLICATION;

/// A script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Script {
    Sqlite,
    PlainObjects,
}

impl Script {
    pub fn name(self) -> &'static str {
        match self {
            Script::Sqlite => "SQLite",
            Script::PlainObjects => "plain Python objects (in memory)",
        }
    }

    fn source(self) -> &'static str {
        match self {
            Script::Sqlite => include_str!("../../../../workloads/transfer/sqlite.py"),
            Script::PlainObjects => {
                include_str!("../../../../workloads/transfer/plain_objects.py")
            }
        }
    }

    /// Runs it in an empty folder. Plain objects know uniform keys only.
    ///
    /// # Errors
    /// It is not possible here, or the money is not right at the end.
    pub fn run(
        self,
        python: &Path,
        accounts: u64,
        distribution: Distribution,
        times: Times,
    ) -> Result<Turn, BaselineError> {
        let folder = tempfile::Builder::new().prefix("anabranch-bench-").tempdir()?;
        for (name, source) in APPLICATION.files {
            fs::write(folder.path().join(name), source)?;
        }
        let script = folder.path().join("baseline.py");
        fs::write(&script, self.source())?;
        let output = Command::new(python)
            .arg(script)
            .args([accounts.to_string(), times.warm_up.as_secs_f64().to_string()])
            .arg(times.measured.as_secs_f64().to_string())
            .args(match distribution {
                Distribution::Uniform => None,
                Distribution::Zipf(exponent) => Some(exponent.to_string()),
            })
            .current_dir(folder.path())
            .output()?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            let last = text.lines().last().unwrap_or("no reason given").to_owned();
            return Err(BaselineError::Failed(last));
        }
        let printed: Json = serde_json::from_slice(&output.stdout)
            .map_err(|error| BaselineError::Failed(format!("its output: {error}")))?;
        let rate = printed["rate"].as_f64();
        let configuration = printed["configuration"].as_str();
        match (rate, configuration) {
            (Some(rate), Some(text)) => Ok(Turn { rate, configuration: text.to_owned() }),
            _ => Err(BaselineError::Failed(format!("its output: {printed}"))),
        }
    }
}
