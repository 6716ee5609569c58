"""Markdown that people wrote, as HTML that can do nothing: no script, no picture, no address but a link's."""

from __future__ import annotations

from functools import cache

import nh3
from django import template
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

register = template.Library()
_TAGS = {"p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"} | {
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td")
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
# The page's own headings stand above: what the writer calls the first level is the third here.
_DEEPER = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6"}


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])


@register.filter
def markdown(text: str | None) -> SafeString:
    """The text as HTML; tags in it are shown as they were typed."""
    tokens = _reader().parse(text or "")
    for token in tokens:
        token.tag = _DEEPER.get(token.tag, token.tag)
    html = _reader().renderer.render(tokens, _reader().options, {})
    clean = nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"http", "https", "mailto"})
    return SafeString(clean)
