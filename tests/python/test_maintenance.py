"""What operators do: look at state, back it up, restore, export, import, repair."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest
from command_line import APPLICATIONS, LEDGER, SECONDS_MAX, Server, anabranch, serving
from test_cli import check_refusal

KINDS = APPLICATIONS / "kinds.py"


def succeed(*arguments: str | Path) -> str:
    """Standard output of a command that succeeds."""
    completed = anabranch(*arguments)
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


def run_kinds(data: Path) -> str:
    return succeed("run", KINDS, "--engine", "embedded", "--data", data)


@pytest.fixture(scope="module")
def kinds_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("kinds") / "data"
    run_kinds(data)
    return data


@pytest.fixture
def kinds(kinds_once: Path, tmp_path: Path) -> Path:
    """A data folder with every kind of value."""
    return shutil.copytree(kinds_once, tmp_path / "kinds")


@pytest.fixture
def server(tmp_path: Path) -> Generator[Server]:
    """A ledger with the accounts a to e."""
    with serving(LEDGER, tmp_path / "served") as server:
        for owner in "abcde":
            answer = httpx.post(f"{server.url}/v1/Account", json={"owner": owner, "balance": 1})
            assert answer.status_code == 201
        yield server


def account(owner: str, balance: int = 1) -> str:
    state: dict[str, Any] = {"owner": owner, "balance": balance, "transfers": []}
    return json.dumps({"class": "Account", "key": owner, "state": state})


def balance(data: Path, owner: str) -> int:
    return json.loads(succeed("get", data, "Account", owner, "--format", "json"))["state"][
        "balance"
    ]


# Looking


def test_inspect_shows_a_folder(kinds: Path) -> None:
    shown = json.loads(succeed("inspect", kinds, "--format", "json"))
    assert shown["application"]["module"] == "applications.kinds"
    assert {name: it["entities"] for name, it in shown["classes"].items()} == {"Box": 1, "Shelf": 1}
    assert shown["classes"]["Box"]["state_bytes"] > 10_000
    assert shown["sequence"] > 0
    table = succeed("inspect", kinds)
    assert "applications.kinds (program " in table
    assert shown["schema"]["classes"]["Box"]["key"] == "int"
    assert "class Shelf\n  key: " in table
    assert "Shelf" in table


def test_inspect_changes_nothing(kinds: Path) -> None:
    def content() -> dict[str, bytes]:
        files = [path for path in kinds.rglob("*") if path.is_file()]
        return {str(path): path.read_bytes() for path in files if path.suffix != ".lock"}

    # The first to open a folder after its server tidies up what the store has replaced.
    succeed("inspect", kinds)
    before = content()
    succeed("inspect", kinds)
    succeed("get", kinds, "Box", "7")
    assert content() == before


def test_get_shows_natural_json(kinds: Path) -> None:
    box = json.loads(succeed("get", kinds, "Box", "7", "--format", "json"))
    assert box["key"] == 7
    assert box["state"]["shelf"] == {"$ref": ["Shelf", ["hall", 1]]}
    assert box["state"]["content"]["decimal"] == "1.50"
    shelf = json.loads(succeed("get", kinds, "Shelf", "hall,1", "--format", "json"))
    assert shelf["key"] == ["hall", 1]
    assert shelf["state"]["same"] == shelf["state"]["names"]
    assert 'room    "hall"' in succeed("get", kinds, "Shelf", "hall,1")


def test_get_shows_all_that_are_written_so(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    kinds_of_seven: list[dict[str, Any]] = [
        {"class": "A", "key": key, "state": {}} for key in (7, "7")
    ]
    lines.write_text("\n".join(map(json.dumps, kinds_of_seven)))
    succeed("import", lines, tmp_path / "data")
    shown = succeed("get", tmp_path / "data", "A", "7", "--format", "json").splitlines()
    assert {json.dumps(json.loads(line)["key"]) for line in shown} == {"7", '"7"'}


def test_a_folder_and_its_server_show_the_same(server: Server, tmp_path: Path) -> None:
    url = server.url
    live = json.loads(succeed("inspect", url, "--format", "json"))
    live_account = succeed("get", url, "Account", "a", "--format", "json")
    live_keys = succeed("keys", url, "Account", "--prefix", "c")
    server.stop()
    data = tmp_path / "served"
    stored = json.loads(succeed("inspect", data, "--format", "json"))
    assert live["schema"]["classes"]["Account"]["attributes"]["balance"] == "int"
    for name in ("application", "sequence", "classes", "replies", "schema"):
        assert live[name] == stored[name]
    assert succeed("get", data, "Account", "a", "--format", "json") == live_account
    assert live_keys == "c\n"
    assert succeed("keys", data, "Account", "--prefix", "c") == live_keys


def test_keys_are_listed_as_get_takes_them(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    keys = ["a b", "a,b", "é/", {"$tuple": ["x,y", 3]}, -5, {"$bytes": "+/8="}]
    entities = [{"class": "A", "key": key, "state": {"n": n}} for n, key in enumerate(keys)]
    lines.write_text("\n".join(map(json.dumps, entities)))
    data = tmp_path / "data"
    succeed("import", lines, data)
    listed = succeed("keys", data, "A").splitlines()
    assert len(listed) == len(keys)
    found = {
        json.loads(succeed("get", data, "A", key, "--format", "json"))["state"]["n"]
        for key in listed
    }
    assert found == set(range(len(keys)))
    assert succeed("keys", data, "A", "--prefix", "a ").splitlines() == ["a%20b"]
    assert len(succeed("keys", data, "A", "--limit", "2").splitlines()) == 2
    assert succeed("keys", data, "A", "--limit", "0") == ""
    assert [
        key
        for key in map(json.loads, succeed("keys", data, "A", "--format", "json").splitlines())
        if isinstance(key, int)
    ] == [-5]


def test_a_server_gives_keys_by_pages(server: Server) -> None:
    keys: list[str] = []
    parameters: dict[str, Any] = {"limit": 2}
    pages = 0
    while True:
        page = httpx.get(f"{server.url}/v1/Account", params=parameters).json()
        keys += page["keys"]
        pages += 1
        if page["next"] is None:
            break
        parameters["after"] = page["next"]
    assert sorted(keys) == list("abcde")
    assert pages == 3
    for query in ("limit=0", "limit=x", "limit=10001", "colour=red"):
        assert httpx.get(f"{server.url}/v1/Account?{query}").status_code == 422
    assert httpx.get(f"{server.url}/v1/Nothing").status_code == 404


def test_a_reader_that_goes_away_is_no_failure(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    lines.write_text("\n".join(account(f"owner{number}") for number in range(20_000)))
    succeed("import", lines, tmp_path / "data")
    command = [sys.executable, "-m", "anabranch", "keys", tmp_path / "data", "Account"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(SECONDS_MAX) == 0


# What is in use, and tokens


def test_a_folder_in_use_names_its_server(server: Server, tmp_path: Path) -> None:
    data = tmp_path / "served"
    for command in (["inspect", data], ["keys", data, "Account"], ["backup", data, tmp_path / "b"]):
        check_refusal(f"ask that one at {server.url}", *command)
    assert not (tmp_path / "b").exists()


def test_a_token_is_asked_for(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret\n")
    wrong = tmp_path / "wrong"
    wrong.write_text("guess")
    with serving(LEDGER, tmp_path / "data", "--token-file", token) as server:
        for path in ("/v1", "/v1/Account", "/export", "/backup"):
            assert httpx.get(server.url + path).status_code == 401
        check_refusal("--token-file", "inspect", server.url)
        check_refusal("does not take this token", "inspect", server.url, "--token-file", wrong)
        assert "no entities" in succeed("inspect", server.url, "--token-file", token)


# Backups


def test_a_backup_of_a_folder_is_restored(kinds: Path, tmp_path: Path) -> None:
    before = succeed("export", kinds, "-")
    backed_up = succeed("backup", kinds, tmp_path / "backup")
    assert "backed up and checked: 2 entities" in backed_up
    assert "restored and checked" in succeed("restore", tmp_path / "backup", tmp_path / "restored")
    assert succeed("export", tmp_path / "restored", "-") == before
    assert run_kinds(tmp_path / "restored") == run_kinds(kinds)


def test_a_backup_of_a_running_server_is_restored(server: Server, tmp_path: Path) -> None:
    url = f"{server.url}/v1/Account/a/receive"
    headers = {"Idempotency-Key": "once"}
    arguments = {"amount": 5, "name": "gift"}
    assert httpx.post(url, json=arguments, headers=headers).status_code == 200
    assert "5 entities" in succeed("backup", server.url, tmp_path / "backup")
    # What comes later is not in it.
    httpx.post(url, json=arguments)
    succeed("restore", tmp_path / "backup", tmp_path / "restored")
    assert balance(tmp_path / "restored", "a") == 6
    with serving(LEDGER, tmp_path / "restored") as restored:
        # The reply is there too: the request is not applied twice.
        url = f"{restored.url}/v1/Account/a/receive"
        assert httpx.post(url, json=arguments, headers=headers).json() == {"result": None}
        assert httpx.get(f"{restored.url}/v1/Account/a").json()["state"]["balance"] == 6


def test_nothing_is_overwritten(kinds: Path, tmp_path: Path, server: Server) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "letter.txt").write_text("dear")
    succeed("backup", kinds, tmp_path / "backup")
    for target, problem in ((kinds, "is a data folder already"), (foreign, "letter.txt")):
        check_refusal(problem, "restore", tmp_path / "backup", target)
        check_refusal(problem, "backup", server.url, target)
    assert [path.name for path in foreign.iterdir()] == ["letter.txt"]
    file = tmp_path / "lines"
    file.write_text("mine")
    check_refusal("exists already", "export", kinds, file)
    assert file.read_text() == "mine"


def test_an_interrupted_copy_is_never_taken_for_whole(kinds: Path, tmp_path: Path) -> None:
    copied = tmp_path / "copied"
    succeed("backup", kinds, copied)
    (copied / "anabranch.partial").touch()
    check_refusal("is not complete", "inspect", copied)
    check_refusal("is not complete", "restore", copied, tmp_path / "restored")
    check_refusal("is not complete", "run", KINDS, "--engine", "embedded", "--data", copied)
    check_refusal("is not complete", "repair", copied)
    # The same command again makes it.
    succeed("backup", kinds, copied)
    assert succeed("export", copied, "-") == succeed("export", kinds, "-")


# Lines


def test_an_export_loses_nothing(kinds: Path, tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    succeed("export", kinds, lines)
    assert not (tmp_path / "lines.partial").exists()
    succeed("import", lines, tmp_path / "imported", "--application", KINDS)
    assert succeed("export", tmp_path / "imported", "-") == lines.read_text()
    # Exact types and the list with two names are there for the application.
    assert run_kinds(tmp_path / "imported") == run_kinds(kinds)
    assert "joined_state" in lines.read_text()


def test_a_server_is_exported(server: Server, tmp_path: Path) -> None:
    exported = succeed("export", server.url, "-")
    assert sorted(exported.splitlines()) == sorted(
        json.dumps(json.loads(account(owner)), separators=(",", ":")) for owner in "abcde"
    )


def test_standard_streams(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "anabranch", "import", "-", tmp_path / "data"]
    text = account("a") + "\n\n" + account("b")
    completed = subprocess.run(
        command, input=text, capture_output=True, text=True, check=True, timeout=SECONDS_MAX
    )
    assert "imported 2 entities" in completed.stderr
    assert completed.stdout == ""
    assert len(succeed("export", tmp_path / "data", "-").splitlines()) == 2


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "not JSON"),
        ("[]", "expected an object with class, key and state"),
        ('{"class": "Account", "key": "x"}', "state: missing"),
        ('{"class": "Account", "state": {}}', "key: missing"),
        ('{"class": "Account", "key": 1.5, "state": {}}', "key: a key is a str, int"),
        ('{"class": "Account", "key": "x", "state": {"a": {"$set": [[]]}}}', "state.a: a list"),
        ('{"class": "Account", "key": "x", "state": {}, "colour": 1}', 'no member "colour"'),
        ('{"class": "Accounts", "key": "x", "state": {}}', 'no entity class "Accounts"'),
        ('{"class": "Account", "key": 7, "state": {}}', "a key of Account is a str"),
        (account("a"), "the Account a exists already; to replace it, add --replace"),
        ("[" * 100_000, "too deeply"),
    ],
)
def test_a_mistake_names_its_line(tmp_path: Path, line: str, problem: str) -> None:
    lines = tmp_path / "lines"
    lines.write_text(f"{account('a')}\n{line}\n")
    data = tmp_path / "data"
    message = check_refusal(problem, "import", lines, data, "--application", LEDGER)
    assert "line 2" in message
    check_refusal("is not complete", "inspect", data)
    lines.write_text(account("a"))
    succeed("import", lines, data, "--application", LEDGER)
    assert balance(data, "a") == 1


def test_an_import_into_a_folder_is_all_or_nothing(tmp_path: Path) -> None:
    lines, data = tmp_path / "lines", tmp_path / "data"
    with serving(LEDGER, data) as server:
        httpx.post(f"{server.url}/v1/Account", json={"owner": "a", "balance": 1})
    lines.write_text(f"{account('b')}\n{account('a', 5)}\n")
    check_refusal("line 2: the Account a exists already", "import", lines, data)
    check_refusal("no Account with the key b", "get", data, "Account", "b")
    succeed("import", lines, data, "--replace")
    assert (balance(data, "a"), balance(data, "b")) == (5, 1)
    lines.write_text('{"class": "Acount", "key": "c", "state": {}}')
    check_refusal("no entities of a class Acount", "import", lines, data)
    # The folder is as usable as before, and its own log does not undo the import.
    with serving(LEDGER, data) as server:
        assert httpx.get(f"{server.url}/v1/Account/a").json()["state"]["balance"] == 5
        arguments = {"amount": 1, "name": "gift"}
        httpx.post(f"{server.url}/v1/Account/a/receive", json=arguments)
    assert balance(data, "a") == 6


def test_an_import_replaces_what_is_large(kinds: Path, tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    small = {"class": "Box", "key": 7, "state": {"number": 7}}
    lines.write_text(json.dumps(small))
    succeed("import", lines, kinds, "--replace")
    box = json.loads(succeed("get", kinds, "Box", "7", "--format", "json"))
    assert box["state"] == {"number": 7}
    succeed("backup", kinds, tmp_path / "backup")


# Repair


def damage_log(data: Path) -> None:
    """Changes one byte of the first record that the log has."""
    segment = min((data / "log").glob("*.segment"))
    with segment.open("r+b") as file:
        file.seek(1024 + 48)
        byte = file.read(1)
        file.seek(1024 + 48)
        file.write(bytes([byte[0] ^ 1]))


def test_a_damaged_log_is_repaired(kinds: Path) -> None:
    assert "nothing to repair" in succeed("repair", kinds)
    damage_log(kinds)
    for command in (["inspect", kinds], ["run", KINDS, "--engine", "embedded", "--data", kinds]):
        check_refusal(f"`anabranch repair {kinds}` says what", *command)
    described = succeed("repair", kinds)
    assert "damaged: " in described
    assert "lost: request" in described
    assert "--apply" in described
    check_refusal("is damaged", "inspect", kinds)
    applied = succeed("repair", kinds, "--apply")
    assert "can be opened" in applied
    assert list((kinds / "log").glob("*.cut"))
    assert "no entities" in succeed("inspect", kinds)
    assert "nothing to repair" in succeed("repair", kinds, "--apply")


# Mistakes


@pytest.mark.parametrize(
    "command",
    [
        ["inspect"],
        ["get", "Account", "a"],
        ["keys", "Account"],
        ["backup", "TARGET"],
        ["export", "-"],
        ["repair"],
    ],
)
def test_a_folder_must_be_one_of_ours(tmp_path: Path, command: list[str]) -> None:
    name, *rest = command
    rest = [str(tmp_path / "target") if part == "TARGET" else part for part in rest]
    check_refusal("is not a data folder", name, tmp_path / "missing", *rest)
    assert not (tmp_path / "missing").exists()
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "letter.txt").write_text("dear")
    check_refusal("is not a data folder", name, foreign, *rest)
    assert [path.name for path in foreign.iterdir()] == ["letter.txt"]
    assert not (tmp_path / "target").exists()


def test_what_is_not_there_is_said(kinds: Path, server: Server, tmp_path: Path) -> None:
    check_refusal("it has Box, Shelf", "get", kinds, "Boxes", "7")
    check_refusal("it has Box, Shelf", "keys", kinds, "Boxes")
    check_refusal("no Box with the key 8", "get", kinds, "Box", "8")
    check_refusal("too many parts", "get", kinds, "Box", ",".join("7" * 20))
    check_refusal("there are Account", "get", server.url, "Acount", "a")
    check_refusal("nobody", "get", server.url, "Account", "nobody")
    check_refusal("there are Account", "keys", server.url, "Acount")
    check_refusal("cannot read", "import", tmp_path / "missing", tmp_path / "data")
    check_refusal("no server can be reached", "inspect", "http://127.0.0.1:1")
    check_refusal("looks like http://", "inspect", "ftp://127.0.0.1:1")
    check_refusal("needs TLS", "inspect", "https://127.0.0.1:1")
    check_refusal("needs TLS", "inspect", "anabranchs://127.0.0.1:1")
    check_refusal("needs none", "inspect", kinds, "--token-file", KINDS)
    check_refusal("cannot read the token file", "inspect", kinds, "--token-file", tmp_path / "no")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_is_said(kinds: Path) -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "anabranch", "export", kinds, "-"]
        completed = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60
        )
    assert completed.returncode == 1
    assert "No space left" in completed.stderr


# Options of the engine


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("--memory", "much", "give a size such as"),
        ("--checkpoint-size", "0", "give a size such as"),
        ("--memory", "1MiB", "give at least 16.0 MiB"),
        ("--checkpoint-size", "1000", "give at least 1.0 MiB"),
        ("--idempotency-retention", "soon", "give a time above zero"),
        ("--idempotency-replies", "0", "0 is not in"),
        ("--queue-time", "-1", "give a time above zero"),
    ],
)
def test_bounds_must_make_sense(tmp_path: Path, option: str, value: str, problem: str) -> None:
    data = tmp_path / "data"
    check_refusal(problem, "serve", LEDGER, "--data", data, f"{option}={value}")
    assert not data.exists()
    check_refusal("belongs to the embedded engine", "run", KINDS, "--memory", "1GiB")


def test_the_engine_keeps_to_its_bounds(tmp_path: Path) -> None:
    options = ["--memory", "64MiB", "--checkpoint-size", "1MiB", "--idempotency-replies", "1"]
    options += ["--idempotency-retention", "1h", "--queue-time", "5s"]
    with serving(LEDGER, tmp_path / "data", *options) as server:
        url = f"{server.url}/v1/Account"
        for owner in "ab":
            headers = {"Idempotency-Key": owner}
            arguments = {"owner": owner, "balance": 1}
            assert httpx.post(url, json=arguments, headers=headers).status_code == 201
        # Looking at it brings everything into the store, and all replies but one go.
        assert httpx.get(f"{server.url}/v1").json()["replies"] == 1


def test_metrics_tell_of_the_engine(server: Server) -> None:
    lines = httpx.get(f"{server.url}/metrics").text.splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if line.startswith("anabranch_engine_"))
    assert float(values["anabranch_engine_sequence_total"]) == 5
    assert float(values["anabranch_engine_healthy"]) == 1
    assert float(values["anabranch_engine_log_bytes"]) > 0
    assert float(values["anabranch_engine_last_sync_timestamp_seconds"]) > 1_700_000_000
    assert "anabranch_engine_queue_length" in values
