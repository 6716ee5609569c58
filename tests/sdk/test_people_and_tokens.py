"""What an administrator changes of people, programs, groups, webhooks and tokens, by client and command line."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from foundation.tenancy import find_tenant
from tests.support.people import make_person


@pytest.fixture
def as_admin(sanad):
    def run(*words):
        ended, answered, said = sanad(*words, "--json", role="admin")
        assert ended == 0, said
        return [json.loads(line) for line in answered.splitlines() if line.startswith("{")]

    return run


def test_a_members_role_is_changed_and_they_are_removed(as_admin, sanad):
    email = make_person(find_tenant("acme"), "viewer", email=f"{uuid4().hex}@acme.test").user.email
    assert as_admin("member", "role", email, "auditor")[0]["role"] == "auditor"
    as_admin("member", "remove", email)
    assert email not in [row["email"] for row in as_admin("member", "list")]
    ended, _answered, said = sanad("member", "remove", email, role="admin")
    assert ended == 3 and "not a member" in said


def test_a_program_gets_another_role(as_admin):
    name = f"import {uuid4().hex}"
    as_admin("service-account", "create", name, "--role", "viewer")
    assert as_admin("service-account", "role", name, "scientist")[0]["role"] == "scientist"


def test_a_group_gets_another_name(as_admin):
    name = f"Fraud {uuid4().hex}"
    as_admin("group", "create", name, "--description", "who watches")
    [changed] = as_admin("group", "edit", name, "--name", f"{name} team")
    assert (changed["name"], changed["description"]) == (f"{name} team", "who watches")


def test_a_webhook_gets_another_address_and_keeps_its_name(as_admin):
    name = uuid4().hex
    as_admin("webhook", "create", "https://siem.example/a", "--description", name)
    [changed] = as_admin("webhook", "edit", name, "--address", "https://siem.example/b", "--event", "run")
    assert (changed["url"], changed["description"], changed["kinds"]) == ("https://siem.example/b", name, ["run"])


def test_a_token_is_made_listed_and_revoked(as_admin, sanad):
    [made] = as_admin("token", "create", "laptop", "--scope", "project.view", "--days", "7")
    assert made["token"].startswith("snd_")
    assert made["id"] in [row["id"] for row in as_admin("token", "list")]
    assert sanad("project", "list", role=made["token"])[0] == 0
    as_admin("token", "revoke", made["id"])
    assert sanad("project", "list", role=made["token"])[0] != 0
