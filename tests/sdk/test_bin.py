"""The bin by client and command line."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def run(sanad):
    def words(*given, code=0):
        ended, answered, said = sanad(*given, role="admin")
        assert ended == code, said
        return [json.loads(line) for line in answered.splitlines()] if code == 0 else said

    return words


def test_what_was_deleted_is_listed_restored_and_deleted_for_ever(run, sanad):
    run("group", "create", "Fraud team")
    made = run("group", "list")[0]["id"]
    assert sanad("group", "delete", "Fraud team", role="admin")[0] == 0
    (lies,) = run("bin", "list")
    assert (lies["kind"], lies["name"], lies["thing_id"]) == ("group", "Fraud team", made)

    (back,) = run("bin", "restore", "Fraud team")
    assert (back["thing_id"], back["left_out"]) == (made, [])
    assert run("group", "list")[0]["id"] == made
    assert "There is no 'Fraud team' in the bin" in run("bin", "restore", "Fraud team", code=3)

    assert sanad("group", "delete", "Fraud team", role="admin")[0] == 0
    lies = run("bin", "list")[0]["id"]
    assert "Type Fraud team to confirm." in run("bin", "delete", lies, "--confirm", "Fraud", code=1)
    assert sanad("bin", "delete", "Fraud team", "--confirm", "Fraud team", role="admin")[0] == 0
    assert run("bin", "list") == []
