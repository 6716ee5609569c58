"""The picture of lineage: what was made from what, across apps, from any thing in both directions."""

from foundation.web.lineage.columns import Path, path_of
from foundation.web.lineage.drawing import DEEPEST, Edge, Graph, Node, graph_of
from foundation.web.lineage.layout import Placed, place
from foundation.web.lineage.things import (
    ColumnReference,
    Reference,
    Thing,
    Walked,
    Whole,
    register,
    register_above,
    register_whole,
    used,
    walk,
)

__all__ = [
    "DEEPEST",
    "ColumnReference",
    "Edge",
    "Graph",
    "Node",
    "Path",
    "Placed",
    "Reference",
    "Thing",
    "Walked",
    "Whole",
    "graph_of",
    "path_of",
    "place",
    "register",
    "register_above",
    "register_whole",
    "used",
    "walk",
]
