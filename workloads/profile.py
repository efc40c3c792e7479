"""Where each microsecond of a transfer goes: samples a server under load with Linux's perf.

Usage: .venv/bin/python workloads/profile.py [--protocol binary|http] [--accounts N] [--seconds S]

It starts `anabranch serve` with the workload `transfer`, puts load on it with `anabranch bench`,
and takes samples of all its threads with their call stacks. A sample belongs to the nearest
function, from the innermost outwards, that a rule names. What belongs to a part, in microseconds
for each transfer, is its number of samples times their distance. Prints a table in Markdown; what
no rule names is shown as "other".
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

APPLICATION = Path(__file__).parent / "transfer" / "transfer.py"
FREQUENCY = 997
"""Samples in a second of processor time."""
WARM_UP = 2.0

KERNEL = r"\[kernel"

# What is done, and which functions show it. The first match counts, an empty pattern if none does.
EXECUTOR = [
    ("executor: waiting for requests", r"crossbeam_channel|Interpreter>::wait|::receive"),
    ("executor: segments, Python itself", r"_PyEval"),
    ("executor: encode, decode, compare", r"anabranch_cpython::(encode|decode|scalar|state|copy)"),
    ("executor: encode, decode, compare", r"value::(state|wire)|Transaction<I>::changes"),
    ("executor: overlay", r"anabranch_embedded::(overlay|state_record|log_record|view)"),
    ("executor: driver", r"anabranch_(kernel|cpython)|CPython as"),
    ("executor: passing on", r"anabranch_embedded"),
]
COMMITTER = [
    ("committer: log, write and sync", r"anabranch_log|DiskFiles|fdatasync|pwrite"),
    ("committer: replies", r"anabranch_server|tokio|Exchange|outbox|drop_in_place"),
    ("committer: the rest", r""),
]
NETWORK = [
    ("server: network (system calls)", KERNEL),
    ("server: metrics", r"prometheus_client|metrics"),
    ("server: requests (parse, check, encode)", r"anabranch_(server|protocol|kernel)|serde_json"),
    ("server: handing to the executor", r"anabranch_embedded|crossbeam"),
    ("server: HTTP", r"hyper|axum|tower|http::"),
    ("server: runtime", r"tokio|mio"),
]
THREADS = [
    ("anabranch-execu", EXECUTOR),
    ("anabranch-commi", COMMITTER),
    ("anabranch-http", NETWORK),
    ("anabranch-appl", [("applier", r"")]),
    ("anabranch-log", [("log: preparing segments", r"")]),
]
HANDLING = ("executor: driver", "executor: encode, decode, compare")
PYTHON = "executor: segments, Python itself"


def part_of(thread: str, frames: list[str]) -> str:
    """To which part a sample belongs; its frames are from the innermost outwards."""
    rules = next((rules for name, rules in THREADS if thread.startswith(name)), None)
    if rules is None:
        return f"other threads: {thread}"
    for frame in frames:
        for part, pattern in rules:
            if pattern and re.search(pattern, frame):
                return part
    rest = (part for part, pattern in rules if not pattern)
    return next(rest, f"other: {thread}")


def samples(script: str) -> list[tuple[str, list[str]]]:
    """Threads and frames in the output of `perf script`."""
    found: list[tuple[str, list[str]]] = []
    for block in script.split("\n\n"):
        lines = block.strip("\n").splitlines()
        if lines:
            thread = lines[0].strip().rsplit(maxsplit=1)[0]
            found.append((thread, [line.strip() for line in lines[1:]]))
    return found


def measure(arguments: argparse.Namespace, folder: Path) -> tuple[float, float, str]:
    """Transfers in a second, what the generator used for each, and the samples as text."""
    anabranch = [sys.executable, "-m", "anabranch"]
    serve = [*anabranch, "serve", str(APPLICATION), "--data", str(folder / "data"), "--port", "0"]
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().removeprefix("listening on ").strip()
        bench = [*anabranch, "bench", "transfer", "--url", url, "--accounts", arguments.accounts]
        bench += ["--protocol", arguments.protocol, "--json", "--warm-up", str(WARM_UP)]
        # The accounts are made first, which takes a while: samples begin with the transfers.
        bench += ["--duration", str(arguments.seconds + 2)]
        load = subprocess.Popen(bench, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert load.stderr is not None
        while "load:" not in (line := load.stderr.readline()):
            if not line:
                sys.exit("the load did not start")
        data = folder / "perf.data"
        record = ["perf", "record", "--quiet", "--event", "cpu-clock", "--freq", str(FREQUENCY)]
        record += ["--call-graph", "dwarf,8192", "--pid", str(server.pid), "--output", str(data)]
        subprocess.run(["sleep", str(WARM_UP)], check=True)
        subprocess.run([*record, "--", "sleep", str(arguments.seconds)], check=True)
        printed, _ = load.communicate()
        if load.returncode != 0:
            sys.exit("the load failed")
        (report,) = json.loads(printed)["runs"]
    finally:
        server.kill()
        server.wait()
    show = ["perf", "script", "--input", str(data), "--no-inline"]
    show += ["--fields", "comm,tid,ip,sym,dso"]
    script = subprocess.run(show, capture_output=True, text=True, check=True).stdout
    generator = report["processor_us_per_request"]["load generator"]
    return report["requests_per_second"], generator, script


def main() -> None:
    parser = argparse.ArgumentParser(description="Where each microsecond of a transfer goes.")
    parser.add_argument("--protocol", choices=["binary", "http"], default="binary")
    parser.add_argument("--accounts", default="1000000")
    parser.add_argument("--seconds", type=int, default=10)
    arguments = parser.parse_args()
    if shutil.which("perf") is None:
        sys.exit("perf is not installed: apt-get install linux-perf")
    with tempfile.TemporaryDirectory(prefix="anabranch-bench-") as folder:
        rate, generator, script = measure(arguments, Path(folder))
    parts = Counter(part_of(thread, frames) for thread, frames in samples(script))
    each = {
        part: count / FREQUENCY / arguments.seconds / rate * 1e6 for part, count in parts.items()
    }
    each["load generator"] = generator
    print(f"{rate:,.0f} transfers/s, {arguments.protocol}, {arguments.accounts} accounts\n")
    print("| part | µs for each transfer |\n| --- | --- |")
    for part, microseconds in sorted(each.items()):
        print(f"| {part} | {microseconds:.2f} |")
    print(f"| **all** | **{sum(each.values()):.2f}** |\n")
    handling = sum(each.get(part, 0.0) for part in HANDLING)
    python = each.get(PYTHON, 0.0)
    print(
        f"splitting, dispatch and state {handling:.2f} µs, the method's own Python {python:.2f} µs"
    )


if __name__ == "__main__":
    main()
