"""A version by what people call it: its number, a tag, a day or a moment."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from apps.datasets.choices import VersionState
from apps.datasets.models import DatasetVersion
from apps.datasets.selectors.reading import visible_versions
from foundation.errors import Invalid, NotFound
from foundation.identity import Actor

_NUMBER = re.compile(r"v?(\d{1,9})")
_WITH_NUMBER = (VersionState.READY, VersionState.DESTROYING, VersionState.DESTROYED)
NEWEST = "latest"


def find_version(*, actor: Actor, dataset_id: UUID, at: str) -> DatasetVersion:
    """`v3` or `3`, a tag, `latest`, a day (its end, in UTC) or a moment; NotFound says what there is instead."""
    rows = visible_versions(actor=actor, dataset_id=dataset_id)
    found = _named(rows, at.strip())
    if found is None:
        raise NotFound(
            _("No version of this dataset is called “%(at)s”. %(there)s") % {"at": at, "there": _there(rows)}
        )
    return found


def versions_there(*, actor: Actor, dataset_id: UUID) -> str:
    """In words, which versions of the dataset there are to choose: the newest one, and the tags; or nothing."""
    rows = visible_versions(actor=actor, dataset_id=dataset_id)
    return _there(rows) if rows.filter(state=VersionState.READY).exists() else ""


def tagged(*, actor: Actor, dataset_id: UUID, tag: str) -> DatasetVersion | None:
    """The version of the dataset that has the tag."""
    return visible_versions(actor=actor, dataset_id=dataset_id).filter(tags__name=tag).first()


def _named(rows: QuerySet[DatasetVersion], at: str) -> DatasetVersion | None:
    if number := _NUMBER.fullmatch(at):
        return rows.filter(number=int(number[1])).first()
    if at == NEWEST:
        return rows.filter(state=VersionState.READY).order_by("-number").first()
    moment = _moment(at)
    return version_as_of(rows, moment) if moment else rows.filter(tags__name=at).first()


def version_as_of(rows: QuerySet[DatasetVersion], moment: datetime) -> DatasetVersion | None:
    """What the newest version was at the moment; one that was destroyed since is answered as such, not left out."""
    return rows.filter(state__in=_WITH_NUMBER, committed_at__lte=moment).order_by("-number").first()


def moment_of(said: str) -> datetime:
    """A day or a moment in ISO 8601; without a zone it is UTC, and a day stands for its end."""
    found = _moment(said.strip())
    if found is None:
        sentence = _("“%(said)s” is no day or moment: write 2026-01-31 or 2026-01-31T12:00:00Z.") % {"said": said}
        raise Invalid(sentence, fields={"as_of": [sentence]})
    return found


def is_a_moment(said: str) -> bool:
    return _moment(said) is not None


def _moment(said: str) -> datetime | None:
    try:
        day: date | None = parse_date(said)
        if day is not None:
            return datetime.combine(day, time.max, tzinfo=UTC)
        moment = parse_datetime(said.replace(" ", "+"))
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _there(rows: QuerySet[Any]) -> str:
    newest = rows.filter(state=VersionState.READY).order_by("-number").first()
    names = sorted(name for name in rows.values_list("tags__name", flat=True).order_by() if name)
    if newest is None:
        return _("It has no version yet.")
    if not names:
        return _("The newest is v%(number)s; no version is tagged.") % {"number": newest.number}
    return _("The newest is v%(number)s; tags: %(names)s.") % {"number": newest.number, "names": ", ".join(names[:20])}
