"""The job component as a fragment of its own, which asks for itself anew while the job goes on."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from foundation import clock, jobs
from foundation.access import Permission, page
from foundation.jobs.models import Job
from foundation.jobs.presentation import job_context
from foundation.web.pages import redirect, toast


@require_GET
@page(Permission.JOB_VIEW)
def job_fragment(request: HttpRequest, tenant: str, job_id: UUID) -> HttpResponse:
    """The component of one job; pages put it where the work was asked for."""
    return _component(request, tenant, jobs.get_job(actor=request.actor, job_id=job_id))  # type: ignore[attr-defined]


@require_POST
@page(Permission.JOB_VIEW)
def job_cancel(request: HttpRequest, tenant: str, job_id: UUID) -> HttpResponse:
    job = jobs.cancel(actor=request.actor, job_id=job_id)  # type: ignore[attr-defined]
    if not getattr(request, "htmx", None):
        return redirect(request, request.headers.get("Referer") or reverse("web:job_fragment", args=[tenant, job_id]))
    said = _("Cancelled.") if job.is_final else _("It is told to stop.")
    return toast(_component(request, tenant, job), said)


def _component(request: HttpRequest, tenant: str, job: Job) -> HttpResponse:
    shown = job_context(job, actor=request.actor, now=clock.now())  # type: ignore[attr-defined]
    urls = {
        "url": reverse("web:job_fragment", args=[tenant, job.pk]),
        "cancel_url": reverse("web:job_cancel", args=[tenant, job.pk]) if shown["may_cancel"] else "",
    }
    return render(request, "components/job.html", {**shown, **urls})
