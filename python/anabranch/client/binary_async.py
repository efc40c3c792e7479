"""The binary protocol for asyncio: one connection, shared by any number of tasks."""

import asyncio
import itertools

from anabranch import _native
from anabranch.client.binary_frames import READ_SIZE, Incoming, address_of, frame_of
from anabranch.client.request import Request
from anabranch.client.response import Response
from anabranch.client.transport import ConnectionFailed


class AsyncBinaryTransport:
    """Carries requests over one connection, which is made anew after it broke."""

    def __init__(self, url: str, token: str | None) -> None:
        self._address = address_of(url)
        self._token = token
        self._connecting = asyncio.Lock()
        self._connection: _Connection | None = None

    async def attempt(self, asked: Request, timeout: float) -> Response:
        """Sends a request once."""
        try:
            async with asyncio.timeout(timeout):
                connection = await self._connected()
                return await connection.exchange(asked)
        except TimeoutError:
            raise ConnectionFailed("no answer in time", was_connected=True) from None

    async def close(self) -> None:
        """Closes the connection to the server."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _connected(self) -> "_Connection":
        async with self._connecting:
            if self._connection is None or self._connection.is_broken:
                if self._connection is not None:
                    await self._connection.close()
                self._connection = await _connect(self._address, self._token)
            return self._connection


async def _connect(address: tuple[str, int], token: str | None) -> "_Connection":
    try:
        reader, writer = await asyncio.open_connection(*address)
    except OSError as error:
        raise ConnectionFailed(str(error), was_connected=False) from error
    incoming = Incoming()
    try:
        writer.write(_native.client_hello(token))
        while not incoming.is_greeted:
            incoming.feed(await reader.read(READ_SIZE))
    except OSError as error:
        writer.close()
        raise ConnectionFailed(str(error), was_connected=True) from error
    except BaseException:
        writer.close()
        raise
    return _Connection(reader, writer, incoming)


class _Connection:
    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, incoming: Incoming
    ) -> None:
        self._writer = writer
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Response]] = {}
        self._failure: Exception | None = None
        self._reading = asyncio.create_task(self._read(reader, incoming))

    @property
    def is_broken(self) -> bool:
        return self._failure is not None

    async def close(self) -> None:
        self._reading.cancel()
        self._fail(ConnectionFailed("the client was closed", was_connected=True))
        self._writer.close()

    async def exchange(self, asked: Request) -> Response:
        if self._failure is not None:
            raise self._failure
        number = next(self._numbers)
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            # A whole frame at once: another task's cannot come in between.
            self._writer.write(frame_of(number, asked))
            await self._writer.drain()
            return await answer
        except OSError as error:
            raise ConnectionFailed(str(error), was_connected=True) from error
        finally:
            self._waiting.pop(number, None)
            if answer.done() and not answer.cancelled():
                # It may have failed while the request was still being written, and so unseen.
                answer.exception()

    async def _read(self, reader: asyncio.StreamReader, incoming: Incoming) -> None:
        try:
            while True:
                for number, response in incoming.feed(await reader.read(READ_SIZE)).items():
                    answer = self._waiting.get(number)
                    if answer is not None and not answer.done():
                        answer.set_result(response)
        except OSError as error:
            self._fail(ConnectionFailed(str(error), was_connected=True))
        except Exception as failure:
            self._fail(failure)

    def _fail(self, failure: Exception) -> None:
        self._failure = self._failure or failure
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(self._failure)
