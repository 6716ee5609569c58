"""A definition of on-demand features is checked whole before it is kept: names, types, and every expression."""

from __future__ import annotations

import hashlib
import json
import keyword
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.features import policies, selectors
from apps.features.choices import GONE, BuildState
from apps.features.errors import DefinitionRefused
from apps.features.events import OnDemandViewDefined
from apps.features.models import FeatureView, OnDemandView
from apps.features.services.describing import checked_tags, owner_called
from apps.features.services.naming import check_name, column_list
from apps.features.services.on_demand.wording import refused
from apps.projects.services import lock_project
from foundation import ledger
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.projects.models import Project

MOST = 100
_MOST_VIEWS = 20


@dataclass(frozen=True)
class Definition:
    """What was checked: `inputs` are kinds by name; `features` know their SQL type and what they are made of."""

    request: dict[str, str]
    uses: list[dict[str, Any]]
    inputs: dict[str, str]
    features: list[dict[str, Any]]

    @property
    def digest(self) -> str:
        """SHA-256 of all that says what the features mean."""
        plain = [{"name": one["name"], "expression": one["expression"]} for one in self.features]
        whole = json.dumps([self.request, self.uses, plain], sort_keys=True)
        return hashlib.sha256(whole.encode()).hexdigest()


@transaction.atomic
def define_on_demand(
    *,
    actor: Actor,
    project: Project,
    name: str,
    features: Sequence[Mapping[str, Any]],
    request: Mapping[str, str] | None = None,
    uses: Sequence[Mapping[str, Any]] = (),
    description: str = "",
    owner: str = "",
    tags: Sequence[str] = (),
) -> OnDemandView:
    """On-demand features, or the next version of some.

    `request` declares values by name (`runtime.expressions.DECLARED`), `uses` names features of views of the project
    ({"view": id, "features": names or None for all}), `features` are {"name", "expression", "type": optional}.
    """
    policies.check_can_define(actor, project)
    check_name(name)
    found = check_definition(actor=actor, project=project, request=request or {}, uses=uses, features=features)
    lock_project(project_id=project.pk)
    same = OnDemandView.objects.filter(project_id=project.pk, name=name)
    view = OnDemandView.objects.create(
        tenant=actor.tenant,
        project_id=project.pk,
        name=name,
        number=1 + (same.aggregate(n=Max("number"))["n"] or 0),
        description=description.strip(),
        request=found.request,
        uses=found.uses,
        inputs=found.inputs,
        features=found.features,
        owner=owner_called(actor, owner),
        tags=checked_tags(tags),
        definition_digest=found.digest,
        created_by=actor.user,
    )
    defined = OnDemandViewDefined(on_demand_view_id=view.pk, number=view.number, definition_digest=found.digest)
    ledger.record(defined, actor=actor, project_id=view.project_id, subject=("on_demand_view", view.pk))
    return view


def check_definition(
    *,
    actor: Actor,
    project: Project,
    request: Mapping[str, str],
    uses: Sequence[Mapping[str, Any]],
    features: Sequence[Mapping[str, Any]],
) -> Definition:
    """The whole definition, or a DefinitionRefused that says where it cannot be right."""
    from runtime.expressions import DECLARED

    _check_request(request, DECLARED)
    chosen, types = _used(actor, project, uses)
    if twice := sorted(set(request) & set(types)):
        raise _refused(_("%(names)s would be both a value of the request and a feature."), twice, "request")
    _check_features(features, {*request, *types})
    kinds = _kinds(types)
    inputs: dict[str, Any] = {**{name: DECLARED[kind] for name, kind in request.items()}, **kinds}
    made = [_made(one, inputs, types) for one in features]
    named = {name for one in made for name in one["from"]}
    if unused := [name for name in request if name not in named]:
        raise _refused(_("No expression names %(names)s, so nobody should have to give it."), unused, "features")
    # Of a view no more is used than what expressions name: that is what lineage and masks go by.
    taken = [{**part, "features": [name for name in part["features"] if name in named]} for part in chosen]
    return Definition(
        dict(request),
        [part for part in taken if part["features"]],
        {name: kind for name, kind in inputs.items() if name in named},
        made,
    )


def _made(feature: Mapping[str, Any], inputs: Mapping[str, Any], types: Mapping[str, str]) -> dict[str, Any]:
    """The feature with its type and what it is made of."""
    from runtime.expressions import SQL_TYPES, ExpressionFault, Program

    name = feature["name"]
    try:
        expression = Program(inputs, {name: feature["expression"]}).features[name]
    except ExpressionFault as fault:
        if fault.code == "name" and (unknown := fault.values["name"]) in types:
            said = _("“%(name)s” is of type %(type)s, which expressions do not know. Cast it in the view's SQL.")
            sentence = said % {"name": unknown, "type": types[unknown]}
            raise DefinitionRefused(sentence, fields={"features": [sentence]}) from fault
        raise refused(name, fault) from fault
    sql_type = SQL_TYPES[expression.kind]
    _check_type(feature, sql_type)
    return {**_plain(feature), "type": sql_type, "from": list(expression.uses)}


def _plain(feature: Mapping[str, Any]) -> dict[str, str]:
    return {"name": feature["name"], "expression": feature["expression"].strip()}


def _check_request(request: Mapping[str, str], declared: Iterable[str]) -> None:
    _check_count(request, "request")
    if odd := [n for n in request if not n.isidentifier() or keyword.iskeyword(n) or n.startswith("__")]:
        raise _refused(
            _("%(names)s is no name for an expression: letters, digits and _, and no digit first."), odd, "request"
        )
    if unknown := [kind for kind in request.values() if kind not in set(declared)]:
        raise DefinitionRefused(
            _("There is no type %(types)s of a request value. There are: %(known)s.")
            % {"types": column_list(unknown), "known": column_list(declared)},
            fields={"request": [_("Choose one of these types.")]},
        )


def _check_count(given: Any, field: str) -> None:
    if len(given) > MOST:
        said = _("That is more than %(count)d; make several of it.") % {"count": MOST}
        raise DefinitionRefused(said, fields={field: [said]})


def _used(
    actor: Actor, project: Project, uses: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The features of views that expressions may name, and their SQL types."""
    if len(uses) > _MOST_VIEWS:
        said = _("That is more than %(count)d views; make several of it.") % {"count": _MOST_VIEWS}
        raise DefinitionRefused(said, fields={"uses": [said]})
    chosen: list[dict[str, Any]] = []
    types: dict[str, str] = {}
    for part in uses:
        view = _view(actor, project, part)
        # A list that was given empty takes all, as in a training set.
        names = list(part.get("features") or view.feature_names)
        if unknown := [name for name in names if name not in view.feature_names]:
            said = _("%(view)s has no feature %(names)s.") % {"view": view, "names": column_list(unknown)}
            raise DefinitionRefused(said, fields={"uses": [_("Unknown feature.")]})
        if twice := [name for name in names if name in types or names.count(name) > 1]:
            raise _refused(_("%(names)s would be there twice. Take it from one view."), sorted(set(twice)), "uses")
        types |= {feature["name"]: feature["type"] for feature in view.features if feature["name"] in names}
        chosen.append({"view": str(view.pk), "features": names})
    return chosen, types


def _view(actor: Actor, project: Project, part: Mapping[str, Any]) -> FeatureView:
    view = selectors.get_view(actor=actor, view_id=UUID(str(part["view"])))
    if view.project_id != project.pk:
        said = _("%(view)s belongs to another project.") % {"view": view}
        raise DefinitionRefused(said, fields={"uses": [_("Take a view of this project.")]})
    if view.state in GONE:
        said = _("%(view)s is %(state)s, so nothing can be reckoned from it.")
        values = {"view": view, "state": BuildState(view.state).label}
        raise DefinitionRefused(said % values, fields={"uses": [_("Take another version.")]})
    return view


def _kinds(types: Mapping[str, str]) -> dict[str, str]:
    """The kinds of those whose type expressions know."""
    from runtime.expressions import kind_of_sql

    found = {name: kind_of_sql(sql_type) for name, sql_type in types.items()}
    return {name: kind for name, kind in found.items() if kind is not None}


def _check_features(features: Sequence[Mapping[str, Any]], inputs: set[str]) -> None:
    if not features:
        said = _("There is no feature yet: give a name and an expression.")
        raise DefinitionRefused(said, fields={"features": [said]})
    _check_count(features, "features")
    for one in features:
        try:
            check_name(one["name"])
        except DefinitionRefused as refusal:
            raise DefinitionRefused(refusal.sentence, fields={"features": [refusal.sentence]}) from refusal
    names = [one["name"] for one in features]
    if twice := sorted({name for name in names if names.count(name) > 1 or name in inputs}):
        raise _refused(_("%(names)s would be there twice."), twice, "features")


def _check_type(feature: Mapping[str, Any], sql_type: str) -> None:
    asked = str(feature.get("type") or sql_type)
    if asked.upper() != sql_type:
        said = _("“%(feature)s” is declared as %(asked)s, and its expression gives %(type)s.")
        values = {"feature": feature["name"], "asked": asked, "type": sql_type}
        raise DefinitionRefused(said % values, fields={"features": [_("Leave the type out, or mend it.")]})


def _refused(said: str, names: Iterable[str], field: str) -> DefinitionRefused:
    sentence = said % {"names": column_list(names)}
    return DefinitionRefused(sentence, fields={field: [sentence]})
