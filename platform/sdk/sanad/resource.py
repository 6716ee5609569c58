from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

from sanad.errors import NotFound

if TYPE_CHECKING:
    from sanad.client import Client
    from sanad.transport import Transport

Thing = dict[str, Any]
Things = list[Thing]

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# A version as pages show it (“delays v2”), and as datasets, models and features of the past have it: delays@v2, /2, @2.
_VERSION = re.compile(r"(.+?)(?: v|[@/]v?)([0-9]{1,9})", re.DOTALL)
# What never had rows is not what somebody means by the name alone.
_UNMADE = frozenset({"failed", "cancelled", "binned", "destroying", "destroyed"})


def is_id(said: str) -> bool:
    return _ID.fullmatch(said) is not None


def id_of(things: Any, said: Any) -> str:
    """The id of what is said by its id or its name; `things` is the resource that knows it."""
    return str(said) if is_id(str(said)) else str(things.get(said)["id"])


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
        """The thing of this id, or else the newest of this name in the project; “name v2”, name@2 or name/2 its second.

        A version that failed or is removed is had by its number, and by the name alone where there is no other.
        """
        if is_id(said):
            found: Thing = self._http.get(f"{path}{said}/")
            return found
        rows = list(self._http.pages(path, project=self._project))
        named = [row for row in rows if row[word] == said]
        parts = _VERSION.fullmatch(said)
        if not named and parts:
            named = [row for row in rows if (row[word], row.get("number")) == (parts[1], int(parts[2]))]
        if named:
            return next((row for row in named if row.get("state") not in _UNMADE), named[0])
        near = difflib.get_close_matches(said, list(dict.fromkeys(str(row[word]) for row in rows)), 1)
        asked = f" Did you mean {near[0]!r}?" if near else ""
        raise NotFound(f"The project {self._project} has no {said!r} among its {path.strip('/')}.{asked}")
