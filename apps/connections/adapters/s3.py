"""An S3-compatible object store as a source: the objects of a bucket below a prefix, as files."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from apps.connections.adapters import checking, files, s3_tables, s3_wire, table_files
from apps.connections.adapters.files import Listed, shown
from apps.connections.adapters.s3_wire import BucketAt, Opened
from apps.connections.adapters.table_files import Snapshot
from apps.connections.errors import PlaceMissing, SourceBroken, SourceChanged, SourceUnreachable
from apps.connections.ports import Asked, Described, Piece, Place, Rows, Secrets, Step, Thing
from foundation.words import kept as _

log = logging.getLogger("sanad.connections")
# Of one answer, and of a whole listing: a thousand objects are half a megabyte.
_ANSWER_BYTES, _LISTING_BYTES = 64 << 20, 2 << 30
# Of a table its log, and a file of it for a look.
_TABLE_BYTES = 1 << 30
_LOOKING_S, _LISTING_S, _READING_S = 30.0, 1800.0, 6 * 3600.0
_ATTEMPTS = 6
_PIECE = 1 << 20
_MARK = "/"
# Files of a folder that are listed before somebody sees the first of its rows: ten answers of the store.
_LOOKED_AT = 10_000


def open_source(settings: Mapping[str, Any], secrets: Secrets, scratch: Path) -> S3Source:
    """The source that `settings` name: see BucketAt; secrets: access_key, secret_key, session_token."""
    return S3Source(BucketAt.read(settings, secrets), secrets, scratch)


class S3Source:
    def __init__(self, at: BucketAt, secrets: Secrets, scratch: Path) -> None:
        self._at, self._secrets, self._scratch = at, secrets, scratch

    def check(self) -> list[Step]:
        first = checking.First(self._knock)
        secure = self._at.url.startswith("https:")
        line = _("The line is encrypted, and the server has proved its name.")
        clear = _("Off: what is read crosses the network readable by others.")
        return checking.walked(
            [
                (checking.RESOLVES, lambda: checking.resolve_url(self._at.url)),
                first.step(checking.ANSWERS, lambda: _("An answer came.")),
                first.step(checking.SECURE, lambda: line if secure else clear),
                first.step(checking.SIGNS_IN, lambda: _("It lets us in.")),
                first.step(checking.READS, lambda: _("%(bucket)s can be read.") % {"bucket": self._at.bucket}),
            ]
        )

    def things(self, prefix: str = "", limit: int = 200) -> list[Thing]:
        with self._opened(_ANSWER_BYTES, _LOOKING_S) as opened:
            found = opened.sdk.list_objects_v2(
                Bucket=self._at.bucket, Prefix=self._at.prefix + prefix, Delimiter=_MARK, MaxKeys=min(limit, 1000)
            )
            folders = [Thing(self._below(one["Prefix"]), "folder") for one in found.get("CommonPrefixes", ())]
            objects = [
                Thing(self._below(one["Key"]), "file", None, int(one["Size"]), one["LastModified"])
                for one in found.get("Contents", ())
                if not one["Key"].endswith(_MARK)
            ]
            folders = s3_tables.with_tables(self._store(opened), folders)
        return sorted([*folders, *objects], key=lambda thing: thing.name)[:limit]

    def describe(self, place: Place) -> Described:
        """Of a folder no more is listed than somebody waits for; how many files a larger one has is not said."""
        with self._opened(_TABLE_BYTES, _LOOKING_S) as opened:
            table = self._table(opened, place)
            if table is not None:
                return s3_tables.described(self._store(opened), table, self._said(place))
            found = self._found(opened, place, most=_LOOKED_AT)
        listed = found[:_LOOKED_AT]
        return files.described(self._pin_of(place, listed), listed, cut=len(found) > _LOOKED_AT)

    def pin(self, place: Place, asked: Asked) -> str:
        with self._opened(_LISTING_BYTES, _LISTING_S) as opened:
            table = self._table(opened, place)
            if table is not None:
                return table_files.pin_since(self._said(place), table, asked)
            return self._pin_of(place, files.unseen(self._found(opened, place), asked))

    def _pin_of(self, place: Place, found: list[Listed]) -> str:
        return files.pin_of(self._said(place), found)

    def _table(self, opened: Opened, place: Place) -> Snapshot | None:
        _refuse_dots(self._at.prefix + place.name)
        return s3_tables.snapshot_of(self._store(opened), place)

    def _said(self, place: Place) -> dict[str, str]:
        return {"bucket": self._at.bucket, "place": place.name}

    def _store(self, opened: Opened) -> s3_tables.ObjectStore:
        return s3_tables.ObjectStore(opened, self._at.prefix, self._scratch, self._listing, self._object, self._take)

    def _found(self, opened: Opened, place: Place, *, most: int | None = None) -> list[Listed]:
        """The object of that name, or those below it; of at most so many and one more."""
        key = self._at.prefix + place.name
        one = self._object(opened, key) if place.name and not place.name.endswith(_MARK) else None
        if one is not None:
            return [one]
        base = key if not place.name or key.endswith(_MARK) else key + _MARK
        listing = self._listing(opened, base)
        return files.picked(listing if most is None else islice(listing, most + 1), place.name, place.pattern, base)

    def pieces(self, place: Place, asked: Asked, pin: str) -> Iterator[Piece]:
        return table_files.pieces_of(pin) if table_files.is_table(pin) else files.pieces_of(pin)

    def reached(self, asked: Asked, pin: str) -> str:
        return table_files.reached(pin) if table_files.is_table(pin) else files.seen_with(asked, pin)

    @contextmanager
    def read(self, place: Place, asked: Asked, piece: Piece) -> Iterator[Rows]:
        expected = sum(int(row[1]) for row in piece.data["files"])
        if "table" in piece.data:
            # The lists of its deleted rows are not among its files.
            expected += _TABLE_BYTES
        # A line that breaks again and again brings some of it twice.
        with (
            self._opened(2 * expected + _ANSWER_BYTES, _READING_S) as opened,
            files.taken(
                self._scratch,
                place,
                piece,
                partial(self._take, opened, asked.head),
                ahead_of=files.fetched_ahead(asked),
            ) as found,
        ):
            if "table" not in piece.data:
                yield found
                return
            with s3_tables.rows_of(self._store(opened), piece, found) as rows:
                yield rows

    def _opened(self, most_bytes: int, total_s: float) -> Any:
        return s3_wire.opened(self._at, self._secrets, most_bytes=most_bytes, total_s=total_s)

    def _below(self, key: str) -> str:
        return key.removeprefix(self._at.prefix)

    def _knock(self) -> None:
        with self._opened(_ANSWER_BYTES, _LOOKING_S) as opened:
            found = opened.sdk.list_objects_v2(Bucket=self._at.bucket, Prefix=self._at.prefix, MaxKeys=1)
            for one in found.get("Contents", ()):
                asked = {"Range": "bytes=0-0"} if one["Size"] else {}
                opened.sdk.get_object(Bucket=self._at.bucket, Key=one["Key"], **asked)["Body"].close()

    def _object(self, opened: Opened, key: str) -> Listed | None:
        from botocore.exceptions import ClientError

        _refuse_dots(key)
        try:
            head = opened.sdk.head_object(Bucket=self._at.bucket, Key=key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise
        version = str(head.get("VersionId") or "") if self._at.versions else ""
        return Listed(key, int(head["ContentLength"]), str(head.get("ETag", "")), version)

    def _listing(self, opened: Opened, prefix: str) -> Iterator[Listed]:
        kind, rows = ("list_object_versions", "Versions") if self._at.versions else ("list_objects_v2", "Contents")
        for page in opened.sdk.get_paginator(kind).paginate(Bucket=self._at.bucket, Prefix=prefix):
            for one in page.get(rows, ()):
                # Consoles make empty objects that stand for folders.
                if one["Key"].endswith(_MARK) or not one.get("IsLatest", True):
                    continue
                _refuse_dots(one["Key"])
                version = str(one.get("VersionId", "")) if self._at.versions else ""
                yield Listed(one["Key"], int(one["Size"]), str(one.get("ETag", "")), version)

    def _take(self, opened: Opened, head: int | None, file: Listed, path: Path, alive: files.Alive) -> tuple[int, bool]:
        # It may come out of the log of a table, which somebody else has written.
        _refuse_dots(file.key)
        size = file.bytes or 0
        wanted = size if head is None else min(head, size)
        with path.open("xb") as written:
            have = 0
            for _attempt in range(_ATTEMPTS):
                have = self._go_on(opened, file, written, have, wanted, alive)
                if have == wanted:
                    return have, wanted < size
        sentence = _("The line broke again and again while %(name)s was read.")
        raise SourceUnreachable(sentence % {"name": shown(file.key)})

    def _go_on(
        self, opened: Opened, file: Listed, written: BinaryIO, have: int, wanted: int, alive: files.Alive
    ) -> int:
        """Take it up where it broke; how much there is now."""
        from botocore.exceptions import BotoCoreError, ClientError

        asked = {"IfMatch": file.tag} if file.tag else {}
        asked |= {"VersionId": file.version} if file.version else {}
        # A range that begins at nothing is refused for an empty object.
        asked |= {"Range": f"bytes={have}-{wanted - 1}"} if wanted and (have or wanted != file.bytes) else {}
        try:
            got = opened.sdk.get_object(Bucket=self._at.bucket, Key=file.key, **asked)
        except (BotoCoreError, ClientError) as error:
            raise self._of(opened, file, error) from None
        if file.tag and got.get("ETag") != file.tag:
            raise SourceChanged(_changed(file))
        if have and not str(got.get("ContentRange", "")).startswith(f"bytes {have}-"):
            have = 0
            written.seek(0)
            written.truncate()
        body = got["Body"]
        try:
            while piece := body.read(_PIECE):
                have += len(piece)
                if have > wanted:
                    raise SourceBroken(_("%(name)s is longer than it was said to be.") % {"name": shown(file.key)})
                written.write(piece)
                alive()
        except BotoCoreError as error:
            log.info("The line broke after %d bytes: %s", have, type(error).__name__)
        finally:
            body.close()
        written.flush()
        return have

    def _of(self, opened: Opened, file: Listed, error: Exception) -> Exception:
        failure = opened.failed(error)
        return SourceChanged(_changed(file)) if isinstance(failure, PlaceMissing | SourceChanged) else failure


def _refuse_dots(key: str) -> None:
    """On its way such a key would become another one, perhaps of another bucket."""
    if not {".", ".."}.isdisjoint(key.split(_MARK)):
        raise SourceBroken(
            _("The key “%(key)s” has parts of dots alone, by which it cannot be asked for. Rename the object.")
            % {"key": shown(key)}
        )


def _changed(file: Listed) -> str:
    return _("%(name)s has changed since it was listed. Start again.") % {"name": shown(file.key)}
