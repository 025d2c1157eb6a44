"""Runs the real PuffeRL on every case and saves all that it did. For the interpreter that has pufferlib-core.

    python real_update.py OUTPUT.pt [CASE ...]

The environment is noise with a seed: what it pays is not the point, that both trainers are given the same of it is.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import traceback
from typing import Any
from unittest import mock

import gymnasium
import heavyball.utils
import numpy as np
import pufferlib
import pufferlib.models
import pufferlib.vector
import torch
from pufferlib import pufferl
from torch import Tensor
from update_cases import AGENTS, CASES, HIDDEN, Case
from update_recorder import recorded, weights

from metta_lint.loops.embedded import ACTIONS, CELLS, OBSERVATION_BYTES
from metta_lint_trainer.policy import Policy

UNUSED = {
    "env": "noise",
    "device": "cpu",
    "cpu_offload": False,
    "compile": False,
    "compile_mode": "default",
    "compile_fullgraph": False,
    "torch_deterministic": True,
    "checkpoint_interval": 10**9,
}
"""What PuffeRL reads and no case changes."""

REWARDS = (-2.0, -0.5, 0.0, 0.1, 1.0, 3.0)
TERMINAL = 0.1


class Noise(pufferlib.PufferEnv):  # type: ignore[misc]
    """Random observations, rewards past what the trainer clamps to, episodes that end anywhere."""

    def __init__(self, seed: int) -> None:
        self.single_observation_space = gymnasium.spaces.Box(0, 255, (OBSERVATION_BYTES,), np.uint8)
        self.single_action_space = gymnasium.spaces.Discrete(len(ACTIONS))
        self.num_agents = self.agents_per_batch = AGENTS
        super().__init__()
        self._random = np.random.default_rng(seed)

    def reset(self, seed: int | None = None) -> tuple[Any, list[Any]]:
        self._draw()
        return self.observations, []

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, list[Any]]:
        self._draw()
        return self.observations, self.rewards, self.terminals, self.truncations, []

    def close(self) -> None:
        """Nothing is held."""

    def _draw(self) -> None:
        self.observations[:] = self._random.integers(0, len(CELLS), self.observations.shape)
        self.rewards[:] = self._random.choice(REWARDS, AGENTS)
        self.terminals[:] = self._random.random(AGENTS) < TERMINAL


class Adapted(torch.nn.Module):
    """The reference trainer's policy behind the calls that PufferLib makes."""

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.policy = policy
        self.hidden_size = HIDDEN

    def forward_eval(self, observations: Tensor, state: dict[str, Any]) -> tuple[Tensor, Tensor]:
        carried = (state["lstm_h"][None], state["lstm_c"][None]) if self.policy.lstm else self.policy.zero_state(AGENTS)
        hidden, (h, c) = self.policy._recur(self.policy._encode(observations)[None], carried)
        if self.policy.lstm:
            state["lstm_h"], state["lstm_c"] = h[0], c[0]
        return self.policy.actor(hidden[0]), self.policy.critic(hidden[0])

    def forward(self, observations: Tensor, _state: dict[str, Any]) -> tuple[Tensor, Tensor]:
        if not self.policy.lstm:
            hidden = self.policy._encode(observations)
            return self.policy.actor(hidden), self.policy.critic(hidden)
        encoded = self.policy._encode(observations.transpose(0, 1))
        hidden, _ = self.policy._recur(encoded, self.policy.zero_state(len(observations)))
        hidden = hidden.transpose(0, 1)
        return self.policy.actor(hidden).flatten(0, 1), self.policy.critic(hidden)


def make_policy(case: Case, env: Noise) -> torch.nn.Module:
    """A policy whose actions are not all as likely, so that ratios move and entropy has a gradient."""
    if case.policy == "reference":
        policy: torch.nn.Module = Adapted(Policy(HIDDEN, int(case.lstm)))
    else:
        policy = pufferlib.models.Default(env, HIDDEN)
        if case.lstm:
            policy = pufferlib.models.LSTMWrapper(env, policy, HIDDEN, HIDDEN)
    with torch.no_grad():
        for name, parameter in policy.named_parameters():
            if "decoder" in name or "actor" in name:
                parameter.normal_(std=0.5)
    return policy


def run(case: Case, data_dir: str) -> dict[str, Any]:
    """All that PuffeRL does in the case's epochs."""
    torch.manual_seed(len(case.name))
    env = Noise(seed=7)
    policy = make_policy(case, env)
    config = {**UNUSED, **case.settings, "use_rnn": case.lstm, "data_dir": data_dir}
    trainer = pufferl.PuffeRL(config, env, policy)
    begun = weights(policy)
    epochs = [epoch(trainer, policy) for _ in range(case.epochs)]
    trainer.utilization.stop()
    leave_autocast()
    return {"weights": begun, "epochs": epochs}


def leave_autocast() -> None:
    """PuffeRL enters autocast twice a minibatch and never leaves; the next case must not start inside it."""
    for _ in range(torch.autocast_increment_nesting()):
        torch.autocast_decrement_nesting()
    torch.set_autocast_enabled("cpu", False)
    torch.clear_autocast_cache()


def epoch(trainer: Any, policy: torch.nn.Module) -> dict[str, Any]:
    """One rollout and one update."""
    arrivals: list[tuple[Tensor, Tensor, Tensor]] = []
    receive = trainer.vecenv.recv

    def receiving() -> Any:
        arrival = receive()
        arrivals.append(tuple(torch.from_numpy(array.copy()) for array in arrival[:3]))  # type: ignore[arg-type]
        return arrival

    with mock.patch.object(trainer.vecenv, "recv", receiving):
        trainer.evaluate()
    names = ("observations", "actions", "logprobs", "values", "rewards", "terminals")
    experience = {name: getattr(trainer, name).clone() for name in names}

    advantages: list[Tensor] = []
    compute = pufferl.compute_puff_advantage

    def computing(*args: Any) -> Tensor:
        result: Tensor = compute(*args)
        advantages.append(result.clone())
        return result

    trainer.last_log_time = 0  # so that this update's losses are kept
    with mock.patch.object(pufferl, "compute_puff_advantage", computing), recorded(policy, trainer.optimizer) as record:
        trainer.train()
    return {
        "arrivals": arrivals,
        "experience": experience,
        "record": record._asdict(),
        "advantages": advantages[::2],  # between them, of minibatches alone: computed, and not used
        "losses": {name: float(trainer.losses[name]) for name in ("policy_loss", "value_loss", "entropy", "approx_kl")},
        "values": trainer.values.clone(),
        "ratio": trainer.ratio.clone(),
        "weights": weights(policy),
        "rate": float(trainer.optimizer.param_groups[0]["lr"]),
    }


def kernel() -> list[dict[str, Any]]:
    """PufferLib's own advantages of random segments, with ends of episodes anywhere."""
    generator = torch.Generator().manual_seed(3)
    results = []
    for horizon in (1, 2, 3, 16, 64):
        for rho_clip, c_clip in ((1.0, 1.0), (0.5, 2.0), (2.5, 0.3), (9.0, 9.0)):
            values, rewards, noise = (torch.randn(12, horizon, generator=generator) for _ in range(3))
            dones = (torch.rand(12, horizon, generator=generator) < 0.2).float()
            ratio, advantages = noise.exp(), torch.zeros(12, horizon)
            constants = (0.97, 0.9, rho_clip, c_clip)
            torch.ops.pufferlib.compute_puff_advantage(values, rewards, dones, ratio, advantages, *constants)
            inputs = (values, rewards, dones, ratio)
            results.append({"inputs": inputs, "constants": constants, "advantages": advantages})
    return results


def muon() -> dict[str, Any]:
    """heavyball's Muon on given gradients in float64."""
    generator = torch.Generator().manual_seed(5)
    shapes = ((6, 6), (9, 4), (4, 9), (1, 5), (7,))
    parameters = [torch.nn.Parameter(torch.randn(shape, generator=generator).double()) for shape in shapes]
    begun = [parameter.detach().clone() for parameter in parameters]
    heavyball.utils.compile_mode = None
    settings = {"lr": 0.05, "betas": (0.9, 0.99), "eps": 1e-8}
    optimizer = heavyball.ForeachMuon(parameters, **settings)
    gradients, ended = [], []
    for _ in range(4):
        gradients.append([torch.randn(shape, generator=generator).double() for shape in shapes])
        for parameter, gradient in zip(parameters, gradients[-1], strict=True):
            parameter.grad = gradient.clone()
        optimizer.step()
        ended.append([parameter.detach().clone() for parameter in parameters])
    return {"settings": settings, "weights": begun, "gradients": gradients, "ended": ended}


def main(output: str, *names: str) -> None:
    """Run the cases (all, or those named) and save them."""
    cases = {}
    with tempfile.TemporaryDirectory() as data_dir, mock.patch.object(pufferl.PuffeRL, "print_dashboard"):
        for case in CASES:
            if not names or case.name in names:
                with contextlib.redirect_stdout(io.StringIO()):
                    cases[case.name] = run(case, data_dir)
    torch.save({"cases": cases, "kernel": kernel(), "muon": muon(), "versions": versions()}, output)


def versions() -> dict[str, str]:
    """What ran."""
    from importlib.metadata import version

    return {name: version(name) for name in ("pufferlib-core", "torch", "heavyball", "numpy")}


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except BaseException:  # noqa: BLE001 - whatever it was, the interpreter must go
        traceback.print_exc()
        os._exit(1)
    os._exit(0)  # PufferLib's monitor thread would keep the interpreter
