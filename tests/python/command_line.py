"""Runs the command line and servers, as subprocesses."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = REPOSITORY / "examples"
WORKLOADS = REPOSITORY / "workloads"
APPLICATIONS = Path(__file__).parent / "applications"
LEDGER = APPLICATIONS / "ledger.py"

# No command here takes long; what hangs must not hang the tests.
SECONDS_MAX = 120


def anabranch(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "anabranch", *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def serve_command(application: Path, data: Path | None, *options: str | Path) -> list[str | Path]:
    """The command that serves an application on a free port; without a data folder, in memory."""
    command = [sys.executable, "-m", "anabranch", "serve", application]
    folder = [] if data is None else ["--data", data]
    return [*command, *folder, "--port", "0", *options]


class Server:
    """An `anabranch serve` process that is ready."""

    def __init__(
        self,
        application: Path,
        data: Path | None,
        *options: str | Path,
        log: IO[str] | int | None = None,
    ) -> None:
        command = serve_command(application, data, *options)
        self.printed = ""
        """What it wrote to standard output before its address."""
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            self.url = self._announced_url()
        except BaseException:
            self.kill()
            raise

    def _announced_url(self) -> str:
        assert self._process.stdout is not None
        watchdog = threading.Timer(SECONDS_MAX, self._process.kill)
        watchdog.start()
        try:
            for line in self._process.stdout:
                if line.startswith("listening on "):
                    return line.removeprefix("listening on ").strip()
                self.printed += line
        finally:
            watchdog.cancel()
        raise AssertionError(f"the server ended with code {self._process.wait()}")

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_for_line(self, text: str) -> str:
        """The next line with `text` of the log, which must be a pipe."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if text in line:
                return line
        raise AssertionError(f"the log never says {text!r}")

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._ended(SECONDS_MAX)

    def terminate(self) -> None:
        """SIGTERM."""
        self._process.terminate()

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        self._process.terminate()
        return self._ended(SECONDS_MAX)

    def _ended(self, seconds_max: float) -> int:
        code = self._process.wait(seconds_max)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        return code


def wait_until(condition: Callable[[], bool]) -> None:
    """Looks again and again."""
    end = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@contextmanager
def serving(
    application: Path, data: Path | None, *options: str | Path, log: IO[str] | int | None = None
) -> Generator[Server]:
    """A server for the time of a block; its log goes to `log`, else to that of the tests."""
    server = Server(application, data, *options, log=log)
    try:
        yield server
    finally:
        server.kill()
