"""Asks whether a pinned package has a known weakness; part of `make check`.

Exit code 1 where one was found that requirements/audit-ignore.yaml does not name, or an entry there has run out.
Where the service of weaknesses cannot be asked, one line says so and the exit code is 0: a check of the code does not
depend on somebody else's server.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
LISTS = ("base", "dev", "runtime", "bench", "spark")
IGNORED = HERE / "audit-ignore.yaml"
PATIENCE_S = 300


@dataclass(frozen=True)
class Audit:
    """What was said of the lists: weaknesses found, packages looked at, and why it could not be made (or nothing)."""

    weaknesses: tuple[tuple[str, str, str], ...] = ()
    looked_at: int = 0
    not_made: str = ""


def main() -> int:
    said, code = report(audit(), read_ignored(IGNORED), datetime.now(UTC).date())
    print("\n".join(said))
    return code


def audit() -> Audit:
    lists = [word for name in LISTS for word in ("--requirement", str(HERE / f"{name}.txt"))]
    command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--progress-spinner=off", "-f", "json"]
    try:
        ran = subprocess.run([*command, *lists], capture_output=True, text=True, timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        return Audit(not_made=f"it did not answer within {PATIENCE_S} s")
    return parsed(ran.stdout, ran.stderr)


def parsed(output: str, errors: str) -> Audit:
    """pip-audit's JSON; what it could not ask about, it names as skipped or ends with an error."""
    try:
        packages: list[dict[str, Any]] = json.loads(output[output.index("{") :])["dependencies"]
    except (ValueError, KeyError):
        last = (errors.strip().splitlines() or ["no answer"])[-1]
        return Audit(not_made=last[:200])
    asked = [package for package in packages if "vulns" in package]
    if not asked:
        reasons = [package.get("skip_reason", "") for package in packages] or ["no packages"]
        return Audit(not_made=reasons[0][:200])
    found = {(p["name"], p["version"], weak["id"]) for p in asked for weak in p["vulns"]}
    return Audit(tuple(sorted(found)), len(asked))


def read_ignored(path: Path) -> dict[str, dict[str, Any]]:
    """Entries by id: each says why the weakness does not reach us (`because`) and until when that holds (`until`)."""
    entries: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    for entry in entries:
        if not {"id", "because", "until"} <= entry.keys() or not isinstance(entry["until"], date):
            sys.exit(
                f"{path.name}: each entry has an id, a reason (because) and a last day (until: 2030-01-31): {entry}"
            )
    return {entry["id"]: entry for entry in entries}


def report(made: Audit, ignored: dict[str, dict[str, Any]], today: date) -> tuple[list[str], int]:
    """The lines to print, and the exit code."""
    if made.not_made:
        return [f"Dependencies were not audited, and nothing is said of them: {made.not_made}"], 0
    said = [*_found(made, ignored), *_run_out(ignored, today)]
    if said:
        return said, 1
    return [f"{made.looked_at} packages have no known weakness ({len(ignored)} ignored for a reason)."], 0


def _found(made: Audit, ignored: dict[str, dict[str, Any]]) -> Iterator[str]:
    for name, version, weakness in made.weaknesses:
        if weakness not in ignored:
            yield (
                f"{name} {version} has the weakness {weakness}: raise its pin (make requirements), or say in "
                "requirements/audit-ignore.yaml why it does not reach us."
            )


def _run_out(ignored: dict[str, dict[str, Any]], today: date) -> Iterator[str]:
    for weakness, entry in ignored.items():
        if entry["until"] < today:
            yield f"{weakness} was ignored until {entry['until']}: look at it again (requirements/audit-ignore.yaml)."


if __name__ == "__main__":
    raise SystemExit(main())
