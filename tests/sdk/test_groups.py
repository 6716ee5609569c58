"""Groups and roles in projects by client and command line."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def run(sanad):
    def words(*given, code=0):
        ended, answered, said = sanad(*given, role="admin")
        assert ended == code, said
        return [json.loads(line) for line in answered.splitlines()] if not code else said

    return words


def test_a_group_is_made_filled_given_a_project_and_deleted(run):
    (made,) = run("group", "create", "Fraud team", "--description", "Cards")
    assert made["people"] == 0
    people = run("member", "list")
    viewer = next(row["email"] for row in people if row["role"] != "admin")
    run("group", "add", "Fraud team", viewer)
    assert [row["email"] for row in run("group", "people", "Fraud team")] == [viewer]

    (given,) = run("role", "give", "scientist", "--group", "Fraud team")
    assert (given["kind"], given["holder"], given["role"]) == ("group", "Fraud team", "scientist")
    assert [row["id"] for row in run("role", "list")] == [given["id"]]
    run("role", "take-back", given["id"])
    assert run("role", "list") == []

    run("group", "remove", "Fraud team", viewer)
    assert run("group", "people", "Fraud team") == []
    run("group", "delete", "Fraud team")
    assert run("group", "list") == []


def test_somebody_who_is_no_member_and_a_group_that_is_none_are_said_so(run):
    run("group", "create", "Credit team")
    assert "invite them first" in run("group", "add", "Credit team", "nobody@elsewhere.test", code=3)
    assert "no group 'Risk'" in run("role", "give", "viewer", "--group", "Risk", code=3)


def test_groups_are_for_administrators(sanad):
    assert sanad("group", "list")[0] == 4
    assert sanad("role", "give", "admin", "--group", "x")[0] == 4
