from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from foundation.access import Permission, Role
from foundation.tenancy.choices import Plan

EVERYTHING = "*"
# The longest life of a token that a person makes for a program.
LONGEST_TOKEN_LIFE = timedelta(days=366)
MOST_NETWORKS = 50
# What a service account may be.
PROGRAM_ROLES = (Role.SCIENTIST, Role.AUDITOR, Role.VIEWER, Role.MEMBER)
# The most days that members are given to set up a second factor.
LONGEST_GRACE = 90
SETUP_LIVES = timedelta(days=1)
INVITATION_LIVES = timedelta(days=7)
PASSWORD_LINK_LIVES = timedelta(days=1)


# What somebody with the role is for, where one is chosen.
ROLE_SAYS: dict[Role, Any] = {
    Role.ADMIN: _("Everything: members, sign-in, keys, quotas and budgets, and all that a data scientist does."),
    Role.SCIENTIST: _("Builds: data, features, runs, models, deployments and monitors in every project."),
    Role.OFFICER: _("Decides approvals, reads, verifies and exports the ledger, and makes reports; builds nothing."),
    Role.AUDITOR: _("Reads everything with the ledger, verifies and exports it, and makes reports; decides nothing."),
    Role.VIEWER: _("Reads data, models, deployments and reports in every project, but not the ledger."),
    Role.MEMBER: _(
        "Sees no project by itself: give them a role in a project next (Project settings, People), or take them into a "
        "group that has one."
    ),
}


# The same where the role is held in one project.
ROLE_SAYS_IN_PROJECT: dict[Role, Any] = {
    Role.ADMIN: _("Everything in the project: builds, gives roles in it, erases people and destroys versions."),
    Role.SCIENTIST: _("Builds: data, features, runs, models, deployments and monitors of the project."),
    Role.OFFICER: _("Decides approvals, reads everything with the project's part of the ledger, and makes reports."),
    Role.AUDITOR: _("Reads everything with the project's part of the ledger, and makes reports; decides nothing."),
    Role.VIEWER: _("Reads data, models, deployments and reports of the project, but not the ledger."),
}


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
    TokenLevel.INVOKE: frozenset({Permission.DEPLOYMENT_INVOKE.value}),
}


class SignInMethod(TextChoices):
    """With what somebody began a session."""

    PASSWORD = "password", _("Password")
    PASSKEY = "passkey", _("Passkey")
    SSO = "sso", _("Single sign-on")


class FactorKind(TextChoices):
    """What shows, beside the password, who one is; the words are allauth's."""

    APP = "totp", _("Authenticator app")
    PASSKEY = "webauthn", _("Passkey")
    RECOVERY = "recovery_codes", _("Recovery codes")


class Notice(TextChoices):
    """What a person is told of their own account: by mail, and at their next sign-in where somebody else did it."""

    FACTOR_ADDED = "factor_added", _("A second factor was added to your account")
    FACTOR_REMOVED = "factor_removed", _("A second factor was removed from your account")
    RECOVERY_RENEWED = "recovery_renewed", _("New recovery codes were made for your account")
    RECOVERY_USED = "recovery_used", _("A recovery code of your account was used")
    PASSWORD_CHANGED = "password_changed", _("The password of your account was changed")
    PASSWORD_LINK = "password_link", _("An administrator made a link for a new password of your account")
    PASSWORD_SET = "password_set", _("A new password was set for your account by a link")
    LOCKED = "locked", _("Too many sign-ins with your address failed, so for a while no more of them were heard")


class InvitationState(TextChoices):
    OPEN = "open", _("Waiting")
    ACCEPTED = "accepted", _("Accepted")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")


class HolderKind(TextChoices):
    """Who may hold a role in a project."""

    USER = "user", _("Person")
    GROUP = "group", _("Group")
    SERVICE_ACCOUNT = "service_account", _("Service account")


@dataclass(frozen=True)
class ResourceClass:
    """What a run or a replica may use of a machine; prices and quotas go by it."""

    name: str
    label: object
    cpus: float
    memory_mb: int
    gpus: int = 0


RESOURCE_CLASSES = {
    found.name: found
    for found in (
        ResourceClass("small", _("Small: 1 CPU, 2 GB"), 1, 2048),
        ResourceClass("medium", _("Medium: 2 CPUs, 6 GB"), 2, 6144),
        ResourceClass("large", _("Large: 4 CPUs, 16 GB"), 4, 16384),
        ResourceClass("gpu", _("GPU: 4 CPUs, 16 GB, 1 GPU"), 4, 16384, gpus=1),
    )
}
CURRENCY = "AED"


class UsageKind(TextChoices):
    """What is metered; `compute_seconds` goes by the clock and carries the price of its resource class."""

    COMPUTE = "compute_seconds", _("Compute, seconds of the class")
    CPU = "cpu_seconds", _("CPU seconds")
    MEMORY = "memory_mb_seconds", _("Memory, MB seconds")
    GPU = "gpu_seconds", _("GPU seconds")
    STORAGE = "storage_byte_hours", _("Storage, byte hours")
    REQUESTS = "requests", _("Answered requests")


class ThingKind(TextChoices):
    """For what usage is counted."""

    RUN = "run", _("Run")
    DEPLOYMENT = "deployment", _("Deployment")
    DATASET = "dataset", _("Dataset")
    MODEL = "model", _("Model")
    FILES = "files", _("Files that MLflow's client logged")
    FEATURE_VIEW = "feature_view", _("Feature view")
    TRAINING_SET = "training_set", _("Training set")
    REPORT = "report", _("Report")
    ARCHIVE = "archive", _("Archive of the organisation")


# What a tenant of the plan may use at a time until somebody sets other quotas; the operator lays them with the plan.
PLAN_QUOTAS: dict[Plan, dict[str, int]] = {
    Plan.SMB: {
        "cpus": 16,
        "memory_mb": 65_536,
        "gpus": 1,
        "concurrent_runs": 4,
        "storage_bytes": 500 * 10**9,
        "requests_per_second": 200,
    },
    Plan.ENTERPRISE: {},
}
# A month of storage is 730 hours, a twelfth of a year of 8760.
GIB_MONTH = 730 * 2**30
# How many of a kind its price is for; what is not here has no price of its own.
PRICED_PER: dict[UsageKind, int] = {UsageKind.COMPUTE: 3600, UsageKind.STORAGE: GIB_MONTH, UsageKind.REQUESTS: 1000}
STORAGE_ITEM, REQUESTS_ITEM = "storage", "requests"
# What has a price, with the words of its unit.
PRICE_ITEMS: dict[str, tuple[object, object]] = {
    **{name: (found.label, _("an hour")) for name, found in RESOURCE_CLASSES.items()},
    STORAGE_ITEM: (_("Storage"), _("a GiB and month")),
    REQUESTS_ITEM: (_("Answered requests"), _("a thousand")),
}
# The same as choices: what the ledger says of a price in words.
PriceItem = TextChoices(  # type: ignore[call-overload]  # the stubs know no choices that are made by a call
    "PriceItem", [(item.upper(), (item, words[0])) for item, words in PRICE_ITEMS.items()]
)
# Shares of a budget's soft limit at which administrators are told, once each a month.
NOTICE_AT = (50, 80, 100)


class UsageBy(TextChoices):
    """What sums of usage are told apart by."""

    PROJECT = "project", _("Project")
    PERSON = "person", _("Person")
    MODEL = "model", _("Model")


# The most hours for which a tenant lets a platform operator in.
LONGEST_SUPPORT = 72


class SupportState(TextChoices):
    """How a support access stands."""

    WAITING = "waiting", _("Waiting for the organisation")
    OPEN = "open", _("Open")
    REFUSED = "refused", _("Refused")
    ENDED = "ended", _("Ended")

    @classmethod
    def of(cls, grant: Any, now: datetime) -> SupportState:
        if grant.refused_at is not None:
            return cls.REFUSED
        if grant.ended_at is not None or (grant.ends_at is not None and grant.ends_at <= now):
            return cls.ENDED
        return cls.OPEN if grant.granted_at is not None else cls.WAITING


class SupportEnd(TextChoices):
    """By what a support access ended."""

    REVOKED = "revoked", _("taken back by the organisation")
    EXPIRED = "expired", _("its time was over")
    LEFT = "left", _("given back by the operator")


class ExportState(TextChoices):
    MAKING = "making", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    ERASED = "erased", _("Destroyed with the erasure of a person")


EXPORT_NEXT: dict[ExportState, frozenset[ExportState]] = {
    ExportState.MAKING: frozenset({ExportState.READY, ExportState.FAILED}),
    ExportState.READY: frozenset({ExportState.ERASED}),
    ExportState.FAILED: frozenset(),
    ExportState.ERASED: frozenset(),
}
# How long the archive of a tenant can be fetched.
EXPORT_KEPT = timedelta(days=7)


class WebhookState(TextChoices):
    ENABLED = "enabled", _("Enabled")
    PAUSED = "paused", _("Paused")
    DISABLED = "disabled", _("Disabled")


class WebhookTrouble(TextChoices):
    """Why the portal disabled a webhook by itself."""

    GONE = "gone", _("the receiver answered that it is gone for good (410)")
    FAILING = "failing", _("every attempt failed for a day and longer")


class DeliveryState(TextChoices):
    WAITING = "waiting", _("To be sent")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")


WEBHOOK_NEXT: dict[WebhookState, frozenset[WebhookState]] = {
    WebhookState.ENABLED: frozenset({WebhookState.PAUSED, WebhookState.DISABLED}),
    WebhookState.PAUSED: frozenset({WebhookState.ENABLED}),
    WebhookState.DISABLED: frozenset({WebhookState.ENABLED}),
}
# Back to waiting: somebody asked for it again.
DELIVERY_NEXT: dict[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.WAITING: frozenset({DeliveryState.DELIVERED, DeliveryState.FAILED}),
    DeliveryState.DELIVERED: frozenset({DeliveryState.WAITING}),
    DeliveryState.FAILED: frozenset({DeliveryState.WAITING}),
}
MOST_WEBHOOKS = 20
# So long rests what was to be sent when somebody cancelled its sending.
SENDING_RESTS = timedelta(hours=1)
SECRET_OVERLAP = timedelta(hours=24)
DELIVERIES_KEPT = timedelta(days=30)
