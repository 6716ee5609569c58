"""What the head of the side bar offers when it is opened: projects and other tenants."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from foundation.access import Permission, page
from foundation.web import navigation


@page(Permission.TENANT_VIEW)
def switcher(request: HttpRequest, tenant: str) -> HttpResponse:
    choices = navigation.choices_for(request.actor)  # type: ignore[attr-defined]
    return render(request, "components/switcher.html", {"choices": choices})
