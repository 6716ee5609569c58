"""The button of a notice that takes an act back, pressed as a browser without a script presses it."""

from __future__ import annotations

import html
import re

_FORM = re.compile(
    r'data-toast>(?:(?!data-toast>).)*?<form method="post" action="([^"]*)"(.*?)>Undo</button>', re.DOTALL
)
_FIELD = re.compile(r'name="([^"]*)" value="([^"]*)"')


def press_undo(browser, page):
    """The answer to the notice of the page at this address; AssertionError where it offers nothing to undo."""
    return undo(browser, browser.get(page).content.decode())


def undo(browser, shown):
    """The same of a page that was read already: a notice is shown once."""
    form = _FORM.search(shown)
    assert form, "Nothing is offered to be undone."
    fields = {html.unescape(name): html.unescape(value) for name, value in _FIELD.findall(form[2])}
    return browser.post(html.unescape(form[1]), fields)
