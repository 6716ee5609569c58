"""Data that comes again and again: what is read, how it is put to what is there, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.connections import services as connections
from apps.datasets import policies, selectors
from apps.datasets.choices import INGESTION_NEXT, IngestionState, Mode, Trigger, VersionState
from apps.datasets.events import (
    IngestionCreated,
    IngestionDeleted,
    IngestionDestroyed,
    IngestionEdited,
    IngestionPaused,
    IngestionRestored,
    IngestionResumed,
    VersionPaused,
    VersionResumed,
)
from apps.datasets.models import Dataset, DatasetVersion, Ingestion
from apps.datasets.services.growing import check_mode
from apps.datasets.services.options import checked_options
from apps.datasets.services.pulling import begin_pull
from apps.datasets.services.schedules import check_schedule, next_after
from apps.datasets.services.spans import check_span
from apps.tenants import services as tenants
from apps.tenants.choices import BinKind
from foundation import clock, jobs, ledger, states
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.tenants.models import BinnedThing

_OPEN = (VersionState.INGESTING, VersionState.REVIEW)


@dataclass(frozen=True)
class Plan:
    """What is read, how and when; `key`, `cursor` are names of columns, `cron` five fields read in `zone`."""

    connection_id: UUID
    place: str
    pattern: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    mode: str = Mode.FULL
    key: tuple[str, ...] = ()
    cursor: str = ""
    cron: str = ""
    zone: str = "UTC"
    after_id: UUID | None = None
    review: bool = False


@transaction.atomic
def create_ingestion(*, actor: Actor, dataset: Dataset, plan: Plan, now: datetime) -> Ingestion:
    """Have something read into the dataset again and again; nothing is read before it is due or asked for."""
    policies.check_can_add(actor, dataset)
    ingestion = Ingestion(
        tenant=actor.tenant, project_id=dataset.project_id, dataset=dataset, created_by=actor.user, zone="UTC"
    )
    _apply(actor, ingestion, plan, now)
    ingestion.save()
    _record(IngestionCreated, actor, ingestion)
    return ingestion


@transaction.atomic
def edit_ingestion(*, actor: Actor, ingestion: Ingestion, plan: Plan, now: datetime) -> Ingestion:
    """Read something else, otherwise or at other times; what is read anew is read from its beginning."""
    ingestion = _locked(ingestion)
    policies.check_can_add(actor, ingestion.dataset)
    before = (ingestion.connection_id, ingestion.place, ingestion.pattern, ingestion.cursor)
    _apply(actor, ingestion, plan, now)
    if before != (ingestion.connection_id, ingestion.place, ingestion.pattern, ingestion.cursor):
        ingestion.reached = ""
    ingestion.save()
    _record(IngestionEdited, actor, ingestion)
    return ingestion


@transaction.atomic
def pause_ingestion(*, actor: Actor, ingestion: Ingestion) -> Ingestion:
    """Nothing is due any more until it is resumed; what is being read goes on."""
    ingestion = _locked(ingestion)
    policies.check_can_add(actor, ingestion.dataset)
    if ingestion.state == IngestionState.ACTIVE:
        states.move(ingestion, IngestionState.PAUSED, INGESTION_NEXT)
        ingestion.next_at = None
        ingestion.save(update_fields=["state", "next_at"])
        _record(IngestionPaused, actor, ingestion)
    return ingestion


@transaction.atomic
def resume_ingestion(*, actor: Actor, ingestion: Ingestion, now: datetime) -> Ingestion:
    """Due again, from the next time on; what was missed meanwhile is not made up for."""
    ingestion = _locked(ingestion)
    policies.check_can_add(actor, ingestion.dataset)
    if ingestion.state == IngestionState.PAUSED:
        states.move(ingestion, IngestionState.ACTIVE, INGESTION_NEXT)
        ingestion.next_at, ingestion.trouble = _next(ingestion, now), ""
        ingestion.save(update_fields=["state", "next_at", "trouble"])
        _record(IngestionResumed, actor, ingestion)
    return ingestion


@transaction.atomic
def delete_ingestion(*, actor: Actor, ingestion: Ingestion) -> BinnedThing:
    """It goes into the bin, with its schedule and how far it has read; the versions that it brought stay."""
    ingestion = _locked(ingestion)
    policies.check_can_add(actor, ingestion.dataset)
    if ingestion.versions.filter(state__in=_OPEN).exists():
        raise Conflict(_("A version of it is being read in or waits for review; end that first."))
    _record(IngestionDeleted, actor, ingestion)
    return tenants.keep_marked(actor=actor, kind=BinKind.INGESTION, thing=ingestion, project_id=ingestion.project_id)


class IngestionBin(tenants.BinRoom):
    """An ingestion in the bin: neither the clock nor a version nor a person has it read anything."""

    def restore(self, actor: Actor, thing_id: UUID) -> list[str]:
        """Due again from the next time on; what was missed meanwhile is not made up for."""
        ingestion = _locked_in_bin(thing_id)
        policies.check_can_add(actor, ingestion.dataset)
        connections.check_out_of_bin(ingestion.connection)
        try:
            _check_no_circle(ingestion.dataset, ingestion.after_id)
        except Invalid as circle:
            sentence = _("With what was set up meanwhile its versions would start themselves again; change that first.")
            raise Conflict(sentence) from circle
        ingestion.binned_at = None
        ingestion.next_at = _next(ingestion, clock.now()) if ingestion.state == IngestionState.ACTIVE else None
        ingestion.save(update_fields=["binned_at", "next_at"])
        _record(IngestionRestored, actor, ingestion)
        return []

    def destroy(self, actor: Actor, thing_id: UUID) -> None:
        ingestion = _locked_in_bin(thing_id)
        _record(IngestionDestroyed, actor, ingestion)
        ingestion.versions.update(ingestion=None)
        ingestion.delete()


@transaction.atomic
def pause_version(*, actor: Actor, version: DatasetVersion, now: datetime) -> DatasetVersion:
    """Halt the reading of a version; what is in stays, and it goes on from there."""
    version = _being_read(actor, version)
    if version.paused_at is None:
        version.paused_at = now
        version.save(update_fields=["paused_at"])
        _tell(VersionPaused, actor, version)
    return version


@transaction.atomic
def resume_version(*, actor: Actor, version: DatasetVersion) -> DatasetVersion:
    """Let the reading go on."""
    version = _being_read(actor, version)
    if version.paused_at is not None:
        version.paused_at = None
        version.save(update_fields=["paused_at"])
        _tell(VersionResumed, actor, version)
        jobs.ask_again(tenant_id=version.tenant_id)
    return version


def _being_read(actor: Actor, version: DatasetVersion) -> DatasetVersion:
    version = DatasetVersion.objects.select_for_update(of=("self",)).select_related("dataset").get(pk=version.pk)
    policies.check_can_add(actor, version)
    if version.state != VersionState.INGESTING or version.source.get("kind") != "connection":
        raise Conflict(_("Only what is being read through a connection can be paused and resumed."))
    return version


@transaction.atomic
def run_ingestion(
    *,
    actor: Actor,
    ingestion: Ingestion,
    trigger: str = Trigger.HAND,
    since: str = "",
    until: str = "",
) -> DatasetVersion:
    """Read now. With `since` or `until` that span of the cursor is read anew, and replaces what is there of it.

    Conflict where a version of it is not decided yet.
    """
    ingestion = _locked(ingestion)
    policies.check_can_add(actor, ingestion.dataset)
    # Also what was harmless when it was set up may have become personal since.
    policies.check_may_still_match(actor, ingestion)
    connection = connections.usable_connection(
        actor=actor, connection_id=ingestion.connection_id, project_id=ingestion.project_id
    )
    said = {"place": ingestion.place, "pattern": ingestion.pattern, "options": ingestion.options, "trigger": trigger}
    said |= {"mode": ingestion.mode, "key": ingestion.key}
    if ingestion.masked:
        said |= {"masked": True}
    if since or until:
        said |= _backfill(ingestion, since, until)
    else:
        _check_idle(ingestion)
        if ingestion.mode == Mode.INCREMENTAL:
            said |= {"cursor": ingestion.cursor, "since": ingestion.reached, "leads": True}
    return begin_pull(actor, ingestion.dataset, connection, said, review=ingestion.review, ingestion_id=ingestion.pk)


def _check_idle(ingestion: Ingestion) -> None:
    """Two loads from the same point would bring the same rows twice."""
    other = ingestion.versions.filter(state__in=_OPEN).order_by("created_at").first()
    if other is None:
        return
    if other.state == VersionState.REVIEW:
        raise Conflict(_("A version of it waits for review; commit or discard it first."))
    raise Conflict(_("A version of it is being read in already."))


def _backfill(ingestion: Ingestion, since: str, until: str) -> dict[str, Any]:
    if not ingestion.cursor:
        raise Invalid(_("A span can only be read by a cursor column; this ingestion has none."))
    check_span(selectors.latest_ready(ingestion.dataset), ingestion.cursor, since, until)
    span = {"column": ingestion.cursor, "since": since or None, "until": until or None}
    return {
        "mode": Mode.INCREMENTAL,
        "cursor": ingestion.cursor,
        "since": since,
        "until": until,
        "span": span,
        "trigger": Trigger.BACKFILL,
    }


def _apply(actor: Actor, ingestion: Ingestion, plan: Plan, now: datetime) -> None:
    connection = connections.usable_connection(
        actor=actor, connection_id=plan.connection_id, project_id=ingestion.dataset.project_id
    )
    if not plan.place and not connection.holds_files:
        raise Invalid(_("Say what is read there: a table, a folder, a file."), fields={"place": [_("Name it.")]})
    check_mode(actor, ingestion.dataset, plan.mode, plan.key)
    if plan.mode == Mode.INCREMENTAL and not plan.cursor and not connection.holds_files:
        sentence = _("Say by which column new rows are known: one whose values only grow.")
        raise Invalid(sentence, fields={"cursor": [_("Name the column.")]})
    if plan.cron:
        check_schedule(plan.cron, plan.zone, now)
    _check_after(actor, ingestion.dataset, plan.after_id)
    ingestion.actor_kind, ingestion.actor_id = actor.kind, actor.id
    ingestion.masked = not selectors.may_see_clear(actor, ingestion.dataset)
    ingestion.connection_id, ingestion.place, ingestion.pattern = connection.pk, plan.place, plan.pattern
    ingestion.options, ingestion.mode, ingestion.key = checked_options(plan.options), plan.mode, list(plan.key)
    ingestion.cursor = plan.cursor if not connection.holds_files else ""
    ingestion.cron, ingestion.zone = plan.cron, plan.zone or "UTC"
    ingestion.after_id, ingestion.review, ingestion.trouble = plan.after_id, plan.review, ""
    ingestion.next_at = _next(ingestion, now) if ingestion.state == IngestionState.ACTIVE else None


def _check_after(actor: Actor, dataset: Dataset, after_id: UUID | None) -> None:
    """One that the actor sees, of the same project: another project's end must not hang on it."""
    if after_id is None:
        return
    if selectors.get_dataset(actor=actor, dataset_id=after_id).project_id != dataset.project_id:
        sentence = _("Only new versions of a dataset of the same project start it.")
        raise Invalid(sentence, fields={"after": [sentence]})
    _check_no_circle(dataset, after_id)


def _check_no_circle(dataset: Dataset, after_id: UUID | None) -> None:
    """A dataset whose versions bring versions of itself would never come to rest."""
    starts, reached = {after_id} if after_id else set[UUID](), set[UUID]()
    steps = selectors.steps_of(project_id=dataset.project_id)
    while starts - reached:
        reached |= starts
        rows = Ingestion.objects.filter(tenant_id=dataset.tenant_id, dataset_id__in=reached).exclude(after=None)
        starts = {pk for pk in rows.values_list("after_id", flat=True) if pk}
        # What a transformation makes starts as well, whenever it reads what is new.
        starts |= {pk for step in steps if step.makes in reached for pk in step.reads}
    if dataset.pk in reached:
        sentence = _("Versions of %(name)s would start themselves again; take another dataset.")
        raise Invalid(sentence % {"name": dataset.name}, fields={"after": [_("It would go round in a circle.")]})


def _next(ingestion: Ingestion, moment: datetime) -> datetime | None:
    return next_after(ingestion.cron, ingestion.zone, moment) if ingestion.cron else None


def _locked(ingestion: Ingestion) -> Ingestion:
    rows = Ingestion.objects.select_for_update(of=("self",)).select_related("dataset", "connection")
    found: Ingestion | None = rows.filter(pk=ingestion.pk).first()
    if found is None:
        raise Conflict(_("The ingestion was deleted meanwhile."))
    return found


def _locked_in_bin(ingestion_id: UUID) -> Ingestion:
    rows = Ingestion.everything.select_for_update(of=("self",)).exclude(binned_at=None)
    found: Ingestion = rows.select_related("dataset", "connection").get(pk=ingestion_id)
    return found


def _tell(event: type[Any], actor: Actor, version: DatasetVersion) -> None:
    said = event(dataset_id=version.dataset_id, version_id=version.pk)
    ledger.record(said, actor=actor, project_id=version.project_id, subject=("dataset_version", version.pk))


def _record(event: type[Any], actor: Actor, ingestion: Ingestion) -> None:
    said = event(dataset_id=ingestion.dataset_id, ingestion_id=ingestion.pk)
    ledger.record(said, actor=actor, project_id=ingestion.project_id, subject=("ingestion", ingestion.pk))
