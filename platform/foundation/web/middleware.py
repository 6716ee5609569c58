"""From a request to an actor: who asks, in which tenant and project; then the row scope around the view."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from foundation import refusals
from foundation.access.actors import actor_for_user, admit, by_route
from foundation.access.freshness import is_fresh
from foundation.access.second_factor import require_second_factor
from foundation.clock import now
from foundation.errors import AccessDenied, Invalid, NotFound, PortalError
from foundation.identity import Actor, tokens
from foundation.identity.models import User
from foundation.identity.ways import Way
from foundation.ledger.selectors import last_seq_here
from foundation.tenancy import find_tenant, require_keys, require_open, scope
from foundation.web import calendars, logs, refused_requests
from foundation.web.locked import leads_to_keys
from foundation.web.problems import answer_for, method_not_allowed
from foundation.web.requests import address_of

GetResponse = Callable[[HttpRequest], HttpResponse]
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_TENANT_PATH = re.compile(r"^/t/(?P<tenant>[-\w]+)/(?:p/(?P<project>[-\w]+)/)?")
_MLFLOW_PATH = re.compile(r"^/mlflow/(?P<tenant>[-\w]+)/(?P<project>[-\w]+)(?:/|$)")
_project_resolvers: list[Callable[[Actor, str], Any]] = []


def register_project_resolver(resolver: Callable[[Actor, str], Any]) -> None:
    """How the slug in a URL becomes a project that the actor may see; given by apps.projects."""
    _project_resolvers[:] = [resolver]


class RequestIdMiddleware:
    """Every request has an id: the caller's where it is sane, else a new one; answered and logged."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex  # type: ignore[attr-defined]
        mark = logs.request_id.set(request.request_id)  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            logs.request_id.reset(mark)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response


class PersonMiddleware:
    """The person's language and time zone; an anonymous visitor's come from cookie and browser."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user: Any = getattr(request, "user", None)
        known = user is not None and user.is_authenticated
        language = user.language if known else translation.get_language_from_request(request)
        # Programs read UTC; only people read their own clock.
        zone = "UTC" if request.path_info.startswith("/api/") else user.time_zone if known else "Asia/Dubai"
        calendar = user.calendar if known else User.Calendar.GREGORIAN
        with translation.override(language), timezone.override(ZoneInfo(zone)), calendars.reading(calendar):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class ActorMiddleware:
    """Sets request.actor, request.tenant and request.project, and runs the view inside the tenant's scope."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = request.tenant = request.project = None  # type: ignore[attr-defined]
        if _names_nothing(request):
            return answer_for(request, Invalid(_("The address holds a NUL, which no name of anything does.")))
        with refusals.listening() as heard:
            response = self._answer(request)
        if heard.reason:
            refused_requests.record(request, response, heard)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        try:
            actor = _actor_of(request)
        except PortalError as refusal:
            return answer_for(request, refusal)
        if actor is None:
            return self.get_response(request)
        request.actor, request.tenant = actor, actor.tenant  # type: ignore[attr-defined]
        with scope(actor.tenant_id, user_id=actor.user.pk if actor.user else None):
            response = self._inside(request, actor)
            if response.status_code >= 400:
                transaction.set_rollback(True)  # a refused request changes nothing
        return response

    def _inside(self, request: HttpRequest, actor: Actor) -> HttpResponse:
        if _is_whole_page(request):
            # Read before the view reads: what happens from here on is told to the page when it begins to listen.
            request.live_since = last_seq_here(tenant_id=actor.tenant_id)  # type: ignore[attr-defined]
        try:
            _set_project(request, actor)
        except PortalError as refusal:
            return answer_for(request, refusal)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_arguments: Any) -> HttpResponse | None:
        """A suspended tenant's doors are closed; while its key is withdrawn, all but those that lead to the key."""
        tenant = getattr(request, "tenant", None)
        if tenant is None:
            return None
        try:
            require_open(tenant) if leads_to_keys(view) else require_keys(tenant)
        except PortalError as refusal:
            return answer_for(request, refusal)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return answer_for(request, exception) if isinstance(exception, PortalError) else None


class KnownSenderMiddleware:
    """Files are taken from known senders alone: reading the form to check its token would write them to the disk."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        unknown = request.actor is None and not request.user.is_authenticated  # type: ignore[attr-defined]
        if unknown and request.content_type == "multipart/form-data":
            return answer_for(request, AccessDenied(_("Sign in first: no file is taken from somebody unknown.")))
        return self.get_response(request)


class WordsMiddleware:
    """A bare 405 is a blank page to whoever reloads what a form once opened; it says what the address is for."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not response.streaming and not response.content:
            return method_not_allowed(request, response.headers.get("Allow", ""))
        return response


def _names_nothing(request: HttpRequest) -> bool:
    """PostgreSQL takes no NUL in a text: whatever is looked up by it cannot be there."""
    return "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", "")


def _is_whole_page(request: HttpRequest) -> bool:
    return request.method == "GET" and request.path.startswith("/t/") and "HX-Request" not in request.headers


def _actor_of(request: HttpRequest) -> Actor | None:
    request_id: str = request.request_id  # type: ignore[attr-defined]
    if request.path_info.startswith("/scim/"):
        return None  # it takes tokens of a kind of its own, and its refusals are recorded beside what they undo
    if token := _bearer(request):
        return _actor_by_token(request, token, request_id)
    if not request.user.is_authenticated or request.path_info.startswith("/accounts/"):
        return None  # what is one's own is in no tenant's transaction: an attempt that is refused is still counted
    place = _TENANT_PATH.match(request.path_info) or _MLFLOW_PATH.match(request.path_info)
    slug = place["tenant"] if place else request.headers.get("X-Sanad-Tenant") or request.GET.get("tenant")
    if slug is None and request.path_info.startswith("/api/"):
        slug = request.session.get("tenant")
    if slug is None:
        return None
    request.wanted_tenant = slug  # type: ignore[attr-defined]  # whoever is refused it is told of at home
    way, tenant = Way.of(request.session), find_tenant(slug)
    actor = actor_for_user(user=request.user, tenant=tenant, request_id=request_id, way=way)
    require_second_factor(request.user, tenant, at=now(), way=Way.of(request.session))
    if place and request.session.get("tenant") != slug:
        request.session["tenant"] = slug
    return replace(actor, stale=not is_fresh(request.session, at=now()))


def _bearer(request: HttpRequest) -> str | None:
    """The token of the Authorization header; old MLflow clients send it as the password of Basic."""
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return given.strip()
    if kind.lower() == "basic" and _MLFLOW_PATH.match(request.path_info):
        try:
            return base64.b64decode(given, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return None


def _actor_by_token(request: HttpRequest, token: str, request_id: str) -> Actor | None:
    moment = now()
    row = tokens.find_token(token, now=moment)
    if row is None:
        request.refused_token = token  # type: ignore[attr-defined]
        return None
    address = address_of(request) or None
    request.shown_token = row  # type: ignore[attr-defined]
    request.asker = actor = admit(  # type: ignore[attr-defined]
        row, address=address, standing=by_route, now=moment, request_id=request_id
    )
    place = _TENANT_PATH.match(request.path_info) or _MLFLOW_PATH.match(request.path_info)
    if place and place["tenant"] != actor.tenant.slug:
        raise NotFound("There is no such tenant, or you are not a member of it.")
    return actor


def _set_project(request: HttpRequest, actor: Actor) -> None:
    place = _TENANT_PATH.match(request.path_info) or _MLFLOW_PATH.match(request.path_info)
    slug = place["project"] if place else None
    if slug:
        request.project = _project_resolvers[0](actor, slug)  # type: ignore[attr-defined]
