"""A version of a view that was removed lies in the bin: nobody uses it, it comes back as it was, or ends there."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from apps.dashboards import selectors as dashboards
from apps.datasets import services as dataset_services
from apps.features import selectors, services
from apps.features.choices import BuildState
from apps.features.errors import DefinitionRefused
from apps.features.models import Feature, FeatureView
from apps.features.services.erasing import ViewReach
from apps.features.services.online import online_view
from apps.tenants import selectors as tenant_selectors
from apps.tenants import services as tenants
from apps.tenants.models import BinnedThing
from foundation import jobs, lake, ledger
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, NotFound
from foundation.jobs.models import Job
from tests.apps.features import stage
from tests.apps.features.stage import PERSON, deliver_events, end_of_bin
from tests.apps.features.test_erasing import online_keys
from tests.foundation.storage.test_shredding import everything_on_disk, holding

HERE = "/t/acme/p/flights/features/"


def kinds_of(view):
    return [event.kind for event in ledger.events_of(subject=("feature_view", view.pk))]


@pytest.fixture
def binned(view, admin, run_jobs):
    """The view's row in the bin; its values are offline."""
    services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view))
    run_jobs()
    view.refresh_from_db()
    return BinnedThing.objects.get(thing_id=view.pk)


def test_nobody_reads_joins_chooses_or_materialises_it(binned, view, flights, define, scientist, project, api_as):
    assert (view.state, view.online_at, online_keys(view)) == (BuildState.BINNED, None, [])
    assert f"fv_{view.pk.hex}" in lake.for_tenant(view.tenant_id).sizes(), "its rows wait for whoever restores it"
    asked = {"view_ids": [view.pk], "entities": [{"carrier": "AA"}]}
    with pytest.raises(Conflict, match="It lies in the bin"):
        services.read_online(actor=scientist, **asked)
    with pytest.raises(Conflict, match="It lies in the bin"):
        services.request_materialisation(actor=scientist, view_id=view.pk)
    with pytest.raises(DefinitionRefused, match="In the bin; only a ready view can be joined"):
        define.training_set(flights, "late", event_time="moment", views=[{"view": view.pk}])
    with pytest.raises(DefinitionRefused, match="is In the bin"):
        services.define_service(actor=scientist, project=project, name="s", views=[{"view": view.pk}])
    with pytest.raises(DefinitionRefused):
        asked = {"features": ["carrier_delay:*"], "event_time": "moment", "base_version_id": flights.pk}
        services.ask_for_history(actor=scientist, project=project, **asked)
    deliver_events()
    assert not selectors.visible_features(actor=scientist, every_version=True).exists()
    assert api_as(scientist).get("/api/v1/feature-views/?project=flights").json()["results"] == []
    assert not selectors.visible_views(actor=scientist, newest_only=True).exists()
    assert api_as(scientist).get(f"/api/v1/feature-views/{view.pk}/").json()["state"] == "binned"
    assert dashboards.search(actor=scientist, words="carrier_delay") == []


def test_its_number_is_not_given_again(binned, view, define, carrier, ingested):
    again = define.view(carrier, view.name, stage.SQL, event_time="moment", delays=ingested("d.csv", stage.DELAYS))
    assert again.number == 2


def test_its_end_leaves_the_version_before_it_the_newest(view, define, carrier, admin, scientist, project, run_jobs):
    """In lists, in forms and in the file, as while it lay in the bin: a file that was written makes it not anew."""
    inputs = {alias: UUID(pk) for alias, pk in view.inputs.items()}
    words = {"sql": f"{stage.SQL} WHERE true", "event_time": "moment", "inputs": inputs}
    after = services.define_view(actor=scientist, project=project, entity=carrier, name=view.name, **words)
    run_jobs()
    after.refresh_from_db()
    services.ask_to_remove_view(actor=admin, view=after, confirmation=str(after))
    run_jobs()
    in_bin = services.definitions_text(actor=scientist, project=project)
    for end in (end_of_bin, run_jobs):  # its end is asked for, then its rows are gone
        end()
        assert [one.number for one in selectors.visible_views(actor=scientist, newest_only=True)] == [view.number]
        assert services.definitions_text(actor=scientist, project=project) == in_bin
    after.refresh_from_db()
    assert (after.state, "WHERE true" in in_bin) == (BuildState.DESTROYED, False)
    assert services.plan_definitions(actor=scientist, project=project, text=in_bin).changes == []


def test_it_comes_back_as_it_was_with_its_values_online(binned, view, admin, scientist, run_jobs):
    deliver_events()
    Feature.objects.filter(view=view).update(description="How late of late")
    with pytest.raises(NotFound):
        tenant_selectors.get_binned(actor=scientist, binned_id=binned.pk)
    with pytest.raises(AccessDenied):
        tenants.restore(actor=scientist, binned=binned)
    assert tenants.restore(actor=admin, binned=binned).left_out == []
    run_jobs()
    view.refresh_from_db()
    assert (view.state, view.binned_from, view.removed_by_id, view.online_keys) == (BuildState.READY, "", None, 2)
    [found] = services.read_online(actor=scientist, view_ids=[view.pk], entities=[{"carrier": "AA"}])
    assert (found["features"]["recent_delay"], found["missing"]) == (50, [])
    deliver_events()
    [feature] = selectors.visible_features(actor=scientist)
    assert (feature.view_id, feature.current, feature.description) == (view.pk, True, "How late of late")
    assert kinds_of(view)[:2] == ["feature_view.materialised", "feature_view.restored"]
    assert not BinnedThing.objects.exists()


def test_restored_before_its_values_went_offline_it_keeps_them(view, admin, run_jobs):
    services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view))
    tenants.restore(actor=admin, binned=BinnedThing.objects.get())
    run_jobs()
    view.refresh_from_db()
    assert view.online_at is not None and len(online_keys(view)) == 2


def test_its_rows_outlive_the_upkeep_of_the_lake(binned, view, admin):
    named = selectors.view_tables_named(view.tenant_id)
    assert f"fv_{view.pk.hex}" in {at.table for at in named}
    assert selectors.views_over(view.tenant_id, [view.pk]) == []
    assert view.pk in {one.thing_id for one in services.tables_measured(view.tenant)}, "what is kept takes room"


def test_deleted_for_ever_or_after_its_days_rows_and_keys_are_gone(binned, view, admin, run_jobs, scientist):
    assert tenants.empty_due(now=now() + timedelta(days=29)) == 0
    assert end_of_bin() == 1
    run_jobs()
    view.refresh_from_db()
    assert (view.state, view.removed, view.removed_by) == (BuildState.DESTROYED, True, admin.user)
    assert f"fv_{view.pk.hex}" not in lake.for_tenant(view.tenant_id).sizes()
    assert kinds_of(view)[:3] == ["feature_view.removed", "feature_view.removal_requested", "feature_view.binned"]
    with pytest.raises(Conflict, match="in the bin no more"):
        tenants.restore(actor=admin, binned=binned)


def test_the_bins_button_wants_the_name_and_ends_it(binned, view, client_as, admin, api_as, run_jobs):
    page = f"/t/acme/p/flights/data/bin/{binned.pk}/"
    assert client_as(admin).post(page, {"confirmation": "carrier_delay"}).status_code == 422
    assert client_as(admin).post(page, {"confirmation": "carrier_delay v1"}).status_code == 303
    run_jobs()
    view.refresh_from_db()
    assert view.state == BuildState.DESTROYED


def test_its_page_says_until_when_and_restores_it(binned, view, client_as, admin, scientist, api_as):
    page = f"{HERE}views/{view.pk}/"
    shown = client_as(admin).get(page).content.decode()
    back = f"/t/acme/p/flights/data/bin/{binned.pk}/restore/"
    assert "moved it into the bin" in shown and back in shown and "Remove…" not in shown
    read = client_as(scientist).get(page).content.decode()
    assert "moved it into the bin" in read and f'action="{back}"' not in read
    answer = client_as(admin).post(back)
    assert (answer.status_code, answer.headers["Location"]) == (303, page)
    view.refresh_from_db()
    assert view.state == BuildState.READY


def test_no_page_leads_to_its_features_or_tells_of_their_values(
    binned, view, define, carrier, ingested, run_jobs, client_as, scientist
):
    here = f"{HERE}catalogue/{Feature.id_of(view.pk, 'recent_delay')}/"
    again = define.view(carrier, view.name, stage.SQL, event_time="moment", delays=ingested("d.csv", stage.DELAYS))
    run_jobs()
    deliver_events()
    web = client_as(scientist)
    assert web.get(here).status_code == 404
    newer = f"{HERE}catalogue/{Feature.id_of(again.pk, 'recent_delay')}/"
    assert newer in web.get(f"{HERE}views/{again.pk}/").content.decode()
    shown = web.get(newer, {"tab": "versions"})
    assert [one.feature.view.number for one in shown.context["editions"]] == [2]
    assert here not in shown.content.decode()


def test_nothing_is_said_of_it_or_promised_there(binned, view, scientist):
    of_view, by = {"actor": scientist, "view_id": view.pk}, {"actor": scientist, "view": view}
    for change in (
        lambda: services.describe_view(**by, description="Other words"),
        lambda: services.deprecate_view(**by, reason="Old", now=now()),
        lambda: services.promise_freshness(**of_view, seconds=60),
        lambda: services.watch_skew(**of_view, share=0.5, limit=0.5),
    ):
        with pytest.raises(Conflict, match=r"carrier_delay v1 lies in the bin\. Restore it first"):
            change()


def test_over_rest_it_is_removed_found_in_the_bin_and_restored(view, admin, api_as, run_jobs):
    client, here = api_as(admin), f"/api/v1/feature-views/{view.pk}/"
    words = {"confirmation": str(view)}
    asked = client.post(f"{here}remove/", words, content_type="application/json")
    assert (asked.status_code, asked.json()["state"]) == (202, "binned")
    again = client.post(f"{here}remove/", words, content_type="application/json")
    assert again.status_code == 409 and "lies in the bin already" in again.json()["detail"]
    run_jobs()
    [row] = client.get("/api/v1/bin/").json()["results"]
    assert (row["kind"], row["thing_id"], row["name"]) == ("feature_view", str(view.pk), str(view))
    assert client.post(f"/api/v1/bin/{row['id']}/restore/").json()["thing_id"] == str(view.pk)
    assert client.get(here).json()["state"] == "ready"


def test_an_erasure_reaches_what_lies_in_the_bin(made, admin, project, run_jobs):
    view, _row = made
    services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view), break_chain=True)
    run_jobs()
    found = dataset_services.find_person(actor=admin, project=project, column="who", value=PERSON)
    assert ("feature_view", "spending v1") in {(one.kind.value, one.name) for one in found}
    dataset_services.erase_person(actor=admin, project=project, column="who", value=PERSON)
    run_jobs()
    run_jobs()
    view.refresh_from_db()
    assert (view.state, view.removed) == (BuildState.DESTROYED, False)
    assert holding({"person": PERSON.encode()}, *everything_on_disk()) == set()
    assert not FeatureView.objects.exclude(pk=view.pk).exists(), "what somebody removed has no successor"
    assert not BinnedThing.objects.exists(), "nothing is left to restore"


def test_online_names_are_those_of_before(binned, view, admin, run_jobs):
    name = online_view(view).prefix
    tenants.restore(actor=admin, binned=binned)
    run_jobs()
    view.refresh_from_db()
    assert online_view(view).prefix == name and online_keys(view)


def test_while_its_values_are_taken_offline_it_waits_in_the_bin(view, admin):
    services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view))
    Job.objects.filter(name="features.take_offline").update(state="running")
    with pytest.raises(Conflict, match="being taken offline just now"):
        tenants.restore(actor=admin, binned=BinnedThing.objects.get())
    assert BinnedThing.objects.exists()


def test_values_whose_going_offline_was_cancelled_go_by_the_beat(view, admin, run_jobs):
    services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view))
    services.watch_online(now=now())
    assert Job.objects.filter(name="features.take_offline").count() == 1, "it is on its way"
    jobs.cancel_of(actor=admin, subject=("feature_view", view.pk))
    run_jobs()
    assert len(online_keys(view)) == 2
    services.watch_online(now=now())
    run_jobs()
    assert online_keys(view) == []
    services.watch_online(now=now())
    assert Job.objects.filter(name="features.take_offline").count() == 2


def test_an_end_that_failed_is_tried_again_by_whoever_may_remove_it(binned, view, admin, run_jobs):
    tenants.delete_for_ever(actor=admin, binned=binned, confirmation=str(view))
    jobs.cancel_of(actor=admin, subject=("feature_view", view.pk))
    run_jobs()
    view.refresh_from_db()
    assert (view.state, view.failure) == (BuildState.DESTROYING, "Cancelled by The admin.")
    services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view))
    run_jobs()
    view.refresh_from_db()
    assert view.state == BuildState.DESTROYED


def test_an_erasure_reaches_what_has_left_the_bin_and_is_not_destroyed_yet(made, admin, project, run_jobs):
    view, _row = made
    services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view), break_chain=True)
    run_jobs()
    assert end_of_bin() == 1
    jobs.cancel_of(actor=admin, subject=("feature_view", view.pk))
    run_jobs()
    dataset_services.erase_person(actor=admin, project=project, column="who", value=PERSON, break_chain=True)
    run_jobs()
    run_jobs()
    view.refresh_from_db()
    assert (view.state, view.removed) == (BuildState.DESTROYED, True)
    assert holding({"person": PERSON.encode()}, *everything_on_disk()) == set()


def test_of_what_goes_into_the_bin_while_an_erasure_destroys_it_nothing_stays_there(
    made, admin, project, run_jobs, monkeypatch
):
    view, _row = made
    begin = ViewReach.begin

    def binned_meanwhile(reach, actor, ids):
        monkeypatch.setattr(ViewReach, "begin", begin)
        locked = reach._locked

        def late(*asked):
            services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view), break_chain=True)
            monkeypatch.setattr(reach, "_locked", locked)
            return locked(*asked)

        monkeypatch.setattr(reach, "_locked", late)
        begin(reach, actor, ids)

    monkeypatch.setattr(ViewReach, "begin", binned_meanwhile)
    dataset_services.erase_person(actor=admin, project=project, column="who", value=PERSON)
    run_jobs()
    run_jobs()
    view.refresh_from_db()
    assert view.state == BuildState.DESTROYED
    assert not BinnedThing.objects.exists(), "nothing is left to restore, or to be ended again and again"
