"""Hyperparameters, measured: by probing the functions and objects that train, never by repeating the loop's numbers.

A probe feeds a function what makes one constant show, in float64, and reads the constant off the answer. Where a
constant has no effect (a lambda with a gamma of 0), nothing shows, and the quantity is left out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from metta_lint.base.values import OFF
from metta_lint.loops.embedded import ACTIONS, ITEMS, OBSERVATION_BYTES
from metta_lint_trainer.environment import (
    AGENT,
    ALTAR,
    BATTERIES_PER_HEART,
    BATTERY,
    EMPTY,
    GENERATOR,
    HEART,
    ITEM_LIMIT,
    MINE,
    ORE,
    Arena,
)
from metta_lint_trainer.errors import TrainerRefusal
from metta_lint_trainer.policy import Evaluated, Policy
from metta_lint_trainer.rollout import clamped
from metta_lint_trainer.update import PRIORITY_EPSILON, Losses, Update, importance_weights

if TYPE_CHECKING:
    from metta_lint.loops.loop import EnvironmentSettings, Loop

Quantities = dict[str, object]

DIGITS = 12
"""Significant digits that are kept of a probed number: what is left of it is float64's rounding."""

HUGE = 2.0**40
TINY = 2.0**-20
"""Powers of two, so that multiplying by them rounds nothing."""


def probe(update: Update) -> Quantities:
    """All hyperparameters of an update and of its loop's environment, by name."""
    loop = update.loop
    found = {
        **_optimizer(update),
        **_annealing(loop),
        **_advantages(update),
        **_priorities(update),
        **_loss(update),
        **_gradients(loop),
        **_divergence(update),
        **_rewards(loop.environment),
        "reward_clamp": _limit(float(clamped(_column(HUGE), loop.reward_clamp))),
        "precision": _precision(update),
        "lstm_layers": update.policy.lstm_layers,
    }
    return {name: _rounded(value) for name, value in found.items() if value is not None}


def _rounded(value: object) -> object:
    return float(f"{value:.{DIGITS}g}") + 0.0 if isinstance(value, float) else value


def _near_one(value: float) -> float:
    """A small number that was read off as a difference of numbers near 1, without what they were rounded by."""
    return round(value, DIGITS)


def _limit(value: float) -> float | str:
    """A limit that was looked for with a huge number; OFF where that came through."""
    return OFF if value >= HUGE else value


def _column(*values: float) -> Tensor:
    return torch.tensor([values], dtype=torch.float64)


def _optimizer(update: Update) -> Quantities:
    """What the optimizer that steps says of itself."""
    (group,) = update.optimizer.param_groups
    beta1, beta2 = group["betas"]
    return {
        "optimizer": type(update.optimizer).__name__.lower(),
        "learning_rate": float(group["initial_lr"]),
        "adam_beta1": float(beta1),
        "adam_beta2": float(beta2),
        "adam_eps": float(group["eps"]),
        "weight_decay": float(group["weight_decay"]),
    }


def _small_update(loop: Loop) -> Update:
    """The loop's update with a policy so small that it may be trained for a probe."""
    with torch.random.fork_rng(devices=[]):
        return Update(loop, Policy(2, 1).double(), torch.Generator())


def _annealing(loop: Loop) -> Quantities:
    """Whether the end of an epoch changes the learning rate."""
    update = _small_update(loop._replace(learning_rate=1.0))
    try:
        update.end_epoch(update_epochs=1)
    except TrainerRefusal:
        return {}
    return {"anneal_lr": update.optimizer.param_groups[0]["lr"] != 1.0}


def _advantages(update: Update) -> Quantities:
    """Impulses of reward and value at a segment's end, at ratios far below and far above both clips."""
    zeros, reward, value = _column(0, 0, 0), _column(0, 0, 1), _column(0, 0, 1)

    def credit(ratio: Tensor, *, rewards: Tensor = zeros, values: Tensor = zeros) -> tuple[float, float]:
        first, second, _ = update.advantages(values, rewards, zeros, ratio)[0].tolist()
        return first, second

    low, high = _column(TINY, TINY, 1), _column(HUGE, HUGE, 1)
    _, rho = credit(low, rewards=reward)
    found: Quantities = {"vtrace_rho_clip": _limit(credit(high, rewards=reward)[1])}
    if rho:
        gamma = credit(low, values=value)[1] / rho
        decay = credit(low, rewards=reward)[0] / rho
        found["gamma"] = gamma
        if gamma and decay:
            found["gae_lambda"] = decay / TINY / gamma
            far = credit(_column(HUGE, TINY, 1), rewards=reward)[0] / rho
            found["vtrace_c_clip"] = _limit(far / (decay / TINY))
    return found


def _priorities(update: Update) -> Quantities:
    """The powers to which priorities and importance weights are raised."""
    steep = 1024.0
    gentle, favoured = update.probabilities(torch.tensor([[1.0], [steep]], dtype=torch.float64)).tolist()
    weight = favoured / gentle * (1.0 + PRIORITY_EPSILON) - PRIORITY_EPSILON
    found: Quantities = {"prio_alpha": _near_one(math.log(weight, steep))}
    try:
        weights = importance_weights(torch.tensor([2.0], dtype=torch.float64), 1, update.beta())
    except TrainerRefusal:
        return found
    return {**found, "prio_beta0": -math.log2(float(weights))}


def _loss(update: Update) -> Quantities:
    """The loss of one step, pushed past each of its limits."""

    def loss(
        *, log_ratio: float = 0.0, advantage: float = 0.0, entropy: float = 0.0, value: float = 0.0, target: float = 0.0
    ) -> Losses:
        zero = _column(0.0)
        return update.loss(
            Evaluated(_column(log_ratio), _column(entropy), _column(value)),
            old_logprobs=zero,
            old_values=zero,
            advantages=_column(advantage),
            returns=_column(target),
        )

    found: Quantities = {
        "clip_coef": _limit(_near_one(-float(loss(log_ratio=math.log(HUGE), advantage=1.0).policy) - 1.0)),
        "ent_coef": -float(loss(entropy=1.0).total),
        "vf_coef": 2.0 * float(loss(target=1.0).total),
        "clip_value_loss": False,
        "normalize_advantages": _normalizes(update),
    }
    for reach in (1.0, 2.0**10, 2.0**20, HUGE):
        missed = math.sqrt(2.0 * float(loss(value=reach, target=reach).value))
        if missed:
            found |= {"clip_value_loss": True, "vf_clip_coef": _near_one(reach - missed)}
            break
    return found


def _normalizes(update: Update) -> bool:
    """Whether advantages of any size come out with the same size."""
    advantages = _column(-1.0, 1.0, 3.0)
    ones = _column(1.0)
    return torch.allclose(update.weigh(advantages, ones), update.weigh(1024.0 * advantages, ones))


def _gradients(loop: Loop) -> Quantities:
    """The norm of huge gradients after they were clipped."""
    update = _small_update(loop)
    for parameter in update.policy.parameters():
        parameter.grad = torch.full_like(parameter, HUGE)
    update.clip_gradients()
    gradients = [parameter.grad.norm() for parameter in update.policy.parameters() if parameter.grad is not None]
    return {"max_grad_norm": _limit(float(torch.stack(gradients).norm()))}


def _divergence(update: Update) -> Quantities:
    """The mean divergence after which an update ends, found by bisection."""
    if not update.diverged([torch.tensor(HUGE, dtype=torch.float64)]):
        return {"target_kl": OFF}
    low, high = 0.0, HUGE
    while low < (middle := (low + high) / 2.0) < high:
        if update.diverged([torch.tensor(middle, dtype=torch.float64)]):
            high = middle
        else:
            low = middle
    return {"target_kl": low}


def _precision(update: Update) -> str:
    """The type that a matrix product has where the policy is trained."""
    with update.autocast(torch.device("cpu")):
        product = torch.ones(1, 1) @ torch.ones(1, 1)
    return str(product.dtype).removeprefix("torch.")


def _rewards(config: EnvironmentSettings) -> Quantities:
    """What a lone agent is paid for one unit of each item; and for all it can hold, where a cap shows in that."""
    found: Quantities = {}
    for item, name in enumerate(ITEMS):
        unit = _paid_for(config, item, 1)
        everything = _paid_for(config, item, ITEM_LIMIT)
        if unit == 0.0 or not math.isclose(everything, unit):  # else the cap hides what a unit is worth
            found[f"reward_{name}"] = unit
        if not math.isclose(everything, ITEM_LIMIT * unit):
            found[f"reward_cap_{name}"] = everything
    return found


STATIONS = {ORE: (MINE, None, 0), BATTERY: (GENERATOR, ORE, 1), HEART: (ALTAR, BATTERY, BATTERIES_PER_HEART)}
"""Where an item is made, of what, and of how much of it."""


def _paid_for(config: EnvironmentSettings, item: int, amount: int) -> float:
    """What the environment pays an agent at the step that takes it from nothing to an amount of an item.

    The agent is put beside the item's station with its ingredients and one unit less than the amount, all unpaid.
    """
    arena = Arena(config._replace(agents_per_env=1, max_steps=2), range(1), seed=0)
    observations = np.zeros((1, OBSERVATION_BYTES), np.uint8)
    arena.reset(observations)

    station, ingredient, needed = STATIONS[item]
    arena.inventory[item] = amount - 1
    if ingredient is not None:
        arena.inventory[ingredient] = needed
    place = int(np.flatnonzero(arena.cells == station)[0])
    arena.cells[arena.positions] = EMPTY
    arena.cells[place - 1] = AGENT
    arena.positions[:] = place - 1
    rewards, flags = np.zeros(1), np.zeros(1, np.bool_)
    arena.step(np.array([ACTIONS.index("east")], np.int32), observations, rewards, flags, flags.copy())
    return float(rewards[0])
