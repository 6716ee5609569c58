"""From a refusal to the permission by plain forms: asked, granted, used on pages and by REST."""

import re

import pytest
from django.test import Client

from apps.approvals import selectors, services
from foundation.access import Permission
from foundation.ledger import dispatch_once, sequence_once
from foundation.tenancy import scope

ASK = "/t/acme/approvals/ask-for-access/"
DATA = "/t/acme/p/flights/data/"
NEW_DATA = f"{DATA}new/"


def text_of(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def asked_on(page):
    """What the page's forms would ask for: (permission, project) of each."""
    forms = re.findall(rf'<form method="post" action="{ASK}".*?</form>', page)
    assert all("csrfmiddlewaretoken" in form and "Ask for access" in form for form in forms)
    return {(_value(form, "permission"), _value(form, "project_id")) for form in forms}


def _value(form, name):
    found = re.search(rf'name="{name}" value="([^"]+)"', form)
    return found[1] if found else None


def decide(client, case_url, verdict="granted"):
    page = text_of(client.get(case_url))
    given = {
        "verdict": verdict,
        "reason": "For this month.",
        "digest": re.search(r'name="digest" value="(\w+)"', page)[1],
    }
    answer = client.post(f"{case_url}decide/", given)
    sequence_once()
    dispatch_once()
    return answer


def test_from_the_refusal_to_the_permission(client_as, viewer, admin, project):
    client = client_as(viewer)
    refused = client.get(NEW_DATA)
    assert refused.status_code == 403
    assert "“dataset.create”" in text_of(refused) and "administrator" in text_of(refused)
    assert asked_on(text_of(refused)) == {("dataset.create", str(project.pk))}

    given = {"permission": "dataset.create", "project_id": str(project.pk), "reason": "To load the weather"}
    answer = client.post(ASK, given)
    assert answer.status_code == 303
    waiting = text_of(client.get(answer["Location"]))
    assert "Permission to add datasets and versions in Flights" in waiting
    assert "To load the weather" in waiting and "The admin" in waiting and "Withdraw" in waiting

    assert client.post(ASK, given)["Location"] == answer["Location"]
    assert "asked for this already" in text_of(client.get(answer["Location"]))

    deciding = client_as(admin)
    assert "One case waits for you" in text_of(deciding.get("/t/acme/approvals/"))
    assert "exactly this permission" in text_of(deciding.get(answer["Location"]))
    assert decide(deciding, answer["Location"])["Location"] == answer["Location"]

    assert client.get(NEW_DATA).status_code == 200
    assert "It holds now." in text_of(client.get(answer["Location"]))


def test_a_disabled_button_offers_to_ask_until_it_is_live(client_as, viewer, admin, project):
    client = client_as(viewer)
    page = text_of(client.get(DATA))
    assert 'aria-disabled="true"' in page
    assert asked_on(page) == {("dataset.create", str(project.pk))}

    grant(viewer, admin, project)
    assert asked_on(text_of(client.get(DATA))) == set()


def grant(actor, admin, project, permission=Permission.DATASET_CREATE):
    case, _new = services.ask_for_access(actor=actor, permission=permission, project_id=project.pk)
    services.decide(actor=admin, case=case, verdict="granted", reason="Fine.")
    sequence_once()
    dispatch_once()


def test_a_grant_is_honoured_by_rest_and_only_in_its_project(api_as, officer, admin, scientist, project):
    from apps.projects.services import create_project

    create_project(actor=scientist, slug="beside", name="Beside", purpose="Another")
    client = api_as(officer)

    def create(slug):
        return client.post("/api/v1/datasets/", {"project": slug, "name": "Weather"}, content_type="application/json")

    assert create("flights").json()["details"] == {"permission": "dataset.create"}
    grant(officer, admin, project)
    assert create("flights").status_code == 201
    refused = create("beside")
    assert (refused.status_code, refused.json()["details"]["permission"]) == (403, "dataset.create")


def test_a_refused_case_leaves_the_page_closed(client_as, viewer, admin, project):
    client = client_as(viewer)
    where = client.post(ASK, {"permission": "dataset.create", "project_id": str(project.pk)})["Location"]
    decide(client_as(admin), where, "refused")

    assert client.get(NEW_DATA).status_code == 403
    assert "refused it" in text_of(client.get(where))


def test_whoever_asked_withdraws_by_the_page(client_as, viewer, project):
    client = client_as(viewer)
    where = client.post(ASK, {"permission": "dataset.create", "project_id": str(project.pk)})["Location"]

    assert client.post(f"{where}withdraw/").status_code == 303
    assert "took it back" in text_of(client.get(where))


def test_what_a_role_brings_leads_the_administrator_to_the_role(client_as, viewer, admin):
    client = client_as(viewer)
    assert asked_on(text_of(client.get("/t/acme/projects/"))) == {("project.create", None)}
    where = client.post(ASK, {"permission": "project.create"})["Location"]
    deciding = client_as(admin)
    page = text_of(deciding.get(where))
    assert "belongs to a role" in page and "Administrator, Data scientist" in page

    role_form = decide(deciding, where)["Location"]
    page = text_of(deciding.get(role_form))
    assert "nothing has changed yet" in page and 'name="role"' in page
    assert asked_on(text_of(client.get("/t/acme/projects/"))) == {("project.create", None)}

    deciding.post(role_form, {"role": "scientist"})
    assert asked_on(text_of(client.get("/t/acme/projects/"))) == set()
    assert "It holds now." in text_of(client.get(where))


def test_a_case_about_the_tenant_is_listed_at_home_and_by_rest(client_as, api_as, viewer, admin):
    case, _new = services.ask_for_access(actor=viewer, permission=Permission.PROJECT_CREATE, project_id=None)

    assert "Permission to create projects" in text_of(client_as(admin).get("/t/acme/"))
    assert "Permission to create projects" in text_of(client_as(viewer).get("/t/acme/approvals/?show=mine"))
    found = api_as(admin).get(f"/api/v1/approvals/{case.pk}/").json()
    assert (found["project"], found["kind"], found["requested_by"]) == (None, "access.grant", "The viewer")


def test_an_administrators_token_decides(api_as, viewer, admin, project):
    case, _new = services.ask_for_access(actor=viewer, permission=Permission.DATASET_CREATE, project_id=project.pk)
    answer = api_as(admin).post(
        f"/api/v1/approvals/{case.pk}/decide/",
        {"verdict": "granted", "reason": "Fine"},
        content_type="application/json",
    )

    assert answer.json()["state"] == "granted"


@pytest.mark.parametrize(
    "given", [{}, {"permission": "everything"}, {"permission": "dataset.create", "project_id": "flights"}]
)
def test_a_faulty_request_is_a_sentence(client_as, viewer, given):
    answer = client_as(viewer).post(ASK, given)

    assert answer.status_code == 422
    assert "cannot be read" in text_of(answer)


def test_another_tenants_project_is_not_there_to_be_asked_about(client_as, other_scientist, project):
    answer = client_as(other_scientist).post(
        "/t/other/approvals/ask-for-access/", {"permission": "approval.decide", "project_id": str(project.pk)}
    )

    assert answer.status_code == 404
    with scope(other_scientist.tenant_id):
        assert not selectors.visible_cases(actor=other_scientist).exists()


def test_a_program_is_offered_no_form_and_asks_for_nothing(api_as, viewer, project):
    client = api_as(viewer)
    client.defaults["HTTP_ACCEPT"] = "text/html"

    assert asked_on(text_of(client.get(NEW_DATA))) == set()
    assert client.post(ASK, {"permission": "dataset.create", "project_id": str(project.pk)}).status_code == 403
    assert not selectors.visible_cases(actor=viewer).exists()


def test_the_form_needs_its_csrf_token(viewer, project):
    client = Client(enforce_csrf_checks=True)
    client.force_login(viewer.user)

    assert client.post(ASK, {"permission": "dataset.create", "project_id": str(project.pk)}).status_code == 403
    assert not selectors.visible_cases(actor=viewer).exists()
