"""Values of a view that lies in the bin go offline, by a job; where that one was cancelled or failed, by another."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.features.choices import BuildState
from apps.features.models import FeatureView
from apps.features.services.online.keys import drop_online, online_store
from foundation import jobs, tenancy
from foundation.errors import Conflict, NotFound
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.tenancy.models import Tenant
from runtime.online import marker_of

if TYPE_CHECKING:
    from foundation.jobs.models import Job

TAKE_OFFLINE = "features.take_offline"


def ask_to_take_offline(actor: Actor, view: FeatureView) -> None:
    jobs.enqueue(
        TAKE_OFFLINE,
        actor=actor,
        project_id=view.project_id,
        subject=("feature_view", view.pk),
        title=_("Taking %(view)s offline") % {"view": view},
        view_id=str(view.pk),
    )


def take_offline(*, job: JobHandle, view_id: UUID) -> None:
    """Forget the values of a view that lies in the bin; one that was restored meanwhile keeps what it has."""
    with job.scope(), transaction.atomic():
        # Behind whoever restores it, who asks whether this runs.
        view = FeatureView.objects.select_for_update().get(pk=view_id)
    if view.state == BuildState.BINNED:
        drop_online(view)


def left_online(tenant: Tenant) -> list[UUID]:
    """What lies in the bin, and of which the store says that it holds the values."""
    with tenancy.scope(tenant.pk):
        rows = FeatureView.objects.filter(tenant=tenant, state=BuildState.BINNED, binned_from=BuildState.READY)
        ids = list(rows.values_list("pk", flat=True))
    found = online_store().read([marker_of(pk) for pk in ids]) if ids else []
    return [pk for pk, marker in zip(ids, found, strict=True) if marker is not None]


def take_away(tenant: Tenant, view_id: UUID) -> int:
    """Whether a job was asked for: none where one is on its way."""
    system = Actor.system(tenant, "online")
    with tenancy.scope(tenant.pk):
        view = FeatureView.objects.select_for_update(of=("self",)).get(pk=view_id)
        on_their_way = (
            job for job in jobs.jobs_of(actor=system, subject=("feature_view", view.pk)) if not job.is_final
        )
        if view.state != BuildState.BINNED or any(on_their_way):
            return 0
        try:
            with transaction.atomic():
                ask_to_take_offline(system, view)
        except (Conflict, NotFound):
            return 0  # the project is being deleted, and takes its values along
    return 1


@jobs.on_cancel(TAKE_OFFLINE)
def _cancelled(job: Job, sentence: str, actor: Actor) -> None:
    """The values stay no longer for it: the beat hears from the store that it holds them, and asks anew."""
