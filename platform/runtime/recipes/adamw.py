"""AdamW as torch has it, to the last digit, by the function below its class."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim import adamw


class AdamW:
    """Steps as torch.optim.AdamW(…, foreach=False) does.

    The class imports torch's compiler when it is made, which takes two seconds and is used by nothing here.
    """

    def __init__(self, parameters: Iterable[Tensor], lr: float, weight_decay: float) -> None:
        self._parameters = [parameter for parameter in parameters if parameter.requires_grad]
        self._lr, self._weight_decay = lr, weight_decay
        self._means = [torch.zeros_like(parameter) for parameter in self._parameters]
        self._squares = [torch.zeros_like(parameter) for parameter in self._parameters]
        self._steps = [torch.tensor(0.0) for _ in self._parameters]

    def zero_grad(self) -> None:
        for parameter in self._parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Move every parameter; each has a gradient by now, since all of them take part in every answer."""
        gradients = [parameter.grad for parameter in self._parameters]
        adamw.adamw(
            self._parameters,
            gradients,  # type: ignore[arg-type]
            self._means,
            self._squares,
            [],
            self._steps,
            foreach=False,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=self._lr,
            weight_decay=self._weight_decay,
            eps=1e-8,
            maximize=False,
        )
