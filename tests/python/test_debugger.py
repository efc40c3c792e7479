"""Plain mode in a debugger: what stops there is the user's own code."""

import subprocess
import sys

from command_line import EXAMPLES, SECONDS_MAX


def test_a_breakpoint_in_a_method() -> None:
    shop = EXAMPLES / "shop" / "shop.py"
    lines = shop.read_text(encoding="utf-8").splitlines()
    number = 1 + lines.index("        if not item.update_stock(-amount):")
    steps = [f"b {number}", "c", "p total, self.balance, item.price", "p item", "w", "q"]
    commands = [argument for step in steps for argument in ("-c", step)]
    completed = subprocess.run(
        [sys.executable, "-m", "pdb", *commands, shop],
        input="",
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert f"shop.py({number})buy_item()" in completed.stdout
    assert "(6, 100, 3)" in completed.stdout
    assert "Item('pen')" in completed.stdout
