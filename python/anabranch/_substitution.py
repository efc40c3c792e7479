"""Puts stand-ins for time, randomness and fresh ids into the application's own modules.

Nothing outside of these modules changes, and no class or module is replaced by another:

1. Where a function of the application names one of the functions in question, as `time.time` or
   `datetime.now`, its code is compiled anew with `__anabranch_stand_in_for__(time.time)` in that
   place. What the name means is looked at when the code runs; nothing else of the code changes, and
   every line and column stays.
2. Functions in question that were taken as values when the module was imported, in its globals or
   as the defaults and closed-over variables of its functions, become their stand-ins.

Plain mode does this before the first root call after an entity class was defined, an engine when it
loads the application; the segments of the compiler get the same treatment.
"""

import ast
import functools
import gc
import importlib.util
import os
import sys
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, cast

from anabranch._stand_ins import TAKEN, stand_in_for

_LOOK_UP = "__anabranch_stand_in_for__"
# What the methods of the datetime classes are called: no name leads to them once a class is passed
# on, so each attribute of that name is looked at.
_METHODS = {name.rsplit(".", 1)[1] for name in TAKEN if name.startswith("datetime.")}


def prepare(modules: Iterable[ModuleType]) -> None:
    """Puts the stand-ins into these modules."""
    in_question: list[tuple[ModuleType, Source]] = []
    for module in modules:
        source = _source(module)
        if source is None:
            continue
        vars(module)[_LOOK_UP] = stand_in_for
        if _replace_globals(vars(module)) or source.changes:
            in_question.append((module, source))
    if not in_question:
        return
    functions = _functions([module for module, _ in in_question])
    for (_, source), of_module in zip(in_question, functions, strict=True):
        for function in of_module:
            _replace_captured(function)
            _replace_code(function, source.changes)


def prepare_with_imports(names: Iterable[str]) -> None:
    """Puts the stand-ins into the modules called `names` and those of the application that they
    import, directly or not."""
    pending = list(names)
    found: dict[str, ModuleType] = {}
    while pending:
        name = pending.pop()
        module = sys.modules.get(name)
        if module is None or name in found:
            continue
        found[name] = module
        source = _source(module)
        root = _root(module)
        if source is None or root is None:
            continue
        for imported_name in _imported_modules(source.imports, module):
            imported = sys.modules.get(imported_name)
            if imported is not None and _root(imported) == root:
                pending.append(imported_name)
    prepare(found.values())


def rewrite_emitted(tree: ast.Module, module: ModuleType) -> None:
    """Rewrites the segments of `module`."""
    source = _source(module)
    if source is not None:
        _Rewriter(source.names).visit(tree)


Place = tuple[object, ...]
"""Tells the functions of a file from each other."""


@dataclass(frozen=True)
class Source:
    """What the source of a module says."""

    imports: list[ast.Import | ast.ImportFrom]
    """All of them, also in functions."""
    names: dict[str, set[str]]
    """By local name: what is imported under it, anywhere, by dotted names."""
    changes: dict[Place, list[tuple[CodeType, CodeType]]]
    """The code of each function as it is and as it must be, if there is anything to change; several
    in one place are lambdas."""


def _source(module: ModuleType) -> Source | None:
    file = getattr(module, "__file__", None)
    if file is None or not file.endswith(".py"):
        return None
    try:
        return _read(file, os.stat(file).st_mtime_ns)
    except (OSError, SyntaxError, ValueError):
        return None


@functools.cache
def _read(file: str, _modified: int) -> Source:
    with tokenize.open(file) as opened:
        tree = ast.parse(opened.read(), file)
    nodes = ast.walk(tree)
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    names = _imported_names(imports)
    before = compile(tree, file, "exec", dont_inherit=True)
    rewriter = _Rewriter(names)
    rewriter.visit(tree)
    changes: dict[Place, list[tuple[CodeType, CodeType]]] = {}
    if rewriter.found:
        after = compile(tree, file, "exec", dont_inherit=True)
        for old, new in zip(_codes_within(before), _codes_within(after), strict=True):
            changes.setdefault(_place(old), []).append((old, new))
    return Source(imports, names, changes)


def _root(module: ModuleType) -> Path | None:
    """The folder from which `module` is imported, unless it is that of installed packages."""
    file = getattr(module, "__file__", None)
    if file is None:
        return None
    root = Path(file).parent
    while (root / "__init__.py").is_file():
        root = root.parent
    return None if root.name in ("site-packages", "dist-packages") else root


def _imported_modules(
    imports: list[ast.Import | ast.ImportFrom], module: ModuleType
) -> Iterator[str]:
    for node in imports:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
            continue
        name = "." * node.level + (node.module or "")
        try:
            origin = importlib.util.resolve_name(name, getattr(module, "__package__", None))
        except ImportError:
            continue
        yield origin
        for alias in node.names:
            yield f"{origin}.{alias.name}"


def _imported_names(imports: list[ast.Import | ast.ImportFrom]) -> dict[str, set[str]]:
    names: dict[str, set[str]] = {}
    for node in imports:
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                local, origin = (alias.asname, alias.name) if alias.asname else (top, top)
                names.setdefault(local, set()).add(origin)
        elif node.level == 0:
            for alias in node.names:
                origin = f"{node.module}.{alias.name}"
                names.setdefault(alias.asname or alias.name, set()).add(origin)
    return names


class _Rewriter(ast.NodeTransformer):
    def __init__(self, imported: dict[str, set[str]]) -> None:
        self._imported = imported
        self.found = False

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._looked_up(node) if self._is_in_question(node) else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        is_in_question = node.attr in _METHODS or self._is_in_question(node)
        self.generic_visit(node)
        return self._looked_up(node) if is_in_question else node

    def visit_match_case(self, node: ast.match_case) -> ast.match_case:
        # A pattern is no expression: it compares, and calls nothing.
        if node.guard is not None:
            node.guard = cast(ast.expr, self.visit(node.guard))
        node.body = [cast(ast.stmt, self.visit(statement)) for statement in node.body]
        return node

    def _is_in_question(self, node: ast.expr) -> bool:
        return any(origin in TAKEN for origin in self._origins(node))

    def _origins(self, node: ast.expr) -> set[str]:
        if isinstance(node, ast.Name):
            return self._imported.get(node.id, set())
        if isinstance(node, ast.Attribute):
            return {f"{origin}.{node.attr}" for origin in self._origins(node.value)}
        return set()

    def _looked_up(self, node: ast.Name | ast.Attribute) -> ast.expr:
        if not isinstance(node.ctx, ast.Load):
            return node
        self.found = True
        look_up = ast.copy_location(ast.Name(_LOOK_UP, ast.Load()), node)
        return ast.copy_location(ast.Call(look_up, [node], []), node)


def _replace_globals(scope: dict[str, Any]) -> bool:
    """Whether there was a function in question."""
    found = False
    for name, value in list(scope.items()):
        stand_in = stand_in_for(value)
        if stand_in is not value:
            scope[name] = stand_in
            found = True
    return found


def _replace_captured(function: FunctionType) -> None:
    """Replaces what `function` has of its own: default values and closed-over variables."""
    defaults = function.__defaults__
    if defaults:
        function.__defaults__ = tuple(stand_in_for(value) for value in defaults)
    keywords = function.__kwdefaults__
    if keywords:
        function.__kwdefaults__ = {name: stand_in_for(keywords[name]) for name in keywords}
    for cell in function.__closure__ or ():
        try:
            value = cell.cell_contents
        except ValueError:
            continue  # An empty cell.
        stand_in = stand_in_for(value)
        if stand_in is not value:
            cell.cell_contents = stand_in


def _functions(modules: list[ModuleType]) -> list[list[FunctionType]]:
    """For each module every function object of it, also lambdas and functions in functions."""
    scopes = [vars(module) for module in modules]
    found: dict[int, list[FunctionType]] = {id(scope): [] for scope in scopes}
    for referrer in gc.get_referrers(*scopes):
        if isinstance(referrer, FunctionType) and id(referrer.__globals__) in found:
            found[id(referrer.__globals__)].append(referrer)
    return [found[id(scope)] for scope in scopes]


def _replace_code(
    function: FunctionType, changes: dict[Place, list[tuple[CodeType, CodeType]]]
) -> None:
    same_place = changes.get(_place(function.__code__), [])
    if len(same_place) > 1:
        same_place = [change for change in same_place if change[0] == function.__code__]
    if same_place and _looks_up(same_place[0][1]):
        function.__code__ = same_place[0][1]


def _codes_within(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes_within(constant)


def _place(code: CodeType) -> Place:
    return (
        code.co_qualname,
        code.co_firstlineno,
        code.co_varnames[: code.co_argcount + code.co_kwonlyargcount],
        code.co_freevars,
    )


def _looks_up(code: CodeType) -> bool:
    return _LOOK_UP in code.co_names or any(_looks_up(inner) for inner in _codes_within(code))
