"""The documentation that comes with the portal, read out of docs/ and shown at /docs/."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

from foundation.access import public
from foundation.errors import NotFound
from foundation.web.pages import render_page

_ADDRESS = re.compile(r"(?:[a-z0-9-]+/)*[a-z0-9-]+")
_LINK = re.compile(r"(?P<path>[a-z0-9./-]+?)(?:/?README)?\.md(?P<rest>#.*)?")
# Files of the root that have an address of their own.
_ELSEWHERE = {"security": "SECURITY.md", "changes": "CHANGELOG.md", "architecture": "ARCHITECTURE.md"}


@dataclass(frozen=True)
class Document:
    title: str
    body: SafeString


@public("The product's own documentation names no data.")
def document(request: HttpRequest, address: str = "") -> HttpResponse:
    found = read_document(address.strip("/"))
    return render_page(request, "docs/document.html", document=found, address=address.strip("/"))


def read_document(address: str) -> Document:
    """The document at an address below /docs/; raises NotFound for every other."""
    path = _file_of(address)
    if path is None:
        raise NotFound(_("There is no document at this address; /docs/ lists them all."))
    return _rendered(path, path.stat().st_mtime_ns)


def _file_of(address: str) -> Path | None:
    root = Path(settings.ROOT)
    if address in _ELSEWHERE:
        return root / _ELSEWHERE[address]
    if address and not _ADDRESS.fullmatch(address):
        return None
    folder = (root / "docs").resolve()
    for name in (f"{address}.md", f"{address}/README.md" if address else "README.md"):
        path = (folder / name).resolve()
        if path.is_file() and path.is_relative_to(folder):
            return path
    return None


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    # A wide table scrolls by itself, by keyboard too.
    reader.add_render_rule("table_open", lambda *_: '<div class="s-document-table" tabindex="0" role="group"><table>\n')
    reader.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return reader


@cache
def _rendered(path: Path, _changed_at: int) -> Document:
    reader = _reader()
    tokens = reader.parse(path.read_text(encoding="utf-8"))
    title = path.stem
    if tokens and tokens[0].tag == "h1":
        title, tokens = tokens[1].content, tokens[3:]
    for token in tokens:
        _lead_inside(token.children or [], path)
    return Document(title, SafeString(reader.renderer.render(tokens, reader.options, {})))


def _lead_inside(tokens: list[Any], path: Path) -> None:
    """A link to another Markdown file becomes a link to its page."""
    for token in tokens:
        target = str(token.attrs.get("href", ""))
        found = _LINK.fullmatch(target) if token.type == "link_open" else None
        if found is None:
            continue
        folder = (Path(settings.ROOT) / "docs").resolve()
        beside = (path.parent / found["path"]).resolve()
        if beside.is_relative_to(folder):
            place = beside.relative_to(folder).as_posix()
            token.attrs["href"] = f"/docs/{'' if place == '.' else place + '/'}{found['rest'] or ''}"
