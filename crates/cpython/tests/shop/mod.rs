//! A small application, compiled by hand.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use anabranch_cpython::{Application, CPython};
use anabranch_ir::{
    Access, AccessMode, AccessSet, Body, Classes, Effects, Exit, Expression, Function, FunctionId,
    Hint, Module, ModuleId, Operator, OperatorId, Parameter, ParameterKind, Program, Reason,
    Segment, SegmentId, Signature, SourceLine, Span,
};
use anabranch_kernel::value::wire::{decode, encode};
use anabranch_kernel::value::{Reference, Value};
use anabranch_kernel::{
    EntityId, Interpreter, Interrupter, Limits, Operation, Reply, RunningTransaction, StateReader,
    TransactionContext, TransactionDriver, Transition,
};

const SOURCE: &str = include_str!("shop.py");
pub(crate) const ITEM: OperatorId = OperatorId(0);
pub(crate) const USER: OperatorId = OperatorId(1);

/// The folder of `shop.py`: where import names start.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shop"))
}

/// Segments as text: for each the live variables, the input and the body. `@ text` at the end of a
/// line says which line of the user's file it comes from.
const SEGMENTS: &[(&str, &str)] = &[
    (
        "User.buy_item",
        r#"
def buy_item_0(self, amount: int, item: Item) -> bool:
    return ("get", 1, (amount, item), item, "price")  @total = amount
def buy_item_1(self, amount, item, _input):
    total = amount * _input  @total = amount
    if self.balance < total:
        return ("return", False)
    return ("call", 2, (total,), item, "update_stock", (-amount,), None)
def buy_item_2(self, total, _input):
    if not _input:
        return ("return", False)
    self.balance -= total
    return ("return", True)
"#,
    ),
    (
        "User.fail",
        r#"
def fail_0(self, item: Item, amount: int = ...):
    self.balance += 1
    return ("call", 1, (amount,), item, "update_stock", (amount,), None)
def fail_1(self, amount, _input):
    raise OutOfMoney(amount)  @raise OutOfMoney
"#,
    ),
    (
        "User.visit",
        r#"
def visit_0(self, item):
    self.balance = 1
    return ("call", 1, (), item, "raise_balance", (self,), None)
def visit_1(self, _input):
    return ("return", self.balance)
"#,
    ),
    (
        "Item.raise_balance",
        r#"
def raise_balance_0(self, user):
    return ("get", 1, (user,), user, "balance")
def raise_balance_1(self, user, _input):
    return ("set", 2, (user,), user, "balance", _input + 10)
def raise_balance_2(self, user):
    return ("jump", 3, (user,))
def raise_balance_3(self, user):
    return ("get", 4, (), user, "balance")
def raise_balance_4(self, _input):
    return ("return", _input)
"#,
    ),
    (
        "User.forever",
        r#"
def forever_0(self, other):
    return ("call", 1, (), other, "forever", (self,), None)
def forever_1(self, _input):
    return ("return", _input)
"#,
    ),
    (
        "User.make",
        r#"
def make_0(self, item_id):
    return ("create", 1, (), Item, (item_id,), {"price": 7})
def make_1(self, _input):
    return ("return", _input)
"#,
    ),
    (
        "User.replace",
        r#"
def replace_0(self, item):
    return ("exists", 1, (item,), Item, "new")
def replace_1(self, item, _input):
    if _input:
        return ("return", None)
    return ("delete", 2, (), item)
def replace_2(self):
    return ("create", 3, (), Item, ("new",), None)
def replace_3(self, _input):
    return ("return", _input)
"#,
    ),
    (
        "User.give",
        r#"
def give_0(self, item):
    tags = ["a"]
    return ("call", 1, (item, tags), item, "keep", (tags, self), {"again": tags})
def give_1(self, item, tags, _input):
    tags.append("b")
    return ("return", _input)
"#,
    ),
    (
        "User.call_anything",
        r#"
def call_anything_0(self, thing, name):
    return ("call", 1, (), thing, "index", (name,), None)
def call_anything_1(self, _input):
    return ("return", _input)
"#,
    ),
    (
        "User.use_helper",
        r#"
def use_helper_0(self, item):
    return ("function", 1, (), "shop:double_price", (item,), None)
def use_helper_1(self, _input):
    return ("return", _input)
"#,
    ),
    (
        "User.touch",
        r#"
def touch_0(self, item):
    return ("call", 1, (), item, "missing", (1,), None)
def touch_1(self, _input):
    return ("return", _input)
"#,
    ),
    (
        "User.stamp",
        r#"
def stamp_0(self, item):
    before = [time.time_ns(), datetime.now(UTC), random.random(), uuid4(), secrets.token_hex()]
    return ("call", 1, (before,), item, "stamp", (), None)
def stamp_1(self, before, _input):
    self.stamps = before + _input
    return ("return", self.stamps)
"#,
    ),
    (
        "User.read_method",
        r#"
def read_method_0(self, item):
    return ("get", 1, (), item, "update_stock")
def read_method_1(self, _input):
    return ("return", _input)
"#,
    ),
    (
        "double_price",
        r#"
def double_price_0(item):
    return ("get", 1, (), item, "price")
def double_price_1(_input):
    return ("return", _input * 2)
"#,
    ),
];

const NATIVE: &[&str] =
    &["Item.update_stock", "Item.keep", "Item.peek", "Item.run_hook", "Item.lend", "Item.stamp"];

fn line_of(text: &str) -> u32 {
    let index = SOURCE.lines().position(|line| line.contains(text)).expect(text);
    u32::try_from(index + 1).expect("a short file")
}

/// The names between the parentheses, and whether they have defaults; `self` and the input apart.
fn parameters(header: &str) -> impl Iterator<Item = (&str, bool)> {
    let (_, list) = header.split_once('(').expect("a list of parameters");
    let (list, _) = list.rsplit_once(')').expect("a list of parameters");
    let parameters = list.split(", ").filter(|parameter| !parameter.is_empty());
    parameters
        .map(|text| (text.split(':').next().expect("a name"), text.ends_with("= ...")))
        .filter(|(name, _)| !["self", "_input"].contains(name))
}

/// The exit that a line is, if it is one.
fn exit(line: &str) -> Option<Exit> {
    let (word, rest) = line.trim_start().strip_prefix("return (\"")?.split_once("\", ")?;
    if word == "return" {
        return Some(Exit::Return);
    }
    let (number, rest) = rest.split_once(", (").expect("a segment and a tuple");
    let resume = SegmentId(number.parse().expect("a number"));
    let (_, fields) = rest.split_once(')').expect("the end of the tuple");
    let name = || fields.split('"').nth(1).expect("a name").to_owned();
    let receiver = None;
    Some(match word {
        "jump" => Exit::Jump(resume),
        "call" => Exit::Call { resume, receiver, method: name() },
        "get" => Exit::Get { resume, receiver, attribute: name() },
        "set" => Exit::Set { resume, receiver, attribute: name() },
        "create" => Exit::Create { resume, operator: ITEM },
        "function" => Exit::Function { resume, function: name() },
        "exists" => Exit::Exists { resume },
        "delete" => Exit::Delete { resume },
        other => panic!("no exit is called {other}"),
    })
}

/// The parameters of the first segment of `body`.
fn signature(body: &Body) -> Signature {
    let Body::Segments(segments) = body else { return Signature::default() };
    let parameter = |(name, has_default): (&str, bool)| Parameter {
        name: name.to_owned(),
        kind: ParameterKind::PositionalOrKeyword,
        hint: Hint::Any,
        has_default,
    };
    let parameters = parameters(&segments[0].code[0].text).map(parameter).collect();
    Signature { parameters, returns: None }
}

fn segments(text: &str) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (text, origin) = match line.split_once("  @") {
            Some((text, place)) => (text, line_of(place)),
            None => (line, 1),
        };
        if let Some(header) = text.strip_prefix("def ") {
            let name = header.split('(').next().expect("a name").to_owned();
            let input = header.contains("_input").then(|| "_input".to_owned());
            let (exits, code) = (Vec::new(), Vec::new());
            let live = parameters(header).map(|(name, _)| name.to_owned()).collect();
            segments.push(Segment { name, live, input, catches: false, exits, code });
        }
        let segment = segments.last_mut().expect("a header comes first");
        segment.exits.extend(exit(text).filter(|exit| !segment.exits.contains(exit)));
        segment.code.push(SourceLine { text: text.to_owned(), origin, is_inside_string: false });
    }
    segments
}

/// What nothing is known of.
fn anything(operator: Option<OperatorId>) -> Effects {
    let all = Classes::Listed(vec![ITEM, USER]);
    let span = Span { module: ModuleId(0), line: 1, end_line: 1 };
    let reasons = vec![Reason { text: "written by hand".to_owned(), span }];
    let own = |operator| Access { operator, entity: Expression::Receiver, mode: AccessMode::Write };
    let accesses = operator.map(own).into_iter().collect();
    Effects {
        outside: true,
        exists: all.clone(),
        creates: all.clone(),
        deletes: all.clone(),
        changes: all,
        access: AccessSet { accesses, reasons },
        ..Effects::default()
    }
}

fn function(name: &str, body: Body) -> Function {
    let (class, name) =
        name.split_once('.').map_or((None, name), |(class, name)| (Some(class), name));
    let operator = class.map(|class| if class == "Item" { ITEM } else { USER });
    Function {
        name: name.to_owned(),
        operator,
        class: class.map(str::to_owned),
        module: ModuleId(0),
        signature: signature(&body),
        body,
        effects: anything(operator),
        documentation: None,
        span: Span { module: ModuleId(0), line: 1, end_line: line_of("def main") },
    }
}

pub(crate) fn program() -> Arc<Program> {
    let mut functions: Vec<Function> = Vec::new();
    functions.extend(NATIVE.iter().map(|name| function(name, Body::Native)));
    functions
        .extend(SEGMENTS.iter().map(|(name, text)| function(name, Body::Segments(segments(text)))));
    let operator = |id: OperatorId, name: &str| Operator {
        name: name.to_owned(),
        module: ModuleId(0),
        key: Hint::Str,
        bases: Vec::new(),
        constructor: Signature::default(),
        key_text: None,
        new_key: None,
        attributes: Vec::new(),
        methods: (0..functions.len())
            .filter(|index| functions[*index].operator == Some(id))
            .map(FunctionId::from_index)
            .collect(),
        overridden: Vec::new(),
        documentation: None,
        span: Span { module: ModuleId(0), line: 1, end_line: 1 },
    };
    let operators = vec![operator(ITEM, "Item"), operator(USER, "User")];
    let modules = vec![Module { name: "shop".to_owned(), path: "shop.py".to_owned() }];
    Arc::new(Program { modules, operators, functions, ..Program::default() })
}

pub(crate) fn application() -> Arc<Application> {
    Arc::new(Application::import(&root(), program()).expect("the application can be imported"))
}

#[derive(Default)]
struct States(HashMap<EntityId, Arc<[u8]>>);

impl StateReader for States {
    fn read(&mut self, id: &EntityId) -> Result<Option<Arc<[u8]>>, String> {
        Ok(self.0.get(id).cloned())
    }
}

/// The application with its committed states.
pub(crate) struct Shop {
    program: Arc<Program>,
    driver: TransactionDriver<CPython>,
    states: States,
    /// Of every root call.
    pub(crate) context: TransactionContext,
}

#[allow(dead_code, reason = "not every test file uses it")]
impl Shop {
    pub(crate) fn open() -> Self {
        Self::with_limits(Limits::default())
    }

    pub(crate) fn with_limits(limits: Limits) -> Self {
        let application = application();
        Self {
            program: application.program().clone(),
            driver: TransactionDriver::with_limits(CPython::new(application), limits),
            states: States::default(),
            context: TransactionContext { start_time_nanoseconds: 0, seed: [0; 32] },
        }
    }

    pub(crate) fn execute(&mut self, operation: &Operation) -> Reply {
        let Self { driver, states, context, .. } = self;
        let Transition { reply, writes, .. } = driver.execute(operation, context, states);
        for write in writes {
            match write.state {
                Some(state) => self.states.0.insert(write.id, state),
                None => self.states.0.remove(&write.id),
            };
        }
        reply
    }

    /// The stored bytes of an entity.
    pub(crate) fn stored(&self, id: &EntityId) -> Option<Arc<[u8]>> {
        self.states.0.get(id).cloned()
    }

    pub(crate) fn create(&mut self, operator: OperatorId, arguments: &[Value]) -> Reply {
        self.execute(&Operation::Create { operator, arguments: arguments_message(arguments) })
    }

    /// Creates an entity that is only live.
    pub(crate) fn create_without_storing(&mut self, operator: OperatorId, arguments: &[Value]) {
        let operation = Operation::Create { operator, arguments: arguments_message(arguments) };
        let Self { driver, states, context, .. } = self;
        driver.execute(&operation, context, states).reply.expect("it can be created");
    }

    /// What is estimated for all live entities.
    pub(crate) fn live_bytes(&mut self) -> usize {
        self.driver.session(|session| session.live_bytes())
    }

    pub(crate) fn call(&mut self, target: &EntityId, method: &str, arguments: &[Value]) -> Reply {
        let method = self.program.method_named(target.operator, method).expect("a known method");
        let arguments = arguments_message(arguments);
        self.execute(&Operation::Call { target: target.clone(), method, arguments })
    }

    /// Calls and decodes the result.
    pub(crate) fn result(&mut self, target: &EntityId, method: &str, arguments: &[Value]) -> Value {
        let reply = self.call(target, method, arguments);
        decode(&reply.expect("a result")).expect("a value")
    }

    pub(crate) fn get(&mut self, target: &EntityId, attribute: &str) -> Value {
        let operation =
            Operation::GetAttribute { target: target.clone(), attribute: attribute.to_owned() };
        decode(&self.execute(&operation).expect("a result")).expect("a value")
    }

    pub(crate) fn set(&mut self, target: &EntityId, attribute: &str, value: &Value) {
        let operation = Operation::SetAttribute {
            target: target.clone(),
            attribute: attribute.to_owned(),
            value: encode(value),
        };
        self.execute(&operation).expect("the attribute can be written");
    }

    /// What runs, and what ends it.
    pub(crate) fn interrupter(&self) -> (Arc<RunningTransaction>, Arc<dyn Interrupter>) {
        let interrupter = self.driver.interpreter.interrupter().expect("Python can be stopped");
        (Arc::clone(self.driver.running()), interrupter)
    }

    /// Asks for the memory of entities.
    pub(crate) fn prefetch(&mut self, ids: &[EntityId]) {
        self.driver.session(|session| session.prefetch(ids));
    }

    /// Drops all live entities, as if the process had been started again.
    pub(crate) fn restart(&mut self) {
        self.driver.session(|session| session.forget_all());
    }
}

fn arguments_message(arguments: &[Value]) -> Vec<u8> {
    encode(&Value::Tuple(vec![Value::Tuple(arguments.to_vec()), Value::Dict(Vec::new())]))
}

#[allow(dead_code, reason = "not every test file uses it")]
pub(crate) fn text(text: &str) -> Value {
    Value::Str(text.to_owned())
}

#[allow(dead_code, reason = "not every test file uses it")]
pub(crate) fn id(operator: OperatorId, key: &str) -> EntityId {
    EntityId { operator, key: encode(&text(key)).into() }
}

#[allow(dead_code, reason = "not every test file uses it")]
pub(crate) fn reference(operator: OperatorId, key: &str) -> Value {
    let class = if operator == ITEM { "Item" } else { "User" };
    Value::Reference(Reference { class: class.to_owned(), key: Box::new(text(key)) })
}
