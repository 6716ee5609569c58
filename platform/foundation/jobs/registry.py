"""Jobs and periodic tasks by name, as the apps' tasks modules declare them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from celery import shared_task

from foundation.jobs.choices import QUEUES
from foundation.jobs.errors import UnknownJob

if TYPE_CHECKING:
    from foundation.identity import Actor
    from foundation.jobs.models import Job

Function = TypeVar("Function", bound=Callable[..., Any])
Hook = Callable[["Job", str, "Actor"], None]
Admission = Callable[["Job", bool], str]
# Between the sentence "took too long" and the hard end, time to tidy up.
_GRACE = timedelta(seconds=30)
_SHORTEST = timedelta(seconds=1)


@dataclass(frozen=True)
class JobDefinition:
    """What a job of this name does, where, how often at most and how long."""

    name: str
    function: Callable[..., None]
    queue: str
    max_attempts: int
    time_limit: timedelta
    back_off: timedelta
    needs_keys: bool
    in_archive: bool


@dataclass(frozen=True)
class PeriodicDefinition:
    """What is done again and again, once per tick in the whole system."""

    name: str
    function: Callable[[], None]
    every: timedelta
    queue: str
    time_limit: timedelta


_jobs: dict[str, JobDefinition] = {}
_periodic: dict[str, PeriodicDefinition] = {}
_failure_hooks: dict[str, list[Hook]] = defaultdict(list)
_cancel_hooks: dict[str, list[Hook]] = defaultdict(list)
_admissions: dict[str, Admission] = {}


def job(
    *,
    name: str,
    queue: str = "default",
    max_attempts: int = 3,
    time_limit: timedelta = timedelta(hours=6),
    back_off: timedelta = timedelta(seconds=5),
    needs_keys: bool = True,
    in_archive: bool = False,
) -> Callable[[Function], Function]:
    """Make `def f(*, job: JobHandle, thing_id: str, **_later)` a job.

    It runs outside any transaction and at least once per enqueued job: an attempt whose worker dies is followed by
    another, `max_attempts` in all. `Unavailable`, a lost database and a lost connection are tried again after
    `back_off`, three times as long each time; any other error fails the job with its sentence. A job of an older
    release may bring arguments that the function no longer knows: hence `**_later`. While the tenant's key is withdrawn
    a job fails with that sentence, but where `needs_keys` is false. In an archived project no job is taken on or begun,
    but where `in_archive` says that it only reads, or removes what the law asks to remove; in one whose deletion has
    begun none at all.
    """

    def register(function: Function) -> Function:
        _check_new(name, queue)
        _jobs[name] = JobDefinition(name, function, queue, max_attempts, time_limit, back_off, needs_keys, in_archive)
        _ring(name, "foundation.jobs.runner", "run", time_limit)
        return function

    return register


def periodic(
    *, name: str, every: timedelta, queue: str = "default", time_limit: timedelta = timedelta(minutes=10)
) -> Callable[[Function], Function]:
    """Run `def f()` once per tick for the whole system, never twice at a time; a tick that comes too early is left out.

    It belongs to no tenant: `tenancy.in_each` gives each its turn in its scope, whatever the turn of another one meets.
    """

    def register(function: Function) -> Function:
        _check_new(name, queue)
        if every < _SHORTEST:
            raise ValueError(f"{name!r} cannot run more often than once a second; keep a loop of its own for that.")
        _periodic[name] = PeriodicDefinition(name, function, every, queue, time_limit)
        _ring(name, "foundation.jobs.clockwork", "run", time_limit)
        return function

    return register


def on_failure(name: str) -> Callable[[Function], Function]:
    """Mark `def hook(job, sentence, actor)` to be called in the tenant's scope, in the transaction that fails the job.

    Also when the attempts ran out because workers died, and, where the job has no `on_cancel` hook, when it was
    cancelled. `actor` is whom the ledger names: the portal, or whoever cancelled. The hook ends the domain's own row
    if that has not ended yet; if it raises, the job fails later again.
    """
    return _hooked(_failure_hooks, name)


def on_cancel(name: str) -> Callable[[Function], Function]:
    """Mark `def hook(job, sentence, actor)` to be called in scope and transaction when the job ends as cancelled.

    `actor` is whoever asked for the end: no right is left in it, it is there for the ledger.
    """
    return _hooked(_cancel_hooks, name)


def on_admission(name: str) -> Callable[[Function], Function]:
    """Mark `def hook(job, take) -> str` to be asked before an attempt begins: "" lets it begin, a sentence has it wait.

    It runs in the tenant's scope. With `take` it is part of the transaction that begins the attempt, and takes what
    the job needs; without, it only says why a queued job waits, in the reader's language. A wait is no attempt.
    """

    def register(hook: Function) -> Function:
        if _admissions.setdefault(name, hook) is not hook:
            raise ValueError(f"{name!r} is admitted by somebody already.")
        return hook

    return register


def definition_of(name: str) -> JobDefinition:
    try:
        return _jobs[name]
    except KeyError:
        known = ", ".join(sorted(_jobs))
        raise UnknownJob(
            f"No job is called {name!r}: declare it with @job in an app's tasks module. Known: {known}."
        ) from None


def goes_on_in_archive(name: str) -> bool:
    """Whether a job of this name is done in an archived project too."""
    return name in _jobs and _jobs[name].in_archive


def failure_hooks_of(name: str) -> list[Hook]:
    return _failure_hooks.get(name, [])


def cancel_hooks_of(name: str) -> list[Hook]:
    return _cancel_hooks.get(name) or failure_hooks_of(name)


def time_limit_of(name: str) -> timedelta:
    """The longest that an attempt of the job may take."""
    return definition_of(name).time_limit


def kept_waiting_by(job: Job, *, take: bool) -> str:
    """Why the job may not begin just now; empty where it may."""
    admission = _admissions.get(job.name)
    return admission(job, take) if admission else ""


def periodic_definitions() -> dict[str, PeriodicDefinition]:
    return _periodic


def _hooked(hooks: dict[str, list[Hook]], name: str) -> Callable[[Function], Function]:
    def register(hook: Function) -> Function:
        hooks[name].append(hook)
        return hook

    return register


def _check_new(name: str, queue: str) -> None:
    if name in _jobs or name in _periodic:
        raise ValueError(f"A task called {name!r} exists already.")
    if queue not in QUEUES:
        raise ValueError(f"{name!r} asks for the queue {queue!r}; there are {', '.join(QUEUES)}.")


def _ring(name: str, module: str, function: str, time_limit: timedelta) -> None:
    """One Celery task per name. Its message is a doorbell; what is to be done is read from the database."""

    def doorbell(*given: str) -> None:
        from importlib import import_module

        getattr(import_module(module), function)(*given)

    soft = round(time_limit.total_seconds())
    shared_task(
        name=name,
        acks_late=True,
        reject_on_worker_lost=True,
        ignore_result=True,
        soft_time_limit=soft,
        time_limit=soft + round(_GRACE.total_seconds()),
    )(doorbell)
