"""Every requirement refuses what breaks it, alone and by name, and nothing that holds."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import pytest

from metta_lint.loops.requirements import CONFIG_REQUIREMENTS, REQUIREMENTS
from metta_lint_trainer.errors import TrainerRefusal
from metta_lint_trainer.requirements import CHECKS, check_start, check_update

if TYPE_CHECKING:
    from collections.abc import Callable

    from metta_lint.loops.loop import Loop

    MakeLoop = Callable[..., Loop]

FAIL_BY_THEMSELVES = {"rows-fit-buffer", "timesteps-fill-batch", "some-minibatch"}
INTERVALS = {"checkpoint_interval": 10, "wandb_checkpoint_interval": 20, "evaluate_interval": 20}

BROKEN: list[tuple[str, dict[str, Any]]] = [
    ("integer-sizes", {"batch_size": 64.0}),
    ("integer-sizes", {"num_envs": 4.0}),
    ("integer-sizes", {"minibatch_size": "many"}),
    ("numeric-envs", {"num_envs": "many"}),
    ("whole-envs", {"num_envs": 4.5}),
    ("numeric-workers", {"num_workers": None}),
    ("some-worker", {"num_workers": 0}),
    ("numeric-inference-batch", {"envs_per_batch": "2 ; half"}),
    ("integer-envs", {"num_envs": 4.0}),
    ("integer-agents", {"agents_per_env": 2.0}),
    ("positive-agents", {"agents_per_env": 0}),
    ("serial-batch-given", {"envs_per_batch": None}),
    ("serial-batch-fits-envs", {"envs_per_batch": 8}),
    ("serial-batch-fits-envs", {"envs_per_batch": 0}),
    ("some-inference-batch", {"envs_per_batch": 0}),
    ("integer-inference-batch", {"envs_per_batch": 2.0}),
    ("integer-inference-batch", {"envs_per_batch": -2}),
    ("integer-workers", {"num_workers": 2.0}),
    ("integer-workers", {"num_workers": True}),
    ("numeric-seed", {"seed": "lucky"}),
    ("numeric-batch", {"bptt_horizon": None}),
    ("sized-buffer", {"batch_size": 64.0}),
    ("sized-buffer", {"bptt_horizon": -4}),
    ("numeric-minibatch", {"max_minibatch_size": "None"}),
    ("max-minibatch-divides-minibatch", {"max_minibatch_size": 0}),
    ("positive-minibatch", {"minibatch_size": 0}),
    ("numeric-update-epochs", {"update_epochs": None}),
    ("numeric-optimizer", {"optimizer": "adam", "learning_rate": "fast"}),
    ("optimizer-bounds", {"optimizer": "adam", "learning_rate": -1.0}),
    ("optimizer-bounds", {"optimizer": "adam", "adam_beta1": 0}),
    ("numeric-timesteps", {"total_timesteps": None}),
    ("batch-fits-envs", {"envs_per_batch": 8, "zero_copy": False}),
    ("batches-in-turn", {"envs_per_batch": 3, "zero_copy": False}),
    ("numeric-priorities", {"prio_alpha": "high"}),
    ("numeric-advantages", {"gamma": None}),
    ("integer-minibatch", {"minibatch_size": 16.0}),
    ("numeric-loss", {"ent_coef": "0.1 ; low"}),
    ("numeric-gradient-norm", {"max_grad_norm": "steep"}),
    ("numeric-update-epochs", {"update_epochs": inf}),
    ("numeric-step", {"optimizer": "muon", "adam_beta1": None}),
    ("finite-timesteps", {"total_timesteps": inf}),
    ("checkpoint-interval", {"intervals": {"checkpoint_interval": 0}}),
    ("checkpoint-interval", {"intervals": {"checkpoint_interval": "often"}}),
    ("integer-clocks", {"update_epochs": 1.5}),
    ("integer-clocks", {"total_timesteps": 0}),
    ("numeric-clocks", {"total_timesteps": "many"}),
    ("positive-sizes", {"minibatch_size": 0}),
    ("positive-sizes", {"agents_per_env": 0}),
    ("positive-envs", {"num_envs": 0}),
    ("workers-divide-envs", {"num_workers": 3}),
    ("workers-divide-envs", {"num_workers": 0}),
    ("worker-envs-divide-batch", {"envs_per_batch": 1}),
    ("batches-divide-envs", {"envs_per_batch": 3}),
    ("batch-or-horizon-given", {"batch_size": "auto", "bptt_horizon": "auto"}),
    ("positive-horizon", {"bptt_horizon": 0}),
    ("agents-fit-segments", {"batch_size": 28}),
    ("max-minibatch-divides-minibatch", {"minibatch_size": 48}),
    ("minibatch-fits-batch", {"minibatch_size": 128}),
    ("minibatch-divides-batch", {"minibatch_size": 48}),
    ("horizon-divides-minibatch", {"minibatch_size": 30}),
    ("minibatch-segments-divide-segments", {"minibatch_size": 20, "max_minibatch_size": None}),
    ("known-optimizer", {"optimizer": "lion"}),
    ("known-precision", {"precision": "float16"}),
    ("evaluations-have-checkpoints", {"intervals": INTERVALS | {"evaluate_interval": 5}}),
    ("evaluations-have-uploads", {"intervals": INTERVALS | {"evaluate_interval": 15}}),
    ("uploads-have-checkpoints", {"intervals": INTERVALS | {"wandb_checkpoint_interval": 5}}),
]


def check_all(loop: Loop) -> None:
    check_start(loop)
    check_update(loop)


@pytest.mark.parametrize(("requirement", "changes"), BROKEN)
def test_a_requirement_refuses_what_breaks_it(pufferlib: MakeLoop, requirement: str, changes: dict[str, Any]) -> None:
    with pytest.raises(TrainerRefusal) as refused:
        check_all(pufferlib(**changes, requirements=(requirement,)))
    assert refused.value.requirement == requirement
    assert refused.value.message
    assert refused.value.exception in {"ValueError", "TypeError", "ZeroDivisionError", "OverflowError"}


@pytest.mark.parametrize(("requirement", "changes"), BROKEN)
def test_a_trainer_that_does_not_insist_does_not_refuse(
    pufferlib: MakeLoop, requirement: str, changes: dict[str, Any]
) -> None:
    check_all(pufferlib(**changes, requirements=()))


def test_every_requirement_is_tried_here() -> None:
    assert (
        {requirement for requirement, _ in BROKEN}
        == set(CHECKS)
        == set(REQUIREMENTS) - FAIL_BY_THEMSELVES - CONFIG_REQUIREMENTS
    )


def test_nothing_is_wrong_with_what_is_right(pufferlib: MakeLoop, metta: MakeLoop) -> None:
    check_start(pufferlib(intervals=INTERVALS))
    check_start(metta(intervals=INTERVALS))


def test_the_first_requirement_of_the_loops_order_speaks(pufferlib: MakeLoop) -> None:
    broken = {"optimizer": "lion", "precision": "float16"}
    for order in (("known-optimizer", "known-precision"), ("known-precision", "known-optimizer")):
        with pytest.raises(TrainerRefusal) as refused:
            check_start(pufferlib(**broken, requirements=order))
        assert refused.value.requirement == order[0]


def test_an_interval_that_is_off_conflicts_with_nothing(metta: MakeLoop) -> None:
    check_start(metta(intervals=INTERVALS | {"evaluate_interval": 0}))
    check_start(metta(intervals={}))


def test_batches_need_not_divide_environments_without_zero_copy(pufferlib: MakeLoop) -> None:
    check_start(pufferlib(envs_per_batch=3, zero_copy=False, requirements=("batches-divide-envs",)))


def test_no_number_of_a_batch_stands_for_all_environments(pufferlib: MakeLoop) -> None:
    requirements = ("numeric-inference-batch", "worker-envs-divide-batch")
    check_start(pufferlib(envs_per_batch=None, requirements=requirements))


def test_a_norm_in_quotes_is_a_number(pufferlib: MakeLoop) -> None:
    check_update(pufferlib(max_grad_norm="0.5", requirements=("numeric-gradient-norm",)))


def test_what_an_update_needs_is_asked_after_the_rollout(pufferlib: MakeLoop) -> None:
    loop = pufferlib(gamma=None, requirements=("numeric-advantages",))
    check_start(loop)
    with pytest.raises(TrainerRefusal):
        check_update(loop)


@pytest.mark.parametrize(
    "requirement", ["numeric-advantages", "numeric-loss", "integer-minibatch", "checkpoint-interval"]
)
def test_without_a_minibatch_nothing_of_it_is_asked(pufferlib: MakeLoop, requirement: str) -> None:
    broken = {"gamma": None, "ent_coef": None, "intervals": {"checkpoint_interval": 0}}
    check_update(pufferlib(update_epochs=0.01, **broken, requirements=(requirement,)))
