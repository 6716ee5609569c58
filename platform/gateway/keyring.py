"""Keys that were good, kept over a restart of the gateway, so that it can serve without the portal for a while."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterable
from pathlib import Path

from gateway import disk
from gateway.contact import Contact
from gateway.keys import Keys, Verdict, parse_networks

log = logging.getLogger("gateway.keyring")

SAVE_EVERY_S = 5.0


class Keyring:
    """Digests, never keys. The time of the last confirmation is kept too: a restart makes nothing fresher."""

    def __init__(self, file: Path, keys: Keys, contact: Contact) -> None:
        self._file = file
        self._keys = keys
        self._contact = contact
        self._revoked = asyncio.Event()
        contact.on_revoked.append(self._note_revoked)

    def _note_revoked(self, digests: Iterable[str]) -> None:
        if list(digests):
            self._revoked.set()

    def restore(self) -> None:
        try:
            document = disk.read_json(self._file)
            if document is None:
                return
            if int(document["revocations_after"]) != self._contact.revocations_after:
                # Revocations between the two files would be missed: then no key is taken on trust.
                log.warning("%s and the routes are of different moments; every key is checked anew.", self._file)
                return
            for one in document["keys"]:
                self._keys.known[one["digest"], one["route"], one["deployment"]] = _verdict(one)
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.error("%s cannot be read (%r); every key is checked anew.", self._file, error)

    async def run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SAVE_EVERY_S):
                    await self._revoked.wait()
            self._revoked.clear()
            await self.save()

    async def save(self) -> None:
        try:
            await asyncio.to_thread(disk.write_json, self._file, self._document())
        except OSError as error:
            log.error("%s cannot be written (%s); a restart without the portal would admit no key.", self._file, error)

    def _document(self) -> dict[str, object]:
        offset = time.time() - time.monotonic()
        return {
            "revocations_after": self._contact.revocations_after,
            "keys": [
                {
                    "digest": digest,
                    "route": route,
                    "deployment": deployment,
                    "actor": verdict.actor,
                    "expires_at": verdict.expires_at,
                    "networks": [str(network) for network in verdict.networks],
                    "confirmed_at": max(verdict.checked_at, self._contact.last_at) + offset,
                }
                for (digest, route, deployment), verdict in self._keys.known.items()
            ],
        }


def _verdict(one: dict[str, object]) -> Verdict:
    confirmed, expires = float(str(one["confirmed_at"])), one["expires_at"]
    # A clock that was set back makes no key newer than this moment.
    age = max(0.0, time.time() - confirmed)
    ends = None if expires is None else float(str(expires))
    # A file of before keys had networks is of no use: its keys would open from everywhere.
    networks = parse_networks(one["networks"])  # type: ignore[arg-type]
    return Verdict(True, "", str(one["actor"]), ends, time.monotonic() - age, networks)
