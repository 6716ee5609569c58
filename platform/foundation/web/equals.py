"""What a page does, as curl, Python and command line: each page's acts with the values of the page filled in.

An app lists its acts by the name of the page's URL. Words in braces are looked up in what the page was rendered with:
`{group.name}`. Each is quoted for where it stands: a shell, Python or JSON. A list, a mapping, a number and nothing
stand there as such: several words in a shell, `["delays"]` in Python, null in JSON.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

from django.conf import settings

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Act:
    """One act: `title` in words, `path` under /api/v1/, `body` as JSON, `python` of a client, `cli` behind `sanad`.

    Where there is no command for it, `cli` is empty and nothing of it is shown.
    """

    title: Any
    method: str
    path: str
    python: str
    cli: str = ""
    body: Body | None = field(default=None)


_words = Formatter()
# A value that is one word of the page and nothing beside it.
_ALONE = re.compile(r"\{([^{}]+)\}")
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
    python += _said(act.python, page, quote=_in_python)
    found = [{"name": "curl", "code": _curl(act, page, url)}, {"name": "Python", "code": python}]
    if act.cli:
        cli = f"export SANAD_URL={url} SANAD_TOKEN=snd_…{beside}\nsanad {_said(act.cli, page, quote=_in_shell)}"
        found.append({"name": "CLI", "code": cli.rstrip()})
    return found


def _curl(act: Act, page: Mapping[str, Any], url: str) -> str:
    lines = [
        f"curl -X {act.method} {shlex.quote(f'{url}/api/v1/{_said(act.path, page)}')}",
        "-H 'Authorization: Bearer snd_…'",
    ]
    if act.body is not None:
        body = json.dumps(_filled(act.body, page), ensure_ascii=False)
        lines += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(body)}"]
    return " \\\n  ".join(lines)


def _filled(value: Any, page: Mapping[str, Any]) -> Any:
    """A body, or a part of one, with the page's words in it."""
    if isinstance(value, Mapping):
        return {name: _filled(part, page) for name, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, page) for part in value]
    if not isinstance(value, str):
        return value
    alone = _ALONE.fullmatch(value)
    found = _found(alone[1], page) if alone else None
    return found if alone and _is_plain(found) else _said(value, page)


def _said(text: str, page: Mapping[str, Any], quote: Callable[[Any], str] = str) -> str:
    """The text with the page's words in it, each quoted for where it stands."""
    parts = []
    for before, name, _form, _conversion in _words.parse(text):
        parts.append(before)
        if name is not None:
            parts.append(quote(_found(name, page)))
    return "".join(parts)


def _found(name: str, page: Mapping[str, Any]) -> Any:
    found, _first = _words.get_field(name, (), page)
    return found


def _is_plain(value: Any) -> bool:
    """Whether it is written alike in Python and JSON, and not as the words that it is called by."""
    return value is None or isinstance(value, list | dict | int | float)


def _in_python(value: Any) -> str:
    return repr(value if _is_plain(value) else str(value))


def _in_shell(value: Any) -> str:
    return shlex.join(map(str, value)) if isinstance(value, list) else shlex.quote(str(value))


__all__ = ["Act", "acts_of", "register", "snippets"]
