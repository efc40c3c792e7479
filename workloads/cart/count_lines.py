"""Counts the lines of code of both shopping carts: without blank lines, comments and docstrings.

Both are formatted by the same rules (`ruff format`), so a line is a line.
"""

import ast
import io
import tokenize
from pathlib import Path

FOLDER = Path(__file__).parent
CARTS = {"Anabranch": "cart.py", "FastAPI, SQLAlchemy, PostgreSQL": "postgres_cart.py"}
SILENT = (
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
)


def docstring_lines(source: str) -> set[int]:
    """The lines of docstrings."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.body and ast.get_docstring(node) is not None:
            text = node.body[0]
            lines.update(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    return lines


def count(source: str) -> int:
    """The lines that have code on them."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in SILENT:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - docstring_lines(source))


def main() -> None:
    counts = {
        name: count((FOLDER / file).read_text(encoding="utf-8")) for name, file in CARTS.items()
    }
    for name, lines in counts.items():
        print(f"{lines:4} lines  {CARTS[name]:18} {name}")
    ours, theirs = counts.values()
    print(f"{theirs / ours:4.1f} times as many")


if __name__ == "__main__":
    main()
