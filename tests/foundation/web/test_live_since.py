"""A page says where the ledger stood before it was read, so that it hears what happens until its socket is open."""

import re

from django.db import connection
from django.test.utils import CaptureQueriesContext


def since(page):
    found = re.search(r'data-live-since="(\d+)"', page.content.decode())
    return int(found[1]) if found else None


def test_a_whole_page_says_where_the_ledger_stood(client_as, scientist):
    assert since(client_as(scientist).get("/t/acme/projects/")) is not None


def test_a_fragment_asks_nothing_of_it(client_as, scientist):
    assert since(client_as(scientist).get("/t/acme/projects/", headers={"HX-Request": "true"})) is None


def test_a_part_that_asks_for_itself_is_answered_without_what_stands_around_it(client_as, scientist, project):
    """Of a list that is refreshed by what happens nobody takes the bars."""
    browser, page = client_as(scientist), "/t/acme/p/flights/data/"
    live = {"HX-Request": "true", "HX-Target": "rows", "HX-Trigger": "rows"}
    with CaptureQueriesContext(connection) as lean:
        part = browser.get(page, headers=live).content.decode()
    with CaptureQueriesContext(connection) as whole:
        shown = browser.get(page).content.decode()
    for around in ('id="sidebar"', "data-palette", 'id="s-words"'):
        assert around in shown and around not in part
    assert 'id="page-head"' in part and len(lean) < len(whole)
    # A filter's answer takes its place by the form: the whole page, as ever.
    assert 'id="sidebar"' in browser.get(page, headers={**live, "HX-Trigger": "rows-filters"}).content.decode()
