"""Metta's 2025-07 update in numpy and float64, written from its own code (rl/functions, rl/experience.py): no torch.

Gradients are central differences of the loss, so that nothing is derived twice in the same way. The policy is linear:
logits and value of an observation x are x @ actor + actor_bias and x @ critic + critic_bias.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Weights = dict[str, Array]
DIFFERENCE = 1e-6


class Config(NamedTuple):
    """What the update asks of a config; names are the reference trainer's."""

    minibatch_segments: int = 4
    update_epochs: int = 1
    gamma: float = 0.97
    gae_lambda: float = 0.9
    clip_coef: float = 0.2
    ent_coef: float = 0.03
    vf_coef: float = 0.7
    vf_clip_coef: float = 0.2
    max_grad_norm: float = 0.5
    vtrace_rho_clip: float = 1.0
    vtrace_c_clip: float = 1.0
    prio_alpha: float = 0.6
    prio_beta0: float = 0.4
    normalize_advantages: bool = True
    clip_value_loss: bool = True
    target_kl: float | None = None
    learning_rate: float = 0.01
    adam_beta1: float = 0.9
    adam_beta2: float = 0.99
    adam_eps: float = 1e-8
    weight_decay: float = 0.0


class Parts(NamedTuple):
    """A minibatch's loss and what it is made of."""

    policy: float
    value: float
    entropy: float
    total: float


def advantages(values: Array, rewards: Array, dones: Array, ratio: Array, config: Config) -> Array:
    """Step by step, backwards: the reward and end that arrive with the next observation, none for the last step."""
    result = np.zeros_like(values)
    for s, t in np.ndindex(values.shape[0], values.shape[1] - 1):
        before_last = values.shape[1] - 2 - t
        now, after = (s, before_last), (s, before_last + 1)
        alive = 1.0 - dones[after]
        surprise = rewards[after] + config.gamma * values[after] * alive - values[now]
        traced = config.gamma * config.gae_lambda * min(ratio[now], config.vtrace_c_clip) * alive * result[after]
        result[now] = min(ratio[now], config.vtrace_rho_clip) * surprise + traced
    return result


def evaluate(weights: Weights, x: Array, actions: NDArray[np.int64]) -> tuple[Array, Array, Array]:
    """Log-probabilities, entropies and values [s, h] of observations [s, h, features]."""
    logits = x @ weights["actor"] + weights["actor_bias"]
    logprobs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    entropy = -(np.exp(logprobs) * logprobs).sum(-1)
    chosen = np.take_along_axis(logprobs, actions[..., None], -1)[..., 0]
    return chosen, entropy, x @ weights["critic"] + weights["critic_bias"][0]


class Update:
    """The update and what lives from one to the next: Adam's moments and the epoch that anneals beta."""

    def __init__(self, weights: Weights, total_epochs: int, config: Config) -> None:
        self.weights, self.total_epochs, self.config = weights, total_epochs, config
        self.epoch = 0
        self.steps = 0
        self.moments = {name: (np.zeros_like(w), np.zeros_like(w)) for name, w in weights.items()}
        self.parts: list[Parts] = []
        self.gradients: list[Weights] = []
        self.chances: list[Array] = []

    def __call__(self, data: dict[str, Any], draws: list[NDArray[np.int64]]) -> int:
        """Train on a buffer, whose values it updates, with the segments drawn. Returns the update epochs done."""
        config, queue = self.config, iter(draws)
        beta = config.prio_beta0 + (1 - config.prio_beta0) * config.prio_alpha * self.epoch / max(1, self.total_epochs)
        whole = advantages(data["values"], data["rewards"], data["dones"], np.ones_like(data["values"]), config)
        divergences: list[float] = []
        done = 0
        while done < config.update_epochs:
            minibatches = range(len(whole) // config.minibatch_segments)
            divergences += [self._minibatch(data, whole, next(queue), beta) for _ in minibatches]
            done += 1
            if config.target_kl is not None and np.mean(divergences) > config.target_kl:
                break
        assert next(queue, None) is None
        self.epoch += done
        return done

    def _minibatch(self, data: dict[str, Any], whole: Array, rows: NDArray[np.int64], beta: float) -> float:
        config = self.config
        priority = np.abs(whole).sum(1) ** config.prio_alpha
        chances = (priority + 1e-6) / (priority.sum() + 1e-6)
        batch = {name: array[rows] for name, array in data.items()}
        batch["returns"] = whole[rows] + batch["values"]
        logprobs, _, values = evaluate(self.weights, batch["x"], batch["actions"])
        ratio = np.exp(logprobs - batch["logprobs"])
        adv = advantages(batch["values"], batch["rewards"], batch["dones"], ratio, config)
        if config.normalize_advantages:
            adv = (adv - adv.mean()) / (adv.std(ddof=1) + 1e-8)
        batch["adv"] = (len(whole) * chances[rows, None]) ** -beta * adv

        self.chances.append(chances)
        self.parts.append(self._loss(self.weights, batch))
        self.gradients.append(self._differences(batch))
        data["values"][rows] = values
        self._step(self.gradients[-1])
        return float(np.mean(ratio - 1 - (logprobs - batch["logprobs"])))

    def _loss(self, weights: Weights, batch: dict[str, Any]) -> Parts:
        config = self.config
        logprobs, entropy, values = evaluate(weights, batch["x"], batch["actions"])
        ratio = np.exp(logprobs - batch["logprobs"])
        kept = np.clip(ratio, 1 - config.clip_coef, 1 + config.clip_coef)
        policy = np.mean(np.maximum(-batch["adv"] * ratio, -batch["adv"] * kept))
        wrong = (values - batch["returns"]) ** 2
        if config.clip_value_loss:
            near = np.clip(values - batch["values"], -config.vf_clip_coef, config.vf_clip_coef)
            wrong = np.maximum(wrong, (batch["values"] + near - batch["returns"]) ** 2)
        value = 0.5 * np.mean(wrong)
        total = policy - config.ent_coef * np.mean(entropy) + config.vf_coef * value
        return Parts(float(policy), float(value), float(np.mean(entropy)), float(total))

    def _differences(self, batch: dict[str, Any]) -> Weights:
        found = {}
        for name, weight in self.weights.items():
            found[name] = np.zeros_like(weight)
            for place in np.ndindex(weight.shape):
                ends = []
                for sign in (1, -1):
                    moved = weight.copy()
                    moved[place] += sign * DIFFERENCE
                    ends.append(self._loss({**self.weights, name: moved}, batch).total)
                found[name][place] = (ends[0] - ends[1]) / (2 * DIFFERENCE)
        return found

    def _step(self, gradients: Weights) -> None:
        """Adam with the decay in the gradient, on gradients clipped to a norm."""
        config = self.config
        self.steps += 1
        norm = np.sqrt(sum(float((g**2).sum()) for g in gradients.values()))
        shrink = min(1.0, config.max_grad_norm / (norm + 1e-6))
        for name, weight in self.weights.items():
            gradient = gradients[name] * shrink + config.weight_decay * weight
            first, second = self.moments[name]
            first += (1 - config.adam_beta1) * (gradient - first)
            second += (1 - config.adam_beta2) * (gradient**2 - second)
            mean = first / (1 - config.adam_beta1**self.steps)
            root = np.sqrt(second / (1 - config.adam_beta2**self.steps))
            self.weights[name] = weight - config.learning_rate * mean / (root + config.adam_eps)
