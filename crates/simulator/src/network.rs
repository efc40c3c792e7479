//! Messages under way: a FIFO channel from each sender to each partition, and nothing that orders the
//! channels among each other.

use std::collections::VecDeque;
use std::sync::Arc;

/// Which partition hosts `key`: FNV-1a, so that a seed means the same everywhere.
pub fn partition_of(key: &[u8], partitions: usize) -> usize {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in key {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    // The low bits of this hash know little of the first bytes.
    ((hash ^ (hash >> 32)) % partitions as u64) as usize
}

/// An event on its way to a key.
#[derive(Clone, Debug)]
pub struct Message {
    pub key: Arc<[u8]>,
    pub event: Arc<[u8]>,
    /// How many were sent before it.
    pub number: u64,
}

/// Who sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sender {
    Partition(usize),
    Client(usize),
}

/// Names a channel: the position in the network's list.
pub type ChannelIndex = usize;

/// All channels, and what is in them.
#[derive(Clone, Debug)]
pub struct Network {
    partitions: usize,
    /// For each sender, first the partitions, then the clients, a channel to each partition.
    channels: Vec<VecDeque<Message>>,
    /// Those with messages, in their order.
    occupied: Vec<ChannelIndex>,
    sent: u64,
}

impl Network {
    pub fn new(partitions: usize, clients: usize) -> Self {
        let channels = vec![VecDeque::new(); (partitions + clients) * partitions];
        Self { partitions, channels, occupied: Vec::new(), sent: 0 }
    }

    pub fn send(&mut self, sender: Sender, key: Arc<[u8]>, event: Arc<[u8]>) {
        let sender = match sender {
            Sender::Partition(partition) => partition,
            Sender::Client(client) => self.partitions + client,
        };
        let channel = sender * self.partitions + partition_of(&key, self.partitions);
        if self.channels[channel].is_empty() {
            let place = self.occupied.binary_search(&channel);
            self.occupied.insert(place.expect_err("an empty channel is not listed"), channel);
        }
        self.channels[channel].push_back(Message { key, event, number: self.sent });
        self.sent += 1;
    }

    /// Takes the first message of a channel that has one.
    pub fn receive(&mut self, channel: ChannelIndex) -> Message {
        let message = self.channels[channel].pop_front().expect("the channel has a message");
        if self.channels[channel].is_empty() {
            let place = self.occupied.binary_search(&channel).expect("the channel is listed");
            self.occupied.remove(place);
        }
        message
    }

    /// Channels with messages, in the order of their indices.
    pub fn occupied(&self) -> &[ChannelIndex] {
        &self.occupied
    }

    pub fn is_empty(&self) -> bool {
        self.occupied.is_empty()
    }

    /// The next message of an occupied channel.
    pub fn first(&self, channel: ChannelIndex) -> &Message {
        self.channels[channel].front().expect("the channel has a message")
    }

    /// Where the channel leads.
    pub fn receiver(&self, channel: ChannelIndex) -> usize {
        channel % self.partitions
    }

    pub fn sender(&self, channel: ChannelIndex) -> Sender {
        let sender = channel / self.partitions;
        match sender.checked_sub(self.partitions) {
            Some(client) => Sender::Client(client),
            None => Sender::Partition(sender),
        }
    }

    /// The occupied channel whose next message was sent before all others.
    pub fn oldest(&self) -> Option<ChannelIndex> {
        self.occupied.iter().copied().min_by_key(|channel| self.first(*channel).number)
    }

    pub fn messages(&self) -> usize {
        self.occupied.iter().map(|channel| self.channels[*channel].len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Arc<[u8]> {
        text.as_bytes().into()
    }

    #[test]
    fn a_channel_keeps_its_order_and_others_do_not_wait_for_it() {
        let mut network = Network::new(3, 2);
        for text in ["first", "second"] {
            network.send(Sender::Partition(1), bytes("key"), bytes(text));
            network.send(Sender::Client(1), bytes("key"), bytes(text));
        }
        let [one, other] = network.occupied().to_vec()[..] else { panic!("two channels") };
        assert_eq!(network.sender(one), Sender::Partition(1));
        assert_eq!(network.sender(other), Sender::Client(1));
        assert_eq!(network.receiver(one), network.receiver(other));
        assert_eq!(network.oldest(), Some(one));
        assert_eq!(*network.receive(other).event, *b"first");
        assert_eq!(*network.receive(other).event, *b"second");
        assert_eq!(network.occupied(), [one]);
        assert_eq!(*network.receive(one).event, *b"first");
        assert_eq!(network.messages(), 1);
        assert_eq!(*network.receive(one).event, *b"second");
        assert!(network.is_empty());
    }

    #[test]
    fn keys_spread_over_partitions() {
        let mut counts = [0; 8];
        for number in 0..800 {
            counts[partition_of(format!("account-{number}").as_bytes(), 8)] += 1;
        }
        assert!(counts.iter().all(|count| (50..150).contains(count)), "{counts:?}");
    }
}
