"""Which engine the lake runs on, and where a tenant's lake lies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from foundation.lake.adapters.duckdb_lake import DuckDBLake
from foundation.lake.place import LakePlace
from foundation.lake.ports import Lake
from foundation.lake.sandbox import files


def lake_of(tenant_id: UUID) -> Lake:
    """The tenant's lake; cheap, its connection is opened when it is first used."""
    if settings.LAKE_ENGINE != "duckdb":
        raise ImproperlyConfigured(f"LAKE_ENGINE is {settings.LAKE_ENGINE}; this version knows duckdb.")
    return DuckDBLake(place_of(tenant_id), files.parsed)


def place_of(tenant_id: UUID) -> LakePlace:
    """Where the tenant's lake lies: catalogue schema, data folder, and how to get its key."""
    key_source: Callable[[UUID, str], bytes] = import_string(settings.LAKE_KEY_SOURCE)
    home = Path(settings.SANAD_HOME)
    return LakePlace(
        database_url=settings.LAKE_DATABASE_URL,
        schema=f"lake_{tenant_id.hex}",
        data=home / "lake" / tenant_id.hex,
        spill=home / "lake" / "spill",
        memory_mb=settings.LAKE_MEMORY_MB,
        key=lambda: key_source(tenant_id, "lake"),
    )
