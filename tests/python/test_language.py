"""The language tests of `tests/lang`: plain Python is the oracle for every engine."""

import re
from pathlib import Path

import pytest
from command_line import anabranch
from language_blocks import MAIN, Case, cases

FOLDER = Path(__file__).parent.parent / "lang"
CASES = [cases(path) for path in sorted(FOLDER.glob("*.md"))]
FINDING = re.compile(r"^error\[(AB\d+)\]: (.*)(?:\n *--> ([^:\n]+):(\d+):)?", re.MULTILINE)


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
    found = [case for of_file in CASES for case in of_file if case.kind == kind]
    return [pytest.param(case, id=case.identifier) for case in found]


# One program of each file is enough to see that the durable engine runs the same segments.
DURABLE = {next((case.identifier for case in found if case.kind == "output"), "") for found in CASES}


@pytest.mark.parametrize("case", selected("output"))
def test_output(case: Case, tmp_path: Path) -> None:
    path = written(case, tmp_path)
    engines = ["plain", "local"] + ["embedded"] * (case.identifier in DURABLE)
    for engine in case.engines or engines:
        check_output(case, path, engine)


@pytest.mark.parametrize("case", selected("diagnostics"))
def test_diagnostics(case: Case, tmp_path: Path) -> None:
    completed = anabranch("check", written(case, tmp_path))
    assert "panicked" not in completed.stderr
    found = ""
    for code, message, file, line in FINDING.findall(completed.stderr):
        name = Path(file).name
        place = "" if not line else f" {line}" if name == MAIN else f" {name}:{line}"
        found += f"{code}{place}: {message}\n"
    assert found == case.expected, completed.stderr
    assert completed.returncode == 1

