"""A server that gives prepared answers and remembers what it was asked."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from anabranch import _native

VALUE_TYPE = "application/vnd.anabranch.value"


class Answer(NamedTuple):
    """What the server says; a status of 0 closes the connection instead."""

    status: int
    headers: dict[str, str]
    body: bytes


class Asked(NamedTuple):
    """What the server was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        """The idempotency key."""
        return self.headers["idempotency-key"]

    @property
    def arguments(self) -> Any:
        """The decoded arguments."""
        return _native.decode(self.body)


def value(result: object, status: int = 200) -> Answer:
    """An answer with a value."""
    return Answer(status, {"Content-Type": VALUE_TYPE}, _native.encode(result))


def problem(status: int, headers: dict[str, str] | None = None, **members: Any) -> Answer:
    """An answer with problem details."""
    body = json.dumps({"status": status, **members}).encode()
    return Answer(status, {"Content-Type": "application/problem+json", **(headers or {})}, body)


def busy(status: int = 503) -> Answer:
    """An answer that asks to come back at once."""
    return problem(status, {"Retry-After": "0"}, title="Busy")


HANGS_UP = Answer(0, {}, b"")


@dataclass
class ScriptedServer:
    """Gives its answers in order; the last one again and again."""

    url: str
    answers: list[Answer] = field(default_factory=list[Answer])
    asked: list[Asked] = field(default_factory=list[Asked])

    def next_answer(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def scripted_server() -> Generator[ScriptedServer]:
    """Runs a server on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): text for name, text in self.headers.items()}
            script.asked.append(Asked(self.command, self.path, headers, body))
            answer = script.next_answer()
            if answer.status == 0:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, text in answer.headers.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = answer
        do_POST = answer

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script = ScriptedServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
