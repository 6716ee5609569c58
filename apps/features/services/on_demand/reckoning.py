"""On-demand features of typed values and of requests: single rows, through the closures that training goes through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.features import policies, selectors
from apps.features.choices import REQUEST_KINDS
from apps.features.errors import DefinitionRefused
from apps.features.models import OnDemandView
from apps.features.services.naming import column_list
from apps.features.services.on_demand.defining import check_definition
from apps.features.services.on_demand.wording import KINDS
from apps.features.services.online import read_online
from foundation.identity import Actor
from runtime.online.derived import fits

if TYPE_CHECKING:
    from apps.projects.models import Project

Row = Mapping[str, Any]


def try_definition(
    *,
    actor: Actor,
    project: Project,
    features: Sequence[Mapping[str, Any]],
    rows: Sequence[Row],
    request: Mapping[str, str] | None = None,
    uses: Sequence[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    """What a definition would give for these values of requests and of features; nothing is kept."""
    policies.check_can_define(actor, project)
    found = check_definition(actor=actor, project=project, request=request or {}, uses=uses, features=features)
    definition = {"inputs": found.inputs, "features": found.features}
    return [reckoned(definition, row, found.request) for row in rows]


def try_on_demand(*, actor: Actor, on_demand_id: UUID, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The same of a definition that is there; a value that is not given is missing."""
    view = selectors.get_on_demand_view(actor=actor, on_demand_id=on_demand_id)
    return [reckoned(view.definition(), row, view.request) for row in rows]


def read_on_demand(*, actor: Actor, on_demand_id: UUID, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """On-demand features of entities as they are now: `rows` are {"entity": join keys, "request": values}.

    A value that the request does not give is missing, and named in `not_given`, as where a feature service is read.
    A feature that is made of something which the actor sees masked is masked: it would tell of it.
    """
    view = selectors.get_on_demand_view(actor=actor, on_demand_id=on_demand_id)
    _check_given(view, rows)
    ids, entities = [UUID(pk) for pk in view.view_ids], [dict(row.get("entity") or {}) for row in rows]
    found = read_online(actor=actor, view_ids=ids, entities=entities) if ids else [_nothing(one) for one in entities]
    hidden = selectors.masked_inputs(actor, view)
    covered = {one["name"] for one in view.features if hidden & set(one["from"])}
    return [_answer(view, row, read, hidden, covered) for row, read in zip(rows, found, strict=True)]


def _nothing(entity: dict[str, Any]) -> dict[str, Any]:
    return {"entity": entity, "features": {}, "event_times": {}, "missing": []}


def _check_given(view: OnDemandView, rows: Sequence[Row]) -> None:
    for row in rows:
        given = row.get("request") or {}
        if unknown := [name for name in given if name not in view.request]:
            raise _unknown(unknown, view.request)


def _answer(view: OnDemandView, row: Row, read: dict[str, Any], hidden: set[str], covered: set[str]) -> dict[str, Any]:
    used = {name: value for name, value in read["features"].items() if name in view.inputs}
    clear = {name: value for name, value in used.items() if name not in hidden}
    made = reckoned(view.definition(), {**clear, **(row.get("request") or {})}, view.request)
    shown = {name: datasets.hidden(True) if name in covered else value for name, value in made.items()}
    request = row.get("request") or {}
    not_given = sorted(name for name in view.request if request.get(name) is None)
    return {**read, "features": shown, "used": used, "not_given": not_given}


def reckoned(definition: Mapping[str, Any], row: Row, declared: Mapping[str, str]) -> dict[str, Any]:
    """The features of one row by a definition; a value that is not among its inputs, or no such, is refused."""
    from runtime.expressions import on_demand_values

    if unknown := [name for name in row if name not in definition["inputs"]]:
        raise _unknown(unknown, definition["inputs"])
    for name, kind in declared.items():
        if not fits(kind, row.get(name)):
            raise _misfit(name, REQUEST_KINDS[kind])
    try:
        return on_demand_values(definition, row, {})
    except ValueError as error:
        kind = definition["inputs"].get(str(error), "")
        raise _misfit(str(error), KINDS.get(kind, kind)) from error


def _unknown(names: Iterable[str], known: Iterable[str]) -> DefinitionRefused:
    said = _("There is no value %(names)s. There are: %(known)s.")
    values = {"names": column_list(names), "known": column_list(known) or "–"}
    return DefinitionRefused(said % values, fields={"rows": [_("Unknown value.")]})


def _misfit(name: str, kind: object) -> DefinitionRefused:
    sentence = _("“%(name)s” has to be %(kind)s.") % {"name": name, "kind": kind}
    return DefinitionRefused(sentence, fields={"rows": [sentence]})
