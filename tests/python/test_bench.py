"""`anabranch bench` with tiny loads: what it reports, and that it finds a state that is wrong."""

import json
import re
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from command_line import WORKLOADS, anabranch, serving

SHORT = ("--warm-up", "0.1", "--duration", "1")
TPCC = ("--items", "100", "--customers", "30")
TRAVEL = ("--travellers", "50", "--hotels", "5", "--flights", "5", "--capacity", "40")

# What is measured, what of it must have been checked, and a kind of request that must have come.
EXPECTED: dict[str, tuple[tuple[str, ...], str, str]] = {
    "transfer": (("transfer", "--accounts", "50"), "money is conserved", "transfer"),
    "ycsb a": (("ycsb", "A", "--records", "50"), "last acknowledged update", "update"),
    "ycsb b": (("ycsb", "b", "--records", "50", "--keys", "zipf"), "acknowledged update", "read"),
    "ycsb t": (("ycsb", "t", "--records", "50", "--keys", "zipf"), "conserved", "transfer"),
    "ycsb m": (("ycsb", "M", "--records", "50"), "every acknowledged transfer", "update"),
    "tpcc": (("tpcc", *TPCC, "--warehouses", "2"), "condition 4", "Delivery, made later"),
    "hotel": (("hotel-reservation",), "every acknowledged reservation", "search"),
    "travel": (("travel-reservation", *TRAVEL), "as many rooms as seats", "cancel"),
    "cart": (("cart", "--users", "20", "--items", "5"), "every acknowledged checkout", "checkout"),
}

ONE_OF_EACH = ["transfer", "ycsb m", "tpcc", "hotel", "travel", "cart"]


def bench(*arguments: str | Path) -> dict[str, Any]:
    # Few requests at a time, so that also a busy machine answers some of each kind in time.
    is_pipelined = "http" not in arguments and "experiment" not in arguments
    few = ("--in-flight", "8") if is_pipelined else ()
    completed = anabranch("bench", *arguments, *SHORT, *few, "--json")
    assert completed.returncode == 0, completed
    return json.loads(completed.stdout)


def transfer(*arguments: str | Path) -> dict[str, Any]:
    """The one run of a load of transfers."""
    (run,) = bench("transfer", "--accounts", "50", *arguments)["runs"]
    return run


@pytest.mark.parametrize(
    ("workload", "protocol"),
    [*((name, "binary") for name in EXPECTED), *((name, "http") for name in ONE_OF_EACH)],
)
def test_each_workload_is_measured_and_checked(workload: str, protocol: str) -> None:
    arguments, checked, kind = EXPECTED[workload]
    report = bench(*arguments, "--protocol", protocol)
    (run,) = report["runs"]
    assert run["requests"] > 0
    assert run["kinds"][kind]["answered"] > 0
    latency = run["latency_ms"]
    assert 0 < latency["p50"] <= latency["p99"] <= latency["longest"]
    assert any(checked in check for check in report["checked"]), report["checked"]
    used = run["processor_us_per_request"]
    assert used["load generator"] > 0
    assert len(used) > 1, "nothing is known of the server's threads"


@pytest.mark.parametrize("workload", ONE_OF_EACH)
def test_nothing_is_lost_or_done_twice_when_the_server_is_killed(workload: str) -> None:
    arguments, _, _ = EXPECTED[workload]
    (run,) = bench(*arguments, "--crash-at", "0.2")["runs"]
    crash = run["crash"]
    assert 0.1 < crash["killed"] < crash["listening"] <= crash["answering"]
    assert crash["unavailable_seconds"] >= crash["recovery_seconds"] > 0


def test_requests_over_http_are_sent_again_too() -> None:
    run = transfer("--protocol", "http", "--crash-at", "0.2", "--rate", "500")
    assert run["crash"]["killed"] > 0.1
    assert run["requests"] + run["refused"] == pytest.approx(500, abs=2)


@pytest.mark.parametrize("protocol", ["binary", "http"])
def test_an_open_loop_sends_as_many_as_it_should(protocol: str) -> None:
    run = transfer("--protocol", protocol, "--rate", "100")
    assert run["requests"] + run["refused"] == pytest.approx(100, abs=1)


@pytest.mark.parametrize("engine", ["local", "plain"])
@pytest.mark.parametrize("workload", ONE_OF_EACH)
def test_engines_in_memory_are_measured_for_comparison(workload: str, engine: str) -> None:
    arguments, checked, _ = EXPECTED[workload]
    report = bench(*arguments, "--engine", engine)
    assert report["runs"][0]["requests"] > 0
    assert any(checked in check for check in report["checked"])


def test_a_sweep_has_a_run_for_each_rate() -> None:
    report = bench("ycsb", "t", "--records", "50", "--sweep", "20,40")
    rates = [run["rate"] for run in report["runs"]]
    # A machine that is too busy for the first rate is told, and not asked for more.
    assert rates == [20, 40] or (rates == [20] and "could not keep up" in report["remarks"][0])
    runs = bench("ycsb", "t", "--records", "50", "--sweep")["runs"]
    assert runs[0]["rate"] is None
    assert runs[1]["rate"] < runs[0]["requests_per_second"]


def svgs(page: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]


def test_the_page_stands_alone_and_says_what_was_measured(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    bench("ycsb", "m", "--records", "50", "--crash-at", "0.2", "--html", file)
    page = file.read_text(encoding="utf-8")
    titles = [svg.get("aria-label") for svg in svgs(page)]
    assert titles == [
        "Throughput over time",
        "Latency over time, by when a request was due",
        "Latency by percentile",
    ]
    for told in ["killed (kill -9)", "answers again", "bench ycsb m", "records", "p99.9"]:
        assert told in page, told
    assert not re.search(r"(src|href)=|<script|url\(", page), "something comes from elsewhere"


def test_the_same_seed_makes_the_same_sweep_page(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    bench("transfer", "--accounts", "50", "--sweep", "50,100", "--seed", "3", "--html", file)
    assert "Latency over rate" in [svg.get("aria-label") for svg in svgs(file.read_text())]


def test_a_running_server_keeps_its_accounts_between_runs(tmp_path: Path) -> None:
    with serving(WORKLOADS / "transfer" / "transfer.py", tmp_path / "data") as server:
        first = transfer("--url", server.url)
        second = transfer("--url", server.url)
    assert first["requests"] > 0
    assert second["requests"] > 0


# A mistake in an application, and what is said of it: file, right, wrong, arguments, message.
MISTAKES: dict[str, tuple[str, str, str, tuple[str, ...], str]] = {
    "money vanishes": (
        "transfer/transfer.py",
        "to.deposit(amount)",
        "to.deposit(amount if amount < 90 else 0)",
        ("transfer", "--accounts", "50"),
        "money is not conserved",
    ),
    "a transfer is acknowledged but not done": (
        "transfer/transfer.py",
        "if self.balance < amount:\n            return False",
        "return True",
        ("transfer", "--accounts", "50"),
        "acknowledged transfers leave it",
    ),
    "an update is forgotten": (
        "ycsb/ycsb.py",
        "self.data = data\n\n    def deposit",
        "self.data = data if len(self.data) < 1 else self.data\n\n    def deposit",
        ("ycsb", "a", "--records", "50"),
        "has the data of update 0",
    ),
    "a payment does not reach the district": (
        "tpcc/tpcc.py",
        "self.year_to_date += amount",
        "pass",
        ("tpcc", *TPCC),
        "condition 1",
    ),
    "a room is taken without a booking": (
        "hotel_reservation/hotel_reservation.py",
        "self.bookings.append(booking)",
        "pass",
        ("hotel-reservation",),
        "has bookings for",
    ),
    "a cancelled seat is kept": (
        "travel_reservation/travel_reservation.py",
        "found.flight.give_back()",
        "pass",
        ("travel-reservation", *TRAVEL),
        "seats are taken for",
    ),
    "a checkout is free": (
        "cart/cart.py",
        "self.balance -= amount",
        "pass",
        ("cart", "--users", "20", "--items", "5"),
        "cents are in wallet",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_broken_invariant_fails(mistake: str, tmp_path: Path) -> None:
    main, right, wrong, arguments, message = MISTAKES[mistake]
    folder = tmp_path / "application"
    shutil.copytree((WORKLOADS / main).parent, folder)
    changed = 0
    for file in folder.glob("*.py"):
        source = file.read_text(encoding="utf-8")
        # The warehouse has a right line of the same text, which stays.
        if right in source and file.name != "warehouses.py":
            file.write_text(source.replace(right, wrong), encoding="utf-8")
            changed += 1
    assert changed == 1
    with serving(folder / Path(main).name, tmp_path / "data") as server:
        completed = anabranch("bench", *arguments, *SHORT, "--url", server.url)
    assert completed.returncode == 1, completed
    assert completed.stdout == ""
    assert message in completed.stderr


def test_an_experiment_leaves_figures_data_and_a_page(tmp_path: Path) -> None:
    output = tmp_path / "recovery"
    arguments = ("recovery", "--points", "10,100", "--rounds", "1", "--output", output)
    report = bench("experiment", *arguments)
    (figure,) = report["figures"]
    (series,) = figure["series"]
    assert [entities for entities, _ in series["points"]] == [10, 100]
    assert all(seconds > 0 for _, seconds in series["points"])
    assert "every acknowledged transfer is there, once" in report["checked"]
    assert {file.name for file in output.iterdir()} == {"recovery.svg", "data.json", "index.html"}
    assert ElementTree.parse(output / "recovery.svg").getroot().get("aria-label")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("transfer", "--protocol", "http", "--in-flight", "2"), "--connections"),
        (("transfer", "--url", "127.0.0.1:1"), "cannot reach 127.0.0.1:1"),
        (("transfer", "--crash-at", "20"), "--duration"),
        (("transfer", "--crash-at", "1", "--engine", "local"), "--engine embedded"),
        (("transfer", "--crash-at", "1", "--url", "127.0.0.1:1"), "cannot be used with"),
        (("experiment", "contention", "--points", "1.5"), "exponents below 1"),
    ],
)
def test_mistakes_are_told(arguments: tuple[str, ...], told: str) -> None:
    refused: CompletedProcess[str] = anabranch("bench", *arguments)
    assert refused.returncode != 0
    assert told in refused.stderr


def test_peers_that_are_not_installed_are_named_and_the_others_are_measured(tmp_path: Path) -> None:
    arguments = ("--programs", tmp_path, "--accounts", "50", "--rounds", "1", "--warm-up", "0")
    completed = anabranch("bench", "peers", *arguments, "--seconds", "0.1", "--json")
    assert completed.returncode == 0, completed
    comparison = json.loads(completed.stdout)["comparison"]
    rates = {
        series["name"]: series["transfers_per_second"]["median"] for series in comparison["series"]
    }
    for subject in ["Anabranch, HTTP", "Anabranch, binary", "SQLite"]:
        assert rates[f"{subject}, uniform"] > 0
        assert rates[f"{subject}, zipf 0.99"] > 0
    for peer in ["FastAPI + asyncpg + PostgreSQL", "DBOS", "Restate"]:
        (reason,) = [text for text in comparison["missing"] if text.startswith(peer)]
        assert "skipped" in reason
        assert "make bench-peers" in reason
