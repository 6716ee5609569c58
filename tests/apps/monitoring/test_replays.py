"""Replays: started, slowed, paused, begun anew by people; played in the order of event time, remembered row by row."""

import threading
from datetime import datetime

import pyarrow as pa
import pytest

from apps.monitoring import selectors, services
from apps.monitoring.adapters.inference import Requests
from apps.monitoring.models import Replay
from apps.monitoring.services.playing import Player
from apps.tenants import selectors as tenants_selectors
from apps.tenants import services as tenants
from foundation import lake, ledger
from foundation.clock import now
from foundation.errors import AccessDenied, Invalid
from foundation.identity.models import ApiToken
from tests.apps.registry.stage import make_training_set


@pytest.fixture
def past(scientist, project, revision, flowers):
    """A training set of thirty flowers, one a day, out of order in the lake."""
    rows = [{**flowers[n], "day": datetime(2013, 7, n + 1)} for n in reversed(range(30))]
    at = lake.for_tenant(scientist.tenant_id).write("past_rows", pa.Table.from_pylist(rows), mode="create")
    columns = [{"name": name, "type": "DOUBLE", "role": "feature"} for name in flowers[0]]
    return make_training_set(
        scientist,
        project,
        name="past",
        event_time="day",
        row_count=30,
        lake_table=at.table,
        lake_snapshot=at.snapshot,
        columns=[*columns, {"name": "day", "type": "TIMESTAMP", "role": "event_time"}],
    )


@pytest.fixture
def replay(scientist, revision, past):
    given = {"deployment_id": revision.deployment_id, "training_set_id": past.pk, "per_second": 4, "stride": 3}
    return services.start_replay(actor=scientist, **given)


@pytest.fixture
def sent(monkeypatch):
    """What reaches the gateway, and the status it answers with: `sent["status"]`."""
    said = {"rows": [], "status": 200}

    async def send_all(self, tenant, deployment, rows):
        said["rows"] += [(tenant, deployment, row, event_time) for row, event_time in rows]
        return [said["status"]] * len(rows)

    monkeypatch.setattr(Requests, "send_all", send_all)
    return said


def test_rows_are_played_in_order_at_the_speed_that_was_set(replay, sent, tenant, flowers):
    player = Player(threading.Event())
    assert player.play_turn(tenant) == 4
    replay.refresh_from_db()

    assert [event_time[:10] for *_rest, event_time in sent["rows"]] == [f"2013-07-{n:02d}" for n in (3, 6, 9, 12)]
    assert sent["rows"][0][:3] == ("acme", "flowers", flowers[2])
    assert (replay.position, replay.total, replay.state) == (4, 10, "playing")
    assert f"{replay.reached:%d}" == "12"
    while player.play_turn(tenant):
        pass
    replay.refresh_from_db()
    assert (replay.position, replay.state, len(sent["rows"])) == (10, "ended", 10)
    ended, *_earlier = ledger.events_of(subject=("deployment", replay.deployment_id))
    assert (ended.kind, ended.actor_kind, ended.payload["rows"]) == ("monitor.replay_ended", "system", 10)


def test_where_nobody_answers_it_waits(replay, sent, tenant):
    sent["status"] = 0
    assert Player(threading.Event()).play_turn(tenant) == 0
    replay.refresh_from_db()
    assert replay.position == 0


def test_a_replay_that_was_set_back_meanwhile_does_not_end(replay, sent, tenant, scientist, monkeypatch):
    player = Player(threading.Event())
    Replay.objects.filter(pk=replay.pk).update(position=8)
    real = player._remember

    def set_back_first(tenant, found, batch, *, ended):
        services.change_replay(actor=scientist, replay=found, restart=True)
        real(tenant, found, batch, ended=ended)

    monkeypatch.setattr(player, "_remember", set_back_first)
    player.play_turn(tenant)
    replay.refresh_from_db()
    assert (replay.position, replay.state) == (0, "playing")


def test_it_is_paused_sped_up_and_begun_anew(replay, scientist, sent, tenant):
    services.change_replay(actor=scientist, replay=replay, state="paused", per_second=50)
    assert Player(threading.Event()).play_turn(tenant) == 0
    changed = services.change_replay(actor=scientist, replay=replay, restart=True)

    assert (changed.state, changed.per_second, changed.position) == ("playing", 50, 0)
    kinds = [event.kind for event in ledger.events_of(subject=("deployment", replay.deployment_id))]
    assert kinds.count("monitor.replay_changed") == 2 and kinds.count("monitor.replay_started") == 1


def test_only_rows_with_an_order_are_played_by_those_who_may(scientist, viewer, revision, past, project):
    timeless = make_training_set(scientist, project, name="timeless", lake_table="x", lake_snapshot=1)
    with pytest.raises(Invalid, match="no event time"):
        services.start_replay(actor=scientist, deployment_id=revision.deployment_id, training_set_id=timeless.pk)
    with pytest.raises(AccessDenied):
        services.start_replay(actor=viewer, deployment_id=revision.deployment_id, training_set_id=past.pk)
    assert list(selectors.sets_to_replay(actor=scientist, project_id=project.pk)) == [past]


def test_a_replay_ends_with_the_membership_of_whoever_set_it_going_and_another_lets_it_go_on(
    replay, sent, tenant, scientist, admin
):
    player = Player(threading.Event())
    assert player.play_turn(tenant) == 4
    member = tenants_selectors.member_of(actor=admin, user_id=scientist.user.pk)
    tenants.remove_member(actor=admin, membership=member, now=now())
    assert ApiToken.objects.get(purpose=f"replay:{replay.pk}").revoked_at is not None

    sent["status"] = 401
    assert [player.play_turn(tenant) for _turn in range(3)] == [0, 0, 0]
    replay.refresh_from_db()
    assert (replay.state, replay.position) == ("failed", 4)
    assert replay.failure.startswith("Whoever set it going may not play it any more.")
    assert ApiToken.objects.filter(purpose=f"replay:{replay.pk}").count() == 1

    sent["status"] = 200
    services.change_replay(actor=admin, replay=replay, state="playing")
    assert player.play_turn(tenant) == 4
    assert ApiToken.objects.get(purpose=f"replay:{replay.pk}", revoked_at=None).on_behalf_of == admin.user


def test_a_replay_whose_token_was_revoked_goes_on_with_another(replay, sent, tenant):
    player = Player(threading.Event())
    player.play_turn(tenant)
    tenants.revoke_workload_tokens(tenant=tenant, purpose=f"replay:{replay.pk}", now=now())
    sent["status"] = 401
    assert player.play_turn(tenant) == 0
    sent["status"] = 200

    assert player.play_turn(tenant) == 4
    replay.refresh_from_db()
    assert (replay.state, replay.position) == ("playing", 8)


def test_the_token_of_a_replay_opens_predictions_alone(replay, sent, tenant):
    Player(threading.Event()).play_turn(tenant)
    token = ApiToken.objects.get(purpose=f"replay:{replay.pk}")
    assert token.scopes == ["deployment.invoke"] and token.project_id == replay.project_id


def test_a_replay_ends_when_a_person_was_erased_from_its_rows(replay, past, sent, tenant):
    player = Player(threading.Event())
    assert player.play_turn(tenant) == 4
    past.state, past.destroyed_at = "destroyed", now()
    past.save()
    assert player.play_turn(tenant) == 0
    replay.refresh_from_db()
    assert (replay.state, "reason: erasure of a person" in replay.failure) == ("failed", True)
    assert len(sent["rows"]) == 4
