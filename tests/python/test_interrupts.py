"""Methods that do not end, on a server that interrupts them."""

import subprocess
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from anabranch import AnabranchError, Interrupted, connect
from applications.endless import Loop
from command_line import APPLICATIONS, anabranch, serving, wait_until

ENDLESS = APPLICATIONS / "endless.py"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    data = tmp_path_factory.mktemp("endless") / "data"
    with serving(ENDLESS, data, "--transaction-timeout", "0.1") as server:
        yield server.url


@pytest.fixture
def http(url: str) -> Generator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=60) as http:
        yield http


@pytest.fixture
def names(http: httpx.Client) -> tuple[str, str]:
    """Two entities for each test."""
    one, other = str(uuid4()), str(uuid4())
    for name in (one, other):
        assert http.post("/v1/Loop", json={"name": name}).status_code == 201
    return one, other


def check_interrupted(answer: httpx.Response) -> None:
    assert answer.status_code == 504, answer.text
    assert answer.json()["type"] == "https://anabranch.dev/problems/interrupted"


def check_unchanged(http: httpx.Client, name: str) -> None:
    state = http.get(f"/v1/Loop/{name}").json()["state"]
    assert state == {"name": name, "count": 0, "kind": "", "value": None}
    answer = http.post(f"/v1/Loop/{name}/add", json={})
    assert answer.json() == {"result": 1}


ALONE = [
    "native",
    "changed_key",
    "equality_hook",
    "result",
    "message",
    "comprehension",
    "generator",
    "swallowing",
    "swallowing_once",
    "finally_loop",
    "manager",
    "recursion",
    "allocation",
    "finalizer",
]
WITH_ANOTHER = [
    "split",
    "remote",
    "remote_property",
    "copy_hook",
    "swallowing_split",
    "ping",
]


@pytest.mark.parametrize("method", ALONE)
def test_alone(http: httpx.Client, names: tuple[str, str], method: str) -> None:
    check_interrupted(http.post(f"/v1/Loop/{names[0]}/{method}", json={}))
    check_unchanged(http, names[0])


@pytest.mark.parametrize("method", WITH_ANOTHER)
def test_with_another(http: httpx.Client, names: tuple[str, str], method: str) -> None:
    check_interrupted(http.post(f"/v1/Loop/{names[0]}/{method}", json={"other": names[1]}))
    for name in names:
        check_unchanged(http, name)


@pytest.mark.parametrize("kind", ["constructor", "key"])
def test_creation(http: httpx.Client, kind: str) -> None:
    name = str(uuid4())
    check_interrupted(http.post("/v1/Loop", json={"name": name, "kind": kind}))
    assert http.get(f"/v1/Loop/{name}").status_code == 404
    assert http.post("/v1/Loop", json={"name": name}).status_code == 201


def test_creation_in_a_method(http: httpx.Client, names: tuple[str, str]) -> None:
    created = str(uuid4())
    answer = http.post(f"/v1/Loop/{names[0]}/remote_constructor", json={"name": created})
    check_interrupted(answer)
    assert http.get(f"/v1/Loop/{created}").status_code == 404
    check_unchanged(http, names[0])


def test_the_python_client(url: str) -> None:
    with connect(url):
        loop = Loop(str(uuid4()))
        with pytest.raises(Interrupted, match="nothing of it was applied"):
            loop.native()
        with pytest.raises(AnabranchError, match="which is computed"):
            _ = loop.total
        assert loop.count == 0


def test_an_interrupted_request_can_be_repeated(http: httpx.Client, names: tuple[str, str]) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    for _ in range(2):
        check_interrupted(http.post(f"/v1/Loop/{names[0]}/native", json={}, headers=headers))
    check_unchanged(http, names[0])


def test_code_in_c_is_reported_and_ends_with_a_second_signal(tmp_path: Path) -> None:
    application = APPLICATIONS / "faulty.py"
    options = ("--transaction-timeout", "0.1")
    with (
        serving(application, tmp_path / "data", *options, log=subprocess.PIPE) as server,
        httpx.Client(base_url=server.url, timeout=60) as http,
        ThreadPoolExecutor() as threads,
    ):
        assert http.post("/v1/Subject", json={"name": "a"}).status_code == 201
        arguments = {"seconds": 1e6}
        sleeping = threads.submit(http.post, "/v1/Subject/a/sleep", json=arguments)
        report = server.wait_for_line("which cannot be interrupted")
        place = f"called from Subject.sleep ({application}:"
        assert place in report
        assert 'method="Subject.sleep"' in report
        assert http.get("/healthz").status_code == 200
        # Nobody waits for it in vain.
        assert http.get("/readyz").status_code == 503
        refused = http.get("/v1/Subject/a")
        assert refused.status_code == 503
        assert refused.json()["type"] == "https://anabranch.dev/problems/overloaded"
        server.terminate()
        server.wait_for_line("draining")
        assert server.stop() == 1
        with pytest.raises(httpx.TransportError):
            sleeping.result()
    with serving(application, tmp_path / "data") as server:
        state = httpx.get(f"{server.url}/v1/Subject/a").json()["state"]
        assert state["count"] == 0


def test_code_in_c_ends_the_server_if_that_is_wanted(tmp_path: Path) -> None:
    application = APPLICATIONS / "faulty.py"
    options = ("--transaction-timeout", "0.1", "--exit-when-stuck", "0.3s")
    with (
        serving(application, tmp_path / "data", *options, log=subprocess.PIPE) as server,
        httpx.Client(base_url=server.url, timeout=60) as http,
    ):
        assert http.post("/v1/Subject", json={"name": "a"}).status_code == 201
        with pytest.raises(httpx.TransportError):
            http.post("/v1/Subject/a/sleep", json={"seconds": 1e6})
        server.wait_for_line("a transaction of Subject.sleep cannot be interrupted")
        assert server.stop() == 1
    with serving(application, tmp_path / "data") as server:
        state = httpx.get(f"{server.url}/v1/Subject/a").json()["state"]
        assert state["count"] == 0


def test_code_in_c_that_ends_after_all_is_forgotten(tmp_path: Path) -> None:
    options = ("--transaction-timeout", "0.1")
    with (
        serving(APPLICATIONS / "faulty.py", tmp_path / "data", *options) as server,
        httpx.Client(base_url=server.url, timeout=60) as http,
    ):
        assert http.post("/v1/Subject", json={"name": "a"}).status_code == 201
        check_interrupted(http.post("/v1/Subject/a/sleep", json={"seconds": 1.5}))
        wait_until(lambda: http.get("/readyz").status_code == 200)
        assert http.get("/v1/Subject/a").json()["state"]["count"] == 0


def test_an_application_that_runs_by_itself(tmp_path: Path) -> None:
    application = tmp_path / "stuck.py"
    application.write_text(
        "from anabranch import Interrupted, entity\n"
        "@entity\n"
        "class Stuck:\n"
        "    def __init__(self, name: str):\n"
        "        self.name = name\n"
        "    def __key__(self) -> str:\n"
        "        return self.name\n"
        "    def loop(self) -> None:\n"
        "        while True: pass\n"
        "def main():\n"
        "    stuck = Stuck('a')\n"
        "    try:\n"
        "        stuck.loop()\n"
        "    except Interrupted as error:\n"
        "        print(error, stuck.name)\n"
    )
    options = ("--engine", "embedded", "--transaction-timeout", "0.1")
    done = anabranch("run", application, *options)
    expected = "the transaction ran too long and was stopped; nothing of it was applied a\n"
    assert (done.returncode, done.stdout) == (0, expected), done.stderr
    done = anabranch("run", application, *options[2:])
    assert done.returncode == 1
    assert "--transaction-timeout belongs to the embedded engine" in done.stderr


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "inf"])
def test_a_timeout_that_is_none(seconds: str) -> None:
    done = anabranch("serve", ENDLESS, "--data", "unused", f"--transaction-timeout={seconds}")
    assert done.returncode == 1
    assert "give a number of seconds above zero, or none" in done.stderr
