"""Periodic tasks: every tick once, however many schedulers and bells there are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now

from foundation import jobs
from foundation.jobs import clockwork, registry
from foundation.jobs.adapters import broker
from foundation.jobs.models import Clockwork
from tests.foundation.jobs import probes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rung(monkeypatch):
    bells = []
    monkeypatch.setattr(broker, "ring", lambda name, queue, *given, expires=None: bells.append(given))
    monkeypatch.setattr(registry, "_periodic", {"probe.tick": registry._periodic["probe.tick"]})
    clockwork.wind_up()
    return bells


@pytest.fixture(autouse=True)
def heard():
    probes.HEARD.clear()
    return probes.HEARD


def test_two_schedulers_give_out_a_tick_once(rung):
    clockwork.give_out()
    clockwork.give_out()
    assert rung == [("probe.tick", "1")]


def test_the_next_tick_comes_when_it_is_due(rung):
    clockwork.give_out()
    Clockwork.objects.update(due_at=F("due_at") - timedelta(seconds=1))
    clockwork.give_out()
    assert rung == [("probe.tick", "1"), ("probe.tick", "2")]


def test_a_long_absence_is_not_made_up_for(rung):
    Clockwork.objects.update(due_at=Now() - timedelta(days=3))
    clockwork.give_out()
    clockwork.give_out()
    clockwork.give_out()
    assert len(rung) <= 2


def test_second_bell_of_a_tick_is_left_out(heard):
    clockwork.run("probe.tick", "1")
    clockwork.run("probe.tick", "1")
    assert heard == [("tick", None)]
    row = Clockwork.objects.get(name="probe.tick")
    assert (row.taken_tick, row.lease_until, row.failure) == (1, None, "")


def test_running_predecessor_keeps_the_next_tick_out(heard):
    Clockwork.objects.update(taken_tick=1, lease_until=Now() + timedelta(seconds=20))
    clockwork.run("probe.tick", "2")
    assert heard == []


def test_dead_predecessor_does_not(heard):
    Clockwork.objects.update(taken_tick=1, lease_until=Now() - timedelta(seconds=1))
    clockwork.run("probe.tick", "2")
    assert heard == [("tick", None)]


def test_failure_is_kept_and_the_next_tick_runs(heard, monkeypatch):
    from dataclasses import replace

    def breaks():
        raise ValueError("no luck")

    broken = replace(registry._periodic["probe.tick"], function=breaks)
    monkeypatch.setitem(registry._periodic, "probe.tick", broken)
    with pytest.raises(ValueError, match="no luck"):
        clockwork.run("probe.tick", "1")
    row = Clockwork.objects.get(name="probe.tick")
    assert row.failure == "ValueError: no luck"
    monkeypatch.setitem(registry._periodic, "probe.tick", replace(broken, function=probes.tick))
    clockwork.run("probe.tick", "2")
    assert heard == [("tick", None)]


def test_nothing_runs_more_often_than_once_a_second():
    with pytest.raises(ValueError, match="once a second"):
        jobs.periodic(name="probe.hasty", every=timedelta(milliseconds=200))(lambda: None)
