"""Plain mode: what a variable of an entity type holds."""

import traceback
import uuid
from functools import partial
from operator import attrgetter
from typing import Any

import pytest
from anabranch import AnabranchError, EntityNotFound, delete, entity, exists, ref, testing
from inventory import Box, Refused


@entity
class Keyed:
    """Has any key at all."""

    def __init__(self, key: Any):
        self.key = key

    def __key__(self) -> Any:
        return self.key


def test_ref_does_not_look() -> None:
    box = ref(Box, "nobody")
    assert isinstance(box, Box)
    with pytest.raises(EntityNotFound, match="no Box with key 'nobody'") as caught:
        box.look()
    assert (caught.value.entity_class, caught.value.key) == ("Box", "nobody")


@pytest.mark.parametrize("use", [Box.look, attrgetter("content"), delete])
def test_every_use_of_what_does_not_exist_is_an_error(use: Any) -> None:
    box = ref(Box, "nobody")
    with pytest.raises(EntityNotFound):
        use(box)


def test_writing_to_what_does_not_exist_is_an_error() -> None:
    with pytest.raises(EntityNotFound):
        ref(Box, "nobody").content = 1
    assert not exists(Box, "nobody")


def test_a_reference_works_once_the_entity_is_created() -> None:
    box = ref(Box, "late")
    Box("late", "here")
    assert box.content == "here"


def test_objects_of_one_key_share_their_state() -> None:
    one, other = Box("a"), ref(Box, "a")
    one.content = 1
    assert other.content == 1
    other.put(2)
    assert one.content == 2


def test_self_as_a_result_is_a_reference() -> None:
    box = Box("a", 1)
    returned = box.myself()
    box.content = 2
    assert returned == box
    assert returned.content == 2


def test_equality_and_hash_are_by_class_and_key() -> None:
    assert Box("a") == ref(Box, "a")
    assert hash(ref(Box, "a")) == hash(ref(Box, "a"))
    assert ref(Box, "a") != ref(Box, "b")
    assert ref(Box, "a") != ref(Keyed, "a")
    assert {ref(Box, "a"): 1}[ref(Box, "a")] == 1


def test_references_can_be_state() -> None:
    one, other = Box("a"), Box("b", 1)
    one.content = {"list": [other], other: "key"}
    assert one.content["list"][0].content == 1
    assert one.content[other] == "key"


def test_the_representation_shows_class_and_key() -> None:
    assert repr(Box("a")) == "Box('a')"
    assert repr(ref(Keyed, (1, "b"))) == "Keyed((1, 'b'))"


@pytest.mark.parametrize("key", ["a", "", 3, 2**70, b"a", uuid.UUID(int=3), ("a", 1, b"")])
def test_keys(key: Any) -> None:
    assert Keyed(key).key == key
    assert exists(Keyed, key)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (True, "bool"),
        (1.5, "float"),
        (None, "NoneType"),
        ([1], "list"),
        ((), "an empty tuple"),
        (("a", 1.5), "a tuple with float"),
    ],
)
def test_what_cannot_be_a_key(key: Any, name: str) -> None:
    message = f"must be a str, int, bytes, UUID or a tuple of them, not {name}"
    for use in (Keyed, partial(ref, Keyed), partial(exists, Keyed)):
        with pytest.raises(TypeError, match=message):
            use(key)


def test_equal_looking_keys_of_other_types_are_other_keys() -> None:
    Keyed(1)
    assert not exists(Keyed, "1")
    assert not exists(Keyed, (1,))


@pytest.mark.parametrize(
    "use",
    [
        lambda: ref(int, 1),
        lambda: exists(int, 1),
        lambda: delete("text"),
        lambda: delete(Box),
    ],
)
def test_what_is_no_entity_is_a_type_error(use: Any) -> None:
    with pytest.raises(TypeError):
        use()


def test_a_method_taken_from_a_reference_can_be_called_later() -> None:
    box = Box("a")
    look = box.look
    box.content = 1
    assert look() == 1
    assert repr(look) == "<method look of Box('a')>"


def test_tracebacks_show_the_code_of_the_user_alone() -> None:
    one, other = Box("a"), Box("b")
    with pytest.raises(Refused) as caught:
        one.note_elsewhere_and_refuse(other, "x")
    functions = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert functions == [
        "test_tracebacks_show_the_code_of_the_user_alone",
        "note_elsewhere_and_refuse",
        "note_and_refuse",
    ]


def test_a_missing_attribute_reads_as_in_python() -> None:
    with pytest.raises(AttributeError, match="'Box' object has no attribute 'lid'"):
        Box("a").lid  # noqa: B018  # pyright: ignore


def test_wrong_arguments_read_as_in_python() -> None:
    with pytest.raises(TypeError, match=r"Box.put\(\) missing 1 required positional argument"):
        Box("a").put()  # pyright: ignore[reportCallIssue]


def test_reset_forgets_everything() -> None:
    box = Box("a")
    testing.reset()
    assert not exists(Box, "a")
    Box("a", "again")
    assert box.content == "again"


def test_errors_have_one_base_class() -> None:
    assert issubclass(EntityNotFound, AnabranchError)
    assert issubclass(EntityNotFound, LookupError)
