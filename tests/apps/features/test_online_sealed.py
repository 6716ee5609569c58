"""What lies in the online store says nothing to whoever sees the store, and opens with the tenant's key alone."""

from __future__ import annotations

import base64
import os
from dataclasses import replace

import pytest

from apps.features import services
from apps.features.services.online import online_store, online_view
from foundation.tenancy.standing import KeyWithdrawn
from runtime.online import OnlineReader
from tests.apps.features.stage import CANARY, PERSON
from tests.apps.tenants.test_encryption import PAGE
from tests.support.forms import send_form


def test_no_key_and_no_value_is_there_in_clear(made, scientist):
    view, _row = made
    client, online = online_store()._client, online_view(view)
    names = [name for name in client.scan_iter() if name.startswith(online.prefix)]
    kept = b"".join([*names, *(client.get(name) for name in names)])
    assert len(names) > view.online_keys
    assert [word for word in (PERSON, CANARY, "plain") if word.encode() in kept] == []
    (found,) = services.read_online(actor=scientist, view_ids=[view.pk], entities=[{"person": PERSON}])
    assert found["features"]["note"] == CANARY
    # Whoever has the store and not the secret finds not even where the person's values lie.
    stranger = replace(online, secret=os.urandom(32))
    answer = OnlineReader(online_store(), [stranger]).read([{"person": PERSON}], now_us=2**60)
    assert answer.missing == {stranger.name: [0]}


def test_a_tenant_that_withdraws_its_key_has_nothing_read(made, scientist, client_as, admin):
    view, _row = made
    browser, secret = client_as(admin), base64.b64encode(os.urandom(32)).decode()
    assert send_form(browser, f"{PAGE}bring/", {"secret": secret}).status_code == 303

    def read():
        return services.read_online(actor=scientist, view_ids=[view.pk], entities=[{"person": PERSON}])

    assert read()[0]["features"]["note"] == CANARY
    assert send_form(browser, f"{PAGE}withdraw/", {"confirmation": "acme"}).status_code == 303
    with pytest.raises(KeyWithdrawn):
        read()
    assert send_form(browser, f"{PAGE}bring/", {"secret": secret}).status_code == 303
    assert read()[0]["features"]["note"] == CANARY
