//! Effects and access sets.

use anabranch_ir::access::EXPRESSION_DEPTH_MAX;
use anabranch_ir::{
    Access, AccessMode, Callee, Classes, Expression, FunctionId, Member, OperatorId,
};

use super::assert_violations;
use crate::sample::{BUY, HIDDEN, ITEM, PRICE_OF, USER};

fn parameter(name: &str) -> Box<Expression> {
    Box::new(Expression::Parameter(name.into()))
}

#[test]
fn ids_index_their_tables() {
    assert_violations(
        |program| {
            program.operators[0].new_key =
                Some(Expression::Key { operator: OperatorId(9), entity: parameter("username") });
            let effects = &mut program.functions[BUY.index()].effects;
            effects.reads[1].operator = Some(OperatorId(8));
            effects.deletes = Classes::Listed(vec![OperatorId(7)]);
            effects.calls = vec![Callee::Method(FunctionId(9))];
            effects.access.accesses[0].operator = OperatorId(6);
            effects.access.accesses[1].entity =
                Expression::Reference { operator: OperatorId(5), key: parameter("coupon") };
        },
        &[
            "op0: op9 does not exist",
            "fn0: op8 does not exist",
            "fn0: op7 does not exist",
            "fn0: fn9 does not exist",
            "fn0: op6 does not exist",
            "fn0: op5 does not exist",
        ],
    );
}

#[test]
fn everything_is_there_once_in_order() {
    assert_violations(
        |program| {
            let effects = &mut program.functions[BUY.index()].effects;
            effects.reads.reverse();
            effects.creates = Classes::Listed(vec![ITEM, USER]);
            effects.calls.reverse();
            effects.access.reasons.reverse();
            let access = effects.access.accesses[1].clone();
            // Another mode makes it no other access.
            effects.access.accesses.insert(1, Access { mode: AccessMode::Write, ..access });
        },
        &[
            "fn0: the attributes of the effects are not in order, each once",
            "fn0: the classes of the effects are not in order, each once",
            "fn0: the methods of the effects are not in order, each once",
            "fn0: the accesses of the effects are not in order, each once",
            "fn0: the reasons of the effects are not in order, each once",
        ],
    );
}

#[test]
fn only_methods_are_called_on_entities() {
    assert_violations(
        |program| program.functions[BUY.index()].effects.calls.insert(2, Callee::Method(PRICE_OF)),
        &["fn0: it calls fn2 on an entity, which is no method"],
    );
    assert_violations(
        |program| program.functions[BUY.index()].effects.calls.insert(2, Callee::Method(HIDDEN)),
        &["fn0: it calls fn4 on an entity, which is no method"],
    );
}

#[test]
fn expressions_are_in_terms_of_the_call() {
    let deep = (0..EXPRESSION_DEPTH_MAX)
        .fold(Expression::None, |inner, _| Expression::Each(Box::new(inner)));
    let field = Expression::Field {
        value: parameter("item"),
        record: "shop:OrderLine".into(),
        field: "colour".into(),
    };
    for (entity, message) in [
        (Expression::Parameter("basket".into()), "names the unknown parameter basket"),
        (field, "names the unknown field colour of shop:OrderLine"),
        (deep, "nests deeper than 8 levels"),
    ] {
        assert_violations(
            |program| {
                let mode = AccessMode::Read;
                let accesses = &mut program.functions[BUY.index()].effects.access.accesses;
                accesses.push(Access { operator: ITEM, entity: entity.clone(), mode });
                accesses.sort();
            },
            &[&format!("fn0: an expression {message}")],
        );
    }
    assert_violations(
        |program| program.operators[0].new_key = Some(Expression::Receiver),
        &["op0: an expression has a receiver, which is not there"],
    );
}

#[test]
fn a_method_touches_its_own_entity() {
    assert_violations(
        |program| {
            program.functions[BUY.index()].effects.access.accesses.remove(0);
        },
        &["fn0: the access set of a method does not hold its own entity"],
    );
}

#[test]
fn a_native_function_touches_nothing_else() {
    assert_violations(
        |program| {
            let effects = &mut program.functions[1].effects;
            let entity = Expression::Parameter("amount".into());
            let access = Access { operator: ITEM, entity, mode: AccessMode::Read };
            effects.access.accesses.push(access);
        },
        &["fn1: a native function touches other entities"],
    );
}

#[test]
fn what_changes_nothing_only_reads() {
    assert_violations(
        |program| program.functions[1].effects.access.accesses[0].mode = AccessMode::Write,
        &["fn1: it changes nothing, but accesses something to change it"],
    );
}

#[test]
fn reasons_have_a_place() {
    assert_violations(
        |program| {
            program.functions[BUY.index()].effects.access.reasons[0].span.end_line = 1;
        },
        &["fn0: 12-1 are no lines of a file"],
    );
}

#[test]
fn what_is_said_of_any_class_is_not_listed_by_class() {
    assert_violations(
        |program| {
            let effects = &mut program.functions[BUY.index()].effects;
            effects.reads.push(Member { operator: Some(ITEM), name: "name".into() });
            effects.reads.sort();
            effects.calls.push(Callee::OfAnyClass("buy_item".into()));
            effects.calls.sort();
        },
        &[
            "fn0: the attribute name of any class is listed as well",
            "fn0: the method buy_item of any class is listed as well",
        ],
    );
    assert_violations(
        |program| {
            let effects = &mut program.functions[BUY.index()].effects;
            effects.calls.push(Callee::OfAnyClass("a b".into()));
            effects.calls.sort();
        },
        &["fn0: the method \"a b\" has no identifier for its name"],
    );
}
