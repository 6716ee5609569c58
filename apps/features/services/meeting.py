"""Whether the keys of rows meet those of the views for sure, seen from what the rows hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apps.features.adapters.asof import meant_sql
from apps.features.choices import KeyType
from apps.features.errors import DefinitionRefused
from apps.features.ports import JoinedView, Labels
from apps.features.services.meaning import key_type_of
from foundation.figures import number
from foundation.lake.ports import Lake, TableAt
from foundation.quoting import identifier
from foundation.words import kept_many as ngettext

# From this power of two on a column of the type holds the same for one whole number and the next.
_EXACT_BELOW = {"DOUBLE": 53, "FLOAT": 24}


def check_whole(tables: Lake, labels: Labels, views: Sequence[JoinedView], inputs: Mapping[str, TableAt]) -> None:
    """DefinitionRefused where rows that are meant have a floating key that is no whole number for sure.

    Such columns come about where one of the keys is missing; small ones meet as they are. `inputs` are `base` and each
    view under its alias.
    """
    base = inputs["base"]
    types = {column.name: column.type.upper() for column in tables.schema(base)}
    of_views = {view.alias: {one.name: one.type for one in tables.schema(inputs[view.alias])} for view in views}
    asked = sorted(
        {
            column
            for view in views
            for key, column in view.keys.items()
            if types[column] in _EXACT_BELOW and key_type_of(of_views[view.alias][key]) is KeyType.WHOLE
        }
    )
    if not asked:
        return
    counts = ", ".join(f"count(*) FILTER ({_unsure(column, types[column])})" for column in asked)
    sql = f"SELECT {counts} FROM base WHERE {meant_sql(labels)}"  # noqa: S608 - names are quoted
    (found,) = tables.query(sql, {"base": base}).read_all().to_pylist()
    for column, rows in zip(asked, found.values(), strict=True):
        if rows:
            raise _refused(column, types[column], rows)


def _unsure(column: str, kind: str) -> str:
    name = identifier(column)
    return f"isfinite({name}) AND ({name} <> trunc({name}) OR abs({name}) >= {2 ** _EXACT_BELOW[kind]})"


def _refused(column: str, kind: str, rows: int) -> DefinitionRefused:
    sentence = ngettext(
        "“%(column)s” is %(given)s, and the keys that it is to meet are whole numbers: in %(rows)s row it is a "
        "fraction, or 2^%(power)d or more, where two keys are one. Send it as whole numbers: cast it to BIGINT where "
        "the rows are made, in a DataFrame to Int64.",
        "“%(column)s” is %(given)s, and the keys that it is to meet are whole numbers: in %(rows)s rows it is a "
        "fraction, or 2^%(power)d or more, where two keys are one. Send it as whole numbers: cast it to BIGINT where "
        "the rows are made, in a DataFrame to Int64.",
        rows,
    )
    said = sentence % {"column": column, "given": kind, "rows": number(rows), "power": _EXACT_BELOW[kind]}
    return DefinitionRefused(said, fields={"keys": [said]})
