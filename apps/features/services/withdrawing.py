"""What has no rows is removed: on-demand features and services lie in the bin, and at the end leave their number.

Nobody chooses or asks them from the first day on. Restored, they are what they were, where all that they are made of is
there.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.features import policies, selectors
from apps.features.choices import GONE, BuildState
from apps.features.events import (
    FeatureServiceBinned,
    FeatureServiceRemoved,
    FeatureServiceUnbinned,
    OnDemandViewBinned,
    OnDemandViewRemoved,
    OnDemandViewUnbinned,
)
from apps.features.models import FeatureService, FeatureView, OnDemandView
from apps.features.services.naming import column_list
from apps.features.services.serving import system
from apps.projects.services import hold_open, lock_project
from apps.tenants import services as tenants
from apps.tenants.choices import BinKind
from foundation import ledger
from foundation.clock import now
from foundation.errors import Conflict
from foundation.identity import Actor

_Thing = TypeVar("_Thing", FeatureService, OnDemandView)


@transaction.atomic
def remove_service(*, actor: Actor, service: FeatureService) -> None:
    """The version goes into the bin, and its number is not given again; refused while anything was made of it."""
    policies.check_can_define(actor, service)
    # What is made of it is numbered under the same lock.
    lock_project(project_id=service.project_id)
    service = selectors.get_service(actor=actor, service_id=service.pk)
    users, seen = (selectors.made_from_service(actor=who, service=service) for who in (system(actor), actor))
    policies.check_unused(service, users, seen)
    service.removed_at, service.binned = now(), True
    service.save(update_fields=["removed_at", "binned"])
    tenants.keep_in_place(actor=actor, kind=BinKind.FEATURE_SERVICE, thing=service, project_id=service.project_id)
    _record(FeatureServiceBinned(service_id=service.pk, definition_digest=service.definition_digest), actor, service)


@transaction.atomic
def remove_on_demand(*, actor: Actor, view: OnDemandView, confirmation: str, break_chain: bool = False) -> OnDemandView:
    """It lies in the bin, and nobody chooses or asks it; its number is not given again.

    `confirmation` is its name as it is shown. Refused while a deployed model, a service or a training set that has
    rows uses it, and, without `break_chain`, where anything else was made of it.
    """
    policies.check_can_define(actor, view)
    # What names it is numbered under the same lock.
    lock_project(project_id=view.project_id)
    view = OnDemandView.objects.select_for_update().get(pk=view.pk)
    policies.check_can_remove_on_demand(actor, view)
    policies.check_name_typed(view, confirmation)
    check_on_demand_is_free(actor, view)
    users, seen = (selectors.made_from_on_demand(actor=who, view=view) for who in (system(actor), actor))
    policies.check_chain_may_break(view, users, seen, confirmed=break_chain)
    view.removed_at, view.removed_by, view.binned = now(), actor.user, True
    view.save(update_fields=["removed_at", "removed_by", "binned"])
    tenants.keep_in_place(actor=actor, kind=BinKind.ON_DEMAND_VIEW, thing=view, project_id=view.project_id)
    told = OnDemandViewBinned(
        on_demand_view_id=view.pk, definition_digest=view.definition_digest, made_from_it=len(users)
    )
    _record(told, actor, view)
    return view


def check_on_demand_is_free(actor: Actor, view: OnDemandView) -> None:
    """Conflict while a deployed model, a service or a training set that has rows uses it, whatever is confirmed."""
    known = system(actor)
    users, seen = (selectors.made_from_on_demand(actor=who, view=view) for who in (known, actor))
    policies.check_not_deployed(view, selectors.deployed_among(users), seen)
    policies.check_in_no_service(view, selectors.services_with_on_demand(actor=known, view=view))
    policies.check_unused(view, selectors.sets_in_use(users), seen)


class FeatureServiceBin(tenants.BinRoom):
    """A version of a service in the bin: no list has it, and nobody asks for it."""

    def restore(self, actor: Actor, thing_id: UUID) -> list[str]:
        service = _locked_in_bin(FeatureService, thing_id)
        _check_may_come_back(actor, service)
        _check_views(service, [part["view"] for part in service.views])
        _check_on_demand(service, [part["id"] for part in service.on_demand])
        service.removed_at, service.binned = None, False
        service.save(update_fields=["removed_at", "binned"])
        _record(FeatureServiceUnbinned(service_id=service.pk), actor, service)
        return []

    def destroy(self, actor: Actor, thing_id: UUID) -> None:
        service = _ended(_locked_in_bin(FeatureService, thing_id))
        gone = FeatureServiceRemoved(service_id=service.pk, definition_digest=service.definition_digest)
        _record(gone, actor, service)


class OnDemandBin(tenants.BinRoom):
    """On-demand features in the bin: nobody chooses or asks them."""

    def restore(self, actor: Actor, thing_id: UUID) -> list[str]:
        view = _locked_in_bin(OnDemandView, thing_id)
        _check_may_come_back(actor, view)
        _check_views(view, view.view_ids)
        view.removed_at, view.removed_by, view.binned = None, None, False
        view.save(update_fields=["removed_at", "removed_by", "binned"])
        _record(OnDemandViewUnbinned(on_demand_view_id=view.pk), actor, view)
        return []

    def destroy(self, actor: Actor, thing_id: UUID) -> None:
        """There are no rows to destroy; what it was stays on record."""
        view = _ended(_locked_in_bin(OnDemandView, thing_id))
        users = selectors.made_from_on_demand(actor=system(actor), view=view)
        gone = OnDemandViewRemoved(
            on_demand_view_id=view.pk, definition_digest=view.definition_digest, made_from_it=len(users)
        )
        _record(gone, actor, view)


def _locked_in_bin(model: type[_Thing], pk: UUID) -> _Thing:
    rows = model._default_manager.filter(binned=True)
    lock_project(project_id=rows.values_list("project_id", flat=True).get(pk=pk))
    return rows.select_for_update(of=("self",)).select_related("project").get(pk=pk)


def _check_may_come_back(actor: Actor, thing: FeatureService | OnDemandView) -> None:
    policies.check_can_define(actor, thing)
    hold_open(actor=actor, project_id=thing.project_id)


def _check_views(thing: FeatureService | OnDemandView, view_ids: Collection[str]) -> None:
    gone = FeatureView.objects.filter(pk__in=view_ids, state__in=GONE).order_by("name", "number")
    _check_there(
        thing,
        [str(view) for view in gone if view.state == BuildState.BINNED],
        [str(view) for view in gone if view.state != BuildState.BINNED],
    )


def _check_on_demand(thing: FeatureService, ids: Collection[str]) -> None:
    gone = OnDemandView.objects.filter(pk__in=ids).exclude(removed_at=None).order_by("name", "number")
    _check_there(thing, [str(one) for one in gone if one.binned], [str(one) for one in gone if not one.binned])


def _check_there(thing: FeatureService | OnDemandView, in_bin: list[str], lost: list[str]) -> None:
    """Conflict where something that it is made of lies in the bin, or is no more."""
    if lost:
        sentence = _("%(thing)s is made of %(names)s, which is gone for good. Define a new version instead.")
        raise Conflict(sentence % {"thing": thing, "names": column_list(lost)})
    if in_bin:
        sentence = _("%(thing)s is made of %(names)s, in the bin as well. Restore that first.")
        raise Conflict(sentence % {"thing": thing, "names": column_list(in_bin)})


def _ended(thing: _Thing) -> _Thing:
    """Out of the bin for good: its row keeps its number, and nobody is told any more that it is deprecated."""
    thing.binned = False
    thing.save(update_fields=["binned"])
    thing.notices.all().delete()
    return thing


def _record(event: ledger.Event, actor: Actor, thing: FeatureService | OnDemandView) -> None:
    kind = "feature_service" if isinstance(thing, FeatureService) else "on_demand_view"
    ledger.record(event, actor=actor, project_id=thing.project_id, subject=(kind, thing.pk))
