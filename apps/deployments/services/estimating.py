"""What a replica would cost for as long as it serves."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from apps.experiments.services import checked_resource_class, offered_resource_classes
from apps.tenants import selectors as tenants
from apps.tenants.choices import RESOURCE_CLASSES
from foundation import jobs
from foundation.clock import database_now
from foundation.identity import Actor

_QUEUE = "default"
_UNTIL_STOPPED = tenants.Time(None, 0, None)


def estimate_revision(*, actor: Actor, project_id: UUID, resource_class: str) -> tenants.Estimate:
    """For one size, refused as the deployment would be where it is not to be had."""
    return _estimates(actor, project_id, [checked_resource_class(resource_class)])[0]


def estimate_choices(*, actor: Actor, project_id: UUID) -> list[tenants.Estimate]:
    """For each size that the form offers."""
    return _estimates(actor, project_id, [name for name, _label in offered_resource_classes()])


def _estimates(actor: Actor, project_id: UUID, names: Iterable[str]) -> list[tenants.Estimate]:
    return tenants.estimates(
        actor=actor,
        project_id=project_id,
        asked=[(RESOURCE_CLASSES[name], _UNTIL_STOPPED) for name in names],
        run=False,
        queue_ahead=jobs.length_of_queue(_QUEUE),
        now=database_now(),
    )
