//! What a reference looks like to Python code.

mod harness;

use harness::{eval, module, python};
use pyo3::prelude::*;

const CODE: &str = r#"
import copy, pickle, uuid
from anabranch import _backend, _mode, entity
from anabranch._native import Reference, encode, decode
_mode.set_engine_mode()

@entity
class Item:
    def __init__(self, name): self.name = name
    def __key__(self): return self.name
    def price(self, amount): return amount

@entity
class User:
    def __init__(self, name): self.name = name
    def __key__(self): return self.name

pen = Reference(Item, "pen")
live = object.__new__(Item)
live.__init__("pen")

class Recorder:
    def __init__(self): self.seen = []
    def call(self, reference, method, args, kwargs):
        self.seen.append((method, args, kwargs)); return "called"
    def get_attribute(self, reference, name):
        self.seen.append(("get", name)); return 5
    def set_attribute(self, reference, name, value):
        self.seen.append(("set", name, value))

recorder = Recorder()
_backend.install(recorder)

def raised(function):
    try: function()
    except Exception as error: return error
    return None
"#;

fn holds(expressions: &[&str]) {
    python(|py| {
        let module = module(py, "references", CODE);
        for expression in expressions {
            assert!(eval(&module, expression).is_truthy().unwrap(), "{expression}");
        }
    });
}

#[test]
fn it_passes_for_the_entity() {
    holds(&[
        "isinstance(pen, Item) and not isinstance(pen, User)",
        "pen.__class__ is Item and type(pen) is Reference",
        "repr(pen) == \"Item('pen')\"",
        "bool(pen)",
        "pen.__anabranch_class__ is Item and pen.__anabranch_key__ == 'pen'",
    ]);
}

#[test]
fn it_is_equal_by_class_and_key() {
    holds(&[
        "pen == Reference(Item, 'pen') and hash(pen) == hash(Reference(Item, 'pen'))",
        "pen != Reference(Item, 'cup') and pen != Reference(User, 'pen') and pen != 'pen'",
        "len({pen, Reference(Item, 'pen'), Reference(Item, 'cup')}) == 2",
        "pen == live and live == pen and hash(live) == hash(pen)",
        "Reference(Item, 1) != Reference(Item, '1')",
    ]);
}

#[test]
fn copies_pickles_and_messages_keep_it() {
    holds(&[
        "copy.copy(pen) is pen and copy.deepcopy([pen])[0] is pen",
        "pickle.loads(pickle.dumps(pen)) == pen",
        "pickle.loads(pickle.dumps(live)) == pen and type(pickle.loads(pickle.dumps(live))) is Reference",
        "decode(encode({'a': pen}))['a'] == pen",
        "type(decode(encode(live))) is Reference",
        "decode(encode(Reference(Item, (1, b'x', uuid.UUID(int=3))))).__anabranch_key__ == (1, b'x', uuid.UUID(int=3))",
    ]);
}

#[test]
fn attributes_go_to_the_backend() {
    holds(&[
        "pen.stock == 5 and recorder.seen.pop() == ('get', 'stock')",
        "pen.price(2, x=3) == 'called' and recorder.seen.pop() == ('price', (2,), {'x': 3})",
        "setattr(pen, 'stock', 7) is None and recorder.seen.pop() == ('set', 'stock', 7)",
        "not hasattr(pen, '__len__') and recorder.seen == []",
        "type(raised(lambda: delattr(pen, 'stock'))) is AttributeError",
    ]);
}

#[test]
fn unfit_keys_are_refused() {
    let message = |found: &str| {
        format!(
            "str(raised(lambda: Reference(Item, KEY))) == 'the key of an entity must be a str, int, \
             bytes, UUID or a tuple of them, not {found}'"
        )
    };
    for (key, found) in [
        ("True", "bool"),
        ("1.5", "float"),
        ("None", "NoneType"),
        ("()", "an empty tuple"),
        ("(1, None)", "a tuple with NoneType"),
        ("((1,),)", "a tuple with tuple"),
        ("[1]", "list"),
    ] {
        holds(&[&message(found).replace("KEY", key)]);
    }
}
