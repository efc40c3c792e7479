"""Makes a program that fails small: takes away whatever can go while it still fails.

Works on the syntax trees of its modules. Each round tries, on every list of statements and then on
every expression: to take away halves, quarters, … of it (delta debugging); to replace a compound
statement by what it holds; to replace an expression by a constant or by one of its parts. Rounds
repeat until nothing changes. Functions go first, since nothing shrinks a program as much.
"""

from __future__ import annotations

import ast
import copy
import warnings
from collections.abc import Callable, Iterator

from .run import Modules

Fails = Callable[[Modules], bool]
Trees = dict[str, ast.Module]

PARTS_MAX = 5
BODIES = ("body", "orelse", "finalbody", "handlers", "cases")


def minimised(modules: Modules, fails: Fails) -> Modules:
    """The smallest program found that still fails; `modules` itself if it only fails as written."""
    search = Search({name: ast.parse(text) for name, text in modules.items()}, fails)
    if not fails(unparsed(search.trees)):
        return modules
    while search.round():
        pass
    return unparsed(search.trees)


class Search:
    """The smallest trees so far. Changes are made in place, and taken back unless they fail."""

    def __init__(self, trees: Trees, fails: Fails) -> None:
        self.trees = trees
        self.fails = fails
        self.seen: set[str] = set()

    def round(self) -> bool:
        """Tries everything once; whether anything became smaller."""
        before = unparsed(self.trees)
        self.fewer_statements()
        self.opened_statements()
        self.smaller_expressions()
        self.fewer_statements()
        return unparsed(self.trees) != before

    def still_fails(self) -> bool:
        """Whether the trees as they are now fail, and have not been tried before."""
        try:
            modules = unparsed(self.trees)
            text = "".join(modules.values())
            if text in self.seen:
                return False
            self.seen.add(text)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for module in modules.values():
                    compile(module, "program", "exec")
        except (SyntaxError, ValueError, AttributeError, TypeError):
            return False
        return self.fails(modules)

    def bodies(self) -> Iterator[list[ast.AST]]:
        """All lists of statements; that of `main` first: what it does not call can go next."""
        nodes = [node for tree in self.trees.values() for node in ast.walk(tree)]
        nodes.sort(key=lambda node: getattr(node, "name", "") != "main")
        for node in nodes:
            for name in BODIES:
                value = getattr(node, name, None)
                if isinstance(value, list):
                    yield value  # pyright: ignore[reportUnknownVariableType]

    def fewer_statements(self) -> None:
        for body in list(self.bodies()):
            size = len(body)
            while size:
                start = 0
                while start < len(body):
                    gone = body[start : start + size]
                    if gone and isinstance(gone[0], ast.Pass) and len(body) == 1:
                        break
                    is_all = len(gone) == len(body)
                    needs_pass = is_all and isinstance(gone[0], ast.stmt)
                    body[start : start + size] = [ast.Pass()] if needs_pass else []
                    if self.still_fails():
                        continue
                    body[start : start + (1 if needs_pass else 0)] = gone
                    start += size
                size //= 2

    def opened_statements(self) -> None:
        """A compound statement gives way to one of its bodies."""
        for body in list(self.bodies()):
            for statement in list(body):
                if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.Module):
                    continue
                for name in BODIES[:3]:
                    inner: list[ast.AST] = getattr(statement, name, None) or []
                    places = [place for place, old in enumerate(body) if old is statement]
                    if not isinstance(inner, list) or not inner or not places:  # pyright: ignore[reportUnnecessaryIsInstance]
                        continue
                    place = places[0]
                    body[place : place + 1] = inner
                    if not self.still_fails():
                        body[place : place + len(inner)] = [statement]

    def smaller_expressions(self) -> None:
        pending: list[ast.AST] = [*self.trees.values()]
        while pending:
            parent = pending.pop(0)
            for name, value in ast.iter_fields(parent):
                items: list[object] = value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]
                for index in reversed(range(len(items))):
                    if is_replaceable(items[index]):
                        place = Place(parent, name, index if isinstance(value, list) else None)
                        self.shrink(place)
            pending.extend(ast.iter_child_nodes(parent))

    def shrink(self, place: Place) -> None:
        old = place.get()
        if place.index is not None and place.remove():
            if self.still_fails():
                return
            place.insert(old)
        length = len(ast.unparse(old))
        for new in replacements(old):
            if len(ast.unparse(new)) >= length:
                continue
            place.put(new)
            if self.still_fails():
                self.shrink(place)
                return
        place.put(old)


class Place:
    """Where an expression is in its parent."""

    def __init__(self, parent: ast.AST, name: str, index: int | None) -> None:
        self.parent, self.name, self.index = parent, name, index

    def get(self) -> ast.AST:
        value = getattr(self.parent, self.name)
        return value if self.index is None else value[self.index]

    def put(self, new: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.name, new)
        else:
            getattr(self.parent, self.name)[self.index] = new

    def remove(self) -> bool:
        """Takes an element away, where its list stands alone."""
        removable = isinstance(
            self.parent,
            ast.Call | ast.List | ast.Tuple | ast.Set | ast.JoinedStr | ast.comprehension,
        )
        if removable:
            del getattr(self.parent, self.name)[self.index]
        return removable

    def insert(self, old: ast.AST) -> None:
        getattr(self.parent, self.name).insert(self.index, old)


def is_replaceable(node: object) -> bool:
    if isinstance(node, ast.keyword):
        return True
    is_value = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
    return isinstance(node, ast.expr) and is_value


def replacements(old: ast.AST) -> Iterator[ast.AST]:
    """What an expression may give way to."""
    if isinstance(old, ast.keyword | ast.FormattedValue | ast.Starred):
        return
    yield ast.Constant(0)
    yield ast.Constant(1)
    parts = (part for part in ast.walk(old) if isinstance(part, ast.expr) and part is not old)
    wanted = [
        part
        for part in parts
        if not isinstance(part, ast.Starred | ast.Constant | ast.FormattedValue)
        and isinstance(getattr(part, "ctx", ast.Load()), ast.Load)
    ]
    yield from map(copy.deepcopy, wanted[:PARTS_MAX])


def unparsed(trees: Trees) -> Modules:
    return {
        name: ast.unparse(ast.fix_missing_locations(tree)) + "\n" for name, tree in trees.items()
    }
