"""Transformations are set up, changed (each change a definition of its own), paused, run and deleted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets import policies, selectors
from apps.datasets.choices import (
    TRANSFORMATION_NEXT,
    PassState,
    TransformationMode,
    TransformationState,
    TransformationTrigger,
)
from apps.datasets.errors import DefinitionRefused
from apps.datasets.events import (
    TransformationCreated,
    TransformationDefined,
    TransformationDeleted,
    TransformationDestroyed,
    TransformationPaused,
    TransformationRestored,
    TransformationResumed,
    TransformationRunAsked,
)
from apps.datasets.models import Dataset, Ingestion, Transformation, TransformationDefinition
from apps.datasets.services import passes
from apps.datasets.services.defining import definition_from
from apps.datasets.services.schedules import next_after
from apps.projects.services import lock_project
from apps.tenants import services as tenants
from apps.tenants.choices import BinKind
from foundation import clock, ledger, states
from foundation.errors import Conflict
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.projects.models import Project
    from apps.tenants.models import BinnedThing


@transaction.atomic
def create_transformation(
    *,
    actor: Actor,
    project: Project,
    name: str,
    output: Dataset,
    sql: str,
    inputs: Mapping[str, UUID],
    now: datetime,
    mode: str = TransformationMode.FULL,
    growing: str = "",
    review: bool = False,
    trigger: str = TransformationTrigger.INPUT,
    cron: str = "",
    time_zone: str = "",
) -> Transformation:
    """Set up what makes the output's versions. It is checked by binding the SQL to the inputs' newest versions."""
    policies.check_can_add(actor, project)
    if not (name := name.strip()):
        sentence = _("Give the transformation a name.")
        raise DefinitionRefused(sentence, fields={"name": [sentence]})
    policies.check_same_project(output, project.pk)
    transformation = Transformation(
        tenant=actor.tenant, project_id=project.pk, name=name, output=output, created_by=actor.user
    )
    definition = definition_from(actor, transformation, sql, inputs, mode, growing, review, trigger, cron, time_zone)
    lock_project(project_id=project.pk)
    _check_alone(transformation)
    _check_circle(transformation, inputs)
    transformation.next_at = next_time(definition, now=now)
    transformation.save(force_insert=True)
    created = TransformationCreated(transformation_id=transformation.pk, output_id=output.pk)
    _record(created, actor, transformation)
    _keep(actor, transformation, definition)
    return transformation


@transaction.atomic
def define_transformation(
    *,
    actor: Actor,
    transformation: Transformation,
    sql: str,
    inputs: Mapping[str, UUID],
    now: datetime,
    mode: str = TransformationMode.FULL,
    growing: str = "",
    review: bool = False,
    trigger: str = TransformationTrigger.INPUT,
    cron: str = "",
    time_zone: str = "",
) -> TransformationDefinition:
    """The next definition, from the next pass on; where nothing changes, the present one.

    Whoever sees personal values in clear may say the same as one who does not: from then on it may read them.
    """
    policies.check_can_change_transformation(actor, transformation)
    wanted = definition_from(actor, transformation, sql, inputs, mode, growing, review, trigger, cron, time_zone)
    transformation = _locked(transformation)
    policies.check_can_change_transformation(actor, transformation)
    _check_circle(transformation, inputs)
    present = selectors.definition_of(transformation)
    if _words_of(wanted) == _words_of(present) and present.sees_clear >= wanted.sees_clear:
        return present
    wanted.number = present.number + 1
    transformation.next_at = next_time(wanted, now=now)
    transformation.save(update_fields=["next_at"])
    _keep(actor, transformation, wanted)
    return wanted


@transaction.atomic
def pause_transformation(*, actor: Actor, transformation: Transformation) -> Transformation:
    """Nothing begins it until it is resumed; what runs now comes to its end."""
    policies.check_can_change_transformation(actor, transformation)
    transformation = _locked(transformation)
    if transformation.state == TransformationState.ACTIVE:
        states.move(transformation, TransformationState.PAUSED, TRANSFORMATION_NEXT)
        transformation.next_at = None
        transformation.save(update_fields=["state", "next_at"])
        passes.leave_out(transformation, _("The transformation was paused."))
        _record(TransformationPaused(transformation_id=transformation.pk), actor, transformation)
    return transformation


@transaction.atomic
def resume_transformation(*, actor: Actor, transformation: Transformation, now: datetime) -> Transformation:
    """It hears of inputs and of the clock again; what came meanwhile is read with the next pass."""
    policies.check_can_change_transformation(actor, transformation)
    transformation = _locked(transformation)
    if transformation.state == TransformationState.PAUSED:
        states.move(transformation, TransformationState.ACTIVE, TRANSFORMATION_NEXT)
        transformation.next_at = next_time(selectors.definition_of(transformation), now=now)
        transformation.save(update_fields=["state", "next_at"])
        _record(TransformationResumed(transformation_id=transformation.pk), actor, transformation)
    return transformation


@transaction.atomic
def run_transformation_now(*, actor: Actor, transformation: Transformation, below: bool = False) -> Transformation:
    """Make it from its inputs' newest versions; with `below`, then all that is made of it, whatever begins those.

    Conflict where it is paused, or was made of these versions already.
    """
    policies.check_can_change_transformation(actor, transformation)
    transformation = _locked(transformation)
    if transformation.state == TransformationState.PAUSED:
        raise Conflict(_("“%(name)s” is paused; resume it first.") % {"name": transformation.name})
    _record(TransformationRunAsked(transformation_id=transformation.pk, below=below), actor, transformation)
    steps = [step for step in selectors.steps_of(project_id=transformation.project_id) if passes.is_active(step)]
    wanted = [step for step in steps if step.transformation.pk == transformation.pk]
    if below:
        wanted += selectors.below(steps, [transformation.output_id])
    waits = transformation.passes.filter(state=PassState.WAITING).exists()
    known = set(transformation.passes.values_list("pk", flat=True))
    passes.plan(actor.tenant, wanted, by_hand=True)
    passes.advance(actor.tenant, transformation.project_id)
    if not below and not transformation.passes.exclude(pk__in=known).exists() and not waits:
        made = transformation.passes.exclude(version=None).select_related("version__dataset").first()
        sentence = _("It was made of these versions already: %(version)s.")
        raise Conflict(sentence % {"version": made.version if made else transformation.output.name})
    return transformation


@transaction.atomic
def delete_transformation(*, actor: Actor, transformation: Transformation) -> BinnedThing:
    """It goes into the bin, with its definitions and passes; the dataset that it made, and each version's source, stay.

    What waits is left out.
    """
    policies.check_can_change_transformation(actor, transformation)
    transformation = _locked(transformation)
    if transformation.passes.filter(state=PassState.RUNNING).exists():
        raise Conflict(_("“%(name)s” is running; wait for its end, or cancel it.") % {"name": transformation.name})
    passes.leave_out(transformation, _("The transformation was deleted."))
    _record(TransformationDeleted(transformation_id=transformation.pk), actor, transformation)
    return tenants.keep_marked(
        actor=actor, kind=BinKind.TRANSFORMATION, thing=transformation, project_id=transformation.project_id
    )


class TransformationBin(tenants.BinRoom):
    """A transformation in the bin: neither its inputs nor the clock nor a person has it run."""

    def restore(self, actor: Actor, thing_id: UUID) -> list[str]:
        """What came meanwhile is read with the next pass."""
        transformation = _locked_in_bin(thing_id)
        policies.check_can_change_transformation(actor, transformation)
        definition = selectors.definition_of(transformation)
        _check_free(transformation)
        try:
            _check_circle(transformation, {name: UUID(pk) for name, pk in definition.inputs.items()})
        except DefinitionRefused as circle:
            sentence = _("With what was made meanwhile it would run in a circle; change that first.")
            raise Conflict(sentence) from circle
        transformation.binned_at = None
        active = transformation.state == TransformationState.ACTIVE
        transformation.next_at = next_time(definition, now=clock.now()) if active else None
        transformation.save(update_fields=["binned_at", "next_at"])
        _record(TransformationRestored(transformation_id=transformation.pk), actor, transformation)
        return []

    def destroy(self, actor: Actor, thing_id: UUID) -> None:
        transformation = _locked_in_bin(thing_id)
        _record(TransformationDestroyed(transformation_id=transformation.pk), actor, transformation)
        transformation.delete()


def next_time(definition: TransformationDefinition, *, now: datetime) -> datetime | None:
    """When the clock has it run next; None where the clock does not."""
    if definition.trigger != TransformationTrigger.CRON:
        return None
    return next_after(definition.cron, definition.time_zone, now)


def _check_alone(transformation: Transformation) -> None:
    same = Transformation.objects.filter(project_id=transformation.project_id)
    if same.filter(name=transformation.name).exists():
        sentence = _("There is a transformation of this name in the project.")
        raise DefinitionRefused(sentence, fields={"name": [sentence]})
    if other := same.filter(output=transformation.output).first():
        sentence = _("“%(dataset)s” is made by the transformation “%(name)s” already; choose another dataset.")
        said = sentence % {"dataset": transformation.output.name, "name": other.name}
        raise DefinitionRefused(said, fields={"output": [said]})


def _check_free(transformation: Transformation) -> None:
    """Asked of one in the bin: neither its name nor its dataset is another's by now."""
    same = Transformation.objects.filter(project_id=transformation.project_id)
    if same.filter(name=transformation.name).exists():
        sentence = _("There is a transformation “%(name)s” already. Delete that one, then restore this one.")
        raise Conflict(sentence % {"name": transformation.name})
    if other := same.filter(output_id=transformation.output_id).first():
        sentence = _("“%(dataset)s” is made by “%(name)s” by now. Delete that one, then restore this one.")
        raise Conflict(sentence % {"dataset": transformation.output.name, "name": other.name})


def _check_circle(transformation: Transformation, inputs: Mapping[str, UUID]) -> None:
    steps = selectors.steps_of(project_id=transformation.project_id)
    ingested = Ingestion.objects.filter(project_id=transformation.project_id).exclude(after=None)
    started = [(made, after) for made, after in ingested.values_list("dataset_id", "after_id") if after]
    reads, makes = set(inputs.values()), transformation.output_id
    circle = selectors.circle_of(steps, reads=reads, makes=makes, started=started)
    if circle:
        names = selectors.names_of_datasets(circle)
        # As the data would run: each is read for the next.
        way = " → ".join(names[pk] for pk in circle)
        sentence = _("It would run in a circle: %(way)s. Read something else, or make another dataset.") % {"way": way}
        raise DefinitionRefused(sentence, fields={"inputs": [sentence]})


def _keep(actor: Actor, transformation: Transformation, definition: TransformationDefinition) -> None:
    definition.save(force_insert=True)
    defined = TransformationDefined(
        transformation_id=transformation.pk,
        definition_id=definition.pk,
        number=definition.number,
        definition_digest=hashlib.sha256(json.dumps(_words_of(definition), sort_keys=True).encode()).hexdigest(),
        input_ids=tuple(UUID(pk) for pk in definition.inputs.values()),
    )
    _record(defined, actor, transformation)


def _words_of(definition: TransformationDefinition) -> dict[str, object]:
    names = ("sql", "inputs", "mode", "growing", "review", "trigger", "cron", "time_zone")
    return {name: getattr(definition, name) for name in names}


def _locked(transformation: Transformation) -> Transformation:
    lock_project(project_id=transformation.project_id)
    try:
        return Transformation.objects.select_for_update().get(pk=transformation.pk)
    except Transformation.DoesNotExist as error:
        raise Conflict(_("The transformation was deleted meanwhile.")) from error


def _locked_in_bin(transformation_id: UUID) -> Transformation:
    rows = Transformation.everything.exclude(binned_at=None)
    lock_project(project_id=rows.values_list("project_id", flat=True).get(pk=transformation_id))
    found: Transformation = rows.select_for_update().get(pk=transformation_id)
    return found


def _record(event: ledger.Event, actor: Actor, transformation: Transformation) -> None:
    subject = ("transformation", transformation.pk)
    ledger.record(event, actor=actor, project_id=transformation.project_id, subject=subject)
