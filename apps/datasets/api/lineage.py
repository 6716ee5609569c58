"""Lineage as programs read it: nodes and edges, each thing with its columns and where they come from."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from foundation.web.lineage import DEEPEST, Graph, Node, Thing


class LineageQuery(serializers.Serializer[Any]):
    depth = serializers.IntegerField(min_value=1, max_value=DEEPEST, default=DEEPEST)
    direction = serializers.ChoiceField(choices=["both", "below", "above"], default="both")

    @classmethod
    def of(cls, request: Request) -> dict[str, Any]:
        """What `graph_of` takes, out of the query of a request."""
        asked = cls(data=request.query_params)
        asked.is_valid(raise_exception=True)
        direction = asked.validated_data["direction"]
        return {
            "depth": asked.validated_data["depth"],
            "below": direction != "above",
            "above": direction != "below",
        }


class LineageThing(serializers.Serializer[Any]):
    """`sources` says for each column from which columns of which things it comes; null where it cannot be told."""

    kind = serializers.CharField()
    id = serializers.UUIDField()
    name = serializers.CharField()
    project = serializers.CharField()
    state = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    digest = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField())
    same_columns = serializers.BooleanField()
    sources = serializers.DictField()


class LineageNode(serializers.Serializer[Any]):
    """A thing, or all versions of one; of what the reader may not see, no more than that it is there."""

    key = serializers.CharField()
    kind = serializers.CharField()
    name = serializers.CharField()
    hidden = serializers.BooleanField()
    current = serializers.BooleanField()
    things = LineageThing(many=True)


class LineageEdge(serializers.Serializer[Any]):
    """`end` was made from `start`; `broken` says why that cannot be proven, and is empty where it can."""

    start = serializers.CharField()
    end = serializers.CharField()
    broken = serializers.CharField()


class LineageSerializer(serializers.Serializer[Any]):
    """`cut` where there is more than the answer holds: ask again from a node at its edge."""

    nodes = LineageNode(many=True)
    edges = LineageEdge(many=True)
    cut = serializers.BooleanField()


def said_of(graph: Graph) -> dict[str, Any]:
    """A picture as plain words."""
    return {
        "nodes": [_node(node) for node in graph.nodes.values()],
        "edges": [{"start": one.start, "end": one.end, "broken": one.broken_reason} for one in graph.edges],
        "cut": graph.cut,
    }


def _node(node: Node) -> dict[str, Any]:
    return {
        "key": node.key,
        "kind": node.kind,
        "name": node.name,
        "hidden": node.hidden,
        "current": node.current,
        "things": [_thing(thing) for thing in node.things],
    }


def _thing(thing: Thing) -> dict[str, Any]:
    sources = {
        column: None if found is None else [{"kind": kind, "id": str(pk), "column": name} for (kind, pk), name in found]
        for column, found in thing.sources.items()
    }
    return {
        "kind": thing.kind,
        "id": thing.pk,
        "name": thing.name,
        "project": thing.project,
        "state": thing.state,
        "at": thing.at,
        "digest": thing.digest,
        "columns": list(thing.columns),
        "same_columns": thing.same_columns,
        "sources": sources,
    }
