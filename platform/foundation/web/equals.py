"""What a page does, as curl, Python and command line: each page's acts with the values of the page filled in.

An app lists its acts by the name of the page's URL. Words in braces are looked up in what the page was rendered with:
`{group.name}`. Each is quoted for where it stands: a shell, Python or JSON.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

from django.conf import settings

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Act:
    """One act: `title` in words, `path` under /api/v1/, `body` as JSON, `python` of a client, `cli` behind `sanad`."""

    title: Any
    method: str
    path: str
    python: str
    cli: str
    body: Body | None = field(default=None)


_words = Formatter()
_acts: dict[str, tuple[Act, ...]] = {}


def register(pages: Mapping[str, tuple[Act, ...]]) -> None:
    """The acts of these pages, by the names of their URLs: `tenants:group_detail`."""
    _acts.update(pages)


def acts_of(view_name: str) -> tuple[Act, ...]:
    return _acts.get(view_name, ())


def snippets(act: Act, page: Mapping[str, Any]) -> list[dict[str, str]]:
    """The act in its three forms, as components/snippet.html takes them."""
    url, project = settings.SANAD_PUBLIC_URL, getattr(page.get("project"), "slug", "")
    # On a project's page both know which: much of what is named there is found in a project alone.
    within, beside = (f', project="{project}"', f" SANAD_PROJECT={project}") if project else ("", "")
    python = f'import sanad\n\nclient = sanad.Client("{url}", token="snd_…"{within})\n'
    python += _said(act.python, page, quote=repr)
    cli = f"export SANAD_URL={url} SANAD_TOKEN=snd_…{beside}\nsanad {_said(act.cli, page, quote=shlex.quote)}"
    return [
        {"name": "curl", "code": _curl(act, page, url)},
        {"name": "Python", "code": python},
        {"name": "CLI", "code": cli},
    ]


def _curl(act: Act, page: Mapping[str, Any], url: str) -> str:
    lines = [
        f"curl -X {act.method} {shlex.quote(f'{url}/api/v1/{_said(act.path, page)}')}",
        "-H 'Authorization: Bearer snd_…'",
    ]
    if act.body is not None:
        body = {name: _said(value, page) if isinstance(value, str) else value for name, value in act.body.items()}
        lines += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}"]
    return " \\\n  ".join(lines)


def _said(text: str, page: Mapping[str, Any], quote: Any = str) -> str:
    """The text with the page's words in it, each quoted for where it stands."""
    parts = []
    for before, name, _form, _conversion in _words.parse(text):
        parts.append(before)
        if name is not None:
            found, _first = _words.get_field(name, (), page)
            parts.append(quote(str(found)))
    return "".join(parts)


__all__ = ["Act", "acts_of", "register", "snippets"]
