"""What was counted of periods may tell of few people: it goes with their rows, however late somebody writes it."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from apps.features import selectors, services
from apps.features.choices import FeatureKind
from apps.features.selectors.counting import Along
from apps.features.services import drifting
from foundation import storage
from foundation.errors import Unavailable
from tests.apps.features.stage import end_of_bin
from tests.apps.features.test_erasing import erase


def counted(thing, at, name):
    """As somebody looks at it whose page shows it; and what that page had in hand when it wrote."""
    where = Along(thing, at, "seen", name, FeatureKind.TEXT, "VARCHAR", {})
    drifting._tallied(where, "")
    assert len(kept_of(thing)) == 1
    return where, drifting._kept_of(where)


def kept_of(thing):
    return storage.list(thing.tenant_id, thing.drift_home)


@pytest.mark.django_db(transaction=True)
def test_an_erasure_leaves_nothing_of_what_was_counted(made, admin, project, run_jobs):
    view, training_set = made
    looks = [
        counted(view, selectors.view_table(view), "note"),
        counted(training_set, selectors.training_table(training_set), "note"),
    ]
    erase(admin, project)
    run_jobs()
    run_jobs()
    assert [kept_of(thing) for thing in made] == [[], []]
    for late in looks:
        drifting._keep(*late)
    assert [kept_of(thing) for thing in made] == [[], []]


@pytest.mark.django_db(transaction=True)
def test_what_is_put_before_the_rows_change_and_found_by_nobody_who_deletes_goes_as_well(made, monkeypatch):
    view, _training_set = made
    where, kept = counted(view, selectors.view_table(view), "note")
    put = storage.put

    def put_before_a_change(*args):
        put(*args)
        type(view).objects.filter(pk=view.pk).update(lake_snapshot=where.at.snapshot + 1)

    monkeypatch.setattr(storage, "put", put_before_a_change)
    drifting._keep(where, kept)
    assert kept_of(view) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lost", ["the database", "the store's answer"])
def test_what_was_put_goes_where_nobody_can_tell_whether_it_is_still_true(made, monkeypatch, lost):
    """As where the connection broke off while rows were counted, or the store took it and did not say so."""
    view, _training_set = made
    where, kept = counted(view, selectors.view_table(view), "note")
    put, is_same = storage.put, drifting._is_same

    def put_and_lose(*args):
        put(*args)
        monkeypatch.setattr(drifting, "_is_same", refuse if lost == "the database" else is_same)
        if lost == "the store's answer":
            type(view).objects.filter(pk=view.pk).update(lake_snapshot=where.at.snapshot + 1)
            raise Unavailable("It did not answer in time.")

    def refuse(_where):
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(storage, "put", put_and_lose)
    with pytest.raises(OperationalError) if lost == "the database" else nullcontext():
        drifting._keep(where, kept)
    assert kept_of(view) == []


@pytest.mark.django_db(transaction=True)
def test_who_is_slow_puts_nothing_in_the_place_of_what_is_true_by_now(made, monkeypatch):
    view, _training_set = made
    late = counted(view, selectors.view_table(view), "note")
    type(view).objects.filter(pk=view.pk).update(lake_snapshot=late[0].at.snapshot + 1)
    written = []
    monkeypatch.setattr(storage, "put", lambda *args: written.append(args))
    drifting._keep(*late)
    assert (written, len(kept_of(view))) == ([], 1)


@pytest.mark.django_db(transaction=True)
def test_nobody_who_changes_a_row_waits_for_the_page_that_counted_it(made):
    """What a request locks it holds until it has answered: it is one transaction."""
    view, _training_set = made
    look = counted(view, selectors.view_table(view), "note")
    with CaptureQueriesContext(connection) as asked:
        drifting._keep(*look)
    assert asked.captured_queries and not [one["sql"] for one in asked if " FOR " in one["sql"]]


@pytest.mark.django_db(transaction=True)
def test_a_removed_view_takes_what_was_counted_with_it(made, admin, run_jobs):
    view, _training_set = made
    late = counted(view, selectors.view_table(view), "note")
    services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view), break_chain=True)
    run_jobs()
    assert len(kept_of(view)) == 1, "it may come back out of the bin"
    assert end_of_bin() == 1
    run_jobs()
    assert kept_of(view) == []
    drifting._keep(*late)
    assert kept_of(view) == []


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_read_or_is_of_other_rows_is_counted_anew(made):
    view, _training_set = made
    where, kept = counted(view, selectors.view_table(view), "note")
    (key,) = kept_of(view)
    told = storage.read(view.tenant_id, key)
    storage.put(view.tenant_id, key, told.replace(b'"snapshot": ', b'"snapshot": 9'))
    assert drifting._kept_of(where).units == {}
    assert drifting._tallied(where, "") == kept.units[kept.natural]
    assert storage.read(view.tenant_id, key) == told
