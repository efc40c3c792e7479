"""The language tests of `tests/lang`: plain Python is the oracle for every engine."""

import json
from pathlib import Path
from zlib import crc32

import pytest
from command_line import REPOSITORY, anabranch
from language_blocks import MAIN, Case, cases

FOLDER = Path(__file__).parent.parent / "lang"
CASES = [cases(path) for path in sorted(FOLDER.glob("*.md"))]


def written(case: Case, folder: Path) -> Path:
    for name, text in case.modules.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    return folder / MAIN


def check_output(case: Case, path: Path, engine: str) -> None:
    # What the programs do must be within what the compiler says that they may do.
    seed = str(crc32(case.identifier.encode()))
    options = {
        "local": ["--engine", "local", "--compare-effects"],
        "together": ["--engine", "local", "--compare-effects", "--together"],
        "simulated": ["--engine", "simulated", "--compare-steps", "--seed", seed],
    }
    completed = anabranch("run", path, *options.get(engine, ["--engine", engine]))
    assert completed.stdout == case.expected, f"engine {engine}\n{completed.stderr}"
    assert completed.returncode == 0, f"engine {engine}\n{completed.stderr}"


def selected(kind: str) -> list[object]:
    found = [case for of_file in CASES for case in of_file if case.kind == kind]
    return [pytest.param(case, id=case.identifier) for case in found]


# One program of each file is enough to see that the durable engine runs the same segments.
DURABLE = {
    next((case.identifier for case in found if case.kind == "output"), "") for found in CASES
}


@pytest.mark.parametrize("case", selected("output"))
def test_output(case: Case, tmp_path: Path) -> None:
    path = written(case, tmp_path)
    engines = ["plain", "local", "together"] + ["embedded"] * (case.identifier in DURABLE)
    if not case.engines:
        engines.append("simulated")
    elif case.engines != ["one-process"]:
        engines = case.engines
    for engine in engines:
        check_output(case, path, engine)


@pytest.mark.parametrize("case", selected("diagnostics"))
def test_diagnostics(case: Case, tmp_path: Path) -> None:
    completed = anabranch("check", written(case, tmp_path), "--format", "json")
    found = "".join(line_of(finding) for finding in json.loads(completed.stdout))
    assert found == case.expected
    assert completed.returncode == 1
    assert completed.stderr == ""


def line_of(finding: dict[str, str]) -> str:
    place = ""
    if finding.get("file"):
        name = Path(finding["file"]).name
        place = f" {finding['line']}" if name == MAIN else f" {name}:{finding['line']}"
    return f"{finding['code']}{place}: {finding['message']}\n"


def test_every_code_of_an_error_is_tested() -> None:
    pages = {page.stem for page in (REPOSITORY / "docs" / "errors").glob("AB*.md")}
    errors = {code for code in pages if code < "AB070"}
    # A program that nests 1,000 levels deep is no good reading: the parser tests that one.
    errors.remove("AB048")
    expected = "".join(case.expected for of_file in CASES for case in of_file)
    assert {code for code in errors if code not in expected} == set()
