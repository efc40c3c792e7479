"""The binary protocol for ordinary code: one connection, shared by any number of threads."""

import itertools
import socket
import threading
import time

from anabranch import _native
from anabranch.client.binary_frames import READ_SIZE, Incoming, address_of, frame_of
from anabranch.client.request import Request
from anabranch.client.response import Response
from anabranch.client.transport import ConnectionFailed


class BinaryTransport:
    """Carries requests over one connection, which is made anew after it broke."""

    def __init__(self, url: str, token: str | None) -> None:
        self._address = address_of(url)
        self._token = token
        self._lock = threading.Lock()
        self._connection: _Connection | None = None

    def attempt(self, asked: Request, timeout: float) -> Response:
        """Sends a request once."""
        deadline = time.monotonic() + timeout
        return self._connected(deadline).exchange(asked, deadline)

    def close(self) -> None:
        """Closes the connection to the server."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _connected(self, deadline: float) -> "_Connection":
        with self._lock:
            if self._connection is None or self._connection.is_broken:
                if self._connection is not None:
                    self._connection.close()
                self._connection = _Connection(self._address, self._token, deadline)
            return self._connection


class _Connection:
    """A connection. Whichever thread waits for an answer reads for all of them."""

    def __init__(self, address: tuple[str, int], token: str | None, deadline: float) -> None:
        try:
            self._socket = socket.create_connection(address, _left(deadline))
        except OSError as error:
            raise ConnectionFailed(str(error), was_connected=False) from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._incoming = Incoming()
        self._numbers = itertools.count(1)
        self._sending = threading.Lock()
        self._changed = threading.Condition()
        self._is_reading = False
        self._waiting: set[int] = set()
        self._answers: dict[int, Response] = {}
        self._failure: Exception | None = None
        try:
            self._socket.sendall(_native.client_hello(token))
            while not self._incoming.is_greeted:
                self._receive(deadline)
        except TimeoutError:
            self.close()
            raise _timed_out() from None
        except OSError as error:
            self.close()
            raise ConnectionFailed(str(error), was_connected=True) from error
        except BaseException:
            self.close()
            raise

    @property
    def is_broken(self) -> bool:
        return self._failure is not None

    def close(self) -> None:
        self._socket.close()

    def exchange(self, asked: Request, deadline: float) -> Response:
        number = next(self._numbers)
        frame = frame_of(number, asked)
        self._waiting.add(number)
        try:
            self._send(frame, deadline)
            return self._answer(number, deadline)
        finally:
            # An answer that comes after this is dropped.
            self._waiting.discard(number)
            self._answers.pop(number, None)

    def _send(self, frame: bytes, deadline: float) -> None:
        try:
            with self._sending:
                self._socket.settimeout(_left(deadline))
                self._socket.sendall(frame)
        except OSError as error:
            # A part of the frame may have been sent: nothing can follow it.
            self._break(ConnectionFailed(str(error), was_connected=True))

    def _answer(self, number: int, deadline: float) -> Response:
        with self._changed:
            while number not in self._answers:
                if self._failure is not None:
                    raise self._failure
                if self._is_reading:
                    if not self._changed.wait(_left(deadline)):
                        raise _timed_out()
                    continue
                self._is_reading = True
                self._changed.release()
                try:
                    answers, failure = self._receive_or_fail(deadline)
                finally:
                    self._changed.acquire()
                    self._is_reading = False
                    self._changed.notify_all()
                if isinstance(failure, TimeoutError):
                    raise _timed_out()
                for answered, response in answers.items():
                    if answered in self._waiting:
                        self._answers[answered] = response
                self._failure = self._failure or failure
            return self._answers[number]

    def _receive_or_fail(self, deadline: float) -> tuple[dict[int, Response], Exception | None]:
        try:
            return self._receive(deadline), None
        except Exception as failure:
            return {}, failure

    def _receive(self, deadline: float) -> dict[int, Response]:
        self._socket.settimeout(_left(deadline))
        try:
            data = self._socket.recv(READ_SIZE)
        except TimeoutError:
            raise
        except OSError as error:
            raise ConnectionFailed(str(error), was_connected=True) from error
        return self._incoming.feed(data)

    def _break(self, failure: Exception) -> None:
        with self._changed:
            self._failure = self._failure or failure
            self._changed.notify_all()


def _left(deadline: float) -> float:
    # A timeout of zero would mean not to wait at all.
    return max(deadline - time.monotonic(), 0.001)


def _timed_out() -> ConnectionFailed:
    return ConnectionFailed("no answer in time", was_connected=True)
