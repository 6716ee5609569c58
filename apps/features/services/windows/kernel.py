"""The one kernel of windows, for batch and stream alike: SQL of ours over a table of events, change points out.

An event of the time t belongs to the tile e, the first multiple of the slide that is not before t. It is seen from
s = max(e, when it became known) on, and by a window of the length W until e + W. So an aggregate changes only at these
moments, and the table of a view has one row for each: (keys, the multiple of the slide that the moment lies in, the
moment, the values from then on).

Nothing here depends on the order in which events came. Sums are taken over whole numbers of 128 bits, a number with a
point as its whole part and 2^-64ths of the rest: what is added when an event comes in is taken away exactly when it
leaves. Smallest, largest and last values and quantiles are found among the tiles, or events, that are seen at a moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from apps.features.choices import WindowFunction
from apps.features.services.windows.plans import Aggregation, Plan
from foundation.quoting import identifier

_FRACTION = f"{1 << 64}.0"
_HALF, _LONG = f"{(1 << 32) - 1}::HUGEINT", (1 << 63) - 1


def seen_sql(plan: Plan) -> str:
    """Events with their tile `e` and the moment `s` from which they are seen."""
    slide = plan.slide_us
    tile = f"t + ({slide} - ((t % {slide}) + {slide}) % {slide}) % {slide}"
    return f"SELECT *, greatest(e, known) AS s FROM (SELECT *, {tile} AS e FROM events WHERE t IS NOT NULL)"  # noqa: S608 - our own names


def reach_sql(plan: Plan) -> str:
    """The moments, in µs, from and up to which events after a step (the parameter) change anything; and their keys."""
    keys = ", ".join(plan.key_names)
    return (
        f"SELECT {keys}, min(s) AS low, max(e) + {plan.longest_us} AS high FROM ({seen_sql(plan)}) "  # noqa: S608
        f"WHERE step > $step AND s < e + {plan.longest_us} GROUP BY {keys}"
    )


def change_points_sql(plan: Plan, *, after: tuple[int, int] | None = None) -> str:
    """The rows of the view over the input `events`: all of them, or those that events after a step change.

    `after` is that step, and the first moment that anything changes at, in µs: older events are not even read.
    """
    return _Kernel(plan, after).sql()


class _Kernel:
    def __init__(self, plan: Plan, after: tuple[int, int] | None) -> None:
        self._plan, self._after = plan, after
        self._keys = ", ".join(plan.key_names)

    @cached_property
    def _windows(self) -> list[int]:
        return sorted({one.window_us for one in self._plan.aggregations})

    def sql(self) -> str:
        named = [*self._parts()]
        return f"WITH {', '.join(f'{name} AS ({sql})' for name, sql in named)} {self._rows()}"

    def _parts(self) -> Iterator[tuple[str, str]]:
        longest, plan = self._plan.longest_us, self._plan
        if self._after is None:
            yield "ev", f"SELECT * FROM ({seen_sql(plan)}) WHERE s < e + {longest}"  # noqa: S608 - our own names
        else:
            step, low = self._after
            oldest = low - longest - plan.slide_us
            seen = f"SELECT * FROM ({seen_sql(plan)}) WHERE t > {oldest}"  # noqa: S608
            yield "near", f"SELECT * FROM ({seen}) WHERE s < e + {longest}"  # noqa: S608
            # What came may lie further back than what is near it: it is near by itself.
            bounds = f"min(s) AS low, max(e) + {longest} AS high"
            yield "reach", f"SELECT {self._keys}, {bounds} FROM near WHERE step > {step} GROUP BY {self._keys}"  # noqa: S608
            inside = f"e + {longest} > low AND s <= high"
            yield "ev", f"SELECT near.*, low, high FROM near JOIN reach USING ({self._keys}) WHERE {inside}"  # noqa: S608
        yield "tiles", self._tiles()
        for place, one in enumerate(self._distinct):
            yield from self._islands(place, one)
        yield "steps", self._steps()
        sums = "".join(f", sum({name}) AS {name}" for name, _kind, _steps in self._running)
        yield "moments", f"SELECT {self._keys}, m{sums} FROM steps GROUP BY {self._keys}, m"  # noqa: S608
        over = f"(PARTITION BY {self._keys} ORDER BY m ROWS UNBOUNDED PRECEDING)"
        runs = "".join(f", sum({name}) OVER w AS {name}" for name, _kind, _steps in self._running)
        window = f" WINDOW w AS {over}" if runs else ""
        yield "run", f"SELECT {self._keys}, m{runs} FROM moments{window}"  # noqa: S608
        # Before the first change the sums began somewhere in the middle; they are right from there on.
        inside = f" JOIN reach USING ({self._keys}) WHERE m BETWEEN low AND high" if self._after else ""
        yield "points", f"SELECT run.* FROM run{inside}"  # noqa: S608
        for window_us in self._windows:
            yield from self._found(window_us)

    # -- sums and counts: what comes in, and what leaves

    @cached_property
    def _running(self) -> list[tuple[str, int, str]]:
        """Names of running sums, the window that each is of, and the tile's part in it."""
        found: dict[str, tuple[str, int, str]] = {}
        for one in self._plan.aggregations:
            for what in self._sums_of(one):
                name = f"{what}_{one.seconds}"
                found[name] = (name, one.window_us, what)
        return list(found.values())

    def _sums_of(self, one: Aggregation) -> list[str]:
        value = self._plan.value(one.column) if one.column else ""
        match one.function:
            case WindowFunction.COUNT:
                return [f"n{value}"]
            case WindowFunction.SUM | WindowFunction.MEAN:
                return [f"n{value}", *self._parts_of_sum(one)]
            case WindowFunction.DISTINCT:
                return [f"d{self._distinct.index(one)}"]
            case _:
                return []

    def _parts_of_sum(self, one: Aggregation) -> list[str]:
        value = self._plan.value(one.column)
        return [f"hi{value}", f"lo{value}"] if one.type == "DOUBLE" else [f"hi{value}"]

    @cached_property
    def _distinct(self) -> list[Aggregation]:
        return [one for one in self._plan.aggregations if one.function == WindowFunction.DISTINCT]

    def _tiles(self) -> str:
        """One row for what came in at once: per entity, tile, and moment from which it is seen."""
        parts = ["count(*) AS n"]
        wanted = {what for _name, _window, what in self._running}
        functions = {(one.function, one.column) for one in self._plan.aggregations if one.column}
        for column in self._plan.columns:
            value = self._plan.value(column)
            kind = next(one.type for one in self._plan.aggregations if one.column == column)
            if f"n{value}" in wanted:
                parts.append(f"count({value}) AS n{value}")
            whole = f"trunc({value})" if kind == "DOUBLE" else value
            if f"hi{value}" in wanted:
                parts.append(f"coalesce(sum(CAST({whole} AS HUGEINT)), 0) AS hi{value}")
            if f"lo{value}" in wanted:
                rest = f"trunc(({value} - trunc({value})) * {_FRACTION})"
                parts.append(f"coalesce(sum(CAST({rest} AS HUGEINT)), 0) AS lo{value}")
            parts += [
                f"{function.value}({value}) AS {function.value}{value}"
                for function in (WindowFunction.MIN, WindowFunction.MAX)
                if (function, column) in functions
            ]
            if (WindowFunction.LAST, column) in functions:
                newest = f"max(struct_pack(a := t, b := known, c := {value})) FILTER ({value} IS NOT NULL)"
                parts.append(f"{newest} AS last{value}")
        return f"SELECT {self._keys}, e, s, {', '.join(parts)} FROM ev GROUP BY {self._keys}, e, s"  # noqa: S608

    def _steps(self) -> str:
        """What each moment adds to each running sum; what leaves takes away what it brought."""
        tiles = [sum for sum in self._running if not sum[2].startswith("d")]
        comes = {
            name: what if window == self._plan.longest_us else f"CASE WHEN s < e + {window} THEN {what} ELSE 0 END"
            for name, window, what in tiles
        }
        found = [self._step("s", "tiles", comes)]
        for window_us in self._windows:
            leaves = {name: f"-{what}" for name, window, what in tiles if window == window_us}
            found.append(self._step(f"e + {window_us}", f"tiles WHERE s < e + {window_us}", leaves))
        for place, one in enumerate(self._distinct):
            name = f"d{place}_{one.seconds}"
            found.append(self._step("s", f"i{place} WHERE begins", {name: "1"}))
            found.append(self._step("until", f"i{place} WHERE ends", {name: "-1"}))
        return " UNION ALL ".join(found)

    def _step(self, moment: str, source: str, told: dict[str, str]) -> str:
        sums = "".join(f", CAST({told.get(name, '0')} AS HUGEINT) AS {name}" for name, _w, _x in self._running)
        return f"SELECT {self._keys}, {moment} AS m{sums} FROM {source}"  # noqa: S608

    def _islands(self, place: int, one: Aggregation) -> Iterator[tuple[str, str]]:
        """Of each value the times through which it is seen without a gap: so often it counts as one."""
        value, window = self._plan.value(one.column), one.window_us
        each = f"{self._keys}, {value}"
        spans = f"SELECT {each}, s, max(e) + {window} AS until FROM ev"  # noqa: S608
        yield f"s{place}", f"{spans} WHERE {value} IS NOT NULL AND s < e + {window} GROUP BY {each}, s"
        over = f"(PARTITION BY {each} ORDER BY s ROWS BETWEEN UNBOUNDED PRECEDING AND"
        before = f"max(until) OVER {over} 1 PRECEDING)"
        so_far = f"max(until) OVER {over} CURRENT ROW)"
        following = f"lead(s) OVER (PARTITION BY {each} ORDER BY s)"
        yield (
            f"i{place}",
            f"SELECT {self._keys}, s, coalesce(s > before, true) AS begins, so_far AS until, "  # noqa: S608
            f"coalesce(following > so_far, true) AS ends FROM (SELECT *, {before} AS before, {so_far} AS so_far, "
            f"{following} AS following FROM s{place})",
        )

    # -- what has to be looked for among all that is seen

    def _found(self, window_us: int) -> Iterator[tuple[str, str]]:
        mine = [one for one in self._plan.aggregations if one.window_us == window_us]
        tiles = [one for one in mine if one.function in _LOOKED_FOR]
        events = [one for one in mine if one.function == WindowFunction.QUANTILE]
        for name, source, wanted in (("t", "tiles", tiles), ("q", "ev", events)):
            if not wanted:
                continue
            told = dict(self._looked_for(one) for one in wanted)
            values = "".join(f", {sql} AS {column}" for column, sql in told.items())
            taken = ", ".join(
                f"x.{column}" for column in sorted({column for one in wanted for column in self._of(one)})
            )
            # A span no longer than the window lies in two of its multiples at most: moments meet few spans in vain.
            places = f"unnest(list_distinct([s // {window_us}, (e + {window_us} - 1) // {window_us}])) AS b"
            spans = f"SELECT {self._keys}, s, e, {taken}, {places} FROM {source} x WHERE s < e + {window_us}"  # noqa: S608
            moments = f"SELECT {self._keys}, m, m // {window_us} AS b FROM points"  # noqa: S608
            joined = f"({moments}) p JOIN ({spans}) x"
            yield (
                f"{name}{window_us}",
                f"SELECT {self._keys}, m{values} FROM {joined} USING ({self._keys}, b) "  # noqa: S608
                f"WHERE x.s <= m AND m < x.e + {window_us} GROUP BY {self._keys}, m",
            )

    def _of(self, one: Aggregation) -> list[str]:
        """The columns of tiles or events that it is looked for in."""
        value = self._plan.value(one.column)
        return [value if one.function == WindowFunction.QUANTILE else f"{one.function.value}{value}"]

    def _looked_for(self, one: Aggregation) -> tuple[str, str]:
        value = self._plan.value(one.column)
        if one.function == WindowFunction.QUANTILE:
            return self._column(one), f"quantile_cont(CAST({value} AS DOUBLE), {one.quantile!r})"
        if one.function == WindowFunction.LAST:
            return self._column(one), f"max(last{value}).c"
        return self._column(one), f"{one.function.value}({one.function.value}{value})"

    def _column(self, one: Aggregation) -> str:
        return f"f{self._plan.aggregations.index(one)}"

    # -- the rows

    def _rows(self) -> str:
        plan, slide = self._plan, self._plan.slide_us
        columns = [f"{name} AS {identifier(key)}" for name, key in zip(plan.key_names, plan.keys, strict=True)]
        columns.append(f"make_timestamp(m - ((m % {slide}) + {slide}) % {slide}) AS {identifier(plan.event_time)}")
        columns += [f"make_timestamp(m) AS {identifier(plan.created)}"] if plan.created else []
        columns += [f"{self._answer(one)} AS {identifier(one.name)}" for one in plan.aggregations]
        kinds = {(name, one.window_us) for one in plan.aggregations if (name := _source(one))}
        joins = "".join(f" LEFT JOIN {name}{window} USING ({self._keys}, m)" for name, window in sorted(kinds))
        # In the order of time: who reads a part of it by time reads few of its files.
        return f"SELECT {', '.join(columns)} FROM points{joins} ORDER BY m, {self._keys}"  # noqa: S608

    def _answer(self, one: Aggregation) -> str:
        sums = [f"{what}_{one.seconds}" for what in self._sums_of(one)]
        match one.function:
            case WindowFunction.COUNT | WindowFunction.DISTINCT:
                return f"CAST({sums[0]} AS BIGINT)"
            case WindowFunction.SUM:
                return f"CASE WHEN {sums[0]} > 0 THEN {_total(sums[1:], one)} END"
            case WindowFunction.MEAN:
                total = _total(sums[1:], one) if one.type == "DOUBLE" else _as_double(sums[1])
                return f"CASE WHEN {sums[0]} > 0 THEN {total} / CAST({sums[0]} AS DOUBLE) END"
            case _:
                return self._column(one)


_LOOKED_FOR = frozenset({WindowFunction.MIN, WindowFunction.MAX, WindowFunction.LAST})


def _source(one: Aggregation) -> str:
    if one.function == WindowFunction.QUANTILE:
        return "q"
    return "t" if one.function in _LOOKED_FOR else ""


def _total(sums: Sequence[str], one: Aggregation) -> str:
    """A sum as people read it: its whole part rounded, and to it its rest rounded.

    One of whole numbers that 64 bits do not hold is missing, as what has no number always is.
    """
    if one.type != "DOUBLE":
        return f"TRY_CAST({sums[0]} AS BIGINT)"
    whole, rest = sums
    # Two halves that a double holds exactly; the engine's own way from 128 bits rounds twice.
    upper, lower = f"CAST({rest} >> 32 AS DOUBLE)", f"CAST(CAST({rest} & {_HALF} AS BIGINT) AS DOUBLE)"
    return f"({_as_double(whole)} + ({upper} / {1 << 32}.0 + {lower} / {_FRACTION}))"


def _as_double(whole: str) -> str:
    """A sum of 128 bits as the nearest double; of 64 bits the engine rounds once."""
    near = f"{whole} BETWEEN -{_LONG} AND {_LONG}"
    return f"CASE WHEN {near} THEN CAST(CAST({whole} AS BIGINT) AS DOUBLE) ELSE CAST({whole} AS DOUBLE) END"
