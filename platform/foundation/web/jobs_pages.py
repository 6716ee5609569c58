"""The job component as a fragment of its own, which asks for itself anew while the job goes on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from foundation import clock, jobs
from foundation.access import Permission, page
from foundation.identity import Actor
from foundation.jobs.models import Job
from foundation.jobs.presentation import job_context
from foundation.web.pages import came_from, redirect, toast


@require_GET
@page(Permission.JOB_VIEW)
def job_fragment(request: HttpRequest, tenant: str, job_id: UUID) -> HttpResponse:
    """The component of one job; pages put it where the work was asked for."""
    return _component(request, jobs.get_job(actor=request.actor, job_id=job_id))  # type: ignore[attr-defined]


@require_POST
@page(Permission.JOB_VIEW)
def job_cancel(request: HttpRequest, tenant: str, job_id: UUID) -> HttpResponse:
    job = jobs.cancel(actor=request.actor, job_id=job_id)  # type: ignore[attr-defined]
    if not getattr(request, "htmx", None):
        return redirect(request, came_from(request) or reverse("web:job_fragment", args=[tenant, job_id]))
    said = _("Cancelled.") if job.is_final else _("It is told to stop.")
    return toast(_component(request, job), said)


def newest_job(request: HttpRequest, subject: tuple[str, UUID]) -> dict[str, Any] | None:
    """What components/job.html takes for the last work on a thing; None where there was none."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    job = jobs.jobs_of(actor=actor, subject=subject).first()
    return _shown(actor, job) if job else None


def _shown(actor: Actor, job: Job) -> dict[str, Any]:
    shown, named = job_context(job, actor=actor, now=clock.now()), [actor.tenant.slug, job.pk]
    cancel_url = reverse("web:job_cancel", args=named) if shown["may_cancel"] else ""
    return {**shown, "url": reverse("web:job_fragment", args=named), "cancel_url": cancel_url}


def _component(request: HttpRequest, job: Job) -> HttpResponse:
    return render(request, "components/job.html", _shown(request.actor, job))  # type: ignore[attr-defined]
