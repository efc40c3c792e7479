"""Plain mode: what crosses from one entity to another is a copy, and nothing else is."""

import copy
import pickle

from anabranch import ref
from inventory import Box


def test_arguments_are_copied() -> None:
    box, content = Box("a"), [1]
    box.put(content)
    content.append(2)
    assert box.content == [1]


def test_keyword_arguments_are_copied() -> None:
    box, content = Box("a"), [1]
    box.put(content=content)
    content.append(2)
    assert box.content == [1]


def test_constructor_arguments_are_copied() -> None:
    content = [1]
    box = Box("a", content)
    content.append(2)
    assert box.content == [1]


def test_results_are_copied() -> None:
    box = Box("a", [1])
    box.look().append(2)
    assert box.content == [1]


def test_what_is_read_is_copied() -> None:
    box = Box("a", [1])
    box.content.append(2)
    assert box.content == [1]


def test_what_is_written_is_copied() -> None:
    box, content = Box("a"), [1]
    box.content = content
    content.append(2)
    assert box.content == [1]


def test_one_copy_keeps_what_is_shared_within_a_call() -> None:
    assert Box("a").gives_alias(Box("b"))


def test_calls_between_entities_copy() -> None:
    assert not Box("a", [1]).give_content(Box("b"))


def test_reads_between_entities_copy() -> None:
    box = Box("b", ["kept"])
    Box("a").read_and_change(box)
    assert box.content == ["kept"]


def test_writes_between_entities_copy() -> None:
    box = Box("b")
    Box("a").write_then_change(box)
    assert box.content == ["written"]


def test_a_call_on_itself_copies_nothing() -> None:
    box = Box("a", [1])
    assert box.give_content_to_itself(box)


def test_a_call_on_itself_through_another_object_copies_nothing() -> None:
    assert Box("a", [1]).give_content_to_itself(ref(Box, "a"))


def test_entities_copy_as_themselves() -> None:
    box = Box("a")
    assert copy.copy(box) is box
    assert copy.deepcopy([box])[0] is box


def test_entities_pickle_as_references() -> None:
    box = Box("a", 1)
    copied = pickle.loads(pickle.dumps(box))
    box.content = 2
    assert copied == box
    assert copied.content == 2


def test_a_copy_of_the_attributes_is_a_plain_dict() -> None:
    copied = copy.copy(vars(Box("a", 1)))
    assert type(copied) is dict
    assert copied == {"name": "a", "content": 1, "log": []}
