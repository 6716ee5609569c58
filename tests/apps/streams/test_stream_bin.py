"""A stream in the bin: it reads nothing and takes nothing, and comes back where it stopped."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from apps.connections.adapters.portal_broker import portal_broker_at
from apps.streams import selectors, services
from apps.streams.models import Stream
from apps.streams.services import reading
from apps.streams.services.consuming import running_of
from apps.tenants import selectors as tenant_selectors
from apps.tenants import services as tenants
from apps.tenants.models import BinnedThing
from foundation import lake, ledger
from foundation.clock import database_now, now
from foundation.errors import Conflict, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def binned(scientist, make_stream, put, drain):
    """A stream with a row, a quarantined event and one that waits, in the bin."""
    stream = make_stream()
    put(stream, {"n": 1}, b"broken")
    drain(stream)
    services.pause_stream(actor=scientist, stream=stream)
    put(stream, {"n": 2})
    return services.delete_stream(actor=scientist, stream=stream)


@pytest.fixture
def stream(binned):
    return Stream.everything.get(pk=binned.thing_id)


def kinds_of(stream):
    return [event.kind for event in ledger.events_of(subject=("stream", stream.pk))]


def test_it_reads_nothing_and_takes_nothing(scientist, api_as, tenant, stream):
    # Whatever it is told: the mark alone keeps it out.
    Stream.everything.update(state="running")
    assert running_of(tenant) == [] and reading.take(tenant, stream.pk) is None
    api = api_as(scientist)
    where = f"/api/v1/streams/{stream.pk}/"
    pushed = api.post(f"{where}events/", json.dumps([{"n": 3}]), content_type="application/json")
    assert (pushed.status_code, "is in the bin and takes no events" in pushed.json()["detail"]) == (409, True)
    for answer in (api.get(where), api.patch(where, {"cut": "hour"}, content_type="application/json")):
        assert answer.status_code == 404 and "is in the bin" in answer.json()["detail"]
    assert api.get("/api/v1/streams/").json()["results"] == []
    with pytest.raises(Conflict, match="deleted meanwhile"):
        services.resume_stream(actor=scientist, stream=stream)


def test_it_comes_back_where_it_stopped(scientist, binned, stream, make_stream, drain, rows_of, aside_of):
    taken = make_stream()
    with pytest.raises(Conflict, match="Rename or delete that one"):
        tenants.restore(actor=scientist, binned=binned)
    services.edit_stream(actor=scientist, stream=taken, name="Other clicks")
    restored = tenants.restore(actor=scientist, binned=binned)
    assert (restored.kind, restored.thing_id, restored.left_out) == ("stream", stream.pk, [])
    assert not BinnedThing.objects.exists()
    [back] = selectors.visible_streams(actor=scientist).filter(pk=stream.pk)
    assert (back.state, back.rows, back.quarantined) == ("paused", 1, 1)
    services.resume_stream(actor=scientist, stream=back)
    drain(back)
    assert rows_of(back, "n") == [1, 2] and len(aside_of(back)) == 1
    assert kinds_of(back)[:3] == ["stream.resumed", "stream.restored", "stream.deleted"]


def test_for_ever_what_it_set_aside_and_what_waits_goes(
    scientist, binned, stream, settings, rows_of, django_capture_on_commit_callbacks
):
    tables = lake.for_tenant(stream.tenant_id)
    assert selectors.quarantines_over(stream.tenant_id, [stream.pk]) == [], "it is kept while it lies in the bin"
    waiting = portal_broker_at(settings.REDIS_URL).lag(stream.key, {})
    assert waiting and tables.exists(stream.quarantine)
    with django_capture_on_commit_callbacks(execute=True):
        tenants.delete_for_ever(actor=scientist, binned=binned, confirmation="Clicks")
    assert not Stream.everything.exists() and not tables.exists(stream.quarantine)
    assert portal_broker_at(settings.REDIS_URL).lag(stream.key, {}) == 0
    assert rows_of(stream, "n") == [1] and kinds_of(stream)[0] == "stream.destroyed"


def test_under_a_legal_hold_the_clock_asks_again_a_day_later(officer, binned, stream, dataset):
    from apps.datasets import services as datasets

    datasets.place_hold(actor=officer, dataset=dataset, reason="Case 12/2026")
    over = binned.kept_until + timedelta(minutes=1)
    assert tenants.empty_due(now=over) == 0
    row = BinnedThing.objects.get()
    assert row.kept_until == over + timedelta(days=1) and Stream.everything.exists()


def test_it_is_seen_by_those_who_may_make_one_and_leaves_with_the_archive(
    admin, scientist, viewer, binned, stream, client_as, api_as
):
    assert [row.pk for row in tenant_selectors.binned_things(actor=scientist)] == [binned.pk]
    [row] = api_as(scientist).get("/api/v1/bin/").json()["results"]
    assert (row["kind"], row["project"]) == ("stream", str(stream.project_id))
    assert api_as(viewer).get("/api/v1/bin/").status_code == 403
    [(_path, parts)] = services.stream_part(admin)
    assert json.loads(b"".join(parts))[0]["binned_at"]


def test_its_pages(client_as, scientist, admin, viewer, project, binned, stream):
    home = "/t/acme/p/flights/data/bin/"
    browser = client_as(scientist)
    page = browser.get(home).content.decode()
    assert "Clicks" in page and f"{home}{binned.pk}/restore/" in page
    detail = browser.get(f"{home}{binned.pk}/").content.decode()
    assert "no event is read or taken" in detail and "Type Clicks to confirm" in detail
    wrong = browser.post(f"{home}{binned.pk}/", {"confirmation": "Click"})
    assert wrong.status_code == 422
    assert client_as(viewer).get(home).status_code == 403
    assert "Flights" in client_as(admin).get("/t/acme/settings/bin/").content.decode()
    restored = browser.post(f"{home}{binned.pk}/restore/")
    assert restored.headers["Location"] == f"/t/acme/p/flights/data/streams/{stream.pk}/"
    services.delete_stream(actor=scientist, stream=Stream.objects.get())
    again = BinnedThing.objects.get()
    settings_page = client_as(admin).post(f"/t/acme/settings/bin/{again.pk}/restore/")
    assert settings_page.headers["Location"] == f"/t/acme/p/flights/data/streams/{stream.pk}/"


def test_deleting_it_offers_to_take_it_back(client_as, scientist, make_stream):
    stream = services.pause_stream(actor=scientist, stream=make_stream())
    browser = client_as(scientist)
    said = browser.get(browser.post(f"/t/acme/p/flights/data/streams/{stream.pk}/delete/")["Location"]).content.decode()
    row = BinnedThing.objects.get()
    assert "is in the bin until" in said and f"/data/bin/{row.pk}/restore/" in said


def test_its_days_are_counted_and_the_project_takes_it_along(scientist, binned, project, settings):
    from apps.projects.services.rows import owned

    assert binned.kept_until - binned.deleted_at == timedelta(days=settings.SANAD_BIN_DAYS)
    assert BinnedThing in dict(owned())
    BinnedThing.objects.update(kept_until=database_now() - timedelta(seconds=1))
    with pytest.raises(NotFound):
        tenant_selectors.get_binned(actor=scientist, binned_id=binned.pk)
    assert tenants.empty_due(now=now()) == 1 and not Stream.everything.exists()
