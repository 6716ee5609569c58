"""A version is deprecated: it goes on working, is marked wherever it is shown, and whoever uses it is told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.features import policies, selectors
from apps.features.choices import BuildState
from apps.features.errors import DefinitionRefused
from apps.features.events import (
    FeatureServiceDeprecated,
    FeatureServiceRestored,
    FeatureViewDeprecated,
    FeatureViewRestored,
    OnDemandViewDeprecated,
    OnDemandViewRestored,
)
from apps.features.models import DeprecationNotice, FeatureService, FeatureView, OnDemandView
from apps.features.services.serving import system
from foundation import ledger
from foundation.errors import Conflict
from foundation.identity import Actor
from foundation.web.chain import ChainNode

Deprecable = TypeVar("Deprecable", FeatureView, FeatureService, OnDemandView)
People = dict[UUID | None, list[dict[str, str]]]


@transaction.atomic
def deprecate_view(
    *, actor: Actor, view: FeatureView, reason: str, now: datetime, instead: FeatureView | None = None
) -> FeatureView:
    """Mark it, and tell the makers of what rests on it: training sets, runs, model versions, deployments, services."""
    view = _marked(actor, view, reason, instead, now)
    known = system(actor)
    nodes = selectors.made_from_view(actor=known, view=view)
    told = _tell(actor, _people(nodes, selectors.services_with_view(actor=known, view=view)), now, view=view)
    deprecated = FeatureViewDeprecated(view_id=view.pk, instead_id=view.deprecated_for_id, told_count=told)
    ledger.record(deprecated, actor=actor, project_id=view.project_id, subject=("feature_view", view.pk))
    return view


@transaction.atomic
def deprecate_service(
    *, actor: Actor, service: FeatureService, reason: str, now: datetime, instead: FeatureService | None = None
) -> FeatureService:
    """The same of a service."""
    service = _marked(actor, service, reason, instead, now)
    nodes = selectors.made_from_service(actor=system(actor), service=service)
    told = _tell(actor, _people(nodes), now, service=service)
    deprecated = FeatureServiceDeprecated(service_id=service.pk, instead_id=service.deprecated_for_id, told_count=told)
    ledger.record(deprecated, actor=actor, project_id=service.project_id, subject=("feature_service", service.pk))
    return service


@transaction.atomic
def deprecate_on_demand(
    *, actor: Actor, view: OnDemandView, reason: str, now: datetime, instead: OnDemandView | None = None
) -> OnDemandView:
    """The same of on-demand features."""
    view = _marked(actor, view, reason, instead, now)
    known = system(actor)
    nodes = selectors.made_from_on_demand(actor=known, view=view)
    people = _people(nodes, selectors.services_with_on_demand(actor=known, view=view))
    told = _tell(actor, people, now, on_demand=view)
    deprecated = OnDemandViewDeprecated(on_demand_view_id=view.pk, instead_id=view.deprecated_for_id, told_count=told)
    ledger.record(deprecated, actor=actor, project_id=view.project_id, subject=("on_demand_view", view.pk))
    return view


@transaction.atomic
def restore_view(*, actor: Actor, view: FeatureView) -> FeatureView:
    """Withdraw the deprecation; nobody is told any more."""
    view = _unmarked(actor, view)
    view.notices.all().delete()
    restored = FeatureViewRestored(view_id=view.pk)
    ledger.record(restored, actor=actor, project_id=view.project_id, subject=("feature_view", view.pk))
    return view


@transaction.atomic
def restore_service(*, actor: Actor, service: FeatureService) -> FeatureService:
    """The same of a service."""
    service = _unmarked(actor, service)
    service.notices.all().delete()
    restored = FeatureServiceRestored(service_id=service.pk)
    ledger.record(restored, actor=actor, project_id=service.project_id, subject=("feature_service", service.pk))
    return service


@transaction.atomic
def restore_on_demand(*, actor: Actor, view: OnDemandView) -> OnDemandView:
    """The same of on-demand features."""
    view = _unmarked(actor, view)
    view.notices.all().delete()
    restored = OnDemandViewRestored(on_demand_view_id=view.pk)
    ledger.record(restored, actor=actor, project_id=view.project_id, subject=("on_demand_view", view.pk))
    return view


def _marked(actor: Actor, thing: Deprecable, reason: str, instead: Deprecable | None, now: datetime) -> Deprecable:
    policies.check_can_define(actor, thing)
    thing = _locked(thing)
    policies.check_out_of_bin(thing)
    said = " ".join(reason.split())
    if not said:
        raise DefinitionRefused(
            _("Say why: whoever uses it reads the reason."), fields={"reason": [_("Give a reason.")]}
        )
    if thing.deprecated_at is not None:
        raise Conflict(_("%(name)s is deprecated already. Withdraw that first.") % {"name": thing})
    _check_instead(thing, instead)
    thing.deprecated_at, thing.deprecated_because, thing.deprecated_for = now, said, instead
    thing.save(update_fields=["deprecated_at", "deprecated_because", "deprecated_for"])
    return thing


def _check_instead(thing: Deprecable, instead: Deprecable | None) -> None:
    if instead is None:
        return
    if instead.pk == thing.pk:
        sentence = _("It cannot take its own place. Choose another one, or none.")
    elif instead.project_id != thing.project_id:
        sentence = _("%(name)s is in another project. Choose one of this project.") % {"name": instead}
    elif getattr(instead, "state", "") == BuildState.BINNED:
        sentence = _("%(name)s lies in the bin. Restore it first, or choose another one.") % {"name": instead}
    elif instead.is_gone:
        sentence = _("%(name)s cannot be used: it failed, or is gone. Choose another one.") % {"name": instead}
    elif instead.deprecated_at is not None:
        sentence = _("%(name)s is deprecated itself. Choose one that is not.") % {"name": instead}
    else:
        return
    raise DefinitionRefused(sentence, fields={"instead": [sentence]})


def _unmarked(actor: Actor, thing: Deprecable) -> Deprecable:
    policies.check_can_define(actor, thing)
    thing = _locked(thing)
    if thing.deprecated_at is None:
        raise Conflict(_("%(name)s is not deprecated.") % {"name": thing})
    thing.deprecated_at, thing.deprecated_because, thing.deprecated_for = None, "", None
    thing.save(update_fields=["deprecated_at", "deprecated_because", "deprecated_for"])
    return thing


def _locked(thing: Deprecable) -> Deprecable:
    model: Any = type(thing)
    found: Deprecable = model.objects.select_for_update().get(pk=thing.pk)
    return found


def _people(nodes: Iterable[ChainNode], services: Iterable[FeatureService] = ()) -> People:
    """Who made what of these, and who speaks for which of the services."""
    found: People = {}
    for node in nodes:
        found.setdefault(node.owner_id, []).append({"kind": node.kind, "name": node.name, "url": node.url})
    for service in services:
        owner = service.owner_id or service.created_by_id
        found.setdefault(owner, []).append({"kind": "feature_service", "name": str(service), "url": ""})
    return found


def _tell(actor: Actor, people: People, now: datetime, **about: FeatureView | FeatureService | OnDemandView) -> int:
    """One notice each; whoever deprecates it knows, and what a program made nobody is told of. How many were told."""
    thing = next(iter(about.values()))
    told = {pk: things for pk, things in people.items() if pk is not None and pk != (actor.user and actor.user.pk)}
    DeprecationNotice.objects.bulk_create(
        DeprecationNotice(
            tenant=actor.tenant, project_id=thing.project_id, user_id=pk, things=things, noted_at=now, **about
        )
        for pk, things in told.items()
    )
    return len(told)
