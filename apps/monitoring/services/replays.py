"""Replays: rows of the past sent as live traffic, at a speed that people set."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.deployments import selectors as deployments
from apps.features import selectors as features
from apps.monitoring import policies
from apps.monitoring.choices import REPLAY_NEXT, ReplayState
from apps.monitoring.events import ReplayChanged, ReplayStarted
from apps.monitoring.models import Replay
from apps.projects.services import hold_open
from foundation import ledger, states
from foundation.errors import Invalid
from foundation.identity import Actor


@transaction.atomic
def start_replay(
    *, actor: Actor, deployment_id: UUID, training_set_id: UUID, per_second: float = 20, stride: int = 10
) -> Replay:
    """Play a training set against a deployment; one that was played before begins anew at this speed."""
    deployment = deployments.get_deployment(actor=actor, deployment_id=deployment_id)
    policies.check_can_replay(actor, deployment)
    hold_open(actor=actor, project_id=deployment.project_id)
    training_set = features.get_training_set(actor=actor, training_set_id=training_set_id)
    features.training_table(training_set)
    if not training_set.event_time:
        raise Invalid(
            _("%(name)s has no event time, so there is no order to play it in.") % {"name": training_set},
            fields={"training_set": [_("Choose one with an event time.")]},
        )
    replay, _made = Replay.objects.update_or_create(
        tenant=actor.tenant,
        deployment_id=deployment.pk,
        training_set_id=training_set.pk,
        defaults={
            "project_id": deployment.project_id,
            "per_second": per_second,
            "stride": stride,
            "state": ReplayState.PLAYING,
            "position": 0,
            "reached": None,
            "total": (training_set.row_count or 0) // stride,
            "left_out": 0,
            "failure": "",
            "created_by": actor.user,
        },
    )
    started = ReplayStarted(replay_id=replay.pk, deployment_id=deployment.pk, training_set_id=training_set.pk)
    ledger.record(started, actor=actor, project_id=replay.project_id, subject=("deployment", deployment.pk))
    return replay


@transaction.atomic
def change_replay(
    *, actor: Actor, replay: Replay, state: str = "", per_second: float | None = None, restart: bool = False
) -> Replay:
    """Faster, slower, paused, on (also after it failed), or from the beginning."""
    policies.check_can_replay(actor, replay.deployment)
    hold_open(actor=actor, project_id=replay.project_id)
    replay = Replay.objects.select_for_update(of=("self",)).select_related("deployment").get(pk=replay.pk)
    if restart:
        replay.position, replay.reached = 0, None
        states.move(replay, ReplayState.PLAYING, REPLAY_NEXT)
    if state and replay.state != ReplayState.ENDED:
        states.move(replay, ReplayState(state), REPLAY_NEXT)
    if replay.state != ReplayState.FAILED:
        replay.failure = ""
    if restart or state == ReplayState.PLAYING:
        replay.created_by = actor.user
    replay.per_second = per_second or replay.per_second
    replay.save()
    changed = ReplayChanged(replay_id=replay.pk, state=replay.state, per_second=replay.per_second)
    ledger.record(changed, actor=actor, project_id=replay.project_id, subject=("deployment", replay.deployment_id))
    return replay
