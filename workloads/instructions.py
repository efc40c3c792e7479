"""Counts the instructions of each part of the product, and names what got worse.

Usage: .venv/bin/python workloads/instructions.py check|baseline [PART …]

Instructions do not depend on what else the machine does, so that a difference of a few percent can
be told from noise. They are counted by valgrind (callgrind), in the benchmark `parts` of
`crates/cpython`, which says what the parts are: once with few steps of a part and once with more.
The difference of the counts, divided by that of the steps, is what one step costs.

`check` compares with the baseline that is committed, and fails if a part needs over 5 % more
instructions. `baseline` writes it. A count depends on the compiler and on CPython: both are in the
baseline, and a difference is told.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
BASELINE = ROOT / "crates" / "cpython" / "benches" / "parts" / "baseline.json"
PROFILES = ROOT / "target" / "instructions"
TOLERANCE = 0.05
FEW = 3
"""A first count has so many steps less, in parts of all steps."""

Counts = dict[str, float]


@dataclass
class Baseline:
    """What was counted, and with which tools."""

    tools: dict[str, str]
    instructions: Counts


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("action", choices=["check", "baseline"])
    parser.add_argument("parts", nargs="*", metavar="PART", help="[default: all]")
    arguments = parser.parse_args()
    if shutil.which("valgrind") is None:
        sys.exit("error: valgrind is missing: apt-get install valgrind")
    benchmark = build()
    steps = listed(benchmark)
    unknown = set(arguments.parts) - set(steps)
    if unknown:
        sys.exit(f"error: there is no part {', '.join(unknown)}; there are {', '.join(steps)}")
    chosen: list[str] = arguments.parts or list(steps)
    found = {part: count(benchmark, part, steps[part]) for part in chosen}
    baseline = read()
    if arguments.action == "baseline":
        counts = (baseline.instructions if arguments.parts else {}) | found
        write(Baseline(tools(), {part: counts[part] for part in steps if part in counts}))
        return 0
    for name, version in tools().items():
        before = baseline.tools.get(name)
        if version != before:
            print(f"note: the baseline is of {before}, this is {version}")
    expected = baseline.instructions
    if arguments.parts:
        expected = {part: expected[part] for part in chosen if part in expected}
    lines, problems = compare(expected, found)
    print("\n".join(lines))
    if problems:
        print("\nworse than the baseline:", file=sys.stderr)
        print("\n".join(problems), file=sys.stderr)
        print(f"what they do: callgrind_annotate {PROFILES}/PART.out", file=sys.stderr)
        print("if that is the price of something: make bench-baseline", file=sys.stderr)
    return 1 if problems else 0


def compare(expected: Counts, found: Counts) -> tuple[list[str], list[str]]:
    """A line for each part, and what is wrong."""
    lines: list[str] = []
    problems: list[str] = []
    width = max(map(len, expected | found), default=0)
    for part in expected | found:
        if part not in found:
            problems.append(f"{part}: it is in the baseline, but there is no such part")
            continue
        if part not in expected:
            problems.append(f"{part}: it is not in the baseline")
            continue
        change = found[part] / expected[part] - 1
        counts = f"{expected[part]:>14,.0f} → {found[part]:>14,.0f}"
        lines.append(f"{part:<{width}}  {counts}  {change:+7.1%}")
        if change > TOLERANCE:
            problems.append(f"{part}: {change:+.1%} instructions")
    return lines, problems


def read() -> Baseline:
    """The baseline that is committed; an empty one if there is none."""
    if not BASELINE.exists():
        return Baseline({}, {})
    return Baseline(**json.loads(BASELINE.read_text()))


def environment() -> dict[str, str]:
    """The same instructions on every machine: no code chosen for the newest processors."""
    features = "-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-ERMS,-FSRM"
    fixed = {
        "GLIBC_TUNABLES": f"glibc.cpu.hwcaps={features}",
        "PYO3_PYTHON": sys.executable,
        "PYTHONHASHSEED": "0",
    }
    return {name: value for name, value in os.environ.items() if name != "RUSTFLAGS"} | fixed


def build() -> Path:
    """Builds the benchmark; gives its program."""
    command = ["cargo", "bench", "--package", "anabranch-cpython", "--bench", "parts"]
    command += ["--no-run", "--message-format=json-render-diagnostics"]
    built = subprocess.run(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True)
    if built.returncode != 0:
        sys.exit("error: the benchmark does not build")
    messages = [json.loads(line) for line in built.stdout.splitlines()]
    return next(Path(message["executable"]) for message in messages if message.get("executable"))


def listed(benchmark: Path) -> dict[str, int]:
    """The parts, each with how many steps are enough."""
    printed = subprocess.run([benchmark, "list"], stdout=subprocess.PIPE, text=True, check=True)
    rows = (line.split("\t") for line in printed.stdout.splitlines())
    return {name: int(steps) for name, steps in rows}


def count(benchmark: Path, part: str, steps: int) -> float:
    """The instructions of one step."""
    few = max(steps // FEW, 1)
    less, more = (run(benchmark, part, number) for number in (few, few + steps))
    each = (more - less) / steps
    print(f"{part}: {each:,.0f}", file=sys.stderr)
    return round(each, 1)


def run(benchmark: Path, part: str, steps: int) -> int:
    """The instructions of so many steps, setup included."""
    PROFILES.mkdir(parents=True, exist_ok=True)
    profile = PROFILES / f"{part}.out"
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}"]
    command += [str(benchmark), "count", part, str(steps)]
    ended = subprocess.run(command, env=environment(), capture_output=True, text=True)
    collected = re.search(r"Collected : (\d+)", ended.stderr)
    if ended.returncode != 0 or collected is None:
        sys.exit(f"error: {' '.join(command)}:\n{ended.stderr}")
    return int(collected[1])


def tools() -> dict[str, str]:
    """What counts depend on beside our sources."""
    commands = {"rustc": ["rustc", "--version"], "python": [sys.executable, "--version"]}
    outputs = {
        name: subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        for name, command in commands.items()
    }
    return {name: output.strip() for name, output in outputs.items()}


def write(baseline: Baseline) -> None:
    """Writes the baseline."""
    BASELINE.write_text(json.dumps(asdict(baseline), indent=2) + "\n")
    print(f"{BASELINE.relative_to(ROOT)} is written", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
