"""Streams under fire: the consumer is killed ten times, wherever it is, while events keep coming."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

from apps.connections import services as connections
from apps.datasets import services as datasets
from apps.projects import services as projects
from apps.streams import services
from apps.streams.services.marking import progress_of
from apps.streams.services.setting_aside import opened
from foundation import lake
from foundation.clock import now
from foundation.tenancy import scope
from tests.support.people import make_person, make_tenant
from tests.support.until import until

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
KILLS, POISON = 10, 97


@pytest.fixture
def acme(transactional_db):
    return make_tenant("acme", "Acme Trading")


@pytest.fixture
def stream(acme):
    actor = make_person(acme, "scientist")
    with scope(acme.pk):
        project = projects.create_project(actor=actor, slug="clicks", name="Clicks", purpose="Count clicks")
        dataset = datasets.create_dataset(actor=actor, project=project, name="Clicks")
        columns = [
            {"name": "n", "type": "whole", "required": True},
            {"name": "text", "type": "text"},
            {"name": "who", "type": "text", "tokenise": True},
        ]
        return services.create_stream(
            actor=actor, dataset=dataset, name="Clicks", now=now(), columns=columns, batch_rows=5000, batch_seconds=0.2
        )


class Consumers:
    """Processes that wait for each other's leases; `holder` is the one that took the stream last."""

    def __init__(self):
        from django.conf import settings

        here = str(settings.ROOT)
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([here, f"{here}/platform", f"{here}/platform/sdk"])}
        self.holder = None
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.streams_process"],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        self._ears = threading.Thread(target=self._listen)
        self._ears.start()

    def start(self):
        self._parent.stdin.write("one more\n")
        self._parent.stdin.flush()

    def _listen(self):
        newest = 0
        for line in self._parent.stdout:
            pid, attempt = map(int, line.split())
            # One that took so long that it lost its lease meanwhile may be heard after who followed it.
            if attempt > newest:
                self.holder, newest = pid, attempt

    def kill_holder(self):
        pid = self.holder
        os.kill(pid, signal.SIGKILL)  # wherever it is
        return pid

    def stop(self):
        os.killpg(self._parent.pid, signal.SIGKILL)
        self._parent.communicate()
        self._ears.join()


class Producer(threading.Thread):
    """Numbers without a gap; every so many one of them is no JSON."""

    def __init__(self, stream):
        super().__init__(daemon=True)
        self._tenant_id, self._key, self.sent, self._over = stream.tenant_id, stream.key, 0, threading.Event()

    def run(self):
        while not self._over.wait(0.06):
            some = range(self.sent, self.sent + 40)
            connections.push(self._tenant_id, self._key, [_event(n) for n in some], most_bytes=1 << 30)
            self.sent += len(some)

    def stop(self):
        self._over.set()
        self.join()


def _event(n):
    if n % POISON == 0:
        return b'{"n": %d, broken' % n
    return json.dumps({"n": n, "text": "x" * 100, "who": f"person {n % 7}"}).encode()


def _numbers(stream):
    tables = lake.for_tenant(stream.tenant_id)
    rows = tables.read(tables.current(stream.table), columns=["n", "who"]).read_all().to_pylist()
    aside = tables.read(tables.current(stream.quarantine)).read_all().to_pylist()
    with scope(stream.tenant_id):
        bodies = opened(stream.tenant_id, stream.pk, aside)
        tokens = [datasets.token_of(stream.tenant_id, f"person {n}") for n in range(7)]
    assert all(row["who"] == tokens[row["n"] % 7] for row in rows), "by whichever process it was made"
    assert not any(b"broken" in row["body"] for row in aside), "sealed"
    return [row["n"] for row in rows], [int(body.split(b" ")[1].rstrip(b",")) for body in bodies]


def _committed(stream):
    progress, _mark = progress_of(lake.for_tenant(stream.tenant_id), stream.table, stream.writer)
    return progress.rows + progress.quarantined


def test_a_consumer_killed_ten_times_loses_nothing_and_doubles_nothing(stream):
    """Others wait meanwhile, so that each one that is killed is followed at once."""
    producer, consumers, chance = Producer(stream), Consumers(), random.Random(11)
    for _ in range(3):
        consumers.start()
    producer.start()
    began, killed = time.monotonic(), None
    try:
        for _ in range(KILLS):
            until(lambda killed=killed: consumers.holder not in (None, killed), within_s=60)
            before = _committed(stream)
            until(lambda before=before: _committed(stream) > before, within_s=60)
            threading.Event().wait(chance.uniform(0, 0.3))
            killed = consumers.kill_holder()
            consumers.start()
        producer.stop()
        until(lambda: _committed(stream) == producer.sent, within_s=90)
    finally:
        producer.stop()
        consumers.stop()
    rows, aside = _numbers(stream)
    print(f"{producer.sent} events, {KILLS} kills in {time.monotonic() - began:.1f} s, {len(aside)} in quarantine")
    assert sorted(rows) == [n for n in range(producer.sent) if n % POISON], "each once"
    assert sorted(aside) == [n for n in range(producer.sent) if not n % POISON], "each once"
    with scope(stream.tenant_id):
        stream.refresh_from_db()
    assert stream.attempt > KILLS, "each kill is followed by another attempt"
