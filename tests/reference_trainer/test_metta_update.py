"""Metta's update against a second one in numpy and float64, that shares no code with it: losses, gradients, weights."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from metta_lint_trainer.experience import Experience
from metta_lint_trainer.policy import Evaluated
from metta_lint_trainer.update import Losses, Minibatch, Update

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from metta_lint.loops.loop import Loop

    MakeLoop = Callable[..., Loop]

FEATURES, ACTIONS, SEGMENTS, HORIZON, EPOCHS = 3, 4, 16, 6, 10


def _second_opinion() -> ModuleType:
    """The module beside this one; tests are imported by path, so it is no package's."""
    spec = importlib.util.spec_from_file_location("metta_in_numpy", Path(__file__).with_name("metta_in_numpy.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


metta_in_numpy = _second_opinion()


class Linear(nn.Module):
    """A linear policy in float64; observations are bytes [s, h, features]."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        shapes = {"actor": (FEATURES, ACTIONS), "actor_bias": (ACTIONS,), "critic": (FEATURES,), "critic_bias": (1,)}
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.randn(shape, generator=generator).double() / 2))

    def evaluate(self, observations: Tensor, actions: Tensor) -> Evaluated:
        x = observations.double() / 255
        logits = torch.distributions.Categorical(logits=x @ self.actor + self.actor_bias)
        return Evaluated(logits.log_prob(actions), logits.entropy(), x @ self.critic + self.critic_bias)


class Watched(Update):
    """An update that remembers what it drew, lost and derived."""

    def __init__(self, loop: Loop) -> None:
        super().__init__(loop, Linear(), torch.Generator().manual_seed(0))  # type: ignore[arg-type]
        self.rows: list[Tensor] = []
        self.parts: list[Losses] = []
        self.gradients: list[dict[str, Tensor]] = []
        self.chances: list[Tensor] = []

    def probabilities(self, whole: Tensor) -> Tensor:
        self.chances.append(super().probabilities(whole))
        return self.chances[-1]

    def _sample(self, *args: Any) -> tuple[Tensor, Minibatch]:
        rows, minibatch = super()._sample(*args)
        self.rows.append(rows)
        return rows, minibatch

    def loss(self, *args: Any, **kwargs: Any) -> Losses:
        self.parts.append(super().loss(*args, **kwargs))
        return self.parts[-1]

    def clip_gradients(self) -> None:
        named = self.policy.named_parameters()
        self.gradients.append({name: p.grad.clone() for name, p in named if p.grad is not None})
        super().clip_gradients()


def make_loop(metta: MakeLoop, config: Any) -> Loop:
    settings = config._asdict()
    settings["minibatch_size"] = settings.pop("minibatch_segments") * HORIZON
    batch_size = SEGMENTS * HORIZON
    sizes = {"batch_size": batch_size, "bptt_horizon": HORIZON, "total_timesteps": EPOCHS * batch_size}
    return metta(optimizer="adam", lstm_layers=0, **sizes, **settings)


def filled(loop: Loop) -> Experience:
    """A buffer in float64, with rewards, ends and log-probabilities of no policy in particular."""
    generator = torch.Generator().manual_seed(1)
    experience = Experience(loop, SEGMENTS, observation_bytes=FEATURES)
    data = experience.data
    data.observations.random_(generator=generator)
    data.actions.random_(0, ACTIONS, generator=generator)
    data.logprobs.uniform_(-1.7, -1.1, generator=generator)
    data.values.normal_(generator=generator)
    data.rewards.normal_(generator=generator)
    data.terminals.bernoulli_(0.15, generator=generator)
    return in_float64(experience)


def in_float64(experience: Experience) -> Experience:
    data = experience.data
    experience.data = data._replace(
        **{name: getattr(data, name).double() for name in ("logprobs", "values", "rewards", "terminals")},
        actions=data.actions.long(),
    )
    experience.ratio = experience.ratio.double()
    return experience


CONFIGS: dict[str, dict[str, Any]] = {
    "usual": {},
    "three update epochs": {"update_epochs": 3},
    "as collected": {"normalize_advantages": False},
    "value loss not clipped": {"clip_value_loss": False},
    "binding clips": {"clip_coef": 0.01, "vf_clip_coef": 0.01, "vtrace_rho_clip": 0.8, "vtrace_c_clip": 0.7},
    "no clip binds": {"clip_coef": 9.0, "vf_clip_coef": 99.0, "vtrace_rho_clip": 9.0, "vtrace_c_clip": 9.0},
    "even sampling": {"prio_alpha": 0.0},
    "steep sampling": {"prio_alpha": 1.0, "prio_beta0": 0.0, "update_epochs": 2},
    "weight decay": {"weight_decay": 0.3},
    "small gradients": {"max_grad_norm": 1e-3},
    "large gradients": {"max_grad_norm": 1e3},
    "entropy alone": {"ent_coef": 2.0, "vf_coef": 0.0},
    "stopped by its divergence": {"update_epochs": 4, "target_kl": 1e-4},
    "not stopped by its divergence": {"update_epochs": 2, "target_kl": 1e4},
    "one long minibatch": {"minibatch_segments": SEGMENTS},
}


@pytest.mark.parametrize("changes", CONFIGS.values(), ids=CONFIGS)
def test_two_updates_agree_with_the_second_opinion(metta: MakeLoop, changes: dict[str, Any]) -> None:
    """Two updates in a row, so that Adam's moments, the clocks and the updated values carry over."""
    config = metta_in_numpy.Config(**changes)
    loop = make_loop(metta, config)
    experience, ours = filled(loop), Watched(loop)
    data = {
        "x": experience.data.observations.double().numpy() / 255,
        "actions": experience.data.actions.numpy().copy(),
        "dones": experience.data.terminals.numpy().copy(),
        **{name: getattr(experience.data, name).numpy().copy() for name in ("logprobs", "values", "rewards")},
    }
    second = metta_in_numpy.Update(
        {name: p.detach().numpy().copy() for name, p in ours.policy.named_parameters()}, EPOCHS, config
    )
    for _ in range(2):
        ours.rows = []
        trained = ours(experience, lambda _done, _total: None)
        assert second(data, [rows.numpy() for rows in ours.rows]) == trained.update_epochs
        assert np.allclose(experience.data.values.numpy(), data["values"], rtol=1e-7)

    assert len(ours.parts) == len(second.parts) == second.steps
    for mine, theirs in zip(ours.chances, second.chances, strict=True):
        assert np.allclose(mine.numpy(), theirs, rtol=1e-9)
    for part, other in zip(ours.parts, second.parts, strict=True):
        assert [float(x.detach()) for x in part] == pytest.approx(other, rel=1e-6, abs=1e-9)
    for gradients, differences in zip(ours.gradients, second.gradients, strict=True):
        for name, gradient in gradients.items():
            assert np.allclose(gradient.numpy(), differences[name], rtol=1e-5, atol=1e-8)
    for name, parameter in ours.policy.named_parameters():
        assert np.allclose(parameter.detach().numpy(), second.weights[name], rtol=1e-6, atol=1e-7)


def test_the_config_that_stops_for_its_divergence_does(metta: MakeLoop) -> None:
    config = metta_in_numpy.Config(update_epochs=4, target_kl=1e-4)
    loop = make_loop(metta, config)
    assert Watched(loop)(filled(loop), lambda _done, _total: None).update_epochs == 1


def test_a_minibatch_worked_by_hand(metta: MakeLoop) -> None:
    """Two segments of two steps, a policy of zeros, one update without normalisation, on paper.

    Every action has chance 1/4 and was stored with it, so ratios are 1. Advantages: 0.5 * (2 + 0.5 * 4 - 1) = 1.5 of
    the first segment's first step (rho clipped to 0.5), 0.5 * (3 + 0 - 1) = 1 of the second's (its episode ends). The
    buffer's priorities at alpha 1 are 1.5 and 1, so chances are 0.6 and 0.4, and at beta 1 the weights 1 / (2 * 0.6)
    and 1 / (2 * 0.4). Weighted advantages: 1.25 and 1.25; the policy loss is minus their mean over four steps.
    Returns are advantages plus old values: 2.5, 4, 2, 4, against values of 0: half the mean square.
    """
    loop = metta(
        batch_size=4,
        minibatch_size=4,
        bptt_horizon=2,
        total_timesteps=40,
        lstm_layers=0,
        normalize_advantages=False,
        clip_value_loss=False,
        gamma=0.5,
        vtrace_rho_clip=0.5,
        prio_alpha=1.0,
        prio_beta0=1.0,
        ent_coef=0.1,
        vf_coef=2.0,
    )
    update = Watched(loop)
    nn.init.zeros_(update.policy.actor)  # type: ignore[arg-type]
    nn.init.zeros_(update.policy.critic)  # type: ignore[arg-type]
    for bias in (update.policy.actor_bias, update.policy.critic_bias):
        nn.init.zeros_(bias)  # type: ignore[arg-type]
    experience = Experience(loop, 2, observation_bytes=FEATURES)
    experience.data.values.copy_(torch.tensor([[1.0, 4.0], [1.0, 4.0]]))
    experience.data.rewards.copy_(torch.tensor([[9.0, 2.0], [9.0, 3.0]]))
    experience.data.terminals.copy_(torch.tensor([[0.0, 0.0], [1.0, 1.0]]))
    experience.data.logprobs.fill_(np.log(0.25))
    update(in_float64(experience), lambda _done, _total: None)

    policy = -(1.25 + 1.25) / 4
    value = 0.5 * (2.5**2 + 4**2 + 2**2 + 4**2) / 4
    entropy = float(np.log(4))
    assert update.chances[0].tolist() == pytest.approx([0.6, 0.4], rel=1e-5)
    parts = [float(part.detach()) for part in update.parts[0]]
    assert parts == pytest.approx([policy, value, entropy, policy + 2 * value - 0.1 * entropy], rel=1e-5)
    assert float(update.gradients[0]["critic_bias"]) == pytest.approx(-2.0 * (2.5 + 4 + 2 + 4) / 4, rel=1e-5)
