"""What `@entity` accepts, and what it says about the rest."""

import inspect
from abc import ABCMeta
from dataclasses import dataclass
from typing import Any

import anabranch
import pytest
from anabranch import _registry as registry
from anabranch import entity, transactional


def test_returns_the_same_class() -> None:
    class Lamp:
        def __key__(self) -> str:
            return "lamp"

    assert entity(Lamp) is Lamp


def test_keeps_the_signature_of_the_constructor() -> None:
    @entity
    class Lamp:
        def __init__(self, name: str, watts: int = 5):
            self.name = name
            self.watts = watts

        def __key__(self) -> str:
            return self.name

    assert str(inspect.signature(Lamp)) == "(name: str, watts: int = 5)"


def test_transactional_returns_the_function_itself() -> None:
    def method(self: object) -> None: ...

    assert transactional(method) is method


def without_key() -> type:
    class Lamp:
        pass

    return Lamp


def with_key_attribute() -> type:
    class Lamp:
        __key__ = "lamp"

    return Lamp


def with_key_of_arguments() -> type:
    class Lamp:
        def __key__(self, number: int) -> int:
            return number

    return Lamp


def with_slots() -> type:
    class Lamp:
        __slots__ = ("name",)

        def __key__(self) -> str:
            return "lamp"

    return Lamp


def with_own_equality() -> type:
    class Lamp:
        def __key__(self) -> str:
            return "lamp"

        def __eq__(self, other: object) -> bool:
            return True

    return Lamp


def with_dataclass() -> type:
    @dataclass
    class Lamp:
        name: str

        def __key__(self) -> str:
            return self.name

    return Lamp


def with_async_method() -> type:
    class Lamp:
        def __key__(self) -> str:
            return "lamp"

        async def glow(self) -> None: ...

    return Lamp


def with_generator() -> type:
    class Lamp:
        def __key__(self) -> str:
            return "lamp"

        def glow(self) -> Any:
            yield 1

    return Lamp


def decorated_twice() -> type:
    class Lamp:
        def __key__(self) -> str:
            return "lamp"

    return entity(Lamp)


def with_entity_as_base() -> type:
    class Lamp:
        def __key__(self) -> str:
            return "lamp"

    class Torch(entity(Lamp)):
        pass

    return Torch


def with_dict_as_base() -> type:
    class Lamp(dict[str, int]):
        def __key__(self) -> str:
            return "lamp"

    return Lamp


def with_slots_in_base() -> type:
    class Socket:
        __slots__ = ("volts",)

    class Lamp(Socket):
        def __key__(self) -> str:
            return "lamp"

    return Lamp


def with_metaclass() -> type:
    class Factory(type):
        pass

    class Lamp(metaclass=Factory):
        def __key__(self) -> str:
            return "lamp"

    return Lamp


def with_async_method_in_base() -> type:
    class Socket:
        async def glow(self) -> None:
            pass

    class Lamp(Socket):
        def __key__(self) -> str:
            return "lamp"

    return Lamp


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (with_dict_as_base, "entity class Lamp cannot inherit from dict"),
        (with_slots_in_base, "entity class Lamp cannot inherit __slots__ from Socket"),
        (with_metaclass, "entity class Lamp cannot have the metaclass Factory"),
        (with_async_method_in_base, r"Lamp.glow cannot be async"),
        (without_key, "entity class Lamp needs a method __key__"),
        (with_key_attribute, "entity class Lamp needs a method __key__"),
        (with_key_of_arguments, r"Lamp.__key__ must take no arguments except self"),
        (with_slots, "entity class Lamp cannot use __slots__"),
        (with_own_equality, "entity class Lamp cannot define __eq__"),
        (with_dataclass, "a dataclass cannot be an entity"),
        (with_async_method, r"Lamp.glow cannot be async"),
        (with_generator, r"Lamp.glow cannot be a generator"),
        (decorated_twice, "Lamp has @entity twice"),
        (with_entity_as_base, "entity class Torch cannot inherit from entity class Lamp"),
    ],
)
def test_refuses_with_a_reason(make: Any, message: str) -> None:
    cls = make()
    with pytest.raises(TypeError, match=message):
        entity(cls)


def test_refuses_what_is_no_class() -> None:
    with pytest.raises(TypeError, match="@entity goes on a class, not on int"):
        entity(3)  # pyright: ignore[reportArgumentType]


def test_classes_of_one_name_are_told_apart_until_looked_up() -> None:
    def one() -> type:
        @entity
        class SharedName:
            def __key__(self) -> str:
                return "one"

        return SharedName

    def two() -> type:
        @entity
        class SharedName:
            def __key__(self) -> str:
                return "two"

        return SharedName

    cls = one()
    assert registry.entity_class("SharedName") is cls
    two()
    with pytest.raises(anabranch.AnabranchError, match=r"two entity classes.*one.*and.*two"):
        registry.entity_class("SharedName")


def test_an_unknown_name_says_what_to_do() -> None:
    with pytest.raises(anabranch.AnabranchError, match="no entity class is called Nothing; import"):
        registry.entity_class("Nothing")


def test_an_attribute_may_be_called_like_a_method_of_the_metaclass() -> None:
    @entity
    class Lamp(metaclass=ABCMeta):  # noqa: B024
        def __init__(self) -> None:
            self.register = ["bulb"]
            self.mro = 3

        def __key__(self) -> str:
            return "lamp of a metaclass"

    lamp = Lamp()
    assert lamp.register == ["bulb"]
    assert lamp.mro == 3  # pyright: ignore[reportUnknownMemberType]
