"""Small helpers to write ONNX graphs by hand, so that no converter has to keep pace with the libraries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from onnx import NodeProto, TensorProto, helper, numpy_helper

from runtime.schema import Task

IR_VERSION = 9
OPSETS = {"": 17, "ai.onnx.ml": 3}


def constant(name: str, value: npt.NDArray[np.generic]) -> TensorProto:
    return numpy_helper.from_array(np.asarray(value), name)


def head(task: Task, raw: str) -> tuple[list[NodeProto], list[TensorProto]]:
    """Turn raw scores into `predicted`: probabilities that sum to one, or the number itself."""
    if task == "regression":
        return [helper.make_node("Identity", [raw], ["predicted"])], []
    if task == "multiclass":
        return [helper.make_node("Softmax", [raw], ["predicted"], axis=1)], []
    nodes = [
        helper.make_node("Sigmoid", [raw], ["positive"]),
        helper.make_node("Sub", ["one", "positive"], ["negative"]),
        helper.make_node("Concat", ["negative", "positive"], ["predicted"], axis=1),
    ]
    return nodes, [constant("one", np.array(1, dtype=np.float32))]


def build(nodes: Sequence[NodeProto], constants: Sequence[TensorProto], width: int, outputs: int) -> bytes:
    graph = helper.make_graph(
        list(nodes),
        "sanad",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, width])],
        [helper.make_tensor_value_info("predicted", TensorProto.FLOAT, [None, outputs])],
        initializer=list(constants),
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="sanad")
    return bytes(model.SerializeToString())
