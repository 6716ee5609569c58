"""The port of the lake: immutable snapshots of a tenant's tables, written and read as Arrow."""

from foundation.lake.ports.lake import FileParser, Lake
from foundation.lake.ports.parts import (
    Column,
    Condition,
    FileFormat,
    Known,
    LakeFile,
    Marks,
    Mode,
    Operator,
    Span,
    TableAt,
    UserFile,
)

__all__ = [
    "Column",
    "Condition",
    "FileFormat",
    "FileParser",
    "Known",
    "Lake",
    "LakeFile",
    "Marks",
    "Mode",
    "Operator",
    "Span",
    "TableAt",
    "UserFile",
]
