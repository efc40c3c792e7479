//! What each account must have.

use crate::call::Broken;

/// The balances that follow from what was acknowledged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Ledger {
    balances: Vec<i64>,
}

/// How many wrong accounts a message names.
const NAMED_MAX: usize = 3;

impl Ledger {
    /// Of accounts that have these balances.
    pub(crate) fn new(balances: Vec<i64>) -> Self {
        Self { balances }
    }

    /// Takes note of a transfer that was acknowledged.
    pub(crate) fn transfer(&mut self, source: u64, target: u64, amount: i64) {
        self.balances[source as usize] -= amount;
        self.balances[target as usize] += amount;
    }

    /// Compares with what the accounts have.
    ///
    /// # Errors
    /// Money has come or gone, or an account has not what acknowledged transfers leave it.
    pub(crate) fn check(&self, found: &[i64]) -> Result<(), Broken> {
        let sum = |balances: &[i64]| balances.iter().map(|&it| i128::from(it)).sum::<i128>();
        let mut problems = Vec::new();
        let (expected, present) = (sum(&self.balances), sum(found));
        if expected != present {
            problems.push(format!(
                "money is not conserved: there were {expected}, there are {present}"
            ));
        }
        let pairs = self.balances.iter().zip(found).enumerate();
        let wrong: Vec<_> = pairs.filter(|(_, (expected, found))| expected != found).collect();
        for (account, (expected, found)) in wrong.iter().take(NAMED_MAX) {
            problems.push(format!(
                "account {account} has {found}, acknowledged transfers leave it {expected}"
            ));
        }
        if wrong.len() > NAMED_MAX {
            problems.push(format!("{} more accounts are wrong", wrong.len() - NAMED_MAX));
        }
        if self.balances.len() != found.len() {
            problems.push(format!("{} of {} accounts", found.len(), self.balances.len()));
        }
        if problems.is_empty() { Ok(()) } else { Err(Broken::Invariant(problems.join("; "))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> Ledger {
        let mut ledger = Ledger::new(vec![100; 8]);
        ledger.transfer(0, 1, 30);
        ledger.transfer(1, 2, 5);
        ledger
    }

    fn problem(found: &[i64]) -> String {
        ledger().check(found).unwrap_err().to_string()
    }

    #[test]
    fn what_was_acknowledged_is_right() {
        assert_eq!(ledger().check(&[70, 125, 105, 100, 100, 100, 100, 100]), Ok(()));
    }

    #[test]
    fn a_lost_transfer_is_found_although_money_is_conserved() {
        let text = problem(&[70, 130, 100, 100, 100, 100, 100, 100]);
        assert!(text.contains("account 1 has 130, acknowledged transfers leave it 125"), "{text}");
        assert!(!text.contains("conserved"), "{text}");
    }

    #[test]
    fn half_a_transfer_is_found() {
        let text = problem(&[70, 125, 100, 100, 100, 100, 100, 100]);
        assert!(text.contains("there were 800, there are 795"), "{text}");
    }

    #[test]
    fn a_transfer_applied_twice_is_found() {
        let text = problem(&[40, 155, 105, 100, 100, 100, 100, 100]);
        assert!(text.contains("account 0 has 40"), "{text}");
    }

    #[test]
    fn missing_accounts_are_found() {
        assert!(problem(&[70, 125, 105]).contains("3 of 8 accounts"));
        assert!(problem(&[0; 8]).contains("5 more accounts are wrong"));
    }
}
