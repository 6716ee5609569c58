"""The scanners, put to work on one column's sample and then on the columns of a table together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from apps.datasets.choices import Confidence, FoundIn, PersonalKind
from apps.datasets.services.scanning import numbers, people, texts, words

# A kind with check digits is hardly met by chance: a twentieth of the values says that such things are among others.
_CHECKED: Mapping[PersonalKind, Callable[[str], bool]] = {
    PersonalKind.EMIRATES_ID: numbers.is_emirates_id,
    PersonalKind.IBAN: numbers.is_iban,
    PersonalKind.EMAIL: texts.is_email,
    PersonalKind.PASSPORT: numbers.is_passport_line,
}
_SHAPED: Mapping[PersonalKind, Callable[[str], bool]] = {
    PersonalKind.CARD: numbers.is_card,
    PersonalKind.PHONE: numbers.is_phone,
    PersonalKind.TAX_ID: numbers.looks_like_tax_id,
    PersonalKind.GEO: texts.is_place,
}
_AMONG, _MOSTLY, _INSIDE = 0.05, 0.5, 0.02
# Below this many signs a text is a value; beyond, it may hold values.
_LONG = 25
_OLDEST = 110


@dataclass(frozen=True)
class Sampled:
    """Sampled values of a column, without those that are missing; `type` is its SQL type."""

    name: str
    type: str
    values: Sequence[Any]


@dataclass(frozen=True)
class Finding:
    """What a column is suspected to hold; `share` of the sampled values fit, 0 where only the name says so."""

    kind: PersonalKind
    share: float
    confidence: Confidence
    found_in: FoundIn


def scan(columns: Sequence[Sampled], *, today: date) -> dict[str, Finding]:
    """The strongest finding of each column that is suspected, by name; about 10 µs a different value."""
    found = {column.name: finding for column in columns if (finding := _of_column(column, today))}
    for name, finding in _pairs(columns).items():
        found.setdefault(name, finding)
    return found


def _of_column(column: Sampled, today: date) -> Finding | None:
    hint = words.kind_by_name(column.name)
    counted = _as_texts(column.values)
    total = sum(counted.values())
    by_values = _by_values(counted, total, hint) if total else None
    if by_values and by_values.confidence is not Confidence.LOW:
        return by_values
    found = _inside(counted, total) or _birth(column, hint, today) or _names(column, counted, hint) or by_values
    if found or hint is None or _is_denied(hint, column):
        return found
    # What the law calls sensitive has no shape that values could confirm; it is covered until somebody has looked.
    sure = Confidence.MEDIUM if hint is PersonalKind.DELICATE else Confidence.LOW
    return Finding(hint, 0.0, sure, FoundIn.NAME)


def _as_texts(values: Sequence[Any]) -> Counter[str]:
    """How often each value stands there as text; of numbers only those long enough to name somebody."""
    counted: Counter[str] = Counter()
    for value in values:
        if isinstance(value, str):
            counted[numbers.plain(value)] += 1
        elif isinstance(value, bool) or not isinstance(value, int | Decimal):
            continue
        elif value == int(value) and value >= 10**8:
            counted[str(int(value))] += 1
        else:
            counted[""] += 1
    return counted


def _by_values(counted: Counter[str], total: int, hint: PersonalKind | None) -> Finding | None:
    best: Finding | None = None
    for kind, holds in (*_CHECKED.items(), *_SHAPED.items()):
        share = sum(n for text, n in counted.items() if text and holds(text)) / total
        confidence = _confidence(kind, share, kind is hint)
        if confidence and (best is None or share > best.share):
            best = Finding(kind, share, confidence, FoundIn.VALUES)
    if best is None and hint is PersonalKind.PASSPORT:
        share = sum(n for text, n in counted.items() if numbers.looks_like_passport(text)) / total
        return Finding(hint, share, Confidence.HIGH, FoundIn.VALUES) if share >= _MOSTLY else None
    return best


def _confidence(kind: PersonalKind, share: float, named: bool) -> Confidence | None:
    if share >= (0.8 if not named else _MOSTLY):
        return Confidence.HIGH if named or kind in _CHECKED or kind is PersonalKind.CARD else Confidence.MEDIUM
    if share >= _MOSTLY or (kind in _CHECKED and share >= _AMONG):
        return Confidence.MEDIUM
    return Confidence.LOW if share >= _AMONG and (named or kind is PersonalKind.PHONE) else None


def _inside(counted: Counter[str], total: int) -> Finding | None:
    longer = {text: n for text, n in counted.items() if len(text) > _LONG and " " in text}
    if sum(longer.values()) < _INSIDE * total:
        return None
    kinds: Counter[PersonalKind] = Counter()
    for text, n in longer.items():
        for kind in texts.kinds_inside(text):
            kinds[kind] += n
    for kind, n in kinds.most_common(1):
        if n >= _INSIDE * total:
            sure = Confidence.HIGH if kind in _CHECKED and n > 2 else Confidence.MEDIUM
            return Finding(kind, n / total, sure, FoundIn.TEXT)
    return None


def _birth(column: Sampled, hint: PersonalKind | None, today: date) -> Finding | None:
    """Dates of which none lies ahead, and that are spread as the ages of people are."""
    if not (hint is PersonalKind.BIRTH or column.type in {"DATE", "VARCHAR"} or column.type.startswith("TIMESTAMP")):
        return None
    dates = [found for value in column.values if (found := texts.as_date(value))]
    if not column.values or len(dates) < 0.8 * len(column.values):
        return None
    ages = sorted((today - one).days / 365.25 for one in dates)
    lived = sum(0 <= age <= _OLDEST for age in ages) / len(column.values)
    if hint is PersonalKind.BIRTH:
        return Finding(hint, lived, Confidence.HIGH, FoundIn.VALUES) if lived >= _MOSTLY else None
    middle, spread = ages[len(ages) // 2], ages[int(len(ages) * 0.9)] - ages[int(len(ages) * 0.1)]
    if len(ages) >= 20 and ages[0] >= 0 and ages[-1] <= _OLDEST and 12 <= middle <= 70 and spread >= 20:
        return Finding(PersonalKind.BIRTH, lived, Confidence.LOW, FoundIn.VALUES)
    return None


def _names(column: Sampled, counted: Counter[str], hint: PersonalKind | None) -> Finding | None:
    if column.type != "VARCHAR" or not counted:
        return None
    built, signs = people.share_of_names([text for text in counted if text])
    named = hint is PersonalKind.PERSON
    if named and built >= _MOSTLY:
        return Finding(PersonalKind.PERSON, built, Confidence.HIGH, FoundIn.VALUES)
    several = len(counted) >= 5 and len(counted) >= 0.02 * sum(counted.values())
    if not named and several and built >= 0.8 and signs >= 0.25:
        return Finding(PersonalKind.PERSON, built, Confidence.MEDIUM, FoundIn.VALUES)
    return None


def _is_denied(hint: PersonalKind, column: Sampled) -> bool:
    """Whether the type says that the name means something else: a flag whether there is an e-mail holds none."""
    if column.type == "BOOLEAN":
        return hint not in {PersonalKind.DELICATE, PersonalKind.NAME}
    small = column.type in {"DOUBLE", "FLOAT", "TINYINT", "SMALLINT"}
    return small and hint in {PersonalKind.EMAIL, PersonalKind.PERSON, PersonalKind.IBAN, PersonalKind.PASSPORT}


def _pairs(columns: Sequence[Sampled]) -> dict[str, Finding]:
    """A latitude and a longitude beside each other, both in range; either alone is a number like others."""
    found = {True: _measured(columns, words.is_latitude, 90), False: _measured(columns, words.is_longitude, 180)}
    if not (found[True] and found[False]):
        return {}
    return {
        name: Finding(PersonalKind.GEO, 1.0, Confidence.MEDIUM, FoundIn.VALUES)
        for each in found.values()
        for name in each
    }


def _measured(columns: Sequence[Sampled], is_named: Callable[[str], bool], most: float) -> list[str]:
    named = [column for column in columns if is_named(column.name) and column.values]
    return [c.name for c in named if all(_is_within(value, most) for value in c.values)]


def _is_within(value: object, most: float) -> bool:
    return isinstance(value, (float, Decimal, int)) and -most <= float(value) <= most
