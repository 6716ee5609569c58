"""Support access and archives by client and command line."""

from __future__ import annotations

import json
import zipfile

import pytest

from apps.tenants import services
from foundation.identity.models import User
from foundation.tenancy import find_tenant
from tests.support.jobs import run_queued


@pytest.fixture(scope="module")
def operator(tokens):
    return User.objects.create(email="operator@platform.test", name="The operator", is_operator=True)


@pytest.fixture
def run(sanad):
    def words(*given, code=0):
        ended, answered, said = sanad(*given, role="admin")
        assert ended == code, said
        return [json.loads(line) for line in answered.splitlines()] if code == 0 else said

    return words


def test_an_operator_is_let_in_and_sent_out(operator, run):
    words = {"level": "viewer", "reason": "A run hangs", "hours": 4}
    asked = services.ask_support(operator=operator, tenant_id=find_tenant("acme").pk, **words)
    (waiting,) = run("support", "list")
    assert (waiting["state"], waiting["reason"]) == ("waiting", "A run hangs")
    assert run("support", "refuse", str(asked.pk))[0]["state"] == "refused"

    assert run("support", "operators") == [{"id": str(operator.pk), "name": "The operator"}]
    (given,) = run("support", "give", "The operator", "--reason", "A run hangs", "--hours", "2")
    assert (given["state"], given["level"], given["hours"]) == ("open", "viewer", 2)
    assert "already" in run("support", "grant", given["id"], code=1)
    assert run("support", "end", given["id"])[0]["state"] == "ended"
    assert "no operator 'Nobody'" in run("support", "give", "Nobody", "--reason", "A run hangs", code=3)


def test_an_archive_is_made_watched_and_fetched(run, sanad, tmp_path):
    (begun,) = run("export", "start", "--no-wait")
    (shown,) = run("export", "show", begun["id"])
    assert (shown["state"], shown["job"]["state"]) == ("making", "queued")
    file = tmp_path / "acme.zip"
    assert "not there" in run("export", "fetch", begun["id"], str(file), code=1)
    assert list(tmp_path.glob("acme*")) == [], "nothing is left of what could not be fetched"

    run_queued()
    (ready,) = run("export", "watch", begun["id"])
    run("export", "fetch", begun["id"], str(file))
    assert file.stat().st_size == ready["byte_count"]
    assert "manifest.json" in zipfile.ZipFile(file).namelist()
    assert [row["id"] for row in run("export", "list")] == [begun["id"]]


def test_both_are_for_administrators(sanad):
    assert (sanad("support", "list")[0], sanad("export", "start")[0]) == (4, 4)


def test_an_archive_that_came_otherwise_is_not_kept(tokens, portal, tmp_path, monkeypatch):
    from sanad import Client
    from sanad.errors import Failed

    with Client(portal.url, tokens["admin"]) as client:
        made = client.exports.start()
        run_queued()
        ready = client.exports.get(made["id"])
        monkeypatch.setattr(client.exports, "get", lambda _id: {**ready, "sha256": "0" * 64})
        with pytest.raises(Failed, match="SHA-256 differs"):
            client.exports.download(ready["id"], tmp_path / "acme.zip")
        monkeypatch.setattr(client.exports, "get", lambda _id: {**ready, "state": "erased", "failure": ""})
        with pytest.raises(Failed, match="destroyed with the erasure of a person"):
            client.exports.wait(ready["id"], timeout_s=5)
    assert list(tmp_path.iterdir()) == []
