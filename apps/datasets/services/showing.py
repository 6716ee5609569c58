"""Rows that are in no version, as whoever sees masks may see them: no scanner has looked at them yet.

What is known of their columns was found in other rows. Rows that were set aside, that block a version or that came by a
stream just now are often wrong because a value stands in the wrong column. So each text is looked at by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from apps.datasets import selectors
from apps.datasets.choices import Confidence
from apps.datasets.models import Dataset
from apps.datasets.services.scanning import Sampled, scan
from foundation.clock import now
from foundation.identity import Actor

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ON_A_PAGE, MOST_IN_A_FILE = 20_000, 500_000


def unseen_rows(*, actor: Actor, dataset: Dataset, rows: pa.Table) -> pa.Table:
    """The rows with covered columns masked, and in columns that nobody has classified each text that looks personal."""
    if selectors.may_see_clear(actor, dataset):
        return rows
    newest = selectors.latest_ready(dataset)
    said = unsaid(newest.schema if newest else [], rows.column_names)
    return Looking(said).over(selectors.masked_rows(actor, dataset, rows))


def unsaid(schema: Sequence[Mapping[str, Any]], names: Collection[str]) -> list[str]:
    """Which of these columns nobody has classified."""
    classified = {column["name"] for column in schema if column.get("class") and not column.get("warning")}
    return [name for name in names if name not in classified]


class Looking:
    """Hides in some columns each text that a scanner takes for personal.

    A text takes some 20 µs, and a page has room for a million: after `most` of them the rest are hidden unseen.
    """

    def __init__(self, names: Collection[str], *, most: int = MOST_ON_A_PAGE) -> None:
        self._names, self._left = frozenset(names), most

    def over(self, rows: pa.Table) -> pa.Table:
        """The rows with dots in the place of such texts."""
        import pyarrow as pa
        import pyarrow.compute as pc

        for place, field in enumerate(rows.schema):
            is_text = pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
            if field.name not in self._names or not is_text:
                continue
            column = rows.column(place)
            if found := self._personal(pc.unique(column).to_pylist()):
                among = pc.is_in(column, value_set=pa.array(found, field.type))
                shown = pc.if_else(among, pa.scalar(selectors.HIDDEN, field.type), column)
                rows = rows.set_column(place, field, shown)
        return rows

    def _personal(self, texts: list[str | None]) -> list[str]:
        there = [text for text in texts if text is not None]
        looked, self._left = there[: self._left], max(0, self._left - len(there))
        return [text for text in looked if _is_personal(text)] + there[len(looked) :]


def _is_personal(text: str) -> bool:
    found = scan([Sampled("", "VARCHAR", [text])], today=now().date()).get("")
    return found is not None and found.confidence is not Confidence.LOW
