//! Money comes in by creations and additions of root calls, moves, and is never lost.

use anabranch_kernel::value::wire;
use anabranch_kernel::{Operation, Value};

use crate::finding::FindingKind;
use crate::script::Method;
use crate::script::cell::Content;
use crate::script::program::name_of;
use crate::{Finding, History};

/// Checks that the balances make up what root calls brought in. A request without a reply may have
/// been applied or not: with such requests, nothing is said.
///
/// # Errors
/// The sums differ, or a state is not a cell's.
pub fn check(history: &History) -> Result<(), Finding> {
    let mut brought = 0;
    for request in &history.requests {
        match request.reply() {
            None => return Ok(()),
            Some(Ok(_)) => brought += brought_by(&request.operation),
            Some(Err(_)) => {}
        }
    }
    let mut held = 0;
    for (id, state) in &history.final_states {
        let content = Content::decode(state).map_err(|error| {
            let explanation = format!("the state of {} is no cell's: {error}", name_of(id));
            Finding::new(FindingKind::Unreadable, [], explanation)
        })?;
        held += content.balance.unwrap_or(0);
    }
    if held == brought {
        return Ok(());
    }
    let explanation = format!("cells hold {held}, root calls brought in {brought}");
    Err(Finding::new(FindingKind::Money, [], explanation))
}

fn brought_by(operation: &Operation) -> i64 {
    let (arguments, place) = match operation {
        Operation::Create { arguments, .. } => (arguments, 1),
        Operation::Call { method, arguments, .. } if *method == Method::Add.id() => (arguments, 0),
        _ => return 0,
    };
    match wire::decode(arguments) {
        Ok(Value::Tuple(both)) => match both.first() {
            Some(Value::Tuple(positional)) => match positional.get(place) {
                Some(Value::Int(amount)) => *amount,
                _ => 0,
            },
            _ => 0,
        },
        _ => 0,
    }
}
