"""Which engine the lake runs on, and where a tenant's lake lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from foundation import storage
from foundation.lake.adapters import catalogue
from foundation.lake.adapters.duckdb_lake import DuckDBLake
from foundation.lake.place import LakePlace
from foundation.lake.ports import Lake
from foundation.lake.sandbox import files


def lake_of(tenant_id: UUID) -> Lake:
    """The tenant's lake; cheap, its connection is opened when it is first used."""
    if settings.LAKE_ENGINE != "duckdb":
        raise ImproperlyConfigured(f"LAKE_ENGINE is {settings.LAKE_ENGINE}; this version knows duckdb.")
    return DuckDBLake(place_of(tenant_id), files.parsed)


def destroy_lake(tenant_id: UUID) -> None:
    """Nothing is left of the tenant's lake."""
    catalogue.destroy(place_of(tenant_id))


def place_of(tenant_id: UUID) -> LakePlace:
    """Where the tenant's lake lies: catalogue schema, data folder, and how to get its keys."""
    keys_of: Callable[[UUID], Mapping[int, bytes]] = import_string(settings.LAKE_KEYS)
    home = Path(settings.SANAD_HOME)
    return LakePlace(
        database_url=settings.LAKE_DATABASE_URL,
        schema=f"lake_{tenant_id.hex}",
        data=home / "lake" / tenant_id.hex,
        spill=home / "lake" / "spill",
        memory_mb=settings.LAKE_MEMORY_MB,
        keys=lambda: keys_of(tenant_id),
        first_key=lambda: storage.tenant_data_key(tenant_id, "lake"),
    )
