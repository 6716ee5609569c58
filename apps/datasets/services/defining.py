"""How a transformation is to make its rows, as somebody says it: checked, and bound to what it would read now."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _

from apps.datasets import policies, selectors
from apps.datasets.choices import TransformationMode, TransformationTrigger
from apps.datasets.errors import DefinitionRefused
from apps.datasets.models import Transformation, TransformationDefinition
from apps.datasets.services import passes
from apps.datasets.services.schedules import check_schedule
from foundation import clock, lake
from foundation.identity import Actor


def definition_from(
    actor: Actor,
    transformation: Transformation,
    sql: str,
    inputs: Mapping[str, UUID],
    mode: str,
    growing: str,
    review: bool,
    trigger: str,
    cron: str,
    time_zone: str,
) -> TransformationDefinition:
    """The definition as it is said, unsaved; DefinitionRefused names the field that is to be mended.

    Before the project is locked: binding the SQL takes its time, and whatever hears of versions waits for that lock.
    """
    definition = TransformationDefinition(
        tenant=actor.tenant,
        project_id=transformation.project_id,
        transformation=transformation,
        number=1,
        sql=sql.strip(),
        inputs={alias: str(pk) for alias, pk in inputs.items()},
        mode=TransformationMode(mode),
        growing=growing if mode == TransformationMode.INCREMENTAL else "",
        review=review,
        trigger=TransformationTrigger(trigger),
        cron=" ".join(cron.split()) if trigger == TransformationTrigger.CRON else "",
        time_zone=time_zone if trigger == TransformationTrigger.CRON else "",
        sees_clear=selectors.may_see_clear(actor, transformation),
        created_by=actor.user,
    )
    _check_clock(definition)
    _check_inputs(actor, transformation, inputs)
    versions = passes.newest_versions(definition)
    policies.check_may_query(actor, [version for version in versions.values() if version is not None])
    lake.sandbox.describe(actor.tenant_id, definition.sql, passes.newest_tables(definition))
    _check_mode(definition)
    return definition


def _check_clock(definition: TransformationDefinition) -> None:
    if definition.trigger != TransformationTrigger.CRON:
        return
    check_schedule(definition.cron, definition.time_zone, clock.now(), zone_field="time_zone")


def _check_inputs(actor: Actor, transformation: Transformation, inputs: Mapping[str, UUID]) -> None:
    if not inputs:
        sentence = _("Name at least one dataset that the SQL reads.")
        raise DefinitionRefused(sentence, fields={"inputs": [sentence]})
    for pk in inputs.values():
        dataset = selectors.get_dataset(actor=actor, dataset_id=pk)
        policies.check_same_project(dataset, transformation.project_id)
        if selectors.latest_ready(dataset) is None:
            sentence = _("“%(name)s” has no version yet; add one first.") % {"name": dataset.name}
            raise DefinitionRefused(sentence, fields={"inputs": [sentence]})


def _check_mode(definition: TransformationDefinition) -> None:
    if definition.mode != TransformationMode.INCREMENTAL:
        return
    if definition.growing not in definition.inputs:
        sentence = _("Say which input grows: its new rows alone are read.")
        raise DefinitionRefused(sentence, fields={"growing": [sentence]})
    against = lake.sandbox.construct_against_rows(definition.sql, definition.growing)
    if against:
        sentence = _(
            "New rows of “%(input)s” alone do not do: the SQL has %(construct)s, which needs all of them. "
            "Take all rows every time, or write it row by row."
        )
        said = sentence % {"input": definition.growing, "construct": against}
        raise DefinitionRefused(said, fields={"mode": [said]})
