"""The language tests of `tests/lang`: plain Python is the oracle for every engine."""

import re
from pathlib import Path

import pytest
from command_line import anabranch
from language_blocks import MAIN, Case, cases

FOLDER = Path(__file__).parent.parent / "lang"
FILES = sorted(FOLDER.glob("*.md"))
CASES = {path: cases(path) for path in FILES}
ALL = [case for found in CASES.values() for case in found]
FINDING = re.compile(r"^error\[(AB\d+)\]: (.*)\n *--> ([^:\n]+):(\d+):", re.MULTILINE)


def written(case: Case, folder: Path) -> Path:
    for name, text in case.modules.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return folder / MAIN


def check_output(case: Case, path: Path, engine: str) -> None:
    completed = anabranch("run", path, "--engine", engine)
    assert completed.stdout == case.expected, f"engine {engine}\n{completed.stderr}"
    assert completed.returncode == 0, f"engine {engine}\n{completed.stderr}"


def selected(kind: str) -> list[object]:
    found = [case for case in ALL if case.kind == kind]
    return [pytest.param(case, id=case.identifier) for case in found]


@pytest.mark.parametrize("case", selected("output"))
def test_output(case: Case, tmp_path: Path) -> None:
    path = written(case, tmp_path)
    check_output(case, path, "plain")
    check_output(case, path, "local")
    if case is next(first for first in CASES[FOLDER / f"{stem(case)}.md"] if first.kind == "output"):
        check_output(case, path, "embedded")


@pytest.mark.parametrize("case", selected("diagnostics"))
def test_diagnostics(case: Case, tmp_path: Path) -> None:
    completed = anabranch("check", written(case, tmp_path))
    assert "panicked" not in completed.stderr
    found = ""
    for code, message, file, line in FINDING.findall(completed.stderr):
        name = Path(file).name
        place = line if name == MAIN else f"{name}:{line}"
        found += f"{code} {place}: {message}\n"
    assert found == case.expected, completed.stderr
    assert completed.returncode == 1


def stem(case: Case) -> str:
    return case.identifier.split(":")[0]
