"""Refusals as people and programs read them: a page, a fragment, or problem details (RFC 9457)."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from rest_framework import exceptions as drf
from rest_framework.response import Response

from foundation import refusals
from foundation.access import Permission, StepUpRequired, can, lacking
from foundation.access.second_factor import SecondFactorRequired
from foundation.errors import AccessDenied, Invalid, NotFound, PortalError
from foundation.web import going_on, step_up
from foundation.web.pages import redirect

log = logging.getLogger("sanad.problems")
_PAGES = {400, 403, 404, 409, 423, 429, 500, 503}
MLFLOW_CODES = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
    409: "RESOURCE_ALREADY_EXISTS",
    422: "INVALID_PARAMETER_VALUE",
    423: "INVALID_STATE",
    429: "REQUEST_LIMIT_EXCEEDED",
    501: "NOT_IMPLEMENTED",
    503: "TEMPORARILY_UNAVAILABLE",
}


def wants_json(request: HttpRequest) -> bool:
    """Whether a program asked: the REST surface, MLflow's, or an explicit Accept."""
    path = request.path_info
    return path.startswith(("/api/", "/mlflow/", "/internal/")) or "json" in request.headers.get("Accept", "")


def problem(request: HttpRequest, error: PortalError) -> dict[str, Any]:
    """Problem details of a refusal; `errors` names the faulty fields."""
    body: dict[str, Any] = {
        "type": f"{settings.SANAD_PUBLIC_URL}/docs/problems/{error.slug}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.sentence,
        "instance": request.path,
        "request_id": getattr(request, "request_id", ""),
    }
    if isinstance(error, Invalid) and error.fields:
        body["errors"] = error.fields
    if request.path_info.startswith("/mlflow/"):
        # The two that MLflow's clients read.
        body |= {"error_code": MLFLOW_CODES.get(error.status, "INTERNAL_ERROR"), "message": error.sentence}
    return body | ({"details": error.details} if error.details else {})


def answer_for(request: HttpRequest, error: PortalError) -> HttpResponse:
    """The refusal as a response in the form that the caller reads."""
    refusals.heard(error)
    if wants_json(request):
        answer = JsonResponse(problem(request, error), status=error.status, content_type="application/problem+json")
        _say_when(answer, error)
        return answer
    if isinstance(error, StepUpRequired):
        return step_up.ask(request, error)
    if isinstance(error, SecondFactorRequired):
        going_on.remember(request)
        return redirect(request, error.details["set_up"])
    actor = getattr(request, "actor", None)
    context = {
        "error": error,
        "request_id": getattr(request, "request_id", ""),
        "lacking": lacking(actor, error),
        "may_bring_key": error.status == HTTPStatus.LOCKED
        and actor is not None
        and can(actor, Permission.TENANT_MANAGE),
    }
    if getattr(request, "htmx", False):
        response = render(request, "errors/fragment.html", context, status=error.status)
        response["HX-Retarget"] = "#toasts"
        response["HX-Reswap"] = "beforeend"
        return response
    page = error.status if error.status in _PAGES else 400
    return render(request, f"errors/{page}.html", context, status=error.status)


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's errors and ours, all as problem details."""
    error = _as_portal_error(exc)
    if error is None:
        return None
    refusals.heard(error)
    request = context["request"]
    response = Response(problem(request, error), status=error.status, content_type="application/problem+json")
    for name, value in getattr(exc, "headers_for_response", {}).items():
        response[name] = value
    _say_when(response, error)
    if error.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="sanad"'
    return response


def _say_when(response: HttpResponseBase, error: PortalError) -> None:
    if seconds := error.details.get("retry_after") or error.again_s:
        response["Retry-After"] = str(seconds)


class _Unauthenticated(PortalError):
    status, slug = 401, "unauthenticated"


class _Other(PortalError):
    slug = "request"


def _as_portal_error(exc: Exception) -> PortalError | None:
    match exc:
        case PortalError():
            return exc
        case drf.ValidationError():
            fields = exc.detail if isinstance(exc.detail, dict) else {"body": exc.detail}
            return Invalid(_("Some fields need attention; each says what is wrong."), fields=_flat(fields))
        case drf.NotAuthenticated() | drf.AuthenticationFailed():
            return _Unauthenticated(str(exc.detail))
        case Http404():
            return NotFound(_("There is nothing at this address, or it is not yours to see."))
        case PermissionDenied() | drf.PermissionDenied():
            return AccessDenied(str(exc) or _("You may not do this."))
        case RequestDataTooBig():
            return Invalid(_("The request is larger than this address accepts."))
        case drf.APIException():
            other = _Other(str(exc.detail))
            other.status = exc.status_code
            return other
    return None


def _flat(fields: dict[str, Any], prefix: str = "") -> dict[str, list[str]]:
    flat: dict[str, list[str]] = {}
    for name, value in fields.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = [str(item) for item in (value if isinstance(value, list) else [value])]
    return flat


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer_for(request, NotFound(_("There is nothing at this address, or it is not yours to see.")))


def method_not_allowed(request: HttpRequest, allowed: str) -> HttpResponse:
    """Of an address that only takes what a form sends: somebody opened it, or loaded its answer once more."""
    sentence = _("This address only takes what a form sends. Go back to the page with the form and send it from there.")
    if "GET" in allowed:
        sentence = _("This address is there to be read; nothing can be sent to it. Go back and open it anew.")
    error = _Other(sentence)
    error.status = HTTPStatus.METHOD_NOT_ALLOWED
    response = answer_for(request, error)
    response["Allow"] = allowed
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    sentence = _("Something broke on our side. Nothing was changed; try again, and quote the number below if it stays.")
    return answer_for(request, PortalError(sentence))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    sentence = _("This page was open for too long, or cookies are off. Reload it and do it once more.")
    return answer_for(request, AccessDenied(sentence))
