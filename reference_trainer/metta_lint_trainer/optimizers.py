"""The optimizers that the trainers know: Adam, which is torch's, and Muon, as heavyball does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import torch
from torch import Tensor
from torch.optim import Optimizer

from metta_lint_trainer.errors import TrainerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from metta_lint.loops.loop import Loop

NEWTON_SCHULZ = (
    (4.0848, -6.8946, 2.9270),
    (3.9505, -6.3029, 2.6377),
    (3.7418, -5.5913, 2.3037),
    (2.8769, -3.1427, 1.2046),
    (2.8366, -3.0525, 1.2012),
)
"""Coefficients of the five steps, as heavyball 2.3.1 zeropower_via_newtonschulz5 has them."""


class Muon(Optimizer):
    """Momentum, made orthogonal (Jordan 2024), the way of heavyball 2.3.1's ForeachMuon, which PufferLib 3.0 uses.

    The update of a gradient g is g + m, m being its exponential average with ``betas[0]``. Weights of two dimensions
    get five Newton-Schulz steps of it, times sqrt(max(1, rows / columns)); biases get it as it is. Weight decay is
    decoupled. As in heavyball, ``betas[1]`` and ``eps`` are taken and have no effect.

    Compared with heavyball's by tests/conformance, step by step. None of its options is here (clipping, caution, MARS,
    warm-up), which PufferLib leaves off, nor its rounding at random, which it does to weights in bfloat16 alone.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float,
        betas: tuple[float, float],
        eps: float,
        weight_decay: float,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        assert closure is None
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._step_one(parameter, parameter.grad, group)
        return None

    def _step_one(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        momentum = self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
        momentum.lerp_(gradient, 1.0 - group["betas"][0])
        update = gradient + momentum
        if update.ndim == 2:
            update = orthogonal(update)
        parameter.mul_(1.0 - group["lr"] * group["weight_decay"]).add_(update, alpha=-group["lr"])


def orthogonal(matrix: Tensor) -> Tensor:
    """A matrix [rows, columns] with its singular values brought near sqrt(max(1, rows / columns))."""
    rows, columns = matrix.shape
    x = matrix.mT if rows > columns else matrix
    x = x / (matrix.norm() + 1e-7)
    for a, b, c in NEWTON_SCHULZ:
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    scaled: Tensor = (x.mT if rows > columns else x) * max(1.0, rows / columns) ** 0.5
    return scaled


def make_optimizer(loop: Loop, parameters: Iterable[Tensor]) -> Optimizer:
    """The optimizer that a loop asks for. Raises TrainerError for one that there is none of here."""
    betas = (loop.adam_beta1, loop.adam_beta2)
    settings: dict[str, Any] = {
        "lr": loop.learning_rate,
        "betas": betas,
        "eps": loop.adam_eps,
        "weight_decay": loop.weight_decay,
    }
    if loop.optimizer == "adam":
        return torch.optim.Adam(parameters, **settings)
    if loop.optimizer == "muon":
        return Muon(parameters, **settings)
    raise TrainerError(f"the reference trainer has the optimizers adam and muon, not {loop.optimizer!r}")
