"""Records an update from outside: what a trainer draws, loses, derives and steps, by the torch functions it calls.

The same recorder watches PufferLib's trainer and the reference trainer; torch is all that it knows.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator


class Recorded(NamedTuple):
    """One update, in lists of plain tensors and floats: an entry for each minibatch, or for each optimizer step."""

    probabilities: list[Tensor]  # of minibatches: the chance [segments] of each segment
    rows: list[Tensor]  # of minibatches: the segments drawn
    losses: list[float]  # of minibatches: what was differentiated
    gradients: list[dict[str, Tensor]]  # of steps, before they are clipped
    clipped: list[dict[str, Tensor]]  # of steps
    rates: list[float]  # of steps: the learning rate
    weights: list[dict[str, Tensor]]  # of steps, after them


@contextmanager
def recorded(
    policy: torch.nn.Module, optimizer: torch.optim.Optimizer, replay: list[Tensor] | None = None
) -> Iterator[Recorded]:
    """Record an update done in the block; ``replay`` are segments to hand out instead of drawing them."""
    record = Recorded([], [], [], [], [], [], [])
    draw, clip, backward = torch.multinomial, torch.nn.utils.clip_grad_norm_, Tensor.backward

    def drawing(probabilities: Tensor, count: int, *args: Any, **kwargs: Any) -> Tensor:
        rows = draw(probabilities, count, *args, **kwargs)
        if replay is not None:
            rows = replay[len(record.rows)]
        record.probabilities.append(probabilities.detach().clone())
        record.rows.append(rows.clone())
        return rows

    def differentiating(loss: Tensor, *args: Any, **kwargs: Any) -> None:
        record.losses.append(float(loss.detach()))
        backward(loss, *args, **kwargs)  # type: ignore[no-untyped-call]

    def clipping(*args: Any, **kwargs: Any) -> Tensor:
        record.gradients.append(gradients(policy))
        norm = clip(*args, **kwargs)
        record.clipped.append(gradients(policy))
        return norm

    def stepped(*_: object) -> None:
        record.rates.append(float(optimizer.param_groups[0]["lr"]))
        record.weights.append(weights(policy))

    hook = optimizer.register_step_post_hook(stepped)
    with (
        mock.patch.object(torch, "multinomial", drawing),
        mock.patch.object(torch.nn.utils, "clip_grad_norm_", clipping),
        mock.patch.object(Tensor, "backward", differentiating),
    ):
        yield record
    hook.remove()


def weights(policy: torch.nn.Module) -> dict[str, Tensor]:
    """The policy's weights by name, copied."""
    return {plain(name): parameter.detach().clone() for name, parameter in policy.named_parameters()}


def gradients(policy: torch.nn.Module) -> dict[str, Tensor]:
    """The policy's gradients by name, copied; those that are not there are left out."""
    named = policy.named_parameters()
    return {plain(name): parameter.grad.clone() for name, parameter in named if parameter.grad is not None}


def plain(name: str) -> str:
    """A parameter's name without the wrappers that PufferLib and this suite put around a policy."""
    return name.removeprefix("policy.").replace("encoder.0.", "encoder.")
