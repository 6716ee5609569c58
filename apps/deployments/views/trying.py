"""Trying a deployment: the form asks by POST, the answer stands at an address of its own, as after any form.

The token has to be committed before the gateway hears of it, so the row waits in the session between the two requests.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from apps.deployments import policies, selectors, services
from apps.deployments.forms import TryForm
from apps.deployments.views import keys, presentation
from apps.deployments.views.pages import deployment_of, render_deployment
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import Unavailable
from foundation.storage import sealing
from foundation.web.requests import PortalRequest

_SEAL, _SPARE = "deployment-try", timedelta(minutes=1)


@access.page(Permission.DEPLOYMENT_VIEW)
def deployment_try(request: PortalRequest, tenant: str, project: str, deployment_id: UUID) -> HttpResponse:
    deployment = deployment_of(request, deployment_id)
    version = selectors.version_to_show(deployment)
    kept = request.session.get(_key(deployment), {})
    features, usual = version.input_schema.get("features", []), selectors.example_row(version)
    if (found := keys.found_for(request.actor, deployment)) is not None and keys.lent(deployment):
        features, usual = keys.fields_to_try(found, features), keys.example(found, usual)
    example = kept.get("row") or usual
    given = request.POST if request.method == "POST" else None
    form = TryForm(given, features=features, example=example)
    if request.method == "POST":
        policies.check_can_invoke(request.actor, deployment)
    if form.is_valid():
        return _ask_later(request, deployment, form.row())
    answer = _answer(request, deployment, kept)
    may = access.ask(policies.check_can_invoke, request.actor, deployment)
    more = {
        "try_form": form,
        "answer": answer,
        "may_invoke": may,
        "looks_up": found is not None and keys.lent(deployment),
        "target_name": version.input_schema["target"]["name"],
    }
    return render_deployment(request, deployment, "try", status=422 if form.errors else 200, **more)


def _key(deployment: Any) -> str:
    return f"try:{deployment.pk}"


def _ask_later(request: PortalRequest, deployment: Any, row: dict[str, Any]) -> HttpResponse:
    """Keep the row and a token that lives, then go on to the address of the answer."""
    kept = request.session.get(_key(deployment), {})
    if not kept.get("token") or datetime.fromisoformat(kept["until"]) < now() + _SPARE:
        token = services.try_token(actor=request.actor, deployment=deployment).encode()
        kept["token"] = base64.b64encode(sealing.seal(request.actor.tenant_id, _SEAL, token)).decode()
        kept["until"] = (now() + services.TOKEN_LIVES).isoformat()
    request.session[_key(deployment)] = {**kept, "row": row, "asks": True}
    response = HttpResponse(status=303)
    response["Location"] = request.path
    return response


def _answer(request: PortalRequest, deployment: Any, kept: dict[str, Any]) -> dict[str, Any] | None:
    """The gateway's answer to the row that waits; each row is asked once, a reload asks nothing.

    A live part of the page that reads itself anew just then must not take the answer away from the page.
    """
    if request.method != "GET" or request.htmx or not kept.get("asks"):
        return None
    request.session[_key(deployment)] = {**kept, "asks": False}
    token = sealing.open_sealed(request.actor.tenant_id, _SEAL, base64.b64decode(kept["token"])).decode()
    try:
        said = services.ask_gateway(actor=request.actor, deployment=deployment, token=token, row=kept["row"])
    except Unavailable as refusal:
        return {"fault": refusal.sentence, "ok": False}
    body = said.body if isinstance(said.body, dict) else {}
    fault = (
        ""
        if said.status < 400
        else str(body.get("error") or body.get("detail") or _("It answered %(status)s.") % {"status": said.status})
    )
    return {
        "ok": said.status < 400,
        "status": said.status,
        "fault": fault,
        "missing": keys.missing_in_words(body.get("missing")),
        "latency": presentation.milliseconds(said.milliseconds),
        "prediction": next(iter(body.get("predictions", [])), None),
        "classes": list(zip(body.get("classes", []), next(iter(body.get("probabilities", [])), []), strict=False)),
        "raw": [{"name": "JSON", "code": json.dumps(said.body, indent=2, ensure_ascii=False)}],
    }
