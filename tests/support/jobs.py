"""Jobs without a worker: what is queued runs here, at once, through the real runner."""

from __future__ import annotations

import threading

from foundation.jobs.errors import JobCancelled, JobTaken


class CallersKeeper:
    """Keeps the lease's promises in the caller's own transaction, where a thread of its own would see nothing."""

    def __init__(self, job, attempt):
        self.job, self.attempt, self.thread = job, attempt, threading.get_ident()

    def progress(self, step, percent):
        if threading.get_ident() != self.thread:
            return
        from foundation.jobs import leases

        leases.write_progress(self.job, self.attempt, step, percent)

    def unwritten(self):
        return None

    def check(self):
        if threading.get_ident() != self.thread:
            return  # a reader's thread has a connection of its own, which sees nothing of the test's transaction
        from foundation.jobs import leases

        if not leases.renew(self.job, self.attempt):
            raise JobTaken
        if leases.cancel_requested(self.job, self.attempt):
            raise JobCancelled


def run_queued(*, also_later=False, at_most=100):
    """Run every queued job that is due (with `also_later` also those that wait to be tried again) and those that they
    enqueue in turn; answers with the jobs as they then stand, in the order in which they ran."""
    from django.db.models.functions import Now

    from foundation.jobs import runner
    from foundation.jobs.models import JobTicket

    ran = []
    while (ticket := _next(also_later)) is not None and len(ran) < at_most:
        if also_later:
            JobTicket.objects.filter(pk=ticket.pk).update(due_at=Now())
        claim = runner.take(ticket.job_id)
        if claim is None:
            break  # it is not admitted, and asks again later
        runner.perform(claim, CallersKeeper(claim.job, claim.attempt))
        ran.append(_as_it_stands(claim.job))
    return ran


def _next(also_later):
    from django.db.models.functions import Now

    from foundation.jobs.models import JobTicket

    queued = JobTicket.objects.filter(state="queued").order_by("number")
    return (queued if also_later else queued.filter(due_at__lte=Now())).first()


def _as_it_stands(job):
    from foundation.jobs.models import Job
    from foundation.tenancy import scope

    with scope(job.tenant_id):
        return Job.objects.get(pk=job.pk)
