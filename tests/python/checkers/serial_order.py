"""Is there one order of all operations, one after another, that explains what each of them saw?

And does it agree with time: what ended before another began comes before it? That is strict
serializability; it has as special cases that a value once told never goes back, before a crash or
after it, and that no update is lost.

The method is that of Adya, as in Elle: a graph with an edge from one operation to another that must
come later, because

- *made*: the second saw or replaced a version that the first made;
- *missed*: the first saw a version that the second replaced;
- *time*: the first ended before the second began.

All versions of an object have a known order, so the edges are exact: there is an order if and only
if the graph has no cycle. Time needs no edge for each pair: the operations hang on a chain of
moments.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from itertools import pairwise

from checkers.history import Operation, Version

LINES_MAX = 20
"""How many violations are worth a line."""


def violations(operations: Iterable[Operation], first: Mapping[str, Version]) -> list[str]:
    """What cannot be. `first` are the versions from before the first operation."""
    listed = list(operations)
    found: list[str] = []
    makers = _makers(listed, found)
    _check_sources(listed, first, makers, found)
    if found:
        return found[:LINES_MAX]
    graph = _graph(listed, first, makers)
    cycle = find_cycle(graph.edges)
    return [] if cycle is None else [graph.describe(cycle)]


Makers = dict[str, dict[Version, int]]
"""Which operation made which version of which object."""


def _makers(operations: list[Operation], found: list[str]) -> Makers:
    makers: Makers = {}
    for index, operation in enumerate(operations):
        for item, version in operation.made.items():
            versions = makers.setdefault(item, {})
            if version in versions:
                other = operations[versions[version]].name
                found.append(f"{other} and {operation.name} both made {item} {version}")
            versions[version] = index
            if item not in operation.seen or operation.seen[item] >= version:
                found.append(f"{operation.name} made {item} {version} of nothing before it")
    return makers


def _check_sources(
    operations: list[Operation], first: Mapping[str, Version], makers: Makers, found: list[str]
) -> None:
    for operation in operations:
        for item, version in operation.seen.items():
            start = first.get(item)
            if start is None:
                found.append(f"{operation.name} saw {item}, of which nothing is known")
            elif version < start:
                found.append(f"{operation.name} saw {item} {version}: it went back from {start}")
            elif version != start and version not in makers.get(item, {}):
                found.append(f"{operation.name} saw {item} {version}, which nobody made")


class _Graph:
    """Nodes below the number of operations are operations, the others moments."""

    def __init__(self, operations: list[Operation]) -> None:
        self.operations = operations
        self.edges: list[list[int]] = [[] for _ in operations]
        self.reasons: dict[tuple[int, int], str] = {}

    def add(self, one: int, other: int, reason: str) -> None:
        if one != other:
            self.edges[one].append(other)
            self.reasons.setdefault((one, other), reason)

    def add_node(self) -> int:
        self.edges.append([])
        return len(self.edges) - 1

    def describe(self, cycle: list[int]) -> str:
        """The cycle in words, without its moments."""
        count = len(self.operations)
        start = next(place for place, node in enumerate(cycle) if node < count)
        turned = [*cycle[start:], *cycle[:start], cycle[start]]
        words = [self.operations[turned[0]].name]
        for one, other in pairwise(turned):
            if other < count:
                reason = self.reasons[one, other] if one < count else "ended before it:"
                words.append(f"-- {reason} {self.operations[other].name}")
        return "no order explains: " + " ".join(words)


def _graph(operations: list[Operation], first: Mapping[str, Version], makers: Makers) -> _Graph:
    graph = _Graph(operations)
    followers: dict[str, dict[Version, Version]] = {}
    for item, versions in makers.items():
        order = sorted({first[item], *versions})
        followers[item] = dict(pairwise(order))
        for version, later in followers[item].items():
            if version in versions:
                graph.add(versions[version], versions[later], f"made {item} {version}, replaced by")
    for index, operation in enumerate(operations):
        for item, version in operation.seen.items():
            versions = makers.get(item, {})
            if version in versions:
                graph.add(versions[version], index, f"made {item} {version}, seen by")
            later = followers.get(item, {}).get(version)
            if later is not None:
                graph.add(index, versions[later], f"missed {item} {later}, made by")
    _add_time(graph)
    return graph


def _add_time(graph: _Graph) -> None:
    # At the same moment nothing is before: beginnings come first.
    moments = sorted(
        [(operation.begun, 0, index) for index, operation in enumerate(graph.operations)]
        + [(operation.ended, 1, index) for index, operation in enumerate(graph.operations)]
    )
    last: int | None = None
    for _, is_end, index in moments:
        if is_end:
            moment = graph.add_node()
            graph.edges[index].append(moment)
            if last is not None:
                graph.edges[last].append(moment)
            last = moment
        elif last is not None:
            graph.edges[last].append(index)


def find_cycle(edges: list[list[int]]) -> list[int] | None:
    """A shortest cycle through some node on a cycle, or `None` if the graph has none."""
    missing = [0] * len(edges)
    for targets in edges:
        for target in targets:
            missing[target] += 1
    # What has nothing before it, again and again, is on no cycle.
    free = [node for node, count in enumerate(missing) if count == 0]
    for node in free:
        for target in edges[node]:
            missing[target] -= 1
            if missing[target] == 0:
                free.append(target)
    if len(free) == len(edges):
        return None
    left = {node for node, count in enumerate(missing) if count > 0}
    for start in left:
        cycle = _shortest_cycle(edges, start, left)
        if cycle is not None:
            return cycle
    raise AssertionError("what is left has a cycle")


def _shortest_cycle(edges: list[list[int]], start: int, nodes: set[int]) -> list[int] | None:
    before: dict[int, int] = {}
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        for target in edges[node]:
            if target == start:
                cycle = [node]
                while cycle[-1] != start:
                    cycle.append(before[cycle[-1]])
                return cycle[::-1]
            if target in nodes and target not in before:
                before[target] = node
                waiting.append(target)
    return None
