"""The palette finds what the actor may see, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.connections import services as connections
from apps.dashboards import selectors
from apps.datasets import services as datasets
from apps.datasets.models import Dataset, Transformation
from apps.tenants import services as tenants
from foundation import ledger
from foundation.access import Permission
from foundation.clock import now

SEARCH = "/t/acme/search/"


@pytest.mark.parametrize(
    ("words", "kind", "name"),
    [
        ("flig", "project", "Flights"),
        ("depart", "dataset", "Departures"),
        ("carrier", "feature_view", "carrier-delay v1"),
        ("half-year v1", "training_set", "half-year v1"),
        ("#1", "run", "#1 hist_gradient_boosting"),
        ("late-fl", "model", "late-flights"),
        ("late-flights v1", "model_version", "late-flights v1"),
        ("late", "deployment", "Late flights"),
    ],
)
def test_things_are_found_by_part_of_their_name(chain, scientist, words, kind, name):
    assert (kind, name) in {(thing.kind, thing.name) for thing in selectors.search(actor=scientist, words=words)}


def test_a_connection_is_found_and_its_page_is_where_it_is_open(admin, scientist, project, client_as):
    inside, everywhere = (
        made_connection(admin, name, at) for name, at in (("Sales", project.pk), ("Sales lake", None))
    )
    found = {thing.id: thing for thing in selectors.search(actor=scientist, words="sales")}
    assert (found[inside.pk].note, found[everywhere.pk].note) == ("Flights", "every project")
    browser, there = client_as(scientist), "/t/acme/p/flights/data/connections/"
    assert f'href="/t/acme/connections/{inside.pk}/"' in browser.get(SEARCH, {"q": "sales"}).content.decode()
    for made in (inside, everywhere):
        assert browser.get(f"/t/acme/connections/{made.pk}/")["Location"] == f"{there}{made.pk}/"
        assert browser.get(f"/t/acme/go/connection/{made.pk}/")["Location"] == f"/t/acme/connections/{made.pk}/"


def made_connection(admin, name, project_id):
    settings = {"urls": "https://8.8.8.8/rows.csv"}
    words = {"name": name, "kind": "http", "settings": settings, "secrets": {}, "now": now()}
    return connections.create_connection(actor=admin, project_id=project_id, **words)


def test_what_brings_data_in_and_makes_it_is_found(chain, admin, scientist, project, client_as):
    departures = Dataset.objects.get(name="Departures")
    connection = made_connection(admin, "Tower", project.pk)
    plan = datasets.Plan(connection.pk, "", cron="0 6 * * *")
    made = datasets.create_ingestion(actor=scientist, dataset=departures, plan=plan, now=now())
    days = Transformation.objects.create(
        tenant=scientist.tenant,
        project_id=project.pk,
        name="daily delays",
        output=departures,
        created_by=scientist.user,
    )
    shown = client_as(scientist).get(SEARCH, {"q": "tower"}).content.decode()
    assert f'/data/ingestions/{made.pk}/"' in shown and "Departures ← Tower" in shown
    for words, kind, pk in (
        ("depart", "ingestion", made.pk),
        ("daily", "transformation", days.pk),
        ("departures v1", "dataset_version", departures.versions.get().pk),
    ):
        assert (kind, pk) in {(thing.kind, thing.id) for thing in selectors.search(actor=scientist, words=words)}


def test_a_long_purpose_ends_at_a_word_and_says_that_it_goes_on(scientist, project):
    project.purpose = "Tell at departure time whether a flight will arrive fifteen or more minutes late."
    project.save(update_fields=["purpose"])
    (found,) = selectors.search(actor=scientist, words="flig")
    assert found.note == "Tell at departure time whether a flight will arrive fifteen…"


def test_nothing_of_another_tenant_is_found(chain, other_scientist):
    for words in ("flig", "late", "1", "depart"):
        assert selectors.search(actor=other_scientist, words=words) == []


def test_a_token_without_the_permission_finds_nothing_of_that_kind(chain, scientist, api_as):
    limited = api_as(scientist, scopes=[Permission.PROJECT_VIEW.value, Permission.RUN_VIEW.value])
    shown = limited.get(SEARCH, {"q": "late"}).content.decode()
    assert "late-flights" not in shown
    assert "hist_gradient_boosting" in limited.get(SEARCH, {"q": "hist"}).content.decode()


def test_a_token_of_one_project_finds_nothing_of_another(chain, scientist, api_as):
    from apps.projects import services

    other = services.create_project(actor=scientist, slug="other", name="Other flights", purpose="Else")
    shown = api_as(scientist, project_id=other.pk).get(SEARCH, {"q": "flights"}).content.decode()
    assert "Other flights" in shown
    assert "late-flights" not in shown


def test_palette_gets_results_alone_and_a_reader_without_script_a_page(chain, scientist, client_as):
    client = client_as(scientist)
    piece = client.get(SEARCH, {"q": "late"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in piece
    assert 'role="option"' in piece
    assert "<html" in client.get(SEARCH, {"q": "late"}).content.decode()


def test_palette_offers_acts(scientist, viewer, client_as):
    shown = client_as(scientist).get(SEARCH, {"q": "arab"}, headers={"HX-Request": "true"}).content.decode()
    assert "Switch to Arabic" in shown
    assert 'name="language" value="ar"' in shown
    new = {"q": "new project"}
    assert "New project" in client_as(scientist).get(SEARCH, new, headers={"HX-Request": "true"}).content.decode()
    refused = client_as(viewer).get(SEARCH, new, headers={"HX-Request": "true"}).content.decode()
    assert "/projects/new/" not in refused


def test_go_leads_on_to_the_thing_and_hides_what_is_not_ones_own(chain, scientist, other_scientist, client_as):
    client = client_as(scientist)
    answer = client.get(f"/t/acme/go/approval_case/{chain.case.pk}/")
    assert answer["Location"] == f"/t/acme/approvals/{chain.case.pk}/"
    assert client.get(f"/t/acme/go/run/{chain.version.pk}/").status_code == 404
    assert client.get(f"/t/acme/go/nonsense/{chain.version.pk}/").status_code == 404
    from foundation.tenancy import scope

    with scope(other_scientist.tenant_id):
        assert client_as(other_scientist).get(f"/t/other/go/run/{chain.run.pk}/").status_code == 404


def test_whatever_the_ledger_tells_of_leads_somewhere(chain, admin, project, client_as):
    tenants.create_service_account(actor=admin, name="nightly import", role="viewer")
    moment = now()
    tenants.create_token(actor=admin, name="x", scopes=["*"], expires_at=moment + timedelta(days=1), now=moment)
    subjects = {event.subject for event in ledger.activity(admin, limit=500).events}
    client = client_as(admin)
    assert {"service_account", "token", "project", "run"} <= {kind for kind, _pk in subjects}
    lost = {kind for kind, pk in subjects if "Location" not in client.get(f"/t/acme/go/{kind}/{pk}/").headers}
    assert lost == set()


def test_chain_over_rest_names_the_links_in_order(chain, scientist, api_as):
    nodes = api_as(scientist).get(f"/api/v1/chain/model_version/{chain.version.pk}/").json()
    kinds = [node["kind"] for node in nodes]
    assert kinds[0] == "source"
    assert kinds.index("run") < kinds.index("model_version") < kinds.index("revision")
    assert [node["kind"] for node in nodes if node["current"]] == ["model_version"]
    version = next(node for node in nodes if node["kind"] == "model_version")
    assert version["digest"] == chain.version.artifact_digest


def test_chain_of_what_is_not_visible_is_not_found(chain, other_scientist, api_as):
    client = api_as(other_scientist)
    assert client.get(f"/api/v1/chain/model_version/{chain.version.pk}/").status_code == 404
    assert client.get(f"/api/v1/chain/nonsense/{chain.version.pk}/").status_code == 404


def found_by(client, words):
    return client.get(SEARCH, {"q": words}).content.decode()


@pytest.mark.parametrize(
    ("words", "place"),
    [("webhook", "settings/webhooks/"), ("sso", "settings/single-sign-on/"), ("erase", "compliance/erasures/")],
)
def test_pages_are_found_by_name_and_by_other_words(admin, client_as, words, place):
    client = client_as(admin)
    assert f"/t/acme/{place}" in found_by(client, words)


def test_each_page_that_is_found_opens(admin, client_as):
    from foundation.web.finding import PAGES

    client = client_as(admin)
    assert {page.path: client.get(f"/t/acme/{page.path}").status_code for page in PAGES} == {
        page.path: 200 for page in PAGES
    }


def test_pages_that_one_may_not_open_are_not_found(viewer, client_as):
    assert "settings/webhooks/" not in found_by(client_as(viewer), "webhook")


def test_people_are_found_by_whoever_may_see_them(admin, viewer, client_as):
    assert "settings/members/" in found_by(client_as(admin), "The viewer")
    assert "The viewer" in found_by(client_as(admin), viewer.user.email)
    assert "/settings/groups/" not in found_by(client_as(viewer), "The admin")


def test_people_of_another_tenant_are_never_found(admin, other_scientist, client_as):
    assert other_scientist.user.email not in found_by(client_as(admin), "scientist@")
    assert admin.user.email not in found_by(client_as(other_scientist), "admin")


def test_the_places_of_the_project_at_hand_are_found_by_whoever_may_go_there(client_as, scientist, viewer, project):
    here = {"HX-Current-URL": f"https://portal.example/t/acme/p/{project.slug}/data/"}

    def found(who, words, **headers):
        return client_as(who).get("/t/acme/search/", {"q": words}, headers=headers).content.decode()

    place = f"/t/acme/p/{project.slug}/data/streams/"
    told = found(scientist, "kafka", **here)
    assert f'"{place}"' in told and f'"{place}new/"' in told
    assert f'"{place}"' not in found(scientist, "kafka"), "elsewhere nobody knows of which project"
    assert f'"{place}new/"' not in found(viewer, "kafka", **here)
    strange = {"HX-Current-URL": f"https://portal.example/t/another/p/{project.slug}/"}
    assert place not in found(scientist, "kafka", **strange)
