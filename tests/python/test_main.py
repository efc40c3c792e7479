"""The entry point of the command line."""

import sys
from types import ModuleType
from typing import Any

import anabranch
import pytest
from anabranch.__main__ import main


def run_main(monkeypatch: pytest.MonkeyPatch, native_main: Any) -> object:
    native: Any = ModuleType("anabranch._native")
    native.main = native_main
    monkeypatch.setitem(sys.modules, "anabranch._native", native)
    monkeypatch.setattr(anabranch, "_native", native, raising=False)
    monkeypatch.setattr(sys, "argv", ["anabranch", "check", "shop.py"])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_hands_over_arguments_and_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []

    def native_main(arguments: list[str]) -> int:
        seen.append(arguments)
        return 3

    assert run_main(monkeypatch, native_main) == 3
    assert seen == [["anabranch", "check", "shop.py"]]


def test_ctrl_c_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    def native_main(arguments: list[str]) -> int:
        raise KeyboardInterrupt

    assert run_main(monkeypatch, native_main) == 130


def test_plain_mode_needs_nothing_compiled() -> None:
    import subprocess

    program = (
        "import sys; sys.modules['anabranch._native'] = None; sys.modules['httpx'] = None\n"
        "from anabranch import entity, exists, delete\n"
        "@entity\n"
        "class Lamp:\n"
        "    def __key__(self): return 'lamp'\n"
        "delete(Lamp()); print(exists(Lamp, 'lamp'))\n"
    )
    completed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (completed.stdout, completed.stderr) == ("False\n", "")
