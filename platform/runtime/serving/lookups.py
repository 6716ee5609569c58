"""Features that a client need not send: looked up by the keys in its rows, with one question to the online store.

The portal tells a replica what to look up and lends it a name at the store, over the socket that the replica answers
on and for a quarter of an hour at a time; nothing of it is written down here. A replica asks the portal for nothing.
"""

from __future__ import annotations

import base64
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from runtime.encoder import LARGEST, InputRefused
from runtime.schema import Feature
from runtime.serving.shapes import Shape, Shapes, Takes

if TYPE_CHECKING:
    from runtime.online import AsyncReader, Derived, Plan
    from runtime.online.reading import OfView

Row = Mapping[str, Any]
MOST_ROWS = 1_000
# What the store says of a name that was taken away; a new one comes from the portal within seconds.
_DISMISSED = ("WRONGPASS", "NOAUTH", "NOPERM")
_MOST_FORGOTTEN = 100
# Between two looks of the portal, five seconds apart; the oldest go.
_MOST_SAMPLES = 1_000


@dataclass(frozen=True)
class Seen:
    """Rows as the model sees them, in the order of its schema, and which values of them are missing.

    `missing` holds {"view", "features", "rows", "why"}; why is "missing", "expired", "not online", "not finite",
    "not given" (what is reckoned lacks a value of the request) or "unfit". `columns` and `data` hold the rows once more
    with the keys and values by which they were completed.
    """

    rows: list[list[Any]]
    missing: list[dict[str, Any]]
    columns: list[str]
    data: list[list[Any]]


@dataclass
class _Lease:
    plan: Plan
    reader: AsyncReader
    number: int
    until: float
    close: Callable[[], None]
    # Of each view: its features that the model takes, as (place in the view, place in the model's row, name).
    wanted: list[list[tuple[int, int, str]]]
    sources: dict[str, tuple[int, int]]
    sampled: Callable[..., list[bytes]]
    good: bool = True


@dataclass
class _Filling:
    """One request while it is completed."""

    allowed: Shapes
    where: str
    given: Sequence[Row]
    rows: list[list[Any]]
    missing: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def lacks(self, view: str, why: str, name: str, row: int) -> None:
        told = self.missing.setdefault((view, why), {"view": view, "features": {}, "rows": {}, "why": why})
        told["features"][name] = told["rows"][row] = None


class Lookups:
    """What is looked up for one model; the portal tells it (`tell`) and takes it back."""

    def __init__(self, features: Sequence[Feature], store: str, clock: Callable[[], float] = time.time) -> None:
        self._features = tuple(features)
        self._names = [feature.name for feature in features]
        self._fits = [_FITS[feature.type] for feature in features]
        self._store, self._clock = store, clock
        self._lease: _Lease | None = None
        self._forgotten: dict[str, None] = {}
        self._samples: deque[bytes] = deque(maxlen=_MOST_SAMPLES)
        self._why = ""
        self.shapes: Shapes | None = None

    def tell(self, document: Mapping[str, Any]) -> None:
        """{"takes": see `Takes`, "lease": {"plan", "number", "name", "password", "database", "until"} or null, "why"}.

        Without a lease nothing is looked up from now on, and whoever leaves features out is told why; what is taken
        stays where nothing is said of it.
        """
        if given_takes := document.get("takes"):
            takes = Takes.parse(given_takes)
            if self.shapes is None or self.shapes.takes != takes:
                self.shapes = Shapes(self._names, takes)
        before, given = self._lease, document.get("lease")
        self._why = str(document.get("why") or "")
        self._lease = self._begun(given, before) if given else None
        if before is not None:
            before.close()

    def state(self) -> dict[str, Any]:
        """Until when it can look up (Unix seconds, 0: it cannot) and by which number of plans; and what came up since.

        That is views that were not online, and a few sealed samples of what was served, to be compared with the lake.
        """
        lease = self._current()
        forgotten, self._forgotten = list(self._forgotten), {}
        samples = [base64.b64encode(one).decode() for one in self._samples]
        self._samples.clear()
        good = lease is not None and lease.good
        return {
            "until": lease.until if lease and good else 0,
            "number": lease.number if lease else -1,
            "forgotten": forgotten,
            "samples": samples,
        }

    def _begun(self, given: Mapping[str, Any], before: _Lease | None) -> _Lease:
        from runtime.online import AsyncReader, AsyncValkey, Plan
        from runtime.online.samples import Sampler

        # What was opened by plans of another number is forgotten: they may have changed because somebody was erased.
        kept = before is not None and before.number == given["number"]
        known = {view.id: view for view in before.plan.online_views} if kept and before else {}
        plan = Plan.parse(given["plan"], known)
        name, password = quote(given["name"], safe=""), quote(given["password"], safe="")
        store = AsyncValkey(f"unix://{name}:{password}@{quote(self._store)}?db={int(given['database'])}")
        places = {name: place for place, name in enumerate(self._names)}
        return _Lease(
            plan=plan,
            reader=AsyncReader(store, plan.online_views),
            number=int(given["number"]),
            until=float(given["until"]),
            close=store.close,
            wanted=[[(at, places[n], n) for at, n in one.wanted if n in places] for one in plan.views],
            sources={
                source: (index, one.view.features.index(source))
                for derived in plan.derived
                for source, pk in derived.sources.items()
                for index, one in enumerate(plan.views)
                if one.view.id == pk
            },
            sampled=Sampler().taken,
        )

    def _current(self) -> _Lease | None:
        if self._lease is not None and self._clock() >= self._lease.until:
            self._lease.close()
            self._lease = None
        return self._lease

    async def complete(self, given: Sequence[Row], where: str) -> Seen:
        """Rows with some of the features left out, completed. Raises InputRefused, with the row's place from 0."""
        if self.shapes is None:
            raise InputRefused("The features of this model are not known here yet; ask again in a few seconds.", 503)
        if not given:
            raise InputRefused("The request holds no rows.", 400)
        if len(given) > MOST_ROWS:
            raise InputRefused(f"Features are looked up for at most {MOST_ROWS} rows at once; send fewer.", 413)
        shapes = [self.shapes.of(row, number, where) for number, row in enumerate(given)]
        filling = _Filling(self.shapes, where, given, [[row.get(name) for name in self._names] for row in given])
        if any(shape.views or shape.derived for shape in shapes):
            await self._fill(filling, shapes)
        extra = list(dict.fromkeys(name for row in given for name in row if name not in self.shapes.features))
        return Seen(
            filling.rows,
            [{**one, "features": list(one["features"]), "rows": list(one["rows"])} for one in filling.missing.values()],
            [*self._names, *extra],
            [[*row, *(one.get(name) for name in extra)] for row, one in zip(filling.rows, given, strict=True)],
        )

    async def _fill(self, filling: _Filling, shapes: Sequence[Shape]) -> None:
        lease = self._current()
        if lease is None:
            why = self._why or "Features cannot be looked up just now."
            raise InputRefused(f"{why} Send all features of the model, or ask again later.", 503)
        rows_of = [[row for row, shape in enumerate(shapes) if one.view.id in shape.views] for one in lease.plan.views]
        found = await self._read(lease, filling, rows_of)
        answers = [dict(zip(rows, range(len(rows)), strict=True)) for rows in rows_of]
        for index, (one, rows) in enumerate(zip(found, rows_of, strict=True)):
            if not one.is_online:
                self._forget(one)
            self._take(lease, index, one, rows, filling)
        for derived in lease.plan.derived:
            rows = [row for row, shape in enumerate(shapes) if derived.name in shape.derived]
            self._reckon(lease, derived, rows, filling, found, answers)

    async def _read(self, lease: _Lease, filling: _Filling, rows_of: Sequence[Sequence[int]]) -> list[OfView]:
        from runtime.online import Answer, KeyRefused, NotOurs, StoreAway

        given, entities = filling.given, []
        for one, rows in zip(lease.plan.views, rows_of, strict=True):
            keys = filling.allowed.takes.keys[one.view.id]
            filling.allowed.check_keys(given, rows, keys, filling.where)
            entities.append([{key: given[row][column] for key, column in keys.items()} for row in rows])
        now_us = int(self._clock() * 1_000_000)
        try:
            found = await lease.reader.read_each(entities, now_us=now_us)
        except KeyRefused as refused:
            # All else was checked above: what is left is text that is none, half of a surrogate pair.
            raise InputRefused(f"A key {refused.key!r} in {filling.where} is no text.") from refused
        except StoreAway as away:
            lease.good = lease.good and not str(away).startswith(_DISMISSED)
            sentence = "The online store does not answer, so that no features can be looked up; ask again in a moment."
            raise InputRefused(sentence, 503) from away
        except NotOurs as error:
            sentence = "A value online cannot be opened. Put the view online again, or send all features of the model."
            raise InputRefused(sentence, 503) from error
        for asked, of_view in zip(entities, found, strict=True):
            answer = Answer(len(asked), [of_view])
            self._samples += lease.sampled(asked, answer, lease.plan.shares, now_us=now_us)
        return found

    def _forget(self, one: OfView) -> None:
        if len(self._forgotten) < _MOST_FORGOTTEN:
            self._forgotten[str(one.view.id)] = None

    def _take(self, lease: _Lease, index: int, one: OfView, rows: Sequence[int], filling: _Filling) -> None:
        """The values of one view, where the client sent none of its own."""
        wanted, expired = lease.wanted[index], set(one.expired)
        for place, row in enumerate(rows):
            values, given, into = one.rows[place], filling.given[row], filling.rows[row]
            odd = one.odd.get(place, ())
            for at, column, name in wanted:
                if name in given:
                    continue
                if values is None:
                    why = "expired" if place in expired else "missing" if one.is_online else "not online"
                elif at in odd:
                    why = "not finite"
                else:
                    why = self._put(into, column, values[at])
                if why:
                    filling.lacks(one.view.name, why, name, row)

    def _put(self, row: list[Any], column: int, value: Any) -> str:
        """Why it is missing; empty where it is there."""
        if value is None:
            return "missing"
        if isinstance(value, datetime):
            value = value.isoformat()
        if not self._fits[column](value):
            return "unfit"
        row[column] = value
        return ""

    def _reckon(
        self,
        lease: _Lease,
        derived: Derived,
        rows: Sequence[int],
        filling: _Filling,
        found: Sequence[OfView],
        answers: Sequence[Mapping[int, int]],
    ) -> None:
        allowed = filling.allowed
        columns = allowed.takes.requests[derived.name]
        allowed.check_request(derived.declared, columns, filling.given, rows, filling.where)
        wanted = [(self._names.index(name), name) for name, _text in derived.features if name in allowed.features]
        for row in rows:
            given = filling.given[row]
            values = {value: given.get(column) for value, column in columns.items()}
            for name in derived.sources:
                values[name] = given[name] if name in given else _of(lease.sources[name], row, found, answers)
            made = derived.program.row(values)
            lacks = any(values[value] is None for value in columns)
            for column, name in wanted:
                if name in given:
                    continue
                if why := self._put(filling.rows[row], column, made[name]):
                    filling.lacks(derived.name, "not given" if why == "missing" and lacks else why, name, row)


def _of(source: tuple[int, int], row: int, found: Sequence[OfView], answers: Sequence[Mapping[int, int]]) -> Any:
    index, at = source
    place = answers[index].get(row)
    values = None if place is None else found[index].rows[place]
    if values is None or at in found[index].odd.get(place or 0, ()):
        return None
    return values[at]


def _number(value: Any) -> bool:
    """What training takes for missing is missing here, too."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -LARGEST <= value <= LARGEST


def _whole(value: Any) -> bool:
    return _number(value) and (isinstance(value, int) or value.is_integer())


def _moment(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


_FITS: dict[str, Callable[[Any], bool]] = {
    "number": _number,
    "integer": _whole,
    "boolean": lambda value: isinstance(value, bool),
    "category": lambda value: isinstance(value, str),
    "timestamp": _moment,
}
