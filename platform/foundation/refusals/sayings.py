"""What was asked for when somebody was refused, in words of the machine alone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

REFUSED_WITH = frozenset({401, 403, 404})
# A question is no refusal (prove once more who you are, set up a second factor), nor is a house that is closed to all.
NOT_REFUSALS = frozenset({"step-up-required", "second-factor-required", "tenant-suspended", "no-such-route"})
_VARIABLE = re.compile(r"<(?:\w+:)?(\w+)>")
# A word of the ledger begins with a letter or a digit.
_NO_BEGINNING = "-^$/_.:+="
_REST = re.compile(r"[^A-Za-z0-9_.:/+=-]+")


class Reason(TextChoices):
    """Why, as the problem documentation spells it; the ledger may hold other words of it."""

    ACCESS_DENIED = "access-denied", _("no right to it")
    NOT_FOUND = "not-found", _("no such thing that is theirs to see")
    UNAUTHENTICATED = "unauthenticated", _("not signed in")
    TOKEN_EXPIRED = "token-expired", _("an expired token")
    TOKEN_REVOKED = "token-revoked", _("a revoked token")
    INVITATION_ACCEPTED = "invitation-accepted", _("an invitation that was used already")
    INVITATION_WITHDRAWN = "invitation-withdrawn", _("an invitation that was withdrawn")
    INVITATION_EXPIRED = "invitation-expired", _("an invitation that is too old")
    PASSWORD_LINK_VOID = "password-link-void", _("a link for a new password that is used or too old")
    CONFLICT = "conflict", _("what would leave the tenant without an administrator")
    NO_SUCH_ROUTE = "no-such-route", _("an address with dots or coded slashes")
    SQL_REFUSED = "sql-refused", _("SQL that reaches outside its inputs")
    INVALID = "invalid", _("something outside the project")


@dataclass(frozen=True)
class Asked:
    """`route` is a template, never the address that was typed; `ids` the SHA-256 of the ids in it, or empty."""

    route: str
    method: str
    status: int
    reason: str
    ids: str = ""

    @classmethod
    def at(cls, template: str, *, method: str, status: int, reason: str, ids: Mapping[str, Any] | None = None) -> Asked:
        """Of an address of the URL map: `t/<slug:tenant>/data/<uuid:pk>/` becomes `t/:tenant/data/:pk/`."""
        word = _REST.sub("-", _VARIABLE.sub(r":\1", template)).lstrip(_NO_BEGINNING).rstrip("-^$/")[:200]
        return cls(word or "root", _REST.sub("", method)[:16], status, reason, _digest(ids or {}))


def is_recorded(status: int, reason: str) -> bool:
    """Whether an answer of this status, given for this reason, refuses somebody something."""
    return status in REFUSED_WITH and reason not in NOT_REFUSALS


def _digest(variables: Mapping[str, Any]) -> str:
    """Ids alone: a name or a path could be somebody's."""
    ids = sorted(f"{name}={value}" for name, value in variables.items() if isinstance(value, UUID))
    return hashlib.sha256("\n".join(ids).encode()).hexdigest() if ids else ""
