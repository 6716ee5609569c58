"""The Merkle tree of RFC 6962 over event hashes, kept as its frontier so that it grows without being read again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

EMPTY_ROOT = hashlib.sha256(b"").hexdigest()


def _leaf(event_hash: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + event_hash).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The roots of the perfect subtrees of a tree of `size` leaves, largest first: one per bit set in `size`."""

    def __init__(self, size: int = 0, nodes: Sequence[str] = ()) -> None:
        if len(nodes) != size.bit_count():
            raise ValueError(f"A tree of {size} entries has {size.bit_count()} perfect subtrees, not {len(nodes)}.")
        self.size = size
        self._nodes = [bytes.fromhex(node) for node in nodes]

    def add(self, event_hash: str) -> None:
        """Append one event hash (64 hexadecimal digits)."""
        node, size = _leaf(bytes.fromhex(event_hash)), self.size
        while size & 1:
            node, size = _node(self._nodes.pop(), node), size >> 1
        self._nodes.append(node)
        self.size += 1

    def extend(self, event_hashes: Iterable[str]) -> None:
        for event_hash in event_hashes:
            self.add(event_hash)

    def root(self) -> str:
        """The Merkle tree hash, as 64 hexadecimal digits."""
        if not self._nodes:
            return EMPTY_ROOT
        root = self._nodes[-1]
        for node in reversed(self._nodes[:-1]):
            root = _node(node, root)
        return root.hex()

    def nodes(self) -> list[str]:
        return [node.hex() for node in self._nodes]
