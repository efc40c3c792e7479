//! A program with one of everything.

use anabranch_ir::program::{EnumMember, EnumValue};
use anabranch_ir::{
    Access, AccessMode, AccessSet, Attribute, BaseClass, Body, CallEdge, CallKind, Callee, Classes,
    Effects, EnumClass, Exit, Expression, Field, Function, FunctionId, Hint, Initial, JointAction,
    JointMember, Member, Module, ModuleId, Operator, OperatorId, Parameter, ParameterKind, Program,
    Reason, Record, Segment, SegmentId, Signature, SourceLine, Span, Turns,
};

pub(crate) const USER: OperatorId = OperatorId(0);
pub(crate) const ITEM: OperatorId = OperatorId(1);
pub(crate) const BUY: FunctionId = FunctionId(0);
pub(crate) const PRICE_OF: FunctionId = FunctionId(2);
pub(crate) const HIDDEN: FunctionId = FunctionId(4);

pub(crate) fn program() -> Program {
    Program {
        modules: vec![module("shop", "shop.py"), module("my-app", "my-app.py")],
        operators: vec![user(), item(), date()],
        functions: vec![buy(), restock(), price_of(), price_of_elsewhere(), hidden_buy()],
        records: vec![Record {
            name: "shop:OrderLine".into(),
            fields: vec![
                Field {
                    name: "item".into(),
                    hint: Hint::Entity("Item".into()),
                    has_default: false,
                },
                Field { name: "amount".into(), hint: Hint::Int, has_default: true },
            ],
        }],
        enums: vec![EnumClass {
            name: "my-app:Shop.Color".into(),
            members: vec![
                member("RED", Some(EnumValue::Str("r\"\n".into()))),
                member("GREEN", Some(EnumValue::Int(-2))),
                member("BLUE", None),
            ],
        }],
        edges: vec![
            edge(BUY, Some(ITEM), CallKind::Read("price".into())),
            edge(BUY, Some(ITEM), CallKind::Write("price".into())),
            edge(BUY, None, CallKind::Method("update_stock".into())),
            edge(PRICE_OF, Some(USER), CallKind::Create),
            edge(PRICE_OF, None, CallKind::Exists),
            edge(FunctionId(3), None, CallKind::Delete),
        ],
    }
}

fn module(name: &str, path: &str) -> Module {
    Module { name: name.into(), path: path.into() }
}

fn member(name: &str, value: Option<EnumValue>) -> EnumMember {
    EnumMember { name: name.into(), value }
}

fn edge(from: FunctionId, to: Option<OperatorId>, kind: CallKind) -> CallEdge {
    CallEdge { from, to, kind }
}

pub(crate) fn parameter(name: &str, kind: ParameterKind, hint: Hint) -> Parameter {
    let has_default = matches!(kind, ParameterKind::VarPositional | ParameterKind::VarKeyword);
    Parameter { name: name.into(), kind, hint, has_default }
}

fn boxed(hint: Hint) -> Box<Hint> {
    Box::new(hint)
}

fn span(line: u32, end_line: u32) -> Span {
    Span { module: ModuleId(0), line, end_line }
}

fn user() -> Operator {
    let name = parameter("username", ParameterKind::PositionalOrKeyword, Hint::Str);
    let initial = |name: &str| match name {
        "balance" => Initial::Constant("\"\" or 0".into()),
        "cart" => Initial::Class,
        "color" => Initial::Computed,
        _ => Initial::Unset,
    };
    let attribute =
        |name: &str, hint| Attribute { name: name.into(), hint, initial: initial(name) };
    Operator {
        name: "User".into(),
        module: ModuleId(0),
        key: Hint::Tuple(vec![Hint::Str, Hint::Union(vec![Hint::Int, Hint::Uuid])]),
        key_text: Some("self.username, \"x\"".into()),
        bases: vec![BaseClass { name: "Audited".into(), module: ModuleId(1) }],
        constructor: Signature { parameters: vec![name], returns: Some(Hint::None) },
        new_key: Some(Expression::Tuple(vec![
            Expression::Parameter("username".into()),
            Expression::Int(-7),
        ])),
        attributes: vec![
            attribute("balance", Hint::Any),
            attribute("cart", Hint::List(boxed(Hint::Record("shop:OrderLine".into())))),
            attribute("color", Hint::Enum("my-app:Shop.Color".into())),
            attribute("birthday", Hint::Union(vec![Hint::Date, Hint::None])),
            attribute("calendar", Hint::Entity("date".into())),
            attribute("tags", Hint::Set(boxed(Hint::FrozenSet(boxed(Hint::Bool))))),
            attribute("nothing", Hint::Tuple(Vec::new())),
            attribute("times", Hint::TupleOf(boxed(Hint::Time))),
            attribute("log", Hint::Dict(boxed(Hint::DateTime), boxed(Hint::TimeDelta))),
            attribute("sums", Hint::Tuple(vec![Hint::Decimal, Hint::Float, Hint::Bytes])),
        ],
        methods: vec![BUY],
        overridden: vec![HIDDEN],
        documentation: Some("Somebody who buys.\n\n  Indented.\n\u{c}".into()),
        span: span(3, 60),
    }
}

fn item() -> Operator {
    Operator {
        name: "Item".into(),
        module: ModuleId(0),
        key: Hint::Bytes,
        key_text: None,
        bases: Vec::new(),
        constructor: Signature::default(),
        new_key: None,
        attributes: Vec::new(),
        methods: vec![FunctionId(1)],
        overridden: Vec::new(),
        documentation: Some(String::new()),
        span: span(61, 99),
    }
}

/// Called like a type of Python's.
fn date() -> Operator {
    let documentation = None;
    Operator { name: "date".into(), methods: Vec::new(), documentation, ..item() }
}

fn restock() -> Function {
    let mut after_star = parameter("amount", ParameterKind::KeywordOnly, Hint::Int);
    after_star.has_default = true;
    Function {
        name: "restock".into(),
        operator: Some(ITEM),
        class: Some("Item".into()),
        module: ModuleId(0),
        signature: Signature { parameters: vec![after_star], returns: Some(Hint::Bool) },
        body: Body::Native,
        effects: Effects::of_own_entity(ITEM, AccessMode::Read),
        documentation: Some("Fills the shelf.".into()),
        span: span(70, 72),
    }
}

fn buy() -> Function {
    let mut amount = parameter("amount", ParameterKind::PositionalOrKeyword, Hint::Int);
    amount.has_default = true;
    let parameters = vec![
        parameter("item", ParameterKind::PositionalOnly, Hint::Entity("Item".into())),
        amount,
        parameter("rest", ParameterKind::VarPositional, Hint::Any),
        parameter("coupon", ParameterKind::KeywordOnly, Hint::Str),
        parameter("more", ParameterKind::VarKeyword, Hint::Any),
    ];
    Function {
        name: "buy_item".into(),
        operator: Some(USER),
        class: Some("User".into()),
        module: ModuleId(0),
        signature: Signature { parameters, returns: Some(Hint::Bool) },
        body: Body::Segments(buy_segments()),
        effects: buy_effects(),
        documentation: None,
        span: span(10, 20),
    }
}

fn buy_effects() -> Effects {
    let member = |operator, name: &str| Member { operator: Some(operator), name: name.into() };
    let parameter = |name: &str| Box::new(Expression::Parameter(name.into()));
    let access = |operator, entity, mode| Access { operator, entity, mode };
    let text = vec![*parameter("coupon"), Expression::Str("\"-".into()), Expression::Int(3)];
    let line = Expression::Field {
        value: Box::new(Expression::Each(parameter("rest"))),
        record: "shop:OrderLine".into(),
        field: "item".into(),
    };
    let own_key = Expression::Key { operator: USER, entity: Box::new(Expression::Receiver) };
    let named =
        |key| Expression::Reference { operator: ITEM, key: Box::new(Expression::Tuple(vec![key])) };
    Effects {
        reads: vec![
            Member { operator: None, name: "name".into() },
            member(USER, "balance"),
            member(ITEM, "price"),
        ],
        writes: vec![member(ITEM, "price")],
        exists: Classes::Any,
        creates: Classes::Listed(vec![USER, ITEM]),
        deletes: Classes::Listed(vec![ITEM]),
        calls: vec![
            Callee::Method(BUY),
            Callee::Method(FunctionId(1)),
            Callee::OfAnyClass("put_away".into()),
        ],
        changes: Classes::Listed(vec![ITEM]),
        outside: true,
        access: AccessSet {
            accesses: vec![
                access(USER, Expression::Receiver, AccessMode::Write),
                access(ITEM, *parameter("item"), AccessMode::Read),
                access(ITEM, Expression::None, AccessMode::Read),
                access(ITEM, line, AccessMode::Write),
                access(ITEM, named(own_key), AccessMode::CreateOrDelete),
                access(ITEM, named(Expression::Text(text)), AccessMode::Read),
            ],
            reasons: vec![
                Reason { text: "depends on `cart`".into(), span: span(12, 13) },
                Reason {
                    text: "elsewhere".into(),
                    span: Span { module: ModuleId(1), line: 1, end_line: 1 },
                },
            ],
        },
    }
}

/// From lines of `user's line`, `|` or `+`, text.
pub(crate) fn code(lines: &[(u32, char, &str)]) -> Vec<SourceLine> {
    let line = |(origin, marker, text): &(u32, char, &str)| SourceLine {
        text: (*text).into(),
        origin: *origin,
        is_inside_string: *marker == '+',
    };
    lines.iter().map(line).collect()
}

fn segment(name: &str, live: &[&str], exits: Vec<Exit>, lines: &[(u32, char, &str)]) -> Segment {
    let live = live.iter().map(|name| (*name).into()).collect();
    Segment { name: name.into(), live, input: None, catches: false, exits, code: code(lines) }
}

fn buy_segments() -> Vec<Segment> {
    let resume = SegmentId;
    let price = || "price".to_owned();
    let first = segment(
        "buy_item_0",
        &["item", "amount", "rest", "coupon", "more"],
        vec![Exit::Get { resume: resume(1), receiver: Some(ITEM), attribute: price() }],
        &[
            (10, '|', "def buy_item_0(self, item, /, amount=..., *rest, coupon, **more):"),
            (12, '|', "    return \"get\", 1, (item, amount), item, \"price\""),
        ],
    );
    let mut second = segment(
        "buy_item_1",
        &["item", "amount"],
        vec![
            Exit::Set { resume: resume(2), receiver: Some(ITEM), attribute: price() },
            Exit::Jump(resume(2)),
            Exit::Return,
        ],
        &[
            (12, '|', "def buy_item_1(self, item, amount, _1, _raised=None):"),
            (12, '|', "    text = f\"\"\"return \"jump\", 7, () "),
            (13, '+', "return \"jump\", 8, ()"),
            (14, '+', "\u{c}\t\"\"\""),
            (15, '|', ""),
            (15, '|', "    if text: return \"return\", False"),
            (15, '|', "    if _1: return \"jump\", 2, (item,)"),
            (
                16,
                '|',
                "    return \"set\", 2, (locals().get(\"item\", __anabranch_unbound__),), item",
            ),
        ],
    );
    second.input = Some("_1".into());
    second.catches = true;
    let third = segment(
        "buy_item_2",
        &["item"],
        vec![
            Exit::Call { resume: resume(3), receiver: None, method: "update_stock".into() },
            Exit::Create { resume: resume(3), operator: ITEM },
            Exit::Function { resume: resume(3), function: "my-app:price_of".into() },
            Exit::Function { resume: resume(3), function: "my-app:User.Audited.buy_item".into() },
            Exit::Exists { resume: resume(3) },
            Exit::Delete { resume: resume(3) },
            Exit::Together {
                resume: resume(3),
                actions: vec![
                    JointAction { receiver: Some(ITEM), member: JointMember::Get("price".into()) },
                    JointAction { receiver: None, member: JointMember::Call("pay".into()) },
                ],
                turns: Turns::Once,
            },
            Exit::Together {
                resume: resume(3),
                actions: vec![JointAction {
                    receiver: None,
                    member: JointMember::Get("price".into()),
                }],
                turns: Turns::Each,
            },
        ],
        &[
            (17, '|', "def buy_item_2(self, item):"),
            (17, '|', "    if 1: return \"call\", 3, (), item, \"update_stock\", (), None"),
            (17, '|', "    if 2: return \"create\", 3, (), Item, (), None"),
            (17, '|', "    if 3: return \"function\", 3, (), \"my-app:price_of\", (), None"),
            (
                17,
                '|',
                "    if 3: return \"function\", 3, (), \"my-app:User.Audited.buy_item\", (), None",
            ),
            (17, '|', "    if 4: return \"exists\", 3, (), Item, b\"\""),
            (17, '|', "    if 5: return \"together\", 3, (), 1, (((\"get\", item, \"price\"),),)"),
            (17, '|', "    return \"delete\", 3, (), item"),
        ],
    );
    let last = segment(
        "buy_item_3",
        &[],
        vec![Exit::Return],
        &[(20, '|', "def buy_item_3(self):"), (20, '|', "    return \"return\", None")],
    );
    vec![first, second, third, last]
}

fn price_of() -> Function {
    let first = segment(
        "price_of_0",
        &["é"],
        vec![Exit::Return],
        &[(101, '|', "def price_of_0(é):"), (102, '|', "    return (\"return\", é.price)")],
    );
    Function {
        name: "price_of".into(),
        operator: None,
        class: None,
        module: ModuleId(0),
        signature: Signature {
            parameters: vec![parameter("é", ParameterKind::PositionalOnly, Hint::Any)],
            returns: None,
        },
        body: Body::Segments(vec![first]),
        effects: Effects::default(),
        documentation: None,
        span: span(101, 102),
    }
}

/// A method of a base class that another one hides.
fn hidden_buy() -> Function {
    let first = segment(
        "buy_item_of_User_0",
        &[],
        vec![Exit::Return],
        &[(3, '|', "def buy_item_of_User_0(self):"), (4, '|', "    return \"return\", 1")],
    );
    Function {
        name: "buy_item".into(),
        operator: Some(USER),
        class: Some("Audited".into()),
        module: ModuleId(1),
        signature: Signature::default(),
        body: Body::Segments(vec![first]),
        effects: Effects::of_own_entity(USER, AccessMode::Read),
        documentation: None,
        span: Span { module: ModuleId(1), line: 3, end_line: 4 },
    }
}

/// A helper function of the same name in another module.
fn price_of_elsewhere() -> Function {
    Function {
        module: ModuleId(1),
        body: Body::Native,
        span: Span { module: ModuleId(1), line: 1, end_line: 1 },
        ..price_of()
    }
}
