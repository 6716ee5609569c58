"""Encrypted objects of each tenant, and the keys everything else of the tenant is sealed with."""

from foundation.storage import sealing
from foundation.storage.errors import ObjectDamaged, ObjectMissing
from foundation.storage.objects import delete, exists, list, open, put, read, size
from foundation.storage.ports import StoredObject
from foundation.storage.scratching import scratch, sweep_scratch
from foundation.storage.sealing import has_purpose_key, purpose_key, purpose_keys, tenant_data_key

__all__ = [
    "ObjectDamaged",
    "ObjectMissing",
    "StoredObject",
    "delete",
    "exists",
    "has_purpose_key",
    "list",
    "open",
    "purpose_key",
    "purpose_keys",
    "put",
    "read",
    "scratch",
    "sealing",
    "size",
    "sweep_scratch",
    "tenant_data_key",
]
