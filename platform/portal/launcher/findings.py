"""What the doctor finds, and how it says it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum


class Health(StrEnum):
    OK = "ok"
    NOTE = "note"  # worth knowing; nothing is broken
    SICK = "sick"


@dataclass(frozen=True)
class Finding:
    check: str
    health: Health
    says: str
    mend: str = ""


def ok(check: str, says: str) -> Finding:
    return Finding(check, Health.OK, says)


def note(check: str, says: str, mend: str = "") -> Finding:
    return Finding(check, Health.NOTE, says, mend)


def sick(check: str, says: str, mend: str) -> Finding:
    return Finding(check, Health.SICK, says, mend)


def as_text(findings: Sequence[Finding]) -> str:
    lines = []
    for each in findings:
        lines.append(f"{each.health:<5} {each.check:<16} {each.says}")
        if each.mend:
            lines.append(f"{'':<22} → {each.mend}")
    count = sum(each.health is Health.SICK for each in findings)
    lines.append("\nAll is well." if not count else f"\n{count} of {len(findings)} checks need mending.")
    return "\n".join(lines)


def as_json(findings: Sequence[Finding]) -> str:
    well = all(each.health is not Health.SICK for each in findings)
    return json.dumps({"ok": well, "findings": [asdict(each) for each in findings]}, indent=1)
