"""What can go wrong with stored objects and keys, in words."""

from __future__ import annotations

from foundation.errors import NotFound, PortalError, Unavailable
from foundation.tenancy import KeyDestroyed, KeyWithdrawn

__all__ = [
    "KeyDestroyed",
    "KeyMissing",
    "KeyStoreUnavailable",
    "KeyUnusable",
    "KeyWithdrawn",
    "ObjectDamaged",
    "ObjectMissing",
]


class ObjectMissing(NotFound):
    """There is no object under this key."""


class ObjectDamaged(PortalError):
    """What lies in the store is not what was put there: changed, cut, swapped or sealed for somebody else."""

    slug = "object-damaged"


class KeyUnusable(PortalError):
    """A tenant's key cannot be opened with the portal's secret key."""

    slug = "key-unusable"


class KeyMissing(KeyUnusable):
    """What wrapped the key is not in the key store any more: nobody can open it."""


class KeyStoreUnavailable(Unavailable):
    """Vault, the hardware module or the folder of secrets does not answer."""
