"""A row goes where its table leads, and nowhere else."""

from __future__ import annotations

import pytest

from foundation import states
from foundation.jobs.choices import NEXT, JobState
from foundation.jobs.models import Job


def test_a_row_takes_a_step_of_its_table():
    job = Job(state=JobState.QUEUED)
    states.move(job, JobState.RUNNING, NEXT)
    assert job.state == JobState.RUNNING


def test_a_row_as_the_database_gives_it_takes_the_same_step():
    job = Job(state="running")
    states.move(job, JobState.QUEUED, NEXT)
    assert job.state == JobState.QUEUED


def test_a_step_that_the_table_lacks_is_not_taken():
    job = Job(state=JobState.SUCCEEDED)
    with pytest.raises(states.NoSuchStep, match="from succeeded to running"):
        states.move(job, JobState.RUNNING, NEXT)
    assert job.state == JobState.SUCCEEDED
