"""What waits in the queue is compared, view by view, and told where too much of it differs."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.features import policies, selectors
from apps.features.choices import BuildState
from apps.features.errors import DefinitionRefused
from apps.features.events import SkewEnded, SkewFound, SkewWatched
from apps.features.models import FeatureView, SkewCheck
from apps.features.services.online.keys import online_view
from apps.features.services.skew.comparing import Compared, compared
from apps.features.services.skew.sampling import sample_queue
from apps.projects.services import hold_open
from foundation import clock, ledger, tenancy
from foundation.identity import Actor
from foundation.tenancy.models import Tenant
from runtime.online import NotOurs
from runtime.online.samples import Sample, opened, view_of

log = logging.getLogger("sanad.features")
_AT_ONCE = 5_000
# Of each view; older checks say nothing that the ledger does not.
_KEPT = 500
Waiting = list[tuple[str, bytes]]


@transaction.atomic
def watch_skew(*, actor: Actor, view_id: UUID, share: float, limit: float) -> FeatureView:
    """Say which share of the answers is compared, and which share of these may differ before it is an alert."""
    view = selectors.get_view(actor=actor, view_id=view_id)
    policies.check_can_define(actor, view.project)
    hold_open(actor=actor, project_id=view.project_id)
    for name, value in (("share", share), ("limit", limit)):
        if not 0 <= value <= 1:
            raise DefinitionRefused(
                _("A share is a number from 0 to 1, and %(value)s is not.") % {"value": value},
                fields={name: [_("Give a number from 0 to 1, like 0.01 for one of a hundred.")]},
            )
    view = FeatureView.objects.select_for_update(of=("self",)).select_related("entity", "project").get(pk=view.pk)
    policies.check_out_of_bin(view)
    if (view.skew_share, view.skew_limit) == (share, limit):
        return view
    view.skew_share, view.skew_limit = share, limit
    view.save(update_fields=["skew_share", "skew_limit"])
    said = SkewWatched(view_id=view.pk, share=share, limit=limit)
    ledger.record(said, actor=actor, project_id=view.project_id, subject=("feature_view", view.pk))
    # A view that is seldom asked would wait long for the next answer that is compared.
    _tell(Actor.system(actor.tenant, "skew"), view, clock.now())
    return view


def check_served(*, now: datetime) -> int:
    """In every tenant: compare what waits; how many views were looked at."""

    def turn(tenant: Tenant) -> int:
        if tenancy.why_locked(tenant) or tenant.deletion_begun_at is not None:
            return 0
        return _check_tenant(tenant, now)

    return tenancy.for_each(turn)


def _check_tenant(tenant: Tenant, now: datetime) -> int:
    with tenancy.scope(tenant.pk):
        place = SkewCheck.objects.order_by("-checked_at").values_list("place", flat=True).first() or ""
    waiting = sample_queue().after(tenant.pk, place, _AT_ONCE)
    if not waiting:
        return 0
    by_view: dict[UUID, Waiting] = defaultdict(list)
    for name, packed in waiting:
        by_view[view_of(packed)].append((name, packed))
    last = waiting[-1][0]
    check = partial(_check_view, tenant, now, last)
    done = tenancy.take_turns(by_view.items(), check, name=lambda one: f"the view {one[0]}")
    sample_queue().forget(tenant.pk, last)
    return done


def _check_view(tenant: Tenant, now: datetime, place: str, one: tuple[UUID, Waiting]) -> int:
    view_id, waiting = one
    with tenancy.scope(tenant.pk):
        rows = FeatureView.objects.select_related("entity", "project").filter(pk=view_id, state=BuildState.READY)
        view = rows.first()
        samples = list(_opened(view, waiting)) if view is not None else []
    if view is None or not samples:
        return 0
    found = compared(view, samples)
    with tenancy.scope(tenant.pk):
        _note(Actor.system(tenant, "skew"), view_id, found, samples, place, now)
    return 1


def _opened(view: FeatureView, waiting: Waiting) -> Iterable[Sample]:
    online = online_view(view)
    for name, packed in waiting:
        try:
            yield opened(online, packed)
        except NotOurs:
            log.warning("A sample of %s at %s cannot be opened", view.pk, name)


def _note(system: Actor, view_id: UUID, found: Compared, samples: list[Sample], place: str, now: datetime) -> None:
    view = FeatureView.objects.select_for_update(of=("self",)).select_related("project").get(pk=view_id)
    served = [sample.served_us for sample in samples]
    _row, is_new = SkewCheck.objects.get_or_create(
        tenant_id=view.tenant_id,
        view=view,
        place=place,
        defaults={
            "project_id": view.project_id,
            "checked_at": now,
            "first_at": _moment(min(served)),
            "last_at": _moment(max(served)),
            "compared": found.compared,
            "different": found.different,
            "kinds": dict(found.kinds),
            "features": found.as_rows(),
        },
    )
    if not is_new:
        return
    kept = SkewCheck.objects.filter(view=view).order_by("-checked_at").values("pk")[:_KEPT]
    SkewCheck.objects.filter(view=view).exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
    _tell(system, view, now)


def _tell(system: Actor, view: FeatureView, now: datetime) -> None:
    """Once when it begins and once when it is over, by the answers compared last; nothing where these are too few.

    It is over, too, where nothing is compared any more: no answer would ever end it.
    All that it is judged by is stored: whoever starts anew judges as the one before would have.
    """
    judged = selectors.judged_by(selectors.newest_checks(view))
    skewed = view.skew_share > 0 and judged.share > view.skew_limit
    undecided = view.skew_share > 0 and not judged.enough
    if undecided or skewed == (view.skewed_since is not None):
        return
    view.skewed_since = now if skewed else None
    view.save(update_fields=["skewed_since"])
    said: ledger.Event = SkewEnded(view_id=view.pk, compared=judged.compared)
    if skewed:
        said = SkewFound(view_id=view.pk, compared=judged.compared, different=judged.different)
    ledger.record(said, actor=system, project_id=view.project_id, subject=("feature_view", view.pk))


def _moment(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us / 1_000_000, UTC)
