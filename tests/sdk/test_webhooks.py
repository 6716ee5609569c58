"""Webhooks by client and command line: made, told, paused, and what was sent to them."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def run(sanad):
    def words(*given):
        code, answered, said = sanad("webhook", *given, role="admin")
        assert code == 0, said
        return [json.loads(line) for line in answered.splitlines()]

    return words


def test_a_webhook_lives_its_whole_life_on_the_command_line(run, sanad):
    (made,) = run(
        "create", "https://8.8.8.8/hook", "--description", "SIEM", "--event", "run", "--event", "token.created"
    )
    assert made["secret"].startswith("whsec_")
    assert (made["kinds"], made["state"]) == (["run", "token.created"], "enabled")
    (listed,) = [webhook for webhook in run("list") if webhook["id"] == made["id"]]
    assert listed["description"] == "SIEM"
    assert "secret" not in listed

    (rolled,) = run("roll-secret", "SIEM")
    assert rolled["secret"] != made["secret"]
    run("test", "SIEM")
    (delivery,) = run("deliveries", "https://8.8.8.8/hook")
    assert (delivery["kind"], delivery["state"]) == ("webhook.test", "waiting")
    (whole,) = run("delivery", made["id"], delivery["id"])
    assert json.loads(whole["payload"])["type"] == "webhook.test"
    assert run("replay", "SIEM", delivery["id"])[0]["message_id"] == delivery["message_id"]

    assert run("pause", "SIEM")[0]["state"] == "paused"
    code, _answered, said = sanad("webhook", "test", "SIEM", role="admin")
    assert (code, "enable it first" in said) == (1, True)
    assert run("enable", "SIEM")[0]["state"] == "enabled"
    code, _answered, said = sanad("webhook", "replay-failed", "SIEM", "--hours", "2", role="admin")
    assert (code, "No delivery has failed" in said) == (1, True)
    assert run("delete", "SIEM") == []
    assert made["id"] not in {webhook["id"] for webhook in run("list")}


def test_what_may_not_be_called_is_said_beside_its_field(sanad):
    code, _answered, said = sanad("webhook", "create", "http://169.254.169.254/", role="admin")
    assert code == 1
    assert said.startswith("url: ")
    assert "SANAD_OUTBOUND_ALLOW" in said


def test_webhooks_are_for_administrators_and_an_unknown_one_is_said_so(sanad):
    assert sanad("webhook", "list")[0] == 4
    code, _answered, said = sanad("webhook", "pause", "nobody", role="admin")
    assert (code, "no webhook 'nobody'" in said) == (3, True)
