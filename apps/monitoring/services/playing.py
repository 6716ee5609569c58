"""The player: takes up every replay that plays, sends its rows in time, and remembers where it is."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.features import selectors as features
from apps.monitoring.adapters.inference import Requests
from apps.monitoring.choices import ReplayState
from apps.monitoring.events import ReplayEnded
from apps.monitoring.models import Replay
from apps.tenants import services as tenants
from foundation import lake, ledger, live
from foundation.clock import now
from foundation.identity import Actor
from foundation.tenancy import every_tenant, scope
from foundation.tenancy.models import Tenant

log = logging.getLogger("sanad.replay")
_TOKEN_LIVES, _TURN_S = timedelta(minutes=30), 1.0


@dataclass(frozen=True)
class _Row:
    features: dict[str, Any]
    event_time: datetime


class Player:
    """Plays all replays of all tenants, a second's worth of rows at a time; `stop` ends it between turns."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._rows: dict[tuple[UUID, int], list[_Row]] = {}
        self._requests: dict[UUID, Requests] = {}

    def run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            played = sum(self.play_turn(tenant) for tenant in every_tenant())
            rest = _TURN_S - (time.monotonic() - began)
            if not played or rest > 0:
                self._stop.wait(max(rest, 0.05))

    def play_turn(self, tenant: Tenant) -> int:
        """One second of every replay of a tenant; how many rows were sent."""
        with scope(tenant.pk):
            playing = list(
                Replay.objects.filter(state=ReplayState.PLAYING).select_related("deployment", "training_set")
            )
        return sum(self._play(tenant, replay) for replay in playing)

    def _play(self, tenant: Tenant, replay: Replay) -> int:
        rows = self._loaded(tenant, replay)
        wanted = max(1, round(replay.per_second * _TURN_S))
        batch = rows[replay.position : replay.position + wanted]
        statuses = asyncio.run(
            self._sender(tenant, replay).send_all(tenant.slug, replay.deployment.slug, _plain(batch))
        )
        if batch and not any(200 <= status < 500 for status in statuses):
            log.warning("Nobody answers at %s; the replay waits.", replay.deployment.slug)
            return 0
        self._remember(tenant, replay, batch, ended=replay.position + len(batch) >= len(rows))
        return len(batch)

    def _loaded(self, tenant: Tenant, replay: Replay) -> list[_Row]:
        key = (replay.training_set_id, replay.stride)
        if key not in self._rows:
            with scope(tenant.pk):
                self._rows[key] = list(_rows(tenant, replay))
        return self._rows[key]

    def _sender(self, tenant: Tenant, replay: Replay) -> Requests:
        sender = self._requests.get(replay.pk)
        purpose = f"replay:{replay.pk}"
        with scope(tenant.pk):
            moment = now()
            if sender is None or sender.renew_at <= moment:
                renewed = sender and tenants.renew_workload_token(
                    tenant=tenant, purpose=purpose, ttl=_TOKEN_LIVES, now=moment
                )
                if sender is None or not renewed:
                    _row, token = tenants.issue_workload_token(
                        actor=Actor.system(tenant, "replay"),
                        project_id=replay.project_id,
                        purpose=purpose,
                        scopes=["deployment.invoke"],
                        ttl=_TOKEN_LIVES,
                    )
                    sender = Requests(token)
                sender.renew_at = moment + _TOKEN_LIVES / 2
        self._requests[replay.pk] = sender
        return sender

    def _remember(self, tenant: Tenant, replay: Replay, batch: list[_Row], *, ended: bool) -> None:
        with scope(tenant.pk):
            # Somebody may have set it back meanwhile: then what was just sent is not where it stands.
            rows = Replay.objects.filter(pk=replay.pk, position=replay.position, stride=replay.stride)
            position, reached = replay.position + len(batch), batch[-1].event_time if batch else replay.reached
            moved = rows.update(position=position, reached=reached)
            if moved and ended:
                _end(tenant, replay, position)
        said = {"position": position, "total": replay.total, "reached": str(reached or "")}
        kind = "replay_ended" if moved and ended else "replay"
        live.publish(tenant.pk, f"deployment:{replay.deployment_id}", kind, said)


def _end(tenant: Tenant, replay: Replay, position: int) -> None:
    if Replay.objects.filter(pk=replay.pk, position=position).update(state=ReplayState.ENDED):
        over, subject = ReplayEnded(replay_id=replay.pk, rows=position), ("deployment", replay.deployment_id)
        ledger.record(over, actor=Actor.system(tenant, "replay"), project_id=replay.project_id, subject=subject)


def _rows(tenant: Tenant, replay: Replay) -> Iterator[_Row]:
    """Every n-th row in the order of event time, with the features alone."""
    training_set = replay.training_set
    names = [column["name"] for column in training_set.columns if column["role"] == "feature"]
    chosen = ", ".join('"' + name.replace('"', '""') + '"' for name in names)
    moment = '"' + training_set.event_time.replace('"', '""') + '"'
    sql = (
        f"SELECT * EXCLUDE (__n) FROM (SELECT {chosen}, epoch_us({moment}) AS __t, "  # noqa: S608 - names are quoted
        f"row_number() OVER (ORDER BY {moment}, {chosen}) AS __n FROM rows) "
        f"WHERE __n % {int(replay.stride)} = 0 ORDER BY __n"
    )
    for batch in lake.for_tenant(tenant.pk).query(sql, {"rows": features.training_table(training_set)}):
        for row in batch.to_pylist():
            at = datetime.fromisoformat("1970-01-01T00:00:00+00:00") + timedelta(microseconds=row.pop("__t"))
            yield _Row({name: _jsonable(value) for name, value in row.items()}, at)


def _jsonable(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def _plain(batch: list[_Row]) -> list[tuple[dict[str, Any], str]]:
    return [(row.features, row.event_time.isoformat()) for row in batch]
