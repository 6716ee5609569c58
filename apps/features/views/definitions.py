"""Definitions as a file, in the browser: what it would change is shown first, and then made so."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache

from apps.features import forms, services
from apps.features.views.things import address
from foundation import access
from foundation.access import Permission
from foundation.figures import number
from foundation.web import redirect, render_page
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest


@access.page(Permission.FEATURE_DEFINE)
@never_cache
def definition_file(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    actor, here = request.actor, request.project
    act = request.POST.get("act", "") if request.method == "POST" else ""
    given: dict[str, Any] = {"initial": {"text": services.definitions_text(actor=actor, project=here)}}
    form = forms.DefinitionFileForm(request.POST, **given) if act else forms.DefinitionFileForm(**given)
    context: dict[str, Any] = {"form": form}
    if act and form.is_valid():
        text, digest = form.cleaned_data["text"], form.cleaned_data["plan"]
        with refusals_on(form, otherwise="text"):
            if act == "apply":
                made = services.apply_definitions(actor=actor, project=here, text=text, plan=digest)
                messages.success(request, _changed(len(made.changes)))
                return redirect(request, address(request, "feature_list"))
            context["plan"] = services.plan_definitions(actor=actor, project=here, text=text)
    return render_page(request, "features/definition_file.html", status=422 if form.errors else 200, **context)


def _changed(count: int) -> str:
    if not count:
        return _("Everything is as the file says already; nothing was changed.")
    said = ngettext("One definition was changed.", "%(count)s definitions were changed.", count)
    return said % {"count": number(count)}
