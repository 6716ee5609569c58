"""Nothing stands in the source that nobody uses: neither a page nor a command nor another line of it."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [path for top in ("apps", "platform", "bench") for path in (ROOT / top).rglob("*.py")]
SOURCES = [path for path in SOURCES if "migrations" not in path.parts]
USERS = [*SOURCES, *(ROOT / "templates").rglob("*.html"), ROOT / "docs" / "build.py", ROOT / "pyproject.toml"]
# Called by a framework for their names' sake: tables, serializers, forms, commands, visitors, Django's own hooks; and
# columns of a table as a file (foundation.web.table_files).
BY_NAME = re.compile(
    r"(render|get|validate|clean|visit|export)_\w+|[A-Z]\w+Config|__\w+__|add_arguments|create_user|scanner"
)
# Found by name too, each by one framework alone.
HOOKS = {
    "ActorScheme": "drf-spectacular finds extensions among the subclasses",
    "CreateModels": "squashed migrations",
    "_find_reload_model": "Django's state of migrations",
    "_look_at_the_start": "Celery's signals",
    "_get_schema_response": "drf-spectacular's view",
    "_get_site_name": "allauth: the name of the portal on a device that holds passkeys",
    "add_message": "allauth's adapter",
    "auth_flow": "httpx2: the protocol of an Auth",
    "authenticate_header": "Django REST framework",
    "capture_signals": "uvicorn",
    "collect": "prometheus_client",
    "has_permission": "Django REST framework",
    "is_open_for_signup": "allauth's adapters",
    "list_apps": "allauth's adapter",
    "live_cut": "Channels: the message's type",
    "live_message": "Channels: the message's type",
    "new_input": "pyiceberg: a FileIO",
    "on_message_complete": "httptools",
    "openid_config": "allauth's OpenID adapter",
    "pause_writing": "asyncio: flow control of a Protocol",
    "post_login": "allauth's adapter",
    "process_exception": "Django's middleware",
    "process_view": "Django's middleware",
    "readall": "Python: io.RawIOBase",
    "respond_user_inactive": "allauth's adapter",
    "resume_writing": "asyncio: flow control of a Protocol",
    "setup_schedule": "Celery beat",
    "log_message": "http.server",
}


def definitions() -> Iterator[tuple[str, str]]:
    """Name and place of what is defined without a decorator: one that registers is a use."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if not _registers(node) and not BY_NAME.fullmatch(node.name):
                yield node.name, f"{path.relative_to(ROOT)}:{node.lineno}"


def test_every_name_that_is_defined_is_used():
    words = Counter(word for path in USERS for word in re.findall(r"\w+", path.read_text(encoding="utf-8")))
    found = list(definitions())
    times = Counter(name for name, _place in found)
    unused = {f"{place} {name}" for name, place in found if words[name] <= times[name] and name not in HOOKS}
    assert not unused


def test_every_private_name_is_used_in_its_own_module():
    """Others do not know it, so a word of the same letters elsewhere is no use of it."""
    unused = []
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        words = Counter(re.findall(r"\w+", text))
        own = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        private = [node for node in own if node.name.startswith("_") and not BY_NAME.fullmatch(node.name)]
        unused += [
            f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
            for node in private
            if words[node.name] < 2 and node.name not in HOOKS and not _registers(node)
        ]
    assert not unused


def _registers(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    return any(isinstance(found, ast.Call) for found in node.decorator_list)


def test_no_hook_is_excused_that_is_gone():
    assert set(HOOKS) <= {name for name, _place in definitions()}
