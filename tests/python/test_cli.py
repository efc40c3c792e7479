"""Mistakes at the command line: exit code 1, a message that says what is wrong, no traceback."""

import json
import shutil
import socket
from pathlib import Path

import pytest
from command_line import LEDGER, anabranch, serving

KEYED = """
    def __init__(self, name: str):
        self.name = name

    def __key__(self) -> str:
        return self.name
"""
ENTITY = f"from anabranch import entity\n\n@entity\nclass Lamp:{KEYED}"


def check_refusal(message: str, *arguments: str | Path) -> str:
    completed = anabranch(*arguments)
    assert completed.returncode == 1, completed
    assert message.lower() in completed.stderr.lower(), completed.stderr
    assert "Traceback" not in completed.stderr
    assert "panicked" not in completed.stderr
    assert completed.stdout == ""
    return completed.stderr


def application(folder: Path, text: str, name: str = "application.py") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder that was used."""
    data = tmp_path / "data"
    with serving(LEDGER, data) as server:
        assert server.stop() == 0
    return data


@pytest.mark.parametrize("engine", ["local", "embedded"])
def test_a_syntax_error(tmp_path: Path, engine: str) -> None:
    path = application(tmp_path, ENTITY + "\n    def glow(self:\n        pass\n")
    stderr = check_refusal("application.py", "run", path, "--engine", engine)
    assert "11" in stderr, "names the line"


@pytest.mark.parametrize("command", ["check", "compile"])
def test_a_syntax_error_found_by_other_commands(tmp_path: Path, command: str) -> None:
    path = application(tmp_path, ENTITY + "\n    def glow(self:\n        pass\n")
    check_refusal("application.py", command, path)


def test_no_such_file(tmp_path: Path) -> None:
    check_refusal("nothing.py", "run", tmp_path / "nothing.py")


def test_no_entity(tmp_path: Path) -> None:
    path = application(tmp_path, "def main():\n    print('hello')\n")
    check_refusal("@entity", "run", path, "--engine", "local")


def test_no_key(tmp_path: Path) -> None:
    text = "from anabranch import entity\n\n@entity\nclass Lamp:\n    pass\n"
    path = application(tmp_path, text)
    check_refusal("__key__", "run", path, "--engine", "local")


def test_an_unknown_module(tmp_path: Path) -> None:
    path = application(tmp_path, "import nothing_of_that_name\n" + ENTITY)
    check_refusal("nothing_of_that_name", "run", path, "--engine", "local")


def test_two_classes_of_one_name(tmp_path: Path) -> None:
    application(tmp_path, ENTITY, "other.py")
    path = application(tmp_path, "import other\n" + ENTITY + "\nprint(other)\n")
    check_refusal("Lamp", "run", path, "--engine", "local")


def test_no_main(tmp_path: Path) -> None:
    check_refusal("main", "run", application(tmp_path, ENTITY), "--engine", "local")


def test_the_engine_local_has_no_data_folder_and_the_embedded_one_needs_one(data: Path) -> None:
    local = ("serve", LEDGER, "--engine", "local")
    check_refusal("--data belongs to the embedded engine", *local, "--data", data)
    check_refusal("--memory belongs to the embedded engine", *local, "--memory", "1GiB")
    check_refusal("add --data FOLDER", "serve", LEDGER, "--engine", "embedded")
    check_refusal("--data <FOLDER>", "serve", LEDGER)


def test_data_in_use(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(LEDGER, data):
        check_refusal("in use", "serve", LEDGER, "--data", data, "--port", "0")


def test_data_of_a_newer_version(data: Path) -> None:
    manifest = data / "anabranch.json"
    members = json.loads(manifest.read_text(encoding="utf-8"))
    members["format_version"] += 1
    manifest.write_text(json.dumps(members), encoding="utf-8")
    check_refusal("upgrade Anabranch", "serve", LEDGER, "--data", data, "--port", "0")


def test_data_without_its_manifest(data: Path) -> None:
    (data / "anabranch.json").unlink()
    check_refusal("backup", "serve", LEDGER, "--data", data, "--port", "0")


def test_data_without_its_store(data: Path) -> None:
    shutil.rmtree(data / "store")
    check_refusal("backup", "serve", LEDGER, "--data", data, "--port", "0")


def test_data_that_is_something_else(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    check_refusal("letter.txt", "serve", LEDGER, "--data", tmp_path, "--port", "0")


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as occupied:
        port = str(occupied.getsockname()[1])
        check_refusal(port, "serve", LEDGER, "--data", tmp_path / "data", "--port", port)
