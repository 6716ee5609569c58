"""Quotas: what is allowed at one time, what is held of it, and the sentence where it is not enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from apps.tenants.choices import ResourceClass
from apps.tenants.models import Quota
from apps.tenants.selectors.held import Held, held_of, stored, stored_of
from apps.tenants.selectors.owning import name_of, seen_by
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.words import kept as _
from foundation.words import kept_in_turn

# What a start asks of a quota, with the words of the field; the last two are not asked at a start.
FIELDS: dict[str, object] = {
    "cpus": gettext_lazy("CPUs"),
    "memory_mb": gettext_lazy("memory in MB"),
    "gpus": gettext_lazy("GPUs"),
    "concurrent_runs": gettext_lazy("runs at a time"),
    "storage_bytes": gettext_lazy("bytes of storage"),
    "requests_per_second": gettext_lazy("requests a second"),
}
_AT_START = ("cpus", "memory_mb", "gpus", "concurrent_runs")


@dataclass(frozen=True)
class Part:
    """One field of a quota: the most, and what is used of it now (None where it is not kept: requests a second)."""

    field: str
    label: object
    most: Decimal | None
    used: Decimal | None

    @property
    def left(self) -> Decimal | None:
        return None if self.most is None or self.used is None else max(Decimal(0), self.most - self.used)


@dataclass(frozen=True)
class QuotaState:
    """The quota of the tenant (no project) or of a project, with what is used of it."""

    id: UUID | None
    project_id: UUID | None
    name: str
    parts: list[Part]


def limits_of(quota: Quota) -> dict[str, Decimal | int | None]:
    """What the quota allows, by field."""
    return {field: getattr(quota, field) for field in FIELDS}


def quotas(*, actor: Actor) -> list[QuotaState]:
    """The tenant's, for whoever sees its whole usage, and those of the actor's projects."""
    access.require_somewhere(actor, Permission.USAGE_VIEW)
    return _seen(actor, Quota.objects.filter(tenant_id=actor.tenant_id))


def quota_state(*, actor: Actor, quota_id: UUID) -> QuotaState:
    """One of those that the actor sees."""
    access.require_somewhere(actor, Permission.USAGE_VIEW)
    found = _seen(actor, Quota.objects.filter(tenant_id=actor.tenant_id, pk=quota_id))
    if not found:
        raise NotFound(_("There is no such quota in this tenant."))
    return found[0]


def _seen(actor: Actor, rows: QuerySet[Quota]) -> list[QuotaState]:
    seen, names = seen_by(actor, rows)
    if not seen:
        return []
    held, kept = held_of(actor.tenant_id), stored_of(actor.tenant_id)
    return [QuotaState(row.pk, row.project_id, name_of(row.project_id, names), _parts(row, held, kept)) for row in seen]


def get_quota(*, actor: Actor, quota_id: UUID) -> Quota:
    access.require(actor, Permission.TENANT_MANAGE)
    found = Quota.objects.filter(tenant_id=actor.tenant_id, pk=quota_id).first()
    if found is None:
        raise NotFound(_("There is no such quota in this tenant."))
    return found


def quotas_over(*, tenant_id: UUID, project_id: UUID | None) -> QuerySet[Quota]:
    """The tenant's and the project's: both have to have room. Over what is of no project, the tenant's alone."""
    mine = Quota.objects.filter(tenant_id=tenant_id).filter(Q(project_id=None) | Q(project_id=project_id))
    return mine.order_by("project_id")


def room(*, tenant_id: UUID, project_id: UUID, whole: bool) -> list[Part]:
    """For each limit at a start, the quota with the least left: what an estimate shows. Of the tenant if `whole`."""
    parts: dict[str, Part] = {}
    rows, held = quotas_over(tenant_id=tenant_id, project_id=project_id), held_of(tenant_id)
    for quota in rows if whole else rows.exclude(project_id=None):
        for part in _parts(quota, held, {}):
            known = parts.get(part.field)
            if part.left is not None and (known is None or part.left < (known.left or 0)):
                parts[part.field] = part
    return [part for name, part in parts.items() if name in _AT_START]


def storage_room(*, tenant_id: UUID, project_id: UUID, whole: bool) -> tuple[Part | None, bool]:
    """The quota of storage with the least left, and whether it is the project's; of the tenant too if `whole`."""
    rows, kept = quotas_over(tenant_id=tenant_id, project_id=project_id), stored_of(tenant_id)
    found: list[tuple[Decimal, Part, bool]] = []
    for quota in rows if whole else rows.exclude(project_id=None):
        part = next(part for part in _parts(quota, {}, kept) if part.field == "storage_bytes")
        if part.left is not None:
            found.append((part.left, part, quota.project_id is not None))
    if not found:
        return None, False
    _left, part, of_project = min(found, key=lambda one: one[0])
    return part, of_project


def never_fits(*, tenant_id: UUID, project_id: UUID, size: ResourceClass, run: bool, whole: bool) -> str:
    """The sentence where a start asks for more than a whole quota; empty where it could be met at some time.

    Here and below, `whole` says whether its reader sees the whole tenant (owning.sees_whole); any other one reads that
    the tenant's quota is in the way, and no figure of it.
    """
    for quota, field, most, wants in _asked(tenant_id, project_id, size, run):
        if wants > most:
            words = {"whose": _whose(quota), "what": FIELDS[field], "most": _figure(most), "wants": _figure(wants)}
            said = _("%(whose)s allows %(most)s %(what)s in all, and this asks for %(wants)s; it could never start.")
            if _is_hidden(quota, whole):
                said = _("%(whose)s allows fewer %(what)s in all than the %(wants)s of this; it could never start.")
            return kept_in_turn([said % words, _who_may_raise()])
    return ""


def no_room(*, tenant_id: UUID, project_id: UUID, size: ResourceClass, run: bool, whole: bool) -> str:
    """The sentence where a quota is full just now; empty where there is room."""
    held = held_of(tenant_id)
    for quota, field, most, wants in _asked(tenant_id, project_id, size, run):
        used = _share(held, quota.project_id, field)
        if used + wants > most:
            words = {"whose": _whose(quota), "what": FIELDS[field], "most": _figure(most)}
            words |= {"used": _figure(used), "wants": _figure(wants)}
            said = _("%(whose)s is full: %(used)s of %(most)s %(what)s are in use, and this needs %(wants)s.")
            if _is_hidden(quota, whole):
                said = _("%(whose)s is full: of its %(what)s fewer are free than the %(wants)s that this needs.")
            then = _("It starts by itself as soon as enough has ended.")
            return f"{said % words} {then} {_who_may_raise()}"
    return ""


def no_storage(*, tenant_id: UUID, project_id: UUID | None, more: int, whole: bool, counted: int = 0) -> str:
    """The sentence where `more` bytes, of which `counted` stand in `stored` already, would not fit; else empty."""
    for quota in quotas_over(tenant_id=tenant_id, project_id=project_id):
        if quota.storage_bytes is None:
            continue
        used = stored(tenant_id=tenant_id, project_id=quota.project_id) - counted
        if used + more > quota.storage_bytes:
            words = {"whose": _whose(quota), "most": quota.storage_bytes, "used": used, "more": more}
            said = _("%(whose)s allows %(most)s bytes of storage; %(used)s are in use, and this brings %(more)s more.")
            if _is_hidden(quota, whole):
                said = _("%(whose)s has too few bytes of storage left for the %(more)s that this brings.")
            return kept_in_turn([said % words, _who_may_raise()])
    return ""


def request_limits(*, tenant_id: UUID) -> dict[UUID | None, int]:
    """Requests a second by project; under None those of the tenant together. For the gateway's table of routes."""
    rows = Quota.objects.filter(tenant_id=tenant_id).values_list("project_id", "requests_per_second")
    return {project_id: most for project_id, most in rows if most is not None}


def _asked(
    tenant_id: UUID, project_id: UUID, size: ResourceClass, run: bool
) -> Iterator[tuple[Quota, str, Decimal, Decimal]]:
    """(quota, field, its most, what a start asks of it) for each limit that is set."""
    wants = {"cpus": Decimal(str(size.cpus)), "memory_mb": Decimal(size.memory_mb), "gpus": Decimal(size.gpus)}
    wants |= {"concurrent_runs": Decimal(1)} if run else {}
    for quota in quotas_over(tenant_id=tenant_id, project_id=project_id):
        for field, wanted in wants.items():
            most = getattr(quota, field)
            if most is not None and wanted:
                yield quota, field, Decimal(most), wanted


def _share(held: Held, project_id: UUID | None, field: str) -> Decimal:
    return sum((found[field] for whose, found in held.items() if project_id in (None, whose)), Decimal(0))


def _parts(quota: Quota, held: Held, kept: Mapping[UUID | None, int]) -> list[Part]:
    used: dict[str, Decimal | None] = {field: _share(held, quota.project_id, field) for field in _AT_START}
    used["storage_bytes"] = Decimal(sum(kept.values()) if quota.project_id is None else kept.get(quota.project_id, 0))
    limits = {name: getattr(quota, name) for name in FIELDS}
    return [
        Part(name, label, None if limits[name] is None else Decimal(limits[name]), used.get(name))
        for name, label in FIELDS.items()
    ]


def _is_hidden(quota: Quota, whole: bool) -> bool:
    return quota.project_id is None and not whole


def _whose(quota: Quota) -> str:
    return _("The tenant's quota") if quota.project_id is None else _("This project's quota")


def _who_may_raise() -> str:
    """Who can help, and where; administrators are named in the tenant's list of members."""
    return _("A tenant administrator can raise it under Settings, Quotas.")


def _figure(value: Decimal) -> str:
    return f"{value.normalize():f}"
