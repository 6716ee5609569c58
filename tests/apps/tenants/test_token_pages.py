"""The tokens page and /api/v1/tokens: shown once, listed with last use, revoked."""

from datetime import timedelta

from foundation.clock import now
from foundation.identity.models import ApiToken
from foundation.web.models import IdempotentAnswer

PAGE = "/t/acme/settings/tokens/"
NEW = {"name": "laptop", "level": "everything", "project": "", "days": "30"}
API = "/api/v1/tokens/"


def test_a_token_is_shown_once_with_commands_that_use_it(client_as, scientist, project):
    client = client_as(scientist)
    page = client.post(PAGE, NEW | {"project": "flights"}).content.decode()

    assert page.count("snd_") >= 3
    row = ApiToken.objects.get()
    assert (row.project_id, row.scopes) == (project.pk, ["*"])
    assert timedelta(days=29) < row.expires_at - now() <= timedelta(days=30)
    again = client.get(PAGE).content.decode()
    assert "laptop" in again
    assert "never" in again
    assert "The token is made" not in again


def test_the_address_says_what_a_new_token_is_for(client_as, scientist, project):
    client = client_as(scientist)
    form = client.get(PAGE, {"level": "invoke", "project": "flights"}).context["form"]
    assert (form["level"].value(), form["project"].value()) == ("invoke", "flights")

    client.post(PAGE, {"name": "sensor", "level": "send", "project": "flights", "days": "30"})
    assert ApiToken.objects.get(name="sensor").scopes == ["stream.push"]

    form = client.get(PAGE, {"level": "all", "project": "others"}).context["form"]
    assert (form["level"].value(), form["project"].value()) == ("read", None)


def test_snippets_lead_to_the_token_that_they_want(client_as, scientist, project):
    client, link = client_as(scientist), "/t/acme/settings/tokens/?level=build&amp;project=flights&amp;next=%2Ft%2Facme"
    assert f'href="{link}' in client.get("/t/acme/p/flights/data/").content.decode()
    assert link.replace("build", "everything") in client.get("/t/acme/p/flights/deployments/").content.decode()
    assert "stands for a token" not in client.get(PAGE).content.decode()


def test_a_new_token_leads_back_to_the_page_that_wants_it(client_as, scientist, project):
    client, here = client_as(scientist), "/t/acme/p/flights/deployments/"
    assert f'href="{here}"' in client.post(f"{PAGE}?next={here}", NEW).content.decode()
    assert "Back to the page" not in client.post(f"{PAGE}?next=//elsewhere.test/", NEW).content.decode()


def test_a_level_gives_what_its_maker_holds_of_it(client_as, officer):
    client_as(officer).post(PAGE, NEW | {"level": "build"})

    scopes = ApiToken.objects.get().scopes
    assert "dataset.view" in scopes
    assert "run.start" not in scopes


def test_chosen_permissions_want_a_tick(client_as, scientist):
    client = client_as(scientist)
    answer = client.post(PAGE, NEW | {"level": "chosen"})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["scopes"]

    client.post(PAGE, NEW | {"level": "chosen", "scopes": ["run.view", "run.start"]})
    assert ApiToken.objects.get().scopes == ["run.start", "run.view"]


def test_an_empty_list_offers_the_next_step_and_a_viewer_reads_why_not(client_as, scientist, viewer):
    assert "No tokens yet" in client_as(scientist).get(PAGE).content.decode()
    page = client_as(viewer).get(PAGE).content.decode()
    assert "token.create" in page
    assert "Create token" not in page


def test_revoke_by_a_plain_form(client_as, scientist, officer):
    client = client_as(scientist)
    client.post(PAGE, NEW)
    url = f"{PAGE}{ApiToken.objects.get().pk}/revoke/"

    assert client_as(officer).post(url).status_code == 404
    assert client.post(url).status_code == 303
    assert "Revoked" in client.get(PAGE).content.decode()


def make(client, **changes):
    body = {"name": "ci", "scopes": ["run.view"], "expires_at": (now() + timedelta(days=5)).isoformat()} | changes
    return client.post(API, body, content_type="application/json", headers={"Idempotency-Key": "one"})


def test_rest_makes_lists_and_revokes(api_as, scientist, project):
    client = api_as(scientist)
    made = make(client, project="flights")
    assert made.status_code == 201
    assert made.json()["token"].startswith("snd_")
    assert made.json()["project_id"] == str(project.pk)

    listed = {row["name"]: row for row in client.get(API).json()["results"]}
    assert listed["ci"]["state"] == "live"
    assert "token" not in listed["ci"]
    assert client.post(f"{API}{made.json()['id']}/revoke/").json()["state"] == "revoked"


def test_a_repeated_request_makes_no_second_token_and_the_secret_is_kept_nowhere(api_as, scientist):
    client, same = api_as(scientist), {"expires_at": (now() + timedelta(days=5)).isoformat()}
    made, again = make(client, **same), make(client, **same)

    assert (made.status_code, again.status_code) == (201, 409)
    assert "shown once" in again.json()["detail"]
    assert [row["name"] for row in client.get(API).json()["results"]].count("ci") == 1
    assert made.json()["token"] not in bytes(IdempotentAnswer.objects.get().body).decode()


def test_rest_refuses_more_than_one_holds(api_as, scientist):
    answer = make(api_as(scientist), scopes=["member.manage"])

    assert answer.status_code == 403
    assert "member.manage" in answer.json()["detail"]


def test_an_unknown_project_is_not_found(api_as, scientist):
    assert make(api_as(scientist), project="nothing").status_code == 404


def test_the_organisation_is_named_by_its_administrator(client_as, admin, scientist):
    client = client_as(admin)
    words = {"name": "Acme Gulf", "name_ar": "أكمي", "zones": ["AE-ONSHORE"]}
    assert client.post("/t/acme/settings/organisation/", words).status_code == 303
    assert "Acme Gulf" in client.get("/t/acme/settings/organisation/").content.decode()
    assert client.post("/t/acme/settings/organisation/", {**words, "name": " "}).status_code == 422
    assert client_as(scientist).get("/t/acme/settings/organisation/").status_code == 403
