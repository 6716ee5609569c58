"""What a replay cannot send is left out, or ends that replay alone, with a sentence; all others go on."""

import json
import threading
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from apps.features import selectors as features
from apps.monitoring import services
from apps.monitoring.adapters.inference import Requests
from apps.monitoring.models import Replay
from apps.monitoring.services import playing
from apps.monitoring.services.past import _jsonable
from apps.monitoring.services.playing import Player
from foundation import lake, ledger
from foundation.errors import Conflict, Unavailable
from tests.apps.monitoring.test_replays import sent
from tests.apps.registry.stage import make_training_set

__all__ = ["sent"]


@pytest.fixture
def begin(scientist, project, revision, flowers):
    """Start a replay of ten flowers, one a day, whose rows were changed on the way."""

    def start(name="past", change=lambda rows: None, stride=1):
        rows = [{**flowers[n], "day": datetime(2013, 7, n + 1)} for n in range(10)]
        change(rows)
        at = lake.for_tenant(scientist.tenant_id).write(f"{name}_rows", pa.Table.from_pylist(rows), mode="create")
        columns = [{"name": column, "type": "DOUBLE", "role": "feature"} for column in flowers[0]]
        rows_of = make_training_set(
            scientist,
            project,
            name=name,
            event_time="day",
            row_count=10,
            lake_table=at.table,
            lake_snapshot=at.snapshot,
            columns=[*columns, {"name": "day", "type": "TIMESTAMP", "role": "event_time"}],
        )
        given = {"deployment_id": revision.deployment_id, "training_set_id": rows_of.pk, "per_second": 4}
        return services.start_replay(actor=scientist, stride=stride, **given)

    return start


@pytest.fixture
def player():
    return Player(threading.Event())


def play_out(player, tenant):
    while player.play_turn(tenant):
        pass


def test_numbers_that_json_does_not_know_are_sent_as_missing(begin, player, sent, tenant, flowers):
    first, second = list(flowers[0])[:2]

    def spoil(rows):
        rows[0][first], rows[1][first], rows[2][second] = float("nan"), float("inf"), None

    replay = begin(change=spoil)
    play_out(player, tenant)
    replay.refresh_from_db()

    rows = [row for _tenant, _deployment, row, _time in sent["rows"]]
    assert json.dumps(rows, allow_nan=False)
    assert [rows[0][first], rows[1][first], rows[2][second], rows[3][first]] == [None, None, None, flowers[3][first]]
    assert (replay.state, replay.position, replay.left_out) == ("ended", 10, 0)


def test_values_of_every_kind_have_a_form_in_json():
    kinds = [Decimal("1.5"), Decimal("NaN"), b"\xff", datetime(2013, 7, 1), [float("inf"), {"a": b"x"}], True, None]
    assert json.dumps([_jsonable(value) for value in kinds], allow_nan=False)
    assert _jsonable(Decimal("1.5")) == 1.5 and _jsonable(True) is True


def test_rows_without_a_time_are_left_out_and_counted(begin, player, sent, tenant, monitor, client_as, scientist):
    def spoil(rows):
        rows[0]["day"] = rows[7]["day"] = None

    replay = begin(change=spoil, stride=4)
    play_out(player, tenant)
    replay.refresh_from_db()

    assert [event_time[:10] for *_rest, event_time in sent["rows"]] == ["2013-07-05", "2013-07-10"]
    assert (replay.state, replay.position, replay.total, replay.left_out) == ("ended", 2, 2, 2)
    shown = client_as(scientist).get(f"/t/acme/p/flights/monitoring/{monitor.pk}/").content.decode()
    assert "2 rows without a time left out" in shown


def test_times_beyond_the_calendar_are_no_times(begin, player, sent, tenant):
    replay = begin()
    at = lake.for_tenant(tenant.pk).write_query(
        "far_rows",
        "SELECT * REPLACE (CASE WHEN day < '2013-07-04' THEN TIMESTAMP '12000-01-01' ELSE day END AS day) FROM rows",
        {"rows": features.training_table(replay.training_set)},
    )
    type(replay.training_set).objects.filter(pk=replay.training_set_id).update(
        lake_table=at.table, lake_snapshot=at.snapshot
    )
    play_out(player, tenant)
    replay.refresh_from_db()
    assert (replay.state, len(sent["rows"]), replay.left_out) == ("ended", 7, 3)


@pytest.fixture
def broken(begin, monkeypatch, sent):
    """A replay whose rows cannot be sent, beside one whose rows can: (broken, whole)."""
    real = Requests.send_all

    async def refuse(self, tenant, deployment, rows):
        if any(row["broken"] for row, _time in rows if "broken" in row):
            raise ValueError("Out of range float values are not JSON compliant")
        return await real(self, tenant, deployment, rows)

    monkeypatch.setattr(Requests, "send_all", refuse)
    bad = begin("bad", change=lambda rows: [row.update(broken=True) for row in rows])
    columns = [*bad.training_set.columns, {"name": "broken", "type": "BOOLEAN", "role": "feature"}]
    type(bad.training_set).objects.filter(pk=bad.training_set_id).update(columns=columns)
    return bad, begin("good")


def test_a_replay_that_cannot_be_sent_ends_alone_and_says_why(broken, player, tenant, sent):
    bad, good = broken
    play_out(player, tenant)
    bad.refresh_from_db()
    good.refresh_from_db()

    assert (good.state, good.position, len(sent["rows"])) == ("ended", 10, 10)
    assert (bad.state, bad.position) == ("failed", 0)
    assert bad.failure.startswith("The rows from 1 on cannot be sent (ValueError).")
    told = ledger.events_of(subject=("deployment", bad.deployment_id))
    assert ("monitor.replay_failed", 0) in [(event.kind, event.payload.get("rows")) for event in told]


def test_page_and_rest_say_why_and_it_can_be_tried_again(broken, player, tenant, monitor, scientist, client_as, api_as):
    bad, good = broken
    Replay.objects.filter(pk=good.pk).delete()
    player.play_turn(tenant)
    client, api = client_as(scientist), api_as(scientist)
    shown = client.get(f"/t/acme/p/flights/monitoring/{monitor.pk}/").content.decode()
    assert "cannot be sent (ValueError)" in shown and "Try again" in shown
    answer = api.get(f"/api/v1/replays/{bad.pk}/").json()
    assert (answer["state"], answer["failure"][:20], answer["left_out"]) == ("failed", "The rows from 1 on c", 0)

    again = client.post(f"/t/acme/p/flights/monitoring/replays/{bad.pk}/", {"act": "play", "per_second": 4})
    assert again.status_code == 303
    bad.refresh_from_db()
    assert (bad.state, bad.failure) == ("playing", "")


def test_what_the_portal_refuses_is_said_in_its_own_words(begin, player, tenant, sent, monkeypatch):
    def gone(training_set):
        raise Conflict("The rows of this set are gone.")

    replay = begin()
    monkeypatch.setattr(features, "training_table", gone)
    player.play_turn(tenant)
    replay.refresh_from_db()
    assert (replay.state, replay.failure) == ("failed", "The rows of this set are gone.")


def test_what_does_not_answer_is_waited_for(begin, player, tenant, sent, monkeypatch):
    def away(training_set):
        raise Unavailable("The lake does not answer.")

    replay = begin()
    monkeypatch.setattr(features, "training_table", away)
    assert player.play_turn(tenant) == 0
    monkeypatch.undo()
    replay.refresh_from_db()
    assert (replay.state, replay.failure) == ("playing", "")


def test_a_tenant_whose_turn_fails_keeps_no_other_waiting(tenant, other_tenant, monkeypatch, caplog):
    player = Player(threading.Event())
    had_a_turn = []

    def turn(one):
        had_a_turn.append(one)
        if one == tenant:
            raise RuntimeError("whatever")
        return 3

    monkeypatch.setattr(player, "play_turn", turn)
    monkeypatch.setattr(playing, "close_old_connections", lambda: None)
    assert player._round() == 3
    assert set(had_a_turn) == {tenant, other_tenant}
    assert "acme wait" in caplog.text


def test_the_player_outlives_a_database_that_is_away(monkeypatch, caplog):
    stop = threading.Event()

    def away():
        stop.set()
        raise RuntimeError("the database is away")

    monkeypatch.setattr(playing, "every_tenant", away)
    monkeypatch.setattr(playing, "close_old_connections", lambda: None)
    Player(stop).run()
    assert "are tried again" in caplog.text
