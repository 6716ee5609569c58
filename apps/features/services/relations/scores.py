"""Measures of what one column tells of another, over arrays; None where they are not defined.

Pearson, and Spearman as Pearson over average ranks. Between classes and numbers the correlation ratio, between classes
and classes Cramér's V, both corrected for the number of classes: an identifier would look perfect otherwise (epsilon
squared: Kelley, 1935; V: Bergsma, Journal of the Korean Statistical Society 42, 2013).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]
# Numbers, or the codes of classes.
Either = npt.NDArray[Any]

_BINS, _FEWEST_IN_A_BIN = 64, 20
# How many rows the mean of all counts for in the mean of a group.
_WEIGHT = 10.0
_FEWEST_ROWS, _FEWEST_OF_A_CLASS = 25, 5
_MOST_CLASSES = 10


def pearson(x: Numbers, y: Numbers) -> float | None:
    if len(x) < 3:
        return None
    a, b = x - x.mean(), y - y.mean()
    size = float(np.sqrt((a * a).sum()) * np.sqrt((b * b).sum()))
    return _within(float((a * b).sum()) / size) if np.isfinite(size) and size > 0 else None


def spearman(x: Numbers, y: Numbers) -> float | None:
    return pearson(ranks(x), ranks(y))


def ranks(values: Numbers) -> Numbers:
    """From 1 on; values that are alike share the middle of their places."""
    _distinct, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    middle: Numbers = (ends - (counts - 1) / 2)[place]
    return middle


def correlation_ratio(classes: Codes, y: Numbers) -> float | None:
    """Which share of the numbers' spread lies between the classes, as a square root, from 0 to 1."""
    _distinct, place, counts = np.unique(classes, return_inverse=True, return_counts=True)
    rows, groups = len(y), len(counts)
    if groups < 2 or rows <= groups:
        return None
    whole = float(((y - y.mean()) ** 2).sum())
    if not np.isfinite(whole) or whole <= 0:
        return None
    means = np.bincount(place, weights=y) / counts
    within = float(((y - means[place]) ** 2).sum())
    return float(np.sqrt(max(0.0, 1 - (within / whole) * (rows - 1) / (rows - groups))))


def cramers_v(a: Codes, b: Codes) -> float | None:
    first, second = np.unique(a, return_inverse=True)[1], np.unique(b, return_inverse=True)[1]
    rows, columns, n = int(first.max(initial=-1)) + 1, int(second.max(initial=-1)) + 1, len(a)
    if rows < 2 or columns < 2 or n < 3:
        return None
    # Of the whole table only cells that have rows: it may be as wide as there are rows.
    cells, counts = np.unique(first * columns + second, return_counts=True)
    of_row, of_column = np.bincount(first), np.bincount(second)
    phi = float((counts.astype(float) ** 2 / (of_row[cells // columns] * of_column[cells % columns])).sum()) - 1
    phi = max(0.0, phi - (rows - 1) * (columns - 1) / (n - 1))
    least = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return _within(float(np.sqrt(phi / least))) if least > 0 else None


def auc(score: Numbers, positive: Marks) -> float | None:
    """The chance that a positive row has a higher score than another; None where either are too few."""
    yes = int(positive.sum())
    no = len(positive) - yes
    if min(yes, no) < _FEWEST_OF_A_CLASS:
        return None
    return float((ranks(score)[positive].sum() - yes * (yes + 1) / 2) / (yes * no))


def alone(groups: Either, label: Either, *, numeric: bool, classes: bool) -> float | None:
    """How well this column alone foretells the label on rows that were held out: AUC of classes, else R².

    Of one half of the rows the label's mean in each group (a class, or one of 64 equally full pieces of a number;
    missing ones are a group) is learnt, and drawn towards the mean of all where a group has few rows; so values that
    come once foretell nothing. It is measured on the other half, both ways round. Of a number its order (AUC) or its
    straight line (R²) is tried as well. Of several classes the mean of each against the rest, by their size.
    """
    chance = np.random.default_rng(7).random(len(label)) < 0.5
    halves = (chance, ~chance)
    if min(int(half.sum()) for half in halves) < _FEWEST_ROWS:
        return None
    found = [
        _foretold(groups[learnt], groups[held], label[learnt], label[held], numeric=numeric, classes=classes)
        for learnt, held in (halves, halves[::-1])
    ]
    known = [one for one in found if one is not None]
    return sum(known) / len(known) if len(known) == 2 else None


def _foretold(
    learnt: Either,
    held: Either,
    label: Either,
    wanted: Either,
    *,
    numeric: bool,
    classes: bool,
) -> float | None:
    here, there = _pieces(learnt, held) if numeric else _placed(learnt, held)
    if not classes:
        return _explained(learnt, held, label, wanted, here, there, numeric=numeric)
    distinct, counts = np.unique(label, return_counts=True)
    often = np.argsort(-counts)[:_MOST_CLASSES]
    asked = distinct[often] if len(distinct) > 2 else distinct[-1:]
    scores, sizes = [], []
    for one in asked:
        positive = wanted == one
        score = auc(_means(here, there, (label == one).astype(float)), positive)
        if score is None:
            continue
        if numeric and len(asked) == 1:
            score = max(score, _ordered(learnt, held, label == one, positive) or 0.0)
        scores.append(score)
        sizes.append(int(positive.sum()))
    return float(np.average(scores, weights=sizes)) if scores else None


def _ordered(learnt: Either, held: Either, label: Marks, wanted: Marks) -> float | None:
    """The AUC of the number itself, the way round that the other half shows."""
    here, there = ~np.isnan(learnt), ~np.isnan(held)
    shown, found = auc(learnt[here], label[here]), auc(held[there], wanted[there])
    if shown is None or found is None or not there.all():
        return None
    return found if shown >= 0.5 else 1 - found


def _explained(
    learnt: Either,
    held: Either,
    label: Either,
    wanted: Either,
    here: Codes,
    there: Codes,
    *,
    numeric: bool,
) -> float | None:
    whole = float(((wanted - wanted.mean()) ** 2).sum())
    if not np.isfinite(whole) or whole <= 0:
        return None
    tries: list[Numbers] = [_means(here, there, label.astype(float))]
    if numeric and not (np.isnan(learnt).any() or np.isnan(held).any()):
        spread = float(((learnt - learnt.mean()) ** 2).sum())
        if np.isfinite(spread) and spread > 0:
            slope = float(((learnt - learnt.mean()) * (label - label.mean())).sum()) / spread
            tries.append(label.mean() + slope * (held - learnt.mean()))
    return max(max(0.0, 1 - float(((wanted - one) ** 2).sum()) / whole) for one in tries)


def _pieces(learnt: Numbers, held: Numbers) -> tuple[Codes, Codes]:
    there = learnt[~np.isnan(learnt)]
    bins = max(2, min(_BINS, len(there) // _FEWEST_IN_A_BIN))
    edges = np.unique(np.quantile(there, np.linspace(0, 1, bins + 1)[1:-1])) if len(there) else np.zeros(0)

    def place(values: Numbers) -> Codes:
        found: Codes = np.searchsorted(edges, values, side="left")
        return np.where(np.isnan(values), len(edges) + 1, found)

    return place(learnt), place(held)


def _placed(learnt: Codes, held: Codes) -> tuple[Codes, Codes]:
    """Missing ones, which are -1, become a group of their own."""
    return learnt + 1, held + 1


def _means(here: Codes, there: Codes, label: Numbers) -> Numbers:
    size = int(max(here.max(), there.max())) + 1
    counts, sums = np.bincount(here, minlength=size), np.bincount(here, weights=label, minlength=size)
    found: Numbers = ((sums + _WEIGHT * label.mean()) / (counts + _WEIGHT))[there]
    return found


def _within(value: float) -> float:
    return max(-1.0, min(1.0, value))
