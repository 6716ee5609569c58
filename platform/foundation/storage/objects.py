"""Put, read and list a tenant's objects: sealed here, stored by the adapter that OBJECT_STORE_URL names."""

from __future__ import annotations

import builtins
import io
import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import unquote, urlsplit
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from foundation.errors import Invalid
from foundation.storage import keyring
from foundation.storage.adapters.file import SUFFIX, FileObjectStore
from foundation.storage.envelope import (
    HEADER,
    SealBroken,
    Sealer,
    data_key_of,
    header_of,
    number_of,
)
from foundation.storage.errors import ObjectDamaged, ObjectMissing
from foundation.storage.opening import SealedReader
from foundation.storage.ports import ObjectStore, StoredObject

_SEGMENT = re.compile(r"[A-Za-z0-9_=-][A-Za-z0-9._=-]{0,199}")


def put(tenant_id: UUID, key: str, data: bytes | BinaryIO) -> StoredObject:
    """Seal and store the content, in place of what lay there; on any failure the store is as before."""
    number = keyring.newest_number(tenant_id)
    source = io.BytesIO(data) if isinstance(data, (bytes, bytearray, memoryview)) else data
    sealer = Sealer(
        source, identity=_identity(tenant_id, key), tenant_key=keyring.tenant_key(tenant_id, number), number=number
    )
    _store().write(_path(tenant_id, key), sealer)
    return StoredObject(key, sealer.size, sealer.sha256)


def open(tenant_id: UUID, key: str) -> BinaryIO:
    """A seekable stream of the clear content, to be closed; memory holds two chunks of 1 MiB."""
    return cast(BinaryIO, io.BufferedReader(_Reader(tenant_id, key), buffer_size=64 * 1024))


def read(tenant_id: UUID, key: str) -> bytes:
    """The whole clear content."""
    with open(tenant_id, key) as stream:
        return stream.read()


def size(tenant_id: UUID, key: str) -> int:
    """The clear content's size in bytes."""
    with _Reader(tenant_id, key) as reader:
        return reader.size


def delete(tenant_id: UUID, key: str) -> bool:
    """Remove the object; whether there was one."""
    return _store().delete(_path(tenant_id, key))


def exists(tenant_id: UUID, key: str) -> bool:
    """Whether the tenant has an object under this key."""
    return _store().exists(_path(tenant_id, key))


def list(tenant_id: UUID, prefix: str = "", *, before: datetime | None = None) -> builtins.list[str]:
    """The tenant's keys that begin with `prefix`, in order; with `before` only of objects that were put before it."""
    if ".." in prefix.split("/") or prefix.startswith("/"):
        raise Invalid(_("“%(key)s” is not the beginning of an object's key.") % {"key": prefix})
    home = f"{tenant_id.hex}/"
    return [path.removeprefix(home) for path in _store().list(home + prefix, before)]


def reseal(tenant_id: UUID, key: str, number: int) -> bool:
    """Seal the object under the tenant's key of this number; whether it was not, and whether it is there still.

    Its content is sealed under a key of its own, which its header holds wrapped: the header alone is written anew.
    """
    path, identity = _path(tenant_id, key), _identity(tenant_id, key)
    try:
        with _store().open(path) as sealed:
            was = sealed.read(HEADER)
        if number_of(was) == number:
            return False
        data_key = data_key_of(was, identity=identity, tenant_key=lambda known: keyring.tenant_key(tenant_id, known))
    except FileNotFoundError:
        return False
    except SealBroken as error:
        raise _damaged(key) from error
    given = keyring.tenant_key(tenant_id, number)
    return _store().swap_head(path, was, header_of(data_key, identity=identity, tenant_key=given, number=number))


class _Reader(SealedReader):
    """A sealed reader that says in words what is missing or broken."""

    def __init__(self, tenant_id: UUID, key: str) -> None:
        self._key = key
        try:
            sealed = _store().open(_path(tenant_id, key))
        except FileNotFoundError as error:
            raise ObjectMissing(_("There is no stored object “%(key)s”.") % {"key": key}) from error
        try:
            super().__init__(
                sealed,
                identity=_identity(tenant_id, key),
                tenant_key=lambda number: keyring.tenant_key(tenant_id, number),
            )
        except SealBroken as error:
            sealed.close()
            raise _damaged(key) from error
        except Exception:
            sealed.close()
            raise

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            return super().readinto(buffer)
        except SealBroken as error:
            raise _damaged(self._key) from error


def _damaged(key: str) -> ObjectDamaged:
    sentence = _("The stored object “%(key)s” was changed, cut or swapped; restore it from a backup.")
    return ObjectDamaged(sentence % {"key": key})


@cache
def _store_at(url: str) -> ObjectStore:
    parts = urlsplit(url)
    if parts.scheme != "file":
        raise ImproperlyConfigured(f"OBJECT_STORE_URL begins with {parts.scheme}://; name a folder with file://.")
    return FileObjectStore(Path(unquote(parts.path)))


def _store() -> ObjectStore:
    return _store_at(settings.OBJECT_STORE_URL)


def _identity(tenant_id: UUID, key: str) -> bytes:
    return tenant_id.bytes + key.encode()


def _path(tenant_id: UUID, key: str) -> str:
    segments = key.split("/")
    plain = all(_SEGMENT.fullmatch(segment) and not segment.endswith(SUFFIX) for segment in segments)
    if not plain or len(key) > 900:
        sentence = _("“%(key)s” cannot be an object's key: use letters, digits and . _ - = between single slashes.")
        raise Invalid(sentence % {"key": key})
    return f"{tenant_id.hex}/{key}"
