"""Runs are asked for here; what cannot work is refused before it waits in a queue."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.experiments import policies
from apps.experiments.errors import RunRefused
from apps.experiments.events import RunQueued
from apps.experiments.models import Experiment, Run
from apps.experiments.services.resources import check_may_begin, checked_resource_class
from apps.experiments.services.splitting import checked_slice, checked_split
from apps.features import selectors as features
from apps.projects.services import lock_project
from foundation import jobs, ledger
from foundation.identity import Actor
from runtime.recipes.catalogue import CATALOGUE, ParameterRefused

if TYPE_CHECKING:
    from apps.projects.models import Project


@transaction.atomic
def start_run(
    *,
    actor: Actor,
    project: Project,
    training_set_id: UUID,
    recipe: str,
    params: Mapping[str, Any] | None = None,
    seed: int = 0,
    split: Mapping[str, Any] | None = None,
    slices: Sequence[Mapping[str, Any]] = (),
    experiment: str = "",
    purpose: str = "",
    resource_class: str = "small",
    repeated_from: Run | None = None,
) -> Run:
    """Queue a run. `split` None takes what `splitting.suggested` proposes: time, else group, else chance."""
    policies.check_can_start(actor, project)
    size = checked_resource_class(resource_class)
    check_may_begin(actor=actor, project_id=project.pk, resource_class=size)
    training_set = features.get_training_set(actor=actor, training_set_id=training_set_id)
    features.training_table(training_set)
    spec = {
        "training_set": training_set.digest,
        "recipe": recipe,
        "params": _checked_params(recipe, params or {}),
        "seed": seed,
        "split": checked_split(training_set, split),
        "slices": [checked_slice(training_set, part) for part in slices],
    }
    run = Run.objects.create(
        tenant=actor.tenant,
        project_id=project.pk,
        experiment=_experiment(actor, project, experiment or training_set.name),
        number=_next_number(project),
        training_set_id=training_set.pk,
        spec_digest=hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest(),
        purpose=purpose,
        resource_class=size,
        repeated_from=repeated_from,
        created_by=actor.user,
        **{name: spec[name] for name in ("recipe", "params", "seed", "split", "slices")},
    )
    _announce(actor, run)
    return run


def repeat_run(*, actor: Actor, run: Run) -> Run:
    """The same run once more: same data, code path, parameters and seed; its figures are compared when it ends."""
    policies.check_can_repeat(actor, run)
    return start_run(
        actor=actor,
        project=run.project,
        training_set_id=run.training_set_id,
        recipe=run.recipe,
        params=run.params,
        seed=run.seed,
        split=run.split,
        slices=run.slices,
        experiment=run.experiment.name,
        purpose=run.purpose,
        resource_class=run.resource_class,
        repeated_from=run,
    )


def _announce(actor: Actor, run: Run) -> None:
    queued = RunQueued(
        run_id=run.pk, training_set_id=run.training_set_id, recipe=run.recipe, spec_digest=run.spec_digest
    )
    ledger.record(queued, actor=actor, project_id=run.project_id, subject=("run", run.pk))
    jobs.enqueue(
        "experiments.execute_run",
        actor=actor,
        project_id=run.project_id,
        subject=("run", run.pk),
        title=_("Run %(run)s") % {"run": run},
        run_id=str(run.pk),
    )


def _next_number(project: Project) -> int:
    lock_project(project_id=project.pk)
    return 1 + (Run.objects.filter(project_id=project.pk).aggregate(n=Max("number"))["n"] or 0)


def _experiment(actor: Actor, project: Project, name: str) -> Experiment:
    found, _made = Experiment.objects.get_or_create(tenant=actor.tenant, project_id=project.pk, name=name[:120])
    return found


def _checked_params(recipe: str, params: Mapping[str, Any]) -> dict[str, Any]:
    if recipe not in CATALOGUE:
        raise RunRefused(
            _("There is no recipe “%(name)s”. There are: %(names)s.") % {"name": recipe, "names": ", ".join(CATALOGUE)},
            fields={"recipe": [_("Unknown recipe.")]},
        )
    try:
        return dict(CATALOGUE[recipe].complete(params))
    except ParameterRefused as refusal:
        raise RunRefused(refusal.sentence, fields={f"params.{refusal.name}": [refusal.sentence]}) from refusal
