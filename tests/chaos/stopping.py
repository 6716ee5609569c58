"""Workers that stop at the step that a test wrote down, to be killed there; and the test's own side of it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import psutil
import pytest
from django.db.models.functions import Now

from tests.chaos.workers import lines

FOLDER = "SANAD_DELETION_STEPS"


def write(file, line):
    """For the test to read, in a worker's process."""
    with (Path(os.environ[FOLDER]) / file).open("a") as notes:
        notes.write(f"{line}\n")


def stop_at(steps):
    """Have this process stop after any of the steps, once the test says so: {step: (module or class, name)}."""
    for step, (module, name) in steps.items():
        setattr(module, name, _stopping(step, getattr(module, name)))


def _stopping(step, act):
    def act_then_stop(*args, **words):
        done = act(*args, **words)
        if (Path(os.environ[FOLDER]) / "stop").read_text() == step:
            write("reached", f"{step}={os.getpid()}")
            threading.Event().wait()  # until it is killed
        return done

    return act_then_stop


class Steps:
    """Where the workers stop, and who stopped there."""

    def __init__(self, folder):
        self.folder = folder

    def stop_at(self, step):
        beside = self.folder / "stop.new"
        beside.write_text(step)
        beside.replace(self.folder / "stop")

    def reached(self, step):
        """The process that stands there."""
        told = dict(line.split("=") for line in lines(self.folder / "reached"))
        return int(told[step]) if step in told else None


@pytest.fixture
def steps(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    made = Steps(tmp_path)
    made.stop_at("")
    return made


def a_minute_later(begin_deletions):
    """The dead worker's lease is over by the database's clock, and what the scheduler does each minute is done."""
    from foundation.jobs import sweeper
    from foundation.jobs.models import JobTicket

    JobTicket.objects.filter(state=JobTicket.State.RUNNING).update(lease_until=Now())
    sweeper.sweep()
    begin_deletions()


def is_dead(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
