"""On-demand features are deprecated, whoever uses them is told, and they go once nothing in use rests on them."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from apps.dashboards import selectors as dashboards
from apps.dashboards import services as visits
from apps.datasets.services import successor_id
from apps.deployments.models import Deployment, Revision
from apps.features import selectors, services
from apps.features.choices import BuildState
from apps.features.errors import DefinitionRefused
from apps.features.models import DeprecationNotice, Feature, FeatureView, OnDemandView, TrainingSet
from apps.features.services.erasing.followers import follow_successors
from apps.registry.models import Model, ModelVersion
from apps.tenants import services as tenants
from apps.tenants.models import BinnedThing
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from foundation.identity import Actor
from foundation.web.chain import chain_of
from tests.apps.experiments.rows import make_run
from tests.apps.features.shared import *  # noqa: F403
from tests.apps.features.stage import deliver_events, end_of_bin
from tests.support.history import acts_on, done_by
from tests.support.undo import press_undo, undo

FEATURES = "/t/acme/p/flights/features/"
URL = "/api/v1/on-demand-views/"
SECOND = {"name": "context", "features": [{"name": "much", "expression": "2 + 2"}]}


@pytest.fixture
def by(scientist, project):
    return {"actor": scientist, "project": project}


@pytest.fixture
def computed(view, by):
    uses = [{"view": str(view.pk), "features": None}]
    features = [{"name": "much", "expression": "recent_delay * 2"}]
    return services.define_on_demand(**by, name="context", uses=uses, features=features)


@pytest.fixture
def service(by, computed):
    return services.define_service(**by, name="late_flights", views=[], on_demand=[{"id": computed.pk}])


@pytest.fixture
def joined(computed, view, define, flights, run_jobs):
    """A training set that has them."""
    parts = {"views": [{"view": view.pk}], "on_demand": [{"id": computed.pk}]}
    row = define.training_set(flights, "flights", event_time="moment", features=[], **parts)
    run_jobs()
    row.refresh_from_db()
    assert row.state == BuildState.READY, row.failure
    return row


@pytest.fixture
def deployed(joined, scientist, project):
    """A run on the training set, a model version of it, and a revision that answers."""
    run = make_run(scientist, project, joined, state="succeeded")
    inside = {"tenant": scientist.tenant, "project": project, "created_by": scientist.user}
    model = Model.objects.create(tenant=scientist.tenant, project=project, name="late")
    version = ModelVersion.objects.create(**inside, model=model, number=1, run=run, stage="production")
    deployment = Deployment.objects.create(**inside, slug="late", name="Late flights", model=model)
    return Revision.objects.create(**inside, deployment=deployment, number=1, model_version=version, state="ready")


def deprecate(view, actor, reason="It doubles", **words):
    return services.deprecate_on_demand(actor=actor, view=view, reason=reason, now=now(), **words)


def remove(view, actor, confirmation="context v1", **words):
    return services.remove_on_demand(actor=actor, view=view, confirmation=confirmation, **words)


def found(api):
    """(name, version) of what the catalogue finds."""
    rows = api.get("/api/v1/features/", {"project": "flights", "made": "asked"}).json()["results"]
    return {(row["name"], row["view_number"]) for row in rows}


def test_whoever_uses_them_is_told_until_they_have_read_it(deployed, service, computed, by, admin, scientist, viewer):
    def waits(person):
        rows = dashboards.waiting(actor=person, now=now())
        return [(row.kind, row.name, row.reason) for row in rows if row.state_label == "Deprecated"]

    with pytest.raises(AccessDenied):
        deprecate(computed, viewer)
    with pytest.raises(DefinitionRefused, match="Say why"):
        deprecate(computed, admin, " ")
    with pytest.raises(DefinitionRefused, match="take its own place"):
        deprecate(computed, admin, instead=computed)
    second = services.define_on_demand(**by, **SECOND)
    deprecate(computed, admin, instead=second)

    computed.refresh_from_db()
    said = "Deprecated: It doubles. Take context v2 instead."
    assert selectors.deprecated_in_words(computed) == said
    notice = DeprecationNotice.objects.get()
    assert (notice.user, str(notice)) == (scientist.user, "context v1")
    assert {one["kind"] for one in notice.things} >= {"training_set", "model_version", "revision", "feature_service"}
    ((kind, name, reason),) = waits(scientist)
    assert (kind, name, reason.startswith(f"{said} It is in what you made: ")) == ("on_demand_view", "context v1", True)
    assert waits(admin) == []
    with pytest.raises(Conflict, match="deprecated already"):
        deprecate(computed, admin)
    with pytest.raises(DefinitionRefused, match="context v1 is deprecated itself"):
        deprecate(second, admin, instead=computed)

    visits.note_visit(actor=scientist, kind="on_demand_view", object_id=computed.pk, now=now())
    assert waits(scientist) == []
    services.restore_on_demand(actor=admin, view=computed)
    assert DeprecationNotice.objects.count() == 0
    with pytest.raises(Conflict, match="is not deprecated"):
        services.restore_on_demand(actor=admin, view=computed)


def test_they_go_only_once_nothing_in_use_rests_on_them(deployed, service, computed, scientist, viewer, admin):
    deprecate(computed, admin)
    with pytest.raises(AccessDenied):
        remove(computed, viewer)
    with pytest.raises(Invalid, match="Type context v1"):
        remove(computed, scientist, "context")
    with pytest.raises(Conflict, match="models that answer predictions: Late flights r1"):
        remove(computed, scientist, break_chain=True)
    Revision.objects.update(state="stopped")
    with pytest.raises(Conflict, match="part of feature services: late_flights v1"):
        remove(computed, scientist, break_chain=True)
    services.remove_service(actor=scientist, service=service)
    with pytest.raises(
        Conflict, match=r"was used for flights v1 \(Training set\), which name it for good\. Deprecate it instead"
    ):
        remove(computed, scientist, break_chain=True)
    TrainingSet.objects.update(state=BuildState.DESTROYED, destroyed_at=now())
    Revision.objects.update(state="ready")
    # What a person was erased from may have taught a model that still answers.
    with pytest.raises(Conflict, match="models that answer predictions: Late flights r1"):
        remove(computed, scientist, break_chain=True)
    Revision.objects.update(state="stopped")
    with pytest.raises(Invalid, match=r"Made from context v1: flights v1.*Confirm that"):
        remove(computed, scientist)
    assert OnDemandView.objects.get().removed_at is None
    gone = remove(computed, scientist, break_chain=True)

    notices = selectors.deprecation_notices(actor=scientist)
    assert (gone.removed_by, notices.count(), DeprecationNotice.objects.count()) == (scientist.user, 0, 1)
    with pytest.raises(Conflict, match="context v1: It lies in the bin"):
        remove(computed, scientist, break_chain=True)
    assert end_of_bin() == 2
    assert DeprecationNotice.objects.count() == 0
    with pytest.raises(Conflict, match="context v1: Removed on "):
        remove(computed, scientist, break_chain=True)
    (node,) = (one for one in chain_of(scientist, "model_version", deployed.model_version_id) if one.name == str(gone))
    assert node.broken_reason.startswith("Removed on ")


def test_a_removed_version_is_chosen_and_asked_by_nobody_and_its_number_is_not_given_again(
    computed, view, flights, define, by, scientist, project, api_as, client_as
):
    second = services.define_on_demand(**by, **SECOND)
    deliver_events()
    api = api_as(scientist)
    assert found(api) == {("much", 2)}
    remove(second, scientist, "context v2")
    deliver_events()

    assert found(api) == {("much", 1)}
    assert [one.number for one in selectors.visible_on_demand_views(actor=scientist, newest_only=True)] == [1]
    assert selectors.summary(actor=scientist, project_id=project.pk)["on_demand"] == 1
    doors = (
        lambda: services.define_service(**by, name="s", views=[], on_demand=[{"id": second.pk}]),
        lambda: define.training_set(flights, "x", features=["carrier"], on_demand=[{"id": second.pk}]),
        lambda: services.try_on_demand(actor=scientist, on_demand_id=second.pk, rows=[{}]),
        lambda: services.read_on_demand(actor=scientist, on_demand_id=second.pk, rows=[{}]),
    )
    for door in doors:
        with pytest.raises(NotFound, match="context v2: It lies in the bin"):
            door()
    with pytest.raises(DefinitionRefused, match="There are no on-demand features “context v2”"):
        services.plan_definitions(**by, text="services:\n  s:\n    on_demand: {context v2: all}\n")
    client, here = client_as(scientist), f"{FEATURES}on-demand/{second.pk}/"
    page = client.get(here).content.decode()
    assert "It lies in the bin: nobody chooses or asks it." in page and "The scientist moved it into the bin" in page
    assert f'{here}deprecate/"' not in page and "?tab=try" not in page
    assert client.get(f"{here}?tab=activity").status_code == 200
    for closed in ("edit/", "deprecate/", "remove/"):
        assert client.get(here + closed).status_code == 404, closed
    assert end_of_bin() == 1
    deliver_events()
    for door in doors:
        with pytest.raises(NotFound, match="context v2: Removed on "):
            door()
    page = client.get(here).content.decode()
    assert "Nobody can choose or ask it any more" in page and "Removed on " in page and "in the bin" not in page
    assert not Feature.objects.filter(on_demand=second).exists()
    assert services.define_on_demand(**by, **SECOND).number == 3

    remove(computed, scientist)
    remove(OnDemandView.objects.get(number=3), scientist, "context v3")
    deliver_events()
    assert (found(api), Feature.objects.filter(view=view, current=True).count()) == (set(), 1)
    assert services.define_on_demand(**by, **SECOND).number == 4


def test_the_pages_mark_withdraw_and_remove(computed, flights, by, client_as, scientist):
    deliver_events()
    client, here = client_as(scientist), f"{FEATURES}on-demand/{computed.pk}/"
    assert client.post(f"{here}deprecate/", {"reason": ""}).status_code == 422
    assert client.post(f"{here}deprecate/", {"reason": "It <doubles>"})["Location"] == here
    feature = Feature.objects.get(on_demand=computed)
    service = services.define_service(**by, name="late_flights", views=[], on_demand=[{"id": computed.pk}])
    marked = ("?show=on_demand", f"on-demand/{computed.pk}/", "services/new/", f"catalogue/{feature.pk}/")
    for path in (*marked, f"training-sets/new/?base={flights.pk}", f"history/new/?base={flights.pk}"):
        text = client.get(FEATURES + path).content.decode()
        assert "Deprecated" in text and "It &lt;doubles&gt;" in text, path
    for path in ("", "?deprecated=only", f"services/{service.pk}/"):
        text = client.get(FEATURES + path).content.decode()
        assert "much" in text and "Deprecated</span>" in text, path
    others = client.get(FEATURES, {"deprecated": "no"}).context["table"].page.object_list
    assert [row.record.name for row in others] == ["recent_delay"]
    for said, count in (("yes", 1), ("no", 0)):
        table = client.get(FEATURES, {"show": "on_demand", "deprecated": said}).context["table"]
        assert len(table.page.object_list) == count, said

    assert client.post(f"{here}restore/")["Location"] == here
    assert OnDemandView.objects.get().deprecated_at is None
    press_undo(client, here)
    computed.refresh_from_db()
    assert computed.deprecated_because == "It <doubles>"
    services.remove_service(actor=scientist, service=service)

    refused = client.post(f"{here}remove/", {"confirmation": "context"})
    assert (refused.status_code, "Type context v1 to confirm." in refused.content.decode()) == (422, True)
    gone = client.post(f"{here}remove/", {"confirmation": "context v1"})
    assert gone["Location"] == f"{FEATURES}?show=on_demand"
    shown = client.get(gone["Location"]).content.decode()
    assert "No on-demand features yet" in shown
    undo(client, shown)
    assert OnDemandView.objects.get().removed_at is None


def test_a_plan_says_where_it_names_what_is_deprecated(computed, view, service, by, scientist):
    deprecate(computed, scientist, "It doubles")
    services.deprecate_view(actor=scientist, view=view, reason="Old!", now=now())
    text = services.definitions_text(actor=scientist, project=view.project)
    plan = services.plan_definitions(**by, text=text)
    notes = {step.section: step.notes for step in plan.steps}
    assert {step.action for step in plan.steps} == {"unchanged"}
    assert notes["services"] == ("context v1: Deprecated: It doubles.",)
    assert notes["on_demand"] == ("carrier_delay v1: Deprecated: Old!",)


def test_over_rest(computed, by, scientist, viewer, api_as, service):
    def sent(path, body=None, who=scientist, status=200):
        answer = api_as(who).post(URL + path, json.dumps(body or {}), content_type="application/json")
        assert answer.status_code == status, answer.content
        return answer.json()

    second = services.define_on_demand(**by, **SECOND)
    marked = sent(f"{computed.pk}/deprecate/", {"reason": "Old", "instead": str(second.pk)})
    wanted = ("Old", str(second.pk), True, None)
    at = bool(marked["deprecated_at"])
    assert (marked["deprecated_because"], marked["deprecated_for"], at, marked["removed_at"]) == wanted
    assert sent(f"{computed.pk}/restore/")["deprecated_at"] is None
    for act, body in (("deprecate", {"reason": "Old"}), ("restore", {}), ("remove", {"confirmation": "context v1"})):
        sent(f"{computed.pk}/{act}/", body, who=viewer, status=403)
    refused = sent(f"{computed.pk}/remove/", {"confirmation": "context v1"}, status=409)
    assert "part of feature services: late_flights v1" in json.dumps(refused)
    services.remove_service(actor=scientist, service=service)
    assert sent(f"{computed.pk}/remove/", {"confirmation": "context v1"})["removed_at"]
    sent(f"{computed.pk}/deprecate/", {"reason": "Old"}, status=404)
    listed = api_as(scientist).get(f"{URL}?project=flights").json()["results"]
    assert [row["id"] for row in listed] == [str(second.pk)]
    assert api_as(scientist).get(f"{URL}{computed.pk}/").json()["removed_at"]


def test_who_asked_for_the_past_before_has_it(computed, flights, by, scientist, run_jobs, client_as):
    words = {"base_version_id": flights.pk, "event_time": "moment", "features": ["context:much"]}
    asked = services.ask_for_history(**by, **words)
    remove(computed, scientist)
    run_jobs()
    asked.refresh_from_db()
    assert asked.state == BuildState.READY, asked.failure
    assert "context v1" in client_as(scientist).get(f"{FEATURES}history/{asked.pk}/").content.decode()
    with pytest.raises(Invalid, match="“context:much” names no feature"):
        services.ask_for_history(**by, **words)


def test_an_erasure_makes_no_next_version_of_a_removed_one(computed, view, scientist):
    """What came in a view's place is taken by the newest version that is there."""
    erasure, before = uuid4(), OnDemandView.objects.count()
    remove(computed, scientist)
    new = FeatureView.objects.get(pk=view.pk)
    new.pk, new.number, new._state.adding = successor_id(erasure, view.pk), 2, True
    new.save()
    follow_successors(Actor.system(scientist.tenant, "test"), erasure, [view.pk])
    assert OnDemandView.objects.count() == before
    OnDemandView.objects.update(removed_at=None)
    follow_successors(Actor.system(scientist.tenant, "test"), erasure, [view.pk])
    assert OnDemandView.objects.count() == before + 1


def test_what_happened_stands_on_the_ledger(computed, scientist):
    deprecate(computed, scientist)
    services.restore_on_demand(actor=scientist, view=computed)
    remove(computed, scientist)
    tenants.restore(actor=scientist, binned=BinnedThing.objects.get())
    remove(computed, scientist)
    tenants.delete_for_ever(actor=scientist, binned=BinnedThing.objects.get(), confirmation="context v1")
    kinds = ("defined", "deprecated", "deprecation_withdrawn", "binned", "restored", "binned", "removed")
    assert acts_on("on_demand_view", computed) == [done_by(scientist, f"on_demand_view.{one}") for one in kinds]
