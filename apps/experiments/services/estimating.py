"""What a run would take and cost, by the runs that were like it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from apps.experiments import selectors
from apps.experiments.choices import RunState
from apps.experiments.services.resources import checked_resource_class, offered_resource_classes
from apps.features import selectors as features
from apps.tenants import selectors as tenants
from apps.tenants.choices import RESOURCE_CLASSES
from foundation import jobs
from foundation.clock import database_now
from foundation.errors import Invalid
from foundation.identity import Actor
from runtime.recipes.catalogue import CATALOGUE

if TYPE_CHECKING:
    from apps.features.models import TrainingSet

_QUEUE, _JOB = "train", "experiments.execute_run"
# Runs of half to double as many rows are like this one; of those the newest count.
_ROWS_WITHIN, _NEWEST = 2, 20


def estimate_run(
    *, actor: Actor, project_id: UUID, training_set_id: UUID, recipe: str, resource_class: str
) -> tenants.Estimate:
    """For one size, refused as the start would be where it is not to be had."""
    if recipe not in CATALOGUE:
        sentence = _("There is no recipe “%(name)s”. There are: %(names)s.")
        words = {"name": recipe, "names": ", ".join(CATALOGUE)}
        raise Invalid(sentence % words, fields={"recipe": [_("Unknown recipe.")]})
    training_set = features.get_training_set(actor=actor, training_set_id=training_set_id)
    name = checked_resource_class(resource_class)
    return _estimates(actor, project_id, training_set, recipe, [name])[0]


def estimate_choices(
    *, actor: Actor, project_id: UUID, training_set: TrainingSet, recipe: str
) -> list[tenants.Estimate]:
    """For each size that the form offers."""
    names = [name for name, _label in offered_resource_classes()]
    return _estimates(actor, project_id, training_set, recipe, names)


def _estimates(
    actor: Actor, project_id: UUID, training_set: TrainingSet, recipe: str, names: Iterable[str]
) -> list[tenants.Estimate]:
    asked = [(RESOURCE_CLASSES[name], _time(actor, training_set, recipe, name)) for name in names]
    return tenants.estimates(
        actor=actor,
        project_id=project_id,
        asked=asked,
        run=True,
        queue_ahead=jobs.length_of_queue(_QUEUE),
        now=database_now(),
    )


def _time(actor: Actor, training_set: TrainingSet, recipe: str, resource_class: str) -> tenants.Time:
    """The middle of what the newest like it took; a run that had to be tried twice says nothing of that."""
    rows = selectors.visible_runs(actor=actor).filter(
        recipe=recipe,
        resource_class=resource_class,
        state=RunState.SUCCEEDED,
        attempt=1,
        started_at__isnull=False,
        ended_at__isnull=False,
        training_set__row_count__gte=(training_set.row_count or 0) / _ROWS_WITHIN,
        training_set__row_count__lte=(training_set.row_count or 0) * _ROWS_WITHIN,
    )
    pairs = rows.order_by("-ended_at").values_list("started_at", "ended_at")[:_NEWEST]
    seconds = [(ended - started).total_seconds() for started, ended in pairs if started and ended]
    expected = timedelta(seconds=median(seconds)) if seconds else None
    return tenants.Time(expected, len(seconds), jobs.time_limit_of(_JOB))
