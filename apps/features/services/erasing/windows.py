"""Views over streams without a person: the stream's table has lost the rows, and what was computed of it follows."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.datasets import services as dataset_services
from apps.datasets.choices import ErasedKind
from apps.datasets.services import Reached, Search
from apps.features import selectors
from apps.features.choices import BuildState, EventSource
from apps.features.models import FeatureView
from apps.features.services import windows
from apps.features.services.drifting import forget_drift
from apps.features.services.online import drop_online
from foundation import lake
from foundation.errors import Unavailable
from foundation.jobs import JobHandle
from foundation.lake import shredding


class WindowReach(dataset_services.Reach):
    """What follows a stream is no version: it stays, goes on without the person, and forgets what it was before.

    In the bin, too, where it goes on for this alone.
    """

    # After the streams, which take the rows out of their tables; noted with them, as no version is destroyed here.
    rank = 17
    kinds = frozenset({ErasedKind.STREAM})

    def look(self, search: Search) -> list[Reached]:
        found = ((view, _rows_in(search, view)) for view in _following(search, selectors.KEPT))
        return [_reached(view, rows) for view, rows in found if rows or _source(view) in search.reached]

    def wipe(self, job: JobHandle, search: Search) -> list[Reached]:
        with job.scope():
            views = [view for view in _following(search, selectors.KEPT) if _reads(search, view)]
            counted = {view.pk: _rows_in(search, view) for view in views}
            going = [view for view in _following(search, Q(state=BuildState.DESTROYING)) if _reads(search, view)]
        for view in views:
            self._wipe(job, view)
        for view in going:
            # Removed for good, and whoever destroys it may wait, or have failed.
            drop_online(view)
            forget_drift(view)
            shredding.shred(actor=job.actor, tables=windows.tables_of(view.pk))
        return [_reached(view, counted[view.pk]) for view in views]

    def unfinished(self, search: Search) -> list[str]:
        """What is being computed may have read the rows before they were taken out."""
        return [str(view) for view in _following(search, Q(state=BuildState.BUILDING)) if _reads(search, view)]

    def _wipe(self, job: JobHandle, view: FeatureView) -> None:
        tables = lake.for_tenant(view.tenant_id)
        windows.advance_view(job=job, view_id=view.pk)
        if view.state == BuildState.BINNED:
            # A step puts nothing online for it, and the job that takes its values offline may wait, or be over.
            drop_online(view)
        if not windows.is_level(tables, view):
            sentence = _("“%(view)s” is being computed just now. The erasure waits and then looks once more.")
            raise Unavailable(sentence % {"view": view})
        events, rows, staging = windows.events_table(view), windows.rows_table(view), windows.tables_of(view.pk)[2]
        shredding.shred_past(actor=job.actor, tables=[events, rows])
        shredding.shred(actor=job.actor, tables=[staging])
        with job.scope():
            snapshot = tables.current(rows).snapshot
            FeatureView.objects.filter(selectors.KEPT, pk=view.pk).update(lake_snapshot=snapshot)
        # After that: whoever counted the rows before finds another snapshot there, and keeps nothing of it.
        forget_drift(view)


def _following(search: Search, those: Q) -> Sequence[FeatureView]:
    rows = selectors.visible_views(actor=search.actor, project_id=search.project_id)
    rows = rows.filter(those, windows__source__kind=EventSource.STREAM.value)
    return list(rows.order_by("created_at"))


def _source(view: FeatureView) -> UUID:
    return UUID(view.windows["source"]["id"])


def _reads(search: Search, view: FeatureView) -> bool:
    """Whether its stream's table has the column searched."""
    tables, source = lake.for_tenant(view.tenant_id), windows.source_table(view)
    return tables.exists(source) and search.column in {c.name for c in tables.schema(tables.current(source))}


def _rows_in(search: Search, view: FeatureView) -> int | None:
    """How many rows are of the person; None where that cannot be told."""
    at = selectors.kept_table(view)
    there = {column.name for column in lake.for_tenant(view.tenant_id).schema(at)}
    return search.count(at) if search.column in there else None


def _reached(view: FeatureView, rows: int | None) -> Reached:
    return Reached(kind=ErasedKind.STREAM, id=view.pk, name=str(view), rows=rows)
