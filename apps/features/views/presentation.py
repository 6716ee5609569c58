"""Likeness in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.features import selectors
from apps.features.selectors import likeness
from apps.features.views.things import address
from foundation.web.requests import PortalRequest


def similar_in_words(request: PortalRequest, same: Mapping[str, Iterable[likeness.Alike]]) -> list[dict[str, Any]]:
    """By new features what is like them, as features/partials/similar_found.html takes it."""
    return [{"name": name, "found": alike_in_words(request, found)} for name, found in same.items()]


def alike_in_words(request: PortalRequest, found: Iterable[likeness.Alike]) -> list[dict[str, Any]]:
    """Each feature with its page and why it is shown, as features/partials/similar.html takes them."""
    rows = list(found)
    words = sorted({word for one in rows for word in one.feature.sources})
    names = dict(zip(words, likeness.source_names(request.actor, words), strict=True))
    return [
        {
            "name": str(one.feature),
            "url": address(request, "feature_detail", one.feature.pk),
            "entity": selectors.about(one.feature),
            "deprecated": one.feature.home.deprecated_at,
            "because": [_because(reason, one, names) for reason in one.likeness.reasons],
        }
        for one in rows
    ]


def _because(reason: likeness.Reason, one: likeness.Alike, names: dict[str, str]) -> str:
    if reason == likeness.Reason.SOURCES:
        columns = ", ".join(filter(None, (names[word] for word in one.feature.sources)))
        return (
            _("It comes from the same columns: %(columns)s.") % {"columns": columns}
            if columns
            else _("It comes from the same columns.")
        )
    return {
        likeness.Reason.SAME_NAME: _("It has the same name."),
        likeness.Reason.NAME: _("It has a similar name."),
        likeness.Reason.VALUES: _("Its values are spread the same way."),
    }[reason]
