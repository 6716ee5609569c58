"""The Deployments pages: does it answer, how fast, who serves; and every act by a plain form."""

import pytest

from apps.deployments import selectors
from apps.deployments.adapters import gateway
from apps.deployments.ports import Answer, LiveRevision, LiveStats
from apps.projects import services as projects
from foundation.errors import Unavailable
from foundation.identity.models import ApiToken
from foundation.tenancy import scope
from tests.apps.deployments.stage import shares

LIST = "/t/acme/p/flights/deployments/"
NOW = 1_700_000_120.5


def page(client, url):
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def by_number(deployment):
    return {revision.number: revision for revision in deployment.revisions.all()}


@pytest.fixture
def busy(silent_gateway):
    """The gateway counts ten requests a second of a revision, one of them an error."""

    def count(revision):
        seconds = [(int(NOW) - n, 10, 1) for n in range(60, 0, -1)]
        live = LiveRevision(requests=600, errors=60, p50=1.5, p95=4.2, p99=9.9, per_second=seconds)
        stats = LiveStats(NOW, {str(revision.pk): live})
        silent_gateway["stats"] = NOW, {str(revision.deployment_id): stats}

    return count


def test_an_empty_list_offers_the_next_step(client_as, scientist, project):
    shown = page(client_as(scientist), LIST)
    assert "No deployments yet" in shown
    assert f'href="{LIST}new/"' in shown
    assert "sanad --project flights deploy" in shown


def test_the_list_says_who_answers_and_how_fast(client_as, viewer, deployed, busy):
    deployment = deployed()
    assert "The gateway does not answer" in page(client_as(viewer), LIST)
    busy(by_number(deployment)[1])
    shown = page(client_as(viewer), LIST)

    assert "The deployment answers." in shown
    assert "4.2 ms" in shown and "10.0" in shown and "flowers v1" in shown


def test_the_page_shows_figures_of_now_and_the_way_back(client_as, scientist, deployed, busy):
    deployment = deployed(revisions=2)
    busy(by_number(deployment)[2])
    shown = page(client_as(scientist), f"{LIST}{deployment.pk}/")

    assert "95 of 100 requests take less than 4.2 ms" in shown
    assert "Roll back to revision 1" in shown and "data-confirm=" in shown
    assert "10.0\u202f%" in shown
    assert "/inference/acme/flowers" in shown


@pytest.mark.parametrize("tab", ["traffic", "log", "use", "activity"])
def test_every_tab_has_an_address(client_as, viewer, deployed, tab):
    told = {"traffic": "Change the split", "log": "/api/v1/revisions/", "use": "dataframe_records"}
    shown = page(client_as(viewer), f"{LIST}{deployed().pk}/?tab={tab}")
    if tab == "use":
        assert "/t/acme/settings/tokens/?level=invoke&amp;project=flights&amp;next=" in shown
    assert ("deployment.change" if tab == "traffic" else told.get(tab, "opened the address")) in shown


def test_without_a_way_back_the_button_stays_and_says_why(client_as, scientist, deployed):
    shown = page(client_as(scientist), f"{LIST}{deployed().pk}/")
    assert "There is no earlier revision that is ready to serve." in shown


def test_a_version_is_deployed_by_a_plain_form(client_as, scientist, promoted):
    version, client = promoted(), client_as(scientist)
    shown = page(client, f"{LIST}new/?version={version.pk}")
    assert f'value="{version.pk}" selected' in shown and 'value="flowers"' in shown
    answer = client.post(f"{LIST}new/", {"version": str(version.pk), "slug": "flowers", "resource_class": "small"})

    assert answer.status_code == 303
    assert "is starting" in page(client, answer["Location"])


def test_an_address_left_empty_is_made_from_the_models_name(client_as, scientist, promoted):
    version = promoted(name="late_flowers")
    given = {"version": str(version.pk), "slug": "", "resource_class": "small"}
    assert client_as(scientist).post(f"{LIST}new/", given).status_code == 303
    assert selectors.visible_deployments(actor=scientist).get().slug == "late-flowers"


def test_a_wrong_address_is_said_at_its_field(client_as, scientist, promoted):
    given = {"version": str(promoted().pk), "slug": "My flowers", "resource_class": "small"}
    answer = client_as(scientist).post(f"{LIST}new/", given)
    assert answer.status_code == 422
    assert "My flowers" in answer.context["form"].errors["slug"][0]


def test_without_an_approved_version_the_form_leads_to_the_models(client_as, scientist, project):
    assert "No version is in production" in page(client_as(scientist), f"{LIST}new/")


def test_the_split_is_changed_and_refused_in_the_page(client_as, scientist, deployed, again):
    deployment = deployed(revisions=2)
    one, two = (f"share_{by_number(deployment)[n].pk}" for n in (1, 2))
    client, url = client_as(scientist), f"{LIST}{deployment.pk}/split/"
    refused = client.post(url, {one: "30", two: "60"})

    assert refused.status_code == 422
    assert "The shares add up to 90; they must make 100." in refused.content.decode()
    assert 'value="30"' in refused.content.decode()
    assert client.post(url, {one: "30", two: "70"}).status_code == 303
    assert shares(again(deployment)) == {1: 30, 2: 70}


def test_roll_back_stop_and_restart_are_one_button_each(client_as, scientist, deployed, again):
    deployment, client = deployed(revisions=2), client_as(scientist)
    assert client.post(f"{LIST}{deployment.pk}/rollback/").status_code == 303
    assert shares(again(deployment)) == {1: 100, 2: 0}
    second = f"{LIST}revisions/{by_number(deployment)[2].pk}/"
    assert client.post(f"{second}stop/").status_code == 303
    assert by_number(again(deployment))[2].state == "stopped"
    assert "Restart" in page(client, f"{LIST}{deployment.pk}/")
    assert client.post(f"{second}restart/").status_code == 303
    assert by_number(again(deployment))[2].state == "starting"


@pytest.fixture
def at_door(monkeypatch):
    """What reached the gateway's door; `at_door["answer"]` is what it says."""
    said = {
        "calls": [],
        "answer": Answer(
            200, {"predictions": ["setosa"], "probabilities": [[0.9, 0.1]], "classes": ["setosa", "else"]}, 3.2
        ),
    }

    def ask(url, token, body):
        said["calls"].append((url, token, body))
        if isinstance(said["answer"], Exception):
            raise said["answer"]
        return said["answer"]

    monkeypatch.setattr(gateway, "ask", ask)
    return said


def test_a_row_is_asked_through_the_gateway_with_a_token_for_minutes(client_as, scientist, deployed, at_door):
    deployment, client = deployed(), client_as(scientist)
    url = f"{LIST}{deployment.pk}/try/"
    shown = page(client, url)
    assert "petal_width_(cm)" in shown and 'name="f3"' in shown
    row = {"f0": "5.1", "f1": "3.5", "f2": "1.4", "f3": "0.2"}
    assert client.post(url, row).status_code == 303
    shown = page(client, url)
    called, token, body = at_door["calls"][0]

    assert "setosa" in shown and "90.0" in shown and "3.2 ms" in shown
    assert called.endswith("/inference/acme/flowers/invocations")
    assert body == {
        "dataframe_records": [
            {"sepal_length_(cm)": 5.1, "sepal_width_(cm)": 3.5, "petal_length_(cm)": 1.4, "petal_width_(cm)": 0.2}
        ]
    }
    kept = ApiToken.objects.get(purpose=f"try:{deployment.pk}")
    assert (kept.scopes, kept.project_id) == (["deployment.invoke"], deployment.project_id)
    assert token not in str(client.session.items())
    page(client, url)
    assert len(at_door["calls"]) == 1
    client.post(url, row)
    assert ApiToken.objects.filter(purpose=f"try:{deployment.pk}").count() == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(422, {"error": "The column 'a' is missing."}, 2.0), "The column &#x27;a&#x27; is missing."),
        (Answer(503, {"detail": "No revision is ready."}, 2.0), "No revision is ready."),
        (Answer(500, "<html>", 2.0), "It answered 500."),
        (Unavailable("Nobody answers at there."), "Nobody answers at there."),
    ],
)
def test_a_refusal_is_shown_in_its_own_words(client_as, scientist, deployed, at_door, answer, words):
    client, url = client_as(scientist), f"{LIST}{deployed().pk}/try/"
    at_door["answer"] = answer
    client.post(url, {"f0": "1", "f1": "1", "f2": "1", "f3": "1"})
    assert words in page(client, url)


def test_a_field_of_the_wrong_kind_is_said_before_anybody_asks(client_as, scientist, deployed, at_door):
    answer = client_as(scientist).post(f"{LIST}{deployed().pk}/try/", {"f0": "wide"})
    assert answer.status_code == 422 and at_door["calls"] == []


def test_a_viewer_reads_all_and_changes_nothing(client_as, viewer, deployed, at_door):
    deployment, client = deployed(revisions=2), client_as(viewer)
    revision = by_number(deployment)[1]
    assert "deployment.invoke" in page(client, f"{LIST}{deployment.pk}/try/")
    for act in (f"{deployment.pk}/split/", f"{deployment.pk}/rollback/", f"revisions/{revision.pk}/stop/"):
        assert client.post(f"{LIST}{act}").status_code == 403
    assert client.post(f"{LIST}{deployment.pk}/try/", {}).status_code == 403


def test_another_tenant_finds_nothing(client_as, other_scientist, deployed):
    deployment = deployed()
    with scope(other_scientist.tenant_id):
        projects.create_project(actor=other_scientist, slug="flights", name="Theirs", purpose="Else")
    client = client_as(other_scientist)
    for place in ("", "live/", "try/"):
        assert client.get(f"/t/other/p/flights/deployments/{deployment.pk}/{place}").status_code == 404


def test_the_live_chart_says_what_is_going_on(client_as, viewer, deployed, busy):
    deployment, client = deployed(), client_as(viewer)
    url = f"{LIST}{deployment.pk}/live/"
    assert "does not answer" in client.get(url).json()["said"]
    busy(by_number(deployment)[1])
    chart = client.get(url).json()
    assert chart["said"].startswith("10.0 requests a second") and len(chart["data"]) == 2


def test_rest_walks_the_same_way(api_as, scientist, deployed, again):
    deployment, client = deployed(revisions=2), api_as(scientist)
    listed = client.get("/api/v1/deployments/?project=flights").json()["results"][0]
    assert listed["url"].endswith("/inference/acme/flowers")
    ids = {
        r["number"]: r["id"] for r in client.get(f"/api/v1/deployments/{deployment.pk}/revisions/").json()["results"]
    }
    body = {"split": {ids[1]: 40, ids[2]: 60}}
    split = client.post(f"/api/v1/deployments/{deployment.pk}/split/", body, content_type="application/json")
    assert split.status_code == 200 and shares(again(deployment)) == {1: 40, 2: 60}
    assert client.post(f"/api/v1/deployments/{deployment.pk}/rollback/").status_code == 200
    log = client.get(f"/api/v1/revisions/{ids[1]}/log/")
    assert (log.status_code, log["X-Log-Ended"]) == (200, "false")
    assert client.get(f"/api/v1/revisions/{ids[1]}/log/?offset=x").status_code == 422
