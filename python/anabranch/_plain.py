"""Plain mode: entities as ordinary Python objects, and the oracle for every engine.

An entity's state is one `State`, which is the `__dict__` of every object of that class and key, so
that all of them show the same attributes. Hooks on attribute access tell the entity's own code,
which sees plain Python, from access that crosses a border:

1. Outside entity code an operation begins a transaction; a lock lets one run at a time.
2. The target joins the transaction and becomes the running entity until the operation ends.
3. Arguments are copied on the way in, results on the way out; entities copy as themselves.
4. When the first operation ends, the transaction ends. If it failed, every state that joined is
   put back as it was committed; otherwise what the states hold now is committed.
"""

import functools
import inspect
import os
import sys
import threading
import time
from collections.abc import Callable
from copy import deepcopy
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from anabranch import _backend
from anabranch._class_members import class_member
from anabranch._key import checked_key
from anabranch.errors import AnabranchError, EntityExists, EntityNotFound, RemoteAccessError

if TYPE_CHECKING:
    from anabranch._transaction_values import TransactionValues

T = TypeVar("T")

CALL_DEPTH_MAX = 1000
"""How many calls between entities may wait for each other."""

# A call between entities takes two Python frames; the rest is for functions of the user in between
# and for copying. Python's own limit must not strike first, whatever it was set to.
_FRAMES_PER_CALL = 6

_read = object.__getattribute__
_write = object.__setattr__


class State(dict[str, Any]):
    """The attributes of one entity, and what is known about it."""

    __slots__ = ("committed", "entity_class", "exists", "key", "touched_by")

    def __init__(self, entity_class: type, key: object) -> None:
        super().__init__()
        self.entity_class = entity_class
        # None while the constructor runs.
        self.key = key
        self.exists = False
        # None: does not exist.
        self.committed: dict[str, Any] | None = None
        self.touched_by: Transaction | None = None

    def check_exists(self) -> None:
        """Raises `EntityNotFound` unless the entity exists."""
        if not self.exists:
            raise EntityNotFound(self.entity_class.__name__, self.key)

    def __reduce__(self) -> Any:
        # A copy that user code makes of `vars(self)` is a plain dict.
        return (dict, (dict(self),))


class Transaction:
    """One root call under way."""

    __slots__ = ("recursion_limit", "running", "start_time", "touched", "values")

    def __init__(self) -> None:
        # The entities whose methods run, innermost last.
        self.running: list[State] = []
        self.touched: list[State] = []
        self.recursion_limit = sys.getrecursionlimit()
        self.start_time = time.time_ns()
        # Made when entity code asks for them.
        self.values: TransactionValues | None = None

    def touch(self, state: State) -> None:
        """Makes `state` take part: it is committed or put back when the transaction ends."""
        if state.touched_by is not self:
            state.touched_by = self
            self.touched.append(state)

    def commit(self) -> None:
        """Makes what the states hold the committed state; if that fails, aborts and raises."""
        try:
            for state in self.touched:
                if state.exists:
                    _check_key_is_fixed(state)
            # All copies come first: one that fails must leave nothing committed.
            copies = [deepcopy(dict(state)) if state.exists else None for state in self.touched]
        except BaseException:
            self.abort()
            raise
        for state, committed in zip(self.touched, copies, strict=True):
            state.committed = committed
            state.touched_by = None

    def abort(self) -> None:
        """Puts the states back as they were committed."""
        for state in self.touched:
            state.clear()
            state.exists = state.committed is not None
            if state.committed is not None:
                state.update(deepcopy(state.committed))
            state.touched_by = None


class _Thread(threading.local):
    transaction: Transaction | None = None


_thread = _Thread()
_one_at_a_time = threading.Lock()
# Every state that was ever asked for: an object keeps its state through deletion and new creation.
_states: dict[tuple[type, object], State] = {}
# Modules with entity classes that got no stand-ins for time and randomness yet.
_modules_to_prepare: set[str] = set()


class _RootCall:
    """Context manager: the transaction of this thread. Begins and ends one if none runs yet."""

    __slots__ = ("_begun",)

    def __enter__(self) -> Transaction:
        running = _thread.transaction
        self._begun = running is None
        if running is not None:
            return running
        _one_at_a_time.acquire()
        if _modules_to_prepare:
            try:
                _prepare_modules()
            except BaseException:
                _one_at_a_time.release()
                raise
        transaction = Transaction()
        sys.setrecursionlimit(transaction.recursion_limit + CALL_DEPTH_MAX * _FRAMES_PER_CALL)
        _thread.transaction = transaction
        return transaction

    def __exit__(
        self,
        _type: type[BaseException] | None,
        exception: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if not self._begun:
            return
        transaction = cast(Transaction, _thread.transaction)
        try:
            if exception is None:
                transaction.commit()
            else:
                transaction.abort()
        finally:
            _thread.transaction = None
            sys.setrecursionlimit(transaction.recursion_limit)
            _one_at_a_time.release()


class _Running:
    """Context manager: `state` is the running entity."""

    __slots__ = ("_state", "_transaction")

    def __init__(self, transaction: Transaction, state: State) -> None:
        self._transaction = transaction
        self._state = state

    def __enter__(self) -> None:
        running = self._transaction.running
        if len(running) > CALL_DEPTH_MAX:
            raise RecursionError(f"calls between entities nest deeper than {CALL_DEPTH_MAX}")
        self._transaction.touch(self._state)
        self._state.check_exists()
        running.append(self._state)

    def __exit__(
        self,
        _type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._transaction.running.pop()
        if exception is not None and traceback is not None:
            # Leaves our own frame out, so that a traceback shows the user's code alone.
            exception.__traceback__ = traceback.tb_next


class BoundCall:
    """A method of an entity as seen from outside the entity."""

    __slots__ = ("__func__", "__self__")

    def __init__(self, entity: object, function: Callable[..., Any]) -> None:
        self.__self__ = entity
        self.__func__ = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        state = _state_of(self.__self__)
        with _RootCall() as transaction, _Running(transaction, state):
            args, kwargs = deepcopy((args, kwargs))
            return deepcopy(self.__func__(self.__self__, *args, **kwargs))

    @property
    def __name__(self) -> str:
        return self.__func__.__name__

    @property
    def __wrapped__(self) -> Any:
        return self.__func__.__get__(self.__self__)

    @property
    def __doc__(self) -> str | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.__func__.__doc__

    def __repr__(self) -> str:
        return f"<method {self.__func__.__name__} of {self.__self__!r}>"


def equip(cls: type) -> None:
    """Puts the hooks on an entity class."""
    initialize: Any = cls.__init__
    for name, function in _HOOKS.items():
        setattr(cls, name, function)
    cls.__init__ = _creating(initialize)
    signature = inspect.signature(initialize)
    parameters = list(signature.parameters.values())[1:]
    cls.__signature__ = signature.replace(  # pyright: ignore[reportAttributeAccessIssue]
        parameters=parameters
    )
    cls.__anabranch_entity__ = True  # pyright: ignore[reportAttributeAccessIssue]
    _modules_to_prepare.add(cls.__module__)


def ref(cls: type[T], key: object) -> T:
    """An object for the entity of this class and key, which need not exist."""
    entity = object.__new__(cls)
    _write(entity, "__dict__", _state(cls, key))
    return entity


def exists(cls: type, key: object) -> bool:
    """Whether there is an entity of this class and key."""
    with _RootCall() as transaction:
        state = _state(cls, key)
        transaction.touch(state)
        return state.exists


def delete(entity: object) -> None:
    """Deletes an entity."""
    with _RootCall() as transaction:
        state = _state_of(entity)
        transaction.touch(state)
        state.check_exists()
        state.clear()
        state.exists = False


def reset() -> None:
    """Deletes all entities of the process."""
    if in_entity_code():
        raise AnabranchError("reset() cannot be used in entity code")
    with _one_at_a_time:
        for state in _states.values():
            state.clear()
            state.exists = False
            state.committed = None


def in_entity_code() -> bool:
    """Whether this thread is inside a root call."""
    return _thread.transaction is not None


def transaction_values() -> "TransactionValues | None":
    """What this thread's transaction has of the outside; `None` outside of a root call."""
    transaction = _thread.transaction
    if transaction is None:
        return None
    if transaction.values is None:
        from anabranch._transaction_values import TransactionValues

        transaction.values = TransactionValues(transaction.start_time, os.urandom(32))
    return transaction.values


def _prepare_modules() -> None:
    from anabranch._substitution import prepare_with_imports

    names = list(_modules_to_prepare)
    _modules_to_prepare.clear()
    prepare_with_imports(names)


def _state(cls: type, key: object) -> State:
    state = _states.get((cls, key))
    return state if state is not None else _states.setdefault((cls, key), State(cls, key))


def _state_of(entity: object) -> State:
    return _read(entity, "__dict__")


def _class_of(entity: object) -> type:
    return type(entity)


def _is_own_code(state: State) -> bool:
    transaction = _thread.transaction
    return (
        transaction is not None and bool(transaction.running) and transaction.running[-1] is state
    )


def _check_key_is_fixed(state: State) -> None:
    entity: Any = ref(cast(type[Any], state.entity_class), state.key)
    name = state.entity_class.__name__
    transaction = cast(Transaction, _thread.transaction)
    with _Running(transaction, state):
        key = entity.__key__()
    if key != state.key:
        raise AnabranchError(
            f"the key of {name}({state.key!r}) changed to {key!r}; a key is fixed for the "
            "lifetime of its entity: create another entity instead"
        )


def _creating(initialize: Any) -> Any:
    """The `__init__` that creates an entity, around the user's own."""

    @functools.wraps(initialize)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        __tracebackhide__ = True
        with _RootCall() as transaction:
            draft = _state_of(self)
            # A draft is nothing to commit or to put back.
            draft.touched_by = transaction
            draft.exists = True
            try:
                with _Running(transaction, draft):
                    args, kwargs = deepcopy((args, kwargs))
                    initialize(self, *args, **kwargs)
                    key = checked_key(self.__key__())
            finally:
                draft.exists = False
            state = _state(_class_of(self), key)
            transaction.touch(state)
            if state.exists:
                raise EntityExists(type(self).__name__, key)
            state.update(draft)
            state.exists = True
            _write(self, "__dict__", state)

    return __init__


def _new(cls: type[Any], *args: Any, **kwargs: Any) -> Any:
    backend = _backend.active()
    if backend is not None and not in_entity_code():
        return backend.create(cls, args, kwargs)
    entity: Any = object.__new__(cls)
    # A draft, until `__init__` has told the key.
    _write(entity, "__dict__", State(cls, None))
    return entity


def _getattribute(self: Any, name: str) -> Any:
    __tracebackhide__ = True
    if name.startswith("__") and name.endswith("__"):
        # Python's own protocols; they are no state of the entity.
        return _read(self, name)
    state = _state_of(self)
    if _is_own_code(state):
        state.check_exists()
        return _read(self, name)
    attribute = class_member(_class_of(self), name)
    if isinstance(attribute, staticmethod | classmethod | type):
        return _read(self, name)
    if callable(attribute):
        return BoundCall(self, attribute)
    with _RootCall() as transaction, _Running(transaction, state):
        return deepcopy(_read(self, name))


def _setattr(self: Any, name: str, value: Any) -> None:
    __tracebackhide__ = True
    state = _state_of(self)
    if _is_own_code(state):
        state.check_exists()
        _write(self, name, value)
        return
    with _RootCall() as transaction, _Running(transaction, state):
        _write(self, name, deepcopy(value))


def _delattr(self: Any, name: str) -> None:
    state = _state_of(self)
    if not _is_own_code(state):
        raise RemoteAccessError(
            f"the attribute {name} of {self!r} cannot be deleted from outside; "
            f"give {type(self).__name__} a method that does it"
        )
    state.check_exists()
    object.__delattr__(self, name)


def _eq(self: Any, other: object) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    return _state_of(self) is _state_of(other)


def _hash(self: Any) -> int:
    state = _state_of(self)
    if state.key is None:
        raise TypeError(f"{type(self).__name__} has no key to hash before its __init__ has ended")
    return hash((state.entity_class, state.key))


def _repr(self: Any) -> str:
    state = _state_of(self)
    key = "…" if state.key is None else repr(state.key)
    return f"{type(self).__name__}({key})"


def _copy(self: Any) -> Any:
    return self


def _deepcopy(self: Any, memo: dict[int, Any]) -> Any:
    return self


def _reduce(self: Any) -> tuple[Any, ...]:
    return (ref, (type(self), _state_of(self).key))


_HOOKS = {
    "__new__": _new,
    "__getattribute__": _getattribute,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__copy__": _copy,
    "__deepcopy__": _deepcopy,
    "__reduce__": _reduce,
}
