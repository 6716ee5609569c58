"""What operators and their tools ask: alive, ready, measured."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from foundation.access import public
from foundation.clock import now
from foundation.errors import NotFound

# The address is the operator's present one; readers are asked to look again after so long.
_CONTACT_HOLDS = timedelta(days=180)


@public("A probe of the process; it says nothing but that it runs.")
def health(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "alive", "version": settings.SANAD_VERSION})


@public("A probe of the process; it says nothing but whether the database answers.")
def ready(request: HttpRequest) -> HttpResponse:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "waiting", "because": "The database does not answer."}, status=503)
    return JsonResponse({"status": "ready"})


@public("Counters without names of people or tenants, for the operator's Prometheus.")
def metrics(request: HttpRequest) -> HttpResponse:
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


@public("Where to report a weakness.")
def security_txt(request: HttpRequest) -> HttpResponse:
    """RFC 9116; without a contact there is nothing to say, so there is no such file."""
    if not settings.SANAD_SECURITY_CONTACT:
        raise NotFound(_("This portal names no address for reports of weaknesses. Whoever runs it can set one."))
    here, expires = settings.SANAD_PUBLIC_URL, (now() + _CONTACT_HOLDS).replace(microsecond=0)
    lines = (
        *(f"Contact: {_as_address(contact)}" for contact in settings.SANAD_SECURITY_CONTACT),
        f"Expires: {expires.isoformat().replace('+00:00', 'Z')}",
        f"Canonical: {here}/.well-known/security.txt",
        f"Policy: {here}/docs/security/",
        "Preferred-Languages: en, ar",
    )
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _as_address(contact: str) -> str:
    """A bare mail address as the link that the format asks for."""
    return contact if ":" in contact else f"mailto:{contact}"
