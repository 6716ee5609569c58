"""One entity: its keys, and the views about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.features import policies, selectors, services
from apps.features.choices import KeyType
from apps.features.views.saying import edit_page
from apps.features.views.tables import ViewFilter, ViewsOfEntityTable
from apps.features.views.things import activity, address, entity_of
from foundation import access
from foundation.access import Permission
from foundation.web import render_page
from foundation.web.editing import alone
from foundation.web.requests import PortalRequest
from foundation.web.tables import build_table


@access.page(Permission.FEATURE_VIEW)
@require_GET
def entity_detail(request: PortalRequest, tenant: str, project: str, entity_id: UUID) -> HttpResponse:
    entity = entity_of(request, entity_id)
    views = selectors.views_of_entity(actor=request.actor, entity=entity)
    context: dict[str, Any] = {
        "entity": entity,
        "keys": [(key, _label(entity.key_types.get(key))) for key in entity.join_keys],
        "views_count": views.count(),
        "table": build_table(request, ViewsOfEntityTable, views, filterset_class=ViewFilter),
        "here": address(request, "entity_detail", entity.pk),
        **activity(request, "entity", entity),
        "written": services.text_of({"entities": {entity.name: services.entity_fields(entity)}}),
        "may_define": access.ask(policies.check_can_define, request.actor, request.project),
    }
    return render_page(request, "features/entity_detail.html", **context)


def _label(kind: str | None) -> str:
    return str(KeyType(kind).label) if kind else ""


@access.page(Permission.FEATURE_DEFINE)
@never_cache
def entity_edit(request: PortalRequest, tenant: str, project: str, entity_id: UUID) -> HttpResponse:
    alone(request)
    entity = entity_of(request, entity_id)
    back = address(request, "entity_detail", entity.pk)
    return edit_page(
        request, entity, back, lambda words: services.describe_entity(actor=request.actor, entity=entity, **words)
    )
