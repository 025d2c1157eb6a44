"""Muon: orthogonal updates for matrices, plain momentum for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from metta_lint_trainer.errors import TrainerError
from metta_lint_trainer.optimizers import Muon, make_optimizer, orthogonal

if TYPE_CHECKING:
    from collections.abc import Callable

    from metta_lint.loops.loop import Loop

SETTINGS: dict[str, Any] = {"lr": 0.5, "betas": (0.9, 0.99), "eps": 1e-8, "weight_decay": 0.0}


@pytest.mark.parametrize("shape", [(8, 8), (32, 8), (8, 32)])
def test_singular_values_come_near_one_and_tall_matrices_are_scaled(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonal(matrix)) / max(1.0, shape[0] / shape[1]) ** 0.5
    assert ((values > 0.6) & (values < 1.3)).all()


def test_its_direction_does_not_depend_on_the_gradients_size() -> None:
    matrix = torch.randn(6, 6, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(orthogonal(matrix), orthogonal(1000 * matrix), atol=1e-4)


def test_a_bias_moves_by_its_gradient_and_its_average() -> None:
    bias = torch.zeros(2, requires_grad=True)
    optimizer = Muon([bias], **SETTINGS)
    average = torch.zeros(2)
    expected = torch.zeros(2)
    for gradient in (torch.tensor([1.0, 2.0]), torch.tensor([3.0, -1.0])):
        bias.grad = gradient.clone()
        optimizer.step()
        average = 0.9 * average + 0.1 * gradient
        expected -= 0.5 * (gradient + average)
    assert torch.allclose(bias, expected)


def test_weight_decay_is_decoupled() -> None:
    weight = torch.eye(3, requires_grad=True)
    weight.grad = torch.zeros(3, 3)
    Muon([weight], **SETTINGS | {"weight_decay": 0.1}).step()
    assert torch.allclose(weight, 0.95 * torch.eye(3))


def test_a_loop_asks_for_its_optimizer(pufferlib: Callable[..., Loop]) -> None:
    parameters = [torch.zeros(1, requires_grad=True)]
    assert isinstance(make_optimizer(pufferlib(optimizer="muon"), parameters), Muon)
    assert isinstance(make_optimizer(pufferlib(optimizer="adam"), parameters), torch.optim.Adam)
    with pytest.raises(TrainerError, match="'lion'"):
        make_optimizer(pufferlib(optimizer="lion"), parameters)
