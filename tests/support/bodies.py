"""Bodies of any size that lie in no memory, and count how much of them was read."""

from __future__ import annotations

import io


class Endless(io.RawIOBase):
    """`size` bytes of spaces after `head`; `taken` tells how many were asked for."""

    def __init__(self, size: int, head: bytes = b"") -> None:
        super().__init__()
        self._head, self._left, self.size, self.taken = head, size, size + len(head), 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        wanted = self.size - self.taken if size < 0 else min(size, self.size - self.taken)
        piece, self._head = self._head[:wanted], self._head[wanted:]
        self.taken += wanted
        return piece + b" " * (wanted - len(piece))


def send(client, method, path, body, content_type, **headers):
    """A request of Django's test client whose body is the stream."""
    given = {"CONTENT_TYPE": content_type, "wsgi.input": body, "CONTENT_LENGTH": str(body.size)}
    return client.generic(method, path, b"", **given, headers=headers)
