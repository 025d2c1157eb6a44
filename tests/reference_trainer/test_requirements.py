"""Every requirement refuses what breaks it, alone and by name, and nothing that holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from metta_lint.loops import CONFIG_REQUIREMENTS, REQUIREMENTS
from metta_lint_trainer.errors import Refusal
from metta_lint_trainer.requirements import CHECKS, check

if TYPE_CHECKING:
    from collections.abc import Callable

    from metta_lint.loops import Loop

    MakeLoop = Callable[..., Loop]

FAIL_BY_THEMSELVES = {"rows-fit-buffer", "timesteps-fill-batch", "some-minibatch"}
INTERVALS = {"checkpoint_interval": 10, "wandb_checkpoint_interval": 20, "evaluate_interval": 20}

BROKEN: list[tuple[str, dict[str, Any]]] = [
    ("integer-sizes", {"batch_size": 64.0}),
    ("integer-sizes", {"num_envs": 4.0}),
    ("integer-sizes", {"minibatch_size": "many"}),
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


@pytest.mark.parametrize(("requirement", "changes"), BROKEN)
def test_a_requirement_refuses_what_breaks_it(pufferlib: MakeLoop, requirement: str, changes: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refused:
        check(pufferlib(**changes, requirements=(requirement,)))
    assert refused.value.requirement == requirement
    assert refused.value.message
    assert refused.value.exception in {"ValueError", "TypeError", "ZeroDivisionError"}


@pytest.mark.parametrize(("requirement", "changes"), BROKEN)
def test_a_trainer_that_does_not_insist_does_not_refuse(
    pufferlib: MakeLoop, requirement: str, changes: dict[str, Any]
) -> None:
    check(pufferlib(**changes, requirements=()))


def test_every_requirement_is_tried_here() -> None:
    assert (
        {requirement for requirement, _ in BROKEN}
        == set(CHECKS)
        == set(REQUIREMENTS) - FAIL_BY_THEMSELVES - CONFIG_REQUIREMENTS
    )


def test_nothing_is_wrong_with_what_is_right(pufferlib: MakeLoop, metta: MakeLoop) -> None:
    check(pufferlib(intervals=INTERVALS))
    check(metta(intervals=INTERVALS))


def test_the_first_requirement_of_the_loops_order_speaks(pufferlib: MakeLoop) -> None:
    broken = {"optimizer": "lion", "precision": "float16"}
    for order in (("known-optimizer", "known-precision"), ("known-precision", "known-optimizer")):
        with pytest.raises(Refusal) as refused:
            check(pufferlib(**broken, requirements=order))
        assert refused.value.requirement == order[0]


def test_an_interval_that_is_off_conflicts_with_nothing(metta: MakeLoop) -> None:
    check(metta(intervals=INTERVALS | {"evaluate_interval": 0}))
    check(metta(intervals={}))


def test_batches_need_not_divide_environments_without_zero_copy(pufferlib: MakeLoop) -> None:
    check(pufferlib(envs_per_batch=3, zero_copy=False, requirements=("batches-divide-envs",)))
