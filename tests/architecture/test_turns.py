"""No loop over all tenants lets one of them hold up those behind it: `tenancy.in_each` and `for_each` are the loops."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Loops of their own, and why.
ALLOWED = {
    "platform/foundation/tenancy/turns.py": "the one place",
    "platform/foundation/ledger/comparing.py": "a portal whose ledger cannot be compared does not start at all",
    "platform/foundation/ledger/management/commands/check_ledger.py": "a person reads its answer",
    "platform/foundation/storage/management/commands/rewrap_keys.py": "a list; a job of each tenant does the work",
    "apps/deployments/selectors.py": "one table for the gateway, whole or not at all",
    "apps/monitoring/services/draining.py": "guards each turn itself, and keeps lines of inference out of the log",
    "apps/monitoring/services/playing.py": "guards each turn itself, once a second for ever",
    "apps/streams/services/consuming.py": "guards each turn itself, once a second for ever",
    "apps/tenants/selectors/platform.py": "tenants by id, nothing is done in any",
}


def loops_over_all_tenants(source: str) -> int:
    found = 0
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            calls = [call.func for call in ast.walk(node.iter) if isinstance(call, ast.Call)]
            names = [call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls]
            found += "every_tenant" in names
    return found


def test_a_bare_loop_is_found():
    assert loops_over_all_tenants("for t in tenancy.every_tenant():\n    with scope(t.pk):\n        act(t)") == 1
    assert loops_over_all_tenants("sum(act(t) for t in sorted(every_tenant()))") == 1
    assert loops_over_all_tenants("found = bool(every_tenant())\nfor t in others():\n    act(t)") == 0


def test_every_loop_over_all_tenants_gives_turns():
    files = [path for part in ("apps", "platform") for path in (ROOT / part).rglob("*.py")]
    looping = {str(path.relative_to(ROOT)) for path in files if loops_over_all_tenants(path.read_text())}
    bare = looping - ALLOWED.keys()
    assert not bare, f"Use tenancy.in_each or for_each, so that one tenant that fails holds up no other one: {bare}"
    assert not ALLOWED.keys() - looping, "These loop no more; take them off the list."
