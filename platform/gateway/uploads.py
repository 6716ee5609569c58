"""A request's body on its way through: chunk by chunk, counted, never gathered; and the moment its sender goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from gateway.asgi import ClientGone, Headers, Receive


class BodyTooLarge(Exception):
    """More bytes came than may pass."""


class Upload:
    """`most`: the bytes that may pass; the chunk that goes beyond them does not, and `is_too_large` says so."""

    def __init__(self, receive: Receive, headers: Headers, most: int) -> None:
        self._receive = receive
        self._left = most
        self.present = any(
            name == b"transfer-encoding" or (name == b"content-length" and value != b"0") for name, value in headers
        )
        self._read = asyncio.Event()
        if not self.present:
            self._read.set()
        self.sender_gone = self.is_too_large = False

    async def chunks(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.sender_gone = True
                self._read.set()
                raise ClientGone
            more = message["more_body"]
            self._left -= len(message["body"])
            if self._left < 0:
                self.is_too_large = True
                self._read.set()
                raise BodyTooLarge
            if message["body"]:
                yield message["body"]
        self._read.set()

    async def until_client_gone(self) -> None:
        """Returns when the client has closed its connection; first waits for the end of the body, read elsewhere."""
        await self._read.wait()
        while not self.sender_gone:
            message = await self._receive()
            self.sender_gone = message["type"] == "http.disconnect"
