"""How old the latest event online may be, and what is said when it is older."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.features import policies, selectors
from apps.features.choices import MOST_FRESHNESS_S, BuildState
from apps.features.errors import DefinitionRefused
from apps.features.events import FeatureViewFresh, FeatureViewStale, FreshnessPromised, FreshnessReleased
from apps.features.models import FeatureView
from apps.features.services.online.forgetting import forgotten_views, note_forgotten, with_last_number
from apps.features.services.online.taking_away import left_online, take_away
from apps.projects.services import hold_open
from foundation import ledger, tenancy
from foundation.identity import Actor
from foundation.tenancy.models import Tenant


@transaction.atomic
def promise_freshness(*, actor: Actor, view_id: UUID, seconds: int | None) -> FeatureView:
    """Say how old the latest event of a view online may be before it is an alert; None takes the word back."""
    view = selectors.get_view(actor=actor, view_id=view_id)
    policies.check_can_define(actor, view.project)
    hold_open(actor=actor, project_id=view.project_id)
    if seconds is not None and not 0 < seconds <= MOST_FRESHNESS_S:
        raise DefinitionRefused(
            _("No event can be held to %(seconds)s seconds; leave it empty for any age.") % {"seconds": seconds},
            fields={"freshness_seconds": [_("Give a positive number of seconds.")]},
        )
    view = FeatureView.objects.select_for_update(of=("self",)).select_related("entity", "project").get(pk=view.pk)
    policies.check_out_of_bin(view)
    if view.freshness_seconds == seconds:
        return view
    view.freshness_seconds, view.stale_since = seconds, None
    view.save(update_fields=["freshness_seconds", "stale_since"])
    said: ledger.Event = FreshnessReleased(view_id=view.pk)
    if seconds is not None:
        said = FreshnessPromised(view_id=view.pk, seconds=seconds)
    ledger.record(said, actor=actor, project_id=view.project_id, subject=("feature_view", view.pk))
    return view


def watch_online(*, now: datetime) -> None:
    """In every tenant: put online again what the store forgot, take offline what lies in the bin and is still there,
    and say which views are older than expected."""

    def turn(tenant: Tenant) -> int:
        if tenancy.why_locked(tenant) or tenant.deletion_begun_at is not None:
            return 0
        with tenancy.scope(tenant.pk):
            there = list(_online(tenant))
        missing = forgotten_views(there) if there else []
        tenancy.take_turns(missing, partial(_bring_back, tenant), name=lambda view: f"the view {view.pk}")
        tenancy.take_turns(left_online(tenant), partial(take_away, tenant), name=lambda pk: f"the view {pk}")
        with tenancy.scope(tenant.pk):
            promised = FeatureView.objects.filter(tenant=tenant, state=BuildState.READY)
            promised = promised.exclude(freshness_seconds=None, stale_since=None)
            rows = promised.order_by("pk").only("freshness_seconds", "online_event_at", "stale_since")
            watched = [view.pk for view in rows if _is_stale(view, now) != (view.stale_since is not None)]
        return tenancy.take_turns(watched, partial(_watch, tenant, now), name=lambda pk: f"the view {pk}")

    tenancy.for_each(turn)


def _online(tenant: Tenant) -> list[FeatureView]:
    rows = FeatureView.objects.filter(tenant=tenant, state=BuildState.READY).exclude(online_at=None)
    # Markers are read outside of the scope, where no row is: what they are held against comes along.
    return list(with_last_number(rows).only("pk", "follow"))


def _bring_back(tenant: Tenant, view: FeatureView) -> int:
    with tenancy.scope(tenant.pk):
        return int(note_forgotten(view.pk))


def _watch(tenant: Tenant, now: datetime, view_id: UUID) -> int:
    with tenancy.scope(tenant.pk):
        return _watch_alone(Actor.system(tenant, "online"), now, view_id)


def _watch_alone(system: Actor, now: datetime, view_id: UUID) -> int:
    view = FeatureView.objects.select_for_update().get(pk=view_id)
    stale = _is_stale(view, now)
    if stale == (view.stale_since is not None):
        return 0
    age, expected = selectors.event_age(view, now), view.freshness_seconds
    view.stale_since = now if stale else None
    view.save(update_fields=["stale_since"])
    said: ledger.Event = FeatureViewFresh(view_id=view.pk)
    if stale and age is not None and expected is not None:
        said = FeatureViewStale(view_id=view.pk, age_seconds=int(age.total_seconds()), expected_seconds=expected)
    ledger.record(said, actor=system, project_id=view.project_id, subject=("feature_view", view.pk))
    return 1


def _is_stale(view: FeatureView, now: datetime) -> bool:
    """Of what was never online there is no age to be older than expected."""
    age, expected = selectors.event_age(view, now), view.freshness_seconds
    return expected is not None and age is not None and age.total_seconds() > expected
