"""The last step of the demonstration: the single file checks what the portal hands out, in a Python of its own."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sanad import Client
from sanad.samples.story import Story


@pytest.fixture
def officer(portal, tokens):
    from foundation.identity.tokens import create_token
    from foundation.tenancy import find_tenant, scope
    from tests.support.people import make_person

    tenant = find_tenant("acme")
    person = make_person(tenant, "officer")
    with scope(tenant.pk):
        token = create_token(tenant=tenant, name="officer", user=person.user)[1]
    with Client(portal.url, token, "flights") as opened:
        yield opened


def test_an_export_of_a_moment_ago_is_wholly_signed_and_anchored(officer, client, tmp_path):
    from foundation import ledger

    ledger.sequence_once()
    people = {"scientist": client, "officer": officer, "admin": client}
    story = Story(SimpleNamespace(figures={}, began=0.0), people, tmp_path, files={})

    figures = story._verify_outside(tmp_path)
    assert figures["verified_outside"] > 0
