"""What a windows view declares, checked while nothing is computed yet; and the kernel's plan that it comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from django.utils.translation import gettext as _

from apps.features.choices import KnownSince, WindowFunction
from apps.features.errors import DefinitionRefused
from apps.features.services.meaning import no_time
from apps.features.services.naming import check_name, column_list
from apps.features.services.windows.plans import Aggregation, Plan, stored_type
from foundation.figures import number

if TYPE_CHECKING:
    from apps.features.models import Entity, FeatureView

MOST_TILES, MOST_AGGREGATIONS = 1_500, 50
_MOST_SECONDS = 3_660 * 86_400
_WITHOUT_COLUMN = frozenset({WindowFunction.COUNT})
_OF_NUMBERS = frozenset({WindowFunction.SUM, WindowFunction.MEAN, WindowFunction.QUANTILE})
_OF_ORDER = frozenset({WindowFunction.MIN, WindowFunction.MAX})
_NUMBERS = frozenset({"BIGINT", "DOUBLE", "BOOLEAN"})
_ORDERED = frozenset({"BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"})
# What a view calls the moment from which a value is known, where no column of the events says it.
KNOWN_SINCE = "known_since"


def checked(
    *,
    entity: Entity,
    event_time: str,
    created_column: str,
    known_since: str,
    slide_seconds: int,
    aggregations: Sequence[Mapping[str, Any]],
    types: Mapping[str, str],
) -> list[dict[str, Any]]:
    """The aggregations as they are kept, or DefinitionRefused; `types` are those of the select's columns."""
    _check_columns(entity, event_time, created_column, known_since, types)
    if not 1 <= slide_seconds <= 31 * 86_400:
        _refuse("slide_seconds", _("A slide has at least one second and at most 31 days."))
    if not aggregations:
        _refuse("aggregations", _("Declare at least one aggregation."))
    if len(aggregations) > MOST_AGGREGATIONS:
        _refuse("aggregations", _("A view has at most %(most)s aggregations.") % {"most": MOST_AGGREGATIONS})
    kept = [_named(told, slide_seconds, types) for told in aggregations]
    taken = {
        *entity.join_keys,
        event_time,
        created_column,
        *([KNOWN_SINCE] if known_since == KnownSince.ARRIVAL else []),
    }
    for name in (one["name"] for one in kept):
        if name in taken:
            sentence = _("Two columns of the view would be called “%(name)s”. Each needs a name of its own.")
            _refuse("aggregations", sentence % {"name": name})
        taken.add(name)
    return kept


def plan_of(view: FeatureView) -> Plan:
    """The kernel's plan of a windows view; of SQL that follows a stream, one without aggregations."""
    told, types = view.windows, view.windows["columns"]
    if "aggregations" not in told:
        columns = tuple(view.feature_names)
        return Plan(tuple(view.entity.join_keys), view.event_time, view.created_column, 0, columns, ())
    aggregations = tuple(
        Aggregation(
            name=one["name"],
            function=WindowFunction(one["function"]),
            column=one["column"],
            seconds=one["seconds"],
            quantile=one["quantile"],
            type=stored_type(types[one["column"]]) if one["column"] else "",
        )
        for one in told["aggregations"]
    )
    return Plan(
        keys=tuple(view.entity.join_keys),
        event_time=view.event_time,
        created=view.created_column,
        slide_seconds=told["slide_seconds"],
        columns=tuple(dict.fromkeys(one.column for one in aggregations if one.column)),
        aggregations=aggregations,
    )


def features_of(plan: Plan) -> list[dict[str, Any]]:
    """Names and types, as a view keeps those of its features."""
    return [{"name": one.name, "type": one.gives} for one in plan.aggregations]


def _check_columns(
    entity: Entity, event_time: str, created_column: str, known_since: str, types: Mapping[str, str]
) -> None:
    if known_since not in KnownSince.values:
        _refuse("known_since", _("Choose one of: %(known)s.") % {"known": ", ".join(KnownSince.values)})
    if bool(created_column) != (known_since == KnownSince.COLUMN):
        sentence = _("Name the column that says when an event became known, or choose another way of knowing it.")
        _refuse("created_column", sentence)
    _check_there(entity, event_time, created_column, list(types))
    for field, name in (("event_time", event_time), ("created_column", created_column)):
        if name and (sentence := no_time(name, types[name])):
            _refuse(field, sentence)
    if own := [name for name in types if name.startswith("__")]:
        sentence = _(
            "%(names)s begins with two underscores, as the portal's own columns do. Call it otherwise in the SQL."
        )
        _refuse("sql", sentence % {"names": column_list(own)})


def _check_there(entity: Entity, event_time: str, created_column: str, columns: Sequence[str]) -> None:
    needed = {"join_keys": entity.join_keys, "event_time": [event_time]}
    needed["created_column"] = [created_column] if created_column else []
    for field, names in needed.items():
        for name in names:
            if name not in columns:
                sentence = _("The events have no column “%(name)s”. They have: %(columns)s.")
                _refuse(field, sentence % {"name": name or "?", "columns": ", ".join(columns)})


def check_events_have(
    entity: Entity,
    event_time: str,
    created_column: str,
    aggregations: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
) -> None:
    """Of events that are taken as they are, without a select of which a fault could be told: every column is there."""
    _check_there(entity, event_time, created_column, columns)
    for one in aggregations:
        column = str(one.get("column") or "")
        if column and column not in columns:
            sentence = _("%(name)s: the events have no column “%(column)s”. They have: %(columns)s.")
            words = {"name": one.get("name") or "", "column": column, "columns": ", ".join(columns)}
            _refuse("aggregations", sentence % words)


def _named(told: Mapping[str, Any], slide: int, types: Mapping[str, str]) -> dict[str, Any]:
    """The aggregation; what is refused of it says which one it was."""
    try:
        return _one(told, slide, types)
    except DefinitionRefused as refusal:
        fields = {"aggregations": [refusal.sentence]}
        details = {"aggregation": str(told.get("name", ""))}
        raise DefinitionRefused(refusal.sentence, fields=fields, details=details) from refusal


def _one(told: Mapping[str, Any], slide: int, types: Mapping[str, str]) -> dict[str, Any]:
    name, column, seconds = str(told.get("name", "")), str(told.get("column") or ""), told.get("seconds")
    check_name(name)
    if told.get("function") not in WindowFunction.values:
        sentence = _("%(name)s: there is no function “%(function)s”. There are: %(known)s.")
        known = ", ".join(WindowFunction.values)
        _refuse("aggregations", sentence % {"name": name, "function": told.get("function") or "", "known": known})
    function = WindowFunction(told["function"])
    _check_column(name, function, column, types)
    if not isinstance(seconds, int) or not slide <= seconds or seconds % slide:
        sentence = _(
            "%(name)s: a window of %(seconds)s seconds is no multiple of the slide of %(slide)s seconds. Change one."
        )
        _refuse("aggregations", sentence % {"name": name, "seconds": number(seconds), "slide": number(slide)})
    if seconds > _MOST_SECONDS:
        _refuse("aggregations", _("%(name)s: a window is at most ten years long.") % {"name": name})
    if seconds // slide > MOST_TILES:
        sentence = _(
            "%(name)s: a window of %(seconds)s seconds has %(tiles)s slides of %(slide)s seconds; at most %(most)s are "
            "allowed. Take a longer slide, or put the window into another view."
        )
        values = {"seconds": seconds, "tiles": seconds // slide, "slide": slide, "most": MOST_TILES}
        _refuse("aggregations", sentence % {"name": name, **{key: number(value) for key, value in values.items()}})
    return {
        "name": name,
        "function": function.value,
        "column": column,
        "seconds": seconds,
        "quantile": _quantile(name, function, told.get("quantile")),
    }


def _check_column(name: str, function: WindowFunction, column: str, types: Mapping[str, str]) -> None:
    words = {"name": name, "function": function.label, "column": column}
    if not column:
        if function not in _WITHOUT_COLUMN:
            _refuse("aggregations", _("%(name)s: say which column “%(function)s” is of.") % words)
        return
    if column not in types:
        sentence = _("%(name)s: the events have no column “%(column)s”. They have: %(columns)s.")
        _refuse("aggregations", sentence % {**words, "columns": ", ".join(types)})
    kind = stored_type(types[column])
    fits = kind in _NUMBERS if function in _OF_NUMBERS else kind in _ORDERED if function in _OF_ORDER else bool(kind)
    if not fits:
        sentence = _("%(name)s: “%(function)s” cannot be computed of “%(column)s”, which is of type %(type)s.")
        _refuse("aggregations", sentence % {**words, "type": types[column]})


def _quantile(name: str, function: WindowFunction, given: Any) -> float | None:
    if function != WindowFunction.QUANTILE:
        if given is not None:
            _refuse("aggregations", _("%(name)s: only a quantile says which one it is.") % {"name": name})
        return None
    if not isinstance(given, int | float) or isinstance(given, bool) or not 0 <= given <= 1:
        _refuse("aggregations", _("%(name)s: say which quantile, from 0 to 1; 0.5 is the median.") % {"name": name})
    return float(given)


def _refuse(field: str, sentence: str) -> NoReturn:
    raise DefinitionRefused(sentence, fields={field: [sentence]})
