//! What access sets and keys of new entities hold, where programs do not show it by running.

use std::collections::BTreeSet;
use std::fmt::Write;

use anabranch_compiler::{SourceText, Sources, compile};
use anabranch_ir::{AccessMode, Effects, Expression, Member, OperatorId, Program};

fn compiled(source: &str) -> Program {
    let mut read = |module: &str| {
        let bytes = source.as_bytes().to_vec();
        (module == "main").then(|| SourceText { path: "main.py".into(), bytes })
    };
    let compilation = compile("main", &mut Sources { read: &mut read, is_reserved: &|_| false });
    compilation.program.unwrap_or_else(|| panic!("{:#?}", compilation.diagnostics))
}

fn effects<'p>(program: &'p Program, class: &str, method: &str) -> &'p Effects {
    let operator = program.operator_named(class).expect("the class is there");
    let method = program.method_named(operator, method).expect("the method is there");
    &program.function(method).effects
}

/// The entities of an access set besides the method's own.
fn others(effects: &Effects) -> Vec<(OperatorId, Expression, AccessMode)> {
    let accesses = effects.access.accesses.iter();
    accesses
        .filter(|access| access.entity != Expression::Receiver)
        .map(|access| (access.operator, access.entity.clone(), access.mode))
        .collect()
}

fn parameter(name: &str) -> Expression {
    Expression::Parameter(name.into())
}

/// How long chains of calls are that older versions took for circles.
const CHAIN: usize = 40;

#[test]
fn long_chains_of_calls_are_no_circles() {
    let mut source = "from anabranch import entity\n\n\n".to_owned();
    // Callers first, and callees first: neither order may matter.
    let numbers: Vec<usize> = (0..CHAIN).chain((CHAIN..2 * CHAIN).rev()).collect();
    for number in numbers {
        let next = match number + 1 {
            CHAIN => "item.price".to_owned(),
            next if next == 2 * CHAIN => "item.rise()".to_owned(),
            next => format!("f{next}(item)"),
        };
        write!(source, "def f{number}(item: \"Item\"):\n    return {next}\n\n\n").unwrap();
    }
    source.push_str(
        "@entity\nclass Item:\n    def __init__(self, name: str):\n        self.name = name\n        \
         self.price = 1\n\n    def __key__(self) -> str:\n        return self.name\n\n    \
         def rise(self):\n        self.price += 1\n\n    def look(self, other: \"Item\"):\n        \
         return f0(other)\n\n",
    );
    writeln!(source, "    def change(self, other: \"Item\"):\n        f{CHAIN}(other)").unwrap();
    let program = compiled(&source);
    for (method, mode) in [("look", AccessMode::Read), ("change", AccessMode::Write)] {
        let effects = effects(&program, "Item", method);
        assert_eq!(effects.access.reasons, [], "{method}");
        assert_eq!(others(effects), [(OperatorId(0), parameter("other"), mode)], "{method}");
    }
}

#[test]
fn circles_of_calls_end() {
    let program = compiled(
        "from anabranch import entity\n\n\n@entity\nclass Item:\n    \
         def __init__(self, name: str):\n        self.name = name\n        self.price = 1\n\n    \
         def __key__(self) -> str:\n        return self.name\n\n    \
         def ping(self, a: \"Item\", b: \"Item\", n: int):\n        \
         return a.pong(b, a, n - 1) if n else 0\n\n    \
         def pong(self, a: \"Item\", b: \"Item\", n: int):\n        self.price += n\n        \
         return self.ping(b, a, n)\n",
    );
    for (method, other) in [("ping", "a"), ("pong", "b")] {
        let effects = effects(&program, "Item", method);
        assert_eq!(effects.access.reasons, [], "{method}");
        let expected = [(OperatorId(0), parameter(other), AccessMode::Write)];
        assert_eq!(others(effects), expected, "{method}");
        let writes: Vec<&str> = effects.writes.iter().map(|it| &*it.name).collect();
        assert_eq!(writes, ["price"], "{method}");
    }
}

/// Two entity classes that inherit key, constructor and methods.
const BASES: &str = r#"
from anabranch import entity


class Named:
    def __init__(self, name: str, size: int = 1):
        self.__name = name
        self.size = size

    def __key__(self) -> str:
        return self.__name

    def twin(self):
        return Plain(self.__name)

    def grow(self, other: "Plain", amount: int):
        other.add(amount)
        return self.count(amount)

    def count(self, amount: int) -> int:
        self.__total = amount
        return amount


@entity
class Plain(Named):
    def add(self, amount: int):
        self.size += amount


@entity
class Deep(Named):
    def grow(self, other: "Plain", amount: int):
        return super().grow(other, amount)

    def again(self, first: "Plain", second: "Plain"):
        return Named.grow(self, second, 2)


@entity
class Own(Named):
    def __init__(self, name: str):
        super().__init__(name + "!")
"#;

#[test]
fn inherited_methods_have_effects_of_their_class() {
    let program = compiled(BASES);
    let plain = program.operator_named("Plain").unwrap();
    for (class, method, argument) in
        [("Plain", "grow", "other"), ("Deep", "grow", "other"), ("Deep", "again", "second")]
    {
        let effects = effects(&program, class, method);
        assert_eq!(effects.access.reasons, [], "{class}.{method}");
        let expected = [(plain, parameter(argument), AccessMode::Write)];
        assert_eq!(others(effects), expected, "{class}.{method}");
        let name = |it: &Member| format!("{}.{}", program.operator(it.operator).name, it.name);
        let writes: BTreeSet<String> = effects.writes.iter().map(name).collect();
        let expected = ["Plain.size".to_owned(), format!("{class}._Named__total")];
        assert_eq!(writes, expected.into(), "{class}.{method}");
    }
}

#[test]
fn keys_follow_inherited_constructors() {
    let program = compiled(BASES);
    let key =
        |class: &str| program.operator(program.operator_named(class).unwrap()).new_key.clone();
    assert_eq!(key("Plain"), Some(parameter("name")));
    assert_eq!(key("Deep"), Some(parameter("name")));
    // What `super().__init__` makes of it is not followed.
    assert_eq!(key("Own"), None);
    let plain = program.operator_named("Plain").unwrap();
    let made = effects(&program, "Deep", "twin");
    assert_eq!(made.access.reasons, []);
    let deep = program.operator_named("Deep").unwrap();
    let own_key = Expression::Key { operator: deep, entity: Box::new(Expression::Receiver) };
    let entity = Expression::Reference { operator: plain, key: Box::new(own_key) };
    assert_eq!(others(made), [(plain, entity, AccessMode::CreateOrDelete)]);
}

/// Dataclasses with a field that entities have as well, and a constant in a range.
const ORDERS: &str = r#"
from dataclasses import dataclass

from anabranch import entity, ref

FIRST = 1


@dataclass(frozen=True)
class Wanted:
    item_id: int
    amount: int


@entity
class Item:
    def __init__(self, item_id: int):
        self.item_id = item_id
        self.stock = 0

    def __key__(self) -> int:
        return self.item_id


@entity
class Shop:
    def __init__(self, name: str, last: int):
        self.name = name
        self.last = last

    def __key__(self) -> str:
        return self.name

    def order(self, wanted: list[Wanted]):
        for line in wanted:
            ref(Item, line.item_id).stock -= line.amount

    def total(self) -> int:
        return sum(ref(Item, number).stock for number in range(FIRST, max(self.last - FIRST, 2)))

    def change(self, wanted: Wanted):
ASSIGNMENT
"#;

fn ordering_program(assignment: &str) -> Program {
    compiled(&ORDERS.replace("ASSIGNMENT", assignment))
}

#[test]
fn fields_are_looked_into_although_entities_assign_attributes_of_that_name() {
    let program = ordering_program("        self.amount = wanted.amount");
    let ordered = effects(&program, "Shop", "order");
    assert_eq!(ordered.access.reasons, []);
    let field = |record: &str, field: &str, value: Expression| Expression::Field {
        value: Box::new(value),
        record: record.into(),
        field: field.into(),
    };
    let each = Expression::Each(Box::new(parameter("wanted")));
    let item = program.operator_named("Item").unwrap();
    let key = Box::new(field("main:Wanted", "item_id", each));
    let entity = Expression::Reference { operator: item, key };
    assert_eq!(others(ordered), [(item, entity, AccessMode::Write)]);
}

#[test]
fn fields_that_are_assigned_are_not_looked_into() {
    for assignment in [
        "        wanted.item_id = 2",
        "        def inner(self):\n            self.item_id = 2\n        inner(wanted)",
        "        [0 for self in [wanted] for self.item_id in [2]]",
    ] {
        let program = ordering_program(assignment);
        let ordered = effects(&program, "Shop", "order");
        assert_ne!(ordered.access.reasons, [], "{assignment}");
    }
}

#[test]
fn ranges_and_extremes_change_nothing() {
    let program = ordering_program("        pass");
    let total = effects(&program, "Shop", "total");
    assert_eq!(total.writes, []);
    let own = total.access.accesses.iter().find(|it| it.entity == Expression::Receiver);
    assert_eq!(own.map(|access| access.mode), Some(AccessMode::Read));
}
