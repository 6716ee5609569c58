"""What can go wrong with stored objects and keys, in words."""

from __future__ import annotations

from foundation.errors import NotFound, PortalError


class ObjectMissing(NotFound):
    """There is no object under this key."""


class ObjectDamaged(PortalError):
    """What lies in the store is not what was put there: changed, cut, swapped or sealed for somebody else."""

    slug = "object-damaged"


class KeyUnusable(PortalError):
    """A tenant's key cannot be opened with the portal's secret key."""

    slug = "key-unusable"
