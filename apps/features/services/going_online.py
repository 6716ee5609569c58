"""Asking that a view's newest values go online again: after the online store was emptied, or to be sure."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from apps.features import policies, selectors
from apps.features.models import FeatureView
from foundation import jobs
from foundation.identity import Actor


@transaction.atomic
def put_online(*, actor: Actor, view: FeatureView) -> None:
    """Queue it; Conflict where the view has no rows."""
    policies.check_can_define(actor, view.project)
    selectors.view_table(view)
    jobs.enqueue(
        "features.materialise_view",
        actor=actor,
        project_id=view.project_id,
        subject=("feature_view", view.pk),
        title=_("Putting %(view)s online") % {"view": view},
        view_id=str(view.pk),
    )
