"""Time, randomness and fresh ids: what entity code gets, and that nobody else notices."""

import datetime
import importlib
import random
import secrets
import sys
import threading
import time
import traceback
import uuid
from pathlib import Path
from types import ModuleType

import pytest
from anabranch import _stand_ins, entity
from anabranch._transaction_values import TransactionValues, current
from anabranch.testing import reset
from command_line import anabranch

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

# 2001-09-09 01:46:40 UTC and a little.
START = 1_000_000_000_123_456_789


@entity
class Witness:
    def __init__(self, name: str):
        self.name = name

    def __key__(self) -> str:
        return self.name

    def time(self) -> int:
        assert time.time_ns() == time.time_ns()
        return time.time_ns()

    def chance(self) -> list[object]:
        return [random.random(), secrets.token_hex(), uuid.uuid4()]

    def in_another_thread(self) -> list[object]:
        found: list[object] = []
        thread = threading.Thread(target=lambda: found.extend([current(), time.time_ns()]))
        thread.start()
        thread.join()
        return [*found, time.time_ns()]


@pytest.fixture(autouse=True)
def no_entities() -> None:
    reset()


def values(seed: int = 1) -> TransactionValues:
    return TransactionValues(START, seed.to_bytes(32, "big"))


def sample(of: TransactionValues) -> list[object]:
    """One value of each function, in a fixed order."""
    arguments = {
        "random.betavariate": (1, 2),
        "random.binomialvariate": (9, 0.5),
        "random.choice": ("abcdef",),
        "random.choices": ("abcdef",),
        "random.expovariate": (1.0,),
        "random.gammavariate": (1, 2),
        "random.gauss": (0, 1),
        "random.getrandbits": (64,),
        "random.lognormvariate": (0, 1),
        "random.normalvariate": (0, 1),
        "random.paretovariate": (1,),
        "random.randbytes": (8,),
        "random.randint": (1, 100),
        "random.randrange": (100,),
        "random.sample": (range(100), 3),
        "random.shuffle": ([1, 2, 3],),
        "random.triangular": (0, 1),
        "random.uniform": (0, 1),
        "random.vonmisesvariate": (1, 2),
        "random.weibullvariate": (1, 2),
        "random.setstate": (random.Random(5).getstate(),),
        "secrets.choice": ("abcdef",),
        "secrets.randbelow": (100,),
        "secrets.randbits": (64,),
        "os.urandom": (8,),
        "time.strftime": ("%c",),
    }
    taken = sorted(_stand_ins.TAKEN)
    return [_stand_ins.TAKEN[name](of, *arguments.get(name, ())) for name in taken]


def test_the_same_seed_gives_the_same_values_of_every_function() -> None:
    assert sample(values(1)) == sample(values(1))
    differing = zip(sample(values(1)), sample(values(2)), strict=True)
    assert sum(one != other for one, other in differing) > 15


def test_every_function_of_random_is_taken_from_the_transaction() -> None:
    functions = {name for name in random.__all__ if name[0].islower()}
    assert {f"random.{name}" for name in functions} <= set(_stand_ins.TAKEN)


def test_the_stream_for_secrets_is_not_that_of_random() -> None:
    of = values()
    before = of.random.getstate()
    sample_of_secrets = [of.secret_random.random(), of.secret_bytes.take(1000)]
    assert of.random.getstate() == before
    assert sample_of_secrets[0] != values().random.random()


def test_bytes_come_in_one_stream() -> None:
    once = values().secret_bytes.take(300)
    stream = values().secret_bytes
    assert b"".join(stream.take(length) for length in (0, 1, 63, 64, 65, 107)) == once


def test_secret_numbers_are_in_their_range() -> None:
    generator = values().secret_random
    assert all(0 <= generator.random() < 1 for _ in range(100))
    assert all(generator.getrandbits(bits) < 2**bits for bits in range(100))
    with pytest.raises(ValueError, match="non-negative"):
        generator.getrandbits(-1)


def test_version_1_ids_tell_the_start_time() -> None:
    of = values()
    first, second = (_stand_ins.TAKEN["uuid.uuid1"](of) for _ in range(2))
    epoch = datetime.datetime(1582, 10, 15, tzinfo=datetime.UTC)
    at = epoch + datetime.timedelta(microseconds=first.time // 10)
    assert at == _stand_ins.TAKEN["datetime.datetime.now"](of, datetime.UTC)
    assert (first.version, second.time - first.time) == (1, 1)
    assert first.node >> 40 & 1
    assert _stand_ins.TAKEN["uuid.uuid1"](of, 5, 6).fields[3:] == (0x80, 6, 5)


def test_local_time_is_that_of_the_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    now = _stand_ins.TAKEN["datetime.datetime.now"]
    zone = datetime.timezone(datetime.timedelta(hours=2))
    assert now(values(), zone).isoformat() == "2001-09-09T03:46:40.123456+02:00"
    monkeypatch.setenv("TZ", "UTC-5")
    time.tzset()
    try:
        assert now(values()).isoformat() == "2001-09-09T06:46:40.123456"
        assert _stand_ins.TAKEN["time.localtime"](values()).tm_hour == 6
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_transaction_has_one_time_and_two_have_two() -> None:
    witness = Witness("w")
    before = time.time_ns()
    times = [witness.time()]
    while time.time_ns() == before:
        pass
    times.append(witness.time())
    assert before <= times[0] <= times[1] <= time.time_ns()
    one, other = witness.chance(), witness.chance()
    assert all(mine != yours for mine, yours in zip(one, other, strict=True))


def test_nothing_outside_of_the_application_changes() -> None:
    originals = [time.time, random.random, random.seed, uuid.uuid4, secrets.token_hex]
    state = random.getstate()
    Witness("w").chance()
    modules = [time.time, random.random, random.seed, uuid.uuid4, secrets.token_hex]
    assert all(now is before for now, before in zip(modules, originals, strict=True))
    assert random.getstate() == state
    assert current() is None


def test_another_thread_is_no_entity_code() -> None:
    seen, there, here = Witness("w").in_another_thread()
    assert seen is None
    assert there != here


APPLICATION = """\
import random
import time
from datetime import datetime
from anabranch import entity

@entity
class {name}:
    def __init__(self, key: str):
        self.key = key

    def __key__(self) -> str:
        return self.key

    def now(self):
        return time.time_ns(), datetime.now(), datetime.now()

    def fail(self):
        return random.choice([])
"""


HELPER = """\
import time

def now():
    return time.time_ns()
"""


def imported(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> ModuleType:
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(folder)  # pyright: ignore[reportUnknownMemberType]
    module = importlib.import_module(name)
    monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, name, module)
    return module


def test_rewritten_code_keeps_its_lines_and_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = APPLICATION.format(name="Placed")
    placed = imported(tmp_path, monkeypatch, "placed_application", text)
    method = placed.Placed.now
    before = method.__code__
    with pytest.raises(IndexError) as raised:
        placed.Placed("a").fail()
    frames = traceback.extract_tb(raised.tb)
    lines = [frame.lineno for frame in frames if frame.filename == placed.__file__]
    assert lines == [text.split("\n").index("        return random.choice([])") + 1]
    after = placed.Placed.now.__code__
    assert after is not before
    for attribute in ("co_name", "co_qualname", "co_firstlineno", "co_filename", "co_varnames"):
        assert getattr(after, attribute) == getattr(before, attribute)


def test_helpers_in_other_modules_get_their_values_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(
        tmp_path,
        monkeypatch,
        "helper_module",
        HELPER,
    )
    text = "from helper_module import now\n" + APPLICATION.format(name="Helped").replace(
        "return time.time_ns(), ", "return {now() for _ in range(1000)}, "
    )
    helped = imported(tmp_path, monkeypatch, "helped_application", text)
    assert len(helped.Helped("a").now()[0]) == 1


def test_a_module_without_source_keeps_python_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("typed_application")
    monkeypatch.setitem(sys.modules, "typed_application", module)
    exec(APPLICATION.format(name="Typed"), vars(module))
    assert isinstance(vars(module)["Typed"]("a").now()[0], int)


NOTED = """\
import datetime, os, random, secrets, time, uuid
from anabranch import entity

@entity
class Noted:
    def __init__(self, key: str):
        self.key = key

    def __key__(self) -> str:
        return self.key

    def all(self):
        return [
            {names},
        ]
"""


def test_check_notes_every_function_that_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "noted.py"
    names = sorted(_stand_ins.TAKEN)
    path.write_text(NOTED.format(names=",\n            ".join(names)), encoding="utf-8")
    completed = anabranch("check", path, "--notes")
    assert completed.returncode == 0, completed.stderr
    noted = [name for name in names if f"note[AB070]: `{name}` is taken" in completed.stderr]
    assert noted == names
    short = anabranch("check", path)
    assert short.returncode == 0
    assert f"{len(names)} taken from the transaction" in short.stderr
    assert "AB070" not in short.stderr


def test_check_notes_what_reaches_outside(tmp_path: Path) -> None:
    path = tmp_path / "noted.py"
    names = (
        'open("x"), os.remove("x"), print(), random.Random(), random.Random(5), time.monotonic()'
    )
    path.write_text(NOTED.format(names=names), encoding="utf-8")
    completed = anabranch("check", path, "--notes")
    assert completed.returncode == 0, completed.stderr
    assert completed.stderr.count("note[AB071]") == 2
    assert "note[AB071]: `open` may happen more than once" in completed.stderr
    assert "note[AB071]: `os.remove` may happen more than once" in completed.stderr
    assert completed.stderr.count("note[AB072]") == 2
    assert "note[AB072]: `random.Random` is not taken from the transaction" in completed.stderr
    assert "1 error" not in completed.stderr
    assert anabranch("run", path).stderr.count("AB07") == 0
