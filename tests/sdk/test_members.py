"""Members suspended and restored by client and command line."""

from __future__ import annotations

import json


def test_a_member_is_suspended_and_restored_by_their_email(sanad):
    ended, answered, _said = sanad("member", "list", role="admin")
    others = [json.loads(line) for line in answered.splitlines()]
    email = next(one["email"] for one in others if one["role"] != "admin")

    ended, answered, _said = sanad("member", "suspend", email, role="admin")
    assert (ended, bool(json.loads(answered)["suspended_at"])) == (0, True)
    ended, answered, _said = sanad("member", "restore", email, role="admin")
    assert (ended, json.loads(answered)["suspended_at"]) == (0, None)
    ended, _answered, said = sanad("member", "suspend", "nobody@acme.test", role="admin")
    assert ended != 0
    assert "not a member" in said
