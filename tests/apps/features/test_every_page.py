"""What may be expected of every page of the feature store, asked of each address that there is, also of those to come.

What the script does with a page is asked in tests/browser; here stands what the server answers.
"""

from __future__ import annotations

import html
import re

import pytest

from apps.dashboards import services as dashboards
from foundation.clock import now
from foundation.web.finding import PROJECT_PAGES
from tests.apps.features.pages import addresses, things
from tests.apps.features.stage import deliver_events

__all__ = ["things"]

LIST = "/t/acme/p/flights/features/"
LISTS = ("features", "views", "entities", "on_demand", "services", "sets", "history")
TABS = re.compile(r'<nav class="s-tabs".*?</nav>', re.DOTALL)
HTMX = {"HX-Request": "true"}
# Pages that change what is there, or several kinds of it at once: they are about no single word.
WORDLESS = re.compile(r"_(edit|describe|deprecate|remove)$|^definition_file$")


@pytest.fixture
def client(client_as, admin):
    return client_as(admin)


def pages(client, things):
    """Every page by its address, each of its tabs with it; what only posts, or answers a file, is none."""
    found = {}
    for name, path in addresses(things):
        answer = client.get(path)
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        found[path] = (name, answer)
        tabs = TABS.search(answer.content.decode())
        for url in re.findall(r'href="([^"]+)"', tabs[0]) if tabs else ():
            if url not in found and url.partition("?")[0] == path:
                found[url] = (name, client.get(url))
    return found


def test_every_page_is_whole_has_its_place_and_is_read_without_a_chart(client, things):
    """An address pasted, reloaded or gone back to is a whole page with the way to it and the word it is about."""
    shown = pages(client, things)
    names = {name for name, _answer in shown.values()}
    assert len(shown) > 50 and {"feature_list", "history_detail", "view_remove", "on_demand_deprecate"} <= names
    for path, (name, answer) in shown.items():
        page = answer.content.decode()
        assert answer.status_code == 200, path
        assert page.count("<h1") == 1 and "</html>" in page, path
        way = page.partition('class="s-crumbs"')[2].partition("</nav>")[0]
        assert 'href="/t/acme/p/flights/"' in way and (name == "feature_list" or f'href="{LIST}"' in way), path
        # Only of an address that htmx asks for in pieces may something else be kept in between.
        assert "HX-Request" in answer["Vary"], path
        back = client.get(path, headers={**HTMX, "HX-History-Restore-Request": "true"}).content.decode()
        assert "</html>" in back, path
        assert name != "feature_list" or "data-chart" not in page, path
        assert WORDLESS.search(name) or "<dfn>" in page, path


def test_a_list_says_the_word_that_its_tab_is_about(client, project):
    told = {shown: client.get(LIST, {"show": shown}).content.decode() for shown in LISTS}
    words = {shown: page.partition("<dfn>")[2].partition("</dfn>")[0] for shown, page in told.items()}
    assert words == {
        "features": "Feature",
        "views": "Feature view",
        "entities": "Entity",
        "on_demand": "On-demand feature",
        "services": "Feature service",
        "sets": "Training set",
        "history": "Features of the past",
    }


def test_the_palette_leads_to_every_list_and_every_form(client, things, viewer, client_as):
    known = {page.path for page in PROJECT_PAGES}
    forms = {path for name, path in addresses(things) if name.endswith("_define") or name == "definition_file"}
    lists = {f"{LIST}?show={shown}" for shown in LISTS if shown != "features"} | {LIST}
    assert len(forms) == 7
    assert {path.removeprefix("/t/acme/p/flights/") for path in forms | lists} - known == set()
    here = {**HTMX, "HX-Current-URL": f"https://portal.example{LIST}"}
    for words, place in (("yaml", "file/"), ("Define a service", "services/new/"), ("Ask for", "history/new/")):
        asked = {"q": words}
        assert f'"{LIST}{place}"' in client.get("/t/acme/search/", asked, headers=here).content.decode()
        refused = client_as(viewer).get("/t/acme/search/", asked, headers=here).content.decode()
        assert f'"{LIST}{place}"' not in refused


def test_what_the_record_says_of_features_of_the_past_leads_to_them(client, client_as, other_scientist, things):
    pk = things["retrieval_id"]
    assert client.get(f"/t/acme/go/retrieval/{pk}/")["Location"] == f"{LIST}history/{pk}/"
    assert client_as(other_scientist).get(f"/t/other/go/retrieval/{pk}/").status_code == 404


def test_features_asked_for_are_named_to_their_end(client, view, flights, admin, project):
    """The end of a long list is what tells two of them apart: it is shown, and the whole is read aloud."""
    service = "all_that_is_known_of_a_carrier"
    names = [f"{service}_{n}" for n in range(3)]
    from apps.features import services

    features = [{"name": name, "expression": "recent_delay > bar"} for name in names]
    uses = [{"view": str(view.pk), "features": None}]
    words = {"name": service, "request": {"bar": "number"}, "uses": uses, "features": features}
    services.define_on_demand(actor=admin, project=project, **words)
    asked = {"event_time": "moment", "features": [f"{service}:*"], "request": {"bar": "late"}}
    services.ask_for_history(
        actor=admin, project=project, base_version_id=flights.pk, upload_id=None, **{**asked, "keys": {}}
    )
    page = client.get(LIST, {"show": "history"}).content.decode()
    assert ", ".join(names) in page
    # A list in which they take more room opens to all of them, by a key as well.
    shown = client.get(LIST, {"show": "on_demand"}).content.decode()
    assert "<summary>" in shown.partition('class="s-names"')[2].partition("</details>")[0]
    assert f"<bdi>{', '.join(names)}</bdi></summary></details>" in shown


def test_an_entity_counts_its_views_also_while_they_are_filtered(client, view):
    page = client.get(f"{LIST}entities/{view.entity_id}/", {"q": "nothing like it"}).content.decode()
    assert "Nothing matches these filters." in page
    assert "One feature view is about it." in page


def test_the_first_list_is_one_click_away_whatever_ones_default_shows(client, admin, project, view):
    saved = {"name": "Views", "path": "features/", "project_id": project.pk, "query": "show=views"}
    dashboards.save_filter(actor=admin, now=now(), default=True, **saved)
    deliver_events()
    opened = client.get(LIST)
    assert opened["Location"] == f"{LIST}?show=views"
    page = client.get(opened["Location"]).content.decode()
    first = page.partition('class="s-tabs"')[2].partition('href="')[2].partition('"')[0]
    assert "recent_delay" in client.get(first).content.decode().partition("<table")[2]


def test_every_empty_list_has_a_next_step_and_lines_that_do_it(client, project, written):
    """What the thing is, a button, and what a program writes: first without data, then with data alone."""

    def empty(shown):
        return html.unescape(client.get(LIST, {"show": shown}).content.decode()).partition('class="s-empty"')[2]

    for shown in LISTS:
        page = empty(shown)
        made = "client.datasets.push(" if shown not in ("entities", "services", "on_demand") else "client."
        assert "btn-primary" in page and made in page and 'project="flights"' in page, shown
    written("flights.csv", b"carrier,moment,late\nAA,2026-01-01 00:00:00,1\n")
    calls = {"features": "features.define(", "views": "features.define(", "entities": "features.entity("}
    calls |= {"on_demand": "on_demand.define(", "sets": "training_sets.create("}
    # Nothing can be named or asked for yet: a view comes first.
    calls |= {"services": "features.define(", "history": "features.define("}
    for shown, call in calls.items():
        page = empty(shown)
        assert "btn-primary" in page and f"client.{call}" in page and "data-copy-from" in page, shown


def test_what_is_being_computed_says_why_it_waits_and_can_be_cancelled(client, things, queued_view, define, flights):
    training_set = define.training_set(flights, "late_ones", label="late", event_time="moment", features=["carrier"])
    places = {"views": queued_view.pk, "history": things["retrieval_id"], "training-sets": training_set.pk}
    for place, pk in places.items():
        page = client.get(f"{LIST}{place}/{pk}/").content.decode()
        job = page.partition('class="s-job"')[2].partition("</section>")[0]
        assert "/cancel/" in job and "No worker serves the queue" in job and 'data-live-topic="job:' in job, place
