//! One seed from the first request to the end.
//!
//! In each round one thing happens, drawn from the seed: a client sends, a request is recorded, the input is
//! taken in, a message is delivered; and between two rounds now and then a snapshot or a crash. It has
//! ended when everything is answered, nothing is under way and all replies have left.

use anabranch_kernel::EntityId;

use crate::clients::{Asked, Clients, Planned};
use crate::cluster::{Cluster, Egress, MakeHost, Partition};
use crate::finding::{Finding, readable};
use crate::host::Host;
use crate::interleaving::Interleaving;
use crate::options::Options;
use crate::random::Random;
use crate::statistics::Statistics;

/// What a simulation leaves.
pub struct Run {
    /// What was asked, and what became of it.
    pub asked: Vec<Asked>,
    /// The entities that exist in the end, with their states.
    pub entities: Vec<(EntityId, Vec<u8>)>,
    /// The states of all keys in the end.
    pub partitions: Vec<Partition>,
    pub statistics: Statistics,
    /// Of all that happened.
    pub digest: u64,
    /// What was wrong, if the simulation itself has seen it.
    pub finding: Option<Finding>,
    pub trace: Vec<String>,
}

/// What clients ask for.
pub struct Requests {
    pub planned: Vec<Planned>,
    /// How many of the first have to be answered before the others are sent.
    pub preparation: usize,
}

/// Whether the trace is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tracing {
    Off,
    On,
}

struct Simulation<'a, H> {
    options: &'a Options,
    random: Random,
    cluster: Cluster<H>,
    clients: Clients,
    interleaving: Interleaving,
    /// Simulated time. No two things happen at the same.
    clock: u64,
    /// Those that exist in the end.
    entities: Vec<(EntityId, Vec<u8>)>,
}

/// Runs one seed on hosts that `make_host` makes.
pub fn run<H: Host>(
    options: &Options,
    requests: Requests,
    make_host: MakeHost<H>,
    tracing: Tracing,
) -> Run {
    let mut cluster = Cluster::new(
        make_host,
        options.seed,
        options.partitions,
        options.clients,
        options.recheck_rate,
        options.egress,
    );
    if tracing == Tracing::On {
        cluster.trace.start();
    }
    let mut simulation = Simulation {
        options,
        random: Random::new(options.seed, "simulation"),
        cluster,
        clients: Clients::new(options, requests.planned, requests.preparation),
        interleaving: Interleaving::new(options.seed, options.partitions),
        clock: 0,
        entities: Vec::new(),
    };
    let finding = simulation.run().err();
    let Simulation { mut cluster, clients, entities, .. } = simulation;
    let statistics = &mut cluster.statistics;
    statistics.seeds = 1;
    match options.egress {
        Egress::Transactional => statistics.seeds_transactional = 1,
        Egress::RecordedOrder | Egress::RecordedSteps => statistics.seeds_recorded = 1,
    }
    let partitions = cluster.partitions().to_vec();
    Run {
        entities,
        partitions,
        asked: clients.into_asked(),
        statistics: cluster.statistics,
        digest: cluster.digest.value(),
        finding,
        trace: cluster.trace.into_lines(),
    }
}

impl<H: Host> Simulation<'_, H> {
    fn run(&mut self) -> Result<(), Finding> {
        while self.round()? {
            if self.cluster.clock() > self.options.events_max {
                return Err(Finding::DoesNotEnd {
                    events: self.options.events_max,
                    under_way: self.under_way(),
                });
            }
        }
        for (key, report) in self.cluster.reports()? {
            if !report.under_way.is_empty() {
                let under_way = report.under_way.join(", ");
                return Err(Finding::LeftBehind { key: readable(&key), under_way });
            }
            self.entities.extend(report.entity);
        }
        Ok(())
    }

    /// Lets one thing happen. Gives whether there is more to come.
    fn round(&mut self) -> Result<bool, Finding> {
        self.disturb();
        self.hand_out()?;
        self.clock += 1;
        self.clients.wake(self.clock, &mut self.cluster.statistics);
        let is_alive = self.act()?;
        if self.random.happens(self.options.sync_rate) {
            self.cluster.sync_journals();
        }
        self.hand_out()?;
        Ok(is_alive)
    }

    /// Now and then a snapshot or a crash.
    fn disturb(&mut self) {
        if self.random.happens(self.options.snapshot_rate) {
            self.cluster.take_snapshot();
        }
        let may_crash = self.cluster.statistics.crashes < self.options.crashes_max;
        if may_crash && self.random.happens(self.options.crash_rate) {
            self.cluster.crash();
            self.clients.crash(self.clock, &mut self.cluster.statistics);
        }
    }

    fn act(&mut self) -> Result<bool, Finding> {
        let choice = self.random.below(10);
        if choice < 2 && self.clients.can_send() {
            self.clients.send(self.clock, &mut self.cluster.statistics);
        } else if choice < 4 && self.clients.can_record() {
            let recorded = self.clients.record();
            let attempt = recorded.submission.number as usize;
            let request = self.clients.number_of(attempt);
            let line = || format!("sending {attempt} of request {request} arrives");
            self.cluster.trace.line(self.cluster.clock(), line);
            self.cluster.record(recorded);
        } else if choice < 6 && self.cluster.has_input() {
            self.cluster.take_in();
        } else {
            let deliverable = self.cluster.deliverable();
            if deliverable.is_empty() {
                return self.idle();
            }
            let channel = self.interleaving.choose(self.cluster.network(), &deliverable);
            self.cluster.deliver(channel)?;
        }
        Ok(true)
    }

    /// No message can be delivered.
    fn idle(&mut self) -> Result<bool, Finding> {
        if self.clients.can_send() || self.clients.can_record() || self.cluster.has_input() {
            return Ok(true);
        }
        if self.cluster.is_replaying() {
            return Err(Finding::ReplayStuck(self.under_way()));
        }
        if self.cluster.holds_replies() {
            match self.options.egress {
                Egress::Transactional => self.cluster.take_snapshot(),
                Egress::RecordedOrder | Egress::RecordedSteps => self.cluster.sync_journals(),
            }
            return Ok(true);
        }
        if !self.clients.unanswered().is_empty() {
            return Err(Finding::NeverAnswered(self.under_way()));
        }
        if self.clients.are_done() {
            return Ok(false);
        }
        let alarm = self.clients.next_alarm();
        let alarm = alarm.expect("who waits for a lost request has set an alarm");
        self.clock = self.clock.max(alarm);
        Ok(true)
    }

    fn hand_out(&mut self) -> Result<(), Finding> {
        for departure in self.cluster.departures() {
            self.clock += 1;
            self.cluster.digest.add(("reply", &departure.client, &departure.reply));
            self.clients.receive(departure, self.clock, &mut self.cluster.statistics)?;
        }
        Ok(())
    }

    fn under_way(&self) -> String {
        let unanswered = self.clients.unanswered().into_iter().take(10);
        let requests = unanswered.map(|attempt| {
            let request = self.clients.number_of(attempt);
            format!("sending {attempt} of request {request}")
        });
        let network = self.cluster.network();
        let messages = network.occupied().iter().take(10).map(|channel| {
            let message = network.first(*channel);
            format!("an event for {}", readable(&message.key))
        });
        let keys = self.cluster.reports().unwrap_or_default();
        let keys = keys.into_iter().filter(|(_, report)| !report.under_way.is_empty());
        let keys = keys.map(|(key, report)| format!("{}: {:?}", readable(&key), report.under_way));
        requests.chain(messages).chain(keys).collect::<Vec<_>>().join(", ")
    }
}
