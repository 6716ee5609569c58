"""What views and training sets have alike: things with a table of their own that was made of other things."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Max, Q, QuerySet

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.datasets.choices import ErasedKind
from apps.datasets.services import Reached, Search
from apps.features import selectors
from apps.features.choices import NEXT, BuildState
from apps.features.models import FeatureView, TrainingSet
from apps.features.services.metering import end_usage
from apps.projects.services import lock_project
from apps.tenants import services as tenants
from apps.tenants.choices import BinKind
from foundation import lake, ledger, states
from foundation.clock import now
from foundation.errors import PortalError
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake.ports import TableAt

Thing = TypeVar("Thing", FeatureView, TrainingSet)
_WITHOUT_ROWS = (BuildState.FAILED, BuildState.CANCELLED, BuildState.BINNED, BuildState.DESTROYING)


class TableReach(dataset_services.Reach, ABC, Generic[Thing]):
    """Things of one kind, each with a table of its own that was made of other things."""

    kind: ErasedKind
    model: type[Thing]
    prefix: str
    bin_kind: BinKind
    # What may have rows.
    kept: Q = selectors.KEPT

    def look(self, search: Search) -> list[Reached]:
        """What lies in the bin, or waits for its end, is reached as well, and has no successor: somebody removed it."""
        kept = list(self._kept(search))
        newest: dict[str, int] = {}
        for thing in kept:
            if thing.state == BuildState.READY:
                newest[thing.name] = max(thing.number, newest.get(thing.name, 0))
        found = []
        for thing in kept:
            count = _rows_in(search, selectors.kept_table(thing))
            if count or self._is_made_of(thing, search, count):
                is_newest = thing.state == BuildState.READY and thing.number == newest[thing.name]
                found.append(self._reached(thing, count, newest=is_newest))
        return found

    def rebuild(self, job: JobHandle, erasure_id: UUID, search: Search, found: Sequence[Reached]) -> None:
        with job.scope():
            ids = [one.id for one in found]
            rows = self.model._default_manager.filter(pk__in=ids, state=BuildState.READY)
            ready = set(rows.values_list("pk", flat=True))
        for one in found:
            if one.id in ready:
                self._rebuild(job, erasure_id, search, one.id)

    def successor(self, successor_id: UUID) -> str:
        made = self.model._default_manager.filter(pk=successor_id, state=BuildState.READY).first()
        return str(made) if made else ""

    def begin(self, actor: Actor, ids: Collection[UUID]) -> None:
        # First: whoever restores it holds the bin's row before the thing's.
        tenants.forget_binned(tenant_id=actor.tenant_id, kind=self.bin_kind, thing_ids=ids)
        for thing in self._locked(ids, selectors.KEPT):
            states.move(thing, BuildState.DESTROYING, NEXT)
            thing.save(update_fields=["state"])

    def tables(self, ids: Collection[UUID]) -> list[str]:
        """And those of their projects' things that have no rows to read: they were dropped, and not their keys."""
        rows: QuerySet[Any] = self.model._default_manager.all()
        projects = rows.filter(pk__in=ids).values("project_id")
        unmade: QuerySet[Any] = rows.filter(project_id__in=projects, state__in=_WITHOUT_ROWS).exclude(selectors.KEPT)
        return [f"{self.prefix}{pk.hex}" for pk in {*ids, *unmade.values_list("pk", flat=True)}]

    def end(self, actor: Actor, ids: Collection[UUID]) -> None:
        # Once more: somebody may have put it there just before it was begun.
        tenants.forget_binned(tenant_id=actor.tenant_id, kind=self.bin_kind, thing_ids=ids)
        for thing in self._locked(ids, Q(state=BuildState.DESTROYING)):
            states.move(thing, BuildState.DESTROYED, NEXT)
            thing.destroyed_at, thing.lake_table = now(), ""
            gone = self._gone(thing)
            thing.save()
            end_usage(thing)
            ledger.record(gone, actor=actor, project_id=thing.project_id, subject=(self.kind.value, thing.pk))

    def unfinished(self, search: Search) -> list[str]:
        rows = self._visible(search).filter(state=BuildState.BUILDING)
        return [str(thing) for thing in rows if self._parts(thing) & search.reached]

    def _kept(self, search: Search) -> QuerySet[Thing]:
        rows = self._visible(search).filter(self.kept)
        return rows.exclude(lake_snapshot=None).order_by("created_at")

    def _locked(self, ids: Collection[UUID], those: Q) -> QuerySet[Thing]:
        rows = self.model._default_manager.select_for_update(of=("self",))
        return rows.filter(those, pk__in=ids).order_by("pk")

    def _reached(self, thing: Thing, rows: int | None, *, newest: bool) -> Reached:
        return Reached(
            kind=self.kind,
            id=thing.pk,
            name=str(thing),
            rows=rows,
            digest=thing.digest,
            inputs=tuple(self._parts(thing)),
            newest=newest,
        )

    def _is_made_of(self, thing: Thing, search: Search, count: int | None) -> bool:
        """Whether something of the person may be in it, when so many rows were counted, or none could be."""
        return bool(self._parts(thing) & search.reached)

    @abstractmethod
    def _visible(self, search: Search) -> QuerySet[Thing]:
        """Those that the search's actor sees."""

    @abstractmethod
    def _parts(self, thing: Thing) -> set[UUID]:
        """The ids of what it is made of."""

    @abstractmethod
    def _rebuild(self, job: JobHandle, erasure_id: UUID, search: Search, pk: UUID) -> None:
        """Make it anew from the successors of what it is made of."""

    @abstractmethod
    def _gone(self, thing: Thing) -> ledger.Event:
        """What the ledger says of it, whose last traces in the row are taken away here."""


def now_of(erasure_id: UUID, search: Search, pk: UUID) -> UUID:
    """What stands in the place of a thing: its successor where it was reached, else itself."""
    return dataset_services.successor_id(erasure_id, pk) if pk in search.reached else pk


def version_is_there(actor: Actor, pk: UUID) -> bool:
    try:
        datasets.table_at(datasets.get_version(actor=actor, version_id=pk))
    except PortalError:
        return False
    return True


def next_number(old: FeatureView | TrainingSet) -> int:
    lock_project(project_id=old.project_id)
    same = type(old).objects.filter(project_id=old.project_id, name=old.name)
    return 1 + (same.aggregate(n=Max("number"))["n"] or 0)


def _rows_in(search: Search, at: TableAt) -> int | None:
    """How many rows are the person's by any column that stands for the one searched; None where there is no such."""
    names = selectors.columns_meant(actor=search.actor, project_id=search.project_id, column=search.column)
    if search.dataset_id is not None:
        # Elsewhere a column of this name may name something else: what was made of the dataset is reached by that.
        return None
    try:
        there = [column.name for column in lake.for_tenant(search.actor.tenant_id).schema(at) if column.name in names]
    except lake.TableMissing:
        return None  # nobody is in a table that is not there
    return max((search.count(at, column) for column in there), default=None)
