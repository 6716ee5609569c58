"""Rows of the lake as a page's table: counted, sorted and cut out by the lake, whatever the columns are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_tables2 import Column
from django_tables2.data import TableData

from foundation.identity import Actor
from foundation.lake import for_tenant
from foundation.lake.ports import TableAt
from foundation.web.tables import PAGE_SIZES, PortalTable, build_table
from foundation.web.templatetags.sanad_format import NOTHING

Masks = Mapping[str, Callable[[Any], Any]]
_LONGEST = 120
# An id, a number or a moment is read in one line; a dash in it is no place to break.
_ONE_LINE = 32
_TYPES = {
    "string": "varchar",
    "large_string": "varchar",
    "bool": "boolean",
    "int8": "tinyint",
    "int16": "smallint",
    "int32": "integer",
    "int64": "bigint",
    "uint8": "utinyint",
    "uint16": "usmallint",
    "uint32": "uinteger",
    "uint64": "ubigint",
    "date32[day]": "date",
    "time64[us]": "time",
    "binary": "blob",
}
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "UINTEGER", "UBIGINT")


class LakeRows(TableData):
    """The rows of a table at its snapshot; columns go by their place (`c0`, `c1`, …), since names may be any text."""

    def __init__(
        self, actor: Actor, at: TableAt, names: Sequence[str], row_count: int, masks: Masks | None = None
    ) -> None:
        super().__init__(at)
        self._masks = masks or {}
        self._lake, self._names, self._count = for_tenant(actor.tenant_id), list(names), row_count
        self._order: str | None = None
        self._descending = False

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self[: PAGE_SIZES[-1]])

    def __getitem__(self, cut: Any) -> Any:
        start, stop = (cut.start or 0, cut.stop) if isinstance(cut, slice) else (cut, cut + 1)
        found = self._lake.preview(
            self.data, limit=stop - start, offset=start, order_by=self._order, descending=self._descending
        )
        rows = [{f"c{i}": self._shown(name, row) for i, name in enumerate(self._names)} for row in found.to_pylist()]
        return rows if isinstance(cut, slice) else rows[0]

    def _shown(self, name: str, row: Mapping[str, Any]) -> Any:
        return self._masks[name](row[name]) if name in self._masks else row[name]

    def order_by(self, aliases: Sequence[str]) -> None:
        for alias in list(aliases)[:1]:
            name = self._names[int(str(alias).lstrip("-")[1:])]
            # In the order of a masked column its values could be told apart.
            if name not in self._masks:
                self._order, self._descending = name, str(alias).startswith("-")


class LakeColumn(Column):
    """A column of data as it is: nothing is rounded, a missing value is a dash."""

    empty_values = ()

    def __init__(self, name: str, type_: str, *, masked: bool = False) -> None:
        header = format_html('<span><bdi>{}</bdi> <span class="s-faint">{}</span></span>', name, type_.lower())
        style = {"class": "s-num"} if is_numeric(type_) else {}
        super().__init__(verbose_name=header, attrs={"td": style, "th": style}, orderable=not masked)

    def render(self, value: Any) -> SafeString:
        return cell(value)


def is_numeric(type_: str) -> bool:
    """Whether values of the type stand at the end of their cell."""
    return type_.upper().startswith(_NUMBERS)


def cell(value: Any) -> SafeString:
    """One value of a row, cut where it is long."""
    if value is None:
        return format_html('<span class="s-faint">{}</span>', NOTHING)
    text = " ".join(str(value).split())
    if len(text) <= _ONE_LINE:
        return format_html('<bdi class="s-nowrap">{}</bdi>', text)
    if len(text) <= _LONGEST:
        return format_html("<bdi>{}</bdi>", text)
    return format_html('<bdi title="{}">{}…</bdi>', text[:2000], text[:_LONGEST])


def sample_rows(table: Any) -> dict[str, Any]:
    """An Arrow table that was read once, as components/rows.html takes it."""
    types = [(field.name, _type(str(field.type))) for field in table.schema]
    columns = [{"name": name, "type": said, "numeric": is_numeric(said)} for name, said in types]
    return {"columns": columns, "rows": [_cells(columns, row) for row in table.to_pylist()]}


def _cells(columns: Sequence[Mapping[str, Any]], row: Mapping[str, Any]) -> list[dict[str, Any]]:
    shown = zip(columns, row.values(), strict=True)
    return [{"value": cell(value), "numeric": column["numeric"]} for column, value in shown]


def _type(arrow: str) -> str:
    """A type as the lake calls it, as on the page of any dataset: `string` of Arrow is `varchar`."""
    if arrow.startswith("timestamp["):
        return "timestamp with time zone" if "tz=" in arrow else "timestamp"
    if arrow.startswith("decimal"):
        return "decimal" + arrow[arrow.index("(") :].replace(" ", "")
    return _TYPES.get(arrow, arrow)


def rows_table(
    request: HttpRequest,
    at: TableAt,
    columns: Sequence[Mapping[str, Any]],
    row_count: int,
    *,
    title: Any,
    masks: Masks | None = None,
) -> PortalTable:
    """The table of the rows at a snapshot; `columns` are {"name", "type"} in the order of the table.

    `masks` says for columns by name how their values are shown to this reader; they cannot be sorted by.

    It is no file of its own: data leaves by its own downloads, which ask whether personal data may.
    """
    masked = masks or {}
    cells = {f"c{i}": LakeColumn(c["name"], c["type"], masked=c["name"] in masked) for i, c in enumerate(columns)}
    table_class = type("RowsTable", (PortalTable,), {**cells, "title": title, "always": ("c0",), "exports": False})
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return build_table(request, table_class, LakeRows(actor, at, [c["name"] for c in columns], row_count, masks))


__all__ = ["LakeRows", "cell", "is_numeric", "rows_table", "sample_rows"]
