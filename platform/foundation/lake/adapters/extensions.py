"""DuckDB's extensions out of their wheels: nothing is fetched, and their signatures are checked once in a process."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from foundation.quoting import literal

_checked: set[str] = set()


def instance_with(paths: Sequence[str], config: Mapping[str, str]) -> DuckDBPyConnection:
    """An instance of DuckDB with these extensions loaded, in their order.

    The check of a signature reads the whole file: 0.4 s for the lake's three. The library that a process maps first is
    the one that was checked, whatever lies in the file afterwards, so its next instances are spared the check of these,
    and of these alone: once they are loaded nothing unsigned is taken any more, and DuckDB lets nobody undo that.
    """
    known = _checked.issuperset(paths)
    unsigned = "true" if known else "false"
    instance = duckdb.connect(":memory:", config={**config, "allow_unsigned_extensions": unsigned})
    for path in paths:
        instance.execute(f"LOAD {literal(path)}")
    if known:
        instance.execute("SET GLOBAL allow_unsigned_extensions = false")
    _checked.update(paths)
    return instance


def extension(wanted: str) -> str:
    """The path of an extension."""
    spec = importlib.util.find_spec(f"duckdb_extension_{wanted}")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"duckdb-extension-{wanted.replace('_', '-')}=={duckdb.__version__} is not installed")
    home = Path(spec.submodule_search_locations[0]) / "extensions" / f"v{duckdb.__version__}"
    return str(home / f"{wanted}.duckdb_extension")
