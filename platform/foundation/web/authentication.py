from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request


class ActorAuthentication(SessionAuthentication):
    """Hands the middleware's actor to DRF; a browser session must show its CSRF token, a bearer token need not."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        actor = getattr(request._request, "actor", None)
        if getattr(request._request, "refused_token", ""):
            raise AuthenticationFailed(
                _("This token is unknown, expired or revoked. Make a new one under Settings, Tokens.")
            )
        if actor is None:
            return None
        request.actor = actor  # type: ignore[attr-defined]
        if actor.token_id is None:
            self.enforce_csrf(request)
        return actor, None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="sanad"'
