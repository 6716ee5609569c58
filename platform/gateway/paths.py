"""What a path asks for: read once, decoded as often as anyone behind us might, and refused where it is ambiguous."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

_INFERENCE = re.compile(rb"/inference/([A-Za-z0-9_-]{1,120})/([A-Za-z0-9_-]{1,120})(/[^?#]*)")
_REST = re.compile(rb"/(?:v2(?:/[A-Za-z0-9._~%+-]+)*|invocations|schema)")
# An encoded slash, backslash, dot or NUL means one thing here and another behind us.
_AMBIGUOUS = re.compile(rb"%(?:2f|5c|2e|00)|/\.{1,2}(?:/|$)|//", re.IGNORECASE)
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class InferencePath:
    """`route` is tenant/deployment; `rest` is what the replica is asked, as it came, e.g. b"/v2/models/m/infer"."""

    route: str
    rest: bytes

    @property
    def tenant(self) -> str:
        return self.route.partition("/")[0]

    @property
    def deployment(self) -> str:
        return self.route.partition("/")[2]

    @property
    def is_oip(self) -> bool:
        return self.rest.startswith(b"/v2")

    @property
    def is_prediction(self) -> bool:
        return self.rest == b"/invocations" or self.rest.endswith(b"/infer")


def inference_path(raw_path: bytes) -> InferencePath | None:
    """Tenant, deployment and rest of an inference path; None where it is none we answer."""
    found = _INFERENCE.fullmatch(raw_path)
    if found is None:
        return None
    tenant, deployment, rest = found.groups()
    if _REST.fullmatch(rest) is None or _AMBIGUOUS.search(rest):
        return None
    return InferencePath(f"{tenant.decode()}/{deployment.decode()}", rest)


def is_for_workloads(raw_path: bytes) -> bool:
    """Whether the path is one that runs and replicas need; the portal takes none of these for anything else."""
    return raw_path.startswith((b"/api/v1/", b"/mlflow/", b"/inference/", b"/features/online"))


def is_internal(raw_path: bytes) -> bool:
    """Whether any reading of the path (decoded, dots resolved, slashes joined) leads below /internal."""
    text = raw_path.decode("latin-1")
    for _ in range(_ROUNDS):
        if _first_segment(text) == "internal":
            return True
        decoded = unquote(text, "latin-1")
        if decoded == text:
            return False
        text = decoded
    # Encoded more often than anyone does by mistake.
    return True


def _first_segment(path: str) -> str:
    stack: list[str] = []
    for segment in path.replace("\\", "/").split("/"):
        name = segment.partition(";")[0].strip("\x00\t\r\n ").lower()
        if name == "..":
            stack[-1:] = []
        elif name not in {"", "."}:
            stack.append(name)
    return stack[0] if stack else ""
