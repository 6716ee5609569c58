"""What was used and what it cost, for whoever may see it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.tenants.choices import UsageBy, UsageKind
from apps.tenants.models import UsageHour
from apps.tenants.selectors.money import OfKinds, rounded, sums, total
from apps.tenants.selectors.people import names_of
from apps.tenants.selectors.projects import deleted_projects_of, projects_of, shown_name
from foundation import access, ledger
from foundation.access import Permission
from foundation.errors import Invalid
from foundation.identity import Actor

_COLUMN = {UsageBy.PROJECT: "project_id", UsageBy.PERSON: "person_id", UsageBy.MODEL: "model_id"}
# Under None what is of no project.
Spent = dict[UUID | None, Decimal]
Names = Callable[[Actor, Collection[UUID]], dict[UUID, str]]
_model_names: list[Names] = []


@dataclass(frozen=True)
class Month:
    """A calendar month in the portal's time zone, as half-open times."""

    first: date

    @classmethod
    def of(cls, moment: datetime) -> Month:
        return cls(timezone.localtime(moment, timezone.get_default_timezone()).date().replace(day=1))

    @classmethod
    def parse(cls, text: str) -> Month:
        try:
            return cls(datetime.strptime(text, "%Y-%m").date())
        except ValueError:
            sentence = _("“%(text)s” is no month; write it like 2026-03.") % {"text": text[:20]}
            raise Invalid(sentence, fields={"month": [sentence]}) from None

    @property
    def next(self) -> Month:
        return Month((self.first + timedelta(days=32)).replace(day=1))

    @property
    def before(self) -> Month:
        return Month((self.first - timedelta(days=1)).replace(day=1))

    @property
    def start(self) -> datetime:
        return datetime(self.first.year, self.first.month, 1, tzinfo=timezone.get_default_timezone())

    @property
    def end(self) -> datetime:
        return self.next.start

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


@dataclass
class Line(OfKinds):
    """What one project, person or model used: seconds of compute, byte hours, requests, and exact AED."""

    key: UUID | None
    name: str
    used: dict[UsageKind, Decimal] = field(default_factory=dict)
    cost: Decimal = Decimal(0)
    # In whole fils, so that the lines of a report make up its total; see `money.rounded`.
    shown_cost: Decimal = Decimal(0)


@dataclass(frozen=True)
class Wanted:
    """Which usage is asked for: a month, and one project or person of it."""

    month: Month
    project_id: UUID | None = None
    person_id: UUID | None = None


@dataclass
class Series:
    """Costs by day for one project, person or model."""

    name: str
    days: dict[date, Decimal] = field(default_factory=dict)


def register_model_names(names: Names) -> None:
    """How the models above this app are named here; given by apps.registry."""
    _model_names[:] = [names]


def visible_usage(*, actor: Actor) -> QuerySet[UsageHour]:
    """The hourly rows of the projects in which the actor may see usage: all of them where their role says so."""
    return access.visible(UsageHour.objects.all(), actor, Permission.USAGE_VIEW)


def wanted_usage(*, actor: Actor, wanted: Wanted) -> QuerySet[UsageHour]:
    rows = visible_usage(actor=actor).filter(hour__gte=wanted.month.start, hour__lt=wanted.month.end)
    limits = {"project_id": wanted.project_id, "person_id": wanted.person_id}
    return rows.filter(**{name: value for name, value in limits.items() if value})


def lines(*, actor: Actor, wanted: Wanted, by: UsageBy) -> list[Line]:
    """Sums of a month, the dearest first, with costs that are rounded so that they make up the rounded total."""
    column = _COLUMN[by]
    found: dict[UUID | None, Line] = {}
    for row in sums(wanted_usage(actor=actor, wanted=wanted), column):
        found.setdefault(row[column], Line(row[column], "")).add(row)
    names = names_by(actor=actor, by=by, keys=[key for key in found if key], marked=True)
    for key, line in found.items():
        line.name = names.get(key, str(key)[:8]) if key else nobody(by)
    ordered = sorted(found.values(), key=lambda line: (-line.cost, line.name))
    for line, shown in zip(ordered, rounded([line.cost for line in ordered]), strict=True):
        line.shown_cost = shown
    return ordered


def series(*, actor: Actor, wanted: Wanted, by: UsageBy) -> list[Series]:
    """Costs of each day of a month, the dearest first."""
    column, zone = _COLUMN[by], timezone.get_default_timezone()
    rows = wanted_usage(actor=actor, wanted=wanted).annotate(day=TruncDate("hour", tzinfo=zone))
    found: dict[UUID | None, Series] = {}
    for row in sums(rows, column, "day"):
        days = found.setdefault(row[column], Series("")).days
        days[row["day"]] = days.get(row["day"], Decimal(0)) + row["cost"]
    names = names_by(actor=actor, by=by, keys=[key for key in found if key], marked=True)
    for key, one in found.items():
        one.name = names.get(key, str(key)[:8]) if key else nobody(by)
    return sorted(found.values(), key=lambda one: (-sum(one.days.values()), one.name))


def spent(*, tenant_id: UUID, month: Month, project_ids: Collection[UUID] | None = None) -> Spent:
    """AED by project in a month, exact; for limits, which hold whoever looks."""
    rows = UsageHour.objects.filter(tenant_id=tenant_id, hour__gte=month.start, hour__lt=month.end)
    if project_ids is not None:
        rows = rows.filter(project_id__in=project_ids)
    found: Spent = {}
    for row in sums(rows, "project_id"):
        found[row["project_id"]] = found.get(row["project_id"], Decimal(0)) + row["cost"]
    return found


def cost_of_thing(*, actor: Actor, thing_id: UUID, now: datetime) -> Decimal | None:
    """AED that one thing cost in the present month, in whole fils; None for whoever may not see usage."""
    if not access.can_somewhere(actor, Permission.USAGE_VIEW):
        return None
    rows = wanted_usage(actor=actor, wanted=Wanted(Month.of(now))).filter(thing_id=thing_id)
    return total(row["cost"] for row in sums(rows))


def months_known(*, actor: Actor, now: datetime, most: int = 24) -> list[Month]:
    """The months that have usage, the present one first; at most two years back."""
    month, oldest = Month.of(now), visible_usage(actor=actor).order_by("hour").values_list("hour", flat=True).first()
    found = [month]
    while oldest is not None and month.start > oldest and len(found) < most:
        month = month.before
        found.append(month)
    return found


def people_seen(*, actor: Actor, month: Month, also: Collection[UUID] = ()) -> list[tuple[UUID, str]]:
    """Whoever used something in this month in what the actor may see, by name; `also` those who are asked for."""
    rows = wanted_usage(actor=actor, wanted=Wanted(month)).filter(person_id__isnull=False).order_by()
    found = {pk for pk in rows.values_list("person_id", flat=True).distinct() if pk} | set(also)
    return sorted(names_by(actor=actor, by=UsageBy.PERSON, keys=found).items(), key=lambda pair: pair[1])


def names_by(*, actor: Actor, by: UsageBy, keys: Collection[UUID], marked: bool = False) -> dict[UUID, str]:
    """Names as the actor may read them; without a place in the tenant, a token reads no people's.

    `marked` says of archived projects that they are: what they keep costs on.
    """
    if not keys:
        return {}
    if by == UsageBy.PERSON:
        return names_of(actor=actor, user_ids=keys) if access.can(actor, Permission.TENANT_VIEW) else {}
    if by == UsageBy.PROJECT:
        known = projects_of(actor, ids=keys)
        names = {project.id: shown_name(actor, project) if marked else project.name for project in known}
        gone = deleted_projects_of(actor, ids=set(keys) - names.keys())
        return names | {project.id: project.name for project in gone}
    return _model_names[0](actor, keys) if _model_names else {}


def nobody(by: UsageBy) -> str:
    """The name of the line that belongs to nobody in particular."""
    return {
        UsageBy.PROJECT: _("No project"),
        UsageBy.PERSON: _("The portal itself"),
        UsageBy.MODEL: _("Data, and runs without a model"),
    }[by]


def uncounted(*, actor: Actor) -> int:
    """Events of usage that were given up: what began with them is not metered until an administrator replays them.

    None for everybody else: they could do nothing about it.
    """
    if not access.can(actor, Permission.TENANT_MANAGE) or not access.can(actor, Permission.LEDGER_VIEW):
        return 0
    return ledger.count_parked(actor=actor, ending=".usage")
