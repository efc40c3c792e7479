"""What `README.md` shows is what one gets."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import EXAMPLES, REPOSITORY, SECONDS_MAX, Server, anabranch

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def block(heading: str, language: str, number: int = 0) -> str:
    """A block of code by its language and number in the section under a heading."""
    section = README.split(f"\n{heading}\n")[1].split("\n## ")[0]
    return [text for found, text in BLOCK.findall(section) if found == language][number]


SHOP = BLOCK.findall(README)[0][1]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.py"
    path.write_text(SHOP, encoding="utf-8")
    return path


def commands(console: str) -> dict[str, str]:
    """What each command of a console prints, by the command without its comment."""
    printed: dict[str, str] = {}
    for part in f"\n{console}".split("\n$ ")[1:]:
        command, _, output = part.partition("\n")
        printed[command.split("  #")[0].strip()] = output.rstrip("\n")
    return printed


def test_the_example_runs_as_shown(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop.parent)
    shown = commands(block("## Run your own file", "console"))
    ran = 0
    for command, output in shown.items():
        program, *arguments = command.split()
        if program == "anabranch":
            completed = anabranch(*arguments)
            assert completed.stdout.rstrip("\n") == output, completed.stderr
            ran += 1
    assert ran == 4


def test_the_diagnostic_is_the_one_shown(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop.parent)
    shop.write_text(SHOP.replace("item.update_stock", "item.updat_stock"), encoding="utf-8")
    completed = anabranch("check", "shop.py")
    assert completed.returncode == 1
    assert completed.stderr.startswith(block("## Run your own file", "text"))


def test_the_segments_are_the_ones_shown(shop: Path) -> None:
    completed = anabranch("compile", "--emit", "python", shop)
    assert block("## What the compiler does", "python") in completed.stdout


def test_the_server_answers_as_shown(tmp_path: Path) -> None:
    server = Server(EXAMPLES / "shop" / "shop.py", tmp_path / "data")
    try:
        for command, output in commands(block("## Serve it", "console", 1)).items():
            command = command.replace("localhost:8080", server.url.removeprefix("http://"))
            completed = subprocess.run(
                command.replace("curl", "curl --silent --show-error", 1),
                shell=True,
                capture_output=True,
                text=True,
                timeout=SECONDS_MAX,
                check=False,
            )
            assert completed.stdout == output, completed.stderr
        client = block("## Serve it", "python").replace("http://localhost:8080", server.url)
        completed = subprocess.run(
            [sys.executable, "-c", client],
            cwd=EXAMPLES / "shop",
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        shown = commands(block("## Serve it", "console", 2))
        assert [completed.stdout.rstrip("\n")] == list(shown.values()), completed.stderr
    finally:
        server.stop()
