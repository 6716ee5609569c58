"""The network as an ONNX graph, node by node as Network.forward says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import NodeProto, TensorProto, helper

from runtime.recipes.graphs import build, constant, head
from runtime.recipes.mlp_layout import Layout
from runtime.schema import Task

Weights = Mapping[str, npt.NDArray[Any]]


class _Graph:
    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def hold(self, name: str, value: npt.NDArray[Any]) -> str:
        self.constants.append(constant(name, value))
        return name

    def add(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output


def mlp_graph(layout: Layout, weights: Weights, task: Task) -> bytes:
    graph = _Graph()
    hidden = graph.add(
        "Concat", [*_numbers(graph, layout, weights), *_categories(graph, layout, weights)], "h0", axis=1
    )
    for number in range(layout.hidden_layers + 1):
        weight = graph.hold(f"w{number}", weights[f"layers.{number}.weight"])
        bias = graph.hold(f"b{number}", weights[f"layers.{number}.bias"])
        hidden = graph.add("Gemm", [hidden, weight, bias], f"g{number}", transB=1)
        if number < layout.hidden_layers:
            hidden = graph.add("Relu", [hidden], f"h{number + 1}")
    if task == "regression":
        scaled = graph.add("Mul", [hidden, graph.hold("target_scale", weights["target_scale"])], "scaled")
        hidden = graph.add("Add", [scaled, graph.hold("target_mean", weights["target_mean"])], "raw")
    nodes, constants = head(task, hidden)
    columns = len(layout.numbers) + len(layout.categories)
    outputs = 2 if task == "binary" else layout.outputs
    return build([*graph.nodes, *nodes], [*graph.constants, *constants], columns, outputs)


def _numbers(graph: _Graph, layout: Layout, weights: Weights) -> list[str]:
    if not layout.numbers:
        return []
    zero = graph.hold("zero", np.array(0, dtype=np.float32))
    columns = graph.hold("number_columns", np.array(layout.numbers, dtype=np.int64))
    numeric = graph.add("Gather", ["x", columns], "numeric", axis=1)
    missing = graph.add("IsNaN", [numeric], "missing")
    centred = graph.add("Sub", [numeric, graph.hold("mean", weights["mean"])], "centred")
    scaled = graph.add("Div", [centred, graph.hold("scale", weights["scale"])], "standard")
    known = graph.add("Where", [missing, zero, scaled], "known")
    flags = graph.add("Cast", [missing], "flags", to=TensorProto.FLOAT)
    return [known, flags]


def _categories(graph: _Graph, layout: Layout, weights: Weights) -> list[str]:
    parts: list[str] = []
    for number, category in enumerate(layout.categories):
        column = graph.hold(f"c{number}_column", np.array(category.column, dtype=np.int64))
        last = graph.hold(f"c{number}_missing", np.array(category.size - 1, dtype=np.float32))
        table = graph.hold(f"c{number}_table", weights[f"embeddings.{number}.weight"])
        code = graph.add("Gather", ["x", column], f"c{number}_code", axis=1)
        absent = graph.add("IsNaN", [code], f"c{number}_absent")
        filled = graph.add("Where", [absent, last, code], f"c{number}_filled")
        place = graph.add("Cast", [filled], f"c{number}_place", to=TensorProto.INT64)
        parts.append(graph.add("Gather", [table, place], f"c{number}_vector", axis=0))
    return parts
