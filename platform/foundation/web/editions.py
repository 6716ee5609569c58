"""Editions of a text that people write about a thing: who saved which, when and why, what changed, and the way back.

The thing itself holds the text that counts; editions are what it was. Whoever keeps and reads them has asked for the
thing's permission: nothing here asks again.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from foundation.errors import Invalid, NotFound
from foundation.figures import whole
from foundation.identity import Actor
from foundation.web.models import Edition

MOST_OF_WHY = 200
# Unchanged lines that stand round a change.
_ROUND = 2
# Beyond it two texts are shown, not compared: comparing takes lines times lines.
_MOST_LINES = 3000
_MOST_SHOWN = 100


@dataclass(frozen=True)
class About:
    """The thing that a text is about."""

    kind: str
    id: UUID
    tenant_id: UUID
    project_id: UUID | None


@dataclass(frozen=True)
class Line:
    """A line of a comparison: added, removed, same, or gap (lines left out, `text` is empty)."""

    change: str
    text: str


def keep(
    about: About,
    *,
    actor: Actor,
    before: str,
    text: str,
    why: str = "",
    restores: int | None = None,
    counted: int = 1,
    now: datetime,
) -> Edition:
    """The text as the next edition, in the transaction and under the lock of whoever changes the thing.

    A thing whose text was written before editions were kept gets that as edition `counted`, by nobody known.
    """
    newest = editions(about).first()
    if newest is None and before:
        newest = _made(about, number=counted, text=before)
    if len(why) > MOST_OF_WHY:
        sentence = _("Say why in at most %(most)d signs.") % {"most": MOST_OF_WHY}
        raise Invalid(sentence, fields={"why": [sentence]})
    number = newest.number + 1 if newest else 1
    return _made(about, number=number, text=text, why=why.strip(), restores=restores, by=actor.user, at=now)


def editions(about: About) -> QuerySet[Edition]:
    """All editions, the newest first; none until the text is changed for the first time."""
    rows = Edition.objects.filter(tenant_id=about.tenant_id, kind=about.kind, thing_id=about.id)
    return rows.select_related("by").order_by("-number")


def edition(about: About, number: int | str | None) -> Edition:
    """NotFound where there is none of this number."""
    wanted = whole(str(number)) if number is not None else None
    found = editions(about).filter(number=wanted).first() if wanted is not None else None
    if found is None:
        raise NotFound(_("There is no such edition of this text."))
    return found


def before(found: Edition) -> Edition | None:
    """The edition before this one."""
    rows = Edition.objects.filter(tenant_id=found.tenant_id, kind=found.kind, thing_id=found.thing_id)
    return rows.filter(number__lt=found.number).order_by("-number").first()


def looked_at(about: About, asked: str) -> dict[str, Any]:
    """What components/editions.html takes: all editions, the one that an address names, and what that changed."""
    opened = edition(about, asked) if asked else None
    previous = before(opened) if opened else None
    lines = compared(previous.text if previous else "", opened.text) if opened else []
    return {"editions": list(editions(about)[:_MOST_SHOWN]), "opened": opened, "lines": lines}


def compared(old: str, new: str) -> list[Line]:
    """What was added and removed, line by line, with what stands round it."""
    one, other = old.splitlines(), new.splitlines()
    if max(len(one), len(other)) > _MOST_LINES:
        return [*(Line("removed", text) for text in one), *(Line("added", text) for text in other)]
    return list(_lines(one, other))


def _lines(one: list[str], other: list[str]) -> Iterator[Line]:
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    for number, group in enumerate(matcher.get_grouped_opcodes(_ROUND)):
        if number or group[0][1]:
            yield Line("gap", "")
        for tag, a_from, a_to, b_from, b_to in group:
            if tag == "equal":
                yield from (Line("same", text) for text in one[a_from:a_to])
                continue
            yield from (Line("removed", text) for text in one[a_from:a_to])
            yield from (Line("added", text) for text in other[b_from:b_to])


def _made(about: About, **words: object) -> Edition:
    inside = {"tenant_id": about.tenant_id, "project_id": about.project_id}
    return Edition.objects.create(**inside, kind=about.kind, thing_id=about.id, **words)


__all__ = ["About", "Edition", "Line", "before", "compared", "edition", "editions", "keep", "looked_at"]
