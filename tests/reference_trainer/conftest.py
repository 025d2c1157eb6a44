"""Loops to run: small ones, of either discipline, with any field changed."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import metta_lint_trainer  # noqa: F401 - before torch, whose threads it asks to wait without spinning
from metta_lint.loops.loop import EnvironmentSettings, Loop
from metta_lint.loops.requirements import REQUIREMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    MakeLoop = Callable[..., Loop]

ITEMS = {"ore": 0.1, "battery": 0.8, "heart": 1.0}
CAPS = {"ore": 1.0, "battery": 1.0}
ENVIRONMENT = EnvironmentSettings(agents_per_env=2, rewards=ITEMS, reward_caps=CAPS)
PUFFERLIB = Loop(
    environment=ENVIRONMENT,
    num_envs=4,
    num_workers=2,
    envs_per_batch=2,
    batch_size=64,
    minibatch_size=32,
    max_minibatch_size=32,
    bptt_horizon=4,
    update_epochs=1,
    total_timesteps=10_000,
    overrun="raise",
    minibatch_count="steps",
    requirements=tuple(REQUIREMENTS),
    intervals={},
    advantages="every-minibatch",
    reward_clamp=1.0,
    normalize_advantages=True,
    clip_value_loss=True,
    target_kl=None,
    gamma=0.99,
    gae_lambda=0.95,
    clip_coef=0.2,
    ent_coef=0.01,
    vf_coef=2.0,
    vf_clip_coef=0.1,
    max_grad_norm=0.5,
    vtrace_rho_clip=1.5,
    vtrace_c_clip=1.25,
    prio_alpha=0.8,
    prio_beta0=0.6,
    beta_epochs="train-call",
    optimizer="muon",
    learning_rate=0.01,
    adam_beta1=0.9,
    adam_beta2=0.999,
    adam_eps=1e-8,
    weight_decay=0.0,
    anneal_lr=True,
    lstm_layers=1,
    lstm_zeroed_each_rollout=True,
    seed=42,
)
METTA = PUFFERLIB._replace(
    max_minibatch_size=None,
    overrun="overwrite",
    minibatch_count="segments",
    advantages="once-per-epoch",
    reward_clamp=None,
    beta_epochs="update-epoch",
    optimizer="adam",
    anneal_lr=False,
    lstm_layers=2,
    lstm_zeroed_each_rollout=False,
)


def _changed(base: Loop, **changes: Any) -> Loop:
    inner = {name: changes.pop(name) for name in EnvironmentSettings._fields if name in changes}
    return base._replace(environment=base.environment._replace(**inner), **changes)


@pytest.fixture(scope="session")
def pufferlib() -> MakeLoop:
    """A small loop of PufferLib's kind, with fields changed (those of its environment too)."""
    return lambda **changes: _changed(PUFFERLIB, **changes)


@pytest.fixture(scope="session")
def metta() -> MakeLoop:
    """A small loop of Metta's kind, with fields changed (those of its environment too)."""
    return lambda **changes: _changed(METTA, **changes)


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """Fails where a test leaves a process or a block of shared memory behind."""
    blocks = shared_blocks()
    yield
    assert multiprocessing.active_children() == []
    assert shared_blocks() <= blocks


def shared_blocks() -> set[str]:
    """The shared memory that this process has mapped, as far as the system says."""
    maps = Path("/proc/self/maps")
    if not maps.exists():
        return set()
    return {line.split()[-1] for line in maps.read_text().splitlines() if "/dev/shm/" in line}  # noqa: S108
