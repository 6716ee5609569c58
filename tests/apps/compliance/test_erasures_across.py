"""A person is erased from several projects on one page and by one call, and what came of it is told of each."""

from __future__ import annotations

from apps.datasets.models import Erasure
from apps.projects import services as projects
from apps.projects.models import Project
from tests.apps.datasets.conftest import written
from tests.apps.datasets.erasing_stage import CANARY, PERSON, with_keys_of_the_tenant
from tests.apps.datasets.test_erasing_across import everywhere, hotels, ships, states, written_in
from tests.apps.tenants.test_step_up import age
from tests.support.people import make_person

__all__ = ["everywhere", "hotels", "ships", "with_keys_of_the_tenant", "written", "written_in"]
PAGE, REST = "/t/acme/compliance/erasures/in-projects/", "/api/v1/erasures/in-projects/"
LOOK = {"which": "all", "column": "who", "value": PERSON}


def ids(*slugs):
    """Projects as the form names them: a short name may be another project's when the form is sent."""
    return [str(Project.objects.get(slug=slug).pk) for slug in slugs]


def test_all_projects_are_offered_looked_through_at_once_and_begun_by_one_word(everywhere, admin, client_as, run_jobs):
    browser = client_as(admin)
    assert [name for _slug, name in browser.get(PAGE).context["form"].fields["projects"].choices] == [
        "Flights",
        "Hotels",
        "Ships",
    ]
    looked = browser.post(PAGE, LOOK)
    rows = {row["project"]: (row["state"], row["rows"]) for row in looked.context["answers"]}
    assert rows == {"Flights": ("found", 2), "Hotels": ("found", 1), "Ships": ("nowhere", 0)}
    assert looked.context["erase"].initial["projects"] == ids("flights", "hotels"), "what was shown, and nothing else"
    assert CANARY not in looked.content.decode()
    assert "no-store" in looked["Cache-Control"]
    assert not Erasure.objects.exists()

    meant = {"column": "who", "value": PERSON, "projects": ids("flights", "hotels")}
    refused = browser.post(PAGE, {**meant, "confirmation": "yes"})
    assert (refused.status_code, "Type ERASE to confirm" in refused.content.decode()) == (422, True)
    begun = browser.post(PAGE, {**meant, "confirmation": "ERASE"})
    page = begun.content.decode()
    assert begun.status_code == 200
    assert "2 projects have begun" in page
    assert all(f"/t/acme/compliance/erasures/{row.pk}/" in page for row in Erasure.objects.all())
    assert begun.context["erase"] is None
    assert PERSON not in page
    run_jobs()
    assert states() == {"flights": "erased", "hotels": "erased"}


def test_what_one_project_refuses_is_said_beside_it_and_offered_once_more(everywhere, admin, project, client_as):
    from apps.datasets import services

    services.erase_person(actor=admin, project=project, column="who", value=PERSON)
    meant = {"column": "who", "value": PERSON, "projects": ids("flights", "hotels"), "confirmation": "ERASE"}
    answer = client_as(admin).post(PAGE, meant)
    rows = {row["project"]: row for row in answer.context["answers"]}
    assert (rows["Flights"]["state"], rows["Hotels"]["state"]) == ("refused", "begun")
    assert "is being erased from “Flights” already" in answer.content.decode()
    assert answer.context["erase"].initial["projects"] == ids("flights")
    none = client_as(admin).post(PAGE, meant)
    assert (none.status_code, "Nothing was begun" in none.content.decode()) == (422, True)


def test_chosen_projects_alone_and_at_least_one(everywhere, admin, client_as):
    browser = client_as(admin)
    none = browser.post(PAGE, {**LOOK, "which": "chosen"})
    assert (none.status_code, "Tick at least one" in none.content.decode()) == (422, True)
    one = browser.post(PAGE, {**LOOK, "which": "chosen", "projects": ids("hotels")})
    assert [row["project"] for row in one.context["answers"]] == ["Hotels"]
    unknown = browser.post(PAGE, {**LOOK, "which": "chosen", "projects": ["elsewhere"]})
    assert unknown.status_code == 422


def test_who_is_nowhere_and_a_column_that_is_nowhere_are_told_apart(everywhere, admin, client_as):
    browser = client_as(admin)
    nobody = browser.post(PAGE, {**LOOK, "value": "nobody"}).content.decode()
    assert "No row of these projects has this value" in nobody
    assert "ERASE" not in nobody
    mistyped = browser.post(PAGE, {**LOOK, "column": "whoo"})
    assert (mistyped.status_code, "Did you mean who?" in mistyped.content.decode()) == (422, True)


def test_archived_projects_are_looked_through_and_marked(everywhere, admin, hotels, client_as):
    projects.archive_project(actor=admin, project=hotels)
    looked = client_as(admin).post(PAGE, LOOK)
    assert [row["project"] for row in looked.context["answers"] if row["archived"]] == ["Hotels"]


def test_an_administrator_alone_freshly_proved(everywhere, admin, scientist, officer, client_as):
    for actor in (scientist, officer):
        assert client_as(actor).get(PAGE).status_code == 403
    assert age(client_as(admin)).post(PAGE, LOOK).status_code == 403


def test_rest_looks_and_begins_project_by_project(everywhere, admin, scientist, api_as):
    api, asked = api_as(admin), {"column": "who", "value": PERSON}
    found = api.post(f"{REST}preview/", asked, content_type="application/json").json()
    assert {one["project"]: (one["state"], len(one["reached"])) for one in found} == {
        "flights": ("found", 1),
        "hotels": ("found", 1),
        "ships": ("nowhere", 0),
    }
    assert not Erasure.objects.exists()
    only = api.post(REST, {**asked, "projects": ["hotels", "hotels"]}, content_type="application/json")
    assert (only.status_code, [one["project"] for one in only.json()]) == (202, ["hotels"])
    rest = api.post(REST, asked, content_type="application/json")
    assert rest.status_code == 202
    said = {one["project"]: one for one in rest.json()}
    assert (said["flights"]["state"], said["flights"]["erasure"]["state"]) == ("begun", "erasing")
    assert (said["hotels"]["state"], said["hotels"]["erasure"]) == ("refused", None)
    assert "already" in said["hotels"]["sentence"]
    assert PERSON not in rest.content.decode() + only.content.decode()
    none = api.post(REST, asked, content_type="application/json")
    assert (none.status_code, "Nothing was begun. Flights: " in none.json()["detail"]) == (409, True)
    assert api.post(REST, {**asked, "projects": []}, content_type="application/json").status_code == 422
    assert api.post(REST, {**asked, "projects": ["elsewhere"]}, content_type="application/json").status_code == 404
    assert api_as(scientist).post(REST, asked, content_type="application/json").status_code == 403


def test_another_tenant_reaches_no_project_of_this_one(everywhere, other_tenant, api_as):
    stranger = make_person(other_tenant, "admin", email="admin@other.test")
    asked = {"column": "who", "value": PERSON}
    named = {**asked, "projects": ["hotels"]}
    for path in (REST, f"{REST}preview/"):
        assert api_as(stranger).post(path, named, content_type="application/json").status_code == 404
    assert api_as(stranger).post(f"{REST}preview/", asked, content_type="application/json").json() == []
    assert not Erasure.objects.exists()


def test_the_page_of_one_project_leads_to_that_of_several(admin, project, client_as):
    assert PAGE in client_as(admin).get("/t/acme/compliance/erasures/").content.decode()
