"""On-demand features as a section of a file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from apps.features import selectors
from apps.features.errors import DefinitionRefused
from apps.features.models import OnDemandView
from apps.features.services.definitions.reading import Fields, Problem, Value
from apps.features.services.definitions.saying import (
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
from apps.features.services.definitions.services import names_said, view_said
from apps.features.services.definitions.views import differences, name_said
from apps.features.services.describing import describe_on_demand
from apps.features.services.likening import there_already
from apps.features.services.on_demand.defining import Definition, check_definition, define_on_demand
from apps.features.services.on_demand.trying import notes_on_expressions
from foundation.identity import Actor


class OnDemandSection(Section):
    word, rank = "on_demand", 30

    def read(self, name: str, value: Value, problems: list[Problem]) -> Wanted:
        fields = Fields(value, f"{self.word}.{name}", problems)
        told = fields.values("features", required=True)
        words: Said = {
            "request": {one: str(of.data) for one, of in fields.values("request").items()},
            "uses": {one: names_said(fields, "uses", one, of) for one, of in fields.values("uses").items()},
            "features": [{"name": one, "expression": _expression(fields, one, of)} for one, of in told.items()],
            **read_said(fields),
        }
        lines = {field: fields.line_of(field) for field in words}
        lines |= {f"features.{one}": of.line for one, of in told.items()}
        fields.end()
        return Wanted(name, value.line, words, lines)

    def ask(self, context: Context, wanted: Wanted) -> None:
        actor, project = context.actor, context.project
        _parts, definition = _definition(context, wanted.words)
        found = check_definition(actor=actor, project=project, **definition)
        newest = _newest(context, wanted.name)
        if newest is not None and newest.definition_digest == found.digest:
            return
        told = {"request": found.request, "uses": found.uses, "inputs": found.inputs, "features": found.features}
        notes_on_expressions(actor, OnDemandView(**told, definition_digest=found.digest))

    def make(self, context: Context, wanted: Wanted) -> Step:
        words, actor, project = wanted.words, context.actor, context.project
        parts, definition = _definition(context, words)
        found = _checked(actor=actor, project=project, **definition)
        used = selectors.visible_views(actor=actor).filter(pk__in=[part["view"] for part in parts])
        deprecated = deprecated_notes(used)
        newest = _newest(context, wanted.name)
        meaning: dict[str, Any] = {
            "uses": [[part["name"], part["number"]] for part in parts],
            "request": found.request,
            "features": [[one["name"], one["expression"]] for one in found.features],
            **given_of(words),
        }
        if newest is not None and newest.definition_digest == found.digest:
            said = said_changes(newest, words)
            if said:
                describe_on_demand(actor=actor, view=newest, **said)
            changes = tuple(as_change(field, now_of(newest, field), value) for field, value in said.items())
            action: Action = "described" if said else "unchanged"
            return Step(self.word, wanted.name, wanted.line, action, newest.number, changes, deprecated, meaning)
        given = given_of(words) if newest is None else {**kept(newest), **given_of(words)}
        view = define_on_demand(actor=actor, project=project, name=wanted.name, **definition, **given)
        action = "new" if newest is None else "new version"
        changes = () if newest is None else tuple(differences(_pinned(actor, newest), _pinned(actor, view)))
        notes = (*deprecated, *notes_on_expressions(actor, view), *there_already(actor, view))
        return Step(self.word, wanted.name, wanted.line, action, view.number, changes, notes, meaning)

    def there(self, context: Context) -> Iterable[tuple[str, Said]]:
        rows = selectors.visible_on_demand_views(actor=context.actor, project_id=context.project.pk, newest_only=True)
        for view in rows.order_by("name"):
            yield view.name, on_demand_fields(context.actor, view)


def on_demand_fields(actor: Actor, view: OnDemandView) -> Said:
    """The features as a file holds them; a view in another version than its newest is named with its number."""
    rows = selectors.visible_views(actor=actor, project_id=view.project_id, newest_only=True)
    return _fields(actor, view, {row.name: row.number for row in rows})


def _pinned(actor: Actor, view: OnDemandView) -> Said:
    """The same with the number of every view: what differs between versions may be that."""
    return _fields(actor, view, {})


def _fields(actor: Actor, view: OnDemandView, newest: dict[str, int]) -> Said:
    views = {str(one.pk): one for one in selectors.views_used(actor=actor, view=view)}
    uses = {name_said(views[part["view"]], newest): part["features"] for part in view.uses}
    given = {"request": dict(sorted(view.request.items())), "uses": uses}
    return {
        **{name: value for name, value in given.items() if value},
        "features": {one["name"]: one["expression"] for one in view.features},
        **said_fields(view),
    }


def _definition(context: Context, words: Said) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The views that the file names, and the definition over them."""
    parts = [view_said(context, name, names, "uses") for name, names in words["uses"].items()]
    uses = [{key: part[key] for key in ("view", "features")} for part in parts]
    return parts, {"request": words["request"], "uses": uses, "features": words["features"]}


def _newest(context: Context, name: str) -> OnDemandView | None:
    rows = selectors.visible_on_demand_views(actor=context.actor, project_id=context.project.pk, newest_only=True)
    return rows.filter(name=name).first()


def _checked(**definition: Any) -> Definition:
    try:
        return check_definition(**definition)
    except DefinitionRefused as refusal:
        # At the line of the feature that is meant, where it is one.
        if place := refusal.details.get("place"):
            fields = {f"features.{place['feature']}": [refusal.sentence]}
            raise DefinitionRefused(refusal.sentence, fields=fields) from refusal
        raise


def _expression(fields: Fields, name: str, value: Value) -> str:
    if value.data is None or isinstance(value.data, (dict, list)):
        fields.problem(
            _("features.%(name)s is an expression; put it in quotes where it begins with a bracket.") % {"name": name},
            value.line,
        )
        return ""
    return str(value.data).strip()
