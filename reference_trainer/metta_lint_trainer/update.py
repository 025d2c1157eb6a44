"""The update: what the trainers do with a full buffer. PPO with V-trace clips, on prioritised segments.

The functions are pure; the class holds what lives from epoch to epoch and applies a loop's constants to them. Sources:
PufferLib 3.0 pufferl.py train() and extensions/pufferlib.cpp; Metta 2025-07 rl/functions (losses, advantage, training).
"""

from __future__ import annotations

import warnings
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import CosineAnnealingLR

from metta_lint_trainer.errors import TrainerRefusal
from metta_lint_trainer.optimizers import make_optimizer
from metta_lint_trainer.requirements import smaller_minibatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from metta_lint.loops.loop import Loop
    from metta_lint_trainer.experience import Experience
    from metta_lint_trainer.policy import Evaluated, Policy

PRIORITY_EPSILON = 1e-6
"""Added to each segment's weight and to their sum, in both trainers."""


RATE_OF_NOTHING = 1e-12
"""The share of the first learning rate below which a rate is an ended cosine's rounding."""


class Losses(NamedTuple):
    """The parts of a minibatch's loss, each a scalar."""

    policy: Tensor
    value: Tensor
    entropy: Tensor
    total: Tensor


class Minibatch(NamedTuple):
    """Sampled rows of the buffer, s segments of h steps."""

    observations: Tensor  # uint8 [s, h, bytes]
    actions: Tensor  # int32 [s, h]
    logprobs: Tensor  # [s, h] of the policy that acted
    values: Tensor  # [s, h] as last updated
    rewards: Tensor  # [s, h]
    terminals: Tensor  # [s, h]
    advantages: Tensor  # [s, h]
    weights: Tensor  # [s, 1] importance weights


@dataclass(slots=True)
class Trained:
    """What one update did, counted while it did it."""

    segments: int
    minibatches: int = 0
    update_epochs: int = 0
    optimizer_steps: int = 0
    accumulated: list[int] = field(default_factory=lambda: [0])
    """Minibatches before the first optimizer step, before the second, ..., and after the last."""
    steps: int = 0
    minibatch_shape: tuple[int, int] = (0, 0)
    segments_sampled: int = 0
    credited_ticks: int = 0
    """Ticks of a segment at which some advantage is not 0, in the first minibatch's scan of the buffer."""
    learning_rate: float = 0.0
    """The rate of this update; 0 where less than RATE_OF_NOTHING of the first one is left."""

    weights_finite: bool = True
    """Whether no weight of the policy is NaN or infinite after the update."""

    def add(self, minibatch: Minibatch) -> None:
        """Count a minibatch that was trained on."""
        segments, horizon = minibatch.values.shape
        self.minibatches += 1
        self.accumulated[-1] += 1
        self.minibatch_shape = (segments, horizon)
        self.steps += minibatch.values.numel()


def advantages(
    values: Tensor,
    rewards: Tensor,
    terminals: Tensor,
    ratio: Tensor,
    *,
    gamma: float,
    gae_lambda: float,
    rho_clip: float,
    c_clip: float,
) -> Tensor:
    """V-trace-clipped generalised advantages [s, h] of segments [s, h], in the dtype of the values.

    A step is credited with the reward and the end of episode that arrive with the next observation (index t + 1); a
    segment's last step has no next one, and gets 0. (PufferLib 3.0 extensions/pufferlib.cpp, which Metta calls too.)
    """
    # Time first, so that each turn of the scan reads and writes one contiguous row.
    values, rewards, ratio = (x.T.contiguous() for x in (values, rewards, ratio))
    goes_on = 1.0 - terminals.T[1:]
    delta = ratio[:-1].clamp(max=rho_clip) * (rewards[1:] + gamma * values[1:] * goes_on - values[:-1])
    decay = gamma * gae_lambda * ratio[:-1].clamp(max=c_clip) * goes_on
    result = torch.zeros_like(values)
    for t in reversed(range(len(values) - 1)):
        torch.addcmul(delta[t], decay[t], result[t + 1], out=result[t])
    return result.T.contiguous()


def sampling_probabilities(advantages: Tensor, prio_alpha: float) -> Tensor:
    """The chance [s] of each segment, by the sum of its absolute advantages [s, h] to the power of alpha."""
    weights = (advantages.abs().sum(dim=1) ** prio_alpha).nan_to_num(0.0, 0.0, 0.0)
    return (weights + PRIORITY_EPSILON) / (weights.sum() + PRIORITY_EPSILON)


def importance_weights(probabilities: Tensor, segments: int, beta: float) -> Tensor:
    """What makes up for sampling by priority: (segments * p) ** -beta of the sampled segments, [s, 1]."""
    weights: Tensor = (segments * probabilities[:, None]) ** -beta
    return weights


def annealed_beta(prio_beta0: float, prio_alpha: float, epoch: int, total_epochs: float) -> float:
    """The exponent of the importance weights, on its way from beta0 towards 1. Raises ZeroDivisionError."""
    return prio_beta0 + (1.0 - prio_beta0) * prio_alpha * epoch / total_epochs


def normalized(advantages: Tensor) -> Tensor:
    """Advantages of a minibatch with mean 0 and standard deviation 1; NaN for a single one, which has no deviation."""
    if advantages.numel() == 1:
        return torch.full_like(advantages, torch.nan)  # as torch has it, without its warning
    return (advantages - advantages.mean()) / (advantages.std() + 1e-8)


def ppo_loss(
    evaluated: Evaluated,
    *,
    old_logprobs: Tensor,
    old_values: Tensor,
    advantages: Tensor,
    returns: Tensor,
    clip_coef: float,
    ent_coef: float,
    vf_coef: float,
    vf_clip_coef: float | None,
) -> Losses:
    """PPO's loss over tensors [s, h]. ``vf_clip_coef`` None: the value loss is not clipped."""
    ratio = (evaluated.logprobs - old_logprobs).exp()
    clipped_ratio = ratio.clamp(1.0 - clip_coef, 1.0 + clip_coef)
    policy = torch.max(-advantages * ratio, -advantages * clipped_ratio).mean()

    squares = (evaluated.values - returns) ** 2
    if vf_clip_coef is not None:
        clipped = old_values + (evaluated.values - old_values).clamp(-vf_clip_coef, vf_clip_coef)
        squares = torch.max(squares, (clipped - returns) ** 2)
    value = 0.5 * squares.mean()

    entropy = evaluated.entropy.mean()
    return Losses(policy, value, entropy, policy + vf_coef * value - ent_coef * entropy)


class Update:
    """A loop's update, with all that lives from one epoch to the next: optimizer, schedule, clocks, gradients.

    PufferLib adds the losses of accumulated minibatches up without averaging them, and gradients left over when an
    epoch's minibatches are not a multiple of ``accumulate_minibatches`` stay for the next epoch. Both happen here too.
    So does what becomes of bfloat16 where a loop's autocast stays on; ``close`` leaves it.
    """

    def __init__(self, loop: Loop, policy: Policy, generator: torch.Generator) -> None:
        self.loop = loop
        self.policy = policy
        self._generator = generator
        self.optimizer = make_optimizer(loop, policy.parameters())
        self.optimizer_steps = 0
        self.optimizer.register_step_post_hook(self._count_step)
        self._total_epochs = loop.total_timesteps // loop.batch_size
        self._scheduler = CosineAnnealingLR(self.optimizer, T_max=self._total_epochs)
        self._beta_clock = 0
        self._held_autocast: ExitStack | None = None

        minibatch_size = smaller_minibatch(loop)
        self.minibatch_segments = minibatch_size // loop.bptt_horizon
        self.accumulate_minibatches = loop.minibatch_size // minibatch_size

    def __call__(self, experience: Experience, progress: Callable[[int, int], None]) -> Trained:
        """Train on a full buffer; ``progress`` hears of every minibatch, done and in all.

        Raises TrainerRefusal("timesteps-fill-batch") where a schedule divides by zero epochs.
        """
        self._hold_autocast(experience.ratio.device)
        trained = Trained(segments=experience.segments, optimizer_steps=-self.optimizer_steps)
        sampled = torch.zeros(experience.segments, dtype=torch.bool)
        divergences: list[Tensor] = []
        beta = self.beta()
        experience.ratio.fill_(1.0)
        whole = self._advantages_of(experience)
        trained.credited_ticks = int(whole.ne(0.0).any(dim=0).sum())
        trained.learning_rate = self.learning_rate()

        planned = self._minibatches_of_update_epochs(experience.segments)
        for minibatches in planned:
            for _ in range(minibatches):
                if self.loop.advantages == "every-minibatch" and trained.minibatches:
                    whole = self._advantages_of(experience)
                rows, minibatch = self._sample(experience, whole, beta)
                divergences.append(self._accumulate_gradients(experience, rows, minibatch))
                trained.add(minibatch)
                sampled[rows.cpu()] = True
                if trained.minibatches % self.accumulate_minibatches == 0:
                    self.step()
                    trained.accumulated.append(0)
                progress(trained.minibatches, sum(planned))
            trained.update_epochs += 1
            if self.diverged(divergences):
                break

        if not trained.minibatches and self.loop.minibatch_count == "steps":
            # PufferLib goes on to explain variance with the last minibatch's advantages, which there are none of.
            message = "no minibatch was trained, and explained variance needs the last one's advantages"
            raise TrainerRefusal(requirement="some-minibatch", exception="UnboundLocalError", message=message)
        self.end_epoch(trained.update_epochs)
        trained.optimizer_steps += self.optimizer_steps
        trained.segments_sampled = int(sampled.sum())
        trained.weights_finite = all(bool(weights.isfinite().all()) for weights in self.policy.parameters())
        return trained

    def learning_rate(self) -> float:
        """The optimizer's rate, 0 where what is left of it is the rounding of a cosine that has ended."""
        (group,) = self.optimizer.param_groups
        rate = float(group["lr"])
        return rate if rate > RATE_OF_NOTHING * float(group["initial_lr"]) else 0.0

    def advantages(self, values: Tensor, rewards: Tensor, terminals: Tensor, ratio: Tensor) -> Tensor:
        """Advantages [s, h] with the loop's constants."""
        loop = self.loop
        return advantages(
            values,
            rewards,
            terminals,
            ratio,
            gamma=loop.gamma,
            gae_lambda=loop.gae_lambda,
            rho_clip=loop.vtrace_rho_clip,
            c_clip=loop.vtrace_c_clip,
        )

    def probabilities(self, whole: Tensor) -> Tensor:
        """The chance [segments] of each segment to be sampled, by the buffer's advantages [segments, h]."""
        return sampling_probabilities(whole, self.loop.prio_alpha)

    def beta(self) -> float:
        """The exponent of the importance weights, now.

        Metta, whose clock counts update epochs, divides by at least one; PufferLib by none, where total_timesteps
        do not fill a batch.
        """
        epochs = max(1, self._total_epochs) if self.loop.beta_epochs == "update-epoch" else self._total_epochs
        try:
            return annealed_beta(self.loop.prio_beta0, self.loop.prio_alpha, self._beta_clock, epochs)
        except ZeroDivisionError as error:
            raise _no_epochs(error) from error

    def weigh(self, advantages: Tensor, weights: Tensor) -> Tensor:
        """A minibatch's advantages [s, h] as the policy loss takes them; weights [s, 1]."""
        return weights * (normalized(advantages) if self.loop.normalize_advantages else advantages)

    def loss(
        self, evaluated: Evaluated, *, old_logprobs: Tensor, old_values: Tensor, advantages: Tensor, returns: Tensor
    ) -> Losses:
        """PPO's loss with the loop's constants."""
        loop = self.loop
        return ppo_loss(
            evaluated,
            old_logprobs=old_logprobs,
            old_values=old_values,
            advantages=advantages,
            returns=returns,
            clip_coef=loop.clip_coef,
            ent_coef=loop.ent_coef,
            vf_coef=loop.vf_coef,
            vf_clip_coef=loop.vf_clip_coef if loop.clip_value_loss else None,
        )

    def step(self) -> None:
        """Step the optimizer on the gradients that have accumulated, clipped to the loop's norm, and clear them."""
        self.clip_gradients()
        self.optimizer.step()
        self.optimizer.zero_grad()

    def clip_gradients(self) -> None:
        nn.utils.clip_grad_norm_(self.policy.parameters(), self.loop.max_grad_norm)

    def end_epoch(self, update_epochs: int) -> None:
        """Move the clocks on: the importance weights' exponent, and the learning rate along its cosine.

        The cosine's half period is the number of whole batches in the run, in both trainers.
        """
        self._beta_clock += update_epochs if self.loop.beta_epochs == "update-epoch" else 1
        if not self.loop.anneal_lr:
            return
        try:
            with warnings.catch_warnings(action="ignore", category=UserWarning):  # torch expects a step before it
                self._scheduler.step()
        except ZeroDivisionError as error:
            raise _no_epochs(error) from error

    def diverged(self, divergences: list[Tensor]) -> bool:
        """Whether the mean divergence of all minibatches so far is past the target (Metta, after an update epoch)."""
        target = self.loop.target_kl
        return target is not None and bool(divergences) and float(torch.stack(divergences).mean()) > target

    def autocast(self, device: torch.device) -> torch.autocast:
        """The precision in which the policy computes."""
        return torch.autocast(device.type, torch.bfloat16, enabled=self.loop.precision == "bfloat16")

    def close(self) -> None:
        """Leave the autocast that the loop never leaves."""
        if self._held_autocast is not None:
            self._held_autocast.close()
            self._held_autocast = None

    def _hold_autocast(self, device: torch.device) -> None:
        """From the first update on, compute in mixed precision where the loop never leaves it.

        torch forgets its casts of weights where the outermost autocast is left. Where none is, later steps change the
        float32 weights and the casts of the first update go on acting and being trained on.
        """
        if self.loop.autocast_stays_on and self.loop.precision == "bfloat16" and self._held_autocast is None:
            self._held_autocast = ExitStack()
            self._held_autocast.enter_context(self.autocast(device))

    def _minibatches_of_update_epochs(self, segments: int) -> list[int]:
        """How many minibatches to train on; in Metta, for each update epoch."""
        loop = self.loop
        if loop.minibatch_count == "steps":
            return [int(loop.update_epochs * loop.batch_size / (self.minibatch_segments * loop.bptt_horizon))]
        return [segments // self.minibatch_segments] * loop.update_epochs

    def _advantages_of(self, experience: Experience) -> Tensor:
        data = experience.data
        return self.advantages(data.values, data.rewards, data.terminals, experience.ratio)

    def _sample(self, experience: Experience, whole: Tensor, beta: float) -> tuple[Tensor, Minibatch]:
        """Rows [s] of the buffer, without replacement, and what they hold."""
        probabilities = self.probabilities(whole)
        rows = torch.multinomial(probabilities, self.minibatch_segments, generator=self._generator)
        data = experience.data
        return rows, Minibatch(
            observations=data.observations[rows],
            actions=data.actions[rows],
            logprobs=data.logprobs[rows],
            values=data.values[rows],
            rewards=data.rewards[rows],
            terminals=data.terminals[rows],
            advantages=whole[rows],
            weights=importance_weights(probabilities[rows], experience.segments, beta),
        )

    def _accumulate_gradients(self, experience: Experience, rows: Tensor, minibatch: Minibatch) -> Tensor:
        """Add a minibatch's gradients to the policy's, and its new values and ratios to the buffer.

        Returns the approximate KL divergence, a scalar.
        """
        with self.autocast(rows.device):
            evaluated = self.policy.evaluate(minibatch.observations, minibatch.actions)
        log_ratio = (evaluated.logprobs - minibatch.logprobs).detach()
        ratio = log_ratio.exp()
        advantages = minibatch.advantages
        if self.loop.advantages == "once-per-epoch":
            advantages = self.advantages(minibatch.values, minibatch.rewards, minibatch.terminals, ratio)
        losses = self.loss(
            evaluated,
            old_logprobs=minibatch.logprobs,
            old_values=minibatch.values,
            advantages=self.weigh(advantages, minibatch.weights),
            returns=minibatch.advantages + minibatch.values,
        )
        losses.total.backward()  # type: ignore[no-untyped-call]
        experience.ratio[rows] = ratio
        experience.data.values[rows] = evaluated.values.detach()
        return ((ratio - 1.0) - log_ratio).mean()

    def _count_step(self, *_: object) -> None:
        self.optimizer_steps += 1


def _no_epochs(error: ZeroDivisionError) -> TrainerRefusal:
    return TrainerRefusal(requirement="timesteps-fill-batch", exception=type(error).__name__, message=str(error))
