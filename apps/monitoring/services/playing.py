"""The player: takes up every replay that plays, sends its rows in time, and remembers where it is."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils.translation import gettext as _

from apps.features import selectors as features
from apps.monitoring import policies
from apps.monitoring.adapters.inference import Requests
from apps.monitoring.choices import REPLAY_NEXT, ReplayState
from apps.monitoring.events import ReplayEnded, ReplayFailed
from apps.monitoring.models import Replay
from apps.monitoring.services.past import Past, Row, past_of
from apps.tenants import services as tenants
from foundation import ledger, live, states
from foundation.access.actors import actor_for_user
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, NotFound, PortalError, Unavailable
from foundation.identity import Actor
from foundation.tenancy import every_tenant, scope
from foundation.tenancy.models import Tenant

log = logging.getLogger("sanad.replay")
_TOKEN_LIVES, _TURN_S, _REFUSED = timedelta(minutes=30), 1.0, 401
# What passes by itself; whatever else a replay meets ends it, with a sentence.
_PASSING = (Unavailable, OperationalError, InterfaceError, OSError)


class Player:
    """Plays all replays of all tenants, a second's worth of rows at a time; `stop` ends it between turns."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._known: dict[tuple[UUID, int], Past] = {}
        self._requests: dict[tuple[UUID, UUID | None], Requests] = {}

    def run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            played = self._round()
            rest = _TURN_S - (time.monotonic() - began)
            if not played or rest > 0:
                self._stop.wait(max(rest, 0.05))

    def _round(self) -> int:
        """A turn of every tenant; the player outlives whatever one of them meets, and so do the others."""
        played = 0
        try:
            for tenant in every_tenant():
                played += self._survive(tenant)
        except Exception:
            log.exception("The replays wait and are tried again.")
            close_old_connections()
        return played

    def _survive(self, tenant: Tenant) -> int:
        try:
            return self.play_turn(tenant)
        except Exception:
            log.exception("The replays of %s wait and are tried again.", tenant.slug)
            close_old_connections()
            return 0

    def play_turn(self, tenant: Tenant) -> int:
        """One second of every replay of a tenant; how many rows were sent."""
        with scope(tenant.pk):
            rows = Replay.objects.filter(state=ReplayState.PLAYING)
            playing = list(rows.select_related("deployment", "training_set", "created_by"))
        return sum(self._attempt(tenant, replay) for replay in playing)

    def _attempt(self, tenant: Tenant, replay: Replay) -> int:
        """One second of a replay; what cannot be sent ends this one alone."""
        try:
            return self._play(tenant, replay)
        except _PASSING as error:
            log.warning("The replay at %s waits: %s", replay.deployment.slug, error)
            return 0
        except Exception as error:
            log.exception("The replay at %s cannot be sent.", replay.deployment.slug)
            self._fail(tenant, replay, error)
            return 0

    def _play(self, tenant: Tenant, replay: Replay) -> int:
        rows = self._loaded(tenant, replay)
        wanted = max(1, round(replay.per_second * _TURN_S))
        batch = rows[replay.position : replay.position + wanted]
        statuses = asyncio.run(
            self._sender(tenant, replay).send_all(tenant.slug, replay.deployment.slug, _plain(batch))
        )
        if _REFUSED in statuses:
            # Its token was revoked: the next turn asks for another, and hears whether there may be one.
            self._requests.pop(_played_by(replay), None)
            return 0
        if batch and not any(200 <= status < 500 for status in statuses):
            log.warning("Nobody answers at %s; the replay waits.", replay.deployment.slug)
            return 0
        self._remember(tenant, replay, batch, ended=replay.position + len(batch) >= len(rows))
        return len(batch)

    def _loaded(self, tenant: Tenant, replay: Replay) -> list[Row]:
        key = (replay.training_set_id, replay.stride)
        with scope(tenant.pk):
            if said := features.destroyed_in_words(replay.training_set):
                # What was loaded before holds rows that nobody may have any more.
                self._known.pop(key, None)
                raise Conflict(said)
            if key not in self._known:
                self._known[key] = past_of(replay)
            past = self._known[key]
            if (replay.total, replay.left_out) != (len(past.rows), past.left_out):
                replay.total, replay.left_out = len(past.rows), past.left_out
                replay.save(update_fields=["total", "left_out"])
        return past.rows

    def _sender(self, tenant: Tenant, replay: Replay) -> Requests:
        sender = self._requests.get(_played_by(replay))
        purpose = f"replay:{replay.pk}"
        with scope(tenant.pk):
            moment = now()
            if sender is None or sender.renew_at <= moment:
                _check_who_plays(tenant, replay)
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
                        on_behalf_of=replay.created_by,
                    )
                    sender = Requests(token)
                sender.renew_at = moment + _TOKEN_LIVES / 2
        self._requests[_played_by(replay)] = sender
        return sender

    def _remember(self, tenant: Tenant, replay: Replay, batch: list[Row], *, ended: bool) -> None:
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

    def _fail(self, tenant: Tenant, replay: Replay, error: Exception) -> None:
        # Who tries again reads the rows anew.
        self._known.pop((replay.training_set_id, replay.stride), None)
        with scope(tenant.pk):
            rows = Replay.objects.filter(pk=replay.pk, position=replay.position)
            if states.move_rows(rows, ReplayState.FAILED, REPLAY_NEXT, failure=_sentence(replay, error)):
                _record(tenant, replay, ReplayFailed(replay_id=replay.pk, rows=replay.position))
        live.publish(tenant.pk, f"deployment:{replay.deployment_id}", "replay_failed", {"position": replay.position})


def _played_by(replay: Replay) -> tuple[UUID, UUID | None]:
    return replay.pk, replay.created_by_id


def _check_who_plays(tenant: Tenant, replay: Replay) -> None:
    """A replay acts for whoever set it going, and ends with their membership or their right."""
    if replay.created_by is None:
        return
    try:
        policies.check_can_replay(actor_for_user(user=replay.created_by, tenant=tenant), replay.deployment)
    except (AccessDenied, NotFound) as error:
        raise AccessDenied(
            _("Whoever set it going may not play it any more. Somebody who may can let it go on here.")
        ) from error


def _sentence(replay: Replay, error: Exception) -> str:
    if isinstance(error, PortalError):
        return error.sentence
    words = _("The rows from %(row)s on cannot be sent (%(cause)s). Make the training set anew, or play another one.")
    return words % {"row": replay.position + 1, "cause": type(error).__name__}


def _end(tenant: Tenant, replay: Replay, position: int) -> None:
    rows = Replay.objects.filter(pk=replay.pk, position=position)
    if states.move_rows(rows, ReplayState.ENDED, REPLAY_NEXT):
        _record(tenant, replay, ReplayEnded(replay_id=replay.pk, rows=position))


def _record(tenant: Tenant, replay: Replay, event: ledger.Event) -> None:
    subject = ("deployment", replay.deployment_id)
    ledger.record(event, actor=Actor.system(tenant, "replay"), project_id=replay.project_id, subject=subject)


def _plain(batch: list[Row]) -> list[tuple[dict[str, Any], str]]:
    return [(row.features, row.event_time.isoformat()) for row in batch]
