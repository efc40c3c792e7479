//! Access sets evaluated on the arguments of a request.

use anabranch_ir::{
    Access, AccessMode, AccessSet, Body, Callee, Classes, Effects, Expression, Function,
    FunctionId, Hint, Member, ModuleId, Operator, OperatorId, Parameter, ParameterKind, Program,
    Reason, Signature, Span,
};
use anabranch_kernel::access::{Touched, access_set, excess};
use anabranch_kernel::value::{Reference, Value, wire};
use anabranch_kernel::{EntityId, Operation};

const USER: OperatorId = OperatorId(0);
const ITEM: OperatorId = OperatorId(1);
const SPAN: Span = Span { module: ModuleId(0), line: 1, end_line: 1 };

fn parameter(name: &str) -> Expression {
    Expression::Parameter(name.into())
}

fn each(value: Expression) -> Expression {
    Expression::Each(Box::new(value))
}

/// `def call(self, item, amount=…, *rest, name, **more)` of the class User, which also touches these
/// items.
fn program(items: Vec<Expression>) -> Program {
    let kinds = [
        ("item", ParameterKind::PositionalOrKeyword),
        ("amount", ParameterKind::PositionalOrKeyword),
        ("rest", ParameterKind::VarPositional),
        ("name", ParameterKind::KeywordOnly),
        ("more", ParameterKind::VarKeyword),
    ];
    let parameters = kinds.map(|(name, kind)| Parameter {
        name: name.into(),
        kind,
        hint: Hint::Any,
        has_default: !matches!(name, "item" | "name"),
    });
    let own = Access { operator: USER, entity: Expression::Receiver, mode: AccessMode::Read };
    let items = items.into_iter().map(|entity| {
        let mode = AccessMode::Write;
        Access { operator: ITEM, entity, mode }
    });
    let accesses = std::iter::once(own).chain(items).collect();
    let function = Function {
        name: "call".into(),
        operator: Some(USER),
        class: Some("User".into()),
        module: ModuleId(0),
        signature: Signature { parameters: parameters.to_vec(), returns: None },
        body: Body::Segments(Vec::new()),
        effects: Effects {
            access: AccessSet { accesses, reasons: Vec::new() },
            changes: Classes::Listed(vec![ITEM]),
            ..Effects::default()
        },
        documentation: None,
        span: SPAN,
    };
    let operator = |name: &str, methods| Operator {
        name: name.into(),
        module: ModuleId(0),
        key: Hint::Str,
        bases: Vec::new(),
        constructor: function.signature.clone(),
        key_text: None,
        new_key: Some(parameter("name")),
        attributes: Vec::new(),
        methods,
        overridden: Vec::new(),
        documentation: None,
        span: SPAN,
    };
    Program {
        operators: vec![operator("User", vec![FunctionId(0)]), operator("Item", Vec::new())],
        functions: vec![function],
        ..Program::default()
    }
}

fn text(text: &str) -> Value {
    Value::Str(text.into())
}

fn reference(class: &str, key: &str) -> Value {
    Value::Reference(Reference { class: class.into(), key: Box::new(text(key)) })
}

fn id(operator: OperatorId, key: &Value) -> EntityId {
    EntityId { operator, key: wire::encode(key).into() }
}

fn call(positional: Vec<Value>, keywords: &[(&str, Value)]) -> Operation {
    let keywords = keywords.iter().map(|(name, value)| (text(name), value.clone())).collect();
    let arguments = Value::Tuple(vec![Value::Tuple(positional), Value::Dict(keywords)]);
    Operation::Call {
        target: id(USER, &text("u")),
        method: FunctionId(0),
        arguments: wire::encode(&arguments),
    }
}

/// The keys of the items that a call touches, apart from the user; `None` without an access set.
#[track_caller]
fn items(items: Vec<Expression>, operation: &Operation) -> Option<Vec<Value>> {
    let touched = access_set(&program(items), operation)?;
    assert_eq!(touched[&id(USER, &text("u"))], AccessMode::Read);
    let items = touched.iter().filter(|(id, _)| id.operator == ITEM);
    let keys = items.map(|(id, mode)| {
        assert_eq!(*mode, AccessMode::Write);
        wire::decode(&id.key).unwrap()
    });
    Some(keys.collect())
}

#[test]
fn arguments_are_bound_as_python_does() {
    let pen = || reference("Item", "pen");
    let name = ("name", text("n"));
    for operation in [
        call(vec![pen()], std::slice::from_ref(&name)),
        call(vec![], &[name.clone(), ("item", pen())]),
        call(vec![pen(), Value::Int(2), Value::Int(3)], &[name.clone(), ("other", Value::None)]),
    ] {
        assert_eq!(items(vec![parameter("item")], &operation), Some(vec![text("pen")]));
    }
    let rest =
        call(vec![Value::None, Value::None, pen()], &[name, ("x", reference("Item", "ink"))]);
    let both = vec![each(parameter("rest")), each(parameter("more"))];
    assert_eq!(items(both, &rest), Some(vec![text("ink"), text("pen")]));
}

#[test]
fn what_is_left_out_is_not_known() {
    let operation = call(vec![Value::None], &[("name", text("n"))]);
    assert_eq!(items(vec![parameter("item")], &operation), Some(vec![]));
    assert_eq!(items(vec![parameter("amount")], &operation), None);
}

#[test]
fn what_is_not_as_expected_has_no_access_set() {
    let given = |value| call(vec![value], &[("name", text("n"))]);
    // Another class, or a pickle.
    assert_eq!(items(vec![parameter("item")], &given(reference("User", "pen"))), None);
    assert_eq!(items(vec![parameter("item")], &given(Value::Opaque(vec![1]))), None);
    // What is no entity is touched by nobody.
    assert_eq!(items(vec![parameter("item")], &given(Value::Int(3))), Some(vec![]));
    // No container.
    assert_eq!(items(vec![each(parameter("item"))], &given(Value::Int(3))), None);
    assert_eq!(items(vec![each(parameter("item"))], &given(Value::None)), Some(vec![]));
    let field = Expression::Field {
        value: Box::new(parameter("item")),
        record: "shop:Line".into(),
        field: "item".into(),
    };
    let line = |class: &str, name: &str| Value::Record {
        class: class.into(),
        fields: vec![(name.into(), reference("Item", "pen"))],
    };
    let fields = |class, name| items(vec![field.clone()], &given(line(class, name)));
    assert_eq!(fields("shop:Line", "item"), Some(vec![text("pen")]));
    assert_eq!(fields("shop:OtherLine", "item"), None);
    assert_eq!(fields("shop:Line", "thing"), None);
}

#[test]
fn keys_are_computed_as_python_does() {
    let named = |key| Expression::Reference { operator: ITEM, key: Box::new(key) };
    let own_key = Expression::Key { operator: USER, entity: Box::new(Expression::Receiver) };
    let parts = vec![own_key, Expression::Str("-".into()), each(parameter("item"))];
    let numbers = Value::List(vec![Value::Int(-1), text("x")]);
    let operation = call(vec![numbers], &[("name", text("n"))]);
    let keys = items(vec![named(Expression::Text(parts.clone()))], &operation);
    // By their messages, in which the shorter text comes first.
    assert_eq!(keys, Some(vec![text("u-x"), text("u--1")]));
    let keys = items(vec![named(Expression::Tuple(parts))], &operation).unwrap();
    let tuple = |last| Value::Tuple(vec![text("u"), text("-"), last]);
    assert_eq!(keys.len(), 2);
    assert!(keys.contains(&tuple(Value::Int(-1))) && keys.contains(&tuple(text("x"))));
    // `f"{1.5}"` is for Python to say, and a list is no key.
    let odd = call(vec![Value::Float(1.5)], &[("name", text("n"))]);
    assert_eq!(items(vec![named(Expression::Text(vec![parameter("item")]))], &odd), None);
    assert_eq!(items(vec![named(parameter("item"))], &operation), None);
    assert_eq!(items(vec![named(Expression::Tuple(vec![]))], &operation), None);
}

#[test]
fn other_root_calls_touch_their_target() {
    let program = program(Vec::new());
    let arguments = Value::Tuple(vec![
        Value::Tuple(vec![Value::None]),
        Value::Dict(vec![(text("name"), text("new"))]),
    ]);
    let create = Operation::Create { operator: ITEM, arguments: wire::encode(&arguments) };
    let created = Touched::from([(id(ITEM, &text("new")), AccessMode::CreateOrDelete)]);
    assert_eq!(access_set(&program, &create), Some(created));
    let target = id(ITEM, &text("pen"));
    let property = Operation::GetAttribute { target: target.clone(), attribute: "property".into() };
    for (operation, mode) in [
        (Operation::Exists { target: target.clone() }, AccessMode::Read),
        (Operation::GetState { target: target.clone() }, AccessMode::Read),
        (property, AccessMode::Write),
        (Operation::Delete { target: target.clone() }, AccessMode::CreateOrDelete),
    ] {
        let expected = Touched::from([(target.clone(), mode)]);
        assert_eq!(access_set(&program, &operation), Some(expected));
    }
}

#[test]
fn an_incomplete_access_set_is_none() {
    let mut program = program(Vec::new());
    let operation = call(vec![Value::None], &[("name", text("n"))]);
    assert!(access_set(&program, &operation).is_some());
    let reason = Reason { text: "state".into(), span: SPAN };
    program.functions[0].effects.access.reasons.push(reason);
    assert_eq!(access_set(&program, &operation), None);
}

#[test]
fn what_goes_beyond_is_found() {
    let program = program(vec![parameter("item")]);
    let operation = call(vec![reference("Item", "pen")], &[("name", text("n"))]);
    let (user, pen, ink) = (id(USER, &text("u")), id(ITEM, &text("pen")), id(ITEM, &text("ink")));
    let found = |touched: &[&EntityId], changed: &[(&EntityId, AccessMode)]| {
        let touched: Vec<EntityId> = touched.iter().map(|id| (*id).clone()).collect();
        let changed = changed.iter().map(|(id, mode)| ((*id).clone(), *mode)).collect();
        excess(&program, &operation, &touched, &changed)
    };
    let write = AccessMode::Write;
    assert_eq!(found(&[&user, &pen], &[(&pen, write)]), None);
    let message = found(&[&user, &ink], &[]).unwrap();
    assert_eq!(message, "touched a Item, which is not in its access set");
    assert!(found(&[&user], &[(&user, write)]).unwrap().contains("only Read is said"));
    assert!(found(&[&pen], &[(&pen, AccessMode::CreateOrDelete)]).is_some());
}

#[test]
fn any_class_is_every_class() {
    let operation = call(vec![reference("Item", "pen")], &[("name", text("n"))]);
    let (user, pen) = (id(USER, &text("u")), id(ITEM, &text("pen")));
    let found = |effects: Effects, mode: Option<AccessMode>| {
        let mut program = program(vec![parameter("item")]);
        let access = AccessSet {
            reasons: vec![Reason { text: "unknown".into(), span: SPAN }],
            ..effects.access.clone()
        };
        program.functions[0].effects = Effects { access, ..effects };
        let touched = [user.clone(), pen.clone()];
        let changed = mode.map(|mode| (pen.clone(), mode)).into_iter().collect();
        excess(&program, &operation, &touched, &changed)
    };
    let member = || Member { operator: None, name: "price".into() };
    let reads = || Effects { reads: vec![member()], ..Effects::default() };
    assert!(found(Effects::default(), None).unwrap().starts_with("touched a Item"));
    assert_eq!(found(reads(), None), None);
    assert!(found(reads(), Some(AccessMode::Write)).unwrap().starts_with("changed a Item"));
    let writes = Effects { writes: vec![member()], ..Effects::default() };
    assert_eq!(found(writes, Some(AccessMode::Write)), None);
    let calls = vec![Callee::OfAnyClass("look".into())];
    assert_eq!(found(Effects { calls, ..Effects::default() }, None), None);
    for mode in [AccessMode::Write, AccessMode::CreateOrDelete] {
        let deletes = Effects { deletes: Classes::Any, ..Effects::default() };
        assert_eq!(found(deletes, Some(mode)), None);
    }
}
