"""Which rows of a quarantine are meant: by number, all of one reason, or all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.datasets import selectors
from apps.datasets.models import Quarantine
from foundation import lake
from foundation.errors import Invalid
from foundation.identity import Actor
from foundation.quoting import identifier

MOST_NUMBERS = 10_000


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Rows by their numbers; without numbers those that fail the expectation `reason`, or all."""

    numbers: tuple[int, ...] = ()
    reason: str = ""
    # Expectations of which whoever chooses learns nothing: rows that fail one of them are none of theirs.
    untold: tuple[str, ...] = ()

    def condition(self, quarantine: Quarantine) -> tuple[str, list[Any]]:
        """SQL over the quarantine's own columns, and its parameters."""
        number, reasons, _mended = map(identifier, quarantine.marks)
        where, params = "true", list[Any]()
        if self.numbers:
            where = f"{number} IN ({', '.join(str(int(one)) for one in self.numbers)})"
        elif self.reason:
            where, params = f"list_contains({reasons}, ?)", [self.reason]
        if self.untold:
            return f"{where} AND NOT list_has_any({reasons}, ?)", [*params, list(self.untold)]
        return where, params

    def as_json(self) -> dict[str, Any]:
        return {"numbers": list(self.numbers), "reason": self.reason, "untold": list(self.untold)}


def untold_to(actor: Actor, quarantine: Quarantine) -> tuple[str, ...]:
    return tuple(sorted(selectors.untold(actor, quarantine.suite, quarantine.version)))


def chosen(numbers: Sequence[int] | None, reason: str, *, everything: bool, untold: tuple[str, ...] = ()) -> Choice:
    """What somebody chose; Invalid where it is nothing, so that nobody means all of them by mistake."""
    if numbers and len(numbers) > MOST_NUMBERS:
        sentence = _("Choose at most %(most)s rows by number, or all of one reason.")
        raise Invalid(sentence % {"most": f"{MOST_NUMBERS:,}"}, fields={"numbers": [_("Too many.")]})
    if not numbers and not reason and not everything:
        raise Invalid(_("Choose rows first."), fields={"numbers": [_("None is chosen.")]})
    return Choice(numbers=tuple(sorted(set(numbers or ()))), reason="" if numbers else reason, untold=untold)


def count_of(quarantine: Quarantine, choice: Choice) -> int:
    """How many rows are meant; Invalid where there is none."""
    where, params = choice.condition(quarantine)
    tables = lake.for_tenant(quarantine.tenant_id)
    found = tables.query(f"SELECT count(*) AS n FROM q WHERE {where}", {"q": quarantine.at}, params).read_all()
    if not (count := int(found.to_pylist()[0]["n"])):
        raise Invalid(_("These rows are not in quarantine any more."), fields={"numbers": [_("Not there.")]})
    return count
