"""What axe looks for, and when a page is drawn whole, so that it looks at what a person sees."""

from __future__ import annotations

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
# The Arabic page has the colours of the English one; to look at each sign's contrast takes longest of all.
WITHOUT_COLOURS = {**RULES, "rules": {"color-contrast": {"enabled": False}}}
# Drawn whole: nothing is being fetched, the letters are there, no colour is on its way to another, and no chart that is
# in view still waits.
SETTLED = """() => document.readyState === 'complete' && document.fonts.status === 'loaded'
  && !document.querySelector('.htmx-request, .htmx-settling')
  && !document.getAnimations().some((one) => one instanceof CSSTransition)
  && [...document.querySelectorAll('[data-chart-wait]')].every((wait) => wait.getBoundingClientRect().top > innerHeight)
"""
# The dark page is the same page: nothing but its colours can be wrong then.
COLOURS = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}
# How a page is looked at in each language: schemes, and what is looked for in each.
LOOKS = {"en": (("light", RULES), ("dark", COLOURS)), "ar": (("light", WITHOUT_COLOURS),)}
