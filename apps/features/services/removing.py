"""A version of a view removed for good: rows, values online and every key to them; what it was stays on record.

On-demand features have no rows: nobody asks them any more, and there is nothing to destroy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.features import policies, selectors
from apps.features.choices import NEXT, BuildState
from apps.features.events import FeatureViewRemovalRequested, FeatureViewRemoved, OnDemandViewRemoved
from apps.features.models import DeprecationNotice, FeatureView, OnDemandView
from apps.features.services import windows
from apps.features.services.metering import end_usage
from apps.features.services.online import drop_online
from apps.features.services.serving import system
from apps.projects.services import lock_project
from foundation import access, jobs, ledger, states, storage
from foundation.clock import now
from foundation.errors import Conflict
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake import shredding

if TYPE_CHECKING:
    from foundation.jobs.models import Job

REMOVE = "features.remove_view"


@transaction.atomic
def ask_to_remove_view(*, actor: Actor, view: FeatureView, confirmation: str, break_chain: bool = False) -> FeatureView:
    """Remove the rows by a job; from now on nobody reads them.

    `confirmation` is its name as it is shown. Refused while a deployed model or a service uses it, and, without
    `break_chain`, where anything was made of it.
    """
    # What names it is numbered under the same lock.
    lock_project(project_id=view.project_id)
    view = FeatureView.objects.select_for_update(of=("self",)).select_related("entity").get(pk=view.pk)
    policies.check_can_remove(actor, view)
    access.require_fresh(actor)
    policies.check_name_typed(view, confirmation)
    known = system(actor)
    users, seen = (selectors.made_from_view(actor=who, view=view) for who in (known, actor))
    policies.check_not_deployed(view, selectors.deployed_among(users), seen)
    policies.check_in_no_service(view, selectors.services_with_view(actor=known, view=view))
    policies.check_chain_may_break(view, users, seen, confirmed=break_chain)
    subject = ("feature_view", view.pk)
    if any(not job.is_final for job in jobs.jobs_of(actor=actor, subject=subject)):
        raise Conflict(_("There is work on this version just now; wait until it has ended."))
    if view.state != BuildState.DESTROYING:
        states.move(view, BuildState.DESTROYING, NEXT)
        view.removed_by, view.removed = actor.user, True
        view.save(update_fields=["state", "removed_by", "removed"])
        asked = FeatureViewRemovalRequested(view_id=view.pk, digest=view.digest, made_from_it=len(users))
        ledger.record(asked, actor=actor, project_id=view.project_id, subject=subject)
    jobs.enqueue(
        REMOVE,
        actor=actor,
        project_id=view.project_id,
        subject=subject,
        title=_("Removing %(view)s") % {"view": view},
        view_id=str(view.pk),
    )
    return view


@transaction.atomic
def remove_on_demand(*, actor: Actor, view: OnDemandView, confirmation: str, break_chain: bool = False) -> OnDemandView:
    """From now on nobody chooses or asks it; its number is not given again.

    `confirmation` is its name as it is shown. Refused while a deployed model, a service or a training set that has
    rows uses it, and, without `break_chain`, where anything else was made of it.
    """
    policies.check_can_define(actor, view)
    # What names it is numbered under the same lock.
    lock_project(project_id=view.project_id)
    view = OnDemandView.objects.select_for_update().get(pk=view.pk)
    policies.check_can_remove_on_demand(actor, view)
    policies.check_name_typed(view, confirmation)
    known = system(actor)
    users, seen = (selectors.made_from_on_demand(actor=who, view=view) for who in (known, actor))
    policies.check_not_deployed(view, selectors.deployed_among(users), seen)
    policies.check_in_no_service(view, selectors.services_with_on_demand(actor=known, view=view))
    policies.check_unused(view, selectors.sets_in_use(users), seen)
    policies.check_chain_may_break(view, users, seen, confirmed=break_chain)
    view.removed_at, view.removed_by = now(), actor.user
    view.save(update_fields=["removed_at", "removed_by"])
    view.notices.all().delete()
    gone = OnDemandViewRemoved(
        on_demand_view_id=view.pk, definition_digest=view.definition_digest, made_from_it=len(users)
    )
    ledger.record(gone, actor=actor, project_id=view.project_id, subject=("on_demand_view", view.pk))
    return view


def remove_view(*, job: JobHandle, view_id: UUID) -> None:
    """Cut off at any point, the next attempt ends it: what is gone already is gone."""
    with job.scope():
        view = FeatureView.objects.get(pk=view_id)
    if view.state != BuildState.DESTROYING:
        return
    job.progress(_("Taking its values offline"), 10)
    drop_online(view)
    storage.delete(view.tenant_id, view.profile_key)
    job.raise_if_cancelled()
    job.progress(_("Destroying rows and their keys"), 30)
    shredding.shred(actor=job.actor, tables=windows.tables_of(view.pk))
    with job.scope(), transaction.atomic():
        _end(job.actor, view_id)


def _end(actor: Actor, view_id: UUID) -> None:
    view = FeatureView.objects.select_for_update().get(pk=view_id)
    if view.state != BuildState.DESTROYING:
        return
    states.move(view, BuildState.DESTROYED, NEXT)
    view.destroyed_at, view.lake_table = now(), ""
    view.first_profile, view.online_keys, view.online_at, view.failure = {}, None, None, ""
    view.save()
    end_usage(view)
    DeprecationNotice.objects.filter(view=view).delete()
    gone = FeatureViewRemoved(view_id=view.pk, digest=view.digest)
    ledger.record(gone, actor=actor, project_id=view.project_id, subject=("feature_view", view.pk))


@jobs.on_failure(REMOVE)
@jobs.on_cancel(REMOVE)
def _removing_failed(job: Job, sentence: str, actor: Actor) -> None:
    """Nobody reads it any more, whatever is left of it; whoever may can have it tried again."""
    FeatureView.objects.filter(pk=UUID(job.arguments["view_id"]), state=BuildState.DESTROYING).update(failure=sentence)
