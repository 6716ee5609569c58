"""The sequencer under fire: slow transactions, many writers, kill -9."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connections

from foundation import ledger
from foundation.identity import Actor
from foundation.ledger import signing, subscriptions
from foundation.ledger.loops import Sequencer
from foundation.ledger.models import LedgerEvent, LedgerPlace, PendingEvent, SubscriberCursor
from foundation.tenancy import scope
from tests.foundation.ledger.stage import DatasetArchived, archive
from tests.support.people import make_tenant

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
WRITERS = 64
EACH = 5
HOLD = float(os.environ.get("SANAD_CHAOS_HOLD", "3"))


@pytest.fixture(autouse=True)
def own_home(settings, tmp_path, monkeypatch):
    settings.LEDGER_SIGNING_KEY_FILE = tmp_path / "secrets" / "ledger-signing.pem"
    settings.LEDGER_ANCHOR_FOLDER = tmp_path / "anchors"
    monkeypatch.setenv("SANAD_HOME", str(tmp_path))
    signing.signing_key.cache_clear()


@pytest.fixture
def acme(transactional_db):
    return make_tenant("acme", "Acme Trading")


@contextmanager
def sequencers(count):
    """So many sequencers, each with loops and connections of its own."""
    running = [Sequencer() for _ in range(count)]

    def run(sequencer):
        sequencer.run()
        connections.close_all()

    threads = [threading.Thread(target=run, args=[sequencer]) for sequencer in running]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for sequencer in running:
            sequencer.stop()
        for thread in threads:
            thread.join(timeout=20)


def wait_until(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        threading.Event().wait(0.02)


def counted(tenant, model, **filters):
    with scope(tenant.pk):
        return model.objects.filter(tenant_id=tenant.pk, **filters).count()


def sequence_numbers(tenant):
    with scope(tenant.pk):
        return list(LedgerPlace.objects.filter(tenant_id=tenant.pk).order_by("seq").values_list("seq", flat=True))


def test_64_writers_of_whom_one_holds_its_transaction_leave_no_gap_no_fork_and_wait_for_nobody(acme):
    heard, slowest = [], []
    wrote, release = threading.Event(), threading.Event()
    start = threading.Barrier(WRITERS)
    ledger.subscribe("dataset.archived", name="test.chaos", handler=lambda event: heard.append((event.seq, event.id)))

    def hold():
        with scope(acme.pk):
            row = ledger.record(
                DatasetArchived(dataset_id=acme.pk), actor=Actor.system(acme), subject=("dataset", acme.pk)
            )
            wrote.set()
            start.wait(timeout=30)
            release.wait(timeout=HOLD + 60)
        connections.close_all()
        return row.pk

    def write(_number):
        start.wait(timeout=30)
        took = []
        for _ in range(EACH):
            began = time.monotonic()
            archive(acme)
            took.append(time.monotonic() - began)
        slowest.append(max(took))
        connections.close_all()

    others = (WRITERS - 1) * EACH
    try:
        with sequencers(2), ThreadPoolExecutor(WRITERS) as pool:
            held = pool.submit(hold)
            assert wrote.wait(timeout=30)
            began = time.monotonic()
            list(pool.map(write, range(WRITERS - 1)))
            wait_until(lambda: counted(acme, LedgerPlace) == others)
            wait_until(lambda: len(heard) == others)
            needed = time.monotonic() - began
            threading.Event().wait(max(0.0, HOLD - needed))
            assert counted(acme, LedgerEvent) == others, "the slow transaction is still open"
            release.set()
            late = held.result(timeout=30)
            wait_until(lambda: len(heard) == others + 1)
            wait_until(lambda: counted(acme, PendingEvent) == 0)
    finally:
        release.set()
        subscriptions.forget("test.chaos")

    print(f"{others} events placed and delivered in {needed:.2f} s, slowest write {max(slowest) * 1000:.0f} ms")
    assert needed < 15
    assert max(slowest) < 10
    assert sequence_numbers(acme) == list(range(1, others + 2))
    assert [seq for seq, _ in heard] == list(range(1, others + 2)), "each once, in order"
    assert heard[-1] == (others + 1, late), "what commits late comes last and is not skipped"
    result = ledger.verify_chain(acme)
    assert (result.whole, result.entries) == (True, others + 1)


@contextmanager
def process():
    started = subprocess.Popen([sys.executable, "-m", "tests.chaos.sequencer_process"], env=_environment())
    try:
        yield started
    finally:
        started.kill()
        started.wait(timeout=10)


def _environment():
    from django.conf import settings

    here = str(settings.ROOT)
    return {**os.environ, "PYTHONPATH": os.pathsep.join([here, f"{here}/platform", f"{here}/platform/sdk"])}


def test_a_sequencer_killed_in_the_middle_places_and_delivers_nothing_twice_and_skips_nothing(acme):
    total, kills = 200, 4
    for _ in range(total // 2):
        archive(acme)
    for kill in range(1, kills + 1):
        with process() as running:
            goal = kill * total // (kills * 2)
            wait_until(lambda goal=goal: counted(acme, LedgerEvent, kind="test.echoed") >= goal)
            running.kill()  # SIGKILL, wherever it is
        for _ in range(total // 2 // kills):
            archive(acme)
    with process():
        wait_until(lambda: counted(acme, LedgerEvent, kind="test.echoed") >= total, seconds=60)
        wait_until(lambda: counted(acme, PendingEvent) == 0)

    with scope(acme.pk):
        echoes = LedgerEvent.objects.filter(kind="test.echoed").values_list("payload__event_id", flat=True)
        recorded = LedgerEvent.objects.filter(kind="dataset.archived").values_list("pk", flat=True)
        assert Counter(echoes) == Counter(str(pk) for pk in recorded), "each heard exactly once"
        in_order = LedgerPlace.objects.filter(event__kind="dataset.archived").order_by("seq")
        answered = LedgerPlace.objects.filter(event__kind="test.echoed").order_by("seq")
        assert [str(p.event_id) for p in in_order] == [
            p.event.payload["event_id"] for p in answered.select_related("event")
        ]
        assert SubscriberCursor.objects.get(name="test.echo").attempts == 0
    assert sequence_numbers(acme) == list(range(1, 2 * total + 1))
    assert ledger.verify_chain(acme).whole


def test_a_sequencer_that_lost_its_connections_goes_on(acme):
    from tests.support.servers import owner_connection

    with sequencers(1):
        archive(acme)
        wait_until(lambda: counted(acme, LedgerPlace) == 1)
        with owner_connection("sanad") as owner:
            name = connections["default"].settings_dict["NAME"]
            _cut_all(owner, name)
        connections.close_all()
        archive(acme)
        wait_until(lambda: counted(acme, LedgerPlace) == 2)
    assert ledger.verify_chain(acme).whole


def _cut_all(_owner, name):
    import psycopg

    with psycopg.connect(os.environ["SANAD_TEST_SUPERUSER_URL"], autocommit=True) as superuser:
        superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            [name],
        )


def test_the_bell_wakes_the_sequencer_at_once(acme):
    with sequencers(1):
        archive(acme)
        wait_until(lambda: counted(acme, LedgerPlace) == 1)
        threading.Event().wait(0.3)  # it sleeps again
        took = []
        for count in range(2, 7):
            began = time.monotonic()
            archive(acme)
            wait_until(lambda count=count: counted(acme, LedgerPlace) == count)
            took.append(time.monotonic() - began)
            threading.Event().wait(0.2)
    print("record to place, seconds:", [round(value, 3) for value in took])
    assert sorted(took)[2] < 0.5, "far below the poll of one second"


def test_the_command_says_when_it_is_ready_and_ends_cleanly_on_sigterm(acme):
    from django.conf import settings

    command = [sys.executable, str(settings.ROOT / "manage.py"), "run_sequencer"]
    with subprocess.Popen(command, env=_environment(), stdout=subprocess.PIPE, text=True) as running:
        try:
            assert "ready" in running.stdout.readline()
            archive(acme)
            wait_until(lambda: counted(acme, LedgerPlace) == 1)
            running.terminate()
            assert running.wait(timeout=15) == 0
        finally:
            running.kill()
