//! Arguments by name and encoded arguments, bound to parameters.

use anabranch_ir::{Hint, Parameter, Signature};
use anabranch_kernel::Value;
use anabranch_kernel::value::{ExceptionValue, Reference, wire};
use axum::body::Body;
use axum::http;

use super::application::{self, mixed_parameters, required};
use super::fake_engine::{Answer, FakeEngine, post, router_over, send, str_value};
use crate::arguments::{ArgumentError, check_message, from_json};
use crate::body::VALUE;

fn signature(parameters: Vec<Parameter>) -> Signature {
    Signature { parameters, returns: None }
}

/// Positional and keyword arguments, as Python would show them.
fn bound(parameters: Vec<Parameter>, json: &str) -> Result<Value, Vec<String>> {
    let json = serde_json::from_str(json).unwrap();
    match from_json(&application::program(), &signature(parameters), &json) {
        Ok(message) => Ok(wire::decode(&message).unwrap()),
        Err(ArgumentError::Mistakes(mistakes)) => Err(mistakes),
        Err(error) => panic!("{error:?}"),
    }
}

fn arguments(positional: Vec<Value>, keywords: Vec<(&str, Value)>) -> Value {
    let keywords = keywords.into_iter().map(|(name, value)| (str_value(name), value)).collect();
    Value::Tuple(vec![Value::Tuple(positional), Value::Dict(keywords)])
}

#[test]
fn names_become_positions_as_far_as_there_is_no_gap() {
    let (int, float, text) = (Value::Int, Value::Float, str_value);
    let yes = || Value::Bool(true);
    let cases = [
        (
            r#"{"d": true, "c": "c", "b": 2, "a": 1}"#,
            arguments(vec![int(1), int(2), text("c")], vec![("d", yes())]),
        ),
        (
            r#"{"a": 1, "c": "c", "d": true}"#,
            arguments(vec![int(1)], vec![("c", text("c")), ("d", yes())]),
        ),
        (
            r#"{"a": 1, "b": 2, "c": "c", "rest": [3, 4], "d": true, "e": 5, "others": 6}"#,
            arguments(
                vec![int(1), int(2), text("c"), int(3), int(4)],
                vec![("d", yes()), ("e", float(5.0)), ("others", float(6.0))],
            ),
        ),
        (r#"{"a": 1, "rest": [], "d": true}"#, arguments(vec![int(1)], vec![("d", yes())])),
    ];
    for (json, expected) in cases {
        assert_eq!(bound(mixed_parameters(), json), Ok(expected), "{json}");
    }
}

#[test]
fn all_mistakes_in_named_arguments_are_listed() {
    let plain = || vec![required("amount", Hint::Int), required("item", Hint::Any)];
    let cases: [(Vec<Parameter>, &str, &[&str]); 5] = [
        (
            plain(),
            r#"{"amount": "two", "tiem": 1}"#,
            &[
                "arguments.amount: expected int, got \"two\"",
                "arguments.item: missing",
                "arguments.tiem: there is no such parameter; there are amount, item",
            ],
        ),
        (vec![], r#"{"x": 1}"#, &["arguments.x: there is no such parameter; none is taken"]),
        (plain(), "[]", &["arguments: expected an object of arguments by name, got an array of 0"]),
        (
            mixed_parameters(),
            r#"{"a": 1, "rest": [2], "d": true, "e": "f"}"#,
            &[
                "arguments.rest: can be given only together with \"b\", which comes before it",
                "arguments.e: expected float, got \"f\"",
            ],
        ),
        (
            mixed_parameters(),
            r#"{"b": 1}"#,
            &["arguments.a: missing, expected int", "arguments.d: missing, expected bool"],
        ),
    ];
    for (parameters, json, expected) in cases {
        let expected: Vec<_> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(bound(parameters, json), Err(expected), "{json}");
    }
}

fn checked(parameters: Vec<Parameter>, arguments: &Value) -> Vec<String> {
    let message = wire::encode(arguments);
    match check_message(&application::program(), &signature(parameters), &message) {
        Ok(()) => vec![],
        Err(ArgumentError::Mistakes(mistakes)) => mistakes,
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn encoded_arguments_are_bound_as_python_binds_them() {
    let int = Value::Int;
    let yes = || ("d", Value::Bool(true));
    let cases: [(Value, &[&str]); 6] = [
        (arguments(vec![int(1)], vec![yes()]), &[]),
        (arguments(vec![int(1), int(2), str_value("c"), int(3)], vec![yes(), ("e", int(4))]), &[]),
        (
            arguments(vec![int(1), int(2), str_value("c")], vec![yes(), ("c", str_value("c"))]),
            &["arguments.c: given twice"],
        ),
        // The name of a positional-only parameter is free for **others.
        (
            arguments(vec![], vec![yes(), ("a", Value::Float(1.0))]),
            &["arguments.a: missing, expected int"],
        ),
        (
            arguments(vec![str_value("1")], vec![]),
            &["arguments.a: expected int, got str", "arguments.d: missing, expected bool"],
        ),
        (int(1), &["arguments: expected a tuple of positional arguments and a dict of keywords"]),
    ];
    for (arguments, expected) in cases {
        assert_eq!(checked(mixed_parameters(), &arguments), expected, "{arguments:?}");
    }
    let too_many = arguments(vec![int(1), int(2)], vec![("b", int(3))]);
    let expected = [
        "arguments: 1 more positional than there are parameters",
        "arguments.b: there is no such parameter; there are a",
    ];
    assert_eq!(checked(vec![required("a", Hint::Int)], &too_many), expected);
}

fn reference(class: &str, key: Value) -> Value {
    Value::Reference(Reference { class: class.to_owned(), key: Box::new(key) })
}

fn record(class: &str, fields: Vec<(&str, Value)>) -> Value {
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Value::Record { class: class.to_owned(), fields }
}

fn exception(class: &str) -> Value {
    let class = class.to_owned();
    Value::Exception(Box::new(ExceptionValue { class, args: vec![], attributes: vec![] }))
}

#[test]
fn encoded_values_fit_hints_by_the_rules_of_typing() {
    let int = Value::Int;
    let address = || Hint::Record("shop:Address".to_owned());
    let optional = Hint::Union(vec![address(), Hint::None]);
    let numbers = Hint::Dict(Box::new(Hint::Str), Box::new(Hint::List(Box::new(Hint::Int))));
    let member = |member: &str| Value::Enum { class: "shop:Colour".into(), member: member.into() };
    let street = || ("street", str_value("Mekelweg"));
    let cases = [
        (Hint::Int, Value::Bool(true), ""),
        (Hint::Float, int(1), ""),
        (Hint::Bool, int(1), "arguments.x: expected bool, got int"),
        (Hint::Tuple(vec![Hint::Int]), Value::Tuple(vec![int(1)]), ""),
        (
            Hint::Tuple(vec![Hint::Int]),
            Value::Tuple(vec![]),
            "arguments.x: expected tuple[int], got tuple of 0",
        ),
        (
            numbers.clone(),
            Value::Dict(vec![(str_value("a"), Value::List(vec![int(1), Value::None]))]),
            "arguments.x[0][1]: expected int, got None",
        ),
        (numbers, Value::Dict(vec![(str_value("a"), Value::List(vec![int(1)]))]), ""),
        (Hint::Entity("Item".into()), reference("Item", str_value("pen")), ""),
        (
            Hint::Entity("Item".into()),
            reference("Item", int(1)),
            "arguments.x: expected str, got int",
        ),
        (
            Hint::Entity("Item".into()),
            reference("User", str_value("a")),
            "arguments.x: expected Item, got a reference to User",
        ),
        (address(), record("shop:Address", vec![street()]), ""),
        (
            optional,
            record("shop:Address", vec![("street", int(1))]),
            "arguments.x.street: expected str, got int",
        ),
        (address(), record("shop:Node", vec![]), "arguments.x: expected Address, got shop:Node"),
        (Hint::Enum("shop:Colour".into()), member("RED"), ""),
        (
            Hint::Enum("shop:Colour".into()),
            member("GREEN"),
            "arguments[0]: shop:Colour has no member \"GREEN\"",
        ),
        (
            Hint::Any,
            Value::Opaque(vec![]),
            "arguments[0]: an object of this type is not taken \
            from a client: it would have to be unpickled",
        ),
        (Hint::Any, reference("Car", int(1)), "arguments[0]: there is no entity class \"Car\""),
        (
            Hint::Any,
            reference("Item", Value::None),
            "arguments[0]: the key of a reference is no str, int, bytes, UUID or tuple of them",
        ),
        (Hint::Any, exception("builtins:ValueError"), ""),
        (Hint::Any, exception("shop:OutOfStock"), ""),
        (
            Hint::Any,
            exception("subprocess:Popen"),
            "arguments[0]: the class subprocess:Popen is not part of the application",
        ),
        (
            Hint::Any,
            Value::List(vec![record("os:PathLike", vec![])]),
            "arguments[0][0]: the class os:PathLike is not part of the application",
        ),
        (
            Hint::Any,
            Value::Set(vec![Value::List(vec![])]),
            "arguments[0]: a list cannot be in a set or the key of a dict",
        ),
        (
            Hint::Any,
            Value::Decimal("one".to_owned()),
            "arguments[0]: expected a Decimal, got \"one\"",
        ),
        (Hint::Decimal, Value::Decimal("sNaN123".to_owned()), ""),
    ];
    for (hint, value, expected) in cases {
        let arguments = arguments(vec![value.clone()], vec![]);
        let found = checked(vec![required("x", hint.clone())], &arguments);
        assert_eq!(found.join("\n"), expected, "{value:?} as {hint}");
    }
}

async fn send_encoded(engine: &std::sync::Arc<FakeEngine>, body: Vec<u8>) -> Answer {
    let request = http::Request::post("/v1/Item/pen/update_stock").header("content-type", VALUE);
    send(router_over(engine), request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn encoded_arguments_reach_the_engine_as_they_are() {
    let engine = FakeEngine::replying(&Value::Bool(true));
    let sent = arguments(vec![], vec![("amount", Value::Int(2))]);
    assert_eq!(send_encoded(&engine, wire::encode(&sent)).await.status, 200);
    assert_eq!(engine.arguments(), sent);
}

#[tokio::test]
async fn encoded_bodies_that_are_not_taken_do_not_reach_the_engine() {
    let opaque = wire::encode(&arguments(vec![Value::Opaque(vec![1])], vec![]));
    let cases = [
        (vec![0xFF], 400, "not-a-value"),
        (vec![], 400, "not-a-value"),
        (opaque, 422, "arguments"),
        (wire::encode(&arguments(vec![], vec![])), 422, "arguments"),
    ];
    for (body, status, slug) in cases {
        let engine = FakeEngine::replying(&Value::None);
        let answer = send_encoded(&engine, body).await;
        assert_eq!(answer.problem(), (status, slug.to_owned()));
        assert!(engine.requests.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_problem_lists_all_mistakes() {
    let engine = FakeEngine::replying(&Value::None);
    let request = post("/v1/User/alice/buy_item", r#"{"amount": "two", "tiem": "pen"}"#);
    let document = send(router_over(&engine), request).await.json();
    let mistakes = document["mistakes"].as_array().unwrap();
    assert_eq!(mistakes.len(), 3);
    assert_eq!(mistakes[0], "arguments.amount: expected int, got \"two\"");
    assert!(document["detail"].as_str().unwrap().contains("arguments.item: missing"));
}

#[tokio::test]
async fn an_entity_is_given_by_its_key() {
    let engine = FakeEngine::replying(&Value::Bool(true));
    let request = post("/v1/User/alice/buy_item", r#"{"amount": 2, "item": "pen"}"#);
    assert_eq!(send(router_over(&engine), request).await.status, 200);
    let expected = vec![Value::Int(2), reference("Item", str_value("pen"))];
    assert_eq!(engine.arguments(), arguments(expected, vec![]));
}
