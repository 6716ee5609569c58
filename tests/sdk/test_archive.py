"""A project is archived, brought back and deleted for ever by client and command line."""

from __future__ import annotations

import json

import pytest

from sanad.errors import SanadError


@pytest.fixture
def run(sanad):
    """A command's exit code, with its rows or with what it said instead."""

    def run(*given, role="admin"):
        code, answered, said = sanad(*given, role=role)
        return code, [json.loads(line) for line in answered.splitlines()] if not code else said

    return run


def test_an_archived_project_is_left_out_refuses_to_be_written_and_comes_back(run, client):
    assert run("project", "create", "old-work", "--purpose", "Something of before")[0] == 0
    assert run("project", "archive", "old-work", role="scientist")[0] == 4
    assert run("project", "archive", "old-work")[1][0]["archived_at"] is not None
    assert "old-work" not in [row["slug"] for row in run("project", "list")[1]]
    assert [row["slug"] for row in run("project", "list", "--archived", "only")[1]] == ["old-work"]

    with pytest.raises(SanadError, match="“old-work” is archived"):
        client.in_project("old-work").features.entity("customer", ["id"])

    assert run("project", "restore", "old-work")[1][0]["archived_at"] is None
    assert "old-work" in [row["slug"] for row in run("project", "list")[1]]


def test_an_archived_project_is_asked_to_be_deleted_by_its_name_and_kept(run):
    assert run("project", "create", "older-work", "--purpose", "Something of before")[0] == 0
    assert "Archive the project first" in run("project", "delete", "older-work", "--confirm", "older-work")[1]
    run("project", "archive", "older-work")

    assert run("project", "delete", "older-work", "--confirm", "older-work", role="scientist")[0] == 4
    assert "Type the project's name" in run("project", "delete", "older-work", "--confirm", "something")[1]
    due = run("project", "delete", "older-work", "--confirm", "older-work")[1][0]["deletion_due"]
    assert due is not None
    assert [row["deletion_due"] for row in run("project", "list", "--archived", "only")[1]] == [due]
    assert "keeps it" in run("project", "restore", "older-work")[1]
    assert run("project", "keep", "older-work")[1][0]["deletion_due"] is None
