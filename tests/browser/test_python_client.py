"""What a Python program reads and makes with the `sanad` client, against the sample's whole world."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from sanad.client import Client
from sanad.errors import SanadError

pytestmark = [pytest.mark.slow]


@pytest.fixture
def client(portal, world):
    kept = json.loads((portal.home / "credentials.json").read_text())["people"]
    token = next(person["token"] for person in kept if person["role"] == "scientist")
    return Client(portal.url, token=token, project="flights")


def test_a_token_made_by_program_opens_what_it_was_made_for_and_ends(client, portal):
    made = client.tokens.create("nightly import", ["dataset.view", "project.view"], project="flights", days=7)
    ends = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=6) < ends <= timedelta(days=7)
    assert made["id"] in [token["id"] for token in client.tokens.list()]

    narrow = Client(portal.url, token=made["token"], project="flights")
    assert narrow.datasets.list()
    client.tokens.revoke(made["id"])
    with pytest.raises(SanadError, match="revoked"):
        narrow.datasets.list()


def test_each_thing_of_the_way_is_read_by_its_id(client, world):
    assert client.approvals.get(world["case"])["state"] == "granted"
    assert client.deployments.get(world["deployment"])["slug"] == "late-flights"
    assert client.runs.metrics(world["run"], ["validation.roc_auc"])
    weather = client.datasets.newest("weather")
    rows = client.features.preview("SELECT origin, temp FROM weather", {"weather": weather})
    assert rows["columns"] == ["origin", "temp"] and len(rows["rows"]) > 1


def test_the_open_alerts_of_a_month_are_acknowledged_together(client, world):
    assert client.monitoring.acknowledge_all(world["monitor"], month="1999-01") == 0
