"""What features of the past may be asked of: views, on-demand features and services, with what finds them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from apps.features import forms, selectors
from apps.features.choices import GONE, BuildState
from foundation.web.requests import PortalRequest


def offered(request: PortalRequest) -> tuple[list[forms.Offer], list[forms.ServiceOffer]]:
    """The newest version of each that can be joined; of services those alone of which every view has its rows."""
    where: dict[str, Any] = {"actor": request.actor, "project_id": request.project.pk}
    views = {view.pk: view for view in selectors.visible_views(**where)}
    newest = selectors.visible_views(**where, newest_only=True).filter(state=BuildState.READY).order_by("name")
    offers = [forms.Offer(view, tuple(view.entity.join_keys)) for view in newest]
    every = {one.pk: one for one in selectors.visible_on_demand_views(**where)}
    computed = selectors.visible_on_demand_views(**where, newest_only=True).order_by("name")
    offers += [one for view in computed if (one := _on_demand(view, views)) is not None]
    services = selectors.visible_services(**where, newest_only=True).order_by("name")
    return offers, [one for row in services if (one := _service(row, views, every)) is not None]


def _on_demand(view: Any, views: dict[Any, Any]) -> forms.Offer | None:
    used = [views.get(pk) for pk in map(UUID, view.view_ids)]
    if any(one is None or one.state in GONE or one.state == BuildState.BUILDING for one in used):
        return None
    keys = {key for one in used if one is not None for key in one.entity.join_keys}
    return forms.Offer(view, tuple(keys), tuple(view.request))


def _service(row: Any, views: dict[Any, Any], every: dict[Any, Any]) -> forms.ServiceOffer | None:
    of_service = [views.get(UUID(part["view"])) for part in row.views]
    computed = [every.get(UUID(part["id"])) for part in row.on_demand]
    found = [_on_demand(one, views) if one is not None else None for one in computed]
    if None in found or any(view is None or view.state != BuildState.READY for view in of_service):
        return None
    keys = {key for view in of_service if view is not None for key in view.entity.join_keys}
    keys |= {key for offer in found if offer is not None for key in offer.keys}
    values = {value for offer in found if offer is not None for value in offer.values}
    return forms.ServiceOffer(row, tuple(keys), tuple(values))
