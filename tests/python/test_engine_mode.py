"""`@entity` for an engine: what driver code and the interpreter find on the class."""

import copy
import pickle
import sys
from collections.abc import Generator, Mapping
from typing import Any

import pytest
from anabranch import AnabranchError, RemoteAccessError, delete, entity, exists, ref
from anabranch import _backend as backend
from anabranch import _mode as mode
from anabranch import _native as native


class Recorder:
    """A backend that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def create(
        self, entity_class: type, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> object:
        self.asked.append(("create", entity_class, args, kwargs))
        return native.Reference(entity_class, args[0])

    def call(
        self, reference: Any, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        self.asked.append(("call", reference, method, args, kwargs))
        return "called"

    def get_attribute(self, reference: Any, name: str) -> Any:
        self.asked.append(("get", reference, name))
        return "read"

    def set_attribute(self, reference: Any, name: str, value: Any) -> None:
        self.asked.append(("set", reference, name, value))

    def exists(self, reference: Any) -> bool:
        self.asked.append(("exists", reference))
        return True

    def delete(self, reference: Any) -> None:
        self.asked.append(("delete", reference))


@pytest.fixture(autouse=True)
def engine_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mode, "_mode", "engine")


@pytest.fixture
def recorder() -> Generator[Recorder]:
    recorder = Recorder()
    backend.install(recorder)
    yield recorder
    backend.install(None)


@pytest.fixture(scope="module")
def lamp_class() -> Any:
    return make_lamp_class()


def make_lamp_class() -> Any:
    class EngineLamp:
        def __init__(self, name: str) -> None:
            self.name = name

        def __key__(self) -> str:
            return self.name

        def switch(self, on: bool) -> bool:
            return on

    return EngineLamp


@pytest.fixture
def lamp(lamp_class: Any) -> Any:
    if "__anabranch_entity__" not in vars(lamp_class):
        # As for a class at the top level of a module.
        setattr(sys.modules[__name__], lamp_class.__name__, lamp_class)
        lamp_class.__qualname__ = lamp_class.__name__
        entity(lamp_class)
    return lamp_class


def check_is_reference(value: object) -> None:
    assert type(value) is native.Reference


def live(lamp: Any, name: str) -> Any:
    """What the interpreter does."""
    entity = object.__new__(lamp)
    lamp.__init__(entity, name)
    return entity


def test_driver_code_goes_to_the_backend(lamp: Any, recorder: Recorder) -> None:
    desk: Any = lamp("desk")
    check_is_reference(desk)
    assert isinstance(desk, lamp)
    assert desk.switch(on=True) == "called"
    assert desk.name == "read"
    desk.name = "other"
    assert exists(lamp, "desk")
    delete(desk)
    assert recorder.asked == [
        ("create", lamp, ("desk",), {}),
        ("call", desk, "switch", (), {"on": True}),
        ("get", desk, "name"),
        ("set", desk, "name", "other"),
        ("exists", desk),
        ("delete", desk),
    ]


def test_without_a_backend_nothing_is_created(lamp: Any) -> None:
    with pytest.raises(AnabranchError, match="nothing runs EngineLamp here"):
        lamp("desk")


def test_a_live_entity_is_an_ordinary_object(lamp: Any) -> None:
    desk = live(lamp, "desk")
    desk.name = "other"
    assert desk.name == "other"
    assert desk.switch(True) is True
    assert lamp.__getattribute__ is object.__getattribute__
    assert lamp.__setattr__ is object.__setattr__


def test_a_live_entity_equals_its_reference(lamp: Any) -> None:
    desk, reference = live(lamp, "desk"), ref(lamp, "desk")
    assert desk == reference
    assert reference == desk
    assert desk == live(lamp, "desk")
    assert desk != live(lamp, "wall")
    assert hash(desk) == hash(reference)
    assert repr(desk) == repr(reference) == "EngineLamp('desk')"


def test_what_leaves_a_live_entity_is_a_reference(lamp: Any) -> None:
    desk = live(lamp, "desk")
    for left in (copy.copy(desk), copy.deepcopy([desk])[0], pickle.loads(pickle.dumps(desk))):
        check_is_reference(left)
        assert left == desk


def create_desk(lamp: Any) -> None:
    lamp("desk")


def ask_for_desk(lamp: Any) -> None:
    exists(lamp, "desk")


def delete_desk(lamp: Any) -> None:
    delete(ref(lamp, "desk"))


@pytest.mark.parametrize("operate", [create_desk, ask_for_desk, delete_desk])
def test_entity_code_that_cannot_suspend_is_told_where(
    lamp: Any, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, operate: Any
) -> None:
    monkeypatch.setattr(native, "in_entity_code", lambda: True)
    line = operate.__code__.co_firstlineno + 1
    with pytest.raises(RemoteAccessError, match=rf"test_engine_mode.py:{line}\), in code that"):
        operate(lamp)
    assert recorder.asked == []


def test_a_reference_can_be_made_anywhere(lamp: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "in_entity_code", lambda: True)
    assert repr(ref(lamp, "desk")) == "EngineLamp('desk')"


def test_names_collide_at_once(lamp: Any) -> None:
    with pytest.raises(AnabranchError, match="two entity classes are called EngineLamp"):
        entity(make_lamp_class())
