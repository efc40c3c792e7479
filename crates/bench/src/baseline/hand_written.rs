//! What a Rust programmer would write for this one transaction: a hash map in one thread, a log with
//! group commit in another.
//!
//! The loop runs ahead of the log by a bounded number of transfers. A transfer counts when its group
//! has been synced.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use anabranch_log::{DiskFiles, Log, LogError, Options};

use super::{BaselineError, Turn};
use crate::keys::{Distribution, Keys};
use crate::random::Random;
use crate::trial::Times;
use crate::workload::account_number::AccountNumber;
use crate::workload::transfer::FIRST_BALANCE;

/// Transfers handed to the log together.
const BATCH: usize = 256;
/// Batches that may wait for the log.
const WAITING_MAX: usize = 64;
/// The log is cut when it has so many bytes, as if a checkpoint had been made.
const LOG_BYTES_MAX: u64 = 256 << 20;

/// The record of one transfer.
type Record = [u8; 56];

/// Runs transfers between so many accounts.
///
/// # Errors
/// The log fails, or the money is not right at the end.
pub fn run(accounts: u64, times: Times) -> Result<Turn, BaselineError> {
    let folder = tempfile::Builder::new().prefix("anabranch-bench-").tempdir()?;
    let failed = |error: LogError| BaselineError::Failed(error.to_string());
    let files = DiskFiles::new(folder.path());
    let log = Log::create(Arc::new(files), 0, Options::default()).map_err(failed)?;
    let (sender, receiver) = sync_channel(WAITING_MAX);
    let mut balances: HashMap<String, i64> = (0..accounts)
        .map(|number| (AccountNumber::new(number).text().to_owned(), FIRST_BALANCE))
        .collect();
    let start = Instant::now() + times.warm_up;
    let end = start + times.measured;
    let durable = thread::scope(|scope| {
        let committing = scope.spawn(move || commit(log, &receiver, start, end));
        transfer_until(end, &mut balances, &sender);
        drop(sender);
        committing.join().expect("this is a bug in Anabranch: the log panicked")
    });
    let durable = durable.map_err(failed)?;
    let money: i64 = balances.values().sum();
    if money != FIRST_BALANCE * accounts as i64 {
        return Err(BaselineError::Failed(format!("money is not conserved: {money}")));
    }
    let configuration = format!(
        "a HashMap<String, i64>, {} bytes of log for each transfer, synced in groups by a thread of \
         its own; no network, no requests",
        size_of::<Record>()
    );
    Ok(Turn { rate: durable as f64 / times.measured.as_secs_f64(), configuration })
}

fn transfer_until(
    end: Instant,
    balances: &mut HashMap<String, i64>,
    sender: &SyncSender<Vec<Record>>,
) {
    let keys = Keys::new(balances.len() as u64, Distribution::Uniform);
    let mut random = Random::new(7);
    while Instant::now() < end {
        let mut records = Vec::with_capacity(BATCH);
        for _ in 0..BATCH {
            let (source, target) = keys.choose_two(&mut random);
            let (source, target) = (AccountNumber::new(source), AccountNumber::new(target));
            let (source, target) = (source.text(), target.text());
            let Some(from) = balances.get_mut(source).filter(|balance| **balance >= 1) else {
                continue;
            };
            *from -= 1;
            let left = *from;
            let to = balances.get_mut(target).expect("all accounts are there");
            *to += 1;
            records.push(record(source, left, target, *to));
        }
        if sender.send(records).is_err() {
            break;
        }
    }
}

fn record(source: &str, left: i64, target: &str, has: i64) -> Record {
    let mut record = [0; 56];
    record[..16].copy_from_slice(source.as_bytes());
    record[16..24].copy_from_slice(&left.to_le_bytes());
    record[24..40].copy_from_slice(target.as_bytes());
    record[40..48].copy_from_slice(&has.to_le_bytes());
    record
}

/// Writes groups of all that waits; gives how many transfers became durable between two instants.
fn commit(
    mut log: Log,
    batches: &Receiver<Vec<Record>>,
    start: Instant,
    end: Instant,
) -> Result<u64, LogError> {
    let mut durable = 0;
    while let Ok(mut group) = batches.recv() {
        while let Ok(batch) = batches.try_recv() {
            group.extend(batch);
        }
        if group.is_empty() {
            continue;
        }
        let first = log.next_sequence();
        log.append(first, &group)?;
        let now = Instant::now();
        if now >= start && now < end {
            durable += group.len() as u64;
        }
        if log.bytes() > LOG_BYTES_MAX {
            log.cut(log.next_sequence() - 1)?;
        }
    }
    Ok(durable)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn transfers_become_durable() {
        let times =
            Times { warm_up: Duration::from_millis(5), measured: Duration::from_millis(50) };
        let turn = run(100, times).unwrap();
        assert!(turn.rate > 0.0);
    }
}
