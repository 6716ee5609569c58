"""Reads of what is registered beside views: services, who uses a thing, and whom its deprecation was told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.features.choices import GONE, BuildState
from apps.features.models import DeprecationNotice, Entity, FeatureService, FeatureView, OnDemandView
from apps.features.models.deprecations import Deprecable
from apps.features.selectors.on_demand import visible_on_demand_views
from apps.features.selectors.reading import visible_entities, visible_views
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.web.chain import ChainNode, all_made_from, chain_of

# A revision that is stopped serves nobody; every other one may.
_STOPPED = "stopped"


def get_entity(*, actor: Actor, entity_id: UUID) -> Entity:
    rows = visible_entities(actor=actor).select_related("owner", "project")
    return _found(rows.filter(pk=entity_id), _("There is no such entity here."))


def entities_with_views(*, actor: Actor, project_id: UUID) -> QuerySet[Entity]:
    """The project's entities, each with how many views are about it (`views_count`)."""
    rows = visible_entities(actor=actor, project_id=project_id).select_related("owner")
    there = ~Q(views__state=BuildState.BINNED)
    return rows.annotate(views_count=Count("views__name", filter=there, distinct=True))


def entity_named(*, actor: Actor, project_id: UUID, name: str) -> Entity | None:
    return visible_entities(actor=actor, project_id=project_id).filter(name=name).first()


def views_of_entity(*, actor: Actor, entity: Entity) -> QuerySet[FeatureView]:
    """The newest version of each view about the entity."""
    return visible_views(actor=actor, newest_only=True).filter(entity=entity)


def visible_services(
    *, actor: Actor, project_id: UUID | None = None, newest_only: bool = False, removed: bool = False
) -> QuerySet[FeatureService]:
    """What can be chosen and asked; with `removed` also what was removed, as an archive takes it along."""
    rows: QuerySet[FeatureService] = FeatureService.objects.all() if removed else _services()
    rows = rows.select_related("owner", "created_by", "project")
    rows = access.visible(rows, actor, Permission.FEATURE_VIEW, project_id=project_id)
    if not newest_only:
        return rows
    same = _services().filter(project_id=OuterRef("project_id"), name=OuterRef("name")).order_by("-number")
    return rows.filter(number=Subquery(same.values("number")[:1]))


def _services() -> QuerySet[FeatureService]:
    return FeatureService.objects.filter(removed_at=None)


def get_binned_service(*, actor: Actor, service_id: UUID) -> FeatureService | None:
    """A version that lies in the bin, for its page; None of any other."""
    rows = FeatureService.objects.filter(binned=True, pk=service_id).select_related("owner", "created_by", "project")
    return access.visible(rows, actor, Permission.FEATURE_VIEW).first()


def get_service(*, actor: Actor, service_id: UUID) -> FeatureService:
    """NotFound where there is none to see; of one in the bin it says so."""
    if binned := get_binned_service(actor=actor, service_id=service_id):
        raise NotFound(_("%(name)s lies in the bin.") % {"name": binned})
    return _found(visible_services(actor=actor).filter(pk=service_id), _("There is no such feature service here."))


def versions_of_service(*, actor: Actor, service: FeatureService) -> QuerySet[FeatureService]:
    """All versions of the service, newest first."""
    rows = visible_services(actor=actor, project_id=service.project_id)
    return rows.filter(name=service.name).order_by("-number")


def views_of_service(*, actor: Actor, service: FeatureService) -> list[tuple[FeatureView, list[str]]]:
    """Each view of the service that the actor sees, with the features that the service takes of it."""
    wanted = {UUID(part["view"]): list(part["features"]) for part in service.views}
    found = {view.pk: view for view in visible_views(actor=actor).filter(pk__in=wanted)}
    return [(found[pk], names) for pk, names in wanted.items() if pk in found]


def services_with_view(*, actor: Actor, view: FeatureView) -> list[FeatureService]:
    """The versions of services that name this version of a view, or on-demand features that are made of it."""
    named = [{"view": str(view.pk)}]
    wanted = Q(views__contains=named)
    made = visible_on_demand_views(actor=actor, project_id=view.project_id).filter(uses__contains=named)
    for pk in made.values_list("pk", flat=True):
        wanted |= Q(on_demand__contains=[{"id": str(pk)}])
    return list(visible_services(actor=actor).filter(wanted).order_by("name", "-number"))


def services_with_on_demand(*, actor: Actor, view: OnDemandView) -> list[FeatureService]:
    """The versions of services that hold features of this version of on-demand features."""
    rows = visible_services(actor=actor).filter(on_demand__contains=[{"id": str(view.pk)}])
    return list(rows.order_by("name", "-number"))


def services_as_nodes(actor: Actor, services: Iterable[FeatureService]) -> list[ChainNode]:
    """Those of the services that the actor sees, to be shown among what rests on a thing."""
    return [
        ChainNode(
            kind="feature_service",
            name=str(service),
            at=service.created_at,
            url=reverse("features:service_detail", args=[actor.tenant.slug, service.project.slug, service.pk]),
        )
        for service in services
        if access.can(actor, Permission.FEATURE_VIEW, service)
    ]


def made_from_view(*, actor: Actor, view: FeatureView) -> list[ChainNode]:
    """Everything that was made of the view, directly or not, as far as the actor sees it."""
    return all_made_from(actor, "feature_view", view.pk)


def made_from_on_demand(*, actor: Actor, view: OnDemandView) -> list[ChainNode]:
    """The same of on-demand features."""
    return all_made_from(actor, "on_demand_view", view.pk)


def made_from_service(*, actor: Actor, service: FeatureService) -> list[ChainNode]:
    """Training sets of the service, and what was made of them."""
    found: dict[str, ChainNode] = {}
    for pk, name in service.training_sets.values_list("pk", "name"):
        for node in (*_itself("training_set", actor, pk), *all_made_from(actor, "training_set", pk)):
            found[node.url or f"{node.kind}/{name}"] = node
    return list(found.values())


def deployed_among(nodes: list[ChainNode]) -> list[ChainNode]:
    """The revisions of these that may answer predictions."""
    return [node for node in nodes if node.kind == "revision" and node.state != _STOPPED]


def sets_in_use(nodes: list[ChainNode]) -> list[ChainNode]:
    """The training sets of these that have rows, or are getting them."""
    return [node for node in nodes if node.kind == "training_set" and node.state not in GONE]


def deprecation_notices(*, actor: Actor) -> QuerySet[DeprecationNotice]:
    """What was told to the actor of what they use, newest first."""
    rows = DeprecationNotice.objects.filter(tenant_id=actor.tenant_id)
    if actor.user is None:
        return rows.none()
    rows = rows.filter(user=actor.user).filter(
        Q(view__deprecated_at__isnull=False) & ~Q(view__state=BuildState.BINNED)
        | Q(service__deprecated_at__isnull=False, service__binned=False)
        | Q(on_demand__deprecated_at__isnull=False, on_demand__binned=False)
    )
    rows = access.visible(rows, actor, Permission.FEATURE_VIEW)
    things = ("view__deprecated_for", "service__deprecated_for", "on_demand__deprecated_for")
    return rows.select_related(*things, "project")


def deprecated_in_words(thing: Deprecable) -> str:
    """That it should not be chosen any more, why, and what to take instead; empty where it may be."""
    if thing.deprecated_at is None:
        return ""
    if thing.instead is not None:
        return _("Deprecated: %(reason)s Take %(instead)s instead.") % {
            "reason": _sentence(thing.deprecated_because),
            "instead": thing.instead,
        }
    return _("Deprecated: %(reason)s") % {"reason": _sentence(thing.deprecated_because)}


def _sentence(said: str) -> str:
    return said if said.endswith((".", "!", "?", "؟")) else f"{said}."


def _itself(kind: str, actor: Actor, pk: UUID) -> list[ChainNode]:
    return [node for node in chain_of(actor, kind, pk) if node.current]


def _found(rows: QuerySet[Any], sentence: str) -> Any:
    row = rows.first()
    if row is None:
        raise NotFound(sentence)
    return row
