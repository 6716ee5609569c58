"""A feed-forward network in PyTorch: numbers scaled, categories embedded, stopped in time."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from runtime.encoder import Matrix
from runtime.recipes.adamw import AdamW
from runtime.recipes.base import Fit, Numbers, OnStep, TrainingData
from runtime.recipes.mlp_graph import mlp_graph
from runtime.recipes.mlp_layout import Layout, make_layout
from runtime.schema import Task
from runtime.tensors import read_tensors, write_tensors

MAX_ONE_HOT = 64
WEIGHTS_FILE = "model.safetensors"
LAYOUT_FILE = "sanad/network.json"

Loss = Callable[[Tensor, Tensor], Tensor]


class Network(nn.Module):
    """Takes encoded rows (n, width) float32, gives raw scores (n, outputs)."""

    mean: Tensor
    scale: Tensor
    target_mean: Tensor
    target_scale: Tensor

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self.layout = layout
        self.embeddings = nn.ModuleList(
            nn.Embedding(category.size, category.width, _weight=torch.eye(category.size) if category.one_hot else None)
            for category in layout.categories
        )
        for category, embedding in zip(layout.categories, self.embeddings, strict=True):
            embedding.requires_grad_(not category.one_hot)
        self.register_buffer("mean", torch.zeros(len(layout.numbers)))
        self.register_buffer("scale", torch.ones(len(layout.numbers)))
        self.register_buffer("target_mean", torch.zeros(1))
        self.register_buffer("target_scale", torch.ones(1))
        sizes = [layout.inputs, *[layout.hidden_units] * layout.hidden_layers, layout.outputs]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.dropout = nn.Dropout(layout.dropout)

    def forward(self, x: Tensor) -> Tensor:
        numeric = x[:, list(self.layout.numbers)]
        missing = torch.isnan(numeric)
        parts = [torch.where(missing, 0.0, (numeric - self.mean) / self.scale), missing.float()]
        for category, embedding in zip(self.layout.categories, self.embeddings, strict=True):
            code = x[:, category.column]
            # The last row of the table stands for a missing value.
            code = torch.where(torch.isnan(code), float(category.size - 1), code)
            parts.append(embedding(code.long()))
        hidden = torch.cat(parts, dim=1)
        for layer in self.layers[:-1]:
            hidden = self.dropout(torch.relu(layer(hidden)))
        raw: Tensor = self.layers[-1](hidden)
        return raw * self.target_scale + self.target_mean


def _loss(task: Task) -> Loss:
    return {"binary": nn.BCEWithLogitsLoss, "multiclass": nn.CrossEntropyLoss, "regression": nn.MSELoss}[task]()


def _target(task: Task, y: Numbers) -> Tensor:
    return torch.from_numpy(y).long() if task == "multiclass" else torch.from_numpy(y).float().reshape(-1, 1)


def _batches(rows: int, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    order = torch.randperm(rows, generator=generator)
    for start in range(0, rows, size):
        yield order[start : start + size]


class TorchMlp:
    def fit(self, data: TrainingData, params: Mapping[str, Any], seed: int, on_step: OnStep) -> Fit:
        torch.manual_seed(seed)
        # As use_deterministic_algorithms(True), which imports torch's compiler besides: two seconds for nothing.
        torch.set_deterministic_debug_mode("error")
        layout = make_layout(data, params, MAX_ONE_HOT)
        network = Network(layout)
        _learn_scales(network, data)
        best_epoch, epochs = _train(network, data, params, seed, on_step)
        model = TorchMlpModel(network.eval(), data.task)
        details = {"epochs": epochs, "best_epoch": best_epoch, "weights": sum(p.numel() for p in network.parameters())}
        return Fit(model, model.predict(data.x_validation), details)


def _learn_scales(network: Network, data: TrainingData) -> None:
    numeric = data.x_train[:, list(network.layout.numbers)].astype(np.float64)
    present = ~np.isnan(numeric)
    counts = np.maximum(present.sum(axis=0), 1)
    mean = np.where(present, numeric, 0.0).sum(axis=0) / counts
    spread = np.sqrt(np.where(present, (numeric - mean) ** 2, 0.0).sum(axis=0) / counts)
    network.mean.copy_(torch.from_numpy(mean))
    network.scale.copy_(torch.from_numpy(np.where(spread > 0, spread, 1.0)))
    if data.task == "regression":
        network.target_mean.fill_(float(data.y_train.mean()))
        network.target_scale.fill_(float(data.y_train.std()) or 1.0)


def _train(
    network: Network, data: TrainingData, params: Mapping[str, Any], seed: int, on_step: OnStep
) -> tuple[int, int]:
    """Fit until patience runs out, leave the best weights in the network; return (best epoch, epochs gone through)."""
    loss = _loss(data.task)
    optimizer = AdamW(network.parameters(), lr=params["learning_rate"], weight_decay=params["weight_decay"])
    generator = torch.Generator().manual_seed(seed)
    x, y = torch.from_numpy(data.x_train), _target(data.task, data.y_train)
    x_validation, y_validation = torch.from_numpy(data.x_validation), _target(data.task, data.y_validation)
    # A small table would otherwise be one batch, and an epoch one step.
    batch = max(8, min(params["batch_size"], len(x) // 20))
    best, best_epoch, kept, epoch = math.inf, 0, _copy(network), 0
    for epoch in range(1, params["max_epochs"] + 1):
        learned = _epoch(network, loss, optimizer, _batches(len(x), batch, generator), x, y)
        with torch.inference_mode():
            held_out = float(loss(network.eval()(x_validation), y_validation))
        on_step(epoch, {"train_loss": learned, "validation_loss": held_out})
        if held_out < best:
            best, best_epoch, kept = held_out, epoch, _copy(network)
        elif epoch - best_epoch >= params["patience"]:
            break
    network.load_state_dict(kept)
    return best_epoch, epoch


def _epoch(network: Network, loss: Loss, optimizer: AdamW, batches: Iterator[Tensor], x: Tensor, y: Tensor) -> float:
    """Learn from every row once; return the mean loss."""
    network.train()
    total = 0.0
    for rows in batches:
        optimizer.zero_grad()
        value = loss(network(x[rows]), y[rows])
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        total += float(value.detach()) * len(rows)
    return total / len(x)


def _copy(network: Network) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


class TorchMlpModel:
    format = "safetensors"

    def __init__(self, network: Network, task: Task) -> None:
        self.network = network
        self.task = task

    def predict(self, x: Matrix) -> Numbers:
        with torch.inference_mode():
            raw = torch.cat(
                [self.network(torch.from_numpy(x[at : at + 8192])) for at in range(0, len(x), 8192)]
            ).double()
            if self.task == "regression":
                return raw[:, 0].numpy()
            if self.task == "multiclass":
                return torch.softmax(raw, dim=1).numpy()
            positive = torch.sigmoid(raw)
            return torch.cat([1 - positive, positive], dim=1).numpy()

    def weights(self) -> dict[str, np.ndarray[Any, Any]]:
        return {name: value.numpy() for name, value in self.network.state_dict().items()}

    def to_onnx(self) -> bytes:
        return mlp_graph(self.network.layout, self.weights(), self.task)

    def save(self, directory: Path, columns: Sequence[str]) -> None:
        """Write the weights without pickle, and an MLmodel of the onnx flavour that stock MLflow loads."""
        import mlflow.onnx
        import onnx

        mlflow.onnx.save_model(
            onnx.load_from_string(self.to_onnx()),
            str(directory),
            save_as_external_data=False,
            pip_requirements=["mlflow-skinny", "numpy", "onnx", "onnxruntime", "pandas"],
        )
        write_tensors(directory / WEIGHTS_FILE, self.weights())
        (directory / LAYOUT_FILE).parent.mkdir(exist_ok=True)
        (directory / LAYOUT_FILE).write_text(json.dumps(self.network.layout.to_json(), indent=1))


def load_network(directory: Path, task: Task) -> TorchMlpModel:
    """Rebuild the network from its layout and weights; no pickle is read."""
    layout = Layout.from_json(json.loads((directory / LAYOUT_FILE).read_text()))
    network = Network(layout)
    tensors = read_tensors(directory / WEIGHTS_FILE)
    network.load_state_dict({name: torch.from_numpy(value) for name, value in tensors.items()})
    return TorchMlpModel(network.eval(), task)


RECIPE = TorchMlp()
