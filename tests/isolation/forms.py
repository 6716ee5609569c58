"""The forms of a page, as a browser would find them."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, dict[str, list[str]]]] = []
        self.links: list[str] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            address = given.get("hx-post") or given.get("action") or ""
            self.found.append(("post" if "hx-post" in given else given.get("method", "get").lower(), address, {}))
        elif tag == "a" and "?" in given.get("href", ""):
            self.links.append(given["href"])
        elif tag == "select":
            self._select = given.get("name", "")
        elif self.found and tag == "option" and self._select:
            self._field(self._select, given.get("value", ""))
        elif self.found and tag in {"input", "textarea", "button"} and given.get("name"):
            self._field(given["name"], given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""

    def _field(self, name: str, value: str) -> None:
        self.found[-1][2].setdefault(name, []).append(value)


def forms_of(page: str, address: str) -> Iterator[tuple[str, str, dict[str, list[str]]]]:
    """(method, address, values by field) of each form, and of each link with a query, which asks the same way."""
    parser = _Forms()
    parser.feed(page)
    for method, action, fields in parser.found:
        if fields:
            yield method, urlsplit(urljoin(address, action)).path, fields
    for link in sorted(set(parser.links)):
        split = urlsplit(urljoin(address, link))
        if split.netloc == "":
            yield "get", split.path, {name: [value] for name, value in parse_qsl(split.query)}
