"""Why a person was not found: a column that is not there, a value that is written otherwise, or truly nobody."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.datasets import selectors
from apps.datasets.errors import NoSuchColumn
from apps.datasets.services.erasing.reaching import Reached, Search, look_everywhere
from foundation.errors import Invalid

_MOST_NAMED = 12


def check_nothing_is_near(search: Search) -> None:
    """Refused where the person may be there all the same: nothing was found by exactly this column and value."""
    _check_column(search)
    near = [one for one in look_everywhere(replace(search, otherwise=True)) if one.rows]
    if not near:
        return
    rows = sum(one.rows or 0 for one in near)
    sentence = ngettext(
        "Nothing has exactly this value, but %(count)d row differs from it only in capitals or outer spaces: "
        "%(names)s. Write the value as it stands there.",
        "Nothing has exactly this value, but %(count)d rows differ from it only in capitals or outer spaces: "
        "%(names)s. Write the value as it stands there.",
        rows,
    ) % {"count": rows, "names": _listed([f"{one.name} ({one.rows})" for one in near])}
    raise Invalid(sentence, fields={"value": [sentence]})


def nowhere(found: list[Reached]) -> str:
    """The sentence for a person who truly is nowhere where one looked; empty where somebody was found."""
    if found:
        return ""
    return _(
        "No row here has this value in this column, however its capitals and outer spaces are written; nothing is to "
        "be erased. Other projects were not looked through."
    )


def _check_column(search: Search) -> None:
    there = selectors.columns_there(actor=search.actor, project_id=search.project_id, dataset_id=search.dataset_id)
    check_column_is_among(there, search.column)


def check_column_is_among(there: list[str], column: str) -> None:
    """NoSuchColumn, with those that there are, unless there are none at all."""
    if column in there or not there:
        return
    lower = {name.casefold(): name for name in there}
    near = [lower[name] for name in get_close_matches(column.strip().casefold(), lower, n=3, cutoff=0.6)]
    words = {"column": column, "near": _listed(near), "names": _listed(there)}
    if near:
        sentence = _("No dataset here has a column %(column)s. Did you mean %(near)s? There are: %(names)s.") % words
    else:
        sentence = _("No dataset here has a column %(column)s. There are: %(names)s.") % words
    raise NoSuchColumn(sentence, fields={"column": [sentence]})


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (_(" and %(count)d more") % {"count": more} if more > 0 else "")
