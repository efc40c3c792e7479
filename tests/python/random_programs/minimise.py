"""Makes a program that fails small: takes away whatever can go while it still fails.

Works on the syntax tree: statements are deleted or replaced by what they hold, expressions are
replaced by one of their parts or by a constant.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable

Fails = Callable[[str], bool]


def minimised(text: str, fails: Fails) -> str:
    """The smallest program found that still fails; `text` itself if it only fails as written."""
    best = ast.unparse(ast.parse(text)) + "\n"
    if not fails(best):
        return text
    before = ""
    while before != best:
        before = best
        best = with_fewer_statements(best, fails)
        best = with_statements_opened(best, fails)
        best = with_smaller_expressions(best, fails)
    return best


def bodies(tree: ast.AST) -> list[list[ast.stmt]]:
    """That of `main` first: what it does not call can go next."""
    found: list[list[ast.stmt]] = []
    mains = [node for node in ast.walk(tree) if getattr(node, "name", "") == "main"]
    for node in [*mains, *(node for node in ast.walk(tree) if node not in mains)]:
        for name in ("body", "orelse", "finalbody"):
            value = getattr(node, name, None)
            if isinstance(value, list):
                found.append(value)  # pyright: ignore[reportUnknownArgumentType]
    return found


def with_fewer_statements(text: str, fails: Fails) -> str:
    """Large stretches go first, in the outermost bodies first."""
    index = 0
    while index < len(bodies(ast.parse(text))):
        size = len(bodies(ast.parse(text))[index])
        while size:
            start = 0
            while start < len(bodies(ast.parse(text))[index]):
                tree = ast.parse(text)
                body = bodies(tree)[index]
                body[start : start + size] = [ast.Pass()] if size >= len(body) else []
                candidate = unparsed(tree)
                if candidate and len(candidate) < len(text) and fails(candidate):
                    text = candidate
                else:
                    start += size
            size //= 2
        index += 1
    return text


def with_statements_opened(text: str, fails: Fails) -> str:
    """A compound statement gives way to one of its bodies."""
    places = [
        (index, position, name)
        for index, body in enumerate(bodies(ast.parse(text)))
        for position in range(len(body))
        for name in ("body", "orelse", "finalbody")
    ]
    for index, position, name in reversed(places):
        tree = ast.parse(text)
        if index >= len(bodies(tree)) or position >= len(bodies(tree)[index]):
            continue
        body = bodies(tree)[index]
        inner = getattr(body[position], name, None)
        if inner and not isinstance(body[position], ast.ClassDef | ast.FunctionDef):
            body[position : position + 1] = inner
            candidate = unparsed(tree)
            if candidate and fails(candidate):
                text = candidate
    return text


def with_smaller_expressions(text: str, fails: Fails) -> str:
    place = 0
    while place < len(expressions(ast.parse(text))):
        for number in range(len(smaller(*expressions(ast.parse(text))[place]))):
            tree = ast.parse(text)
            parent, name, index = expressions(tree)[place]
            replace(parent, name, index, smaller(parent, name, index)[number])
            candidate = unparsed(tree)
            if candidate and len(candidate) < len(text) and fails(candidate):
                text = candidate
                break
        else:
            place += 1
    return text


def smaller(parent: ast.AST, name: str, index: int | None) -> list[ast.expr]:
    """What an expression may give way to."""
    old = child(parent, name, index)
    parts = [part for part in ast.walk(old) if isinstance(part, ast.expr) and part is not old]
    parts = [part for part in parts if not isinstance(part, ast.Starred | ast.Constant)]
    return [ast.Constant(0), ast.Constant(1), *parts[:6]]


def expressions(tree: ast.AST) -> list[tuple[ast.AST, str, int | None]]:
    found: list[tuple[ast.AST, str, int | None]] = []
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr) and isinstance(
                getattr(value, "ctx", ast.Load()), ast.Load
            ):
                found.append((node, name, None))
            elif isinstance(value, list):
                items: list[object] = value  # pyright: ignore[reportUnknownVariableType]
                for index, item in enumerate(items):
                    if isinstance(item, ast.expr) and not isinstance(
                        getattr(item, "ctx", None), ast.Store | ast.Del
                    ):
                        found.append((node, name, index))
    return found


def child(parent: ast.AST, name: str, index: int | None) -> ast.AST:
    value = getattr(parent, name)
    return value if index is None else value[index]


def replace(parent: ast.AST, name: str, index: int | None, new: ast.AST) -> None:
    if index is None:
        setattr(parent, name, new)
    else:
        getattr(parent, name)[index] = new


def unparsed(tree: ast.AST) -> str | None:
    """The text of a tree, if Python accepts it."""
    try:
        text = ast.unparse(ast.fix_missing_locations(tree))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "program", "exec")
    except (SyntaxError, ValueError, AttributeError, TypeError):
        return None
    return text + "\n"
