"""Members suspended and restored by client and command line."""

from __future__ import annotations

import json
from uuid import uuid4

from foundation.tenancy import find_tenant
from tests.support.people import make_person


def test_a_member_is_suspended_and_restored_by_their_email(sanad):
    # Somebody of their own: suspending voids the tokens that all tests here share.
    email = make_person(find_tenant("acme"), "viewer", email=f"{uuid4().hex}@acme.test").user.email
    ended, answered, _said = sanad("member", "suspend", email, role="admin")
    assert (ended, bool(json.loads(answered)["suspended_at"])) == (0, True)
    ended, answered, _said = sanad("member", "restore", email, role="admin")
    assert (ended, json.loads(answered)["suspended_at"]) == (0, None)
    ended, _answered, said = sanad("member", "suspend", "nobody@acme.test", role="admin")
    assert ended != 0
    assert "not a member" in said
