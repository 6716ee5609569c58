"""DuckDB's extensions out of their wheels: nothing is fetched, and DuckDB checks the signature of each."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import duckdb


def extension(wanted: str) -> str:
    """The path of an extension."""
    spec = importlib.util.find_spec(f"duckdb_extension_{wanted}")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"duckdb-extension-{wanted.replace('_', '-')}=={duckdb.__version__} is not installed")
    home = Path(spec.submodule_search_locations[0]) / "extensions" / f"v{duckdb.__version__}"
    return str(home / f"{wanted}.duckdb_extension")
