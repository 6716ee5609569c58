"""Files at addresses of the web as a source: one address, several, or those below one."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from apps.connections.adapters import checking, files
from apps.connections.adapters.files import Listed, shown
from apps.connections.errors import PlaceMissing, SourceBroken, SourceChanged, SourceRefused, SourceUnreachable
from apps.connections.ports import Asked, Described, File, Piece, Place, Secrets, Step, Thing
from foundation import outbound
from foundation.errors import Invalid
from foundation.words import kept as _

_MOST_URLS = 1_000
_MOST_FILE_BYTES = 256 << 30
_SNIFFED = 512
_LOOKING = outbound.Limits(connect_s=10, read_s=20, total_s=30, most_bytes=_SNIFFED, cut=True)
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_PAGE = re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE)
_PAGES = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True)
class WebAt:
    """`urls` are whole addresses; one that ends in “/” opens all below it. `sign_in`: none, basic, bearer, header."""

    urls: tuple[str, ...]
    sign_in: str = "none"
    user: str = ""
    header: str = ""

    @classmethod
    def read(cls, settings: Mapping[str, Any], secrets: Secrets) -> WebAt:
        """Out of what was filled in; Invalid names the fields that are missing or wrong."""
        given = settings.get("urls") or settings.get("url") or ()
        urls = tuple(given.split()) if isinstance(given, str) else tuple(str(url).strip() for url in given)
        sign_in, header = str(settings.get("sign_in") or "none"), str(settings.get("header") or "")
        wrong: dict[str, list[str]] = {}
        if not 0 < len(urls) <= _MOST_URLS:
            wrong["urls"] = [_("Name one address, or up to %(most)d.") % {"most": _MOST_URLS}]
        for url in urls:
            parts = urlsplit(url)
            if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
                wrong["urls"] = [_("Write addresses like https://example.com/path, without a name or password.")]
        needed = {"none": [], "basic": ["password"], "bearer": ["token"], "header": ["value"]}.get(sign_in)
        if needed is None:
            wrong["sign_in"] = [_("The way of signing in is none, basic, bearer or header.")]
        for name in needed or []:
            if not secrets.get(name, "").isprintable() or name not in secrets:
                wrong[name] = [_("This is needed, on one line.")]
        if sign_in == "header" and not _HEADER.fullmatch(header):
            wrong["header"] = [_("Name the header, like X-Api-Key.")]
        if wrong:
            raise Invalid(_("The connection lacks something, or something is wrong."), fields=wrong)
        return cls(urls, sign_in, str(settings.get("user") or ""), header)


def open_source(settings: Mapping[str, Any], secrets: Secrets, scratch: Path) -> WebSource:
    """The source that `settings` name: urls, sign_in, user, header; secrets: password, token or value."""
    return WebSource(WebAt.read(settings, secrets), secrets, scratch)


class WebSource:
    def __init__(self, at: WebAt, secrets: Secrets, scratch: Path) -> None:
        self._at, self._secrets, self._scratch = at, secrets, scratch

    def check(self) -> list[Step]:
        url = self._at.urls[0]
        secure = urlsplit(url).scheme == "https"
        first = checking.First(lambda: self._knock(url))
        return checking.walked(
            [
                (checking.RESOLVES, lambda: checking.resolve_url(url)),
                first.step(checking.ANSWERS, lambda: _("An answer came.")),
                first.step(checking.SECURE, lambda: _said_of_line(secure, signs_in=self._at.sign_in != "none")),
                first.step(checking.SIGNS_IN, lambda: _("It lets us in.")),
                first.step(checking.READS, lambda: _("It can be read.")),
            ]
        )

    def things(self, prefix: str = "", limit: int = 200) -> list[Thing]:
        fitting = [url for url in self._at.urls if url.startswith(prefix)]
        return [Thing(url, "folder" if url.endswith("/") else "file") for url in sorted(fitting)[:limit]]

    def describe(self, place: Place) -> Described:
        pin = self.pin(place, Asked())
        return files.described(pin, files.listed_in(pin))

    def pin(self, place: Place, asked: Asked) -> str:
        found = [self._listed(url) for url in self._urls_of(place)]
        return files.pin_of({"place": place.name}, files.unseen(found, asked))

    def pieces(self, place: Place, asked: Asked, pin: str) -> Iterator[Piece]:
        return files.pieces_of(pin)

    def reached(self, asked: Asked, pin: str) -> str:
        return files.seen_with(asked, pin)

    def read(self, place: Place, asked: Asked, piece: Piece) -> AbstractContextManager[Iterator[File]]:
        return files.taken(
            self._scratch,
            place,
            piece,
            partial(self._take, head=asked.head),
            ahead_of=files.fetched_ahead(asked),
        )

    def _urls_of(self, place: Place) -> list[str]:
        """Addresses that were named, or lie below one that was: a secret goes nowhere else."""
        if not place.name:
            return [url for url in self._at.urls if not url.endswith("/")] or list(self._at.urls)
        below = next((url for url in self._at.urls if url.endswith("/")), self._at.urls[0])
        wanted = urljoin(below, place.name)
        if wanted in self._at.urls:
            return [wanted]
        folders = [url for url in self._at.urls if url.endswith("/")]
        if any(wanted.startswith(url) for url in folders) and "/.." not in wanted and "%2e" not in wanted.lower():
            return [wanted]
        raise PlaceMissing(
            _("“%(name)s” is none of this connection's addresses, and lies below none that ends in “/”.")
            % {"name": shown(place.name)}
        )

    def _listed(self, url: str) -> Listed:
        answer = self._asked(url)
        length = answer.headers.get("content-length", "")
        size = int(length) if length.isdecimal() and len(length) < 16 and not _is_packed(answer.headers) else None
        return Listed(url, size, _tag_of(answer.headers))

    def _knock(self, url: str) -> None:
        answer = self._asked(url, is_folder=url.endswith("/"))
        if not url.endswith("/"):
            _refuse_page(url, answer.headers, answer.body)

    def _asked(self, url: str, *, is_folder: bool = False) -> outbound.Answer:
        """The head of an answer to GET, since many servers answer HEAD wrongly or not at all."""
        with _said(url):
            answer = outbound.send("GET", url, headers=self._headers, limits=_LOOKING)
        if not (is_folder and answer.status in {404, 405}):
            _refuse(url, answer.status)
        if not is_folder:
            _refuse_page(url, answer.headers, answer.body)
        return answer

    def _take(self, file: Listed, path: Path, alive: files.Alive, *, head: int | None) -> tuple[int, bool]:
        most = _MOST_FILE_BYTES if head is None else head
        limits = outbound.Limits(connect_s=10, read_s=60, total_s=6 * 3600, most_bytes=most, cut=head is not None)
        strong = {"If-Match": file.tag} if file.tag.startswith('"') else {}
        with _said(file.key):
            got = outbound.fetch(
                file.key,
                path,
                headers={**self._headers, **strong},
                limits=limits,
                look=partial(_unchanged, file),
                went_on=alive,
            )
        if got.status == 412:
            raise SourceChanged(_changed(file.key))
        _refuse(file.key, got.status)
        with path.open("rb") as written:
            _refuse_page(file.key, got.headers, written.read(_SNIFFED))
        cut = head is not None and got.bytes >= head
        if not cut and file.bytes is not None and file.bytes != got.bytes:
            raise SourceChanged(_changed(file.key))
        return got.bytes, cut

    @property
    def _headers(self) -> dict[str, str]:
        if self._at.sign_in == "basic":
            proof = base64.b64encode(f"{self._at.user}:{self._secrets['password']}".encode()).decode()
            return {"Authorization": f"Basic {proof}"}
        if self._at.sign_in == "bearer":
            return {"Authorization": f"Bearer {self._secrets['token']}"}
        return {self._at.header: self._secrets["value"]} if self._at.sign_in == "header" else {}


def _said_of_line(secure: bool, *, signs_in: bool) -> str:
    if secure:
        return _("The line is encrypted, and the server has proved its name.")
    if not signs_in:
        return _("Off: what is read crosses the network readable by others.")
    return _("Off: what is read, and the secret, cross the network readable by others.")


def _tag_of(headers: Mapping[str, str]) -> str:
    """What changes with the content: the ETag, else the time of the last change; empty where neither is told."""
    tag = headers.get("etag", "")
    if tag and len(tag) < 300:
        return tag
    try:
        return parsedate_to_datetime(headers["last-modified"]).isoformat()
    except (KeyError, ValueError, TypeError):
        return ""


def _is_packed(headers: Mapping[str, str]) -> bool:
    return headers.get("content-encoding", "identity").lower() not in {"", "identity"}


def _unchanged(file: Listed, headers: Mapping[str, str]) -> None:
    now, length = _tag_of(headers), headers.get("content-length", "")
    if now != file.tag:
        raise SourceChanged(_changed(file.key))
    if file.bytes is not None and length.isdecimal() and not _is_packed(headers) and length != str(file.bytes):
        raise SourceChanged(_changed(file.key))


def _changed(url: str) -> str:
    return _("%(name)s has changed since it was listed. Start again.") % {"name": shown(url)}


def _refuse(url: str, status: int) -> None:
    where = {"url": shown(url), "status": status}
    if status in {401, 403, 407}:
        raise SourceRefused(
            _("%(url)s does not let us in (status %(status)d). Check the way of signing in and the secret.") % where
        )
    if status in {404, 410}:
        raise PlaceMissing(_("There is nothing at %(url)s (status %(status)d).") % where)
    if status == 429 or status >= 500:
        raise SourceUnreachable(_("%(url)s is out of order or overloaded (status %(status)d).") % where)
    if status != 200:
        raise SourceBroken(_("%(url)s answers no file (status %(status)d).") % where)


def _refuse_page(url: str, headers: Mapping[str, str], beginning: bytes) -> None:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _PAGES or _PAGE.match(beginning):
        raise SourceBroken(
            _(
                "%(url)s sends a web page and no file, perhaps one to sign in. Name the address from which the file"
                " itself is downloaded."
            )
            % {"url": shown(url)}
        )


class _said:
    """What a call failed with, as the sources say it."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, outbound.AnswerTooLarge):
            raise SourceBroken(
                _("%(url)s sends more than %(most)d GB.") % {"url": shown(self._url), "most": _MOST_FILE_BYTES >> 30}
            ) from error
        if isinstance(error, outbound.Refused):
            raise SourceRefused(error.sentence) from error
        if isinstance(error, outbound.Unreachable):
            raise SourceUnreachable(error.sentence, details=_step_of(error)) from error


def _step_of(error: Exception) -> dict[str, str]:
    """The call says in its cause what the certificate lacked."""
    return {checking.STEP: checking.SECURE} if "certificate" in str(error).lower() else {}
