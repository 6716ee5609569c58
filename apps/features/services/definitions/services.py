"""Feature services as a section of a file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from apps.features import selectors
from apps.features.errors import DefinitionRefused
from apps.features.models import FeatureService
from apps.features.services.definitions.reading import Fields, Problem, Value
from apps.features.services.definitions.saying import (
    ALIVE,
    Said,
    as_change,
    deprecated_notes,
    given_of,
    kept,
    now_of,
    read_said,
    said_changes,
    said_fields,
)
from apps.features.services.definitions.sections import Action, Context, Section, Step, Wanted
from apps.features.services.definitions.views import name_said
from apps.features.services.describing import describe_service
from apps.features.services.naming import meant, name_and_number
from apps.features.services.serving import define_service, on_demand_called
from foundation.identity import Actor

ALL = "all"


class ServiceSection(Section):
    word, rank = "services", 40

    def read(self, name: str, value: Value, problems: list[Problem]) -> Wanted:
        fields = Fields(value, f"{self.word}.{name}", problems)
        words: Said = {
            "views": {one: names_said(fields, "views", one, of) for one, of in fields.values("views").items()},
            "on_demand": {
                one: names_said(fields, "on_demand", one, of) for one, of in fields.values("on_demand").items()
            },
            **read_said(fields),
        }
        lines = {field: fields.line_of(field) for field in words}
        fields.end()
        return Wanted(name, value.line, words, lines)

    def make(self, context: Context, wanted: Wanted) -> Step:
        words, actor, project = wanted.words, context.actor, context.project
        parts = [view_said(context, name, names) for name, names in words["views"].items()]
        computed = [_on_demand_part(context, name, names) for name, names in words["on_demand"].items()]
        rows = selectors.visible_services(actor=actor, project_id=project.pk, newest_only=True)
        newest = rows.filter(name=wanted.name).first()
        given = given_of(words) if newest is None else {**kept(newest), **given_of(words)}
        views = [{key: part[key] for key in ("view", "features")} for part in parts]
        meaning = {
            "views": [[part["name"], part["number"], part["features"]] for part in parts],
            "on_demand": [[part["name"], part["features"]] for part in computed],
            **given_of(words),
        }
        on_demand = [{key: part[key] for key in ("id", "features")} for part in computed]
        notes = _notes(actor, views, on_demand)
        if newest is not None and (newest.views, newest.on_demand) == (views, on_demand):
            said = said_changes(newest, words)
            if said:
                describe_service(actor=actor, service=newest, **said)
            changes = tuple(as_change(field, now_of(newest, field), value) for field, value in said.items())
            action: Action = "described" if said else "unchanged"
            return Step(self.word, wanted.name, wanted.line, action, newest.number, changes, notes, meaning)
        made = define_service(actor=actor, project=project, name=wanted.name, views=views, on_demand=on_demand, **given)
        if newest is None:
            return Step(self.word, wanted.name, wanted.line, "new", made.number, notes=notes, meaning=meaning)
        more = (as_change("views", _parts(actor, newest), _parts(actor, made)),)
        return Step(self.word, wanted.name, wanted.line, "new version", made.number, more, notes, meaning)

    def there(self, context: Context) -> Iterable[tuple[str, Said]]:
        rows = selectors.visible_services(actor=context.actor, project_id=context.project.pk, newest_only=True)
        for service in rows.order_by("name"):
            yield service.name, service_fields(context.actor, service)


def _notes(actor: Actor, views: list[Said], on_demand: list[Said]) -> tuple[str, ...]:
    named = selectors.visible_views(actor=actor).filter(pk__in=[part["view"] for part in views])
    computed = selectors.visible_on_demand_views(actor=actor).filter(pk__in=[part["id"] for part in on_demand])
    return deprecated_notes([*named, *computed])


def service_fields(actor: Actor, service: FeatureService) -> Said:
    """The service as a file holds it; a view in another version than its newest is named with its number."""
    newest = {
        view.name: view.number
        for view in selectors.visible_views(actor=actor, project_id=service.project_id, newest_only=True)
    }
    views = {name_said(view, newest): names for view, names in selectors.views_of_service(actor=actor, service=service)}
    words: Said = {"views": views}
    if service.on_demand:
        made = selectors.visible_on_demand_views(actor=actor, project_id=service.project_id, newest_only=True)
        newest = {one.name: one.number for one in made}
        computed = selectors.on_demand_of_service(actor=actor, service=service)
        words["on_demand"] = {name_said(one, newest): names for one, names in computed}
    return {**words, **said_fields(service)}


def names_said(fields: Fields, field: str, name: str, value: Value) -> list[str] | None:
    """The features that are taken of a view: a list, or None for “all”."""
    if value.data is None or value.data == ALL:
        return None
    if isinstance(value.data, list) and all(one.written for one in value.data):
        return [one.written for one in value.data]
    fields.problem(
        _("%(field)s.%(name)s is a list of features, or “all”.") % {"field": field, "name": name}, value.line
    )
    return None


def _parts(actor: Actor, service: FeatureService) -> list[str]:
    views = selectors.views_of_service(actor=actor, service=service)
    computed = selectors.on_demand_of_service(actor=actor, service=service)
    return [f"{name}: {', '.join(features)}" for name, features in (*views, *computed)]


def view_said(context: Context, said: str, names: list[str] | None, field: str = "views") -> dict[str, Any]:
    """The view that a file names: the newest version that is not gone, or the one that is said."""
    name, number = name_and_number(said)
    rows = selectors.visible_views(actor=context.actor, project_id=context.project.pk).filter(name=name)
    rows = rows.filter(state__in=ALIVE) if number is None else rows.filter(number=number)
    view = rows.order_by("-number").first()
    if view is None:
        known = selectors.visible_views(actor=context.actor, project_id=context.project.pk).filter(state__in=ALIVE)
        sentence = _("there is no feature view “%(name)s” to take. %(meant)s")
        raise DefinitionRefused(
            sentence % {"name": said, "meant": meant(said, known.values_list("name", flat=True))},
            fields={field: [_("No such view.")]},
            details={"lacks": name},
        )
    features = list(dict.fromkeys(names or ())) or view.feature_names
    return {"view": str(view.pk), "name": view.name, "number": view.number, "features": features}


def _on_demand_part(context: Context, said: str, names: list[str] | None) -> dict[str, Any]:
    pk, name, features = on_demand_called(context.actor, context.project.pk, said)
    return {"id": str(pk), "name": name, "features": list(dict.fromkeys(names or ())) or features}
