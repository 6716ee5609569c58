"""A legal hold: nobody destroys what is held, whichever way they come, until it ends."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from apps.datasets import selectors, services
from apps.datasets.choices import VersionState
from apps.datasets.models import LegalHold
from apps.projects import services as projects
from apps.tenants import services as tenants
from foundation import ledger
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid

CSV = b"id,who\n" + b"".join(b"%d,person-%d\n" % (n, n % 7) for n in range(30))
JSON = "application/json"


def held(officer, one, **words):
    return services.place_hold(
        actor=officer, dataset=one.dataset, **{"version": one, "reason": "Case 12/2026", **words}
    )


def test_every_way_to_its_end_is_closed_until_it_is_released(
    written, officer, admin, scientist, project, run_jobs, tenant
):
    version, other = written("a.csv", CSV), written("b.csv", CSV)
    hold = held(officer, version)
    project.archived_at = now()
    project.save()
    ways = {
        "destroy": lambda: services.ask_to_destroy(actor=admin, version=version, confirmation=str(version)),
        "erase": lambda: services.erase_person(actor=admin, project=project, column="who", value="person-1"),
        "delete the project": lambda: projects.ask_to_delete(actor=admin, project=project, confirmation=project.slug),
        "delete the tenant": lambda: tenants.ask_to_leave(actor=admin, confirmation=tenant.slug),
    }
    for name, act in ways.items():
        with pytest.raises(Conflict, match=r"nder legal hold.*a\.csv v1") as refusal:
            act()
        assert "b.csv" not in refusal.value.sentence, name
    project.archived_at = None
    project.save()
    services.ask_to_destroy(actor=admin, version=other, confirmation=str(other))
    with pytest.raises(Invalid, match="Say why the hold is released"):
        services.release_hold(actor=officer, hold=hold, reason=" ")
    services.release_hold(actor=officer, hold=hold, reason="Case closed")
    with pytest.raises(Conflict, match="ended already"):
        services.release_hold(actor=officer, hold=hold, reason="Again")
    services.ask_to_destroy(actor=admin, version=version, confirmation=str(version))
    run_jobs()
    version.refresh_from_db()
    assert version.state == VersionState.DESTROYED
    ledger.sequence_once()
    entries = ledger.entries_about(tenant_id=tenant.pk, subjects=[("dataset_version", version.pk)])
    said = [e.event.kind for e in entries if "hold" in e.event.kind]
    assert sorted(said) == ["dataset.hold_placed", "dataset.hold_released"]
    with pytest.raises(Conflict, match="no rows to hold"):
        held(officer, version)


def test_a_whole_dataset_is_held_with_what_comes_later_and_a_day_ends_it(written, officer, admin):
    first = written("a.csv", CSV)
    hold = held(officer, first, version=None, until=now().date() + timedelta(days=3))
    later = written("a.csv", CSV, dataset=first.dataset)
    for version in (first, later):
        with pytest.raises(Conflict, match="Under legal hold"):
            services.ask_to_destroy(actor=admin, version=version, confirmation=str(version))
    LegalHold.objects.filter(pk=hold.pk).update(until=now().date() - timedelta(days=1))
    assert selectors.holds_on(later) == []
    services.ask_to_destroy(actor=admin, version=later, confirmation=str(later))


def test_one_that_waits_for_review_is_not_discarded(ingested, officer, scientist):
    version = ingested("a.csv", CSV, review=True)
    held(officer, version)
    with pytest.raises(Conflict, match="Under legal hold"):
        services.discard_version(actor=scientist, version=version)


def test_who_may_and_what_has_to_be_said(written, officer, scientist, viewer):
    version = written("a.csv", CSV)
    for actor in (scientist, viewer):
        with pytest.raises(AccessDenied, match="Only a compliance officer"):
            held(actor, version)
    with pytest.raises(Invalid, match="Say why"):
        held(officer, version, reason=" ")
    with pytest.raises(Invalid, match="This day is over"):
        held(officer, version, until=now().date() - timedelta(days=1))
    assert not LegalHold.objects.exists()


def test_the_page_and_programs_do_the_same(written, officer, scientist, client_as, api_as):
    by_page, by_rest = written("a.csv", CSV), written("b.csv", CSV)
    page, api = client_as(officer), api_as(officer)
    where = f"/t/acme/p/flights/data/versions/{by_page.pk}/"
    assert "Legal hold…" in page.get(where).content.decode()
    assert page.post(f"{where}hold/", {"reach": "version", "reason": ""}).status_code == 422
    assert page.post(f"{where}hold/", {"reach": "version", "reason": "Case 7"}).status_code == 303
    shown = client_as(scientist).get(where).content.decode()
    assert "a.csv v1 is under legal hold" in shown
    assert "Case 7" in shown
    assert "Legal hold…" not in shown
    answer = api.post(
        "/api/v1/legal-holds/", json.dumps({"version": str(by_rest.pk), "reason": "Case 8"}), content_type=JSON
    )
    assert (answer.status_code, answer.json()["in_force"]) == (201, True), answer.content
    assert len(api.get("/api/v1/legal-holds/?project=flights").json()["results"]) == 2
    assert api.get(f"/api/v1/dataset-versions/{by_rest.pk}/").json()["held"] is True
    released = api.post(
        f"/api/v1/legal-holds/{answer.json()['id']}/release/", json.dumps({"reason": "Over"}), content_type=JSON
    )
    assert (released.status_code, released.json()["in_force"]) == (200, False)
    hold = selectors.holds_on(by_page)[0]
    release = f"/t/acme/p/flights/data/holds/{hold.pk}/release/"
    assert "Case 7" in page.get(release).content.decode()
    assert page.post(release, {"reason": "Over"}).status_code == 303
    assert selectors.holds_on(by_page) == []
