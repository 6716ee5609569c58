"""Where a view's SQL may look ahead: its rows hold what came later, and no join or proof sees inside them.

It is told before anything is computed, as a warning: what does see the future is refused once its rows are there to
look at (`hindsight`). Nothing of it is kept: the SQL says it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.features import selectors
from apps.features.models import FeatureView, Retrieval, TrainingSet
from apps.features.services.hindsight.wording import looked_at_in_words, timeless_in_words
from foundation import lake
from foundation.errors import Unavailable
from foundation.identity import Actor
from foundation.lake.errors import SqlFailed, SqlRefused
from foundation.lake.ports import Ahead


def warnings_of_sql(sql: str, event_time: str = "") -> list[str]:
    """In words, what of the SQL may bring later values to an earlier event time; `event_time` where it is known."""
    return [_in_words(one) for one in _found(sql, event_time)]


def warnings_of_view(view: FeatureView) -> list[str]:
    """The same of a view that is there; it is shown also where that cannot be told just now."""
    if not view.sql:
        return []
    try:
        return warnings_of_sql(view.sql, view.event_time)
    except (SqlFailed, SqlRefused, Unavailable) as refusal:
        sentence = _("Whether the SQL looks ahead could not be told: %(why)s")
        return [sentence % {"why": refusal.sentence}]


def seen_ahead(view: FeatureView) -> list[dict[str, Any]]:
    """For a proof: each {"name", "line", "reason"}."""
    found = _found(view.sql, view.event_time) if view.sql else ()
    return [{"name": one.name, "line": one.line, "reason": one.reason} for one in found]


def of_its_sql(view: FeatureView) -> dict[str, Any]:
    """What a proof keeps of how the view's SQL goes about time, beside its counts: what there is to say alone."""
    told = {"looks_ahead": seen_ahead(view), "hindsight": view.hindsight, "timeless": view.timeless_inputs}
    return {name: value for name, value in told.items() if value}


def ahead_in_words(count: Mapping[str, Any]) -> str:
    """What the proof's count of a view says of its SQL; nothing where its values hold nothing of later."""
    found, timeless, looked = count.get("looks_ahead"), count.get("timeless"), count.get("hindsight", {})
    said = []
    if found:
        places = ", ".join(
            _("%(name)s in line %(line)d") % {"name": one["name"].upper(), "line": one["line"]} for one in found
        )
        said.append(_("The SQL of %(view)s may look ahead: %(places)s.") % {"view": count["view"], "places": places})
        if not looked.get("moments"):
            said.append(_("Its rows were not made again without what came later."))
    if timeless:
        said.append(_("In %(view)s: %(said)s") % {"view": count["view"], "said": timeless_in_words(timeless)})
    return " ".join(said)


def looked_in_words(count: Mapping[str, Any]) -> str:
    """How the SQL of the count's view was looked at; nothing where it was not."""
    return " ".join(looked_at_in_words(count.get("hindsight", {}), ()))


def warnings_of_join(thing: TrainingSet | Retrieval) -> list[str]:
    """What whoever learns from these rows is told first: corrections seen early, and views whose SQL looks ahead."""
    counts = thing.leakage_proof.get("views", [])
    ahead = (ahead_in_words(one) for one in counts)
    return [sentence for sentence in (selectors.early_in_words(thing), *ahead) if sentence]


def proof_in_words(*, actor: Actor, training_set_id: UUID) -> dict[str, Any]:
    """The leakage proof of what a model learns from: {"training_set", "said", "early", "counts"}, one count a view.

    A count knows how old its oldest value was (`oldest`), what its SQL may bring from later (`ahead`), and how that was
    looked at (`looked`).
    """
    row = selectors.get_training_set(actor=actor, training_set_id=training_set_id)
    return {
        "training_set": row,
        "said": selectors.leakage_in_words(row),
        "early": selectors.early_in_words(row),
        "counts": [
            {
                **one,
                "oldest": selectors.oldest_of(one),
                "ahead": ahead_in_words(one),
                "looked": looked_in_words(one),
            }
            for one in row.leakage_proof.get("views", [])
        ],
    }


@lru_cache(maxsize=256)
def _found(sql: str, event_time: str) -> tuple[Ahead, ...]:
    return tuple(lake.sandbox.ahead(sql, [event_time] if event_time else []))


def _in_words(found: Ahead) -> str:
    sentences = {
        "later": _(
            "Line %(line)d: %(name)s looks ahead: it brings values of later rows to an earlier event time. End its "
            "frame at the current row, or take LAG."
        ),
        "whole": _(
            "Line %(line)d: %(name)s looks ahead: it is over its whole partition, later rows too. Let it go along an "
            "ORDER BY of the event time up to the current row."
        ),
        "all": _(
            "Line %(line)d: %(name)s looks ahead: it is over rows of all times, later ones too. Group by the event "
            "time, or take only rows of before it."
        ),
    }
    return sentences[found.reason] % {"line": found.line, "name": found.name.upper()}
