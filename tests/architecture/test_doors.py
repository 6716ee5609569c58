"""A token opens a door by `admit` alone, so that no door forgets what the others ask."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ACTORS = ROOT / "platform" / "foundation" / "access" / "actors.py"
# Each looks a token up and says itself what it asks of the tenant.
DOORS = {
    "apps/deployments/services/invoking.py": "require_keys",
    "apps/tenants/views/scim.py": "require_keys",
    "platform/foundation/live/visitors.py": "require_keys",
    "platform/foundation/web/middleware.py": "by_route",
}

NO_DOORS = {
    "apps/tenants/services/sample.py": "whether the sample's token is there already",
    "platform/foundation/identity/tokens.py": "where they are written",
}


def calls(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def modules_that_call(*names: str) -> set[str]:
    paths = [path for top in ("apps", "platform") for path in (ROOT / top).rglob("*.py") if path != ACTORS]
    return {str(path.relative_to(ROOT)) for path in paths if any(name_of(call) in names for call in calls(path))}


def test_every_door_admits_by_the_one_function():
    assert modules_that_call("actor_for_token") == set()
    assert modules_that_call("admit") >= set(DOORS)
    assert modules_that_call("find_token", "find_by_digest") - NO_DOORS.keys() == set(DOORS)


def test_every_door_says_what_it_asks_of_the_tenant():
    for path, standing in DOORS.items():
        admitted = [call for call in calls(ROOT / path) if name_of(call) == "admit"]
        said = [getattr(word.value, "id", "") for call in admitted for word in call.keywords if word.arg == "standing"]
        assert said == [standing], path
