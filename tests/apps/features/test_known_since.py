"""Whoever asks for features of the past and opts out of when values became known is on record, and readers are told."""

from __future__ import annotations

import pytest

from apps.features import services
from apps.features.choices import BuildState
from foundation import ledger

CORRECTED = b"""carrier,moment,told,delay
AA,2013-01-04 00:00:00,2013-01-04 06:00:00,4
AA,2013-01-04 00:00:00,2013-01-20 06:00:00,40
"""
SAID = "Corrections are seen early here"


@pytest.fixture
def corrected(define, carrier, ingested, scientist, project, run_jobs):
    """A view whose only event was corrected sixteen days later."""
    view = services.define_view(
        actor=scientist,
        project=project,
        entity=carrier,
        name="corrected",
        sql="SELECT carrier, moment, told, delay FROM delays",
        inputs={"delays": ingested("corrected.csv", CORRECTED).pk},
        event_time="moment",
        created_column="told",
    )
    run_jobs()
    view.refresh_from_db()
    assert view.state == BuildState.READY, view.failure
    return view


@pytest.fixture
def ask(corrected, flights, scientist, project, run_jobs):
    """Features of the past for all flights; with the words of whoever opts out, or without."""

    def asking(**words):
        row = services.ask_for_history(
            actor=scientist,
            project=project,
            features=["corrected:delay"],
            base_version_id=flights.pk,
            event_time="moment",
            **words,
        )
        run_jobs()
        row.refresh_from_db()
        assert row.state == BuildState.READY, row.failure
        return row

    return asking


def on_record(row):
    (asked,) = [event for event in ledger.events_of(subject=("retrieval", row.pk)) if event.kind == "retrieval.asked"]
    return asked.payload["ignores_known_since"]


def test_an_opt_out_is_on_the_ledger_and_on_the_page_with_what_it_let_in(ask, client_as, scientist):
    early, usual = ask(ignore_known_since=True), ask()
    assert (on_record(early), on_record(usual)) == (True, False)
    # Of the flights from the sixth on, which are the only ones that see anything, until the correction was known.
    assert (early.leakage_proof["early"], usual.leakage_proof["early"]) == (16, 0)
    client = client_as(scientist)
    shown, plain = (
        client.get(f"/t/acme/p/flights/features/history/{row.pk}/").content.decode() for row in (early, usual)
    )
    assert SAID in shown and "16 values were not known yet at their row" in shown
    assert "16 seen early" in shown and "Nothing leaked" not in shown
    assert SAID not in plain and "Nothing leaked" in plain
    listed = client.get("/t/acme/p/flights/features/", {"show": "history"}).content.decode()
    assert listed.count("Corrections early") == 1


def test_where_no_value_was_told_later_there_is_nothing_to_opt_out_of(view, flights, scientist, project):
    row = services.ask_for_history(
        actor=scientist,
        project=project,
        features=["carrier_delay:recent_delay"],
        base_version_id=flights.pk,
        event_time="moment",
        ignore_known_since=True,
    )
    assert (row.ignores_known_since, on_record(row)) == (False, False)
