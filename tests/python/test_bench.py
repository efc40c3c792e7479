"""`anabranch bench` with a tiny load: what it reports, and that it finds a state that is wrong."""

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from command_line import REPOSITORY, anabranch, serving

TRANSFER = REPOSITORY / "workloads" / "transfer" / "transfer.py"
TINY = ("--accounts", "50", "--warm-up", "0.1", "--seconds", "0.4")


def transfer(*arguments: str) -> dict[str, Any]:
    completed = anabranch("bench", "transfer", *TINY, "--json", *arguments)
    assert completed.returncode == 0, completed
    return json.loads(completed.stdout)


@pytest.mark.parametrize("protocol", ["binary", "http"])
def test_a_closed_loop_on_a_server_of_its_own(protocol: str) -> None:
    report = transfer("--protocol", protocol, "--keys", "zipf", "--idempotency-keys")
    assert report["checked"]
    assert report["transfers"] > 0
    latency = report["latency_ms"]
    assert 0 < latency["p50"] <= latency["p99"] <= latency["longest"]
    used = report["processor_us_per_transfer"]
    assert used["load generator"] > 0
    assert len(used) > 1, "nothing is known of the server's threads"


@pytest.mark.parametrize("protocol", ["binary", "http"])
def test_an_open_loop_sends_as_many_as_it_should(protocol: str) -> None:
    report = transfer("--protocol", protocol, "--rate", "100")
    assert report["transfers"] + report["refused"] == pytest.approx(40, abs=1)


def test_a_running_server_keeps_its_accounts_between_runs(tmp_path: Path) -> None:
    with serving(TRANSFER, tmp_path / "data") as server:
        first = transfer("--url", server.url)
        second = transfer("--url", server.url)
    assert first["transfers"] > 0
    assert second["transfers"] > 0


def test_a_server_that_wants_a_token_gets_it(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret\n")
    with serving(TRANSFER, tmp_path / "data", "--token-file", token) as server:
        for protocol in ("binary", "http"):
            asked = ("--url", server.url, "--protocol", protocol)
            assert transfer(*asked, "--token-file", str(token))["checked"]
            without = anabranch("bench", "transfer", *TINY, *asked)
            assert without.returncode == 1
            assert "401" in without.stderr or "token" in without.stderr


def refused(folder: Path, right: str, wrong: str) -> CompletedProcess[str]:
    """What the command says of an application with a mistake in it."""
    source = TRANSFER.read_text()
    assert right in source
    application = folder / "wrong.py"
    application.write_text(source.replace(right, wrong))
    with serving(application, folder / "data") as server:
        completed = anabranch("bench", "transfer", *TINY, "--url", server.url)
    assert completed.returncode == 1
    assert completed.stdout == ""
    return completed


def test_money_that_vanishes_is_found(tmp_path: Path) -> None:
    wrong = "to.deposit(amount if amount < 90 else 0)"
    assert "money is not conserved" in refused(tmp_path, "to.deposit(amount)", wrong).stderr


def test_a_transfer_that_is_acknowledged_but_not_done_is_found(tmp_path: Path) -> None:
    right = "if self.balance < amount:\n            return False"
    completed = refused(tmp_path, right, "return True")
    assert "acknowledged transfers leave it" in completed.stderr
    assert "conserved" not in completed.stderr


def test_mistakes_are_told() -> None:
    refused = anabranch("bench", "transfer", "--protocol", "http", "--in-flight", "2")
    assert refused.returncode == 1
    assert "--connections" in refused.stderr
    refused = anabranch("bench", "transfer", "--url", "127.0.0.1:1")
    assert refused.returncode == 1
    assert "cannot reach 127.0.0.1:1" in refused.stderr
    refused = anabranch("bench", "transfer", "--url", "https://127.0.0.1:1")
    assert refused.returncode == 1
    assert "no TLS" in refused.stderr
