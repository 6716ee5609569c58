"""What all databases have in common as sources: names of tables, what is fixed in a pin, and the pieces of a table."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Protocol

from apps.connections.adapters import csv_rows
from apps.connections.errors import PlaceMissing, SourceBroken, SourceChanged
from apps.connections.ports import Asked, ColumnOf, Described, Piece, Place, Step, Table, Thing
from foundation.words import kept as _

# About so many rows make a piece: it is the most that is read again after a worker was killed.
PIECE_ROWS = 500_000
_MOST_PIECES = 10_000
SAMPLE_ROWS = 50
# Seconds of silence and of a whole statement: to look, to find borders, to read.
_LOOKING_S, _SPLITTING_S, _READING_S = (20.0, 20.0), (300.0, 300.0), (300.0, 6 * 3600.0)
_PART = re.compile(r'"((?:[^"\x00]|"")+)"|([^".\x00]+)')


@dataclass(frozen=True)
class Column(ColumnOf):
    """A column as SQL: `value` yields what is sent, `empty_when` is true where the lake cannot hold it."""

    value: str
    empty_when: str = ""
    textual: bool = False
    sortable: bool = False

    @property
    def plain(self) -> ColumnOf:
        return ColumnOf(self.name, self.type, self.nullable, self.source_type)


@dataclass(frozen=True)
class Look:
    """A table as it stands: `identity` changes where another one takes its name; `key` splits it, if anything does."""

    name: str
    identity: str
    columns: Sequence[Column]
    rows: int | None
    exact: bool
    bytes: int | None
    key: str | None


@dataclass(frozen=True)
class Range:
    """Rows whose `column` lies after `after` and not after `upto` (as the database writes them; None: no border)."""

    column: str
    after: str | None = None
    upto: str | None = None
    nulls: bool = False


class Session(Protocol):
    """One connection inside a transaction that only reads and sees one state of the database."""

    def things(self, prefix: str, limit: int) -> list[Thing]: ...

    def look(self, name: Sequence[str], *, with_rows: bool = False) -> Look:
        """PlaceMissing where there is no such table."""

    def border(self, look: Look, within: Range, offset: int) -> str | None:
        """The column's value in the row at `offset` of the range, counted from 0; None where it has fewer."""

    def last(self, look: Look, within: Range) -> str | None:
        """The largest value of the range's column."""

    def lines(
        self, look: Look, columns: Sequence[Column], within: Range | None, limit: int | None
    ) -> Generator[bytes | memoryview, None, None]:
        """The rows as lines of CSV (see `csv_rows`)."""


class Tables:
    """A database as a source. `open_session(patience, whole)` bounds silence and each whole statement, in seconds."""

    def __init__(
        self, open_session: Callable[[float, float], AbstractContextManager[Session]], steps: Callable[[], list[Step]]
    ) -> None:
        self._session, self._steps = open_session, steps

    def check(self) -> list[Step]:
        return self._steps()

    def things(self, prefix: str = "", limit: int = 200) -> list[Thing]:
        with self._session(*_LOOKING_S) as session:
            return session.things(prefix, limit)

    def describe(self, place: Place) -> Described:
        with self._session(*_LOOKING_S) as session:
            look = session.look(parts_of(place.name), with_rows=True)
            lines = session.lines(look, look.columns, None, SAMPLE_ROWS)
            sample = csv_rows.table_of(look.name, look.columns, lines).batches.read_all()
        columns = [column.plain for column in look.columns]
        pin = _pin_text(look, look.columns, None, [])
        return Described(columns, look.rows, look.exact, look.bytes, None, sample, pin)

    def pin(self, place: Place, asked: Asked) -> str:
        with self._session(*_SPLITTING_S) as session:
            look = session.look(parts_of(place.name))
            columns = _chosen(look, asked)
            _require(look, [*asked.key, *([asked.cursor] if asked.cursor else [])])
            whole = _whole(session, look, asked)
            return _pin_text(look, columns, whole, list(_borders(session, look, whole)) if whole else [])

    def pieces(self, place: Place, asked: Asked, pin: str) -> Iterator[Piece]:
        said = json.loads(pin)
        table, whole, borders = said["table"], said["range"], said["borders"]
        read = {"table": table, "identity": said["identity"], "columns": said["columns"], "range": whole}
        if not whole or whole["upto"] is None:
            # Nothing has a value of the cursor: without a lower border the rows that have none are wanted still.
            if not whole or whole["nulls"]:
                yield _piece(1, 1, table, read)
            return
        ends = [*borders, whole["upto"]]
        starts = [whole["after"], *borders]
        for number, (after, upto) in enumerate(zip(starts, ends, strict=True), start=1):
            part = {**whole, "after": after, "upto": upto, "nulls": whole["nulls"] and number == 1}
            yield _piece(number, len(ends), table, {**read, "range": part})

    def reached(self, asked: Asked, pin: str) -> str:
        whole = json.loads(pin)["range"]
        if not asked.cursor or not whole or whole["upto"] is None:
            return "" if asked.since is None else text_of(asked.since)
        return str(whole["upto"])

    @contextmanager
    def read(self, place: Place, asked: Asked, piece: Piece) -> Iterator[Table]:
        fixed = piece.data
        with self._session(*_READING_S) as session:
            try:
                look = session.look(parts_of(place.name))
            except PlaceMissing as error:
                raise SourceChanged(str(error)) from error
            columns = _unchanged(look, fixed)
            within = Range(**fixed["range"]) if fixed["range"] else None
            with closing(session.lines(look, columns, within, None)) as lines:
                yield csv_rows.table_of(look.name, columns, lines)


def parts_of(name: str) -> tuple[str, ...]:
    """The parts of a table's name; in double quotes one may hold dots, and a quote doubled. PlaceMissing: no name."""
    parts, at = [], 0
    while found := _PART.match(name, at):
        parts.append(found[1].replace('""', '"') if found[1] else found[2])
        at = found.end()
        if at == len(name) and len(parts) <= 2:
            return tuple(parts)
        if name[at : at + 1] != ".":
            break
        at += 1
    raise PlaceMissing(
        _("“%(name)s” is no name of a table. Write it like public.orders; in double quotes a part may hold dots.")
        % {"name": name[:200]}
    )


def joined(*parts: str) -> str:
    """The name of a table out of its parts, as `parts_of` takes it."""
    return ".".join(f'"{part.replace(chr(34), chr(34) * 2)}"' if '"' in part or "." in part else part for part in parts)


def text_of(value: Any) -> str:
    """A value of a cursor as a database reads it. SourceBroken: it is none that could be compared."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal | datetime | date | time):
        raise SourceBroken(_("A cursor is compared with a number, a moment, a date or a text."))
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)


def _chosen(look: Look, asked: Asked) -> Sequence[Column]:
    if asked.columns is None:
        return look.columns
    _require(look, asked.columns)
    by_name = {column.name: column for column in look.columns}
    return [by_name[name] for name in dict.fromkeys(asked.columns)]


def _require(look: Look, names: Iterable[str]) -> None:
    known = [column.name for column in look.columns]
    for name in names:
        if name not in known:
            raise PlaceMissing(
                _("%(table)s has no column “%(name)s”. It has: %(known)s.")
                % {"table": look.name, "name": name[:200], "known": ", ".join(known[:50])}
            )


def _whole(session: Session, look: Look, asked: Asked) -> Range | None:
    """The range that is read, with its upper border; None where the table has nothing by which it could be split."""
    if not asked.cursor:
        if look.key is None:
            return None
        whole = Range(look.key, nulls=True)
        return Range(look.key, None, session.last(look, whole), nulls=True)
    if not next(column.sortable for column in look.columns if column.name == asked.cursor):
        raise SourceBroken(
            _("The column “%(name)s” of %(table)s is no cursor: take one of numbers, moments, dates or text.")
            % {"name": asked.cursor, "table": look.name}
        )
    after = None if asked.since is None else text_of(asked.since)
    until = None if asked.until is None else text_of(asked.until)
    within = Range(asked.cursor, after, until)
    return Range(asked.cursor, after, session.last(look, within), nulls=asked.since is None)


def _borders(session: Session, look: Look, whole: Range) -> Iterator[str]:
    if whole.upto is None:
        return
    after = whole.after
    for _number in range(_MOST_PIECES - 1):
        after = session.border(look, Range(whole.column, after, whole.upto), PIECE_ROWS - 1)
        if after is None or after == whole.upto:
            return
        yield after


def _pin_text(look: Look, columns: Sequence[Column], whole: Range | None, borders: Sequence[str]) -> str:
    said = {
        "table": look.name,
        "identity": look.identity,
        "columns": [[column.name, column.source_type] for column in columns],
        "range": asdict(whole) if whole else None,
        "borders": borders,
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _piece(number: int, count: int, table: str, data: Mapping[str, Any]) -> Piece:
    said = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    says = _("Part %(number)d of %(count)d of %(table)s") % {"number": number, "count": count, "table": table}
    return Piece(number, hashlib.sha256(said.encode()).hexdigest(), says, None, None, data)


def _unchanged(look: Look, fixed: Mapping[str, Any]) -> list[Column]:
    """The columns that were fixed; SourceChanged where the table or one of them is another by now."""
    if look.identity != fixed["identity"]:
        raise SourceChanged(_("%(table)s was made anew since it was looked at. Start again.") % {"table": look.name})
    by_name = {column.name: column for column in look.columns}
    for name, source_type in fixed["columns"]:
        if name not in by_name:
            raise SourceChanged(
                _("%(table)s has lost its column “%(name)s” since it was looked at. Start again.")
                % {"table": look.name, "name": name}
            )
        if by_name[name].source_type != source_type:
            raise SourceChanged(
                _("The column “%(name)s” of %(table)s was %(before)s and is %(now)s by now. Start again.")
                % {"table": look.name, "name": name, "before": source_type, "now": by_name[name].source_type}
            )
    return [by_name[name] for name, _type in fixed["columns"]]
