from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sanad.client import Client
    from sanad.transport import Transport

Thing = dict[str, Any]
Things = list[Thing]


class Resource:
    """What the resources share: the client they belong to."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def _http(self) -> Transport:
        return self._client.transport

    @property
    def _project(self) -> str:
        if not self._client.project:
            raise ValueError("Say which project: Client(url, token, project=…) or SANAD_PROJECT.")
        return self._client.project
