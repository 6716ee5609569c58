"""Streams: made, changed, paused, let go on, deleted, and out of the bin again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypedDict, Unpack
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.connections import services as connections
from apps.datasets import services as datasets
from apps.streams import policies
from apps.streams.adapters import decoder_of
from apps.streams.choices import STREAM_NEXT, Begin, Cut, EventFormat, Late, StreamState
from apps.streams.events import (
    StreamChanged,
    StreamCreated,
    StreamDeleted,
    StreamDestroyed,
    StreamPaused,
    StreamRestored,
    StreamResumed,
)
from apps.streams.models import Stream
from apps.streams.services.columns import lake_type
from apps.streams.services.cutting import cut_at_last
from apps.streams.services.tokens import settled
from apps.tenants import services as tenants
from apps.tenants.choices import BinKind
from foundation import lake, ledger, live, states
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.datasets.models import Dataset
    from apps.projects.models import Project
    from apps.tenants.models import BinnedThing


class Settings(TypedDict, total=False):
    """What becomes of a stream's events, and may be changed later; what is left out is as the model has it."""

    columns: Sequence[Mapping[str, Any]]
    event_time: str
    lateness: timedelta
    late: str
    batch_rows: int
    batch_seconds: float
    cut: str
    cut_rows: int


@transaction.atomic
def create_stream(
    *,
    actor: Actor,
    name: str,
    now: datetime,
    dataset: Dataset | None = None,
    project: Project | None = None,
    connection_id: UUID | None = None,
    topic: str = "",
    begin: str = Begin.EARLIEST,
    format: str = EventFormat.JSON,
    event_schema: bytes = b"",
    message: str = "",
    **told: Unpack[Settings],
) -> Stream:
    """A stream that runs at once. Without a connection its events are pushed to the portal.

    `columns` may be left to the schema of Avro and Protobuf; one with `tokenise` is written as tokens. Without a
    dataset one of the stream's name is made in the project.
    """
    policies.check_can_manage(actor, dataset or project)
    policies.check_room(Stream.objects.filter(tenant_id=actor.tenant_id).count())
    if dataset is None:
        if project is None:
            raise ValueError("A stream feeds a dataset, or begins one in a project.")
        dataset = datasets.create_dataset(actor=actor, project=project, name=policies.named(name))
    connection = None
    if connection_id is not None:
        connection = connections.usable_connection(
            actor=actor, connection_id=connection_id, project_id=dataset.project_id
        )
        policies.check_is_broker(connection, topic)
    declared = told.pop("columns", ()) or decoder_of(format, event_schema, message).columns() or ()
    stream = Stream(
        tenant=actor.tenant,
        project_id=dataset.project_id,
        dataset=dataset,
        name=policies.named(name),
        connection=connection,
        topic=topic.strip() if connection else "",
        begin=begin,
        format=format,
        event_schema=event_schema,
        message=message.strip(),
        columns=policies.checked_columns(declared),
        created_by=actor.user,
        created_at=now,
        cut_at=now,
        **told,
    )
    _check(stream)
    _save(stream)
    _record(StreamCreated(stream_id=stream.pk, dataset_id=dataset.pk), actor, stream)
    return stream


@transaction.atomic
def edit_stream(*, actor: Actor, stream: Stream, event_schema: bytes | None = None, **told: Any) -> Stream:
    """What it is told from now on; what is not named stays. Rows that are there stay as they are."""
    policies.check_can_manage(actor, stream)
    stream = _locked(stream)
    before = stream.columns = [{"tokenise": False, **column} for column in stream.columns]
    if "columns" in told:
        was = {column["name"]: column["tokenise"] for column in before}
        given = policies.checked_columns(told["columns"])
        told["columns"] = [
            {**one, "tokenise": was.get(one["name"]) if one["tokenise"] is None else one["tokenise"]} for one in given
        ]
        policies.check_columns_follow(before, told["columns"])
    if "name" in told:
        told["name"] = policies.named(told["name"])
    changed = [field for field, value in told.items() if getattr(stream, field) != value]
    for field in changed:
        setattr(stream, field, told[field])
    if event_schema is not None and bytes(stream.event_schema) != event_schema:
        stream.event_schema = event_schema
        changed.append("event_schema")
    if changed:
        _check(stream, before)
        _save(stream)
        _record(StreamChanged(stream_id=stream.pk, changed=sorted(changed)), actor, stream)
    return stream


@transaction.atomic
def pause_stream(*, actor: Actor, stream: Stream) -> Stream:
    """Events wait where they are; what was read is committed first."""
    stream = _locked(stream)
    policies.check_can_pause(actor, stream)
    return _move(actor, stream, StreamState.PAUSED, StreamPaused(stream_id=stream.pk))


@transaction.atomic
def resume_stream(*, actor: Actor, stream: Stream) -> Stream:
    """It goes on where it stopped."""
    stream = _locked(stream)
    policies.check_can_resume(actor, stream)
    return _move(actor, stream, StreamState.RUNNING, StreamResumed(stream_id=stream.pk))


@transaction.atomic
def delete_stream(*, actor: Actor, stream: Stream) -> BinnedThing:
    """It goes into the bin, with what it set aside and what waits for it in the portal's own broker.

    Its rows stay with the dataset, those that came last as a version more.
    """
    stream = _locked(stream)
    policies.check_can_delete(actor, stream)
    cut_at_last(actor=actor, stream=stream)
    _record(StreamDeleted(stream_id=stream.pk), actor, stream)
    return tenants.keep_marked(actor=actor, kind=BinKind.STREAM, thing=stream, project_id=stream.project_id)


class StreamBin(tenants.BinRoom):
    """A stream in the bin: it is neither read nor pushed to, and knows where it stopped."""

    def restore(self, actor: Actor, thing_id: UUID) -> list[str]:
        stream = _locked_in_bin(thing_id)
        policies.check_can_manage(actor, stream)
        policies.check_room(Stream.objects.filter(tenant_id=actor.tenant_id).count())
        if stream.connection is not None:
            connections.check_out_of_bin(stream.connection)
        stream.binned_at = None
        taken = _("There is a stream “%(name)s” in this project already. Rename or delete that one, then restore this.")
        _save(stream, taken)
        _record(StreamRestored(stream_id=stream.pk), actor, stream)
        return []

    def destroy(self, actor: Actor, thing_id: UUID) -> None:
        """With what it set aside, and what waits in the portal's own broker; Conflict under a legal hold."""
        stream = _locked_in_bin(thing_id)
        if lake.for_tenant(actor.tenant_id).exists(stream.quarantine):
            datasets.check_datasets_not_held([stream.dataset_id])
        # A replay that was under way when it was deleted may have brought rows since.
        cut_at_last(actor=actor, stream=stream)
        _record(StreamDestroyed(stream_id=stream.pk), actor, stream)
        quarantine, key, pushed = stream.quarantine, stream.key, stream.is_pushed
        stream.delete()

        def forget() -> None:
            lake.for_tenant(actor.tenant_id).drop(quarantine)
            if pushed:
                connections.drop_pushed(actor.tenant_id, key)

        transaction.on_commit(forget)


def _move(actor: Actor, stream: Stream, to: StreamState, event: ledger.Event) -> Stream:
    states.move(stream, to, STREAM_NEXT)
    stream.failure, stream.failure_words = "", {}
    stream.save(update_fields=["state", "failure", "failure_words"])
    _record(event, actor, stream)
    live.publish(stream.tenant_id, f"stream:{stream.pk}", "stream", stream.told())
    return stream


def _check(stream: Stream, before: Sequence[Mapping[str, Any]] = ()) -> None:
    """All that can be said without asking a broker; the dataset's table gets the columns that it lacks."""
    for field, known in (("begin", Begin), ("format", EventFormat), ("late", Late), ("cut", Cut)):
        if getattr(stream, field) not in known.values:
            sentence = _("Choose one of: %(known)s.") % {"known": ", ".join(known.values)}
            raise Invalid(sentence, fields={field: [sentence]})
    stream.columns, stream.tokenised = settled(stream, before)
    policies.check_settings(
        {name: getattr(stream, name) for name in (*Settings.__annotations__, "format", "event_schema")}
    )
    decoder_of(stream.format, bytes(stream.event_schema), stream.message)
    _fit(stream)


def _fit(stream: Stream) -> None:
    tables = lake.for_tenant(stream.tenant_id)
    if not tables.exists(stream.table):
        return
    there = {column.name: column.type for column in tables.schema(tables.current(stream.table))}
    folded = {name.casefold(): name for name in there}
    wanted = {column["name"]: lake_type("text" if column["tokenise"] else column["type"]) for column in stream.columns}
    for name, kind in wanted.items():
        known = folded.get(name.casefold())
        if known is not None and there[known] != kind:
            sentence = _("“%(name)s” is a column of the dataset already, of another type (%(type)s).")
            said = sentence % {"name": name, "type": there[known].lower()}
            raise Invalid(said, fields={"columns": [said]})
    if missing := {name: kind for name, kind in wanted.items() if name.casefold() not in folded}:
        tables.widen(stream.table, missing)


def _save(stream: Stream, taken: str = "") -> None:
    try:
        with transaction.atomic():
            stream.save()
    except IntegrityError as error:
        sentence = taken or _("There is a stream “%(name)s” in this project already. Take another name.")
        raise Conflict(sentence % {"name": stream.name}, details={"field": "name"}) from error


def _locked(stream: Stream) -> Stream:
    rows = Stream.objects.select_for_update(of=("self",)).select_related("dataset", "project", "connection")
    found: Stream | None = rows.filter(pk=stream.pk).first()
    if found is None:
        raise Conflict(_("The stream was deleted meanwhile."))
    return found


def _locked_in_bin(stream_id: UUID) -> Stream:
    rows = Stream.everything.select_for_update(of=("self",)).exclude(binned_at=None)
    found: Stream = rows.select_related("dataset", "project", "connection").get(pk=stream_id)
    return found


def _record(event: ledger.Event, actor: Actor, stream: Stream) -> None:
    ledger.record(event, actor=actor, project_id=stream.project_id, subject=("stream", stream.pk))
