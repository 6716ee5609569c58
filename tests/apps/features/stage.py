"""What the tests of features stand on: small tables, and the way from a table to a view and a training set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from apps.features import services
from apps.tenants import services as tenants
from foundation import ledger
from foundation.clock import now
from foundation.lake import Column
from foundation.ledger.dispatch import dispatch_once

FLIGHTS = b"carrier,moment,late\n" + b"".join(
    f"{carrier},2013-01-{day:02d} 10:00:00,{(day + len(carrier)) % 2}\n".encode()
    for day in range(1, 29)
    for carrier in ("AA", "DLX")
)
DELAYS = b"carrier,moment,delay\nAA,2013-01-01 09:00:00,5\nAA,2013-01-10 09:00:00,50\nDLX,2013-01-05 00:00:00,7\n"
SQL = "SELECT carrier, moment, delay AS recent_delay FROM delays"

# Of nothing here there are rows of then.
LONG_AFTER = datetime(2030, 1, 1, tzinfo=UTC)

PERSON, CANARY = "person-CANARY-78", "secret-CANARY-of-78"
EVENTS = b"who,seen,spent,note\n" + b"".join(
    b"person-%d,2024-01-%02d 10:00:00,%d,plain\n" % (n % 6, 1 + n, n) for n in range(20)
)
EVENTS += f"{PERSON},2024-01-03 09:00:00,70,{CANARY}\n{PERSON},2024-01-04 09:00:00,71,{CANARY}\n".encode()
LABELS = b"customer,seen,late\n" + b"".join(
    b"person-%d,2024-02-%02d 10:00:00,%d\n" % (n % 6, 1 + n, n % 2) for n in range(20)
)
LABELS += f"{PERSON},2024-02-05 09:00:00,1\n".encode()
# The columns of a view of the events.
SPENDING = [
    Column(name, kind)
    for name, kind in (("person", "VARCHAR"), ("seen", "TIMESTAMP"), ("spent", "BIGINT"), ("note", "VARCHAR"))
]


def deliver_events(*names: str) -> None:
    """Whatever the ledger tells by now, to these subscribers; where none is named, to those who keep the catalogue."""
    ledger.sequence_once()
    for name in names or ("features.catalogue", "features.catalogue_on_demand"):
        while dispatch_once(name=name):
            pass


def end_of_bin() -> int:
    """Whatever lies in a bin has lain there for all its days; how many things those were."""
    return tenants.empty_due(now=now() + timedelta(days=settings.SANAD_BIN_DAYS, minutes=1))


class Definer:
    """Defines as one person in one project; what was defined is queued, and not computed yet."""

    def __init__(self, actor: Any, project: Any) -> None:
        self._by = {"actor": actor, "project": project}

    def entity(self, name: str) -> Any:
        """It is known by a key of its own name."""
        return services.define_entity(**self._by, name=name, join_keys=[name])

    def view(
        self, entity: Any, name: str, sql: str, *, event_time: str, timeless: Sequence[str] = (), **inputs: Any
    ) -> Any:
        """A view by SQL over versions, each under its alias; of these some may hold at all times."""
        versions = {alias: version.pk for alias, version in inputs.items()}
        words = {"entity": entity, "name": name, "sql": sql, "inputs": versions, "event_time": event_time}
        return services.define_view(**self._by, **words, timeless_inputs=timeless)

    def training_set(self, base: Any, name: str, *, label: str = "late", **words: Any) -> Any:
        return services.define_training_set(**self._by, base_version_id=base.pk, name=name, label=label, **words)
