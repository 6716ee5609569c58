"""The organisation itself: made, configured, suspended, leaving; and support that it lets in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.tenants.choices import SupportEnd
from foundation import ledger
from foundation.access import Role
from foundation.tenancy.choices import Plan


@dataclass(frozen=True, kw_only=True)
class TenantCreated(ledger.Event):
    kind = "tenant.created"
    said = _("made the tenant")
    icon = "plus"
    tenant_id: UUID
    plan: str
    zones: list[str]


@dataclass(frozen=True, kw_only=True)
class TenantChanged(ledger.Event):
    """`changed` names the fields, never their text; `zones` is where its data may lie from now on."""

    kind = "tenant.changed"
    said = _("changed what is said of the tenant")
    icon = "writing"
    tenant_id: UUID
    changed: list[str]
    zones: list[str]


@dataclass(frozen=True, kw_only=True)
class PlanChanged(ledger.Event):
    kind = "tenant.plan_changed"
    said = _("put the organisation on the plan “%(after)s”, which was “%(before)s”")
    labels: ClassVar = {"before": Plan, "after": Plan}
    icon = "building"
    tenant_id: UUID
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class TenantSuspended(ledger.Event):
    kind = "tenant.suspended"
    said = _("suspended the organisation; every door of it is closed")
    icon = "lock"
    tenant_id: UUID


@dataclass(frozen=True, kw_only=True)
class TenantResumed(ledger.Event):
    kind = "tenant.resumed"
    said = _("opened the organisation again")
    icon = "lock"
    tenant_id: UUID


@dataclass(frozen=True, kw_only=True)
class TenantExported(ledger.Event):
    kind = "tenant.exported"
    said = _("made an archive of everything that the organisation brought")
    icon = "download"
    export_id: UUID
    sha256: str
    byte_count: int


@dataclass(frozen=True, kw_only=True)
class TenantExportFetched(ledger.Event):
    kind = "tenant.export_fetched"
    said = _("fetched the archive of the organisation")
    icon = "download"
    export_id: UUID


@dataclass(frozen=True, kw_only=True)
class TenantExportErased(ledger.Event):
    """It held rows of a person who was erased, or of a project that was deleted for ever."""

    kind = "tenant.export_erased"
    said = _("destroyed an archive of the organisation with a person or project that it held")
    icon = "trash"
    export_id: UUID
    sha256: str


@dataclass(frozen=True, kw_only=True)
class LeavingAsked(ledger.Event):
    kind = "tenant.leaving"
    said = _("asked for the deletion of the organisation")
    icon = "trash"
    tenant_id: UUID
    due: datetime


@dataclass(frozen=True, kw_only=True)
class LeavingUndone(ledger.Event):
    kind = "tenant.leaving_undone"
    said = _("took the deletion of the organisation back")
    icon = "arrow-back-up"
    tenant_id: UUID


@dataclass(frozen=True, kw_only=True)
class LeavingCut(ledger.Event):
    kind = "tenant.leaving_cut"
    said = _("confirmed a second time that the organisation may be deleted at once")
    icon = "trash"
    tenant_id: UUID


@dataclass(frozen=True, kw_only=True)
class DeletionBegun(ledger.Event):
    kind = "tenant.deletion_begun"
    said = _("began to delete the organisation")
    icon = "trash"
    tenant_id: UUID


@dataclass(frozen=True, kw_only=True)
class TenantDeleted(ledger.Event):
    """The last word of a chain; it counts what was deleted. The chain itself stays, and can be verified."""

    kind = "tenant.deleted"
    said = _("deleted the organisation: %(rows)s rows, %(objects)s objects")
    icon = "trash"
    tenant_id: UUID
    rows: int
    objects: int
    tokens: int
    people: int


@dataclass(frozen=True, kw_only=True)
class SupportAsked(ledger.Event):
    """A platform operator asks to be let in; the reason stands in the row, not here."""

    kind = "support.asked"
    said = _("asked for support access as “%(level)s” for %(hours)s hours")
    labels: ClassVar = {"level": Role}
    icon = "users"
    support_grant_id: UUID
    user_id: UUID
    level: str
    hours: int


@dataclass(frozen=True, kw_only=True)
class SupportGranted(ledger.Event):
    """`asked` is false where an administrator granted it by themselves."""

    kind = "support.granted"
    said = _("let platform support in as “%(level)s” for %(hours)s hours")
    labels: ClassVar = {"level": Role}
    icon = "key"
    support_grant_id: UUID
    user_id: UUID
    level: str
    hours: int
    asked: bool
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class SupportRefused(ledger.Event):
    kind = "support.refused"
    said = _("refused support access")
    icon = "x"
    support_grant_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class SupportEnded(ledger.Event):
    """`was_open` is false where a request was withdrawn before anybody decided."""

    kind = "support.ended"
    said = _("ended support access: %(how)s")
    labels: ClassVar = {"how": SupportEnd}
    icon = "lock"
    support_grant_id: UUID
    user_id: UUID
    how: str
    was_open: bool
