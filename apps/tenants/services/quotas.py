"""Quotas: set by administrators; a start takes its part of them or waits, a second one at the same time too."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.choices import ResourceClass
from apps.tenants.events import QuotaChanged, QuotaRemoved
from apps.tenants.models import Holding, Quota
from apps.tenants.selectors import budgets, quotas
from apps.tenants.selectors.held import RUN
from apps.tenants.selectors.owning import sees_whole
from foundation import jobs, ledger
from foundation.clock import database_now
from foundation.errors import Invalid, OverQuota
from foundation.identity import Actor

# The place of one may have room for several, or be too small for the first in line.
_ASK_FOR_A_PLACE = 8


@transaction.atomic
def set_quota(*, actor: Actor, project_id: UUID | None, **most: Decimal | int | None) -> Quota:
    """The most that the tenant, or one project, uses at a time; a limit that is not named or None is none."""
    policies.check_can_change_limits(actor, project_id)
    words = {name: most.get(name) for name in quotas.FIELDS}
    _check(words)
    quota, _made = Quota.objects.update_or_create(tenant=actor.tenant, project_id=project_id, defaults=words)
    said = {name: f"{Decimal(value):f}" for name, value in words.items() if value is not None}
    changed = QuotaChanged(quota_id=quota.pk, project=project_id, limits=said)
    ledger.record(changed, actor=actor, project_id=project_id, subject=("quota", quota.pk))
    jobs.ask_again(tenant_id=actor.tenant_id)
    return quota


@transaction.atomic
def remove_quota(*, actor: Actor, quota: Quota) -> None:
    policies.check_can_change_limits(actor, quota.project_id)
    removed = QuotaRemoved(quota_id=quota.pk, project=quota.project_id)
    ledger.record(removed, actor=actor, project_id=quota.project_id, subject=("quota", quota.pk))
    quota.delete()
    jobs.ask_again(tenant_id=actor.tenant_id)


def check_could_start(
    *, tenant_id: UUID, project_id: UUID, size: ResourceClass, run: bool, reader: Actor | None = None
) -> None:
    """Raise OverQuota for what asks for more than a whole quota; what only has to wait is let in.

    Here and below, `reader` is who reads the sentence; figures of the whole tenant are for whoever sees it whole.
    """
    where = {"tenant_id": tenant_id, "project_id": project_id}
    if sentence := quotas.never_fits(**where, size=size, run=run, whole=sees_whole(reader)):
        raise OverQuota(sentence)


def check_storage(
    *, tenant_id: UUID, project_id: UUID | None, more: int, counted: int = 0, reader: Actor | None = None
) -> None:
    """Raise OverQuota where so many bytes more would not fit; `counted` of them stand in what is stored already.

    What is of no project is held against the tenant's quota alone.
    """
    where: dict[str, Any] = {"tenant_id": tenant_id, "project_id": project_id}
    if sentence := quotas.no_storage(**where, more=more, counted=counted, whole=sees_whole(reader)):
        raise OverQuota(sentence)


def reserve_storage(
    *, tenant_id: UUID, project_id: UUID | None, more: int, counted: int = 0, reader: Actor | None = None
) -> None:
    """As `check_storage`, one at a time in each tenant until the caller's transaction ends.

    In it the caller makes the row that counts from then on; of two that ask at once, the second sees the first one's.
    `counted` of the bytes stand in such a row already.
    """
    _one_at_a_time("storage", tenant_id)
    where: dict[str, Any] = {"tenant_id": tenant_id, "project_id": project_id}
    if sentence := quotas.no_storage(**where, more=more, counted=counted, whole=sees_whole(reader)):
        raise OverQuota(sentence)


def why_it_waits(*, tenant_id: UUID, project_id: UUID, subject: tuple[str, UUID], size: ResourceClass) -> str:
    """Why the subject may not start just now: a full quota, a used-up budget; empty where it may, or has its part.

    It is read by whoever sees the job, so it names no figure of the whole tenant.
    """
    if _mine(tenant_id, subject).exists():
        return ""
    where = {"tenant_id": tenant_id, "project_id": project_id}
    full = quotas.no_room(**where, size=size, run=subject[0] == RUN, whole=False)
    return full or budgets.over_budget(**where, now=database_now(), whole=False)


@transaction.atomic
def take_part(*, tenant_id: UUID, project_id: UUID, subject: tuple[str, UUID], size: ResourceClass) -> str:
    """As `why_it_waits`; where it may start, its part of the quotas is its own until `give_back`.

    One at a time in each tenant: of two that ask for the last place, the second one sees it taken. What would wait
    anyway is told so before it queues up for its turn.
    """
    asked: dict[str, Any] = {"tenant_id": tenant_id, "project_id": project_id, "subject": subject, "size": size}
    if words := why_it_waits(**asked):
        return words
    _one_at_a_time("start", tenant_id)
    if words := why_it_waits(**asked):
        return words
    part = {"cpus": Decimal(str(size.cpus)), "memory_mb": size.memory_mb, "gpus": size.gpus}
    kind, subject_id = subject
    whose = {"tenant_id": tenant_id, "project_id": project_id, "subject_kind": kind, "subject_id": subject_id}
    Holding.objects.bulk_create([Holding(**whose, **part, resource_class=size.name)], ignore_conflicts=True)
    return ""


def give_back(*, tenant_id: UUID, subject: tuple[str, UUID]) -> None:
    """What the subject had of the quotas is free, and who waits longest asks for it; part of what ends it."""
    if _mine(tenant_id, subject).delete()[0]:
        jobs.ask_again(tenant_id=tenant_id, most=_ASK_FOR_A_PLACE)


def _one_at_a_time(what: str, tenant_id: UUID) -> None:
    """Until the transaction ends. Starts and storage do not wait for each other: they hold different things."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"quota {what} {tenant_id}"])


def _mine(tenant_id: UUID, subject: tuple[str, UUID]) -> QuerySet[Holding]:
    return Holding.objects.filter(tenant_id=tenant_id, subject_kind=subject[0], subject_id=subject[1])


def _check(words: Mapping[str, Decimal | int | None]) -> None:
    if all(value is None for value in words.values()):
        sentence = _("Set one limit at least; remove the quota if you want none.")
        raise Invalid(sentence, fields={"cpus": [sentence]})
    for name, value in words.items():
        if value is not None and not (Decimal(value).is_finite() and 0 <= value < 10**15):
            raise Invalid(_("A limit is a number from 0 on."), fields={name: [_("A number from 0 on.")]})
