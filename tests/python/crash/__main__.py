"""`python -m crash`: a campaign of kills, or a soak."""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from crash import campaign, soak


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m crash", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    kill = commands.add_parser("kill", help="kills servers under load")
    kill.add_argument("--kills", type=int, default=300)
    steady = commands.add_parser("soak", help="the same load without kills, for minutes")
    steady.add_argument("--minutes", type=float, default=10)
    for command in (kill, steady):
        command.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
        command.add_argument("--folder", type=Path, help="kept; by default a temporary one")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="anabranch-crash-"))
    folder.mkdir(parents=True, exist_ok=True)
    if arguments.command == "kill":
        report = campaign.run(campaign.Plan(arguments.kills, arguments.seed, folder, tell=say))
    else:
        report = soak.run(soak.Plan(arguments.minutes, arguments.seed, folder, tell=say))
    say(report.text())
    for violation in report.violations:
        say(f"VIOLATION: {violation}")
    return 1 if report.violations else 0


def say(line: str) -> None:
    print(line, flush=True)


sys.exit(main())
