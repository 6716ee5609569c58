"""What moved between two periods, in a sentence and in figures."""

from __future__ import annotations

from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.features import selectors
from apps.features.choices import Movement
from foundation.figures import number, percent


def told_of(found: selectors.Slice) -> str:
    """How far it moved and by what, or why that cannot be said."""
    moved = found.moved
    words = {"period": capfirst(moved.period.label), "against": moved.against.label if moved.against else ""}
    if not moved.counted.rows:
        return _("%(period)s has no rows.") % words
    if found.where.masked:
        return _("You see its values masked: of this period counts alone are told.") % words
    if moved.is_reference:
        return _("%(period)s is what the other periods are held against.") % words
    if moved.against is None:
        return _("No earlier period has rows enough to hold this one against.") % words
    if moved.index is None:
        words |= {"rows": number(moved.counted.rows), "fewest": number(selectors.FEWEST)}
        return _("Too few rows to say: %(rows)s. Both sides need %(fewest)s.") % words
    return _cause(found, words | {"index": number(moved.index, 2)})


def _cause(found: selectors.Slice, words: dict[str, Any]) -> str:
    sentence = {
        Movement.STEADY: _("Its values came as those of %(against)s: index %(index)s."),
        Movement.MOVED: _("Its values moved against those of %(against)s: index %(index)s."),
    }.get(found.moved.level, _("Its values are far from those of %(against)s: index %(index)s."))
    most = max(found.bins, key=lambda one: one.adds, default=None)
    if found.moved.level == Movement.STEADY or most is None:
        return sentence % words
    # Isolated: among words from right to left its signs and numbers would change places, also where no letter tells
    # which way it is read.
    opening = "\u2068" if any(map(str.isalpha, most.label)) else "\u2066"
    shares = {
        "bin": f"{opening}{most.label}\u2069",
        "now": percent(most.now / _rows(found.bins, 1)),
        "then": percent(most.then / _rows(found.bins, 0)),
    }
    more = _("Most of it lies in “%(bin)s”: %(now)s of the rows against %(then)s.")
    return f"{sentence % words} {more % shares}"


def _rows(bins: list[selectors.Bin], side: int) -> int:
    return sum(one.now if side else one.then for one in bins) or 1


def figures_of(found: selectors.Slice) -> list[dict[str, Any]]:
    """Each figure of the period and of the one that it is held against, in words."""
    sides = [found.moved.counted, found.then]
    told = [
        (_("Rows"), [number(one.rows) if one else "–" for one in sides]),
        (
            _("Missing"),
            [percent(one.missing_share) if one and one.missing is not None and one.rows else "–" for one in sides],
        ),
    ]
    if any(one and one.mean is not None for one in sides):
        told.append((_("Mean"), [number(one.mean) if one else "–" for one in sides]))
    names = (_("A quarter below"), _("Half below"), _("Three quarters below"))
    if any(one and one.quartiles for one in sides):
        told += [
            (name, [number(one.quartiles[n]) if one and one.quartiles else "–" for one in sides])
            for n, name in enumerate(names)
        ]
    return [{"term": term, "now": now, "then": then} for term, (now, then) in told]
