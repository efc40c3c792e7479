"""Generates one program and checks it, in a process of the pool."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from .compare import Outcome, outcome
from .coverage import coverage
from .generate import program


@dataclass
class Checked:
    """A program that has run."""

    seed: str
    engine: str
    difference: Outcome | None
    methods_raised: int
    methods: int
    remote_operations: int
    constructs: Counter[str]


COUNTED = 8
"""Constructs are counted in every eighth program: that takes as long as to write three."""


def check(seed: str, engine: str) -> Checked:
    modules = program(seed)
    found = outcome(modules, engine)
    lines = found.plain.output.split("\n")
    return Checked(
        seed=seed,
        engine=engine,
        difference=None if found.is_same() and found.is_valid() else found,
        methods_raised=sum(line.startswith("error ") for line in lines),
        methods=sum(line.startswith("== ") for line in lines),
        remote_operations=found.plain.remote_operations,
        constructs=coverage(modules) if is_counted(seed) else Counter(),
    )


def is_counted(seed: str) -> bool:
    number = seed.rpartition(".")[2]
    return not number.isdigit() or int(number) % COUNTED == 0
