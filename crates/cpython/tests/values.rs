//! Python values to messages, back, and to copies.

mod harness;

use anabranch_cpython::{OpaqueValues, Source, copy, decode, encode};
use anabranch_kernel::value::wire::DecodeError;
use harness::{eval, module, python};
use pyo3::prelude::*;

/// Imported by every test: values of all kinds.
const VALUES: &str = r#"
import datetime as dt, decimal, enum, uuid, zoneinfo, collections, threading, fractions
from dataclasses import dataclass, field
from anabranch import entity, ref

class Color(enum.Enum):
    RED = 1
    BLUE = "b"

class Level(enum.IntEnum):
    LOW = 1

class Flags(enum.Flag):
    A = 1
    B = 2

@dataclass
class Point:
    x: int
    y: object = None

@dataclass(frozen=True)
class Frozen:
    x: int

@dataclass(slots=True)
class Slotted:
    x: int
    y: int = 2

@dataclass(frozen=True, slots=True)
class FrozenSlotted:
    x: int

@dataclass
class Upper(Point):
    z: int = 0

class Plain:
    def __init__(self, x):
        self.x = x
    def __eq__(self, other):
        return self.x == other.x

class Shop(Exception):
    http_status = 418
    def __init__(self, code, *, detail):
        super().__init__(f"shop {code}")
        self.code = code
        self.detail = detail

class Outer:
    @dataclass
    class Inner:
        x: int

Pair = collections.namedtuple("Pair", "a b")

@entity
class Item:
    def __init__(self, name): self.name = name
    def __key__(self): return self.name

def in_function():
    @dataclass
    class Local:
        x: int
    return Local(1)
"#;

fn round_trip<'py>(value: &Bound<'py, PyAny>) -> Bound<'py, PyAny> {
    let message = encode(value, OpaqueValues::Pickled).unwrap_or_else(|error| {
        error.print(value.py());
        panic!("{value} cannot be encoded")
    });
    decode(value.py(), &message, Source::State).expect("what was encoded can be decoded")
}

/// Each is equal to itself after a round trip, of the same type and with the same `repr`.
const EXPRESSIONS: &[&str] = &[
    "None",
    "True",
    "0",
    "-1",
    "2**63 - 1",
    "-2**63",
    "2**63",
    "-2**63 - 1",
    "10**300",
    "-10**300",
    "1.5",
    "float('inf')",
    "-0.0",
    "''",
    "'grüße 🌊'",
    "'\\ud800 lone'",
    "b'\\x00\\xff'",
    "[]",
    "[1, [2, [3]]]",
    "()",
    "(1, ('a', None))",
    "{}",
    "{'a': 1, 2: [3], (4, 5): {}}",
    "set()",
    "{1}",
    "frozenset({1})",
    "dt.date(2024, 2, 29)",
    "dt.time(1, 2, 3, 4)",
    "dt.time(1, 2, fold=1, tzinfo=dt.timezone.utc)",
    "dt.datetime(2024, 2, 29, 1, 2, 3, 4)",
    "dt.datetime(1, 1, 1, tzinfo=dt.timezone.utc)",
    "dt.datetime(9999, 12, 31, tzinfo=dt.timezone(dt.timedelta(hours=-5, microseconds=1)))",
    "dt.datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin'))",
    "dt.datetime(2024, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1), 'CET'))",
    "dt.timedelta(days=-1, seconds=5, microseconds=7)",
    "decimal.Decimal('1.10')",
    "decimal.Decimal('-Infinity')",
    "uuid.UUID(int=5)",
    "Color.RED",
    "Color.BLUE",
    "Level.LOW",
    "Flags.A | Flags.B",
    "Point(1, [2])",
    "Point(Point(1), {'a': Frozen(2)})",
    "Frozen(1)",
    "{Frozen(1)}",
    "Slotted(1)",
    "FrozenSlotted(1)",
    "Upper(1, 2, 3)",
    "Outer.Inner(1)",
    "fractions.Fraction(1, 3)",
    "Pair(1, 2)",
    "collections.OrderedDict(a=1)",
    "collections.defaultdict(list, a=[1])",
    "collections.deque([1], maxlen=3)",
    "bytearray(b'x')",
    "range(3)",
    "complex(1, 2)",
];

#[test]
fn values_round_trip() {
    python(|py| {
        let values = module(py, "values", VALUES);
        for expression in EXPRESSIONS {
            let value = eval(&values, expression);
            let back = round_trip(&value);
            assert!(back.eq(&value).unwrap(), "{expression} came back as {back}");
            assert!(back.get_type().is(value.get_type()), "{expression}");
            assert_eq!(back.repr().unwrap().to_string(), value.repr().unwrap().to_string());
        }
    });
}

#[test]
fn copies_are_equal_and_share_nothing_that_can_change() {
    python(|py| {
        let values = module(py, "values", VALUES);
        for expression in EXPRESSIONS {
            let value = eval(&values, expression);
            let copied = copy(&value).unwrap();
            assert!(copied.eq(&value).unwrap(), "{expression} was copied as {copied}");
            assert!(copied.get_type().is(value.get_type()), "{expression}");
        }
        for mutable in ["[1]", "{'a': 1}", "{1}", "Point(1)", "Plain(1)", "Slotted(1)"] {
            let value = eval(&values, mutable);
            assert!(!copy(&value).unwrap().is(&value), "{mutable} was not copied");
        }
        for fixed in ["'text'", "(1, (2,))", "frozenset({1})", "Color.RED", "dt.date(2024, 1, 1)"] {
            let value = eval(&values, fixed);
            assert!(copy(&value).unwrap().is(&value), "{fixed} was copied");
        }
    });
}

/// Functions from `shape` to a value and a check of what came back.
const SHAPES: &str = r#"
def shared():
    inner = [1]
    return {"a": inner, "b": [inner], "c": (inner,)}
def check_shared(value):
    assert value["a"] is value["b"][0] is value["c"][0] and value["a"] == [1]

def cyclic():
    value = [1]
    value.append({"self": (value,)})
    return value
def check_cyclic(value):
    assert value[1]["self"][0] is value

def cyclic_dict():
    value = {}
    value["self"] = value
    return value
def check_cyclic_dict(value):
    assert value["self"] is value

def cyclic_record():
    value = Point(1)
    value.y = [value]
    return value
def check_cyclic_record(value):
    assert value.y[0] is value and type(value) is Point

def shared_record():
    point = Point(1)
    return [point, point, Point(1)]
def check_shared_record(value):
    assert value[0] is value[1] and value[2] is not value[0]

def list_in_a_shared_tuple():
    value = ([1],)
    return [value, value]
def check_list_in_a_shared_tuple(value):
    assert value[0][0] is value[1][0]

def tuple_in_its_own_list():
    items = []
    value = (items, 1)
    items.append(value)
    return value
def check_tuple_in_its_own_list(value):
    assert value[0][0][0] is value[0]
"#;

#[test]
fn aliasing_and_cycles_survive() {
    python(|py| {
        let values = module(py, "values", &format!("{VALUES}\n{SHAPES}"));
        for shape in [
            "shared",
            "cyclic",
            "cyclic_dict",
            "cyclic_record",
            "shared_record",
            "list_in_a_shared_tuple",
            "tuple_in_its_own_list",
        ] {
            let value = eval(&values, &format!("{shape}()"));
            let check = values.getattr(format!("check_{shape}")).unwrap();
            check.call1((round_trip(&value),)).expect(shape);
            check.call1((copy(&value).unwrap(),)).expect(shape);
        }
    });
}

#[test]
fn aliasing_survives_across_deepcopy() {
    python(|py| {
        let values = module(py, "values", VALUES);
        let value = eval(&values, "(lambda inner: [inner, Plain(inner), inner])([1])");
        let copied = copy(&value).unwrap();
        let inner = copied.get_item(0).unwrap();
        assert!(copied.get_item(1).unwrap().getattr("x").unwrap().is(&inner));
        assert!(copied.get_item(2).unwrap().is(&inner));
        assert!(!value.get_item(0).unwrap().is(&inner));
    });
}

#[test]
fn exceptions_keep_class_arguments_and_attributes() {
    python(|py| {
        let values = module(py, "values", VALUES);
        let check = |expression: &str, test: &str| {
            let back = round_trip(&eval(&values, expression));
            values.setattr("it", back).unwrap();
            assert!(eval(&values, test).is_truthy().unwrap(), "{expression}: {test}");
        };
        check("ValueError('no', 3)", "type(it) is ValueError and it.args == ('no', 3)");
        check(
            "Shop(7, detail=[1])",
            "type(it) is Shop and it.args == ('shop 7',) and it.code == 7 and it.detail == [1]",
        );
        check("KeyError('k')", "it.args == ('k',)");
        check(
            "UnicodeDecodeError('utf-8', b'x', 0, 1, 'bad')",
            "str(it) == \"'utf-8' codec can't decode byte 0x78 in position 0: bad\"",
        );
        check(
            "__import__('anabranch').EntityNotFound('Item', 'pen')",
            "it.entity_class == 'Item' and it.key == 'pen' and type(it).__name__ == 'EntityNotFound'",
        );
    });
}

fn type_error(py: Python<'_>, result: PyResult<Vec<u8>>) -> String {
    let error = result.expect_err("this has no encoding");
    assert!(error.is_instance_of::<pyo3::exceptions::PyTypeError>(py), "{error}");
    error.value(py).to_string()
}

#[test]
fn what_has_no_encoding_is_named_with_its_place() {
    python(|py| {
        let values = module(py, "values", VALUES);
        let value = eval(&values, "{'a': [1, Point(threading.Lock())]}");
        let message = type_error(py, encode(&value, OpaqueValues::Pickled));
        assert_eq!(
            message,
            "a value of type _thread.lock cannot be stored: TypeError: cannot pickle \
             '_thread.lock' object (at ['a'][1].x)"
        );
        let message =
            type_error(py, encode(&eval(&values, "in_function()"), OpaqueValues::Pickled));
        assert!(message.contains("its class cannot be imported"), "{message}");
    });
}

#[test]
fn pickles_do_not_cross_the_network() {
    python(|py| {
        let values = module(py, "values", VALUES);
        let value = eval(&values, "[Plain(1)]");
        let message = type_error(py, encode(&value, OpaqueValues::Refused));
        assert!(message.contains("values.Plain") && message.contains("[0]"), "{message}");
        let pickled = encode(&value, OpaqueValues::Pickled).unwrap();
        let refused = decode(py, &pickled, Source::Network);
        assert_eq!(refused.unwrap_err(), DecodeError::Refused("a pickled object"));
        assert!(decode(py, &pickled, Source::Request).is_ok());
    });
}

#[test]
fn the_network_neither_imports_nor_invents_attributes() {
    use anabranch_kernel::value::wire::Writer;
    python(|py| {
        module(py, "values", VALUES);
        let record = |class: &str, attribute: &str| {
            let mut writer = Writer::new();
            writer.record(class, 1);
            writer.name(attribute);
            writer.int(1);
            writer.finish()
        };
        assert!(decode(py, &record("values:Point", "x"), Source::Network).is_ok());
        for (class, attribute) in [
            ("values:Point", "__class__"),
            ("values:Plain", "x"),
            ("antigravity:X", "x"),
            ("os:system", "x"),
        ] {
            let result = decode(py, &record(class, attribute), Source::Network);
            assert!(matches!(result, Err(DecodeError::Unbuildable(_))), "{class} {attribute}");
        }
        let modules = py.import("sys").unwrap().getattr("modules").unwrap();
        assert!(!modules.contains("antigravity").unwrap());
    });
}

#[test]
fn deep_nesting_is_an_error_both_ways() {
    python(|py| {
        let values = module(
            py,
            "values",
            "def nest(depth):\n    value = []\n    for _ in range(depth):\n        value = [value]\n    return value\n",
        );
        let good = eval(&values, "nest(199)");
        assert!(round_trip(&good).eq(&good).unwrap());
        let deep = encode(&eval(&values, "nest(300)"), OpaqueValues::Pickled);
        assert!(deep.unwrap_err().is_instance_of::<pyo3::exceptions::PyRecursionError>(py));
        assert!(copy(&good).unwrap().eq(&good).unwrap());
        let copied = copy(&eval(&values, "nest(100_000)"));
        assert!(copied.unwrap_err().is_instance_of::<pyo3::exceptions::PyRecursionError>(py));
        let mut writer = anabranch_kernel::value::wire::Writer::new();
        for _ in 0..100_000 {
            writer.list(1);
        }
        writer.none();
        assert_eq!(
            decode(py, &writer.finish(), Source::Network).unwrap_err(),
            DecodeError::TooDeep
        );
    });
}

#[test]
fn damaged_messages_never_panic() {
    python(|py| {
        let values = module(py, "values", VALUES);
        let expression = format!("[{}, ref(Item, 'pen')]", EXPRESSIONS[..50].join(", "));
        let expression = expression.replace("ref(", "__import__('anabranch')._native.Reference(");
        let good = encode(&eval(&values, &expression), OpaqueValues::Pickled).unwrap();
        let mut state: u64 = 0x2545_f491_4f6c_dd1d;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for _ in 0..2000 {
            let mut message = good.clone();
            let place = random() as usize % message.len();
            message[place] = random() as u8;
            let _ = decode(py, &message, Source::Network);
        }
    });
}
