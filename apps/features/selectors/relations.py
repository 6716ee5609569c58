"""What was measured of a training set's columns and its label, as a reader may know it."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from apps.features.choices import BuildState, Suspicion
from apps.features.models import TrainingSet
from apps.features.selectors.masking import masks_of_set
from foundation import storage
from foundation.identity import Actor


def report_of(actor: Actor, training_set: TrainingSet) -> dict[str, Any]:
    """The report (`services.relations.measuring.measured`); empty where none was made, as in sets of before."""
    if training_set.state != BuildState.READY:
        return {}
    try:
        report: dict[str, Any] = json.loads(storage.read(training_set.tenant_id, training_set.report_key))
    except storage.ObjectMissing:
        return {}
    return shown_report(report, masks_of_set(actor, training_set))


# As many rows as relations are measured on at the least: 25 in each half. Of fewer a share tells of single ones.
FEWEST_ROWS = 50


def shown_report(report: dict[str, Any], masked: Collection[str]) -> dict[str, Any]:
    """Without what relates a column that the reader sees masked to anything.

    Shares of missing values stay where there are enough rows, else they are None.

    How a person's religion goes with a label says something of every person with that label; and where a class has few
    rows, it says it of one. So a relation is shown where both sides are clear to the reader, and not softened.
    """
    hidden, few = report["label"]["name"] in masked, report["rows"] < FEWEST_ROWS
    columns = [
        _covered(one, few=few and one["name"] in masked)
        if hidden or one["name"] in masked
        else {**one, "masked": False}
        for one in report["columns"]
    ]
    return {**report, "columns": columns}


def _covered(column: dict[str, Any], *, few: bool) -> dict[str, Any]:
    told = [one for one in column["suspicions"] if one in {Suspicion.MISSING, Suspicion.CONSTANT}]
    nothing = {"relation": None, "alone": None, "distinct": None, "masked": True}
    if few:
        return {**column, **nothing, "suspicions": [], "missing": None}
    return {**column, **nothing, "suspicions": told}
