"""Where the value that names a person was written down by people: rules, SQL and places that were reached.

None of it is changed here: a suite and a definition are what versions were made by, and a place says where to go on.
Whoever erases is told, and decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from apps.datasets.choices import ErasedKind
from apps.datasets.models import Dataset, DatasetVersion, Ingestion, Suite, TransformationDefinition
from apps.datasets.selectors import about_card
from apps.datasets.services.erasing.reaching import Reach, Reached, Search
from foundation.quoting import literal
from foundation.web import editions

# Shorter ones stand in any text; they are looked for between quotes alone.
_SHORT = 4


class MentionReach(Reach):
    # After everything that holds rows.
    rank = 90
    kinds = frozenset(
        {
            ErasedKind.EXPECTATIONS,
            ErasedKind.SQL_TEXT,
            ErasedKind.VERSION_SQL,
            ErasedKind.CURSOR,
            ErasedKind.CARD,
        }
    )

    def look(self, search: Search) -> list[Reached]:
        if search.otherwise:
            return []
        names = naming(search)
        written = [*_suites(search, names), *_definitions(search, names), *_versions(search, names)]
        return [*written, *_ingestions(search), *_cards(search, names)]


def naming(search: Search) -> re.Pattern[str]:
    """The value, or its token, as it stands in SQL and in words: alone, and not as a part of another word."""
    return re.compile("|".join(map(_alone, filter(None, (search.value.strip(), search.token)))))


def _alone(value: str) -> str:
    quoted = re.escape(literal(value))
    return quoted if len(value) < _SHORT else rf"{quoted}|(?<!\w){re.escape(value)}(?!\w)"


def _suites(search: Search, names: re.Pattern[str]) -> Iterator[Reached]:
    """Each number of a suite that holds it: earlier ones are kept, and can be had again."""
    rows = Suite.objects.filter(project_id=search.project_id).select_related("dataset")
    rows = rows.filter(dataset_id=search.dataset_id) if search.dataset_id else rows
    values = {search.value, search.value.strip(), search.token} - {""}
    for suite in rows.order_by("created_at").iterator():
        leaves = (leaf for one in suite.expectations for leaf in _leaves([one["parameters"], one["description"]]))
        if any(leaf in values or names.search(leaf) for leaf in leaves):
            yield Reached(kind=ErasedKind.EXPECTATIONS, id=suite.pk, name=str(suite))


def _definitions(search: Search, names: re.Pattern[str]) -> Iterator[Reached]:
    """Each transformation once, whichever of its definitions holds it."""
    rows = TransformationDefinition.objects.filter(project_id=search.project_id).select_related("transformation")
    rows = rows.filter(transformation__output_id=search.dataset_id) if search.dataset_id else rows
    seen = set()
    for one in rows.order_by("transformation__name", "number").iterator():
        if one.transformation_id not in seen and names.search(one.sql):
            seen.add(one.transformation_id)
            yield Reached(kind=ErasedKind.SQL_TEXT, id=one.transformation_id, name=one.transformation.name)


def _versions(search: Search, names: re.Pattern[str]) -> Iterator[Reached]:
    """Versions that were made by SQL of their own; what it says outlasts their rows."""
    rows = DatasetVersion.objects.filter(project_id=search.project_id, source__has_key="sql").select_related("dataset")
    rows = rows.filter(dataset_id=search.dataset_id) if search.dataset_id else rows
    for one in rows.only("number", "source", "dataset__name").order_by("created_at").iterator():
        if "transformation" not in one.source and names.search(str(one.source["sql"])):
            yield Reached(kind=ErasedKind.VERSION_SQL, id=one.pk, name=str(one))


def _ingestions(search: Search) -> Iterator[Reached]:
    """Where an ingestion goes on: the largest value of its cursor, if the cursor is what names people."""
    rows = Ingestion.everything.filter(project_id=search.project_id, cursor=search.column)
    rows = rows.filter(dataset_id=search.dataset_id) if search.dataset_id else rows
    for one in rows.filter(reached=search.value).select_related("dataset", "connection"):
        yield Reached(kind=ErasedKind.CURSOR, id=one.pk, name=str(one))


def _cards(search: Search, names: re.Pattern[str]) -> Iterator[Reached]:
    """Each dataset once whose description holds it, or held it in an edition that is kept."""
    rows = Dataset.objects.filter(project_id=search.project_id)
    rows = rows.filter(pk=search.dataset_id) if search.dataset_id else rows
    for dataset in rows.order_by("name").iterator():
        kept = editions.editions(about_card(dataset)).values_list("text", "why")
        if any(names.search(text) for text in (dataset.description, *(said for pair in kept for said in pair))):
            yield Reached(kind=ErasedKind.CARD, id=dataset.pk, name=dataset.name)


def _leaves(value: Any) -> Iterator[str]:
    """Every text and number of JSON, as text."""
    if isinstance(value, dict):
        value = value.values()
    if isinstance(value, Iterable) and not isinstance(value, str):
        for one in value:
            yield from _leaves(one)
    elif value is not None:
        yield str(value)
