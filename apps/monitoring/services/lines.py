"""One line of the inference log as the gateway wrote it: read whole, or known to be unfit before anything is kept.

The envelope is the gateway's, the two bodies in it are a client's: nothing that a client sends may stop the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from apps.monitoring.choices import Unfit
from apps.monitoring.services.counting import rows_of
from apps.monitoring.services.tallies import Entry


@dataclass(frozen=True)
class Line:
    """What stands at one place of the stream: an entry and its rows for the lake, or why it is unfit."""

    id: str
    blob: bytes
    entry: Entry | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    unfit: Unfit | None = None
    cause: str = ""

    def refused(self, error: Exception) -> Line:
        """The same line, which could be read but not counted."""
        return Line(self.id, self.blob, unfit=_reason(error, Unfit.VALUE), cause=in_short(error))


def read_line(entry_id: str, blob: bytes, names: Mapping[UUID, list[str]]) -> Line:
    """The line with all that is kept of it worked out; `names` are the features of each revision."""
    try:
        entry = _entry(entry_id, blob, names)
        return Line(entry_id, blob, entry, _lake_rows(entry))
    except Exception as error:  # noqa: BLE001 - whatever a client wrote: the line is set aside, with its reason
        return Line(entry_id, blob, unfit=_reason(error, Unfit.FORM), cause=in_short(error))


def _reason(error: Exception, otherwise: Unfit) -> Unfit:
    return Unfit.DEEP if isinstance(error, RecursionError) else otherwise


def in_short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def _entry(entry_id: str, blob: bytes, names: Mapping[UUID, list[str]]) -> Entry:
    said = msgspec.json.decode(blob)
    milliseconds, _, number = entry_id.partition("-")
    revision_id = UUID(said["revision_id"])
    return Entry(
        milliseconds=int(milliseconds),
        number=int(number),
        at=datetime.fromisoformat(said["at"].replace("Z", "+00:00")),
        deployment_id=UUID(said["deployment_id"]),
        revision_id=revision_id,
        status=int(said["status"]),
        latency_ms=float(said["latency_ms"]),
        event_time=said.get("event_time"),
        rows=rows_of(_json(said.get("request")), names.get(revision_id, [])),
        answers=_answers(_json(said.get("response"))),
        request_id=str(said.get("id", "")),
        actor=str(said.get("actor") or ""),
        shadow=said.get("shadow") is True,
    )


def _json(value: Any) -> Any:
    if isinstance(value, str | bytes):
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError:
            return None
    return value


def _answers(response: Any) -> list[tuple[Any, float | None]]:
    """(prediction, score) per row: the score is the positive class's probability, or the number itself."""
    if not isinstance(response, dict):
        return []
    if "outputs" in response:
        tensors = {tensor["name"]: tensor for tensor in response["outputs"]}
        labels = tensors.get("prediction", {}).get("data", [])
        flat = tensors.get("probability", {}).get("data")
        width = tensors.get("probability", {}).get("shape", [0, 0])[1]
        scores = [flat[place * width : (place + 1) * width] for place in range(len(labels))] if flat else None
    else:
        labels, scores = response.get("predictions", []), response.get("probabilities")
    return [(label, _score(label, scores[place] if scores else None)) for place, label in enumerate(labels)]


def _score(label: Any, probabilities: list[float] | None) -> float | None:
    if probabilities is not None:
        return float(probabilities[1]) if len(probabilities) == 2 else float(max(probabilities))
    return float(label) if isinstance(label, int | float) and not isinstance(label, bool) else None


def _lake_rows(entry: Entry) -> list[dict[str, Any]]:
    shared = {
        "entry_ms": entry.milliseconds,
        "entry_number": entry.number,
        "request_id": entry.request_id,
        "at": entry.at,
        "revision_id": str(entry.revision_id),
        "status": entry.status,
        "latency_ms": entry.latency_ms,
        "event_time": entry.event_time,
        "actor": entry.actor,
        "shadow": entry.shadow,
    }
    rows = entry.rows or [{}]
    answers = entry.answers or [(None, None)] * len(rows)
    return [
        {
            **shared,
            "row": place,
            "features": msgspec.json.encode(row).decode(),
            "prediction": None if label is None else str(label),
            "score": score,
        }
        for place, (row, (label, score)) in enumerate(zip(rows, answers, strict=False))
    ]
