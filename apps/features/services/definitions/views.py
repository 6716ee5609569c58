"""Views by SQL as a section of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.features import selectors
from apps.features.choices import BuildState, ViewKind
from apps.features.errors import DefinitionRefused
from apps.features.models import Entity, FeatureView, OnDemandView
from apps.features.services.defining import define_view, view_digest
from apps.features.services.definitions.inputs import (
    dataset_said,
    stream_fields,
    stream_named,
    stream_said,
    version_said,
)
from apps.features.services.definitions.reading import Fields, Problem, Value
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
from apps.features.services.definitions.sections import Action, Change, Context, Section, Step, Wanted
from apps.features.services.describing import describe_view
from apps.features.services.following import created_said, inputs_said
from apps.features.services.naming import meant
from apps.features.services.trying import ask_of_view, noted
from apps.streams import selectors as streams
from foundation.identity import Actor


class ViewSection(Section):
    word, rank = "views", 20

    def read(self, name: str, value: Value, problems: list[Problem]) -> Wanted:
        fields = Fields(value, f"{self.word}.{name}", problems)
        words: Said = {
            "entity": fields.text("entity", required=True),
            "inputs": {
                alias: stream_said(fields, f"inputs.{alias}", one)
                or dataset_said(fields, f"inputs.{alias}", one, alias)
                for alias, one in fields.values("inputs", required=True).items()
            },
            "sql": fields.text("sql", required=True),
            "event_time": fields.text("event_time", required=True),
            "created_column": fields.text("created_column"),
            "timeless_inputs": fields.texts("timeless_inputs"),
            "ttl_seconds": fields.number("ttl_seconds"),
            **read_said(fields),
        }
        lines = {field: fields.line_of(field) for field in words}
        lines |= {f"inputs.{alias}": one.line for alias, one in fields.values("inputs").items()}
        fields.end()
        return Wanted(name, value.line, words, {**lines, "join_keys": lines["entity"]})

    def ask(self, context: Context, wanted: Wanted) -> None:
        words, name = wanted.words, wanted.words["entity"]
        entity = selectors.entity_named(actor=context.actor, project_id=context.project.pk, name=name)
        newest = newest_view(context, wanted.name, ViewKind.SQL)
        inputs = _inputs(context, words, newest)
        if entity is not None and _is_there(newest, _digest(words, inputs, entity)):
            return
        keys = context.coming.get(name, ()) if entity is None else entity.join_keys
        said = {name: words[name] for name in ("event_time", "created_column", "timeless_inputs")}
        ask_of_view(context.actor, words["sql"], inputs, **said, keys=keys)

    def make(self, context: Context, wanted: Wanted) -> Step:
        words, actor, project = wanted.words, context.actor, context.project
        entity = entity_said(context, words["entity"])
        newest = newest_view(context, wanted.name, ViewKind.SQL)
        inputs = _inputs(context, words, newest)
        digest = _digest(words, inputs, entity)
        meaning: dict[str, Any] = {"definition": digest, **given_of(words)}
        if newest is not None and _is_there(newest, digest):
            said = said_changes(newest, words)
            if said:
                describe_view(actor=actor, view=newest, **said)
            changes = tuple(as_change(field, now_of(newest, field), value) for field, value in said.items())
            action: Action = "described" if said else "unchanged"
            return Step(self.word, wanted.name, wanted.line, action, newest.number, changes, meaning=meaning)
        # A stream or a version that is gone is read by what is there, and by nothing new.
        inputs = _inputs(context, words)
        given = given_of(words) if newest is None else {**kept(newest), **given_of(words)}
        same = ("sql", "event_time", "created_column", "ttl_seconds", "timeless_inputs")
        definition = {name: words[name] for name in same}
        view = define_view(
            actor=actor, project=project, entity=entity, name=wanted.name, inputs=inputs, **definition, **given
        )
        notes = noted(actor, view, {alias: UUID(pk) for alias, pk in view.inputs.items()})
        action = "new" if newest is None else "new version"
        changes = () if newest is None else tuple(view_changes(context, newest, view, view_fields))
        return Step(self.word, wanted.name, wanted.line, action, view.number, changes, notes, meaning)

    def there(self, context: Context) -> Iterable[tuple[str, Said]]:
        rows = selectors.visible_views(actor=context.actor, project_id=context.project.pk, newest_only=True)
        for view in rows.order_by("name"):
            # What windows declare stands in a section of their own.
            if view.kind == ViewKind.SQL:
                yield view.name, view_fields(context.actor, view)


def _inputs(context: Context, words: Said, newest: FeatureView | None = None) -> dict[str, UUID]:
    return {
        alias: stream_named(context, said, newest) if "stream" in said else version_said(context, said, newest)
        for alias, said in words["inputs"].items()
    }


def _digest(words: Said, inputs: Mapping[str, UUID], entity: Entity) -> str:
    rest = (words["event_time"], words["created_column"], words["ttl_seconds"], words["timeless_inputs"])
    return view_digest(words["sql"], inputs, entity, *rest)


def _is_there(newest: FeatureView | None, digest: str) -> bool:
    """Whether the newest version is what the file says, and can be used."""
    return newest is not None and newest.definition_digest == digest and newest.state in ALIVE


def entity_said(context: Context, name: str) -> Entity:
    entity = selectors.entity_named(actor=context.actor, project_id=context.project.pk, name=name)
    if entity is None:
        names = selectors.visible_entities(actor=context.actor, project_id=context.project.pk)
        sentence = _("there is no entity “%(name)s”. %(meant)s Define it in the section “entities”.")
        raise DefinitionRefused(
            sentence % {"name": name, "meant": meant(name, names.values_list("name", flat=True))},
            fields={"entity": [_("Define it first.")]},
            details={"lacks": name},
        )
    return entity


def newest_view(context: Context, name: str, kind: ViewKind) -> FeatureView | None:
    """The newest version of the name; a file that says it in both sections would never come to rest."""
    rows = selectors.visible_views(actor=context.actor, project_id=context.project.pk, newest_only=True)
    newest = rows.filter(name=name).first()
    if newest is not None and newest.kind != kind:
        section = "windows" if newest.kind == ViewKind.WINDOWS else "views"
        raise DefinitionRefused(
            _("there is a view of this name in the section “%(section)s”. Change it there, or take another name.")
            % {"section": section},
            fields={"name": [_("The name is taken.")]},
        )
    return newest


def name_said(view: FeatureView | OnDemandView, newest: Mapping[str, int]) -> str:
    """As a file names a view, or on-demand features: one in another version than its newest with its number."""
    return view.name if newest.get(view.name) == view.number else str(view)


def view_fields(actor: Actor, view: FeatureView) -> Said:
    """The view as a file holds it, its inputs pinned to their versions, a stream by its name."""
    words = view_words(
        actor,
        entity=view.entity.name,
        sql=view.sql,
        inputs=inputs_said(view),
        event_time=view.event_time,
        created_column=created_said(view),
        ttl_seconds=view.ttl_seconds,
        timeless_inputs=list(view.timeless_inputs),
        **said_fields(view),
    )
    if view.follows_stream:
        source = view.windows["source"]
        words["inputs"] = {source["alias"]: stream_fields(actor, source)}
    return words


def view_words(
    actor: Actor,
    *,
    entity: str,
    sql: str,
    inputs: Mapping[str, Any],
    event_time: str,
    created_column: str = "",
    ttl_seconds: int | None = None,
    timeless_inputs: Sequence[str] = (),
    **said: Any,
) -> Said:
    """The same of a view that is not defined yet; `inputs` are ids of versions, or of a stream, by their alias."""
    ids = list(inputs.values())
    rows = datasets.visible_versions(actor=actor).filter(pk__in=ids).select_related("dataset")
    there = {str(row.pk): {"dataset": row.dataset.name, "version": row.number} for row in rows}
    there |= {str(row.pk): {"stream": row.name} for row in streams.streams_seen(actor=actor).filter(pk__in=ids)}
    named = {alias: there.get(str(pk), {"id": str(pk)}) for alias, pk in inputs.items()}
    words: Said = {"entity": entity, "inputs": named, "sql": sql.strip(), "event_time": event_time}
    told = {"created_column": created_column, "timeless_inputs": list(timeless_inputs), "ttl_seconds": ttl_seconds}
    given = {**told, **said}
    return {**words, **{name: value for name, value in given.items() if value}}


def view_changes(
    context: Context, before: FeatureView, after: FeatureView, fields_of: Callable[[Actor, FeatureView], Said]
) -> Iterable[Change]:
    if before.state not in ALIVE:
        yield as_change("state", BuildState(before.state).label, BuildState(after.state).label)
    old, new = fields_of(context.actor, before), fields_of(context.actor, after)
    yield from differences(old, new)
    if before.follows_stream and after.follows_stream:
        yield from _followed_anew(context.actor, before.windows["source"], after.windows["source"])


def _followed_anew(actor: Actor, before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[Change]:
    """Another stream of the same name, which nothing of the file tells from the one that is gone."""
    name = stream_fields(actor, after)["stream"]
    if before["id"] != after["id"] and stream_fields(actor, before)["stream"] == name:
        yield as_change("stream", f"{name} ({before['id']})", f"{name} ({after['id']})")


def differences(old: Said, new: Said) -> Iterable[Change]:
    """The fields, as a file holds them, in which two versions differ."""
    for field in dict.fromkeys((*new, *old)):
        if old.get(field) != new.get(field):
            yield as_change(field, _told(old.get(field)), _told(new.get(field)))


def _told(value: Any) -> object:
    if isinstance(value, dict):
        return [f"{name}: {_read_of(one)}" for name, one in value.items()]
    return value


def _read_of(one: Any) -> str:
    if not isinstance(one, Mapping):
        return ", ".join(map(str, one)) if isinstance(one, list) else str(one)
    if "function" in one:
        return " ".join(str(value) for value in one.values())
    if "stream" in one:
        return _("stream %(name)s") % {"name": one["stream"]}
    return f"{one['dataset']} v{one['version']}" if "dataset" in one else str(one.get("id", ""))
