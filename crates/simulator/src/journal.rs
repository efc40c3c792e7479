//! The recorded order of deliveries: for each partition, from which channels it took its messages since the last
//! snapshot, and what came of them.
//!
//! A replay keeps to the order of each partition; how partitions interleave is left open, as between
//! machines. One that has repeated all of its journal goes on, while others still repeat theirs.
//!
//! All journals become durable together, so what is durable at one never depends on what another has lost.

use anabranch_kernel::step::Stepped;

use crate::network::ChannelIndex;

/// The journals of all partitions.
#[derive(Debug)]
pub struct Journals {
    partitions: Vec<Journal>,
    /// How many deliveries were recorded, ever.
    recorded: u64,
    /// How many of them a crash does not take.
    durable: u64,
}

#[derive(Clone, Debug, Default)]
struct Journal {
    entries: Vec<Entry>,
    /// How many of them were done since the last snapshot or crash.
    done: usize,
}

#[derive(Clone, Debug)]
struct Entry {
    number: u64,
    channel: ChannelIndex,
    gave: Gave,
}

/// What is recorded of what came of a delivery.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Gave {
    /// A repetition takes the step again, and must give the same.
    Digest(u64),
    /// A repetition takes this instead of the step.
    Everything(Stepped),
}

impl Journals {
    pub fn new(partitions: usize) -> Self {
        Self { partitions: vec![Journal::default(); partitions], recorded: 0, durable: 0 }
    }

    /// The channel from which the partition has to take its next message; `None` if it may choose.
    pub fn next(&self, partition: usize) -> Option<ChannelIndex> {
        let Journal { entries, done } = &self.partitions[partition];
        entries.get(*done).map(|entry| entry.channel)
    }

    /// Whether some partition has not repeated its whole journal.
    pub fn is_replaying(&self) -> bool {
        self.partitions.iter().any(|journal| journal.done < journal.entries.len())
    }

    /// The partition repeats its next delivery; gives what came of it the first time.
    pub fn repeat(&mut self, partition: usize) -> &Gave {
        let journal = &mut self.partitions[partition];
        journal.done += 1;
        &journal.entries[journal.done - 1].gave
    }

    /// The partition takes a message that it has not taken before. Gives how much has to be durable before
    /// what comes of it may be told.
    pub fn record(&mut self, partition: usize, channel: ChannelIndex, gave: Gave) -> u64 {
        let journal = &mut self.partitions[partition];
        assert_eq!(journal.done, journal.entries.len(), "a partition first repeats its journal");
        self.recorded += 1;
        journal.entries.push(Entry { number: self.recorded, channel, gave });
        journal.done += 1;
        self.recorded
    }

    /// How much is durable.
    pub fn durable(&self) -> u64 {
        self.durable
    }

    pub fn sync(&mut self) {
        self.durable = self.recorded;
    }

    /// A snapshot has what was done.
    pub fn take_snapshot(&mut self) {
        for journal in &mut self.partitions {
            journal.entries.drain(..journal.done);
            journal.done = 0;
        }
    }

    /// Loses what is not durable; the rest has to be repeated.
    pub fn crash(&mut self) {
        for journal in &mut self.partitions {
            journal.entries.retain(|entry| entry.number <= self.durable);
            journal.done = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_repeats_what_is_durable_and_others_do_not_wait() {
        let mut journals = Journals::new(2);
        journals.record(0, 7, Gave::Digest(70));
        journals.record(1, 8, Gave::Digest(80));
        journals.sync();
        let needs = journals.record(0, 9, Gave::Digest(90));
        assert!(needs > journals.durable());
        journals.crash();
        assert_eq!((journals.next(0), journals.next(1)), (Some(7), Some(8)));
        assert_eq!(journals.repeat(0), &Gave::Digest(70));
        assert_eq!(journals.next(0), None);
        assert!(journals.is_replaying());
        journals.record(0, 5, Gave::Digest(50));
        journals.take_snapshot();
        journals.crash();
        assert_eq!((journals.next(0), journals.next(1)), (None, Some(8)));
        assert_eq!(journals.repeat(1), &Gave::Digest(80));
        assert!(!journals.is_replaying());
    }
}
