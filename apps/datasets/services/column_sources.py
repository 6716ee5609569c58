"""From which columns of its inputs each column of a query comes, as it is kept with what the query made."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from foundation import lake
from foundation.errors import Unavailable
from foundation.lake import SqlFailed, SqlRefused
from foundation.lake.ports import Lake, TableAt

log = logging.getLogger("sanad.lineage")

# {column: [[input, column of it], …]}, None where it cannot be told.
ColumnSources = dict[str, list[list[str]] | None]


def column_sources(*, tables: Lake, sql: str, inputs: Mapping[str, TableAt]) -> ColumnSources:
    """What is known of each column; empty where the query could not be read for it, which is no fault of its rows."""
    try:
        found = lake.sandbox.lineage(sql, {alias: tables.schema(at) for alias, at in inputs.items()})
    except (SqlRefused, SqlFailed, Unavailable) as error:
        log.warning("The lineage of a query could not be told: %s", error)
        return {}
    return {
        column: None if sources is None else [[alias, name] for alias, name in sources]
        for column, sources in found.items()
    }
