"""The pages of `docs/errors`: the first program gives the code of the page, the second no error.

The command line runs in this process: a process for each program would take long.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from anabranch import _native
from command_line import REPOSITORY
from language_blocks import FENCE, MAIN

FOLDER = REPOSITORY / "docs" / "errors"
PAGES = sorted(FOLDER.glob("*.md"))
REPETITIONS = 1000


@dataclass
class Program:
    modules: dict[str, bytes]
    """By file name, the main one last."""


def programs(page: Path) -> list[Program]:
    """The programs of a page. A block with a file name in its fence is a module for what follows.

    A fence with `latin-1` is written in that encoding; in one with `repeated`, what stands before
    `…` is repeated a thousand times.
    """
    found: list[Program] = []
    modules: dict[str, bytes] = {}
    words: list[str] | None = None
    lines: list[str] = []
    for line in page.read_text(encoding="utf-8").splitlines():
        fence = FENCE.match(line)
        if fence and words is None:
            words, lines = fence[2].split(), []
        elif fence and words is not None:
            assert words[0] == "python", f"{page.name}: a block of an unknown kind: {words[0]}"
            text = "".join(inner + "\n" for inner in lines)
            if "repeated" in words:
                text = text.replace("+ … +", "+ 1 " * REPETITIONS + "+")
            name = next((word for word in words[1:] if word.endswith(".py")), MAIN)
            modules[name] = text.encode("latin-1" if "latin-1" in words else "utf-8")
            if name == MAIN:
                found.append(Program(dict(modules)))
            words = None
        else:
            lines.append(line)
    assert words is None, f"{page.name}: the last block does not end"
    return found


def findings(
    program: Program, folder: Path, capfd: pytest.CaptureFixture[str]
) -> list[dict[str, object]]:
    folder.mkdir()
    for name, text in program.modules.items():
        (folder / name).write_bytes(text)
    arguments = ["anabranch", "check", str(folder / MAIN), "--format", "json"]
    code = _native.main(arguments)
    captured = capfd.readouterr()
    assert captured.err == ""
    found: list[dict[str, object]] = json.loads(captured.out)
    assert code == any(finding["severity"] == "error" for finding in found)
    return found


def test_there_are_pages() -> None:
    assert PAGES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_programs(page: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    wrong, right = programs(page)
    found = findings(wrong, tmp_path / "wrong", capfd)
    assert {finding["code"] for finding in found} == {page.stem}, found
    left = findings(right, tmp_path / "right", capfd)
    assert not [finding for finding in left if finding["severity"] == "error"], left
    assert page.stem not in {finding["code"] for finding in left}, left


def test_explain_prints_the_page(capfd: pytest.CaptureFixture[str]) -> None:
    for page in PAGES:
        assert _native.main(["anabranch", "explain", page.stem.lower()]) == 0
        assert capfd.readouterr().out == page.read_text(encoding="utf-8")
