"""What the tests of running jobs stand on: probes that remember, and leases that ran out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from foundation import jobs
from foundation.jobs.models import JobTicket
from tests.foundation.jobs import probes

__all__ = ["enqueue", "heard", "lose_lease"]


@pytest.fixture(autouse=True)
def heard():
    probes.HEARD.clear()
    probes.ACTORS.clear()
    return probes.HEARD


def enqueue(actor, name="probe.note", **arguments):
    return jobs.enqueue(name, actor=actor, title="A probe", **arguments)


def lose_lease(job):
    JobTicket.objects.filter(job_id=job.pk).update(lease_until=Now() - timedelta(seconds=1))
