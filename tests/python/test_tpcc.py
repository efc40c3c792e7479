"""TPC-C is consistent after many transactions, and the checker finds what is not."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from command_line import SECONDS_MAX, WORKLOADS, anabranch, serving

TPCC = WORKLOADS / "tpcc"


def consistency(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, TPCC / "consistency.py", *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """All entities after the program has run."""
    folder = tmp_path_factory.mktemp("tpcc")
    data, file = folder / "data", folder / "tpcc.jsonl"
    run = anabranch("run", TPCC / "tpcc.py", "--engine", "embedded", "--data", data)
    assert run.returncode == 0, run.stderr
    exported = anabranch("export", data, file)
    assert exported.returncode == 0, exported.stderr
    return file.read_text(encoding="utf-8").splitlines(keepends=True)


def damaged(lines: list[str], kind: str, attribute: str, value: Any) -> list[str]:
    """With another value in the first entity of a class."""
    found = next(i for i, line in enumerate(lines) if json.loads(line)["class"] == kind)
    entity = json.loads(lines[found])
    assert attribute in entity["state"]
    entity["state"][attribute] = value
    return [*lines[:found], json.dumps(entity) + "\n", *lines[found + 1 :]]


def test_the_stored_state_is_consistent(export: list[str], tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    file.write_text("".join(export), encoding="utf-8")
    checked = consistency(file)
    assert (checked.returncode, checked.stdout) == (0, "consistent\n"), checked.stderr


@pytest.mark.parametrize(
    ("kind", "attribute", "value", "condition"),
    [
        ("Warehouse", "year_to_date", 7, 1),
        ("District", "year_to_date", 7, 1),
        ("District", "next_order_id", 7, 2),
        ("NewOrders", "order_ids", [1, 2], 2),
        ("NewOrders", "order_ids", [1, 3], 3),
        ("Order", "line_count", 99, 4),
        ("Order", "lines", [], 4),
    ],
)
def test_what_is_wrong_is_found(
    export: list[str], tmp_path: Path, kind: str, attribute: str, value: Any, condition: int
) -> None:
    file = tmp_path / "export.jsonl"
    file.write_text("".join(damaged(export, kind, attribute, value)), encoding="utf-8")
    checked = consistency(file)
    assert checked.returncode == 1
    assert f"condition {condition}: " in checked.stderr


def test_no_export_is_not_consistent(tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    file.touch()
    assert "not all warehouses" in consistency(file).stderr


def test_a_server_loads_and_answers_as_the_readme_says(tmp_path: Path) -> None:
    with (
        serving(TPCC / "tpcc.py", tmp_path / "data") as server,
        httpx.Client(base_url=f"{server.url}/v1", timeout=SECONDS_MAX) as client,
    ):

        def post(path: str, status: int = 200, **arguments: Any) -> Any:
            answer = client.post(path, json=arguments)
            assert answer.status_code == status, answer.text
            return answer.json().get("result")

        post("/Loader", 201, name="tpcc", seed=1, items=50, customers=20)
        post("/Loader/tpcc/load_items", first=1, last=50)
        post("/Loader/tpcc/load_warehouse", warehouse_id=1)
        post("/Loader/tpcc/load_stock", warehouse_id=1, first=1, last=50)
        for district_id in range(1, 11):
            post("/Loader/tpcc/load_district", warehouse_id=1, district_id=district_id)

        wanted = [{"item_id": 12, "supply_warehouse_id": 1, "quantity": 5}]
        order = post("/Warehouse/1/new_order", district_id=3, customer_id=7, wanted=wanted)
        assert order["order_id"] == 21
        wanted.append({"item_id": 51, "supply_warehouse_id": 1, "quantity": 5})
        post("/Warehouse/1/new_order", 409, district_id=3, customer_id=7, wanted=wanted)
        own = {"district_id": 3, "customer_warehouse_id": 1, "customer_district_id": 3}
        post("/Warehouse/1/payment_by_id", **own, customer_id=7, amount=100)
        paid = post(
            "/Warehouse/1/payment_by_last_name", **own, last_name="BARBARANTI", amount=12_345
        )
        assert (paid["customer"]["customer_id"], paid["customer"]["balance"]) == (7, -13_445)
        status = post("/LastName/1,3,BARBARANTI/order_status")
        assert status == post("/Customer/1,3,7/order_status")
        assert (status["order_id"], len(status["lines"])) == (21, 1)
        assert post("/District/1,3/stock_level", threshold=20) >= 0
        assert post("/Deliveries/1/deliver") is None
        assert post("/Deliveries/1/queue", carrier_id=4) == 1
        assert post("/Deliveries/1/deliver")[2] == {"district_id": 3, "order_id": 15}

        checked = consistency(server.url, "1")
        assert (checked.returncode, checked.stdout) == (0, "consistent\n"), checked.stderr


@pytest.mark.parametrize("seed", ["1", "2"])
def test_concurrent_transactions_on_the_simulated_engine_are_consistent(seed: str) -> None:
    """Partitions reorder, crash and replay; the load generator checks what is there in the end."""
    engine = ["--engine", "simulated", "--seed", seed]
    with serving(TPCC / "tpcc.py", None, *engine) as server:
        address = server.url.removeprefix("http://")
        size = ["--items", "100", "--customers", "20", "--connections", "2", "--in-flight", "8"]
        time = ["--warm-up", "0", "--duration", "4", "--seed", seed]
        run = anabranch("bench", "tpcc", "--url", address, *size, *time, "--json")
        assert run.returncode == 0, run.stderr
        report = json.loads(run.stdout)
        assert report["runs"][0]["requests"] > 0
        assert any("no gaps" in check for check in report["checked"])
