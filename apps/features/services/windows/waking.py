"""Who goes on with a stream: told by each commit of a stream, and by the clock where nobody was told."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.features.choices import BuildState, EventSource
from apps.features.models import FeatureView
from apps.features.services.windows.events import mark_of
from apps.features.services.windows.progress import Progress
from foundation import jobs, lake
from foundation.errors import PortalError
from foundation.identity import Actor
from foundation.jobs.choices import JobState
from foundation.tenancy import for_each, scope, why_locked
from foundation.tenancy.models import Tenant

log = logging.getLogger("sanad.features")
JOB = "features.advance_view"


def stream_committed(tenant: Tenant, stream_id: UUID) -> None:
    """Rows came to a stream: what follows it goes on."""
    with scope(tenant.pk):
        for view in _following(tenant, stream_id):
            wake(Actor.system(tenant, "features"), view)


def wake_all() -> int:
    """Wake every view whose stream is ahead of it; how many. What a commit could not tell is found here."""

    def turn(tenant: Tenant) -> int:
        if why_locked(tenant):
            return 0
        with scope(tenant.pk):
            views = [view for view in _following(tenant) if _is_behind(view)]
            for view in views:
                wake(Actor.system(tenant, "features"), view)
        return len(views)

    return for_each(turn)


def wake(actor: Actor, view: FeatureView) -> None:
    """Have it go on, unless a job that has not begun yet will do so anyway."""
    subject = ("feature_view", view.pk)
    waiting = jobs.jobs_of(actor=actor, subject=subject).filter(name=JOB, state=JobState.QUEUED)
    if waiting.exists():
        return
    try:
        with transaction.atomic():
            jobs.enqueue(
                JOB,
                actor=actor,
                project_id=view.project_id,
                subject=subject,
                title=_("Going on with %(view)s") % {"view": view},
                view_id=str(view.pk),
            )
    except PortalError as refusal:
        # Its project is archived or going: what comes meanwhile is taken in when it is back.
        log.info("View %s does not go on: %s", view.pk, refusal)


def _following(tenant: Tenant, stream_id: UUID | None = None) -> list[FeatureView]:
    rows = FeatureView.objects.filter(tenant=tenant, state=BuildState.READY)
    rows = rows.filter(windows__source__kind=EventSource.STREAM.value)
    rows = rows.filter(windows__source__id=str(stream_id)) if stream_id else rows
    return list(rows.select_related("entity"))


def _is_behind(view: FeatureView) -> bool:
    tables = lake.for_tenant(view.tenant_id)
    mark, _said = mark_of(tables, view)
    if mark is None or not tables.exists(mark.table):
        return mark is None
    told = Progress.of(view)
    seen = lake.TableAt(mark.table, told.snapshot)
    try:
        came = tables.count(tables.current(mark.table)) != tables.count(seen)
    except lake.TableMissing:
        return True
    online = view.online_at is None or told.online_step == mark.step
    return came or told.step != mark.step or not online
