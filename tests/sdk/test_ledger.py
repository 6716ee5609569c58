"""The ledger by the client: narrowed by words, kinds, people and things, page after page."""

from __future__ import annotations

import pytest

from foundation import ledger
from foundation.tenancy import find_tenant, scope
from sanad import Client
from sanad.errors import Denied, Refused


@pytest.fixture
def admin(portal, tokens):
    with Client(portal.url, tokens["admin"], "flights") as opened:
        yield opened


@pytest.fixture(scope="module")
def happened(portal, tokens):
    """Two groups, one with a name that nothing else has; their ids."""
    with Client(portal.url, tokens["admin"]) as client:
        made = {name: client.groups.create(name)["id"] for name in ("Quarterly zebra", "Plain")}
    with scope(find_tenant("acme").pk):
        ledger.sequence_once()
    return made


def about(events):
    return [event["subject_id"] for event in events]


def test_words_find_what_was_done_to_a_thing_of_that_name(admin, happened):
    (found,) = admin.ledger.events(q="quarterly zebra")
    assert (found["kind"], found["subject_id"]) == ("group.created", happened["Quarterly zebra"])
    assert admin.ledger.events(q="no such words anywhere") == []


def test_words_find_who_did_it_and_each_has_to_match(admin, happened):
    assert set(happened.values()) <= set(about(admin.ledger.events(q="The admin")))
    assert about(admin.ledger.events(q="admin zebra")) == [happened["Quarterly zebra"]]
    assert admin.ledger.events(q="scientist zebra") == []


def test_words_are_narrowed_by_kind_and_thing_and_read_page_after_page(admin, happened):
    assert admin.ledger.events(q="zebra", kind="project.*") == []
    assert about(admin.ledger.events(subject=f"group:{happened['Plain']}")) == [happened["Plain"]]
    assert about(admin.ledger.events(q="group", limit=1)) == about(admin.ledger.events(q="group"))
    assert len(admin.ledger.events(q="group", limit=1)) >= 2


def test_what_cannot_be_asked_is_refused_in_words(admin, portal, tokens):
    with pytest.raises(Refused) as refused:
        admin.ledger.events(q="x" * 101)
    assert list(refused.value.fields) == ["q"]
    with Client(portal.url, tokens["viewer"]) as viewer, pytest.raises(Denied):
        viewer.ledger.events(q="zebra")
