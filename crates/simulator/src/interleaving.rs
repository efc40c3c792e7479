//! Which channel delivers next. No single rule finds everything: uniform choice hardly ever lets one
//! message wait for a hundred others, and starvation never mixes. So a seed goes through several rules,
//! each for a while.

use crate::network::{ChannelIndex, Network};
use crate::random::Random;

/// A rule to choose by.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Rule {
    /// Each occupied channel alike.
    Uniform,
    /// In the order in which messages were sent.
    InOrder,
    /// The channel whose next message was sent last.
    LastFirst,
    /// One channel delivers as long as it has something, then another.
    Bursts { current: Option<ChannelIndex> },
    /// One channel waits as long as any other has something.
    StarvedChannel(ChannelIndex),
    /// All channels to one partition wait as long as any other has something.
    SlowPartition(usize),
    /// Each message has a delay of up to so many messages sent after it.
    Delays { most: usize },
}

/// The rule of now, and how long it lasts.
#[derive(Debug)]
pub struct Interleaving {
    random: Random,
    partitions: usize,
    rule: Rule,
    left: usize,
}

impl Interleaving {
    pub fn new(seed: u64, partitions: usize) -> Self {
        let random = Random::new(seed, "interleaving");
        Self { random, partitions, rule: Rule::Uniform, left: 0 }
    }

    /// The channel to deliver from, one of `deliverable`, which have messages.
    pub fn choose(&mut self, network: &Network, deliverable: &[ChannelIndex]) -> ChannelIndex {
        if self.left == 0 {
            self.rule = self.draw_rule(deliverable);
            self.left = self.random.between(20, 400);
        }
        self.left -= 1;
        let chosen = match &self.rule {
            Rule::Uniform => *self.random.pick(deliverable),
            Rule::InOrder => {
                let first = deliverable.iter().min_by_key(|it| network.first(**it).number);
                *first.expect("there are messages")
            }
            Rule::LastFirst => {
                let last = deliverable.iter().max_by_key(|it| network.first(**it).number);
                *last.expect("there are messages")
            }
            Rule::Bursts { current } => match current {
                Some(channel) if deliverable.binary_search(channel).is_ok() => *channel,
                _ => *self.random.pick(deliverable),
            },
            Rule::StarvedChannel(starved) => {
                let starved = *starved;
                self.pick_other(deliverable, |channel| channel == starved)
            }
            Rule::SlowPartition(slow) => {
                let slow = *slow;
                self.pick_other(deliverable, |channel| network.receiver(channel) == slow)
            }
            Rule::Delays { most } => {
                let most = *most as u64;
                let due = |channel: &&ChannelIndex| {
                    let number = network.first(**channel).number;
                    // The delay is the message's own: it must not change from one choice to the next.
                    number + Random::new(number, "delay").number() % most
                };
                *deliverable.iter().min_by_key(due).expect("there are messages")
            }
        };
        if let Rule::Bursts { current } = &mut self.rule {
            *current = Some(chosen);
        }
        chosen
    }

    fn draw_rule(&mut self, deliverable: &[ChannelIndex]) -> Rule {
        match self.random.below(10) {
            0..=2 => Rule::Uniform,
            3 => Rule::InOrder,
            4 => Rule::LastFirst,
            5 => Rule::Bursts { current: None },
            6..=7 => Rule::StarvedChannel(*self.random.pick(deliverable)),
            8 => Rule::SlowPartition(self.random.below(self.partitions)),
            _ => Rule::Delays { most: *self.random.pick(&[4, 20, 100]) },
        }
    }

    fn pick_other(
        &mut self,
        deliverable: &[ChannelIndex],
        waits: impl Fn(ChannelIndex) -> bool,
    ) -> ChannelIndex {
        let others = deliverable.iter().filter(|channel| !waits(**channel)).count();
        if others == 0 {
            return *self.random.pick(deliverable);
        }
        let mut others_left = self.random.below(others);
        for channel in deliverable {
            if waits(*channel) {
                continue;
            }
            if others_left == 0 {
                return *channel;
            }
            others_left -= 1;
        }
        unreachable!("fewer others than were counted")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::network::Sender;

    /// A network in which each of 4 partitions has sent 5 messages to keys everywhere.
    fn network() -> Network {
        let mut network = Network::new(4, 0);
        for round in 0..20_u8 {
            let key: Arc<[u8]> = Arc::from([round].as_slice());
            network.send(Sender::Partition(usize::from(round % 4)), key, Arc::from([].as_slice()));
        }
        network
    }

    fn order(rule: Rule) -> Vec<u64> {
        let mut network = network();
        let mut interleaving = Interleaving::new(1, 4);
        interleaving.rule = rule;
        interleaving.left = 1_000;
        let mut order = Vec::new();
        while !network.is_empty() {
            let channel = interleaving.choose(&network, network.occupied());
            order.push(network.receive(channel).number);
        }
        order
    }

    #[test]
    fn rules_order_what_is_under_way() {
        let in_order: Vec<u64> = (0..20).collect();
        assert_eq!(order(Rule::InOrder), in_order);
        for rule in [
            Rule::Uniform,
            Rule::LastFirst,
            Rule::Bursts { current: None },
            Rule::SlowPartition(2),
            Rule::Delays { most: 20 },
        ] {
            let mut numbers = order(rule.clone());
            assert_ne!(numbers, in_order, "{rule:?}");
            numbers.sort_unstable();
            assert_eq!(numbers, in_order, "{rule:?}");
        }
    }

    #[test]
    fn a_starved_channel_waits_for_all_others() {
        let network = network();
        let starved = network.occupied()[1];
        let mut left = Vec::new();
        let mut draining = network.clone();
        while draining.occupied().contains(&starved) {
            let number = draining.receive(starved).number;
            left.push(number);
        }
        let order = order(Rule::StarvedChannel(starved));
        assert_eq!(order[order.len() - left.len()..], left);
    }
}
