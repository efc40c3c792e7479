"""Servers that are killed with SIGKILL, at an instant of a chosen kind."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from command_line import SECONDS_MAX, serve_command

Kind = Literal["load", "checkpoint", "log", "closing", "opening"]

UNDER_LOAD: list[Kind] = ["load", "checkpoint", "log", "closing"]
WEIGHTS = [4, 4, 2, 1]


class Victim:
    """An `anabranch serve` process."""

    def __init__(self, application: Path, data: Path, options: list[str], log: Path) -> None:
        self.data = data
        self._log = log
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                serve_command(application, data, *options),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self.pid = self._process.pid

    def url(self) -> str:
        """Where it listens; waits until it does."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("listening on "):
                return line.removeprefix("listening on ").strip()
        code = self._process.wait(SECONDS_MAX)
        said = self._log.read_text(errors="replace")[-2000:]
        raise AssertionError(f"the server ended with code {code}: {said}")

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL, and waits for the end."""
        self._process.kill()
        self._end()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self._process.terminate()
        return self._end()

    def _end(self) -> int:
        code = self._process.wait(SECONDS_MAX)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code

    def kill_at(self, kind: Kind, choice: random.Random, seconds_max: float) -> None:
        """Kills it at an instant of this kind, at the latest after so many seconds."""
        match kind:
            case "load":
                time.sleep(choice.uniform(0, seconds_max))
            case "checkpoint":
                self._await_change("store/tables", choice, seconds_max)
                time.sleep(choice.uniform(0, 0.01))
            case "log":
                self._await_change("log", choice, seconds_max)
                time.sleep(choice.uniform(0, 0.005))
            case "closing":
                time.sleep(choice.uniform(0, seconds_max))
                os.kill(self.pid, signal.SIGTERM)
                time.sleep(choice.uniform(0, 0.1))
            case "opening":
                _wait_until(self._has_lock, seconds_max)
                time.sleep(choice.uniform(0, 0.05))
        self.kill()

    def _await_change(self, folder: str, choice: random.Random, seconds_max: float) -> None:
        started = time.monotonic()
        time.sleep(choice.uniform(0, seconds_max / 2))
        before = _names(self.data / folder)
        left = seconds_max - (time.monotonic() - started)
        _wait_until(lambda: _names(self.data / folder) != before, left)

    def _has_lock(self) -> bool:
        try:
            holder = (self.data / "anabranch.lock").read_text()
        except OSError:
            holder = ""
        return holder.strip() == str(self.pid) or not self.is_alive()


def _names(folder: Path) -> frozenset[str]:
    def names() -> Iterator[str]:
        with os.scandir(folder) as entries:
            for entry in entries:
                yield entry.name

    try:
        return frozenset(names())
    except OSError:
        return frozenset()


def _wait_until(is_so: Callable[[], bool], seconds_max: float) -> None:
    """Looks again and again: the instant matters more than the processor."""
    deadline = time.monotonic() + seconds_max
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.0003)
