"""Tracebacks of exceptions that were raised in another process, or in another thread's transaction.

An exception crosses as data, without its traceback, and with the text of it. From that text frames
are made that stand where the originals stood: code that does nothing, under their file, line and
name. So the traceback in driver code goes on into entity code, and the exception itself stays as
it was raised.
"""

import ast
import re
import sys
from types import CodeType, FrameType, TracebackType
from typing import Any

_FRAME = re.compile(r'^  File "(?P<file>.+)", line (?P<line>\d+), in (?P<name>.+)$', re.MULTILINE)

# What Python prints between an exception and the one that came of it.
_LINK = re.compile(
    "\n\n(?:The above exception was the direct cause of the following exception:"
    "|During handling of the above exception, another exception occurred:)\n\n"
)


def restore(exception: BaseException, text: str) -> None:
    """Gives `exception`, and what caused it, the frames in the text of its traceback."""
    current: BaseException | None = exception
    for section in reversed(_LINK.split(text)):
        if current is None:
            return
        frames = list(_FRAME.finditer(section))
        traceback = None
        for found in reversed(frames):
            line = int(found["line"])
            frame = _frame(found["file"], line, found["name"])
            traceback = TracebackType(traceback, frame, frame.f_lasti, line)
        current.__traceback__ = traceback
        context = None if current.__suppress_context__ else current.__context__
        current = current.__cause__ or context


def _frame(file: str, line: int, name: str) -> FrameType:
    names: dict[str, Any] = {"frame": sys._getframe}  # pyright: ignore[reportPrivateUsage]
    exec(_code(file, line, name), names)
    return names["frame"]


def _code(file: str, line: int, name: str) -> CodeType:
    tree = ast.parse("frame = frame()")
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt | ast.expr):
            node.lineno = node.end_lineno = line
            # No columns, which would mark the wrong places.
            node.col_offset = node.end_col_offset = -1
    return compile(tree, file, "exec").replace(co_name=name, co_qualname=name)
