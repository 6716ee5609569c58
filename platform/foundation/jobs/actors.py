"""Who asked for a job, and who asked for its end, in the job's row and out of it again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.conf import settings

from foundation.access.actors import rebuild_actor
from foundation.identity import Actor
from foundation.identity.models import User
from foundation.jobs.models import Job
from foundation.tenancy.models import Tenant


def written(actor: Actor) -> dict[str, Any]:
    """The columns of Job that say who asked, with the limits of the token they asked with."""
    limits = {
        "scopes": sorted(actor.scopes),
        "project_id": str(actor.project_id) if actor.project_id else None,
        "token_id": str(actor.token_id) if actor.token_id else None,
        "purpose": actor.purpose,
    }
    return {
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_label": actor.label[:200],
        "actor_limits": limits,
        "request_id": actor.request_id,
    }


def rebuilt(job: Job, tenant: Tenant) -> Actor:
    """Who asked, with the rights they have now, and never wider than those they asked with."""
    limits = job.actor_limits
    narrow = {
        "scopes": frozenset(limits["scopes"]),
        "project_id": _id(limits["project_id"]),
        "token_id": _id(limits["token_id"]),
        "purpose": limits["purpose"],
    }
    if job.actor_kind == "workload":
        return Actor("workload", job.actor_id, tenant, job.actor_label, request_id=job.request_id, **narrow)
    if job.actor_kind == "system":
        return Actor.system(tenant, job.actor_label).with_request(job.request_id)
    found = rebuild_actor(tenant=tenant, kind=job.actor_kind, actor_id=job.actor_id, request_id=job.request_id)
    return replace(found, **narrow)


def written_canceller(actor: Actor) -> dict[str, Any]:
    """The columns of Job that say who asked for the end."""
    return {
        "cancel_requested_by": actor.label[:200],
        "cancel_actor_kind": actor.kind,
        "cancel_actor_id": actor.id,
        "cancel_request_id": actor.request_id,
    }


def canceller(job: Job) -> Actor:
    """Who asked for the end, for the ledger to name: without any right, since they may have left the tenant by now."""
    if not job.cancel_actor_kind:
        return ender(job)
    return Actor(
        job.cancel_actor_kind,
        job.cancel_actor_id,
        job.tenant,
        job.cancel_requested_by,
        scopes=frozenset(),
        request_id=job.cancel_request_id,
    )


def ender(job: Job) -> Actor:
    """The portal itself, which ends what nobody asked to end."""
    return Actor.system(job.tenant, "jobs")


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def language_of(job: Job) -> str:
    """The language in which whoever asked reads sentences."""
    user = User.objects.filter(pk=job.actor_id).first() if job.actor_kind == "user" and job.actor_id else None
    return user.language if user else settings.LANGUAGE_CODE
