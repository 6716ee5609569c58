"""Requests to the gateway, as any client of a deployment makes them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx2
from django.conf import settings

from foundation.outbound import tls_context

_AT_ONCE = 16


class Requests:
    """A client with one token; `renew_at` is when the token should be renewed."""

    def __init__(self, token: str) -> None:
        self._headers = {"Authorization": f"Bearer {token}"}
        self.renew_at = datetime.min.replace(tzinfo=UTC)

    async def send_all(self, tenant: str, deployment: str, rows: list[tuple[dict[str, Any], str]]) -> list[int]:
        """One request per (row, event time), several at once; the status of each, 0 where nobody answered."""
        address = f"{settings.SANAD_PUBLIC_URL}/inference/{tenant}/{deployment}/invocations"
        limit = asyncio.Semaphore(_AT_ONCE)
        async with httpx2.AsyncClient(headers=self._headers, timeout=10.0, verify=tls_context()) as client:

            async def ask(row: dict[str, Any], event_time: str) -> int:
                async with limit:
                    try:
                        body = {"dataframe_records": [row]}
                        answer = await client.post(address, json=body, headers={"X-Sanad-Event-Time": event_time})
                    except httpx2.TransportError:
                        return 0
                    return answer.status_code

            return list(await asyncio.gather(*(ask(row, event_time) for row, event_time in rows)))
