"""Every engine prints what plain Python prints."""

import subprocess
import sys
from pathlib import Path
from zlib import crc32

import pytest
from command_line import APPLICATIONS, EXAMPLES, SECONDS_MAX, WORKLOADS, anabranch

PROGRAMS = {
    "shop": EXAMPLES / "shop" / "shop.py",
    "bank": EXAMPLES / "bank" / "bank.py",
    "hotel": EXAMPLES / "hotel" / "hotel.py",
    "cart": WORKLOADS / "cart" / "demo.py",
    "hotel_reservation": WORKLOADS / "hotel_reservation" / "hotel_reservation.py",
    "travel_reservation": WORKLOADS / "travel_reservation" / "travel_reservation.py",
    "tpcc": WORKLOADS / "tpcc" / "tpcc.py",
    "splitting": WORKLOADS / "splitting" / "splitting.py",
    "ycsb": WORKLOADS / "ycsb" / "ycsb.py",
}
SEMANTICS = APPLICATIONS / "semantics.py"


def expected_output(program: Path) -> str:
    return program.with_name("expected_output.txt").read_text(encoding="utf-8")


def python(program: Path) -> str:
    """What Python prints, with no engine and nothing compiled."""
    completed = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, timeout=SECONDS_MAX, check=False
    )
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


def run(program: Path, engine: str, folder: Path) -> str:
    options: dict[str, list[str | Path]] = {
        "embedded": ["--data", folder / "data"],
        "local": ["--compare-effects"],
        "simulated": ["--compare-steps", "--seed", str(crc32(program.stem.encode()))],
    }
    arguments = options.get(engine, [])
    completed = anabranch("run", program, "--engine", engine, *arguments)
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


@pytest.mark.parametrize("example", PROGRAMS)
def test_examples_run_as_python(example: str) -> None:
    assert python(PROGRAMS[example]) == expected_output(PROGRAMS[example])


@pytest.mark.parametrize("engine", ["plain", "local", "embedded", "simulated"])
@pytest.mark.parametrize("example", PROGRAMS)
def test_examples_run_on_engines(example: str, engine: str, tmp_path: Path) -> None:
    assert run(PROGRAMS[example], engine, tmp_path) == expected_output(PROGRAMS[example])


@pytest.mark.parametrize("example", PROGRAMS)
def test_examples_have_no_mistakes(example: str) -> None:
    completed = anabranch("check", PROGRAMS[example])
    assert completed.returncode == 0, completed.stderr
    assert "no mistakes found" in completed.stdout


@pytest.mark.parametrize("engine", ["plain", "local", "embedded", "simulated"])
def test_engines_agree_on_the_semantics(engine: str, tmp_path: Path) -> None:
    assert run(SEMANTICS, engine, tmp_path) == python(SEMANTICS)


@pytest.mark.parametrize("seed", range(1, 7))
def test_methods_need_not_do_the_same_again(seed: int) -> None:
    """What a client was told holds after a crash, however a method would answer now."""
    program = APPLICATIONS / "whimsical.py"
    completed = anabranch("run", program, "--engine", "simulated", "--seed", str(seed))
    assert (completed.returncode, completed.stdout) == (0, "40 80\n"), completed.stderr


def test_the_embedded_engine_remembers(tmp_path: Path) -> None:
    program = APPLICATIONS / "counter.py"
    outputs = [run(program, "embedded", tmp_path) for _ in range(3)]
    assert outputs == ["1\n", "2\n", "3\n"]
