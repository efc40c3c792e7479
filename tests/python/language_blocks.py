"""Reads the language tests: Markdown files with programs and what they must do.

A fenced block `python` is a program, `python name.py` a module beside it. The block that follows
says what must happen: `output` is what the program prints on every engine (`output local` on that
one, where it cannot be the same on all of them; `output one-process` on those that never write a
suspended method down), `diagnostics` are the compiler's complaints, a
line `CODE line: message` for each (`CODE name.py:line: message` in another module). Modules that
stand before the first `##` heading belong to every program of the file. The word `crlf` in the
fence of a program makes its line ends those of Windows, `tabs` its indentation tabs, and
`latin-1` its encoding.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

MAIN = "main.py"
FENCE = re.compile(r"^(`{3,})(.*)$")


@dataclass
class Case:
    """One program and what it must do."""

    identifier: str
    line: int
    modules: dict[str, bytes]
    kind: str
    engines: list[str]
    """Those that are named behind `output`; otherwise all."""
    expected: str


@dataclass
class Reader:
    path: Path
    heading: str = ""
    shared: dict[str, bytes] = field(default_factory=dict[str, bytes])
    modules: dict[str, bytes] = field(default_factory=dict[str, bytes])
    cases: list[Case] = field(default_factory=list[Case])

    def block(self, line: int, words: list[str], text: str) -> None:
        if not words:
            return
        match words[0]:
            case "python":
                name = next((word for word in words[1:] if word.endswith(".py")), MAIN)
                modules = self.modules if self.heading else self.shared
                modules[name] = converted(text, words)
            case "output" | "diagnostics":
                if MAIN not in self.modules:
                    raise ValueError(f"{self.path}:{line}: there is no program before this")
                identifier = f"{self.path.stem}:{slug(self.heading)}"
                same = sum(case.identifier.split("#")[0] == identifier for case in self.cases)
                if same:
                    identifier += f"#{same + 1}"
                modules = self.shared | self.modules
                self.cases.append(Case(identifier, line, modules, words[0], words[1:], text))
                self.modules = {}
            case _:
                raise ValueError(f"{self.path}:{line}: a block of an unknown kind: {words[0]}")


def slug(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def converted(text: str, words: list[str]) -> bytes:
    if "tabs" in words:
        indentation = re.compile(r"^( {4})+", re.MULTILINE)
        text = indentation.sub(lambda found: "\t" * (len(found[0]) // 4), text)
    if "crlf" in words:
        text = text.replace("\n", "\r\n")
    return text.encode("latin-1" if "latin-1" in words else "utf-8")


def cases(path: Path) -> list[Case]:
    """The cases of one file, in order."""
    reader = Reader(path)
    fence = ""
    start, words, lines = 0, list[str](), list[str]()
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        found = FENCE.match(line)
        if not fence and found:
            fence, start, words, lines = found[1], number, found[2].split(), []
        elif fence and line == fence:
            reader.block(start, words, "".join(inner + "\n" for inner in lines))
            fence = ""
        elif fence:
            lines.append(line)
        elif line.startswith("## "):
            reader.heading = line[3:]
    if fence:
        raise ValueError(f"{path}:{start}: the block does not end")
    if reader.modules:
        raise ValueError(f"{path}: nothing is expected of the last program")
    return reader.cases
