"""Serves an application as ordinary Python objects over the binary protocol, for comparison.

Usage: plain_server.py FILE PORT

Nothing is compiled, nothing is durable, and idempotency keys are not looked at: requests are
carried out one after another on the objects of plain mode. What it costs beside the objects is one
connection loop in Python. `docs/binary-protocol.md` has the frames; those that `anabranch bench`
sends are understood, with exact values.
"""

# pyright: basic

import dataclasses
import importlib
import selectors
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from anabranch import EntityExists, EntityNotFound, _native, _registry, exists, ref

PREFACE = b"\xab"
EXTENSION = 1
READ_BYTES = 1 << 16
HEADER = struct.Struct("<I")


def read_packed(data: memoryview, at: int) -> tuple[Any, int]:
    """A value of MessagePack, of those that requests have, and where it ends."""
    tag = data[at]
    at += 1
    if tag < 0x80:
        return tag, at
    if 0x90 <= tag <= 0x9F:
        elements: list[Any] = []
        for _ in range(tag - 0x90):
            element, at = read_packed(data, at)
            elements.append(element)
        return elements, at
    if tag == 0xC0:
        return None, at
    if 0xCC <= tag <= 0xCF:
        width = 1 << (tag - 0xCC)
        return int.from_bytes(data[at : at + width], "big"), at + width
    if 0xA0 <= tag <= 0xBF:
        length = tag - 0xA0
    elif 0xD9 <= tag <= 0xDB:
        width = 1 << (tag - 0xD9)
        length, at = int.from_bytes(data[at : at + width], "big"), at + width
    elif 0xD4 <= tag <= 0xD8:
        length, at = 1 << (tag - 0xD4), at + 1
        return bytes(data[at : at + length]), at + length
    elif 0xC7 <= tag <= 0xC9:
        width = 1 << (tag - 0xC7)
        length, at = int.from_bytes(data[at : at + width], "big"), at + width + 1
        return bytes(data[at : at + length]), at + length
    else:
        raise ValueError(f"a value of MessagePack that requests do not have: {tag:#x}")
    return str(data[at : at + length], "utf-8"), at + length


def packed(value: object) -> bytes:
    """Text and maps as MessagePack."""
    if isinstance(value, dict):
        entries = cast(dict[object, object], value).items()
        parts = [packed(part) for entry in entries for part in entry]
        return struct.pack(">BI", 0xDF, len(entries)) + b"".join(parts)
    text = str(value).encode()
    return struct.pack(">BI", 0xDB, len(text)) + text


def response(number: int, status: int, body: bytes) -> bytes:
    """The frame of a response."""
    content = struct.pack(">BBQBH", 0x93, 0xCF, number, 0xCD, status) + body
    return HEADER.pack(len(content)) + content


def message(value: object) -> bytes:
    """A value as the binary protocol carries exact values."""
    encoded = _native.encode(value)
    return struct.pack(">BIb", 0xC9, len(encoded), EXTENSION) + encoded


def converted(value: Any, reference: Callable[[Any], Any]) -> Any:
    """A copy of a value in which `reference` has replaced references or entities."""
    kind: Any = type(value)
    if kind in (list, tuple, set, frozenset):
        return kind(converted(element, reference) for element in value)
    if kind is dict:
        return {converted(key, reference): converted(it, reference) for key, it in value.items()}
    if dataclasses.is_dataclass(kind):
        copied = object.__new__(cast(type, kind))
        for name, it in vars(value).items():
            object.__setattr__(copied, name, converted(it, reference))
        return copied
    return reference(value)


def entity_of(value: Any) -> Any:
    """The entity that a reference of the protocol means."""
    if isinstance(value, _native.Reference):
        found: Any = ref(value.__anabranch_class__, value.__anabranch_key__)
        return found
    return value


def reference_to(value: Any) -> Any:
    """A reference of the protocol to an entity."""
    cls: type = type(value)
    if _registry.is_entity_class(cls):
        return _native.Reference(cls, value.__key__())
    return value


def carry_out(request: list[Any]) -> tuple[int, Any]:
    """The status and the result of a request."""
    operation, name = request[1], request[2]
    cls: Any = _registry.entity_class(name)
    if operation == "create":
        _, arguments = _native.decode(request[3])
        return 201, cls(**converted(arguments, entity_of)).__key__()
    key = _native.decode(request[3])
    if not exists(cls, key):
        raise EntityNotFound(name, key)
    entity: Any = ref(cls, key)
    if operation == "state":
        return 200, converted(dict(vars(entity)), reference_to)
    _, arguments = _native.decode(request[5])
    result = getattr(entity, request[4])(**converted(arguments, entity_of))
    return 200, converted(result, reference_to)


def answer(request: list[Any]) -> bytes:
    """The response to a request."""
    try:
        status, result = carry_out(request)
        return response(request[0], status, message(result))
    except Exception as error:
        default = 404 if isinstance(error, EntityNotFound) else 409
        status = getattr(type(error), "http_status", default)
        kind = "EntityExists" if isinstance(error, EntityExists) else type(error).__qualname__
        body: dict[object, object] = {"detail": str(error), "exception": {"type": kind}}
        return response(request[0], status, packed(body))


class Connection:
    """One client."""

    def __init__(self, stream: socket.socket) -> None:
        self.stream = stream
        self.received = b""
        self.is_greeted = False

    def receive(self) -> bool:
        """Answers what has arrived; false when the client has gone."""
        data = self.stream.recv(READ_BYTES)
        if not data:
            return False
        self.received += data
        view, start, answers = memoryview(self.received), 0, list[bytes]()
        if not self.is_greeted:
            if not self.received.startswith(PREFACE):
                # HTTP, which is not spoken here.
                return False
            start = len(PREFACE)
        while len(view) >= start + HEADER.size:
            (length,) = HEADER.unpack_from(view, start)
            end = start + HEADER.size + length
            if len(view) < end:
                break
            request, _ = read_packed(view, start + HEADER.size)
            start = end
            if not self.is_greeted:
                self.is_greeted = True
                content = b"\x92\xa9anabranch\x01"
                answers.append(HEADER.pack(len(content)) + content)
            else:
                answers.append(answer(request))
        if self.is_greeted:
            self.received = bytes(view[start:])
        self.stream.setblocking(True)
        self.stream.sendall(b"".join(answers))
        return True


def serve(port: int) -> None:
    """Serves for ever."""
    selector = selectors.DefaultSelector()
    listener = socket.create_server(("127.0.0.1", port))
    selector.register(listener, selectors.EVENT_READ)
    print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    while True:
        for key, _ in selector.select():
            if key.data is None:
                stream, _ = listener.accept()
                stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(stream, selectors.EVENT_READ, Connection(stream))
                continue
            connection = cast(Connection, key.data)
            try:
                is_open = connection.receive()
            except ConnectionError:
                is_open = False
            if not is_open:
                selector.unregister(connection.stream)
                connection.stream.close()


def main() -> None:
    file = Path(sys.argv[1])
    sys.path.insert(0, str(file.parent))
    importlib.import_module(file.stem)
    serve(int(sys.argv[2]))


if __name__ == "__main__":
    main()
