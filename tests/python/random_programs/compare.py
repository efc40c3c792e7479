"""Runs a program in plain Python and on an engine, and compares what it prints."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

SECONDS_MAX = 60


@dataclass
class Outcome:
    plain: subprocess.CompletedProcess[str]
    engine: subprocess.CompletedProcess[str]

    def is_same(self) -> bool:
        return (self.plain.stdout, self.plain.returncode) == (
            self.engine.stdout,
            self.engine.returncode,
        )

    def is_valid(self) -> bool:
        """Whether plain Python ran the program to its end: else it says nothing about us."""
        return self.plain.returncode == 0

    def first_difference(self) -> tuple[str, str, str]:
        """The call, and the lines of both that differ first."""
        expected, found = self.plain.stdout.split("\n"), self.engine.stdout.split("\n")
        call = ""
        for index, line in enumerate(expected):
            if line.startswith("=="):
                call = line
            other = found[index] if index < len(found) else "(end)"
            if other != line:
                return call, line, other
        return call, "(end)", f"(exit code {self.engine.returncode})"

    def signature(self) -> tuple[str, ...]:
        """What kind of difference it is, so that a smaller program keeps to it."""
        _, line, other = self.first_difference()
        kind = (re.sub(r"\d+", "0", text).split() for text in (line, other))
        refusals = re.findall(r"error\[AB\d+\]", self.engine.stderr)
        return *(" ".join(words[:2]) for words in kind), *sorted({*refusals})

    def report(self) -> str:
        call, line, other = self.first_difference()
        return f"{call}\nplain:  {line}\nengine: {other}\n{self.engine.stderr[-2000:]}"


def started(path: Path, engine: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "anabranch", "run", path, "--engine", engine]
    if engine == "local":
        command.append("--compare-effects")
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def ended(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    try:
        stdout, stderr = process.communicate(timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        stdout, stderr = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def outcome(text: str, engine: str) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "program.py"
        path.write_text(text, encoding="utf-8")
        both = started(path, "plain"), started(path, engine)
        return Outcome(ended(both[0]), ended(both[1]))
