"""Plain mode: a root call happens as a whole or not at all."""

import threading

import pytest
from anabranch import AnabranchError, EntityExists, EntityNotFound, delete, exists, ref
from inventory import ALWAYS, Box, Refused


def test_an_exception_undoes_an_attribute() -> None:
    box = Box("a", 1)
    with pytest.raises(TypeError):
        box.put()  # pyright: ignore[reportCallIssue]
    assert box.content == 1


def test_an_exception_undoes_what_containers_hold() -> None:
    box = Box("a")
    with pytest.raises(Refused):
        box.note_and_refuse("undone")
    assert box.log == []


def test_an_exception_undoes_what_other_entities_did() -> None:
    one, other = Box("a"), Box("b")
    with pytest.raises(Refused):
        one.note_elsewhere_and_refuse(other, "undone")
    assert (one.log, other.log) == ([], [])


def test_an_exception_undoes_a_creation() -> None:
    box = Box("a")
    with pytest.raises(Refused):
        box.create_and_refuse("b")
    assert not exists(Box, "b")


def test_an_exception_undoes_a_deletion() -> None:
    one, other = Box("a"), Box("b", "kept")
    with pytest.raises(Refused):
        one.delete_and_refuse(other)
    assert other.content == "kept"


def test_a_caught_exception_undoes_nothing() -> None:
    one, other = Box("a"), Box("b")
    assert one.note_elsewhere_and_catch(other, "x") == "went on"
    assert (one.log, other.log) == (["caught x"], ["x"])


def test_the_caller_gets_the_very_exception() -> None:
    with pytest.raises(Refused) as caught:
        Box("a").refuse_always()
    assert caught.value is ALWAYS


def test_after_an_abort_the_next_transaction_is_sound() -> None:
    box = Box("a")
    for _ in range(2):
        with pytest.raises(Refused):
            box.note_and_refuse("undone")
    box.note("kept")
    assert box.log == ["kept"]


def test_a_value_that_cannot_be_copied_aborts() -> None:
    box = Box("a", 1)
    with pytest.raises(TypeError):
        box.content = threading.Lock()
    assert box.content == 1


def test_reentrance_sees_uncommitted_state() -> None:
    assert Box("a", "old").there_and_back(Box("b"), "a") == "uncommitted"


def test_creation_and_existence_within_one_transaction() -> None:
    assert Box("a").exists_twice("b") == (False, True)


def test_creating_an_existing_key_is_refused() -> None:
    Box("a", 1)
    with pytest.raises(EntityExists, match="Box with key 'a' exists already") as caught:
        Box("a", 2)
    assert (caught.value.entity_class, caught.value.key) == ("Box", "a")
    assert ref(Box, "a").content == 1


def test_a_deleted_entity_is_gone_for_all_who_hold_it() -> None:
    box, other = Box("a"), ref(Box, "a")
    delete(box)
    for held in (box, other):
        with pytest.raises(EntityNotFound):
            held.look()
    with pytest.raises(EntityNotFound):
        delete(other)


def test_a_deleted_key_can_be_created_again() -> None:
    old = Box("a", 1)
    delete(old)
    Box("a", 2)
    assert old.content == 2


def test_an_entity_may_delete_itself() -> None:
    box = Box("a", "last")
    assert box.close() == "last"
    assert not exists(Box, "a")


def test_after_deleting_itself_an_entity_has_no_attributes() -> None:
    box = Box("a", "kept")
    with pytest.raises(EntityNotFound):
        box.close_and_use()
    assert box.content == "kept"


def test_the_key_is_fixed() -> None:
    box = Box("a")
    with pytest.raises(AnabranchError, match=r"the key of Box\('a'\) changed to 'b'"):
        box.name = "b"
    assert box.name == "a"
    assert not exists(Box, "b")


def test_an_attribute_cannot_be_deleted_from_outside() -> None:
    box = Box("a", 1)
    with pytest.raises(AnabranchError, match="give Box a method"):
        del box.content
    assert box.content == 1


def test_recursion_across_entities_works_to_the_limit() -> None:
    assert Box("a").ping(Box("b"), 1000) == 1000


def test_deeper_recursion_is_an_error_and_aborts() -> None:
    one, other = Box("a"), Box("b")
    with pytest.raises(RecursionError, match="calls between entities nest deeper than 1000"):
        one.ping(other, 1001)
    assert one.ping(other, 3) == 3


def test_threads_run_one_transaction_at_a_time() -> None:
    box = Box("counter", 0)

    def count() -> None:
        for _ in range(50):
            box.count()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert box.content == 200
