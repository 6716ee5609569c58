"""The passes of transformations: planned where an input is new, begun once nothing above is still being made.

A transformation has at most one pass that waits, and one that runs. A version that is committed plans all that is made
of it; a pass begins when no transformation whose output it reads has an open pass, and takes the newest versions that
are there at that moment: so whatever changes together is read together, once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from apps.datasets import policies, selectors
from apps.datasets.choices import (
    PASS_NEXT,
    PASS_OPEN,
    PassState,
    TransformationState,
    TransformationTrigger,
    VersionState,
)
from apps.datasets.events import DerivationStarted
from apps.datasets.models import (
    Dataset,
    DatasetVersion,
    Transformation,
    TransformationDefinition,
    TransformationPass,
)
from apps.datasets.selectors import Step
from apps.projects.services import lock_project
from apps.tenants import services as tenants
from foundation import clock, jobs, ledger, states
from foundation.errors import PortalError
from foundation.identity import Actor
from foundation.lake.ports import TableAt
from foundation.tenancy.models import Tenant
from foundation.words import kept as _

TRANSFORM = "datasets.transform"


@transaction.atomic
def hear_version(*, tenant: Tenant, project_id: UUID | None, dataset_id: UUID, version_id: UUID, outcome: str) -> None:
    """What became of a version: the last word of its event's kind, `committed`, `failed` and so on."""
    # Also where the project itself is gone by now: the chain tells of it for ever.
    if project_id is None or not Transformation.everything.filter(project_id=project_id).exists():
        return
    lock_project(project_id=project_id)
    made = (
        TransformationPass.objects.select_related("transformation", "version", "definition")
        .filter(version_id=version_id)
        .first()
    )
    if made is not None:
        _settle(made, outcome)
    if outcome == "destroy_requested":
        return  # what is made of it goes on: it was there when that began, or is missed then
    steps = [step for step in selectors.steps_of(project_id=project_id) if is_active(step)]
    if outcome == "committed":
        heard = [step for step in steps if step.definition.trigger == TransformationTrigger.INPUT]
        plan(tenant, selectors.below(heard, [dataset_id]))
    elif made is not None:
        _stop_below(steps, made, outcome)
    if made is not None or outcome == "committed":
        advance(tenant, project_id)


def plan(tenant: Tenant, steps: Iterable[Step], *, by_hand: bool = False) -> None:
    """A waiting pass for each; one that has failed above it is left out at once, unless a person asks for it."""
    for step in steps:
        # Their order is that of the work: what is left out above has been left out by now.
        stopped_by = None if by_hand else _failed_above(step)
        waiting = TransformationPass.objects.filter(transformation=step.transformation, state=PassState.WAITING)
        if stopped_by is None:
            if not waiting.exists():
                TransformationPass.objects.create(
                    tenant=tenant, project_id=step.transformation.project_id, transformation=step.transformation
                )
            continue
        TransformationPass.objects.create(
            tenant=tenant,
            project_id=step.transformation.project_id,
            transformation=step.transformation,
            state=PassState.SKIPPED,
            stopped_by=stopped_by.pk,
            note=_left_out_below(stopped_by),
            ended_at=clock.now(),
        )


def advance(tenant: Tenant, project_id: UUID) -> None:
    """Begin what waits for nothing any more; to be called under the project's lock."""
    steps = [step for step in selectors.steps_of(project_id=project_id) if is_active(step)]
    rows = TransformationPass.objects.filter(project_id=project_id, state__in=PASS_OPEN)
    open_: dict[UUID, set[str]] = {}
    for transformation_id, state in rows.values_list("transformation_id", "state"):
        open_.setdefault(transformation_id, set()).add(state)
    busy = {step.makes for step in steps if step.transformation.pk in open_}
    for step in steps:
        mine = open_.get(step.transformation.pk, set())
        if PassState.WAITING not in mine or PassState.RUNNING in mine or step.reads & (busy - {step.makes}):
            continue
        waiting = TransformationPass.objects.get(transformation=step.transformation, state=PassState.WAITING)
        if not _begin(tenant, waiting, step):
            # Nothing is made here: those below may go on in this same round.
            busy.discard(step.makes)
            if waiting.state == PassState.FAILED:
                _stop_below(steps, waiting, "failed")
                return advance(tenant, project_id)
    return None


def is_active(step: Step) -> bool:
    return step.transformation.state == TransformationState.ACTIVE


def leave_out(transformation: Transformation, sentence: str) -> None:
    """End what waits, with the reason."""
    for waiting in TransformationPass.objects.filter(transformation=transformation, state=PassState.WAITING):
        _end(waiting, PassState.SKIPPED, sentence)


def newest_versions(definition: TransformationDefinition) -> dict[str, DatasetVersion | None]:
    """For each input its newest ready version."""
    datasets = {str(one.pk): one for one in Dataset.objects.filter(pk__in=definition.inputs.values())}
    return {
        alias: selectors.latest_ready(datasets[pk]) if pk in datasets else None
        for alias, pk in definition.inputs.items()
    }


def newest_tables(definition: TransformationDefinition) -> dict[str, TableAt]:
    """Where the newest rows of each input lie; an input without any is left out."""
    found = newest_versions(definition)
    return {alias: selectors.table_at(version) for alias, version in found.items() if version is not None}


def _settle(made: TransformationPass, outcome: str) -> None:
    state = {
        "committed": PassState.SUCCEEDED,
        "review_opened": PassState.REVIEW,
        "failed": PassState.FAILED,
        "cancelled": PassState.CANCELLED,
        "discarded": PassState.CANCELLED,
        "destroy_requested": PassState.CANCELLED,
    }[outcome]
    if state == PassState.REVIEW and made.definition is not None and not made.definition.review:
        return  # it is committed in the next moment
    if state in PASS_NEXT[PassState(made.state)]:
        version = made.version
        note = version.failure if version and state in {PassState.FAILED, PassState.CANCELLED} else made.note
        _end(made, state, note or made.note)


def _end(made: TransformationPass, state: PassState, note: str) -> None:
    states.move(made, state, PASS_NEXT)
    made.note, made.ended_at = note, clock.now()
    made.save(update_fields=["state", "note", "ended_at", "stopped_by"])


def _stop_below(steps: list[Step], made: TransformationPass, outcome: str) -> None:
    """What waits below one that was not made, or not yet committed, is left out with a sentence; nothing else is."""
    reached = selectors.below(steps, [made.transformation.output_id])
    ids = [step.transformation.pk for step in reached if step.transformation.pk != made.transformation_id]
    for waiting in TransformationPass.objects.filter(transformation_id__in=ids, state=PassState.WAITING):
        if outcome == "review_opened":
            sentence = _("The new version of “%(name)s” waits for review; this is made when it is committed.")
            _end(waiting, PassState.SKIPPED, sentence % {"name": made.transformation.output.name})
            continue
        waiting.stopped_by = made.transformation_id
        _end(waiting, PassState.SKIPPED, _left_out_below(made.transformation))


def _left_out_below(failed: Transformation) -> str:
    return _("“%(name)s”, which it is made from, could not be made; mend that first, or run this by hand.") % {
        "name": failed.name
    }


def _failed_above(step: Step) -> Transformation | None:
    """The transformation directly above whose last pass failed, or was left out because of one that did."""
    above = Transformation.objects.filter(output_id__in=step.reads, project_id=step.transformation.project_id)
    for transformation in above.exclude(pk=step.transformation.pk):
        last = transformation.passes.order_by("-created_at").first()
        if last is not None and last.state == PassState.FAILED:
            return transformation
        if last is not None and last.state == PassState.SKIPPED and last.stopped_by:
            return Transformation.objects.filter(pk=last.stopped_by).first() or transformation
    return None


def _begin(tenant: Tenant, waiting: TransformationPass, step: Step) -> bool:
    """Fix the inputs and make a version of them; not where one is missing, or where that was done before."""
    versions = newest_versions(step.definition)
    missing = [alias for alias, version in versions.items() if version is None]
    if missing:
        _end(waiting, PassState.SKIPPED, _("“%(name)s” has no version to read.") % {"name": missing[0]})
        return False
    if kept := policies.why_reads_masked(step.definition, filter(None, versions.values())):
        _end(waiting, PassState.FAILED, kept)
        return False
    waiting.definition = step.definition
    waiting.inputs = {alias: str(version.pk) for alias, version in versions.items() if version is not None}
    waiting.inputs_digest = hashlib.sha256(json.dumps(waiting.inputs, sort_keys=True).encode()).hexdigest()
    same = TransformationPass.objects.filter(definition=step.definition, inputs_digest=waiting.inputs_digest)
    done = same.filter(state__in=[PassState.RUNNING, PassState.REVIEW, PassState.SUCCEEDED]).first()
    if done is not None and not _is_gone(done):
        waiting.delete()  # nothing to do is nothing to tell
        return False
    if done is not None:
        # Another one may be made of the same versions.
        done.inputs_digest = hashlib.sha256(f"{done.inputs_digest} {done.pk}".encode()).hexdigest()
        done.save(update_fields=["inputs_digest"])
    try:
        with transaction.atomic():
            _start(tenant, waiting, step)
    except PortalError as error:
        waiting.version = None
        _end(waiting, PassState.FAILED, error.sentence)
        return False
    return True


def _is_gone(made: TransformationPass) -> bool:
    """Whether nobody can read any more what came of it."""
    gone = {VersionState.DESTROYING, VersionState.DESTROYED}
    return made.state != PassState.RUNNING and (made.version is None or made.version.state in gone)


def _start(tenant: Tenant, waiting: TransformationPass, step: Step) -> None:
    actor, transformation = Actor.system(tenant, "transformations"), step.transformation
    project_id = transformation.project_id
    tenants.check_storage(tenant_id=tenant.pk, project_id=project_id, more=1, reader=actor)
    version = DatasetVersion.objects.create(
        tenant=tenant,
        project_id=project_id,
        dataset_id=transformation.output_id,
        review=step.definition.review,
        source={
            "kind": "sql",
            "sql": step.definition.sql,
            "inputs": waiting.inputs,
            "transformation": str(transformation.pk),
            "name": transformation.name,
            "definition": step.definition.number,
            "pass": str(waiting.pk),
            **({} if step.definition.sees_clear else {"masked": True}),
        },
    )
    waiting.version = version
    states.move(waiting, PassState.RUNNING, PASS_NEXT)
    waiting.save()
    subject = ("dataset_version", version.pk)
    started = DerivationStarted(
        dataset_id=version.dataset_id,
        version_id=version.pk,
        input_ids=tuple(UUID(pk) for pk in waiting.inputs.values()),
    )
    ledger.record(started, actor=actor, project_id=project_id, subject=subject)
    jobs.enqueue(
        TRANSFORM,
        actor=actor,
        project_id=project_id,
        subject=subject,
        title=_("Making %(name)s") % {"name": transformation.output.name},
        version_id=str(version.pk),
    )
