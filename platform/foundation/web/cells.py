"""What stands in the cells of tables: the small components, drawn without a template for each row."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from foundation.web.templatetags.sanad_format import head_of, tail_of


def name_cell(name: Any, url: str = "") -> SafeString:
    """A name that may be long: shortened in the middle, whole in the tooltip and when read aloud."""
    if tail := tail_of(name):
        words = format_html(
            '<span aria-hidden="true">{}</span><span aria-hidden="true">{}</span>'
            '<span class="visually-hidden">{}</span>',
            head_of(name),
            tail,
            name,
        )
    else:
        words = format_html("<span>{}</span>", name)
    shown = format_html('<bdi class="s-name" title="{}">{}</bdi>', name, words)
    return format_html('<a href="{}">{}</a>', url, shown) if url else shown


def state_cell(state: str, label: Any, tone: str = "") -> SafeString:
    """A state as components/state.html draws it; there are few of them, and each is drawn once."""
    return _state(str(state), str(label), tone)


@lru_cache(maxsize=512)
def _state(state: str, label: str, tone: str) -> SafeString:
    return SafeString(render_to_string("components/state.html", {"state": state, "label": label, "tone": tone}))
