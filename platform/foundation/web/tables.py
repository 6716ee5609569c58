"""Tables of the pages: sorted, filtered and paged by the server, their state in the URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from inspect import Parameter, Signature
from types import MappingProxyType
from typing import Any

import django_tables2
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.db.models.query import ModelIterable
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.timezone import is_aware, localtime
from django_filters import FilterSet
from django_tables2.data import TableQuerysetData
from django_tables2.utils import signature

from foundation.figures import whole
from foundation.web.list_files import FORM_LABELS

PAGE_SIZES = (25, 50, 100, 250)


class PortalTable(django_tables2.Table):
    """A table in the house's dress. The URL says sort, page, per_page, columns and names; the rest is the default.

    `title` names the table for screen readers; `always` lists columns that cannot be hidden.
    As a file (table_files.py) it has the fields of `also` too; what must not leave so says `exports = False`, and a
    list `of_people` leaves with whoever proved lately who they are. `kinds` says of what type a column of the file is
    where its first rows may mislead (a figure that may be whole), as list_files.py names types.
    """

    title: str | Promise = ""
    always: tuple[str, ...] = ("name",)
    also: tuple[str, ...] = ()
    exports = True
    of_people = False
    kinds: Mapping[str, type] = MappingProxyType({})

    class Meta:
        template_name = "components/table.html"
        attrs = {"class": "table table-vcenter card-table"}
        order_by_field = "sort"

    filterset: FilterSet | None = None
    page_sizes = PAGE_SIZES

    @property
    def body(self) -> SafeString:
        """The rows of this page as HTML. The attributes of cells are their column's, so that each is asked for once."""
        columns = []
        for column in self.columns:
            column.render = _asked_once(column.render)
            columns.append((column.name, conditional_escape(column.attrs["td"].as_html())))
        # Escaped here and joined once: for 250 rows format_html_join takes a tenth of the page's time.
        pieces: list[str] = []
        for row in self.paginated_rows:
            pieces.append(f"<tr {conditional_escape(row.attrs.as_html())}>")
            pieces.extend(f"<td {said}>{conditional_escape(_shown(row.get_cell(name)))}</td>" for name, said in columns)
            pieces.append("</tr>\n")
        return SafeString("".join(pieces))

    @property
    def files(self) -> list[dict[str, str]]:
        """The table as files of all its rows and columns, as components/files.html takes them (table_files.py)."""
        asked = self.request.GET.copy()
        for word in ("page", "per_page", "columns", "names"):
            asked.pop(word, None)
        found = []
        for form, label in FORM_LABELS.items():
            asked["export"] = form
            found.append({"label": label, "url": f"?{asked.urlencode()}"})
        return found

    @property
    def names_whole(self) -> bool:
        """Whether the reader wants names in one piece, however long: what dragging a column's edge does by mouse."""
        return bool(self.request.GET.get("names") == "whole")

    @property
    def choosable(self) -> list[dict[str, Any]]:
        """The columns that the reader may show or hide, with their present state."""
        shown = {column.name for column in self.columns.itervisible()}
        return [
            {"name": column.name, "label": column.header, "shown": column.name in shown}
            for column in self.columns.iterall()
            if column.name not in self.always and str(column.header).strip()
        ]


def _asked_once(render: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, which says outright that it takes whatever it is given.

    django-tables2 inspects a renderer's signature for every cell; for a page of 250 rows that is a sixth of its time.
    """
    wanted, takes_all = signature(render)

    def draw(**given: Any) -> Any:
        return render(**(given if takes_all else {name: given[name] for name in wanted if name in given}))

    draw.__signature__ = _TAKES_ALL  # type: ignore[attr-defined]
    return draw


_TAKES_ALL = Signature([Parameter("given", Parameter.VAR_KEYWORD)])


def _shown(cell: Any) -> Any:
    """As a template shows it: figures and times in the reader's way."""
    if isinstance(cell, str):
        return cell
    return localize(localtime(cell) if isinstance(cell, datetime) and is_aware(cell) else cell)


class _Rows(TableQuerysetData):
    """Rows of a page far from the first by their keys: skipped rows are passed by, not made whole and thrown away."""

    def __getitem__(self, wanted: Any) -> Any:
        if not (isinstance(wanted, slice) and wanted.start) or self.data._iterable_class is not ModelIterable:
            return super().__getitem__(wanted)
        keys = list(self.data.values_list("pk", flat=True)[wanted])
        return self.data.filter(pk__in=keys)


def build_table(
    request: HttpRequest,
    table_class: type[PortalTable],
    rows: Any,
    *,
    filterset_class: type[FilterSet] | None = None,
    **extra: Any,
) -> PortalTable:
    """The table for this request: filtered by the query string, sorted, its page cut out, hidden columns left out."""
    filterset = filterset_class(request.GET, queryset=rows, request=request) if filterset_class else None
    if filterset is not None:
        # A form beside the list may have a field of the same name: each label points to its own.
        filterset.form.auto_id = "filter_%s"
    data = filterset.qs if filterset is not None else rows
    table = table_class(_Rows(data) if isinstance(data, QuerySet) else data, request=request, **extra)
    table.filterset = filterset
    for name in _hidden(request, table_class):
        table.columns.hide(name)
    size = _page_size(request)
    django_tables2.RequestConfig(
        request, paginate={"per_page": size, "paginator_class": Paginator, "silent": True}
    ).configure(table)
    return table


def _hidden(request: HttpRequest, table_class: type[PortalTable]) -> tuple[str, ...]:
    wanted = ",".join(request.GET.getlist("columns"))  # a link writes them with commas, a form repeats the word
    if not wanted:
        return ()
    kept = set(wanted.split(",")) | set(table_class.always)
    return tuple(name for name in table_class.base_columns if name not in kept)


def _page_size(request: HttpRequest) -> int:
    asked = whole(request.GET.get("per_page"))
    return asked if asked in PAGE_SIZES else PAGE_SIZES[0]
