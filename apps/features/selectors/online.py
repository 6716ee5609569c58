"""What is online, how it came there and how old it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from apps.features.choices import BuildState, MaterialisationState
from apps.features.models import FeatureView, Materialisation
from apps.features.selectors.reading import visible_views
from foundation.identity import Actor


def materialisations_of(*, actor: Actor, view: FeatureView) -> QuerySet[Materialisation]:
    """Every time that the view's values were put online, newest first."""
    seen = visible_views(actor=actor).filter(pk=view.pk)
    return Materialisation.objects.filter(view__in=seen).order_by("-number")


def event_age(view: FeatureView, now: datetime) -> timedelta | None:
    """How old the latest event among the view's values online is; None where nothing is online."""
    return None if view.online_event_at is None else now - view.online_event_at


def stale_views(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[FeatureView]:
    """Views whose latest event online is older than somebody expects, longest first."""
    rows = visible_views(actor=actor, project_id=project_id).filter(state=BuildState.READY)
    return rows.exclude(stale_since=None).order_by("stale_since")


def unmaterialised_views(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[FeatureView]:
    """Views whose last materialisation failed, so that what is online is older than the rows, or nothing: with `why`,
    its `why_words` and `failed_at`, longest first."""
    newest = Materialisation.objects.filter(view=OuterRef("pk")).order_by("-number")
    rows = visible_views(actor=actor, project_id=project_id).filter(state=BuildState.READY)
    rows = rows.annotate(
        last=Subquery(newest.values("state")[:1]),
        why=Subquery(newest.values("failure")[:1]),
        why_words=Subquery(newest.values("failure_words")[:1]),
        failed_at=Subquery(newest.values("ended_at")[:1]),
    )
    return rows.filter(last=MaterialisationState.FAILED).order_by("failed_at")
