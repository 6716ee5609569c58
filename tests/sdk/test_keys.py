"""Keys by command line: shown, rotated, brought out of a file, withdrawn by typed name."""

from __future__ import annotations

import base64
import json
import os

import pytest


@pytest.fixture
def run(sanad):
    def words(*given):
        code, answered, said = sanad("key", *given, role="admin")
        assert code == 0, said
        return [json.loads(line) for line in answered.splitlines()]

    return words


def newest(keys):
    """The number of the newest key for objects; other tests may have left keys of other purposes behind."""
    return max((key["number"] for key in keys if not key["purpose"]), default=1)


def test_a_key_of_ones_own_comes_and_goes_on_the_command_line(run, sanad, tmp_path):
    file = tmp_path / "own.key"
    file.write_text(base64.b64encode(os.urandom(32)).decode() + "\n")
    before = newest(run("list"))
    assert newest(run("rotate")[0]["keys"]) == before + 1
    assert run("bring", "--file", str(file))[0]["source"] == "upload"
    assert {key["with_own_key"] for key in run("list") if key["state"] != "destroyed"} == {True}
    assert run("withdraw", "acme")[0]["withdrawn_at"]
    code, _answered, said = sanad("member", "list", role="admin")
    assert (code, "withdrawn its encryption key" in said) == (1, True)
    assert run("bring", "--file", str(file))[0]["withdrawn_at"] is None
    assert run("release")[0]["source"] == ""
    assert run("rewrap")[0]["store"] == "environment"


def test_keys_are_for_administrators_and_a_wrong_name_is_refused(sanad):
    assert sanad("key", "list")[0] == 4
    code, _answered, said = sanad("key", "withdraw", "somebody", role="admin")
    assert (code, "short name" in said) == (1, True)
