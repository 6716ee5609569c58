"""What was found, or looked at, in words. No value is named: whoever sees the job, or the proof, reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apps.features.services.hindsight.comparing import Differing
from apps.features.services.naming import column_list, in_one_direction
from foundation.words import kept as _
from foundation.words import kept_in_turn
from foundation.words import kept_many as ngettext

_MOST_NAMED = 5


def seen_in_words(found: Differing) -> str:
    """That rows know what came later, or that their order tells more than that, and how it is mended."""
    if found.by_order:
        return _by_order_in_words(found)
    said = ngettext(
        "The SQL sees the future: of %(rows)d rows known by %(moment)s, %(count)d comes out otherwise where rows of "
        "%(inputs)s after that moment are left out%(features)s.",
        "The SQL sees the future: of %(rows)d rows known by %(moment)s, %(count)d come out otherwise where rows of "
        "%(inputs)s after that moment are left out%(features)s.",
        found.differing,
    )
    mend = _(
        "Join earlier rows alone, declare windows, or date a row by when its last value was known, also by a column of "
        "“known since”. An input whose rows hold at all times can be named as timeless; that is recorded and shown."
    )
    return kept_in_turn([said % _words(found), mend])


def field_in_words(found: Differing) -> str:
    """The same beside the field of the SQL."""
    if found.by_order:
        return _("Its rows hang on an order that nothing sets.")
    return _("It brings later rows to earlier ones.")


def _by_order_in_words(found: Differing) -> str:
    said = ngettext(
        "Whether the SQL sees the future cannot be told: of %(rows)d rows known by %(moment)s, %(count)d comes out "
        "otherwise as soon as the same rows come in another order%(features)s.",
        "Whether the SQL sees the future cannot be told: of %(rows)d rows known by %(moment)s, %(count)d come out "
        "otherwise as soon as the same rows come in another order%(features)s.",
        found.differing,
    )
    mend = _(
        "Where rows share a moment, ORDER BY leaves open which of them is first: let it end with columns that set them "
        "apart, or take a frame by RANGE. Round what is a difference of nearly equal sums."
    )
    return kept_in_turn([said % _words(found), mend])


def _words(found: Differing) -> dict[str, Any]:
    named = column_list(found.features[:_MOST_NAMED])
    return {
        "rows": found.rows,
        "moment": in_one_direction(f"{found.moment:%Y-%m-%d %H:%M:%S} UTC"),
        "count": found.differing,
        "inputs": column_list(found.inputs),
        "features": _(" (in %(features)s)") % {"features": named} if named else "",
    }


def looked_at_in_words(looked: Mapping[str, Any], timeless: Sequence[str]) -> list[str]:
    """What a view says of how its SQL was looked at: what was cut, and what was not."""
    if not looked:
        return []
    said = []
    if looked["by_row"]:
        said.append(_("Each row is made of one row of its input, and has that row's time."))
    if looked["moments"]:
        sentence = ngettext(
            "Made again as of %(moments)d moment without what came later, of %(inputs)s: no row came out otherwise.",
            "Made again as of %(moments)d moments without what came later, of %(inputs)s: no row came out otherwise.",
            looked["moments"],
        )
        said.append(sentence % {"moments": looked["moments"], "inputs": column_list(looked["cut"])})
    if looked.get("stopped"):
        said.append(_("More moments were not looked at: it took too long, or too much memory."))
    if looked["uncut"]:
        sentence = _(
            "Nothing of %(inputs)s was left out for it: by which column its rows are dated cannot be told, as it has "
            "none, or several and none called like the event time."
        )
        said.append(sentence % {"inputs": column_list(looked["uncut"])})
    if looked["moved_back"]:
        said.append(moved_back_in_words())
    if timeless:
        said.append(timeless_in_words(timeless))
    return said


def undecided_in_words(inputs: Sequence[str]) -> str:
    """That later rows of inputs are not looked for, since their times do not say which of them dates a row."""
    sentence = _(
        "Later rows of %(inputs)s are not looked for: it has several times and none called like the event time, so by "
        "which of them its rows are dated cannot be told. If they hold at all times, name it as timeless."
    )
    return sentence % {"inputs": column_list(inputs)}


def moved_back_in_words() -> str:
    """That the SQL takes something off a time, which nobody can tell right from wrong."""
    return _(
        "The SQL dates rows before the time in their own columns. That is taken at its word: is all that they hold "
        "known by then?"
    )


def timeless_in_words(timeless: Sequence[str]) -> str:
    """That somebody takes inputs to hold at all times."""
    sentence = _("Rows of %(inputs)s are taken to hold at all times: what came later there may be in earlier rows.")
    return sentence % {"inputs": column_list(timeless)}
