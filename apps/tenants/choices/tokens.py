"""Tokens and service accounts: what one is made for, and how it stands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from foundation.access import Permission

EVERYTHING = "*"
# The longest life of a token that a person makes for a program.
LONGEST_TOKEN_LIFE = timedelta(days=366)
MOST_NETWORKS = 50


class TokenState(TextChoices):
    LIVE = "live", _("Live")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")


class ServiceAccountState(TextChoices):
    ENABLED = "enabled", _("Enabled")
    DISABLED = "disabled", _("Disabled")

    @classmethod
    def of(cls, account: Any) -> ServiceAccountState:
        return cls.ENABLED if account.disabled_at is None else cls.DISABLED


class TokenLevel(TextChoices):
    """What a token is made for; each level stands for a set of permissions."""

    EVERYTHING = "everything", _("Everything that I may do")
    READ = "read", _("Read only")
    BUILD = "build", _("Push data, run and track experiments")
    SEND = "send", _("Send events to streams")
    INVOKE = "invoke", _("Ask deployments for predictions")
    CHOSEN = "chosen", _("Only what is ticked below")


_READ = frozenset(p for p in Permission if p.value.endswith(".view"))
_BUILD = _READ | {
    Permission.DATASET_CREATE,
    Permission.FEATURE_DEFINE,
    Permission.RUN_START,
    Permission.RUN_TRACK,
    Permission.MODEL_REGISTER,
    Permission.JOB_CANCEL,
}
LEVEL_SCOPES: dict[TokenLevel, frozenset[str]] = {
    TokenLevel.EVERYTHING: frozenset({EVERYTHING}),
    TokenLevel.READ: frozenset(p.value for p in _READ),
    TokenLevel.BUILD: frozenset(p.value for p in _BUILD),
    TokenLevel.SEND: frozenset({Permission.STREAM_PUSH.value}),
    TokenLevel.INVOKE: frozenset({Permission.DEPLOYMENT_INVOKE.value}),
}
