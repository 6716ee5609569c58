"""Views of windows over events as a section of a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.features import selectors
from apps.features.choices import EventSource, KnownSince, ViewKind, WindowFunction
from apps.features.errors import DefinitionRefused
from apps.features.models import FeatureView
from apps.features.services.defining import input_tables
from apps.features.services.definitions.inputs import (
    dataset_said,
    stream_fields,
    stream_named,
    stream_said,
    version_said,
)
from apps.features.services.definitions.reading import Fields, Problem, Value, unknown
from apps.features.services.definitions.saying import (
    ALIVE,
    Said,
    as_change,
    given_of,
    kept,
    now_of,
    read_said,
    said_changes,
    said_fields,
)
from apps.features.services.definitions.sections import Action, Context, Section, Step, Wanted
from apps.features.services.definitions.views import entity_said, newest_view, view_changes
from apps.features.services.describing import describe_view
from apps.features.services.trying import noted
from apps.features.services.windows.defining import ask_of_windows, completed, define_windows
from apps.features.services.windows.events import ALIAS
from apps.features.services.windows.trying import notes_on_windows
from foundation.identity import Actor

_SAME = ("sql", "event_time", "created_column", "known_since", "slide_seconds", "ttl_seconds")


class WindowSection(Section):
    word, rank = "windows", 25

    def read(self, name: str, value: Value, problems: list[Problem]) -> Wanted:
        fields = Fields(value, f"{self.word}.{name}", problems)
        told = fields.values("aggregations", required=True)
        words: Said = {
            "entity": fields.text("entity", required=True),
            "source": _source(fields),
            "sql": fields.text("sql"),
            "event_time": fields.text("event_time", required=True),
            "created_column": fields.text("created_column"),
            "known_since": fields.text("known_since"),
            "slide_seconds": fields.number("slide_seconds"),
            "ttl_seconds": fields.number("ttl_seconds"),
            "aggregations": [_aggregation(fields, one, of) for one, of in told.items()],
            **read_said(fields),
        }
        if not fields.value("slide_seconds"):
            fields.problem(_("“%(name)s” is missing.") % {"name": "slide_seconds"})
        lines = {field: fields.line_of(field) for field in words}
        lines |= {f"aggregations.{one}": of.line for one, of in told.items()}
        fields.end()
        return Wanted(name, value.line, words, {**lines, "join_keys": lines["entity"], "inputs": lines["source"]})

    def ask(self, context: Context, wanted: Wanted) -> None:
        words, name = wanted.words, wanted.words["entity"]
        there = selectors.entity_named(actor=context.actor, project_id=context.project.pk, name=name)
        keys = context.coming.get(name) if there is None else there.join_keys
        if keys is None:
            return
        newest = newest_view(context, wanted.name, ViewKind.WINDOWS)
        source = _found(context, words["source"], newest)
        definition = _definition(words, keys, source)
        if not _is_there(newest, _meaning(definition, source, name)):
            asked: dict[str, Any] = {**definition, **source}
            del asked["ttl_seconds"]
            ask_of_windows(context.actor, keys=keys, **asked)

    def make(self, context: Context, wanted: Wanted) -> Step:
        words, actor, project = wanted.words, context.actor, context.project
        entity = entity_said(context, words["entity"])
        newest = newest_view(context, wanted.name, ViewKind.WINDOWS)
        source = _found(context, words["source"], newest)
        definition = _definition(words, entity.join_keys, source)
        meaning = {"definition": _meaning(definition, source, entity.name), **given_of(words)}
        if newest is not None and _is_there(newest, meaning["definition"]):
            said = said_changes(newest, words)
            if said:
                describe_view(actor=actor, view=newest, **said)
            changes = tuple(as_change(field, now_of(newest, field), value) for field, value in said.items())
            action: Action = "described" if said else "unchanged"
            return Step(self.word, wanted.name, wanted.line, action, newest.number, changes, meaning=meaning)
        # A stream or a version that is gone is read by what is there, and by nothing new.
        source = _found(context, words["source"])
        given = given_of(words) if newest is None else {**kept(newest), **given_of(words)}
        view = _defined(actor=actor, project=project, entity=entity, name=wanted.name, **source, **definition, **given)
        inputs = {ALIAS: UUID(view.inputs[ALIAS])}
        at = input_tables(actor, view.sql, inputs)[0][ALIAS]
        notes = (*noted(actor, view, inputs), *notes_on_windows(actor, view, at))
        action = "new" if newest is None else "new version"
        changes = () if newest is None else tuple(view_changes(context, newest, view, window_fields))
        return Step(self.word, wanted.name, wanted.line, action, view.number, changes, notes, meaning)

    def there(self, context: Context) -> Iterable[tuple[str, Said]]:
        rows = selectors.visible_views(actor=context.actor, project_id=context.project.pk, newest_only=True)
        for view in rows.filter(kind=ViewKind.WINDOWS).order_by("name"):
            yield view.name, window_fields(context.actor, view)


def window_fields(actor: Actor, view: FeatureView) -> Said:
    """The view as a file holds it: its dataset pinned to a version, its stream by its name."""
    told = view.windows
    is_column = told["known_since"] == KnownSince.COLUMN
    given = {
        "created_column": view.created_column if is_column else "",
        # Who names a column has said since when an event is known.
        "known_since": "" if is_column else told["known_since"],
        "slide_seconds": told["slide_seconds"],
        "ttl_seconds": view.ttl_seconds,
    }
    aggregations = {
        one["name"]: {
            name: one[name] for name in ("function", "column", "seconds", "quantile") if one[name] not in (None, "")
        }
        for one in told["aggregations"]
    }
    return {
        "entity": view.entity.name,
        "source": _source_fields(actor, told["source"]),
        "sql": view.sql.strip(),
        "event_time": view.event_time,
        **{name: value for name, value in given.items() if value},
        "aggregations": aggregations,
        **said_fields(view),
    }


def _source_fields(actor: Actor, source: Mapping[str, Any]) -> Said:
    if source["kind"] == EventSource.STREAM:
        return stream_fields(actor, source)
    version = datasets.visible_versions(actor=actor).filter(pk=source["id"]).select_related("dataset").first()
    return {"dataset": version.dataset.name, "version": version.number} if version else {"id": source["id"]}


def _definition(words: Said, keys: Sequence[str], source: Mapping[str, UUID]) -> dict[str, Any]:
    """All that says what the windows are, but for where their events come from and whom they are about."""
    return {
        **{name: words[name] for name in _SAME},
        **completed(
            keys=keys,
            is_stream="stream_id" in source,
            aggregations=words["aggregations"],
            **{name: words[name] for name in ("sql", "event_time", "created_column", "known_since")},
        ),
        "aggregations": words["aggregations"],
    }


def _meaning(definition: Mapping[str, Any], source: Mapping[str, UUID], entity: str) -> dict[str, Any]:
    """With both. A stream goes on: what it has become since is no other definition of what is made of it."""
    return {**definition, **{name: str(pk) for name, pk in source.items()}, "entity": entity}


def _is_there(newest: FeatureView | None, meaning: Mapping[str, Any]) -> bool:
    """Whether the newest version is what the file says, and can be used."""
    return newest is not None and newest.state in ALIVE and _meaning_of(newest) == meaning


def _meaning_of(view: FeatureView) -> dict[str, Any]:
    told = view.windows
    is_column = told["known_since"] == KnownSince.COLUMN
    source = "stream_id" if told["source"]["kind"] == EventSource.STREAM else "version_id"
    return {
        "sql": view.sql,
        "event_time": view.event_time,
        "created_column": view.created_column if is_column else "",
        "known_since": told["known_since"],
        "slide_seconds": told["slide_seconds"],
        "ttl_seconds": view.ttl_seconds,
        "aggregations": told["aggregations"],
        source: told["source"]["id"],
        "entity": view.entity.name,
    }


def _defined(**definition: Any) -> FeatureView:
    try:
        return define_windows(**definition)
    except DefinitionRefused as refusal:
        # At the line of the aggregation that is meant, where it is one.
        if name := refusal.details.get("aggregation"):
            fields = {f"aggregations.{name}": [refusal.sentence]}
            raise DefinitionRefused(refusal.sentence, fields=fields) from refusal
        raise


def _source(fields: Fields) -> dict[str, Any]:
    value = fields.value("source")
    if value is None or not value.data:
        fields.problem(_("“%(name)s” is missing.") % {"name": "source"}, value.line if value else None)
        return {}
    return stream_said(fields, "source", value) or dataset_said(fields, "source", value)


def _found(context: Context, said: Mapping[str, Any], newest: FeatureView | None = None) -> dict[str, UUID]:
    if "stream" not in said:
        return {"version_id": version_said(context, said, newest)}
    return {"stream_id": stream_named(context, said, newest)}


def _aggregation(fields: Fields, name: str, value: Value) -> dict[str, Any]:
    of = Fields(value, f"{fields.what}.aggregations.{name}", fields.problems)
    function = of.text("function", required=True)
    if function and function not in WindowFunction.values:
        of.problem(unknown(function, WindowFunction.values), of.line_of("function"))
    found = {
        "name": name,
        "function": function,
        "column": of.text("column"),
        "seconds": of.number("seconds"),
        "quantile": _quantile(of),
    }
    of.end()
    return found


def _quantile(of: Fields) -> float | None:
    value = of.value("quantile")
    if value is None or value.data is None:
        return None
    if isinstance(value.data, bool) or not isinstance(value.data, int | float):
        of.problem(_("“%(name)s” is a number.") % {"name": "quantile"}, value.line)
        return None
    return float(value.data)
