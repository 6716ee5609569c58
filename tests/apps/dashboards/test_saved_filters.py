"""A list's filters are saved by name, shared, made what it opens with, and found again."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from apps.dashboards import selectors, services
from apps.dashboards.models import ListDefault, SavedFilter
from apps.projects import services as projects
from foundation.access.actors import actor_for_user
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from foundation.ledger.models import LedgerEvent
from foundation.web.saved_filters import LISTS, kept

DATA, REST, PAGES = "/t/acme/p/flights/data/", "/api/v1/saved-filters/", "/t/acme/filters/"
STALE = "q=late&sort=-fresh"


def saved_by(actor, project, name="Late ones", query=STALE, path="data/", **words):
    inside = project.pk if project else None
    return services.save_filter(actor=actor, path=path, project_id=inside, name=name, query=query, now=now(), **words)


def kinds_on_the_ledger():
    return list(
        LedgerEvent.objects.filter(kind__startswith="saved_filter.")
        .order_by("recorded_at")
        .values_list("kind", flat=True)
    )


@pytest.mark.parametrize(("path", "in_project"), LISTS, ids=lambda said: str(said))
def test_every_list_is_a_page_with_the_permission_that_is_asked_for(path, in_project):
    listed = LISTS[path, in_project]
    found = resolve(f"/t/acme/{'p/flights/' if in_project else ''}{path}")
    assert found.func.required_permission == listed.permission


def test_every_page_with_filters_is_a_list(datasets_there, admin, client_as):
    """Whoever adds a list names it; a page of one thing is none."""
    from tests.isolation.routes import every_route

    browser, found = client_as(admin), set()
    for route in every_route():
        inside = route.template.startswith("t/<slug:tenant>/p/<slug:project>/")
        below = route.template.removeprefix("t/<slug:tenant>/").removeprefix("p/<slug:project>/")
        if not route.template.startswith("t/<slug:tenant>/") or "<" in below or route.actions:
            continue
        shown = browser.get(f"/t/acme/{'p/flights/' if inside else ''}{below}")
        if shown.status_code == 200 and not shown.streaming and b"data-filters" in shown.content:
            found.add((below, inside))
            assert b"data-saved-form" in shown.content, below
    assert found <= LISTS.keys() and len(found) > 6


@pytest.fixture
def datasets_there(scientist, project):
    from apps.datasets.models import Dataset

    for name in ("late", "early"):
        Dataset.objects.create(tenant=scientist.tenant, project=project, name=name, slug=name, owner=scientist.user)


def test_what_is_saved_is_filter_sort_columns_and_size_in_one_order():
    assert kept("?sort=-name&q=late&page=3&per_page=50&export=csv&state=&saved=all") == "per_page=50&q=late&sort=-name"


def test_it_is_saved_offered_at_the_head_and_found_by_the_palette(datasets_there, project, scientist, client_as):
    browser = client_as(scientist)
    sent = {"list": "data/", "project": "flights", "query": f"?{STALE}&page=2", "name": " Late ones "}
    answer = browser.post(f"{PAGES}new/", sent)
    assert (answer.status_code, answer["Location"]) == (303, f"{DATA}?{STALE}")
    head = browser.get(DATA).content.decode()
    assert 'href="?q=late&amp;sort=-fresh"' in head and "Late ones" in head
    found = browser.get("/t/acme/search/", {"q": "late on"}).content.decode()
    assert f'href="{DATA}?q=late&amp;sort=-fresh"' in found
    # Under a name that is taken nothing is lost: what was sent is still there, and can go in its place.
    again = browser.post(f"{PAGES}new/", {**sent, "name": "Late ones", "query": "q=early"})
    assert (
        again.status_code == 422
        and "q = early" in again.content.decode()
        and "Choose another name" in str(again.content)
    )
    browser.post(f"{PAGES}new/", {**sent, "name": "Late ones", "query": "q=early", "replace": "on"})
    assert SavedFilter.objects.get().query == "q=early"


def test_a_list_opens_with_its_readers_default_and_with_all_of_it(
    datasets_there, project, scientist, officer, client_as
):
    saved = saved_by(scientist, project, default=True)
    browser = client_as(scientist)
    assert browser.get(DATA)["Location"] == f"{DATA}?{STALE}"
    # What has words of its own is never changed, and “All” stands where the filters are cleared.
    assert browser.get(f"{DATA}?q=early").status_code == 200
    shown = browser.get(f"{DATA}?{STALE}").content.decode()
    assert shown.count(f'href="{DATA}?saved=all"') == 2
    assert "early" in browser.get(f"{DATA}?saved=all").content.decode()
    assert browser.get(DATA, headers={"HX-Request": "true"}).status_code == 200
    assert client_as(officer).get(DATA).status_code == 200
    other = saved_by(scientist, project, name="Early", query="q=early", default=True)
    assert [row.chosen for row in ListDefault.objects.all()] == [other]
    services.open_with(actor=scientist, saved=other, default=False)
    assert browser.get(DATA).status_code == 200 and saved.pk


def test_a_list_costs_one_query_more(datasets_there, project, scientist, client_as):
    saved_by(scientist, project, shared=True)
    browser = client_as(scientist)
    browser.get(f"{DATA}?q=late")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        browser.get(f"{DATA}?q=late")
    assert sum("dashboards_savedfilter" in query["sql"] for query in asked) == 1


def test_a_shared_one_is_there_for_everybody_who_may_open_the_list(project, scientist, officer, viewer, admin):
    mine, shared = saved_by(scientist, project), saved_by(scientist, project, name="For all", shared=True)
    assert {row.name for row in selectors.visible_filters(actor=scientist)} == {"Late ones", "For all"}
    assert [row.name for row in selectors.visible_filters(actor=officer)] == ["For all"]
    with pytest.raises(NotFound):
        selectors.get_filter(actor=officer, filter_id=mine.pk)
    services.open_with(actor=officer, saved=shared)
    with pytest.raises(AccessDenied, match="owner or an administrator"):
        services.change_filter(actor=viewer, saved=shared, name="Mine now")
    # Somebody else's default ends with the sharing.
    services.change_filter(actor=admin, saved=shared, name="For us", shared=False)
    assert not ListDefault.objects.filter(user=officer.user).exists()
    assert kinds_on_the_ledger() == ["saved_filter.shared", "saved_filter.withdrawn"]
    words = [event.payload for event in LedgerEvent.objects.filter(kind__startswith="saved_filter.")]
    assert not any("late" in str(payload).lower() for payload in words)


def test_of_a_list_that_one_may_not_open_none_is_seen(admin, scientist):
    saved_by(admin, None, name="Admins", query="role=admin", path="settings/members/", shared=True)
    saved_by(admin, None, name="Broken", query="q=x", path="settings/webhooks/", shared=True)
    assert [row.name for row in selectors.visible_filters(actor=scientist)] == ["Admins"]
    with pytest.raises(AccessDenied):
        saved_by(scientist, None, path="settings/webhooks/")


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ({"query": "page=3"}, Invalid),
        ({"query": "q=" + "x" * 2001}, Invalid),
        ({"query": "q=%00"}, Invalid),
        ({"name": "  "}, Invalid),
        ({"name": "a\nb"}, Invalid),
        ({"path": "data/new/"}, NotFound),
        ({"name": "taken"}, Conflict),
    ],
)
def test_what_is_no_filter_is_refused(project, scientist, words, refusal):
    saved_by(scientist, project, name="taken")
    with pytest.raises(refusal):
        saved_by(scientist, project, **words)


def test_deleting_offers_to_undo(project, scientist, client_as):
    saved = saved_by(scientist, project, shared=True, default=True)
    browser = client_as(scientist)
    browser.post(f"{PAGES}{saved.pk}/delete/")
    answer = browser.get(PAGES)
    assert not SavedFilter.objects.exists() and "is deleted" in answer.content.decode()
    (undo,) = [one.extra_tags for one in answer.context["messages"]]
    where, _, sent = undo.partition("?")
    browser.post(where.split()[0], sent.split()[0], content_type="application/x-www-form-urlencoded")
    (back,) = selectors.visible_filters(actor=scientist)
    assert (back.name, back.query, back.shared, back.default) == ("Late ones", STALE, True, True)


def test_an_archived_project_keeps_what_is_there(project, scientist, admin, client_as):
    saved = saved_by(scientist, project)
    projects.archive_project(actor=admin, project=project)
    anew = actor_for_user(user=admin.user, tenant=admin.tenant)
    for act in (
        lambda: saved_by(anew, project),
        lambda: services.change_filter(actor=anew, saved=saved, name="Other"),
        lambda: services.delete_filter(actor=anew, saved=saved),
    ):
        with pytest.raises(Exception, match="is archived"):
            act()
    assert "is archived" in client_as(scientist).get(f"{PAGES}{saved.pk}/").content.decode()


def test_whoever_leaves_takes_their_own_along(project, scientist, admin):
    from apps.tenants import services as tenants
    from foundation.access.models import Membership

    saved_by(scientist, project, default=True)
    saved_by(scientist, project, name="For all", shared=True)
    tenants.remove_member(actor=admin, membership=Membership.objects.get(user=scientist.user), now=now())
    services.forget_person(tenant_id=scientist.tenant_id, user_id=scientist.user.pk)
    assert [(row.name, row.owner) for row in SavedFilter.objects.all()] == [("For all", None)]
    assert not ListDefault.objects.exists()


def test_by_rest_one_lives_its_whole_life(project, scientist, officer, api_as):
    api = api_as(scientist)
    body = {"name": "Late ones", "list": "data/", "project": "flights", "query": STALE, "default": True}
    made = api.post(REST, body, content_type="application/json")
    assert made.status_code == 201, made.content
    own = made.json()
    assert (own["list"], own["project"], own["query"], own["default"], own["shared"]) == (
        "data/", "flights", STALE, True, False,
    )  # fmt: skip
    at = f"{REST}{own['id']}/"
    assert api_as(officer).get(at).status_code == 404
    changed = api.patch(at, {"shared": True, "default": False}, content_type="application/json").json()
    assert (changed["shared"], changed["default"]) == (True, False)
    assert [
        row["id"] for row in api_as(officer).get(REST, {"project": "flights", "list": "data/"}).json()["results"]
    ] == [own["id"]]
    mine = api_as(officer).patch(at, {"default": True}, content_type="application/json").json()
    assert mine["default"] is True
    assert api_as(officer).delete(at).status_code == 403
    assert api.delete(at).status_code == 204


def test_whoever_erases_a_person_is_told_of_filters_that_name_them(project, scientist, admin):
    from apps.datasets.services import Search

    saved_by(scientist, project, query="q=person%40acme.test&sort=-fresh")
    saved_by(scientist, project, name="Others", query="q=other%40acme.test")
    search = Search(actor=admin, project_id=project.pk, column="email", value="person@acme.test")
    assert [found.name for found in services.FilterMentionReach().look(search)] == ["Late ones (The scientist)"]
