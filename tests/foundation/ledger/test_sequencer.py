"""Places and deliveries: no gap, no fork, nothing twice, nothing lost."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from foundation import ledger
from foundation.clock import database_now
from foundation.errors import AccessDenied, Conflict, NotFound, Unavailable
from foundation.identity import Actor
from foundation.ledger import publisher, subscriptions
from foundation.ledger.canonical import NO_PREVIOUS
from foundation.ledger.errors import LedgerMisuse
from foundation.ledger.models import LedgerHead, LedgerPlace, ParkedEvent, PendingEvent, SubscriberCursor
from foundation.tenancy import current_tenant_id, scope
from tests.foundation.ledger.stage import RunQueued, archive, grow, places


@pytest.fixture
def subscribe():
    names = []

    def subscribe(kind, name, handler):
        ledger.subscribe(kind, name=name, handler=handler)
        names.append(name)

    yield subscribe
    for name in names:
        subscriptions.forget(name)


@pytest.fixture
def published(monkeypatch):
    heard = []
    monkeypatch.setattr(publisher, "_listeners", [heard.append])
    return heard


def test_events_get_places_in_the_order_in_which_they_were_written(tenant, published):
    written = [archive(tenant).pk for _ in range(5)]

    assert ledger.sequence_once() == 5
    found = places(tenant)
    assert [place.event_id for place in found] == written
    assert [place.seq for place in found] == [1, 2, 3, 4, 5]
    assert [place.previous_hash for place in found] == [NO_PREVIOUS, *(place.hash for place in found[:-1])]
    assert not PendingEvent.objects.exists()
    assert [event.seq for event in published] == [1, 2, 3, 4, 5]
    assert ledger.sequence_once() == 0


def test_each_tenant_has_a_chain_of_its_own(tenant, other_tenant):
    archive(tenant), archive(other_tenant), archive(tenant)
    assert ledger.sequence_once() == 3
    assert [place.seq for place in places(tenant)] == [1, 2]
    assert [place.seq for place in places(other_tenant)] == [1]


def test_many_events_are_placed_in_batches(tenant, monkeypatch):
    monkeypatch.setattr("foundation.ledger.sequencing.BATCH", 2)
    for _ in range(5):
        archive(tenant)
    assert ledger.sequence_once() == 5
    assert ledger.verify_chain(tenant).entries == 5


def test_a_listener_that_fails_stops_nothing(tenant, monkeypatch, caplog):
    heard = []
    monkeypatch.setattr(publisher, "_listeners", [lambda event: 1 / 0, heard.append])
    archive(tenant)
    assert ledger.sequence_once() == 1
    assert [event.seq for event in heard] == [1]
    assert "missed a ledger event" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_nothing_is_added_to_a_chain_whose_end_was_cut(acme, intruder):
    grow(acme, 3)
    intruder.execute("DELETE FROM ledger_ledgerplace WHERE seq = 3")
    archive(acme)

    assert ledger.sequence_once() == 0
    with scope(acme.pk):
        head = LedgerHead.objects.get()
        assert "should end at entry 3" in head.broken
        assert head.broken_since is not None
        assert PendingEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_broken_chain_keeps_no_other_tenant_waiting(acme, intruder):
    from tests.support.people import make_tenant

    other = make_tenant("other", "Other")
    grow(acme, 2)
    intruder.execute("UPDATE ledger_ledgerplace SET hash = %s WHERE seq = 2", ["00" * 32])
    archive(acme), archive(other)
    assert ledger.sequence_once() == 1
    assert len(places(other)) == 1


def test_a_subscriber_hears_its_kind_once_in_order_and_in_scope(tenant, subscribe):
    heard = []
    subscribe(
        "dataset.archived",
        "test.hears",
        lambda event: heard.append((event.seq, event.payload["rows"], current_tenant_id())),
    )
    for rows in (1, 2):
        archive(tenant, rows=rows)
    run_id = uuid4()
    ledger.record(RunQueued(run_id=run_id), actor=Actor.system(tenant), subject=("run", run_id))
    ledger.sequence_once()

    assert ledger.dispatch_once() == 2
    assert heard == [(1, 1, tenant.pk), (2, 2, tenant.pk)]
    assert ledger.dispatch_once() == 0
    assert SubscriberCursor.objects.get(name="test.hears").position == 3


def test_one_name_may_hear_several_kinds_in_their_common_order(tenant, subscribe):
    heard = []
    subscribe("dataset.archived", "test.both", heard.append)
    subscribe("run.queued", "test.both", heard.append)
    run_id = uuid4()
    archive(tenant)
    ledger.record(RunQueued(run_id=run_id), actor=Actor.system(tenant), subject=("run", run_id))
    archive(tenant)
    ledger.sequence_once()
    assert ledger.dispatch_once() == 3
    assert [event.kind for event in heard] == ["dataset.archived", "run.queued", "dataset.archived"]
    assert heard[1].subject == ("run", run_id)
    assert heard[1].system("test").kind == "system"


def test_two_handlers_cannot_share_a_name_and_kind(subscribe):
    subscribe("dataset.archived", "test.twice", lambda event: None)
    with pytest.raises(LedgerMisuse, match="already has a handler"):
        ledger.subscribe("dataset.archived", name="test.twice", handler=lambda event: None)
    with pytest.raises(LedgerMisuse, match="no name of a subscriber"):
        ledger.subscribe("dataset.archived", name="Two Words", handler=lambda event: None)


def test_what_a_failing_handler_wrote_is_undone_and_it_is_tried_again(tenant, subscribe):
    failing = [True]

    def handler(event):
        archive(tenant, rows=99)
        if failing:
            raise RuntimeError("scientist@acme.test")

    subscribe("dataset.archived", "test.fails", lambda event: handler(event) if event.payload["rows"] != 99 else None)
    archive(tenant)
    ledger.sequence_once()

    assert ledger.dispatch_once() == 0
    cursor = SubscriberCursor.objects.get()
    assert (cursor.position, cursor.attempts, cursor.last_error) == (0, 1, "builtins.RuntimeError")
    assert cursor.failing_since is not None
    assert cursor.next_attempt_at > database_now()
    assert PendingEvent.objects.count() == 0
    assert ledger.dispatch_once() == 0, "its pause is not over"

    failing.clear()
    SubscriberCursor.objects.update(next_attempt_at=database_now() - timedelta(seconds=1))
    assert ledger.dispatch_once() == 1
    cursor.refresh_from_db()
    assert (cursor.position, cursor.attempts, cursor.last_error, cursor.failing_since) == (1, 0, "", None)
    assert PendingEvent.objects.count() == 1


def test_a_handler_that_breaks_its_transaction_is_noted_with_its_own_error(tenant, subscribe):
    def handler(event):
        LedgerPlace.objects.filter(pk=event.id).delete()

    subscribe("dataset.archived", "test.breaks", handler)
    archive(tenant)
    ledger.sequence_once()
    ledger.dispatch_once()
    assert SubscriberCursor.objects.get().last_error == "django.db.utils.IntegrityError"


def test_one_failing_subscriber_stops_no_other(tenant, subscribe):
    heard = []
    subscribe("dataset.archived", "test.a", lambda event: 1 / 0)
    subscribe("dataset.archived", "test.b", heard.append)
    archive(tenant), archive(tenant)
    ledger.sequence_once()
    assert ledger.dispatch_once() == 2
    assert len(heard) == 2
    assert SubscriberCursor.objects.get(name="test.a").position == 0


@pytest.fixture
def parked(tenant, subscribe, settings):
    """An event that its subscriber refused twice; `refuse.clear()` mends the subscriber."""
    settings.LEDGER_DELIVERY_ATTEMPTS = 2
    refuse, heard = [True], []

    def handler(event):
        if refuse and event.seq == 1:
            raise RuntimeError
        heard.append(event.seq)

    subscribe("dataset.archived", "test.parks", handler)
    archive(tenant), archive(tenant)
    ledger.sequence_once()
    ledger.dispatch_once()
    SubscriberCursor.objects.update(next_attempt_at=None)
    ledger.dispatch_once()
    return refuse, heard


def test_a_poison_event_is_parked_in_sight_and_the_subscriber_goes_on(parked, tenant, officer):
    ledger.dispatch_once()
    _refuse, heard = parked
    [row] = ledger.parked(actor=officer)
    assert heard == [2]
    assert (row.subscriber, row.attempts, row.last_error) == ("test.parks", 2, "builtins.RuntimeError")
    ledger.sequence_once()
    assert [event.kind for event in ledger.events_of(subject=("tenant", tenant.pk))] == ["ledger.event_parked"]


def test_a_parked_event_is_replayed_once_its_cause_is_mended(parked, admin, tenant):
    refuse, heard = parked
    [row] = ledger.parked(actor=admin)
    with pytest.raises(Unavailable, match="failed again"):
        ledger.replay_parked(actor=admin, parked_id=row.pk)
    assert ledger.parked(actor=admin)

    refuse.clear()
    ledger.replay_parked(actor=admin, parked_id=row.pk)
    assert heard == [1]
    assert ledger.parked(actor=admin) == []
    with pytest.raises(Conflict, match="already"):
        ledger.replay_parked(actor=admin, parked_id=row.pk)
    assert ledger.events_of(subject=("tenant", tenant.pk))[0].kind == "ledger.event_replayed"


def test_who_may_see_and_replay_what_is_parked(parked, scientist, viewer, admin, other_scientist):
    [row] = ParkedEvent.objects.all()
    with pytest.raises(AccessDenied):
        ledger.parked(actor=viewer)
    with pytest.raises(AccessDenied):
        ledger.replay_parked(actor=scientist, parked_id=row.pk)
    assert ledger.parked(actor=other_scientist) == []
    with pytest.raises(NotFound):
        ledger.replay_parked(actor=admin, parked_id=uuid4())


def test_an_event_whose_subscriber_is_gone_says_so(parked, admin):
    [row] = ledger.parked(actor=admin)
    subscriptions.forget("test.parks")
    with pytest.raises(Conflict, match="not installed"):
        ledger.replay_parked(actor=admin, parked_id=row.pk)


def test_delivery_state_shows_who_is_behind_and_why(parked, officer):
    archive(officer.tenant)
    ledger.sequence_once()
    [state] = ledger.delivery_state(officer)
    assert (state.subscriber, state.behind, state.attempts) == ("test.parks", 3, 0)


@pytest.mark.django_db(transaction=True)
def test_a_cursor_held_by_another_process_is_left_to_it(acme, subscribe):
    import threading

    from django.db import connections

    heard = []
    subscribe("dataset.archived", "test.held", heard.append)
    grow(acme, 2)
    with scope(acme.pk):
        SubscriberCursor.objects.create(tenant=acme, name="test.held")
    with transaction.atomic(), scope(acme.pk):
        SubscriberCursor.objects.select_for_update().get()

        def other():
            assert ledger.dispatch_once() == 0
            connections.close_all()

        thread = threading.Thread(target=other)
        thread.start()
        thread.join(timeout=10)
        assert not thread.is_alive()
    assert heard == []
    assert ledger.dispatch_once() == 2
