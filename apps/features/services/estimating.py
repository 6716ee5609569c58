"""What work in the feature store will probably take, by what was measured before; else nothing is said.

It is told by the newest of the same kind in the project, and where the rows that go in are known by those of half to
double as many. Of values online nothing is kept in storage: they lie in memory, which no quota of storage counts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from statistics import median
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.datasets import selectors as datasets
from apps.features import selectors
from apps.features.choices import BuildState, MaterialisationKind, MaterialisationState, ViewKind
from apps.features.models import FeatureView, Materialisation
from apps.features.services.asking import KEPT
from apps.tenants import selectors as tenants
from foundation import access, jobs
from foundation.access import Permission
from foundation.clock import database_now
from foundation.identity import Actor
from foundation.jobs.choices import JobState

_QUEUE = "default"
# Work on half to double as many rows is like this; of those the newest count, out of the newest that are looked at.
_ROWS_WITHIN, _NEWEST, _LOOKED_AT = 2, 20, 100


@dataclass(frozen=True)
class Expected:
    """An estimate, and what it rests on: `rests_on` earlier ones of the project, `by_rows` of about as many rows.

    What nothing tells is None. `before` says that the bytes are those of the version before. `keeping` is None for
    whoever sees no usage here, and where nothing is kept (`kept` False); `kept_for` is None for what is kept for good.
    """

    rests_on: int
    by_rows: bool
    time: timedelta | None
    most: timedelta
    queue_ahead: int
    byte_count: int | None = None
    before: bool = False
    keeping: tenants.Keeping | None = None
    kept: bool = True
    kept_for: timedelta | None = None

    @property
    def cost(self) -> Decimal | None:
        """AED for what is kept, for a month of it or for as long as it is kept."""
        monthly = self.keeping.monthly if self.keeping else None
        if monthly is None or self.kept_for is None:
            return monthly
        return monthly * (self.kept_for // timedelta(hours=1)) / tenants.HOURS_A_MONTH


@dataclass(frozen=True)
class _Past:
    """One thing that was made: its id and the dataset versions that its rows came from."""

    pk: UUID
    inputs: Sequence[str]


def expect_view(
    *, actor: Actor, project_id: UUID, kind: ViewKind, name: str = "", inputs: Collection[str] = ()
) -> Expected:
    """A version of a view over these dataset versions; its bytes are told by the newest of its name."""
    ready = selectors.visible_views(actor=actor, project_id=project_id).filter(state=BuildState.READY)
    rows = ready.filter(kind=kind).order_by("-created_at").values_list("pk", "inputs")
    past = [_Past(pk, [str(one) for one in chosen.values()]) for pk, chosen in rows[:_LOOKED_AT]]
    inputs = [one for one in inputs if one]
    before = _before(ready, name)
    return _expected(actor, project_id, "features.compute_view", "feature_view", past, inputs, before=before)


def expect_training_set(*, actor: Actor, project_id: UUID, base_version_id: UUID, name: str = "") -> Expected:
    """A version of a training set with the labels of this dataset version."""
    ready = selectors.visible_training_sets(actor=actor, project_id=project_id).filter(state=BuildState.READY)
    rows = ready.order_by("-created_at").values_list("pk", "base_version_id")
    past = [_Past(pk, [str(base)]) for pk, base in rows[:_LOOKED_AT]]
    before = _before(ready, name)
    wanted = [str(base_version_id)]
    return _expected(actor, project_id, "features.build_training_set", "training_set", past, wanted, before=before)


def expect_history(*, actor: Actor, project_id: UUID, base_version_id: UUID | None) -> Expected:
    """Features of the past for the rows of a version; of a file (None) how many there are is not known before."""
    ready = selectors.visible_retrievals(actor=actor, project_id=project_id).filter(state=BuildState.READY)
    rows = ready.order_by("-created_at").values_list("pk", "base_version_id")
    past = [_Past(pk, [str(base)] if base else []) for pk, base in rows[:_LOOKED_AT]]
    wanted = [str(base_version_id)] if base_version_id else []
    return _expected(actor, project_id, "features.retrieve", "retrieval", past, wanted, kept_for=KEPT)


def expect_materialisation(*, actor: Actor, view: FeatureView) -> Expected:
    """Putting all newest values of a view online, by those of views with about as many rows."""
    seen = selectors.visible_views(actor=actor, project_id=view.project_id)
    rows, by_rows = Materialisation.objects.filter(view__in=seen.order_by().values("pk")), view.row_count is not None
    if by_rows:
        least, most = (view.row_count or 0) / _ROWS_WITHIN, (view.row_count or 0) * _ROWS_WITHIN
        rows = rows.filter(view__row_count__gte=least, view__row_count__lte=most)
    rows = rows.filter(kind=MaterialisationKind.FULL, state=MaterialisationState.DONE, started_at__isnull=False)
    pairs = rows.exclude(ended_at=None).order_by("-ended_at").values_list("started_at", "ended_at")[:_NEWEST]
    seconds = [(ended - began).total_seconds() for began, ended in pairs if began and ended]
    return Expected(
        rests_on=len(seconds),
        by_rows=by_rows,
        time=_middle(seconds),
        most=jobs.time_limit_of("features.materialise_view"),
        queue_ahead=jobs.length_of_queue(_QUEUE),
        byte_count=view.online_bytes,
        kept=False,
    )


def _before(ready: QuerySet[Any], name: str) -> UUID | None:
    """The newest version of the name; what was typed so far may be no name of anything."""
    if not name or not name.isprintable():
        return None
    found: UUID | None = ready.filter(name=name).order_by("-number").values_list("pk", flat=True).first()
    return found


def _expected(
    actor: Actor,
    project_id: UUID,
    job: str,
    subject: str,
    past: Sequence[_Past],
    inputs: Collection[str],
    *,
    before: UUID | None = None,
    kept_for: timedelta | None = None,
) -> Expected:
    alike = _alike(actor, past, inputs)
    took = _seconds(actor, job, subject, [one.pk for one in (past if alike is None else alike)])
    # Rows tell bytes alone where it is known how many go in: else they would be those of anything.
    told_by = [before] if before else list(took) if alike is not None else []
    sizes = tenants.bytes_kept(tenant_id=actor.tenant_id, subject_ids=told_by)
    kept = int(median(sizes.values())) if sizes else None
    return Expected(
        rests_on=len(took),
        by_rows=alike is not None,
        time=_middle(list(took.values())),
        most=jobs.time_limit_of(job),
        queue_ahead=jobs.length_of_queue(_QUEUE),
        byte_count=kept,
        before=before is not None and kept is not None,
        keeping=_keeping(actor, project_id, kept),
        kept_for=kept_for,
    )


def _alike(actor: Actor, past: Sequence[_Past], inputs: Collection[str]) -> list[_Past] | None:
    """Those that took half to double as many rows; None where it is not known how many go in."""
    if not inputs:
        return None
    asked = {pk for pk in (*inputs, *(pk for one in past for pk in one.inputs)) if _is_id(pk)}
    rows = datasets.visible_versions(actor=actor).filter(pk__in=asked).order_by().values_list("pk", "row_count")
    known = {str(pk): count for pk, count in rows}
    wanted = _rows_of(known, inputs)
    if wanted is None:
        return None
    counted = [(one, _rows_of(known, one.inputs)) for one in past]
    return [one for one, n in counted if n is not None and wanted <= n * _ROWS_WITHIN and n <= wanted * _ROWS_WITHIN]


def _rows_of(known: dict[str, int | None], inputs: Collection[str]) -> int | None:
    """All rows that these versions hold; None where one of them does not tell, and where there is none."""
    counts = [known.get(pk) for pk in inputs]
    return sum(n or 0 for n in counts) if counts and None not in counts else None


def _is_id(text: str) -> bool:
    """Whether what was typed could be an id at all."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _seconds(actor: Actor, job: str, subject: str, pks: Collection[UUID]) -> dict[UUID, float]:
    """How long the job took for the newest of these; one that was tried twice says nothing of that."""
    if not pks:
        return {}
    done = jobs.visible_jobs(actor=actor).filter(subject_kind=subject, subject_id__in=pks, name=job, attempt=1)
    done = done.filter(state=JobState.SUCCEEDED, started_at__isnull=False, finished_at__isnull=False)
    rows = done.order_by("-created_at").values_list("subject_id", "started_at", "finished_at")[:_NEWEST]
    return {pk: (ended - began).total_seconds() for pk, began, ended in rows if pk and began and ended}


def _middle(seconds: Sequence[float]) -> timedelta | None:
    return timedelta(seconds=median(seconds)) if seconds else None


def _keeping(actor: Actor, project_id: UUID, byte_count: int | None) -> tenants.Keeping | None:
    if not access.can(actor, Permission.USAGE_VIEW, access.Inside(project_id)):
        return None
    return tenants.keeping(actor=actor, project_id=project_id, byte_count=byte_count, now=database_now())
