"""The gateway: its counters on the socket for the portal alone, and its public door, as any client uses it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx2
from django.utils.translation import gettext as _

from apps.deployments.ports import Answer, LiveRevision, LiveStats
from foundation.errors import Unavailable
from foundation.identity import neighbours
from foundation.outbound import tls_context
from runtime.service_tokens import HEADER

_STATS = "/internal/gateway/stats"
_STATS_TIMEOUT, _ANSWER_TIMEOUT = httpx2.Timeout(0.5), httpx2.Timeout(10.0)


def read_stats(socket: Path, tenant_id: str) -> tuple[float, dict[str, LiveStats]] | None:
    """(the gateway's time, counters by deployment) of one tenant; None where the gateway does not answer."""
    said = _document(socket)
    if said is None:
        return None
    own = {key: found for key, found in said["deployments"].items() if found["tenant_id"] == tenant_id}
    return said["at"], {key: LiveStats(said["at"], _revisions(found)) for key, found in own.items()}


def read_waiting(socket: Path) -> int | None:
    """How many bytes of the inference log are still in the gateway, in memory or on disk; None where it is silent."""
    said = _document(socket)
    return None if said is None else int(said["log_waiting_bytes"])


def _document(socket: Path) -> dict[str, Any] | None:
    try:
        # A context of its own would read all certificates anew, for each question.
        transport = httpx2.HTTPTransport(uds=str(socket), verify=tls_context())
        with httpx2.Client(transport=transport, timeout=_STATS_TIMEOUT) as client:
            token = neighbours.caller_to(neighbours.GATEWAY).for_request("GET", _STATS)
            said: dict[str, Any] = (
                client.get(f"http://gateway{_STATS}", headers={HEADER: token}).raise_for_status().json()
            )
    except (httpx2.HTTPError, ValueError):
        return None
    return said


def _revisions(found: dict[str, Any]) -> dict[str, LiveRevision]:
    return {
        key: LiveRevision(
            requests=one["requests"],
            errors=one["errors"],
            p50=one["latency_ms"]["p50"],
            p95=one["latency_ms"]["p95"],
            p99=one["latency_ms"]["p99"],
            per_second=[(second, requests, errors) for second, requests, errors in one["per_second"]],
        )
        for key, one in found["revisions"].items()
    }


def ask(url: str, token: str, body: dict[str, Any]) -> Answer:
    """POST one request as a client does; Unavailable where nobody answers."""
    began = time.perf_counter()
    try:
        headers = {"Authorization": f"Bearer {token}"}
        with httpx2.Client(timeout=_ANSWER_TIMEOUT, headers=headers, verify=tls_context()) as client:
            response = client.post(url, json=body)
    except httpx2.TransportError as error:
        raise Unavailable(_("Nobody answers at %(url)s.") % {"url": url}) from error
    return Answer(response.status_code, _json(response), (time.perf_counter() - began) * 1000)


def _json(response: httpx2.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return response.text[:2000]
