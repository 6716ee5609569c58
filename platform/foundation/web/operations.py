"""What operators and their tools ask: alive, ready, measured."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from foundation.access import public


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
    lines = (f"Policy: {settings.SANAD_PUBLIC_URL}/docs/security/", "Preferred-Languages: en, ar")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")
