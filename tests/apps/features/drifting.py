"""Flights of a year whose delays move, made once for all tests of a module, and the drift of their features."""

from __future__ import annotations

import math
from uuid import UUID

import pytest

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.features import services
from apps.features.models import Feature
from tests.apps.datasets.conftest import write_version
from tests.apps.features import stage as rows
from tests.support.classes import said_of
from tests.support.jobs import run_queued
from tests.support.shared import once, project, scientist, shared, tenant

__all__ = [
    "FEATURES",
    "FEBRUARY",
    "MARCH",
    "classify",
    "delays_in_tenths",
    "drift",
    "feature",
    "furnish",
    "once",
    "project",
    "scientist",
    "shared",
    "slow",
    "tenant",
    "view",
]

FEATURES = "/t/acme/p/flights/features/"
# How many rows of each month, what is added to their delay, and every how manieth has none.
MONTHS = {1: (205, 0, 0), 2: (500, 0, 0), 3: (500, 4, 3), 5: (20, 0, 0), 9: (500, 0, 0)}
SQL = "SELECT carrier, moment, delay, kind, pilot FROM d"
FEBRUARY, MARCH = "month-2013-02", "month-2013-03"


def lines():
    yield "carrier,moment,delay,kind,pilot"
    for month, (count, more, hole) in MONTHS.items():
        for n in range(count):
            delay = "" if hole and n % hole == 0 else f"{n % 10 + more}"
            kind = "late" if month == 3 and n % 2 else "on time"
            yield f"{('AA', 'DLX')[n % 2]},2013-{month:02d}-{1 + n % 28:02d} {n // 28:02d}:30:00,{delay},{kind},P{n}"


def furnish(stage):
    written = write_version(stage.scientist, stage.project, "delays.csv", "\n".join(lines()).encode())
    version = said_of(written, stage.scientist)
    define = rows.Definer(stage.scientist, stage.project)
    stage.view = define.view(define.entity("carrier"), "delays", SQL, event_time="moment", d=version)
    run_queued()
    stage.view.refresh_from_db()
    services.note_view(view_id=stage.view.pk)


def delay_of(month, n):
    _count, more, hole = MONTHS[month]
    return None if hole and n % hole == 0 else n % 10 + more


def slow(then, now):
    """The index in plain words: shares of the bins, an empty one counted as half a row."""
    total = 0.0
    for before, after in zip(then, now, strict=True):
        if before or after:
            share, other = (before or 0.5) / sum(then), (after or 0.5) / sum(now)
            total += (other - share) * math.log(other / share)
    return total


def delays_in_tenths(month):
    """Tenths of February hold one value each: 0, 1, … and all from 9 on; then what is missing."""
    counts = [0] * 11
    for n in range(MONTHS[month][0]):
        delay = delay_of(month, n)
        counts[10 if delay is None else min(delay, 9)] += 1
    return counts


@pytest.fixture
def view(tenant, shared):
    return shared.view


@pytest.fixture
def feature(view):
    return lambda name="delay": Feature.objects.select_related("view__entity", "project").get(view=view, name=name)


@pytest.fixture
def classify(view, scientist):
    def say(**classes):
        version = datasets.versions_by_id({UUID(next(iter(view.inputs.values())))})[0]
        dataset_services.classify_columns(actor=scientist, version=version, classes=classes)

    return say


def drift(feature, actor, **words):
    return services.drift_over_time(actor=actor, feature=feature, **words)
