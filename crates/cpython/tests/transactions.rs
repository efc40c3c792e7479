//! A hand-compiled application on the kernel's transaction driver.

mod harness;
mod shop;

use anabranch_kernel::value::wire::decode;
use anabranch_kernel::{Failure, Limits, Operation, Raised, Reply, Value};
use harness::python;
use shop::{ITEM, Shop, USER, id, reference, text};

/// Runs `test` in a shop with the user alice, who has 100, and 10 pens of price 3.
fn in_shop(test: impl FnOnce(&mut Shop)) {
    python(|_| {
        let mut shop = Shop::open();
        shop.create(USER, &[text("alice")]).expect("alice can be created");
        shop.create(ITEM, &[text("pen"), Value::Int(3)]).expect("pen can be created");
        shop.set(&id(USER, "alice"), "balance", &Value::Int(100));
        shop.set(&id(ITEM, "pen"), "stock", &Value::Int(10));
        test(&mut shop);
    });
}

fn raised(reply: Reply) -> Raised {
    match reply {
        Err(Failure::Raised(raised)) => raised,
        other => panic!("no exception, but {other:?}"),
    }
}

#[test]
fn a_root_call_that_returns_commits() {
    in_shop(|shop| {
        let (alice, pen) = (id(USER, "alice"), id(ITEM, "pen"));
        let bought = shop.result(&alice, "buy_item", &[Value::Int(2), reference(ITEM, "pen")]);
        assert_eq!(bought, Value::Bool(true));
        shop.restart();
        assert_eq!(shop.get(&alice, "balance"), Value::Int(94));
        assert_eq!(shop.get(&pen, "stock"), Value::Int(8));
        let too_many = shop.result(&alice, "buy_item", &[Value::Int(9), reference(ITEM, "pen")]);
        assert_eq!(too_many, Value::Bool(false));
    });
}

#[test]
fn asking_for_memory_ahead_changes_nothing() {
    in_shop(|shop| {
        let (alice, pen) = (id(USER, "alice"), id(ITEM, "pen"));
        let ids = [alice.clone(), pen.clone(), id(ITEM, "none"), id(USER, "pen"), pen.clone()];
        for amount in 1..=3 {
            shop.prefetch(&ids);
            let arguments = [Value::Int(1), reference(ITEM, "pen")];
            assert_eq!(shop.result(&alice, "buy_item", &arguments), Value::Bool(true));
            shop.prefetch(&ids);
            assert_eq!(shop.get(&pen, "stock"), Value::Int(10 - amount));
        }
        // Neither what was evicted nor what was undone is asked for.
        raised(shop.call(&alice, "fail", &[reference(ITEM, "pen")]));
        shop.prefetch(&ids);
        shop.restart();
        shop.prefetch(&ids);
        assert_eq!(shop.get(&alice, "balance"), Value::Int(91));
    });
}

#[test]
fn an_exception_undoes_everything_and_reaches_the_client() {
    in_shop(|shop| {
        let (alice, pen) = (id(USER, "alice"), id(ITEM, "pen"));
        let raised = raised(shop.call(&alice, "fail", &[reference(ITEM, "pen")]));
        assert_eq!(raised.class, "shop:OutOfMoney");
        assert_eq!(raised.message, "5");
        assert_eq!(raised.http_status, Some(402));
        let Ok(Value::Exception(exception)) = decode(&raised.exception) else {
            panic!("no exception")
        };
        assert_eq!(exception.args, [Value::Int(5)]);
        assert_eq!(exception.attributes, [("missing".to_owned(), Value::Int(5))]);
        assert_eq!(shop.get(&alice, "balance"), Value::Int(100));
        assert_eq!(shop.get(&pen, "stock"), Value::Int(10));
    });
}

#[test]
fn a_traceback_shows_the_users_own_line() {
    in_shop(|shop| {
        let raised = raised(shop.call(&id(USER, "alice"), "fail", &[reference(ITEM, "pen")]));
        let file = shop::root().join("shop.py");
        let source = std::fs::read_to_string(&file).unwrap();
        let line = source.lines().position(|line| line.contains("raise OutOfMoney")).unwrap() + 1;
        let expected = format!(
            "Traceback (most recent call last):\n  File \"{}\", line {line}, in fail\n    raise \
             OutOfMoney(amount)\nshop.OutOfMoney: 5\n",
            file.display()
        );
        assert_eq!(raised.traceback, expected);
    });
}

#[test]
fn binding_errors_read_as_pythons() {
    in_shop(|shop| {
        let raised = raised(shop.call(&id(USER, "alice"), "buy_item", &[]));
        assert_eq!(
            raised.message,
            "User.buy_item() missing 2 required positional arguments: 'amount' and 'item'"
        );
    });
}

#[test]
fn defaults_are_those_of_the_users_function() {
    in_shop(|shop| {
        let raised = raised(shop.call(&id(USER, "alice"), "fail", &[reference(ITEM, "pen")]));
        assert_eq!(raised.message, "5");
    });
}

#[test]
fn an_entity_that_does_not_exist_is_not_found() {
    in_shop(|shop| {
        let alice = id(USER, "alice");
        let no_cup = [Value::Int(1), reference(ITEM, "cup")];
        let raised_in_method = raised(shop.call(&alice, "buy_item", &no_cup));
        assert_eq!(raised_in_method.class, "anabranch:EntityNotFound");
        assert_eq!(raised_in_method.message, "no Item with key 'cup'");
        assert_eq!(raised_in_method.http_status, Some(404));
        let at_the_root = raised(shop.call(&id(USER, "bob"), "buy_item", &no_cup));
        assert_eq!(at_the_root.message, "no User with key 'bob'");
    });
}

#[test]
fn a_key_that_is_taken_cannot_be_created_again() {
    in_shop(|shop| {
        let raised = raised(shop.create(ITEM, &[text("pen")]));
        assert_eq!(raised.class, "anabranch:EntityExists");
        assert_eq!(raised.message, "Item with key 'pen' exists already");
        assert_eq!(shop.get(&id(ITEM, "pen"), "price"), Value::Int(3));
    });
}

#[test]
fn re_entrance_sees_uncommitted_state() {
    in_shop(|shop| {
        let balance = shop.result(&id(USER, "alice"), "visit", &[reference(ITEM, "pen")]);
        assert_eq!(balance, Value::Int(11));
    });
}

#[test]
fn endless_recursion_is_an_exception() {
    in_shop(|shop| {
        shop.create(USER, &[text("bob")]).expect("bob can be created");
        let raised = raised(shop.call(&id(USER, "alice"), "forever", &[reference(USER, "bob")]));
        assert_eq!(raised.class, "builtins:RecursionError");
        // An entity that calls itself suspends too.
        let raised =
            self::raised(shop.call(&id(USER, "alice"), "forever", &[reference(USER, "alice")]));
        assert_eq!(raised.class, "builtins:RecursionError");
    });
}

#[test]
fn methods_create_and_delete_entities() {
    in_shop(|shop| {
        let alice = id(USER, "alice");
        assert_eq!(shop.result(&alice, "make", &[text("cup")]), reference(ITEM, "cup"));
        assert_eq!(shop.get(&id(ITEM, "cup"), "price"), Value::Int(7));
        let new = shop.result(&alice, "replace", &[reference(ITEM, "pen")]);
        assert_eq!(new, reference(ITEM, "new"));
        let exists = shop.execute(&Operation::Exists { target: id(ITEM, "pen") });
        assert_eq!(decode(&exists.expect("an answer")), Ok(Value::Bool(false)));
        assert_eq!(shop.result(&alice, "replace", &[reference(ITEM, "pen")]), Value::None);
    });
}

#[test]
fn arguments_are_copied_together_and_self_becomes_a_reference() {
    in_shop(|shop| {
        let same_list = shop.result(&id(USER, "alice"), "give", &[reference(ITEM, "pen")]);
        assert_eq!(same_list, Value::Bool(true));
        let pen = id(ITEM, "pen");
        assert_eq!(shop.get(&pen, "tags"), Value::List(vec![text("a")]));
        assert_eq!(shop.get(&pen, "owner"), reference(USER, "alice"));
    });
}

#[test]
fn receivers_that_are_no_references_are_used_at_once() {
    in_shop(|shop| {
        let things = Value::List(vec![text("a"), text("b")]);
        let index = shop.result(&id(USER, "alice"), "call_anything", &[things, text("b")]);
        assert_eq!(index, Value::Int(1));
        let raised =
            raised(shop.call(&id(USER, "alice"), "call_anything", &[Value::None, text("b")]));
        assert_eq!(raised.message, "'NoneType' object has no attribute 'index'");
    });
}

#[test]
fn helper_functions_run_on_behalf_of_their_caller() {
    in_shop(|shop| {
        let price = shop.result(&id(USER, "alice"), "use_helper", &[reference(ITEM, "pen")]);
        assert_eq!(price, Value::Int(6));
    });
}

#[test]
fn an_unknown_method_is_an_attribute_error() {
    in_shop(|shop| {
        let raised = raised(shop.call(&id(USER, "alice"), "touch", &[reference(ITEM, "pen")]));
        assert_eq!(raised.class, "builtins:AttributeError");
        assert_eq!(raised.message, "'Item' object has no attribute 'missing'");
    });
}

#[test]
fn code_that_cannot_suspend_cannot_use_a_reference() {
    in_shop(|shop| {
        let raised = raised(shop.call(&id(ITEM, "pen"), "peek", &[reference(USER, "alice")]));
        assert_eq!(raised.class, "anabranch:RemoteAccessError");
        let source = std::fs::read_to_string(shop::root().join("shop.py")).unwrap();
        let line = source.lines().position(|line| line.contains("lambda: user")).unwrap() + 1;
        assert!(raised.message.contains(&format!("shop.py:{line})")), "{}", raised.message);
        assert!(raised.message.starts_with("User('alice').balance"), "{}", raised.message);
    });
}

#[test]
fn a_method_cannot_be_read_as_an_attribute() {
    in_shop(|shop| {
        let raised =
            raised(shop.call(&id(USER, "alice"), "read_method", &[reference(ITEM, "pen")]));
        assert_eq!(raised.class, "anabranch:RemoteAccessError");
    });
}

#[test]
fn unfit_arguments_are_the_clients_mistake() {
    in_shop(|shop| {
        let method = shop::program().method_named(ITEM, "update_stock").unwrap();
        let operation = Operation::Call { target: id(ITEM, "pen"), method, arguments: vec![1, 99] };
        assert_eq!(raised(shop.execute(&operation)).http_status, Some(422));
    });
}

#[test]
fn a_too_large_transaction_is_undone_and_says_what_to_do() {
    python(|_| {
        let few = Limits { touched_entities: 1, ..Limits::default() };
        let short = Limits { effect_bytes: 100, ..Limits::default() };
        for (limits, part) in [(few, "more than 1 entities"), (short, "more than 100 bytes")] {
            let mut shop = Shop::with_limits(limits);
            shop.create(ITEM, &[text("pen")]).expect("pen can be created");
            shop.create(USER, &[text("alice")]).expect("alice can be created");
            let pen = id(ITEM, "pen");
            let raised = match limits.touched_entities {
                1 => raised(shop.call(&id(USER, "alice"), "fail", &[reference(ITEM, "pen")])),
                _ => raised(shop.call(&pen, "keep", &[text(&"x".repeat(100))])),
            };
            assert_eq!(raised.class, "anabranch:TransactionTooLarge");
            assert!(raised.message.contains(part), "{}", raised.message);
            assert!(raised.message.ends_with("in several requests"), "{}", raised.message);
            assert_eq!(raised.http_status, Some(422));
            assert_eq!(shop.get(&pen, "stock"), Value::Int(0));
            assert_eq!(shop.get(&pen, "tags"), Value::List(Vec::new()));
        }
    });
}
