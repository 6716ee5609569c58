"""Keys that the gateway refuses by its own memory are counted, and the portal is told how often."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from hashlib import sha256

from gateway.portal import PortalAway
from gateway.refusals import MOST_KEYS, Refusals
from tests.gateway.stage import Stage, wait_until


def told(stage: Stage) -> Counter[tuple[str, int]]:
    """By digest and status, how many refusals the portal has heard of."""
    file = stage.state_file.with_suffix(".refused")
    heard: Counter[tuple[str, int]] = Counter()
    for line in file.read_text().splitlines() if file.exists() else []:
        one = json.loads(line)
        heard[one["digest"], one["status"]] += one["count"]
    return heard


def digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def test_a_revoked_key_is_counted_as_often_as_it_is_shown(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one")])
    stage.start_gateway()
    key, good = stage.key(), stage.key()
    assert stage.infer(key).status == stage.infer(good).status == 200
    stage.revoke(key)
    wait_until(lambda: stage.infer(key).status == 401)
    assert [stage.infer(key).status for _ in range(4)] == [401] * 4
    wait_until(lambda: told(stage)[digest(key), 401] >= 5, 6)
    assert told(stage) == {(digest(key), 401): 5}, "once the refusal that was waited for, then four; the good one never"


def test_what_the_portal_was_asked_is_not_told_once_more(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one")])
    stage.start_gateway()
    forged = "snd_" + "x" * 40
    assert [stage.infer(forged).status for _ in range(3)] == [401] * 3
    wait_until(lambda: told(stage), 6)
    assert told(stage) == {(digest(forged), 401): 2}, "of the first the portal knows, since it said so"


def test_what_was_counted_while_the_portal_was_away_is_told_when_it_is_back() -> None:
    class Portal:
        is_away = True
        heard: list[dict[str, object]] = []

        async def refused(self, told: list[dict[str, object]]) -> None:
            if self.is_away:
                raise PortalAway("away")
            self.heard += told

    async def story() -> list[dict[str, object]]:
        portal = Portal()
        refusals = Refusals(portal)  # type: ignore[arg-type]
        refusals.note("a", 401)
        await refusals.tell()
        refusals.note("a", 401)
        refusals.note("b", 403)
        portal.is_away = False
        await refusals.tell()
        await refusals.tell()
        return portal.heard

    assert asyncio.run(story()) == [
        {"digest": "a", "status": 401, "count": 2},
        {"digest": "b", "status": 403, "count": 1},
    ]


def test_no_flood_of_keys_fills_the_memory() -> None:
    class Portal:
        heard: list[dict[str, object]] = []

        async def refused(self, told: list[dict[str, object]]) -> None:
            self.heard += told

    async def story() -> list[dict[str, object]]:
        refusals = Refusals(Portal())  # type: ignore[arg-type]
        for number in range(MOST_KEYS * 2):
            refusals.note(str(number), 401)
        refusals.note("0", 401)
        await refusals.tell()
        return Portal.heard

    heard = asyncio.run(story())
    assert len(heard) == MOST_KEYS
    assert heard[0] == {"digest": "0", "status": 401, "count": 2}
