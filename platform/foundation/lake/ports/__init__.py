"""The port of the lake: immutable snapshots of a tenant's tables, written and read as Arrow."""

from foundation.lake.ports.lake import FileParser, Lake
from foundation.lake.ports.parts import (
    Ahead,
    Column,
    Coming,
    Condition,
    Failing,
    FileFormat,
    Inspected,
    Known,
    LakeFile,
    Marks,
    Mode,
    Operator,
    Span,
    TableAt,
    Unsteady,
    UserFile,
)

__all__ = [
    "Ahead",
    "Column",
    "Coming",
    "Condition",
    "Failing",
    "FileFormat",
    "FileParser",
    "Inspected",
    "Known",
    "Lake",
    "LakeFile",
    "Marks",
    "Mode",
    "Operator",
    "Span",
    "TableAt",
    "Unsteady",
    "UserFile",
]
