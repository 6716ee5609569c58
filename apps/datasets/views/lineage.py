"""The picture of lineage round a thing of the project, of whatever app: to be walked, and the same as a list."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import get_language_bidi, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.datasets import forms
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.figures import number
from foundation.web import render_page
from foundation.web.lineage import Edge, Graph, Node, Path, Placed, Thing, graph_of, path_of, place
from foundation.web.requests import PortalRequest

_MARGIN = 8
_NAMED = 3
# Kinds that a picture can stand round, by the kind of thing that is drawn.
_ROUND = ("dataset", "model", "deployment")


@access.page(Permission.DATASET_VIEW)
@require_GET
def lineage_picture(request: PortalRequest, tenant: str, project: str, kind: str, object_id: UUID) -> HttpResponse:
    opened = tuple(request.GET.getlist("open"))[:50]
    form = forms.LineageForm(request.GET)
    graph = graph_of(request.actor, (kind, object_id), opened=opened, **form.bounds())
    current = graph.current
    if current is None or current.newest is None or current.newest.project_id != request.project.pk:
        raise NotFound(_("There is no such thing in this project."))
    form.offer_columns(current.newest.columns)
    column = form.chosen_column()
    path = path_of(graph.walked, current.newest, column) if column else None
    drawing = _Drawing(request, graph, path, opened)
    context: dict[str, Any] = {
        "form": form,
        "current": current,
        "column": column,
        "cut": graph.cut,
        "opened": opened,
        "open_url": drawing.opening(current),
        "picture": drawing.picture(),
        "rows": drawing.rows(),
    }
    return render_page(request, "datasets/lineage.html", **context)


class _Drawing:
    """What the template needs: where each node stands, and each with what it was made from and what was made of it."""

    def __init__(self, request: PortalRequest, graph: Graph, path: Path | None, opened: tuple[str, ...]) -> None:
        self._request, self._graph, self._path, self._opened = request, graph, path, opened
        lit = path.columns if path else {}
        self._lit: dict[str, set[str]] = {}
        for reference, columns in lit.items():
            if key := graph.key_of.get(reference):
                self._lit.setdefault(key, set()).update(columns)
        self._untold = {graph.key_of.get(one) for one in path.untold} if path else set()
        self._lit_links = {
            (graph.key_of.get(start), graph.key_of.get(end)) for start, end in (path.links if path else ())
        }

    def picture(self) -> dict[str, Any]:
        placed = place(
            list(self._graph.nodes), [(one.start, one.end) for one in self._graph.edges], rtl=get_language_bidi()
        )
        rows = {row["key"]: row for row in self.rows()}
        return {
            "width": placed.width + 2 * _MARGIN,
            "height": placed.height + 2 * _MARGIN,
            "edges": [
                self._edge(edge, placed) for edge in self._graph.edges if (edge.start, edge.end) in placed.routes
            ],
            "nodes": [
                {**rows[key], "x": placed.corners[key][0] + _MARGIN, "y": placed.corners[key][1] + _MARGIN}
                for key in self._in_reading_order(placed)
            ],
        }

    def rows(self) -> list[dict[str, Any]]:
        return [self._row(node) for node in self._graph.nodes.values()]

    def opening(self, node: Node) -> str:
        """Where the versions of the current node are drawn one by one, or as one again; empty where there is one."""
        whole = node.newest.part_of if node.newest else None
        key = f"{whole.kind}:{whole.pk}" if whole else ""
        if key in self._opened:
            return self._address(node, [one for one in self._opened if one != key])
        return self._address(node, [*self._opened, key]) if node.whole and len(node.things) > 1 else ""

    def _row(self, node: Node) -> dict[str, Any]:
        return {
            "key": node.key,
            "node": node,
            "thing": node.newest,
            "count": len(node.things) if node.whole and len(node.things) > 1 else 0,
            "walk": "" if node.hidden or node.current else self._address(node, self._opened),
            "columns": sorted(self._lit.get(node.key, ())),
            "untold": node.key in self._untold,
            "dim": self._path is not None and node.key not in self._lit and node.key not in self._untold,
            "before": (before := self._graph.before(node.key)),
            "behind": (behind := self._graph.behind(node.key)),
            "before_said": _named(before),
            "behind_said": _named(behind),
        }

    def _in_reading_order(self, placed: Placed) -> list[str]:
        return sorted(self._graph.nodes, key=lambda key: (placed.layers[key], placed.corners[key][1]))

    def _edge(self, edge: Edge, placed: Placed) -> dict[str, Any]:
        lit = (edge.start, edge.end) in self._lit_links
        return {
            "line": line_of(placed.routes[edge.start, edge.end]),
            "lit": lit,
            "dim": self._path is not None and not lit,
            "broken": edge.broken_reason,
        }

    def _address(self, node: Node, opened: Any) -> str:
        """The picture round another node: in its own project, with what is opened here and the same bounds."""
        thing = node.newest
        if thing is None:
            return ""
        kind, pk = _focus(node, thing)
        slugs = [self._request.tenant.slug, thing.project or self._request.project.slug]
        kept = [(name, self._request.GET[name]) for name in ("depth", "direction") if self._request.GET.get(name)]
        query = urlencode([*kept, *(("open", one) for one in opened)])
        return reverse("datasets:lineage", args=[*slugs, kind, pk]) + (f"?{query}" if query else "")


def _named(nodes: Sequence[Node]) -> SafeString:
    """The first few by name, and how many more there are."""
    told = [(_("something you may not see") if node.hidden else node.name,) for node in nodes[:_NAMED]]
    names = format_html_join(", ", "<bdi>{}</bdi>", told)
    if (more := len(nodes) - _NAMED) <= 0:
        return names
    said = ngettext("and %(count)s more", "and %(count)s more", more) % {"count": number(more)}
    return format_html("{} {}", names, said)


def _focus(node: Node, thing: Thing) -> tuple[str, UUID]:
    whole = thing.part_of
    if node.whole and whole is not None and whole.kind in _ROUND:
        return whole.kind, whole.pk
    return thing.reference


def line_of(points: tuple[tuple[int, int], ...]) -> str:
    """A path through the points: curves between layers, straight where it passes one."""
    said = f"M{points[0][0] + _MARGIN},{points[0][1] + _MARGIN}"
    for step, ((x, y), (to_x, to_y)) in enumerate(pairwise(points)):
        x, y, to_x, to_y = x + _MARGIN, y + _MARGIN, to_x + _MARGIN, to_y + _MARGIN
        middle = (x + to_x) // 2
        said += f"L{to_x},{to_y}" if step % 2 else f"C{middle},{y} {middle},{to_y} {to_x},{to_y}"
    return said
