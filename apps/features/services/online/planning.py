"""What a reader has to know of the views that somebody wants to read, and how that person sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.features import policies, selectors
from apps.features.choices import BuildState
from apps.features.errors import DefinitionRefused
from apps.features.models import FeatureService, FeatureView, OnDemandView, PlanTable
from apps.features.services.naming import column_list, name_and_number
from apps.features.services.online.keys import online_view
from apps.projects import selectors as projects
from foundation.errors import NotFound
from foundation.identity import Actor
from runtime.masks import word_of
from runtime.online import Derived, Plan
from runtime.online.plans import PlannedView, planned

MOST_VIEWS = 20
Choice = tuple[FeatureView, Sequence[str] | None]


def online_plan(*, actor: Actor, asked: Mapping[str, Any]) -> Plan:
    """The plan of a question {"views": [ids or names], "service": name, "features": [names], "project": slug}.

    One of `views` and `service` is given; names are those of a project. NotFound and DefinitionRefused in words.
    """
    service, named = asked.get("service"), list(asked.get("views") or ())
    # One that is named has to be there, and the views in it, also where their ids would do.
    slug = str(asked.get("project") or "").replace("\x00", "\ufffd")
    project = projects.get_project(actor=actor, slug=slug) if slug else None
    if bool(service) == bool(named):
        raise DefinitionRefused(_("Name either feature views or a feature service."))
    if service:
        return service_plan(actor, _service(actor, str(service), _needed(project)), asked.get("features"))
    if len(named) > MOST_VIEWS:
        raise DefinitionRefused(_("At most %(most)s views are read together.") % {"most": MOST_VIEWS})
    views = [_view(actor, str(one), project) for one in dict.fromkeys(named)]
    return checked_plan(actor, _with_features(views, asked.get("features")))


def checked_plan(actor: Actor, choices: Sequence[Choice]) -> Plan:
    """Nothing destroyed, no view by a key that the actor sees masked, and no feature twice."""
    by_feature: dict[str, FeatureView] = {}
    found = []
    for view, wanted in choices:
        selectors.check_not_destroyed(view)
        policies.check_may_name(actor, view)
        one = planned_view(actor, view, wanted)
        for _place, name in one.wanted:
            if (other := by_feature.setdefault(name, view)) is not view:
                raise DefinitionRefused(
                    _("%(one)s and %(other)s both have the feature “%(name)s”. Ask for one, or choose features.")
                    % {"one": other, "other": view, "name": name},
                    fields={"views": [_("A feature of this name comes twice.")]},
                )
        found.append(one)
    return Plan(tuple(found))


def planned_view(actor: Actor, view: FeatureView, wanted: Sequence[str] | None) -> PlannedView:
    masks = {name: word_of(mask) for name, mask in selectors.masks_of_view(actor, view).items()}
    known = set(view.feature_names)
    if unknown := [name for name in wanted or () if name not in known]:
        raise DefinitionRefused(
            _("%(view)s has no feature %(names)s. It has: %(known)s.")
            % {"view": view, "names": column_list(unknown), "known": column_list(view.feature_names)},
            fields={"features": [_("Not among the features of the view.")]},
        )
    return planned(online_view(view), view.event_time, wanted, masks, view.skew_share)


def plans_number() -> int:
    """Rises with every change of what a plan says."""
    row = PlanTable.objects.first()
    return row.number if row else 0


def _with_features(views: Sequence[FeatureView], wanted: Sequence[str] | None) -> list[Choice]:
    if wanted is None:
        return [(view, None) for view in views]
    known = {name for view in views for name in view.feature_names}
    if unknown := [name for name in wanted if name not in known]:
        raise DefinitionRefused(
            _("None of these views has the feature %(names)s. They have: %(known)s.")
            % {"names": column_list(unknown), "known": column_list(sorted(known))},
            fields={"features": [_("Not among the features of the views.")]},
        )
    return [(view, [name for name in view.feature_names if name in set(wanted)]) for view in views]


def _view(actor: Actor, said: str, project: Any) -> FeatureView:
    if _is_id(said):
        named = selectors.get_view(actor=actor, view_id=UUID(said))
        if project is not None and named.project_id != project.pk:
            raise NotFound(_("There is no such feature view here."))
        return named
    project = _needed(project)
    name, number = name_and_number(said)
    rows = selectors.visible_views(actor=actor, project_id=project.pk)
    found = rows.filter(name=name, state=BuildState.READY).order_by("-number")
    view = found.first() if number is None else found.filter(number=number).first()
    if view is None:
        known = sorted(set(rows.filter(state=BuildState.READY).values_list("name", flat=True)))
        raise NotFound(
            _("There is no feature view “%(name)s” with rows in this project. There are: %(known)s.")
            % {"name": said, "known": column_list(known) or "–"}
        )
    return view


def _service(actor: Actor, said: str, project: Any) -> FeatureService:
    """The feature service at the version that is named (“name v2”), else at its newest."""
    name, number = name_and_number(said)
    rows = selectors.visible_services(actor=actor, project_id=project.pk)
    found = rows.filter(name=name).order_by("-number")
    row = found.first() if number is None else found.filter(number=number).first()
    if row is None:
        known = sorted(set(rows.values_list("name", flat=True)))
        raise NotFound(
            _("There is no feature service “%(name)s” in this project. There are: %(known)s.")
            % {"name": said, "known": column_list(known) or "–"}
        )
    return row


def service_plan(actor: Actor, service: FeatureService, features: Sequence[str] | None) -> Plan:
    """Its views, with those that only its on-demand features need, of which nothing is told; or some features of it."""
    chosen = set(service.feature_names if features is None else features)
    if unknown := chosen - set(service.feature_names):
        raise DefinitionRefused(
            _("%(service)s has no feature %(names)s. It has: %(known)s.")
            % {"service": service, "names": column_list(sorted(unknown)), "known": column_list(service.feature_names)},
            fields={"features": [_("Not among the features of the service.")]},
        )
    of_views = {part["view"]: [name for name in part["features"] if name in chosen] for part in service.views}
    wanted = {pk: names for pk, names in of_views.items() if names}
    derived = []
    for part in service.on_demand:
        names = [name for name in part["features"] if name in chosen]
        if not names:
            continue
        one = selectors.get_on_demand_view(actor=actor, on_demand_id=UUID(part["id"]))
        found = _derived(actor, one, names)
        derived.append(found)
        wanted = {**{str(pk): [] for pk in found.sources.values()}, **wanted}
    if len(wanted) > MOST_VIEWS:
        raise DefinitionRefused(_("At most %(most)s views are read together.") % {"most": MOST_VIEWS})
    choices = [(selectors.get_view(actor=actor, view_id=UUID(pk)), names) for pk, names in wanted.items()]
    return Plan(checked_plan(actor, choices).views, tuple(derived))


def _derived(actor: Actor, one: OnDemandView, names: Sequence[str]) -> Derived:
    made = {feature["name"]: feature for feature in one.features if feature["name"] in set(names)}
    needed = {source for feature in made.values() for source in feature["from"]}
    masked = selectors.masked_inputs(actor, one)
    return Derived(
        name=str(one),
        declared={name: kind for name, kind in sorted(one.request.items()) if name in needed},
        inputs={name: kind for name, kind in sorted(one.inputs.items()) if name in needed},
        sources={name: UUID(part["view"]) for part in one.uses for name in part["features"] if name in needed},
        features=tuple((name, made[name]["expression"]) for name in names),
        hidden=frozenset(name for name, feature in made.items() if masked & set(feature["from"])),
    )


def _needed(project: Any) -> Any:
    if project is None:
        raise DefinitionRefused(_("Say which project (its short name) the names are of, or give ids of views."))
    return project


def _is_id(said: str) -> bool:
    try:
        UUID(said)
    except ValueError:
        return False
    return True
