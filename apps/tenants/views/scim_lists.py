"""Lists of SCIM: what a filter picks, in pages, with the attributes that are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from pydantic import ValidationError
from scim2_models import ListResponse, ResponseParameters, ScimFilter
from scim2_models.path import (
    CompareOperator,
    Comparison,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)

from apps.tenants.errors import ProvisionRefused
from apps.tenants.selectors.provisioning import Comparisons
from apps.tenants.views import scim_words as words

Shown = Callable[[list[Any]], list[Any]]


def page(request: HttpRequest, model: Any, rows: Any, compared: Comparisons, shown: Shown) -> tuple[int, Any]:
    """The rows that fit the filter, `count` of them from `startIndex` on; both count from one (RFC 7644, 3.4.2.4).

    The database picks them by what providers ask for; for other filters each of the rows is shown and looked at.
    """
    start, count = max(_number(request, "startIndex", 1), 1), max(_number(request, "count", words.MOST_IN_A_PAGE), 0)
    part = slice(start - 1, start - 1 + min(count, words.MOST_IN_A_PAGE))
    wanted = ScimFilter[model](request.GET["filter"]) if request.GET.get("filter") else None
    condition = Q() if wanted is None else _as_condition(wanted, compared)
    if condition is not None:
        rows = rows.filter(condition)
        total, resources = rows.count(), shown(list(rows[part]))
    else:
        fitting = [one for one in shown(list(rows)) if wanted is None or wanted.match(one, strict=True)]
        total, resources = len(fitting), fitting[part]
    return 200, ListResponse[model](
        total_results=total, start_index=start, items_per_page=len(resources), resources=resources or None
    )


def attributes(request: HttpRequest, model: Any) -> ResponseParameters[Any]:
    """Which attributes the answer holds (RFC 7644, 3.9)."""
    asked = {name: request.GET[name] for name in ("attributes", "excludedAttributes") if request.GET.get(name)}
    try:
        return ResponseParameters[model].model_validate(asked)
    except ValidationError as error:
        raise words.faulty(error) from error


def asks_for(request: HttpRequest, model: Any, name: str) -> bool:
    """Whether the answer will show this attribute, so that it is worth reading."""
    asked = attributes(request, model)
    if asked.attributes:
        return any(str(path).lower().startswith(name) for path in asked.attributes)
    return name not in {str(path).lower() for path in asked.excluded_attributes or []}


def _number(request: HttpRequest, name: str, default: int) -> int:
    try:
        return int(request.GET.get(name, default))
    except ValueError as error:
        raise ProvisionRefused(_("“%(name)s” is a number.") % {"name": name}, reason="invalidValue") from error


class _Beyond(Exception):
    """This part of a filter is answered by looking at each resource."""


def _as_condition(expression: ScimFilter[Any], compared: Comparisons) -> Q | None:
    """The rows that fit; None where only the whole list can tell, as for “co”, “gt” or an attribute nobody keeps."""
    try:
        return _Condition(compared).visit(expression.ast)
    except _Beyond:
        return None


class _Condition(FilterVisitor[Q]):
    def __init__(self, compared: Comparisons) -> None:
        self.compared = compared

    def visit_comparison(self, node: Comparison) -> Q:
        path = node.attr_path
        name = ".".join(filter(None, [path.attr, path.sub_attr])).lower()
        compare = self.compared.get(name)
        kind = bool if name == "active" else str
        if compare is None or path.uri or node.op != CompareOperator.eq or not isinstance(node.value, kind):
            raise _Beyond
        return compare(node.value)

    def visit_logical_expr(self, node: LogicalExpr) -> Q:
        found = self.visit(node.terms[0])
        for term in node.terms[1:]:
            found = found & self.visit(term) if node.op == LogicalOperator.and_ else found | self.visit(term)
        return found

    def visit_value_path(self, node: ValuePath) -> Q:
        """`members[value eq "…"]`, which says the same as `members.value eq "…"`."""
        inner = node.val_filter
        if node.sub_attr or not isinstance(inner, Comparison) or str(inner.attr_path).lower() != "value":
            raise _Beyond
        return self.visit_comparison(Comparison(attr_path=node.attr_path, op=inner.op, value=inner.value))

    def visit_not(self, node: Not) -> Q:
        return ~self.visit(node.expr)

    def visit_present(self, node: Present) -> Q:
        raise _Beyond
