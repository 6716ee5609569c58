"""The door of the stock MLflow client: what it asks, and refusals in the words that it reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from rest_framework.authentication import CSRFCheck

from apps.experiments import services
from apps.experiments.errors import TokenMissing
from apps.experiments.views import presentation
from foundation import access, refusals
from foundation.access import Permission
from foundation.errors import AccessDenied, PortalError
from foundation.web import render_page
from foundation.web.problems import MLFLOW_CODES
from foundation.web.requests import PortalRequest

_PIECE = 256 * 1024
# MLflow's clients know 400 for what the portal calls 422; 429 they try again for minutes, which empties no full quota.
_STATUS = {422: 400, 429: 413}
# What users logged is never shown as a page of the portal's own.
_FILE_HEADERS = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}


@csrf_exempt
@access.public("Each address of MLflow asks for its own permission, and refuses in MLflow's words.")
def relay(request: PortalRequest, tenant: str, project: str, path: str) -> HttpResponseBase:
    try:
        if request.actor is None:
            raise TokenMissing(
                _("Set MLFLOW_TRACKING_TOKEN to a valid token of yours; make one under Settings, Tokens.")
            )
        _check_own_page(request)
        asked = services.Asked(request.method or "", path, _query(request), request.headers, _body(request))
        return _answer(request, services.relay(actor=request.actor, project=request.project, asked=asked))
    except PortalError as refusal:
        _read_rest(request)
        return _refused(request, refusal)


@require_safe
@access.page(Permission.RUN_VIEW)
def landing(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    """Where the address that MLflow's client prints leads: a script reads its fragment and goes on."""
    snippets = presentation.mlflow_snippets(tenant, project)
    return render_page(request, "experiments/tracked_landing.html", snippets=snippets)


def _query(request: PortalRequest) -> list[tuple[str, str]]:
    return [(name, value) for name, values in request.GET.lists() for value in values]


def _source(request: PortalRequest) -> Any:
    """The body's stream. Django reads none that came in chunks; a server that knows where they end says so."""
    chunked = request.headers.get("Transfer-Encoding", "").lower() == "chunked"
    return request.META["wsgi.input"] if chunked and request.META.get("wsgi.input_terminated") else request


def _check_own_page(request: PortalRequest) -> None:
    """A token is shown on purpose; a session's cookie comes by itself, so what writes by it proves its page."""
    if request.actor is None or request.actor.token_id is not None:
        return
    check = CSRFCheck(lambda _request: HttpResponse())
    check.process_request(request)
    if check.process_view(request, None, (), {}) is not None:  # type: ignore[arg-type]
        raise AccessDenied(
            _("Set MLFLOW_TRACKING_TOKEN to a token of yours; by a session alone, only the portal's own pages write.")
        )


def _body(request: PortalRequest) -> Iterator[bytes]:
    source = _source(request)
    while piece := source.read(_PIECE):
        yield piece


def _read_rest(request: PortalRequest) -> None:
    """A client that is still sending hears an answer only when somebody has listened; up to 16 MB somebody does."""
    for count, _piece in enumerate(_body(request)):
        if count > 64:
            break


def _answer(request: PortalRequest, reply: Any) -> HttpResponseBase:
    if reply.status >= 400:
        return _failed(request, reply)
    if isinstance(reply.body, bytes):
        return HttpResponse(reply.body, status=reply.status, headers=reply.headers)
    given = reply.headers.get("content-disposition", "")
    shown_as = given if given.lower().startswith("attachment") else "attachment"
    headers = {**reply.headers, **_FILE_HEADERS, "Content-Disposition": shown_as}
    return StreamingHttpResponse(reply.body, status=reply.status, headers=headers)


def _failed(request: PortalRequest, reply: Any) -> JsonResponse:
    """MLflow's own refusal with the way to the page; what broke inside it stays in the logs."""
    said = reply.document()
    if reply.status >= 500:
        said = {
            "error_code": "INTERNAL_ERROR",
            "message": _("The tracking server failed on this request; its log says why."),
        }
    message = f"{said.get('message', '')} {_see(request)}".strip()
    return JsonResponse({**said, "message": message, "request_id": request.request_id}, status=reply.status)


def _refused(request: PortalRequest, refusal: PortalError) -> JsonResponse:
    refusals.heard(refusal)
    code = (
        "ENDPOINT_NOT_FOUND" if refusal.slug == "no-such-route" else MLFLOW_CODES.get(refusal.status, "INTERNAL_ERROR")
    )
    message = refusal.sentence if refusal.status == 501 else f"{refusal.sentence} {_see(request)}"
    body = {"error_code": code, "message": message, "request_id": request.request_id}
    response = JsonResponse(body, status=_STATUS.get(refusal.status, refusal.status))
    if refusal.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="sanad", Basic realm="sanad"'
    return response


def _see(request: PortalRequest) -> str:
    """Where a person finds the project's runs."""
    tenant, project = request.path_info.split("/")[2:4]
    url = f"{settings.SANAD_PUBLIC_URL}/t/{tenant}/p/{project}/experiments/"
    return _("See %(url)s") % {"url": url}
