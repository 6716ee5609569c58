"""A stream among what SQL reads: its newest version says what its columns hold, its events make the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import UUID

from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.features.choices import EventSource, KnownSince
from apps.features.errors import DefinitionRefused
from apps.features.models import FeatureView
from apps.features.services.naming import column_list
from apps.features.services.windows.declaring import KNOWN_SINCE
from apps.features.services.windows.plans import stored_type
from apps.streams import selectors as streams
from foundation import lake
from foundation.identity import Actor
from foundation.lake.ports import Column, TableAt

if TYPE_CHECKING:
    from apps.datasets.models import DatasetVersion
    from apps.streams.models import Stream


@dataclass(frozen=True)
class Followed:
    """A stream and what the SQL calls it."""

    alias: str
    stream: Stream


def stream_among(actor: Actor, inputs: Mapping[str, UUID]) -> Followed | None:
    """The stream that is named among the inputs; DefinitionRefused where anything else is, too.

    Whoever sees no streams names versions alone: an id of a stream is that of no version to them.
    """
    rows = streams.streams_seen(actor=actor).filter(pk__in=list(inputs.values()))
    found = {row.pk: row for row in rows}
    for alias, pk in inputs.items():
        if pk in found and len(inputs) > 1:
            sentence = _(
                "A view that follows a stream reads nothing beside it, and this SQL reads %(names)s. Put what is "
                "looked up into a view of its own; a training set and a service join the two."
            )
            _refuse("inputs", sentence % {"names": column_list(list(inputs))})
        if pk in found:
            return Followed(alias, found[pk])
    return None


def versions_read(actor: Actor, inputs: Mapping[str, UUID]) -> dict[str, DatasetVersion]:
    """The version behind each input; of a stream its newest."""
    followed = stream_among(actor, inputs)
    if followed is not None:
        return {followed.alias: version_of_stream(followed.stream, field="inputs")}
    return {alias: datasets.get_version(actor=actor, version_id=pk) for alias, pk in inputs.items()}


def version_of_stream(stream: Stream, *, field: str = "source") -> DatasetVersion:
    """The newest version of what it writes; DefinitionRefused where there is none."""
    newest = datasets.latest_ready(stream.dataset)
    if newest is None:
        sentence = _(
            "Nobody has said yet what the columns of “%(stream)s” hold. Make a version of what came so far on its "
            "page, say there how sensitive its columns are, then define the view."
        )
        raise DefinitionRefused(sentence % {"stream": stream}, fields={field: [_("There is no version yet.")]})
    return newest


def source_of(stream: Stream) -> dict[str, str]:
    """The stream as a view keeps it."""
    said = {"dataset": str(stream.dataset_id), "name": stream.name}
    return {"kind": EventSource.STREAM.value, "id": str(stream.pk), **said}


def followed_rows(
    followed: Followed,
    sql: str,
    columns: Sequence[Column],
    features: Sequence[Mapping[str, str]],
    event_time: str,
    created_column: str,
) -> dict[str, Any]:
    """What a view keeps of the stream that it follows, as its fields `windows`, `created_column` and `features`.

    Its `columns` are all that the SQL gives. Without a created column an event is known since it arrived here; with
    the event time as such it is known at once.
    """
    check_by_event(sql, followed.alias)
    types = {column.name: column.type for column in columns}
    kept = [{**one, "type": _kept_type(one["name"], types)} for one in features]
    known = KnownSince.COLUMN if created_column else KnownSince.ARRIVAL
    if created_column == event_time:
        known = KnownSince.EVENT
    if known == KnownSince.ARRIVAL and KNOWN_SINCE in types:
        sentence = _(
            "The SQL gives a column “%(name)s”, as the view calls the moment at which an event came here. Say that it "
            "is the column of “known since”, or call it otherwise."
        )
        _refuse("created_column", sentence % {"name": KNOWN_SINCE})
    source = {**source_of(followed.stream), "alias": followed.alias}
    created = {KnownSince.COLUMN: created_column, KnownSince.ARRIVAL: KNOWN_SINCE, KnownSince.EVENT: ""}[known]
    return {
        "windows": {"source": source, "known_since": known.value, "columns": types},
        "created_column": created,
        "features": kept,
    }


def check_by_event(sql: str, alias: str) -> None:
    """Of a stream's events each goes through the SQL once and alone."""
    if construct := lake.sandbox.construct_against_rows(sql, alias):
        sentence = _(
            "Each event of a stream goes through the SQL once, when it comes, and %(construct)s looks at several at "
            "once. Select, compute and filter here; declare what is computed over many events as an aggregation of "
            "windows."
        )
        _refuse("sql", sentence % {"construct": construct})


def check_dated(tenant_id: UUID, sql: str, at: Mapping[str, TableAt], *moments: str) -> None:
    """Refuse a time that SQL makes coarser than an event's own, where the event counts from then on.

    `moments` are the columns of its times: it counts once the last of them has come. Where no second one is said it is
    known since it arrived here.
    """
    if not moments[-1]:
        return
    tables = lake.for_tenant(tenant_id)
    columns = {alias: tables.schema(one) for alias, one in at.items()}
    found = lake.sandbox.times(sql, columns, list(dict.fromkeys(moments)))
    if all(one is not None and not one.exact for one in found):
        sentence = _(
            "The SQL makes “%(column)s” coarser than the time in the events, so that an event would count from before "
            "it happened. Take that time as it is, or let events be known since they arrive here."
        )
        _refuse("event_time", sentence % {"column": moments[0]})


def inputs_said(view: FeatureView) -> dict[str, str]:
    """The ids of the view's inputs as they were said: of a stream its own."""
    if not view.follows_stream:
        return dict(view.inputs)
    source = view.windows["source"]
    return {source["alias"]: source["id"]}


def created_said(view: FeatureView) -> str:
    """The created column as it was said."""
    if view.windows.get("known_since") == KnownSince.EVENT:
        return view.event_time
    return "" if view.windows.get("known_since") == KnownSince.ARRIVAL else view.created_column


def _kept_type(name: str, types: Mapping[str, str]) -> str:
    kept = stored_type(types[name])
    if not kept:
        sentence = _(
            "“%(name)s” is of type %(type)s, which a view that follows a stream does not keep. Cast it to a number, a "
            "text, a truth or a time."
        )
        _refuse("sql", sentence % {"name": name, "type": types[name]})
    return kept


def _refuse(field: str, sentence: str) -> NoReturn:
    raise DefinitionRefused(sentence, fields={field: [sentence]})
