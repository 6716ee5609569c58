"""From the gateway's stream to the lake and to the counts that pages show: every entry once, also after a crash.

The lake is appended first, then counts and the place in the stream are committed together. After a crash between the
two, the lake itself says which entries it has, and they are not appended again. A line that cannot be counted for what
it holds is set aside with its reason and stops neither its tenant's log nor anybody else's.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import DataError, connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from apps.deployments import selectors as deployments
from apps.monitoring.adapters.valkey import stream_at
from apps.monitoring.models import DrainedBatch
from apps.monitoring.services.alerts import look_for_drift
from apps.monitoring.services.lines import Line, in_short, read_line
from apps.monitoring.services.metering import keep_logs
from apps.monitoring.services.tallies import add_drift, add_traffic, add_usage, feature_names, versions_of
from foundation import lake, live
from foundation.errors import Unavailable
from foundation.identity import Actor
from foundation.lake.ports import Lake
from foundation.tenancy import every_tenant, scope, why_locked
from foundation.tenancy.models import Tenant

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger("sanad.monitoring")
_ENTRIES, _MOST_REFUSALS, _KEPT_BYTES = 5_000, 64, 64 * 1024
_NOTHING = (-1, -1)
# How often, and how far apart, another drainer is waited for.
_TURNS, _TURN_S = 100, 0.2
# The place in the stream that this process wrote last: where the database still has it, the lake holds nothing beyond.
_committed_here: dict[UUID, str] = {}
# What a line's own content can bring about; all else (the lake, the database, the broker) is waited for.
_UNFIT = (AttributeError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError, DataError)


@dataclass
class _Kept:
    """How far a turn got: lines that left the stream, entries of each deployment, distributions that moved."""

    lines: int = 0
    last_id: str = ""
    entries: Counter[UUID] = field(default_factory=Counter)
    touched: set[UUID] = field(default_factory=set)

    def add(self, batch: list[Line], touched: set[UUID]) -> None:
        self.lines += len(batch)
        self.last_id = batch[-1].id
        self.entries.update(line.entry.deployment_id for line in batch if line.entry)
        self.touched |= touched


class Drained(NamedTuple):
    """How many lines left a stream, and whether more of them wait already."""

    lines: int = 0
    more: bool = False


def drain_once() -> Drained:
    """Drain every tenant's stream by one batch. One drainer at a time per tenant.

    A tenant whose turn fails keeps nobody waiting: all others have theirs before its failure is raised.
    """
    turns, failures = [], []
    for tenant in every_tenant():
        if why_locked(tenant):
            continue  # the lines wait in the stream, sealed, until the tenant brings its key again
        try:
            turns.append(_drain_tenant(tenant))
        except Exception as error:  # noqa: BLE001 - raised below, when everybody had their turn
            log.error("The inference log of %s waits: %s", tenant.slug, in_short(error))
            failures.append(error)
    if failures:
        raise failures[0]
    return Drained(sum(turn.lines for turn in turns), any(turn.more for turn in turns))


def drain_up_to_now(tenant: Tenant, *, between: Callable[[], None]) -> None:
    """Bring into the lake what waits in a tenant's stream now; `between` is called after each batch.

    Unavailable where another drainer is at it and does not get on.
    """
    stream, name, patience = stream_at(settings.REDIS_URL), str(tenant.pk), _TURNS
    newest = _place_of(stream.newest(name) or "0-0")
    while _place_of(_drained(tenant)) < newest:
        if not _drain_tenant(tenant).lines:
            patience -= 1
            time.sleep(_TURN_S)
        if not patience:
            raise Unavailable(_("The inference log is not drained; see whether its process runs, and try again."))
        between()


def _drained(tenant: Tenant) -> str:
    with scope(tenant.pk):
        place = DrainedBatch.objects.filter(tenant=tenant, stream=str(tenant.pk)).first()
    return place.last_id if place else "0-0"


def _place_of(entry_id: str) -> tuple[int, int]:
    milliseconds, _sign, number = entry_id.partition("-")
    return int(milliseconds), int(number or 0)


def _drain_tenant(tenant: Tenant) -> Drained:
    stream, name = stream_at(settings.REDIS_URL), str(tenant.pk)
    with scope(tenant.pk):
        if not _alone(tenant):
            return Drained()
        place, _made = DrainedBatch.objects.get_or_create(tenant=tenant, stream=name)
        found = stream.read(name, after=place.last_id, count=_ENTRIES)
        if not found:
            return Drained()
        versions = versions_of(tenant)
        names = {pk: feature_names(version) for pk, version in versions.items()}
        kept = _keep(tenant, place, [read_line(*pair, names) for pair in found], versions)
        for deployment_id in kept.touched:
            _look_for_drift(tenant, deployment_id)
    stream.forget(name, upto=kept.last_id)
    for deployment_id, entries in kept.entries.items():
        live.publish(tenant.pk, f"deployment:{deployment_id}", "traffic", {"entries": entries})
    return Drained(kept.lines, more=kept.lines < len(found) or len(found) == _ENTRIES)


def _keep(tenant: Tenant, place: DrainedBatch, lines: list[Line], versions: Mapping[UUID, Any]) -> _Kept:
    """Bring lines into lake and counts in order; one that is refused for what it holds is set aside.

    It is found by halving. After so many refusals the turn is over, so that the other tenants have theirs.
    """
    kept, size, refusals = _Kept(), len(lines), 0
    while kept.lines < len(lines) and refusals < _MOST_REFUSALS:
        batch = lines[kept.lines : kept.lines + size]
        try:
            touched = _count(tenant, place, batch, versions)
        except _UNFIT as error:
            refusals += 1
            size = len(batch) // 2
            if size:
                continue
            batch = [batch[0].refused(error)]
            touched = _count(tenant, place, batch, versions)
        _set_aside(tenant, batch)
        kept.add(batch, touched)
        size = max(size, 1) * 2
    return kept


def _count(tenant: Tenant, place: DrainedBatch, batch: list[Line], versions: Mapping[UUID, Any]) -> set[UUID]:
    """Lake first, then counts together with the place in the stream; the deployments whose distributions moved."""
    entries = [line.entry for line in batch if line.entry]
    unfit = [line.unfit for line in batch if line.unfit]
    _append_to_lake(tenant, batch, agrees=_committed_here.pop(tenant.pk, None) == place.last_id)
    with transaction.atomic():
        add_traffic(tenant, entries)
        add_usage(tenant, entries)
        keep_logs(tenant, {entry.deployment_id for entry in entries})
        touched = add_drift(tenant, entries, versions)
        said = {"set_aside": F("set_aside") + len(unfit), "set_aside_because": unfit[-1]} if unfit else {}
        DrainedBatch.objects.filter(pk=place.pk).update(last_id=batch[-1].id, **said)
    place.last_id = _committed_here[tenant.pk] = batch[-1].id
    return touched


def _set_aside(tenant: Tenant, batch: list[Line]) -> None:
    """Keep what cannot be counted where a person can look at it, and say why; again after a crash, it is there once."""
    for line in batch:
        if line.unfit:
            log.error("The inference entry %s of %s is set aside: %s", line.id, tenant.slug, line.cause)
            stream_at(settings.REDIS_URL).set_aside(str(tenant.pk), line.id, line.blob[:_KEPT_BYTES], why=line.unfit)


def _look_for_drift(tenant: Tenant, deployment_id: UUID) -> None:
    """Whether what was counted is cause for an alert. Where that cannot be judged the counts hold all the same.

    It is judged again with the next entries.
    """
    try:
        with transaction.atomic():
            look_for_drift(actor=Actor.system(tenant, "monitor"), deployment_id=deployment_id)
    except Exception:
        log.exception("The drift of deployment %s of %s cannot be judged.", deployment_id, tenant.slug)


def _alone(tenant: Tenant) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [f"monitoring.drain:{tenant.pk}"])
        return bool(cursor.fetchone()[0])


def _append_to_lake(tenant: Tenant, batch: list[Line], *, agrees: bool) -> None:
    """Append what the lake lacks. It is asked what it has only where it may have more than the counts: after a crash,
    and after another process; the question reads the whole log."""
    tables = lake.for_tenant(tenant.pk)
    by_deployment: dict[UUID, list[Line]] = {}
    for line in batch:
        if line.entry:
            by_deployment.setdefault(line.entry.deployment_id, []).append(line)
    for deployment_id, lines in by_deployment.items():
        table = deployments.inference_table(deployment_id)
        there = _NOTHING if agrees else _newest_in_lake(tables, table)
        rows = [row for line in lines for row in line.rows if (row["entry_ms"], row["entry_number"]) > there]
        if rows:
            tables.write(table, _as_table(rows), mode="append")


@cache
def _schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema(
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


def _as_table(rows: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist(rows, schema=_schema())


def _newest_in_lake(tables: Lake, table: str) -> tuple[int, int]:
    if not tables.exists(table):
        return _NOTHING
    sql = "SELECT max(struct_pack(ms := entry_ms, number := entry_number)) AS newest FROM log"
    newest = tables.query(sql, {"log": tables.current(table)}).read_all().to_pylist()[0]["newest"]
    return tuple(newest.values()) if newest else _NOTHING
