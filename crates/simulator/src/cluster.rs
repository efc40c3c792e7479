//! A simulated engine: partitions, the network between them, snapshots and crashes.
//!
//! What is durable: the input (requests in the order in which they were recorded), the last snapshot, and, with
//! [`Egress::RecordedOrder`] or [`Egress::RecordedSteps`], the [`journal`](crate::journal) of deliveries since. All the
//! rest, [`Contents`], a crash takes; it starts anew from the snapshot, and what was recorded since is taken in again.
//!
//! A snapshot holds all partitions and all messages under way at one instant, and how much of the input had been
//! taken in: what an engine with aligned barriers has in the end.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use anabranch_kernel::step::{EventReport, KeyReport, Output, Stepped, Submission};

use crate::digest::Digest;
use crate::finding::{Finding, readable};
use crate::host::Host;
use crate::journal::{Gave, Journals};
use crate::network::{ChannelIndex, Message, Network, Sender, partition_of};
use crate::random::Random;
use crate::statistics::Statistics;
use crate::trace::Trace;
use crate::watch::Watch;

/// When replies may leave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Egress {
    /// When a snapshot covers them. A replay may deliver in another order.
    Transactional,
    /// When the delivery that gave them is in a journal. A replay repeats the journals, and gives the
    /// replies a second time.
    RecordedOrder,
    /// The same, and what each step gave is recorded as well: a replay takes no step that it can read
    /// there, so methods need not do the same again.
    RecordedSteps,
}

/// A request in the durable input.
#[derive(Debug)]
pub struct Recorded {
    pub submission: Submission,
    /// The client whose channels its first event goes through.
    pub client: usize,
}

/// A reply that leaves.
#[derive(Clone, Debug)]
pub struct Departure {
    pub client: Vec<u8>,
    pub reply: Vec<u8>,
    /// Whether it comes from a replay, and so has left before.
    pub is_repeated: bool,
}

/// Makes a host for a partition.
pub type MakeHost<H> = Box<dyn Fn() -> H + Send>;

/// The states of keys, in order.
pub type Partition = BTreeMap<Arc<[u8]>, Arc<[u8]>>;

/// What can be said of each key.
pub type KeyReports = Vec<(Arc<[u8]>, KeyReport)>;

/// What a crash takes and a snapshot keeps.
#[derive(Clone)]
struct Contents {
    partitions: Vec<Partition>,
    network: Network,
    /// How much of the input was taken in.
    taken: usize,
}

pub struct Cluster<H> {
    make_host: MakeHost<H>,
    hosts: Vec<H>,
    /// Takes some steps a second time.
    witness: H,
    random: Random,
    /// How many of 10,000 steps are taken twice.
    recheck: u32,
    live: Contents,
    snapshot: Contents,
    input: Vec<Recorded>,
    egress: Egress,
    /// Empty with transactional egress.
    journals: Journals,
    /// Replies that may not leave yet, with how much of the journals has to be durable before.
    held: Vec<(u64, Departure)>,
    departures: Vec<Departure>,
    clock: u64,
    pub statistics: Statistics,
    pub digest: Digest,
    pub trace: Trace,
    watch: Watch,
}

impl<H: Host> Cluster<H> {
    pub fn new(
        make_host: MakeHost<H>,
        seed: u64,
        partitions: usize,
        clients: usize,
        recheck: u32,
        egress: Egress,
    ) -> Self {
        let live = Contents {
            partitions: vec![Partition::new(); partitions],
            network: Network::new(partitions, clients),
            taken: 0,
        };
        Self {
            hosts: (0..partitions).map(|_| make_host()).collect(),
            witness: make_host(),
            make_host,
            random: Random::new(seed, "cluster"),
            recheck,
            snapshot: live.clone(),
            live,
            input: Vec::new(),
            egress,
            journals: Journals::new(partitions),
            held: Vec::new(),
            departures: Vec::new(),
            clock: 0,
            statistics: Statistics::default(),
            digest: Digest::default(),
            trace: Trace::default(),
            watch: Watch::default(),
        }
    }

    /// How many events were delivered, repeated ones included.
    pub fn clock(&self) -> u64 {
        self.clock
    }

    pub fn network(&self) -> &Network {
        &self.live.network
    }

    pub fn partitions(&self) -> &[Partition] {
        &self.live.partitions
    }

    /// What can be said of each key.
    ///
    /// # Errors
    /// The state of a key cannot be read.
    pub fn reports(&self) -> Result<KeyReports, Finding> {
        let mut reports = Vec::new();
        for (key, state) in self.live.partitions.iter().flatten() {
            reports.push((key.clone(), self.witness.report(key, state)?));
        }
        Ok(reports)
    }

    /// Writes a request into the durable input.
    pub fn record(&mut self, recorded: Recorded) {
        self.digest.add(("record", &recorded.submission.client));
        self.input.push(recorded);
    }

    /// Whether some of the input waits.
    pub fn has_input(&self) -> bool {
        self.live.taken < self.input.len()
    }

    /// Whether some partition has to repeat deliveries in their recorded order.
    pub fn is_replaying(&self) -> bool {
        self.journals.is_replaying()
    }

    /// The channels from which a message may be delivered now.
    pub fn deliverable(&self) -> Cow<'_, [ChannelIndex]> {
        let occupied = self.live.network.occupied();
        if !self.is_replaying() {
            return Cow::Borrowed(occupied);
        }
        let may_deliver = |channel: &ChannelIndex| {
            let next = self.journals.next(self.live.network.receiver(*channel));
            next.is_none_or(|next| next == *channel)
        };
        Cow::Owned(occupied.iter().copied().filter(may_deliver).collect())
    }

    /// Whether replies wait to leave.
    pub fn holds_replies(&self) -> bool {
        !self.held.is_empty()
    }

    /// Replies that have left since this was asked last.
    pub fn departures(&mut self) -> Vec<Departure> {
        std::mem::take(&mut self.departures)
    }

    /// Lets the next request of the input in.
    pub fn take_in(&mut self) {
        let recorded = &self.input[self.live.taken];
        self.live.taken += 1;
        let submission = &recorded.submission;
        self.trace
            .line(self.clock, || format!("take in  sending {}", readable(&submission.client)));
        match self.witness.admit(submission) {
            Output::Key { key, event } => {
                self.digest.add(("admit", &key, &event));
                self.live.network.send(Sender::Client(recorded.client), key.into(), event.into());
            }
            Output::Client { .. } => unreachable!("a root call begins at a key"),
        }
    }

    /// Delivers the next message of `channel`, one of [`Cluster::deliverable`].
    ///
    /// # Errors
    /// The step fails, or does not give what it gave before a crash.
    pub fn deliver(&mut self, channel: ChannelIndex) -> Result<(), Finding> {
        let partition = self.live.network.receiver(channel);
        let is_repeated = self.journals.next(partition).is_some();
        let message = self.receive(channel)?;
        let recorded = is_repeated.then(|| self.journals.repeat(partition).clone());
        let stepped = match recorded {
            Some(Gave::Everything(stepped)) => stepped,
            Some(Gave::Digest(gave)) => {
                let stepped = self.step(partition, &message)?;
                if digest(&stepped) != gave {
                    let (key, event) = (readable(&message.key), readable(&message.event));
                    return Err(Finding::ReplayDiffers { key, event });
                }
                stepped
            }
            None => self.step(partition, &message)?,
        };
        self.digest.add((channel, &message.key, &message.event, digest(&stepped)));
        // What is repeated was durable before.
        let mut needs = 0;
        if is_repeated {
            self.statistics.replayed += 1;
        } else if let Some(gave) = recorded_of(&stepped, self.egress) {
            needs = self.journals.record(partition, channel, gave);
        }
        self.apply(partition, &message, stepped, needs, is_repeated);
        Ok(())
    }

    /// Takes the first message of `channel`.
    fn receive(&mut self, channel: ChannelIndex) -> Result<Message, Finding> {
        self.clock += 1;
        self.statistics.messages += 1;
        if self.live.network.oldest() != Some(channel) {
            self.statistics.overtaken += 1;
        }
        let partition = self.live.network.receiver(channel);
        let sender = self.live.network.sender(channel);
        let message = self.live.network.receive(channel);
        assert_eq!(partition_of(&message.key, self.hosts.len()), partition);
        let report = self.witness.event_report(&message.event)?;
        self.trace.line(self.clock, || {
            let (key, what) = (readable(&message.key), describe(&report));
            format!("deliver  {sender:?} -> {partition} {key}: {what}")
        });
        self.watch.delivered(&message.key, report, &mut self.statistics);
        Ok(message)
    }

    /// Lets the key of `message` take it.
    fn step(&mut self, partition: usize, message: &Message) -> Result<Stepped, Finding> {
        let before = self.live.partitions[partition].get(&message.key);
        let before: &[u8] = before.map(|state| &**state).unwrap_or_default();
        let stepped = self.hosts[partition].step(&message.key, before, &message.event)?;
        if self.random.happens(self.recheck) {
            self.statistics.rechecked += 1;
            let again = self.witness.step(&message.key, before, &message.event)?;
            if again != stepped {
                let (key, event) = (readable(&message.key), readable(&message.event));
                return Err(Finding::StepNotPure { key, event });
            }
        }
        Ok(stepped)
    }

    /// Keeps the new state and sends what the step gave.
    fn apply(
        &mut self,
        partition: usize,
        message: &Message,
        stepped: Stepped,
        needs: u64,
        is_repeated: bool,
    ) {
        let Stepped { state, outputs, .. } = stepped;
        let states = &mut self.live.partitions[partition];
        if state.is_empty() {
            states.remove(&message.key);
        } else {
            states.insert(message.key.clone(), state.into());
        }
        for output in outputs {
            match output {
                Output::Key { key, event } => {
                    self.trace.line(self.clock, || {
                        let what =
                            self.witness.event_report(&event).map(|report| describe(&report));
                        format!("           sends {}: {}", readable(&key), what.unwrap_or_default())
                    });
                    let sender = Sender::Partition(partition);
                    self.live.network.send(sender, key.into(), event.into());
                }
                Output::Client { client, reply } => {
                    self.trace.line(self.clock, || {
                        format!("           replies {}: {}", readable(&client), readable(&reply))
                    });
                    self.held.push((needs, Departure { client, reply, is_repeated }));
                }
            }
        }
        self.let_go();
    }

    /// Lets replies go that the journals cover.
    fn let_go(&mut self) {
        if self.egress == Egress::Transactional {
            return;
        }
        let durable = self.journals.durable();
        let covered = self.held.extract_if(.., |(needs, _)| *needs <= durable);
        self.departures.extend(covered.map(|(_, departure)| departure));
    }

    /// Makes the journals durable.
    pub fn sync_journals(&mut self) {
        self.journals.sync();
        self.let_go();
    }

    pub fn take_snapshot(&mut self) {
        self.statistics.snapshots += 1;
        self.digest.add("snapshot");
        self.trace.line(self.clock, || "snapshot".to_owned());
        self.snapshot = self.live.clone();
        self.journals.take_snapshot();
        self.departures.extend(self.held.drain(..).map(|(_, departure)| departure));
    }

    /// Loses all that is not durable, and starts anew.
    pub fn crash(&mut self) {
        self.statistics.crashes += 1;
        self.statistics.in_flight_at_crash += self.live.network.messages() as u64;
        self.statistics.replies_dropped += self.held.len() as u64;
        self.digest.add("crash");
        self.trace.line(self.clock, || "crash".to_owned());
        self.live = self.snapshot.clone();
        self.held.clear();
        self.journals.crash();
        self.hosts = (0..self.hosts.len()).map(|_| (self.make_host)()).collect();
        self.witness = (self.make_host)();
    }
}

fn describe(report: &EventReport) -> String {
    let EventReport { kind, attempt, details } = report;
    format!("{kind:?} {}: {details}", attempt.as_deref().unwrap_or_default())
}

/// What a journal gets of a step.
fn recorded_of(stepped: &Stepped, egress: Egress) -> Option<Gave> {
    match egress {
        Egress::Transactional => None,
        Egress::RecordedOrder => Some(Gave::Digest(digest(stepped))),
        Egress::RecordedSteps => Some(Gave::Everything(stepped.clone())),
    }
}

fn digest(stepped: &Stepped) -> u64 {
    let mut digest = Digest::default();
    digest.add(&stepped.state);
    for output in &stepped.outputs {
        match output {
            Output::Key { key, event } => digest.add((0, key, event)),
            Output::Client { client, reply } => digest.add((1, client, reply)),
        }
    }
    digest.value()
}
