"""The sealed form: what was put comes back, and nothing that was changed does."""

from __future__ import annotations

import io
import os

import pytest

from foundation.storage.envelope import CHUNK, SealBroken, Sealer
from foundation.storage.opening import SealedReader

KEY, OTHER_KEY = os.urandom(32), os.urandom(32)
HEADER, SEALED_CHUNK = 72, CHUNK + 16


def seal(content: bytes, identity: bytes = b"tenant/key", key: bytes = KEY) -> bytes:
    return b"".join(Sealer(io.BytesIO(content), identity=identity, tenant_key=key, number=1))


def unseal(sealed: bytes, identity: bytes = b"tenant/key", key: bytes = KEY) -> bytes:
    with io.BufferedReader(SealedReader(io.BytesIO(sealed), identity=identity, tenant_key=lambda _: key)) as stream:
        return stream.read()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 17])
def test_content_of_every_size_comes_back(size):
    content = os.urandom(size)
    assert unseal(seal(content)) == content


def test_a_source_that_hands_out_crumbs_is_sealed_whole():
    class Crumbs(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 1000))

    content = os.urandom(CHUNK + 5)
    sealer = Sealer(Crumbs(content), identity=b"i", tenant_key=KEY, number=1)
    assert unseal(b"".join(sealer), b"i") == content
    assert sealer.size == len(content)


def test_reading_starts_anywhere():
    content = os.urandom(2 * CHUNK + 100)
    stream = io.BufferedReader(
        SealedReader(io.BytesIO(seal(content)), identity=b"tenant/key", tenant_key=lambda _: KEY)
    )
    stream.seek(CHUNK - 3)
    assert stream.read(10) == content[CHUNK - 3 : CHUNK + 7]
    stream.seek(-5, os.SEEK_END)
    assert stream.read() == content[-5:]


def test_the_clear_content_is_not_in_the_sealed_form():
    assert b"CANARY" not in seal(b"CANARY" * 1000)


@pytest.mark.parametrize(
    ("identity", "key"),
    [(b"tenant/other", KEY), (b"tenant2/key", KEY), (b"tenant/key", OTHER_KEY)],
    ids=["object", "tenant", "key"],
)
def test_another_object_tenant_or_key_does_not_open_it(identity, key):
    with pytest.raises(SealBroken):
        unseal(seal(b"content"), identity, key)


def test_each_changed_byte_is_noticed():
    sealed = seal(b"content")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SealBroken):
            unseal(bytes(changed))


@pytest.mark.parametrize("cut", [1, 16, 17, SEALED_CHUNK, 2 * SEALED_CHUNK, 3 * SEALED_CHUNK - 1])
def test_a_cut_object_does_not_open(cut):
    sealed = seal(os.urandom(3 * CHUNK))
    with pytest.raises(SealBroken):
        unseal(sealed[:-cut])


def test_chunks_that_changed_places_do_not_open():
    sealed = seal(os.urandom(3 * CHUNK))
    first, second = sealed[HEADER : HEADER + SEALED_CHUNK], sealed[HEADER + SEALED_CHUNK : HEADER + 2 * SEALED_CHUNK]
    with pytest.raises(SealBroken):
        unseal(sealed[:HEADER] + second + first + sealed[HEADER + 2 * SEALED_CHUNK :])


def test_a_repeated_or_appended_chunk_does_not_open():
    sealed = seal(os.urandom(2 * CHUNK))
    with pytest.raises(SealBroken):
        unseal(sealed + sealed[-SEALED_CHUNK:])


def test_a_chunk_of_another_version_of_the_same_object_does_not_open():
    old, new = seal(os.urandom(2 * CHUNK)), seal(os.urandom(2 * CHUNK))
    with pytest.raises(SealBroken):
        unseal(new[: HEADER + SEALED_CHUNK] + old[HEADER + SEALED_CHUNK :])
