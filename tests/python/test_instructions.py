"""The regression guard's judgement; the counting itself is `make bench-check`."""

import json
import runpy
from pathlib import Path
from typing import Any

WORKLOADS = Path(__file__).parents[2] / "workloads"
GUARD: dict[str, Any] = runpy.run_path(str(WORKLOADS / "instructions.py"))


def problems(expected: dict[str, float], found: dict[str, float]) -> list[str]:
    return GUARD["compare"](expected, found)[1]


def test_what_needs_over_five_percent_more_is_named() -> None:
    expected = {"compile": 1000.0, "log-append": 2000.0}
    found = {"compile": 1051.0, "log-append": 2099.0}
    assert problems(expected, found) == ["compile: +5.1% instructions"]


def test_what_needs_less_is_no_problem_but_told() -> None:
    lines, found = GUARD["compare"]({"compile": 1000.0}, {"compile": 500.0})
    assert found == []
    assert lines == ["compile           1,000 →            500   -50.0%"]


def test_parts_that_come_or_go_need_a_new_baseline() -> None:
    assert problems({"gone": 1.0}, {"new": 1.0}) == [
        "gone: it is in the baseline, but there is no such part",
        "new: it is not in the baseline",
    ]


def test_the_baseline_has_the_parts() -> None:
    baseline = json.loads(GUARD["BASELINE"].read_text())
    source = (GUARD["BASELINE"].parent / "part.rs").read_text()
    assert baseline["instructions"]
    assert all(f'=> "{part}",' in source for part in baseline["instructions"])
    assert source.count('=> "') == len(baseline["instructions"])
