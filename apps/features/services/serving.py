"""Feature services: the named set of features that a model uses, in versions that are never changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.features import policies, selectors
from apps.features.choices import REQUEST_KINDS, BuildState
from apps.features.errors import DefinitionRefused
from apps.features.events import FeatureServiceDefined
from apps.features.models import FeatureService
from apps.features.services.describing import checked_tags, owner_called
from apps.features.services.naming import check_name, column_list
from apps.projects.services import lock_project
from foundation import ledger
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.projects.models import Project

Part = dict[str, Any]


class OnDemandSource(Protocol):
    """How services find on-demand views: whoever computes them registers one."""

    def find(self, *, actor: Actor, project_id: UUID, pk: UUID) -> tuple[str, list[str]]:
        """Its name with its version, and its features in order; NotFound where the actor sees none of this id."""

    def called(self, *, actor: Actor, project_id: UUID, name: str) -> tuple[UUID, str, list[str]]:
        """The same with its id: by name the newest version, or that of “name v2”."""

    def asks(self, *, actor: Actor, pk: UUID, features: Sequence[str]) -> Mapping[str, str]:
        """The values of a request that these features are made of, each with what it is declared as."""


_sources: list[OnDemandSource] = []


def register_on_demand(source: OnDemandSource) -> None:
    """From now on services may hold on-demand features."""
    _sources[:] = [source]


def on_demand_called(actor: Actor, project_id: UUID, name: str) -> tuple[UUID, str, list[str]]:
    return _on_demand_source().called(actor=actor, project_id=project_id, name=name)


def _on_demand_source() -> OnDemandSource:
    if not _sources:
        sentence = _("There are no on-demand features here. Leave them out of the service.")
        raise DefinitionRefused(sentence, fields={"on_demand": [_("Leave it out.")]})
    return _sources[0]


@transaction.atomic
def define_service(
    *,
    actor: Actor,
    project: Project,
    name: str,
    views: Sequence[Mapping[str, Any]],
    on_demand: Sequence[Mapping[str, Any]] = (),
    description: str = "",
    owner: str = "",
    tags: Sequence[str] = (),
) -> FeatureService:
    """A service, or the next version of one; `views` holds {"view": id, "features": names or None for all}."""
    policies.check_can_define(actor, project)
    check_name(name)
    # First: while this waits, somebody may remove what it names.
    number = _next_number(project, name)
    parts = checked_parts(actor, project, views)
    computed = _checked_on_demand(actor, project, on_demand)
    _check_names(actor, parts, computed)
    _check_requests(actor, computed)
    service = FeatureService.objects.create(
        tenant=actor.tenant,
        project_id=project.pk,
        name=name,
        number=number,
        description=description.strip(),
        owner=owner_called(actor, owner),
        tags=checked_tags(tags),
        views=parts,
        on_demand=computed,
        definition_digest=service_digest(parts, computed),
        created_by=actor.user,
    )
    defined = FeatureServiceDefined(service_id=service.pk, number=number, definition_digest=service.definition_digest)
    ledger.record(defined, actor=actor, project_id=project.pk, subject=("feature_service", service.pk))
    return service


def views_for_set(
    actor: Actor, service: FeatureService, given: Sequence[Mapping[str, Any]], keys: Mapping[str, str]
) -> list[Part]:
    """The service's views as a training set takes them; `given` may say by which columns one of them is joined."""
    said = {str(part["view"]): part.get("keys") or {} for part in given}
    of_service = {part["view"] for part in service.views}
    if other := sorted(set(said) - of_service):
        names = ", ".join(str(selectors.get_view(actor=actor, view_id=UUID(pk))) for pk in other)
        raise DefinitionRefused(
            _("%(service)s has no %(views)s. A training set of a service takes its views and no others.")
            % {"service": service, "views": names},
            fields={"views": [_("Not of the service.")]},
        )
    return [{**part, "keys": {**keys, **said.get(part["view"], {})}} for part in service.views]


def system(actor: Actor) -> Actor:
    """Whoever uses a thing is looked for in the whole tenant, also where the one who asks does not see all of it."""
    return Actor.system(actor.tenant, "features")


def service_digest(views: Sequence[Part], on_demand: Sequence[Part]) -> str:
    """SHA-256 of what the service holds: which features of which versions of views."""
    whole = json.dumps([list(views), list(on_demand)], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def checked_parts(actor: Actor, project: Project, views: Sequence[Mapping[str, Any]]) -> list[Part]:
    """The parts as they are kept; DefinitionRefused where one is no view of the project, or has not such a feature."""
    parts: list[Part] = []
    for part in views:
        view = selectors.get_view(actor=actor, view_id=UUID(str(part["view"])))
        if view.project_id != project.pk:
            raise DefinitionRefused(
                _("%(view)s is in another project; a service takes the views of its own.") % {"view": view},
                fields={"views": [_("Another project's view.")]},
            )
        if view.state not in (BuildState.READY, BuildState.BUILDING):
            raise DefinitionRefused(
                _("%(view)s is %(state)s, so that a service cannot take its features.")
                % {"view": view, "state": BuildState(view.state).label},
                fields={"views": [_("Choose another version.")]},
            )
        if str(view.pk) in {one["view"] for one in parts}:
            raise DefinitionRefused(
                _("%(view)s is there twice. Name all its features at one place.") % {"view": view},
                fields={"views": [_("The same view twice.")]},
            )
        parts.append({"view": str(view.pk), "features": _chosen(str(view), view.feature_names, part.get("features"))})
    return parts


def _checked_on_demand(actor: Actor, project: Project, given: Sequence[Mapping[str, Any]]) -> list[Part]:
    parts = []
    for part in given:
        pk = UUID(str(part["id"]))
        name, features = _on_demand_source().find(actor=actor, project_id=project.pk, pk=pk)
        parts.append({"id": str(pk), "features": _chosen(name, features, part.get("features"))})
    return parts


def _chosen(name: str, known: Sequence[str], wanted: Sequence[str] | None) -> list[str]:
    names = list(dict.fromkeys(wanted)) if wanted else list(known)
    if unknown := [one for one in names if one not in known]:
        raise DefinitionRefused(
            _("%(view)s has no feature %(names)s. It has: %(known)s.")
            % {"view": name, "names": column_list(unknown), "known": ", ".join(known)},
            fields={"views": [_("Unknown feature.")]},
        )
    return names


def _check_names(actor: Actor, views: Sequence[Part], on_demand: Sequence[Part]) -> None:
    """Each feature has a name of its own in the service: a model knows its inputs by name."""
    if not views and not on_demand:
        raise DefinitionRefused(
            _("A service is of at least one feature. Choose a view."), fields={"views": [_("Choose a view.")]}
        )
    rows = selectors.visible_views(actor=actor).filter(pk__in=[part["view"] for part in views])
    known = {str(view.pk): str(view) for view in rows}
    places: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for part in (*views, *on_demand):
        place = known.get(part.get("view", ""), _("an on-demand view"))
        for name in part["features"]:
            # Tables of the lake know no large and small letters: no training set could be made of two such.
            places.setdefault(names.setdefault(name.casefold(), name), []).append(place)
    twice = {name: found for name, found in places.items() if len(found) > 1}
    if twice:
        name, found = next(iter(twice.items()))
        raise DefinitionRefused(
            _(
                "“%(name)s” comes from %(views)s: a model could not tell the two apart. Leave it out of one, or rename "
                "it in one view's SQL: %(name)s AS other_name."
            )
            % {"name": name, "views": ", ".join(found)},
            fields={"views": [_("The same name from two views: %(names)s.") % {"names": column_list(twice)}]},
        )


def _check_requests(actor: Actor, on_demand: Sequence[Part]) -> None:
    """A value of a request is one for all that ask for it by its name, so they have to take the same kind of it."""
    from runtime.expressions import DECLARED

    asked: dict[str, str] = {}
    for part in on_demand:
        of_part = _on_demand_source().asks(actor=actor, pk=UUID(part["id"]), features=part["features"])
        for name, declared in of_part.items():
            before = asked.setdefault(name, declared)
            if DECLARED[before] != DECLARED[declared]:
                sentence = _(
                    "On-demand features of one service ask for “%(name)s” as %(one)s and as %(other)s: no request "
                    "could give both. Call it otherwise in one of them."
                )
                words = {"name": name, "one": REQUEST_KINDS[before], "other": REQUEST_KINDS[declared]}
                raise DefinitionRefused(sentence % words, fields={"on_demand": [sentence % words]})


def _next_number(project: Project, name: str) -> int:
    lock_project(project_id=project.pk)
    return 1 + (FeatureService.objects.filter(project_id=project.pk, name=name).aggregate(n=Max("number"))["n"] or 0)
