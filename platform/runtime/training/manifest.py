"""The manifest: everything needed to make the same model again."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from runtime import VERSION
from runtime.training.spec import RunSpec

_PACKAGE = Path(__file__).resolve().parent.parent


def code_digest(package: Path = _PACKAGE) -> str:
    """Return the sha256 hex over path and content of every source file of the runtime."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{content}  {path.relative_to(package).as_posix()}\n".encode())
    return digest.hexdigest()


def package_versions() -> dict[str, str]:
    named = [_name_and_version(item.read_text("METADATA") or "") for item in distributions()]
    return dict(sorted((name.lower().replace("_", "-"), version) for name, version in named if name))


def _name_and_version(description: str) -> tuple[str, str]:
    """Read two headers of a package's description; parsing the whole of all of them takes half a second."""
    headers = description.partition("\n\n")[0].splitlines()
    found = dict(line.split(": ", 1) for line in headers if line.startswith(("Name: ", "Version: ")))
    return found.get("Name", "").strip(), found.get("Version", "").strip()


def make_manifest(
    spec: RunSpec, params: Mapping[str, Any], *, threads: int, rows: Mapping[str, int], details: Mapping[str, Any]
) -> dict[str, Any]:
    document = json.dumps(spec.document, sort_keys=True, separators=(",", ":"), default=str)
    return {
        "recipe": spec.recipe,
        "params": dict(params),
        "seed": spec.seed,
        "threads": threads,
        "data": dict(spec.data),
        "feature_versions": list(spec.feature_versions),
        "spec_sha256": hashlib.sha256(document.encode()).hexdigest(),
        "rows": dict(rows),
        "details": dict(details),
        "code": {"runtime": VERSION, "sha256": code_digest()},
        "python": platform.python_version(),
        "machine": platform.machine(),
        "packages": package_versions(),
    }
