"""The reference policy: its size, its memory, and that training sees what acting saw."""

from __future__ import annotations

import pytest
import torch

from metta_lint.loops.embedded import ACTIONS, MODEL_PARAMETERS, OBSERVATION_BYTES
from metta_lint.plans.formula import formula
from metta_lint_trainer.policy import Policy


def observations(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 6, (*shape, OBSERVATION_BYTES), generator=generator, dtype=torch.uint8)


@pytest.mark.parametrize(("policy_size", "lstm_layers"), [(8, 0), (8, 1), (16, 2), (128, 1)])
def test_its_parameters_are_those_that_a_plan_counts(policy_size: int, lstm_layers: int) -> None:
    sizes = {"policy_size": policy_size, "lstm_layers": lstm_layers}
    assert Policy(policy_size, lstm_layers).parameter_count == formula(MODEL_PARAMETERS).evaluate(sizes.__getitem__)


@pytest.mark.parametrize("lstm_layers", [0, 1, 2])
def test_a_segment_is_trained_on_as_it_was_acted_in_from_a_zero_state(lstm_layers: int) -> None:
    policy, generator = Policy(8, lstm_layers), torch.Generator().manual_seed(0)
    with torch.no_grad():
        policy.actor.weight.mul_(100.0)
    seen = observations(3, 5)
    state = policy.zero_state(3)
    steps = []
    for t in range(5):
        acted = policy.act(seen[:, t], state, generator)
        state = acted.state
        steps.append(acted)
    evaluated = policy.evaluate(seen, torch.stack([step.actions for step in steps], dim=1))
    assert torch.allclose(evaluated.logprobs, torch.stack([step.logprobs for step in steps], dim=1), atol=1e-5)
    assert torch.allclose(evaluated.values, torch.stack([step.values for step in steps], dim=1), atol=1e-5)


def test_a_new_policy_acts_almost_evenly() -> None:
    policy = Policy(16, 1)
    evaluated = policy.evaluate(observations(4, 3), torch.zeros(4, 3, dtype=torch.int32))
    assert torch.allclose(evaluated.entropy, torch.tensor(float(len(ACTIONS))).log(), atol=1e-2)


def test_memory_makes_a_difference() -> None:
    policy = Policy(8, 1)
    seen = observations(2, 4)
    changed = seen.clone()
    changed[:, 0, :25] = 5 - changed[:, 0, :25]
    actions = torch.zeros(2, 4, dtype=torch.int32)
    assert not torch.equal(policy.evaluate(seen, actions).values[:, 3], policy.evaluate(changed, actions).values[:, 3])
