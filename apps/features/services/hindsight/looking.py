"""Whether the rows of a view's SQL would have been the same by their own time: made again without what came later.

A join as of a moment sees each row's event time and nothing of how its values came about. So the SQL is run again over
its inputs as they were by some of those moments, and each row of by then has to come out as it did over all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from django.utils.translation import gettext as _

from apps.features.choices import KnownSince
from apps.features.errors import DefinitionRefused
from apps.features.services.hindsight.comparing import Differing, differing, moments_of
from apps.features.services.hindsight.cutting import Cut, Made, cut_of
from apps.features.services.hindsight.wording import moved_back_in_words, seen_in_words
from apps.features.services.unreal import made_missing
from apps.features.services.windows.declaring import plan_of
from apps.features.services.windows.events import ALIAS, beside_tables
from foundation import lake
from foundation.lake.errors import LakeFailed, LakeSlow, SqlFailed
from foundation.lake.ports import Lake, TableAt, Until

if TYPE_CHECKING:
    import pyarrow as pa

    from apps.features.models import FeatureView

    Rows: TypeAlias = TableAt | pa.Table

# The more rows, the longer each moment takes, and the more pairs of rows lie on either side of one.
_MOMENTS = ((10_000, 12), (1_000_000, 6))
_FEWEST = _IN_SAMPLE = 3
_SAMPLE: dict[str, Any] = {"sample_rows": 10_000, "timeout_s": 20, "result_mb": 256}
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


def look_at_view(
    tables: Lake, view: FeatureView, inputs: Mapping[str, TableAt], rows: TableAt, **limits: Any
) -> dict[str, Any]:
    """What was looked at, as the view keeps it: {"moments", "rows", **Cut.said}.

    `rows` are the view's, and `inputs` what its SQL reads. Empty where each event of a stream goes through alone.
    DefinitionRefused where a row would have been another one by its own time.
    """
    if view.follows_stream:
        return {}
    made = made_of(view, inputs)
    cut = cut_of(tables, made)
    if cut.by_row or not cut.dated:
        return {**cut.said, "moments": 0, "rows": 0}
    then, whole = beside_tables(view)
    features = list(plan_of(view).columns) if view.windows else view.feature_names

    def kept(table: str, until: Until | None) -> TableAt:
        found = lake.sandbox.run(made.tenant_id, made.sql, made.inputs, until=until, **limits)
        return tables.write(table, found if view.windows else made_missing(found, Counter(), features), mode="replace")

    try:
        # Of windows the view's rows are no longer what the SQL gives.
        rows = kept(whole, None) if view.windows else rows
        moments = moments_of(tables, made.spec, rows, _count(tables.count(rows)))
        found = _look(tables, made, cut, features, rows, moments, lambda until: kept(then, until))
    finally:
        for table in (then, whole):
            tables.drop(table)
    if found.differing:
        raise DefinitionRefused(seen_in_words(found), fields={"sql": [_("It brings later rows to earlier ones.")]})
    return {**cut.said, "moments": len(moments), "rows": found.rows}


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

    With what nobody can tell but whoever writes the SQL: that rows are dated before their own time.
    """
    try:
        cut = cut_of(tables, made)
        back = [moved_back_in_words()] if cut.moved_back else []
        if cut.by_row or not cut.dated:
            return back
        rows = _sampled(made, None)
        named = {*made.keys, made.event_time, made.created} - {""}
        if not named <= set(rows.column_names):
            # Defining it says which column lacks.
            return back
        features = [name for name in rows.column_names if name not in named]
        moments = moments_of(tables, made.spec, rows, _IN_SAMPLE)
        found = _look(tables, made, cut, features, rows, moments, lambda until: _sampled(made, until))
    except (SqlFailed, LakeSlow, LakeFailed) as refusal:
        sentence = _("Whether the SQL sees the future could not be told from its first rows: %(why)s")
        return [sentence % {"why": refusal.sentence}]
    if not made.keys:
        # Which columns are features is not said yet.
        found = replace(found, features=())
    return [*([seen_in_words(found)] if found.differing else []), *back]


def _look(
    tables: Lake,
    made: Made,
    cut: Cut,
    features: Sequence[str],
    rows: Rows,
    moments: Sequence[datetime],
    run: Callable[[Until], Rows],
) -> Differing:
    """The first moment at which rows differ, with the inputs whose later rows are why; else the last."""

    def held(moment: datetime, dated: Mapping[str, list[list[str]]]) -> Differing:
        return differing(tables, made.spec, features, rows, run(Until(moment, dated)), moment)

    found = Differing(_NEVER, 0, 0, ())
    for moment in moments:
        found = held(moment, cut.dated)
        if found.differing:
            alone = {alias: times for alias, times in cut.dated.items() if len(cut.dated) > 1}
            guilty = [alias for alias, times in alone.items() if held(moment, {alias: times}).differing]
            return replace(found, inputs=tuple(sorted(guilty or cut.dated)))
    return found


def _sampled(made: Made, until: Until | None) -> pa.Table:
    return lake.sandbox.run(made.tenant_id, made.sql, made.inputs, until=until, **_SAMPLE).read_all()


def _count(rows: int) -> int:
    return next((moments for most, moments in _MOMENTS if rows <= most), _FEWEST)
