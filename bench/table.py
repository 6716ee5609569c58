"""Rows for people: aligned on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from bench.rows import Row

_HEAD = ("area", "case", "unit", "ours", "peer", "limit", "x peer", "of limit", "spread", "bar")


def print_rows(rows: Sequence[Row]) -> None:
    if not rows:
        return
    lines = [_HEAD, *(_texts(row) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(_HEAD))]
    print()
    for line in lines:
        print("  ".join(_aligned(text, widths[place], place) for place, text in enumerate(line)).rstrip())
    print()
    seen = rows[0].machine
    print(
        f"{seen['cores']} cores, {seen['memory_gib']} GiB, load before {seen['load_before']}; "
        f"medians of {rows[0].runs} paired rounds; peer: {', '.join(sorted({row.peer_name for row in rows}))}."
    )


def _aligned(text: str, width: int, place: int) -> str:
    return text.ljust(width) if place < 3 or place == len(_HEAD) - 1 else text.rjust(width)


def _texts(row: Row) -> tuple[str, ...]:
    return (
        row.area,
        row.case,
        row.unit,
        _number(row.ours),
        _number(row.peer),
        _number(row.limit),
        "" if row.ratio_peer is None else f"{row.ratio_peer:.1f}",
        "" if row.ratio_limit is None else f"{row.ratio_limit:.2f}",
        f"{row.spread:.2f}",
        "" if row.bar is None else f">= {row.bar:.4g} x: {'MISSED' if row.missed else 'passed'}",
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}".replace(",", " ")
