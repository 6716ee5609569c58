"""From text to a tree: one expression, however many lines it is written on, and no larger than anybody means."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from runtime.expressions.faults import ExpressionFault

MAX_SIGNS, MAX_NODES, MAX_DEPTH = 2_000, 300, 40
# Of a node the first sign, and the one behind its last.
Place = Callable[[Any], tuple[int, int]]


def parsed(text: str) -> tuple[ast.expr, Place]:
    """The tree of one expression, and where in the text each of its nodes stands; ExpressionFault where it is none."""
    if len(text) > MAX_SIGNS:
        raise ExpressionFault("long", MAX_SIGNS, len(text), most=MAX_SIGNS)
    whole = _on_one_line(text)
    line = whole.strip()
    if not line:
        raise ExpressionFault("empty")
    margin = len(whole) - len(whole.lstrip())
    try:
        tree = ast.parse(line, mode="eval").body
    except SyntaxError as error:
        # At the end of the text the parser says no place.
        at = margin + (error.offset - 1 if error.offset else len(line))
        raise ExpressionFault("syntax", min(at, len(text)), min(at + 1, len(text))) from error
    except ValueError as error:
        # A sign of no value to anybody: nought, or half of a pair.
        raise ExpressionFault("syntax", 0, len(text)) from error
    except (RecursionError, MemoryError) as error:
        raise ExpressionFault("large", 0, len(text), most=MAX_NODES) from error
    _check_size(tree, len(text))
    signs = line.encode()

    def place(node: Any) -> tuple[int, int]:
        # The parser counts bytes.
        ends = (len(signs[: node.col_offset].decode()), len(signs[: node.end_col_offset].decode()))
        return margin + ends[0], margin + ends[1]

    return tree, place


def _on_one_line(text: str) -> str:
    """The same signs in the same places on one line; comments are blank, or they would hide what follows."""
    signs, quote, comment, escaped = list(text), "", False, False
    for at, sign in enumerate(text):
        if sign in "\r\n":
            comment = escaped = False
        if sign in "\r\n\t\f" or comment:
            signs[at] = " "
        elif escaped:
            escaped = False
        elif quote:
            escaped = sign == "\\"
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign == "#":
            comment, signs[at] = True, " "
    return "".join(signs)


def _check_size(tree: ast.expr, end: int) -> None:
    level: list[ast.AST] = [tree]
    nodes = 0
    for _depth in range(MAX_DEPTH):
        nodes += len(level)
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            break
    # Every name and operator is a node of its own beside the one that people see.
    if level or nodes > MAX_NODES * 2:
        raise ExpressionFault("large", 0, end, most=MAX_NODES)
