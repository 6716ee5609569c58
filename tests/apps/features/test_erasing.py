"""A person leaves what was made of the data too: views, their values online, and training sets."""

from __future__ import annotations

import pytest
import redis
from django.conf import settings

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.datasets.choices import ErasedKind, ErasureState
from apps.datasets.services.erasing import ending, things
from apps.features import selectors, services
from apps.features.choices import BuildState
from apps.features.models import FeatureService, FeatureView, OnDemandView, TrainingSet
from apps.features.services.erasing import TrainingSetReach, ViewReach
from apps.features.services.online import online_view, rows
from foundation import jobs, lake, ledger, storage
from foundation.errors import Conflict, Invalid
from foundation.lake import shredding
from foundation.web.chain import chain_of
from foundation.web.models import IdempotentAnswer
from tests.apps.features.stage import CANARY, PERSON
from tests.foundation.storage.test_shredding import everything_on_disk, holding

pytestmark = pytest.mark.usefixtures("with_keys_of_the_tenant")


def erase(admin, project, **changes):
    return dataset_services.erase_person(actor=admin, project=project, column="who", value=PERSON, **changes)


def online_keys(view):
    """Names of values alone; what is written about the view lies beside them."""
    of_view = online_view(view)
    about = {of_view.marker, of_view.writer}
    found = [key for key in redis.Redis.from_url(settings.REDIS_URL).scan_iter() if key.startswith(of_view.prefix)]
    return [key for key in found if key not in about] or sorted(about & set(found))


def columns_of(row, table):
    return lake.for_tenant(row.tenant_id).read(table(row)).read_all()


@pytest.mark.django_db(transaction=True)
def test_views_values_online_and_training_sets_are_made_anew_without_the_person(made, admin, project, run_jobs, tenant):
    view, _row = made
    erasure = erase(admin, project)
    run_jobs()
    run_jobs()

    erasure.refresh_from_db()
    assert erasure.state == ErasureState.ERASED
    for old in made:
        old.refresh_from_db()
        assert (old.state, old.lake_table) == (BuildState.DESTROYED, "")
        assert old.digest and old.destroyed_at
    assert holding({CANARY: CANARY.encode()}, *everything_on_disk()) == set()
    assert online_keys(view) == []
    with pytest.raises(storage.ObjectMissing):
        storage.read(tenant.pk, view.profile_key)

    newer = FeatureView.objects.get(name="spending", number=2)
    assert (newer.state, newer.online_keys) == (BuildState.READY, 6)
    assert PERSON not in columns_of(newer, selectors.view_table)["person"].to_pylist()
    joined = TrainingSet.objects.get(name="lateness", number=2)
    assert (joined.state, joined.leakage_proof["violations"]) == (BuildState.READY, 0)
    assert joined.views[0]["view"] == str(newer.pk)
    # The labels have the person under another name of a column, which this erasure did not name.
    assert CANARY not in columns_of(joined, selectors.training_table)["note"].to_pylist()

    things_of = {(one.kind, one.name, one.row_count) for one in erasure.things.all()}
    assert things_of == {
        (ErasedKind.DATASET_VERSION, "events.csv v1", 2),
        (ErasedKind.FEATURE_VIEW, "spending v1", None),
        (ErasedKind.TRAINING_SET, "lateness v1", None),
        (ErasedKind.BROKER, "Files of the message broker", None),
    }
    assert {one.successor_id for one in erasure.things.all()} >= {newer.pk, joined.pk}


def test_by_the_name_that_a_join_gives_it_the_person_is_counted(made, admin, project):
    found = dataset_services.find_person(actor=admin, project=project, column="customer", value=PERSON)
    assert [(one.kind.value, one.name, one.rows) for one in found] == [
        ("dataset_version", "labels.csv v1", 1),
        ("feature_view", "spending v1", 2),
        ("training_set", "lateness v1", 1),
    ]


def test_a_training_set_without_the_person_stays_as_it_is(made, scientist, admin, project, run_jobs):
    events = datasets.visible_versions(actor=scientist).get(dataset__name="events.csv")
    early = services.define_training_set(
        actor=scientist,
        project=project,
        name="early",
        base_version_id=events.pk,
        label="spent",
        event_time="seen",
        window_start="2024-01-10T00:00:00Z",
    )
    run_jobs()
    with pytest.raises(Invalid, match="Made from this version: early v1"):
        erase(admin, project)
    erase(admin, project, break_chain=True)
    run_jobs()
    early.refresh_from_db()
    assert early.state == BuildState.READY


STEPS = {
    "views": (ViewReach, "rebuild"),
    "sets": (TrainingSetReach, "rebuild"),
    "nobody reads": (things, "begin"),
    "online": (ViewReach, "clear"),
    "keys": (shredding, "shred"),
    "view gone": (ViewReach, "end"),
    "set gone": (TrainingSetReach, "end"),
    "summed up": (ending, "end"),
}


@pytest.mark.parametrize("step", STEPS)
def test_killed_behind_any_step_the_next_worker_ends_it(made, admin, project, run_jobs, monkeypatch, step):
    erasure = erase(admin, project)
    where, name = STEPS[step]
    done = getattr(where, name)

    def killed(*args, **words):
        done(*args, **words)
        raise ConnectionError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(where, name, killed)
        run_jobs()
    erasure.refresh_from_db()
    assert erasure.state == ErasureState.ERASING
    run_jobs(also_later=True)
    erasure.refresh_from_db()
    assert erasure.state == ErasureState.ERASED
    for model in (FeatureView, TrainingSet):
        rows = model.objects.filter(name__in=["spending", "lateness"]).order_by("number")
        assert [row.state for row in rows] == [BuildState.DESTROYED, BuildState.READY]
    assert erasure.things.filter(erased_at=None).count() == 0


def test_a_page_and_rest_say_why_there_is_nothing_to_read(made, admin, scientist, project, run_jobs, client_as, api_as):
    view, row = made
    erase(admin, project)
    run_jobs()
    browser, api = client_as(scientist), api_as(scientist)
    for path, kind, pk in (("training-sets", "training-sets", row.pk), ("views", "feature-views", view.pk)):
        page = browser.get(f"/t/acme/p/flights/features/{path}/{pk}/?tab=rows")
        assert page.status_code == 200
        assert "reason: erasure of a person" in page.content.decode()
        said = api.get(f"/api/v1/{kind}/{pk}/").json()
        assert (said["state"], "reason: erasure of a person" in said["destroyed_because"]) == ("destroyed", True)
        assert said["digest"]
    answer = api.post(
        "/api/v1/feature-views/online/",
        {"views": [str(view.pk)], "entities": [{"person": "person-1"}]},
        content_type="application/json",
    )
    assert (answer.status_code, "erasure of a person" in answer.json()["detail"]) == (409, True)
    with pytest.raises(Conflict, match="Content destroyed"):
        selectors.training_table(TrainingSet.objects.get(pk=row.pk))
    broken = [node.name for node in chain_of(scientist, "training_set", row.pk) if node.broken_reason]
    assert {"lateness v1", "spending v1", "events.csv v1"} <= set(broken)


def test_the_ledger_says_that_each_was_destroyed_by_its_digest(made, admin, project, run_jobs, tenant):
    view, row = made
    erase(admin, project)
    run_jobs()
    ledger.sequence_once()
    about = [("feature_view", view.pk), ("training_set", row.pk)]
    last = {
        e.event.kind: e.event.payload["digest"]
        for e in ledger.entries_about(tenant_id=tenant.pk, subjects=about)
        if e.event.kind.endswith(".destroyed")
    }
    assert last == {"feature_view.destroyed": view.digest, "training_set.destroyed": row.digest}


def test_what_is_being_made_of_the_rows_is_waited_for(made, admin, scientist, project):
    events = datasets.visible_versions(actor=scientist).get(dataset__name="events.csv")
    services.define_training_set(
        actor=scientist, project=project, name="late", base_version_id=events.pk, label="spent"
    )
    with pytest.raises(Conflict, match=r"being made of the person's rows: late v1"):
        erase(admin, project)


def test_answers_that_hold_values_are_kept_for_no_repetition(made, scientist, api_as):
    view, _row = made
    asked = {"views": [str(view.pk)], "entities": [{"person": PERSON}]}
    answer = api_as(scientist).post(
        "/api/v1/feature-views/online/", asked, content_type="application/json", headers={"Idempotency-Key": "key-1"}
    )
    assert CANARY in answer.content.decode()
    assert not IdempotentAnswer.objects.exists()


def test_values_written_online_while_their_view_was_destroyed_go_at_once(made, scientist, run_jobs, monkeypatch):
    view, _row = made
    timelines = rows.Rows.timelines

    def meanwhile(*given):
        yield from timelines(*given)
        FeatureView.objects.filter(pk=view.pk).update(state=BuildState.DESTROYING)

    monkeypatch.setattr(rows.Rows, "timelines", meanwhile)
    assert len(online_keys(view)) == 7
    jobs.enqueue("features.materialise_view", actor=scientist, title="Once more", view_id=str(view.pk))
    run_jobs()
    assert online_keys(view) == []


@pytest.mark.django_db(transaction=True)
def test_what_names_the_view_goes_on_with_its_successor(made, admin, scientist, project, run_jobs):
    view, row = made
    by = {"actor": scientist, "project": project}
    twice = [{"name": "twice", "expression": "spent * 2"}]
    one = services.define_on_demand(
        **by, name="more", uses=[{"view": str(view.pk), "features": ["spent"]}], features=twice
    )
    parts = {"views": [{"view": view.pk, "features": ["spent"]}], "on_demand": [{"id": one.pk, "features": None}]}
    service = services.define_service(**by, name="churn", **parts)
    TrainingSet.objects.filter(pk=row.pk).update(service=service)
    erase(admin, project)
    run_jobs()
    run_jobs()

    newer = FeatureView.objects.get(name="spending", number=2)
    after = OnDemandView.objects.get(name="more", number=2)
    assert (after.view_ids, after.features) == ([str(newer.pk)], one.features)
    answers = FeatureService.objects.get(name="churn", number=2)
    assert [part["view"] for part in answers.views] == [str(newer.pk)]
    assert [part["id"] for part in answers.on_demand] == [str(after.pk)]
    assert TrainingSet.objects.get(name="lateness", number=2).service == answers
    asked = {"project": project.slug, "service": "churn"}
    assert [v.view.id for v in services.online_plan(actor=scientist, asked=asked).views] == [newer.pk]
    with pytest.raises(Conflict):
        services.online_plan(actor=scientist, asked={**asked, "service": "churn v1"})
    assert selectors.views_gone(actor=scientist, view=one) != []
    assert selectors.views_gone(actor=scientist, view=after) == []
