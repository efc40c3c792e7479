//! The bytes of states: attributes apart, joined only where they must be.

mod harness;
mod shop;

use anabranch_kernel::Value;
use anabranch_kernel::value::state::{Difference, StateView, decode, difference};
use harness::{module, python};
use pyo3::prelude::*;
use shop::{ITEM, Shop, id, text};

/// Runs these statements on a new `Item('pen')`, called `pen`, in a transaction.
fn pen_after(statements: &str) -> (Shop, Vec<u8>) {
    let mut shop = Shop::open();
    shop.create(ITEM, &[text("pen")]).expect("pen can be created");
    run(&mut shop, statements);
    let state = shop.stored(&id(ITEM, "pen")).expect("pen is stored").to_vec();
    (shop, state)
}

fn run(shop: &mut Shop, statements: &str) {
    borrow(statements);
    shop.call(&id(ITEM, "pen"), "lend", &[]).expect("the statements run");
}

/// Makes `Item.lend` run these statements on its entity.
fn borrow(statements: &str) {
    Python::attach(|py| {
        let borrower = module(py, "borrower", &format!("def borrow(pen):\n    {statements}\n"));
        let shop = py.import("shop").expect("the shop was imported");
        shop.setattr("borrower", borrower.getattr("borrow").unwrap()).unwrap();
    });
}

fn is_joined(state: &[u8]) -> bool {
    matches!(StateView::new(state), Ok(StateView::Joined(_)))
}

fn names(state: &[u8]) -> Vec<String> {
    decode(state).expect("a state").into_iter().map(|(name, _)| name).collect()
}

/// Evaluates an expression on the entity as it is read back from its bytes.
fn holds_after_restart(shop: &mut Shop, expression: &str) -> bool {
    shop.restart();
    borrow(&format!("return {expression}"));
    let reply = shop.result(&id(ITEM, "pen"), "lend", &[]);
    reply == Value::Bool(true)
}

#[test]
fn attributes_are_apart_and_in_order() {
    python(|_| {
        let (mut shop, state) = pen_after("pen.zebra = [1]; pen.apple = [1]; del pen.stock");
        assert!(!is_joined(&state));
        assert_eq!(names(&state), ["item_id", "price", "tags", "owner", "zebra", "apple"]);
        assert!(holds_after_restart(&mut shop, "list(vars(pen))[-2:] == ['zebra', 'apple']"));
    });
}

#[test]
fn a_change_shows_in_its_attribute_alone() {
    python(|_| {
        let (mut shop, before) = pen_after("pen.tags = list(range(1000))");
        run(&mut shop, "pen.stock += 1");
        let after = shop.stored(&id(ITEM, "pen")).unwrap();
        assert_eq!(difference(&before, &after), Difference::Attributes(vec![2]));
        run(&mut shop, "pen.tags[500] = 'x'; pen.price = 7");
        let last = shop.stored(&id(ITEM, "pen")).unwrap();
        assert_eq!(difference(&after, &last), Difference::Attributes(vec![1, 3]));
    });
}

#[test]
fn a_container_in_two_attributes_stays_one() {
    python(|_| {
        let (mut shop, state) = pen_after("pen.tags = ['a']; pen.owner = {'again': pen.tags}");
        assert!(is_joined(&state));
        assert_eq!(names(&state), ["item_id", "price", "stock", "tags", "owner"]);
        assert!(holds_after_restart(&mut shop, "pen.owner['again'] is pen.tags == ['a']"));
        run(&mut shop, "pen.owner = None");
        let state = shop.stored(&id(ITEM, "pen")).unwrap();
        assert!(!is_joined(&state), "nothing is shared any more");
    });
}

#[test]
fn a_list_in_a_shared_tuple_stays_one() {
    python(|_| {
        let (mut shop, state) = pen_after("pen.tags = ([1],); pen.owner = pen.tags");
        assert!(is_joined(&state));
        assert!(holds_after_restart(&mut shop, "pen.owner[0] is pen.tags[0]"));
    });
}

#[test]
fn a_cycle_through_two_attributes_stays_one() {
    python(|_| {
        let cycle = "pen.tags = []; pen.owner = [pen.tags]; pen.tags.append(pen.owner)";
        let (mut shop, state) = pen_after(cycle);
        assert!(is_joined(&state));
        let closed = "pen.tags[0] is pen.owner and pen.owner[0] is pen.tags";
        assert!(holds_after_restart(&mut shop, closed));
    });
}

#[test]
fn what_is_shared_within_one_attribute_needs_no_joining() {
    python(|_| {
        let statements = "a = []; a.append(a); pen.tags = a; b = {}; pen.owner = [b, b]";
        let (mut shop, state) = pen_after(statements);
        assert!(!is_joined(&state));
        let kept = "pen.tags[0] is pen.tags and pen.owner[0] is pen.owner[1]";
        assert!(holds_after_restart(&mut shop, kept));
    });
}

#[test]
fn equal_but_separate_values_need_no_joining() {
    python(|_| {
        let (_, state) = pen_after("s = 'x' * 99; pen.tags = [s, (s, 1)]; pen.owner = [s, (s, 1)]");
        assert!(!is_joined(&state));
    });
}

#[test]
fn an_attribute_whose_name_is_no_string_aborts() {
    python(|_| {
        let mut shop = Shop::open();
        shop.create(ITEM, &[text("pen")]).expect("pen can be created");
        borrow("vars(pen)[1] = 2");
        let failure = shop.call(&id(ITEM, "pen"), "lend", &[]).unwrap_err();
        assert!(format!("{failure:?}").contains("TypeError"), "{failure:?}");
    });
}
