"""What the gateway asks: routes and revocations twice a second, a token once. The front door lets nobody else here."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from hmac import compare_digest

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from apps.deployments import selectors, services
from foundation.access import public
from foundation.clock import now
from foundation.identity import tokens
from foundation.web.requests import an_address

View = Callable[[HttpRequest], JsonResponse]


def gateway_only(view: View) -> View:
    """The gateway shows the secret that it shares with the portal; without one set, nobody is let in."""

    @wraps(view)
    def checked(request: HttpRequest) -> JsonResponse:
        secret = settings.SANAD_GATEWAY_SECRET
        if not secret or not compare_digest(request.headers.get("X-Sanad-Gateway", "").encode(), secret.encode()):
            return JsonResponse({"detail": "This address is for the gateway."}, status=404)
        return view(request)

    return checked


@public("For the gateway alone, by a shared secret; the front door answers 404 to everybody else.")
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
        }
    )


@public("For the gateway alone, by a shared secret; the front door answers 404 to everybody else.")
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
