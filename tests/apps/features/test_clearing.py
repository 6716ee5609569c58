"""What failed or was cancelled is cleared away: it leaves every list, and no other takes its number."""

from __future__ import annotations

import pytest

from apps.features import selectors, services
from apps.features.choices import BuildState
from apps.features.models import Feature
from apps.projects import services as projects
from apps.tenants import services as tenants
from apps.tenants.models import BinnedThing
from foundation.access import ProjectArchived
from foundation.errors import AccessDenied, Conflict
from foundation.ledger.models import LedgerEvent
from tests.apps.features import stage
from tests.apps.features.stage import deliver_events, end_of_bin

LIST = "/t/acme/p/flights/features/"
IN_BIN = ["training_set.binned", "training_set.restored", "training_set.removed"]


def test_a_view_that_could_not_be_computed_goes_from_lists_and_sentences(
    view, define, carrier, ingested, run_jobs, admin, scientist, project, client_as, api_as
):
    empty = stage.SQL + " WHERE delay > 1000"
    failed = define.view(carrier, view.name, empty, event_time="moment", delays=ingested("more.csv", stage.DELAYS))
    run_jobs()
    failed.refresh_from_db()
    assert (failed.state, failed.number) == (BuildState.FAILED, 2)
    deliver_events()
    assert Feature.objects.filter(view=failed).exists()
    page = "/t/acme/p/flights/features/"
    assert "One feature view could not be computed" in client_as(scientist).get(page).content.decode()
    with pytest.raises(AccessDenied, match="Only an administrator"):
        services.ask_to_remove_view(actor=scientist, view=failed, confirmation=str(failed))

    assert "Remove…" in client_as(admin).get(f"{page}views/{failed.pk}/").content.decode()
    services.ask_to_remove_view(actor=admin, view=failed, confirmation=str(failed))
    assert end_of_bin() == 1
    run_jobs()
    failed.refresh_from_db()

    deliver_events()
    assert (failed.state, failed.failure) == (BuildState.DESTROYED, "")
    assert not Feature.objects.filter(view=failed).exists()
    assert Feature.objects.filter(view=view, current=True).exists()
    shown = client_as(scientist).get(f"{page}?show=views").content.decode()
    assert "could not be computed" not in shown and "carrier_delay" in shown
    assert "is newer" not in client_as(scientist).get(f"{page}views/{view.pk}/").content.decode()
    rows = api_as(scientist).get("/api/v1/feature-views/?project=flights").json()["results"]
    assert [row["number"] for row in rows] == [1]
    newest = selectors.visible_views(actor=scientist, project_id=project.pk, newest_only=True)
    assert [row.number for row in newest] == [1]
    assert "It never had rows." in client_as(scientist).get(f"{page}views/{failed.pk}/").content.decode()
    again = define.view(carrier, view.name, empty, event_time="moment", delays=ingested("most.csv", stage.DELAYS))
    assert again.number == 3


def test_a_training_set_that_failed_goes_and_one_that_is_ready_stays(
    define, flights, run_jobs, admin, scientist, client_as, api_as
):
    made = define.training_set(flights, "lateness", event_time="moment", features=["carrier"])
    failed = define.training_set(
        flights, "lateness", event_time="moment", features=["carrier"], window_start=stage.LONG_AFTER
    )
    run_jobs()
    failed.refresh_from_db()
    assert (failed.state, failed.number) == (BuildState.FAILED, 2)
    with pytest.raises(Conflict, match="one that failed or was cancelled can be removed"):
        services.ask_to_remove_training_set(actor=admin, training_set=made)
    path = f"/api/v1/training-sets/{failed.pk}/remove/"
    assert api_as(scientist).post(path).status_code == 403
    here = f"/t/acme/p/flights/features/training-sets/{failed.pk}/"
    assert "Remove this version" not in client_as(scientist).get(here).content.decode()
    assert "Remove this version" in client_as(admin).get(here).content.decode()

    assert client_as(admin).post(f"{here}remove/").status_code == 303
    failed.refresh_from_db()
    assert failed.state == BuildState.BINNED
    binned = client_as(scientist).get(here).content.decode()
    assert "moved it into the bin" in binned and "Remove this version" not in binned
    assert str(failed.pk) not in client_as(scientist).get(f"{LIST}?show=sets").content.decode()
    tenants.restore(actor=admin, binned=BinnedThing.objects.get())
    failed.refresh_from_db()
    assert (failed.state, failed.binned_from) == (BuildState.FAILED, "")
    assert str(failed.pk) in client_as(scientist).get(f"{LIST}?show=sets").content.decode()
    assert api_as(admin).post(path).json()["state"] == "binned"
    assert end_of_bin() == 1
    run_jobs()
    failed.refresh_from_db()

    assert (failed.state, failed.failure) == (BuildState.DESTROYED, "")
    said = LedgerEvent.objects.filter(subject_id=failed.pk, kind__in=IN_BIN).values_list("kind", flat=True)
    assert sorted(said) == [
        "training_set.binned",
        "training_set.binned",
        "training_set.removed",
        "training_set.restored",
    ]
    rows = api_as(scientist).get("/api/v1/training-sets/?project=flights").json()["results"]
    assert [row["number"] for row in rows] == [1]
    listed = client_as(scientist).get(f"{LIST}?show=sets").content.decode()
    assert str(failed.pk) not in listed and str(made.pk) in listed
    assert define.training_set(flights, "lateness", event_time="moment", features=["carrier"]).number == 3


def test_none_comes_back_into_a_project_that_was_archived_meanwhile(define, flights, project, run_jobs, admin):
    words = {"event_time": "moment", "features": ["carrier"], "window_start": stage.LONG_AFTER}
    failed = define.training_set(flights, "lateness", **words)
    run_jobs()
    services.ask_to_remove_training_set(actor=admin, training_set=failed)
    projects.archive_project(actor=admin, project=project)
    with pytest.raises(ProjectArchived):
        tenants.restore(actor=admin, binned=BinnedThing.objects.get())
    failed.refresh_from_db()
    assert failed.state == BuildState.BINNED


def test_what_holds_keys_is_learned_from_only_where_somebody_asks_for_it(define, view, flights, client_as, scientist):
    words = {"event_time": "moment", "views": [{"view": view.pk}]}
    left = define.training_set(flights, "unsaid", **words)
    named = define.training_set(flights, "said", features=["carrier"], **words)
    alone = define.training_set(flights, "alone", event_time="moment")
    assert (left.base_features, named.base_features, alone.base_features) == ([], ["carrier"], ["carrier"])
    form = client_as(scientist).get(f"/t/acme/p/flights/features/training-sets/new/?base={flights.pk}").context["form"]
    assert "carrier" in dict(form.fields["features"].choices) and "carrier" not in form["features"].value()
