"""Which columns of a stream are written as tokens: settled with all that stands in the dataset's table already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from apps.datasets import selectors as datasets
from apps.datasets import services
from apps.streams import policies
from apps.streams.models import Stream
from foundation import lake
from foundation.clock import now


def settled(stream: Stream, before: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """The stream's columns, each with or without tokens, and what stands as tokens in its table from now on.

    Where nobody said it a column is as it was before, and has tokens where the dataset's has: whoever adds the next
    source should not have to remember. Invalid where rows that are there say otherwise, or another stream does.
    """
    # Two streams of one dataset are settled one after the other.
    services.hold_dataset(stream.dataset_id)
    others = list(Stream.everything.filter(dataset_id=stream.dataset_id).exclude(pk=stream.pk))
    tokens = {name for other in [stream, *others] for name in other.tokenised}
    tokens |= set(datasets.tokenised_columns(stream.dataset)) | set(
        datasets.tokenised_in(stream.tenant_id, stream.table)
    )
    was = {column["name"]: bool(column.get("tokenise")) for column in before}
    columns = [{**one, "tokenise": _said(one, was, tokens)} for one in stream.columns]
    for column in columns:
        policies.check_tokens(column, event_time=stream.event_time)
    rows = _columns_there(stream)
    if not rows:
        # Nothing was written yet: what this stream said before binds nobody.
        tokens -= set(stream.tokenised) - {name for other in others for name in other.tokenised}
    clear = {one["name"] for other in others for one in other.columns if not one.get("tokenise")}
    policies.check_tokens_stay(columns, tokens, (clear | rows) - tokens)
    if any(was.get(one["name"], one["tokenise"]) != one["tokenise"] for one in columns):
        policies.check_nobody_reads(stream, now())
    kept = set(stream.tokenised) if rows else set()
    return columns, sorted(kept | {one["name"] for one in columns if one["tokenise"]})


def tokenised_of(dataset_id: UUID) -> list[str]:
    """The columns that streams wrote to a dataset as tokens."""
    rows = Stream.everything.filter(dataset_id=dataset_id).values_list("tokenised", flat=True)
    return sorted({name for names in rows for name in names})


def _said(column: Mapping[str, Any], was: Mapping[str, bool], tokens: set[str]) -> bool:
    if column.get("tokenise") is not None:
        return bool(column["tokenise"])
    return was.get(column["name"], False) or column["name"] in tokens


def _columns_there(stream: Stream) -> set[str]:
    """The columns of the table, where it has any row; one that was made to take a mark has none."""
    tables = lake.for_tenant(stream.tenant_id)
    if not tables.exists(stream.table):
        return set()
    at = tables.current(stream.table)
    return {column.name for column in tables.schema(at)} if tables.count(at) else set()
