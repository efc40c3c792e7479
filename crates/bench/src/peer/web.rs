//! Applications in Python behind uvicorn, with a PostgreSQL of their own.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::process::{Process, free_port, program};
use crate::baseline::BaselineError;
use crate::baseline::postgres::{Isolation, Postgres};
use crate::load::Target;

/// As many processes as this machine has processors: one of Python uses one processor.
const WORKERS: &str = "2";

/// An application.
#[derive(Clone, Copy, Debug)]
pub(super) struct Application {
    source: &'static str,
    preparation: Preparation,
    /// What it is beside PostgreSQL.
    configuration: &'static str,
}

/// What is done before it is served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Preparation {
    None,
    /// Its module is run.
    RunModule,
}

pub(super) const FASTAPI: Application = Application {
    source: include_str!("../../../../workloads/peers/fastapi/app.py"),
    preparation: Preparation::None,
    configuration: "FastAPI in 2 processes of uvicorn with uvloop and httptools, a pool of 16 \
                    connections of asyncpg in each, SERIALIZABLE transactions that are tried again",
};

pub(super) const DBOS: Application = Application {
    source: include_str!("../../../../workloads/peers/dbos/app.py"),
    preparation: Preparation::RunModule,
    configuration: "DBOS behind FastAPI in 2 processes of uvicorn with uvloop and httptools, a \
                    workflow with one SERIALIZABLE transaction of its asynchronous data source, \
                    pools of 16 connections for the system database and for the accounts in each",
};

/// An application under way, and its database.
#[derive(Debug)]
pub(super) struct Web {
    // Before the database, which would otherwise wait for its connections.
    _process: Process,
    postgres: Postgres,
    syncs: i64,
    target: Target,
    application: Application,
    _folder: TempDir,
}

impl Web {
    pub(super) fn start(
        application: Application,
        programs: &Path,
        accounts: u64,
    ) -> Result<Self, BaselineError> {
        let python = program(programs, "venv/bin/python")?;
        let postgres = Postgres::start(accounts, Isolation::ReadCommitted)?;
        let folder = tempfile::Builder::new().prefix("anabranch-bench-").tempdir()?;
        fs::write(folder.path().join("app.py"), application.source)?;
        let command = |arguments: &[&str]| {
            let mut command = Command::new(&python);
            command.args(arguments).env("BANK_SOCKET", postgres.socket());
            command
        };
        if application.preparation == Preparation::RunModule {
            let prepared = command(&["app.py"]).current_dir(folder.path()).output()?;
            if !prepared.status.success() {
                let text = String::from_utf8_lossy(&prepared.stderr).trim().to_owned();
                return Err(BaselineError::Failed(text));
            }
        }
        let port = free_port()?;
        let served = command(&[
            "-m",
            "uvicorn",
            "--workers",
            WORKERS,
            "--loop",
            "uvloop",
            "--http",
            "httptools",
            "--no-access-log",
            "--port",
            &port.to_string(),
            "app:app",
        ]);
        let mut process = Process::start(served, folder.path(), "log.txt")?;
        process.wait_for_port(port)?;
        let syncs = postgres.syncs()?;
        let target = Target { address: format!("127.0.0.1:{port}"), token: None };
        Ok(Self { _process: process, postgres, syncs, target, application, _folder: folder })
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    pub(super) fn check_durability(&mut self) -> Result<String, BaselineError> {
        self.postgres.check_settings()?;
        let syncs = self.postgres.syncs()?;
        if syncs <= self.syncs {
            return Err(BaselineError::Failed("PostgreSQL did not sync its log".to_owned()));
        }
        self.syncs = syncs;
        Ok(format!("{}; {}", self.application.configuration, self.postgres.describe()))
    }
}
