"""What the REST surface's description says of signing in, of refusals and of lists, in one place for every resource."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

PROBLEM = "Problem"
_REFUSALS = {
    "400": "The request cannot be read: no JSON, or not what the address takes.",
    "401": "No token, or one that is unknown, expired or revoked.",
    "403": "Known, and not allowed; the sentence names the permission.",
    "404": "There is nothing here, or it is not yours to see.",
    "405": "The address does not answer this method.",
    "406": "The answer cannot be given in the wanted form.",
    "409": "It does not fit the present state; the sentence says which.",
    "412": "Somebody changed it since it was read (If-Match).",
    "413": "The body is larger than the address takes.",
    "415": "The body has a media type that the address does not take.",
    "422": "Some fields need attention; `errors` names them.",
    "423": "It is kept as it is: the project is archived, or the organisation's key is withdrawn.",
    "429": "Asked too often, or over quota; see Retry-After.",
    "503": "Something behind the portal does not answer just now; see Retry-After.",
}
_OF_BODIES = {"413", "415"}
_OF_CHANGES = {"412"}
_PROBLEM_SCHEMA = {
    "type": "object",
    "description": "Why a request was refused (RFC 9457).",
    "properties": {
        "type": {"type": "string", "description": "The page that explains this kind of refusal."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "The sentence that a person reads."},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
        "details": {"type": "object"},
    },
    "required": ["type", "title", "status", "detail", "instance", "request_id"],
}


class ActorScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """A bearer token; pages use the session instead."""

    target_class = "foundation.web.authentication.ActorAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "snd_…"}


def with_refusals(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Every operation answers problem details where it refuses: which statuses is the house's rule, not each view's."""
    result["components"].setdefault("schemas", {})[PROBLEM] = _PROBLEM_SCHEMA
    for methods in result["paths"].values():
        for method, operation in methods.items():
            for status in _statuses(method, operation):
                operation["responses"].setdefault(status, _response(status))
    return result


def _statuses(method: str, operation: dict[str, Any]) -> list[str]:
    left_out = set() if "requestBody" in operation else _OF_BODIES
    left_out = left_out | (_OF_CHANGES if method == "get" else set())
    return [status for status in _REFUSALS if status not in left_out]


def _response(status: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": f"#/components/schemas/{PROBLEM}"}}}
    return {"description": _REFUSALS[status], "content": content}
