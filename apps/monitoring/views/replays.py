from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.monitoring import selectors, services
from apps.monitoring.choices import ReplayState
from apps.monitoring.forms import ReplayForm, SpeedForm
from apps.monitoring.views.pages import here, monitor_of, render_monitor
from foundation import access
from foundation.access import Permission
from foundation.web import redirect
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest, in_project

# What each button of the panel asks for, beside the speed in its field.
_ACTS: dict[str, dict[str, Any]] = {
    "play": {"state": ReplayState.PLAYING},
    "pause": {"state": ReplayState.PAUSED},
    "restart": {"restart": True},
    "speed": {},
}


@access.page(Permission.MONITOR_CHANGE)
@require_POST
def replay_start(request: PortalRequest, tenant: str, project: str, monitor_id: UUID) -> HttpResponse:
    monitor = monitor_of(request, monitor_id)
    sets = selectors.sets_to_replay(actor=request.actor, project_id=monitor.project_id)
    form = ReplayForm(request.POST, sets=[(str(one.pk), str(one)) for one in sets], auto_id="replay_%s")
    if form.is_valid():
        with refusals_on(form):
            said = dict(form.cleaned_data)
            chosen = UUID(said.pop("training_set"))
            services.start_replay(
                actor=request.actor, deployment_id=monitor.deployment_id, training_set_id=chosen, **said
            )
            messages.success(request, _("The replay plays."))
            return redirect(request, here(request, monitor_id) + "#replay")
    return render_monitor(request, monitor, "drift", status=422, replay=form)


@access.page(Permission.MONITOR_CHANGE)
@require_POST
def replay_change(request: PortalRequest, tenant: str, project: str, replay_id: UUID) -> HttpResponse:
    replay = in_project(request, selectors.get_replay(actor=request.actor, replay_id=replay_id))
    watching = services.ensure_monitor(actor=request.actor, deployment_id=replay.deployment_id)
    monitor = selectors.get_monitor(actor=request.actor, monitor_id=watching.pk)
    form, act = SpeedForm(request.POST), _ACTS.get(request.POST.get("act", "speed"), {})
    if form.is_valid():
        with refusals_on(form):
            services.change_replay(actor=request.actor, replay=replay, **act, **form.cleaned_data)
            return redirect(request, here(request, monitor.pk) + "#replay")
    return render_monitor(request, monitor, "drift", status=422, speed=form)
