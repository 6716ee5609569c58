"""A page says where the ledger stood before it was read, so that it hears what happens until its socket is open."""

import re


def since(page):
    found = re.search(r'data-live-since="(\d+)"', page.content.decode())
    return int(found[1]) if found else None


def test_a_whole_page_says_where_the_ledger_stood(client_as, scientist):
    assert since(client_as(scientist).get("/t/acme/projects/")) is not None


def test_a_fragment_asks_nothing_of_it(client_as, scientist):
    assert since(client_as(scientist).get("/t/acme/projects/", headers={"HX-Request": "true"})) is None
