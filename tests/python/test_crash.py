"""A short campaign of kills; `make crash` is a long one."""

import os
import random
from pathlib import Path

from crash import campaign


def test_kill_under_load(tmp_path: Path) -> None:
    seed = int(os.environ.get("ANABRANCH_SEED") or random.SystemRandom().getrandbits(32))
    report = campaign.run(campaign.Plan(kills=12, seed=seed, folder=tmp_path))
    print(report.text())
    assert report.violations == []
    assert report.answered > 100
    assert report.unanswered > 0, "no kill met a request under way"
