"""What a run or a replica may ask of the machine: only what the engine can give."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from apps.experiments.models import Run
from apps.tenants import services as tenants
from apps.tenants.choices import RESOURCE_CLASSES, ResourceClass, ThingKind
from foundation import engines
from foundation.clock import database_now
from foundation.errors import Invalid
from foundation.identity import Actor

if TYPE_CHECKING:
    from foundation.jobs.models import Job
    from foundation.ledger import RecordedEvent

# A machine sold with 16 GB says that it has a little less.
_NEARLY = 1.1


def offered_resource_classes() -> list[tuple[str, str]]:
    """Choices of a form; a class with a GPU only where there is one, and a class beyond the machine says so."""
    machine = _machine()
    return [(found.name, _in_words(found, machine)) for found in RESOURCE_CLASSES.values() if _is_given(found, machine)]


def checked_resource_class(name: str) -> str:
    """The name of a class that the engine can give; another one is refused before anything waits for it."""
    machine, found = _machine(), RESOURCE_CLASSES.get(name)
    names = ", ".join(known.name for known in RESOURCE_CLASSES.values() if _is_given(known, machine))
    if found is None:
        sentence = _("“%(name)s” is not a resource class. There are: %(names)s.") % {"name": name, "names": names}
        raise Invalid(sentence, fields={"resource_class": [str(_("Unknown resource class."))]})
    if not _is_given(found, machine):
        sentence = _("“%(name)s” asks for a GPU, and this portal's engine has none to give. There are: %(names)s.")
        raise Invalid(sentence % {"name": name, "names": names}, fields={"resource_class": [_("No GPU here.")]})
    return name


def check_may_begin(*, actor: Actor, project_id: UUID, resource_class: str, run: bool = True) -> None:
    """New work is refused where a budget is used up, or where it asks for more than a whole quota."""
    where = {"tenant_id": actor.tenant_id, "project_id": project_id}
    tenants.check_budget(**where, now=database_now(), reader=actor)
    tenants.check_could_start(**where, size=RESOURCE_CLASSES[resource_class], run=run, reader=actor)


def begin_usage(*, event: RecordedEvent) -> None:
    """An attempt began: whoever asked for the run uses its class from then on."""
    run = Run.objects.get(pk=UUID(event.payload["run_id"]))
    words = {"kind": ThingKind.RUN, "thing_id": run.pk, "subject_id": run.pk, "attempt": event.payload["attempt"]}
    what = tenants.Metered(
        tenant_id=event.tenant_id,
        project_id=run.project_id,
        person_id=event.named_actor or run.created_by_id,
        resource_class=run.resource_class,
        **words,
    )
    tenants.begin_usage(what, at=event.recorded_at)


def admission(job: Job, take: bool, *, subject: tuple[str, UUID], resource_class: str) -> str:
    """Why a run or replica has to wait; with `take` its part of the quotas is its own from now on where it has not."""
    ask = tenants.take_part if take else tenants.why_it_waits
    size = RESOURCE_CLASSES[resource_class]
    return ask(tenant_id=job.tenant_id, project_id=_project_of(job), subject=subject, size=size)


def _project_of(job: Job) -> UUID:
    if job.project_id is None:
        raise ValueError(f"The job {job.name} belongs to no project, so no quota of one can be asked.")
    return job.project_id


def _machine() -> engines.Capacity | None:
    """None while the engine does not answer: then nothing is known that would speak against a size."""
    try:
        return engines.current().capacity()
    except engines.EngineUnavailable:
        return None


def _is_given(found: ResourceClass, machine: engines.Capacity | None) -> bool:
    return found.gpus <= (machine.gpus if machine else 0)


def _in_words(found: ResourceClass, machine: engines.Capacity | None) -> str:
    if machine is None or (found.cpus <= machine.cpus and found.memory_mb <= machine.memory_mb * _NEARLY):
        return str(found.label)
    return _("%(label)s (more than this machine has: %(cpus)s CPUs, %(memory)s GB)") % {
        "label": found.label,
        "cpus": f"{machine.cpus:g}",
        "memory": f"{machine.memory_mb / 1024:.0f}",
    }
