//! Every request is answered, and always in the same way.

use std::collections::BTreeSet;

use crate::finding::FindingKind;
use crate::history::{Recorded, describe_reply};
use crate::{Finding, History};

/// Checks that each request has a reply, and no two different ones.
///
/// # Errors
/// The first request for which that does not hold.
pub fn check(history: &History) -> Result<(), Finding> {
    let unanswered: Vec<u64> = history
        .requests
        .iter()
        .filter(|request| request.answers.is_empty())
        .map(|request| request.number)
        .collect();
    if !unanswered.is_empty() {
        let explanation = format!("{} requests were never answered", unanswered.len());
        return Err(Finding::new(FindingKind::NoReply, unanswered, explanation));
    }
    let numbers: BTreeSet<u64> = history.requests.iter().map(|request| request.number).collect();
    assert_eq!(numbers.len(), history.requests.len(), "a number is given to one request");
    history.requests.iter().try_for_each(check_same)
}

fn check_same(request: &Recorded) -> Result<(), Finding> {
    let first = &request.answers[0];
    match request.answers.iter().find(|answer| answer.reply != first.reply) {
        None => Ok(()),
        Some(other) => {
            let explanation = format!(
                "at {} the client got {}, at {} {}",
                first.time,
                describe_reply(&first.reply),
                other.time,
                describe_reply(&other.reply)
            );
            Err(Finding::new(FindingKind::DifferentReplies, [request.number], explanation))
        }
    }
}
