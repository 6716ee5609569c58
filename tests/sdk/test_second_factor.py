"""The rule of second factors by client and command line."""

from __future__ import annotations

import json

import pytest


def test_the_rule_is_read_and_refused_in_words_until_one_keeps_it_oneself(sanad):
    ended, answered, _said = sanad("tenant", "second-factor", role="admin")
    assert ended == 0
    assert json.loads(answered) == {"second_factor": False, "due": None, "in_force": False}

    ended, _answered, said = sanad("tenant", "second-factor", "--days", "7", role="admin")
    assert ended == 1
    assert "for your own account first" in said

    ended, answered, _said = sanad("tenant", "second-factor", "--not-asked", role="admin")
    assert json.loads(answered)["second_factor"] is False


def test_asking_for_both_at_once_is_refused(sanad):
    with pytest.raises(SystemExit) as ended:
        sanad("tenant", "second-factor", "--days", "7", "--not-asked", role="admin")
    assert ended.value.code == 2


def test_administrators_list_whom_it_would_shut_out(sanad):
    ended, answered, _said = sanad("member", "without-second-factor", role="admin")
    assert ended == 0
    assert [json.loads(line)["email"] for line in answered.splitlines()]
    assert sanad("member", "without-second-factor")[0] == 4
