"""Ingestions that are due by the clock, or since something else has a new version."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction

from apps.datasets.choices import IngestionState, Trigger
from apps.datasets.models import Ingestion
from apps.datasets.services.ingestions import run_ingestion
from apps.datasets.services.schedules import next_after
from foundation import tenancy
from foundation.access import archives
from foundation.access.actors import rebuild_actor
from foundation.errors import PortalError
from foundation.tenancy.models import Tenant

logger = logging.getLogger(__name__)
_AT_ONCE = 100


def start_due(*, now: datetime) -> None:
    """Start what is due in every tenant. What was due several times while nobody looked is started once."""

    def turn(tenant: Tenant) -> int:
        return tenancy.take_turns(
            _due(tenant, now), partial(_start, tenant, now), name=lambda pk: f"the ingestion {pk}"
        )

    tenancy.for_each(turn)


def _due(tenant: Tenant, now: datetime) -> list[UUID]:
    with tenancy.scope(tenant.pk):
        rows = Ingestion.objects.filter(tenant=tenant, state=IngestionState.ACTIVE, next_at__lte=now)
        return list(rows.order_by("next_at").values_list("pk", flat=True)[:_AT_ONCE])


def _start(tenant: Tenant, now: datetime, pk: UUID) -> None:
    """In a transaction of its own: one that cannot be started keeps no other waiting."""
    with tenancy.scope(tenant.pk):
        _start_alone(tenant, now, pk)


def _start_alone(tenant: Tenant, now: datetime, pk: UUID) -> None:
    """The next time is set in the same transaction: whoever comes second finds nothing due."""
    rows = Ingestion.objects.select_for_update(of=("self",), skip_locked=True).select_related("dataset")
    ingestion = rows.filter(pk=pk, state=IngestionState.ACTIVE, next_at__lte=now).first()
    if ingestion is None:
        return
    ingestion.next_at = next_after(ingestion.cron, ingestion.zone, now)
    ingestion.save(update_fields=["next_at"])
    _run(tenant, ingestion, Trigger.SCHEDULE)


def start_after(*, tenant_id: UUID, dataset_id: UUID) -> None:
    """Start what waits for new versions of this dataset."""
    rows = Ingestion.objects.filter(tenant_id=tenant_id, after_id=dataset_id, state=IngestionState.ACTIVE)
    for ingestion in rows.select_related("dataset", "tenant"):
        _run(ingestion.tenant, ingestion, Trigger.EVENT)


def _run(tenant: Tenant, ingestion: Ingestion, trigger: Trigger) -> None:
    """With the rights that whoever set it up has now; a refusal stands at the ingestion, for people to see."""
    try:
        with transaction.atomic():
            actor = rebuild_actor(tenant=tenant, kind=ingestion.actor_kind, actor_id=ingestion.actor_id)
            archives.require_open(tenant.pk, ingestion.project_id, in_archive=False)
            run_ingestion(actor=actor, ingestion=ingestion, trigger=trigger)
            trouble = ""
    except PortalError as refusal:
        logger.info("Ingestion %s is not started: %s", ingestion.pk, refusal)
        trouble = refusal.sentence
    Ingestion.objects.filter(pk=ingestion.pk).update(trouble=trouble)
