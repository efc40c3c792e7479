"""Tracebacks of exceptions that were raised in another process, or in another thread's transaction.

An exception crosses as data, without its traceback, and with the text of it. From that text frames
are made that stand where the originals stood: code that does nothing, under their file, line and
name. So the traceback in driver code goes on into entity code, and the exception itself stays as
it was raised.
"""

import ast
import functools
import linecache
import opcode
import re
import sys
from types import CodeType, FrameType, TracebackType
from typing import Any

_FRAME = re.compile(
    r'^  File "(?P<file>.+)", line (?P<line>\d+), in (?P<name>.+)$'
    r"(?:\n    (?P<source>\S.*)(?:\n    (?P<marks> *[~^]+ *[~^]*))?$)?",
    re.MULTILINE,
)

# What Python prints between an exception and the one that came of it.
_LINK = re.compile(
    "\n\n(?:The above exception was the direct cause of the following exception:"
    "|During handling of the above exception, another exception occurred:)\n\n"
)

# File, line, name, and the columns that Python marks, in bytes, if they are known.
Place = tuple[str, int, str, tuple[int, int] | None]


def restore(exception: BaseException, text: str) -> None:
    """Gives `exception`, and what caused it, the frames in the text of its traceback."""
    current: BaseException | None = exception
    for section in reversed(_LINK.split(text)):
        if current is None:
            return
        current.__traceback__ = rebuild([_place(found) for found in _FRAME.finditer(section)])
        context = None if current.__suppress_context__ else current.__context__
        current = current.__cause__ or context


def describe(traceback: TracebackType | None) -> list[Place]:
    """Where the frames of a traceback stand, outermost first."""
    places: list[Place] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        positions = list(code.co_positions())[traceback.tb_lasti // 2]
        line, end_line, column, end_column = positions
        columns = None
        if (
            line == end_line == traceback.tb_lineno
            and column is not None
            and end_column is not None
        ):
            columns = (column, end_column)
        places.append((code.co_filename, traceback.tb_lineno, code.co_name, columns))
        traceback = traceback.tb_next
    return places


def correct(exception: BaseException) -> None:
    """Lets the tracebacks of unbound variables, and of what led to them, name their own line.

    Python 3.11 names that of the instruction before it once a function has run a few times, so that
    the same mistake would look different from one execution to the next.
    """
    seen: set[int] = set()
    todo: list[BaseException | None] = [exception]
    while todo:
        current = todo.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        todo += [current.__cause__, current.__context__]
        if type(current) is UnboundLocalError:
            _correct_one(current)


def _correct_one(error: UnboundLocalError) -> None:
    before, last = None, error.__traceback__
    while last is not None and last.tb_next is not None:
        before, last = last, last.tb_next
    if last is None:
        return
    code, at = last.tb_frame.f_code, last.tb_lasti
    if _loads(code, at, str(error)) or not _loads(code, at + 2, str(error)):
        return
    line = list(code.co_positions())[at // 2 + 1][0]
    corrected = TracebackType(None, last.tb_frame, at + 2, line or last.tb_lineno)
    if before is None:
        error.__traceback__ = corrected
    else:
        before.tb_next = corrected


def _loads(code: CodeType, offset: int, message: str) -> bool:
    """Whether the instruction there loads the variable that the message is about."""
    instructions = code.co_code
    if offset + 1 >= len(instructions) or instructions[offset] != opcode.opmap["LOAD_FAST"]:
        return False
    index = instructions[offset + 1]
    names = code.co_varnames
    return index < len(names) and f"local variable '{names[index]}'" in message


def rebuild(places: list[Place]) -> TracebackType | None:
    """A traceback with frames in these places."""
    traceback = None
    for file, line, name, columns in reversed(places):
        frame, instruction = _frame(file, line, name, columns)
        traceback = TracebackType(traceback, frame, instruction, line)
    return traceback


def _place(found: re.Match[str]) -> Place:
    file, line, marks = found["file"], int(found["line"]), found["marks"]
    columns = None
    if marks is not None:
        source = linecache.getline(file, line)
        indent = len(source) - len(source.lstrip())
        first = indent + len(marks) - len(marks.lstrip())
        end = indent + len(marks.rstrip())
        columns = (len(source[:first].encode()), len(source[:end].encode()))
    return file, line, found["name"], columns


# Frames may be in several tracebacks; those of a recursion are many times the same.
@functools.lru_cache(maxsize=1024)
def _frame(
    file: str, line: int, name: str, columns: tuple[int, int] | None
) -> tuple[FrameType, int]:
    code = _code(file, line, name, columns)
    names: dict[str, Any] = {"frame": sys._getframe}  # pyright: ignore[reportPrivateUsage]
    exec(code, names)
    frame = names["frame"]
    wanted = columns or (None, None)
    for index, position in enumerate(code.co_positions()):
        if (position[0], *position[2:]) == (line, *wanted):
            return frame, index * 2
    return frame, frame.f_lasti


def _code(file: str, line: int, name: str, columns: tuple[int, int] | None) -> CodeType:
    tree = ast.parse("frame = frame()")
    # Without known columns none are given, so that no wrong places are marked.
    first, end = columns or (-1, -1)
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt | ast.expr):
            node.lineno = node.end_lineno = line
            node.col_offset, node.end_col_offset = first, end
    return compile(tree, file, "exec").replace(co_name=name, co_qualname=name)
