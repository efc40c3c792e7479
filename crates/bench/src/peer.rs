//! The same transfers as people build them today: other systems behind HTTP, with our load generator.
//!
//! All have three functions, called by a POST with JSON: `open`, `balance` and `transfer`. Programs
//! that are not part of this repository are in a folder that `make bench-peers` fills.

mod process;
mod restate;
mod transfers;
mod web;

use std::path::Path;

use crate::baseline::BaselineError;
use crate::load::Target;

pub use transfers::PeerTransfers;

use restate::Restate;
use web::Web;

/// Another system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Peer {
    FastApi,
    Dbos,
    Restate,
}

impl Peer {
    pub const ALL: [Peer; 3] = [Peer::FastApi, Peer::Dbos, Peer::Restate];

    pub fn name(self) -> &'static str {
        match self {
            Peer::FastApi => "FastAPI + asyncpg + PostgreSQL",
            Peer::Dbos => "DBOS",
            Peer::Restate => "Restate",
        }
    }

    /// What it does not promise that ours does.
    pub fn lacks(self) -> &'static str {
        match self {
            Peer::FastApi => {
                "that a request which is sent again is paid once; retries are the application's"
            }
            Peer::Dbos => "isolation between the steps of a workflow (a transfer is one step)",
            Peer::Restate => {
                "isolation across objects: others see the money between the accounts; no rollback"
            }
        }
    }
}

/// A peer under way; stopped when dropped.
#[derive(Debug)]
pub struct PeerServer {
    running: Running,
    accounts: u64,
}

#[derive(Debug)]
enum Running {
    Web(Web),
    Restate(Restate),
}

impl PeerServer {
    /// Starts it with what `make bench-peers` put into `programs`.
    ///
    /// # Errors
    /// Something is not installed, or does not start.
    pub fn start(peer: Peer, programs: &Path, accounts: u64) -> Result<Self, BaselineError> {
        let running = match peer {
            Peer::FastApi => Running::Web(Web::start(web::FASTAPI, programs, accounts)?),
            Peer::Dbos => Running::Web(Web::start(web::DBOS, programs, accounts)?),
            Peer::Restate => Running::Restate(Restate::start(programs)?),
        };
        Ok(Self { running, accounts })
    }

    pub fn target(&self) -> &Target {
        match &self.running {
            Running::Web(web) => web.target(),
            Running::Restate(restate) => restate.target(),
        }
    }

    /// How many accounts were made with its database; none if they must be opened.
    pub fn existing_accounts(&self) -> u64 {
        match &self.running {
            Running::Web(_) => self.accounts,
            Running::Restate(_) => 0,
        }
    }

    /// What the names of its functions begin with.
    pub fn prefix(&self) -> &'static str {
        match &self.running {
            Running::Web(_) => "",
            Running::Restate(_) => "Bank/",
        }
    }

    /// Reads back that it is durable: its settings and, since the last time, that it synced. Gives
    /// what it was set up like.
    ///
    /// # Errors
    /// It is not durable.
    pub fn check_durability(&mut self) -> Result<String, BaselineError> {
        match &mut self.running {
            Running::Web(web) => web.check_durability(),
            Running::Restate(restate) => restate.check_durability(),
        }
    }
}
