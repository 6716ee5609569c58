"""Tables of each tenant: encrypted, with snapshots; and a sandbox for the SQL and the files that users bring."""

from __future__ import annotations

from uuid import UUID

from foundation.lake import sandbox
from foundation.lake.errors import (
    FileRefused,
    LakeFailed,
    LakeSlow,
    LakeTooSmall,
    LakeUnavailable,
    MarkMoved,
    SqlFailed,
    SqlRefused,
    SqlTimeout,
    TableExists,
    TableMissing,
)
from foundation.lake.ports import Column, Coming, Condition, Failing, Known, Lake, Marks, Span, TableAt, UserFile

__all__ = [
    "Column",
    "Coming",
    "Condition",
    "Failing",
    "FileRefused",
    "Known",
    "Lake",
    "LakeFailed",
    "LakeSlow",
    "LakeTooSmall",
    "LakeUnavailable",
    "MarkMoved",
    "Marks",
    "Span",
    "SqlFailed",
    "SqlRefused",
    "SqlTimeout",
    "TableAt",
    "TableExists",
    "TableMissing",
    "UserFile",
    "destroy",
    "for_tenant",
    "is_pattern",
    "sandbox",
]


def destroy(tenant_id: UUID) -> None:
    """Remove a deleted tenant's catalogue and every file of its tables, also where that broke off."""
    from foundation.lake.engines import destroy_lake

    destroy_lake(tenant_id)


def for_tenant(tenant_id: UUID) -> Lake:
    """The tenant's lake on the engine that LAKE_ENGINE names."""
    # The sandbox's children import this package too, and must stay without engine, settings and Django.
    from foundation.lake.engines import lake_of

    return lake_of(tenant_id)


def is_pattern(text: str) -> bool:
    """Whether the lake's engine takes the text for a regular expression (RE2)."""
    from foundation.lake.adapters.patterns import is_pattern as known

    return known(text)
