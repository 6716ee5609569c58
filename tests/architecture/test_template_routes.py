"""Every route that a template names is there: `{% url … as … %}` would keep silent about one that is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from django.urls import URLResolver, get_resolver

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"""\{%\s*url\s+["']([^"']+)["']""")


def names(resolver: URLResolver, within: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from names(entry, within + (f"{entry.namespace}:" if entry.namespace else ""))
        elif entry.name:
            yield within + entry.name


def test_templates_name_routes_that_are_there():
    known = set(names(get_resolver()))
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in (ROOT / "templates").rglob("*.html")
        for name in NAMED.findall(path.read_text(encoding="utf-8"))
    }
    assert len(found) > 50
    assert not {(path, name) for path, name in found if name not in known}


def test_an_address_is_used_in_the_block_that_it_was_made_in():
    """Elsewhere it is silently empty: a block keeps what is set in it to itself."""
    lost = []
    for path in (ROOT / "templates").rglob("*.html"):
        blocks = re.split(r"(?m)^\{% block ", path.read_text(encoding="utf-8"))[1:]
        made = [set(re.findall(r"\{% url [^%]* as (\w+) %\}", block)) for block in blocks]
        for block, own in zip(blocks, made, strict=True):
            used = {name for name in set().union(*made) - own if re.search(rf"[{{ =]{name}\b", block)}
            lost += [f"{path.relative_to(ROOT)}: {name} in {block.split()[0]}" for name in sorted(used)]
    assert lost == []
