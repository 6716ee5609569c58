"""What the gateway asks: routes and revocations twice a second, a token once. The front door lets nobody else here."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from apps.deployments import selectors, services
from apps.features import services as features
from foundation.access import public
from foundation.clock import now
from foundation.identity import neighbours, tokens
from foundation.web.requests import an_address
from runtime.service_tokens import HEADER, TokenRefused

log = logging.getLogger("sanad.neighbours")
View = Callable[[HttpRequest], JsonResponse]


def gateway_only(view: View) -> View:
    """The gateway shows a token for this very request (foundation.identity.neighbours); nobody else is let in."""

    @wraps(view)
    def checked(request: HttpRequest) -> JsonResponse:
        try:
            neighbours.check_gateway(request.headers.get(HEADER, ""), request.method or "", request.get_full_path())
        except TokenRefused as refused:
            log.warning("%s %s was refused: %s", request.method, request.path, refused)
            return JsonResponse({"detail": str(refused)}, status=401)
        return view(request)

    return checked


@public("For the gateway alone, by a token for this one request; the front door answers 404 to everybody else.")
@require_GET
@gateway_only
def state(request: HttpRequest) -> JsonResponse:
    known = int(request.GET.get("routes_version", "-1"))
    version = selectors.routes_version()
    newest, revoked = tokens.revoked_since(int(request.GET.get("revocations_after", "0")))
    return JsonResponse(
        {
            "routes_version": version,
            "routes": selectors.route_table() if version != known else None,
            "revocations_after": newest,
            "revoked": revoked,
            "features_version": features.plans_number(),
        }
    )


@public("For the gateway alone, by a token for this one request; the front door answers 404 to everybody else.")
@csrf_exempt
@require_POST
@gateway_only
def token(request: HttpRequest) -> JsonResponse:
    asked = json.loads(request.body)
    return JsonResponse(
        services.check_invocation(
            digest=asked["digest"],
            tenant_slug=asked["tenant"],
            deployment_slug=asked["deployment"],
            now=now(),
            address=an_address(asked.get("address")) or None,  # workloads come by a socket that has none
        )
    )


@public("For the gateway alone, by a token for this one request; the front door answers 404 to everybody else.")
@csrf_exempt
@require_POST
@gateway_only
def refused(request: HttpRequest) -> JsonResponse:
    told = json.loads(request.body)
    services.note_refused_keys(told)
    return JsonResponse({"heard": len(told)})


@public("For the gateway alone, by a token for this one request; the front door answers 404 to everybody else.")
@csrf_exempt
@require_POST
@gateway_only
def features_plan(request: HttpRequest) -> JsonResponse:
    asked = json.loads(request.body)
    address = an_address(asked.get("address")) or None
    return JsonResponse(
        services.plan_features(digest=asked["digest"], asked=asked["asked"], now=now(), address=address)
    )


@public("For the gateway alone, by a token for this one request; the front door answers 404 to everybody else.")
@csrf_exempt
@require_POST
@gateway_only
def features_forgotten(request: HttpRequest) -> JsonResponse:
    told = json.loads(request.body)
    services.note_forgotten_views(tenant_id=UUID(told["tenant_id"]), view_ids=[UUID(pk) for pk in told["views"]])
    return JsonResponse({"heard": len(told["views"])})
