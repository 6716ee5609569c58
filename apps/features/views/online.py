"""What is online of one version of a feature view: looked up, put there again, and how old it may be."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.features import forms, policies, selectors, services
from apps.features.views.things import address, client_lines, view_of
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import Conflict, PortalError
from foundation.web import redirect
from foundation.web.requests import PortalRequest

_SHOWN = 10


def online_part(request: PortalRequest, view: Any) -> dict[str, Any]:
    """What the tab needs."""
    actor = request.actor
    keys = [(f"key{i}", key, request.GET.get(f"key{i}", "")) for i, key in enumerate(view.entity.join_keys)]
    age = selectors.event_age(view, now())
    found: dict[str, Any] = {
        "keys": keys,
        "snippets": _snippets(request, view),
        "materialisations": selectors.materialisations_of(actor=actor, view=view)[:_SHOWN],
        "running": selectors.materialisations_of(actor=actor, view=view).filter(ended_at=None).first(),
        "event_age_s": None if age is None else age.total_seconds(),
        "may_materialise": access.ask(policies.check_can_define, actor, request.project),
        "expected": services.expect_materialisation(actor=actor, view=view),
        "freshness_form": forms.FreshnessForm(initial=forms.FreshnessForm.of(view.freshness_seconds)),
    }
    if not any(typed for _name, _key, typed in keys):
        return found
    try:
        entity = {key: typed for _name, key, typed in keys}
        found["answer"] = services.read_online(actor=actor, view_ids=[view.pk], entities=[entity])[0]
    except PortalError as refusal:
        found["refusal"] = refusal.sentence
    return found


@access.page(Permission.FEATURE_DEFINE)
@require_POST
def view_materialise(request: PortalRequest, tenant: str, project: str, view_id: UUID) -> HttpResponse:
    view = view_of(request, view_id)
    try:
        services.request_materialisation(actor=request.actor, view_id=view.pk)
    except Conflict as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("Its newest values are being materialised."))
    return redirect(request, _back(request, view))


def _back(request: PortalRequest, view: Any) -> str:
    return address(request, "view_detail", view.pk) + "?tab=online"


def _snippets(request: PortalRequest, view: Any) -> list[dict[str, str]]:
    keys = ", ".join(f'"{key}": "…"' for key in view.entity.join_keys)
    python = client_lines(request) + f'client.features.online(["{view}"], [{{{keys}}}])'
    curl = (
        f"curl {settings.SANAD_PUBLIC_URL}/features/online -H 'Authorization: Bearer snd_…' \\\n"
        f'  -H \'Content-Type: application/json\' -d \'{{"project": "{request.project.slug}", '
        f'"views": ["{view}"], "entities": [{{{keys}}}]}}\''
    )
    return [{"name": "Python", "code": python}, {"name": "curl", "code": curl}]
