"""The rows of a training set as a replay sends them: in the order of their time, in values that JSON knows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from apps.features import selectors as features
from apps.monitoring.models import Replay
from foundation import lake
from foundation.quoting import identifier

# The times that a request can name, in microseconds: years 1 to 9999.
_FIRST_US, _LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    features: dict[str, Any]
    event_time: datetime


@dataclass(frozen=True)
class Past:
    """`left_out` counts the rows of the training set without a time at which they could be played."""

    rows: list[Row]
    left_out: int


def past_of(replay: Replay) -> Past:
    """Every n-th row that has a time, with the features alone."""
    return Past(list(_rows(replay)), _left_out(replay))


def _rows(replay: Replay) -> Iterator[Row]:
    names = [column["name"] for column in replay.training_set.columns if column["role"] == "feature"]
    chosen, moment = ", ".join(identifier(name) for name in names), identifier(replay.training_set.event_time)
    sql = (
        f"SELECT * EXCLUDE (__n) FROM (SELECT {chosen}, epoch_us({moment}) AS __t, "  # noqa: S608 - names are quoted
        f"row_number() OVER (ORDER BY {moment}, {chosen}) AS __n FROM rows WHERE {_has_time(moment)}) "
        f"WHERE __n % {int(replay.stride)} = 0 ORDER BY __n"
    )
    for row in _answers(replay, sql):
        at = _EPOCH + timedelta(microseconds=row.pop("__t"))
        yield Row({name: _jsonable(value) for name, value in row.items()}, at)


def _left_out(replay: Replay) -> int:
    moment = identifier(replay.training_set.event_time)
    sql = f"SELECT count(*) AS n FROM rows WHERE NOT {_has_time(moment)}"  # noqa: S608 - the name is quoted
    return int(next(_answers(replay, sql))["n"])


def _has_time(moment: str) -> str:
    return f"coalesce(epoch_us({moment}) BETWEEN {_FIRST_US} AND {_LAST_US}, false)"


def _answers(replay: Replay, sql: str) -> Iterator[dict[str, Any]]:
    rows = features.training_table(replay.training_set)
    for batch in lake.for_tenant(replay.tenant_id).query(sql, {"rows": rows}):
        yield from batch.to_pylist()


def _jsonable(value: Any) -> Any:
    """The value as JSON has it: what is no number there is missing, what has no form there is text."""
    if isinstance(value, float | Decimal):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list):
        return [_jsonable(one) for one in value]
    if isinstance(value, dict):
        return {str(name): _jsonable(one) for name, one in value.items()}
    return str(value)
