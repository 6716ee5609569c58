"""Whether the rows of a view's SQL would have been the same by their own time: made again without what came later.

A join as of a moment sees each row's event time and nothing of how its values came about. So the SQL is run again over
its inputs as they were by some of those moments, and each row of by then has to come out as it did over all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeAlias

from apps.features.choices import KnownSince
from apps.features.errors import DefinitionRefused
from apps.features.services.hindsight.comparing import Differing, differing, moments_of
from apps.features.services.hindsight.cutting import Cut, Made, cut_of
from apps.features.services.hindsight.wording import (
    field_in_words,
    moved_back_in_words,
    seen_in_words,
    undecided_in_words,
)
from apps.features.services.unreal import made_missing
from apps.features.services.windows.declaring import plan_of
from apps.features.services.windows.events import ALIAS, beside_tables
from foundation import lake
from foundation.lake.errors import LakeFailed, LakeSlow, LakeTooSmall, SqlFailed
from foundation.lake.ports import Lake, TableAt, Until
from foundation.words import kept as _

if TYPE_CHECKING:
    import pyarrow as pa

    from apps.features.models import FeatureView

    Rows: TypeAlias = TableAt | pa.Table

# The more rows, the longer each moment takes, and the more pairs of rows lie on either side of one.
_MOMENTS = ((10_000, 12), (1_000_000, 6))
_FEWEST = _IN_SAMPLE = 3
_SAMPLE: dict[str, Any] = {"sample_rows": 10_000, "result_mb": 256}
# Whoever asks for a preview waits; whoever has a version computed has waited for its SQL once.
_LONGEST_S, _LONGEST_IN_SAMPLE_S = 3_600, 20


@dataclass(frozen=True)
class _Looked:
    """What differed, as of how many moments nothing did, how many rows there were by one; `stopped` says why it ended.

    That is a sentence where it could not be told of more moments, which makes nothing wrong.
    """

    found: Differing | None = None
    moments: int = 0
    rows: int = 0
    stopped: str = ""


@dataclass(frozen=True)
class _Again:
    """The SQL that is run again: the rows that there are over all, those of a run, and how long all may take."""

    tables: Lake
    made: Made
    features: Sequence[str]
    rows: Callable[[], Rows]
    run: Callable[[Until], Rows]
    end: float

    @property
    def left_s(self) -> float:
        return max(1.0, self.end - monotonic())

    def moments(self, count: int) -> list[datetime]:
        """The middle one first: where they are not all looked at, these tell most."""
        found = moments_of(self.tables, self.made.spec, self.rows(), count)
        return sorted(found, key=lambda one: abs(2 * found.index(one) - len(found) + 1))

    def held(self, until: Until) -> Differing:
        then = self.run(until)
        return differing(self.tables, self.made.spec, self.features, self.rows(), then, until.moment, self.left_s)


def look_at_view(
    tables: Lake,
    view: FeatureView,
    inputs: Mapping[str, TableAt],
    rows: TableAt,
    *,
    goes_on: Callable[[], None],
    **limits: Any,
) -> dict[str, Any]:
    """What was looked at, as the view keeps it: {"moments", "rows", "stopped", **Cut.said}.

    `rows` are the view's, and `inputs` what its SQL reads; `goes_on` is asked before each run, and may raise. Empty
    where each event of a stream goes through alone, or nothing is known before it came here. It is `stopped` where not
    all moments were looked at, since that took too long or too much memory.
    DefinitionRefused where a row would have been another one by its own time.
    """
    if view.follows_stream or view.windows.get("known_since") == KnownSince.ARRIVAL:
        return {}
    made = made_of(view, inputs)
    cut = cut_of(tables, made)
    if cut.by_row or not cut.dated:
        return {**cut.said, "moments": 0, "rows": 0, "stopped": False}
    beside = beside_tables(view)
    try:
        looked = _look(*_over_tables(tables, view, made, rows, goes_on, limits), cut)
    finally:
        for table in beside:
            tables.drop(table)
    if looked.found:
        raise DefinitionRefused(seen_in_words(looked.found), fields={"sql": [field_in_words(looked.found)]})
    return {**cut.said, "moments": looked.moments, "rows": looked.rows, "stopped": bool(looked.stopped)}


def _over_tables(
    tables: Lake, view: FeatureView, made: Made, rows: TableAt, goes_on: Callable[[], None], limits: Mapping[str, Any]
) -> tuple[_Again, Callable[[], int]]:
    """What runs the view's SQL again, into the tables beside it, and what says at how many moments."""
    then, whole = beside_tables(view)
    features = list(plan_of(view).columns) if view.windows else view.feature_names

    def kept(table: str, until: Until | None) -> TableAt:
        goes_on()
        found = lake.sandbox.run(made.tenant_id, made.sql, made.inputs, until=until, **limits)
        return tables.write(table, _as_kept(made, features, found), mode="replace")

    def all_rows() -> TableAt:
        # As they are now: of a version that is not ready yet nobody keeps an older snapshot.
        return tables.current(whole if view.windows else rows.table)

    def count() -> int:
        if view.windows:
            # The view's rows are no longer what the SQL gives.
            kept(whole, None)
        return _count(tables.count(all_rows()))

    return _Again(tables, made, features, all_rows, lambda until: kept(then, until), monotonic() + _LONGEST_S), count


def made_of(view: FeatureView, inputs: Mapping[str, TableAt]) -> Made:
    """What the view's rows, or the events of its windows, are made of."""
    column = not view.windows or view.windows["known_since"] == KnownSince.COLUMN
    return Made(
        tenant_id=view.tenant_id,
        sql=view.sql,
        inputs={ALIAS: inputs[ALIAS]} if view.windows else inputs,
        keys=view.entity.join_keys,
        event_time=view.event_time,
        created=view.created_column if column else "",
        timeless=view.timeless_inputs,
    )


def look_at_sample(tables: Lake, made: Made) -> list[str]:
    """The same of the first rows of the inputs, before anything is defined: in words, what would be refused.

    With what nobody can tell but whoever writes the SQL: that rows are dated before their own time, and which of
    several times dates the rows of an input.
    """
    end = monotonic() + _LONGEST_IN_SAMPLE_S

    def sampled(until: Until | None) -> pa.Table:
        limits = {**_SAMPLE, "timeout_s": max(1.0, end - monotonic())}
        return lake.sandbox.run(made.tenant_id, made.sql, made.inputs, until=until, **limits).read_all()

    try:
        cut = cut_of(tables, made)
        unsure = [undecided_in_words(sorted(cut.undecided))] if cut.undecided else []
        unsure += [moved_back_in_words()] if cut.moved_back else []
        if cut.by_row or not cut.dated:
            return unsure
        rows = sampled(None)
        named = {*made.keys, made.event_time, made.created} - {""}
        if not named <= set(rows.column_names):
            # Defining it says which column lacks.
            return unsure
        features = [name for name in rows.column_names if name not in named]
        again = _Again(tables, made, features, lambda: rows, sampled, end)
        looked = _look(again, lambda: _IN_SAMPLE, cut)
    except (SqlFailed, LakeSlow, LakeFailed) as refusal:
        return [_untold(refusal.sentence)]
    if looked.found is not None:
        # Without keys it is not said yet which columns are features.
        found = looked.found if made.keys else replace(looked.found, features=())
        return [seen_in_words(found), *unsure]
    return [*([_untold(looked.stopped)] if looked.stopped and not looked.moments else []), *unsure]


def _look(again: _Again, count: Callable[[], int], cut: Cut) -> _Looked:
    """The first of so many moments at which rows differ, else that they do at none."""
    looked = _Looked()
    try:
        for moment in again.moments(count()):
            if looked.moments and monotonic() > again.end:
                return replace(looked, stopped=_("It takes too long."))
            found = again.held(Until(moment, cut.dated))
            if found.differing:
                return replace(looked, found=_explained(again, cut, found))
            looked = replace(looked, moments=looked.moments + 1, rows=max(looked.rows, found.rows))
    except (SqlFailed, LakeSlow, LakeTooSmall) as refusal:
        return replace(looked, stopped=refusal.sentence)
    return looked


def _explained(again: _Again, cut: Cut, found: Differing) -> Differing:
    """With the inputs whose later rows are why; or what differs where the same rows come in another order."""
    try:
        turned = again.held(Until(found.moment, {}, turned=True))
        if turned.differing:
            return replace(turned, by_order=True)
        alone = {alias: times for alias, times in cut.dated.items() if len(cut.dated) > 1}
        guilty = [alias for alias, times in alone.items() if again.held(Until(found.moment, {alias: times})).differing]
    except (SqlFailed, LakeSlow, LakeTooSmall):
        guilty = []
    return replace(found, inputs=tuple(sorted(guilty or cut.dated)))


def _as_kept(made: Made, features: Sequence[str], rows: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """What is held against each other of the rows, as a view keeps it."""
    import pyarrow as pa

    named = [name for name in rows.schema.names if name in {*made.keys, made.event_time, made.created, *features}]
    schema = pa.schema([rows.schema.field(name) for name in named])
    fewer = pa.RecordBatchReader.from_batches(schema, (batch.select(named) for batch in rows))
    return made_missing(fewer, Counter(), features)


def _untold(why: str) -> str:
    return _("Whether the SQL sees the future could not be told from its first rows: %(why)s") % {"why": why}


def _count(rows: int) -> int:
    return next((moments for most, moments in _MOMENTS if rows <= most), _FEWEST)
