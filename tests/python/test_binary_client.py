"""The client over the binary protocol; what it shares with HTTP is tested there."""

import asyncio
import socket
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from anabranch import AnabranchError, RequestRejected, Unavailable, connect, connect_async, ref
from applications.ledger import Account, InsufficientFunds
from command_line import LEDGER, serving


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with serving(LEDGER, tmp_path_factory.mktemp("server") / "data") as server:
        yield server.url.replace("http", "anabranch", 1)


def test_threads_share_a_connection(url: str) -> None:
    with connect(url) as client, ThreadPoolExecutor(16) as threads:
        owners = [str(uuid4()) for _ in range(64)]

        def create(owner: str) -> Account:
            return client.create(Account, owner, 0)

        accounts = list(threads.map(create, owners))
        states = threads.map(client.state, accounts)
        assert [state["owner"] for state in states] == owners


def test_tasks_share_a_connection(url: str) -> None:
    async def story() -> None:
        async with connect_async(url) as app:
            owner = str(uuid4())
            account = await app.create(Account, owner, 0)
            calls = [app.call(Account.receive, account, 1, str(name)) for name in range(500)]
            await asyncio.gather(*calls)
            state = await app.state(account)
            assert (state["balance"], len(set(state["transfers"]))) == (500, 500)
            other = await app.create(Account, str(uuid4()), 0)
            with pytest.raises(InsufficientFunds):
                await app.call(Account.transfer, account, other, 501, "x")
            assert not await app.exists(Account, "nobody")

    asyncio.run(story())


def test_a_named_request_is_applied_once(url: str) -> None:
    with connect(url) as client:
        account = Account(str(uuid4()), 0)
        name = str(uuid4())
        for _ in range(2):
            with client.idempotency_key(name):
                account.receive(5, "gift")
        assert account.balance == 5


def test_arguments_that_do_not_fit(url: str) -> None:
    with connect(url):
        account = Account(str(uuid4()), 0)
        with pytest.raises(RequestRejected, match="amount") as caught:
            account.receive("much", "gift")  # pyright: ignore[reportArgumentType]
        assert caught.value.status == 422


def test_a_token_is_needed(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret\n")
    with serving(LEDGER, tmp_path / "data", "--token-file", token) as server:
        url = server.url.replace("http", "anabranch", 1)
        with connect(url, token="secret") as client:
            assert not client.exists(Account, "nobody")
        with connect(url, retries=0) as client, pytest.raises(RequestRejected, match="token"):
            client.exists(Account, "nobody")


def test_no_server_at_all() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with (
        connect(f"anabranch://127.0.0.1:{port}", retries=1) as client,
        pytest.raises(Unavailable, match=r"no server answers: .*tried 2 times"),
    ):
        client.exists(Account, "nobody")


@contextmanager
def answering(answer: bytes) -> Generator[str]:
    """A server that says `answer` to the first bytes of each client, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_all() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    client.recv(1 << 16)
                    client.sendall(answer)

        thread = threading.Thread(target=answer_all)
        thread.start()
        try:
            yield f"anabranch://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_a_lost_connection_says_what_is_unknown() -> None:
    greeting = bytes([12, 0, 0, 0, 0x92, 0xA9]) + b"anabranch" + bytes([1])
    with (
        answering(greeting) as url,
        connect(url, retries=2),
        pytest.raises(Unavailable, match=r"no answer to .*receive\(\) \(tried 3 times") as caught,
    ):
        ref(Account, "a").receive(1, "x")
    assert "the same idempotency key" in str(caught.value)


def test_something_else_answers() -> None:
    with (
        answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as url,
        connect(url, retries=0) as client,
        pytest.raises(Unavailable, match="no Anabranch server"),
    ):
        client.exists(Account, "nobody")


@pytest.mark.parametrize("url", ["anabranch://", "anabranch://host/path", "grpc://host"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(AnabranchError, match="is not the address of a server"):
        connect(url)
