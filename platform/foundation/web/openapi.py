"""What the REST surface's description says of signing in."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class ActorScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """A bearer token; pages use the session instead."""

    target_class = "foundation.web.authentication.ActorAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "snd_…"}
