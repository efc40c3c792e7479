"""Full garbage collections of a server visit what is new, and still find every cycle."""

import subprocess
import sys

PRELUDE = """
import gc, weakref
from anabranch import _garbage
_garbage.collect_in_small_steps()
class Node: pass
visited = []
def observe(phase, info):
    if phase == "start" and info["generation"] == 2:
        visited.append(len(gc.get_objects()))
gc.callbacks.append(observe)
"""


def run(program: str) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", PRELUDE + program], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr


def test_what_is_kept_is_not_visited_again_and_again() -> None:
    # `gc.get_objects` leaves out what is frozen.
    run("""
kept = [[number] for number in range(1_200_000)]
assert len(visited) >= 8, visited
thorough = [count for count in visited if count > 200_000]
assert len(thorough) <= 3, visited
""")


def test_cycles_that_become_garbage_after_they_were_set_apart_are_found() -> None:
    run("""
nodes = []
for _ in range(100_000):
    node = Node()
    node.itself = node
    nodes.append(node)
gone = weakref.ref(nodes[0])
visited.clear()
filling = []
while not visited:
    filling.append([])
del nodes, node, filling
for _ in range(20):
    filling = [[] for _ in range(200_000)]
    if gone() is None:
        break
assert gone() is None
""")
