//! Which update may have been the last of a record.
//!
//! Many requests are under way at a time, and nobody knows in which order the server applies two
//! that are under way together. But an update that was acknowledged before another one was asked for
//! came before it. So of each record those updates are kept that no later one must have replaced.

use std::collections::HashMap;

use crate::call::Broken;

/// Updates of all records.
#[derive(Debug, Default)]
pub(super) struct Updates {
    /// Counts what is asked and answered.
    clock: u64,
    /// Of records that were written: what their data may be.
    last: HashMap<u64, Vec<Answered>>,
}

/// An update under way.
#[derive(Clone, Copy, Debug)]
pub struct Update {
    pub(super) account: u64,
    /// No other update has it.
    pub(super) number: u64,
}

#[derive(Clone, Copy, Debug)]
struct Answered {
    number: u64,
    /// When it was acknowledged.
    at: u64,
}

impl Updates {
    /// A new update of an account. Its number says when it was asked for.
    pub(super) fn ask(&mut self, account: u64) -> Update {
        self.clock += 1;
        Update { account, number: self.clock }
    }

    pub(super) fn answered(&mut self, update: Update) {
        self.clock += 1;
        let last = self.last.entry(update.account).or_default();
        last.retain(|answered| answered.at > update.number);
        last.push(Answered { number: update.number, at: self.clock });
    }

    /// A record has this at first.
    pub(super) fn found(&mut self, account: u64, number: u64) {
        self.clock = self.clock.max(number + 1);
        self.last.insert(account, vec![Answered { number, at: self.clock }]);
    }

    /// Whether a record may have this at the end, when nothing is under way.
    pub(super) fn check(&self, account: u64, number: u64) -> Result<(), Broken> {
        let last = self.last.get(&account);
        let is_possible = match last {
            None => number == 0,
            Some(last) => last.iter().any(|answered| answered.number == number),
        };
        if is_possible {
            return Ok(());
        }
        let expected: Vec<u64> =
            last.map_or(vec![0], |last| last.iter().map(|answered| answered.number).collect());
        Err(Broken::Invariant(format!(
            "record {account} has the data of update {number}; the last one acknowledged is one of \
             {expected:?}"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_updates_one_after_another_the_last_one_counts() {
        let mut updates = Updates::default();
        assert!(updates.check(5, 0).is_ok());
        let first = updates.ask(5);
        updates.answered(first);
        let second = updates.ask(5);
        updates.answered(second);
        assert!(updates.check(5, second.number).is_ok());
        for lost in [0, first.number] {
            let text = updates.check(5, lost).unwrap_err().to_string();
            assert!(text.contains("record 5"), "{text}");
        }
    }

    #[test]
    fn of_updates_under_way_together_each_may_be_the_last() {
        let mut updates = Updates::default();
        let (first, second) = (updates.ask(5), updates.ask(5));
        updates.answered(second);
        updates.answered(first);
        assert!(updates.check(5, first.number).is_ok());
        assert!(updates.check(5, second.number).is_ok());
        let third = updates.ask(5);
        updates.answered(third);
        assert!(updates.check(5, first.number).is_err());
        assert!(updates.check(5, third.number).is_ok());
    }

    #[test]
    fn numbers_go_on_behind_those_that_were_found() {
        let mut updates = Updates::default();
        updates.found(5, 70);
        assert!(updates.ask(5).number > 70);
    }
}
