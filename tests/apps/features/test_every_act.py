"""What holds on every page of features, and on those to come: charts, forms without a script, files, activity."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from lxml import html

from foundation.web.list_files import FORMS
from tests.apps.features.test_equals import addresses, things

__all__ = ["things"]

CHARTED = {"feature_detail", "view_detail", "training_set_detail"}
ACTIVE = {*CHARTED, "entity_detail", "service_detail", "on_demand_detail", "history_detail"}
HAS_BUTTON = ".//button[not(@type) or @type='submit']"
TOOLS = ("table", "csv", "png", "link", "full")


@pytest.fixture
def client(client_as, admin):
    return client_as(admin)


def page_of(client, path):
    """The page as a tree; none of what is a file, or is no page to be opened."""
    answer = client.get(path)
    is_page = answer.status_code == 200 and answer["Content-Type"].startswith("text/html")
    return html.fromstring(answer.content.decode()) if is_page else None


def pages(client, things):
    """Every page and every tab of it: (the name of the page, its address with the tab, its tree)."""
    for name, path in addresses(things):
        home = page_of(client, path)
        if home is None:
            continue
        yield name, path, home
        links = {urljoin(path, link) for link in home.xpath("//main//a/@href | //nav//a/@href")}
        kept = (f"{path}?tab=", f"{path}?show=", f"{path}?feature=")
        for tab in sorted(link for link in links if link.startswith(kept)):
            yield name, tab, page_of(client, tab)


def without_script(tree):
    """What on a page nothing but a script could send or open."""
    for form in tree.xpath("//main//form"):
        named = f"//button[@form='{form.get('id')}']" if form.get("id") else HAS_BUTTON
        buttons = form.xpath(f"{HAS_BUTTON} | {named}")
        if not buttons or (form.get("hx-post") and form.get("method") != "post"):
            yield html.tostring(form)[:200]
    for part in tree.xpath("//main//*[@hx-get or @hx-post][self::a or self::button]"):
        if not part.get("href") and not part.xpath("ancestor::form"):
            yield html.tostring(part)[:200]


def check_chart(client, where, chart):
    """Each tool is there, the figures are one link away without a script, and are answered."""
    assert all(chart.xpath(f".//button[@data-chart-{tool}]/@aria-label") for tool in TOOLS), where
    assert chart.xpath(".//noscript//a/@href") == [chart.get("data-chart")], where
    answer = client.get(chart.get("data-chart"))
    assert answer.status_code == 200, where
    assert answer.json()["data"] or answer.json()["said"], where


def test_each_chart_list_and_form_can_be_taken_along_or_used_without_a_script(client, things):
    charted, listed, stuck = set(), [], []
    for name, where, tree in pages(client, things):
        assert tree is not None, where
        stuck += [(where, part) for part in without_script(tree)]
        for chart in tree.xpath("//main//figure[@data-chart]"):
            check_chart(client, where, chart)
            charted.add(name)
        if name != "feature_list":
            continue
        for form in FORMS:
            (link,) = tree.xpath(f"//main//*[@data-table]//a[contains(@href, 'export={form}')]/@href")
            assert client.get(urljoin(where, link)).status_code == 200, (where, form)
        listed.append(where)
    assert stuck == []
    assert charted == CHARTED
    assert len(listed) >= 7, listed


def test_what_happened_to_a_thing_is_filtered_and_taken_along(client, client_as, viewer, things):
    found = set()
    for name, _where, tree in pages(client, things):
        for link in tree.xpath("//main//a[contains(@href, '/activity/?q=')]/@href"):
            said = page_of(client, link).xpath("//main//tbody/tr")
            assert said, (name, link)
            exported = client.get(link.replace("/activity/", "/activity/entries.csv"))
            assert len(b"".join(exported).splitlines()) > 1, (name, link)
            found.add(name)
    assert found == ACTIVE
    reader = client_as(viewer)
    assert not any(
        tree.xpath("//main//a[contains(@href, '/activity/?q=')]")
        for _name, _where, tree in pages(reader, things)
        if tree is not None
    )
