"""Entities, views by SQL and services as sections of a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.features import selectors
from apps.features.choices import BuildState
from apps.features.errors import DefinitionRefused
from apps.features.models import Entity, FeatureService, FeatureView
from apps.features.services.defining import define_entity, define_view, definition_digest, look_at_sample
from apps.features.services.definitions.reading import Fields, Problem, Value
from apps.features.services.definitions.sections import Change, Context, Section, Step, Wanted
from apps.features.services.describing import describe_entity, describe_service, describe_view
from apps.features.services.meaning import tell_key_types
from apps.features.services.naming import column_list
from apps.features.services.serving import define_service, on_demand_called
from foundation.identity import Actor

_ALIVE = {BuildState.READY, BuildState.BUILDING}
ALL = "all"
Said = dict[str, Any]


def read_said(fields: Fields) -> Said:
    """What is said of any thing; None where the file says nothing, so that it stays."""
    return {
        "description": fields.text("description") if fields.value("description") else None,
        "owner": fields.text("owner") if fields.value("owner") else None,
        "tags": fields.texts("tags") if fields.value("tags") else None,
    }


def said_fields(thing: Entity | FeatureView | FeatureService) -> Said:
    """The same of what is there, as a file holds it; what is empty is left out."""
    owner = thing.owner.email if thing.owner else ""
    found = {"description": thing.description, "owner": owner, "tags": list(thing.tags)}
    return {name: value for name, value in found.items() if value}


def said_changes(thing: Any, words: Mapping[str, Any]) -> dict[str, Any]:
    """Of what the file says, that which differs from what is there."""
    now = {"description": thing.description, "owner": thing.owner.email if thing.owner else "", "tags": thing.tags}
    given = {name: words[name] for name in now if words.get(name) is not None}
    same = {"description": str.strip, "owner": str.lower, "tags": lambda tags: sorted({t.lower() for t in tags})}
    return {name: value for name, value in given.items() if same[name](value) != now[name]}  # type: ignore[operator]


def as_change(field: str, before: object, after: object) -> Change:
    """A change in words, long texts cut short."""
    return Change(field, _short(before), _short(after))


def _short(value: object) -> str:
    said = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value if value is not None else "")
    return said if len(said) <= 200 else f"{said[:199]}…"


def _given(words: Mapping[str, Any]) -> dict[str, Any]:
    return {name: words[name] for name in ("description", "owner", "tags") if words[name] is not None}


class EntitySection(Section):
    word, rank = "entities", 10

    def read(self, name: str, value: Value, problems: list[Problem]) -> Wanted:
        fields = Fields(value, f"{self.word}.{name}", problems)
        keys = fields.value("join_keys")
        words: Said = {"join_keys": [], "key_types": {}}
        if keys is None or not keys.data:
            fields.problem(_("“%(name)s” is missing.") % {"name": "join_keys"})
        elif isinstance(keys.data, dict):
            words["key_types"] = {key: str(kind.data) for key, kind in keys.data.items() if kind.data is not None}
            words["join_keys"] = list(keys.data)
        else:
            words["join_keys"] = fields.texts("join_keys")
        words |= read_said(fields)
        lines = {field: fields.line_of(field) for field in ("join_keys", "owner", "tags")}
        fields.end()
        return Wanted(name, value.line, words, {**lines, "key_types": lines["join_keys"]})

    def make(self, context: Context, wanted: Wanted) -> Step:
        words, actor = wanted.words, context.actor
        entity = selectors.entity_named(actor=actor, project_id=context.project.pk, name=wanted.name)
        meaning = {"join_keys": words["join_keys"], "key_types": words["key_types"]}
        if entity is None:
            define_entity(actor=actor, project=context.project, name=wanted.name, **meaning, **_given(words))
            return Step(self.word, wanted.name, wanted.line, "new", meaning={**meaning, **_given(words)})
        if entity.join_keys != words["join_keys"]:
            raise DefinitionRefused(
                _("its join keys are %(keys)s for good: views are known by them. Define another entity.")
                % {"keys": column_list(entity.join_keys)},
                fields={"join_keys": [_("Other join keys.")]},
            )
        changes = []
        if tell_key_types(entity, words["key_types"]):
            changes.append(as_change("join_keys", "", [f"{k}: {v}" for k, v in words["key_types"].items()]))
        said = said_changes(entity, words)
        changes += [as_change(field, getattr(entity, field), value) for field, value in said.items()]
        if said:
            describe_entity(actor=actor, entity=entity, **said)
        action = "described" if changes else "unchanged"
        return Step(self.word, wanted.name, wanted.line, action, changes=tuple(changes), meaning={**meaning, **said})

    def there(self, context: Context) -> Iterable[tuple[str, Said]]:
        rows = selectors.visible_entities(actor=context.actor, project_id=context.project.pk)
        for entity in rows.select_related("owner"):
            yield entity.name, entity_fields(entity)


def entity_fields(entity: Entity) -> Said:
    """The entity as a file holds it."""
    return {"join_keys": dict(entity.key_types) or list(entity.join_keys), **said_fields(entity)}


class ViewSection(Section):
    word, rank = "views", 20

    def read(self, name: str, value: Value, problems: list[Problem]) -> Wanted:
        fields = Fields(value, f"{self.word}.{name}", problems)
        words: Said = {
            "entity": fields.text("entity", required=True),
            "inputs": {
                alias: _input(fields, alias, one) for alias, one in fields.values("inputs", required=True).items()
            },
            "sql": fields.text("sql", required=True),
            "event_time": fields.text("event_time", required=True),
            "created_column": fields.text("created_column"),
            "ttl_seconds": fields.number("ttl_seconds"),
            **read_said(fields),
        }
        lines = {field: fields.line_of(field) for field in words}
        fields.end()
        return Wanted(name, value.line, words, {**lines, "join_keys": lines["entity"]})

    def make(self, context: Context, wanted: Wanted) -> Step:
        words, actor, project = wanted.words, context.actor, context.project
        entity = selectors.entity_named(actor=actor, project_id=project.pk, name=words["entity"])
        if entity is None:
            raise DefinitionRefused(
                _("there is no entity “%(name)s”. Define it in the section “entities”.") % {"name": words["entity"]},
                fields={"entity": [_("Define it first.")]},
            )
        inputs = {alias: _version(context, said).pk for alias, said in words["inputs"].items()}
        rest = (words["event_time"], words["created_column"], words["ttl_seconds"])
        digest = definition_digest(words["sql"], inputs, entity, *rest)
        rows = selectors.visible_views(actor=actor, project_id=project.pk, newest_only=True)
        newest = rows.filter(name=wanted.name).first()
        meaning: dict[str, Any] = {"definition": digest, **_given(words)}
        if newest is not None and newest.definition_digest == digest and newest.state in _ALIVE:
            said = said_changes(newest, words)
            if said:
                describe_view(actor=actor, view=newest, **said)
            changes = tuple(as_change(field, _now(newest, field), value) for field, value in said.items())
            action = "described" if said else "unchanged"
            return Step(self.word, wanted.name, wanted.line, action, newest.number, changes, meaning=meaning)
        given = _given(words) if newest is None else {**_kept(newest), **_given(words)}
        same = ("sql", "event_time", "created_column", "ttl_seconds")
        definition = {name: words[name] for name in same}
        view = define_view(
            actor=actor, project=project, entity=entity, name=wanted.name, inputs=inputs, **definition, **given
        )
        notes = look_at_sample(actor, view, inputs)
        action = "new" if newest is None else "new version"
        changes = () if newest is None else tuple(_view_changes(context, newest, view))
        return Step(self.word, wanted.name, wanted.line, action, view.number, changes, notes, meaning)

    def there(self, context: Context) -> Iterable[tuple[str, Said]]:
        rows = selectors.visible_views(actor=context.actor, project_id=context.project.pk, newest_only=True)
        for view in rows.order_by("name"):
            # What windows declare stands in a section of their own.
            if getattr(view, "kind", "sql") == "sql":
                yield view.name, view_fields(context.actor, view)


def view_fields(actor: Actor, view: FeatureView) -> Said:
    """The view as a file holds it, its inputs pinned to their versions."""
    return view_words(
        actor,
        entity=view.entity.name,
        sql=view.sql,
        inputs=view.inputs,
        event_time=view.event_time,
        created_column=view.created_column,
        ttl_seconds=view.ttl_seconds,
        **said_fields(view),
    )


def view_words(
    actor: Actor,
    *,
    entity: str,
    sql: str,
    inputs: Mapping[str, Any],
    event_time: str,
    created_column: str = "",
    ttl_seconds: int | None = None,
    **said: Any,
) -> Said:
    """The same of a view that is not defined yet; `inputs` are ids of versions by their alias."""
    rows = datasets.visible_versions(actor=actor).filter(pk__in=list(inputs.values()))
    versions = {str(row.pk): row for row in rows.select_related("dataset")}
    named = {
        alias: {"dataset": versions[str(pk)].dataset.name, "version": versions[str(pk)].number}
        if str(pk) in versions
        else {"id": str(pk)}
        for alias, pk in inputs.items()
    }
    words: Said = {"entity": entity, "inputs": named, "sql": sql.strip(), "event_time": event_time}
    given = {"created_column": created_column, "ttl_seconds": ttl_seconds, **said}
    return {**words, **{name: value for name, value in given.items() if value}}


def _kept(thing: FeatureView | FeatureService) -> dict[str, Any]:
    """What is said of the version before goes on with the next, where the file says nothing else."""
    return {
        "description": thing.description,
        "owner": thing.owner.email if thing.owner else "",
        "tags": list(thing.tags),
    }


def _now(thing: Any, field: str) -> object:
    return thing.owner.email if field == "owner" and thing.owner else getattr(thing, field)


def _input(fields: Fields, alias: str, value: Value) -> dict[str, Any]:
    """`alias: a dataset` reads its newest version; `alias: {dataset: …, version: 3}` that one, or a tag, or a day."""
    if isinstance(value.data, dict):
        of = Fields(value, f"{fields.what}.inputs.{alias}", fields.problems)
        if of.value("id"):
            found = {"id": of.text("id")}
        else:
            found = {"dataset": of.text("dataset", required=True), "at": of.text("version") or "latest"}
        of.end()
        return {**found, "line": value.line}
    return {"dataset": str(value.data or alias), "at": "latest", "line": value.line}


def _version(context: Context, said: Mapping[str, Any]) -> Any:
    if "id" in said:
        try:
            return datasets.get_version(actor=context.actor, version_id=UUID(said["id"]))
        except ValueError as error:
            raise DefinitionRefused(
                _("“%(id)s” is no id of a version.") % said, fields={"inputs": [said["id"]]}
            ) from error
    rows = datasets.visible_datasets(actor=context.actor, project_id=context.project.pk)
    found = [row for row in rows if said["dataset"] in (row.name, row.slug, datasets.sql_name(row))]
    if not found:
        raise DefinitionRefused(
            _("this project has no dataset “%(dataset)s”.") % {"dataset": said["dataset"]},
            fields={"inputs": [_("No such dataset.")]},
        )
    return datasets.find_version(actor=context.actor, dataset_id=found[0].pk, at=said["at"])


def _view_changes(context: Context, before: FeatureView, after: FeatureView) -> Iterable[Change]:
    if before.state not in _ALIVE:
        yield as_change("state", BuildState(before.state).label, BuildState(after.state).label)
    old, new = view_fields(context.actor, before), view_fields(context.actor, after)
    for field in dict.fromkeys((*new, *old)):
        if old.get(field) != new.get(field):
            yield as_change(field, _told(old.get(field)), _told(new.get(field)))


def _told(value: Any) -> object:
    if isinstance(value, dict):
        return [f"{name}: {_read_of(one)}" for name, one in value.items()]
    return value


def _read_of(one: Mapping[str, Any]) -> str:
    return f"{one['dataset']} v{one['version']}" if "dataset" in one else str(one.get("id", ""))


class ServiceSection(Section):
    word, rank = "services", 40

    def read(self, name: str, value: Value, problems: list[Problem]) -> Wanted:
        fields = Fields(value, f"{self.word}.{name}", problems)
        words: Said = {
            "views": {one: _names(fields, "views", one, of) for one, of in fields.values("views").items()},
            "on_demand": {one: _names(fields, "on_demand", one, of) for one, of in fields.values("on_demand").items()},
            **read_said(fields),
        }
        lines = {field: fields.line_of(field) for field in words}
        fields.end()
        return Wanted(name, value.line, words, lines)

    def make(self, context: Context, wanted: Wanted) -> Step:
        words, actor, project = wanted.words, context.actor, context.project
        parts = [_view_part(context, name, names) for name, names in words["views"].items()]
        computed = [_on_demand_part(context, name, names) for name, names in words["on_demand"].items()]
        rows = selectors.visible_services(actor=actor, project_id=project.pk, newest_only=True)
        newest = rows.filter(name=wanted.name).first()
        given = _given(words) if newest is None else {**_kept(newest), **_given(words)}
        views = [{key: part[key] for key in ("view", "features")} for part in parts]
        meaning = {
            "views": [[part["name"], part["number"], part["features"]] for part in parts],
            "on_demand": [[part["name"], part["features"]] for part in computed],
            **_given(words),
        }
        if (
            newest is not None
            and newest.views == views
            and [p["id"] for p in newest.on_demand] == [str(part["id"]) for part in computed]
        ):
            said = said_changes(newest, words)
            if said:
                describe_service(actor=actor, service=newest, **said)
            changes = tuple(as_change(field, _now(newest, field), value) for field, value in said.items())
            action = "described" if said else "unchanged"
            return Step(self.word, wanted.name, wanted.line, action, newest.number, changes, meaning=meaning)
        on_demand = [{key: part[key] for key in ("id", "features")} for part in computed]
        made = define_service(actor=actor, project=project, name=wanted.name, views=views, on_demand=on_demand, **given)
        changes = []
        if newest is not None:
            before = [
                f"{view}: {', '.join(names)}" for view, names in selectors.views_of_service(actor=actor, service=newest)
            ]
            after = [
                f"{view}: {', '.join(names)}" for view, names in selectors.views_of_service(actor=actor, service=made)
            ]
            changes.append(as_change("views", before, after))
        action = "new" if newest is None else "new version"
        return Step(self.word, wanted.name, wanted.line, action, made.number, tuple(changes), meaning=meaning)

    def there(self, context: Context) -> Iterable[tuple[str, Said]]:
        rows = selectors.visible_services(actor=context.actor, project_id=context.project.pk, newest_only=True)
        for service in rows.order_by("name"):
            yield service.name, service_fields(context.actor, service)


def service_fields(actor: Actor, service: FeatureService) -> Said:
    """The service as a file holds it; a view in another version than its newest is named with its number."""
    newest = {
        view.name: view.number
        for view in selectors.visible_views(actor=actor, project_id=service.project_id, newest_only=True)
    }
    views = {
        view.name if newest.get(view.name) == view.number else f"{view.name} v{view.number}": names
        for view, names in selectors.views_of_service(actor=actor, service=service)
    }
    words: Said = {"views": views}
    if service.on_demand:
        words["on_demand"] = {part["id"]: part["features"] for part in service.on_demand}
    return {**words, **said_fields(service)}


def _names(fields: Fields, field: str, name: str, value: Value) -> list[str] | None:
    """The features that a service takes of a view: a list, or “all”."""
    if value.data is None or value.data == ALL:
        return None
    if isinstance(value.data, list) and all(isinstance(one.data, str) for one in value.data):
        return [one.data for one in value.data]
    fields.problem(
        _("%(field)s.%(name)s is a list of features, or “all”.") % {"field": field, "name": name}, value.line
    )
    return None


def _view_part(context: Context, said: str, names: list[str] | None) -> dict[str, Any]:
    name, _space, number = said.partition(" v")
    rows = selectors.visible_views(actor=context.actor, project_id=context.project.pk).filter(name=name)
    rows = rows.filter(number=int(number)) if number.isdigit() else rows.filter(state__in=_ALIVE)
    view = rows.order_by("-number").first()
    if view is None:
        raise DefinitionRefused(
            _("there is no feature view “%(name)s” to take.") % {"name": said}, fields={"views": [_("No such view.")]}
        )
    features = names if names is not None else view.feature_names
    return {"view": str(view.pk), "name": view.name, "number": view.number, "features": features}


def _on_demand_part(context: Context, said: str, names: list[str] | None) -> dict[str, Any]:
    pk, name, features = on_demand_called(context.actor, context.project.pk, said)
    return {"id": str(pk), "name": name, "features": names if names is not None else features}
