"""What the keeper is asked to run: handed over on its standard input, since it holds secrets."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Bind:
    source: str
    target: str
    read_only: bool


@dataclass(frozen=True)
class Order:
    """`isolation` is "root" (own uid and view), "user" (user namespace and view) or "none"; uid counts for "root" only.

    `socket` is the path on which the keeper listens for a service, or "". But for "none" the workload has a network of
    its own with nothing in it; `door` is then the portal's socket, its only way out at `door_port`, or "".
    """

    folder: str
    command: tuple[str, ...]
    env: dict[str, str]
    binds: tuple[Bind, ...]
    isolation: str
    uid: int
    memory_mb: int
    cpus: tuple[int, ...]
    socket: str
    door: str
    door_port: int

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Order:
        document = json.loads(text)
        document["command"] = tuple(document["command"])
        document["cpus"] = tuple(document["cpus"])
        document["binds"] = tuple(Bind(**bind) for bind in document["binds"])
        return cls(**document)
