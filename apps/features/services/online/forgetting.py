"""A store that forgot what was online: a restart without persistence, an older copy, or a hand that emptied it.

It is found out by the beat or by the first who reads; once, and the values come back from the lake by themselves.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from apps.features.choices import BuildState, MaterialisationCause, MaterialisationState
from apps.features.events import OnlineValuesForgotten
from apps.features.models import FeatureView, Materialisation
from apps.features.services.online.beginning import begin_materialisation
from apps.features.services.online.keys import online_store
from apps.features.services.online.markers import says_all
from foundation import ledger
from foundation.errors import Conflict, NotFound
from foundation.identity import Actor
from runtime.online import marker_of

log = logging.getLogger("sanad.features")


def with_last_number(views: QuerySet[FeatureView]) -> QuerySet[FeatureView]:
    """Views, each with the number of the materialisation that was the last to say done, as `last_number`."""
    done = Materialisation.objects.filter(view=OuterRef("pk"), state=MaterialisationState.DONE)
    return views.annotate(last_number=Subquery(done.order_by("-number").values("number")[:1]))


def forgotten_views(views: Sequence[FeatureView]) -> list[FeatureView]:
    """Of views `with_last_number` those of which the store does not say any more that it holds them, or only what was
    written before its last materialisation or step: it came back with a copy of before."""
    found = online_store().read([marker_of(view.pk) for view in views])
    return [view for view, marker in zip(views, found, strict=True) if not says_all(view, marker)]


@transaction.atomic
def note_forgotten(view_id: UUID) -> bool:
    """Have the values of a view that was online put there again; whether it was, and they had not been asked for yet.

    In the tenant's scope. The store is asked again under the lock: a reader's answer is of a moment ago.
    """
    rows = FeatureView.objects.select_for_update(of=("self",)).select_related("entity", "tenant")
    view = with_last_number(rows).filter(pk=view_id, state=BuildState.READY).exclude(online_at=None).first()
    if view is None or not forgotten_views([view]):
        return False
    system = Actor.system(view.tenant, "online")
    view.online_at = view.online_keys = view.online_bytes = None
    view.save(update_fields=["online_at", "online_keys", "online_bytes"])
    try:
        with transaction.atomic():
            begin_materialisation(actor=system, view=view, cause=MaterialisationCause.FORGOTTEN)
    except (Conflict, NotFound) as refusal:
        # The project is being deleted: nobody will ask for them.
        log.info("Values of %s stay away: %s", view.pk, refusal)
        return False
    gone = OnlineValuesForgotten(view_id=view.pk)
    ledger.record(gone, actor=system, project_id=view.project_id, subject=("feature_view", view.pk))
    return True
