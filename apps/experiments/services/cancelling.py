from __future__ import annotations

from django.db import transaction

from apps.experiments import policies
from apps.experiments.models import Run
from foundation import jobs
from foundation.identity import Actor


@transaction.atomic
def cancel_run(*, actor: Actor, run: Run) -> Run:
    """Ask for the end: a queued run ends at once, a running one is killed within a second or two."""
    policies.check_can_cancel(actor, run)
    jobs.cancel_of(actor=actor, subject=("run", run.pk))
    run.refresh_from_db()
    return run
