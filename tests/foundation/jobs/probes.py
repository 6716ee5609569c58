"""Jobs of the tests' own: what they do is told by their arguments. Workers of chaos tests import this module too."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

from foundation import jobs
from foundation.errors import Invalid, Unavailable

HEARD: list[tuple[str, object]] = []
# As whom the hooks were called, in the order of the calls.
ACTORS: list[object] = []


@jobs.job(name="probe.note", queue="default")
def note(*, job, text="", path="", **_later):
    HEARD.append((text, job))
    if path:
        with Path(path).open("a") as notes:
            notes.write(f"{text} attempt={job.attempt} pid={os.getpid()}\n")


@jobs.job(name="probe.raise", max_attempts=3)
def raise_(*, job, kind, **_later):
    HEARD.append((kind, job))
    raise {
        "unavailable": Unavailable("The lake is away."),
        "invalid": Invalid("Row 7 is no number."),
        "bug": KeyError("x"),
        "unkept": Invalid("“a\0b\ud800.csv” is no table."),
    }[kind]


@jobs.job(name="probe.progress", max_attempts=1)
def progress(*, job, steps=3, **_later):
    for step in range(int(steps)):
        job.progress(f"Step {step}", 100 * step / steps)


@jobs.job(name="probe.long", max_attempts=2)
def long(*, job, path, seconds=60, **_later):
    """Says that it began, then works until it is told to end or the time is over."""
    with Path(path).open("a") as notes:
        notes.write(f"began attempt={job.attempt} pid={os.getpid()}\n")
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at and not Path(f"{path}.enough").exists():
        job.progress("Working", None)
        job.raise_if_cancelled()
        time.sleep(0.05)
    with Path(path).open("a") as notes:
        notes.write(f"ended attempt={job.attempt} pid={os.getpid()}\n")


@jobs.job(name="probe.once", max_attempts=1)
def once(*, job, path, **_later):
    long(job=job, path=path)


@jobs.on_failure("probe.raise")
@jobs.on_failure("probe.once")
def heard_failure(job, sentence, actor):
    from foundation.tenancy import current_tenant_id

    assert current_tenant_id() == job.tenant_id
    HEARD.append(("failure", sentence))
    ACTORS.append(actor)


@jobs.job(name="probe.fragile", max_attempts=1)
def fragile(*, job, **_later):
    raise Invalid("No.")


@jobs.on_cancel("probe.long")
def heard_cancel(job, sentence, actor):
    HEARD.append(("cancel", sentence))
    ACTORS.append(actor)


@jobs.periodic(name="probe.tick", every=timedelta(seconds=1))
def tick():
    HEARD.append(("tick", None))
    if path := os.environ.get("SANAD_PROBE_TICKS"):
        with Path(path).open("a") as notes:
            notes.write(f"{time.time()} {os.getpid()}\n")
