"""From the gateway's stream to the lake and to the counts that pages show: every entry once, also after a crash.

The lake is appended first, then counts and the place in the stream are committed together. After a crash between the
two, the lake itself says which entries it has, and they are not appended again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import pyarrow as pa
from django.conf import settings
from django.db import connection, transaction

from apps.deployments import selectors as deployments
from apps.monitoring.adapters.valkey import stream_at
from apps.monitoring.models import DrainedBatch
from apps.monitoring.services.alerts import look_for_drift
from apps.monitoring.services.counting import rows_of
from apps.monitoring.services.tallies import Entry, add_drift, add_traffic, feature_names, versions_of
from foundation import lake, live
from foundation.identity import Actor
from foundation.lake.ports import Lake
from foundation.tenancy import every_tenant, scope
from foundation.tenancy.models import Tenant

log = logging.getLogger("sanad.monitoring")
_ENTRIES = 5_000
SCHEMA = pa.schema(
    [
        ("entry_ms", pa.int64()),
        ("entry_number", pa.int64()),
        ("row", pa.int32()),
        ("request_id", pa.string()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("revision_id", pa.string()),
        ("status", pa.int32()),
        ("latency_ms", pa.float64()),
        ("event_time", pa.string()),
        ("features", pa.string()),
        ("prediction", pa.string()),
        ("score", pa.float64()),
        ("actor", pa.string()),
        ("shadow", pa.bool_()),
    ]
)


def drain_once() -> int:
    """Drain every tenant's stream by one batch; how many entries were counted. One drainer at a time per tenant."""
    return sum(_drain_tenant(tenant) for tenant in every_tenant())


def _drain_tenant(tenant: Tenant) -> int:
    stream, name = stream_at(settings.REDIS_URL), str(tenant.pk)
    with scope(tenant.pk):
        if not _alone(tenant):
            return 0
        place, _made = DrainedBatch.objects.get_or_create(tenant=tenant, stream=name)
        found = stream.read(name, after=place.last_id, count=_ENTRIES)
        if not found:
            return 0
        versions = versions_of(tenant)
        names = {pk: feature_names(version) for pk, version in versions.items()}
        entries = [entry for pair in found if (entry := _entry(*pair, names)) is not None]
        _append_to_lake(tenant, entries)
        with transaction.atomic():
            add_traffic(tenant, entries)
            touched = add_drift(tenant, entries, versions)
            DrainedBatch.objects.filter(pk=place.pk).update(last_id=found[-1][0])
            for deployment_id in touched:
                look_for_drift(actor=Actor.system(tenant, "monitor"), deployment_id=deployment_id)
    stream.forget(name, upto=found[-1][0])
    for deployment_id in {entry.deployment_id for entry in entries}:
        live.publish(tenant.pk, f"deployment:{deployment_id}", "traffic", {"entries": len(entries)})
    return len(found)


def _alone(tenant: Tenant) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [f"monitoring.drain:{tenant.pk}"])
        return bool(cursor.fetchone()[0])


def _entry(entry_id: str, blob: bytes, names: Mapping[UUID, list[str]]) -> Entry | None:
    """An entry as it was logged; one that cannot be read is said in the log and left out, so it stops nobody."""
    try:
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
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError):
        log.exception("The inference entry %s cannot be read; it is left out.", entry_id)
        return None


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


def _append_to_lake(tenant: Tenant, entries: list[Entry]) -> None:
    tables = lake.for_tenant(tenant.pk)
    by_deployment: dict[UUID, list[Entry]] = {}
    for entry in entries:
        by_deployment.setdefault(entry.deployment_id, []).append(entry)
    for deployment_id, batch in by_deployment.items():
        table = deployments.inference_table(deployment_id)
        there = _newest_in_lake(tables, table)
        rows = [row for entry in batch if (entry.milliseconds, entry.number) > there for row in _lake_rows(entry)]
        if rows:
            tables.write(table, pa.Table.from_pylist(rows, schema=SCHEMA), mode="append")


def _newest_in_lake(tables: Lake, table: str) -> tuple[int, int]:
    if not tables.exists(table):
        return (-1, -1)
    sql = "SELECT max(struct_pack(ms := entry_ms, number := entry_number)) AS newest FROM log"
    newest = tables.query(sql, {"log": tables.current(table)}).read_all().to_pylist()[0]["newest"]
    return tuple(newest.values()) if newest else (-1, -1)


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
