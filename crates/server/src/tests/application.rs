//! The application that the tests serve.

use anabranch_ir::program::{EnumMember, EnumValue};
use anabranch_ir::{
    Attribute, Body, EnumClass, Field, Function, FunctionId, Hint, Initial, Module, ModuleId,
    Operator, Parameter, ParameterKind, Program, Record, Signature, Span,
};

const SPAN: Span = Span { module: ModuleId(0), line: 1, end_line: 1 };

pub(super) const ITEM: usize = 0;

/// Classes `Item` (key `str`), `User` (key `str`), `Cell` (key `tuple[str, int]`), `Account` (key
/// `int`); dataclasses `Address` and `Node`; enum `Colour`.
pub(super) fn program() -> Program {
    let mut program = Program {
        modules: vec![Module { name: "shop".to_owned(), path: "shop.py".to_owned() }],
        records: records(),
        enums: vec![colour()],
        ..Program::default()
    };
    add_class(
        &mut program,
        "Item",
        Hint::Str,
        vec![required("item_id", Hint::Str), required("price", Hint::Int)],
    );
    add_class(&mut program, "User", Hint::Str, vec![required("username", Hint::Str)]);
    add_class(&mut program, "Cell", Hint::Tuple(vec![Hint::Str, Hint::Int]), vec![]);
    add_class(&mut program, "Account", Hint::Int, vec![]);
    add_method(&mut program, ITEM, "update_stock", vec![required("amount", Hint::Int)]);
    add_method(&mut program, ITEM, "reset", vec![]);
    add_method(&mut program, ITEM, "mix", mixed_parameters());
    add_method(
        &mut program,
        1,
        "buy_item",
        vec![required("amount", Hint::Int), required("item", Hint::Entity("Item".to_owned()))],
    );
    add_method(&mut program, 1, "move", vec![required("to", Hint::Record("shop:Address".into()))]);
    program
}

/// `(a: int, b: int = ..., /, c: str = ..., *rest: int, d: bool, **others: float)`
pub(super) fn mixed_parameters() -> Vec<Parameter> {
    use ParameterKind as Kind;
    let of = |name: &str, kind, hint, has_default| Parameter {
        name: name.to_owned(),
        kind,
        hint,
        has_default,
    };
    vec![
        of("a", Kind::PositionalOnly, Hint::Int, false),
        of("b", Kind::PositionalOnly, Hint::Int, true),
        of("c", Kind::PositionalOrKeyword, Hint::Str, true),
        of("rest", Kind::VarPositional, Hint::Int, false),
        of("d", Kind::KeywordOnly, Hint::Bool, false),
        of("others", Kind::VarKeyword, Hint::Float, false),
    ]
}

pub(super) fn required(name: &str, hint: Hint) -> Parameter {
    let kind = ParameterKind::PositionalOrKeyword;
    Parameter { name: name.to_owned(), kind, hint, has_default: false }
}

fn records() -> Vec<Record> {
    let field = |name: &str, hint, has_default| Field { name: name.to_owned(), hint, has_default };
    let node = Hint::Record("shop:Node".to_owned());
    let twin = Hint::Record("shop:Twin".to_owned());
    let next = Hint::Union(vec![node, twin, Hint::None]);
    vec![
        Record {
            name: "shop:Address".to_owned(),
            fields: vec![field("street", Hint::Str, false), field("number", Hint::Int, true)],
        },
        Record { name: "shop:Node".to_owned(), fields: vec![field("next", next.clone(), false)] },
        Record { name: "shop:Twin".to_owned(), fields: vec![field("next", next, false)] },
    ]
}

fn colour() -> EnumClass {
    let member = |name: &str, value| EnumMember { name: name.to_owned(), value };
    EnumClass {
        name: "shop:Colour".to_owned(),
        members: vec![
            member("RED", Some(EnumValue::Str("red".to_owned()))),
            member("BLUE", Some(EnumValue::Int(2))),
            member("ODD", None),
        ],
    }
}

fn add_class(program: &mut Program, name: &str, key: Hint, parameters: Vec<Parameter>) {
    program.operators.push(Operator {
        name: name.to_owned(),
        module: ModuleId(0),
        key,
        bases: vec![],
        constructor: Signature { parameters, returns: None },
        key_text: None,
        new_key: None,
        attributes: vec![Attribute {
            name: "stock".to_owned(),
            hint: Hint::Int,
            initial: Initial::Unset,
        }],
        methods: vec![],
        overridden: vec![],
        documentation: Some(format!("The class {name}.")),
        span: SPAN,
    });
}

fn add_method(program: &mut Program, class: usize, name: &str, parameters: Vec<Parameter>) {
    let id = FunctionId::from_index(program.functions.len());
    program.operators[class].methods.push(id);
    let name_of_class = program.operators[class].name.clone();
    program.functions.push(Function {
        name: name.to_owned(),
        class: Some(name_of_class),
        operator: Some(anabranch_ir::OperatorId::from_index(class)),
        module: ModuleId(0),
        signature: Signature { parameters, returns: Some(Hint::Bool) },
        body: Body::Native,
        effects: anabranch_ir::Effects::default(),
        documentation: Some("What it does.\n\nIn more words.".to_owned()),
        span: SPAN,
    });
}
