"""Services, and deprecation with a notice to whoever uses what is deprecated."""

from __future__ import annotations

import pytest

from apps.dashboards import selectors as dashboards
from apps.dashboards import services as visits
from apps.deployments.models import Deployment, Revision
from apps.features import selectors, services
from apps.features.choices import BuildState
from apps.features.errors import DefinitionRefused
from apps.features.models import DeprecationNotice, FeatureService, FeatureView
from apps.registry.models import Model, ModelVersion
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict
from tests.apps.experiments.rows import make_run
from tests.apps.features.shared import *  # noqa: F403


@pytest.fixture
def by(scientist, project):
    return {"actor": scientist, "project": project}


@pytest.fixture
def service(by, view):
    return services.define_service(**by, name="late_flights", views=[{"view": view.pk, "features": None}])


@pytest.fixture
def second(define, carrier, ingested):
    """Another view with a feature of the same name."""
    rows = ingested("more.csv", b"carrier,moment,delay\nAA,2013-01-01 09:00:00,5\n")
    sql = "SELECT carrier, moment, delay AS recent_delay, delay + 1 AS more FROM d"
    return define.view(carrier, "other", sql, event_time="moment", d=rows)


@pytest.fixture
def deployed(define, flights, service, scientist, project, run_jobs):
    """A training set of the service, a run, a model version and a revision that answers."""
    row = define.training_set(flights, "flights", event_time="moment", features=[], service_id=service.pk)
    run_jobs()
    run = make_run(scientist, project, row, state="succeeded")
    inside = {"tenant": scientist.tenant, "project": project, "created_by": scientist.user}
    model = Model.objects.create(tenant=scientist.tenant, project=project, name="late")
    version = ModelVersion.objects.create(**inside, model=model, number=1, run=run, stage="production")
    deployment = Deployment.objects.create(**inside, slug="late", name="Late flights", model=model)
    return Revision.objects.create(**inside, deployment=deployment, number=1, model_version=version, state="ready")


def test_a_service_is_refused_where_a_model_could_not_know_its_inputs(by, view, second, service):
    both = [{"view": view.pk}, {"view": second.pk}]
    cases = [
        ([], "of at least one feature"),
        (both, "“recent_delay” comes from carrier_delay v1, other v1.*rename it in one view's SQL"),
        ([{"view": view.pk}, {"view": view.pk}], "carrier_delay v1 is there twice"),
        ([{"view": view.pk, "features": ["nothing"]}], "has no feature “nothing”. It has: recent_delay"),
    ]
    for views, sentence in cases:
        with pytest.raises(DefinitionRefused, match=sentence) as refusal:
            services.define_service(**by, name="late_flights", views=views)
        assert "views" in refusal.value.fields
    assert FeatureService.objects.count() == 1
    apart = [{"view": view.pk}, {"view": second.pk, "features": ["more"]}]
    made = services.define_service(**by, name="late_flights", views=apart, tags=["B", "a", "b"])
    assert (made.number, made.feature_names, made.tags) == (2, ["recent_delay", "more"], ["a", "b"])
    assert made.definition_digest != service.definition_digest


def test_a_training_set_of_a_service_takes_its_views_and_a_version_pins_it(
    deployed, service, second, define, flights, api_as, client_as, scientist
):
    row = deployed.model_version.run.training_set
    row.refresh_from_db()
    assert (row.state, row.service_id) == (BuildState.READY, service.pk), row.failure
    assert row.views == [{**service.views[0], "keys": {"carrier": "carrier"}}]
    answer = api_as(scientist).get(f"/api/v1/model-versions/{deployed.model_version_id}/")
    assert answer.json()["feature_service"] == {"id": str(service.pk), "name": "late_flights", "number": 1}
    page = client_as(scientist).get(f"/t/acme/p/flights/models/versions/{deployed.model_version_id}/")
    assert "late_flights v1" in page.content.decode()
    with pytest.raises(DefinitionRefused, match="late_flights v1 has no other v1"):
        define.training_set(flights, "x", event_time="moment", service_id=service.pk, views=[{"view": second.pk}])


def test_the_page_of_a_feature_names_the_models_and_deployments_that_use_it_and_what_it_costs(
    deployed, view, scientist, client_as, api_as
):
    Revision.objects.filter(pk=deployed.pk).update(traffic_percent=100)
    services.note_view(view_id=view.pk)
    services.note_training_set(training_set_id=deployed.model_version.run.training_set_id)
    feature = selectors.visible_features(actor=scientist).get(view=view)
    client, here = client_as(scientist), "/t/acme/p/flights/features/"
    page = client.get(f"{here}catalogue/{feature.pk}/", {"tab": "use"})
    kinds = ["training_set", "run", "model_version", "revision"]
    assert [one.kind for one in page.context["users"]] == kinds
    assert [one["kind"] for one in api_as(scientist).get(f"/api/v1/features/{feature.pk}/").json()["users"]] == kinds
    assert f"models/versions/{deployed.model_version_id}/" in page.content.decode()
    for use in ("training_set", "run", "model", "deployment"):
        rows = client.get(here, {"used": use}).context["table"].page.object_list
        assert [row.record.name for row in rows] == ["recent_delay"], use
    cost = page.context["cost"]
    assert (cost.jobs, cost.features, cost.keys_online, cost.bytes) == (2, 1, 2, cost.view_bytes)
    assert cost.view_bytes > 0 and cost.seconds > 0
    assert "2 jobs of its view" in page.content.decode()


def test_what_is_said_about_a_view_is_no_new_version_and_its_meaning_stays(view, admin, scientist, viewer):
    digest = view.definition_digest
    changed = services.describe_view(
        actor=scientist, view=view, description="How late", owner=admin.user.email, tags=["Late", "late "]
    )
    assert (changed.description, changed.owner, changed.tags) == ("How late", admin.user, ["late"])
    assert (changed.number, changed.definition_digest, FeatureView.objects.count()) == (1, digest, 1)
    assert services.describe_view(actor=scientist, view=view, owner="").owner is None
    with pytest.raises(DefinitionRefused, match="Nobody in this organisation"):
        services.describe_view(actor=scientist, view=view, owner="who@example.org")
    with pytest.raises(DefinitionRefused, match="At most 20 tags"):
        services.describe_view(actor=scientist, view=view, tags=[str(n) for n in range(21)])
    with pytest.raises(AccessDenied):
        services.describe_view(actor=viewer, view=view, description="x")


def test_whoever_uses_what_is_deprecated_is_told_until_they_have_read_it(
    deployed, view, service, admin, scientist, second
):
    def waits(person):
        return [
            (row.kind, row.name)
            for row in dashboards.waiting(actor=person, now=now())
            if row.state_label == "Deprecated"
        ]

    with pytest.raises(DefinitionRefused, match="Say why"):
        services.deprecate_view(actor=admin, view=view, reason=" ", now=now())
    with pytest.raises(DefinitionRefused, match="take its own place"):
        services.deprecate_view(actor=admin, view=view, reason="Old", instead=view, now=now())
    FeatureView.objects.filter(pk=second.pk).update(state=BuildState.DESTROYED)
    second.refresh_from_db()
    with pytest.raises(DefinitionRefused, match="other v1 cannot be used"):
        services.deprecate_view(actor=admin, view=view, reason="Old", instead=second, now=now())
    FeatureView.objects.filter(pk=second.pk).update(state=BuildState.READY)
    second.refresh_from_db()
    services.deprecate_view(actor=admin, view=view, reason="It counts twice", instead=second, now=now())

    view.refresh_from_db()
    assert selectors.deprecated_in_words(view) == "Deprecated: It counts twice. Take other v1 instead."
    for state in (BuildState.BINNED, BuildState.DESTROYED):
        FeatureView.objects.filter(pk=second.pk).update(state=state)
        view.refresh_from_db()
        assert selectors.deprecated_in_words(view) == "Deprecated: It counts twice.", "what is gone is not to be taken"
    notice = DeprecationNotice.objects.get()
    assert notice.user == scientist.user
    assert {one["kind"] for one in notice.things} >= {"training_set", "model_version", "revision", "feature_service"}
    assert (waits(scientist), waits(admin)) == ([("feature_view", "carrier_delay v1")], [])
    with pytest.raises(Conflict, match="deprecated already"):
        services.deprecate_view(actor=admin, view=view, reason="Again", now=now())

    visits.note_visit(actor=scientist, kind="feature_view", object_id=view.pk, now=now())
    assert waits(scientist) == []
    services.deprecate_service(actor=admin, service=service, reason="Old!", now=now())
    assert waits(scientist) == [("feature_service", "late_flights v1")]
    services.restore_service(actor=admin, service=service)
    services.restore_view(actor=admin, view=view)
    assert waits(scientist) == []
    assert DeprecationNotice.objects.count() == 0


def test_a_deprecated_view_is_marked_where_it_is_seen_and_chosen(
    view, flights, second, run_jobs, scientist, client_as, api_as
):
    run_jobs()
    services.deprecate_view(actor=scientist, view=view, reason="It counts <twice>", now=now())
    client, here = client_as(scientist), "/t/acme/p/flights/features/"
    for path in ("?show=views", f"views/{view.pk}/", f"training-sets/new/?base={flights.pk}", "services/new/"):
        text = client.get(here + path).content.decode()
        assert "Deprecated" in text and "It counts &lt;twice&gt;" in text, path
    row = api_as(scientist).get(f"/api/v1/feature-views/{view.pk}/").json()
    assert (row["deprecated_because"], bool(row["deprecated_at"])) == ("It counts <twice>", True)


def test_the_pages_of_entities_services_and_the_file(view, service, scientist, client_as, run_jobs):
    client, here = client_as(scientist), "/t/acme/p/flights/features/"
    entity = view.entity
    pages = {
        "?show=entities": ["<bdi>carrier</bdi>: text", "Entities"],
        "?show=services": ["late_flights", "recent_delay"],
        "?show=services&q=nothing": ["Services"],
        f"entities/{entity.pk}/": ["carrier_delay", "join_keys: {carrier: text}"],
        f"services/{service.pk}/": ["carrier_delay v1", "late_flights:", "recent_delay"],
        f"views/{view.pk}/?tab=definition": ["As a file", "carrier_delay:", "entity: carrier"],
        f"views/new/?from={view.pk}": ["carrier_delay"],
        f"services/new/?from={service.pk}": ["late_flights"],
        "file/": ["entities:", "services:"],
    }
    for path, words in pages.items():
        answer = client.get(here + path)
        text = answer.content.decode()
        assert answer.status_code == 200, path
        assert [word for word in words if word not in text] == [], path
        if "written" in answer.context:
            # What is shown as a file is what an apply would leave alone.
            plan = services.plan_definitions(actor=scientist, project=view.project, text=answer.context["written"])
            assert {step.action for step in plan.steps} == {"unchanged"}, path
    edit = f"{here}entities/{entity.pk}/edit/"
    assert client.post(edit, {"description": "Who flies", "owner": "", "tags": "air, b"}).status_code == 303
    entity.refresh_from_db()
    assert (entity.description, entity.owner, entity.tags) == ("Who flies", None, ["air", "b"])
    sent = {"name": "late_again", f"use_{view.pk.hex}": "on", f"take_{view.pk.hex}": "recent_delay", "tags": "air"}
    before = client.post(f"{here}services/new/", {**sent, "act": "file"})
    assert (before.status_code, FeatureService.objects.filter(name="late_again").exists()) == (200, False)
    assert "As a file" in before.content.decode()
    made = client.post(f"{here}services/new/", sent)
    assert made.status_code == 303
    assert client.get(made["Location"]).context["written"] == before.context["written"]
    empty = client.post(f"{here}services/new/", {"name": "x"})
    assert (empty.status_code, "of at least one feature" in empty.content.decode()) == (422, True)

    text = services.definitions_text(actor=scientist, project=view.project)
    changed = text.replace("description: Who flies", "description: Who flies here")
    shown = client.post(f"{here}file/", {"text": changed, "act": "plan"})
    assert shown.status_code == 200 and "only what is said about it" in shown.content.decode()
    digest = shown.context["plan"].digest
    assert client.post(f"{here}file/", {"text": changed, "act": "apply", "plan": digest}).status_code == 303
    stale = client.post(f"{here}file/", {"text": changed, "act": "apply", "plan": digest})
    assert (stale.status_code, "not what the plan said" in stale.content.decode()) == (422, True)
    wrong = client.post(f"{here}file/", {"text": "entitys: {}", "act": "plan"})
    assert (wrong.status_code, "Line 1: “entitys” is not known" in wrong.content.decode()) == (422, True)


def test_what_the_form_shows_as_a_file_is_what_it_defines(view, scientist, client_as, project):
    """The panel of a preview, applied, changes nothing once the form itself was sent."""
    client, here = client_as(scientist), "/t/acme/p/flights/features/"
    fields = {
        "sql": "SELECT carrier, moment, delay AS twice FROM delayscsv",
        "name": "of_the_form",
        "entity": str(view.entity_id),
        "event_time": "moment",
        "ttl": "2",
        "ttl_unit": "days",
        "tags": "b, a",
        "description": "How late",
    }
    shown = client.post(f"{here}views/new/", {**fields, "act": "preview"})
    written = shown.context["written"]
    assert "of_the_form:" in written and "ttl_seconds: 172800" in written
    assert client.post(f"{here}views/new/", {**fields, "act": "create"}).status_code == 303
    plan = services.plan_definitions(actor=scientist, project=project, text=written)
    assert [step.action for step in plan.steps] == ["unchanged"]


def test_over_rest(view, service, scientist, admin, api_as):
    client = api_as(scientist)

    def sent(method, path, body=None):
        return getattr(client, method)(f"/api/v1/{path}", body, content_type="application/json")

    entity = sent("patch", f"entities/{view.entity_id}/", {"tags": ["air"], "owner": admin.user.email}).json()
    assert (entity["tags"], entity["owner"], entity["key_types"]) == (["air"], admin.user.email, {"carrier": "text"})
    assert sent("patch", f"feature-views/{view.pk}/", {"description": "x"}).json()["description"] == "x"
    made = sent("post", "feature-services/", {"project": "flights", "name": "two", "views": [{"view": str(view.pk)}]})
    assert made.status_code == 201
    pk = made.json()["id"]
    marked = sent("post", f"feature-services/{pk}/deprecate/", {"reason": "Old", "instead": str(service.pk)})
    assert marked.json()["deprecated_for"] == str(service.pk)
    assert sent("post", f"feature-services/{pk}/restore/").json()["deprecated_at"] is None
    assert sent("delete", f"feature-services/{pk}/").status_code == 204
    assert len(client.get("/api/v1/feature-services/?project=flights").json()["results"]) == 1
    text = client.get("/api/v1/feature-definitions/?project=flights").json()["text"]
    plan = sent("post", "feature-definitions/plan/", {"project": "flights", "text": text}).json()
    assert {step["action"] for step in plan["steps"]} == {"unchanged"}
    done = sent("post", "feature-definitions/apply/", {"project": "flights", "text": text, "plan": plan["digest"]})
    assert done.json()["digest"] == plan["digest"]
    wrong = sent("post", "feature-definitions/plan/", {"project": "flights", "text": "a: [\nb"})
    assert wrong.status_code == 422
    assert wrong.json()["details"]["problems"][0]["line"] == 2
