"""A few random programs. `python -m tests.python.random_programs` runs as many as one likes."""

import ast

import pytest
from random_programs.compare import outcome
from random_programs.generate import program
from random_programs.minimise import minimised

METHODS = 30


@pytest.mark.parametrize("number", range(10))
def test_no_difference(number: int) -> None:
    text = program(f"test.{number}", METHODS)
    found = outcome(text, "local")
    assert found.is_valid(), found.plain.stderr
    assert found.is_same(), found.report()


def test_the_same_seed_gives_the_same_program() -> None:
    assert program("seed", METHODS) == program("seed", METHODS)
    assert program("seed", METHODS) != program("other", METHODS)


def test_programs_have_remote_calls_in_every_position() -> None:
    """What the generator is for: it would be of no use without them."""
    trees = [ast.parse(program(f"positions.{number}", METHODS)) for number in range(10)]
    parents = {
        type(parent).__name__
        for tree in trees
        for parent in ast.walk(tree)
        for child in ast.iter_child_nodes(parent)
        if isinstance(child, ast.Call)
        and isinstance(child.func, ast.Attribute)
        and child.func.attr == "say"
    }
    assert parents >= {
        *("BinOp", "BoolOp", "Call", "Compare", "Dict", "DictComp", "FormattedValue", "IfExp"),
        *("List", "ListComp", "NamedExpr", "SetComp", "Starred", "Subscript", "UnaryOp"),
        *("Assign", "Attribute", "AugAssign", "Expr", "For", "If", "Match", "Return"),
        *("comprehension", "keyword"),
    }


def test_a_failing_program_is_made_small() -> None:
    text = (
        "def main():\n    for x in range(3):\n        print(1)\n        print(x + 2 * len('abc'))\n"
    )
    small = minimised(text, lambda text: "len" in text)
    assert small.split() == ["def", "main():", "len"], small
