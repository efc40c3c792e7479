"""Runs a program in a process of its own, without the start of an interpreter.

The process is a fork of this one, which has imported all of Anabranch but no application: so what a
program leaves behind (modules, entity classes, the mode of `@entity`) is gone with it. This process
must have no other threads.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn

from anabranch import (
    _native,  # pyright: ignore[reportAttributeAccessIssue]
    _plain,
    _substitution,  # pyright: ignore[reportUnusedImport]  # noqa: F401
    _transaction_values,  # pyright: ignore[reportUnusedImport]  # noqa: F401
)

SECONDS_MAX = 30

OPTIONS = {
    "local": ["--engine", "local", "--compare-effects"],
    "together": ["--engine", "local", "--compare-effects", "--together"],
    "simulated": ["--engine", "simulated", "--compare-steps"],
}
"""Of `anabranch run`, where they are not just the engine."""

Modules = dict[str, str]
"""The text of each module of an application; `main` has the function `main`."""


@dataclass
class Run:
    """What a program did."""

    output: str
    errors: str
    code: int
    remote_operations: int = 0
    """Between entities; known of plain mode only."""


@contextmanager
def written(modules: Modules) -> Generator[Path]:
    """The application in a folder, for the time of a block."""
    folder = Path(tempfile.mkdtemp(prefix="random_program_"))
    try:
        for name, text in modules.items():
            (folder / f"{name}.py").write_text(text, encoding="utf-8")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Started:
    """A program under way."""

    def __init__(self, folder: Path, engine: str) -> None:
        self._output = _file()
        self._errors = _file()
        self._count = _file()
        sys.stdout.flush()
        sys.stderr.flush()
        self._process = os.fork()
        if self._process == 0:
            _be_program(folder, engine, self._output, self._errors, self._count)

    def end(self) -> Run:
        """Waits for its end."""
        _, status = os.waitpid(self._process, 0)
        output, errors, count = map(_content, (self._output, self._errors, self._count))
        return Run(output, errors, os.waitstatus_to_exitcode(status), int(count or "0"))


def _file() -> IO[bytes]:
    # Closed when its content has been read.
    return tempfile.TemporaryFile()


def _content(file: IO[bytes]) -> str:
    with file:
        file.seek(0)
        return file.read().decode("utf-8", "backslashreplace")


def _be_program(
    folder: Path, engine: str, output: IO[bytes], errors: IO[bytes], count: IO[bytes]
) -> NoReturn:
    code = 1
    try:
        # What hangs is killed.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        # By processor time: other work on the machine makes no program slow.
        signal.setitimer(signal.ITIMER_PROF, SECONDS_MAX)
        signal.alarm(20 * SECONDS_MAX)
        os.dup2(output.fileno(), 1)
        os.dup2(errors.fileno(), 2)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.dont_write_bytecode = True
        # It ends before there is much to collect.
        gc.disable()
        operations = _count_remote_operations()
        engine, _, seed = engine.partition(":")
        command = ["anabranch", "run", str(folder / "main.py")]
        command += OPTIONS.get(engine, ["--engine", engine])
        if seed:
            command.extend(["--seed", seed])
        code = _native.main(command)
        sys.stderr.flush()
        count.write(str(operations[0]).encode())
        count.flush()
    finally:
        os._exit(code)


def _count_remote_operations() -> list[int]:
    """Counts what plain mode does on an entity while the code of another, or its own, runs."""
    running = _plain._Running  # pyright: ignore[reportPrivateUsage]
    enter = running.__enter__
    count = [0]

    def counting(self: _plain._Running) -> None:  # pyright: ignore[reportPrivateUsage]
        count[0] += bool(self._transaction.running)  # pyright: ignore[reportPrivateUsage]
        enter(self)

    running.__enter__ = counting
    return count
