"""The keys that the files' keys in a tenant's catalogue are sealed under: their own, so that they can be destroyed."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from foundation import storage

PURPOSE = "lake"


def keys_of(tenant_id: UUID) -> Mapping[int, bytes]:
    """The living ones by number; the last one seals, and while something is being destroyed the one before opens."""
    return storage.purpose_keys(tenant_id, PURPOSE)
