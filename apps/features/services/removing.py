"""A version of a view is removed: it lies in the bin first, where nobody reads it, and at the end rows and keys go."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.features import policies, selectors
from apps.features.choices import NEXT, BuildState, MaterialisationCause
from apps.features.events import (
    FeatureViewBinned,
    FeatureViewRemovalRequested,
    FeatureViewRemoved,
    FeatureViewUnbinned,
)
from apps.features.models import DeprecationNotice, FeatureView
from apps.features.services import windows
from apps.features.services.drifting import forget_drift
from apps.features.services.holding import resting_on_view
from apps.features.services.metering import end_usage
from apps.features.services.online import ask_to_take_offline, begin_materialisation, drop_online
from apps.features.services.serving import system
from apps.projects.services import hold_open, lock_project
from apps.tenants import services as tenants
from apps.tenants.choices import BinKind
from foundation import access, jobs, ledger, states, storage
from foundation.clock import now
from foundation.errors import Conflict
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.jobs.choices import JobState
from foundation.lake import shredding
from foundation.words import words_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from foundation.jobs.models import Job

REMOVE = "features.remove_view"


@transaction.atomic
def ask_to_remove_view(*, actor: Actor, view: FeatureView, confirmation: str, break_chain: bool = False) -> FeatureView:
    """It lies in the bin from now on: nobody reads it, and its values go offline by a job.

    `confirmation` is its name as it is shown. Refused while a deployed model or a service uses it, and, without
    `break_chain`, where anything was made of it. One whose end in the bin failed is ended once more.
    """
    # What names it is numbered under the same lock.
    lock_project(project_id=view.project_id)
    view = FeatureView.objects.select_for_update(of=("self",)).select_related("entity").get(pk=view.pk)
    policies.check_can_remove(actor, view)
    access.require_fresh(actor)
    policies.check_name_typed(view, confirmation)
    resting = resting_on_view(actor=actor, view=view)
    resting.check(confirmed=break_chain)
    if any(not job.is_final for job in _jobs(actor, view)):
        raise Conflict(_("There is work on this version just now; wait until it has ended."))
    if view.state == BuildState.DESTROYING:
        _enqueue(actor, view, REMOVE, _("Removing %(view)s"))
        return view
    _bin(actor, view)
    _record(FeatureViewBinned(view_id=view.pk, digest=view.digest, made_from_it=len(resting.users)), actor, view)
    return view


class FeatureViewBin(tenants.BinRoom):
    """A version in the bin: its rows and their keys are there, and nobody reads, joins or asks it."""

    def restore(self, actor: Actor, thing_id: UUID) -> list[str]:
        """Its newest values are put online anew, and windows take in what their stream has committed since."""
        view = _locked_in_bin(thing_id)
        policies.check_can_define(actor, view.project)
        hold_open(actor=actor, project_id=view.project_id)
        if _jobs(actor, view).filter(state=JobState.RUNNING).exists():
            raise Conflict(_("Its values are being taken offline just now. Restore it in a moment."))
        states.move(view, BuildState(view.binned_from), NEXT)
        view.binned_from, view.removed_by = "", None
        view.save(update_fields=["state", "binned_from", "removed_by"])
        _record(FeatureViewUnbinned(view_id=view.pk), actor, view)
        if view.state != BuildState.READY:
            return []
        begin_materialisation(actor=actor, view=view, cause=MaterialisationCause.ASKED)
        if view.follows_stream:
            windows.wake(actor, view)
        return []

    def destroy(self, actor: Actor, thing_id: UUID) -> None:
        """Rows, values and keys go by a job; that it was stays on record, as do what was made of it."""
        view = _locked_in_bin(thing_id)
        states.move(view, BuildState.DESTROYING, NEXT)
        view.removed = True
        view.save(update_fields=["state", "removed"])
        users = selectors.made_from_view(actor=system(actor), view=view)
        asked = FeatureViewRemovalRequested(view_id=view.pk, digest=view.digest, made_from_it=len(users))
        _record(asked, actor, view)
        _enqueue(actor, view, REMOVE, _("Removing %(view)s"))


def remove_view(*, job: JobHandle, view_id: UUID) -> None:
    """Cut off at any point, the next attempt ends it: what is gone already is gone."""
    with job.scope():
        view = FeatureView.objects.get(pk=view_id)
    if view.state != BuildState.DESTROYING:
        return
    job.progress(_("Taking its values offline"), 10)
    drop_online(view)
    storage.delete(view.tenant_id, view.profile_key)
    forget_drift(view)
    job.raise_if_cancelled()
    job.progress(_("Destroying rows and their keys"), 30)
    shredding.shred(actor=job.actor, tables=windows.tables_of(view.pk))
    with job.scope(), transaction.atomic():
        _end(job.actor, view_id)


def _bin(actor: Actor, view: FeatureView) -> None:
    """What is known of its values online is of values that go."""
    was_online = view.state == BuildState.READY
    view.binned_from, view.removed_by = view.state, actor.user
    states.move(view, BuildState.BINNED, NEXT)
    view.online_keys = view.online_bytes = None
    view.online_at = view.online_event_at = view.stale_since = view.skewed_since = None
    view.save()
    tenants.keep_in_place(actor=actor, kind=BinKind.FEATURE_VIEW, thing=view, project_id=view.project_id)
    if was_online:
        ask_to_take_offline(actor, view)


def _locked_in_bin(view_id: UUID) -> FeatureView:
    rows = FeatureView.objects.filter(state=BuildState.BINNED)
    project_id = rows.filter(pk=view_id).values_list("project_id", flat=True).first()
    if project_id is not None:
        lock_project(project_id=project_id)
    found = rows.select_for_update(of=("self",)).select_related("entity", "project").filter(pk=view_id).first()
    if found is None:
        raise Conflict(_("It was destroyed meanwhile: a person was erased from what it was made of."))
    return found


def _end(actor: Actor, view_id: UUID) -> None:
    view = FeatureView.objects.select_for_update().get(pk=view_id)
    if view.state != BuildState.DESTROYING:
        return
    states.move(view, BuildState.DESTROYED, NEXT)
    view.destroyed_at, view.lake_table = now(), ""
    view.first_profile, view.online_keys, view.online_at = {}, None, None
    view.say_why("")
    view.save()
    end_usage(view)
    DeprecationNotice.objects.filter(view=view).delete()
    _record(FeatureViewRemoved(view_id=view.pk, digest=view.digest), actor, view)


def _enqueue(actor: Actor, view: FeatureView, name: str, title: str) -> None:
    jobs.enqueue(
        name,
        actor=actor,
        project_id=view.project_id,
        subject=("feature_view", view.pk),
        title=title % {"view": view},
        view_id=str(view.pk),
    )


def _jobs(actor: Actor, view: FeatureView) -> QuerySet[Job]:
    return jobs.jobs_of(actor=actor, subject=("feature_view", view.pk))


def _record(event: ledger.Event, actor: Actor, view: FeatureView) -> None:
    ledger.record(event, actor=actor, project_id=view.project_id, subject=("feature_view", view.pk))


@jobs.on_failure(REMOVE)
@jobs.on_cancel(REMOVE)
def _removing_failed(job: Job, sentence: str, actor: Actor) -> None:
    """Nobody reads it any more, whatever is left of it; whoever may can have it tried again."""
    said = {"failure": sentence, "failure_words": words_of(sentence)}
    FeatureView.objects.filter(pk=UUID(job.arguments["view_id"]), state=BuildState.DESTROYING).update(**said)
