"""In the child: the macros that the engine brings along, as the trees of what they stand for."""

from __future__ import annotations

from typing import Any

from duckdb import DuckDBPyConnection

from foundation.lake.adapters.child_statement import tree_of


class Macros:
    """What the engine's own macros stand for: their names say nothing of what is in them."""

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self._connection = connection
        self._written: dict[str, list[str]] | None = None

    def trees(self, name: str) -> list[Any]:
        """One for each way in which it can be called; none where it is no macro."""
        if self._written is None:
            self._written = {}
            rows = self._connection.execute(
                "SELECT function_name, macro_definition FROM duckdb_functions() WHERE function_type = 'macro'"
            )
            for macro, definition in rows.fetchall():
                self._written.setdefault(str(macro).lower(), []).append(str(definition))
        definitions = self._written.get(name, [])
        return [tree_of(self._connection, f"SELECT {one}")["statements"] for one in definitions]
