//! What a transaction has of the outside comes in as data, so that a request can run again.

mod harness;
mod shop;

use std::sync::Arc;

use anabranch_kernel::{TransactionContext, Value};
use harness::python;
use shop::{ITEM, Shop, USER, id, reference, text};

/// 2001-09-09 01:46:40 UTC and a little.
const START: i64 = 1_000_000_000_123_456_789;

fn context(start_time_nanoseconds: i64, seed: u8) -> TransactionContext {
    TransactionContext { start_time_nanoseconds, seed: [seed; 32] }
}

/// Runs one request with `context` on a fresh driver: the result, and the states of alice and pen.
fn stamped(context: TransactionContext) -> (Value, Vec<Arc<[u8]>>) {
    let mut shop = Shop::open();
    shop.create(USER, &[text("alice")]).expect("alice can be created");
    shop.create(ITEM, &[text("pen")]).expect("pen can be created");
    shop.context = context;
    let ids = [id(USER, "alice"), id(ITEM, "pen")];
    let result = shop.result(&ids[0], "stamp", &[reference(ITEM, "pen")]);
    (result, ids.iter().map(|id| shop.stored(id).expect("a state")).collect())
}

fn elements(value: &Value) -> &[Value] {
    let Value::List(elements) = value else { panic!("no list, but {value:?}") };
    elements
}

#[test]
fn the_same_context_gives_the_same_states_byte_by_byte() {
    python(|_| {
        let first = stamped(context(START, 1));
        assert_eq!(first, stamped(context(START, 1)));
        assert_ne!(first.1, stamped(context(START, 2)).1);
        assert_ne!(first.1, stamped(context(START + 1000, 1)).1);
    });
}

#[test]
fn time_stands_still_and_random_values_differ_within_a_transaction() {
    python(|_| {
        let (result, _) = stamped(context(START, 1));
        let [user_time, user_now, user_random, user_id, _, time, now, random, id, id_of_time] =
            elements(&result)
        else {
            panic!("not ten values, but {result:?}")
        };
        assert_eq!([user_time, time], [&Value::Int(START); 2]);
        assert_eq!(user_now, now);
        assert!(matches!(now, Value::DateTime(_, time) if time.microsecond == 123_456));
        assert_ne!(user_random, random);
        assert_ne!(user_id, id);
        let (Value::Uuid(id), Value::Uuid(id_of_time)) = (id, id_of_time) else {
            panic!("no UUIDs: {id:?}, {id_of_time:?}")
        };
        assert_eq!([id[6] >> 4, id_of_time[6] >> 4], [4, 1]);
        assert_eq!([id[8] >> 6, id_of_time[8] >> 6], [2, 2]);
    });
}
