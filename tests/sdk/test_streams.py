"""Streams by client and command line: made, sent to, paused, cut, deleted."""

from __future__ import annotations

import json

import pytest

from apps.streams import services


@pytest.fixture
def run(sanad):
    def words(*given, role="scientist", code=0):
        ended, answered, said = sanad(*given, role=role)
        assert ended == code, said
        return [json.loads(line) for line in answered.splitlines()] if not code else said

    return words


def test_a_sender_sends_together_and_once_over_a_broken_line(client, portal):
    made = client.streams.create("Meters", columns=[{"name": "n", "type": "whole"}])
    tenant = tenant_of(made)
    portal.line.lose_answers("POST", "/events/", numbers=[1, 3])
    with client.streams.sender(made["id"], every_s=60, at_most=10) as sender:
        for n in range(25):
            sender.send({"n": n})
        sender.send(b"broken")
    assert (sender.accepted, [one["rule"] for one in sender.rejected]) == (25, ["undecodable"])
    drain(made["id"], tenant)
    assert client.streams.get(made["id"])["rows"] == 25, "each once"
    client.streams.pause(made["id"])
    client.streams.delete(made["id"])


def tenant_of(made):
    from apps.streams.models import Stream
    from foundation.tenancy import every_tenant, scope

    for tenant in every_tenant():
        with scope(tenant.pk):
            if Stream.objects.filter(pk=made["id"]).exists():
                return tenant
    raise LookupError


def drain(stream_id, tenant):
    from foundation.tenancy import scope

    reading = services.take(tenant, stream_id)
    while reading.turn():
        pass
    reading.release()
    with scope(tenant.pk):
        reading.stream.refresh_from_db()


def test_a_stream_lives_its_whole_life_on_the_command_line(run, tmp_path):
    (made,) = run("stream", "create", "Taps", "--column", "n:whole!", "--column", "text:text")
    assert (made["state"], made["columns"][0]["required"]) == ("running", True)
    events = tmp_path / "events.jsonl"
    events.write_text('{"n": 1}\n\n{"n": "x"}\n{"n": 2, "text": "b"}\n')
    assert [row["type"] for row in run("stream", "suggest", str(events))] == ["nested", "text"]
    (pushed,) = run("stream", "push", "Taps", str(events))
    assert (pushed["accepted"], [one["index"] for one in pushed["rejected"]]) == (2, [1])
    drain(made["id"], tenant_of(made))
    assert run("stream", "show", "Taps")[0]["rows"] == 2
    assert run("stream", "quarantine", "Taps") == []
    assert run("stream", "edit", "Taps", "--cut", "day")[0]["cut"] == "day"
    assert run("stream", "pause", "Taps")[0]["state"] == "paused"
    assert "Taps" in [row["name"] for row in run("stream", "list")]
    run("stream", "delete", "Taps")
    assert "no stream" in run("stream", "show", "Taps", code=3)


def test_a_stream_is_said_by_its_name_among_what_the_sql_of_a_view_reads(sanad, run, client, tmp_path):
    """It is found, and told what is still to do before a view may follow it."""
    run("stream", "create", "Doors", "--column", "door:text!", "--column", "seen:time")
    client.features.entity("door", {"door": "text"})
    (tmp_path / "doors.sql").write_text("SELECT door, seen, 1 AS open FROM doors")
    words = ("--entity", "door", "--event-time", "seen", "--input")
    for named, told in (
        ("doors=stream:Doors", "Nobody has said yet what the columns"),
        ("doors=stream:Gates", "'Gates'"),
    ):
        code, _out, said = sanad("features", "define", "doors_seen", str(tmp_path / "doors.sql"), *words, named)
        assert (code != 0, told in said) == (True, True), said
