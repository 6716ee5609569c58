"""A project is archived and brought back by client and command line."""

from __future__ import annotations

import json

import pytest

from sanad.errors import SanadError


def test_an_archived_project_is_left_out_refuses_to_be_written_and_comes_back(sanad, client):
    def run(*given, role="admin"):
        code, answered, said = sanad(*given, role=role)
        return code, [json.loads(line) for line in answered.splitlines()] if not code else said

    assert run("project", "create", "old-work", "--purpose", "Something of before")[0] == 0
    assert run("project", "archive", "old-work", role="scientist")[0] == 4
    assert run("project", "archive", "old-work")[1][0]["archived_at"] is not None
    assert "old-work" not in [row["slug"] for row in run("project", "list")[1]]
    assert [row["slug"] for row in run("project", "list", "--archived", "only")[1]] == ["old-work"]

    with pytest.raises(SanadError, match="“old-work” is archived"):
        client.in_project("old-work").features.entity("customer", ["id"])

    assert run("project", "restore", "old-work")[1][0]["archived_at"] is None
    assert "old-work" in [row["slug"] for row in run("project", "list")[1]]
