"""Probes recover what a loop was configured with, from the functions and objects that train."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from metta_lint_trainer.policy import Policy
from metta_lint_trainer.probe import probe
from metta_lint_trainer.update import Update

if TYPE_CHECKING:
    from collections.abc import Callable

    from metta_lint.loops.loop import Loop

    MakeLoop = Callable[..., Loop]

HYPERPARAMETERS = {
    "gamma": st.floats(0.01, 1.0),
    "gae_lambda": st.floats(0.01, 1.0),
    "vtrace_rho_clip": st.floats(0.01, 100.0),
    "vtrace_c_clip": st.floats(0.01, 100.0),
    "clip_coef": st.floats(0.001, 10.0),
    "ent_coef": st.floats(0.0, 1.0),
    "vf_coef": st.floats(0.001, 100.0),
    "vf_clip_coef": st.floats(0.001, 1000.0),
    "prio_alpha": st.just(0.0) | st.floats(0.001, 2.0),
    "prio_beta0": st.just(0.0) | st.floats(0.001, 1.0),
    "max_grad_norm": st.floats(0.001, 100.0),
    "learning_rate": st.floats(1e-9, 1.0),
    "adam_beta1": st.floats(0.0, 0.9999),
    "adam_beta2": st.floats(0.0, 0.9999),
    "adam_eps": st.floats(1e-15, 0.1),
    "weight_decay": st.floats(0.0, 1.0),
    "target_kl": st.floats(1e-6, 10.0),
    "reward_clamp": st.floats(0.01, 100.0),
    "optimizer": st.sampled_from(["adam", "muon"]),
    "anneal_lr": st.booleans(),
    "normalize_advantages": st.booleans(),
    "precision": st.sampled_from(["float32", "bfloat16"]),
    "lstm_layers": st.sampled_from([0, 1, 2]),
}


def probed(loop: Loop) -> dict[str, object]:
    return probe(Update(loop, Policy(4, loop.lstm_layers), torch.Generator()))


def same(measured: object, configured: object) -> bool:
    if isinstance(configured, float) and isinstance(measured, float):
        return math.isclose(measured, configured, rel_tol=1e-6)
    return measured == configured and type(measured) is type(configured)


@given(settings=st.fixed_dictionaries(HYPERPARAMETERS))
def test_every_hyperparameter_is_recovered(metta: MakeLoop, settings: dict[str, Any]) -> None:
    found = probed(metta(**settings))
    assert {name for name, value in settings.items() if not same(found.get(name), value)} == set()


@given(
    rewards=st.fixed_dictionaries(dict.fromkeys(["ore", "battery", "heart"], st.floats(0.0, 1.0))),
    cap=st.floats(2.0, 10.0),
)
def test_rewards_and_the_caps_that_show_are_recovered(metta: MakeLoop, rewards: dict[str, float], cap: float) -> None:
    found = probed(metta(rewards=rewards, reward_caps={"battery": cap}))
    assert all(same(found[f"reward_{item}"], reward) for item, reward in rewards.items())
    assert "reward_cap_ore" not in found
    if rewards["battery"] * 255 > cap * 1.01:
        assert same(found["reward_cap_battery"], cap)
    elif rewards["battery"] * 255 < cap:
        assert "reward_cap_battery" not in found


def test_what_a_trainer_does_not_do_is_off(metta: MakeLoop) -> None:
    found = probed(metta(reward_clamp=None, target_kl=None, clip_value_loss=False))
    assert (found["reward_clamp"], found["target_kl"], found["clip_value_loss"]) == ("off", "off", False)
    assert "vf_clip_coef" not in found


@pytest.mark.parametrize(
    ("changes", "hidden"),
    [
        ({"gamma": 0.0}, {"gae_lambda", "vtrace_c_clip"}),
        ({"vtrace_rho_clip": 0.0}, {"gamma", "gae_lambda", "vtrace_c_clip"}),
        ({"total_timesteps": 1}, {"prio_beta0", "anneal_lr"}),
        ({"rewards": {"ore": 2.0}, "reward_caps": {"ore": 0.5}}, {"reward_ore"}),
    ],
)
def test_what_has_no_effect_is_not_claimed(pufferlib: MakeLoop, changes: dict[str, Any], hidden: set[str]) -> None:
    assert hidden & probed(pufferlib(**changes)).keys() == set()
    assert hidden <= probed(pufferlib(rewards={"ore": 0.1})).keys()


def test_a_constant_wired_to_the_wrong_place_shows(pufferlib: MakeLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The probe reads what the functions do, so an update that swaps its clips is found out."""
    update = Update(pufferlib(vtrace_rho_clip=3.0, vtrace_c_clip=2.0), Policy(4, 1), torch.Generator())
    swapped = Update(pufferlib(vtrace_rho_clip=2.0, vtrace_c_clip=3.0), Policy(4, 1), torch.Generator())
    monkeypatch.setattr(update, "advantages", swapped.advantages)
    found = probe(update)
    assert (found["vtrace_rho_clip"], found["vtrace_c_clip"]) == (2.0, 3.0)


def test_probing_changes_nothing(pufferlib: MakeLoop) -> None:
    update = Update(pufferlib(), Policy(4, 1), torch.Generator())
    before = [parameter.clone() for parameter in update.policy.parameters()]
    state = torch.random.get_rng_state()
    assert probe(update) == probe(update)
    assert all(torch.equal(a, b) for a, b in zip(before, update.policy.parameters(), strict=True))
    assert torch.equal(state, torch.random.get_rng_state())
    assert update.optimizer_steps == 0
