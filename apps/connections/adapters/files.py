"""What all sources of files have in common: the listing in a pin, pieces of it, and files on this machine."""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any

from django.utils.translation import get_language, ngettext, override

from apps.connections.errors import PlaceMissing, ScratchFull, SourceBroken, SourceUnreachable
from apps.connections.ports import Asked, Described, File, Piece, Place
from foundation.figures import number
from foundation.folders import held_folder
from foundation.words import kept as _

MOST_FILES = 1_000_000
# Together in one piece, fetched side by side; what is larger is a piece by itself.
GROUP_BYTES, GROUP_FILES = 64 << 20, 2_000
_AT_ONCE, _AHEAD, _LEAVING_S = 8, 16, 5.0
_LONGEST_PATTERN, _LONGEST_NAME = 500, 300
# What a listing unpacks to: a million keys of a thousand signs each.
_MOST_LISTING = 1 << 31
_MARK_BYTES = 8


@dataclass(frozen=True)
class Listed:
    """A file as it was listed; `tag` changes with its content, `version` names this very content where there is one."""

    key: str
    bytes: int | None
    tag: str
    version: str = ""


def pin_of(said: Mapping[str, Any], files: Sequence[Listed]) -> str:
    """The pin: what was asked, and the listing, packed."""
    rows = [[file.key, file.bytes, file.tag, file.version] for file in files]
    listing = json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()
    packed = base64.b85encode(zlib.compress(listing, 6)).decode()
    return json.dumps({**said, "digest": hashlib.sha256(listing).hexdigest(), "files": packed}, ensure_ascii=False)


def listed_in(pin: str) -> list[Listed]:
    """The files of a pin, in their order."""
    unpacked = zlib.decompressobj().decompress(base64.b85decode(json.loads(pin)["files"]), _MOST_LISTING)
    return [Listed(*row) for row in json.loads(unpacked)]


def unseen(files: Sequence[Listed], asked: Asked) -> list[Listed]:
    """The files that are new, or have changed, since `asked.since` was reached; all of them without it."""
    if not asked.since:
        return list(files)
    seen = _marks_in(str(asked.since))
    return [file for file in files if _mark(file) not in seen]


def seen_with(asked: Asked, pin: str) -> str:
    """The files of the pin and those before, as text: a mark of eight bytes for each."""
    seen = _marks_in(str(asked.since or "")) | {_mark(file) for file in listed_in(pin)}
    return base64.b85encode(b"".join(sorted(seen))).decode()


def _mark(file: Listed) -> bytes:
    """Of two among a million files it is the same with a chance of 1 to 37 million."""
    return hashlib.blake2b(f"{file.key}\0{file.tag}\0{file.bytes}".encode(), digest_size=_MARK_BYTES).digest()


def _marks_in(text: str) -> set[bytes]:
    marks = base64.b85decode(text)
    return {marks[at : at + _MARK_BYTES] for at in range(0, len(marks), _MARK_BYTES)}


def described(pin: str, files: Sequence[Listed], *, cut: bool = False) -> Described:
    """What can be said of files that nobody has opened; `cut`: there are more of them."""
    sizes = [file.bytes for file in files]
    total = None if cut or None in sizes else sum(size or 0 for size in sizes)
    return Described((), None, False, total, None if cut else len(files), None, pin)


def picked(files: Iterable[Listed], name: str, pattern: str, base: str) -> list[Listed]:
    """The files whose name below `base` fits the pattern, in order of their keys. PlaceMissing: there is none."""
    if len(pattern) > _LONGEST_PATTERN:
        raise SourceBroken(_("The pattern is longer than %(most)d signs.") % {"most": _LONGEST_PATTERN})
    wanted = (file for file in files if not pattern or fits(file.key.removeprefix(base), pattern))
    found = list(islice(wanted, MOST_FILES + 1))
    if len(found) > MOST_FILES:
        raise SourceBroken(
            _("“%(name)s” holds more than %(most)s files. Pick fewer by a pattern or a deeper folder.")
            % {"name": shown(name), "most": number(MOST_FILES)}
        )
    if not found:
        sentence = (
            _("“%(name)s” holds no file.") if not pattern else _("“%(name)s” holds no file that fits %(pattern)s.")
        )
        raise PlaceMissing(sentence % {"name": shown(name), "pattern": shown(pattern)})
    return sorted(found, key=lambda file: file.key)


def fits(name: str, pattern: str) -> bool:
    """Whether a name fits: `*` and `?` stay in one folder, `**` stands for any number of them."""
    patterns = pattern.split("/")
    # How much of the pattern may have been met so far: no way is walked twice, however many stars there are.
    met = _and_beyond({0}, patterns)
    for part in name.split("/"):
        further = {at for at in met if at < len(patterns) and patterns[at] == "**"}
        further |= {at + 1 for at in met if at < len(patterns) and fnmatchcase(part, patterns[at])}
        met = _and_beyond(further, patterns)
    return len(patterns) in met


def _and_beyond(met: set[int], patterns: Sequence[str]) -> set[int]:
    """`**` may also stand for nothing."""
    found = set(met)
    for at, pattern in enumerate(patterns):
        if at in found and pattern == "**":
            found.add(at + 1)
    return found


def pieces_of(pin: str) -> Iterator[Piece]:
    """Small files together, a large one by itself, in the order of the listing."""
    groups = list(_groups(listed_in(pin)))
    for place, group in enumerate(groups, start=1):
        rows = [list(asdict(file).values()) for file in group]
        text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
        sizes = [file.bytes for file in group]
        total = None if None in sizes else sum(size or 0 for size in sizes)
        identity = hashlib.sha256(text.encode()).hexdigest()
        yield Piece(place, identity, _says(place, len(groups), group), total, None, {"files": rows})


def _groups(files: Iterable[Listed]) -> Iterator[list[Listed]]:
    group: list[Listed] = []
    size = 0
    for file in files:
        # One whose size is not known may be large.
        own = GROUP_BYTES if file.bytes is None else file.bytes
        if group and (size + own > GROUP_BYTES or len(group) >= GROUP_FILES):
            yield group
            group, size = [], 0
        group.append(file)
        size += own
    if group:
        yield group


def _says(place: int, count: int, group: Sequence[Listed]) -> str:
    if len(group) == 1:
        return shown(group[0].key)
    return ngettext(
        "Part %(place)d of %(count)d: %(files)d file", "Part %(place)d of %(count)d: %(files)d files", len(group)
    ) % {"place": place, "count": count, "files": len(group)}


def shown(name: str) -> str:
    """A name of somebody else's for a sentence: without signs that would change how it is shown, and not too long."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in name[:_LONGEST_NAME])


def fetched_ahead(asked: Asked) -> int:
    """How many files are fetched while one is read."""
    return _AHEAD if asked.head is None else 1


Alive = Callable[[], None]
Take = Callable[[Listed, Path, Alive], tuple[int, bool]]
_Ahead = tuple[Listed, Path, "Future[tuple[int, bool]]"]


@contextmanager
def taken(scratch: Path, place: Place, piece: Piece, take: Take, *, ahead_of: int = _AHEAD) -> Iterator[Iterator[File]]:
    """The piece's files one after the other, each in `scratch` until the next one is asked for.

    So many are fetched ahead of who reads: one where somebody only looks.
    `take` writes one into a path that does not exist yet: (bytes, whether only its head). With every bit it asks
    whether somebody still waits for it, which raises where nobody does.
    """
    files = [Listed(*row) for row in piece.data["files"]]
    left = Event()
    with held_folder(scratch, "source-") as folder:
        pool = ThreadPoolExecutor(_AT_ONCE, "source-files")
        ahead: list[_Ahead] = []
        try:
            yield _in_order(files, folder, place, _guarded(take, left), pool, ahead, ahead_of)
        finally:
            left.set()
            pool.shutdown(wait=False, cancel_futures=True)
            # Each ends with the next bit that comes; what hangs on a dead line is not waited for.
            wait([coming for _file, _path, coming in ahead], _LEAVING_S)


def _guarded(take: Take, left: Event) -> Callable[[Listed, Path], tuple[int, bool]]:
    language = get_language() or "en"

    def alive() -> None:
        if left.is_set():
            raise SourceUnreachable(_("The reading was left."))

    def taking(file: Listed, path: Path) -> tuple[int, bool]:
        with override(language):
            try:
                return take(file, path, alive)
            except OSError as error:
                if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                    raise
                sentence = _("This machine has no room left for %(name)s.")
                raise ScratchFull(sentence % {"name": shown(file.key)}) from error

    return taking


def _in_order(
    files: Sequence[Listed],
    folder: Path,
    place: Place,
    take: Callable[[Listed, Path], tuple[int, bool]],
    pool: ThreadPoolExecutor,
    ahead: list[_Ahead],
    ahead_of: int,
) -> Iterator[File]:
    # Names of files are somebody else's: here they have numbers.
    waiting = ((file, folder / f"{place_of:06d}") for place_of, file in enumerate(files))
    while True:
        for file, path in islice(waiting, ahead_of - len(ahead)):
            ahead.append((file, path, pool.submit(take, file, path)))
        if not ahead:
            return
        file, path, coming = ahead.pop(0)
        size, cut = coming.result()
        try:
            yield File(path, shown(file.key), place.format, size, cut)
        finally:
            path.unlink(missing_ok=True)
