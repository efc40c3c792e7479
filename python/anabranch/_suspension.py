"""Suspended calls as bytes.

An engine may go on with a suspended method in another process. Then the entity and the live
variables of its suspended calls are one pickle, so that an object that can be reached from several
of them stays one object. Pickle knows most of Python; this is what it does not know, or gets wrong:

- the live entity itself, which is whatever object the reader makes of it;
- iterators and views of dicts and sets go on over the same container, not over a copy of the rest;
- functions within functions, lambdas included, are written with their code and their variables;
- methods are written as function and object, because their name may mean another method there
  (`super()`, private names);
- exceptions are made without their `__init__`, and keep their traceback, cause and context;
- objects that a module of the application has under a name stay those, so that `is` finds them.

Whatever else cannot be pickled (generators, open files, locks) cannot be kept over a suspension.
"""

import contextlib
import functools
import gc
import importlib
import io
import marshal
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import (
    CellType,
    CodeType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any

from anabranch import _native, _tracebacks

_PROTOCOL = 5

_Reduced = tuple[Any, ...]


class _Pickler(pickle.Pickler):
    # A function that is no descriptor, so it is called without the pickler.
    reducer_override: Any = _native.reduce_suspended


def dumps(value: object) -> bytes:
    """The pickle of the attributes of a live entity and of live variables."""
    stream = io.BytesIO()
    _Pickler(stream, _PROTOCOL).dump(value)
    return stream.getvalue()


def failing_part(attributes: dict[str, object], calls: Sequence[Sequence[object]]) -> Any:
    """What cannot be written: the name of an attribute, or indices of a call and a variable."""
    for name, value in attributes.items():
        if not _can_be_written(value):
            return name
    for call, variables in enumerate(calls):
        for index, value in enumerate(variables):
            if not _can_be_written(value):
                return call, index
    return None


def _can_be_written(value: object) -> bool:
    try:
        dumps(value)
    except Exception:
        return False
    return True


# Objects under a name.

# By address, with where they are; the address stays theirs.
named: dict[int, tuple[str, str, object]] = {}


def prepare(modules: Iterable[ModuleType]) -> None:
    """Remembers what the modules of an application have under a name."""
    for module in modules:
        for name, value in list(vars(module).items()):
            _name(module.__name__, name, value)
            if isinstance(value, type) and value.__module__ == module.__name__:
                for attribute, member in list(vars(value).items()):
                    _name(module.__name__, f"{name}.{attribute}", member)


def _name(module: str, name: str, value: object) -> None:
    if type(value).__reduce_ex__ is object.__reduce_ex__ and not isinstance(value, type):
        named.setdefault(id(value), (module, name, value))


def _get_named(module: str, name: str) -> object:
    return functools.reduce(getattr, name.split("."), sys.modules[module])


def reduce_other(value: Any) -> Any:
    """How to make an object again that is no built-in value; `NotImplemented`: as pickle does."""
    if isinstance(value, BaseException):
        return _reduce_exception(value)
    if isinstance(value, FunctionType):
        return _reduce_function(value)
    module, name, known = named.get(id(value), ("", "", None))
    if known is value and _is_named(value, module, name):
        return _get_named, (module, name)
    reduce = _REDUCERS.get(_type(value))
    return NotImplemented if reduce is None else reduce(value)


def _type(value: object) -> type:
    return type(value)


def _is_named(value: object, module: str, name: str) -> bool:
    try:
        return _get_named(module, name) is value
    except (AttributeError, KeyError):
        return False


def enum_member(cls: Any, name: str) -> object:
    """The member of an enum class."""
    return cls._member_map_[name]


# Functions and modules.


def _reduce_function(function: FunctionType) -> Any:
    module = sys.modules.get(function.__module__)
    if _is_named(function, function.__module__, function.__qualname__):
        return NotImplemented
    if module is None or vars(module) is not function.__globals__:
        # Pickle says what is wrong with it.
        return NotImplemented
    arguments = (
        marshal.dumps(function.__code__),
        function.__module__,
        function.__name__,
        function.__qualname__,
        function.__closure__,
    )
    state = (function.__defaults__, function.__kwdefaults__, vars(function))
    return _make_function, arguments, state, None, None, _complete_function


@functools.lru_cache(maxsize=1024)
def _code(marshalled: bytes) -> CodeType:
    return marshal.loads(marshalled)


def _make_function(
    code: bytes, module: str, name: str, qualified: str, closure: tuple[CellType, ...] | None
) -> FunctionType:
    function = FunctionType(_code(code), vars(sys.modules[module]), name, None, closure)
    function.__module__, function.__qualname__ = module, qualified
    return function


def _complete_function(function: FunctionType, state: tuple[Any, Any, dict[str, Any]]) -> None:
    function.__defaults__, function.__kwdefaults__, attributes = state
    vars(function).update(attributes)


def _reduce_cell(cell: CellType) -> _Reduced:
    try:
        contents = cell.cell_contents
    except ValueError:
        return _make_cell, ()
    return _make_cell, (), (contents,), None, None, _fill_cell


def _make_cell() -> CellType:
    return CellType()


def _fill_cell(cell: CellType, contents: tuple[Any]) -> None:
    (cell.cell_contents,) = contents


def _reduce_method(method: MethodType) -> _Reduced:
    return _make_method, (method.__func__, method.__self__)


def _make_method(function: Callable[..., Any], owner: object) -> MethodType:
    return MethodType(function, owner)


def _reduce_module(module: ModuleType) -> Any:
    if sys.modules.get(module.__name__) is not module:
        return NotImplemented
    return importlib.import_module, (module.__name__,)


# Iterators and views of dicts and sets.

_empty: dict[Any, Any] = {}

_VIEWS: dict[type, str] = {
    type(_empty.keys()): "keys",
    type(_empty.values()): "values",
    type(_empty.items()): "items",
}

_DICT_ITERATORS: dict[type, tuple[str, bool]] = {
    type(iter(_empty.keys())): ("keys", False),
    type(iter(_empty.values())): ("values", False),
    type(iter(_empty.items())): ("items", False),
    type(reversed(_empty.keys())): ("keys", True),
    type(reversed(_empty.values())): ("values", True),
    type(reversed(_empty.items())): ("items", True),
}


def _owner(iterator: object, kind: type | tuple[type, ...]) -> Any:
    """The container behind an iterator or view, which Python does not tell otherwise."""
    return next((found for found in gc.get_referents(iterator) if isinstance(found, kind)), None)


def _remaining(iterator: Any) -> list[Any] | None:
    """What is left of an iterator, which stays as it is; nothing if the container changed size."""
    try:
        return iterator.__reduce__()[1][0]
    except RuntimeError:
        return None


def _reduce_view(view: Any) -> _Reduced:
    return getattr(dict, _VIEWS[type(view)]), (_owner(view, dict),)


def _reduce_dict_iterator(iterator: Any) -> _Reduced:
    owner = _owner(iterator, dict)
    if owner is None:
        return iter, ((),)
    remaining = _remaining(iterator)
    view, is_reversed = _DICT_ITERATORS[type(iterator)]
    count = None if remaining is None else len(remaining)
    return _iterate, (owner, view, is_reversed, count)


def _iterate(owner: dict[Any, Any], view: str, is_reversed: bool, remaining: int | None) -> Any:
    elements = getattr(dict, view)(owner)
    if remaining is not None:
        iterator = reversed(elements) if is_reversed else iter(elements)
        for _ in range(len(owner) - remaining):
            next(iterator)
        return iterator
    # It fails like the one that it stands for, because the dict has changed its size.
    unused = object()
    dict[Any, Any].__setitem__(owner, unused, None)
    iterator = reversed(elements) if is_reversed else iter(elements)
    dict[Any, Any].__delitem__(owner, unused)
    with contextlib.suppress(RuntimeError):
        # From now on it fails whatever size the dict gets.
        next(iterator)
    return iterator


class SetIterator:
    """Goes on over a set in the order that it had when the iteration was suspended."""

    def __init__(self, elements: Any, size: int, remaining: list[Any]) -> None:
        self._elements, self._size = elements, size
        # The next one is the last.
        self._remaining = remaining[::-1]

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._elements is None:
            raise StopIteration
        if len(self._elements) != self._size:
            self._size = -1
            raise RuntimeError("Set changed size during iteration")
        while self._remaining:
            element = self._remaining.pop()
            if element in self._elements:
                return element
        self._elements = None
        raise StopIteration

    def __length_hint__(self) -> int:
        return len(self._remaining)


def _reduce_set_iterator(iterator: Any) -> _Reduced:
    owner = _owner(iterator, (set, frozenset))
    if owner is None:
        return iter, ((),)
    remaining = _remaining(iterator)
    if remaining is None:
        return SetIterator, (owner, -1, [])
    return SetIterator, (owner, len(owner), remaining)


# Exceptions.


def _reduce_exception(exception: BaseException) -> _Reduced:
    links = (exception.__cause__, exception.__context__, exception.__suppress_context__)
    frames = _tracebacks.describe(exception.__traceback__)
    arguments, state = _parts(exception)
    state = (exception.args, vars(exception), state, links, frames)
    making = (type(exception), arguments)
    return _native.new_exception, making, state, None, None, _complete_exception


def _parts(exception: BaseException) -> tuple[Any, dict[str, Any]]:
    """The arguments to make an exception with, and what is in it beside its attributes."""
    for cls in type(exception).__mro__:
        reduce = vars(cls).get("__reduce__")
        # That of a built-in class.
        if isinstance(reduce, MethodDescriptorType):
            _, arguments, *rest = reduce(exception)
            state: dict[str, Any] = (rest[0] if rest else None) or {}
            own = vars(exception)
            return arguments, {name: value for name, value in state.items() if name not in own}
    return exception.args, {}


def _complete_exception(exception: BaseException, state: tuple[Any, ...]) -> None:
    exception.args, attributes, members, links, frames = state
    vars(exception).update(attributes)
    for name, value in members.items():
        setattr(exception, name, value)
    exception.__cause__, exception.__context__, exception.__suppress_context__ = links
    exception.__traceback__ = _tracebacks.rebuild(frames)


_REDUCERS: dict[type, Callable[[Any], Any]] = {
    CellType: _reduce_cell,
    MethodType: _reduce_method,
    ModuleType: _reduce_module,
    type(iter(set[Any]())): _reduce_set_iterator,
    **dict.fromkeys(_VIEWS, _reduce_view),
    **dict.fromkeys(_DICT_ITERATORS, _reduce_dict_iterator),
}
