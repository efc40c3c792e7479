"""Data folders that were written with other classes: what opens, what is refused, and migrations.

Each test writes a folder with one version of an application and opens it with another.
"""

import contextlib
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from command_line import anabranch, wait_until

HEADER = """
from dataclasses import dataclass, field
from enum import Enum
from anabranch import entity, exists, ref
"""

ACCOUNT = """
@entity
class Account:
    def __init__(self, owner: str):
        self.owner = owner
        self.balance = 0

    def __key__(self) -> str:
        return self.owner

    def get(self, name: str):
        return getattr(self, name)
"""

CREATE = """
def main():
    for name in ("alice", "bob"):
        account = Account(name)
        account.balance = 7
"""


class Folder:
    """A data folder and the application that uses it."""

    def __init__(self, path: Path) -> None:
        self.application = path / "bank.py"
        self.data = path / "data"
        self.migrations = path / "migrations"

    def write(self, *parts: str) -> None:
        """A new version of the application."""
        text = HEADER + "".join(textwrap.dedent(part) for part in parts)
        self.application.write_text(text, encoding="utf-8")

    def run(self, *parts: str) -> subprocess.CompletedProcess[str]:
        """Runs `main()` of a new version."""
        self.write(*parts)
        return anabranch("run", self.application, "--engine", "embedded", "--data", self.data)

    def migrate(self, *options: str) -> subprocess.CompletedProcess[str]:
        return anabranch("migrate", self.data, self.application, *options)

    def complete(self, number: int, *changes: tuple[str, str]) -> None:
        """Completes a migration."""
        path = self.migrations / f"{number:04}.py"
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, text
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    created = folder.run(ACCOUNT, CREATE)
    assert (created.returncode, created.stderr) == (0, "")
    return folder


def printed(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 0, result.stderr
    return result.stdout


def refused(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 1, result.stdout
    assert "Traceback" not in result.stderr
    return result.stderr


def show(*expressions: str) -> str:
    """A `main()` that prints these expressions, where `a` is alice."""
    return "".join(
        ["\ndef main():\n    a = ref(Account, 'alice')\n"]
        + [f"    print({expression})\n" for expression in expressions]
    )


def test_the_same_classes_open_without_a_word(folder: Folder) -> None:
    again = folder.run(ACCOUNT, show("a.balance"), "\nX = 1  # other code\n")
    assert (printed(again), again.stderr) == ("7\n", "")


def test_a_new_attribute_gets_the_constant_of_init(folder: Folder) -> None:
    new = ACCOUNT.replace(
        "self.balance = 0", "self.balance = 0\n        self.tags = ['new', {}]"
    ).replace("def get", "def tag(self, tag: str):\n        self.tags.append(tag)\n\n    def get")
    opened = folder.run(new, show("a.tag('x')", "a.tags", "ref(Account, 'bob').tags"))
    assert printed(opened) == "None\n['new', {}, 'x']\n['new', {}]\n"
    assert opened.stderr == (
        f"the classes have changed since the data folder {folder.data} was last used:\n"
        "  ok       new attribute Account.tags: list[Any]\n"
        "           entities that lack it get ['new', {}] when they are next used\n"
    )
    again = folder.run(new, show("a.tags"))
    assert (printed(again), again.stderr) == ("['new', {}, 'x']\n", "")


@pytest.mark.parametrize(
    ("parameter", "body", "value"),
    [
        (", limit: int = 10 * 10", "self.limit = limit", "100"),
        (", limit: int = LIMIT", "self.limit = limit", "30"),
        ("", "self.limit = Level.LOW", "Level.LOW"),
        ("", "self.limit = Money(\n            5,\n        )", "Money(cents=5)"),
        ("", "self.__limit = 3", "AttributeError"),
    ],
)
def test_constants_are_evaluated_in_the_module(
    folder: Folder, parameter: str, body: str, value: str
) -> None:
    names = """
    LIMIT = 30
    class Level(Enum):
        LOW = 1
    @dataclass
    class Money:
        cents: int
    """
    new = ACCOUNT.replace("owner: str)", f"owner: str{parameter})")
    new = new.replace("self.balance = 0", f"self.balance = 0\n        {body}")
    if "__limit" in body:
        opened = folder.run(names, new, show("a.get('_Account__limit')"))
        assert printed(opened) == "3\n"
    else:
        assert printed(folder.run(names, new, show("a.limit"))) == f"{value}\n"


def test_a_new_attribute_of_the_class_body_needs_nothing(folder: Folder) -> None:
    new = ACCOUNT.replace("    def __init__", "    limit: int = 5\n\n    def __init__")
    opened = folder.run(new, show("a.limit"))
    assert printed(opened) == "5\n"
    assert "entities that lack it have the value of the class" in opened.stderr


def test_a_new_attribute_that_is_computed_is_refused(folder: Folder) -> None:
    new = ACCOUNT.replace("self.balance = 0", "self.balance = 0\n        self.label = owner * 2")
    opened = refused(folder.run(new, show("a.label")))
    assert opened == (
        f"the classes have changed since the data folder {folder.data} was last used:\n"
        "  refused  new attribute Account.label: Any\n"
        "           2 entities lack it, and `__init__` computes it: give it a default (in the "
        "class body, as the default of a parameter, or as a constant in `__init__`) or a migration "
        "(Account('bob'), Account('alice'))\n"
        f"error: the data folder {folder.data} cannot be used with these classes; nothing was "
        "changed\n"
        f"`anabranch migrate {folder.data} {folder.application}` writes a migration to complete; "
        "or go back to the classes as they were\n"
    )
    # The old classes still open it.
    old = folder.run(ACCOUNT, show("a.balance"))
    assert (printed(old), old.stderr) == ("7\n", "")


def test_a_removed_attribute_is_kept_until_it_is_dropped(folder: Folder) -> None:
    new = ACCOUNT.replace("        self.balance = 0\n", "")
    opened = folder.run(new, show("a.get('balance')"))
    assert printed(opened) == "7\n"
    assert "attribute Account.balance is gone\n           entities keep" in opened.stderr
    planned = printed(folder.migrate())
    assert "--apply drops Account.balance where entities have it" in planned
    assert not folder.migrations.exists()
    applied = printed(folder.migrate("--apply"))
    assert "2 entities changed, 0 of them their key; 0 deleted" in applied
    gone = folder.run(new, show("a.get('balance')"))
    assert "AttributeError" in gone.stderr
    assert printed(folder.migrate()).startswith("nothing to migrate")


@pytest.mark.parametrize("drop", [False, True])
def test_an_attribute_that_comes_back(folder: Folder, drop: bool) -> None:
    without = ACCOUNT.replace("        self.balance = 0\n", "")
    printed(folder.run(without, show() + "    pass\n"))
    if drop:
        printed(folder.migrate("--apply"))
    assert printed(folder.run(ACCOUNT, show("a.balance"))) == ("0\n" if drop else "7\n")


def test_a_removed_attribute_that_comes_back_with_another_type_is_refused(folder: Folder) -> None:
    printed(folder.run(ACCOUNT.replace("        self.balance = 0\n", ""), show() + "    pass\n"))
    opened = folder.run(ACCOUNT.replace("balance = 0", "balance = 'none'"), show("a.balance"))
    assert "changed from int to str" in refused(opened)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (": int = 0", ": float = 0.0", "every int fits float"),
        (": int = 0", ": int | None = 0", "every int fits int | None"),
        (": int = 0", " = owner.upper() or 0", "any value fits"),
        (": int | None = 0", ": int = 0", "all stored values fit"),
    ],
)
def test_a_type_that_all_values_fit_is_accepted(
    tmp_path: Path, before: str, after: str, reason: str
) -> None:
    folder = Folder(tmp_path)
    printed(folder.run(ACCOUNT.replace(" = 0", before), CREATE))
    opened = folder.run(ACCOUNT.replace(" = 0", after), show("a.balance"))
    assert printed(opened) == "7\n"
    assert reason in opened.stderr


def test_a_changed_type_is_migrated(folder: Folder) -> None:
    new = ACCOUNT.replace("self.balance = 0", 'self.balance = ""')
    opened = refused(folder.run(new, show("a.balance")))
    assert "refused  attribute Account.balance changed from int to str" in opened
    assert "2 entities have a value that is no str (Account('bob'), Account('alice'))" in opened
    planned = printed(folder.migrate())
    assert "complete " in planned
    assert "--apply" in planned
    path = folder.migrations / "0001.py"
    text = path.read_text(encoding="utf-8")
    assert "def migrate_Account(state: dict[str, Any]) -> dict[str, Any]:" in text
    # Once written it is not written over.
    printed(folder.migrate())
    assert list(folder.migrations.iterdir()) == [path]

    unfinished = refused(folder.migrate("--apply"))
    assert "migrate_Account is not complete: balance is still an ellipsis" in unfinished
    folder.complete(1, ('state["balance"] = ...', 'state["balance"] = old'))
    unfit = refused(folder.migrate("--apply"))
    assert "Account('bob') is migrated, but not to what" in unfit
    assert "it would still have a value that is no str" in unfit
    old = folder.run(ACCOUNT, show("a.balance"))
    assert printed(old) == "7\n", "nothing was changed"

    folder.write(new, show("a.balance"))
    folder.complete(1, ('state["balance"] = old', 'state["balance"] = f"{old} EUR"'))
    applied = printed(folder.migrate("--apply"))
    assert "2 entities changed" in applied
    assert "data.before-1" in applied
    assert printed(folder.run(new, show("a.balance"))) == "7 EUR\n"

    folder.data = folder.data.with_name("data.before-1")
    assert printed(folder.run(ACCOUNT, show("a.balance"))) == "7\n"


def test_an_exception_of_a_migration_is_shown_and_changes_nothing(folder: Folder) -> None:
    folder.write(ACCOUNT.replace("self.balance = 0", 'self.balance = ""'), show("a.balance"))
    printed(folder.migrate())
    folder.complete(
        1, ('state["balance"] = ...', 'state["balance"] = {"alice": "1"}[state["owner"]]')
    )
    failed = folder.migrate("--apply")
    assert failed.returncode == 1
    assert "Account('bob') cannot be migrated" in failed.stderr
    assert "KeyError: 'bob'" in failed.stderr
    assert "nothing was changed" in failed.stderr
    assert printed(folder.run(ACCOUNT, show("a.balance"))) == "7\n"


SHOP = """
@entity
class Item:
    def __init__(self, name: str, number: int):
        self.name = name
        self.number = number

    def __key__(self) -> str:
        return self.name

@entity
class Cart:
    def __init__(self, owner: str):
        self.owner = owner
        self.items: dict[Item, int] = {}
        self.favourite: Item | None = None

    def __key__(self) -> str:
        return self.owner

    def add(self, item: Item):
        self.items[item] = 1
        self.favourite = item

    def numbers(self):
        return [item.number for item in self.items], self.favourite.name
"""

SHOP_MAIN = """
def main():
    cart = Cart("alice")
    for number, name in enumerate(("pen", "cup")):
        cart.add(Item(name, number))
"""


def test_a_changed_key_moves_entities_and_references(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    printed(folder.run(SHOP, SHOP_MAIN))
    new = SHOP.replace(
        "def __key__(self) -> str:\n        return self.name\n",
        "def __key__(self) -> int:\n        return self.number\n",
    )
    main = "\ndef main():\n    print(ref(Cart, 'alice').numbers(), exists(Item, 1))\n"
    opened = refused(folder.run(new, main))
    assert "the key of Item changed from str to int" in opened
    assert "__key__ of Item changed from self.name to self.number" in opened
    printed(folder.migrate())
    applied = printed(folder.migrate("--apply"))
    assert "3 entities changed, 2 of them their key" in applied
    assert printed(folder.run(new, main)) == "([0, 1], 'cup') True\n"


def test_keys_that_collide_are_refused(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    printed(folder.run(SHOP, SHOP_MAIN.replace("cart.add(Item(name, number))", "Item(name, 1)")))
    folder.write(SHOP.replace("return self.name", "return str(self.number)"), SHOP_MAIN)
    applied = refused(folder.migrate("--apply"))
    assert "Item('cup') and Item('pen') would both get the key of Item('1')" in applied
    assert printed(folder.run(SHOP, "\ndef main():\n    print(exists(Item, 'pen'))\n")) == "True\n"


def test_a_removed_class_is_kept_until_it_is_dropped(folder: Folder) -> None:
    other = ACCOUNT.replace("class Account", "class Other")
    opened = folder.run(other, "\ndef main():\n    print('ok')\n")
    assert printed(opened) == "ok\n"
    assert "class Account is gone\n           its entities are kept" in opened.stderr
    assert "kept: 2 of the class Account, which is gone" in printed(folder.migrate())
    # It may come back.
    assert printed(folder.run(ACCOUNT, other, show("a.balance"))) == "7\n"

    folder.write(other, "\ndef main():\n    print('ok')\n")
    printed(folder.migrate())
    printed(folder.migrate("--apply"))
    assert "kept: 2" in printed(folder.migrate()), "the migration did not say to drop them"
    for path in sorted(folder.migrations.iterdir()):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("drop_Account = False", "drop_Account = True"))
    assert "2 deleted" in printed(folder.migrate("--apply"))
    assert printed(folder.run(ACCOUNT, show("exists(Account, 'alice')"))) == "False\n"


def test_references_to_a_removed_class_stand_in_the_way(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    printed(folder.run(SHOP, SHOP_MAIN))
    cart = SHOP[SHOP.index("@entity", 10) :].replace("Item", "object")
    opened = refused(folder.run(cart, "\ndef main():\n    pass\n"))
    assert "1 entity holds references to Item (Cart('alice'))" in opened


LINES = """
@dataclass
class Line:
    text: str
    amount: int = 1

class Level(Enum):
    LOW = 1
    HIGH = 2

@entity
class Note:
    def __init__(self, name: str):
        self.name = name
        self.lines = [Line("a", 2), Line("b", 3)]
        self.level = Level.HIGH

    def __key__(self) -> str:
        return self.name

    def get(self):
        return repr(self.lines), self.level
"""

NOTE_MAIN = "\ndef main():\n    Note('n')\n"
NOTE_SHOW = "\ndef main():\n    print(*ref(Note, 'n').get())\n"


@pytest.mark.parametrize("slots", ["", "(slots=True)", "(frozen=True)"])
def test_dataclasses_gain_and_lose_fields(tmp_path: Path, slots: str) -> None:
    folder = Folder(tmp_path)
    old = LINES.replace("@dataclass", f"@dataclass{slots}")
    printed(folder.run(old, NOTE_MAIN))
    new = old.replace("amount: int = 1", "tags: list = field(default_factory=list)\n    x: int = 4")
    new = new.replace('Line("a", 2), Line("b", 3)', "")
    opened = folder.run(new, NOTE_SHOW)
    assert printed(opened) == (
        "[Line(text='a', tags=[], x=4), Line(text='b', tags=[], x=4)] Level.HIGH\n"
    )
    assert "field bank.Line.amount is gone" in opened.stderr
    assert "new field bank.Line.tags" in opened.stderr


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("amount: int = 1", "extra: str", "new field bank.Line.extra"),
        ("amount: int = 1", "amount: str = ''", "bank.Line.amount changed from int to str"),
        ("    HIGH = 2\n", "", "member bank.Level.HIGH is gone"),
        ("class Line", "class Row", "dataclass bank.Line is gone"),
        ("class Level", "class Grade", "enum bank.Level is gone"),
    ],
)
def test_values_that_no_longer_fit_are_refused(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    folder = Folder(tmp_path)
    printed(folder.run(LINES, NOTE_MAIN))
    changed = LINES.replace('Line("a", 2), Line("b", 3)', "").replace("Level.HIGH", "None")
    opened = refused(folder.run(changed.replace(old, new), NOTE_SHOW))
    assert message in opened
    assert "1 entity holds one" in opened
    assert "Note('n')" in opened


def test_a_migration_reads_values_whose_classes_are_gone(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    printed(folder.run(LINES, NOTE_MAIN))
    new = LINES.replace("class Line:", "class Row:").replace("Line(", "Row(")
    new = new.replace("class Level", "class Grade").replace("Level.", "Grade.")
    folder.write(new, NOTE_SHOW)
    printed(folder.migrate())
    folder.complete(1, ('state["level"] = ...', 'state["level"] = old'))
    kept = refused(folder.migrate("--apply"))
    assert "replace the stored dataclass bank:Line by another value" in kept
    convert = (
        "from bank import Grade, Row\n"
        "    state['lines'] = [Row(line.text, line.amount) for line in state['lines']]\n"
        "    state['level'] = Grade[state['level'].name]\n"
        "    return state"
    )
    folder.complete(1, ("return state", convert))
    printed(folder.migrate("--apply"))
    expected = "[Row(text='a', amount=2), Row(text='b', amount=3)] Grade.HIGH\n"
    assert printed(folder.run(new, NOTE_SHOW)) == expected


@pytest.mark.parametrize("place", ["function", "backup"])
def test_a_killed_migration_leaves_the_folder_as_it_was(folder: Folder, place: str) -> None:
    new = ACCOUNT.replace("self.balance = 0", 'self.balance = ""')
    folder.write(new, show("a.balance"))
    printed(folder.migrate())
    here = folder.data.with_name("here")
    wait = f"open({str(here)!r}, 'w').close()\n    import time\n    "
    wait += "time.sleep(1000)" if place == "function" else ""
    folder.complete(1, ('state["balance"] = ...', f'state["balance"] = str(old)\n    {wait}'))
    command = [sys.executable, "-m", "anabranch", "migrate", folder.data, folder.application]
    process = subprocess.Popen([*command, "--apply"])
    wait_until(lambda: here.exists() or process.poll() is not None)
    process.kill()
    process.wait()
    # Either nothing has happened or all of it.
    old = folder.run(ACCOUNT, show("a.balance"))
    if place == "function" or old.returncode == 0:
        assert (printed(old), old.stderr) == ("7\n", "")
        folder.complete(1, ("time.sleep(1000)" if place == "function" else wait, "pass"))
        folder.write(new, show("a.balance"))
        printed(folder.migrate("--apply"))
    assert printed(folder.run(new, show("repr(a.balance)"))) == "'7'\n"


def test_a_class_is_renamed_by_export_and_import(folder: Folder) -> None:
    """As docs/schema.md says."""
    holder = """
    @entity
    class Holder:
        def __init__(self, name: str):
            self.name = name
            self.held = [ref(Account, "alice")]

        def __key__(self) -> str:
            return self.name
    """
    created = folder.run(ACCOUNT, holder, "\ndef main():\n    Holder('h')\n")
    assert created.returncode == 0, created.stderr
    renamed = [part.replace("Account", "Konto") for part in (ACCOUNT, holder)]
    opened = folder.run(*renamed, "\ndef main():\n    print(ref(Holder, 'h').held)\n")
    assert "Was a class renamed?" in opened.stderr
    assert opened.returncode == 1, "a reference would lead nowhere"
    lines = folder.data.with_name("lines.jsonl")
    assert anabranch("export", folder.data, lines).returncode == 0
    script = [
        's/"class":"Account"/"class":"Konto"/',
        's/{"$ref":\\["Account",/{"$ref":["Konto",/g',
    ]
    recipe = Path(__file__).parents[2] / "docs" / "schema.md"
    assert "; ".join(script) in recipe.read_text(encoding="utf-8")
    subprocess.run(["sed", "-i", "; ".join(script), lines], check=True)
    folder.data = folder.data.with_name("data-2")
    imported = anabranch("import", lines, folder.data, "--application", folder.application)
    assert imported.returncode == 0, imported.stderr
    main = """
    def main():
        held = ref(Holder, "h").held[0]
        print(held.balance, held == ref(Konto, "alice"))
    """
    assert printed(folder.run(*renamed, main)) == "7 True\n"


LARGE = """
@entity
class Box:
    def __init__(self, number: int):
        self.number = number
        self.content = str(number % 10) * 100_000
        self.count = 0

    def __key__(self) -> int:
        return self.number
"""

LARGE_CREATE = """
def main():
    for number in range({boxes}):
        Box(number)
"""

LARGE_CHECK = """
def main():
    for number in range({boxes}):
        box = ref(Box, number)
        assert box.count == str(number), box.count
        assert len(box.content) == 100_001, len(box.content)
    print("all")
"""


def migrate_large(folder: Folder, boxes: int) -> list[str | Path]:
    """Makes large entities, and a migration of all of them; the command that applies it."""
    folder.write(LARGE, LARGE_CREATE.format(boxes=boxes))
    made = anabranch(
        *("run", folder.application, "--engine", "embedded", "--data", folder.data),
        *("--memory", "64MiB", "--checkpoint-size", "4MiB"),
    )
    assert made.returncode == 0, made.stderr
    new = LARGE.replace("self.count = 0", 'self.count = ""')
    folder.write(new, LARGE_CHECK.format(boxes=boxes))
    printed(folder.migrate())
    change = 'state["count"] = str(state["number"]); state["content"] += "!"'
    folder.complete(1, ('state["count"] = ...', change))
    return [
        *(sys.executable, "-m", "anabranch", "migrate"),
        *(folder.data, folder.application, "--apply"),
    ]


def test_a_migration_of_more_than_fits_into_memory(folder: Folder) -> None:
    boxes = 2500
    command = migrate_large(folder, boxes)
    process = subprocess.Popen(command)
    peak = 0
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
        except FileNotFoundError:
            break
        lines = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        peak = max(peak, *(int(line.split()[1]) * 1024 for line in lines), 0)
    assert process.wait() == 0
    run = anabranch("run", folder.application, "--engine", "embedded", "--data", folder.data)
    assert printed(run) == "all\n"
    assert peak < boxes * 100_000 * 0.8, f"{peak >> 20} MiB of {boxes * 100_000 >> 20} MiB"


@pytest.mark.parametrize("moment", range(3))
def test_a_migration_killed_while_it_writes_is_done_or_undone(folder: Folder, moment: int) -> None:
    boxes = 800
    command = migrate_large(folder, boxes)
    tables = folder.data / "store" / "blobs"
    before = {path.name for path in tables.iterdir()}
    backup = folder.data.with_name("data.before-1")
    process = subprocess.Popen(command)

    def is_writing() -> bool:
        # Its own opening and the copy are over.
        return backup.exists() and not {path.name for path in tables.iterdir()} <= before

    wait_until(lambda: is_writing() or process.poll() is not None)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(moment * 0.05)
    process.kill()
    process.wait()
    new = folder.application.read_text()
    run = ("run", folder.application, "--engine", "embedded", "--data", folder.data)
    done = anabranch(*run)
    if done.returncode != 0:
        assert "nothing was changed" in done.stderr
        check = LARGE_CHECK.format(boxes=boxes).replace("str(number)", "0")
        undone = folder.run(LARGE, check.replace("100_001", "100_000"))
        assert printed(undone) == "all\n"
        folder.application.write_text(new)
        printed(folder.migrate("--apply"))
        done = anabranch(*run)
    assert printed(done) == "all\n"


def test_serving_says_what_changed(folder: Folder) -> None:
    folder.write(ACCOUNT.replace("self.balance = 0", 'self.balance = ""'))
    served = anabranch("serve", folder.application, "--data", folder.data, "--port", "0")
    assert "attribute Account.balance changed from int to str" in refused(served)


def test_check_points_out_pickles(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write(
        ACCOUNT.replace("self.balance = 0", "self.queue: deque[int] = deque()"),
        "\nfrom collections import deque\n",
    )
    checked = anabranch("check", folder.application, "--notes")
    assert checked.returncode == 0
    assert "AB073" in checked.stderr
    assert "values of `deque` may be stored as pickles" in checked.stderr
