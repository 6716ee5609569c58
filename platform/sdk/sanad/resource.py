from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sanad.errors import NotFound

if TYPE_CHECKING:
    from sanad.client import Client
    from sanad.transport import Transport

Thing = dict[str, Any]
Things = list[Thing]

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_id(said: str) -> bool:
    return _ID.fullmatch(said) is not None


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

    def _one(self, path: str, said: str, *, word: str = "name") -> Thing:
        """The thing of this id, or else the newest of this name in the project."""
        if is_id(said):
            found: Thing = self._http.get(f"{path}{said}/")
            return found
        for row in self._http.pages(path, project=self._project):
            if row[word] == said:
                return row
        raise NotFound(f"The project {self._project} has no {said!r} among its {path.strip('/')}.")
