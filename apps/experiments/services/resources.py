"""What a run or a replica may ask of the machine: only what the engine can give."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.experiments.choices import RESOURCE_CLASSES, ResourceClass
from foundation import engines
from foundation.errors import Invalid

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
