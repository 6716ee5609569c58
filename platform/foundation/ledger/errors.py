"""What can go wrong with the ledger, in words."""

from __future__ import annotations

from foundation.errors import Conflict, PortalError


class LedgerMisuse(RuntimeError):
    """A programming error: the caller broke a rule of the ledger, and nothing was written."""


class ChainBroken(PortalError):
    """The chain in the database is not what it was; nothing is added to it until a person has looked."""

    status, slug = 500, "ledger-broken"


class AnchorConflict(Conflict):
    """An anchor already says something else than what is to be delivered to it."""

    slug = "anchor-conflict"


class KeyRefused(PortalError):
    """The signing key is missing, unreadable or readable by others."""

    slug = "ledger-key"
