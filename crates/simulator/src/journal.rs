//! The recorded order of deliveries: for each partition, from which channels it took its messages since the last
//! snapshot.
//!
//! A replay keeps to the order of each partition; how partitions interleave is left open, as between
//! machines. One that has repeated all of its journal goes on, while others still repeat theirs.
//!
//! All journals become durable together, so what is durable at one never depends on what another has lost.

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

#[derive(Clone, Copy, Debug)]
struct Entry {
    number: u64,
    channel: ChannelIndex,
    /// A digest of what came of it.
    gave: u64,
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
    pub fn repeat(&mut self, partition: usize) -> u64 {
        let journal = &mut self.partitions[partition];
        journal.done += 1;
        journal.entries[journal.done - 1].gave
    }

    /// The partition takes a message that it has not taken before. Gives how much has to be durable before
    /// what comes of it may be told.
    pub fn record(&mut self, partition: usize, channel: ChannelIndex, gave: u64) -> u64 {
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
        journals.record(0, 7, 70);
        journals.record(1, 8, 80);
        journals.sync();
        let needs = journals.record(0, 9, 90);
        assert!(needs > journals.durable());
        journals.crash();
        assert_eq!((journals.next(0), journals.next(1)), (Some(7), Some(8)));
        assert_eq!(journals.repeat(0), 70);
        assert_eq!(journals.next(0), None);
        assert!(journals.is_replaying());
        journals.record(0, 5, 50);
        journals.take_snapshot();
        journals.crash();
        assert_eq!((journals.next(0), journals.next(1)), (None, Some(8)));
        assert_eq!(journals.repeat(1), 80);
        assert!(!journals.is_replaying());
    }
}
