"""Counts what random programs are made of: their use rests on it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from .run import Modules

REMOTE = {"say", "bump", "weigh", "spend", "mix", "call_back", "itself", "fail"}
CONSUMERS = {
    "all",
    "any",
    "dict",
    "frozenset",
    "list",
    "max",
    "min",
    "set",
    "sorted",
    "sum",
    "tuple",
}


def coverage(modules: Modules) -> Counter[str]:
    """How often each construct, and each position of a remote call, is in the random functions."""
    found: Counter[str] = Counter()
    for name in ("main", "helpers"):
        for function in random_functions(ast.parse(modules[name])):
            for parent in ast.walk(function):
                found.update(constructs(parent))
                found.update(positions(parent))
    return found


def random_functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name[0] in "fhm" and node.name[1:].isdigit():
            yield node


def constructs(node: ast.AST) -> Iterator[str]:
    """What a node is, and what it has that is worth a count of its own."""
    if isinstance(node, ast.stmt | ast.expr | ast.pattern | ast.comprehension | ast.keyword):
        yield type(node).__name__
    match node:
        case ast.For(orelse=[_, *_]) | ast.While(orelse=[_, *_]):
            yield f"{type(node).__name__} with else"
        case ast.Try():
            yield from (
                f"Try with {name}"
                for name, body in (
                    ("except", node.handlers),
                    ("else", node.orelse),
                    ("finally", node.finalbody),
                )
                if body
            )
            ways = {
                type(part).__name__
                for body in (node.body, node.finalbody)
                for statement in body
                for part in ast.walk(statement)
            }
            if node.finalbody:
                yield from (
                    f"{way} in a Try with finally"
                    for way in ("Return", "Break", "Continue")
                    if way in ways
                )
        case ast.Raise(exc=None):
            yield "Raise alone"
        case ast.Raise(cause=ast.expr()):
            yield "Raise with from"
        case ast.match_case(guard=ast.expr()):
            yield "match_case with guard"
        case ast.Assign(targets=[_, _, *_]):
            yield "Assign to several targets"
        case ast.Compare(ops=[_, _, *_]):
            yield "Compare in a chain"
        case ast.FormattedValue(format_spec=ast.JoinedStr()):
            yield "FormattedValue with format"
        case ast.Call(func=ast.Name(id=name), args=[ast.GeneratorExp(), *_]) if name in CONSUMERS:
            yield f"GeneratorExp in {name}"
        case ast.Call(func=ast.Attribute(attr="join"), args=[ast.GeneratorExp()]):
            yield "GeneratorExp in join"
        case ast.Call(func=ast.Name(id="exists" | "delete" | "ref" | "E0" | "E1" | "E2" as name)):
            yield f"Call of {name}"
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super"), args=[])):
            yield "super().name"
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super"), args=[_, _])):
            yield "super(Class, self).name"
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="B0" | "B2")), args=[ast.Name(id="self"), *_]
        ):
            yield "Base.method(self)"
        case ast.With(items=[_, _, *_]):
            yield "With of several"
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            if len(node.generators) > 1:
                yield f"{type(node).__name__} with several for"
        case ast.AugAssign() | ast.Delete():
            target = node.target if isinstance(node, ast.AugAssign) else node.targets[0]
            yield f"{type(node).__name__} of {type(target).__name__}"
        case _:
            pass


def positions(parent: ast.AST) -> Iterator[str]:
    """Where a remote call stands in its parent."""
    for field, value in ast.iter_fields(parent):
        children: list[object] = value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]
        for child in children:
            if is_remote_call(child):
                yield f"remote call: {type(parent).__name__}.{field}"


def is_remote_call(node: object) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in REMOTE
        case _:
            return False


def table(counts: Counter[str]) -> str:
    """The counts in columns, by name."""
    cells = [f"{name} {counts[name]}" for name in sorted(counts)]
    width = max(map(len, cells), default=0) + 2
    columns = max(1, 160 // width)
    rows = [cells[start : start + columns] for start in range(0, len(cells), columns)]
    return "\n".join("".join(cell.ljust(width) for cell in row).rstrip() for row in rows)
