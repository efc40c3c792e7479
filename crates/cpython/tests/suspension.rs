//! What is suspended and made again is as if nothing had happened.

mod harness;
mod shop;

use std::ffi::CString;

use anabranch_cpython::{CPython, LiveEntity};
use anabranch_kernel::{Arguments, Interpreter, PortableInterpreter, Raised, TransactionContext};
use harness::{eval, module, python};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use shop::{ITEM, application};

type Live = Py<PyAny>;

const CONTEXT: TransactionContext = TransactionContext { start_time_nanoseconds: 0, seed: [0; 32] };

/// An interpreter in a transaction.
fn interpreter() -> CPython {
    let mut interpreter = CPython::new(application());
    Python::attach(|py| {
        let code = "import shop\nshop.Item.itself = property(lambda self: self)";
        module(py, "window", code);
    });
    interpreter.begin_transaction(&CONTEXT);
    interpreter
}

/// Runs `before(pen)`, which gives tuples of live variables, suspends, and runs `after(pen, *tuples)`.
fn suspended(name: &str, code: &str) -> Result<(), String> {
    let mut cpython = interpreter();
    Python::attach(|py| {
        let scenario = module(py, name, code);
        let set_up = py.import("anabranch._suspension").unwrap();
        set_up.call_method1("prepare", ((&scenario,),)).unwrap();
        let key = eval(&scenario, "('pen',)").unbind();
        let arguments = Arguments { positional: key, keywords: None };
        let (id, pen) = cpython.construct(ITEM, arguments).expect("pen can be created");
        let message = suspend(py, &scenario, &mut cpython, &pen)?;
        let (pen, live) = cpython.revive(&id, &message).expect("it was written");
        let mut arguments = vec![object(&mut cpython, &pen)];
        arguments.extend(live);
        let after = scenario.getattr("after").unwrap();
        let done = after.call1(PyTuple::new(py, arguments).unwrap());
        if let Err(error) = done {
            error.print(py);
            panic!("{name}: it is not as before");
        }
        Ok(())
    })
}

fn suspend(
    py: Python<'_>,
    scenario: &Bound<'_, PyModule>,
    cpython: &mut CPython,
    pen: &LiveEntity,
) -> Result<Vec<u8>, String> {
    let before = scenario.getattr("before").unwrap();
    let calls = before.call1((object(cpython, pen),)).unwrap();
    let calls: Vec<Live> = calls.extract().unwrap();
    let calls: Vec<&Live> = calls.iter().collect();
    cpython.suspend(pen, &calls).map_err(|error| error.bind(py).to_string())
}

/// The Python object of a live entity.
fn object(cpython: &mut CPython, entity: &LiveEntity) -> Live {
    let name = cpython.attribute_name("itself");
    cpython.get_attribute(entity, &name).expect("a property")
}

fn keeps(name: &str, code: &str) {
    python(|_| suspended(name, code).expect("it can be suspended"));
}

fn refuses(name: &str, code: &str) -> String {
    python(|_| suspended(name, code).expect_err("it cannot be suspended"))
}

#[test]
fn what_is_one_object_stays_one() {
    keeps(
        "sharing",
        "
import shop

def before(pen):
    pen.tags = ['a']
    pen.me = pen
    shared = {'x': 1}
    pen.friends = {pen, shop.Item}
    return [(pen.tags, shared, pen, vars(pen)), (shared, (pen.tags,), pen, {pen: 1})]

def after(pen, first, second):
    tags, shared, me, attributes = first
    assert tags is pen.tags and second[1][0] is tags
    assert shared is second[0]
    assert me is pen and second[2] is pen and pen.me is pen
    assert attributes is vars(pen)
    assert second[3][pen] == 1 and pen in pen.friends
    tags.append('b')
    assert pen.tags == ['a', 'b']
",
    );
}

#[test]
fn iterators_go_on_over_the_same_containers() {
    keeps(
        "iterators",
        "
def before(pen):
    pen.numbers = [1, 2, 3, 4]
    pen.prices = {'a': 1, 'b': 2, 'c': 3}
    pen.kinds = {10, 20, 30}
    iterators = [
        iter(pen.numbers), reversed(pen.numbers), enumerate(pen.numbers),
        zip(pen.numbers, 'abcd'), iter(pen.prices), iter(pen.prices.items()),
        iter(pen.prices.values()), reversed(pen.prices), iter(range(5)), iter((1, 2)), iter('xyz'),
        iter(pen.kinds),
    ]
    pen.seen = [next(iterator) for iterator in iterators]
    views = pen.prices.keys(), pen.prices.values(), pen.prices.items()
    fresh = iter(pen.prices), iter(pen.kinds)
    spent = iter({1: 2}), iter({1}), iter([])
    for iterator in spent:
        list(iterator)
    return [tuple(iterators), views, fresh, spent]

def after(pen, iterators, views, fresh, spent):
    pen.numbers.append(5)
    pen.prices['c'] = 7
    kinds = list(iterators[-1])
    assert sorted(kinds + [pen.seen[-1]]) == [10, 20, 30]
    rest = [list(iterator) for iterator in iterators[:-1]]
    assert rest == [
        [2, 3, 4, 5], [3, 2, 1], [(1, 2), (2, 3), (3, 4), (4, 5)], [(2, 'b'), (3, 'c'), (4, 'd')],
        ['b', 'c'], [('b', 2), ('c', 7)], [2, 7], ['b', 'a'], [1, 2, 3, 4], [2], ['y', 'z'],
    ], rest
    keys, values, items = views
    pen.prices['d'] = 9
    assert list(keys) == ['a', 'b', 'c', 'd'] and list(values) == [1, 2, 7, 9]
    assert ('d', 9) in items
    pen.kinds.add(40)
    for iterator in fresh:
        try:
            next(iterator)
        except RuntimeError as error:
            assert 'changed size during iteration' in str(error)
        else:
            assert False
    assert [list(iterator) for iterator in spent] == [[], [], []]
",
    );
}

#[test]
fn a_container_that_changed_its_size_is_still_noticed() {
    keeps(
        "changed",
        "
def before(pen):
    prices, kinds = {'a': 1, 'b': 2}, {1, 2}
    iterators = iter(prices), iter(prices.items()), iter(kinds)
    for iterator in iterators:
        next(iterator)
    prices['c'] = 3
    kinds.add(3)
    return [(prices, kinds), iterators]

def after(pen, containers, iterators):
    assert containers == ({'a': 1, 'b': 2, 'c': 3}, {1, 2, 3})
    containers[0]['d'] = 4
    for iterator in iterators:
        for _ in range(2):
            try:
                next(iterator)
            except RuntimeError as error:
                assert 'changed size during iteration' in str(error)
            else:
                assert False
",
    );
}

#[test]
fn iterators_can_be_suspended_twice() {
    keeps(
        "twice",
        "
from anabranch import _suspension
import pickle

def again(value):
    return pickle.loads(_suspension.dumps(value))

def before(pen):
    kinds = {1, 2, 3}
    iterator = iter(kinds)
    next(iterator)
    return [(kinds, iterator)]

def after(pen, live):
    next(live[1])
    kinds, iterator = again(live)
    assert len(list(iterator)) == 1
    kinds, iterator = again(live)
    kinds.add(4)
    try:
        next(iterator)
    except RuntimeError:
        pass
    else:
        assert False
",
    );
}

#[test]
fn functions_are_kept_with_their_variables() {
    keeps(
        "functions",
        "
import math

class Base:
    def __init__(self): self.n = 1
    def get(self): return self.n
    def __private(self): return 'private'
    def private(self): return self.__private
    @classmethod
    def make(cls): return cls()

class Derived(Base):
    def get(self): return 'wrong'
    def base(self): return super().get

def outer(pen):
    rate = [2]
    def price(x, *, extra=rate):
        return x * rate[0] + extra[0]
    def factorial(n):
        return n * factorial(n - 1) if n else 1
    count = 0
    def add():
        nonlocal count
        count += 1
        return count
    def get():
        return count
    return price, rate, factorial, lambda: pen, add, get

def before(pen):
    thing = Derived()
    return [outer(pen), (thing, thing.base(), Base.make, thing.private(), len, math, outer, [].append)]

def after(pen, inner, named):
    price, rate, factorial, me, add, get = inner
    rate[0] = 3
    assert price(5) == 18
    assert price.__qualname__ == 'outer.<locals>.price' and price.__module__ == 'functions'
    assert factorial(5) == 120
    assert me() is pen
    add()
    assert get() == 1
    thing, base, make, private, length, module, function, append = named
    thing.n = 7
    assert base() == 7
    assert type(make()) is Base and private() == 'private'
    assert length is len and module is math and function is outer
    append(1)
",
    );
}

#[test]
fn what_modules_have_under_a_name_stays_that() {
    keeps(
        "named_objects",
        "
import enum, dataclasses

MISSING = object()

class Colour(enum.Enum):
    RED = object()
    BLUE = [1]

class Kind(enum.Flag):
    A = 1
    B = 2

@dataclasses.dataclass(frozen=True)
class Place:
    name: str
    def __post_init__(self): assert self.name
    HOME = None

Place.HOME = Place('home')

class Registry:
    unset = object()
    def __init__(self): self.entries = []

registry = Registry()

def before(pen):
    return [(MISSING, Colour.RED, Colour.BLUE, Kind.A | Kind.B, Place.HOME, Place('home'), registry,
             Registry.unset, Place, dataclasses.MISSING, ..., NotImplemented)]

def after(pen, live):
    missing, red, blue, both, home, other, found, unset, place, library, dots, no = live
    assert missing is MISSING and red is Colour.RED and blue is Colour.BLUE
    assert both is Kind.A | Kind.B
    assert home is Place.HOME and other is not home and other == home
    assert found is registry and unset is Registry.unset and place is Place
    assert dots is ... and no is NotImplemented
",
    );
}

#[test]
fn exceptions_keep_what_is_known_of_them() {
    keeps(
        "exceptions",
        "
import traceback

class Failed(ValueError):
    def __init__(self, code, *, detail):
        super().__init__(f'failed with {code}')
        self.code, self.detail = code, detail

def fail(detail):
    try:
        open('/nowhere/at/all')
    except OSError as error:
        error.add_note('a note')
        raise Failed(7, detail=detail) from error

def before(pen):
    detail = []
    pen.detail = detail
    try:
        fail(detail)
    except Failed as error:
        pen.text = ''.join(traceback.format_exception(error))
        pen.errors = [error]
        error.itself = error
        return [(error, ImportError('no', name='n', path='p'), UnicodeDecodeError('ascii', b'x', 0, 1, 'r'),
                 ExceptionGroup('several', [ValueError(1)]))]

def after(pen, live):
    error, no_module, unicode, group = live
    assert error is pen.errors[0] and error.itself is error
    assert type(error) is Failed and error.code == 7 and error.detail is pen.detail
    assert error.args == ('failed with 7',) and error.__cause__ is error.__context__
    assert error.__cause__.filename == '/nowhere/at/all' and error.__cause__.errno == 2
    assert error.__cause__.args == (2, 'No such file or directory')
    assert error.__cause__.__notes__ == ['a note']
    text = ''.join(traceback.format_exception(error))
    assert text == pen.text, text
    assert no_module.name == 'n' and no_module.path == 'p' and unicode.end == 1
    assert group.exceptions[0].args == (1,)
",
    );
}

#[test]
fn what_cannot_be_kept_is_named() {
    let message = refuses(
        "generators",
        "
def before(pen):
    return [([1], (x for x in 'abc'))]
",
    );
    assert!(message.starts_with("a local variable cannot be kept while another"), "{message}");
    assert!(message.contains("generator"), "{message}");
    assert!(message.ends_with("in a function or method of its own"), "{message}");
    let message = refuses(
        "open_files",
        "
def before(pen):
    pen.file = open('/dev/null')
    return [()]
",
    );
    assert!(message.starts_with("the attribute file of Item('pen') cannot be kept"), "{message}");
}

#[test]
fn arguments_in_both_places_stay_one_value() {
    python(|py| {
        let mut cpython = interpreter();
        let scope = module(py, "arguments", "shared = [1]");
        let arguments = Arguments {
            positional: eval(&scope, "(shared, 2)").unbind(),
            keywords: Some(eval(&scope, "{'again': shared}").unbind()),
        };
        let message = cpython.encode_arguments(&arguments).expect("lists can be encoded");
        let read = cpython.decode_arguments(&message).expect("it was written");
        let positional = read.positional.bind(py).get_item(0).unwrap();
        assert!(read.keywords.unwrap().bind(py).get_item("again").unwrap().is(&positional));
        let none = Arguments { positional: eval(&scope, "()").unbind(), keywords: None };
        let message = cpython.encode_arguments(&none).expect("nothing can be encoded");
        assert!(cpython.decode_arguments(&message).expect("it was written").keywords.is_none());
    });
}

#[test]
fn an_exception_of_two_entities_shows_one_stack() {
    const CODE: &str = "
def inner():
    return 1 + len(1 / 0)

def outer(error=None):
    if error is None:
        inner()
    raise error
";
    python(|py| {
        let file = std::env::temp_dir().join(format!("anabranch-{}.py", std::process::id()));
        std::fs::write(&file, CODE).expect("a temporary file");
        let path = CString::new(file.to_str().unwrap()).unwrap();
        let text = CString::new(CODE).unwrap();
        let scope = PyModule::from_code(py, &text, &path, c"stacks").unwrap();
        let mut cpython = interpreter();
        let mut raised = |function: &str, error: Option<Live>| -> Raised {
            let error = scope.getattr(function).unwrap().call1(PyTuple::new(py, error).unwrap());
            let error = error.expect_err("it raises").into_value(py).into_any();
            cpython.describe(&error)
        };
        let direct = raised("outer", None);
        let callee = raised("inner", None);
        let mut other = interpreter();
        let revived = other.revive_exception(&callee).expect("it was described");
        let both = raised("outer", Some(revived));
        std::fs::remove_file(&file).expect("the temporary file");
        let expected = direct.traceback.replace("line 7, in outer\n    inner()", "LINE");
        let found = both.traceback.replace("line 8, in outer\n    raise error", "LINE");
        assert_eq!(expected, found);
        assert_ne!(expected, direct.traceback);
    });
}

#[test]
fn the_line_of_an_unbound_variable_is_the_same_each_time() {
    python(|py| {
        let code = "
def unbound(flag):
    if flag:
        missing = 0
    a = 1
    b = missing
    return a, b
";
        let scope = module(py, "unbound_variables", code);
        let mut cpython = interpreter();
        let tracebacks = (0..100).map(|_| {
            let error = scope.getattr("unbound").unwrap().call1((false,)).expect_err("it raises");
            cpython.describe(&error.into_value(py).into_any()).traceback
        });
        let tracebacks: std::collections::BTreeSet<String> = tracebacks.collect();
        assert_eq!(tracebacks.len(), 1, "{tracebacks:?}");
        assert!(tracebacks.first().unwrap().contains("line 6, in unbound"), "{tracebacks:?}");
    });
}

#[test]
fn an_exception_that_cannot_be_found_is_still_one() {
    python(|_| {
        let mut cpython = interpreter();
        let raised = Raised {
            exception: Vec::new(),
            class: "nowhere:Lost".to_owned(),
            message: "lost".to_owned(),
            http_status: None,
            traceback: String::new(),
        };
        let revived = cpython.revive_exception(&raised).expect("an exception of ours");
        assert_eq!(cpython.describe(&revived).class, "anabranch:RemoteError");
    });
}
