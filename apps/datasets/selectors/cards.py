"""The card of a dataset: what people say of it, and what is known of it by evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.datasets.models import Dataset, DatasetVersion, ValidationReport
from apps.datasets.selectors.reading import class_counts, freshness, latest_ready
from apps.datasets.selectors.validation import report_of
from foundation.identity import Actor
from foundation.web.editions import About
from foundation.web.lineage import Node, graph_of

_FAR = 3


@dataclass(frozen=True)
class CardFacts:
    """What is known of a dataset, each by what proves it; without a committed version nearly nothing is."""

    version: DatasetVersion | None
    classes: dict[str, int]
    report: ValidationReport | None
    # fresh, stale or empty where nothing is promised.
    freshness: str
    # Where its rows come from, and what was made of any of its versions: as far as the reader sees it.
    sources: list[Node]
    consumers: list[Node]

    @property
    def columns(self) -> list[dict[str, Any]]:
        return self.version.schema if self.version else []


def about_card(dataset: Dataset) -> About:
    return About("dataset", dataset.pk, dataset.tenant_id, dataset.project_id)


def card_facts(*, actor: Actor, dataset: Dataset, now: datetime) -> CardFacts:
    """The facts as the actor may see them: of the newest ready version, and of all versions who uses them."""
    version = latest_ready(dataset)
    return CardFacts(
        version=version,
        classes=class_counts(version.schema if version else []),
        report=report_of(actor=actor, version=version) if version else None,
        freshness=freshness(dataset, now=now),
        sources=_near(actor, dataset, made_of_it=False) if version else [],
        consumers=_near(actor, dataset, made_of_it=True) if version else [],
    )


def _near(actor: Actor, dataset: Dataset, *, made_of_it: bool) -> list[Node]:
    """The nodes of the lineage on one side that are another thing than the dataset; hidden ones are said to be so."""
    graph = graph_of(actor, ("dataset", dataset.pk), depth=_FAR, above=made_of_it, below=not made_of_it)
    return [node for node in graph.nodes.values() if not node.current]
