from __future__ import annotations

from django.utils.translation import gettext as _

from foundation.access import Permission, require
from foundation.identity import Actor
from foundation.jobs.models import Job


def asked_for(actor: Actor, job: Job) -> bool:
    """Whether the job is the actor's own."""
    return actor.id is not None and (job.actor_kind, job.actor_id) == (actor.kind, actor.id)


def check_can_cancel(actor: Actor, job: Job) -> None:
    if not asked_for(actor, job):
        require(
            actor,
            Permission.JOB_CANCEL,
            job,
            else_say=_(
                "Only %(name)s, who asked for this, or a member with the permission “%(permission)s” may cancel it."
            )
            % {"name": job.actor_label, "permission": Permission.JOB_CANCEL.value},
        )
